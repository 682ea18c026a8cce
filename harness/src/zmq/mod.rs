//! `wirelab zmq`: the six sockets of ZMTP for the command line.
//!
//! It knows the command line, lines of text and the zmtp crate's surface; what stands on the wire
//! is the zmtp crate's.

mod answer;
mod ask;
mod control;
mod form;
mod lab;
mod options;
mod receive;
mod run;
mod send;
mod source;
mod talk;

use crate::exit::Failure;
use crate::output::Output;

/// The lab's ports: REQ and REP, PUSH and PULL, PUB and SUB.
pub const REQREP_PORT: u16 = 5555;
/// See [`REQREP_PORT`].
pub const PUSHPULL_PORT: u16 = 9999;
/// See [`REQREP_PORT`].
pub const PUBSUB_PORT: u16 = 12345;

/// The six sockets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Send requests, and print the replies; connects to tcp://127.0.0.1:5555.
    Req(Box<ask::Arguments>),
    /// Print requests, and reply to them; binds tcp://*:5555, all interfaces.
    Rep(Box<answer::Arguments>),
    /// Send each message to one of the pullers, in turn; binds tcp://*:9999, all interfaces.
    Push(Box<send::PushArguments>),
    /// Print what is pushed; connects to tcp://127.0.0.1:9999.
    Pull(Box<receive::PullArguments>),
    /// Publish to all who have subscribed; binds tcp://*:12345, all interfaces.
    Pub(Box<send::PubArguments>),
    /// Subscribe and print what comes; connects to tcp://127.0.0.1:12345.
    Sub(Box<receive::SubArguments>),
}

/// Runs what was asked for.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Req(arguments) => ask::run(arguments, output),
        Command::Rep(arguments) => answer::run(arguments, output),
        Command::Push(arguments) => send::push(arguments, output),
        Command::Pull(arguments) => receive::pull(arguments, output),
        Command::Pub(arguments) => send::publish(arguments, output),
        Command::Sub(arguments) => receive::subscribe(arguments, output),
    }
}
