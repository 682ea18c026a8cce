//! The seam to the protocols above TCP: who reads a conversation's bytes once they are in order.
//!
//! It knows chunks with the frames that carried them. It is decided by content, never by port.
//! A protocol's dissector is one more implementation of `Application` and one more line in
//! `detect`.

use super::{exchanges, opaque};
use crate::conversation::{Chunk, Conversation, Side};

/// What an application says about a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// `request 1`.
    pub say: String,
    /// The frames that it speaks of.
    pub refs: Vec<u64>,
}

/// Reads both directions of one conversation.
pub trait Application: std::fmt::Debug {
    /// What it is called in the report.
    fn name(&self) -> String;

    /// The next bytes of one side. What is said belongs to the frame that is being told, which
    /// need not be the chunk's own when a hole was filled.
    fn on_chunk(&mut self, side: Side, chunk: &Chunk) -> Remark;

    /// That many bytes of one side are not in the capture.
    fn on_gap(&mut self, side: Side, len: u64);

    /// The lines of the report, with the frames they speak of.
    fn blocks(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)>;
}

/// Chooses the application by the first bytes that either side sent.
pub(super) fn detect(side: Side, chunk: &Chunk, opener_known: bool) -> Box<dyn Application> {
    if exchanges::is_text(&chunk.bytes) {
        let asker = if opener_known { Side::Client } else { exchanges::asker(side, chunk) };
        Box::new(exchanges::Exchanges::new(asker, opener_known))
    } else {
        Box::new(opaque::Opaque::default())
    }
}
