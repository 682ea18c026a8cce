//! A run's figures on paper: a table for people, an object for programs, a spectrum for plotters.
//!
//! It knows figures. It does not know what was measured.

use hdrhistogram::Histogram;
use serde_json::Value;
use std::fmt::Write as _;

use super::figures::{Figure, Figures, Unit};

/// A line for each figure; beside it what an earlier run had, and the proportion.
pub fn table(figures: &Figures, old: Option<&Value>) -> String {
    let mut out = String::new();
    for figure in figures.iter() {
        let _ = write!(out, "{:36} {:>14} {:5}", figure.title, number(figure), figure.unit.name());
        let before = old.and_then(|old| old["figures"][figure.name].as_f64());
        if let Some(before) = before {
            let earlier = Figure { value: before, ..figure.clone() };
            let _ = write!(out, " before {:>14}", number(&earlier));
            if before > 0.0 {
                let _ = write!(out, ", now {:.3} of it", figure.value / before);
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// Whole numbers with their thousands apart; small ones with what is behind the point.
fn number(figure: &Figure) -> String {
    let digits = match figure.unit {
        Unit::Count | Unit::PerSecond | Unit::Bytes => 0,
        _ if figure.value.abs() < 100.0 => 3,
        _ => 1,
    };
    let text = format!("{:.digits$}", figure.value);
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (n, c) in whole.chars().enumerate() {
        let left = whole.len() - n;
        if n > 0 && left % 3 == 0 && !out.ends_with('-') {
            out.push(',');
        }
        out.push(c);
    }
    out + part
}

/// The latencies' whole distribution as HdrHistogram's own tools print it, in milliseconds.
pub fn spectrum(latency: &Histogram<u64>) -> String {
    let mut out = String::from("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut total = 0;
    for value in latency.iter_quantiles(5) {
        total += value.count_since_last_iteration();
        let millis = value.value_iterated_to() as f64 / 1e6;
        let quantile = value.quantile_iterated_to();
        let _ = write!(out, "{millis:12.3} {quantile:2.12} {total:10}");
        if quantile < 1.0 {
            let _ = write!(out, " {:14.2}", 1.0 / (1.0 - quantile));
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]\n\
         #[Max     = {:12.3}, Total count    = {:12}]",
        latency.mean() / 1e6,
        latency.stdev() / 1e6,
        latency.max() as f64 / 1e6,
        latency.len(),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::{Figures, Unit, spectrum, table};
    use hdrhistogram::Histogram;
    use serde_json::json;

    #[test]
    fn a_figure_stands_beside_its_former_self() {
        let mut figures = Figures::default();
        figures.add("rate", "messages delivered", 1_234_567.4, Unit::PerSecond);
        figures.add("p99", "latency", 12.5, Unit::Micros);
        let old = json!({"figures": {"rate": 1_000_000.0}});
        let text = table(&figures, Some(&old));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("1,234,567 /s"), "{text}");
        assert!(lines[0].ends_with("1,000,000, now 1.235 of it"), "{text}");
        assert!(lines[1].ends_with("12.500 µs"), "{text}");
    }

    #[test]
    fn the_spectrum_ends_with_all() {
        let mut latency = Histogram::<u64>::new(3).unwrap();
        for n in 1..=1000 {
            latency.record(n * 1_000_000).unwrap();
        }
        let text = spectrum(&latency);
        assert!(text.contains("1.000000000000       1000"), "{text}");
        assert!(text.contains("Total count    =         1000]"), "{text}");
    }
}
