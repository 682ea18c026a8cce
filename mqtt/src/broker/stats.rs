//! What the broker counts, for `$SYS`. Plain numbers.

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets of any kind that came whole.
    pub messages_received: u64,
    /// Packets of any kind that were sent.
    pub messages_sent: u64,
    /// PUBLISH packets that came.
    pub publish_received: u64,
    /// PUBLISH packets that were sent.
    pub publish_sent: u64,
    /// Messages that were not delivered to a client: its queue was full, or it did not keep up.
    pub publish_dropped: u64,
    /// Bytes of payload that came in PUBLISH packets.
    pub publish_bytes_received: u64,
    /// Bytes of payload that were sent in PUBLISH packets.
    pub publish_bytes_sent: u64,
    /// Bytes that came in whole packets.
    pub bytes_received: u64,
    /// Bytes that were sent in PUBLISH packets and in what answers the clients'.
    pub bytes_sent: u64,
    /// Clients connected now.
    pub clients_connected: u64,
    /// The most clients that were connected at once.
    pub clients_maximum: u64,
    /// Sessions that ended because their clients stayed away too long.
    pub clients_expired: u64,
    /// Connections accepted.
    pub connections: u64,
}
