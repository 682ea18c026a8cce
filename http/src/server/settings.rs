//! What whoever runs a server may set, and what it tells.

use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::Now;

use crate::limits::{BODY_TIMEOUT, HEAD_TIMEOUT, IDLE_TIMEOUT, SEND_TIMEOUT};
use crate::{RequestHead, Status};

/// Time limits and the number of clients. The defaults are those of `limits`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a connection may stand without a request.
    pub idle_timeout: Duration,
    /// How long a head may take from its first octet to its last.
    pub head_timeout: Duration,
    /// How long a body may take, beside what `limits::RATE_MIN` grants it.
    pub body_timeout: Duration,
    /// How long a peer may take nothing of what it is sent.
    pub send_timeout: Duration,
    /// Connections at once; one more is answered 503.
    pub connections_max: usize,
    /// Every answer is the last of its connection, as with servers that know no persistence.
    pub close: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_timeout: IDLE_TIMEOUT,
            head_timeout: HEAD_TIMEOUT,
            body_timeout: BODY_TIMEOUT,
            send_timeout: SEND_TIMEOUT,
            connections_max: usize::MAX,
            close: false,
        }
    }
}

/// One answer, for an access log.
#[derive(Debug)]
pub struct Record<'a> {
    /// Who asked.
    pub peer: Option<SocketAddr>,
    /// What was asked; not for one that was refused before its head was complete.
    pub head: Option<&'a RequestHead>,
    /// What was answered.
    pub status: Status,
    /// Octets of content that were sent: fewer than there are, where the connection ended first.
    pub content: u64,
    /// When the answer was complete, or broken off.
    pub now: Now,
}

/// Is told of every answer.
pub type Observer = Box<dyn FnMut(&Record<'_>)>;

/// The Unix time at a moment of the loop: the machine's, or one of a test's.
pub type Clock = Box<dyn FnMut(Now) -> Duration>;
