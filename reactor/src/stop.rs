//! Ending a loop from outside: first gracefully, then now.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::Wake;

/// How urgently the loop is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It is not to end.
    None,
    /// Stop accepting, let the service say farewell, end with the last connection.
    Graceful,
    /// Drop everything.
    Now,
}

const GRACEFUL: u8 = 1;
const NOW: u8 = 2;

/// A handle that ends a loop, from any thread: a signal's, a test's.
#[derive(Clone)]
pub struct Stopper {
    level: Arc<AtomicU8>,
    wake: Arc<dyn Wake>,
}

impl Stopper {
    pub(crate) fn new(wake: Arc<dyn Wake>) -> Self {
        Self { level: Arc::new(AtomicU8::new(0)), wake }
    }

    /// The first call ends the loop gracefully, the second one at once.
    pub fn stop(&self) -> io::Result<()> {
        let next = |level: u8| Some((level + 1).min(NOW));
        let _ = self.level.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        self.wake.wake()
    }

    /// Ends the loop at once.
    pub fn stop_now(&self) -> io::Result<()> {
        self.level.store(NOW, Ordering::Release);
        self.wake.wake()
    }

    /// What has been asked for so far.
    pub fn urgency(&self) -> Urgency {
        match self.level.load(Ordering::Acquire) {
            NOW => Urgency::Now,
            GRACEFUL => Urgency::Graceful,
            _ => Urgency::None,
        }
    }
}

impl std::fmt::Debug for Stopper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stopper").field(&self.urgency()).finish()
    }
}
