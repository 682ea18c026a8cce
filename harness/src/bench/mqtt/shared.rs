//! What the generator's threads tell each other while they run: counters, and the one clock.
//!
//! Each counter only grows. A thread adds what a turn of its loop brought, not each message;
//! only a publisher's own credit is kept to the message.

use hdrhistogram::Histogram;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::tally::histogram;

/// The first complaint is the one that explains the others; more of them are only counted.
const COMPLAINTS_MAX: usize = 5;

/// When messages are sent and when they are counted, in nanoseconds of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// The first message is sent.
    pub start: u64,
    /// Messages sent from here on are counted,
    pub from: u64,
    /// up to here; then no more are sent.
    pub until: u64,
}

/// Of all threads together.
#[derive(Debug)]
pub struct Shared {
    clock: Instant,
    /// By publisher: how far its messages have come, summed up over those who hear it.
    pub credit: Vec<AtomicU64>,
    /// Connections that stand and have been let in, with their subscription if they have one.
    pub ready: AtomicU64,
    /// Messages published.
    pub sent: AtomicU64,
    /// Threads that publish no more.
    pub stopped: AtomicU64,
    /// Deliveries that these owe.
    pub expected: AtomicU64,
    /// Messages whose QoS 1 or 2 exchange with the broker is complete.
    pub acked: AtomicU64,
    /// Messages received, each once.
    pub delivered: AtomicU64,
    /// Messages received, and all others: in other words, is anything still moving?
    pub arrivals: AtomicU64,
    /// When the last one of them came.
    pub last_arrival: AtomicU64,
    /// Connections that ended before their time.
    pub lost_connections: AtomicU64,
    /// Somebody wants the run to end now.
    pub interrupted: AtomicBool,
    complaints: Mutex<Vec<String>>,
    /// Latencies since the last line of CSV, in nanoseconds.
    recent: Mutex<Histogram<u64>>,
}

impl Shared {
    /// For so many publishers; the clock begins.
    pub fn new(publishers: usize) -> Self {
        Self {
            clock: Instant::now(),
            credit: (0..publishers).map(|_| AtomicU64::new(0)).collect(),
            ready: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            stopped: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            acked: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            arrivals: AtomicU64::new(0),
            last_arrival: AtomicU64::new(0),
            lost_connections: AtomicU64::new(0),
            interrupted: AtomicBool::new(false),
            complaints: Mutex::new(Vec::new()),
            recent: Mutex::new(histogram()),
        }
    }

    /// Nanoseconds since the clock began.
    pub fn now(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    /// Latencies of one turn, for the next line of CSV.
    pub fn add_recent(&self, latencies: &mut Vec<u64>) {
        if !latencies.is_empty()
            && let Ok(mut recent) = self.recent.lock()
        {
            latencies.drain(..).for_each(|latency| recent.saturating_record(latency));
        }
    }

    /// The latencies since the last time.
    pub fn take_recent(&self) -> Histogram<u64> {
        let taken =
            self.recent.lock().map(|mut recent| std::mem::replace(&mut *recent, histogram()));
        taken.unwrap_or_else(|_| histogram())
    }

    /// Something that is not as it should be.
    pub fn complain(&self, text: String) {
        if let Ok(mut complaints) = self.complaints.lock()
            && complaints.len() < COMPLAINTS_MAX
        {
            complaints.push(text);
        }
    }

    /// What was complained of, the first first.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().map(|complaints| complaints.clone()).unwrap_or_default()
    }
}

/// Adds what has come, and begins anew.
pub fn add(counter: &AtomicU64, more: &mut u64) {
    if *more > 0 {
        counter.fetch_add(std::mem::take(more), Ordering::Relaxed);
    }
}

/// A counter's value now.
pub fn value(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// As the clock counts.
pub fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}
