//! The first bytes of each payload: who sent it, as which message, and when.
//!
//! ```text
//!   0     4           8          16     24
//!   | run | publisher | sequence | time | filler …         all numbers most significant byte first
//! ```
//! `run` tells this run's messages from others' (retained ones, another generator's). `time` is in
//! nanoseconds since the run's clock began: at an open loop when the message was due, at a
//! closed one when it was written.

/// Bytes of it: the smallest payload.
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

#[cfg(test)]
mod tests {
    use super::{STAMP, Stamp};

    #[test]
    fn what_is_written_is_read_again() {
        let stamp = Stamp { run: 7, publisher: 1, sequence: u64::MAX - 1, time: 1 << 40 };
        let mut payload = [0; STAMP];
        stamp.write(&mut payload);
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!(Stamp::read(&payload[1..]), None);
    }
}
