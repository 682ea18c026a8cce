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

/// How to explain.
#[derive(Debug, Default)]
pub struct Options {}

/// What each frame shows.
pub fn comments(
    frames: &[crate::frame::CapturedFrame],
    _names: &crate::frame::HostNames,
) -> Vec<String> {
    frames.iter().map(|frame| format!("frame {} of the lab", frame.number)).collect()
}

/// Explains a file.
pub fn explain_file(
    _path: &std::path::Path,
    _options: &Options,
    _output: &Output,
) -> Result<(), Failure> {
    Ok(())
}
