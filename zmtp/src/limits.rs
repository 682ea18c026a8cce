//! Every limit of the protocol, by name: the specification's own, and ours on what a peer can make
//! grow. Settings that users move begin with the values here. Who keeps to them is not known.

use std::time::Duration;

/// Bytes of a greeting [ZMTP-3.0-greeting-01].
pub const GREETING: usize = 64;

/// Bytes of a mechanism's name, padded [ZMTP-3.0-mech-04].
pub const MECHANISM_NAME: usize = 20;

/// The largest body of a short frame [ZMTP-3.0-frame-02].
pub const SHORT_BODY_MAX: usize = 255;

/// The largest size that a long frame may announce: 2^63 - 1 [ZMTP-3.0-frame-03].
pub const LONG_BODY_MAX: u64 = (1 << 63) - 1;

/// The longest name of a command or a property [ZMTP-3.0-frame-09], [ZMTP-3.0-null-08].
pub const NAME_MAX: usize = 255;

/// The longest reason in an ERROR command [ZMTP-3.0-null-13].
pub const REASON_MAX: usize = 255;

/// The longest Identity [ZMTP-3.0-meta-10].
pub const IDENTITY_MAX: usize = 255;

/// The longest user name or password of PLAIN [PLAIN-03].
pub const CREDENTIAL_MAX: usize = 255;

/// The longest context of a PING [ZMTP-3.1-ping-03].
pub const CONTEXT_MAX: usize = 16;

/// The longest body of a command: a handshake with many long properties fits many times.
pub const COMMAND_MAX: usize = 64 * 1024;

/// Properties in one READY or INITIATE.
pub const PROPERTIES_MAX: usize = 256;

/// Bytes of one message, the bodies of its frames together, that we take (setting).
pub const MESSAGE_MAX: usize = 256 * 1024 * 1024;

/// Frames of one message that we take.
pub const FRAMES_MAX: usize = 64 * 1024;

/// What a frame counts for beside its body in the bytes that wait, so that a flood of empty frames
/// is not free.
pub const FRAME_OVERHEAD: usize = 32;

/// How long a peer may take from the connection to its READY (setting).
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Peers in their handshake at once, of those that connected to us (setting)
/// [ZMTP-3.0-sec-02].
pub const HANDSHAKES_MAX: usize = 10_000;

/// Messages that wait for one peer, or from one peer, at most (setting).
pub const HIGH_WATER_MARK: usize = 1_000;

/// Bytes from one peer that wait to be received, above which it is no longer read from.
pub const INCOMING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Different subscriptions of one subscriber.
pub const SUBSCRIPTIONS_MAX: usize = 1_000_000;

/// Bytes of the different prefixes of one subscriber, together.
pub const SUBSCRIPTION_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of one subscription's prefix.
pub const PREFIX_MAX: usize = COMMAND_MAX - 16;

/// Address frames that a request may carry.
pub const ENVELOPE_MAX: usize = 256;

/// Bytes in a connection's outbox above which further messages wait as messages, and are counted
/// against the high-water mark; and to which it falls before they follow.
///
/// A peer whose outbox is fuller is not read from while it is owed answers: PINGs without end get
/// PONGs only as they are taken.
pub const OUTBOX_HIGH: usize = 128 * 1024;
/// See [`OUTBOX_HIGH`].
pub const OUTBOX_LOW: usize = 32 * 1024;

/// Bytes in a connection's outbox that are worth a write of their own. A little less than the
/// largest buffer that the loop keeps for the next time.
pub const FLUSH_AT: usize = 60 * 1024;

/// After so many messages that found the kernel full, their sender looks whether it still is.
pub const BACKLOG_LOOK: usize = 256;

/// A frame's body up to this many bytes is copied behind its header; a longer one is shared.
pub const COPY_BODY_MAX: usize = 4 * 1024;

/// A frame of more bytes than this is read into room of its own.
pub const LARGE_FRAME: usize = 16 * 1024;

/// How much is read beyond the end of a large frame.
pub const READ_AHEAD: usize = 8 * 1024;

/// Bodies of so many bytes are read into the room of one that was let go of, if there is one ...
pub const ROOM_MIN: usize = 128 * 1024;
/// ... and of no more than this.
pub const ROOM_MAX: usize = 2 * RESERVE_MAX;
/// How many such bodies a socket remembers. Their memory is its own when nobody else holds it.
pub const ROOMS_MAX: usize = 4;

/// Room that is made at once for the rest of a large frame; a peer that only announces one costs
/// no more than this.
pub const RESERVE_MAX: usize = 1024 * 1024;

/// The wait before the second attempt to connect, and the longest (settings).
pub const RECONNECT_FIRST: Duration = Duration::from_millis(100);
/// See [`RECONNECT_FIRST`].
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(2);

/// How long a closed socket waits for its peers to take what was sent (setting).
pub const LINGER: Duration = Duration::from_secs(30);

/// Events of a socket that wait for whoever watches it; of more, the oldest are forgotten.
pub const EVENTS_MAX: usize = 1_000;

/// After how long the keeper of a socket looks in on a caller that is about: what was not written
/// at once waits for so long at most.
pub const KEEPER_TICK: Duration = Duration::from_micros(250);

/// After so many ticks without a call the keeper turns the loop itself.
pub const KEEPER_NAPS: usize = 5;

/// Messages that are written at once in one tick; of what a caller sends beyond, many go in one
/// write.
pub const PROMPT_WRITES: usize = 8;
