//! What was compared, as one page that needs nothing else: tables, curves, and what was run.
//!
//! It knows HTML. It does not know how anything was measured.

use std::fmt::Write as _;

use super::plot::{Line, curves, escaped};
use super::{Compared, Entry, Machine, median};

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #6b7280;
  --rule: #d8dbe0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16181b; --faint: #9aa1ab; --rule: #363a40; } }
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif;
  max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); }
th { color: var(--faint); font-weight: 500; } td:first-child, th:first-child { text-align: left; }
tr.row td { border-bottom: 0; padding-top: .9rem; font-weight: 600; }
td small, p, dd { color: var(--faint); } .better { color: #0a7d38; } .worse { color: #b42318; }
@media (prefers-color-scheme: dark) { .better { color: #4cc38a; } .worse { color: #f2777a; } }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; flex: 1 1 26rem; }
figcaption { color: var(--faint); } svg { width: 100%; height: auto; }
svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
svg .grid { stroke: var(--rule); } svg polyline { fill: none; stroke-width: 2; }
polyline.c0 { stroke: #2563eb; } polyline.c1 { stroke: #d97706; } polyline.c2 { stroke: #7c3aed; }
polyline.c3 { stroke: #059669; } polyline.c4 { stroke: #db2777; } circle.c0 { fill: #2563eb; }
circle.c1 { fill: #d97706; } circle.c2 { fill: #7c3aed; } circle.c3 { fill: #059669; }
circle.c4 { fill: #db2777; }
dt { font-weight: 600; margin-top: .6rem; } dd { margin: 0; }
";

/// The page.
pub fn page(compared: &[Compared], machine: &Machine) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Wirelab beside others</title><style>{STYLE}</style></head><body>\n\
         <h1>Wirelab beside others</h1>\n"
    );
    // Writing to a string does not fail.
    let _ = writeln!(
        html,
        "<p>{}. Rounds: {}, of {} s each; in every one each server had its turn with a fresh \
         process, and the same generator loaded it. Rates are medians, with the lowest and the \
         highest round behind them; ratios are medians of the rounds' own. Nothing is pinned: the \
         generator runs beside the server.</p>",
        escaped(&machine.text()),
        machine.rounds,
        machine.seconds
    );
    for contest in compared.iter().filter(|contest| contest.curve.is_none()) {
        let _ = writeln!(html, "<h2>{}</h2>", escaped(contest.title));
        table(contest, &mut html);
    }
    for contest in compared.iter().filter(|contest| contest.curve.is_some()) {
        let _ = writeln!(html, "<h2>{}</h2>", escaped(contest.title));
        plots(contest, &mut html);
    }
    about(compared, &mut html);
    html + "</body></html>\n"
}

/// Thousands apart.
fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn table(contest: &Compared, html: &mut String) {
    html.push_str(
        "<table><thead><tr><th></th><th>a second</th><th>ours is</th><th>CPU for each, µs</th>\
         <th>ours is</th><th>p99, µs</th><th>memory, MiB</th><th></th></tr></thead><tbody>\n",
    );
    for row in &contest.rows {
        let _ =
            writeln!(html, "<tr class=\"row\"><td colspan=\"8\">{}</td></tr>", escaped(&row.title));
        for (n, entry) in row.entries.iter().enumerate() {
            let _ = write!(html, "<tr><td>{}</td>", escaped(entry.name));
            let (rate, low, high) = entry.spread("rate");
            let _ = write!(
                html,
                "<td>{} <small>{}–{}</small></td>{}",
                whole(rate),
                whole(low),
                whole(high),
                ratio(row.ratio(n, "rate"), n, false)
            );
            let figure = |name, digits, unit: f64| match entry.median(name) {
                Some(value) => format!("<td>{:.digits$}</td>", value / unit),
                None => "<td></td>".to_owned(),
            };
            html.push_str(&figure("cpu", 2, 1.0));
            html.push_str(&ratio(row.ratio(n, "cpu"), n, true));
            html.push_str(&figure("p99", 0, 1.0));
            html.push_str(&figure("resident", 1, 1024.0 * 1024.0));
            let _ = writeln!(html, "<td>{}</td></tr>", escaped(&faults(entry)));
        }
    }
    html.push_str("</tbody></table>\n");
}

/// Ours to theirs.
fn ratio(value: Option<f64>, n: usize, less_is_better: bool) -> String {
    let Some(value) = value.filter(|_| n > 0) else { return "<td></td>".to_owned() };
    let is_better = if less_is_better { value < 1.0 } else { value > 1.0 };
    let class = if is_better { "better" } else { "worse" };
    format!("<td class=\"{class}\">{value:.2} ×</td>")
}

/// What a server did wrong, or why it is not there.
fn faults(entry: &Entry) -> String {
    let names = ["loss", "duplicates", "disorder", "corrupt", "lost-connections"];
    let counts = names.iter().filter_map(|name| {
        let most = entry.rounds.iter().flatten().filter_map(|figures| figures[*name].as_f64());
        let most = most.fold(0.0, f64::max);
        (most > 0.0).then(|| format!("{name} {most:.0}"))
    });
    let failed = entry.rounds.iter().filter(|round| round.is_none()).count();
    let failed = (failed > 0).then(|| format!("{failed} rounds failed"));
    counts.chain(failed).collect::<Vec<_>>().join(", ")
}

fn plots(contest: &Compared, html: &mut String) {
    let Some(curve) = contest.curve else { return };
    html.push_str("<div class=\"plots\">\n");
    for (figure, what) in curve.figures {
        let names: Vec<&str> =
            contest.rows.first().map_or(vec![], |row| row.entries.iter().map(|e| e.name).collect());
        let line = |n: usize| {
            let points = contest
                .rows
                .iter()
                .filter_map(|row| Some((row.x, row.entries.get(n)?.median(figure)?)));
            Line { name: names[n], points: points.collect() }
        };
        let lines: Vec<Line<'_>> = (0..names.len()).map(line).collect();
        let svg = curves(&lines, curve.axis, what);
        let _ = writeln!(html, "<figure>{svg}<figcaption>{}</figcaption></figure>", escaped(what));
    }
    html.push_str("</div>\n");
}

fn about(compared: &[Compared], html: &mut String) {
    html.push_str("<h2>What was run</h2>\n<dl>\n");
    for contest in compared {
        let _ = writeln!(html, "<dt>{}</dt>", escaped(contest.title));
        for (name, about) in &contest.rivals {
            let _ = writeln!(html, "<dd>{}: {}</dd>", escaped(name), escaped(about));
        }
        for absent in &contest.absent {
            let _ = writeln!(html, "<dd>{}: not here</dd>", escaped(absent.name));
        }
        for row in &contest.rows {
            let arguments = escaped(&row.arguments.join(" "));
            let _ = writeln!(html, "<dd><code>wirelab bench {arguments}</code></dd>");
        }
    }
    html.push_str("</dl>\n");
}

/// A table for the terminal: rates, ratios, CPU.
pub fn text(compared: &[Compared]) -> String {
    let mut out = String::new();
    for contest in compared {
        let _ = writeln!(out, "{}", contest.title);
        for row in &contest.rows {
            for (n, entry) in row.entries.iter().enumerate() {
                let title = if n == 0 { row.title.as_str() } else { "" };
                let rate =
                    entry.median("rate").or(entry.median("rss")).map_or(String::new(), whole);
                let cpu = entry.median("cpu").map_or(String::new(), |cpu| format!("{cpu:.2} µs"));
                let of = |name| match row.ratio(n, name).filter(|_| n > 0) {
                    Some(ratio) => format!("{ratio:.2}"),
                    None => String::new(),
                };
                let line = format!(
                    "  {title:38} {:14} {rate:>12} {:>6} {cpu:>12} {:>6} {}",
                    entry.name,
                    of("rate"),
                    of("cpu"),
                    faults(entry)
                );
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
    }
    out
}

impl Entry {
    /// The median of a figure, if any round has it.
    fn median(&self, name: &str) -> Option<f64> {
        median(self.rounds.iter().flatten().filter_map(|figures| figures[name].as_f64()))
    }

    /// The median, the lowest and the highest.
    fn spread(&self, name: &str) -> (f64, f64, f64) {
        let values = self.rounds.iter().flatten().filter_map(|figures| figures[name].as_f64());
        let (low, high) = values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), value| {
            (low.min(value), high.max(value))
        });
        (self.median(name).unwrap_or(0.0), if low.is_finite() { low } else { 0.0 }, high)
    }
}
