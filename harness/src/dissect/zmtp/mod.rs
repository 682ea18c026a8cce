//! ZMTP 3.0 and 3.1, one greeting or frame at a time: every field with its place, what it says,
//! its clause, and what is wrong with it.
//!
//! ```text
//!   bit      7  6  5  4  3     2        1      0
//!   flags  | reserved, zero | COMMAND | LONG | MORE |   size, 1 byte        body, size bytes
//!                                                       or with LONG 8
//! ```
//!
//! It is the hand-written reading of the specification that people see; of the engine it takes
//! nothing. It reads on behind a mistake as far as the layout is still known, and it reads what
//! the capture cut off. No length from the wire makes it allocate or skip what is not there. It
//! knows one unit: not what came before it, nor which frames of the capture carried it.

mod command;
mod contents;
mod cursor;
mod greeting;
pub mod pickle;
mod socket_type;

pub use super::{Extent, Flaw};
pub use command::CONTEXT_MAX;
pub use contents::{Command, Contents, Data, Metadata};
pub use greeting::{
    AS_SERVER_AT, GREETING_LEN, Greeting, SIGNATURE_LEN, greeting, greeting_extent, may_be_greeting,
};
pub use socket_type::SocketType;

use super::Field;
use crate::lang::{Text, both};
use cursor::Cursor;

const MORE: u8 = 0x01;
const LONG: u8 = 0x02;
const COMMAND: u8 = 0x04;
const RESERVED: u8 = 0xf8;

/// What must be known of a connection to read its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Are fields wanted?
    pub with_fields: bool,
    /// The mechanism encrypts: of a command only the name can be read.
    pub sealed: bool,
    /// The sender subscribes: its messages are subscriptions. [ZMTP-3.0-pubsub-02]
    pub subscriber: bool,
}

/// A frame that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first byte; 0 if there is none.
    pub flags: u8,
    /// Its length in bytes by its own word, with flags and size.
    pub len: usize,
    /// Its bytes end before that: they were not captured, or are not there yet.
    pub cut: bool,
    /// What it says, as far as it could be read.
    pub contents: Contents,
    /// Its fields in order, which cover all of its bits once; empty if they were not asked for.
    /// Offsets count from the frame's first byte.
    pub fields: Vec<Field>,
    /// What is wrong with it, in the order of its bytes.
    pub flaws: Vec<Flaw>,
}

impl Frame {
    /// Is it a command? [ZMTP-3.0-frame-05]
    pub fn is_command(&self) -> bool {
        self.flags & COMMAND != 0
    }

    /// Do more frames of the message follow? [ZMTP-3.0-frame-07]
    pub fn more(&self) -> bool {
        self.flags & MORE != 0
    }

    /// `READY`, or `message`.
    pub fn name(&self) -> Text {
        match &self.contents {
            Contents::Command(command) => Text::name(&crate::output::escape(&command.name)),
            _ if self.is_command() => both!("command", "perintah"),
            _ => both!("message", "pesan"),
        }
    }
}

/// Where the body of the frame begins that has these flags.
fn header_len(flags: u8) -> usize {
    if flags & LONG == 0 { 2 } else { 9 }
}

/// Reads flags and size.
pub fn frame_extent(bytes: &[u8]) -> Extent {
    let Some(flags) = bytes.first() else { return Extent::Open };
    let header = header_len(*flags);
    let Some(size) = bytes.get(1..header) else { return Extent::Open };
    let size = size.iter().fold(0, |size: u64, byte| size << 8 | u64::from(*byte));
    // [ZMTP-3.0-frame-03] The top bit is never set.
    match usize::try_from(size).ok().and_then(|size| size.checked_add(header)) {
        Some(len) if size >> 63 == 0 => Extent::Known(len),
        _ => Extent::Boundless,
    }
}

/// Reads the frame at the front of `bytes`, which may be cut anywhere. What follows it is not
/// looked at.
pub fn frame(bytes: &[u8], reading: Reading) -> Frame {
    let extent = frame_extent(bytes);
    let len = match extent {
        Extent::Known(len) => len,
        // Without an end of its own it is all that there is.
        Extent::Open | Extent::Boundless => bytes.len(),
    };
    let mut cursor = Cursor::new(&bytes[..bytes.len().min(len)], len, reading.with_fields);
    let mut contents = Contents::default();
    let flags = bytes.first().copied().unwrap_or_default();
    if header(&mut cursor, extent).is_some() {
        // What could not be read is told by the cursor; the contents have what could.
        let _ = body(&mut cursor, flags, reading, &mut contents);
    }
    let cut = cursor.is_cut() || extent == Extent::Open;
    let (fields, flaws) = cursor.finish();
    Frame { flags, len, cut, contents, fields, flaws }
}

/// [ZMTP-3.0-frame-01] Flags and size.
fn header(cursor: &mut Cursor<'_>, extent: Extent) -> Option<()> {
    let flags = cursor.peek()?;
    let bit = |mask: u8| u64::from(flags & mask != 0);
    cursor.bits("reserved", RESERVED, "ZMTP-3.0-frame-04", flags >> 3);
    cursor.bits("command", COMMAND, "ZMTP-3.0-frame-05", bit(COMMAND));
    cursor.bits("long", LONG, "ZMTP-3.0-frame-06", bit(LONG));
    cursor.bits("more", MORE, "ZMTP-3.0-frame-07", bit(MORE));
    cursor.skip(1);
    if flags & RESERVED != 0 {
        cursor.flaw_at(
            0,
            both!("reserved flags in {flags:02x}", "flag yang dicadangkan dalam {flags:02x}"),
            "[ZMTP-3.0-frame-04]",
        );
    }
    // [ZMTP-3.0-frame-08]
    if flags & COMMAND != 0 && flags & MORE != 0 {
        cursor.flaw_at(0, both!("MORE on a command", "MORE pada perintah"), "[ZMTP-3.0-frame-08]");
    }
    let clauses = ("ZMTP-3.0-frame-03", "[ZMTP-3.0-frame-01]");
    match extent {
        Extent::Open => {
            cursor.all("size", clauses.0);
            None
        }
        _ if flags & LONG == 0 => {
            cursor.u8("size", ("ZMTP-3.0-frame-02", clauses.1), u64::from).map(drop)
        }
        _ => {
            cursor.number::<8>("size", clauses, Into::into)?;
            if extent == Extent::Boundless {
                cursor.flaw_at(
                    1,
                    both!("a size of 2^63 bytes or more", "ukuran 2^63 byte atau lebih"),
                    "[ZMTP-3.0-frame-03]",
                );
            }
            (extent != Extent::Boundless).then_some(())
        }
    }
}

fn body(
    cursor: &mut Cursor<'_>,
    flags: u8,
    reading: Reading,
    contents: &mut Contents,
) -> Option<()> {
    if flags & COMMAND != 0 {
        return command::read(cursor, reading.sealed, contents);
    }
    // [ZMTP-3.0-pubsub-02], [ZMTP-3.0-pubsub-03] One frame alone, whose first byte says what.
    if let Some(kind @ (0 | 1)) = cursor.peek().filter(|_| reading.subscriber && flags & MORE == 0)
    {
        let (subscribe, spec) = match kind {
            1 => (true, ("ZMTP-3.0-pubsub-02", "")),
            _ => (false, ("ZMTP-3.0-pubsub-03", "")),
        };
        let what = if subscribe { "01 (subscribe)" } else { "00 (cancel)" };
        cursor.u8("subscription kind", spec, |_| what)?;
        let prefix = cursor.rest().to_vec();
        cursor.all("subscription", spec.0);
        *contents = Contents::Subscription { subscribe, prefix };
        return Some(());
    }
    *contents = Contents::Message(cursor.all("body", "ZMTP-3.0-frame-01"));
    Some(())
}
