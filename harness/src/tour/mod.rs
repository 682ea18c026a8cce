//! `wirelab tour`: each exercise from its first frame to its analysis, in one command.
//!
//! It may name every part of the lab and only puts them together: the exercise (`exercise`), the
//! place where it is played and recorded (`venue`), the screen (`columns`), the file (`pcapng`)
//! and the account of it (`explain`). It does not know protocols, and not how a LAN is built.

pub mod columns;
pub mod event;
pub mod exercise;
pub mod mqtt;
#[cfg(target_os = "linux")]
pub mod recorder;
mod report;
pub mod rest;
mod split;
pub mod stage;
pub mod venue;
pub mod zmq;

use clap::{Args, ValueEnum};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Failure;
use crate::explain::report::ReportFile;
use crate::explain::step::Steps;
use crate::explain::{self, Beside};
use crate::frame::LinkType;
use crate::lang::{Lang, say};
use crate::output::{Output, escape_controls};
use crate::pcapng::{Interface, Statistics, Writer, comment_on};
use exercise::{EXERCISES, Exercise, Pace};
use venue::{Performance, Venue};

/// Where the frames come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Net {
    /// The best of the others that this machine allows.
    #[default]
    Auto,
    /// A LAN of our own: real frames, from the first ARP on.
    Netns,
    /// The loopback interface: real segments, no ARP; needs the right to capture.
    Lo,
    /// A relay between the roles: real data, synthesised headers; always possible.
    Tap,
}

/// Arguments.
#[derive(Clone, Debug, Default, Args)]
pub struct Arguments {
    /// Which exercise, or `all`.
    #[arg(value_name = "EXERCISE", help = offer())]
    pub exercise: Option<String>,
    /// Where the frames come from.
    #[arg(long, value_enum, default_value = "auto", env = "WIRELAB_NET")]
    pub net: Net,
    /// A tenth of a second between messages (the default).
    #[arg(long, conflicts_with = "lab")]
    pub fast: bool,
    /// The lab's own pace.
    #[arg(long)]
    pub lab: bool,
    /// How many messages, the lab's texts repeat; in rest, how many pairs of a sum and a product.
    #[arg(short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub messages: Option<u32>,
    /// The QoS of the MQTT exercise's messages, on both hops.
    #[arg(long, value_name = "0..2", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=2))]
    pub qos: u8,
    /// How many workers the pushpull exercise has, instead of one.
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=i64::from(zmq::WORKERS_MAX)))]
    pub workers: Option<u8>,
    /// A topic that the pubsub exercise publishes beside the one that is subscribed to.
    #[arg(long, value_name = "TOPIC")]
    pub also_publish: Option<String>,
    /// Where the capture goes: a directory, or a file if it ends in .pcapng.
    #[arg(short = 'w', value_name = "DIR|FILE.pcapng")]
    pub write: Option<PathBuf>,
    /// Play nothing: print each role's commands, for a terminal each, in the order in which they
    /// are started, with what records the frames on this machine's loopback.
    #[arg(long, conflicts_with_all = ["step", "report"])]
    pub split: bool,
    /// Show the account frame by frame: Enter shows the next, q ends. The play itself is not held;
    /// where stdin ends, the rest is shown at once.
    #[arg(long)]
    pub step: bool,
    /// Write a report, too, in one file: a chapter per exercise with setup, screens, ladder,
    /// frames, analysis, and what each frame shows.
    #[arg(long, value_name = "FILE.md|FILE.html")]
    pub report: Option<PathBuf>,
    /// Another's program as a role; it finds the other side in WIRELAB_HOST and WIRELAB_PORT.
    #[arg(long, value_name = "ROLE=COMMAND")]
    pub foreign: Vec<String>,
}

impl Arguments {
    /// How many workers there are.
    pub fn workers(&self) -> u8 {
        self.workers.unwrap_or(1)
    }

    /// The pace that was asked for.
    pub fn pace(&self) -> Pace {
        if self.lab { Pace::Lab } else { Pace::Fast }
    }
}

/// Does it.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let exercises = chosen(arguments)?;
    check_foreign(arguments, &exercises)?;
    if arguments.split {
        return split::print(&exercises, arguments, output);
    }
    let titles: Vec<_> = exercises.iter().map(|one| one.name.to_owned()).collect();
    let begin = |path: &PathBuf| ReportFile::begin(path, &titles, output.lang);
    let mut page = arguments.report.as_ref().map(begin).transpose()?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // A second one ends us at once, whatever we are waiting for; the LAN ends with us.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|e| Failure::failed(format!("signals cannot be caught: {e}")))?;
    }
    let mut steps = arguments.step.then(|| Steps::begin(Arc::clone(&stop), output));
    for exercise in exercises {
        account(exercise, arguments, &stop, output, page.as_mut(), steps.as_mut())?;
        if steps.as_ref().is_some_and(Steps::have_ended) {
            break;
        }
    }
    if let (Some(page), Some(path)) = (page, &arguments.report) {
        page.finish()?;
        output.say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// One exercise: the play, the file, the account of it, and a chapter of the report.
fn account(
    exercise: &'static Exercise,
    arguments: &Arguments,
    stop: &Arc<AtomicBool>,
    output: &Output,
    page: Option<&mut ReportFile>,
    mut steps: Option<&mut Steps>,
) -> Result<(), Failure> {
    let path = file_for(arguments, exercise)?;
    let mut performance = venue::perform(exercise, arguments, stop, output)?;
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::interrupted());
    }
    if !output.json {
        let _ = writeln!(io::stdout());
    }
    write(&path, &performance, output.lang)?;
    output.say(&format!("wrote {} ({} frames)", path.display(), performance.frames.len()));
    let dropped = performance.account.dropped;
    if dropped > 0 {
        return Err(Failure::failed(format!(
            "{dropped} frames dropped by the kernel: the capture has gaps; try again"
        )));
    }
    let mut chapter = report::chapter(exercise, arguments, &mut performance, output.lang);
    if performance.venue == Venue::Tap {
        let text = say!(
            output.lang,
            "only the data of these frames is real; their headers are synthesised",
            "hanya data pada frame-frame ini yang nyata; header-nya buatan (synthesised)"
        );
        note(&text, output);
        chapter.remarks.push(text);
    }
    let options = explain::Options::default();
    let wanted = page.is_some().then_some(&mut chapter);
    let beside = Beside { chapter: wanted, steps: steps.as_deref_mut() };
    explain::explain_beside(&path, &options, output, beside)?;
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::interrupted());
    }
    if let ("pubsub", Some(topic)) = (exercise.name, &arguments.also_publish) {
        let text = zmq::filtering(&performance.frames, topic, output.lang);
        if !steps.is_some_and(|steps| steps.have_ended()) {
            note(&text, output);
        }
        chapter.remarks.push(escape_controls(text.as_bytes()));
    }
    page.map_or(Ok(()), |page| page.chapter(&chapter))
}

/// What belongs to the account; with `--json` it is talk.
fn note(text: &str, output: &Output) {
    let text = escape_controls(text.as_bytes());
    let line = say!(output.lang, "note: {text}", "catatan: {text}");
    if output.json {
        output.say(&line);
    } else {
        let _ = writeln!(io::stdout(), "{line}");
    }
}

/// What `--help` says of the exercises, so that it lists those that there are.
fn offer() -> String {
    let names: Vec<_> = EXERCISES.iter().map(|one| one.name).collect();
    format!("Which exercise: {}; or all, which is the default", names.join(", "))
}

fn chosen(arguments: &Arguments) -> Result<Vec<&'static Exercise>, Failure> {
    let name = arguments.exercise.as_deref().unwrap_or("all");
    let exercises: Vec<_> =
        EXERCISES.iter().filter(|one| name == "all" || one.name == name).collect();
    if exercises.is_empty() {
        let names: Vec<_> = EXERCISES.iter().map(|one| one.name).collect();
        return Err(Failure::usage(format!(
            "there is no exercise {name:?}; there are: {}, all",
            names.join(", ")
        )));
    }
    Ok(exercises)
}

fn check_foreign(arguments: &Arguments, exercises: &[&Exercise]) -> Result<(), Failure> {
    for foreign in &arguments.foreign {
        let role = foreign.split_once('=').map(|(role, _)| role).ok_or_else(|| {
            Failure::usage(format!("--foreign {foreign:?}: expected ROLE=COMMAND"))
        })?;
        let has_it = |one: &&&Exercise| one.parts.iter().any(|part| part.answers_to(role));
        let names: Vec<_> = exercises.iter().filter(has_it).map(|one| one.name).collect();
        if names.is_empty() {
            let parts = exercises.iter().flat_map(|one| one.parts);
            let mut roles: Vec<_> = parts.map(|part| part.role).collect();
            roles.sort_unstable();
            roles.dedup();
            return Err(Failure::usage(format!(
                "--foreign: no role {role:?}; the roles are: {}",
                roles.join(", ")
            )));
        }
        // One program cannot be the server of two.
        if names.len() > 1 {
            return Err(Failure::usage(format!(
                "--foreign: {role:?} is a role in more than one exercise: name {}",
                names.join(" or ")
            )));
        }
    }
    Ok(())
}

/// Where the capture goes; its directory is made, and one that cannot be is found out before
/// the play.
fn file_for(arguments: &Arguments, exercise: &Exercise) -> Result<PathBuf, Failure> {
    let asked = arguments.write.clone().unwrap_or_else(|| PathBuf::from("captures"));
    let path = if asked.extension().is_some_and(|e| e == "pcapng") {
        if arguments.exercise.as_deref().is_none_or(|name| name == "all") && EXERCISES.len() > 1 {
            return Err(Failure::usage(
                "-w FILE.pcapng holds one exercise: name it, or give a DIR",
            ));
        }
        asked
    } else {
        asked.join(format!("{}.pcapng", exercise.name))
    };
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(|e| {
            Failure::failed(format!("cannot make {}: {e}; use -w DIR", directory.display()))
        })?;
    }
    Ok(path)
}

/// Writes what was recorded, with the names and the comments of the analysis.
fn write(path: &Path, performance: &Performance, lang: Lang) -> Result<(), Failure> {
    let frames = &performance.frames;
    let comments = explain::comments(frames, &performance.names, lang);
    let failed =
        |e: std::io::Error| Failure::failed(format!("cannot write {}: {e}", path.display()));
    let file = BufWriter::new(File::create(path).map_err(failed)?);
    let venue = performance.venue;
    let work = || -> std::io::Result<()> {
        let mut writer = Writer::new(file, venue.section_comment(lang).as_deref())?;
        let interface = writer.interface(&Interface {
            name: venue.interface(),
            description: Some(venue.description()),
            link_type: frames.first().map_or(LinkType::ETHERNET, |frame| frame.link_type),
            snap_len: 0,
        })?;
        writer.names(&performance.names)?;
        for (n, frame) in frames.iter().enumerate() {
            let said = comments.get(n).map_or("", String::as_str);
            writer.frame(interface, frame, Some(&comment_on(frame, said)))?;
        }
        let account = performance.account;
        writer.statistics(
            interface,
            &Statistics {
                start_ns: account.start_ns,
                end_ns: account.end_ns,
                received: account.received,
                dropped: account.dropped,
            },
        )?;
        writer.finish().map(drop)
    };
    work().map_err(failed)
}
