//! The command line of `bench echo`, `bench rest` and `bench zmq`, and what it asks for.
//!
//! It knows options and their bounds. It does not know protocols, nor carry anything out.

use clap::{Args, ValueEnum};
use std::time::Duration;

use crate::bench::papers::Papers;
use crate::bench::span::{span, within};
use crate::bench::target::{Place, Target, words};
use crate::exit::Failure;
use crate::output::Output;

/// Connections.
const CONNECTIONS_MAX: usize = 60_000;
/// Requests on the way of one connection.
const WINDOW_MAX: usize = 10_000;
/// Octets of a request.
pub const SIZE_MAX: usize = 16 << 20;
/// How long a run may be counted.
const TIME_MAX: Duration = Duration::from_secs(3600);
/// How long a run of so many requests may take, where no time is given.
const TIME_FOR_COUNT: Duration = Duration::from_secs(600);

/// Requests a second that `lat` asks.
const LATENCY_RATE: f64 = 5000.0;
/// Connections that are held by `conn`, and that ask otherwise.
const IDLE: usize = 10_000;
const CONNECTIONS: usize = 64;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// As many requests as are answered.
    Thr,
    /// Paced requests: latency.
    Lat,
    /// Connections, then silence: the rate, and the server's memory for each.
    Conn,
}

/// Arguments that all three have.
#[derive(Debug, Args)]
pub struct Arguments {
    /// [thr|lat|conn] and the server, as HOST, HOST:PORT or :PORT.
    #[arg(value_name = "MODE] [TARGET", num_args = 0..=2)]
    pub words: Vec<String>,
    /// Start our own server, and measure it.
    #[arg(long = "self")]
    pub own: bool,
    /// Connections [default: 64; with conn 10000].
    #[arg(short, long, value_name = "CONNS")]
    pub connections: Option<usize>,
    /// How long answers are counted, in seconds; with `conn`, how long the connections are held
    /// [default: 5].
    #[arg(short, long, value_name = "SEC", value_parser = span)]
    pub duration: Option<Duration>,
    /// End after so many requests of all connections together.
    #[arg(short = 'n', long, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Requests a second of all together, whatever the server does (an open loop); a latency
    /// counts from when its request was due [default: none; with lat 5000].
    #[arg(short = 'R', long, value_name = "RATE")]
    pub rate: Option<f64>,
    /// Requests of one connection on the way at once.
    #[arg(long, default_value_t = 1)]
    pub window: usize,
    /// Seconds before anything is counted [default: 1; with -n 0].
    #[arg(long, value_name = "SEC", value_parser = span)]
    pub warmup: Option<Duration>,
    /// Seconds without an answer after which what is missing is given up as lost.
    #[arg(long, value_name = "SEC", value_parser = span, default_value = "3")]
    pub drain: Duration,
    /// The server's process, for its CPU and memory.
    #[arg(long)]
    pub pid: Option<u32>,
    /// What becomes of the figures.
    #[command(flatten)]
    pub papers: Papers,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Connections only, which ask nothing.
    pub idle: bool,
    /// Connections.
    pub connections: usize,
    /// Requests of each on the way at once.
    pub window: usize,
    /// Requests a second of all together, in an open loop.
    pub rate: Option<f64>,
    /// Requests of all together, after which it ends.
    pub count: Option<u64>,
    /// How long answers are counted.
    pub time: Duration,
    /// How long they are not, before that.
    pub warm_up: Duration,
    /// After so long without an answer, what is missing is lost.
    pub drain: Duration,
    /// From one line of CSV to the next.
    pub csv: Option<Duration>,
}

impl Arguments {
    /// What is measured, and where: `None` is for `--self` to fill in.
    pub fn words(&self, place: Place) -> Result<(Mode, Option<Target>), Failure> {
        words(&self.words, self.own, Mode::Thr, place)
    }

    /// The plan, if it can be carried out.
    pub fn plan(&self, mode: Mode, output: &Output) -> Result<Plan, Failure> {
        let standard = if mode == Mode::Conn { IDLE } else { CONNECTIONS };
        let connections = self.connections.unwrap_or(standard);
        if !(1..=CONNECTIONS_MAX).contains(&connections) {
            return Err(Failure::usage(format!("-c is from 1 to {CONNECTIONS_MAX}")));
        }
        if !(1..=WINDOW_MAX).contains(&self.window) {
            return Err(Failure::usage(format!("--window is from 1 to {WINDOW_MAX}")));
        }
        if self.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1e8)) {
            return Err(Failure::usage("-R is a number of requests a second, up to 100,000,000"));
        }
        let (time, warm_up) = match self.count {
            _ if mode == Mode::Conn => (Duration::from_secs(5), Duration::ZERO),
            Some(_) => (TIME_FOR_COUNT, Duration::ZERO),
            None => (Duration::from_secs(5), Duration::from_secs(1)),
        };
        let bounded = |what, time| within(what, time, Duration::ZERO, TIME_MAX);
        Ok(Plan {
            idle: mode == Mode::Conn,
            connections,
            window: self.window,
            rate: self.rate.or((mode == Mode::Lat).then_some(LATENCY_RATE)),
            count: self.count,
            time: bounded("--duration", self.duration.unwrap_or(time))?,
            warm_up: bounded("--warmup", self.warmup.unwrap_or(warm_up))?,
            drain: bounded("--drain", self.drain)?,
            csv: self.papers.csv(output)?,
        })
    }
}
