//! A conversation in a protocol that is not known here: counted, not read.
//!
//! It knows sizes alone.

use super::application::{Application, Moment, Remark};
use super::texts::exchanges as texts;
use crate::conversation::{Chunk, Conversation, Side};
use crate::lang::Lang;

/// Segments after which nothing else is looked for in the conversation.
pub const SEGMENTS_MAX: u64 = 64;

/// The counters.
#[derive(Debug)]
pub(super) struct Opaque {
    lang: Lang,
    parts: [u64; 2],
    bytes: [u64; 2],
}

impl Opaque {
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, parts: [0; 2], bytes: [0; 2] }
    }
}

impl Application for Opaque {
    fn name(&self) -> String {
        texts::not_recognised(self.lang)
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk, _moment: &mut Moment<'_>) -> Remark {
        let i = usize::from(side == Side::Server);
        self.parts[i] += 1;
        self.bytes[i] += chunk.len;
        Remark::new(texts::data(self.lang, chunk.len), Vec::new())
    }

    fn on_gap(&mut self, _side: Side, _len: u64, _moment: &mut Moment<'_>) -> Option<Remark> {
        None
    }

    fn gives_way(&self) -> bool {
        self.parts.iter().sum::<u64>() < SEGMENTS_MAX
    }

    fn blocks(
        &self,
        _conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        let (client, server) = (name(Side::Client), name(Side::Server));
        let say = texts::sent(
            self.lang,
            [(&client, self.bytes[0], self.parts[0]), (&server, self.bytes[1], self.parts[1])],
        );
        vec![(say, Vec::new())]
    }
}
