//! A message as a line, and a line as a message.
//!
//! ```text
//!   --multipart ,     "WAKTU,12:00"  <->  | WAKTU | 12:00 |      two frames
//!   without           "WAKTU,12:00"  -->  | WAKTU,12:00 |        one; received ones have a tab
//!                                                                between their frames
//! ```
//!
//! It knows frames, terminals and JSON. It does not know sockets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, StdoutLock, Write};
use std::process;
use wirelab_zmtp::Message;

use crate::output::{Output, escape_controls, json_line};

/// Between the frames of a received message, where nobody says what should be.
const BETWEEN: &[u8] = b"\t";
/// Between a topic and the text behind it, in one frame: as the lab's publisher has it.
const AFTER_TOPIC: &[u8] = b" ";

/// How messages are written.
#[derive(Clone, Debug)]
pub struct Form {
    /// `--multipart`.
    separator: Option<Bytes>,
    json: bool,
    terminal: bool,
}

impl Form {
    /// With this between frames.
    pub fn new(separator: Option<Bytes>, output: &Output) -> Self {
        Self { separator, json: output.json, terminal: io::stdout().is_terminal() }
    }

    /// A text as a message, behind a topic if there is one.
    pub fn message(&self, topic: Option<&Bytes>, text: &Bytes) -> Message {
        let text = match topic {
            Some(topic) => {
                let between = self.separator.as_deref().unwrap_or(AFTER_TOPIC);
                Bytes::from([topic, between, text].concat())
            }
            None => text.clone(),
        };
        let Some(separator) = &self.separator else { return Message::new(text) };
        // There is always a first frame.
        Message::from_frames(split(&text, separator)).unwrap_or_default()
    }

    /// The frames as one text.
    pub fn text(&self, message: &Message) -> Vec<u8> {
        let between = self.separator.as_deref().unwrap_or(BETWEEN);
        message.frames().map(|frame| &frame[..]).collect::<Vec<_>>().join(between)
    }

    /// A received message as a line; `kind` is what JSON calls it.
    pub fn line(&self, kind: &str, message: &Message) -> Vec<u8> {
        if self.json {
            let mut line = Vec::new();
            // Nothing fails that is written into memory.
            let _ = json_line(&mut line, &object(kind, message));
            return line;
        }
        let mut line = self.text(message);
        if self.terminal {
            line = escape_controls(&line).into_bytes();
        }
        line.push(b'\n');
        line
    }
}

/// `{"v":1,"kind":"message","frames":["WAKTU","12:00"]}`. If one of them is no text, all stand in
/// base64 under another name, so that nobody takes the one for the other.
fn object(kind: &str, message: &Message) -> Value {
    let texts: Result<Vec<&str>, _> =
        message.frames().map(|frame| std::str::from_utf8(frame)).collect();
    if let Ok(frames) = texts {
        return json!({"v": 1, "kind": kind, "frames": frames});
    }
    let frames: Vec<String> = message.frames().map(|frame| STANDARD.encode(frame)).collect();
    json!({"v": 1, "kind": kind, "frames_base64": frames})
}

fn split(text: &Bytes, separator: &[u8]) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at + separator.len() <= text.len() {
        if text[at..].starts_with(separator) {
            frames.push(text.slice(start..at));
            at += separator.len();
            start = at;
        } else {
            at += 1;
        }
    }
    frames.push(text.slice(start..));
    frames
}

/// Received messages on their way to stdout; many in one write while there are many.
pub struct Screen {
    stdout: io::BufWriter<StdoutLock<'static>>,
}

impl Screen {
    /// The program's own.
    pub fn new() -> Self {
        Self { stdout: io::BufWriter::with_capacity(64 * 1024, io::stdout().lock()) }
    }

    /// Writes a line, now or at the next [`flush`](Self::flush). A reader who has enough of it
    /// ends the program quietly, as it ends `cat`.
    pub fn write(&mut self, line: &[u8]) {
        check(self.stdout.write_all(line));
    }

    /// Everything is out.
    pub fn flush(&mut self) {
        check(self.stdout.flush());
    }
}

fn check(written: io::Result<()>) {
    if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        process::exit(0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, object};
    use bytes::Bytes;
    use wirelab_zmtp::Message;

    fn form(separator: Option<&'static str>) -> Form {
        Form { separator: separator.map(Bytes::from), json: false, terminal: false }
    }

    fn frames(message: &Message) -> Vec<&[u8]> {
        message.frames().map(|frame| &frame[..]).collect()
    }

    #[test]
    fn text_is_split_into_frames_and_joined_again() {
        for (separator, text, wanted) in [
            (Some(","), "a,b", vec!["a", "b"]),
            (Some(","), "", vec![""]),
            (Some(","), ",,", vec!["", "", ""]),
            (Some("--"), "a-b---c", vec!["a-b", "-c"]),
            (None, "a,b", vec!["a,b"]),
        ] {
            let form = form(separator);
            let message = form.message(None, &Bytes::from(text));
            let wanted: Vec<&[u8]> = wanted.iter().map(|frame| frame.as_bytes()).collect();
            assert_eq!(frames(&message), wanted, "{text}");
            assert_eq!(form.text(&message), text.as_bytes());
        }
    }

    #[test]
    fn a_topic_stands_before_the_text_or_in_a_frame_of_its_own() {
        let (topic, text) = (Bytes::from("WAKTU"), Bytes::from("12:00"));
        assert_eq!(frames(&form(None).message(Some(&topic), &text)), [b"WAKTU 12:00"]);
        let two = form(Some("|")).message(Some(&topic), &text);
        assert_eq!(frames(&two), [&b"WAKTU"[..], b"12:00"]);
        assert_eq!(form(None).text(&two), b"WAKTU\t12:00");
    }

    #[test]
    fn json_has_text_as_text_and_all_else_in_base64() {
        let text = Message::from("a").and("\u{1b}");
        assert_eq!(object("request", &text)["frames"][1], "\u{1b}");
        let bytes = Message::from("a").and(&b"\xff"[..]);
        assert_eq!(object("message", &bytes)["frames_base64"][0], "YQ==");
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        let form = Form { terminal: true, ..form(None) };
        assert_eq!(form.line("message", &Message::from("\u{1b}[2J")), b"\\x1b[2J\n");
    }
}
