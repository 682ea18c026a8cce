//! What happens to a socket's connections, for those who watch it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::{Error, SocketType};

/// Something happened to one of a socket's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    /// A peer connected to us, or we to it; the handshake begins.
    Connected(SocketAddr),
    /// The handshake is done: messages may flow.
    Ready {
        /// Who.
        peer: SocketAddr,
        /// What it says it is.
        socket_type: Option<SocketType>,
    },
    /// The handshake was broken off: by an error of the peer or its refusal of us, or, without
    /// one, by the end of the connection.
    HandshakeFailed {
        /// Who.
        peer: SocketAddr,
        /// Why.
        error: Option<Error>,
    },
    /// A connection whose handshake was done has ended.
    Closed {
        /// Who.
        peer: SocketAddr,
        /// What the peer did wrong, if it was for that.
        error: Option<Error>,
    },
    /// An attempt to connect is made again after this wait.
    Retrying {
        /// Whom to.
        peer: SocketAddr,
        /// After how long.
        wait: Duration,
    },
    /// No further attempt is made: the peer will not have us as we are [ZMTP-3.0-error-02].
    GivenUp {
        /// Who.
        peer: SocketAddr,
    },
}
