//! PLAIN (24/ZMTP-PLAIN): a client shows a user name and a password to a server.
//!
//! [PLAIN-01] They travel in clear text: for networks that are trusted, or secured otherwise.
//! [PLAIN-09] Names of commands have their length before them, as everywhere.

use super::{Local, Mechanism, Progress};
use crate::Error;
use crate::command::Command;

/// The client's side. HELLO has been said.
#[derive(Debug)]
pub(crate) enum PlainClient {
    AwaitWelcome,
    AwaitReady,
}

impl PlainClient {
    pub fn on_command(
        &mut self,
        local: &Local,
        command: Command,
        mut say: impl FnMut(Command),
    ) -> Result<Progress, Error> {
        match (&self, command) {
            (Self::AwaitWelcome, Command::Welcome) => {
                // [PLAIN-05]
                say(Command::Initiate(local.metadata.clone()));
                *self = Self::AwaitReady;
                Ok(Progress::Going)
            }
            (Self::AwaitReady, Command::Ready(theirs)) => {
                // [PLAIN-07] From now on messages may flow.
                let kind = local.check(&theirs)?;
                Ok(Progress::Done(theirs, kind))
            }
            (Self::AwaitWelcome, _) => {
                Err(Error::violated("[PLAIN-04]", "HELLO is not answered with WELCOME"))
            }
            (Self::AwaitReady, _) => {
                Err(Error::violated("[PLAIN-06]", "INITIATE is not answered with READY"))
            }
        }
    }
}

/// The server's side.
#[derive(Debug)]
pub(crate) enum PlainServer {
    AwaitHello,
    AwaitInitiate,
}

impl PlainServer {
    pub fn on_command(
        &mut self,
        local: &Local,
        command: Command,
        mut say: impl FnMut(Command),
    ) -> Result<Progress, Error> {
        match (&self, command) {
            (Self::AwaitHello, Command::Hello { username, password }) => {
                let Mechanism::PlainServer(check) = &local.mechanism else {
                    return Err(Error::Misuse("a PLAIN server without a check"));
                };
                // [PLAIN-04] The reason does not tell whether it was the name or the
                // password: it is the one of 27/ZAP, which libzmq takes for a refusal.
                if !check(&username, &password) {
                    let reason = "400";
                    return Err(Error::Refused { clause: "[PLAIN-04]", reason });
                }
                say(Command::Welcome);
                *self = Self::AwaitInitiate;
                Ok(Progress::Going)
            }
            (Self::AwaitInitiate, Command::Initiate(theirs)) => {
                // [PLAIN-06] ERROR rather than READY for who does not fit us.
                let kind = local.check(&theirs)?;
                // [PLAIN-08] With it messages may flow.
                say(Command::Ready(local.metadata.clone()));
                Ok(Progress::Done(theirs, kind))
            }
            (Self::AwaitHello, _) => Err(Error::violated("[PLAIN-03]", "a command before HELLO")),
            (Self::AwaitInitiate, _) => {
                Err(Error::violated("[PLAIN-05]", "WELCOME is not answered with INITIATE"))
            }
        }
    }
}
