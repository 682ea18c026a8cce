//! What one peer is still to get: small frames copied into one buffer, large ones shared.
//!
//! ```text
//!   segments   | Copied(70) | Shared(16384) |
//!   copied     |<-- 70 B -->|               |<- 4 B: tail ->|     one buffer, in the same order
//! ```
//! What was copied last stands behind all segments; most often it is all there is.
//!
//! It knows bytes and their order. It does not know the connection.

use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::io::IoSlice;

use crate::limits::{COPY_MAX, READ_MAX, SLICES_PER_WRITE, SPARE_BUFFER_MAX, SPARE_BUFFERS};

/// The first capacity of an output buffer: a few small frames.
const FIRST_CAPACITY: usize = 1024;

/// Segments that an empty outbox keeps room for.
const SEGMENTS_KEPT: usize = 32;

#[derive(Debug)]
enum Segment {
    /// So many bytes of the buffer.
    Copied(usize),
    /// By reference: a fan-out is a count.
    Shared(Bytes),
}

/// Memory without a peer: an idle connection holds none, a busy one allocates none.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    buffers: Vec<BytesMut>,
    /// A read block that a service sent on as a whole, and that nobody holds any more. All of it
    /// is initialised, so that the next read needs no zeroing.
    block: Option<BytesMut>,
}

impl Spare {
    fn take(&mut self) -> BytesMut {
        self.buffers.pop().unwrap_or_else(|| BytesMut::with_capacity(FIRST_CAPACITY))
    }

    fn give(&mut self, mut buffer: BytesMut) {
        buffer.clear();
        let fits = (1..=SPARE_BUFFER_MAX).contains(&buffer.capacity());
        if fits && self.buffers.len() < SPARE_BUFFERS {
            self.buffers.push(buffer);
        }
    }

    /// A read block, if one came back.
    pub fn take_block(&mut self) -> Option<BytesMut> {
        self.block.take()
    }

    /// Written: is it a whole read block, and ours alone?
    fn give_shared(&mut self, bytes: Bytes) {
        if bytes.len() == READ_MAX && self.block.is_none() {
            let block = bytes.try_into_mut().ok();
            self.block = block.filter(|block| block.capacity() == READ_MAX);
        }
    }
}

/// The bytes that the kernel has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    copied: BytesMut,
    segments: VecDeque<Segment>,
    /// Bytes of `copied` behind the last segment.
    tail: usize,
    queued: usize,
    taken: u64,
}

impl Outbox {
    /// How many bytes wait.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// How many bytes the kernel has taken so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Appends bytes that the caller holds a reference to.
    pub fn send(&mut self, bytes: Bytes, spare: &mut Spare) {
        if bytes.len() <= COPY_MAX {
            self.write(spare, |buffer| buffer.extend_from_slice(&bytes));
        } else {
            if self.tail > 0 {
                self.segments.push_back(Segment::Copied(std::mem::take(&mut self.tail)));
            }
            self.queued += bytes.len();
            self.segments.push_back(Segment::Shared(bytes));
        }
    }

    /// Appends what `encode` writes, in place.
    pub fn write<R>(&mut self, spare: &mut Spare, encode: impl FnOnce(&mut BytesMut) -> R) -> R {
        if self.copied.capacity() == 0 {
            self.copied = spare.take();
        }
        let before = self.copied.len();
        let result = encode(&mut self.copied);
        let added = self.copied.len().saturating_sub(before);
        self.queued += added;
        self.tail += added;
        result
    }

    /// The front of the queue as slices for one vectored write; returns how many were filled and
    /// how many bytes they hold.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES_PER_WRITE]) -> (usize, usize) {
        let mut copied = &self.copied[..];
        let (mut filled, mut bytes) = (0, 0);
        let mut fill = |slice: &'a [u8]| {
            slices[filled] = IoSlice::new(slice);
            filled += 1;
            bytes += slice.len();
        };
        for segment in self.segments.iter().take(SLICES_PER_WRITE) {
            match segment {
                Segment::Copied(n) => {
                    let (front, rest) = copied.split_at(*n);
                    copied = rest;
                    fill(front);
                }
                Segment::Shared(shared) => fill(shared),
            }
        }
        if self.tail > 0 && self.segments.len() < SLICES_PER_WRITE {
            fill(copied);
        }
        (filled, bytes)
    }

    /// The whole queue, where it is one piece: most often it is.
    pub fn single(&self) -> Option<&[u8]> {
        match (self.segments.len(), self.segments.front()) {
            (0, _) if self.tail > 0 => Some(&self.copied),
            (1, Some(Segment::Shared(shared))) if self.tail == 0 => Some(shared),
            _ => None,
        }
    }

    /// The kernel took the first `n` bytes.
    pub fn advance(&mut self, n: usize, spare: &mut Spare) {
        self.taken += n.min(self.queued) as u64;
        if n >= self.queued {
            // Most often all of it: nothing is moved, and the buffer keeps its front.
            return self.clear(spare);
        }
        let mut left = n;
        self.queued -= left;
        while left > 0 {
            let Some(segment) = self.segments.front_mut() else {
                self.copied.advance(left);
                self.tail -= left;
                return;
            };
            let (step, done) = match segment {
                Segment::Copied(n) => {
                    let step = left.min(*n);
                    self.copied.advance(step);
                    *n -= step;
                    (step, *n == 0)
                }
                Segment::Shared(shared) => {
                    let step = left.min(shared.len());
                    shared.advance(step);
                    (step, shared.is_empty())
                }
            };
            left -= step;
            if done {
                self.segments.pop_front();
            }
        }
    }

    /// Forgets what is queued and gives the memory back.
    pub fn clear(&mut self, spare: &mut Spare) {
        self.queued = 0;
        self.tail = 0;
        while let Some(segment) = self.segments.pop_front() {
            if let Segment::Shared(bytes) = segment {
                spare.give_shared(bytes);
            }
        }
        if self.segments.capacity() > SEGMENTS_KEPT {
            self.segments = VecDeque::new();
        }
        if self.copied.capacity() > 0 || !self.copied.is_empty() {
            spare.give(std::mem::take(&mut self.copied));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outbox, Spare};
    use crate::limits::{READ_MAX, SLICES_PER_WRITE};
    use bytes::Bytes;
    use std::io::IoSlice;

    fn front(outbox: &Outbox) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); SLICES_PER_WRITE];
        let (filled, bytes) = outbox.slices(&mut slices);
        let front: Vec<u8> = slices[..filled].iter().flat_map(|s| s.to_vec()).collect();
        assert_eq!(front.len(), bytes);
        front
    }

    /// Whatever the kernel takes at a time, the peer gets the same bytes.
    #[test]
    fn order_is_kept_whatever_is_taken_at_a_time() {
        for step in [1, 2, 7, 256, 1000, 5000] {
            let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
            let mut expected = Vec::new();
            for n in 0..40_u8 {
                let size = if n % 3 == 0 { 300 + usize::from(n) } else { usize::from(n) };
                let frame = vec![n; size];
                expected.extend_from_slice(&frame);
                if n % 2 == 0 {
                    outbox.send(Bytes::from(frame), &mut spare);
                } else {
                    outbox.write(&mut spare, |buffer| buffer.extend_from_slice(&frame));
                }
            }
            assert_eq!(outbox.queued(), expected.len());
            let mut got = Vec::new();
            while outbox.queued() > 0 {
                let front = front(&outbox);
                let taken = step.min(front.len());
                got.extend_from_slice(&front[..taken]);
                outbox.advance(taken, &mut spare);
            }
            assert_eq!(got, expected, "step {step}");
            assert_eq!(outbox.copied.capacity(), 0, "an empty outbox holds no buffer");
        }
    }

    #[test]
    fn a_whole_read_block_comes_back_unless_somebody_holds_it() {
        for (size, held, comes) in
            [(READ_MAX, false, true), (READ_MAX, true, false), (READ_MAX - 1, false, false)]
        {
            let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
            let block = Bytes::from(vec![1; size]);
            let holder = held.then(|| block.clone());
            outbox.send(block, &mut spare);
            assert!(spare.take_block().is_none(), "not yet written");
            outbox.advance(size, &mut spare);
            assert_eq!((outbox.taken(), outbox.queued()), (size as u64, 0));
            assert_eq!(spare.take_block().is_some(), comes, "{size} {held}");
            drop(holder);
        }
    }

    #[test]
    fn one_piece_is_seen_as_one() {
        let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
        assert_eq!(outbox.single(), None);
        outbox.write(&mut spare, |buffer| buffer.extend_from_slice(b"ab"));
        outbox.send(Bytes::from_static(b"cd"), &mut spare);
        assert_eq!(outbox.single(), Some(&b"abcd"[..]));
        outbox.send(Bytes::from(vec![0; 1000]), &mut spare);
        assert_eq!(outbox.single(), None);
    }
}
