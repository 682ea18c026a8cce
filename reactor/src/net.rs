//! The seam between the loop and the world: a network and a clock.
//!
//! The loop above it keeps all the books (who is open, what is queued, which timers run); a `Net`
//! only does what is asked, on sockets ([`MioNet`](crate::MioNet)) or on simulated ones
//! ([`sim`](crate::sim)). It does not know services, outboxes or timers.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::{ConnId, ListenerId, Now};

/// What a [`Net`] has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Somebody called [`Wake::wake`].
    Woken,
    /// Connections may be waiting at this listener.
    Listener(ListenerId),
    /// Something has changed for this connection.
    Conn(ConnId, Readiness),
}

/// What has changed for a connection: an edge, told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// There may be bytes to read.
    pub readable: bool,
    /// There may be room to write; of a connection that is being made: it stands or has failed.
    pub writable: bool,
    /// The peer's FIN has arrived; there may still be bytes before it.
    pub read_closed: bool,
    /// It was reset, or could not be made.
    pub failed: bool,
}

/// How a connection's descriptor is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// An ordinary close: FIN, unless unread bytes make the stack send a reset.
    Close,
    /// A reset on purpose.
    Reset,
}

/// Gets a loop out of its wait, from any thread.
pub trait Wake: Send + Sync {
    /// The next, or the present, [`Net::poll`] returns with [`Ready::Woken`].
    fn wake(&self) -> io::Result<()>;
}

/// A network and its clock.
///
/// Readiness is edge-triggered. A read that returned fewer bytes than asked for has drained the
/// socket, and a write that took fewer bytes than offered has filled it: what changes after that
/// is a new edge. So neither needs a second call that fails with `WouldBlock`. The exception is
/// the peer's FIN that was told together with the bytes before it ([`Readiness::read_closed`]):
/// that one has been told, and is found by reading on.
///
/// The ids are the loop's: it makes one before it asks for a connection. A `Net` answers for each
/// id from a successful `accept` or `connect` until its `close`.
pub trait Net {
    /// The time since the clock started. It may be asked often.
    fn now(&mut self) -> Now;

    /// A seed for the loop's random numbers: from the machine, or from the simulation.
    fn seed(&mut self) -> u64;

    /// A handle that other threads can hold.
    fn waker(&self) -> Arc<dyn Wake>;

    /// Waits until something is ready or the clock reaches `until`, and appends what is ready.
    /// `None` waits without end. It may return early and with nothing.
    fn poll(&mut self, ready: &mut Vec<Ready>, until: Option<Now>) -> io::Result<()>;

    /// Listens on `addr`; port 0 takes a free one. Returns the address with its port.
    fn listen(&mut self, id: ListenerId, addr: SocketAddr) -> io::Result<SocketAddr>;

    /// Stops listening.
    fn unlisten(&mut self, id: ListenerId);

    /// Takes one waiting connection and calls it `conn`. Returns the peer's address.
    fn accept(&mut self, listener: ListenerId, conn: ConnId) -> io::Result<SocketAddr>;

    /// Begins to connect. The end of it is told as `writable` or `failed`.
    fn connect(&mut self, conn: ConnId, addr: SocketAddr) -> io::Result<()>;

    /// Does the connection stand? `Ok(false)`: not yet.
    fn is_connected(&mut self, conn: ConnId) -> io::Result<bool>;

    /// Our own address of a connection.
    fn local_addr(&mut self, conn: ConnId) -> io::Result<SocketAddr>;

    /// Reads at most `buf.len()` bytes; 0 is the peer's FIN.
    fn read(&mut self, conn: ConnId, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes from the slices in order, as many bytes as there is room for.
    fn write(&mut self, conn: ConnId, bufs: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Sends our FIN; reading goes on.
    fn shutdown(&mut self, conn: ConnId) -> io::Result<()>;

    /// Why the connection failed, if it did: its pending error.
    fn error(&mut self, conn: ConnId) -> Option<io::Error>;

    /// Gives the connection up; the id means nothing to this `Net` after it. An id that it does not
    /// know is ignored.
    fn close(&mut self, conn: ConnId, farewell: Farewell);
}
