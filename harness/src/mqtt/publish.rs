//! `wirelab mqtt pub`: mosquitto_pub, and with `--lab` the lab's `pub.py`.
//!
//! It knows where messages come from and what is printed of them. Who delivers them is the
//! client's business.

use bytes::Bytes;
use clap::Args;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use wirelab_mqtt::client::{Command, Ended, Event, Message, Observer, Seen};
use wirelab_mqtt::limits::REMAINING_LENGTH_MAX;
use wirelab_mqtt::{QoS, topic};
use wirelab_reactor::{Sender, Stopper};

use super::debug::Debug;
use super::options::{Connection, bytes_of, qos};
use super::run::{Run, hushed, judge};
use crate::exit::Failure;
use crate::output::Output;

/// The lab's topic, payload and pace.
const LAB_TOPIC: &str = "sister/temp";
const LAB_PAYLOAD: &str = "Suhu: 28°C";
const LAB_DELAY: f64 = 1.0;

/// Lines that are handed to the client at once, and bytes of them.
const LINES_AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 64 * 1024;

/// Arguments of `mqtt pub`.
#[derive(Debug, Args)]
// As with mosquitto's: what is said twice counts as it was said last.
#[command(disable_help_flag = true, disable_version_flag = true, args_override_self = true)]
#[command(group = clap::ArgGroup::new("what").multiple(false))]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// The topic to publish to.
    #[arg(short, long, allow_hyphen_values = true)]
    topic: Option<String>,
    /// The message.
    #[arg(short, long, allow_hyphen_values = true, group = "what")]
    message: Option<OsString>,
    /// A file as the message.
    #[arg(short, long, group = "what")]
    file: Option<PathBuf>,
    /// Each line of stdin as a message.
    #[arg(short = 'l', long, group = "what")]
    stdin_line: bool,
    /// All of stdin as the message.
    #[arg(short, long, group = "what")]
    stdin_file: bool,
    /// An empty message.
    #[arg(short, long, group = "what")]
    null_message: bool,
    /// The messages' QoS.
    #[arg(short, long, value_parser = qos, default_value = "0")]
    qos: QoS,
    /// The broker is to keep the message for later subscribers.
    #[arg(short, long)]
    retain: bool,
    /// Publish so many times (with -m, -f, -s and -n).
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    repeat: Option<u64>,
    /// Wait so many seconds after each of them.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    repeat_delay: Option<Duration>,
    /// Be the lab's publisher: `Suhu: 28°C` to `sister/temp` every second until ^C, or --repeat
    /// times, with its texts.
    #[arg(long)]
    lab: bool,
}

/// Publishes.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let mut target = arguments.connection.target()?;
    let plan = Plan::new(arguments, target.topic.take())?;
    // The lab's publisher does not wait for CONNACK, which is legal.
    target.options.eager = arguments.lab;
    if arguments.lab {
        output.line(&format!("Menghubungkan ke {}...", target.host));
    }
    let run = Run::new(&target)?;
    let (tell, published) = mpsc::channel();
    let (report, ended) = mpsc::channel();
    let watcher = Watcher {
        debug: arguments.connection.debug.then(|| Debug::new(&target.options.connect.client_id)),
        tell: plan.waits().then_some(tell),
        report,
        stood: false,
        stopper: run.stopper.clone(),
        output: output.clone(),
        lab: arguments.lab,
    };
    let (commands, interrupted) = (run.commands.clone(), run.interrupted.clone());
    let first = plan.first();
    let feeder = thread::spawn(move || plan.feed(&commands, &published));
    let ran = run.run(&target, first, watcher);
    let was_interrupted = interrupted.load(Ordering::Acquire);
    if arguments.lab {
        output.line("Publisher dihentikan.");
    }
    let verdict = match ended.try_iter().last() {
        _ if was_interrupted && arguments.lab => Ok(()),
        _ if was_interrupted => Err(Failure::interrupted()),
        Some((ended, stood)) => judge(Some(ended), &target, stood),
        None => Ok(()),
    };
    // A feeder that still reads stdin ends with the program; one that has ended says how.
    let fed = if feeder.is_finished() { feeder.join().unwrap_or(Ok(())) } else { Ok(()) };
    ran.and(verdict).and(fed).map_err(|failure| hushed(failure, arguments.connection.quiet))
}

/// What is to be published.
struct Plan {
    topic: Arc<str>,
    qos: QoS,
    retain: bool,
    source: Source,
    /// How many times; `None`: for ever.
    times: Option<u64>,
    delay: Option<Duration>,
}

enum Source {
    /// This.
    Payload(Bytes),
    /// Each line of stdin.
    Lines,
}

impl Plan {
    fn new(arguments: &Arguments, url_topic: Option<String>) -> Result<Self, Failure> {
        let lab_topic = arguments.lab.then(|| LAB_TOPIC.to_owned());
        let topic = arguments.topic.clone().or(url_topic).or(lab_topic);
        let topic = topic.ok_or_else(|| Failure::usage("a topic is needed: -t"))?;
        topic::check_name(&topic).map_err(|error| {
            Failure::usage(format!("-t {topic}: {error}; + and # are for subscribers"))
        })?;
        let source = source(arguments)?;
        let once = if arguments.lab { None } else { Some(1) };
        let lab_delay = arguments.lab.then(|| Duration::from_secs_f64(LAB_DELAY));
        let plan = Self {
            topic: topic.into(),
            qos: arguments.qos,
            retain: arguments.retain,
            source,
            times: arguments.repeat.or(once),
            delay: arguments.repeat_delay.or(lab_delay).filter(|delay| !delay.is_zero()),
        };
        if let Source::Payload(payload) = &plan.source {
            plan.message(payload.clone()).check().map_err(Failure::usage)?;
        }
        Ok(plan)
    }

    /// Must each message be delivered before the next one?
    fn waits(&self) -> bool {
        self.delay.is_some()
    }

    fn message(&self, payload: Bytes) -> Message {
        Message::new(self.topic.clone(), payload).qos(self.qos).retain(self.retain)
    }

    /// What the client is given before it begins: then an eager one has it behind its CONNECT.
    fn first(&self) -> Vec<Command> {
        match &self.source {
            Source::Payload(payload) => vec![Command::Publish(1, self.message(payload.clone()))],
            Source::Lines => Vec::new(),
        }
    }

    /// Hands the rest of it to the client, and tells it to finish.
    fn feed(&self, commands: &Sender<Command>, published: &Receiver<()>) -> Result<(), Failure> {
        let fed = match &self.source {
            Source::Payload(payload) => {
                self.feed_one(payload, commands, published);
                Ok(())
            }
            Source::Lines => self.feed_lines(commands),
        };
        // A client that is gone needs no more.
        let _ = commands.post(Command::Finish);
        fed
    }

    fn feed_one(&self, payload: &Bytes, commands: &Sender<Command>, published: &Receiver<()>) {
        let times = self.times.unwrap_or(u64::MAX);
        for n in 1..=times {
            let message = || self.message(payload.clone());
            // The first one was given to it.
            if n > 1 && commands.post(Command::Publish(n, message())).is_err() {
                return;
            }
            // The pause begins when the message is delivered.
            let Some(delay) = self.delay else { continue };
            if n == times || published.recv().is_err() {
                return;
            }
            match published.recv_timeout(delay) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return,
            }
        }
    }

    fn feed_lines(&self, commands: &Sender<Command>) -> Result<(), Failure> {
        let mut stdin = io::BufReader::with_capacity(BYTES_AT_ONCE, io::stdin().lock());
        let mut batch = Vec::new();
        let mut bytes = 0;
        loop {
            let mut line = Vec::new();
            let most = REMAINING_LENGTH_MAX as u64;
            let read = stdin.by_ref().take(most).read_until(b'\n', &mut line);
            let n = read.map_err(|error| Failure::failed(format!("stdin: {error}")))?;
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if n > 0 {
                bytes += line.len();
                let message = self.message(line.into());
                message.check().map_err(Failure::failed)?;
                batch.push((0, message));
            }
            // What has been read is sent before more is waited for.
            let waits = !stdin.buffer().contains(&b'\n');
            let full = batch.len() >= LINES_AT_ONCE || bytes >= BYTES_AT_ONCE;
            if !batch.is_empty() && (n == 0 || waits || full) {
                let batch = std::mem::take(&mut batch);
                if commands.post(Command::PublishAll(batch)).is_err() {
                    return Ok(());
                }
                bytes = 0;
            }
            if n == 0 {
                return Ok(());
            }
        }
    }
}

fn source(arguments: &Arguments) -> Result<Source, Failure> {
    let all = |mut reader: Box<dyn Read>, name: &str| {
        let mut payload = Vec::new();
        let read = reader.by_ref().take(REMAINING_LENGTH_MAX as u64 + 1).read_to_end(&mut payload);
        read.map_err(|error| Failure::failed(format!("{name}: {error}")))?;
        Ok(Source::Payload(payload.into()))
    };
    if let Some(message) = &arguments.message {
        return Ok(Source::Payload(bytes_of(message)));
    }
    if let Some(path) = &arguments.file {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| Failure::failed(format!("{name}: {e}")))?;
        return all(Box::new(file), &name);
    }
    match (arguments.stdin_line, arguments.stdin_file, arguments.null_message, arguments.lab) {
        (true, ..) => Ok(Source::Lines),
        (_, true, ..) => match all(Box::new(io::stdin()), "stdin")? {
            // Most likely the command before the pipe has failed; and with -r an empty message
            // would clear what is retained.
            Source::Payload(payload) if payload.is_empty() => {
                Err(Failure::failed("stdin is empty; an empty message is sent with -n"))
            }
            whole => Ok(whole),
        },
        (_, _, true, _) => Ok(Source::Payload(Bytes::new())),
        (.., true) => Ok(Source::Payload(Bytes::from_static(LAB_PAYLOAD.as_bytes()))),
        _ => Err(Failure::usage("a message is needed: -m, -f, -l, -s or -n")),
    }
}

/// Seconds, with a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a time that can be waited".to_owned())
}

/// Sees what becomes of the messages.
struct Watcher {
    debug: Option<Debug>,
    /// To the feeder, for each message that is delivered.
    tell: Option<mpsc::Sender<()>>,
    report: mpsc::Sender<(Ended, bool)>,
    stood: bool,
    stopper: Stopper,
    output: Output,
    lab: bool,
}

impl Observer for Watcher {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        match event {
            Event::Connected { .. } => self.stood = true,
            Event::Published(_) => {
                if let Some(tell) = &self.tell {
                    // A feeder that has ended waits for nothing.
                    let _ = tell.send(());
                }
            }
            Event::Lost { why, wait } => {
                self.output.say(&format!("connection lost: {why}; trying again in {wait:.1?}"));
            }
            Event::Ended(ended) => {
                self.tell = None;
                let _ = self.report.send((ended, self.stood));
                let _ = self.stopper.stop_now();
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn on_packet(&mut self, seen: &Seen) {
        if let Some(debug) = &mut self.debug {
            for line in debug.lines(seen) {
                self.output.line(&line);
            }
        }
        if let (true, Seen::Sent(wirelab_mqtt::Packet::Publish(publish))) = (self.lab, seen) {
            let payload = crate::output::escape_controls(&publish.payload);
            self.output.line(&format!("Published: {payload}"));
        }
    }

    fn watches(&self) -> bool {
        self.debug.is_some() || self.lab
    }
}
