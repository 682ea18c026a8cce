//! Where the texts come from that are sent: the command line, or the lines of stdin.
//!
//! It knows texts and how many of them. It does not know sockets.

use bytes::Bytes;
use clap::Args;
use std::ffi::OsString;
use std::io::{self, BufRead, Read};
use std::thread;
use std::time::Duration;

use super::control::{Control, Line, Why};
use super::options::{bytes_of, seconds};

/// A longer line is sent in pieces.
const LINE_MAX: u64 = 64 * 1024 * 1024;

/// What is sent.
#[derive(Debug, Args)]
pub struct Texts {
    /// A text to send; of several, each in turn.
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    #[arg(conflicts_with = "lines")]
    message: Vec<OsString>,
    /// Send each line of stdin.
    #[arg(short, long)]
    lines: bool,
    /// `-`: the same.
    #[arg(value_name = "-", value_parser = dash, conflicts_with = "message")]
    dash: Option<String>,
    #[command(flatten)]
    pub pace: Pace,
}

/// How many, and how fast.
#[derive(Clone, Copy, Debug, Args)]
pub struct Pace {
    /// End after so many messages.
    #[arg(short = 'n', value_name = "COUNT")]
    pub count: Option<u64>,
    /// Wait so many seconds after each.
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    pub interval: Option<Duration>,
}

fn dash(text: &str) -> Result<String, String> {
    if text == "-" { Ok(text.to_owned()) } else { Err("only - can stand here: stdin".to_owned()) }
}

/// The texts, one after the other.
#[derive(Debug)]
pub enum Source {
    /// These in turn, from this one on.
    Given(Vec<Bytes>, usize),
    /// Lines of stdin.
    Lines,
}

impl Texts {
    /// The texts of the command line, or `fallback`, or the lines of stdin; and how many.
    pub fn source(&self, fallback: Option<&'static str>) -> (Source, Option<u64>) {
        let texts: Vec<Bytes> = self.message.iter().map(bytes_of).collect();
        if !texts.is_empty() {
            let once = texts.len() as u64;
            return (Source::Given(texts, 0), self.pace.count.or(Some(once)));
        }
        let source = match fallback.filter(|_| self.is_unsaid()) {
            Some(text) => Source::Given(vec![Bytes::from_static(text.as_bytes())], 0),
            None => Source::Lines,
        };
        (source, self.pace.count)
    }

    /// Was nothing said of what is to be sent?
    pub fn is_unsaid(&self) -> bool {
        self.message.is_empty() && !self.lines && self.dash.is_none()
    }
}

impl Source {
    /// Begins to read stdin, if that is the source.
    pub fn open(&self, control: &Control) {
        if matches!(self, Self::Lines) {
            let control = control.clone();
            // A read from a terminal cannot be given up for a signal: hence in a thread.
            thread::spawn(move || read(&control));
        }
    }

    /// The next text; `None` at the end, or when the command is to end.
    pub fn next(&mut self, control: &Control) -> Option<Bytes> {
        match self {
            Self::Given(texts, at) => {
                let text = texts[*at].clone();
                *at = (*at + 1) % texts.len();
                (!control.is_over()).then_some(text)
            }
            Self::Lines => match control.next_line() {
                Line::Text(line) => Some(line.into()),
                Line::End | Line::Over => None,
            },
        }
    }
}

fn read(control: &Control) {
    let mut stdin = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        match stdin.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => {
                control.put_line(None);
                return;
            }
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                if !control.put_line(Some(line)) {
                    return;
                }
            }
            Err(error) => return control.end(Why::Input(format!("stdin: {error}"))),
        }
    }
}
