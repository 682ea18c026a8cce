//! The layers of one frame: a layer per message, and data for what belongs to none.
//!
//! It knows places in a frame. It does not know what the fields say.

use super::assemble::Section;
use crate::conversation::Chunk;
use crate::dissect::http::{Mode, data_field};
use crate::dissect::{Field, Layer};

/// The layers so far, and the message that is open.
#[derive(Debug, Default)]
pub(super) struct Layers {
    done: Vec<Layer>,
    open: Option<Layer>,
}

impl Layers {
    /// Of the message that is open, so many bytes at that place.
    fn extend(&mut self, off: usize, len: usize) -> &mut Layer {
        let layer =
            self.open.get_or_insert(Layer { proto: "http", off, len: 0, fields: Vec::new() });
        layer.len = off + len - layer.off;
        layer
    }

    /// A head, or a line of a chunked body.
    pub(super) fn section(&mut self, section: &Section, fields: &[Field], frame: u64) {
        let within = section.pieces.within(frame);
        if fields.is_empty() {
            return;
        }
        let layer = match within {
            Some((off, len)) => self.extend(off, len),
            None => {
                self.open.get_or_insert(Layer { proto: "http", off: 0, len: 0, fields: Vec::new() })
            }
        };
        let off = layer.off;
        layer.fields.extend(fields.iter().map(|f| section.pieces.place(f.clone(), frame, off)));
    }

    /// Data of a body, which `carrier` carried at that place.
    pub(super) fn data(&mut self, mode: Mode, bytes: &[u8], at: usize, carrier: u64, frame: u64) {
        if carrier == frame && !bytes.is_empty() {
            let field = Field { off: at, ..data_field(mode, bytes) };
            self.extend(at, bytes.len()).fields.push(field);
        }
    }

    /// The message ends here.
    pub(super) fn end(&mut self) {
        self.done.extend(self.open.take());
    }

    /// All of them; the chunk's bytes that belong to no message are data.
    pub(super) fn finish(mut self, chunk: Option<&Chunk>) -> Vec<Layer> {
        self.end();
        let Some(chunk) = chunk else { return self.done };
        let mut from = chunk.at;
        let end = chunk.at + chunk.bytes.len();
        let mut data = Vec::new();
        let taken = self.done.iter().filter(|layer| layer.len > 0).map(|l| (l.off, l.off + l.len));
        for (start, stop) in taken.chain([(end, end)]) {
            if start > from {
                let bytes = &chunk.bytes[from - chunk.at..start - chunk.at];
                let field = Field {
                    name: "part of a message",
                    off: from,
                    spec: "",
                    ..data_field(Mode::UntilClose, bytes)
                };
                let (off, len) = (from, start - from);
                data.push(Layer { proto: "data", off, len, fields: vec![field] });
            }
            from = from.max(stop);
        }
        self.done.extend(data);
        self.done.sort_by_key(|layer| layer.off);
        self.done
    }
}
