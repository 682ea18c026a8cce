//! What can be wrong, whose fault it is, by which clause, and what the specification answers.
//!
//! It knows no packet and no connection.

use std::fmt;

use crate::packet::ConnectReturnCode;

/// Why bytes or a call were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are no packet of MQTT 3.1.1: the peer's encoder is wrong.
    Malformed {
        /// The clause, in brackets; empty where the standard has no numbered statement.
        clause: &'static str,
        /// What is wrong with them.
        what: &'static str,
    },
    /// A good packet at the wrong time, or from the wrong side: the peer's behaviour is wrong.
    PeerViolated {
        /// The clause, in brackets.
        clause: &'static str,
        /// What the peer did.
        what: &'static str,
    },
    /// A CONNECT that is answered with a return code before the connection is closed.
    Refused {
        /// What CONNACK says.
        code: ConnectReturnCode,
        /// The clause that asks for it.
        clause: &'static str,
    },
    /// The packet is longer than we take.
    TooLarge {
        /// Its length in bytes, with its fixed header.
        len: usize,
        /// Our limit.
        max: usize,
    },
    /// The caller asked for something that cannot be said in MQTT 3.1.1.
    Misuse(&'static str),
}

impl Error {
    /// A packet whose bytes are wrong.
    pub(crate) fn malformed(clause: &'static str, what: &'static str) -> Self {
        Self::Malformed { clause, what }
    }

    /// A packet that should not have come.
    pub(crate) fn violated(clause: &'static str, what: &'static str) -> Self {
        Self::PeerViolated { clause, what }
    }

    /// The CONNACK return code that goes out before the close; for all others the connection is
    /// closed without a word [MQTT-4.8.0-1].
    pub fn reply(&self) -> Option<ConnectReturnCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The clause that was broken, in brackets; empty if none has a number.
    pub fn clause(&self) -> &'static str {
        match self {
            Self::Malformed { clause, .. }
            | Self::PeerViolated { clause, .. }
            | Self::Refused { clause, .. } => clause,
            Self::TooLarge { .. } | Self::Misuse(_) => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { what, .. } => write!(f, "malformed packet: {what}")?,
            Self::PeerViolated { what, .. } => write!(f, "protocol violation: {what}")?,
            Self::Refused { code, .. } => write!(f, "connection refused: {code}")?,
            Self::TooLarge { len, max } => {
                write!(f, "a packet of {len} bytes is over the limit of {max}")?;
            }
            Self::Misuse(what) => f.write_str(what)?,
        }
        if self.clause().is_empty() { Ok(()) } else { write!(f, " {}", self.clause()) }
    }
}

impl std::error::Error for Error {}
