//! What may go wrong in a simulated network, and how often. Values only.

use std::time::Duration;

use crate::random::Random;

/// From the first to the second, both included.
pub type Span = (Duration, Duration);

/// The faults of a [`World`](super::World). Each number without a unit is in percent of the
/// occasions that its text names; all dice are the world's, so a seed repeats them.
#[derive(Clone, Debug)]
pub struct Faults {
    /// How long a segment is under way. Segments of one direction never overtake each other.
    pub delay: Span,
    /// The longest segment, in bytes.
    pub segment_max: usize,
    /// Segments that are sent shorter than they could be.
    pub chopped: u64,
    /// Reads that return less than there is.
    pub short_reads: u64,
    /// Writes that take less than there is room for.
    pub short_writes: u64,
    /// Segments before which a direction stops for a while, and for how long.
    pub stalls: u64,
    /// How long such a stop is.
    pub stall: Span,
    /// Segments that are followed by a reset to both ends.
    pub resets: u64,
    /// Connects that are refused although somebody listens.
    pub refused: u64,
    /// Connects that nobody ever answers.
    pub lost: u64,
    /// Accepts that fail because the peer has given up while it waited.
    pub accept_aborted: u64,
    /// Accepts that begin a time without descriptors.
    pub accept_starved: u64,
    /// How long such a time is.
    pub starved: Span,
    /// What is ready is told in any order, and the loops run in any order.
    pub shuffled: bool,
    /// Waits that also tell of a connection for which nothing has changed.
    pub spurious: u64,
    /// Times that a loop which has become ready is kept waiting.
    pub late: u64,
    /// How long it is kept waiting.
    pub lateness: Span,
}

const fn micros(from: u64, to: u64) -> Span {
    (Duration::from_micros(from), Duration::from_micros(to))
}

impl Faults {
    /// A fast network without a fault.
    pub const fn none() -> Self {
        Self {
            delay: micros(100, 100),
            segment_max: 16 * 1024,
            chopped: 0,
            short_reads: 0,
            short_writes: 0,
            stalls: 0,
            stall: micros(0, 0),
            resets: 0,
            refused: 0,
            lost: 0,
            accept_aborted: 0,
            accept_starved: 0,
            starved: micros(0, 0),
            shuffled: false,
            spurious: 0,
            late: 0,
            lateness: micros(0, 0),
        }
    }

    /// What any network does on an ordinary day: nothing is lost, but nothing comes in one piece.
    pub const fn mild() -> Self {
        Self {
            delay: micros(50, 5_000),
            segment_max: 1460,
            chopped: 20,
            short_reads: 20,
            short_writes: 20,
            stalls: 1,
            stall: micros(10_000, 200_000),
            shuffled: true,
            spurious: 5,
            late: 10,
            lateness: micros(10, 10_000),
            ..Self::none()
        }
    }

    /// A bad day: connections break at any moment.
    pub const fn wild() -> Self {
        Self {
            delay: micros(1, 50_000),
            segment_max: 1460,
            chopped: 50,
            short_reads: 50,
            short_writes: 50,
            stalls: 5,
            stall: micros(10_000, 2_000_000),
            resets: 4,
            refused: 15,
            lost: 5,
            accept_aborted: 10,
            accept_starved: 10,
            starved: micros(1_000, 500_000),
            shuffled: true,
            spurious: 20,
            late: 20,
            lateness: micros(10, 100_000),
        }
    }
}

/// Is it one of the `percent` cases in a hundred? No dice are thrown for never.
pub(super) fn happens(random: &mut Random, percent: u64) -> bool {
    percent > 0 && random.percent(percent)
}

/// A time within the span.
pub(super) fn pick(random: &mut Random, (from, to): Span) -> Duration {
    let width = to.saturating_sub(from).as_nanos() as u64;
    if width == 0 { from } else { from + Duration::from_nanos(random.below(width + 1)) }
}

/// `n`, or in so many cases something in `1..n`.
pub(super) fn shorten(random: &mut Random, percent: u64, n: usize) -> usize {
    if n > 1 && happens(random, percent) { 1 + random.below(n as u64 - 1) as usize } else { n }
}

#[cfg(test)]
mod tests {
    use super::{Faults, happens, pick, shorten};
    use crate::random::Random;

    #[test]
    fn what_is_picked_lies_in_its_span() {
        let mut random = Random::new(3);
        let faults = Faults::wild();
        for _ in 0..1000 {
            let delay = pick(&mut random, faults.delay);
            assert!((faults.delay.0..=faults.delay.1).contains(&delay), "{delay:?}");
            assert!((1..10).contains(&shorten(&mut random, 100, 10)));
            assert_eq!(shorten(&mut random, 0, 10), 10);
            assert_eq!(shorten(&mut random, 100, 1), 1, "nothing shorter than a byte");
            assert!(!happens(&mut random, 0) && happens(&mut random, 100));
        }
    }
}
