//! What is printed of a response: whole on its way to a file or a pipe, without what acts on a
//! terminal on its way to one.
//!
//! It knows octets. It does not know what they answer.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::ask::NOT_WRITTEN;
use crate::exit::Failure;
use crate::output::escape_controls;

/// Where octets are printed.
pub struct Sheet {
    out: Box<dyn Write>,
    is_terminal: bool,
    /// The beginning of a character whose rest has not come: pieces end anywhere.
    cut: Vec<u8>,
}

impl Sheet {
    /// On stdout.
    pub fn stdout() -> Self {
        Self::new(Box::new(io::stdout().lock()), io::stdout().is_terminal())
    }

    /// In a file, or where there is none on stdout.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::stdout()) };
        let file = File::create(path)
            .map_err(|error| not_written(&format!("cannot write {}: {error}", path.display())))?;
        Ok(Self::new(Box::new(file), false))
    }

    fn new(out: Box<dyn Write>, is_terminal: bool) -> Self {
        Self { out, is_terminal, cut: Vec::new() }
    }

    /// Prints octets. A reader who has enough of it ends the program, and is no failure.
    pub fn print(&mut self, octets: &[u8]) -> Result<(), Failure> {
        if !self.is_terminal {
            return self.write(octets);
        }
        let mut text = std::mem::take(&mut self.cut);
        text.extend_from_slice(octets);
        self.cut = text.split_off(whole(&text));
        self.write(lines(&text).as_bytes())
    }

    /// Prints what was cut, if nothing has come to complete it.
    pub fn end(mut self) -> Result<(), Failure> {
        let rest = lines(&std::mem::take(&mut self.cut));
        self.write(rest.as_bytes())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        match self.out.write_all(octets).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => Err(not_written(&format!("cannot write: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}

fn not_written(message: &str) -> Failure {
    Failure { code: NOT_WRITTEN, message: message.to_owned() }
}

/// How much of it is not the beginning of a character, or of the end of a line.
fn whole(octets: &[u8]) -> usize {
    if octets.ends_with(b"\r") {
        return octets.len() - 1;
    }
    // The longest character has four octets.
    let from = octets.len().saturating_sub(3);
    let cut = |at: &usize| match std::str::from_utf8(&octets[*at..]) {
        Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
        Ok(_) => false,
    };
    (from..octets.len()).find(cut).unwrap_or(octets.len())
}

/// Fit for a terminal. The end of a head's lines is no news there.
fn lines(octets: &[u8]) -> String {
    let lines = octets.split_inclusive(|&b| b == b'\n');
    let ended = lines.map(|line| match line.strip_suffix(b"\r\n") {
        Some(line) => escape_controls(line) + "\n",
        None => escape_controls(line),
    });
    ended.collect()
}

#[cfg(test)]
mod tests {
    use super::Sheet;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(pieces: &[&[u8]], is_terminal: bool) -> Vec<u8> {
        let out = Shared::default();
        let mut sheet = Sheet::new(Box::new(out.clone()), is_terminal);
        for piece in pieces {
            sheet.print(piece).unwrap();
        }
        sheet.end().unwrap();
        let printed = out.0.lock().unwrap();
        printed.clone()
    }

    #[test]
    fn a_cut_anywhere_is_not_seen() {
        let octets = "head\r\n\u{1b}[1m28 °C, 日本, 🌡\r\n\r".as_bytes();
        let wanted = "head\n\\x1b[1m28 °C, 日本, 🌡\n\\x0d".as_bytes();
        assert_eq!(printed(&[octets], true), wanted);
        for first in 0..=octets.len() {
            for second in first..=octets.len() {
                let pieces = [&octets[..first], &octets[first..second], &octets[second..]];
                assert_eq!(printed(&pieces, true), wanted, "at {first} and {second}");
                assert_eq!(printed(&pieces, false), octets);
            }
        }
    }

    #[test]
    fn what_is_no_text_is_escaped_at_once_or_at_the_end() {
        assert_eq!(printed(&[b"\xff", b"a\xe6\x97"], true), b"\\xffa\\xe6\\x97");
        assert_eq!(printed(&[b"\xe6\x97", b"x"], true), b"\\xe6\\x97x");
    }
}
