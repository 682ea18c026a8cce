//! The names that a service and the loop have for things: connections, listeners, timers, ends.
//!
//! Plain values. They do not know sockets, and holding one keeps nothing alive.

use std::io;
use std::time::Duration;

/// A moment: the time since the loop's clock started.
///
/// Nobody outside of a [`Net`](crate::Net) asks the machine for the time; it is handed in, so that
/// the simulator can hand in its own.
pub type Now = Duration;

/// One connection, from [`connect`](crate::Io::connect) or `accept` to its `on_close`.
///
/// The slot is used again for later connections, the generation is not: an id that has had its
/// `on_close` is inert, and never names somebody else's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl ConnId {
    /// An id that never was: the books number generations from 1.
    pub(crate) const DEAD: Self = Self { slot: u32::MAX, generation: 0 };

    /// The slot as an index for a table that is kept beside the loop's own: small, and free again
    /// after `on_close`.
    pub fn slot(self) -> usize {
        self.slot as usize
    }
}

/// One listening address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub(crate) u32);

impl ListenerId {
    /// Listeners are numbered from 0 in the order in which they were asked for.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a timer is for. Setting the same timer again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// A connection's, with a kind that the service chooses. Dies with its connection.
    Conn(ConnId, u8),
    /// The service's own.
    Service(u64),
}

/// How a connection came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A peer connected to this listener.
    Accepted(ListenerId),
    /// We connected, by [`Io::connect`](crate::Io::connect).
    Connected,
}

/// How a connection ended.
#[derive(Debug)]
pub enum Closed {
    /// We closed it, and all that we had sent was handed over.
    ByUs,
    /// The peer sent its FIN before we closed.
    ByPeer,
    /// It broke: refused, reset, timed out, or over a limit. What was queued is lost.
    Failed(io::Error),
}
