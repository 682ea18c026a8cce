//! What happened in a world, as one number: the same seed must give the same one.
//!
//! Every event goes through a hash; a person who replays a failing seed with
//! `WIRELAB_SIM_TRACE=1` gets the events as lines on stderr as well.

use std::hash::{Hash, Hasher};

use super::Side;
use crate::{ConnId, Now};

/// One thing that happened. `link` numbers the connections of a world, in the order in which they
/// were begun.
#[derive(Debug, Hash)]
pub(super) enum Event<'a> {
    Host { host: usize },
    Died { host: usize },
    Dialled { link: u64, host: usize },
    Refused { link: u64 },
    Lost { link: u64 },
    Established { link: u64, side: Side },
    Accepted { link: u64, conn: ConnId },
    AcceptFailed { host: usize, starved: bool },
    Sent { link: u64, from: Side, bytes: &'a [u8] },
    Arrived { link: u64, at: Side, bytes: usize },
    Fin { link: u64, at: Side },
    Reset { link: u64, at: Side },
    Read { link: u64, side: Side, bytes: usize },
    Closed { link: u64, side: Side },
    Told { host: usize, events: usize },
}

/// FNV-1a, 64 bits: one xor and one multiplication a byte; made for short keys, not for secrets.
///
/// By hand, because the standard library's hasher may change from release to release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The run of a world so far.
#[derive(Debug)]
pub(super) struct Trace {
    hash: Fnv,
    spoken: bool,
}

impl Trace {
    pub fn new() -> Self {
        let spoken = std::env::var_os("WIRELAB_SIM_TRACE").is_some_and(|value| value == "1");
        Self { hash: Fnv::default(), spoken }
    }

    pub fn note(&mut self, now: Now, event: &Event<'_>) {
        (now, event).hash(&mut self.hash);
        if self.spoken {
            eprintln!("{:>14.6} {event:?}", now.as_secs_f64());
        }
    }

    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv;
    use std::hash::Hasher;

    /// The test vectors published with the function.
    #[test]
    fn the_hash_is_fnv_1a() {
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325_u64),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut hash = Fnv::default();
            hash.write(text.as_bytes());
            assert_eq!(hash.finish(), expected, "{text:?}");
        }
    }
}
