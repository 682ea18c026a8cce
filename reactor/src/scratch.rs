//! The block that every read of a loop goes into, and how a read becomes a service's input.
//!
//! ```text
//!   block   | taken by services ...... | read | unused, zeroed once |
//!                                      ^ split off and handed to on_data without a copy
//! ```
//!
//! A service that keeps a slice keeps the block alive, and the loop goes on in a fresh one; when
//! nobody kept anything the block is used again from its beginning. A block that a service sent on
//! as a whole comes back from the outbox.

use bytes::BytesMut;

use crate::limits::READ_MAX;
use crate::outbox::Spare;

/// One read fills it at most, and hundreds of small ones share it. No larger: what it holds is to
/// stay in the processor's cache between one read and the next.
const BLOCK: usize = READ_MAX;

/// With less left than this, the block is begun anew.
const ROOM_MIN: usize = READ_MAX / 2;

/// The loop's read buffer.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// All of it initialised; its front moves on with each read.
    block: BytesMut,
}

impl Scratch {
    pub fn new() -> Self {
        Self { block: BytesMut::zeroed(BLOCK) }
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
        if n == self.block.len() {
            // No part stays behind that would keep it from coming back whole.
            return std::mem::take(&mut self.block);
        }
        self.block.split_to(n)
    }

    /// The first `n` bytes of the room, appended to input that is already there.
    pub fn append_to(&mut self, input: &mut BytesMut, n: usize) {
        input.extend_from_slice(&self.block[..n]);
    }
}

/// What a service left of an input that was `taken` from the block: copied out, so that a few
/// bytes of an unfinished frame do not hold the block. A service that has reserved room for the
/// rest of its frame has moved the input out of the block itself.
pub(crate) fn keep(left: BytesMut, taken: usize) -> BytesMut {
    if left.capacity() > taken { left } else { BytesMut::from(&left[..]) }
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
            assert_eq!(&scratch.take(2_000)[..1], &[7]);
            rounds += usize::from(scratch.room(&mut spare).as_ptr() == start);
        }
        assert!(rounds >= 100 * 2_000 / BLOCK, "{rounds}");
    }

    #[test]
    fn a_block_somebody_holds_is_left_alone() {
        let (mut scratch, mut spare) = (Scratch::new(), Spare::default());
        scratch.room(&mut spare)[..3].copy_from_slice(b"abc");
        let held = scratch.take(3).freeze();
        for _ in 0..100 {
            scratch.room(&mut spare).fill(1);
            drop(scratch.take(30_000));
        }
        assert_eq!(&held[..], b"abc");
    }
}
