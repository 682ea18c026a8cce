//! The words of HTTP's messages, one at a time; what they mean to each other is in `http_flow`.
//!
//! It knows one message. It does not know how it was found, nor what came before.

use super::{count, preview};
use crate::analysis::http::Message;
use crate::dissect::http::{Framing, Head, Message as Decoded, Parts, Start, parts};
use crate::output::escape;
use std::fmt::Write as _;

/// Bytes of a target, or of a field's value, that a line shows.
pub const TEXT_MAX: usize = 128;
/// Parameters of a query that a line shows.
pub const PARAMETERS_MAX: usize = 16;
/// Fields that a frame's line names.
pub const NAMED_MAX: usize = 16;

/// Of a request that nobody can say the end of.
pub(in crate::analysis) fn malformed(flaw: &str) -> String {
    format!("malformed: {flaw}")
}

/// Bytes as text, cut.
pub fn short(bytes: &[u8]) -> String {
    let mut head = &bytes[..bytes.len().min(TEXT_MAX)];
    if head.len() < bytes.len()
        && let Err(error) = std::str::from_utf8(head)
        && error.error_len().is_none()
    {
        // A character that the cut went through.
        head = &head[..error.valid_up_to()];
    }
    let more = if head.len() < bytes.len() { "…" } else { "" };
    format!("{}{more}", escape(head))
}

/// A field's name and value. What lets somebody in is not written down.
pub(in crate::analysis) fn field(name: &[u8], value: &[u8]) -> (String, String) {
    let secret = [&b"Authorization"[..], b"Proxy-Authorization"];
    if secret.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
        let len = count(value.len() as u64, "byte", "bytes");
        return (short(name), format!("{} … ({len} in the clear)", short(scheme)));
    }
    (short(name), short(value))
}

/// `HTTP/1.1`.
pub(in crate::analysis) fn version(version: Option<(u8, u8)>) -> String {
    match version {
        Some((major, minor)) => format!("HTTP/{major}.{minor}"),
        None => "no version".to_owned(),
    }
}

/// `GET /add, query a=5 b=9, HTTP/1.1`, or `HTTP/1.1 200 OK`.
pub fn start_line(head: &Head) -> String {
    let version = version(head.version);
    match &head.start {
        Start::Missing => "a head without a start line".to_owned(),
        Start::Response { status, reason } => {
            format!("{version} {status:03} {}", short(reason)).trim_end().to_owned()
        }
        Start::Request { method, target } => {
            let mut text = format!("{} ", short(method));
            match parts(target) {
                Some(Parts { path, query }) => {
                    let before =
                        &target[..target.len() - path.len() - query.map_or(0, |q| q.len() + 1)];
                    let _ = write!(text, "{}{}", short(before), short(path));
                    if let Some(query) = query {
                        text.push_str(", query");
                        for parameter in query.split(|b| *b == b'&').take(PARAMETERS_MAX) {
                            let _ = write!(text, " {}", short(parameter));
                        }
                        if query.split(|b| *b == b'&').count() > PARAMETERS_MAX {
                            text.push_str(" …");
                        }
                    }
                }
                None => text.push_str(&short(target)),
            }
            format!("{text}, {version}")
        }
    }
}

/// A message that stands alone, in a line.
pub fn decoded(message: &Decoded) -> String {
    let fields = count(message.head.lines.len() as u64, "field", "fields");
    let body = count(message.body, "byte", "bytes");
    let body = match message.framing {
        _ if message.head.cut => return start_line(&message.head),
        Framing::Nothing => "no body".to_owned(),
        Framing::Length(length) => format!("Content-Length {length}, body of {body}"),
        Framing::Chunked => {
            let chunks = count(message.chunks, "chunk", "chunks");
            format!("chunked, body of {body} in {chunks}")
        }
        Framing::UntilClose => format!("body of {body}, up to the close"),
        Framing::Tunnel => format!("then {body} of another protocol"),
        Framing::Broken => "a length that nobody can read".to_owned(),
    };
    format!("{}; {fields}; {body}", start_line(&message.head))
}

/// The names of a head's fields.
pub(in crate::analysis) fn names(head: &Head) -> String {
    let mut names: Vec<String> =
        head.lines.iter().take(NAMED_MAX).map(|line| short(&line.name)).collect();
    if head.lines.len() > NAMED_MAX {
        names.push(format!("and {} more", head.lines.len() - NAMED_MAX));
    }
    if names.is_empty() { "no fields".to_owned() } else { names.join(", ") }
}

/// `request` or `response`.
pub fn kind(is_request: bool) -> &'static str {
    if is_request { "request" } else { "response" }
}

/// `request 1`; a response to a request that was not seen has no number.
pub(in crate::analysis) fn numbered(message: &Message, is_request: bool) -> String {
    match message.number {
        0 => kind(is_request).to_owned(),
        number => format!("{} {number}", kind(is_request)),
    }
}

/// Each field with its value.
pub(in crate::analysis) fn all_fields(message: &Message, is_request: bool) -> Option<String> {
    if message.fields.is_empty() {
        return None;
    }
    let field = |(name, value): &(String, String)| format!("{name}: {value}");
    let mut fields: Vec<String> = message.fields.iter().map(field).collect();
    if message.more_fields > 0 {
        fields.push(format!("and {} more", message.more_fields));
    }
    Some(format!("{} fields: {}", numbered(message, is_request), fields.join(" | ")))
}

/// A section that is not whole.
pub(in crate::analysis) fn part(kind: Option<&str>, there: usize, begins: bool) -> String {
    let what = kind.map_or("a line between chunks".to_owned(), |kind| format!("head of a {kind}"));
    let verb = if begins { "begins" } else { "goes on" };
    let bytes = count(there as u64, "byte is there", "bytes are there");
    format!("{what} {verb}: {bytes}, its end is not")
}

/// A body of which nothing is there yet.
pub(in crate::analysis) fn body_to_come(message: &Message) -> Option<String> {
    Some(match message.framing {
        Framing::Length(length) => {
            format!("its body of {} is to come", count(length, "byte", "bytes"))
        }
        Framing::Chunked => "its body is to come in chunks".to_owned(),
        Framing::UntilClose => "its body ends with the connection (RFC 9112 6.3)".to_owned(),
        Framing::Tunnel => "from here on the bytes are another protocol's".to_owned(),
        Framing::Nothing | Framing::Broken => return None,
    })
}

/// How far a body has come, with so many bytes and chunk lines in this frame.
pub(in crate::analysis) fn progress(
    message: &Message,
    is_request: bool,
    (bytes, chunks): (u64, u64),
) -> String {
    let whose = numbered(message, is_request);
    let now = count(bytes, "byte", "bytes");
    match message.framing {
        Framing::Length(length) => {
            format!(
                "body of {whose}: {} of {} are there",
                message.body,
                count(length, "byte", "bytes")
            )
        }
        Framing::Chunked if chunks > 0 => {
            let chunks = count(chunks, "chunk", "chunks");
            format!("body of {whose} goes on: {chunks}, {now}; {} so far", message.body)
        }
        _ => format!("body of {whose} goes on: {now}; {} so far", message.body),
    }
}

/// Bytes behind the switch to another protocol.
pub(in crate::analysis) fn tunnelled(bytes: u64) -> String {
    format!("{} of another protocol", count(bytes, "byte", "bytes"))
}

/// What a body's length is, beside what the head says of it.
pub(in crate::analysis) fn length(message: &Message, is_request: bool) -> String {
    let declared = message.declared.as_deref();
    let body = count(message.body, "byte", "bytes");
    let mut text = match (message.framing, declared) {
        (Framing::Length(0), _) => "Content-Length 0, no body".to_owned(),
        (Framing::Length(length), _) if message.complete => {
            format!("Content-Length {length} = body")
        }
        (Framing::Length(length), _) if message.expects && message.body == 0 => {
            format!("Content-Length {length}, whose body it did not send: it waited for 100")
        }
        (Framing::Length(length), _) => format!("Content-Length {length} ≠ body of {body}"),
        (Framing::Nothing, Some(declared)) if !is_request => {
            format!("Content-Length {declared} and no body: {}", why_no_body(message))
        }
        (Framing::Nothing, None) if !is_request => format!("no body: {}", why_no_body(message)),
        (Framing::Nothing, _) => "no body".to_owned(),
        (Framing::Chunked, _) => chunks(message),
        (Framing::UntilClose, _) => format!("body of {body} without a length, up to the close"),
        (Framing::Tunnel, _) => "then another protocol".to_owned(),
        (Framing::Broken, _) => "a length that nobody can read".to_owned(),
    };
    if message.missing > 0 {
        let missing = count(message.missing, "byte", "bytes");
        let _ = write!(text, " ({missing} of it not in the capture)");
    }
    text
}

/// `chunks 5 + 6 = 11 bytes`.
fn chunks(message: &Message) -> String {
    let mut sizes: Vec<String> = message.sizes.iter().map(u64::to_string).collect();
    if message.chunks > sizes.len() as u64 {
        sizes.push("…".to_owned());
    }
    let sum = match message.chunks {
        0 => "no chunk but the last, 0 bytes".to_owned(),
        1 => format!("1 chunk of {}", count(message.body, "byte", "bytes")),
        n => format!("{n} chunks {} = {} bytes", sizes.join(" + "), message.body),
    };
    let mut text = format!("chunked: {sum}");
    if !message.complete {
        text.push_str(", the last chunk is missing");
    }
    if !message.trailers.is_empty() {
        let _ = write!(text, ", trailers {}", message.trailers.join(", "));
    }
    text
}

/// Why a response has no body, whatever its fields say. (RFC 9112 6.3)
fn why_no_body(message: &Message) -> String {
    if message.answers == b"HEAD" {
        "a response to HEAD has none (RFC 9110 9.3.2)".to_owned()
    } else {
        format!("a {} has none (RFC 9112 6.3)", message.status)
    }
}

/// A message has its last byte.
pub(in crate::analysis) fn complete(message: &Message, is_request: bool, frame: u64) -> String {
    let length = length(message, is_request);
    let shown = match message.body {
        0 => String::new(),
        body => format!("body {} ", preview(&message.preview, body)),
    };
    let bytes = count(message.len, "byte", "bytes");
    if message.frames.count > 1 {
        let since = message.first_frame();
        format!("{shown}{length}; message completes in #{frame}: {bytes} since #{since}")
    } else {
        format!("{shown}{length}; complete, {bytes}")
    }
}

pub(in crate::analysis) fn lost(len: u64) -> String {
    let bytes = count(len, "byte", "bytes");
    format!("{bytes} of no message whose beginning is in the capture")
}

pub(in crate::analysis) fn more_messages(more: usize) -> String {
    format!("and {}", count(more as u64, "more message", "more messages"))
}

pub(in crate::analysis) fn share_a_segment(messages: usize) -> String {
    format!("{messages} messages in one segment: TCP keeps no message borders")
}
