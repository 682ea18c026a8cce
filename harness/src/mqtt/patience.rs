//! `-W`: how long `mqtt sub` has for all that it is asked to do.
//!
//! It knows a time and a loop's stopper. It does not know what is done meanwhile, nor how long
//! the connection takes to close behind it.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;
use wirelab_reactor::Stopper;

/// Ends a loop when the time is over, unless all was done before. Whatever comes first counts.
#[derive(Clone, Debug, Default)]
pub struct Patience(Arc<OnceLock<End>>);

#[derive(Debug, PartialEq, Eq)]
enum End {
    Done,
    RanOut,
}

impl Patience {
    /// The time begins.
    pub fn begin(&self, wait: Duration, stopper: Stopper) {
        let patience = self.clone();
        thread::spawn(move || {
            thread::sleep(wait);
            if patience.0.set(End::RanOut).is_ok() {
                // A loop that cannot be woken has ended.
                let _ = stopper.stop();
            }
        });
    }

    /// All is done.
    pub fn done(&self) {
        // It had run out before.
        let _ = self.0.set(End::Done);
    }

    /// Was it over before all was done?
    pub fn ran_out(&self) -> bool {
        self.0.get() == Some(&End::RanOut)
    }
}
