//! What one subscriber has received of one publisher: which messages are missing, which came
//! twice, which came late.
//!
//! ```text
//!   sequence   0 1 2 3 4 5 6 7 8 9
//!   received   x x x     x x   x      next = 9, gaps = [3..5, 7..8]
//! ```
//! It knows sequence numbers, and nothing of messages.

use std::collections::VecDeque;
use std::ops::Range;

/// Gaps that are remembered; when there are more, the oldest stays a loss even if it is filled.
pub const GAPS_MAX: usize = 1024;

/// What a message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one, or one beyond it: so many numbers further than before.
    Forward(u64),
    /// One that a later one had overtaken [MQTT-4.6.0-6].
    Late,
    /// One that was there already.
    Again,
}

/// One publisher's messages at one subscriber.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    next: u64,
    gaps: VecDeque<Range<u64>>,
}

impl Lane {
    /// The number that comes next, if nothing is missing.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Books the message of this number.
    pub fn mark(&mut self, sequence: u64) -> Arrival {
        if sequence >= self.next {
            let missed = self.next..sequence;
            if !missed.is_empty() {
                while self.gaps.len() >= GAPS_MAX {
                    self.gaps.pop_front();
                }
                self.gaps.push_back(missed);
            }
            let steps = sequence - self.next + 1;
            self.next = sequence + 1;
            return Arrival::Forward(steps);
        }
        let Some(at) = self.gaps.iter().position(|gap| gap.contains(&sequence)) else {
            return Arrival::Again;
        };
        let gap = self.gaps[at].clone();
        let (before, behind) = (gap.start..sequence, sequence + 1..gap.end);
        match (before.is_empty(), behind.is_empty()) {
            (true, true) => drop(self.gaps.remove(at)),
            (true, false) => self.gaps[at] = behind,
            (false, true) => self.gaps[at] = before,
            (false, false) => {
                self.gaps[at] = behind;
                // Perhaps over the limit now; the next gap evens that out.
                self.gaps.insert(at, before);
            }
        }
        Arrival::Late
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, GAPS_MAX, Lane};

    #[test]
    fn a_loss_a_late_one_and_a_second_one_are_told_apart() {
        let mut lane = Lane::default();
        let arrivals = [0, 1, 5, 3, 3, 2, 4, 5, 6].map(|n| lane.mark(n));
        let forward = Arrival::Forward;
        let (late, again) = (Arrival::Late, Arrival::Again);
        let wanted =
            [forward(1), forward(1), forward(4), late, again, late, late, again, forward(1)];
        assert_eq!(arrivals, wanted);
        assert!(lane.gaps.is_empty());
    }

    #[test]
    fn gaps_do_not_grow_without_limit() {
        let mut lane = Lane::default();
        for n in 0..3 * GAPS_MAX as u64 {
            lane.mark(2 * n);
        }
        assert_eq!(lane.gaps.len(), GAPS_MAX);
        // The oldest are forgotten, the latest are not.
        assert_eq!(lane.mark(1), Arrival::Again);
        assert_eq!(lane.mark(6 * GAPS_MAX as u64 - 3), Arrival::Late);
    }
}
