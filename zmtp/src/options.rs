//! What a user may set on a socket. The names are those of the settings' meaning; where libzmq has
//! one, its name stands beside.

use bytes::Bytes;
use std::time::Duration;

use crate::limits;
use crate::mechanism::Mechanism;

/// A socket's settings; they hold for all its peers.
#[derive(Clone, Debug)]
pub struct Options {
    /// Messages that wait for one peer, at most (ZMQ_SNDHWM). 0: no limit. [PUSH-gen-06]
    /// [PUB-gen-05]
    pub send_high_water_mark: usize,
    /// Messages from one peer that wait to be received before it is no longer read from
    /// (ZMQ_RCVHWM). 0: no limit. [PULL-gen-06] [SUB-gen-05]
    pub receive_high_water_mark: usize,
    /// How the connections are secured.
    pub mechanism: Mechanism,
    /// What a REQ, DEALER or ROUTER calls itself (ZMQ_ROUTING_ID); at most 255 octets, the first
    /// of them not zero.
    pub identity: Bytes,
    /// Bytes of one message that are taken from a peer (ZMQ_MAXMSGSIZE).
    pub message_max: usize,
    /// How long a peer may take for its handshake (ZMQ_HANDSHAKE_IVL).
    pub handshake_timeout: Duration,
    /// Peers that are in their handshake with us at once, of those that came to us.
    pub handshakes_max: usize,
    /// The wait before the second attempt to connect (ZMQ_RECONNECT_IVL) ...
    pub reconnect_first: Duration,
    /// ... which doubles up to this (ZMQ_RECONNECT_IVL_MAX).
    pub reconnect_longest: Duration,
    /// After how much silence a PING is sent (ZMQ_HEARTBEAT_IVL); `None`: never.
    pub heartbeat_interval: Option<Duration>,
    /// How long a PING may go without any traffic (ZMQ_HEARTBEAT_TIMEOUT); `None`: as long as the
    /// interval. [ZMTP-3.1-ping-09]
    pub heartbeat_timeout: Option<Duration>,
    /// What the PING tells the peer of how long it may wait for us (ZMQ_HEARTBEAT_TTL): in tenths
    /// of a second on the wire.
    pub heartbeat_ttl: Duration,
    /// How long a closed socket waits for its peers to take what was sent (ZMQ_LINGER).
    pub linger: Duration,
    /// Be a peer of ZMTP 3.0, not of 3.1: no heartbeats, subscriptions as messages.
    pub zmtp_3_0: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            send_high_water_mark: limits::HIGH_WATER_MARK,
            receive_high_water_mark: limits::HIGH_WATER_MARK,
            mechanism: Mechanism::Null,
            identity: Bytes::new(),
            message_max: limits::MESSAGE_MAX,
            handshake_timeout: limits::HANDSHAKE_TIMEOUT,
            handshakes_max: limits::HANDSHAKES_MAX,
            reconnect_first: limits::RECONNECT_FIRST,
            reconnect_longest: limits::RECONNECT_LONGEST,
            heartbeat_interval: None,
            heartbeat_timeout: None,
            heartbeat_ttl: Duration::ZERO,
            linger: limits::LINGER,
            zmtp_3_0: false,
        }
    }
}
