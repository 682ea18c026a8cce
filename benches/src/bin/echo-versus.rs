//! `echo-versus`: our echo server, a bare mio loop and tokio, in turns under the same load.
//!
//! The tables go to stdout, everything else to stderr. The same program is two of the servers:
//! `echo-versus serve ours|bare`.

use clap::{Parser, Subcommand};
use serde_json::json;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wirelab_benches::choice::{end, end_with_runner, write_json};
use wirelab_benches::load::Load;
use wirelab_benches::report::{Idle, Row, Sample, Seen, idle_table, json, table};
use wirelab_benches::server::{Cores, Server, monotonic, raise_descriptor_limit, thread_cpu};
use wirelab_benches::versus::bare;
use wirelab_benches::versus::kinds::Kind;
use wirelab_benches::versus::pattern::{MESSAGE, MIB, Pattern, SHAPES, Shape};
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::{EventLoop, MioNet, Settings};

/// Pairs echo servers on this machine: rates, CPU per message, memory per idle connection.
#[derive(Parser)]
#[command(name = "echo-versus")]
struct Options {
    #[command(subcommand)]
    role: Option<Role>,
    /// Rounds per row; in each every server has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Only these rows: ping-1, ping-64, ping-1000, pipe16-1, pipe16-64, bulk-1, bulk-8.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only these servers.
    #[arg(long, value_delimiter = ',', value_enum, default_value = "ours,bare,tokio")]
    servers: Vec<Kind>,
    /// Idle connections for the memory table; 0 leaves it out.
    #[arg(long, default_value_t = 10_000)]
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
    /// Is one of the servers (the runner starts it).
    Serve {
        #[arg(value_enum)]
        kind: Kind,
    },
}

/// How long and how much.
struct Plan {
    rounds: usize,
    warm_up: Duration,
    time: Duration,
    idle: usize,
    cores: Cores,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.role {
        Some(Role::Serve { kind }) => serve(*kind),
        None => compare(&options),
    };
    end("echo-versus", result)
}

fn serve(kind: Kind) -> io::Result<()> {
    raise_descriptor_limit()?;
    end_with_runner()?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    match kind {
        Kind::Ours => {
            let mut event_loop = EventLoop::new(MioNet::new()?, Settings::default());
            let (_, addr) = event_loop.listen(anywhere)?;
            println!("listening on {addr}");
            event_loop.run(&mut EchoServer::new(Style::Raw))
        }
        Kind::Bare => bare::serve(anywhere, |addr| println!("listening on {addr}")),
        Kind::Tokio => Err(io::Error::other("tokio's server is a program of its own")),
    }
}

fn compare(options: &Options) -> io::Result<()> {
    let shapes = shapes(&options.rows)?;
    let limit = raise_descriptor_limit()?;
    let plan = plan(options, limit)?;
    let mut rows = Vec::new();
    for shape in shapes {
        rows.push(row(shape, &options.servers, &plan)?);
    }
    let mut idle = Vec::new();
    for &kind in options.servers.iter().filter(|_| plan.idle > 0) {
        eprintln!("{} idle connections to {}", plan.idle, kind.name());
        idle.push(hold_idle(kind, &plan)?);
    }
    let mut out = io::stdout().lock();
    write!(out, "{}", table(&rows))?;
    if !idle.is_empty() {
        write!(out, "\n{}", idle_table(&idle))?;
    }
    write_json(options.json.as_deref(), || json(&rows, &idle))
}

fn shapes(names: &[String]) -> io::Result<Vec<Shape>> {
    if names.is_empty() {
        return Ok(SHAPES.to_vec());
    }
    let find = |name: &String| {
        SHAPES.into_iter().find(|shape| shape.name == name).ok_or_else(|| {
            io::Error::other(format!("no row is called `{name}`; --help lists them"))
        })
    };
    names.iter().map(find).collect()
}

fn plan(options: &Options, descriptors: u64) -> io::Result<Plan> {
    if !(options.seconds > 0.0 && options.seconds < 3600.0) || options.rounds == 0 {
        return Err(io::Error::other("--seconds and --rounds must be more than nothing"));
    }
    let cores = Cores::deal(std::thread::available_parallelism()?.get(), 1, 1);
    if cores.are_shared() {
        eprintln!("one core only: server and load take it from each other");
    }
    // The servers' own few are small beside this.
    let room = (descriptors as usize).saturating_sub(64);
    let (time, idle) = if options.quick {
        (Duration::from_millis(50), 200)
    } else {
        (Duration::from_secs_f64(options.seconds), options.idle)
    };
    if idle > room {
        eprintln!("{idle} idle connections need more descriptors than {descriptors}: {room} then");
    }
    Ok(Plan {
        rounds: if options.quick { 1 } else { options.rounds },
        warm_up: time / 10,
        time,
        idle: idle.min(room),
        cores,
    })
}

fn row(shape: Shape, kinds: &[Kind], plan: &Plan) -> io::Result<Row> {
    let mut servers: Vec<(&'static str, Vec<Option<Sample>>)> =
        kinds.iter().map(|kind| (kind.name(), Vec::new())).collect();
    for round in 0..plan.rounds {
        eprintln!("{}, round {} of {}", shape.name, round + 1, plan.rounds);
        for (kind, (name, samples)) in kinds.iter().zip(&mut servers) {
            let sample = measure(*kind, shape, plan).map_err(|error| {
                io::Error::new(error.kind(), format!("{} with {name}: {error}", shape.name))
            })?;
            samples.push(Some(sample));
        }
    }
    let Shape { name, connections, window, unit } = shape;
    let facts = json!({"connections": connections, "window_bytes": window, "unit_bytes": unit});
    Ok(Row { name, unit: if unit == MIB { "MiB/s" } else { "/s" }, facts, servers })
}

/// A fresh process each time, so that the luck of one memory layout does not last.
fn measure(kind: Kind, shape: Shape, plan: &Plan) -> io::Result<Sample> {
    let server = Server::start(kind.name(), kind.command()?, &plan.cores)?;
    let mut load = Load::connect(server.addr, shape.connections, |_| Ok(Pattern::new()))?;
    load.open_window(shape.window)?;
    load.run(plan.warm_up)?;
    let (start, load_start, before) = (monotonic()?, thread_cpu()?, server.cpu()?);
    let (bytes, elapsed) = load.run(plan.time)?;
    let (end, load_end, after) = (monotonic()?, thread_cpu()?, server.cpu()?);
    load.finish()?;
    if bytes == 0 {
        return Err(io::Error::other("nothing came back"));
    }
    let units = bytes as f64 / shape.unit as f64;
    let (between, load) = (end - start, load_end - load_start);
    Ok(Seen { units, elapsed, before, after, between, load }.into())
}

fn hold_idle(kind: Kind, plan: &Plan) -> io::Result<Idle> {
    let server = Server::start(kind.name(), kind.command()?, &plan.cores)?;
    // What the first connection needs is not what each needs.
    let mut first = Load::connect(server.addr, 1, |_| Ok(Pattern::new()))?;
    first.open_window(MESSAGE)?;
    first.finish()?;
    let before = server.resident()?;
    let held = server.descriptors()?;
    let mut load = Load::connect(server.addr, plan.idle, |_| Ok(Pattern::new()))?;
    server.await_descriptors(held + plan.idle)?;
    let each = |now: u64| now.saturating_sub(before) as f64 / plan.idle as f64;
    let accepted = each(server.resident()?);
    load.open_window(MESSAGE)?;
    load.finish()?;
    let spoken = each(server.resident()?);
    Ok(Idle { server: kind.name(), connections: plan.idle, accepted, spoken })
}
