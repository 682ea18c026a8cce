//! `wirelab bench echo`, `rest` and `zmq`: requests to a server, and what became of each.
//!
//! Reading order: `dialect` (what a protocol has to say), `echo`, `rest` and `zmq`, `load` (the
//! connections), `course` (a run from beginning to end).
//!
//! Every answer is checked: that it belongs to a request, to which, and that it comes in order.
//! It puts these together with the command line and the screen. What a protocol's octets are it
//! does not know.

mod course;
mod dialect;
mod echo;
mod load;
pub mod plan;
mod rest;
mod zmq;

use clap::Args;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use super::figures::{Figures, Unit, micros};
use super::own::Own;
use super::papers::Findings;
use super::process::Process;
use super::target::{Place, Target};
use super::watch::{Screen, Watch as _};
use crate::descriptors;
use crate::exit::Failure;
use crate::output::Output;
use course::Outcome;
use dialect::Maker;
use plan::{Plan, SIZE_MAX};

/// Descriptors beside those of the connections.
const DESCRIPTORS: usize = 64;

/// Arguments of `bench echo`.
#[derive(Debug, Args)]
pub struct EchoArguments {
    /// Octets of each request, its number among them.
    #[arg(short, long, value_name = "BYTES", default_value_t = 64)]
    pub size: usize,
    /// What all three have.
    #[command(flatten)]
    pub common: plan::Arguments,
}

/// Arguments of `bench rest`.
#[derive(Debug, Args)]
pub struct RestArguments {
    /// Ask for this path, and check statuses; without it the lab's sums are asked for, and checked.
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// What all three have.
    #[command(flatten)]
    pub common: plan::Arguments,
}

/// Arguments of `bench zmq`.
#[derive(Debug, Args)]
pub struct ZmqArguments {
    /// Octets of each request, beside its envelope.
    #[arg(short, long, value_name = "BYTES", default_value_t = 64)]
    pub size: usize,
    /// What all three have.
    #[command(flatten)]
    pub common: plan::Arguments,
}

/// Echoes of `--raw` servers, as RFC 862 has them.
pub fn run_echo(arguments: &EchoArguments, output: &Output) -> Result<(), Failure> {
    let size = size(arguments.size, echo::SIZE_MIN)?;
    let own = ["echo", "serve", "-p", "0", "--raw"];
    let place = Place { name: "server", scheme: "tcp://", port: 2222 };
    run("echo", place, &arguments.common, &own, output, |_| {
        Box::new(move || Box::new(echo::Echo { size }))
    })
}

/// GET requests.
pub fn run_rest(arguments: &RestArguments, output: &Output) -> Result<(), Failure> {
    let path = arguments.path.clone();
    if path.as_ref().is_some_and(|path| !path.starts_with('/') || path.contains([' ', '\r', '\n']))
    {
        return Err(Failure::usage("--path begins with a slash, and has no spaces"));
    }
    let place = Place { name: "server", scheme: "http://", port: 5151 };
    let own = ["rest", "serve", "-p", "0"];
    run("rest", place, &arguments.common, &own, output, move |target| {
        // [9112-3.2-04] A server may have a site of its own for each name.
        let host = target.authority.clone();
        Box::new(move || Box::new(rest::Rest::new(host.clone(), path.clone())))
    })
}

/// Requests to a REP.
pub fn run_zmq(arguments: &ZmqArguments, output: &Output) -> Result<(), Failure> {
    let size = size(arguments.size, 0)?;
    let own = ["zmq", "rep", "--silent", "--bind", "tcp://127.0.0.1:*"];
    let place = Place { name: "socket", scheme: "tcp://", port: 5555 };
    run("zmq", place, &arguments.common, &own, output, |_| {
        Box::new(move || Box::new(zmq::Dealer::new(size)))
    })
}

fn size(size: usize, least: usize) -> Result<usize, Failure> {
    if (least..=SIZE_MAX).contains(&size) {
        return Ok(size);
    }
    Err(Failure::usage(format!("-s is from {least} to {SIZE_MAX} bytes")))
}

fn run(
    protocol: &'static str,
    place: Place,
    arguments: &plan::Arguments,
    own_server: &[&str],
    output: &Output,
    make: impl FnOnce(&Target) -> Maker,
) -> Result<(), Failure> {
    let (mode, target) = arguments.words(place)?;
    let plan = arguments.plan(mode, output)?;
    let old = arguments.papers.old()?;
    let descriptors = descriptors::raise().map_err(Failure::failed)?;
    if plan.connections + DESCRIPTORS > descriptors as usize {
        let (connections, text) = (plan.connections, "descriptors (ulimit -n)");
        let text = format!("{connections} connections need more than the {descriptors} {text}");
        return Err(Failure::failed(text));
    }
    let (own, target) = if let Some(target) = target {
        (None, target)
    } else {
        let own = start_own(own_server)?;
        let target = Target::at(own.addr);
        (Some(own), target)
    };
    let server = arguments.pid.or(own.as_ref().map(Own::pid)).map(Process);
    if let Some(Err(error)) = server.map(Process::cpu) {
        return Err(Failure::failed(format!("--pid: the process cannot be seen: {error}")));
    }
    let mut screen = Screen::new(output, plan.csv.is_some())?;
    let maker = make(&target);
    let target = target.addr;
    output.say(&describe(&plan, target));
    let outcome = course::run(&plan, target, maker, server, &mut screen);
    let outcome = outcome.map_err(|why| {
        let failed = || Failure::failed(format!("{target}: {why}{}", advice(&why)));
        if screen.is_interrupted() { Failure::interrupted() } else { failed() }
    })?;
    drop((screen, own));
    if outcome.end.answered == 0 && !plan.idle {
        let why = match (outcome.complaints.first(), outcome.end.corrupt) {
            (Some(complaint), _) => complaint.clone(),
            (None, 0) => "none came in time".to_owned(),
            (None, n) => format!("{n} came with another status or result than wanted"),
        };
        return Err(Failure::failed(format!("{target}: no good answer came: {why}")));
    }
    let figures = figures(&plan, &outcome, server.is_some());
    let record = record(protocol, target, &plan, &figures, &outcome.complaints);
    let (latency, complaints) = (&outcome.until.tally.latency, &outcome.complaints);
    let findings = Findings { record, figures: &figures, latency, complaints };
    arguments.papers.hand_in(&findings, old.as_ref(), output)
}

fn start_own(arguments: &[&str]) -> Result<Own, Failure> {
    let program = std::env::current_exe().map_err(Failure::failed)?;
    let mut command = Command::new(program);
    command.args(arguments);
    Own::start(command).map_err(|error| Failure::failed(format!("--self: {error}")))
}

fn describe(plan: &Plan, target: SocketAddr) -> String {
    if plan.idle {
        return format!("{} idle connections to {target}", plan.connections);
    }
    let pace = match plan.rate {
        Some(rate) => format!("{rate} requests a second"),
        None => format!("{} on the way each", plan.window),
    };
    format!("{} connections to {target}, {pace}", plan.connections)
}

fn advice(why: &str) -> &'static str {
    if why.contains("refused (os") { "; is a server running there?" } else { "" }
}

fn record(
    protocol: &str,
    target: SocketAddr,
    plan: &Plan,
    figures: &Figures,
    complaints: &[String],
) -> Value {
    json!({
        "v": 1,
        "kind": "bench",
        "protocol": protocol,
        "target": target.to_string(),
        "connections": plan.connections,
        "window": plan.window,
        "rate": plan.rate,
        "seconds": plan.time.as_secs_f64(),
        "figures": figures.json(),
        "units": figures.units(),
        "complaints": complaints,
    })
}

fn figures(plan: &Plan, outcome: &Outcome, has_server: bool) -> Figures {
    let mut figures = Figures::default();
    if !plan.idle {
        rates(&mut figures, outcome, has_server);
        faults(&mut figures, outcome);
    }
    let lost = outcome.end.lost_connections as f64;
    figures.add("lost-connections", "connections that ended early", lost, Unit::Count);
    let rate = outcome.connections as f64 / outcome.connecting.as_secs_f64().max(1e-9);
    figures.add("connects", "connections were ready at", rate, Unit::PerSecond);
    let [before, after] = outcome.memory;
    figures.add_memory(before, after, if plan.idle { plan.connections } else { 0 });
    figures
}

fn rates(figures: &mut Figures, outcome: &Outcome, has_server: bool) {
    let (from, until) = (&outcome.from, &outcome.until);
    let seconds = (until.at - from.at).as_secs_f64().max(1e-9);
    let answered = until.tally.answered - from.tally.answered;
    let content = until.tally.content - from.tally.content;
    figures.add("rate", "requests answered", answered as f64 / seconds, Unit::PerSecond);
    let mib = content as f64 / seconds / (1024.0 * 1024.0);
    figures.add("volume", "the answers' content", mib, Unit::MibPerSecond);
    let each = |from: Option<Duration>, until: Option<Duration>| {
        let used = until?.saturating_sub(from?).as_secs_f64();
        Some((used * 1e6 / answered.max(1) as f64, used * 100.0 / seconds))
    };
    let own = each(from.own_cpu, until.own_cpu).map(|(each, _)| each);
    figures.add_known("generator-cpu", "the generator's CPU for each", own, Unit::Micros);
    if let Some((each, busy)) = each(from.cpu, until.cpu).filter(|_| has_server) {
        figures.add("cpu", "the server's CPU for each", each, Unit::Micros);
        figures.add("busy", "the server's part of a core", busy, Unit::Percent);
    }
    figures.add_latency(&until.tally.latency);
    if !until.tally.late.is_empty() {
        let late = micros(until.tally.late.value_at_percentile(99.0));
        figures.add("late", "sent after it was due, 99 %", late, Unit::Micros);
        figures.add("unsent", "due, but not sent", outcome.unsent as f64, Unit::Count);
    }
}

fn faults(figures: &mut Figures, outcome: &Outcome) {
    let end = &outcome.end;
    let mut count = |name, title, n: u64| figures.add(name, title, n as f64, Unit::Count);
    count("total", "requests asked in all", end.asked);
    count("loss", "never answered", outcome.missing);
    count("duplicates", "answered twice", end.duplicates);
    count("disorder", "answered before an earlier one", end.disorder);
    count("corrupt", "answers that are none", end.corrupt);
}
