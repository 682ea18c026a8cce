//! The greeting, with which each side begins. (23, Version Negotiation)
//!
//! ```text
//!   ff | padding, 8 | 7f | major | minor | mechanism, 20 | as-server | filler, 31
//!   '---- signature ----' '-- version --'
//! ```
//!
//! It knows the 64 bytes, and that an older peer's are fewer. It does not know the other side's.

use super::cursor::Cursor;
use super::{Extent, Flaw};
use crate::dissect::Field;
use crate::lang::both;
use crate::output::escape;

/// Its length in bytes. [ZMTP-3.0-greeting-01]
pub const GREETING_LEN: usize = 64;
/// Of these the signature has so many.
pub const SIGNATURE_LEN: usize = 10;
const PADDING_LEN: usize = 8;
/// The mechanism follows the two bytes of the version.
const MECHANISM_LEN: usize = 20;
/// Where as-server stands.
pub const AS_SERVER_AT: usize = SIGNATURE_LEN + 2 + MECHANISM_LEN;
const FILLER_LEN: usize = 31;
/// The first major version with this greeting.
const MAJOR: u8 = 3;

/// A greeting that was read, perhaps not to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    /// Its length in bytes by its own word.
    pub len: usize,
    /// Its bytes end before that.
    pub cut: bool,
    /// The version's first number.
    pub major: Option<u8>,
    /// The second one.
    pub minor: Option<u8>,
    /// The mechanism's name.
    pub mechanism: Option<Vec<u8>>,
    /// Who sent it takes the server's part in the mechanism.
    pub as_server: Option<u8>,
    /// Its fields in order, which cover all of its bytes; empty if they were not asked for.
    pub fields: Vec<Field>,
    /// What is wrong with it, in the order of its bytes.
    pub flaws: Vec<Flaw>,
}

impl Greeting {
    /// Is it of a version that goes on in another way after its major number?
    pub fn is_older(&self) -> bool {
        self.major.is_some_and(|major| major < MAJOR)
    }
}

/// Could these bytes be the beginning of a greeting?
pub fn may_be_greeting(bytes: &[u8]) -> bool {
    // [ZMTP-3.0-greeting-02], and [ZMTP-3.0-greeting-09]: the padding may be anything.
    bytes.first().is_none_or(|first| *first == 0xff)
        && bytes.get(SIGNATURE_LEN - 1).is_none_or(|last| *last == 0x7f)
}

/// How long the greeting is that begins with these bytes.
pub fn greeting_extent(bytes: &[u8]) -> Extent {
    match bytes.get(SIGNATURE_LEN) {
        _ if !may_be_greeting(bytes) => Extent::Boundless,
        None => Extent::Open,
        // What an older version sends next is another thing.
        Some(major) if *major < MAJOR => Extent::Known(SIGNATURE_LEN + 1),
        Some(_) => Extent::Known(GREETING_LEN),
    }
}

/// Reads the greeting at the front of `bytes`, which may be cut anywhere.
pub fn greeting(bytes: &[u8], with_fields: bool) -> Greeting {
    let len = match greeting_extent(bytes) {
        Extent::Known(len) => len,
        Extent::Open | Extent::Boundless => GREETING_LEN,
    };
    let mut cursor = Cursor::new(&bytes[..bytes.len().min(len)], len, with_fields);
    let mut greeting = Greeting { len, cut: cursor.is_cut(), ..Greeting::default() };
    // What is not there is not there; the fields say how far it goes.
    let _ = read(&mut cursor, &mut greeting);
    (greeting.fields, greeting.flaws) = cursor.finish();
    greeting
}

fn read(cursor: &mut Cursor<'_>, greeting: &mut Greeting) -> Option<()> {
    let spec = ("ZMTP-3.0-greeting-02", "[ZMTP-3.0-greeting-01]");
    let first = cursor.u8("signature", spec, |byte| format!("{byte:02x}"))?;
    if first != 0xff {
        cursor.flaw_at(
            0,
            both!("a signature that does not begin with ff", "signature yang tidak diawali ff"),
            "[ZMTP-3.0-greeting-02]",
        );
    }
    // [ZMTP-3.0-greeting-09] Shown, and not judged.
    let padding = ("ZMTP-3.0-greeting-09", "[ZMTP-3.0-greeting-01]");
    cursor.take("signature padding", PADDING_LEN, padding, escape)?;
    let last = cursor.u8("signature", spec, |byte| format!("{byte:02x}"))?;
    if last != 0x7f {
        let at = SIGNATURE_LEN - 1;
        cursor.flaw_at(
            at,
            both!("a signature that does not end with 7f", "signature yang tidak diakhiri 7f"),
            "[ZMTP-3.0-greeting-02]",
        );
    }
    let spec = ("ZMTP-3.0-greeting-03", "[ZMTP-3.0-greeting-01]");
    let major = cursor.u8("version major", spec, u64::from)?;
    greeting.major = Some(major);
    if major < MAJOR {
        return None;
    }
    greeting.minor = Some(cursor.u8("version minor", spec, u64::from)?);
    let mechanism = mechanism(cursor)?;
    greeting.mechanism = Some(mechanism.to_vec());
    greeting.as_server = Some(as_server(cursor, mechanism)?);
    filler(cursor)
}

fn as_server(cursor: &mut Cursor<'_>, mechanism: &[u8]) -> Option<u8> {
    let at = cursor.at();
    let spec = ("ZMTP-3.0-greeting-05", "[ZMTP-3.0-greeting-01]");
    let as_server = cursor.u8("as-server", spec, u64::from)?;
    if as_server > 1 {
        cursor.flaw_at(
            at,
            both!("an as-server of more than 1", "as-server lebih dari 1"),
            "[ZMTP-3.0-greeting-05]",
        );
    } else if as_server == 1 && mechanism == b"NULL" {
        cursor.flaw_at(
            at,
            both!(
                "as-server with NULL, which has no server",
                "as-server dengan NULL, yang tidak memiliki server"
            ),
            "[ZMTP-3.0-null-06]",
        );
    }
    Some(as_server)
}

fn filler(cursor: &mut Cursor<'_>) -> Option<()> {
    let at = cursor.at();
    let spec = ("ZMTP-3.0-greeting-04", "[ZMTP-3.0-greeting-01]");
    let zeros = |bytes: &[u8]| {
        let blank = bytes.iter().all(|byte| *byte == 0);
        if blank { "zeros".to_owned() } else { escape(bytes) }
    };
    let filler = cursor.take("filler", FILLER_LEN, spec, zeros)?;
    if let Some(place) = filler.iter().position(|byte| *byte != 0) {
        cursor.flaw_at(
            at + place,
            both!("a filler that is not zero", "filler yang bukan nol"),
            "[ZMTP-3.0-greeting-04]",
        );
    }
    Some(())
}

/// [ZMTP-3.0-mech-03], [ZMTP-3.0-mech-04] A name in capitals, filled up with zeros.
fn mechanism<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let at = cursor.at();
    let name = |bytes: &'a [u8]| bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let spec = ("ZMTP-3.0-mech-04", "[ZMTP-3.0-greeting-01]");
    let shown = |bytes: &[u8]| escape(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    let bytes = cursor.take("mechanism", MECHANISM_LEN, spec, shown)?;
    let name = name(bytes);
    let good = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
    if name.is_empty() {
        cursor.flaw_at(
            at,
            both!("a mechanism without a name", "mechanism tanpa nama"),
            "[ZMTP-3.0-mech-03]",
        );
    } else if let Some(place) = name.iter().position(|byte| !good(byte)) {
        let what = both!(
            "a mechanism's name with other characters than A-Z, 0-9, - and _",
            "nama mechanism dengan karakter selain A-Z, 0-9, - dan _"
        );
        cursor.flaw_at(at + place, what, "[ZMTP-3.0-mech-03]");
    }
    if let Some(place) = bytes[name.len()..].iter().position(|byte| *byte != 0) {
        let what = both!(
            "a mechanism that is not filled up with zeros",
            "mechanism yang tidak diisi nol sampai penuh"
        );
        cursor.flaw_at(at + name.len() + place, what, "[ZMTP-3.0-mech-04]");
    }
    Some(name)
}
