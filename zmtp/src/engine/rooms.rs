//! Room for large frames, that their receivers have let go of.
//!
//! A body of a megabyte is memory that the allocator takes from the kernel page by page, and gives
//! back when the message is dropped: for each message anew, at the price of copying it once more.
//! So a few of the last ones are remembered, and when nobody else holds one any more, the next
//! large frame is read into it.
//!
//! It knows bytes, and nothing of whose they are.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

use crate::frame;
use crate::limits::{LARGE_FRAME, READ_AHEAD, RESERVE_MAX, ROOM_MAX, ROOM_MIN, ROOMS_MAX};

/// The large bodies that were handed out last.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    lent: VecDeque<Bytes>,
}

impl Rooms {
    /// A body is handed out; its room may come back.
    #[inline]
    pub fn lend(&mut self, body: &Bytes) {
        if (ROOM_MIN..=ROOM_MAX).contains(&body.len()) {
            if self.lent.len() == ROOMS_MAX {
                self.lent.pop_front();
            }
            self.lent.push_back(body.clone());
        }
    }

    /// Makes room in `input` for the rest of the frame at its front, so that the loop reads into
    /// it: for all of it, or for a piece of what is longer. A little more, and the next frame's
    /// header comes with it.
    pub fn make(&mut self, input: &mut BytesMut) {
        let whole = frame::announced(input).unwrap_or_default();
        if whole <= LARGE_FRAME || input.capacity() >= whole {
            return;
        }
        let more = (whole - input.len()).min(RESERVE_MAX) + READ_AHEAD;
        match self.take(input.len() + more).filter(|_| input.len() <= READ_AHEAD) {
            Some(mut room) => {
                room.extend_from_slice(input);
                *input = room;
            }
            None => input.reserve(more),
        }
    }

    /// A room that has come back, and is large enough.
    fn take(&mut self, size: usize) -> Option<BytesMut> {
        for _ in 0..self.lent.len() {
            match self.lent.pop_front()?.try_into_mut() {
                Ok(mut room) => {
                    room.clear();
                    if room.try_reclaim(size) {
                        return Some(room);
                    }
                }
                Err(held) => self.lent.push_back(held),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Rooms;
    use crate::Message;
    use crate::limits::{ROOM_MIN, ROOMS_MAX};
    use bytes::{Buf, BytesMut};

    /// Reads one frame as the engine does; where is its body?
    fn read(rooms: &mut Rooms, frame: &[u8], size: usize) -> bytes::Bytes {
        let mut input = BytesMut::from(&frame[..100]);
        rooms.make(&mut input);
        assert!(input.capacity() >= frame.len(), "it is not copied again");
        input.extend_from_slice(&frame[100..]);
        input.advance(9);
        let body = input.split_to(size).freeze();
        rooms.lend(&body);
        body
    }

    #[test]
    fn room_comes_back_when_nobody_holds_it() {
        let size = ROOM_MIN;
        let mut frame = BytesMut::new();
        Message::from(vec![7; size]).encode(&mut frame);
        let mut rooms = Rooms::default();
        let first = read(&mut rooms, &frame, size);
        let second = read(&mut rooms, &frame, size);
        assert_ne!(first.as_ptr(), second.as_ptr(), "the first is still held");
        let place = first.as_ptr() as usize;
        drop(first);
        for _ in 0..100 {
            let third = read(&mut rooms, &frame, size);
            assert!((third.as_ptr() as usize).abs_diff(place) < 64 * 1024, "the same again");
            assert_eq!(third, vec![7; size]);
            assert_eq!(second, vec![7; size]);
        }
        assert!(rooms.lent.len() <= ROOMS_MAX);
    }
}
