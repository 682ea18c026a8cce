//! A command's body: its name, and the fields of those that are known.
//!
//! ```text
//!   READY, INITIATE     name-len name | value-len, 4  value | …         properties
//!   ERROR               reason-len reason
//!   SUBSCRIBE, CANCEL   the prefix, to the end
//!   PING                TTL, 2 | context, 0 to 16       PONG   context
//!   HELLO               user-len user | password-len password           WELCOME   nothing
//! ```
//!
//! It knows one command. It does not know whether it comes at the right time.

use super::contents::{Command, Contents, Data, Metadata};
use super::cursor::Cursor;
use super::socket_type;
use crate::lang::both;
use crate::output::escape;

/// Bytes of a PING's context. [ZMTP-3.1-ping-03]
pub const CONTEXT_MAX: usize = 16;
/// Bytes of an Identity. [ZMTP-3.0-meta-10]
const IDENTITY_MAX: usize = 255;
const FRAME: &str = "ZMTP-3.0-frame-09";

/// ERROR as libzmq's PLAIN server writes it: its length and its E have become one byte.
const MISSPELT_ERROR: &[u8] = b"\x5eRROR";

pub(super) fn read(cursor: &mut Cursor<'_>, sealed: bool, contents: &mut Contents) -> Option<()> {
    let at = cursor.at();
    if !sealed && cursor.rest().starts_with(MISSPELT_ERROR) {
        cursor.take("command name length", 1, (FRAME, ""), |_| "5e")?;
        cursor.take("command name", MISSPELT_ERROR.len() - 1, (FRAME, ""), escape)?;
        let what = both!(
            "ERROR misspelt as 5e RROR, as libzmq's PLAIN server does",
            "ERROR salah tulis sebagai 5e RROR, seperti pada server PLAIN libzmq"
        );
        cursor.flaw_at(at, what, "[ZMTP-3.0-frame-09]");
        let data = error(cursor)?;
        *contents = Contents::Command(Command { name: b"ERROR".to_vec(), data });
        return Some(());
    }
    let names = ["command name length", "command name"];
    let name = cursor.short(names, (FRAME, "[ZMTP-3.0-frame-09]"))?;
    if name.is_empty() {
        cursor.flaw_at(
            at,
            both!("a command without a name", "perintah tanpa nama"),
            "[ZMTP-3.0-frame-09]",
        );
    } else if let Some(place) = name.iter().position(|byte| !byte.is_ascii_graphic()) {
        let what =
            both!("a command's name that cannot be read", "nama perintah yang tidak dapat dibaca");
        cursor.flaw_at(at + 1 + place, what, "[ZMTP-3.0-wire-04]");
    }
    let mut command = Command { name: name.to_vec(), data: Data::Unread };
    let read = if sealed {
        cursor.all("encrypted", "ZMTP-3.0-wire-03");
        Some(())
    } else {
        data(cursor, &mut command)
    };
    *contents = Contents::Command(command);
    read
}

fn data(cursor: &mut Cursor<'_>, command: &mut Command) -> Option<()> {
    command.data = match command.name.as_slice() {
        b"READY" => Data::Ready(metadata(cursor)),
        b"INITIATE" => Data::Initiate(metadata(cursor)),
        b"ERROR" => error(cursor)?,
        // The prefix is any bytes, to the end.
        b"SUBSCRIBE" => Data::Subscribe(rest(cursor, "subscription", "ZMTP-3.1-sub-02")),
        b"CANCEL" => Data::Cancel(rest(cursor, "subscription", "ZMTP-3.1-sub-03")),
        b"PING" => {
            let spec = ("ZMTP-3.1-ping-01", "[ZMTP-3.1-ping-01]");
            let ttl = cursor.number::<2>("ttl", spec, |ttl| tenths(ttl).into())?;
            Data::Ping { ttl: ttl as u16, context: context(cursor) }
        }
        b"PONG" => Data::Pong(context(cursor)),
        b"HELLO" => hello(cursor)?,
        b"WELCOME" => {
            // [PLAIN-04] It says that one is in, and no more.
            cursor.end("[PLAIN-04]");
            Data::Welcome
        }
        _ => {
            cursor.all("data", "");
            Data::Unread
        }
    };
    Some(())
}

fn rest(cursor: &mut Cursor<'_>, name: &'static str, spec: &'static str) -> Vec<u8> {
    let bytes = cursor.rest().to_vec();
    cursor.all(name, spec);
    bytes
}

/// A TTL as people read it.
fn tenths(ttl: u64) -> String {
    match ttl {
        0 => "0 (none)".to_owned(),
        ttl => format!("{ttl} ({}.{} s)", ttl / 10, ttl % 10),
    }
}

/// [ZMTP-3.0-null-13]
fn error(cursor: &mut Cursor<'_>) -> Option<Data> {
    let at = cursor.at();
    let spec = ("ZMTP-3.0-null-13", "[ZMTP-3.0-null-13]");
    let reason = cursor.short(["reason length", "reason"], spec)?;
    if let Some(place) = reason.iter().position(|b| !b.is_ascii_graphic() && *b != b' ') {
        let what = both!(
            "a reason with characters that cannot be seen",
            "reason dengan karakter yang tidak terlihat"
        );
        cursor.flaw_at(at + 1 + place, what, "[ZMTP-3.0-null-13]");
    }
    cursor.end("[ZMTP-3.0-null-13]");
    Some(Data::Error(reason.to_vec()))
}

/// What PONG repeats. [ZMTP-3.1-ping-02]
fn context(cursor: &mut Cursor<'_>) -> Vec<u8> {
    let (at, len) = (cursor.at(), cursor.left());
    if len > CONTEXT_MAX {
        let what = both!(
            "a context of {len} bytes, over {CONTEXT_MAX}",
            "context sepanjang {len} byte, lebih dari {CONTEXT_MAX}"
        );
        cursor.flaw_at(at, what, "[ZMTP-3.1-ping-03]");
    }
    rest(cursor, "context", "ZMTP-3.1-ping-03")
}

/// [PLAIN-03] The password is a secret even in a listing of fields.
fn hello(cursor: &mut Cursor<'_>) -> Option<Data> {
    let spec = ("PLAIN-03", "[PLAIN-03]");
    let user = cursor.short(["user name length", "user name"], spec)?;
    let len = cursor.u8("password length", spec, u64::from)?;
    let masked = |bytes: &[u8]| format!("{} bytes, not shown", bytes.len());
    cursor.masked("password", len.into(), spec, masked)?;
    cursor.end("[PLAIN-03]");
    Some(Data::Hello { user: user.to_vec(), password_len: len.into() })
}

/// Properties up to the frame's end, as far as they can be read.
fn metadata(cursor: &mut Cursor<'_>) -> Metadata {
    let mut metadata = Metadata::default();
    while cursor.left() > 0 {
        let Some(property) = property(cursor) else { break };
        metadata.0.push(property);
    }
    metadata
}

/// [ZMTP-3.0-null-07]
fn property(cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = cursor.at();
    let spec = ("ZMTP-3.0-null-08", "[ZMTP-3.0-null-07]");
    let name = cursor.short(["property name length", "property name"], spec)?;
    if name.is_empty() {
        cursor.flaw_at(
            at,
            both!("a property without a name", "properti tanpa nama"),
            "[ZMTP-3.0-null-08]",
        );
    }
    let at = cursor.at();
    let spec = ("ZMTP-3.0-null-11", "[ZMTP-3.0-null-07]");
    let len = cursor.number::<4>("property value length", spec, Into::into)?;
    if len > i32::MAX as u64 {
        let what = both!(
            "a property's value of 2^31 bytes or more",
            "nilai properti sepanjang 2^31 byte atau lebih"
        );
        cursor.flaw_at(at, what, "[ZMTP-3.0-null-10]");
        return None;
    }
    let at = cursor.at();
    let spec = ("ZMTP-3.0-null-10", "[ZMTP-3.0-null-07]");
    let value = cursor.take("property value", len as usize, spec, escape)?;
    // [ZMTP-3.0-null-09], [ZMTP-3.0-meta-11] Of properties that nobody knows nothing is asked.
    if name.eq_ignore_ascii_case(b"Socket-Type") && !socket_type::is_known(value) {
        cursor.flaw_at(
            at,
            both!("a socket type that there is not", "tipe socket yang tidak ada"),
            "[ZMTP-3.0-meta-06]",
        );
    }
    if name.eq_ignore_ascii_case(b"Identity") && value.len() > IDENTITY_MAX {
        let len = value.len();
        let what = both!(
            "an Identity of {len} bytes, over {IDENTITY_MAX}",
            "Identity sepanjang {len} byte, lebih dari {IDENTITY_MAX}"
        );
        cursor.flaw_at(at, what, "[ZMTP-3.0-meta-10]");
    }
    Some((name.to_vec(), value.to_vec()))
}
