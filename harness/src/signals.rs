//! What ^C does: asks for a graceful end, and the second time insists.
//!
//! It knows signals and threads. It does not know what ends.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::thread;
use wirelab_reactor::Stopper;

/// Calls `ended(n)` for the `n`-th SIGINT or SIGTERM, from 1, in a thread of its own.
///
/// # Errors
/// When the signals cannot be caught.
pub fn on_end(mut ended: impl FnMut(u32) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for (_, n) in signals.forever().zip(1..) {
            ended(n);
        }
    })?;
    Ok(())
}

/// Ends these loops at the first signal gracefully, at the second one at once.
///
/// # Errors
/// When the signals cannot be caught.
pub fn stop_loops(stoppers: Vec<Stopper>) -> io::Result<()> {
    on_end(move |_| {
        for stopper in &stoppers {
            // A loop that cannot be woken has ended.
            let _ = stopper.stop();
        }
    })
}
