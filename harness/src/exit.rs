//! How a command ends: the exit codes of the lab, and the one line that says what went wrong.
//!
//! It may name the output. It does not know which command failed.

use crate::output::Output;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

/// The work was tried and failed: a check, a peer that refused, a file that cannot be read.
pub const FAILED: u8 = 1;
/// The command line was wrong.
pub const USAGE: u8 = 2;
/// A client was stopped with ^C.
pub const INTERRUPTED: u8 = 130;

/// Why a command ends with another code than 0.
#[derive(Debug)]
pub struct Failure {
    /// The exit code, as `LAB.md`'s table of the commands gives it.
    pub code: u8,
    /// One line: what was wrong, where, and what to do. Empty: nothing more is to be said.
    pub message: String,
}

impl Failure {
    /// The work failed: exit code 1 and this line.
    pub fn failed(message: impl Display) -> Self {
        Self { code: FAILED, message: message.to_string() }
    }

    /// The command was used wrongly: exit code 2 and this line.
    pub fn usage(message: impl Display) -> Self {
        Self { code: USAGE, message: message.to_string() }
    }

    /// Stopped by ^C: exit code 130 and silence.
    pub fn interrupted() -> Self {
        Self { code: INTERRUPTED, message: String::new() }
    }

    /// An address that a server was to have, why it cannot, and what to do.
    pub fn cannot_listen(addr: SocketAddr, error: &io::Error) -> Self {
        use io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
        let advice = match error.kind() {
            AddrInUse => "; another program listens there: choose another with -p, or -p 0 for any",
            AddrNotAvailable => "; no interface of this machine has that address",
            PermissionDenied => "; ports below 1024 are the superuser's: choose another with -p",
            _ => "",
        };
        Self::failed(format!("cannot listen on {addr}: {error}{advice}"))
    }

    /// Says the line on stderr.
    pub fn report(&self, output: &Output) {
        if !self.message.is_empty() {
            output.error(&self.message);
        }
    }
}
