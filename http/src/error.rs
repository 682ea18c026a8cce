//! What can be wrong with a message, whose fault it is, by which clause, and which status says so.
//!
//! It knows neither heads nor connections.

use std::fmt;

use crate::Status;

/// Why octets or a call were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The octets are no HTTP/1.1: nothing on this connection can be believed any more.
    Malformed {
        /// The clause, in brackets.
        clause: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// Good octets, of which more came than we take, or that ask for what we have not.
    Refused {
        /// What the specification answers.
        status: Status,
        /// The clause, in brackets.
        clause: &'static str,
        /// What was refused.
        what: &'static str,
    },
    /// The peer ended the connection in the middle of a message.
    Truncated(&'static str),
    /// The peer took longer than it may.
    TooSlow(&'static str),
    /// The caller asked for what cannot be said in HTTP/1.1.
    Misuse(&'static str),
}

/// Who has to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The peer.
    Peer,
    /// Whoever called us.
    Caller,
}

impl HttpError {
    pub(crate) const fn malformed(clause: &'static str, what: &'static str) -> Self {
        Self::Malformed { clause, what }
    }

    pub(crate) const fn refused(status: Status, clause: &'static str, what: &'static str) -> Self {
        Self::Refused { status, clause, what }
    }

    /// The status that a server answers with.
    pub fn status(&self) -> Status {
        match self {
            // [9112-2.2-10] What does not fit the grammar is answered with 400.
            Self::Malformed { .. } | Self::Truncated(_) => Status::BAD_REQUEST,
            Self::Refused { status, .. } => *status,
            Self::TooSlow(_) => Status::REQUEST_TIMEOUT,
            Self::Misuse(_) => Status::INTERNAL_SERVER_ERROR,
        }
    }

    /// Who is at fault.
    pub fn fault(&self) -> Fault {
        if matches!(self, Self::Misuse(_)) { Fault::Caller } else { Fault::Peer }
    }

    /// The clause that was broken or that asks for the answer; empty where there is none.
    pub fn clause(&self) -> &'static str {
        match self {
            Self::Malformed { clause, .. } | Self::Refused { clause, .. } => clause,
            Self::Truncated(_) => "[9112-6.3-10]",
            Self::TooSlow(_) | Self::Misuse(_) => "",
        }
    }

    /// What was wrong, in words.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Malformed { what, .. }
            | Self::Refused { what, .. }
            | Self::Truncated(what)
            | Self::TooSlow(what)
            | Self::Misuse(what) => what,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { what, .. } => write!(f, "malformed: {what}")?,
            Self::Refused { status, what, .. } => write!(f, "{}: {what}", status.code())?,
            Self::Truncated(what) => write!(f, "cut short: {what}")?,
            Self::TooSlow(what) => write!(f, "too slow: {what}")?,
            Self::Misuse(what) => write!(f, "{what}")?,
        }
        if self.clause().is_empty() { Ok(()) } else { write!(f, " {}", self.clause()) }
    }
}

impl std::error::Error for HttpError {}
