//! What a connection remembers of its packets, for later packets and for the report.
//!
//! It knows frames, times and lines up to a limit. It does not know packets.

/// Lines on subscriptions, violations and acknowledgements that the report has, each.
pub const LINES_MAX: usize = 20;

/// What is said of a packet.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) say: String,
    pub(super) refs: Vec<u64>,
}

/// A packet that was seen: its frame, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct At {
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) time_ns: u64,
}

/// A SUBSCRIBE or UNSUBSCRIBE without its answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) at: At,
    /// What the answer will speak of, one per filter.
    pub(super) filters: Vec<String>,
}

/// Lines of the report, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<(String, Vec<u64>)>,
    pub(super) more: u64,
}

impl Lines {
    pub(super) fn push(&mut self, line: String, refs: Vec<u64>) {
        if self.lines.len() < LINES_MAX {
            self.lines.push((line, refs));
        } else {
            self.more += 1;
        }
    }
}

/// Deliveries of QoS 1 and 2 that were completed on this connection.
#[derive(Debug, Default)]
pub(super) struct Chains {
    pub(super) lines: Lines,
    /// Completed at QoS 1, and at QoS 2.
    pub(super) completed: [u64; 2],
    pub(super) latency_ns: i64,
}
