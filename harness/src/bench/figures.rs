//! What a run has measured: numbers, each with a name and a unit, in the order of the table.
//!
//! It does not know how they were measured, nor how they are shown.

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::process::Memory;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things, or a proportion of them.
    Count,
    /// So many a second.
    PerSecond,
    /// MiB a second.
    MibPerSecond,
    /// Microseconds.
    Micros,
    /// Bytes.
    Bytes,
    /// Parts of a hundred.
    Percent,
}

impl Unit {
    /// As it stands behind a number, and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::PerSecond => "/s",
            Self::MibPerSecond => "MiB/s",
            Self::Micros => "µs",
            Self::Bytes => "B",
            Self::Percent => "%",
        }
    }
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// As in JSON and in `--fail-if`.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
}

/// All numbers of a run.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Figure>);

/// The percentiles that are shown of every distribution of latencies.
const PERCENTILES: [(&str, &str, f64); 4] = [
    ("p50", "latency, half below", 50.0),
    ("p90", "latency, 90 % below", 90.0),
    ("p99", "latency, 99 % below", 99.0),
    ("p99.9", "latency, 99.9 % below", 99.9),
];

impl Figures {
    /// One more.
    pub fn add(&mut self, name: &'static str, title: &'static str, value: f64, unit: Unit) {
        self.0.push(Figure { name, title, value, unit });
    }

    /// One more, if it is known.
    pub fn add_known(
        &mut self,
        name: &'static str,
        title: &'static str,
        value: Option<f64>,
        unit: Unit,
    ) {
        if let Some(value) = value {
            self.add(name, title, value, unit);
        }
    }

    /// The percentiles, the mean and the maximum of latencies in nanoseconds; nothing of none.
    pub fn add_latency(&mut self, latency: &Histogram<u64>) {
        if latency.is_empty() {
            return;
        }
        for (name, title, percentile) in PERCENTILES {
            let value = micros(latency.value_at_percentile(percentile));
            self.add(name, title, value, Unit::Micros);
        }
        self.add("max", "latency, the longest", micros(latency.max()), Unit::Micros);
        self.add("mean", "latency, on average", latency.mean() / 1e3, Unit::Micros);
    }

    /// The server's memory with so many idle connections, and what each of these takes since
    /// `before` they came; nothing of what is not known.
    pub fn add_memory(&mut self, before: Option<Memory>, after: Option<Memory>, idle: usize) {
        let Some(after) = after else { return };
        self.add("memory", "the server's resident memory", after.resident as f64, Unit::Bytes);
        let Some(before) = before.filter(|_| idle > 0) else { return };
        let each = |before: u64, after: u64| (after as f64 - before as f64) / idle as f64;
        let rss = each(before.resident, after.resident);
        let pss = each(before.proportional, after.proportional);
        self.add("rss", "resident memory for each idle client", rss, Unit::Bytes);
        self.add("pss", "proportional memory for each", pss, Unit::Bytes);
    }

    /// In the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter()
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&Figure> {
        self.0.iter().find(|figure| figure.name == name)
    }

    /// Its number; 0 if there is none of this name.
    pub fn value(&self, name: &str) -> f64 {
        self.get(name).map_or(0.0, |figure| figure.value)
    }

    /// The numbers as one object.
    pub fn json(&self) -> Value {
        let pairs = self.0.iter().map(|figure| (figure.name.to_owned(), json!(figure.value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// Their units as one object.
    pub fn units(&self) -> Value {
        let pairs = self.0.iter().map(|figure| (figure.name.to_owned(), json!(figure.unit.name())));
        Value::Object(pairs.collect::<Map<_, _>>())
    }
}

/// Nanoseconds as microseconds.
pub fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}
