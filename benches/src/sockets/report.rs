//! From samples to medians, ratios and the table. Arithmetic only: nothing is measured here.

use serde_json::{Value, json};
use std::fmt::Write as _;

use super::programs::{Kind, Sample};
use super::rows::{Pattern, Row};
use crate::report::median;

/// One pairing's part of a row, round by round; `None`: it failed in that round.
#[derive(Debug)]
pub struct Entry {
    /// Who sends or asks.
    pub remote: Kind,
    /// Who receives or answers.
    pub local: Kind,
    /// As many as there were rounds.
    pub rounds: Vec<Option<Sample>>,
}

/// A row with all pairings.
#[derive(Debug)]
pub struct Compared {
    /// The load.
    pub row: Row,
    /// In the order in which they had their turns.
    pub entries: Vec<Entry>,
}

impl Entry {
    fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        median(self.rounds.iter().flatten().map(of))
    }

    fn is_theirs(&self) -> bool {
        (self.remote, self.local) == (Kind::Libzmq, Kind::Libzmq)
    }
}

/// The median of one's figure by another's, round by round: what disturbs a round disturbs both.
pub fn ratio(one: &Entry, other: &Entry, of: impl Fn(&Sample) -> f64) -> f64 {
    let pairs = one.rounds.iter().zip(&other.rounds);
    median(pairs.filter_map(|(one, other)| Some(of(one.as_ref()?) / of(other.as_ref()?))))
}

/// Processor time of both sides.
fn cpu(sample: &Sample) -> f64 {
    sample.remote_cpu + sample.local_cpu
}

/// The table, as Markdown.
pub fn table(results: &[Compared]) -> String {
    let mut out = String::from(
        "| row | sends → receives | median | CPU µs, sends | CPU µs, receives \
         | × libzmq | CPU × libzmq |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    for result in results {
        let theirs = result.entries.iter().find(|entry| entry.is_theirs());
        for entry in &result.entries {
            let (remote, local) = (entry.remote.name(), entry.local.name());
            let _ = write!(out, "| {} | {remote} → {local} | ", result.row.name);
            if entry.rounds.iter().flatten().next().is_none() {
                out.push_str("failed |\n");
                continue;
            }
            let ratios = match theirs {
                Some(theirs) if !entry.is_theirs() => {
                    let value = ratio(entry, theirs, |sample| sample.value);
                    format!("{value:.2} | {:.2}", ratio(entry, theirs, cpu))
                }
                _ => "|".to_owned(),
            };
            let value = amount(&result.row, entry.median(|sample| sample.value));
            let remote_cpu = entry.median(|sample| sample.remote_cpu);
            let local_cpu = entry.median(|sample| sample.local_cpu);
            let _ = writeln!(out, "{value} | {remote_cpu:.3} | {local_cpu:.3} | {ratios} |");
        }
    }
    out
}

/// A rate in messages while they are small, in bytes when they are large; or a time.
fn amount(row: &Row, value: f64) -> String {
    match row.pattern {
        Pattern::ReqRep => format!("{value:.1} µs"),
        _ if row.size > 1024 => format!("{:.2} GB/s", value * row.size as f64 / 1e9),
        _ => format!("{:.2} M/s", value / 1e6),
    }
}

/// Everything, with each round's samples.
pub fn json(results: &[Compared]) -> Value {
    let sample = |sample: &Sample| {
        let Sample { value, remote_cpu, local_cpu } = sample;
        json!({"value": value, "remote_cpu_us": remote_cpu, "local_cpu_us": local_cpu})
    };
    let entry = |entry: &Entry| {
        let rounds: Vec<Value> =
            entry.rounds.iter().map(|round| round.as_ref().map_or(Value::Null, sample)).collect();
        json!({"remote": entry.remote.name(), "local": entry.local.name(), "rounds": rounds})
    };
    let row = |result: &Compared| {
        let entries: Vec<Value> = result.entries.iter().map(entry).collect();
        json!({"row": result.row.name, "size": result.row.size, "pairings": entries})
    };
    json!({"v": 1, "rows": results.iter().map(row).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::{Entry, Kind, Sample, ratio};

    /// A round in which one of the two failed is no pair.
    #[test]
    fn a_ratio_pairs_the_rounds() {
        let round = |value| Some(Sample { value, remote_cpu: 1.0, local_cpu: 1.0 });
        let ours = Entry {
            remote: Kind::Ours,
            local: Kind::Ours,
            rounds: vec![round(100.0), round(9.0), None, round(30.0)],
        };
        let theirs = Entry {
            remote: Kind::Libzmq,
            local: Kind::Libzmq,
            rounds: vec![round(10.0), round(1.0), round(1.0), round(3.0)],
        };
        assert!((ratio(&ours, &theirs, |sample| sample.value) - 10.0).abs() < 1e-9);
    }
}
