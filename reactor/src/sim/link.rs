//! One simulated connection: two ends, and a pipe for each direction.
//!
//! ```text
//!    client end                              server end
//!    Dialling                                   (SYN arrives: Embryo)
//!       |  SYN-ACK arrives                         |  ACK arrives
//!       v                                          v
//!     Open  === pipe from client ==============>  Waiting --accept--> Open
//!     Open  <== pipe from server ===============  Open
//!       |                                          |
//!       +--> Broken (a reset has come) -------+----+
//!       +--> Closed (its owner has let go) <--+
//! ```
//!
//! It knows where each end stands; what moves between them is the network's.

use std::net::SocketAddr;

use super::pipe::Pipe;
use crate::ConnId;

/// Who began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Where an end stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The SYN is sent.
    Dialling,
    /// The server's end between SYN and ACK.
    Embryo,
    /// Established, but not accepted yet.
    Waiting,
    /// Bytes flow.
    Open,
    /// Refused or reset: its owner does not know yet, or has not let go.
    Broken(std::io::ErrorKind),
    /// Nobody holds it. Bytes that still come are answered by a reset.
    Closed,
}

/// One end of a connection.
#[derive(Debug)]
pub(super) struct End {
    pub host: usize,
    pub addr: SocketAddr,
    pub state: State,
    /// What its owner calls it; a server's end has no name before it is accepted.
    pub conn: Option<ConnId>,
    /// The error has not been asked for.
    pub error_pending: bool,
}

impl End {
    pub fn new(host: usize, addr: SocketAddr, state: State, conn: Option<ConnId>) -> Self {
        Self { host, addr, state, conn, error_pending: false }
    }

    /// Is there somebody to read what arrives?
    pub fn takes_bytes(&self) -> bool {
        matches!(self.state, State::Open | State::Waiting | State::Embryo)
    }
}

#[derive(Debug)]
pub(super) struct Link {
    client: End,
    server: End,
    from_client: Pipe,
    from_server: Pipe,
}

impl Link {
    pub fn new(client: End, server: End) -> Self {
        Self { client, server, from_client: Pipe::default(), from_server: Pipe::default() }
    }

    pub fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// The direction that begins at `side`.
    pub fn pipe(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Client => &mut self.from_client,
            Side::Server => &mut self.from_server,
        }
    }

    /// Has the client's FIN arrived at the server?
    pub fn fin_from_client(&self) -> bool {
        self.from_client.fin == super::pipe::Fin::Arrived
    }

    /// Has everybody let go? Then whatever is still under way will be seen by nobody.
    pub fn is_over(&self) -> bool {
        let gone = |end: &End| matches!(end.state, State::Closed);
        gone(&self.client) && gone(&self.server)
    }
}
