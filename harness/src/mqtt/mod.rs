//! `wirelab mqtt`: the broker.
//!
//! It knows the command line, files and the mqtt crate's surface; what stands on the wire is the
//! mqtt crate's.

mod access;
mod broker;
mod config;
mod listening;
mod log;
mod passwd;
mod prompt;
mod reload;
mod replace;
mod store;
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
    /// Add, change or delete a user of a password file.
    Passwd(passwd::Arguments),
}

/// Runs what was asked for.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Broker(arguments) => broker::run(arguments, output),
        Command::Passwd(arguments) => passwd::run(arguments, output),
    }
}
