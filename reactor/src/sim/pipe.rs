//! One direction of a connection: what the writer has put in and the reader has not taken out.
//!
//! ```text
//!   write --> | unsent |  --segments-->  ( flying )  --arrive-->  | arrived | --> read
//!             '------ SEND_BUFFER -------'        '--- RECV_BUFFER ---'
//! ```
//!
//! Bytes under way count for both buffers: the writer keeps them until they are acknowledged, and
//! the reader has promised room for them. So a reader that does not read fills first its own
//! buffer, then the writer's, and then the writer has to wait.
//!
//! It knows bytes and their order; it does not know time, ends or faults.

use std::collections::VecDeque;
use std::io::IoSlice;

use crate::Now;

/// Bytes that a writer may have outstanding.
pub const SEND_BUFFER: usize = 1024 * 1024;

/// Bytes that wait for a reader, or are on their way to it; more than a loop reads in a turn.
pub const RECV_BUFFER: usize = 1024 * 1024;

/// How far the FIN of this direction has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fin {
    /// The writer has not closed.
    #[default]
    None,
    /// To be sent after the last byte.
    Asked,
    /// Under way.
    Flying,
    /// The reader will find it after the last byte.
    Arrived,
}

#[derive(Debug, Default)]
pub(super) struct Pipe {
    unsent: VecDeque<u8>,
    flying: usize,
    arrived: VecDeque<u8>,
    pub fin: Fin,
    /// The writer was given less room than it asked for: it is to be told when there is some.
    pub wants_room: bool,
    /// When the last segment arrives: what is sent later arrives later.
    pub last_arrival: Now,
}

impl Pipe {
    /// Bytes that a write would take.
    pub fn room(&self) -> usize {
        SEND_BUFFER.saturating_sub(self.unsent.len() + self.flying)
    }

    /// Bytes that a read would return.
    pub fn readable(&self) -> usize {
        self.arrived.len()
    }

    /// Would a read find the FIN?
    pub fn is_at_fin(&self) -> bool {
        self.arrived.is_empty() && self.fin == Fin::Arrived
    }

    /// Takes the first `n` bytes of the slices. The caller has asked for [`room`](Self::room).
    pub fn write(&mut self, slices: &[IoSlice<'_>], n: usize) {
        let mut left = n;
        for slice in slices {
            let part = &slice[..slice.len().min(left)];
            self.unsent.extend(part);
            left -= part.len();
        }
    }

    /// How long a segment may be now: 0 when there is nothing to send, or no room over there.
    pub fn sendable(&self) -> usize {
        self.unsent.len().min(RECV_BUFFER.saturating_sub(self.flying + self.arrived.len()))
    }

    /// The next `n` bytes as a segment; they are under way now.
    pub fn send(&mut self, n: usize) -> Vec<u8> {
        let mut segment = vec![0; n];
        take(&mut self.unsent, &mut segment);
        self.flying += n;
        segment
    }

    /// Is it the FIN's turn? Then it is under way now.
    pub fn send_fin(&mut self) -> bool {
        let turn = self.unsent.is_empty() && self.fin == Fin::Asked;
        if turn {
            self.fin = Fin::Flying;
        }
        turn
    }

    /// A segment has come, and is acknowledged; it is kept if somebody may still read it.
    pub fn arrive(&mut self, segment: &[u8], keep: bool) {
        self.flying -= segment.len().min(self.flying);
        if keep {
            self.arrived.extend(segment);
        }
    }

    /// Fills the buffer, as far as there are bytes, and returns how many there were.
    pub fn read(&mut self, buf: &mut [u8]) -> usize {
        let n = buf.len().min(self.arrived.len());
        take(&mut self.arrived, &mut buf[..n]);
        n
    }

    /// Nothing more will be sent, and nothing that has arrived will be read.
    pub fn cut(&mut self) {
        self.unsent.clear();
        self.arrived.clear();
    }

    /// Nothing more will be sent.
    pub fn forget_unsent(&mut self) {
        self.unsent.clear();
    }
}

/// Moves the first bytes of a queue into a buffer that is no longer than the queue.
fn take(queue: &mut VecDeque<u8>, into: &mut [u8]) {
    let (front, back) = queue.as_slices();
    let split = into.len().min(front.len());
    into[..split].copy_from_slice(&front[..split]);
    let rest = into.len() - split;
    into[split..].copy_from_slice(&back[..rest]);
    queue.drain(..into.len());
}

#[cfg(test)]
mod tests {
    use super::{Fin, Pipe, RECV_BUFFER, SEND_BUFFER};
    use std::io::IoSlice;

    fn write(pipe: &mut Pipe, bytes: &[u8]) -> usize {
        let n = bytes.len().min(pipe.room());
        pipe.write(&[IoSlice::new(bytes)], n);
        n
    }

    #[test]
    fn a_reader_that_does_not_read_fills_both_buffers() {
        let (mut pipe, bytes) = (Pipe::default(), vec![7; 2 * (SEND_BUFFER + RECV_BUFFER)]);
        let mut taken = 0;
        loop {
            let written = write(&mut pipe, &bytes);
            let sendable = pipe.sendable();
            if written == 0 && sendable == 0 {
                break;
            }
            taken += written;
            let segment = pipe.send(sendable);
            pipe.arrive(&segment, true);
        }
        assert_eq!(taken, SEND_BUFFER + RECV_BUFFER);
        assert_eq!(pipe.readable(), RECV_BUFFER);
        assert_eq!(pipe.read(&mut [0; 100]), 100);
        assert_eq!(pipe.sendable(), 100, "what was read makes room");
    }

    #[test]
    fn the_fin_comes_after_the_last_byte() {
        let mut pipe = Pipe::default();
        write(&mut pipe, b"halo");
        pipe.fin = Fin::Asked;
        assert!(!pipe.send_fin(), "bytes first");
        let segment = pipe.send(4);
        assert!(pipe.send_fin() && !pipe.send_fin(), "once");
        pipe.arrive(&segment, true);
        pipe.fin = Fin::Arrived;
        assert!(!pipe.is_at_fin());
        let mut buf = [0; 9];
        assert_eq!(pipe.read(&mut buf), 4);
        assert_eq!(&buf[..4], b"halo");
        assert!(pipe.is_at_fin());
    }

    #[test]
    fn bytes_keep_their_order_around_the_ring() {
        let mut pipe = Pipe::default();
        let (mut sent, mut got) = (0_u32, 0_u32);
        for round in 0..2000_usize {
            let bytes: Vec<u8> = (0..37).map(|n| (sent + n) as u8).collect();
            sent += 37;
            write(&mut pipe, &bytes);
            let segment = pipe.send(pipe.sendable());
            pipe.arrive(&segment, true);
            let mut buf = [0; 64];
            let n = pipe.read(&mut buf[..=round % 64]);
            for &byte in &buf[..n] {
                assert_eq!(byte, got as u8);
                got += 1;
            }
        }
    }
}
