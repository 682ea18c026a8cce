//! What happens on the stage, as a value: so that it can be told by the process in the lab's
//! namespaces to the one at the terminal, a line of JSON each.
//!
//! It may name frames and JSON. It does not know where an event comes from, or who is told.

use bytes::Bytes;
use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::frame::{CapturedFrame, LinkType};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step of the set-up is done.
    Step(String),
    /// The machine refused a step of the set-up: what, and why.
    Refused(String, String),
    /// A role said a line; `error`: on its stderr.
    Line {
        /// Which role, by its place in the exercise.
        role: usize,
        /// What it said, as bytes of any kind made into text.
        text: String,
        /// On stderr.
        error: bool,
    },
    /// A frame passed.
    Frame(CapturedFrame),
    /// The exercise is done; the capture's own account of it.
    Done(Account),
    /// The exercise failed, and why.
    Failed(String),
}

/// What the capture says about itself at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// When it began, in nanoseconds since 1970 UTC.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Frames that the kernel counted.
    pub received: u64,
    /// Frames among them that it could not keep.
    pub dropped: u64,
}

impl Event {
    /// As one line, without its end.
    pub fn to_line(&self) -> String {
        let value = match self {
            Self::Step(step) => json!({ "step": step }),
            Self::Refused(step, why) => json!({ "refused": step, "why": why }),
            Self::Line { role, text, error } => {
                json!({ "line": text, "role": role, "error": error })
            }
            Self::Frame(frame) => json!({
                "frame": hex(&frame.bytes),
                "number": frame.number,
                "time": frame.time_ns,
                "link": frame.link_type.0,
                "length": frame.original_len,
                "comment": frame.comment,
            }),
            Self::Done(account) => json!({
                "done": true,
                "start": account.start_ns,
                "end": account.end_ns,
                "received": account.received,
                "dropped": account.dropped,
            }),
            Self::Failed(why) => json!({ "failed": why }),
        };
        value.to_string()
    }

    /// Reads such a line; `None` when it is none.
    pub fn from_line(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let number = |key: &str| value[key].as_u64();
        if let Some(step) = text("step") {
            return Some(Self::Step(step));
        }
        if let Some(step) = text("refused") {
            return Some(Self::Refused(step, text("why")?));
        }
        if let Some(line) = text("line") {
            let error = value["error"].as_bool()?;
            return Some(Self::Line { role: number("role")? as usize, text: line, error });
        }
        if let Some(bytes) = text("frame") {
            return Some(Self::Frame(CapturedFrame {
                number: number("number")?,
                time_ns: number("time")?,
                link_type: LinkType(number("link")? as u32),
                bytes: unhex(&bytes)?,
                original_len: number("length")? as u32,
                comment: text("comment"),
            }));
        }
        if value["done"].as_bool() == Some(true) {
            return Some(Self::Done(Account {
                start_ns: number("start")?,
                end_ns: number("end")?,
                received: number("received")?,
                dropped: number("dropped")?,
            }));
        }
        text("failed").map(Self::Failed)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Bytes> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_the_line() {
        let frame = CapturedFrame {
            number: 7,
            time_ns: 1_700_000_000_123_456_789,
            link_type: LinkType::ETHERNET,
            bytes: Bytes::from_static(b"\x00\xff\x10"),
            original_len: 60,
            comment: Some("synthesised header".into()),
        };
        for event in [
            Event::Step("bridge".into()),
            Event::Refused("user namespace".into(), "EPERM".into()),
            Event::Line { role: 1, text: "a \"b\"\n\u{1b}".into(), error: true },
            Event::Frame(frame),
            Event::Done(Account { start_ns: 1, end_ns: 2, received: 18, dropped: 0 }),
            Event::Failed("no".into()),
        ] {
            let line = event.to_line();
            assert!(!line.contains('\n'));
            assert_eq!(Event::from_line(&line), Some(event));
        }
        assert_eq!(Event::from_line("{\"frame\":\"0g\"}"), None);
        assert_eq!(Event::from_line("nonsense"), None);
    }
}
