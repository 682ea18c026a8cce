//! A progress line for reading a large file: on stderr, on a terminal, after a second.
//!
//! It knows how much of a file was read. It does not know what is in it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Read};
use std::time::{Duration, Instant};

use crate::output::Output;

/// What is over sooner needs no line.
const PATIENCE: Duration = Duration::from_secs(1);

/// The line, hidden at first.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    /// Nobody would see it, or it would run into what is printed.
    unwanted: bool,
}

impl Progress {
    /// Of so many bytes to be read in all.
    pub fn new(bytes: u64, output: &Output) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bytes} of {total_bytes} read, {eta} to go");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let unwanted = output.quiet || io::stdout().is_terminal() || !io::stderr().is_terminal();
        Self { bar, started: Instant::now(), unwanted }
    }

    /// The reader, with its bytes counted.
    pub fn of<R: Read>(&self, reader: R) -> impl Read {
        Counted { reader, progress: self }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

struct Counted<'a, R> {
    reader: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        let Progress { bar, started, unwanted } = self.progress;
        bar.inc(n as u64);
        if !unwanted && bar.is_hidden() && started.elapsed() > PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::output::{ColorChoice, Output};
    use std::io::Read;

    #[test]
    fn bytes_are_counted_and_arrive_unchanged() {
        let progress = Progress::new(6, &Output::new(false, ColorChoice::Never, true, 0));
        let mut read = Vec::new();
        progress.of(&b"abc"[..]).read_to_end(&mut read).unwrap();
        assert_eq!((&read[..], progress.bar.position()), (&b"abc"[..], 3));
    }
}
