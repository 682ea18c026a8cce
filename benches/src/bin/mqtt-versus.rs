//! `mqtt-versus`: our broker, mosquitto and rumqttd, in turns under the same load.
//!
//! The tables go to stdout, everything else to stderr. The same program is our broker:
//! `mqtt-versus lab …` does what `wirelab …` does.

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wirelab::bench::figures::Figures;
use wirelab::bench::mqtt::course;
use wirelab::bench::mqtt::plan::Hold;
use wirelab::bench::process::Process;
use wirelab_benches::brokers::broker::{Broker, Kind};
use wirelab_benches::brokers::report::{Compared, Entry, json, tables};
use wirelab_benches::brokers::rows::{Effort, Row, all};
use wirelab_benches::choice::{choose, end, lab, write_json};
use wirelab_benches::server::raise_descriptor_limit;

/// Pairs MQTT brokers on this machine: rates, CPU per message, loss, latency, memory.
#[derive(Parser)]
#[command(name = "mqtt-versus")]
struct Options {
    #[command(subcommand)]
    role: Option<Role>,
    /// Rounds per row; in each every broker has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Only rows whose name holds one of these: `50-50`, `qos1`, `16384B`, `paced`, `connects`.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only these brokers; by default those that are there.
    #[arg(long, value_delimiter = ',', value_enum)]
    brokers: Vec<Kind>,
    /// Idle clients for the memory of each.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// What holds a publisher back.
    #[arg(long, value_enum, default_value_t = Hold::Acks)]
    hold: Hold,
    /// Messages of one publisher on the way at once.
    #[arg(long, default_value_t = 100)]
    window: usize,
    /// Also writes every round's figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A short run that shows that everything works; its figures mean nothing.
    #[arg(long)]
    quick: bool,
}

#[derive(Subcommand)]
enum Role {
    /// Is the lab (the runner starts our broker so).
    #[command(disable_help_flag = true)]
    Lab {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match options.role {
        Some(Role::Lab { words }) => return lab("mqtt-versus", words),
        None => compare(&options),
    };
    end("mqtt-versus", result)
}

fn compare(options: &Options) -> io::Result<()> {
    let rows = choose(all(), &options.rows, |row| &row.name)?;
    let kinds = kinds(&options.brokers);
    let effort = effort(options, raise_descriptor_limit()?)?;
    let rounds = if options.quick { 1 } else { options.rounds };
    let mut results = Vec::new();
    for row in rows {
        results.push(measure_row(row, &kinds, &effort, rounds));
    }
    write!(io::stdout().lock(), "{}", tables(&results))?;
    write_json(options.json.as_deref(), || json(&results))
}

fn kinds(asked: &[Kind]) -> Vec<Kind> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let all = [Kind::Ours, Kind::Mosquitto, Kind::MosquittoUnlimited, Kind::Rumqttd];
    let (there, missing): (Vec<Kind>, Vec<Kind>) =
        all.into_iter().partition(|kind| kind.is_there());
    for kind in missing {
        eprintln!("{} is left out: it is not on the PATH", kind.name());
    }
    there
}

fn effort(options: &Options, descriptors: u64) -> io::Result<Effort> {
    if !(options.seconds > 0.0 && options.seconds < 3600.0) || options.rounds == 0 {
        return Err(io::Error::other("--seconds and --rounds must be more than nothing"));
    }
    // The generator's own few are small beside this.
    let room = (descriptors as usize).saturating_sub(64);
    if options.idle > room {
        eprintln!("{} idle clients need more descriptors than {descriptors}", options.idle);
    }
    let seconds = if options.quick { 0.1 } else { options.seconds };
    Ok(Effort {
        time: Duration::from_secs_f64(seconds),
        warm_up: Duration::from_secs_f64(seconds / 4.0),
        idle: if options.quick { 200 } else { options.idle.min(room) },
        hold: options.hold,
        // A turn so short must not begin with a second's worth of messages on the way.
        window: if options.quick { 5 } else { options.window },
    })
}

fn measure_row(row: Row, kinds: &[Kind], effort: &Effort, rounds: usize) -> Compared {
    let entry = |&kind| Entry { kind, rounds: Vec::new() };
    let mut entries: Vec<Entry> = kinds.iter().map(entry).collect();
    for round in 0..rounds {
        for entry in &mut entries {
            let figures = measure(entry.kind, &row, effort);
            let place = format!("{}, round {}, {}", row.name, round + 1, entry.kind.name());
            match &figures {
                Ok(figures) => eprintln!("{place}: {}", summary(figures)),
                Err(error) => eprintln!("{place} failed: {error}"),
            }
            entry.rounds.push(figures.ok());
        }
    }
    Compared { row, entries }
}

fn summary(figures: &Figures) -> String {
    let parts = ["rate", "cpu", "loss", "p99", "connects", "rss"].map(|name| {
        figures.get(name).map(|figure| format!("{name} {:.2}{}", figure.value, figure.unit.name()))
    });
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A fresh process each time, so that the luck of one memory layout does not last.
fn measure(kind: Kind, row: &Row, effort: &Effort) -> io::Result<Figures> {
    let broker = Broker::start(kind)?;
    let plan = row.plan(broker.addr, effort);
    let outcome = course::run(&plan, Some(Process(broker.pid())), &mut || false);
    let outcome = outcome.map_err(io::Error::other)?;
    for complaint in outcome.complaints {
        eprintln!("  {complaint}");
    }
    Ok(outcome.figures)
}
