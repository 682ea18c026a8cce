//! What a tap does to the octets that it hands on: late, in pieces, or cut short.
//!
//! It knows positions in a stream and nothing else.

use clap::{Args, ValueEnum};
use std::time::Duration;

use super::relay::Side;

/// Faults, on the command line and in the relay. None unless asked for.
#[derive(Clone, Debug, Default, Args)]
pub struct Faults {
    /// Hand on everything so many milliseconds later.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=60_000))]
    pub delay: u64,
    /// Let a segment end behind the Nth octet of each direction.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub split_at: Option<u64>,
    /// Hand on in pieces of N octets; 1 is octet by octet.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub chunk: Option<u64>,
    /// Milliseconds between such pieces, so that they are segments of their own.
    #[arg(long, value_name = "MS", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=60_000))]
    pub gap: u64,
    /// Close both sides behind the Nth octet of a direction.
    #[arg(long, value_name = "N")]
    pub close_after: Option<u64>,
    /// Let that be a reset, not a close.
    #[arg(long, requires = "close_after")]
    pub reset: bool,
    /// Which direction the faults are for.
    #[arg(long, value_enum, default_value = "both")]
    pub from: From,
}

/// Whose octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// What the client sends.
    Client,
    /// What the server sends.
    Server,
    /// What either sends.
    #[default]
    Both,
}

impl Faults {
    /// The faults for what this side sends.
    #[must_use]
    pub fn of(&self, side: Side) -> Self {
        let meant = match self.from {
            From::Both => true,
            From::Client => side == Side::Client,
            From::Server => side == Side::Server,
        };
        if meant { self.clone() } else { Self::default() }
    }

    /// How much later everything is handed on.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay)
    }

    /// The time between two pieces that were one.
    pub fn gap(&self) -> Duration {
        Duration::from_millis(self.gap)
    }

    /// Of `len` octets behind the `passed`th of a direction, how many go out together.
    pub fn piece(&self, passed: u64, len: usize) -> usize {
        let to_split = self.split_at.and_then(|at| at.checked_sub(passed)).filter(|n| *n > 0);
        let to_end = self.close_after.map(|end| end.saturating_sub(passed));
        [to_split, to_end, self.chunk].into_iter().flatten().fold(len, |piece, limit| {
            usize::try_from(limit).map_or(piece, |limit| piece.min(limit))
        })
    }

    /// Is everything over when so many octets have passed?
    pub fn ends(&self, passed: u64) -> bool {
        self.close_after.is_some_and(|end| passed >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, From};
    use crate::tap::relay::Side;

    /// The pieces that so many octets go out in, if they come `lens` at a time.
    fn pieces(faults: &Faults, lens: &[usize]) -> Vec<usize> {
        let (mut passed, mut pieces) = (0, Vec::new());
        for len in lens {
            let mut left = *len;
            while left > 0 && !faults.ends(passed) {
                let piece = faults.piece(passed, left);
                assert!((1..=left).contains(&piece), "{faults:?} at {passed}: {piece} of {left}");
                pieces.push(piece);
                left -= piece;
                passed += piece as u64;
            }
        }
        pieces
    }

    #[test]
    fn pieces_end_where_they_are_to() {
        let none = Faults::default();
        assert_eq!(pieces(&none, &[3, 5]), [3, 5]);
        let split = Faults { split_at: Some(4), ..none.clone() };
        assert_eq!(pieces(&split, &[3, 5]), [3, 1, 4]);
        let chunk = Faults { chunk: Some(2), ..none.clone() };
        assert_eq!(pieces(&chunk, &[3, 4]), [2, 1, 2, 2]);
        let close = Faults { close_after: Some(4), ..none.clone() };
        assert_eq!(pieces(&close, &[3, 5]), [3, 1]);
        assert!(pieces(&Faults { close_after: Some(0), ..none }, &[3]).is_empty());
    }

    #[test]
    fn a_direction_may_be_spared() {
        let faults = Faults { chunk: Some(1), from: From::Client, ..Faults::default() };
        assert_eq!(pieces(&faults.of(Side::Client), &[3]), [1, 1, 1]);
        assert_eq!(pieces(&faults.of(Side::Server), &[3]), [3]);
    }
}
