//! Sections and data out of one direction's bytes: several messages in a segment, one over many
//! segments, with holes where the capture missed something.
//!
//! It knows which mode the direction is in and which frame carried which byte; after each section
//! it is told what comes next. Bodies pass through: only lines and heads are kept, up to a limit.

use bytes::Bytes;

use crate::analysis::pieces::{Piece, Pieces};
use crate::conversation::Chunk;
use crate::dissect::http::{Begins, Mode, Search, begins};

/// Bytes of one section that are kept; a longer one is no message that anybody would read.
pub const SECTION_MAX: usize = 64 * 1024;

/// Bytes of a first line after which it is not looked at again before it is whole.
pub const PREFIX_MAX: usize = 256;

/// A section whose last byte is there.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) mode: Mode,
    pub(super) bytes: Bytes,
    pub(super) time_ns: u64,
    pub(super) pieces: Pieces,
}

/// What the next bytes are.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    Section(Section),
    /// Data in this mode, of which `bytes` are there; `at` is their place in the frame.
    Data {
        mode: Mode,
        bytes: Bytes,
        len: u64,
        at: usize,
    },
    /// A section's first or further bytes: so many of it are there now.
    Part {
        first: u64,
        there: usize,
        begins: bool,
    },
}

#[derive(Debug, Default)]
struct Partial {
    kept: Vec<u8>,
    search: Search,
    pieces: Pieces,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Assembler {
    mode: Mode,
    partial: Option<Partial>,
    /// What a message of this direction begins with.
    own: Begins,
}

impl Assembler {
    pub(super) fn new(mode: Mode, own: Begins) -> Self {
        Self { mode, partial: None, own }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// After a section, what comes.
    pub(super) fn expect(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// Takes the next bytes of the chunk, from `at` on; nothing at its end.
    pub(super) fn next(&mut self, chunk: &Chunk, at: &mut usize) -> Option<Unit> {
        let rest = chunk.bytes.slice(*at..);
        // Messages mostly begin with a segment: here they can be found again.
        if *at == 0 && self.mode == Mode::Lost && begins(&rest) == self.own {
            self.mode = Mode::Head;
        }
        if rest.is_empty() {
            return None;
        }
        let there = rest.len() as u64;
        if let Some(len) = self.mode.data(there) {
            return Some(self.data(&rest.slice(..len as usize), len, chunk, at));
        }
        if !self.is_plausible(&rest) {
            self.partial = None;
            self.mode = Mode::Lost;
            return Some(self.data(&rest, there, chunk, at));
        }
        Some(self.section(&rest, chunk, at))
    }

    fn data(&mut self, bytes: &Bytes, len: u64, chunk: &Chunk, at: &mut usize) -> Unit {
        let (mode, place) = (self.mode, chunk.at + *at);
        *at += bytes.len();
        self.mode = mode.after(len);
        Unit::Data { mode, bytes: bytes.clone(), len, at: place }
    }

    /// Can these bytes, behind those that are kept, be a message's?
    fn is_plausible(&self, rest: &[u8]) -> bool {
        if self.mode != Mode::Head {
            return true;
        }
        let seen = match &self.partial {
            // Its first line was looked at before, or is looked at when it is whole.
            Some(partial) if partial.search.has_begun() => return true,
            Some(partial) if partial.kept.len() > PREFIX_MAX && !rest.contains(&b'\n') => {
                return true;
            }
            Some(partial) => {
                let mut bytes = partial.kept.clone();
                bytes.extend_from_slice(rest);
                begins(&bytes)
            }
            None => begins(rest),
        };
        seen == self.own || seen == Begins::Perhaps && self.may_be_own(rest)
    }

    /// Nothing but `HTTP/` begins a response; a request begins with any word.
    fn may_be_own(&self, rest: &[u8]) -> bool {
        let kept = self.partial.iter().flat_map(|partial| &partial.kept);
        let mut bytes = kept.chain(rest).skip_while(|byte| matches!(byte, b'\r' | b'\n'));
        self.own == Begins::Request
            || b"HTTP/".iter().all(|own| bytes.next().is_none_or(|b| b == own))
    }

    fn section(&mut self, rest: &Bytes, chunk: &Chunk, at: &mut usize) -> Unit {
        let mode = self.mode;
        let piece = |start, len| Piece { start, len, frame: chunk.frame, at: chunk.at + *at };
        let Some(partial) = &mut self.partial else {
            let mut search = Search::default();
            if let Some(len) = search.end(mode, rest) {
                // Most sections: all of it in one segment, and nothing is copied.
                let pieces = Pieces::one(piece(0, len));
                *at += len;
                let (bytes, time_ns) = (rest.slice(..len), chunk.time_ns);
                return Unit::Section(Section { mode, bytes, time_ns, pieces });
            }
            let pieces = Pieces::one(piece(0, rest.len()));
            self.partial = Some(Partial { kept: rest.to_vec(), search, pieces });
            *at += rest.len();
            return self.part(true);
        };
        let before = partial.kept.len();
        partial.kept.extend_from_slice(rest);
        if let Some(len) = partial.search.end(mode, &partial.kept) {
            let taken = len.saturating_sub(before);
            partial.pieces.add(piece(before, taken));
            partial.kept.truncate(len.max(before));
            *at += taken;
            let partial = self.partial.take().unwrap_or_default();
            let (bytes, pieces) = (partial.kept.into(), partial.pieces);
            return Unit::Section(Section { mode, bytes, time_ns: chunk.time_ns, pieces });
        }
        partial.pieces.add(piece(before, rest.len()));
        *at += rest.len();
        let too_long = partial.kept.len() > SECTION_MAX;
        let unit = self.part(false);
        if too_long {
            self.partial = None;
            self.mode = Mode::Lost;
        }
        unit
    }

    fn part(&self, begins: bool) -> Unit {
        let partial = self.partial.as_ref();
        let first = partial.map_or(0, |partial| partial.pieces.first_frame());
        Unit::Part { first, there: partial.map_or(0, |partial| partial.kept.len()), begins }
    }

    /// So many bytes are not there. A body whose length is known can go on behind them.
    pub(super) fn hole(&mut self, len: u64) -> Option<Unit> {
        let mode = self.mode;
        let known = mode.data(len).filter(|known| *known == len && mode != Mode::Lost);
        if let Some(len) = known {
            self.mode = mode.after(len);
            return Some(Unit::Data { mode, bytes: Bytes::new(), len, at: 0 });
        }
        self.partial = None;
        self.mode = Mode::Lost;
        None
    }
}
