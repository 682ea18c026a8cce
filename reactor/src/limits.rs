//! Every limit of the loop, by name, and the settings for those that users need to move.

use std::time::Duration;

/// Bytes of one `read`. Large enough that a bulk transfer is bound by the kernel's copying.
pub const READ_MAX: usize = 64 * 1024;

/// Bytes of one `read` into the room that a service has reserved for the rest of a large frame.
pub const READ_ON_MAX: usize = 2 * READ_MAX;

/// A read of at most so many bytes is copied out of the read block, a longer one is handed on as a
/// piece of it. A service that sends its input on does best to copy up to here, too.
pub const SMALL_READ: usize = 8 * 1024;

/// Reads of one connection in one turn; what is left then waits for the next turn, so that one
/// flooding peer costs the quiet ones at most this much.
pub const READS_PER_TURN: usize = 8;

/// Connections accepted from one listener in one turn.
pub const ACCEPTS_PER_TURN: usize = 64;

/// Segments handed to one vectored write.
pub const SLICES_PER_WRITE: usize = 64;

/// A frame up to this many bytes is copied into the outbox; a longer one is shared.
///
/// Sharing costs a reference count and a slice of the vectored write, copying costs the bytes:
/// about here the two are equal.
pub const COPY_MAX: usize = 256;

/// Spare output buffers that the loop keeps, so that a steady state allocates nothing.
pub const SPARE_BUFFERS: usize = 1024;

/// A spare output buffer larger than this is given back to the allocator.
pub const SPARE_BUFFER_MAX: usize = 64 * 1024;

/// Events taken from the kernel in one turn.
pub const EVENTS_PER_TURN: usize = 1024;

/// Connections that the kernel holds for us before we accept them.
pub const LISTEN_BACKLOG: i32 = 4096;

/// The wait before `accept` is tried again after it failed for want of descriptors or memory.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What a user may set. The default is right for a server of small frames.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bytes queued for one peer at which a service should stop producing for it.
    /// When the queue has been above this and falls to `low_water`, `on_drained` is called.
    pub high_water: usize,
    /// See `high_water`.
    pub low_water: usize,
    /// Bytes queued for one peer at which the connection is given up: `Closed::Failed`.
    pub outbox_max: usize,
    /// Bytes from one peer that the service has left unread at which the connection is given up.
    pub input_max: usize,
    /// How long a connect may take.
    pub connect_timeout: Duration,
    /// How long a close waits for the peer to take some of our last bytes, and then to send its
    /// FIN.
    pub linger: Duration,
    /// How long a close may take in all, however busily the peer takes our last bytes one by one.
    pub close_timeout: Duration,
    /// How long a graceful stop waits for the connections to end.
    pub stop_timeout: Duration,
    /// Connections at once; further ones wait in the kernel's backlog until one has ended.
    pub connections_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            high_water: 256 * 1024,
            low_water: 64 * 1024,
            outbox_max: 64 * 1024 * 1024,
            input_max: 64 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(2),
            close_timeout: Duration::from_secs(300),
            stop_timeout: Duration::from_secs(5),
            connections_max: 1_000_000,
        }
    }
}
