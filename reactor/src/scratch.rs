//! Where every read of a loop goes, and how a read becomes a service's input.
//!
//! ```text
//!   a large read    block | taken by services ... | read | unused, zeroed once |
//!                                                 ^ split off, handed to on_data without a copy
//!   a small read    block | read | ...      -- copied --> small | input |
//! ```
//!
//! A few bytes are cheaper to copy than to share, and a service that keeps a slice of them keeps a
//! small buffer alive, not a large block. Of a large read the service gets a piece of the block
//! itself; while it keeps that, the loop goes on in a fresh block, and when nobody kept anything
//! the block is used again from its beginning. One that was sent on whole comes back from the
//! outbox.

use bytes::BytesMut;

use crate::limits::{READ_MAX, SMALL_READ};
use crate::outbox::Spare;

/// One read fills it at most, and hundreds of small ones share it. No larger: what it holds is to
/// stay in the processor's cache between one read and the next.
const BLOCK: usize = READ_MAX;

/// With less left than this, the block is begun anew.
const ROOM_MIN: usize = READ_MAX / 2;

/// The loop's read buffers.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// All of it initialised; its front moves on with each large read.
    block: BytesMut,
    /// What small reads are copied into; away while a service looks at one.
    small: BytesMut,
}

impl Scratch {
    pub fn new() -> Self {
        Self { block: BytesMut::zeroed(BLOCK), small: BytesMut::with_capacity(SMALL_READ) }
    }

    /// Where the next read goes: from `ROOM_MIN` to `READ_MAX` bytes.
    pub fn room(&mut self, spare: &mut Spare) -> &mut [u8] {
        if self.block.len() < ROOM_MIN
            && let Some(block) = spare.take_block()
        {
            self.block = block;
        } else if self.block.len() < ROOM_MIN {
            self.block.clear();
            if self.block.try_reclaim(BLOCK) {
                self.block.resize(BLOCK, 0);
            } else {
                self.block = BytesMut::zeroed(BLOCK);
            }
        }
        &mut self.block
    }

    /// The first `n` bytes of the room, filled by a read: as input of their own.
    pub fn take(&mut self, n: usize) -> BytesMut {
        if n <= SMALL_READ {
            let mut input = std::mem::take(&mut self.small);
            input.extend_from_slice(&self.block[..n]);
            return input;
        }
        if n == self.block.len() {
            // No part stays behind that would keep it from coming back whole.
            return std::mem::take(&mut self.block);
        }
        self.block.split_to(n)
    }

    /// The service has taken all of an input of `n` bytes: a small one's buffer serves again, and
    /// the hold on a block is let go.
    pub fn give_back(&mut self, empty: BytesMut, n: usize) {
        if n <= SMALL_READ {
            self.small = empty;
        }
    }

    /// The first `n` bytes of the room, appended to input that is already there.
    pub fn append_to(&mut self, input: &mut BytesMut, n: usize) {
        input.extend_from_slice(&self.block[..n]);
    }
}

/// What a service left of an input that was [taken](Scratch::take) from a read of `n` bytes:
/// copied out, so that a few bytes of an unfinished frame hold neither of the loop's buffers. A
/// service that has reserved room for the rest of a large frame has moved it out itself.
pub(crate) fn keep(left: BytesMut, n: usize) -> BytesMut {
    if left.capacity() > n.max(SMALL_READ) { left } else { BytesMut::from(&left[..]) }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Scratch};
    use crate::outbox::Spare;

    #[test]
    fn a_block_nobody_holds_is_used_again() {
        let (mut scratch, mut spare) = (Scratch::new(), Spare::default());
        let start = scratch.room(&mut spare).as_ptr();
        let mut rounds = 0;
        for _ in 0..100 {
            scratch.room(&mut spare)[0] = 7;
            assert_eq!(&scratch.take(10_000)[..1], &[7]);
            rounds += usize::from(scratch.room(&mut spare).as_ptr() == start);
        }
        assert!(rounds >= 100 * 10_000 / BLOCK, "{rounds}");
    }

    #[test]
    fn a_small_read_is_copied_into_the_same_buffer_again_and_again() {
        let (mut scratch, mut spare) = (Scratch::new(), Spare::default());
        let block = scratch.room(&mut spare).as_ptr();
        let mut small = None;
        for n in 0..100 {
            scratch.room(&mut spare)[..2].copy_from_slice(&[n, 7]);
            let mut input = scratch.take(2);
            assert_eq!(&input[..], [n, 7]);
            assert_eq!(*small.get_or_insert(input.as_ptr()), input.as_ptr());
            input.clear();
            scratch.give_back(input, 2);
            assert_eq!(scratch.room(&mut spare).as_ptr(), block, "the block has not moved");
        }
    }

    #[test]
    fn a_block_somebody_holds_is_left_alone() {
        let (mut scratch, mut spare) = (Scratch::new(), Spare::default());
        for n in [3, 10_000] {
            scratch.room(&mut spare)[..3].copy_from_slice(b"abc");
            let held = scratch.take(n).freeze();
            for _ in 0..100 {
                scratch.room(&mut spare).fill(1);
                drop(scratch.take(30_000));
                let mut small = scratch.take(4);
                small.clear();
                scratch.give_back(small, 4);
            }
            assert_eq!(&held[..3], b"abc");
        }
    }
}
