//! What is sent to an echo, and in which shapes: octets without an end, of which each must come
//! back.
//!
//! With a window of one message that is ping-pong, with sixteen it is pipelining, with many KiB it
//! is bulk. It does not know connections.

use std::io;

use crate::load::{Place, Talk, wrong};

/// One row of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// As in the table and on the command line.
    pub name: &'static str,
    /// Connections at once.
    pub connections: usize,
    /// Bytes on the way per connection.
    pub window: usize,
    /// Bytes of what is counted: a message, or a MiB.
    pub unit: usize,
}

/// A small message.
pub const MESSAGE: usize = 64;
/// What bulk is counted in.
pub const MIB: usize = 1024 * 1024;

/// All rows.
pub const SHAPES: [Shape; 7] = [
    Shape { name: "ping-1", connections: 1, window: MESSAGE, unit: MESSAGE },
    Shape { name: "ping-64", connections: 64, window: MESSAGE, unit: MESSAGE },
    Shape { name: "ping-1000", connections: 1000, window: MESSAGE, unit: MESSAGE },
    Shape { name: "pipe16-1", connections: 1, window: 16 * MESSAGE, unit: MESSAGE },
    Shape { name: "pipe16-64", connections: 64, window: 16 * MESSAGE, unit: MESSAGE },
    Shape { name: "bulk-1", connections: 1, window: 256 * 1024, unit: MIB },
    Shape { name: "bulk-8", connections: 8, window: 256 * 1024, unit: MIB },
];

/// The stream repeats after so many bytes: a prime, so that no buffer's size hides a shift.
const PERIOD: usize = 65_521;
/// Of a long read only the ends are compared, so that checking does not become the bottleneck;
/// a lost, doubled or swapped byte shows there too, because the stream is shifted after it.
const ENDS: usize = 64;

/// Bytes without a regularity that a fault could hide in.
#[derive(Debug)]
pub struct Pattern(Vec<u8>);

impl Pattern {
    /// The one that there is.
    pub fn new() -> Self {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let one: Vec<u8> = (0..PERIOD).map(|_| next()).collect();
        Self(one.iter().copied().cycle().take(PERIOD + Self::PIECE).collect())
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::new()
    }
}

impl Talk for Pattern {
    const PIECE: usize = 64 * 1024;

    fn out(&self) -> &[u8] {
        &self.0
    }

    fn period(&self) -> usize {
        PERIOD
    }

    fn unit(&self) -> usize {
        1
    }

    /// Each begins elsewhere: bytes for somebody else would be noticed.
    fn begin(&self, n: usize) -> usize {
        n * 7919 % PERIOD
    }

    fn take(&self, place: &mut Place, got: &[u8], whole: bool) -> io::Result<usize> {
        let expected = &self.0[place.at..][..got.len()];
        let same = if whole || got.len() <= 2 * ENDS {
            got == expected
        } else {
            let tail = got.len() - ENDS;
            got[..ENDS] == expected[..ENDS] && got[tail..] == expected[tail..]
        };
        if !same || got.len() > place.away {
            return Err(wrong("the server sent back other bytes than it was sent"));
        }
        place.at = (place.at + got.len()) % PERIOD;
        place.away -= got.len();
        Ok(got.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{PERIOD, Pattern};
    use crate::load::{Place, Talk as _};

    #[test]
    fn a_shifted_doubled_or_changed_octet_is_seen() {
        let pattern = Pattern::new();
        let at = PERIOD - 100;
        let good = pattern.out()[at..][..1000].to_vec();
        let taken = |got: &[u8], away| pattern.take(&mut Place { at, away }, got, true);
        assert_eq!(taken(&good, 1000).expect("as it was sent"), 1000);
        assert!(taken(&good, 999).is_err(), "more than is on the way");
        assert!(taken(&good[1..], 1000).is_err(), "one is missing");
        let mut changed = good.clone();
        changed[500] ^= 1;
        assert!(taken(&changed, 1000).is_err(), "one is another");
        let quick = pattern.take(&mut Place { at, away: 1000 }, &good[1..], false);
        assert!(quick.is_err(), "a shift shows at the ends");
    }
}
