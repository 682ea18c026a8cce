//! One end of a connection: what its greeting and its READY said, and what it has sent.
//!
//! It knows one direction. It does not know the other end.

use crate::analysis::records::At;
use crate::analysis::texts::Listed;
use crate::dissect::zmtp::{Greeting, SocketType};

use super::message::{Flow, Message};

/// A mechanism, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Mechanism {
    /// No security, no roles.
    Null,
    /// A user name and a password.
    Plain,
    /// Something else: of its commands only the names can be read.
    Other,
}

/// The end.
#[derive(Debug, Default)]
pub(in crate::analysis) struct End {
    /// The greeting with the frames that carried it.
    pub(in crate::analysis) greeting: Option<(Greeting, Vec<u64>)>,
    /// Is something of what it sent not in the capture?
    pub(super) gaps: bool,
    /// The command with its metadata: where, and what it is called.
    pub(in crate::analysis) ready: Option<(At, String)>,
    pub(in crate::analysis) socket_type: Option<SocketType>,
    /// The message under way.
    pub(super) message: Option<Message>,
    /// Its messages.
    pub(in crate::analysis) flow: Flow,
    pub(in crate::analysis) pings: Listed,
    pub(in crate::analysis) pongs: Listed,
    /// The last PING, with its context.
    pub(super) ping: Option<(At, Vec<u8>)>,
}

impl End {
    /// Has all been seen that it sent?
    pub(super) fn is_whole(&self) -> bool {
        self.greeting.is_some() && !self.gaps
    }

    /// As its greeting names it.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        let (greeting, _) = self.greeting.as_ref()?;
        Some(match greeting.mechanism.as_deref()? {
            b"NULL" => Mechanism::Null,
            b"PLAIN" => Mechanism::Plain,
            _ => Mechanism::Other,
        })
    }

    pub(super) fn is_server(&self) -> bool {
        self.greeting.as_ref().is_some_and(|(greeting, _)| greeting.as_server == Some(1))
    }

    /// Major and minor version.
    pub(super) fn version(&self) -> Option<(u8, u8)> {
        let (greeting, _) = self.greeting.as_ref()?;
        Some((greeting.major?, greeting.minor.unwrap_or_default()))
    }
}
