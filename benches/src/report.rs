//! From samples of servers to medians, ratios and the two tables. Arithmetic only: nothing is
//! measured here. Of the servers it knows their names; ours is called [`OURS`].

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

use crate::server::Cpu;

/// The server that the others are compared with.
pub const OURS: &str = "ours";

/// One server's part of one round.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Messages, or MiB, a second.
    pub rate: f64,
    /// Processor time of the server for each, in microseconds.
    pub cpu: f64,
    /// The part of that spent in the server itself rather than in the kernel.
    pub user: f64,
    /// The part of the round that the server was on its core; above 1 with several cores.
    pub busy: f64,
    /// The same of the load.
    pub load: f64,
}

/// What was seen in a round.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Messages, or MiB.
    pub units: f64,
    /// In this time.
    pub elapsed: Duration,
    /// The server's processor time before it.
    pub before: Cpu,
    /// And after it.
    pub after: Cpu,
    /// The time between these two.
    pub between: Duration,
    /// Processor time of the load between them.
    pub load: Duration,
}

impl From<Seen> for Sample {
    fn from(seen: Seen) -> Self {
        let Seen { units, before, after, .. } = seen;
        let cpu = after.total.saturating_sub(before.total).as_secs_f64();
        let user = (after.user_ticks - before.user_ticks) as f64;
        let system = (after.system_ticks - before.system_ticks) as f64;
        Self {
            rate: units / seen.elapsed.as_secs_f64(),
            cpu: cpu * 1e6 / units,
            user: user / (user + system).max(1.0),
            busy: cpu / seen.between.as_secs_f64(),
            load: seen.load.as_secs_f64() / seen.between.as_secs_f64(),
        }
    }
}

/// A row: for each server its samples, round by round.
#[derive(Debug)]
pub struct Row {
    /// As in the table.
    pub name: &'static str,
    /// What a rate is counted in: `/s`, `MiB/s`.
    pub unit: &'static str,
    /// What else is to be known of the load, for the file of samples.
    pub facts: Value,
    /// In the order in which they were asked for; as many rounds each. `None`: it failed there.
    pub servers: Vec<(&'static str, Vec<Option<Sample>>)>,
}

/// What a server holds for idle connections.
#[derive(Debug)]
pub struct Idle {
    /// Whose.
    pub server: &'static str,
    /// How many connections.
    pub connections: usize,
    /// Bytes each, when they have only been accepted.
    pub accepted: f64,
    /// Bytes each, when each has had one message answered and is idle again.
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
pub fn ratio(
    ours: &[Option<Sample>],
    theirs: &[Option<Sample>],
    of: impl Fn(&Sample) -> f64,
) -> f64 {
    let pairs = ours.iter().zip(theirs);
    median(pairs.filter_map(|(ours, theirs)| Some(of(ours.as_ref()?) / of(theirs.as_ref()?))))
}

impl Row {
    fn ours(&self) -> Option<&[Option<Sample>]> {
        self.servers.iter().find(|(name, _)| *name == OURS).map(|(_, samples)| &samples[..])
    }
}

/// The rates, as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| row | server | rate | min..max | CPU µs each | user | busy | load \
         | ours/its rate | ours/its CPU |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        for (name, rounds) in &row.servers {
            let samples: Vec<Sample> = rounds.iter().flatten().copied().collect();
            if samples.is_empty() {
                let _ = writeln!(out, "| {} | {name} | failed |", row.name);
                continue;
            }
            let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
            let percent = |value: fn(&Sample) -> f64| of(value) * 100.0;
            let lowest = samples.iter().map(|s| s.rate).fold(f64::INFINITY, f64::min);
            let highest = samples.iter().map(|s| s.rate).fold(0.0, f64::max);
            let ratios = match row.ours() {
                Some(ours) if *name != OURS => format!(
                    "{:.3} | {:.3}",
                    ratio(ours, rounds, |s| s.rate),
                    ratio(ours, rounds, |s| s.cpu)
                ),
                _ => "|".to_owned(),
            };
            let _ = writeln!(
                out,
                "| {} | {name} | {:.0} {} | {lowest:.0}..{highest:.0} | {:.3} | {:.0} % | {:.0} % \
                 | {:.0} % | {ratios} |",
                row.name,
                of(|s| s.rate),
                row.unit,
                of(|s| s.cpu),
                percent(|s| s.user),
                percent(|s| s.busy),
                percent(|s| s.load),
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
        let (name, count) = (one.server, one.connections);
        let _ = writeln!(out, "| {name} | {count} | {:.0} | {:.0} |", one.accepted, one.spoken);
    }
    out
}

/// Everything, with each round's samples.
pub fn json(rows: &[Row], idle: &[Idle]) -> Value {
    let sample = |s: &Sample| {
        let Sample { rate, cpu, user, busy, load } = s;
        json!({"rate": rate, "cpu_us": cpu, "user": user, "busy": busy, "load": load})
    };
    let round = |round: &Option<Sample>| round.as_ref().map_or(Value::Null, sample);
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let server = |(name, rounds): &(&str, Vec<_>)| {
                let rounds: Vec<Value> = rounds.iter().map(round).collect();
                json!({"server": name, "samples": rounds})
            };
            let servers: Vec<Value> = row.servers.iter().map(server).collect();
            json!({"row": row.name, "unit": row.unit, "load": row.facts, "servers": servers})
        })
        .collect();
    let idle: Vec<Value> = idle
        .iter()
        .map(|one| {
            json!({
                "server": one.server,
                "connections": one.connections,
                "bytes_accepted": one.accepted,
                "bytes_after_one_message": one.spoken,
            })
        })
        .collect();
    json!({"v": 2, "rows": rows, "idle": idle})
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
        let round = |rate| Some(Sample { rate, cpu: 1.0, user: 0.5, busy: 1.0, load: 1.0 });
        // The second round is disturbed; the pairs agree all the same. The third has none.
        let ours = [round(100.0), round(10.0), round(7.0), round(100.0)];
        let theirs = [round(50.0), round(5.0), None, round(50.0)];
        assert!((ratio(&ours, &theirs, |s| s.rate) - 2.0).abs() < 1e-9);
    }
}
