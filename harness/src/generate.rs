//! Under way.

use clap::Args;

use crate::exit::Failure;
use crate::output::Output;

/// Arguments.
#[derive(Debug, Args)]
pub struct CompletionArguments {}

/// Arguments.
#[derive(Debug, Args)]
pub struct ManualArguments {}

/// Does it.
pub fn completions(_arguments: &CompletionArguments, _output: &Output) -> Result<(), Failure> {
    Err(Failure::failed("not here yet"))
}

/// Does it.
pub fn manual(_arguments: &ManualArguments, _output: &Output) -> Result<(), Failure> {
    Err(Failure::failed("not here yet"))
}
