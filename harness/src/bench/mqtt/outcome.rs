//! What came of a run: from counters and readings to figures.
//!
//! Arithmetic only: nothing is measured here.

use hdrhistogram::Histogram;
use std::time::Duration;
use wirelab_mqtt::QoS;

use super::plan::Plan;
use super::shared::{Course, Shared, value};
use super::tally::Tally;
use crate::bench::figures::{Figures, Unit, micros};
use crate::bench::process::Memory;

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When, by the run's clock.
    pub at: u64,
    /// The broker's processor time.
    pub cpu: Option<Duration>,
    /// The generator's own.
    pub own_cpu: Option<Duration>,
    /// Messages published.
    pub sent: u64,
    /// Messages acknowledged.
    pub acked: u64,
    /// Messages delivered.
    pub delivered: u64,
}

/// What was read while it ran.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How long it took until all clients were ready.
    pub connecting: Duration,
    /// The run's times.
    pub course: Course,
    /// When counting began,
    pub from: Reading,
    /// and when it ended.
    pub until: Reading,
    /// The broker's memory before the first client came,
    pub memory: Option<Memory>,
    /// and at the end, with all of them there.
    pub idle: Option<Memory>,
}

/// See the file.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The numbers.
    pub figures: Figures,
    /// The latencies, in nanoseconds.
    pub latency: Histogram<u64>,
    /// What was not as it should be.
    pub complaints: Vec<String>,
}

impl Outcome {
    /// Puts everything together.
    pub fn new(plan: &Plan, shared: &Shared, tally: Tally, measured: Measured) -> Self {
        let mut figures = Figures::default();
        if plan.publishers + plan.subscribers > 0 {
            rates(&mut figures, plan, shared, &measured);
            figures.add_latency(&tally.latency);
            if !tally.lateness.is_empty() {
                let late = micros(tally.lateness.value_at_percentile(99.0));
                figures.add("late", "the generator's own lateness, 99 %", late, Unit::Micros);
            }
            faults(&mut figures, plan, shared, &tally);
        }
        connects(&mut figures, &tally, &measured);
        let lost = value(&shared.lost_connections) as f64;
        figures.add("lost-connections", "connections that ended early", lost, Unit::Count);
        figures.add_memory(measured.memory, measured.idle, plan.idle);
        Self { figures, latency: tally.latency, complaints: shared.complaints() }
    }
}

fn rates(figures: &mut Figures, plan: &Plan, shared: &Shared, measured: &Measured) {
    let (from, until) = (measured.from, measured.until);
    // A run of so many messages ends with the last of them, not when that was noticed.
    let last = value(&shared.last_arrival);
    let ends_early = plan.count.is_some() && (from.at + 1..until.at).contains(&last);
    let end = if ends_early { last } else { until.at };
    let seconds = end.saturating_sub(from.at).max(1) as f64 / 1e9;
    let (sent, acked) = (until.sent - from.sent, until.acked - from.acked);
    // Without subscribers, what counts is what the broker has taken over.
    let through = match plan.qos {
        _ if plan.subscribers > 0 => until.delivered - from.delivered,
        QoS::AtMostOnce => sent,
        _ => acked,
    };
    let per_second = |n: u64| n as f64 / seconds;
    let title = if plan.subscribers > 0 { "messages delivered" } else { "messages taken over" };
    figures.add("rate", title, per_second(through), Unit::PerSecond);
    let mib = per_second(through) * plan.size as f64 / (1024.0 * 1024.0);
    figures.add("volume", "their payload", mib, Unit::MibPerSecond);
    figures.add("sent", "messages published", per_second(sent), Unit::PerSecond);
    if plan.qos != QoS::AtMostOnce {
        figures.add("acked", "messages acknowledged", per_second(acked), Unit::PerSecond);
    }
    let used = |from: Option<Duration>, until: Option<Duration>| {
        let used = until?.saturating_sub(from?).as_secs_f64();
        Some((used, used * 1e6 / through.max(1) as f64))
    };
    let own = used(from.own_cpu, until.own_cpu).map(|(_, each)| each);
    figures.add_known("generator-cpu", "the generator's CPU for each", own, Unit::Micros);
    if let Some((used, each)) = used(from.cpu, until.cpu) {
        figures.add("cpu", "the broker's CPU for each", each, Unit::Micros);
        let wall = until.at.saturating_sub(from.at).max(1) as f64 / 1e9;
        figures.add("busy", "the broker's part of a core", used * 100.0 / wall, Unit::Percent);
    }
}

fn faults(figures: &mut Figures, plan: &Plan, shared: &Shared, tally: &Tally) {
    let mut count = |name, title, n: u64| figures.add(name, title, n as f64, Unit::Count);
    count("total", "messages published in all", value(&shared.sent));
    if plan.publishers > 0 && plan.subscribers > 0 {
        let undelivered = tally.expected.saturating_sub(value(&shared.delivered));
        count("expected", "deliveries owed in all", tally.expected);
        count("loss", "undelivered", undelivered);
        count("duplicates", "delivered twice", tally.duplicates);
        count("disorder", "delivered after a later one", tally.disorder);
        count("corrupt", "delivered with other content", tally.corrupt);
        count("foreign", "messages of others", tally.foreign);
        if plan.rate.is_none() {
            count("stalls", "times a window was given up as lost", tally.stalls);
        }
    }
    if plan.qos != QoS::AtMostOnce && plan.publishers > 0 {
        let unacked = value(&shared.sent).saturating_sub(value(&shared.acked));
        count("unacked", "unacknowledged at the end", unacked);
    }
    if plan.rate.is_some() {
        count("unsent", "due, but not sent", tally.unsent);
    }
}

fn connects(figures: &mut Figures, tally: &Tally, measured: &Measured) {
    let connects = &tally.connects;
    let rate = connects.len() as f64 / measured.connecting.as_secs_f64().max(1e-9);
    figures.add("clients", "clients let in", connects.len() as f64, Unit::Count);
    figures.add("connects", "at a rate of", rate, Unit::PerSecond);
    if !connects.is_empty() {
        let (half, most) = (connects.value_at_percentile(50.0), connects.value_at_percentile(99.0));
        figures.add("connect-p50", "connect to CONNACK, half below", micros(half), Unit::Micros);
        figures.add("connect-p99", "connect to CONNACK, 99 %", micros(most), Unit::Micros);
    }
}
