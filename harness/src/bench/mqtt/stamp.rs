//! The first bytes of each payload: who sent it, as which message, and when.
//!
//! ```text
//!   0     4           8          16     24
//!   | run | publisher | sequence | time | filler …         all numbers most significant byte first
//! ```
//! `run` tells this run's messages from others' (retained ones, another generator's). `time` is in
//! nanoseconds since the run's clock began: at an open loop when the message was due, at a
//! closed one when it was written.
//!
//! A payload that is too short for it has the last bytes of `sequence` alone, up to 8 of them. Who
//! sent it must then be known by its topic, and its whole number is the nearest to the one that is
//! expected next; when it was sent is not known.

/// Bytes of it.
pub const STAMP: usize = 24;

/// The values in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which run.
    pub run: u32,
    /// Which publisher, from 0.
    pub publisher: u32,
    /// Which of its messages, from 0.
    pub sequence: u64,
    /// When, in nanoseconds.
    pub time: u64,
}

impl Stamp {
    /// Writes it to the front of a payload.
    pub fn write(&self, payload: &mut [u8; STAMP]) {
        payload[..4].copy_from_slice(&self.run.to_be_bytes());
        payload[4..8].copy_from_slice(&self.publisher.to_be_bytes());
        payload[8..16].copy_from_slice(&self.sequence.to_be_bytes());
        payload[16..].copy_from_slice(&self.time.to_be_bytes());
    }

    /// Reads it from the front of a payload; `None`: it is too short.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let (run, rest) = payload.split_first_chunk()?;
        let (publisher, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (time, _) = rest.split_first_chunk()?;
        Some(Self {
            run: u32::from_be_bytes(*run),
            publisher: u32::from_be_bytes(*publisher),
            sequence: u64::from_be_bytes(*sequence),
            time: u64::from_be_bytes(*time),
        })
    }
}

/// Writes the end of a number to the front of a short payload.
pub fn write_short(sequence: u64, payload: &mut [u8]) {
    let bytes = sequence.to_be_bytes();
    let end = payload.len().min(bytes.len());
    payload[..end].copy_from_slice(&bytes[bytes.len() - end..]);
}

/// Of the numbers that end as this payload begins, the nearest to the expected one.
pub fn read_short(payload: &[u8], expected: u64) -> u64 {
    let end = payload.len().min(size_of::<u64>());
    let value = payload[..end].iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    if end == size_of::<u64>() {
        return value;
    }
    let modulus = 1 << (8 * end);
    let near = expected - expected % modulus + value;
    if near >= modulus && near > expected + modulus / 2 {
        near - modulus
    } else if near + modulus / 2 < expected {
        near + modulus
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use super::{STAMP, Stamp, read_short, write_short};

    #[test]
    fn a_short_one_is_read_by_what_is_expected() {
        for (size, reach) in [(1, 100), (2, 30_000), (7, 1 << 50), (8, 1 << 50), (23, 1 << 50)] {
            let mut payload = vec![b'.'; size];
            for expected in [0, 1, 255, 256, 1 << 20, (1 << 52) + 77] {
                for away in [-reach, -1, 0, 1, reach] {
                    let Some(sequence) = u64::checked_add_signed(expected, away) else { continue };
                    write_short(sequence, &mut payload);
                    assert_eq!(read_short(&payload, expected), sequence, "{size}: {expected}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let stamp = Stamp { run: 7, publisher: 1, sequence: u64::MAX - 1, time: 1 << 40 };
        let mut payload = [0; STAMP];
        stamp.write(&mut payload);
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!(Stamp::read(&payload[1..]), None);
    }
}
