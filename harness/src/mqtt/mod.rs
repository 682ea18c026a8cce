//! `wirelab mqtt`: the broker, its password files, the publisher and the subscriber.
//!
//! It knows the command line, files and the mqtt crate's surface; what stands on the wire is the
//! mqtt crate's.

mod access;
mod broker;
mod config;
mod debug;
mod format;
mod json;
mod listening;
mod log;
mod moment;
mod options;
mod passwd;
mod patience;
mod printer;
mod prompt;
mod publish;
mod reload;
mod run;
mod store;
mod subscribe;
mod user;

use crate::exit::Failure;
use crate::output::Output;

/// The lab's port for this exercise, and MQTT's own.
pub const PORT: u16 = 1883;

/// What there is of MQTT.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run a broker.
    Broker(broker::Arguments),
    /// Publish messages, with mosquitto_pub's letters.
    Pub(Box<publish::Arguments>),
    /// Subscribe and print what comes, with mosquitto_sub's letters.
    Sub(Box<subscribe::Arguments>),
    /// Add, change or delete a user of a password file.
    Passwd(passwd::Arguments),
}

impl Command {
    /// Does `-v` mean what it means to mosquitto_sub, and not how much is said on stderr?
    pub fn has_a_verbose_of_its_own(&self) -> bool {
        matches!(self, Self::Sub(_))
    }
}

/// Runs what was asked for.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Broker(arguments) => broker::run(arguments, output),
        Command::Pub(arguments) => publish::run(arguments, output),
        Command::Sub(arguments) => subscribe::run(arguments, output),
        Command::Passwd(arguments) => passwd::run(arguments, output),
    }
}
