//! What whoever runs a broker may set. Names and defaults are those of mosquitto's configuration.
//!
//! Plain values; it does not know where they were read.

use std::time::Duration;

use crate::limits::{INFLIGHT_MAX, PACKET_MAX, QUEUED_MAX};

/// A broker's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `max_inflight_messages`: PUBLISHes of QoS 1 and 2 unacknowledged by one client; 0: as many
    /// as there are packet identifiers.
    pub max_inflight_messages: usize,
    /// `max_queued_messages`: messages of QoS 1 and 2 waiting for one client; 0: no limit but
    /// [`crate::limits::QUEUED_HARD_MAX`].
    pub max_queued_messages: usize,
    /// `message_size_limit`: the longest payload, in bytes; 0: as long as a packet can be. A
    /// longer message is acknowledged and dropped, as mosquitto does.
    pub message_size_limit: usize,
    /// The longest packet; a client that sends a longer one is disconnected.
    pub max_packet_size: usize,
    /// `max_connections`: clients at once; `None`: as many as the loop takes.
    pub max_connections: Option<usize>,
    /// `persistent_client_expiration`: a kept session whose client has been away for so long
    /// ends; `None`: never.
    pub persistent_client_expiration: Option<Duration>,
    /// `allow_zero_length_clientid`: may clients leave the choice of an id to us?
    pub allow_zero_length_clientid: bool,
    /// `auto_id_prefix`: what the ids that we choose begin with.
    pub auto_id_prefix: String,
    /// `retain_available`: are messages retained? If not, a client that wants one retained is
    /// disconnected.
    pub retain_available: bool,
    /// `sys_interval`: how often `$SYS` is published; zero: never.
    pub sys_interval: Duration,
    /// `upgrade_outgoing_qos`: deliver at the subscription's QoS, even if that is higher than
    /// the message's.
    pub upgrade_outgoing_qos: bool,
    /// `allow_duplicate_messages`: one copy for each subscription that matches, instead of one
    /// for each client.
    pub allow_duplicate_messages: bool,
    /// `queue_qos0_messages`: keep QoS 0 messages, too, for clients that are away.
    pub queue_qos0_messages: bool,
    /// Seconds since 1970 when the loop's clock started: the sessions' ages outlive the loop.
    pub started_at: u64,
    /// What `$SYS/broker/version` says.
    pub version: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_inflight_messages: INFLIGHT_MAX,
            max_queued_messages: QUEUED_MAX,
            message_size_limit: 0,
            max_packet_size: PACKET_MAX,
            max_connections: None,
            persistent_client_expiration: None,
            allow_zero_length_clientid: true,
            auto_id_prefix: "auto-".to_owned(),
            retain_available: true,
            sys_interval: Duration::from_secs(10),
            upgrade_outgoing_qos: false,
            allow_duplicate_messages: false,
            queue_qos0_messages: false,
            started_at: 0,
            version: concat!("wirelab version ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
