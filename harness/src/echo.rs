//! Under way.

use crate::exit::Failure;
use crate::output::Output;

/// The two ends.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// The server.
    Serve,
    /// The client.
    Connect,
}

/// Does it.
pub fn run(_command: &Command, _output: &Output) -> Result<(), Failure> {
    Err(Failure::failed("not here yet"))
}
