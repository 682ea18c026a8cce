//! `wirelab bench`: load on a server, and what it made of it.
//!
//! One module for each protocol's load; [`figures`], [`threshold`], [`report`] and [`process`] are
//! what all of them share: numbers with units, conditions on them, and what a process has used.

pub mod figures;
pub mod mqtt;
pub mod process;
pub mod report;
pub mod threshold;

use crate::exit::Failure;
use crate::output::Output;

/// A figure broke a `--fail-if`.
pub const THRESHOLD: u8 = 99;

/// The protocols.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Publish, deliver, count: messages through an MQTT 3.1.1 broker.
    Mqtt(Box<mqtt::Arguments>),
}

/// Loads, and reports.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Mqtt(arguments) => mqtt::run(arguments, output),
    }
}
