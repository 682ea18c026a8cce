//! `wirelab bench versus`: ours and whatever peers this machine has, in turns under the same
//! loads, and one page of it.
//!
//! ```text
//!   contest ─► row ─► round ─► rival     each time a fresh server, a fresh `wirelab bench`
//!                                        as its load, and the figures that this prints
//! ```
//! It runs and gathers. Who takes part stands in `rivals`, what is compared in `rows`, and how it
//! looks in `page` and `plot`. It does not know protocols.

mod page;
mod plot;
mod rivals;
mod rows;

use clap::Args;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wirelab_mqtt::QoS;
use wirelab_mqtt::blocking::Client;
use wirelab_mqtt::client::Options;

use super::process::Process;
use crate::exit::Failure;
use crate::output::Output;
use crate::signals;
use rivals::{Absent, Rival};
use rows::{Contest, Curve, Row, contests};

/// Topic filters in one SUBSCRIBE.
const FILTERS: usize = 500;
/// How long all of somebody's subscriptions may take: some brokers need more time for each the more
/// there are.
const CROWD_PATIENCE: Duration = Duration::from_secs(20);

/// Arguments of `bench versus`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only contests whose name holds one of these: mqtt, http, zmq, echo, sizes, idle…
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Rounds; in each every server has its turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=101))]
    pub rounds: u16,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// The page.
    #[arg(long, value_name = "FILE.html", default_value = "versus.html")]
    pub page: PathBuf,
    /// Also every round's figures, with what was run.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// A short run that shows that everything works; its figures mean nothing.
    #[arg(long)]
    pub quick: bool,
}

/// What each round of a rival has brought; `None`: it failed.
#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    rounds: Vec<Option<Value>>,
}

/// A row, and what came of it.
#[derive(Clone, Debug)]
struct Measured {
    title: String,
    arguments: Vec<String>,
    x: f64,
    entries: Vec<Entry>,
}

impl Measured {
    /// Ours to the `n`th one's, as the median of the rounds' own ratios.
    fn ratio(&self, n: usize, figure: &str) -> Option<f64> {
        let (ours, theirs) = (self.entries.first()?, self.entries.get(n)?);
        let pairs = ours.rounds.iter().zip(&theirs.rounds).filter_map(|(ours, theirs)| {
            let (a, b) = (ours.as_ref()?[figure].as_f64()?, theirs.as_ref()?[figure].as_f64()?);
            (b > 0.0).then_some(a / b)
        });
        median(pairs)
    }
}

/// A contest, and what came of it.
#[derive(Clone, Debug)]
struct Compared {
    name: &'static str,
    title: &'static str,
    rivals: Vec<(&'static str, String)>,
    absent: Vec<Absent>,
    rows: Vec<Measured>,
    curve: Option<Curve>,
}

/// Where it was run, and how.
#[derive(Debug)]
struct Machine {
    cores: usize,
    processor: String,
    system: String,
    rounds: u16,
    seconds: f64,
}

/// The middle one; of two in the middle, their mean.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Runs all of it.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let seconds = if arguments.quick { 0.2 } else { arguments.seconds };
    if !(0.05..=600.0).contains(&seconds) {
        return Err(Failure::usage("--seconds is from 0.05 to 600"));
    }
    let machine = Machine::new(if arguments.quick { 1 } else { arguments.rounds }, seconds);
    let contests = chosen(arguments)?;
    let directory = tempfile::tempdir().map_err(Failure::failed)?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    // The turn that is under way is carried to its end, so that no server is left behind.
    signals::on_end(move |_| told.store(true, Ordering::Relaxed)).map_err(Failure::failed)?;
    announce(&contests, &machine, output);
    let mut compared = Vec::new();
    for contest in contests {
        compared.push(compare(contest, &machine, directory.path(), &stop, output)?);
    }
    write(&arguments.page, &page::page(&compared, &machine))?;
    let record = record(&compared, &machine);
    if let Some(path) = &arguments.out {
        write(path, &format!("{record:#}\n"))?;
    }
    output.say(&format!("wrote {}", arguments.page.display()));
    let text = if output.json { format!("{record}\n") } else { page::text(&compared) };
    output.data(&text)
}

fn chosen(arguments: &Arguments) -> Result<Vec<Contest>, Failure> {
    let all = contests(arguments.quick);
    let names: Vec<&str> = all.iter().map(|contest| contest.name).collect();
    let names = names.join(", ");
    for word in &arguments.only {
        if !all.iter().any(|contest| contest.name.contains(word.as_str())) {
            return Err(Failure::usage(format!("--only {word}: there are {names}")));
        }
    }
    let wanted = |contest: &Contest| {
        let holds = |word: &String| contest.name.contains(word.as_str());
        arguments.only.is_empty() || arguments.only.iter().any(holds)
    };
    Ok(all.into_iter().filter(wanted).collect())
}

/// Who is not here, and how long it will take: a turn has its warm-up, and two processes to start.
fn announce(contests: &[Contest], machine: &Machine, output: &Output) {
    let mut absent: Vec<Absent> = Vec::new();
    let mut turns = 0;
    for Contest { field, rows, .. } in contests {
        turns += field.rivals.len() * rows.len();
        absent.extend(&field.absent);
    }
    absent.sort_by_key(|absent| absent.name);
    absent.dedup();
    for Absent { name, remedy } in absent {
        output.say(&format!("{name} is not here and takes no part; what brings it: {remedy}"));
    }
    let turns = turns * usize::from(machine.rounds);
    let minutes = (turns as f64 * (machine.seconds * 1.25 + 1.0) / 60.0).ceil();
    output.say(&format!("{turns} turns, about {minutes} min"));
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
}

fn compare(
    contest: Contest,
    machine: &Machine,
    directory: &Path,
    stop: &AtomicBool,
    output: &Output,
) -> Result<Compared, Failure> {
    let Contest { name, title, field, rows, curve } = contest;
    let rivals = field.rivals;
    let mut measured = Vec::new();
    for row in rows {
        let entry = |rival: &Rival| Entry { name: rival.name, rounds: Vec::new() };
        let mut entries: Vec<Entry> = rivals.iter().map(entry).collect();
        for round in 0..usize::from(machine.rounds) {
            // Each round another one is the first.
            for n in (0..rivals.len()).map(|n| (n + round) % rivals.len()) {
                let (rival, entry) = (&rivals[n], &mut entries[n]);
                if stop.load(Ordering::Relaxed) {
                    return Err(Failure::interrupted());
                }
                let turn = turn(rival, &row, machine.seconds, directory);
                let place = format!("{name}, {}, round {}, {}", row.title, round + 1, rival.name);
                match &turn {
                    Ok(figures) => {
                        let rate = figures["rate"].as_f64().map(|rate| format!("{rate:.0}/s"));
                        let each = || Some(format!("{:.0} B each", figures["rss"].as_f64()?));
                        let what = rate.or_else(each).unwrap_or_default();
                        output.say(&format!("{place}: {what}"));
                    }
                    Err(why) => output.say(&format!("{place}: {why}")),
                }
                entry.rounds.push(turn.ok());
            }
        }
        let Row { title, arguments, x, .. } = row;
        measured.push(Measured { title, arguments, x, entries });
    }
    let rivals = rivals.into_iter().map(|rival| (rival.name, rival.about)).collect();
    Ok(Compared { name, title, rivals, absent: field.absent, rows: measured, curve })
}

/// One server, one load. Fresh processes each time, so that the luck of one memory layout does
/// not last.
fn turn(rival: &Rival, row: &Row, seconds: f64, directory: &Path) -> Result<Value, String> {
    let server = rival.start(directory).map_err(|error| error.to_string())?;
    let crowd = subscribe(server.addr, row.subscriptions)?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["--json", "-q", "bench"]).args(&row.arguments).arg(server.addr.to_string());
    command.args(["--pid", &server.pid().to_string(), "-d", &seconds.to_string()]);
    if row.arguments.get(1).is_none_or(|word| word != "conn") {
        command.args(["--warmup", &(seconds / 4.0).to_string()]);
    }
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let resident = Process(server.pid()).memory().ok().map(|memory| memory.resident);
    drop(crowd);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(said.lines().last().unwrap_or("it failed without a word").to_owned());
    }
    let record: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let mut figures = record["figures"].clone();
    if let Some(resident) = resident {
        figures["resident"] = json!(resident);
    }
    Ok(figures)
}

/// Somebody with so many subscriptions, of which none matches.
fn subscribe(addr: SocketAddr, count: usize) -> Result<Option<Client>, String> {
    if count == 0 {
        return Ok(None);
    }
    let mut client = Client::connect(addr, Options::new("")).map_err(|error| error.to_string())?;
    client.set_patience(CROWD_PATIENCE);
    let begun = Instant::now();
    let filters: Vec<String> = (0..count).map(|n| format!("crowd/{}/{n}", n % 1000)).collect();
    for (n, some) in filters.chunks(FILTERS).enumerate() {
        if begun.elapsed() > CROWD_PATIENCE {
            let taken = n * FILTERS;
            return Err(format!("only {taken} subscriptions were granted in {CROWD_PATIENCE:?}"));
        }
        let some: Vec<(&str, QoS)> = some.iter().map(|f| (f.as_str(), QoS::AtMostOnce)).collect();
        client.subscribe(&some).map_err(|error| error.to_string())?;
    }
    Ok(Some(client))
}

fn record(compared: &[Compared], machine: &Machine) -> Value {
    let contest = |contest: &Compared| {
        let entry = |entry: &Entry| json!({"server": entry.name, "rounds": entry.rounds});
        let row = |row: &Measured| {
            let entries: Vec<Value> = row.entries.iter().map(entry).collect();
            json!({"title": row.title, "arguments": row.arguments, "entries": entries})
        };
        let rivals: Vec<Value> = contest
            .rivals
            .iter()
            .map(|(name, about)| json!({"server": name, "about": about}))
            .collect();
        let absent = contest.absent.iter();
        let absent = absent.map(|absent| json!({"server": absent.name, "remedy": absent.remedy}));
        json!({
            "name": contest.name,
            "title": contest.title,
            "servers": rivals,
            "absent": absent.collect::<Vec<_>>(),
            "rows": contest.rows.iter().map(row).collect::<Vec<_>>(),
        })
    };
    json!({
        "v": 1,
        "kind": "versus",
        "machine": machine.text(),
        "rounds": machine.rounds,
        "seconds": machine.seconds,
        "contests": compared.iter().map(contest).collect::<Vec<_>>(),
    })
}

impl Machine {
    fn new(rounds: u16, seconds: f64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let about = read("/proc/cpuinfo");
        let model = about.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned());
        let kernel = read("/proc/sys/kernel/osrelease");
        let system = format!("{} {}", std::env::consts::OS, kernel.trim());
        let processor = model.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        Self { cores, processor, system, rounds, seconds }
    }

    fn text(&self) -> String {
        let Self { cores, processor, system, .. } = self;
        format!("{cores} cores ({processor}), {system}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Measured, median};
    use serde_json::json;

    #[test]
    fn medians_and_ratios() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
        let rounds = |values: [f64; 3]| values.map(|rate| Some(json!({"rate": rate}))).to_vec();
        let entries = vec![
            Entry { name: "ours", rounds: rounds([10.0, 20.0, 30.0]) },
            Entry { name: "theirs", rounds: rounds([20.0, 20.0, 10.0]) },
        ];
        let row = Measured { title: String::new(), arguments: Vec::new(), x: 0.0, entries };
        assert_eq!((row.ratio(1, "rate"), row.ratio(1, "cpu")), (Some(1.0), None));
    }
}
