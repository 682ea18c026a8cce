//! The command line of `bench echo`, `bench rest` and `bench zmq`, and what it asks for.
//!
//! It knows options and their bounds. It does not know protocols, nor carry anything out.

use clap::Args;
use std::time::Duration;

use crate::bench::papers::Papers;
use crate::bench::span::{span, within};
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

/// Arguments that all three have.
#[derive(Debug, Args)]
pub struct Arguments {
    /// HOST:PORT of the server.
    #[arg(required_unless_present = "own")]
    pub target: Option<String>,
    /// Start our own server, and measure it.
    #[arg(long = "self", id = "own", conflicts_with = "target")]
    pub own: bool,
    /// Connections.
    #[arg(short, long, value_name = "CONNS", default_value_t = 64)]
    pub connections: usize,
    /// How long answers are counted, in seconds [default: 5].
    #[arg(short, long, value_name = "SEC", value_parser = span)]
    pub duration: Option<Duration>,
    /// End after so many requests of all connections together.
    #[arg(short = 'n', long, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Requests a second of all together, whatever the server does (an open loop); a latency
    /// counts from when its request was due.
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
    /// The plan, if it can be carried out.
    pub fn plan(&self, output: &Output) -> Result<Plan, Failure> {
        if !(1..=CONNECTIONS_MAX).contains(&self.connections) {
            return Err(Failure::usage(format!("-c is from 1 to {CONNECTIONS_MAX}")));
        }
        if !(1..=WINDOW_MAX).contains(&self.window) {
            return Err(Failure::usage(format!("--window is from 1 to {WINDOW_MAX}")));
        }
        if self.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1e8)) {
            return Err(Failure::usage("-R is a number of requests a second, up to 100,000,000"));
        }
        let (time, warm_up) = match self.count {
            Some(_) => (TIME_FOR_COUNT, Duration::ZERO),
            None => (Duration::from_secs(5), Duration::from_secs(1)),
        };
        let bounded = |what, time| within(what, time, Duration::ZERO, TIME_MAX);
        Ok(Plan {
            connections: self.connections,
            window: self.window,
            rate: self.rate,
            count: self.count,
            time: bounded("--duration", self.duration.unwrap_or(time))?,
            warm_up: bounded("--warmup", self.warmup.unwrap_or(warm_up))?,
            drain: bounded("--drain", self.drain)?,
            csv: self.papers.csv(output)?,
        })
    }
}
