//! What can be wrong, whose fault it is, by which clause, and what the peer is told.
//!
//! It knows no frame and no connection.

use std::fmt;

/// Why bytes, a peer or a call were not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are not ZMTP 3: the peer's encoder is wrong, or it speaks something else.
    Malformed {
        /// The clause, in brackets.
        clause: &'static str,
        /// What is wrong with them.
        what: &'static str,
    },
    /// Good bytes at the wrong time, or that do not fit what we are.
    PeerViolated {
        /// The clause, in brackets.
        clause: &'static str,
        /// What the peer did.
        what: &'static str,
    },
    /// A handshake that we end with an ERROR command.
    Refused {
        /// The clause that asks for it, in brackets.
        clause: &'static str,
        /// The reason that the peer is given: at most 255 visible characters.
        reason: &'static str,
    },
    /// The peer ended the handshake with an ERROR command: it will not have us as we are.
    RefusedByPeer {
        /// Its reason, made safe to print.
        reason: String,
    },
    /// The peer speaks a version that we do not.
    Version {
        /// What its greeting looks like.
        major: u8,
    },
    /// The peer wants another security mechanism [ZMTP-3.0-mech-05].
    Mechanism {
        /// The name in its greeting, made safe to print.
        theirs: String,
        /// Ours.
        ours: &'static str,
    },
    /// More than we take.
    TooLarge {
        /// Of what: a frame, a message, a command.
        what: &'static str,
        /// Bytes announced.
        len: u64,
        /// Our limit in bytes.
        max: usize,
    },
    /// More of something than we take.
    TooMany {
        /// Of what, in the plural, and where: frames in a message.
        what: &'static str,
        /// Our limit in number.
        max: usize,
    },
    /// The peer was silent for too long.
    Silent {
        /// What it owed us.
        what: &'static str,
    },
    /// The caller asked for something that cannot be said.
    Misuse(&'static str),
}

impl Error {
    pub(crate) fn malformed(clause: &'static str, what: &'static str) -> Self {
        Self::Malformed { clause, what }
    }

    pub(crate) fn violated(clause: &'static str, what: &'static str) -> Self {
        Self::PeerViolated { clause, what }
    }

    /// The reason in the ERROR command that goes out before the close. For all other errors the
    /// connection is closed without a word [ZMTP-3.0-error-03].
    pub fn reply(&self) -> Option<&'static str> {
        match self {
            Self::Refused { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Would the same come again if we connected again? Then we do not [ZMTP-3.0-error-02].
    pub fn is_final(&self) -> bool {
        matches!(self, Self::RefusedByPeer { .. })
    }

    /// The clause that was broken, in brackets; empty if none has a number.
    pub fn clause(&self) -> &'static str {
        match self {
            Self::Malformed { clause, .. }
            | Self::PeerViolated { clause, .. }
            | Self::Refused { clause, .. } => clause,
            Self::RefusedByPeer { .. } => "[ZMTP-3.0-error-01]",
            Self::Version { .. } => "[ZMTP-3.0-greeting-13]",
            Self::Mechanism { .. } => "[ZMTP-3.0-mech-05]",
            Self::TooLarge { .. }
            | Self::TooMany { .. }
            | Self::Silent { .. }
            | Self::Misuse(_) => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { what, .. } => write!(f, "not ZMTP: {what}")?,
            Self::PeerViolated { what, .. } => write!(f, "protocol violation: {what}")?,
            Self::Refused { reason, .. } => {
                write!(f, "refused the peer: {reason}{}", zap_meaning(reason))?;
            }
            Self::RefusedByPeer { reason } => {
                write!(f, "refused by the peer: {reason}{}", zap_meaning(reason))?;
            }
            Self::Version { major: 0 } => {
                f.write_str("the peer speaks ZMTP 1.0, or something else; we speak ZMTP 3.x")?;
            }
            Self::Version { major } => {
                // Revisions 1 and 2 are both called ZMTP 2.0.
                write!(f, "the peer speaks ZMTP 2.0 (revision {major}), we speak ZMTP 3.x")?;
            }
            Self::Mechanism { theirs, ours } => {
                write!(f, "the peer's mechanism is {theirs}, ours is {ours}")?;
            }
            Self::TooLarge { what, len, max } => {
                write!(f, "a {what} of {len} bytes is over the limit of {max}")?;
            }
            Self::TooMany { what, max } => write!(f, "there are more than {max} {what}")?,
            Self::Silent { what } => write!(f, "the peer was silent: no {what} in time")?,
            Self::Misuse(what) => f.write_str(what)?,
        }
        if self.clause().is_empty() { Ok(()) } else { write!(f, " {}", self.clause()) }
    }
}

/// What the status codes of 27/ZAP mean, which PLAIN servers give as their reason.
fn zap_meaning(reason: &str) -> &'static str {
    match reason {
        "300" => " (try again later)",
        "400" => " (wrong user name or password)",
        "500" => " (trouble within the server)",
        _ => "",
    }
}

impl std::error::Error for Error {}
