//! From samples to medians, ratios and the two tables. Arithmetic only: nothing is measured here.

use serde_json::{Value, json};
use std::fmt::Write as _;

use super::load::{MIB, Shape};
use super::server::Kind;

/// One server's part of one round.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Messages, or MiB, a second.
    pub rate: f64,
    /// Processor time of the server for each, in microseconds.
    pub cpu: f64,
    /// The part of that spent in the server itself rather than in the kernel.
    pub user: f64,
    /// The part of the round that the server was on its core.
    pub busy: f64,
}

/// A row: for each server its samples, round by round.
#[derive(Debug)]
pub struct Row {
    /// The load.
    pub shape: Shape,
    /// In the order in which they were asked for; as many samples each.
    pub servers: Vec<(Kind, Vec<Sample>)>,
}

/// What a server holds for idle connections.
#[derive(Debug)]
pub struct Idle {
    /// Whose.
    pub kind: Kind,
    /// How many connections.
    pub connections: usize,
    /// Bytes each, when they have only been accepted.
    pub accepted: f64,
    /// Bytes each, when each has had one message echoed and is idle again.
    pub spoken: f64,
}

/// The middle one; of an even number the mean of the two. 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The median of ours/theirs, round by round: what disturbs a round disturbs both.
pub fn ratio(ours: &[Sample], theirs: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)))
}

impl Row {
    fn ours(&self) -> Option<&[Sample]> {
        self.servers.iter().find(|(kind, _)| *kind == Kind::Ours).map(|(_, samples)| &samples[..])
    }
}

/// The rates, as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| row | server | rate | min..max | CPU µs each | user | busy \
         | ours/its rate | ours/its CPU |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let unit = if row.shape.unit == MIB { "MiB/s" } else { "/s" };
        for (kind, samples) in &row.servers {
            let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
            let lowest = samples.iter().map(|s| s.rate).fold(f64::INFINITY, f64::min);
            let highest = samples.iter().map(|s| s.rate).fold(0.0, f64::max);
            let ratios = match row.ours() {
                Some(ours) if *kind != Kind::Ours => format!(
                    "{:.3} | {:.3}",
                    ratio(ours, samples, |s| s.rate),
                    ratio(ours, samples, |s| s.cpu)
                ),
                _ => "|".to_owned(),
            };
            let _ = writeln!(
                out,
                "| {} | {} | {:.0} {unit} | {lowest:.0}..{highest:.0} | {:.3} | {:.0} % | {:.0} % \
                 | {ratios} |",
                row.shape.name,
                kind.name(),
                of(|s| s.rate),
                of(|s| s.cpu),
                of(|s| s.user) * 100.0,
                of(|s| s.busy) * 100.0,
            );
        }
    }
    out
}

/// The memory, as a Markdown table.
pub fn idle_table(idle: &[Idle]) -> String {
    let mut out = String::from(
        "| server | idle connections | B each, accepted | B each, after one message |\n\
         |---|--:|--:|--:|\n",
    );
    for one in idle {
        let (name, count) = (one.kind.name(), one.connections);
        let _ = writeln!(out, "| {name} | {count} | {:.0} | {:.0} |", one.accepted, one.spoken);
    }
    out
}

/// Everything, with each round's samples.
pub fn json(rows: &[Row], idle: &[Idle]) -> Value {
    let sample =
        |s: &Sample| json!({"rate": s.rate, "cpu_us": s.cpu, "user": s.user, "busy": s.busy});
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let server = |(kind, samples): &(Kind, Vec<Sample>)| {
                let samples: Vec<Value> = samples.iter().map(sample).collect();
                json!({"server": kind.name(), "samples": samples})
            };
            let servers: Vec<Value> = row.servers.iter().map(server).collect();
            json!({
                "row": row.shape.name,
                "connections": row.shape.connections,
                "window_bytes": row.shape.window,
                "unit_bytes": row.shape.unit,
                "servers": servers,
            })
        })
        .collect();
    let idle: Vec<Value> = idle
        .iter()
        .map(|one| {
            json!({
                "server": one.kind.name(),
                "connections": one.connections,
                "bytes_accepted": one.accepted,
                "bytes_after_one_message": one.spoken,
            })
        })
        .collect();
    json!({"v": 1, "rows": rows, "idle": idle})
}

#[cfg(test)]
mod tests {
    use super::{Sample, median, ratio};

    #[test]
    fn the_median_is_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median([]).abs() < 1e-9);
    }

    #[test]
    fn a_ratio_pairs_the_rounds() {
        let round = |rate| Sample { rate, cpu: 1.0, user: 0.5, busy: 1.0 };
        // The second round is disturbed; the pairs agree all the same.
        let ours = [round(100.0), round(10.0), round(100.0)];
        let theirs = [round(50.0), round(5.0), round(50.0)];
        assert!((ratio(&ours, &theirs, |s| s.rate) - 2.0).abs() < 1e-9);
    }
}
