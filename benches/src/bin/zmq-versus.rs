//! `zmq-versus`: our ZMTP sockets and libzmq's, each with each, in turns under the same load.
//!
//! The table goes to stdout, everything else to stderr.

use clap::Parser;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wirelab_benches::choice::{choose, end, write_json};
use wirelab_benches::sockets::programs::{Kind, Programs};
use wirelab_benches::sockets::report::{Compared, Entry, json, table};
use wirelab_benches::sockets::rows::{Row, all};

/// Pairs ZMTP sockets on this machine: throughput, round trips, CPU per message.
#[derive(Parser)]
#[command(name = "zmq-versus")]
struct Options {
    /// Rounds per row; in each every pairing has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Messages of each turn, as a multiple of what a row has by itself.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Only rows whose name holds one of these: `push-pull`, `req-rep 1 B`, `1 MiB`.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only pairings of these.
    #[arg(long, value_delimiter = ',', value_enum, default_value = "ours,libzmq")]
    sockets: Vec<Kind>,
    /// Also writes every round's samples to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A short run that shows that everything works; its figures mean nothing.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    end("zmq-versus", compare(&Options::parse()))
}

fn compare(options: &Options) -> io::Result<()> {
    let rows = choose(all(), &options.rows, |row| &row.name)?;
    let scale = if options.quick { 0.002 } else { options.scale };
    if !(scale > 0.0 && scale <= 1000.0) || options.rounds == 0 {
        return Err(io::Error::other("--scale and --rounds must be more than nothing"));
    }
    let rounds = if options.quick { 1 } else { options.rounds };
    let programs = Programs::build(&options.sockets)?;
    let mut results = Vec::new();
    for row in rows {
        #[allow(clippy::cast_sign_loss)] // It is above nothing: see above.
        let count = ((row.count as f64 * scale) as usize).max(2);
        results.push(measure(&programs, row, &options.sockets, count, rounds));
    }
    write!(io::stdout().lock(), "{}", table(&results))?;
    write_json(options.json.as_deref(), || json(&results))
}

/// Fresh processes each time, so that the luck of one memory layout does not last.
fn measure(programs: &Programs, row: Row, kinds: &[Kind], count: usize, rounds: usize) -> Compared {
    let mut entries = Vec::new();
    for &remote in kinds {
        for &local in kinds {
            entries.push(Entry { remote, local, rounds: Vec::new() });
        }
    }
    for round in 0..rounds {
        for entry in &mut entries {
            let (remote, local) = (entry.remote, entry.local);
            let sample = programs.run(remote, local, &row, count);
            let place =
                format!("{}, round {}, {} to {}", row.name, round + 1, remote.name(), local.name());
            match &sample {
                Ok(sample) => eprintln!("{place}: {:.1}", sample.value),
                Err(error) => eprintln!("{place} failed: {error}"),
            }
            entry.rounds.push(sample.ok());
        }
    }
    Compared { row, entries }
}
