//! The bytes of one direction of a TCP conversation, put back in order.
//!
//! It knows offsets: what arrives early waits, what arrives twice is dropped, and of two copies
//! of a byte the first one counts. It does not know sequence numbers, flags or clocks.

use bytes::Bytes;
use std::collections::BTreeMap;

/// Bytes that may wait for an earlier segment, per direction. When more come, the hole is given
/// up: the capture missed it.
pub const WAITING_BYTES_MAX: usize = 1 << 20;
/// Segments that may wait for an earlier one, per direction.
pub const WAITING_SEGMENTS_MAX: usize = 1024;

/// A part of the stream that one frame carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its place in the stream; the first byte after the SYN is 0.
    pub offset: u64,
    /// How many bytes of the stream it covers.
    pub len: u64,
    /// The bytes themselves; fewer than `len` if the frame was cut.
    pub bytes: Bytes,
    /// The frame that carried it.
    pub frame: u64,
    /// Where in that frame `bytes` begin.
    pub at: usize,
    /// When that frame was captured, in nanoseconds since 1970.
    pub time_ns: u64,
    /// Did its sender push it: is it the end of what a program wrote at a time?
    pub pushed: bool,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.offset + self.len
    }

    /// The part from `start` to `end`, which lie within it.
    fn part(&self, start: u64, end: u64) -> Self {
        let skip = usize::try_from(start - self.offset).unwrap_or(usize::MAX);
        let keep = usize::try_from(end - start).unwrap_or(usize::MAX);
        let from = skip.min(self.bytes.len());
        let to = from.saturating_add(keep).min(self.bytes.len());
        let bytes = self.bytes.slice(from..to);
        Self { offset: start, len: end - start, bytes, at: self.at + from, ..*self }
    }
}

/// What comes out, in order and without overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The next bytes.
    Chunk(Chunk),
    /// Bytes that are not in the capture: where they begin, and how many.
    Gap(u64, u64),
}

/// How a segment fitted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was the next.
    InOrder,
    /// That many bytes are missing before it.
    Early(u64),
    /// All of it had been there before.
    Again,
    /// Its first bytes had been there before: that many.
    Overlapping(u64),
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    next: u64,
    acked: u64,
    waiting: BTreeMap<u64, Chunk>,
    waiting_bytes: usize,
}

impl Stream {
    /// The offset of the next byte that is expected.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Bytes that wait for an earlier segment.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Takes a segment's data and appends to `out` what is now in order.
    pub fn insert(&mut self, chunk: Chunk, out: &mut Vec<Delivery>) -> Arrival {
        // [9293-3.10.7.4-01] What is old goes, wholly here, and a part of it below.
        if chunk.len == 0 || chunk.end() <= self.next {
            return Arrival::Again;
        }
        let old = self.next.saturating_sub(chunk.offset);
        let chunk = if old > 0 { chunk.part(self.next, chunk.end()) } else { chunk };
        let arrival = match (old, chunk.offset - self.next) {
            (0, 0) => Arrival::InOrder,
            (0, missing) => {
                if self.is_waiting(&chunk) {
                    Arrival::Again
                } else {
                    Arrival::Early(missing)
                }
            }
            (old, _) => Arrival::Overlapping(old),
        };
        if self.waiting.is_empty() && chunk.offset == self.next {
            self.deliver(chunk, out);
            return arrival;
        }
        self.keep(&chunk);
        self.drain(out);
        self.skip_acknowledged(out);
        while self.waiting_bytes > WAITING_BYTES_MAX || self.waiting.len() > WAITING_SEGMENTS_MAX {
            self.skip_hole(out);
            self.drain(out);
        }
        arrival
    }

    /// The receiver has everything before `offset`: a hole before it will not be filled, for it
    /// is the capture that missed it.
    pub fn acknowledged(&mut self, offset: u64, out: &mut Vec<Delivery>) {
        self.acked = self.acked.max(offset);
        self.skip_acknowledged(out);
    }

    /// Gives up all holes: the end.
    pub fn finish(&mut self, out: &mut Vec<Delivery>) {
        while !self.waiting.is_empty() {
            self.skip_hole(out);
            self.drain(out);
        }
    }

    fn is_waiting(&self, chunk: &Chunk) -> bool {
        let before = self.waiting.range(..=chunk.offset).next_back();
        before.is_some_and(|(_, waiting)| waiting.end() >= chunk.end())
    }

    /// Stores those parts of the chunk that no waiting one covers.
    fn keep(&mut self, chunk: &Chunk) {
        let mut at = chunk.offset;
        if let Some((_, before)) = self.waiting.range(..=at).next_back() {
            at = at.max(before.end());
        }
        while at < chunk.end() {
            let after = self.waiting.range(at..).next().map(|(start, c)| (*start, c.end()));
            let (stop, resume) = match after {
                Some((start, end)) if start < chunk.end() => (start, end),
                _ => (chunk.end(), chunk.end()),
            };
            if stop > at {
                let mut part = chunk.part(at, stop);
                // A slice would keep the whole frame alive.
                part.bytes = Bytes::copy_from_slice(&part.bytes);
                self.waiting_bytes += part.bytes.len();
                self.waiting.insert(at, part);
            }
            at = resume;
        }
    }

    fn deliver(&mut self, chunk: Chunk, out: &mut Vec<Delivery>) {
        self.next = chunk.end();
        out.push(Delivery::Chunk(chunk));
    }

    fn drain(&mut self, out: &mut Vec<Delivery>) {
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() != self.next {
                return;
            }
            let chunk = entry.remove();
            self.waiting_bytes -= chunk.bytes.len();
            self.deliver(chunk, out);
        }
    }

    fn skip_acknowledged(&mut self, out: &mut Vec<Delivery>) {
        while let Some((start, _)) = self.waiting.first_key_value() {
            if *start > self.acked {
                return;
            }
            self.skip_hole(out);
            self.drain(out);
        }
    }

    fn skip_hole(&mut self, out: &mut Vec<Delivery>) {
        if let Some((start, _)) = self.waiting.first_key_value() {
            if *start > self.next {
                out.push(Delivery::Gap(self.next, *start - self.next));
            }
            self.next = *start;
        }
    }
}
