//! The words of ZMTP's greetings, commands and messages, one at a time; what they mean to each
//! other is in `zmtp_flow`.
//!
//! It knows one unit's values. It does not know how they were found, nor what came before.

use super::mqtt::password_in_the_clear;
use super::noun::{self, count};
use super::{PREVIEW_MAX, and_more, preview};
use crate::analysis::zmtp::{Body, FRAMES_MAX, Message};
use crate::dissect::zmtp::pickle::{self, Pickle};
use crate::dissect::zmtp::{
    AS_SERVER_AT, Command, Contents, Data, Frame, GREETING_LEN, Greeting, Metadata, SIGNATURE_LEN,
    SocketType,
};
use crate::lang::{Lang, say};
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
/// bytes of `span`. `there`: so many bytes are there of a greeting that is not whole. Its fields
/// are called as the specification calls them.
pub fn greeting(
    lang: Lang,
    greeting: &Greeting,
    span: Range<usize>,
    there: Option<usize>,
) -> String {
    let what = parts(lang, greeting, span).join(", ");
    let title = say!(lang, "ZMTP greeting", "greeting ZMTP");
    let of = GREETING_LEN;
    match (there, what.is_empty()) {
        (Some(there), true) => {
            say!(lang, "{title}: {there} of {of} bytes", "{title}: {there} dari {of} byte")
        }
        (Some(there), false) => say!(
            lang,
            "{title}: {what} ({there} of {of} bytes)",
            "{title}: {what} ({there} dari {of} byte)"
        ),
        (None, true) => title,
        (None, false) => format!("{title}: {what}"),
    }
}

/// The fields whose last byte is within the span.
fn parts(lang: Lang, greeting: &Greeting, span: Range<usize>) -> Vec<String> {
    let ends_here = |end: usize| span.start < end && end <= span.end;
    let mut parts = Vec::new();
    if ends_here(SIGNATURE_LEN) {
        parts.push(say!(lang, "signature", "signature"));
    }
    match (greeting.major, greeting.minor) {
        (Some(major), _) if greeting.is_older() => parts.push(say!(
            lang,
            "version {version}, which is not read here",
            "version {version}, yang tidak dibaca di sini",
            version = version((major, 0))
        )),
        (Some(major), None) if ends_here(SIGNATURE_LEN + 1) => {
            parts.push(say!(lang, "version {major}", "version {major}"));
        }
        (Some(major), Some(minor)) if ends_here(SIGNATURE_LEN + 2) => {
            let version = version((major, minor));
            parts.push(say!(lang, "version {version}", "version {version}"));
        }
        _ => {}
    }
    if let Some(mechanism) = greeting.mechanism.as_ref().filter(|_| ends_here(AS_SERVER_AT)) {
        let name = escape(mechanism);
        parts.push(say!(lang, "mechanism {name}", "mechanism {name}"));
    }
    if let Some(is) = greeting.as_server.filter(|_| ends_here(AS_SERVER_AT + 1)) {
        parts.push(say!(lang, "as-server {is}", "as-server {is}"));
    }
    parts
}

/// What a frame is, by its first byte.
pub(in crate::analysis) fn kind(lang: Lang, flags: u8) -> String {
    if flags & 0x04 == 0 {
        say!(lang, "a frame of a message", "frame sebuah pesan")
    } else {
        say!(lang, "a command", "perintah")
    }
}

/// `READY Socket-Type=REQ, Identity=""`.
pub fn command(lang: Lang, command: &Command) -> String {
    let name = escape(&command.name);
    match &command.data {
        Data::Ready(metadata) | Data::Initiate(metadata) => {
            format!("{name}{}", self::metadata(lang, metadata))
        }
        Data::Error(reason) => format!("{name} {}", quoted(reason)),
        Data::Subscribe(prefix) | Data::Cancel(prefix) => format!("{name} {}", quoted(prefix)),
        Data::Ping { ttl, context } => {
            format!("{name} {}{}", self::ttl(lang, *ttl), self::context(lang, context))
        }
        Data::Pong(context) => format!("{name}{}", self::context(lang, context)),
        Data::Hello { user, password_len } => {
            let len = count(lang, *password_len as u64, noun::BYTES);
            let (user, password) = (quoted(user), password_in_the_clear(lang, &len));
            say!(lang, "{name} user name {user}{password}", "{name} nama pengguna {user}{password}")
        }
        Data::Welcome => name,
        Data::Unread => say!(
            lang,
            "{name} (a command that is not read here)",
            "{name} (perintah yang tidak dibaca di sini)"
        ),
    }
}

/// [ZMTP-3.1-ping-01] In tenths of a second.
fn ttl(lang: Lang, ttl: u16) -> String {
    match ttl {
        0 => say!(lang, "without TTL", "tanpa TTL"),
        ttl => format!("TTL {}.{} s", ttl / 10, ttl % 10),
    }
}

fn context(lang: Lang, context: &[u8]) -> String {
    if context.is_empty() {
        return String::new();
    }
    say!(lang, ", context {context}", ", context {context}", context = quoted(context))
}

/// ` Socket-Type=REQ, Identity=""`: a value in quotes unless it is a plain word.
fn metadata(lang: Lang, metadata: &Metadata) -> String {
    let plain = |value: &[u8]| {
        !value.is_empty() && value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let property = |(name, value): &(Vec<u8>, Vec<u8>)| {
        let value = if plain(value) { escape(value) } else { quoted(value) };
        format!("{}={value}", escape(name))
    };
    let text: Vec<String> = metadata.0.iter().take(NAMED_MAX).map(property).collect();
    if text.is_empty() {
        return say!(lang, " without properties", " tanpa properti");
    }
    let text = format!(" {}", text.join(", "));
    match metadata.0.len().saturating_sub(NAMED_MAX) {
        0 => text,
        more => and_more(lang, &format!("{text},"), more as u64),
    }
}

/// A frame of which nothing could be read.
pub(in crate::analysis) fn unread(lang: Lang, frame: &Frame) -> String {
    let name = frame.name();
    let name = name.say(lang);
    say!(lang, "{name}, not read", "{name}, tidak dibaca")
}

/// A body: as text, or if it is a pickle as its bytes and what they stand for.
pub fn body(lang: Lang, bytes: &[u8], len: u64) -> String {
    if bytes.len() as u64 == len
        && let Some(value) = pickle::read(bytes)
    {
        let (hex, value) = (hex(bytes), self::value(value));
        return say!(lang, "{hex} (Python pickle, {value})", "{hex} (pickle Python, {value})");
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

/// As Python calls it.
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
pub(in crate::analysis) fn message(lang: Lang, message: &Message, delimiter: bool) -> String {
    let delimiter = delimiter && message.is_delimited();
    frames(lang, message, |place, body| {
        let text = match (place, delimiter) {
            (0, true) => say!(lang, "empty delimiter", "pembatas kosong"),
            _ => self::body(lang, &body.bytes, body.len),
        };
        let more = place + 1 < message.count;
        format!("{text}{}", if more { " MORE" } else { "" })
    })
}

/// A message's frames without the delimiter before them.
pub(in crate::analysis) fn payload(lang: Lang, message: &Message) -> String {
    let skipped = u64::from(message.is_delimited());
    let text = frames(lang, message, |place, body| match place {
        0 if skipped == 1 => String::new(),
        _ => self::body(lang, &body.bytes, body.len),
    });
    text.trim_start_matches(" | ").to_owned()
}

fn frames(lang: Lang, message: &Message, one: impl Fn(u64, &Body) -> String) -> String {
    let mut text: Vec<String> =
        (0..).zip(&message.frames).map(|(at, body)| one(at, body)).collect();
    let more = message.count - message.frames.len() as u64;
    if more > 0 {
        debug_assert_eq!(message.frames.len(), FRAMES_MAX);
        text.push(count(lang, more, noun::MORE_FRAMES));
    }
    text.join(" | ")
}

/// What a SUB does with a prefix.
fn subscription(lang: Lang, subscribes: bool, prefix: &[u8]) -> String {
    let prefix = quoted(prefix);
    if subscribes {
        say!(lang, "subscribes to {prefix}", "berlangganan {prefix}")
    } else {
        say!(lang, "cancels {prefix}", "membatalkan {prefix}")
    }
}

/// A frame by itself, for `decode`: its sender is not known, so a message may be a subscription.
pub fn frame(lang: Lang, frame: &Frame, bytes: &[u8]) -> String {
    match &frame.contents {
        Contents::Nothing => unread(lang, frame),
        Contents::Command(command) => self::command(lang, command),
        Contents::Subscription { subscribe, prefix } => say!(
            lang,
            "SUB {does} (a message, the form of ZMTP 3.0)",
            "SUB {does} (berupa pesan, bentuk ZMTP 3.0)",
            does = subscription(lang, *subscribe, prefix)
        ),
        Contents::Message(range) => {
            let body = bytes.get(range.clone()).unwrap_or_default();
            let len = (frame.len - range.start.min(frame.len)) as u64;
            let more = if frame.more() { " MORE" } else { "" };
            let shown = self::body(lang, body, len);
            match body.split_first() {
                Some((kind @ (0 | 1), prefix)) if !frame.more() && prefix.len() < PREVIEW_MAX => {
                    say!(
                        lang,
                        "message {shown}; if a SUB sent it, it {does}",
                        "pesan {shown}; jika SUB yang mengirim, artinya {does}",
                        does = subscription(lang, *kind == 1, prefix)
                    )
                }
                _ => say!(lang, "message {shown}{more}", "pesan {shown}{more}"),
            }
        }
    }
}
