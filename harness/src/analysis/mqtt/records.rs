//! What a connection remembers of its packets, for later packets and for the report.
//!
//! It knows requests and deliveries up to a limit. It does not know packets.

use crate::analysis::records::{At, Lines};

/// A SUBSCRIBE or UNSUBSCRIBE without its answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) at: At,
    /// What the answer will speak of, one per filter.
    pub(super) filters: Vec<String>,
}

/// Deliveries of QoS 1 and 2 that were completed on this connection.
#[derive(Debug, Default)]
pub(super) struct Chains {
    pub(super) lines: Lines,
    /// Completed at QoS 1, and at QoS 2.
    pub(super) completed: [u64; 2],
    pub(super) latency_ns: i64,
}
