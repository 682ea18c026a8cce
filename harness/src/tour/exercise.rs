//! The lab's exercises: who takes part, and how the play goes. One entry each.
//!
//! It may name the stage. It does not know where the frames come from, nor what they show. The
//! longer plays stand in files of their own.

use clap::ValueEnum;
use std::process::Command;
use std::time::Duration;

use super::stage::{Stage, Trouble};
use super::{mqtt, rest, zmq};
use crate::lang::Word;

/// How fast the roles go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    /// A tenth of a second between messages.
    #[default]
    Fast,
    /// The lab's own: a person at the keyboard.
    Lab,
}

/// One part in an exercise.
#[derive(Debug)]
pub struct Part {
    /// What the exercise calls it: `server`.
    pub role: &'static str,
    /// The name of its host: `tcp-server`.
    pub host: &'static str,
}

impl Part {
    /// Is this part meant by that word: its role, or the beginning that the commands have, `pub`?
    pub fn answers_to(&self, word: &str) -> bool {
        word == self.role || (word.len() == 3 && self.role.starts_with(word))
    }
}

/// One exercise.
#[derive(Debug)]
pub struct Exercise {
    /// What the command line and the capture file call it.
    pub name: &'static str,
    /// What happens in it.
    pub about: Word,
    /// The lab's port.
    pub port: u16,
    /// Who can take part; the first is the one that binds the port.
    pub parts: &'static [Part],
    /// Are all parts but the first the same one's, of which `--workers` says how many play?
    pub has_workers: bool,
    /// Do its first part's host's neighbours grow old during the play, so that they are asked for
    /// again? The kernel's own time for that is longer than a play.
    pub neighbours_age: bool,
    /// The command lines that start its parts, in their order.
    pub lines: fn(&Scene) -> Vec<Line>,
    /// How it goes with these lines.
    pub play: fn(&mut Stage<'_>, &Scene, &[Line]) -> Result<(), Trouble>,
}

/// A command line that starts a part, behind the program's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose.
    pub part: usize,
    /// Its words.
    pub words: Vec<String>,
    /// What a person types to it.
    pub typed: Vec<String>,
}

impl Line {
    /// A line to which nobody types anything.
    pub fn new(part: usize, words: &[&str]) -> Self {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Self { part, words, typed: Vec::new() }
    }

    /// The first line of a part; an empty one if it has none.
    pub fn of(lines: &[Self], part: usize) -> Self {
        let found = lines.iter().find(|line| line.part == part);
        found.cloned().unwrap_or_else(|| Self::new(part, &[]))
    }
}

impl Exercise {
    /// Who takes part, with so many workers.
    pub fn cast(&self, workers: u8) -> &'static [Part] {
        let end = if self.has_workers { 1 + usize::from(workers) } else { self.parts.len() };
        &self.parts[..end.min(self.parts.len())]
    }
}

const TCP_PARTS: &[Part] =
    &[Part { role: "server", host: "tcp-server" }, Part { role: "client", host: "tcp-client" }];

/// Every exercise that there is, in the lab's order.
pub const EXERCISES: &[Exercise] = &[
    Exercise {
        name: "tcp",
        about: Word::new(
            "TCP: what a client types comes back with \"Echo: \" in front of it",
            "TCP: yang diketik klien kembali dengan \"Echo: \" di depannya",
        ),
        port: 2222,
        parts: TCP_PARTS,
        has_workers: false,
        neighbours_age: false,
        lines: tcp_lines,
        play: play_tcp,
    },
    Exercise {
        name: "mqtt",
        about: Word::new(
            "MQTT 3.1.1: a publisher's temperatures go through a broker to a subscriber",
            "MQTT 3.1.1: suhu dari penerbit sampai ke pelanggan melalui broker",
        ),
        port: 1883,
        parts: mqtt::PARTS,
        has_workers: false,
        neighbours_age: true,
        lines: mqtt::lines,
        play: mqtt::play,
    },
    Exercise {
        name: "rest",
        about: Word::new(
            "HTTP/1.1: a client asks for a sum and a product, then for what is neither",
            "HTTP/1.1: klien meminta jumlah dan hasil kali, lalu yang bukan keduanya",
        ),
        port: 5151,
        parts: rest::PARTS,
        has_workers: false,
        neighbours_age: false,
        lines: rest::lines,
        play: rest::play,
    },
    Exercise {
        name: "reqrep",
        about: Word::new(
            "ZMTP 3.1, REQ and REP: a question, its answer, and only then the next",
            "ZMTP 3.1, REQ dan REP: satu pertanyaan, jawabannya, baru kemudian yang berikutnya",
        ),
        port: 5555,
        parts: zmq::REQREP,
        has_workers: false,
        neighbours_age: false,
        lines: zmq::reqrep_lines,
        play: zmq::play_reqrep,
    },
    Exercise {
        name: "pushpull",
        about: Word::new(
            "ZMTP 3.1, PUSH and PULL: work is handed out to workers in turn",
            "ZMTP 3.1, PUSH dan PULL: pekerjaan dibagikan bergiliran kepada para pekerja",
        ),
        port: 9999,
        parts: zmq::PUSHPULL,
        has_workers: true,
        neighbours_age: true,
        lines: zmq::pushpull_lines,
        play: zmq::play_pushpull,
    },
    Exercise {
        name: "pubsub",
        about: Word::new(
            "ZMTP 3.1, PUB and SUB: who subscribed to a topic gets what is published in it",
            "ZMTP 3.1, PUB dan SUB: pelanggan sebuah topik mendapat yang diterbitkan di dalamnya",
        ),
        port: 12345,
        parts: zmq::PUBSUB,
        has_workers: false,
        neighbours_age: false,
        lines: zmq::pubsub_lines,
        play: zmq::play_pubsub,
    },
];

/// The exercise of this name.
pub fn find(name: &str) -> Option<&'static Exercise> {
    EXERCISES.iter().find(|exercise| exercise.name == name)
}

/// Where and how this performance takes place.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The program that plays the roles: ourselves.
    pub program: std::path::PathBuf,
    /// The address that the server binds.
    pub bind: String,
    /// The port that the server binds.
    pub bind_port: u16,
    /// The address that clients connect to.
    pub target: String,
    /// The port that each part connects to, in the order of the parts; the first one's is nobody's.
    pub target_ports: Vec<u16>,
    /// The address that each part is to connect from, where they would have one in common.
    pub own_addresses: Vec<String>,
    /// The roles are not in namespaces that end with us.
    pub on_the_machines_own_network: bool,
    /// How fast.
    pub pace: Pace,
    /// How many messages; `None`: as many as the lab has.
    pub messages: Option<u32>,
    /// At which QoS, where the exercise has one.
    pub qos: u8,
    /// How many workers, where the exercise has some.
    pub workers: u8,
    /// What the exercise with a topic publishes beside it.
    pub also_publish: Option<String>,
    /// `ROLE=COMMAND`: programs of others in our roles' stead.
    pub foreign: Vec<(String, String)>,
}

/// What `ROLE=COMMAND` says, one for each; what is no such pair is left out.
pub fn foreign_programs(arguments: &[String]) -> Vec<(String, String)> {
    let pairs = arguments.iter().filter_map(|one| one.split_once('='));
    pairs.map(|(role, command)| (role.to_owned(), command.to_owned())).collect()
}

/// Did somebody give another's program for this part?
pub fn is_played_by_a_stranger(part: &Part, arguments: &[String]) -> bool {
    foreign_programs(arguments).iter().any(|(word, _)| part.answers_to(word))
}

impl Scene {
    /// The program for a part: another's if one was given, else ourselves with the line's words.
    /// Either finds the scene in its environment, too.
    pub(super) fn program(&self, part: &Part, line: &Line) -> Command {
        let n = line.part;
        let mut command = if let Some(program) = self.stranger(part) {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(program);
            shell
        } else {
            let mut own = Command::new(&self.program);
            // Not the link's name, in what it says of itself.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::arg0(&mut own, "wirelab");
            own.args(&line.words);
            own
        };
        #[cfg(target_os = "linux")]
        if self.on_the_machines_own_network {
            command = crate::lan::role::ending_with_us(&command);
        }
        let host = if n == 0 { &self.bind } else { &self.target };
        let port = if n == 0 { self.bind_port } else { self.target_port(n) };
        command.env("WIRELAB_HOST", host).env("WIRELAB_PORT", port.to_string());
        command
    }

    /// Another's program in this part.
    pub(super) fn stranger(&self, part: &Part) -> Option<&str> {
        let found = self.foreign.iter().find(|(word, _)| part.answers_to(word));
        found.map(|(_, line)| line.as_str())
    }

    /// The port that part `n` connects to.
    pub(super) fn target_port(&self, n: usize) -> u16 {
        self.target_ports.get(n).copied().unwrap_or(self.bind_port)
    }

    /// From one thing that a person does to the next.
    pub(super) fn between_messages(&self) -> Duration {
        match self.pace {
            Pace::Fast => Duration::from_millis(100),
            Pace::Lab => Duration::from_millis(500),
        }
    }
}

/// The texts of the report's TCP exercise.
const TCP_TEXTS: [&str; 3] = ["halo", "ingin mencoba untuk mengirim pesan", "apakah berhasil"];

const SERVER: usize = 0;
const CLIENT: usize = 1;

/// A server for one client, and a person at the client's keyboard.
fn tcp_lines(scene: &Scene) -> Vec<Line> {
    let (bind_port, port) = (scene.bind_port.to_string(), scene.target_port(CLIENT).to_string());
    let server = ["echo", "serve", "-p", &bind_port, "--bind", &scene.bind, "--once"];
    let mut client = Line::new(CLIENT, &["echo", "connect", &scene.target, "-p", &port]);
    let count = scene.messages.map_or(TCP_TEXTS.len(), |n| n as usize);
    let texts = TCP_TEXTS.iter().cycle().take(count).chain(&["bye"]);
    client.typed = texts.map(|&text| text.to_owned()).collect();
    vec![Line::new(SERVER, &server), client]
}

fn play_tcp(stage: &mut Stage<'_>, scene: &Scene, lines: &[Line]) -> Result<(), Trouble> {
    let client = Line::of(lines, CLIENT);
    stage.start(SERVER, scene.program(&TCP_PARTS[SERVER], &Line::of(lines, SERVER)))?;
    stage.wait_for(SERVER, &["listening on"])?;
    stage.start(CLIENT, scene.program(&TCP_PARTS[CLIENT], &client))?;
    for (n, text) in client.typed.iter().enumerate() {
        stage.wait_for(CLIENT, &["message:"])?;
        stage.pause(scene.between_messages())?;
        stage.type_line(CLIENT, text)?;
        if n + 1 < client.typed.len() {
            stage.wait_for(CLIENT, &["received from server"])?;
        }
    }
    stage.wait_success(CLIENT)?;
    stage.wait_success(SERVER)
}
