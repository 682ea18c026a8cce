//! Every limit of the protocol, by name: the standard's own, and ours on what a peer can make
//! grow. Settings that users move begin with the values here. Who keeps to them is not known.

use std::time::Duration;

/// Bytes that a Remaining Length is written in (section 2.2.3).
pub const REMAINING_LENGTH_BYTES: usize = 4;

/// The largest Remaining Length: 2^28 - 1.
pub const REMAINING_LENGTH_MAX: usize = 268_435_455;

/// The longest packet: its fixed header and the largest Remaining Length.
pub const PACKET_MAX: usize = 1 + REMAINING_LENGTH_BYTES + REMAINING_LENGTH_MAX;

/// The longest packet that a client sends before it is let in: a CONNECT whose five fields are
/// all as long as they can be.
pub const CONNECT_MAX: usize = 5 + 12 + 5 * (2 + 65_535);

/// Packet identifiers that there are.
pub const PACKET_IDS: usize = 65_535;

/// How long a client may take from its first byte, or from none, to its whole CONNECT.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// PUBLISH packets of QoS 1 and 2 that one client has not acknowledged, at most (setting). Five
/// times mosquitto's: how fast a client gets messages is this many a round trip.
pub const INFLIGHT_MAX: usize = 100;

/// Messages of QoS 1 and 2 that wait for one client, at most (setting).
pub const QUEUED_MAX: usize = 1_000;

/// Messages that wait for one online client whose publishers are already being held back; what
/// comes beyond is dropped for it and counted. One for each packet identifier of a publisher, so
/// that one who keeps to the standard is not reached by it.
pub const QUEUED_HARD_MAX: usize = 100_000;

/// Messages that wait for one online client, in multiples of the setting, above which its
/// publishers are no longer read from.
pub const PAUSE_FACTOR: usize = 10;

/// Bytes of payload that wait for one online client, or are in flight to it, above which its
/// publishers get no acknowledgements and are no longer read from.
pub const HOLD_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of payload that wait for one client, at most; what comes beyond is dropped for it and
/// counted, but never the only message.
pub const QUEUED_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Acknowledgements that are held back for one publisher before its connection is no longer read.
pub const HELD_ACKS_MAX: usize = 1_000;

/// Retained messages that answer subscriptions of one client and wait to be sent to it.
pub const RETAINED_WAITING_MAX: usize = 1_000_000;

/// Routes that are remembered; when there are more, all are forgotten.
pub const ROUTES_MAX: usize = 16_384;

/// How long the publishers of QoS 0 messages wait for a subscriber that does not read as fast as
/// they send. One that has not caught up by then loses messages, and they wait no longer.
pub const QOS0_PATIENCE: Duration = Duration::from_secs(2);

/// How long they wait for one that reads nothing at all.
pub const QOS0_STALL: Duration = Duration::from_millis(500);

/// How long after that nobody waits for this subscriber.
pub const QOS0_GRUDGE: Duration = Duration::from_secs(30);

/// How long publishers of QoS 1 and 2 wait for a subscriber from which no acknowledgement comes.
pub const ACK_PATIENCE: Duration = Duration::from_secs(10);

/// Bytes queued for one subscriber above which it is one that lags behind.
pub const HIGH_WATER: usize = 4 * 1024 * 1024;

/// Bytes queued for one subscriber below which it has caught up.
pub const LOW_WATER: usize = 1024 * 1024;

/// The first wait before a client connects again.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(100);

/// The longest wait before a client connects again.
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(30);

/// Keep Alive of a client that does not say otherwise, in seconds.
pub const KEEP_ALIVE: u16 = 60;

/// How long before Keep Alive has passed a client sends its PINGREQ; a quarter of it, if that is
/// less.
pub const PING_MARGIN: Duration = Duration::from_secs(1);

/// How long a client waits for the CONNACK.
pub const CONNACK_TIMEOUT: Duration = Duration::from_secs(10);

/// PUBLISH packets of QoS 1 and 2 that a client has sent and the server has not acknowledged, at
/// most (setting).
pub const CLIENT_WINDOW: usize = 100;

/// Packets that wait in a client to be sent for the first time; more commands are not taken until
/// there are fewer.
pub const CLIENT_QUEUED_MAX: usize = 4 * 1024;

/// Bytes of payload that wait in a client to be sent for the first time, at most, but never less
/// than one message.
pub const CLIENT_QUEUED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that a client encodes at a time, between two looks at how much the kernel has not taken.
pub const CLIENT_BATCH: usize = 32 * 1024;

/// Acknowledgements, in bytes, that wait for a server that does not read, before a client reads
/// no more from it.
pub const CLIENT_ACKS_MAX: usize = 1024 * 1024;

/// Bytes of payload, and messages, that wait for an application to take them; then the connection
/// is no longer read.
pub const UNTAKEN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// See [`UNTAKEN_BYTES_MAX`].
pub const UNTAKEN_MAX: usize = 64 * 1024;

/// A payload of up to so many bytes is copied out of what was read, so that one small message
/// that is kept does not keep the whole read alive.
pub const COPIED_PAYLOAD_MAX: usize = 1024;

/// Messages of the blocking client that have not got what their QoS promises, at most.
pub const OUTSTANDING_MAX: usize = 16 * 1024;

/// Bytes of payload of these, at most, but never less than one message.
pub const OUTSTANDING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A connection that stood for so long was a good one: after its loss the waits begin anew.
pub const STABLE: Duration = Duration::from_secs(5);

/// How long a call of the blocking client waits for what it promises (setting).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Messages that the blocking client hands to its loop at once.
pub const HANDED_AT_ONCE: usize = 256;

/// Subscriptions of one session; further ones are refused with SUBACK's failure.
pub const SUBSCRIPTIONS_MAX: usize = 100_000;

/// Levels of all filters of one session together: a level costs the tree more than its bytes.
pub const SUBSCRIPTION_LEVELS_MAX: usize = 1_000_000;

/// Levels of all topic names that have a retained message, together.
pub const RETAINED_LEVELS_MAX: usize = 50_000_000;

/// Topics that have a retained message; on further ones nothing is retained.
pub const RETAINED_MAX: usize = 10_000_000;

/// Sessions at once, connected or kept; further clients are refused as "server unavailable".
pub const SESSIONS_MAX: usize = 2_000_000;

/// How often those that do not keep up are looked at.
pub const LAG_TICK: Duration = Duration::from_millis(100);

/// How often kept sessions are looked at for their age.
pub const EXPIRY_TICK: Duration = Duration::from_secs(30);
