//! A protocol's units (packets of MQTT, frames of ZMTP) out of one direction's bytes: several in a
//! segment, one over many segments, with holes where the capture missed something.
//!
//! It knows a unit's length and which frame carried which of its bytes. It does not know what
//! they mean; how long a unit is, its `Format` says.

use bytes::Bytes;
use std::ops::Range;

use super::pieces::{Piece, Pieces};
use crate::conversation::Chunk;
use crate::dissect::{Extent, Field, Flaw, Layer, Note};
use crate::lang::Text;

/// Bytes of a unit over several segments that are kept; of the rest only the places are known.
pub const KEPT_MAX: usize = 16 * 1024;

/// How a direction's bytes are divided into units.
pub(super) trait Format {
    /// How long the unit is that begins with these bytes.
    fn extent(&self, bytes: &[u8]) -> Extent;

    /// Are these bytes clearly units, so that reading can begin with them?
    fn are_units(&self, bytes: &[u8]) -> bool;

    /// A unit is complete, and these are its bytes; the next one may be of another kind.
    fn advance(&mut self, _unit: &[u8]) {}
}

/// A unit whose last byte is there.
#[derive(Clone, Debug)]
pub(super) struct Assembled {
    /// Its bytes from the first on, as far as they are kept.
    pub(super) bytes: Bytes,
    pub(super) len: usize,
    pub(super) time_ns: u64,
    pieces: Pieces,
}

/// What a chunk's bytes are, in order.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    /// They complete a unit.
    Whole(Assembled),
    /// A unit's first or further bytes: so many are there now, of so many if that is known; and
    /// its first byte.
    Part { first: u64, there: usize, of: Option<usize>, begins: bool, head: u8 },
    /// So many bytes between units that cannot be told apart: after a hole, or, `endless`, from a
    /// unit on that announces no length that there is.
    Lost { len: u64, endless: bool },
}

#[derive(Debug, Default)]
struct Partial {
    kept: Vec<u8>,
    /// A hole came: what follows it is not kept.
    holed: bool,
    there: usize,
    pieces: Pieces,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Assembler<F> {
    format: F,
    partial: Option<Partial>,
    lost: bool,
    /// It is, by a length that there is not.
    endless: bool,
}

impl<F: Format> Assembler<F> {
    /// For a direction that begins with a unit.
    pub(super) fn new(format: F) -> Self {
        Self { format, partial: None, lost: false, endless: false }
    }

    /// For a direction whose first bytes are not those of a unit.
    pub(super) fn in_the_middle(format: F) -> Self {
        Self { format, partial: None, lost: true, endless: false }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, chunk: &Chunk) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut at = 0;
        // Units often begin with a segment: here it can be found again.
        if self.lost && self.format.are_units(&chunk.bytes) {
            (self.lost, self.endless) = (false, false);
        }
        while at < chunk.bytes.len() && !self.lost {
            let begins = self.partial.is_none();
            let before = at;
            match self.take(chunk, &mut at) {
                Some(unit) => units.push(Unit::Whole(unit)),
                None if self.lost => at = before,
                None => units.extend(self.part(begins)),
            }
        }
        let unread = (chunk.bytes.len() - at) as u64;
        if unread > 0 {
            units.push(Unit::Lost { len: unread, endless: self.endless });
        }
        // The frame was cut: the rest of its bytes is a hole.
        let missing = chunk.len - chunk.bytes.len() as u64;
        if missing > 0 {
            if let Some(Unit::Part { .. }) = units.last() {
                units.pop();
                let begins = self.partial.as_ref().is_some_and(|p| p.pieces.len() == 1);
                units.extend(self.hole(missing, chunk.time_ns).or_else(|| self.part(begins)));
            } else {
                units.extend(self.hole(missing, chunk.time_ns));
            }
        }
        units
    }

    /// Goes on in another way from here.
    pub(super) fn reformat(&mut self, format: F) {
        (self.format, self.partial) = (format, None);
    }

    /// The unit under way, as far as it is there.
    pub(super) fn under_way(&self) -> Option<Assembled> {
        let partial = self.partial.as_ref()?;
        Some(Assembled {
            bytes: Bytes::copy_from_slice(&partial.kept),
            len: partial.there,
            time_ns: 0,
            pieces: partial.pieces.clone(),
        })
    }

    /// The unit under way, as a part.
    fn part(&self, begins: bool) -> Option<Unit> {
        let partial = self.partial.as_ref()?;
        let of = match self.format.extent(&partial.kept) {
            Extent::Known(len) => Some(len),
            Extent::Open | Extent::Boundless => None,
        };
        Some(Unit::Part {
            first: partial.pieces.first_frame(),
            there: partial.there,
            of,
            begins,
            head: partial.kept.first().copied().unwrap_or_default(),
        })
    }

    /// Takes bytes of one unit from `at` on; the unit, if it is whole now.
    fn take(&mut self, chunk: &Chunk, at: &mut usize) -> Option<Assembled> {
        let rest = &chunk.bytes[*at..];
        let piece = |start: usize, len: usize, at: usize| Piece {
            start,
            len,
            frame: chunk.frame,
            at: chunk.at + at,
        };
        let Some(partial) = &mut self.partial else {
            return match self.format.extent(rest) {
                // Most units: all of it in one segment, and nothing is copied.
                Extent::Known(len) if len <= rest.len() => {
                    let bytes = chunk.bytes.slice(*at..*at + len);
                    let pieces = Pieces::one(piece(0, len, *at));
                    *at += len;
                    self.format.advance(&bytes);
                    Some(Assembled { bytes, len, time_ns: chunk.time_ns, pieces })
                }
                Extent::Boundless => {
                    (self.lost, self.endless) = (true, true);
                    None
                }
                Extent::Known(_) | Extent::Open => {
                    let mut partial = Partial::default();
                    partial.add(rest, piece(0, rest.len(), *at));
                    *at = chunk.bytes.len();
                    self.partial = Some(partial);
                    None
                }
            };
        };
        // The header may still be incomplete: byte by byte until the unit's length is known.
        let mut taken = 0;
        while self.format.extent(&partial.kept) == Extent::Open && taken < rest.len() {
            partial.add(&rest[taken..=taken], piece(partial.there, 1, *at + taken));
            taken += 1;
        }
        match self.format.extent(&partial.kept) {
            Extent::Known(len) => {
                let more = (len - partial.there).min(rest.len() - taken);
                let place = piece(partial.there, more, *at + taken);
                partial.add(&rest[taken..taken + more], place);
                *at += taken + more;
                (partial.there == len).then(|| self.finish(len, chunk.time_ns)).flatten()
            }
            Extent::Open => {
                *at += taken;
                None
            }
            Extent::Boundless => {
                self.partial = None;
                (self.lost, self.endless) = (true, true);
                None
            }
        }
    }

    fn finish(&mut self, len: usize, time_ns: u64) -> Option<Assembled> {
        let partial = self.partial.take()?;
        self.format.advance(&partial.kept);
        Some(Assembled { bytes: partial.kept.into(), len, time_ns, pieces: partial.pieces })
    }

    /// So many bytes are not there. A unit whose length is known can end within them.
    pub(super) fn hole(&mut self, len: u64, time_ns: u64) -> Option<Unit> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if let Some(partial) = &mut self.partial
            && let Extent::Known(total) = self.format.extent(&partial.kept)
        {
            partial.holed = true;
            let left = total - partial.there;
            partial.there += left.min(len);
            // Where the next one begins is only known if this one ends with the hole.
            self.lost = len > left;
            if len >= left {
                return self.finish(total, time_ns).map(Unit::Whole);
            }
            return None;
        }
        self.partial = None;
        self.lost = true;
        None
    }
}

impl Partial {
    fn add(&mut self, bytes: &[u8], piece: Piece) {
        self.there += piece.len;
        if !self.holed {
            let room = KEPT_MAX.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        self.pieces.add(piece);
    }
}

impl Assembled {
    /// Which of its bytes came in `frame`.
    pub(super) fn span(&self, frame: u64) -> Range<usize> {
        self.pieces.span(frame)
    }

    /// The frames that carried it, as far as they are remembered.
    pub(super) fn frames(&self) -> Vec<u64> {
        let mut frames: Vec<u64> = self.pieces.frames().collect();
        frames.dedup();
        frames
    }

    /// The unit as a layer of `frame`: each field where it stands in that frame.
    pub(super) fn layer(&self, proto: &'static str, fields: &[Field], frame: u64) -> Layer {
        let (off, len) = self.pieces.within(frame).unwrap_or_default();
        let mut fields = fields.to_vec();
        if let Some(last) = fields.last_mut() {
            // What was not kept of a long unit is more of its last field.
            last.len = last.len.max(self.len - last.off.min(self.len));
        }
        let fields = fields.into_iter().map(|field| self.pieces.place(field, frame, off)).collect();
        Layer { proto, off, len, fields }
    }

    /// What is wrong with the unit of that name, at its places in `frame`.
    pub(super) fn notes(&self, name: &Text, flaws: &[Flaw], frame: u64) -> Vec<Note> {
        self.pieces.notes(flaws, frame, name)
    }
}

/// The chunk's bytes that belong to no whole unit are data.
pub(super) fn cover(layers: &mut Vec<Layer>, chunk: &Chunk, name: &'static str) {
    let mut from = chunk.at;
    let end = chunk.at + chunk.bytes.len();
    let mut data = Vec::new();
    let taken = layers.iter().filter(|layer| layer.len > 0).map(|l| (l.off, l.off + l.len));
    for (start, stop) in taken.chain([(end, end)]) {
        if start > from {
            let text = crate::output::escape(&chunk.bytes[from - chunk.at..start - chunk.at]);
            let (off, len) = (from, start - from);
            let value = text.into();
            let spec = "";
            let field = Field { name, off, len, mask: 0xff, value, spec, begins: None };
            data.push(Layer { proto: "data", off, len, fields: vec![field] });
        }
        from = from.max(stop);
    }
    layers.extend(data);
    layers.sort_by_key(|layer| layer.off);
}
