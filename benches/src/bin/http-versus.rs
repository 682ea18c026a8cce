//! `http-versus`: our HTTP server and those of others, in turns under the same load.
//!
//! The tables go to stdout, everything else to stderr. The same program is our servers:
//! `http-versus lab …` does what `wirelab …` does, `http-versus bulk` serves `/bulk`.

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wirelab_benches::choice::{choose, end, end_with_runner, lab, write_json};
use wirelab_benches::load::Load;
use wirelab_benches::report::{Idle, Row as Table, Sample, Seen, idle_table, json, table};
use wirelab_benches::server::{Cores, Server, monotonic, raise_descriptor_limit, thread_cpu};
use wirelab_benches::web::exchange::Exchange;
use wirelab_benches::web::kinds::Kind;
use wirelab_benches::web::requests::Requests;
use wirelab_benches::web::rows::{Driver, ROWS, Row};
use wirelab_benches::web::{bulk, wrk};

/// Pairs HTTP servers on this machine: rates, CPU per request, memory per idle connection.
#[derive(Parser)]
#[command(name = "http-versus")]
struct Options {
    #[command(subcommand)]
    role: Option<Role>,
    /// Rounds per row; in each every server has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each turn; wrk takes whole ones.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Only rows whose name holds one of these: `keep`, `pipe16`, `own`, `MiB`, `loops-2`.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only these servers; by default those that are there.
    #[arg(long, value_delimiter = ',', value_enum)]
    servers: Vec<Kind>,
    /// Idle connections for the memory table; 0 leaves it out.
    #[arg(long, default_value_t = 5_000)]
    idle: usize,
    /// Also writes every sample to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A short run that shows that everything works; its figures mean nothing.
    #[arg(long)]
    quick: bool,
}

#[derive(Subcommand)]
enum Role {
    /// Is the lab (the runner starts our server so).
    #[command(disable_help_flag = true)]
    Lab {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Is our server of /bulk (the runner starts it).
    Bulk,
}

/// How long and how much.
struct Plan {
    rounds: usize,
    time: Duration,
    idle: usize,
    /// Cores of this machine.
    all: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match options.role {
        Some(Role::Lab { words }) => return lab("http-versus", words),
        Some(Role::Bulk) => serve_bulk(),
        None => compare(&options),
    };
    end("http-versus", result)
}

fn serve_bulk() -> io::Result<()> {
    end_with_runner()?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    bulk::serve(anywhere, |addr| println!("listening on {addr}"))
}

fn compare(options: &Options) -> io::Result<()> {
    let mut rows = choose(ROWS.to_vec(), &options.rows, |row| row.name)?;
    let plan = plan(options, raise_descriptor_limit()?)?;
    rows.retain(|row| {
        let worth = !options.rows.is_empty() || !cores(row, &plan).are_shared() || row.loops == 1;
        if !worth {
            eprintln!("{} is left out: it needs {} cores", row.name, 2 * row.loops);
        }
        worth
    });
    let kinds = kinds(&options.servers);
    let tables: Vec<Table> = rows.into_iter().map(|row| measure_row(row, &kinds, &plan)).collect();
    let rounds = tables.iter().flat_map(|row| &row.servers).flat_map(|(_, rounds)| rounds);
    let mut failed = rounds.filter(|round| round.is_none()).count();
    let mut idle = Vec::new();
    for &kind in kinds.iter().filter(|_| plan.idle > 0) {
        eprintln!("{} idle connections to {}", plan.idle, kind.name());
        match hold_idle(kind, &plan) {
            Ok(held) => idle.push(held),
            Err(error) => {
                eprintln!("  failed: {error}");
                failed += 1;
            }
        }
    }
    let mut out = io::stdout().lock();
    write!(out, "{}", table(&tables))?;
    if !idle.is_empty() {
        write!(out, "\n{}", idle_table(&idle))?;
    }
    write_json(options.json.as_deref(), || json(&tables, &idle))?;
    match failed {
        0 => Ok(()),
        count => Err(io::Error::other(format!("turns that have failed: {count}, see above"))),
    }
}

fn kinds(asked: &[Kind]) -> Vec<Kind> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let (there, missing): (Vec<Kind>, Vec<Kind>) =
        Kind::ALL.into_iter().partition(|kind| kind.is_there());
    for kind in missing {
        eprintln!("{} is left out: it is not on the PATH", kind.name());
    }
    there
}

fn plan(options: &Options, descriptors: u64) -> io::Result<Plan> {
    if !(options.seconds > 0.0 && options.seconds < 3600.0) || options.rounds == 0 {
        return Err(io::Error::other("--seconds and --rounds must be more than nothing"));
    }
    let all = std::thread::available_parallelism()?.get();
    if Cores::deal(all, 1, 1).are_shared() {
        eprintln!("one core only: server and load take it from each other");
    }
    // The servers' own few are small beside this.
    let room = (descriptors as usize).saturating_sub(64);
    let (time, idle) = if options.quick {
        (Duration::from_millis(50), options.idle.min(200))
    } else {
        (Duration::from_secs_f64(options.seconds), options.idle)
    };
    if idle > room {
        eprintln!("{idle} idle connections need more descriptors than {descriptors}: {room} then");
    }
    let rounds = if options.quick { 1 } else { options.rounds };
    Ok(Plan { rounds, time, idle: idle.min(room), all })
}

/// As many for the load as for the server.
fn cores(row: &Row, plan: &Plan) -> Cores {
    Cores::deal(plan.all, row.loops, row.loops)
}

fn measure_row(row: Row, kinds: &[Kind], plan: &Plan) -> Table {
    let takes_part = |kind: &&Kind| row.loops == 1 || **kind == Kind::Ours;
    let kinds: Vec<Kind> = kinds.iter().filter(takes_part).copied().collect();
    let mut servers: Vec<(&'static str, Vec<Option<Sample>>)> =
        kinds.iter().map(|kind| (kind.name(), Vec::new())).collect();
    for round in 0..plan.rounds {
        for (kind, (name, rounds)) in kinds.iter().zip(&mut servers) {
            let sample = measure(*kind, &row, plan);
            let place = format!("{}, round {} of {}, {name}", row.name, round + 1, plan.rounds);
            match &sample {
                Ok(sample) => eprintln!("{place}: {:.0} {}", sample.rate, row.unit()),
                Err(error) => eprintln!("{place} failed: {error}"),
            }
            rounds.push(sample.ok());
        }
    }
    Table { name: row.name, unit: row.unit(), facts: row.facts(), servers }
}

/// A fresh process each time, so that the luck of one memory layout does not last.
fn measure(kind: Kind, row: &Row, plan: &Plan) -> io::Result<Sample> {
    let running = kind.start(row.exchange, row.loops, &cores(row, plan))?;
    let seen = match row.driver {
        Driver::Wrk => ask_with_wrk(&running.server, row, plan.time),
        Driver::Own => ask(&running.server, row, plan.time),
    }?;
    if seen.units == 0.0 {
        return Err(io::Error::other("nothing was answered"));
    }
    Ok(seen.into())
}

fn ask(server: &Server, row: &Row, time: Duration) -> io::Result<Seen> {
    let mut load =
        Load::connect(server.addr, row.connections, |first| Requests::learn(row.exchange, first))?;
    load.open_window(row.depth)?;
    load.run(time / 10)?;
    let (start, load_start, before) = (monotonic()?, thread_cpu()?, server.cpu()?);
    let (answered, elapsed) = load.run(time)?;
    let (end, load_end, after) = (monotonic()?, thread_cpu()?, server.cpu()?);
    load.finish()?;
    let (units, between, load) = (answered as f64, end - start, load_end - load_start);
    Ok(Seen { units, elapsed, before, after, between, load })
}

fn ask_with_wrk(server: &Server, row: &Row, time: Duration) -> io::Result<Seen> {
    row.exchange.learn(&mut TcpStream::connect(server.addr)?)?;
    let seconds = (time + Duration::from_millis(500)).as_secs().max(1);
    let (start, before) = (monotonic()?, server.cpu()?);
    let outcome = wrk::run(server.addr, row.loops, row.connections, row.depth, seconds)?;
    let (end, after) = (monotonic()?, server.cpu()?);
    let wrk::Outcome { answered, elapsed, cpu: load } = outcome;
    Ok(Seen { units: answered as f64, elapsed, before, after, between: end - start, load })
}

fn hold_idle(kind: Kind, plan: &Plan) -> io::Result<Idle> {
    let running = kind.start(Exchange::Add, 1, &Cores::deal(plan.all, 1, 1))?;
    let server = &running.server;
    let sums = |first: &mut TcpStream| Requests::learn(Exchange::Add, first);
    // What the first connection needs is not what each needs.
    let mut first = Load::connect(server.addr, 1, sums)?;
    first.open_window(1)?;
    first.finish()?;
    let before = server.resident()?;
    let held = server.descriptors()?;
    let mut load = Load::connect(server.addr, plan.idle, sums)?;
    server.await_descriptors(held + plan.idle)?;
    let each = |now: u64| now.saturating_sub(before) as f64 / plan.idle as f64;
    let accepted = each(server.resident()?);
    load.open_window(1)?;
    load.finish()?;
    let spoken = each(server.resident()?);
    Ok(Idle { server: kind.name(), connections: plan.idle, accepted, spoken })
}
