//! The echo servers that are compared, and how each is started. The load is not known here.

use std::io;
use std::process::Command;

use crate::peers;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The house's loop and echo service.
    Ours,
    /// The plain mio loop beside this file.
    Bare,
    /// `benches/peers/tokio-echo`.
    Tokio,
}

impl Kind {
    /// As on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare => "bare",
            Self::Tokio => "tokio",
        }
    }

    /// What starts it: this program, or one of `peers`.
    ///
    /// # Errors
    /// When a peer does not build.
    pub fn command(self) -> io::Result<Command> {
        if self == Self::Tokio {
            return Ok(Command::new(peers::program("tokio-echo")?));
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", self.name()]);
        Ok(command)
    }
}
