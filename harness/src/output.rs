//! Where a command's words go: data to stdout, talk to stderr, colour only where it is wanted.
//!
//! It knows terminals and escape sequences. It does not know what is being said.

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;
use crate::lang::Lang;

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What kind of text is coloured, so that every command colours alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Address resolution and the like: what is not the exercise itself.
    Faint,
    /// TCP's own segments: handshake, acknowledgements.
    Control,
    /// Segments with application data.
    Data,
    /// The end of a connection.
    Close,
    /// A heading.
    Heading,
    /// Something that went wrong.
    Bad,
    /// Something that is right.
    Good,
}

/// The command's two ears and its taste in colour.
#[derive(Clone, Debug)]
pub struct Output {
    /// `--json`: one object per line on stdout.
    pub json: bool,
    /// Colour on stdout.
    pub color: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// How many `-v`.
    pub verbose: u8,
    /// `--lang`: what the analysis speaks.
    pub lang: Lang,
}

impl Output {
    /// Decides once what may be coloured: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, then
    /// whether stdout is a terminal.
    pub fn new(json: bool, color: ColorChoice, quiet: bool, verbose: u8) -> Self {
        // NO_COLOR counts whatever its value is, "0" too; CLICOLOR_FORCE=0 asks for nothing.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0");
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if no_color => false,
            ColorChoice::Auto if forced => true,
            ColorChoice::Auto => io::stdout().is_terminal(),
        };
        Self { json, color: color && !json, quiet, verbose, lang: Lang::default() }
    }

    /// The same with another language.
    #[must_use]
    pub fn speaking(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }

    /// A line of data on stdout, out at once: somebody may be waiting for it at the other end of
    /// a pipe. A pipe whose reader has gone ends the program quietly, as it ends `cat`.
    pub fn line(&self, line: &str) {
        self.prompt(&format!("{line}\n"));
    }

    /// Text on stdout without an end of line: a question.
    pub fn prompt(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            std::process::exit(0);
        }
    }

    /// A line of a server's record on stdout: a server does not end because nobody reads it.
    pub fn record(&self, line: &str) {
        let mut stdout = io::stdout().lock();
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }

    /// A line of talk on stderr, unless `--quiet`.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// A complaint on stderr, always.
    pub fn error(&self, line: &str) {
        let _ = writeln!(io::stderr(), "wirelab: {line}");
    }

    /// `text` in the colour of `tone`, or as it is.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Faint => Style::new().fg_color(Some(AnsiColor::BrightBlack.into())),
            Tone::Control => Style::new().fg_color(Some(AnsiColor::Blue.into())),
            Tone::Data | Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Close | Tone::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())),
            Tone::Heading => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// Lets the engines' `log` records out on stderr: warnings, `-v` info, `-vv` debug.
    pub fn start_log(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => log::LevelFilter::Error,
            (false, 0) => log::LevelFilter::Warn,
            (false, 1) => log::LevelFilter::Info,
            (false, 2) => log::LevelFilter::Debug,
            (false, _) => log::LevelFilter::Trace,
        };
        if log::set_logger(&Stderr).is_ok() {
            log::set_max_level(level);
        }
    }

    /// Data on stdout. A reader who has enough of it (`| head`) is no failure.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::failed(format!("stdout cannot be written: {error}")))
            }
            _ => Ok(()),
        }
    }
}

struct Stderr;

impl log::Log for Stderr {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("wirelab")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let _ = writeln!(io::stderr(), "{}: {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Bytes from the wire as text that is safe on a terminal and in a page: UTF-8 as it is, control
/// characters, invalid bytes, quotes and backslashes escaped as in a Rust string literal.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                // Every control character is below U+0100.
                c if c.is_control() => push_hex(&mut text, u32::from(c) as u8),
                c if is_unsafe(c) => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for &byte in chunk.invalid() {
            push_hex(&mut text, byte);
        }
    }
    text
}

/// Bytes for a terminal as they are, but for those that act on it: lines and tabs stay, other
/// control characters and invalid bytes are escaped.
pub fn escape_controls(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' | '\t' => text.push(c),
                // Every control character is below U+0100.
                c if c.is_control() => push_hex(&mut text, u32::from(c) as u8),
                c if is_unsafe(c) => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for &byte in chunk.invalid() {
            push_hex(&mut text, byte);
        }
    }
    text
}

/// Does it act on a terminal, or turn the order of what stands beside it?
fn is_unsafe(c: char) -> bool {
    // Bidirectional overrides can make a line lie about its own order.
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// A JSON object as one line, with its end. Its strings mean what they say, but none of their
/// characters acts on a terminal: JSON itself only demands that of those below U+0020.
///
/// # Errors
/// The writer's.
pub fn json_line<W: Write>(out: &mut W, object: &serde_json::Value) -> io::Result<()> {
    let mut text = serde_json::to_string(object)?;
    // They can only stand within strings, for everything else in JSON is printable ASCII.
    if let Some(at) = text.find(is_unsafe) {
        let mut safe = text[..at].to_owned();
        for c in text[at..].chars() {
            if is_unsafe(c) {
                // All of them are below U+10000: one unit of UTF-16 [RFC 8259 7].
                let _ = write!(safe, "\\u{:04x}", u32::from(c));
            } else {
                safe.push(c);
            }
        }
        text = safe;
    }
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// `\x1b`. By hand: a capture may hold hundreds of megabytes of such bytes.
fn push_hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push_str("\\x");
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::{escape, json_line};

    #[test]
    fn json_says_the_same_and_moves_no_cursor() {
        let object = serde_json::json!({"say": "a\u{7f}b\u{9b}31m\u{202e}\u{1b}°€"});
        let mut line = Vec::new();
        json_line(&mut line, &object).unwrap();
        let text = std::str::from_utf8(&line).unwrap().strip_suffix('\n').unwrap();
        assert_eq!(text, "{\"say\":\"a\\u007fb\\u009b31m\\u202e\\u001b°€\"}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), object);
    }

    #[test]
    fn nothing_from_the_wire_reaches_the_terminal_raw() {
        assert_eq!(escape("Suhu: 28°C".as_bytes()), "Suhu: 28°C");
        assert_eq!(escape(b"\x1b[31m\r\n\0\xff\"\\"), "\\x1b[31m\\r\\n\\x00\\xff\\\"\\\\");
        assert_eq!(escape("a\u{202e}b\u{9b}".as_bytes()), "a\\u{202e}b\\x9b");
    }
}
