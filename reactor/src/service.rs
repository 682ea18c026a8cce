//! What a protocol is to the loop, and the contract between the two.
//!
//! This file names nothing but ids and [`Io`]: all that a protocol's author must know.

use bytes::BytesMut;
use std::io;
use std::net::SocketAddr;

use crate::{Closed, ConnId, Io, ListenerId, Origin, Timer};

/// A protocol on the loop.
///
/// # The contract
///
/// Held by one test on real sockets and on the simulated network alike (`tests/contract`).
///
/// 1. [`Io::connect`] returns an id at once. Then follow `on_open` and later `on_close`, or only
///    `on_close`: [`Closed::Failed`] when the connect failed, [`Closed::ByUs`] when we closed
///    before it was through. An accepted connection begins with `on_open`. There is exactly one
///    `on_close` per id and nothing after it. Using a dead id does nothing.
/// 2. A callback never runs inside another callback. What it wishes is carried out after it:
///    connects, then writes, then closes. What was written to the connection that is being read
///    leaves right after `on_data`, all else after [`on_turn_end`](Self::on_turn_end); with
///    [`Io::hold`] that as well.
/// 3. `on_data` sees all bytes not yet taken, in order; what it leaves stays, and is seen again
///    with the next bytes, or after [`Io::resume_reading`]. What may be left is limited
///    ([`Settings::input_max`](crate::Settings)).
/// 4. [`Io::close`] flushes what was queued, sends FIN, then reads and discards until the peer's
///    FIN or a deadline, so that a peer whose bytes we never read does not lose our last answer
///    to a reset. No `on_data` after it.
/// 5. A timer fires once, not before its time; timers of the same moment fire in the order in
///    which they were set. Setting a timer again moves it. For an idle time-out keep a
///    `last_seen` and move the timer only when it fires: then a busy connection never touches
///    the timer tree for a packet.
/// 6. A peer that floods delays the others by a bounded number of reads. A peer that does not
///    read fills its own outbox, up to [`Settings::outbox_max`](crate::Settings), and nobody
///    else's.
/// 7. A reset is reported at once, even while reading is paused; bytes not yet read are lost then.
/// 8. When nothing can be written any more, what the peer has sent before that is still read and
///    handed over, as far as the kernel has it, and then follows [`Closed::Failed`]: a peer that
///    refuses what it is being sent, and closes, is heard. One that talks on is left after
///    [`Settings::linger`](crate::Settings).
pub trait Service {
    /// The loop starts: the place to connect and to set timers.
    fn on_start(&mut self, io: &mut Io) {
        let _ = io;
    }

    /// An address asked for by [`Io::listen`] is listened on, or cannot be.
    fn on_listen(&mut self, io: &mut Io, listener: ListenerId, result: io::Result<SocketAddr>) {
        let _ = (io, listener, result);
    }

    /// The connection stands.
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin);

    /// Bytes from the peer. Take whole frames off the front, leave the rest.
    ///
    /// A slice that is kept for long (`split_to(n).freeze()`) keeps the whole read alive that it
    /// came with, and of a large read the loop's block: copy what is small and stays.
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut);

    /// The peer has sent its FIN: no more bytes will come, but it may still read ours.
    /// A service that has answers left sends them and then closes; most close at once.
    fn on_eof(&mut self, io: &mut Io, conn: ConnId) {
        io.close(conn);
    }

    /// The outbox had grown over the high water mark and has fallen to the low one.
    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        let _ = (io, conn);
    }

    /// A timer's time has come.
    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        let _ = (io, timer);
    }

    /// Something is in one of our mailboxes. Take all of it: posts that come while the loop is
    /// awake are told only once.
    fn on_wake(&mut self, io: &mut Io) {
        let _ = io;
    }

    /// All that this turn brought has been delivered; what is wished now goes out with it. The
    /// place for what is done once for many: a commit to disk, a batch.
    fn on_turn_end(&mut self, io: &mut Io) {
        let _ = io;
    }

    /// The connection is gone, and its id with it.
    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed);

    /// The loop is to end gracefully; it no longer accepts, and ends when the last connection has,
    /// or at the deadline. Unless the service knows a better farewell, all connections are closed.
    fn on_stop(&mut self, io: &mut Io) {
        io.close_all();
    }
}
