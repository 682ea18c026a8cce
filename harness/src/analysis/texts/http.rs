//! The words of HTTP's messages, one at a time; what they mean to each other is in `http_flow`.
//!
//! It knows one message. It does not know how it was found, nor what came before.

use super::noun::{self, count};
use super::{and_more, http_body, preview};
use crate::analysis::http::Message;
use crate::dissect::http::{Framing, Head, Message as Decoded, Parts, Start, parts};
use crate::lang::{Lang, Text, both, say};
use crate::output::escape;
use std::fmt::Write as _;

/// Bytes of a target, or of a field's value, that a line shows.
pub const TEXT_MAX: usize = 128;
/// Parameters of a query that a line shows.
pub const PARAMETERS_MAX: usize = 16;
/// Fields that a frame's line names.
pub const NAMED_MAX: usize = 16;

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
pub(in crate::analysis) fn field(lang: Lang, name: &[u8], value: &[u8]) -> (String, String) {
    let secret = [&b"Authorization"[..], b"Proxy-Authorization"];
    if secret.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        let scheme = short(value.split(|byte| *byte == b' ').next().unwrap_or_default());
        let len = count(lang, value.len() as u64, noun::BYTES);
        let value =
            say!(lang, "{scheme} … ({len} in the clear)", "{scheme} … ({len} tanpa enkripsi)");
        return (short(name), value);
    }
    (short(name), short(value))
}

/// `HTTP/1.1`.
pub(in crate::analysis) fn version(lang: Lang, version: Option<(u8, u8)>) -> String {
    match version {
        Some((major, minor)) => format!("HTTP/{major}.{minor}"),
        None => say!(lang, "no version", "tanpa versi"),
    }
}

/// `GET /add, query a=5 b=9, HTTP/1.1`, or `HTTP/1.1 200 OK`.
pub fn start_line(lang: Lang, head: &Head) -> String {
    let version = version(lang, head.version);
    match &head.start {
        Start::Missing => say!(lang, "a head without a start line", "head tanpa start line"),
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
                        text.push_str(&say!(lang, ", query", ", query"));
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
pub fn decoded(lang: Lang, message: &Decoded) -> String {
    let line = start_line(lang, &message.head);
    let fields = count(lang, message.head.lines.len() as u64, noun::FIELDS);
    let body = count(lang, message.body, noun::BYTES);
    let body = match message.framing {
        _ if message.head.cut => return line,
        Framing::Nothing => http_body::none(lang),
        Framing::Length(length) => say!(
            lang,
            "Content-Length {length}, body of {body}",
            "Content-Length {length}, body {body}"
        ),
        Framing::Chunked => {
            let chunks = count(lang, message.chunks, noun::CHUNKS);
            say!(lang, "chunked, body of {body} in {chunks}", "chunked, body {body} dalam {chunks}")
        }
        Framing::UntilClose => {
            say!(lang, "body of {body}, up to the close", "body {body}, sampai penutupan")
        }
        Framing::Tunnel => {
            say!(lang, "then {body} of another protocol", "lalu {body} dari protokol lain")
        }
        Framing::Broken => http_body::broken(lang),
    };
    format!("{line}; {fields}; {body}")
}

/// The names of a head's fields.
pub(in crate::analysis) fn names(lang: Lang, head: &Head) -> String {
    let names: Vec<String> =
        head.lines.iter().take(NAMED_MAX).map(|line| short(&line.name)).collect();
    if names.is_empty() {
        return say!(lang, "no fields", "tanpa field");
    }
    let names = names.join(", ");
    match head.lines.len().saturating_sub(NAMED_MAX) {
        0 => names,
        more => and_more(lang, &format!("{names},"), more as u64),
    }
}

/// `request` or `response`.
pub fn kind(is_request: bool) -> Text {
    if is_request { both!("request", "permintaan") } else { both!("response", "balasan") }
}

/// `request 1`; a response to a request that was not seen has no number.
pub(in crate::analysis) fn numbered(lang: Lang, message: &Message, is_request: bool) -> String {
    let kind = kind(is_request);
    match message.number {
        0 => kind.say(lang).to_owned(),
        number => format!("{} {number}", kind.say(lang)),
    }
}

/// Each field with its value.
pub(in crate::analysis) fn all_fields(
    lang: Lang,
    message: &Message,
    is_request: bool,
) -> Option<String> {
    if message.fields.is_empty() {
        return None;
    }
    let field = |(name, value): &(String, String)| format!("{name}: {value}");
    let fields: Vec<String> = message.fields.iter().map(field).collect();
    let mut fields = fields.join(" | ");
    if message.more_fields > 0 {
        fields = and_more(lang, &format!("{fields} |"), message.more_fields as u64);
    }
    let whose = numbered(lang, message, is_request);
    Some(say!(lang, "{whose} fields: {fields}", "field {whose}: {fields}"))
}

/// A section that is not whole; `kind` has the head that it is, if it is one.
pub(in crate::analysis) fn part(
    lang: Lang,
    kind: Option<&Text>,
    there: usize,
    begins: bool,
) -> String {
    let what = match kind.map(|kind| kind.say(lang)) {
        Some(kind) => say!(lang, "head of a {kind}", "head {kind}"),
        None => say!(lang, "a line between chunks", "baris di antara chunk"),
    };
    let bytes = count(lang, there as u64, noun::BYTES_ARE);
    say!(
        lang,
        "{what} {verb}: {bytes} there, its end is not",
        "{what} {verb}: {bytes} sudah ada, akhirnya belum",
        verb = super::begins(lang, begins)
    )
}

/// Bytes behind the switch to another protocol.
pub(in crate::analysis) fn tunnelled(lang: Lang, bytes: u64) -> String {
    say!(
        lang,
        "{bytes} of another protocol",
        "{bytes} dari protokol lain",
        bytes = count(lang, bytes, noun::BYTES)
    )
}

/// A message has its last byte.
pub(in crate::analysis) fn complete(
    lang: Lang,
    message: &Message,
    is_request: bool,
    frame: u64,
) -> String {
    let length = http_body::length(lang, message, is_request);
    let shown = match message.body {
        0 => length,
        body => {
            let preview = preview(&message.preview, body);
            say!(lang, "body {preview} {length}", "body {preview} {length}")
        }
    };
    let bytes = count(lang, message.len, noun::BYTES);
    if message.frames.count > 1 {
        let since = message.first_frame();
        say!(
            lang,
            "{shown}; message completes in #{frame}: {bytes} since #{since}",
            "{shown}; pesan lengkap di #{frame}: {bytes} sejak #{since}"
        )
    } else {
        say!(lang, "{shown}; complete, {bytes}", "{shown}; lengkap, {bytes}")
    }
}

pub(in crate::analysis) fn lost(lang: Lang, len: u64) -> String {
    say!(
        lang,
        "{bytes} of no message whose beginning is in the capture",
        "{bytes} bukan dari pesan yang awalnya ada dalam tangkapan",
        bytes = count(lang, len, noun::BYTES)
    )
}

pub(in crate::analysis) fn more_messages(lang: Lang, more: usize) -> String {
    super::more_units(lang, more as u64, noun::MESSAGES)
}

pub(in crate::analysis) fn share_a_segment(lang: Lang, messages: usize) -> String {
    say!(
        lang,
        "{messages} messages in one segment: TCP keeps no message borders",
        "{messages} pesan dalam satu segmen: TCP tidak menjaga batas pesan"
    )
}
