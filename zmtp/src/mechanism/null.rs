//! NULL: each side says READY, and waits for the other's.

use super::{Local, Progress};
use crate::Error;
use crate::command::Command;

/// Waiting for the peer's READY; ours has been said.
#[derive(Debug)]
pub(crate) struct Null;

impl Null {
    pub fn on_command(local: &Local, command: Command) -> Result<Progress, Error> {
        match command {
            // [ZMTP-3.0-null-03] [ZMTP-3.1-null-03]
            Command::Ready(theirs) => {
                let kind = local.check(&theirs)?;
                Ok(Progress::Done(theirs, kind))
            }
            _ => Err(Error::violated("[ZMTP-3.0-null-02]", "a command before READY")),
        }
    }
}
