//! The command tree, and nothing else: each command's arguments and work stand in its own module.

use clap::{Args, CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

use crate::exit::{Failure, USAGE};
use crate::lang::Lang;
use crate::output::{ColorChoice, Output};
use crate::{
    bench, capture, check, clauses, decode, doctor, echo, explain, generate, mqtt, rest, tap, tour,
    zmq,
};

/// Wire protocols written by hand, and the lab that shows their frames.
#[derive(Debug, Parser)]
#[command(name = "wirelab", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; without one, the tour of all exercises.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that stand before or after any command.
#[derive(Debug, Args)]
pub struct Global {
    /// One JSON object per line on stdout; `explain` and `tour` keep to `harness/schema`.
    #[arg(long, global = true)]
    pub json: bool,
    /// When to colour.
    #[arg(long, global = true, value_enum, env = "WIRELAB_COLOR")]
    #[arg(default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// The language of the analysis, as `explain`, `tour`, `tap` and `decode` print it.
    #[arg(long, global = true, value_enum, env = "WIRELAB_LANG", default_value_t = Lang::En)]
    pub lang: Lang,
    /// Say less on stderr.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more on stderr; repeat for still more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the lab's exercises on a network of their own, capture them, and explain the frames.
    Tour(tour::Arguments),
    /// Explain a capture file: every frame, every conversation, and what they show.
    Explain(explain::Arguments),
    /// Stand between a client and a server: tell what passes, and delay, cut up or cut it off.
    Tap(tap::Arguments),
    /// Read packets given as bytes: every field with its offset, its value and its section.
    Decode(decode::Arguments),
    /// Capture frames from an interface into a file, as `tcpdump -w` does.
    Capture(capture::Arguments),
    /// TCP echo: the server and the client.
    #[command(subcommand)]
    Echo(echo::Command),
    /// MQTT 3.1.1: the broker, and clients that publish and subscribe.
    #[command(subcommand)]
    Mqtt(mqtt::Command),
    /// HTTP/1.1: the lab's REST server and client.
    #[command(subcommand)]
    Rest(rest::Command),
    /// ZMTP 3.1 and 3.0: REQ, REP, PUSH, PULL, PUB and SUB sockets.
    #[command(subcommand)]
    Zmq(zmq::Command),
    /// Check any program's MQTT, ZMTP or HTTP against the specification, clause by clause.
    Test(check::Arguments),
    /// Load a server, and see what it makes of it.
    #[command(subcommand)]
    Bench(bench::Command),
    /// What this machine can do for the lab, and why not more.
    Doctor(doctor::Arguments),
    /// The clauses of the specifications, with the code and the tests that cite them.
    Clauses(clauses::Arguments),
    /// Print the version.
    Version(generate::VersionArguments),
    /// Print a shell's completion script.
    Completions(generate::CompletionArguments),
    /// Print the manual page, or write all of them into a directory.
    Man(generate::ManualArguments),
    /// The lab's LAN, in a process of its own; `tour` and `doctor` start it.
    #[cfg(target_os = "linux")]
    #[command(name = "__lan", hide = true)]
    Lan(crate::lan::agent::Arguments),
    /// A role that ends with the tour.
    #[cfg(target_os = "linux")]
    #[command(name = "__role", hide = true)]
    Role(crate::lan::role::Arguments),
}

/// The command tree as clap sees it, for completions and manual pages.
pub fn tree() -> clap::Command {
    Cli::command()
}

/// Reads the command line, does what it says, and returns the exit code for the shell.
pub fn main() -> ExitCode {
    main_from(std::env::args_os())
}

/// The same for a command line from elsewhere; its first word is the program's name.
pub fn main_from(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own text: help and version go to stdout, complaints to stderr.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let verbose = match &cli.command {
        Some(Command::Mqtt(command)) if command.has_a_verbose_of_its_own() => 0,
        _ => cli.global.verbose,
    };
    let output = Output::new(cli.global.json, cli.global.color, cli.global.quiet, verbose)
        .speaking(cli.global.lang);
    output.start_log();
    match run(cli.command, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(&output);
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Option<Command>, output: &Output) -> Result<(), Failure> {
    match command.unwrap_or_else(|| Command::Tour(tour::Arguments::default())) {
        Command::Tour(arguments) => tour::run(&arguments, output),
        Command::Explain(arguments) => explain::run(&arguments, output),
        Command::Tap(arguments) => tap::run(&arguments, output),
        Command::Decode(arguments) => decode::run(&arguments, output),
        Command::Capture(arguments) => capture::run(&arguments, output),
        Command::Echo(command) => echo::run(&command, output),
        Command::Mqtt(command) => mqtt::run(&command, output),
        Command::Rest(command) => rest::run(&command, output),
        Command::Zmq(command) => zmq::run(&command, output),
        Command::Test(arguments) => check::run(&arguments, output),
        Command::Bench(command) => bench::run(&command, output),
        Command::Doctor(arguments) => doctor::run(&arguments, output),
        Command::Clauses(arguments) => clauses::run(&arguments, output),
        Command::Version(arguments) => generate::version(&arguments, output),
        Command::Completions(arguments) => generate::completions(&arguments, output),
        Command::Man(arguments) => generate::manual(&arguments, output),
        #[cfg(target_os = "linux")]
        Command::Lan(arguments) => crate::lan::agent::run(&arguments, output),
        #[cfg(target_os = "linux")]
        Command::Role(arguments) => crate::lan::role::run(&arguments),
    }
}
