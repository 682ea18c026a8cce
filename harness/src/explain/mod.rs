//! Under way.

use clap::Args;

use crate::exit::Failure;
use crate::output::Output;

/// Arguments.
#[derive(Debug, Default, Args)]
pub struct Arguments {}

/// Does it.
pub fn run(_arguments: &Arguments, _output: &Output) -> Result<(), Failure> {
    Err(Failure::failed("not here yet"))
}
