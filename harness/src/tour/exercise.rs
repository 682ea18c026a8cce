//! The lab's exercises: who takes part, and how the play goes. One entry each.
//!
//! It may name the stage. It does not know where the frames come from, nor what they show.

use clap::ValueEnum;
use std::process::Command;
use std::time::Duration;

use super::stage::{Stage, Trouble};

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

/// One exercise.
#[derive(Debug)]
pub struct Exercise {
    /// What the command line and the capture file call it.
    pub name: &'static str,
    /// The lab's port.
    pub port: u16,
    /// Who takes part; the first is the one that binds the port.
    pub parts: &'static [Part],
    /// How it goes.
    pub play: fn(&mut Stage<'_>, &Scene) -> Result<(), Trouble>,
}

/// Every exercise that there is, in the lab's order.
pub const EXERCISES: &[Exercise] = &[Exercise {
    name: "tcp",
    port: 2222,
    parts: &[
        Part { role: "server", host: "tcp-server" },
        Part { role: "client", host: "tcp-client" },
    ],
    play: play_tcp,
}];

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
    /// The port that clients connect to.
    pub target_port: u16,
    /// The roles are not in namespaces that end with us.
    pub on_the_machines_own_network: bool,
    /// How fast.
    pub pace: Pace,
    /// How many messages; `None`: as many as the lab has.
    pub messages: Option<u32>,
    /// `ROLE=COMMAND`: programs of others in our roles' stead.
    pub foreign: Vec<(String, String)>,
}

/// What `ROLE=COMMAND` says, one for each; what is no such pair is left out.
pub fn foreign_programs(arguments: &[String]) -> Vec<(String, String)> {
    let pairs = arguments.iter().filter_map(|one| one.split_once('='));
    pairs.map(|(role, command)| (role.to_owned(), command.to_owned())).collect()
}

impl Scene {
    /// The program for a role: another's if one was given, else ourselves with `arguments`.
    /// Either finds the scene in its environment, too.
    fn program(&self, role: &str, arguments: &[&str]) -> Command {
        let foreign = self.foreign.iter().find(|(name, _)| name == role);
        let mut command = if let Some((_, line)) = foreign {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(line);
            shell
        } else {
            let mut own = Command::new(&self.program);
            // Not the link's name, in what it says of itself.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::arg0(&mut own, "wirelab");
            own.args(arguments);
            own
        };
        #[cfg(target_os = "linux")]
        if self.on_the_machines_own_network {
            command = crate::lan::role::ending_with_us(&command);
        }
        let (host, port) = if role == "server" {
            (&self.bind, self.bind_port)
        } else {
            (&self.target, self.target_port)
        };
        command.env("WIRELAB_HOST", host).env("WIRELAB_PORT", port.to_string());
        command
    }

    fn between_messages(&self) -> Duration {
        match self.pace {
            Pace::Fast => Duration::from_millis(100),
            Pace::Lab => Duration::from_millis(500),
        }
    }
}

/// The texts of the report's TCP exercise.
const TCP_TEXTS: [&str; 3] = ["halo", "ingin mencoba untuk mengirim pesan", "apakah berhasil"];

/// A server for one client, and a person at the client's keyboard.
fn play_tcp(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Trouble> {
    const SERVER: usize = 0;
    const CLIENT: usize = 1;
    let (bind_port, port) = (scene.bind_port.to_string(), scene.target_port.to_string());
    let server = ["echo", "serve", "-p", &bind_port, "--bind", &scene.bind, "--once"];
    stage.start(SERVER, scene.program("server", &server))?;
    stage.wait_for(SERVER, &["listening on"])?;
    let client = ["echo", "connect", &scene.target, "-p", &port];
    stage.start(CLIENT, scene.program("client", &client))?;
    let count = scene.messages.map_or(TCP_TEXTS.len(), |n| n as usize);
    for text in TCP_TEXTS.iter().cycle().take(count) {
        stage.wait_for(CLIENT, &["message:"])?;
        stage.pause(scene.between_messages())?;
        stage.type_line(CLIENT, text)?;
        stage.wait_for(CLIENT, &["received from server"])?;
    }
    stage.wait_for(CLIENT, &["message:"])?;
    stage.pause(scene.between_messages())?;
    stage.type_line(CLIENT, "bye")?;
    stage.wait_success(CLIENT)?;
    stage.wait_success(SERVER)
}
