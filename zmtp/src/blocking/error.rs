//! Why a call did not get what it wanted, in words for a person.
//!
//! It knows the calls. It does not know what stood on the wire: that is said by `crate::Error`.

use std::fmt;
use std::io;

use super::driver::Ended;
use crate::endpoint::BadEndpoint;

/// Why a call did not get what it wanted.
#[derive(Debug)]
pub enum Error {
    /// It cannot be said in ZMTP, or not by this socket as it is.
    Misuse(crate::Error),
    /// The text is no endpoint.
    Endpoint(BadEndpoint),
    /// It was not possible in time.
    TimedOut,
    /// Somebody asked for the wait to end.
    Interrupted,
    /// The connection was lost before the reply came; whether the peer has seen the request is not
    /// known.
    Lost,
    /// The machine withheld something: an address, a name, a thread.
    Io {
        /// What for.
        what: String,
        /// Its reason.
        error: io::Error,
    },
}

impl Error {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { what: what.into(), error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(error) => error.fmt(f),
            Self::Endpoint(error) => error.fmt(f),
            Self::TimedOut => f.write_str("not possible in time"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Lost => f.write_str("the connection was lost before the reply came"),
            Self::Io { what, error } => write!(f, "{what}: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Misuse(error)
    }
}

impl From<BadEndpoint> for Error {
    fn from(error: BadEndpoint) -> Self {
        Self::Endpoint(error)
    }
}

impl From<Ended> for Error {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::TimedOut => Self::TimedOut,
            Ended::Interrupted => Self::Interrupted,
            Ended::Over => {
                let error = io::ErrorKind::NotConnected.into();
                Self::Io { what: "the socket's loop has ended".to_owned(), error }
            }
        }
    }
}
