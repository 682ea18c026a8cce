//! The words of ZMTP's greetings, commands and messages, one at a time; what they mean to each
//! other is in `zmtp_flow`.
//!
//! It knows one unit's values. It does not know how they were found, nor what came before.

use super::{PREVIEW_MAX, count, preview};
use crate::analysis::zmtp::{Body, FRAMES_MAX, Message};
use crate::dissect::zmtp::pickle::{self, Pickle};
use crate::dissect::zmtp::{
    AS_SERVER_AT, Command, Contents, Data, Frame, GREETING_LEN, Greeting, Metadata, SIGNATURE_LEN,
    SocketType,
};
use crate::output::escape;
use std::fmt::Write as _;
use std::ops::Range;

/// Properties that a line names.
pub const NAMED_MAX: usize = 8;
/// Bytes of a value or a prefix that a line shows.
pub const TEXT_MAX: usize = 128;

/// The protocol's name in the report: `ZMTP 3.1, REQ/REP`.
pub(in crate::analysis) fn name(
    version: Option<(u8, u8)>,
    types: [Option<SocketType>; 2],
) -> String {
    let mut text =
        version.map_or_else(|| "ZMTP".to_owned(), |v| format!("ZMTP {}", self::version(v)));
    let names: Vec<&str> = types.into_iter().flatten().map(SocketType::name).collect();
    if !names.is_empty() {
        let _ = write!(text, ", {}", names.join("/"));
    }
    text
}

/// A version's name; the numbers of the older ones are a count of their own.
pub fn version((major, minor): (u8, u8)) -> String {
    match major {
        0 => "1.0".to_owned(),
        1 | 2 => "2.0".to_owned(),
        _ => format!("{major}.{minor}"),
    }
}

/// Bytes in quotes, cut if they are many.
pub fn quoted(bytes: &[u8]) -> String {
    let more = if bytes.len() > TEXT_MAX { "…" } else { "" };
    format!("\"{}\"{more}", escape(&bytes[..bytes.len().min(TEXT_MAX)]))
}

/// `ZMTP greeting: signature, version 3.1, mechanism NULL, as-server 0`: what is complete with the
/// bytes of `span`. `there`: so many bytes are there of a greeting that is not whole.
pub fn greeting(greeting: &Greeting, span: Range<usize>, there: Option<usize>) -> String {
    let ends_here = |end: usize| span.start < end && end <= span.end;
    let mut parts = Vec::new();
    if ends_here(SIGNATURE_LEN) {
        parts.push("signature".to_owned());
    }
    match (greeting.major, greeting.minor) {
        (Some(major), _) if greeting.is_older() => {
            parts.push(format!("version {}, which is not read here", version((major, 0))));
        }
        (Some(major), None) if ends_here(SIGNATURE_LEN + 1) => {
            parts.push(format!("version {major}"));
        }
        (Some(major), Some(minor)) if ends_here(SIGNATURE_LEN + 2) => {
            parts.push(format!("version {}", version((major, minor))));
        }
        _ => {}
    }
    if let Some(mechanism) = greeting.mechanism.as_ref().filter(|_| ends_here(AS_SERVER_AT)) {
        parts.push(format!("mechanism {}", escape(mechanism)));
    }
    if let Some(as_server) = greeting.as_server.filter(|_| ends_here(AS_SERVER_AT + 1)) {
        parts.push(format!("as-server {as_server}"));
    }
    let what = parts.join(", ");
    match (there, parts.is_empty()) {
        (Some(there), true) => format!("ZMTP greeting: {there} of {GREETING_LEN} bytes"),
        (Some(there), false) => format!("ZMTP greeting: {what} ({there} of {GREETING_LEN} bytes)"),
        (None, true) => "ZMTP greeting".to_owned(),
        (None, false) => format!("ZMTP greeting: {what}"),
    }
}

/// What a frame is, by its first byte.
pub(in crate::analysis) fn kind(flags: u8) -> &'static str {
    if flags & 0x04 == 0 { "a frame of a message" } else { "a command" }
}

/// `READY Socket-Type=REQ, Identity=""`.
pub fn command(command: &Command) -> String {
    let name = escape(&command.name);
    match &command.data {
        Data::Ready(metadata) | Data::Initiate(metadata) => {
            format!("{name}{}", self::metadata(metadata))
        }
        Data::Error(reason) => format!("{name} {}", quoted(reason)),
        Data::Subscribe(prefix) | Data::Cancel(prefix) => format!("{name} {}", quoted(prefix)),
        Data::Ping { ttl, context } => {
            format!("{name} {}{}", self::ttl(*ttl), self::context(context))
        }
        Data::Pong(context) => format!("{name}{}", self::context(context)),
        Data::Hello { user, password_len } => {
            let len = count(*password_len as u64, "byte", "bytes");
            format!("{name} user name {}, password of {len} in the clear", quoted(user))
        }
        Data::Welcome => name,
        Data::Unread => format!("{name} (a command that is not read here)"),
    }
}

/// [ZMTP-3.1-ping-01] In tenths of a second.
fn ttl(ttl: u16) -> String {
    match ttl {
        0 => "without TTL".to_owned(),
        ttl => format!("TTL {}.{} s", ttl / 10, ttl % 10),
    }
}

fn context(context: &[u8]) -> String {
    if context.is_empty() { String::new() } else { format!(", context {}", quoted(context)) }
}

/// ` Socket-Type=REQ, Identity=""`: a value in quotes unless it is a plain word.
fn metadata(metadata: &Metadata) -> String {
    let plain = |value: &[u8]| {
        !value.is_empty() && value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let property = |(name, value): &(Vec<u8>, Vec<u8>)| {
        let value = if plain(value) { escape(value) } else { quoted(value) };
        format!("{}={value}", escape(name))
    };
    let mut text: Vec<String> = metadata.0.iter().take(NAMED_MAX).map(property).collect();
    if metadata.0.len() > NAMED_MAX {
        text.push(format!("and {} more", metadata.0.len() - NAMED_MAX));
    }
    if text.is_empty() { " without properties".to_owned() } else { format!(" {}", text.join(", ")) }
}

/// A frame of which nothing could be read.
pub(in crate::analysis) fn unread(name: &str) -> String {
    format!("{name}, not read")
}

/// A body: as text, or if it is a pickle as its bytes and what they stand for.
pub fn body(bytes: &[u8], len: u64) -> String {
    if bytes.len() as u64 == len
        && let Some(value) = pickle::read(bytes)
    {
        return format!("{} (Python pickle, {})", hex(bytes), self::value(value));
    }
    preview(bytes, len)
}

/// `80 04 4b 03 2e`.
fn hex(bytes: &[u8]) -> String {
    /// Bytes that are shown.
    const SHOWN: usize = 16;
    let mut text: Vec<String> =
        bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > SHOWN {
        text.push("…".to_owned());
    }
    text.join(" ")
}

fn value(value: Pickle<'_>) -> String {
    match value {
        Pickle::None => "None".to_owned(),
        Pickle::Bool(true) => "bool True".to_owned(),
        Pickle::Bool(false) => "bool False".to_owned(),
        Pickle::Int(number) => format!("int {number}"),
        Pickle::Float(number) => format!("float {number}"),
        Pickle::Str(text) => format!("str {}", preview(text.as_bytes(), text.len() as u64)),
        Pickle::Bytes(bytes) => format!("bytes {}", preview(bytes, bytes.len() as u64)),
    }
}

/// A message's frames: `empty delimiter MORE | "Hello"`. `delimiter`: its first frame is one if it
/// is empty.
pub(in crate::analysis) fn message(message: &Message, delimiter: bool) -> String {
    let delimiter = delimiter && message.is_delimited();
    frames(message, |place, body| {
        let text = match (place, delimiter) {
            (0, true) => "empty delimiter".to_owned(),
            _ => self::body(&body.bytes, body.len),
        };
        let more = place + 1 < message.count;
        format!("{text}{}", if more { " MORE" } else { "" })
    })
}

/// A message's frames without the delimiter before them.
pub(in crate::analysis) fn payload(message: &Message) -> String {
    let skipped = u64::from(message.is_delimited());
    let text = frames(message, |place, body| match place {
        0 if skipped == 1 => String::new(),
        _ => self::body(&body.bytes, body.len),
    });
    text.trim_start_matches(" | ").to_owned()
}

fn frames(message: &Message, one: impl Fn(u64, &Body) -> String) -> String {
    let mut text: Vec<String> =
        (0..).zip(&message.frames).map(|(at, body)| one(at, body)).collect();
    let more = message.count - message.frames.len() as u64;
    if more > 0 {
        debug_assert_eq!(message.frames.len(), FRAMES_MAX);
        text.push(count(more, "more frame", "more frames"));
    }
    text.join(" | ")
}

/// A frame by itself, for `decode`: its sender is not known, so a message may be a subscription.
pub fn frame(frame: &Frame, bytes: &[u8]) -> String {
    match &frame.contents {
        Contents::Nothing => unread(&frame.name()),
        Contents::Command(command) => self::command(command),
        Contents::Subscription { subscribe, prefix } => {
            let verb = if *subscribe { "subscribes to" } else { "cancels" };
            format!("SUB {verb} {} (a message, the form of ZMTP 3.0)", quoted(prefix))
        }
        Contents::Message(range) => {
            let body = bytes.get(range.clone()).unwrap_or_default();
            let len = (frame.len - range.start.min(frame.len)) as u64;
            let more = if frame.more() { " MORE" } else { "" };
            let shown = self::body(body, len);
            match body.split_first() {
                Some((kind @ (0 | 1), prefix)) if !frame.more() && prefix.len() < PREVIEW_MAX => {
                    let verb = if *kind == 1 { "subscribes to" } else { "cancels" };
                    format!("message {shown}; if a SUB sent it, it {verb} {}", quoted(prefix))
                }
                _ => format!("message {shown}{more}"),
            }
        }
    }
}
