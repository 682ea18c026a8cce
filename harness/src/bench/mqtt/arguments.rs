//! The command line of `wirelab bench mqtt`, and the plan that it asks for.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_mqtt::limits::REMAINING_LENGTH_MAX;
use wirelab_mqtt::{QoS, topic};

use super::plan::{Hold, NUMBER, Pattern, Plan};
use super::stamp::STAMP;
use crate::bench::papers::Papers;
use crate::bench::span::{span, within};
use crate::bench::target::{Place, words};
use crate::exit::Failure;
use crate::output::Output;

/// Where brokers are found.
const BROKER: Place = Place { name: "broker", scheme: "mqtt://", port: 1883 };
/// Clients of one kind.
const CLIENTS_MAX: usize = 60_000;
/// Pairs of a publisher and a subscriber that hears it: each has its books.
const LANES_MAX: usize = 4_000_000;
/// Threads.
const LOOPS_MAX: u16 = 64;
/// How long a run may be counted: well below the clients' keep alive.
const TIME_MAX: Duration = Duration::from_secs(1800);
/// How long a run of so many messages may take, where no time is given.
const TIME_FOR_COUNT: Duration = Duration::from_secs(600);
/// How long any other one is counted.
const TIME: Duration = Duration::from_secs(5);
/// Messages a second that `lat` sends.
const LATENCY_RATE: f64 = 5000.0;
/// Largest payload that is sent.
const SIZE_MAX: usize = REMAINING_LENGTH_MAX - 70_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Publishers and subscribers: messages delivered.
    Thr,
    /// Publishers alone: messages taken over.
    Pub,
    /// Subscribers alone: whatever others publish to the topic.
    Sub,
    /// Paced messages of one publisher to one subscriber: latency.
    Lat,
    /// Connects, then silence: the rate, and the broker's memory for each.
    Conn,
}

/// Arguments of `bench mqtt`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// [thr|pub|sub|lat|conn] and the broker, as HOST, HOST:PORT or mqtt://HOST:PORT.
    #[arg(value_name = "MODE] [TARGET", num_args = 0..=2)]
    pub words: Vec<String>,
    /// Start our own broker, and measure it.
    #[arg(long = "self")]
    pub own: bool,
    /// Publishers, and as many subscribers; with `conn`, idle clients.
    #[arg(short, long, value_name = "CONNS")]
    pub connections: Option<usize>,
    /// Publishers.
    #[arg(long, value_name = "N")]
    pub publishers: Option<usize>,
    /// Subscribers. 100 to 1 is a fan-in, 1 to 100 a fan-out, 50 to 50 are pairs.
    #[arg(long, value_name = "N")]
    pub subscribers: Option<usize>,
    /// Who hears whom: by the number in the topic, or everybody everybody.
    #[arg(long, value_enum, default_value_t)]
    pub pattern: Pattern,
    /// How long messages are counted, in seconds; with `conn`, how long the clients are held
    /// [default: 5].
    #[arg(short, long, value_name = "SEC", value_parser = span)]
    pub duration: Option<Duration>,
    /// End after so many messages of all publishers together.
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub count: Option<u64>,
    /// Messages a second of all publishers together, whatever the broker does (an open loop).
    #[arg(short = 'R', long, value_name = "RATE")]
    pub rate: Option<f64>,
    /// Bytes of each payload. Below 24 there is no room for the time: such a run has no latencies,
    /// and every publisher must have a topic of its own.
    #[arg(short, long, value_name = "BYTES", default_value_t = 64)]
    pub size: usize,
    /// QoS of the messages and of the subscriptions.
    #[arg(short, long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub qos: u8,
    /// The topic; `%i` in it becomes its number.
    #[arg(short, long, value_name = "TOPIC%i")]
    pub topic: Option<String>,
    /// Seconds before anything is counted [default: 1; with -n 0].
    #[arg(long, value_name = "SEC", value_parser = span)]
    pub warmup: Option<Duration>,
    /// Messages of one publisher on the way at once, without -R.
    #[arg(long, default_value_t = 100)]
    pub window: usize,
    /// On the way until when: acknowledged (QoS 0: delivered), delivered, or whatever TCP takes.
    #[arg(long, value_enum, default_value_t = Hold::Acks)]
    pub hold: Hold,
    /// Threads: publishers in the first half, subscribers in the other.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub loops: u16,
    /// Connects at once.
    #[arg(long, default_value_t = 64)]
    pub burst: usize,
    /// Seconds without any arrival after which what is missing is given up as lost.
    #[arg(long, value_name = "SEC", value_parser = span, default_value = "3")]
    pub drain: Duration,
    /// The broker's process, for its CPU and memory.
    #[arg(long)]
    pub pid: Option<u32>,
    /// Say less on stderr.
    // Its id is that of the global flag, whose letter means another thing here.
    #[arg(long)]
    pub quiet: bool,
    /// What becomes of the figures.
    #[command(flatten)]
    pub papers: Papers,
}

impl Arguments {
    /// What is measured, and where: `None` is for `--self` to fill in.
    pub fn words(&self) -> Result<(Mode, Option<SocketAddr>), Failure> {
        let (mode, target) = words(&self.words, self.own, Mode::Thr, BROKER)?;
        Ok((mode, target.map(|target| target.addr)))
    }

    /// The plan, for a broker there.
    pub fn plan(
        &self,
        mode: Mode,
        target: SocketAddr,
        run: u32,
        output: &Output,
    ) -> Result<Plan, Failure> {
        let each = |given: Option<usize>, standard| given.or(self.connections).unwrap_or(standard);
        let (publishers, subscribers, idle) = match mode {
            Mode::Thr | Mode::Lat => (each(self.publishers, 1), each(self.subscribers, 1), 0),
            Mode::Pub => (each(self.publishers, 1), 0, 0),
            Mode::Sub => (0, each(self.subscribers, 1), 0),
            Mode::Conn => (0, 0, each(None, 10_000)),
        };
        let rate = self.rate.or((mode == Mode::Lat).then_some(LATENCY_RATE));
        let standard = if self.count.is_some() { TIME_FOR_COUNT } else { TIME };
        let warm_up = match (mode, self.count) {
            (Mode::Conn, _) | (_, Some(_)) => Duration::ZERO,
            _ => Duration::from_secs(1),
        };
        let bounded = |what, time| within(what, time, Duration::ZERO, TIME_MAX);
        let plan = Plan {
            target,
            publishers,
            subscribers,
            idle,
            pattern: self.pattern,
            qos: QoS::from_bits(self.qos).unwrap_or_default(),
            size: self.size,
            topic: self.topic.clone().unwrap_or_else(|| format!("bench/{run:08x}/{NUMBER}")),
            rate,
            count: self.count,
            time: bounded("--duration", self.duration.unwrap_or(standard))?,
            warm_up: bounded("--warmup", self.warmup.unwrap_or(warm_up))?,
            window: self.window.max(1),
            hold: self.hold,
            loops: usize::from(self.loops.min(LOOPS_MAX)),
            burst: self.burst.max(1),
            drain: bounded("--drain", self.drain)?,
            csv: self.papers.csv(output)?,
            run,
        };
        check(&plan)?;
        Ok(plan)
    }
}

fn check(plan: &Plan) -> Result<(), Failure> {
    let wrong = |text: String| Err(Failure::usage(text));
    let clients = [plan.publishers, plan.subscribers, plan.idle];
    if clients.iter().any(|n| *n > CLIENTS_MAX) {
        return wrong(format!("more than {CLIENTS_MAX} clients of a kind have no ports to use"));
    }
    if clients.iter().sum::<usize>() == 0 {
        return wrong("there is nobody to publish or to subscribe".to_owned());
    }
    if plan.subscribers * plan.lanes() > LANES_MAX {
        return wrong(format!("more than {LANES_MAX} pairs who hear each other are too many"));
    }
    if !(1..=SIZE_MAX).contains(&plan.size) {
        return wrong(format!("-s is from 1 to {SIZE_MAX} bytes"));
    }
    if plan.is_short() && plan.subscribers > 0 && plan.lanes() > 1 {
        return wrong(format!("below {STAMP} bytes a subscriber cannot tell its publishers apart"));
    }
    if plan.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1e8)) {
        return wrong("-R is a number of messages a second, up to 100,000,000".to_owned());
    }
    let name = plan.topic_of(0);
    if plan.publishers > 0 && topic::check_name(&name).is_err() {
        return wrong(format!("`{name}` is not a topic name"));
    }
    if plan.subscribers > 0 && topic::check_filter(&plan.filter_of(0)).is_err() {
        return wrong(format!("`{}` is not a topic filter", plan.filter_of(0)));
    }
    Ok(())
}
