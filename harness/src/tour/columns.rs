//! The roles' words on the screen as they say them: a column for each role. They are kept, too, for
//! the report.
//!
//! It may name the terminal's width. It does not know exercises, and not why a role speaks.

use std::io::{self, Write};

use crate::explain::report::Screens;
use crate::output::{Output, Tone, escape};

/// A column is not made narrower than this; then the columns run past the edge.
const COLUMN_MIN: usize = 24;
/// The page's width when nobody says another.
const WIDTH: usize = 100;

/// The columns.
#[derive(Debug)]
pub struct Columns<'a> {
    output: &'a Output,
    width: usize,
    kept: Screens,
}

impl<'a> Columns<'a> {
    /// Columns under these headings. With `--json` they go to stderr, because stdout is for the
    /// frames.
    pub fn new(names: &[String], output: &'a Output) -> Self {
        let page = std::env::var("COLUMNS").ok().and_then(|w| w.parse().ok()).unwrap_or(WIDTH);
        let width = (page / names.len().max(1)).clamp(COLUMN_MIN, WIDTH);
        let kept = Screens { heads: names.to_vec(), ..Screens::default() };
        let columns = Self { output, width, kept };
        let heads: Vec<String> = names.iter().map(|name| format!("{name:<width$}")).collect();
        columns.put(&columns.output.paint(Tone::Heading, heads.concat().trim_end()));
        columns
    }

    /// Shows a line of a role in its column; a long one is folded.
    pub fn line(&mut self, role: usize, text: &str, error: bool) {
        self.kept.line(role, text, error);
        let pieces = fold(&readable(text), self.width - 2);
        for piece in pieces {
            let tone = if error { Tone::Bad } else { Tone::Data };
            let indent = " ".repeat(role * self.width);
            let line = format!("{indent}{}", self.output.paint(tone, &piece));
            self.put(line.trim_end());
        }
    }

    /// All that was said.
    pub(crate) fn into_screens(self) -> Screens {
        self.kept
    }

    fn put(&self, line: &str) {
        if self.output.json {
            self.output.say(line);
        } else {
            // A reader who has seen enough is no failure; the file is still written.
            let _ = writeln!(io::stdout(), "{line}");
        }
    }
}

/// Safe on a terminal, but quotes and backslashes as the role said them: this is a program's
/// own text, not bytes from the wire.
fn readable(text: &str) -> String {
    escape(text.as_bytes()).replace("\\\"", "\"").replace("\\\\", "\\")
}

/// The text in pieces of at most `width` letters, broken behind a blank where one is near.
fn fold(text: &str, width: usize) -> Vec<String> {
    let mut rest: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    while rest.len() > width {
        let blank = rest[width / 2..width].iter().rposition(|&letter| letter == ' ');
        let next = rest.split_off(blank.map_or(width, |at| width / 2 + at + 1));
        pieces.push(rest.into_iter().collect());
        rest = next;
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

#[cfg(test)]
mod tests {
    use super::{fold, readable};

    #[test]
    fn a_long_line_is_folded_at_blanks_and_loses_nothing() {
        assert_eq!(fold("", 4), [""]);
        assert_eq!(fold("ingin mencoba untuk", 10), ["ingin ", "mencoba ", "untuk"]);
        assert_eq!(fold("aaaaaaaaaaaa", 5), ["aaaaa", "aaaaa", "aa"]);
    }

    #[test]
    fn a_role_cannot_reach_the_terminal() {
        assert_eq!(readable("say \"hi\" \x1b[2J\r"), "say \"hi\" \\x1b[2J\\r");
    }
}
