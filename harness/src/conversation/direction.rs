//! One direction of a conversation: its sequence numbers as offsets, and what waits for an
//! acknowledgment.
//!
//! It knows 32-bit sequence numbers and where they wrap. It does not know the other direction.

use super::stream::Stream;
use std::collections::VecDeque;

/// Segments whose acknowledgment is waited for, per direction; beyond, the oldest are forgotten
/// (so is which frames a late acknowledgment covers).
pub const SENT_MAX: usize = 4096;

/// Frames that one acknowledgment or retransmission names.
pub const NAMED_MAX: usize = 16;

/// A segment with data that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Offset of its first byte.
    pub start: u64,
    /// Offset after its last byte.
    pub end: u64,
    /// The frame.
    pub frame: u64,
}

/// What one end sends.
#[derive(Debug, Default)]
pub struct Direction {
    /// The sequence number of offset 0; not known before the first segment.
    base: Option<u32>,
    /// The bytes in order.
    pub(super) stream: Stream,
    pub(super) sent: VecDeque<Sent>,
    /// The highest offset that the other end has acknowledged.
    pub(super) acked: u64,
    /// The highest offset that was sent.
    pub(super) high: u64,
    /// The acknowledgment number that this end sent last, with its window.
    pub(super) last_ack: Option<(u32, u16)>,
    /// From the SYN: the largest segment that this end takes, in bytes.
    pub mss: Option<u16>,
    /// From the SYN: the shift for this end's windows.
    pub window_scale: Option<u8>,
    /// The frame with the FIN, and the offset at which it stands.
    pub fin: Option<(u64, u64)>,
    /// The frame in which the other end acknowledged the FIN.
    pub fin_acked: Option<u64>,
    /// Segments with data, repeated ones included.
    pub data_segments: u64,
    /// Bytes of data, each counted once.
    pub bytes: u64,
    /// Bytes that are not in the capture.
    pub missing: u64,
    /// Frames whose data had been sent before.
    pub retransmissions: u64,
    /// Frames that came before an earlier part of the stream.
    pub early: u64,
    /// Frames that acknowledged new bytes and carried nothing.
    pub acks_alone: u64,
    /// Frames that acknowledged new bytes and carried data.
    pub acks_riding: u64,
}

impl Direction {
    /// Offset 0 has this sequence number.
    pub(super) fn start_at(&mut self, seq: u32) {
        self.base.get_or_insert(seq);
    }

    pub(super) fn started(&self) -> bool {
        self.base.is_some()
    }

    /// The offset of a sequence number: of all that share its 32 bits, the one nearest to what
    /// is expected [9293-3.4-01]. Negative before the start.
    pub(super) fn offset(&self, seq: u32) -> i64 {
        let next = self.stream.next();
        let expected = self.base.unwrap_or(seq).wrapping_add(next as u32);
        next.cast_signed() + i64::from(seq.wrapping_sub(expected).cast_signed())
    }

    /// Remembers a segment until it is acknowledged.
    pub(super) fn remember(&mut self, sent: Sent) {
        if self.sent.len() >= SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back(sent);
        self.high = self.high.max(sent.end);
    }

    /// The frames that carried bytes between two offsets, as far as they are remembered.
    pub(super) fn frames_between(&self, start: u64, end: u64) -> Vec<u64> {
        let overlaps = |s: &&Sent| s.start < end && s.end > start;
        self.sent.iter().filter(overlaps).map(|s| s.frame).take(NAMED_MAX).collect()
    }

    /// The other end has everything before `offset`: the frames and the number of bytes that are
    /// newly covered.
    pub(super) fn acknowledge(&mut self, offset: u64) -> (Vec<u64>, u64) {
        let bytes = offset.saturating_sub(self.acked);
        let frames = if bytes == 0 {
            Vec::new()
        } else {
            let mut frames = self.frames_between(self.acked, offset);
            frames.dedup();
            frames
        };
        self.acked = self.acked.max(offset);
        // [9293-3.4-03] Covered in part, a segment is waited for still.
        while self.sent.front().is_some_and(|s| s.end <= self.acked) {
            self.sent.pop_front();
        }
        (frames, bytes)
    }
}
