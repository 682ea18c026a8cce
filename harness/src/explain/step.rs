//! `tour --step`: the account a frame at a time, each when somebody asks for it.
//!
//! It knows lines of input. It does not know what is shown: that is the view's that it holds back.

use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::{Header, View};
use crate::analysis::{Report, Told};
use crate::dissect::Dissection;
use crate::frame::CapturedFrame;
use crate::lang::say;
use crate::output::Output;

/// A longer line counts as several.
const LINE_MAX: u64 = 1024;
/// How often the stop flag is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// How far somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// The next, on Enter.
    Each,
    /// All the rest: nobody is there to ask for it.
    Rest,
    /// Nothing more.
    Nothing,
}

/// Whoever asks for the next frame, over several captures.
#[derive(Debug)]
pub(crate) struct Steps {
    lines: Receiver<Vec<u8>>,
    pace: Pace,
    stop: Arc<AtomicBool>,
}

impl Steps {
    /// Listens on stdin. It is read in a thread of its own, because a read that waits would not
    /// see that `stop` has become true.
    pub fn begin(stop: Arc<AtomicBool>, output: &Output) -> Self {
        if io::stdin().is_terminal() {
            output.say(&say!(
                output.lang,
                "Enter shows the next frame, q ends",
                "Enter menampilkan frame berikutnya, q mengakhiri"
            ));
        }
        // One line may be ahead of what is shown, no more.
        let (sender, lines) = sync_channel(1);
        thread::spawn(move || {
            loop {
                let mut line = Vec::new();
                let read = io::stdin().lock().take(LINE_MAX).read_until(b'\n', &mut line);
                if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines, pace: Pace::Each, stop }
    }

    /// Did somebody say that it is enough?
    pub fn have_ended(&self) -> bool {
        self.pace == Pace::Nothing
    }

    /// Waits until the next is asked for: is it?
    fn next(&mut self) -> bool {
        while self.pace == Pace::Each {
            if self.stop.load(Ordering::Relaxed) {
                self.pace = Pace::Nothing;
            }
            match self.lines.recv_timeout(GLANCE) {
                Ok(line) if line.trim_ascii().eq_ignore_ascii_case(b"q") => {
                    self.pace = Pace::Nothing;
                }
                Ok(_) => return true,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.pace = Pace::Rest,
            }
        }
        self.pace == Pace::Rest
    }
}

/// The view that waits.
pub(super) struct Stepped<'a> {
    view: Box<dyn View + 'a>,
    steps: &'a mut Steps,
}

impl<'a> Stepped<'a> {
    pub(super) fn new(view: Box<dyn View + 'a>, steps: &'a mut Steps) -> Self {
        Self { view, steps }
    }
}

impl View for Stepped<'_> {
    fn header(&mut self, header: &Header) -> io::Result<()> {
        self.view.header(header)
    }

    fn frame(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()> {
        if self.steps.next() { self.view.frame(frame, dissection, told) } else { Ok(()) }
    }

    /// What all frames show together is one step more.
    fn report(&mut self, report: &Report) -> io::Result<()> {
        if self.steps.next() { self.view.report(report) } else { Ok(()) }
    }
}
