//! What a person sees while a run goes on: a progress line, or lines of CSV; and ^C.
//!
//! It knows the screen and histograms. It does not know what is being counted.

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::figures::micros;
use crate::exit::Failure;
use crate::output::Output;
use crate::signals;

/// What is over sooner needs no progress line.
const LONG: Duration = Duration::from_secs(1);

/// A count of one interval: its column's name, and how many.
pub type Count = (&'static str, u64);

/// Told of what goes on in a run.
pub trait Watch {
    /// Is it to be given up?
    fn is_interrupted(&self) -> bool;
    /// Now and then: how far it has come, after so long.
    fn progress(&mut self, passed: Duration, how_far: fmt::Arguments<'_>);
    /// An interval of CSV is over, so long after counting began: what came in it, and the
    /// latencies of that in nanoseconds. The names are the same each time.
    fn interval(&mut self, at: Duration, counts: &[Count], recent: &Histogram<u64>);
}

/// Whatever says only whether to give up shows nothing.
impl<F: Fn() -> bool> Watch for F {
    fn is_interrupted(&self) -> bool {
        self()
    }

    fn progress(&mut self, _passed: Duration, _how_far: fmt::Arguments<'_>) {}

    fn interval(&mut self, _at: Duration, _counts: &[Count], _recent: &Histogram<u64>) {}
}

/// The terminal.
#[derive(Debug)]
pub struct Screen {
    interrupted: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    output: Output,
    has_header: bool,
}

impl Screen {
    /// From here on ^C is told to the run. Beside CSV there is no progress line.
    ///
    /// # Errors
    /// When signals cannot be caught.
    pub fn new(output: &Output, is_csv: bool) -> Result<Self, Failure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let told = interrupted.clone();
        signals::on_end(move |_| told.store(true, Ordering::Relaxed)).map_err(Failure::failed)?;
        let unwanted = output.quiet || is_csv || !io::stderr().is_terminal();
        let bar = (!unwanted).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Ok(Self { interrupted, bar, output: output.clone(), has_header: false })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Screen {
    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn progress(&mut self, passed: Duration, how_far: fmt::Arguments<'_>) {
        if let Some(bar) = self.bar.as_ref().filter(|_| passed > LONG) {
            bar.set_message(how_far.to_string());
        }
    }

    fn interval(&mut self, at: Duration, counts: &[Count], recent: &Histogram<u64>) {
        if !std::mem::replace(&mut self.has_header, true) {
            self.output.line(&header(counts));
        }
        self.output.line(&line(at, counts, recent));
    }
}

fn header(counts: &[Count]) -> String {
    let mut header = String::from("seconds");
    for (name, _) in counts {
        header = header + "," + name;
    }
    header + ",p50_us,p99_us,max_us"
}

/// Where nothing came there is no latency: its columns are empty.
fn line(at: Duration, counts: &[Count], recent: &Histogram<u64>) -> String {
    let mut line = format!("{:.3}", at.as_secs_f64());
    for (_, count) in counts {
        line = line + "," + &count.to_string();
    }
    if recent.is_empty() {
        return line + ",,,";
    }
    let at_percentile = |p| micros(recent.value_at_percentile(p));
    let (half, most, max) = (at_percentile(50.0), at_percentile(99.0), micros(recent.max()));
    line + &format!(",{half:.1},{most:.1},{max:.1}")
}

#[cfg(test)]
mod tests {
    use super::{header, line};
    use hdrhistogram::Histogram;
    use std::time::Duration;

    #[test]
    fn every_line_has_the_headers_columns() {
        let mut recent = Histogram::new(3).unwrap();
        let counts = [("sent", 3), ("delivered", 2)];
        let columns = "seconds,sent,delivered,p50_us,p99_us,max_us";
        assert_eq!(header(&counts), columns);
        assert_eq!(line(Duration::from_millis(1500), &counts, &recent), "1.500,3,2,,,");
        recent.record(2000).unwrap();
        assert_eq!(line(Duration::from_secs(2), &counts, &recent), "2.000,3,2,2.0,2.0,2.0");
    }
}
