//! What becomes of a run's figures: the table, the files, the comparison, and the verdict.
//!
//! It knows figures and files. It does not know what was measured.

use clap::Args;
use hdrhistogram::Histogram;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::THRESHOLD;
use super::figures::Figures;
use super::report::{spectrum, table};
use super::span::{span, within};
use super::threshold::Threshold;
use crate::exit::Failure;
use crate::output::{Output, Tone};

/// From one line of CSV to the next.
const INTERVALS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(3600));

/// The options that every run has.
#[derive(Debug, Args)]
pub struct Papers {
    /// Print a line of CSV so often; the table then goes to stderr.
    #[arg(long, value_name = "SEC", value_parser = span)]
    pub csv: Option<Duration>,
    /// Show the whole distribution of latencies.
    #[arg(long)]
    pub latency: bool,
    /// Write that distribution to this file, as HdrHistogram's tools read it.
    #[arg(long, value_name = "FILE")]
    pub hdr: Option<PathBuf>,
    /// Write the figures to this file.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Show the figures of an earlier `--out` beside these.
    #[arg(long, value_name = "OLD.json")]
    pub compare: Option<PathBuf>,
    /// End with 99 if this is so; as often as wanted.
    #[arg(long, value_name = "p99>5ms")]
    pub fail_if: Vec<Threshold>,
}

/// What a run has brought.
#[derive(Debug)]
pub struct Findings<'a> {
    /// The run as one object, its figures among the rest.
    pub record: Value,
    /// The numbers.
    pub figures: &'a Figures,
    /// The latencies, in nanoseconds.
    pub latency: &'a Histogram<u64>,
    /// What was not as it should be.
    pub complaints: &'a [String],
}

impl Papers {
    /// The earlier run's figures, read before anything is measured.
    pub fn old(&self) -> Result<Option<Value>, Failure> {
        self.compare.as_deref().map(read).transpose()
    }

    /// From one line of CSV to the next, if there are to be any.
    ///
    /// # Errors
    /// An interval too short or too long, or lines of another kind on the same stdout.
    pub fn csv(&self, output: &Output) -> Result<Option<Duration>, Failure> {
        if self.csv.is_some() && output.json {
            return Err(Failure::usage(
                "--csv and --json both want stdout; --out FILE.json does not",
            ));
        }
        let (shortest, longest) = INTERVALS;
        self.csv.map(|csv| within("--csv", csv, shortest, longest)).transpose()
    }

    /// Shows and writes all of it, and judges.
    pub fn hand_in(
        &self,
        result: &Findings<'_>,
        old: Option<&Value>,
        output: &Output,
    ) -> Result<(), Failure> {
        for complaint in result.complaints {
            output.say(&output.paint(Tone::Bad, complaint));
        }
        if output.json {
            output.line(&result.record.to_string());
        } else {
            let mut text = table(result.figures, old);
            if self.latency {
                text = text + "\n" + &spectrum(result.latency);
            }
            match self.csv {
                Some(_) => output.say(text.trim_end()),
                None => output.data(&text)?,
            }
        }
        if let Some(path) = &self.hdr {
            write(path, &spectrum(result.latency))?;
        }
        if let Some(path) = &self.out {
            write(path, &format!("{:#}\n", result.record))?;
        }
        self.judge(result.figures)
    }

    fn judge(&self, figures: &Figures) -> Result<(), Failure> {
        let mut broken = Vec::new();
        for threshold in &self.fail_if {
            if threshold.is_broken(figures).map_err(Failure::usage)? {
                broken.push(threshold.to_string());
            }
        }
        if broken.is_empty() {
            return Ok(());
        }
        Err(Failure { code: THRESHOLD, message: format!("it is so: {}", broken.join(", ")) })
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let wrong = |error: String| Failure::failed(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("not a run's figures: {error}")))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}
