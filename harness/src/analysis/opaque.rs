//! A conversation in a protocol that is not known here: counted, not read.
//!
//! It knows sizes alone.

use super::application::{Application, Remark};
use super::texts::count;
use crate::conversation::{Chunk, Conversation, Side};

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Opaque {
    parts: [u64; 2],
    bytes: [u64; 2],
}

impl Application for Opaque {
    fn name(&self) -> String {
        "application protocol not recognised".to_owned()
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk) -> Remark {
        let i = usize::from(side == Side::Server);
        self.parts[i] += 1;
        self.bytes[i] += chunk.len;
        let say = format!("data, {}", count(chunk.len, "byte", "bytes"));
        Remark { say, refs: Vec::new() }
    }

    fn on_gap(&mut self, _side: Side, _len: u64) {}

    fn blocks(
        &self,
        _conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        let part = |i: usize| {
            let bytes = count(self.bytes[i], "byte", "bytes");
            format!("{bytes} in {}", count(self.parts[i], "segment", "segments"))
        };
        let (client, server) = (name(Side::Client), name(Side::Server));
        let say = format!("data: {client} sent {}, {server} sent {}", part(0), part(1));
        vec![(say, Vec::new())]
    }
}
