//! `wirelab echo`: the lab's TCP exercise, both ends.
//!
//! It knows the command line, the terminal and the echo crate's surface; what stands on the wire
//! is the echo crate's.

mod connect;
mod serve;

use crate::exit::Failure;
use crate::output::Output;

/// The lab's port for this exercise.
pub const PORT: u16 = 2222;

/// The two ends.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Answer every client with its own bytes.
    Serve(serve::Arguments),
    /// Send lines to a server and print what comes back.
    Connect(connect::Arguments),
}

/// Serves, or connects.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, output),
        Command::Connect(arguments) => connect::run(arguments, output),
    }
}
