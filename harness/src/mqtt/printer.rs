//! The observer of `mqtt sub`: which messages are printed, and when it is time to leave.
//!
//! It knows events and stdout. It does not know connections.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::mpsc;
use wirelab_mqtt::client::event::Arrived;
use wirelab_mqtt::client::{Command, Ended, Event, Message, Observer, Seen};
use wirelab_mqtt::{Packet, QoS, topic};
use wirelab_reactor::random::Random;
use wirelab_reactor::{Sender, Stopper};

use super::debug::Debug;
use super::format::{Form, Style};
use super::patience::Patience;
use super::run::Run;
use crate::output::{Output, escape_controls};

/// Bytes of output that are gathered before they are written; at the latest at the end of a turn.
const GATHERED_MAX: usize = 64 * 1024;

/// Which messages are printed, and when to end.
#[derive(Debug, Default)]
pub struct Rules {
    /// `-T`.
    pub filter_out: Vec<String>,
    /// `-R`.
    pub no_retained: bool,
    /// `--retained-only`.
    pub retained_only: bool,
    /// `--remove-retained`.
    pub remove_retained: bool,
    /// `--random-filter`.
    pub percent: Option<f64>,
    /// `-C`: how many are still to come.
    pub count: Option<u64>,
    /// `-E`: answers that are still to come.
    pub answers: Option<usize>,
    /// `-W`, which is to hear when all is done.
    pub patience: Patience,
}

/// How it ended, whether the connection had stood, and whether no subscription was granted.
pub type Report = (Ended, bool, bool);

/// What a message looks like.
#[derive(Debug)]
pub struct Look {
    /// `-v`, `-F`.
    pub form: Form,
    /// `--pretty`, and whether stdout is a terminal.
    pub style: Style,
    /// Not `-N`.
    pub newline: bool,
    /// `-d`.
    pub debug: Option<Debug>,
    /// `--lab`: the host and the topics that its texts name.
    pub lab: Option<(String, Vec<(String, QoS)>)>,
    /// `--json`, and the way for complaints.
    pub output: Output,
}

/// Prints.
pub struct Printer {
    rules: Rules,
    look: Look,
    commands: Sender<Command>,
    stopper: Stopper,
    report: mpsc::Sender<Report>,
    random: Random,
    gathered: Vec<u8>,
    /// Retained messages to be cleared with the next command, and those under way.
    to_clear: Vec<(u64, Message)>,
    clearing: usize,
    /// No more messages are wanted: we leave when nothing is being cleared any more.
    leaving: bool,
    stood: bool,
    granted_none: bool,
    gone: bool,
}

impl Printer {
    /// Prints by these rules; `run` is the client's, `report` hears how it ended.
    pub fn new(rules: Rules, look: Look, run: &Run, report: mpsc::Sender<Report>) -> Self {
        // `--random-filter` needs chance and no secrets.
        let seed = u64::from(std::process::id());
        Self {
            rules,
            look,
            commands: run.commands.clone(),
            stopper: run.stopper.clone(),
            report,
            random: Random::new(seed),
            gathered: Vec::new(),
            to_clear: Vec::new(),
            clearing: 0,
            leaving: false,
            stood: false,
            granted_none: false,
            gone: false,
        }
    }

    fn on_connected(&mut self) {
        self.stood = true;
        if let Some((host, _)) = &self.look.lab {
            let text = format!("Berhasil terhubung ke broker MQTT {host}\n");
            self.gathered.extend(text.bytes());
        }
    }

    fn on_message(&mut self, arrived: &Arrived) -> ControlFlow<()> {
        let Message { topic: name, retain, .. } = &arrived.message;
        if self.leaving {
            return ControlFlow::Continue(());
        }
        if self.rules.filter_out.iter().any(|filter| topic::matches(filter, name)) {
            return ControlFlow::Continue(());
        }
        if *retain && self.rules.remove_retained {
            // An empty retained message clears the one that is kept.
            self.to_clear.push((0, Message::new(name.clone(), &b""[..]).retain(true)));
            self.clearing += 1;
        }
        if self.rules.retained_only && !retain {
            return self.leave();
        }
        if *retain && self.rules.no_retained {
            return ControlFlow::Continue(());
        }
        if let Some(percent) = self.rules.percent {
            // In hundredths of a percent, as mosquitto does.
            let chance = (percent * 100.0).round();
            if self.random.below(10_000) as f64 >= chance {
                return ControlFlow::Continue(());
            }
        }
        self.print(arrived);
        match &mut self.rules.count {
            Some(left) => {
                *left -= 1;
                if *left == 0 { self.leave() } else { ControlFlow::Continue(()) }
            }
            None => ControlFlow::Continue(()),
        }
    }

    /// At once, if nothing is being cleared: then nothing more is taken from the broker.
    fn leave(&mut self) -> ControlFlow<()> {
        self.leaving = true;
        if self.clearing == 0 { self.end() } else { ControlFlow::Continue(()) }
    }

    /// All is done; how long the broker takes to see us off is not counted.
    fn end(&self) -> ControlFlow<()> {
        self.rules.patience.done();
        ControlFlow::Break(())
    }

    fn print(&mut self, arrived: &Arrived) {
        let message = &arrived.message;
        if self.look.lab.is_some() {
            let payload = escape_controls(&message.payload);
            let name = escape_controls(message.topic.as_bytes());
            let line = format!("Received message: {payload} (Topic: {name})\n");
            self.gathered.extend(line.bytes());
        } else if self.look.output.json {
            self.gathered.extend(json_line(arrived).bytes());
        } else {
            if self.look.form.write(arrived, self.look.style, &mut self.gathered).is_err() {
                let name = escape_controls(message.topic.as_bytes());
                self.look
                    .output
                    .error(&format!("the message to {name} is not JSON, as %J needs it"));
            }
            if self.look.newline {
                self.gathered.push(b'\n');
            }
        }
        if self.gathered.len() >= GATHERED_MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let mut stdout = io::stdout().lock();
        if stdout.write_all(&self.gathered).and_then(|()| stdout.flush()).is_err() {
            // Nobody reads any more (`| head`): there is nobody to print for.
            self.gone = true;
            let _ = self.stopper.stop();
        }
        self.gathered.clear();
    }

    fn on_answer(&mut self) -> ControlFlow<()> {
        match &mut self.rules.answers {
            Some(left) => {
                *left = left.saturating_sub(1);
                if *left == 0 { self.end() } else { ControlFlow::Continue(()) }
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn on_subscribed(&mut self, id: u16, codes: &[Option<QoS>]) -> ControlFlow<()> {
        if self.look.debug.is_some() {
            let code = |code: &Option<QoS>| code.map_or(128, |qos| qos as u8).to_string();
            let codes: Vec<String> = codes.iter().map(code).collect();
            let line = format!("Subscribed (mid: {id}): {}\n", codes.join(", "));
            self.gathered.extend(line.bytes());
        }
        // The lab's own says so when it asks; whoever reads it here may begin to publish.
        if let Some((_, filters)) = &self.look.lab {
            let mut text = String::new();
            for (filter, _) in filters {
                let _ = writeln!(text, "Berlangganan topik: {filter}");
            }
            self.gathered.extend(text.bytes());
        }
        if codes.iter().all(Option::is_none) {
            self.granted_none = true;
            return self.end();
        }
        self.on_answer()
    }
}

impl Observer for Printer {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        match event {
            _ if self.gone && !matches!(event, Event::Ended(_)) => ControlFlow::Break(()),
            Event::Connected { .. } => {
                self.on_connected();
                ControlFlow::Continue(())
            }
            Event::Message(arrived) => self.on_message(&arrived),
            Event::Subscribed { packet_id, codes, .. } => {
                self.on_subscribed(packet_id.get(), &codes)
            }
            Event::Unsubscribed(_) => self.on_answer(),
            Event::Published(_) => {
                self.clearing = self.clearing.saturating_sub(1);
                let done = self.leaving && self.clearing == 0;
                if done { self.end() } else { ControlFlow::Continue(()) }
            }
            Event::Resubscribed(_) => ControlFlow::Continue(()),
            Event::Lost { why, wait } => {
                self.look
                    .output
                    .say(&format!("connection lost: {why}; trying again in {wait:.1?}"));
                ControlFlow::Continue(())
            }
            Event::Ended(ended) => {
                self.flush();
                let _ = self.report.send((ended, self.stood, self.granted_none));
                let _ = self.stopper.stop_now();
                ControlFlow::Continue(())
            }
        }
    }

    fn on_packet(&mut self, seen: &Seen) {
        if let Some(debug) = &mut self.look.debug {
            for line in debug.lines(seen) {
                self.gathered.extend(line.bytes());
                self.gathered.push(b'\n');
            }
        }
        if let (Some(_), false, Seen::Sent(Packet::Connect(_))) = (&self.look.lab, self.stood, seen)
        {
            self.gathered.extend("Menunggu pesan... (Tekan Ctrl+C untuk keluar)\n".bytes());
        }
    }

    fn watches(&self) -> bool {
        self.look.debug.is_some() || self.look.lab.is_some()
    }

    fn on_turn_end(&mut self) {
        self.flush();
        if !self.to_clear.is_empty() {
            let batch = std::mem::take(&mut self.to_clear);
            // Full: then with the next turn's.
            if let Err(wirelab_reactor::mailbox::PostError::Full(Command::PublishAll(batch))) =
                self.commands.try_post(Command::PublishAll(batch))
            {
                self.to_clear = batch;
            }
        }
    }
}

/// `--json`: one object for each message.
fn json_line(arrived: &Arrived) -> String {
    let message = &arrived.message;
    let mut line = json!({
        "v": 1,
        "kind": "message",
        "topic": &*message.topic,
        "qos": message.qos as u8,
        "retain": message.retain,
        "dup": arrived.dup,
        "packet_id": arrived.packet_id,
    });
    if let Ok(text) = std::str::from_utf8(&message.payload) {
        line["payload"] = text.into();
    } else {
        line["payload_base64"] = STANDARD.encode(&message.payload).into();
    }
    format!("{line}\n")
}
