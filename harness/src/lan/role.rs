//! A role that is played outside of the lab's own namespaces, where nothing else would end it
//! with the tour: it asks the kernel for that, and then becomes the role's program.
//!
//! It may name prctl and exec. It does not know roles.

use clap::Args;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::exit::Failure;

/// Arguments.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Who started us.
    pub parent: i32,
    /// The program, and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    pub program: Vec<OsString>,
}

/// Does it; returns only if the program cannot be started.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    set_pdeathsig(Signal::SIGKILL)
        .map_err(|e| Failure::failed(format!("cannot be made to end with the tour: {e}")))?;
    // The tour may have ended before we asked.
    if getppid().as_raw() != arguments.parent {
        return Err(Failure::failed("the tour is over"));
    }
    let (program, rest) = (&arguments.program[0], &arguments.program[1..]);
    let error = Command::new(program).arg0("wirelab").args(rest).exec();
    Err(Failure::failed(format!("{}: {error}", program.display())))
}

/// The command that does it: `role` itself, but it ends with this process. Environment and
/// streams are to be set afterwards.
pub fn ending_with_us(role: &Command) -> Command {
    let mut command = Command::new(super::agent::OURSELVES);
    command.arg0("wirelab").arg("__role").arg(std::process::id().to_string()).arg("--");
    command.arg(role.get_program()).args(role.get_args());
    command
}
