//! Where the bytes of a protocol's unit stand (a packet of MQTT, a frame of ZMTP, a section of an
//! HTTP message): in which frames, and where in each.
//!
//! It knows pieces. It does not know what the bytes say.

use std::ops::Range;

use crate::dissect::{Field, Flaw, Note};
use crate::lang::{Lang, Text};

/// Frames of a unit that are remembered; of further ones only the last is.
pub const PIECES_MAX: usize = 64;

/// Bytes of a unit that one frame carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Their place in the unit.
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) frame: u64,
    /// Their place in the frame.
    pub(super) at: usize,
}

/// All of a unit's.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(super) fn one(piece: Piece) -> Self {
        Self(vec![piece])
    }

    pub(super) fn add(&mut self, piece: Piece) {
        if piece.len == 0 {
            return;
        }
        if let Some(last) = self.0.last_mut()
            && (last.frame, last.start + last.len) == (piece.frame, piece.start)
        {
            last.len += piece.len;
            return;
        }
        if self.0.len() == PIECES_MAX {
            self.0.pop();
        }
        self.0.push(piece);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first_frame(&self) -> u64 {
        self.0.first().map_or(0, |piece| piece.frame)
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|piece| piece.frame)
    }

    /// Which bytes of the unit came in `frame`.
    pub(super) fn span(&self, frame: u64) -> Range<usize> {
        let mut here = self.0.iter().filter(|piece| piece.frame == frame);
        let Some(first) = here.next() else { return 0..0 };
        let last = here.next_back().unwrap_or(first);
        first.start..last.start + last.len
    }

    /// The first part of the unit that stands in `frame`: its place and length there.
    pub(super) fn within(&self, frame: u64) -> Option<(usize, usize)> {
        self.0.iter().find(|piece| piece.frame == frame).map(|piece| (piece.at, piece.len))
    }

    /// A field of the unit as one of `frame`, whose layer stands at `layer`.
    pub(super) fn place(&self, mut field: Field, frame: u64, layer: usize) -> Field {
        let (start, end) = (field.off, field.off + field.len);
        let first = self.0.iter().rev().find(|piece| piece.start <= start);
        field.begins = first.map(|piece| piece.frame).filter(|begins| *begins != frame);
        (field.off, field.len) = (layer, 0);
        let here = self.0.iter().find(|piece| {
            let empty = start == end && piece.start <= start && start <= piece.start + piece.len;
            let overlap = start.max(piece.start) < end.min(piece.start + piece.len);
            piece.frame == frame && (overlap || empty)
        });
        if let Some(piece) = here {
            let from = start.max(piece.start);
            field.off = piece.at + (from - piece.start);
            field.len = end.min(piece.start + piece.len) - from;
            if field.len == 0 {
                field.begins = None;
            }
        }
        field
    }

    /// What is wrong with the unit of that name, at its places in `frame`.
    pub(super) fn notes(&self, flaws: &[Flaw], frame: u64, name: &Text) -> Vec<Note> {
        let here = || self.0.iter().filter(|piece| piece.frame == frame);
        let place = |off: usize| {
            let within = |piece: &&Piece| piece.start <= off && off <= piece.start + piece.len;
            let found = here().find(within).map(|piece| piece.at + (off - piece.start));
            found.or_else(|| here().next().map(|piece| piece.at)).unwrap_or(0)
        };
        let text = |flaw: &Flaw, lang| format!("{}: {}", name.say(lang), flaw.text(lang));
        let note = |flaw: &Flaw| Note {
            off: place(flaw.off),
            text: Text::new(text(flaw, Lang::En), text(flaw, Lang::Id)),
        };
        flaws.iter().map(note).collect()
    }
}
