//! From the rounds' figures to medians, paired ratios and tables. Arithmetic only.

use serde_json::{Value, json};
use std::fmt::Write as _;
use wirelab::bench::figures::Figures;

use super::broker::Kind;
use super::rows::{Aim, Row};
use crate::report::median;

/// One broker's part of a row, round by round.
#[derive(Debug)]
pub struct Entry {
    /// Whose.
    pub kind: Kind,
    /// A round's figures; `None`: it failed in that round.
    pub rounds: Vec<Option<Figures>>,
}

/// A row with everybody's rounds.
#[derive(Debug)]
pub struct Compared {
    /// The load.
    pub row: Row,
    /// In the order in which they were asked for.
    pub entries: Vec<Entry>,
}

impl Entry {
    /// The median of a figure, over the rounds that have it.
    pub fn median(&self, name: &str) -> f64 {
        let of = |figures: &Option<Figures>| Some(figures.as_ref()?.get(name)?.value);
        median(self.rounds.iter().filter_map(of))
    }

    fn sum(&self, name: &str) -> f64 {
        self.rounds.iter().flatten().map(|figures| figures.value(name)).sum()
    }

    fn worked(&self) -> usize {
        self.rounds.iter().flatten().count()
    }
}

/// The median of one's figure by another's, round by round.
pub fn ratio(one: &Entry, other: &Entry, name: &str) -> f64 {
    let pairs = one.rounds.iter().zip(&other.rounds);
    median(pairs.filter_map(|(one, other)| {
        let (one, other) = (one.as_ref()?.value(name), other.as_ref()?.value(name));
        (other > 0.0).then_some(one / other)
    }))
}

/// The tables, as Markdown: one for each aim that was measured.
pub fn tables(results: &[Compared]) -> String {
    let mut out = String::new();
    for (aim, head, line) in [
        (Aim::Rate, RATES, rate_line as fn(&Entry) -> String),
        (Aim::Latency, LATENCIES, latency_line),
        (Aim::Connects, CONNECTS, connect_line),
    ] {
        let rows: Vec<&Compared> = results.iter().filter(|result| result.row.aim == aim).collect();
        if rows.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(head);
        for result in rows {
            for entry in &result.entries {
                let _ = write!(out, "| {} | {} |", result.row.name, entry.kind.name());
                if entry.worked() == 0 {
                    out.push_str(" failed\n");
                    continue;
                }
                let _ = writeln!(out, "{} {} |", line(entry), ratios(result, entry));
            }
        }
    }
    out
}

const RATES: &str = "\
| row | broker | delivered/s | CPU µs each | busy | lost | twice | late | ours/its rate \
 | ours/its CPU |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

const LATENCIES: &str = "\
| row | broker | p50 µs | p99 µs | p99.9 µs | CPU µs each | lost | ours/its p50 | ours/its p99 |
|---|---|--:|--:|--:|--:|--:|--:|--:|
";

const CONNECTS: &str = "\
| row | broker | connects/s | p99 ms | idle clients | B each | ours/its rate | ours/its B |
|---|---|--:|--:|--:|--:|--:|--:|
";

fn rate_line(entry: &Entry) -> String {
    let lost = entry.sum("loss") * 100.0 / entry.sum("expected").max(1.0);
    format!(
        " {:.0} | {:.3} | {:.0} % | {lost:.2} % | {:.0} | {:.0} |",
        entry.median("rate"),
        entry.median("cpu"),
        entry.median("busy"),
        entry.sum("duplicates"),
        entry.sum("disorder"),
    )
}

fn latency_line(entry: &Entry) -> String {
    format!(
        " {:.0} | {:.0} | {:.0} | {:.2} | {:.0} |",
        entry.median("p50"),
        entry.median("p99"),
        entry.median("p99.9"),
        entry.median("cpu"),
        entry.sum("loss"),
    )
}

fn connect_line(entry: &Entry) -> String {
    format!(
        " {:.0} | {:.2} | {:.0} | {:.0} |",
        entry.median("connects"),
        entry.median("connect-p99") / 1e3,
        entry.median("clients"),
        entry.median("rss"),
    )
}

/// Ours by this one's; nothing where it is ours, or ours was not measured.
fn ratios(result: &Compared, entry: &Entry) -> String {
    let ours = result.entries.iter().find(|entry| entry.kind == Kind::Ours);
    let Some(ours) = ours.filter(|_| entry.kind != Kind::Ours) else { return "|".to_owned() };
    let names = match result.row.aim {
        Aim::Rate => ["rate", "cpu"],
        Aim::Latency => ["p50", "p99"],
        Aim::Connects => ["connects", "rss"],
    };
    let [first, second] = names.map(|name| ratio(ours, entry, name));
    format!("{first:.3} | {second:.3}")
}

/// Everything, with each round's figures.
pub fn json(results: &[Compared]) -> Value {
    let entry = |entry: &Entry| {
        let round = |figures: &Option<Figures>| figures.as_ref().map(Figures::json);
        let rounds: Vec<Option<Value>> = entry.rounds.iter().map(round).collect();
        json!({"broker": entry.kind.name(), "rounds": rounds})
    };
    let row = |result: &Compared| {
        let brokers: Vec<Value> = result.entries.iter().map(entry).collect();
        json!({"row": result.row.name, "brokers": brokers})
    };
    json!({"v": 1, "rows": results.iter().map(row).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::{Entry, Kind, ratio};
    use wirelab::bench::figures::{Figures, Unit};

    /// A round in which one of the two failed is no pair.
    #[test]
    fn a_ratio_pairs_the_rounds() {
        let round = |rate| {
            let mut figures = Figures::default();
            figures.add("rate", "", rate, Unit::PerSecond);
            Some(figures)
        };
        let ours =
            Entry { kind: Kind::Ours, rounds: vec![round(100.0), round(9.0), None, round(30.0)] };
        let theirs = Entry {
            kind: Kind::Mosquitto,
            rounds: vec![round(10.0), round(1.0), round(1.0), round(3.0)],
        };
        assert!((ratio(&ours, &theirs, "rate") - 10.0).abs() < 1e-9);
        assert!((theirs.median("rate") - 2.0).abs() < 1e-9);
    }
}
