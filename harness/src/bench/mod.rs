//! `wirelab bench`: load on a server, and what it made of it.
//!
//! [`mqtt`] loads brokers, [`asking`] whatever answers requests; [`figures`], [`threshold`],
//! [`report`], [`papers`], [`target`], [`span`], [`watch`], [`own`] and [`process`] are what they
//! share: numbers with units, conditions on them, files, addresses, times, the screen, what a
//! process has used.

pub mod asking;
pub mod figures;
pub mod mqtt;
pub mod own;
pub mod papers;
pub mod process;
pub mod report;
pub mod span;
pub mod target;
pub mod threshold;
pub mod versus;
pub mod watch;

use crate::exit::Failure;
use crate::output::Output;

/// A figure broke a `--fail-if`.
pub const THRESHOLD: u8 = 99;

/// The protocols.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Publish, deliver, count: messages through an MQTT 3.1.1 broker.
    Mqtt(Box<mqtt::Arguments>),
    /// Ask an HTTP/1.1 server for sums, or for any path.
    Rest(Box<asking::RestArguments>),
    /// Ask a ZeroMQ REP, through an envelope by which each reply is known.
    Zmq(Box<asking::ZmqArguments>),
    /// Ask a TCP echo (RFC 862: what is sent comes back as it is).
    Echo(Box<asking::EchoArguments>),
    /// Compare ours with the peers that this machine has: a page of tables and curves.
    Versus(versus::Arguments),
}

/// Loads, and reports.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Mqtt(arguments) => mqtt::run(arguments, output),
        Command::Rest(arguments) => asking::run_rest(arguments, output),
        Command::Zmq(arguments) => asking::run_zmq(arguments, output),
        Command::Echo(arguments) => asking::run_echo(arguments, output),
        Command::Versus(arguments) => versus::run(arguments, output),
    }
}
