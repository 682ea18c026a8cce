//! `wirelab rest`: the lab's REST exercise, both ends.
//!
//! It knows the command line, the terminal and the http crate's surface; what stands on the wire
//! is the http crate's.

mod decimal;
mod lab;
mod serve;

use crate::exit::Failure;
use crate::output::Output;

/// The lab's port for this exercise.
pub const PORT: u16 = 5151;

/// The two ends.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Serve the lab's sums over HTTP.
    Serve(serve::Arguments),
}

/// Serves, or asks.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, output),
    }
}
