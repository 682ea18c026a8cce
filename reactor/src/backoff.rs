//! How long to wait before the next attempt to connect. Pure: it knows no clock and no socket.

use std::time::Duration;

/// Doubling waits between a first and a longest one, each shortened by up to a half at random, so
/// that a thousand clients who lost the same server do not come back in the same millisecond.
///
/// ```
/// use std::time::Duration;
/// use wirelab_reactor::{backoff::Backoff, random::Random};
///
/// let mut random = Random::new(1);
/// let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
/// for longest in [100, 200, 400, 800, 1000, 1000] {
///     let wait = backoff.next(|below| random.below(below)).as_millis();
///     assert!((longest / 2..=longest).contains(&wait));
/// }
/// backoff.reset();
/// assert!(backoff.next(|below| random.below(below)) <= Duration::from_millis(100));
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Waits from `first` up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let first = first.min(longest);
        Self { first, longest, next: first }
    }

    /// The wait before the next attempt. `random(n)` is to return a number in `0..n`.
    pub fn next(&mut self, mut random: impl FnMut(u64) -> u64) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        let half = u64::try_from(wait.as_nanos() / 2).unwrap_or(u64::MAX - 1);
        wait.saturating_sub(Duration::from_nanos(random(half + 1)))
    }

    /// The attempt was a success: begin with the first wait again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}
