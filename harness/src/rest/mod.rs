//! `wirelab rest`: the lab's REST exercise, both ends.
//!
//! It knows the command line, the terminal and the http crate's surface; what stands on the wire
//! is the http crate's.

mod access_log;
mod ask;
mod calc;
mod conditions;
mod decimal;
mod events;
mod files;
mod items;
pub mod lab;
mod openapi;
mod serve;
mod sheet;

use wirelab_http::Method;

use crate::exit::Failure;
use crate::output::Output;

/// The lab's port for this exercise.
pub const PORT: u16 = 5151;

/// The two ends.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Serve the lab's sums, a collection of items, and files over HTTP.
    Serve(serve::Arguments),
    /// Send a GET.
    Get(ask::Arguments),
    /// Send a POST.
    Post(ask::Arguments),
    /// Send a PUT.
    Put(ask::Arguments),
    /// Send a DELETE.
    Delete(ask::Arguments),
    /// Send a HEAD, and print the head that is answered.
    Head(ask::Arguments),
    /// Send OPTIONS.
    Options(ask::Arguments),
    /// The lab's client: have two numbers added, multiplied, or both.
    Calc(calc::Arguments),
}

/// Serves, or asks.
pub fn run(command: &Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, output),
        Command::Get(arguments) => ask::run(Method::Get, arguments, output),
        Command::Post(arguments) => ask::run(Method::Post, arguments, output),
        Command::Put(arguments) => ask::run(Method::Put, arguments, output),
        Command::Delete(arguments) => ask::run(Method::Delete, arguments, output),
        Command::Head(arguments) => ask::run(Method::Head, arguments, output),
        Command::Options(arguments) => ask::run(Method::Options, arguments, output),
        Command::Calc(arguments) => calc::run(arguments, output),
    }
}
