//! `wirelab bench mqtt`: a load generator for brokers, on the house's own loop and codec.
//!
//! Reading order: `plan` (what is to be run), `stamp` and `lane` (how loss, duplicates and
//! disorder show), `publisher` and `subscriber`, `worker` (a thread with some of them),
//! `course` (a run from beginning to end), `outcome` (the figures).
//!
//! It knows packets and the loop. It does not know which broker is at the other end.

pub mod arguments;
mod client;
pub mod course;
mod lane;
pub mod outcome;
pub mod plan;
mod publisher;
mod shared;
mod stamp;
mod subscriber;
mod tally;
mod worker;

use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;

pub use arguments::Arguments;

use self::outcome::Outcome;
use self::plan::Plan;
use super::own::Own;
use super::papers::Findings;
use super::process::Process;
use super::watch::{Screen, Watch as _};
use crate::descriptors;
use crate::exit::Failure;
use crate::output::Output;

/// Descriptors beside those of the clients.
const DESCRIPTORS: usize = 64;

/// Never dialled: there is a target, or a broker of our own.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Loads, counts, reports.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let output = &Output { quiet: output.quiet || arguments.quiet, ..output.clone() };
    let (mode, target) = arguments.words()?;
    let old = arguments.papers.old()?;
    let descriptors = descriptors::raise().map_err(Failure::failed)?;
    let own = if target.is_none() { Some(start_own()?) } else { None };
    let target = target.or(own.as_ref().map(|own| own.addr)).unwrap_or(NOWHERE);
    let plan = arguments.plan(mode, target, number(), output)?;
    let clients = plan.publishers + plan.subscribers + plan.idle;
    if clients + DESCRIPTORS > descriptors as usize {
        let text =
            format!("{clients} clients need more than the {descriptors} descriptors (ulimit -n)");
        return Err(Failure::failed(text));
    }
    let pid = arguments.pid.or(own.as_ref().map(Own::pid));
    let broker = pid.map(Process);
    if let Some(broker) = broker {
        let (pid, unknown) = (broker.0, |error| format!("process {}: {error}", broker.0));
        broker
            .cpu()
            .map_err(|error| Failure::failed(format!("--pid {pid}: {}", unknown(error))))?;
    }
    let mut screen = Screen::new(output, plan.csv.is_some())?;
    output.say(&describe(&plan));
    let outcome = course::run(&plan, broker, &mut screen).map_err(|why| {
        let failed = || Failure::failed(advise(&plan, &why));
        if screen.is_interrupted() { Failure::interrupted() } else { failed() }
    })?;
    drop((screen, own));
    let Outcome { figures, latency, complaints } = &outcome;
    let findings = Findings { record: record(&plan, &outcome), figures, latency, complaints };
    arguments.papers.hand_in(&findings, old.as_ref(), output)
}

fn start_own() -> Result<Own, Failure> {
    let program = std::env::current_exe().map_err(Failure::failed)?;
    let mut command = Command::new(program);
    command.args(["mqtt", "broker", "-p", "0"]);
    Own::start(command).map_err(|error| Failure::failed(format!("--self: {error}")))
}

/// Tells runs apart, also those that begin in the same moment.
pub fn number() -> u32 {
    getrandom::u32().unwrap_or_else(|_| std::process::id())
}

fn describe(plan: &Plan) -> String {
    if plan.idle > 0 {
        return format!("{} idle clients at {}", plan.idle, plan.target);
    }
    let pace = match plan.rate {
        Some(rate) => format!("{rate}/s"),
        None => format!("{} on the way each", plan.window),
    };
    format!(
        "{} publishers, {} subscribers at {}; QoS {}, {} bytes, {pace}",
        plan.publishers, plan.subscribers, plan.target, plan.qos as u8, plan.size
    )
}

fn advise(plan: &Plan, why: &str) -> String {
    // Malformed packets, silence, no listener: mostly it is the wrong port.
    let is_strange = ["refused (os", "malformed", "instead of", "silent"];
    let is_strange = is_strange.iter().any(|word| why.contains(word));
    let advice = if is_strange { "; is a broker running there?" } else { "" };
    format!("{}: {why}{advice}", plan.target)
}

/// A run as one object.
pub fn record(plan: &Plan, outcome: &Outcome) -> Value {
    json!({
        "v": 1,
        "kind": "bench",
        "protocol": "mqtt",
        "target": plan.target.to_string(),
        "publishers": plan.publishers,
        "subscribers": plan.subscribers,
        "idle": plan.idle,
        "qos": plan.qos as u8,
        "size": plan.size,
        "rate": plan.rate,
        "window": plan.window,
        "seconds": plan.time.as_secs_f64(),
        "figures": outcome.figures.json(),
        "units": outcome.figures.units(),
        "complaints": outcome.complaints,
    })
}
