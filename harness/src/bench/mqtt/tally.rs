//! What one thread has counted, to be put together at the end.

use hdrhistogram::Histogram;

use super::shared::Course;

/// Significant digits of latencies.
const DIGITS: u8 = 3;

/// The longest latency that is told from longer ones, in nanoseconds.
const LONGEST: u64 = 600_000_000_000;

/// See the file.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Messages are counted between these times.
    pub course: Option<Course>,
    /// From sent, or due, to received; without subscribers to acknowledged. In nanoseconds.
    pub latency: Histogram<u64>,
    /// The same of this turn alone, where lines of CSV are wanted.
    pub recent: Option<Vec<u64>>,
    /// How late messages of an open loop went out. In nanoseconds.
    pub lateness: Histogram<u64>,
    /// From the connect to the CONNACK. In nanoseconds.
    pub connects: Histogram<u64>,
    /// Messages that came twice to one subscriber.
    pub duplicates: u64,
    /// Messages that came after a later one of the same publisher.
    pub disorder: u64,
    /// Messages that are not of this run.
    pub foreign: u64,
    /// Messages whose content is not what was sent.
    pub corrupt: u64,
    /// Times at which a publisher stopped waiting for deliveries that did not come.
    pub stalls: u64,
    /// Messages sent, and due, but no longer sent.
    pub unsent: u64,
    /// Deliveries that are owed to subscribers.
    pub expected: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            course: None,
            latency: histogram(),
            recent: None,
            lateness: histogram(),
            connects: histogram(),
            duplicates: 0,
            disorder: 0,
            foreign: 0,
            corrupt: 0,
            stalls: 0,
            unsent: 0,
            expected: 0,
        }
    }
}

/// Latencies up to ten minutes; a longer one is counted as that.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("three digits are within what there is")
}

impl Tally {
    /// Was a message of this time sent while messages are counted?
    fn counts(&self, time: u64) -> bool {
        self.course.is_some_and(|course| (course.from..course.until).contains(&time))
    }

    /// A message goes out now that is stamped with `time`.
    pub fn was_sent(&mut self, time: u64, now: u64) {
        if time != now && self.counts(time) {
            self.lateness.saturating_record(now.saturating_sub(time));
        }
    }

    /// What was sent, or due, at `time` is through now.
    pub fn was_through(&mut self, time: u64, now: u64) {
        if self.counts(time) {
            let latency = now.saturating_sub(time);
            self.latency.saturating_record(latency);
            if let Some(recent) = &mut self.recent {
                recent.push(latency);
            }
        }
    }

    /// Another thread's.
    pub fn add(&mut self, other: &Self) {
        for (ours, theirs) in [
            (&mut self.latency, &other.latency),
            (&mut self.lateness, &other.lateness),
            (&mut self.connects, &other.connects),
        ] {
            // All have the same bounds: nothing can be beyond them.
            let _ = ours.add(theirs);
        }
        self.duplicates += other.duplicates;
        self.disorder += other.disorder;
        self.foreign += other.foreign;
        self.corrupt += other.corrupt;
        self.stalls += other.stalls;
        self.unsent += other.unsent;
        self.expected += other.expected;
    }
}
