//! HTTP/1.1, one message at a time: every field with its place, what it says, its section, and
//! what is wrong with it.
//!
//! ```text
//!   | start line | field lines | empty line | body: so many bytes, or chunks, or until the close |
//!   | head                                  |
//! ```
//!
//! It is the hand-written reading of RFC 9112 that people see; the engine in `http` has its own.
//! It reads on behind a mistake as far as the layout is still known, and it reads messages whose
//! end is not there. Nothing is made from a length that only the wire claims. It knows one
//! message, and of the one that it answers no more than the method; not which frames carried it.

mod chunked;
mod fields;
mod framing;
mod head;
mod rules;
mod section;
mod sheet;
mod target;

pub use chunked::{EXTENSIONS_MAX, Part, chunk_end, chunk_line, trailers};
pub use fields::FieldLine;
pub use framing::{Framing, framing};
pub use head::{Head, Start, head};
pub use section::{Begins, METHOD_MAX, Mode, Search, begins, may_begin};
pub use sheet::{FLAWS_MAX, VALUE_MAX};
pub use target::{PARAMETERS_MAX, Parts, parts};

pub use super::unit::Flaw;
use super::{Field, Value};

/// A message that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its head.
    pub head: Head,
    /// Where its body ends.
    pub framing: Framing,
    /// Bytes of the body that are there, without the lines between chunks.
    pub body: u64,
    /// The chunks before the last one.
    pub chunks: u64,
    /// Its length in bytes, as far as it is there.
    pub len: usize,
    /// How many bytes are missing, if that is known.
    pub missing: Option<u64>,
    /// Its end is not there.
    pub cut: bool,
    /// Where it ends is not known, because its length is wrong; nobody can say what follows.
    pub lost: bool,
    /// All its fields in order; empty if they were not asked for.
    pub fields: Vec<Field>,
    /// What is wrong with it, in the order of its bytes.
    pub flaws: Vec<Flaw>,
}

/// Reads the message at the front of `bytes`, which may be cut anywhere. What follows it is not
/// looked at. `answered` is the method of the request that a response belongs to.
pub fn message(bytes: &[u8], answered: Option<&[u8]>, with_fields: bool) -> Message {
    let head = head(bytes, with_fields);
    let framing = framing(&head, answered);
    let mut message = Message {
        framing,
        len: head.len,
        cut: head.cut,
        fields: head.fields.clone(),
        flaws: head.flaws.clone(),
        head,
        ..Message::default()
    };
    if !message.cut
        && let Some(mode) = Mode::of_body(framing)
    {
        body(&mut message, bytes, mode, with_fields);
    }
    message.flaws.sort_by_key(|flaw| flaw.off);
    message
}

fn body(message: &mut Message, bytes: &[u8], mut mode: Mode, with_fields: bool) {
    while mode != Mode::Head && mode != Mode::Lost {
        let at = message.len;
        let rest = &bytes[at..];
        if let Some(data) = mode.data(rest.len() as u64) {
            let len = rest.len().min(usize::try_from(data).unwrap_or(usize::MAX));
            if with_fields && len > 0 {
                let mut field = data_field(mode, &rest[..len]);
                field.off = at;
                message.fields.push(field);
            }
            message.body += data;
            message.len += len;
            mode = mode.after(data);
            message.missing = match mode {
                Mode::Body(left) | Mode::Chunk(left) => Some(left),
                _ => None,
            };
            if matches!(mode, Mode::Body(_) | Mode::Chunk(_)) {
                message.cut = true;
                return;
            }
            if message.len == bytes.len() && matches!(mode, Mode::UntilClose | Mode::Tunnel) {
                return;
            }
            continue;
        }
        let (part, next) = read_part(mode, rest, with_fields);
        message.add(part);
        if message.cut {
            return;
        }
        message.chunks += u64::from(matches!(next, Mode::Chunk(_)));
        mode = next;
    }
    message.lost = mode == Mode::Lost;
}

/// Reads the section of a chunked body at the front of `bytes`, and what comes behind it: `Head`
/// if that was the end.
pub fn read_part(mode: Mode, bytes: &[u8], with_fields: bool) -> (Part, Mode) {
    match mode {
        Mode::ChunkLine => {
            let part = chunk_line(bytes, with_fields);
            let next = Mode::of_chunk(part.size);
            (part, next)
        }
        Mode::ChunkEnd => {
            let part = chunk_end(bytes, with_fields);
            let next = if part.size.is_some() { Mode::ChunkLine } else { Mode::Lost };
            (part, next)
        }
        _ => (trailers(bytes, with_fields), Mode::Head),
    }
}

/// A body's bytes as a field, which stands nowhere yet.
pub fn data_field(mode: Mode, bytes: &[u8]) -> Field {
    let (name, spec) = match mode {
        Mode::Chunk(_) => ("chunk data", "RFC 9112 7.1"),
        Mode::Tunnel => ("data of another protocol", "RFC 9110 7.8"),
        _ => ("message body", "RFC 9112 6"),
    };
    let text = crate::output::escape(&bytes[..bytes.len().min(VALUE_MAX)]);
    let value: Value = if bytes.len() > VALUE_MAX { text + "…" } else { text }.into();
    Field { name, off: 0, len: bytes.len(), mask: 0xff, value, spec, begins: None }
}

impl Message {
    fn add(&mut self, part: Part) {
        let at = self.len;
        self.fields.extend(part.fields.into_iter().map(|mut field| {
            field.off += at;
            field
        }));
        self.flaws.extend(part.flaws.into_iter().map(|mut flaw| {
            flaw.off += at;
            flaw
        }));
        self.len += part.len;
        self.cut |= part.cut;
    }
}
