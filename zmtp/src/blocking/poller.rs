//! Waiting for several sockets at once.
//!
//! While a poller waits, the sockets' keepers turn their loops and ring its bell.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use wirelab_reactor::{Net, Now};

use super::{Error, Socket};
use crate::sockets::Pattern;

/// The bell of one wait.
#[derive(Debug, Default)]
pub struct Watcher {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Watcher {
    pub(super) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }

    /// Waits for a ring, for so long at most.
    fn wait(&self, patience: Option<Duration>) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        match patience {
            None => {
                while !*rung {
                    rung = self.bell.wait(rung).unwrap_or_else(PoisonError::into_inner);
                }
            }
            Some(patience) => {
                let waited = self.bell.wait_timeout_while(rung, patience, |rung| !*rung);
                rung = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        *rung = false;
    }
}

/// What may be done with a socket without waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Something can be received.
    pub readable: bool,
    /// Something can be sent.
    pub writable: bool,
}

/// A socket that can be waited for; all of them can.
pub trait Pollable {
    /// What may be done with it now.
    fn readiness(&mut self) -> Readiness;

    /// From now on this is to be rung when that can be done; or no longer.
    fn watch(&mut self, watcher: Option<(Arc<Watcher>, Interest)>);

    /// The time of its loop's clock.
    fn now(&mut self) -> Now;

    /// Has somebody asked for the wait to end?
    fn take_interrupt(&mut self) -> bool;
}

impl<P: Pattern + Send + 'static> Pollable for Socket<P> {
    fn readiness(&mut self) -> Readiness {
        let mut readiness = self.shared.enter().readiness();
        readiness.readable |= !self.received.is_empty();
        readiness
    }

    fn watch(&mut self, watcher: Option<(Arc<Watcher>, Interest)>) {
        let mut guard = self.shared.enter();
        guard.watcher = watcher;
        guard.flush();
        drop(guard);
        self.shared.rouse();
    }

    fn now(&mut self) -> Now {
        self.shared.enter().event_loop.net().now()
    }

    fn take_interrupt(&mut self) -> bool {
        self.shared.interrupted.swap(false, std::sync::atomic::Ordering::SeqCst)
    }
}

impl Readiness {
    pub(super) fn has(self, interest: Interest) -> bool {
        match interest {
            Interest::Readable => self.readable,
            Interest::Writable => self.writable,
        }
    }
}

/// What a poller is to wait for, of one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// That something can be received.
    Readable,
    /// That something can be sent.
    Writable,
}

/// Waits for the first of several sockets.
///
/// ```
/// use std::time::Duration;
/// use wirelab_zmtp::blocking::{Interest, Poller, Pull, Push};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut a, mut b) = (Pull::new()?, Pull::new()?);
/// a.bind("tcp://127.0.0.1:*")?;
/// let addr = b.bind("tcp://127.0.0.1:*")?;
/// let mut push = Push::new()?;
/// push.connect(&format!("tcp://{addr}"))?;
/// push.send("work")?;
///
/// let waiting = &mut [(&mut a as _, Interest::Readable), (&mut b as _, Interest::Readable)];
/// let ready = Poller::new().wait(waiting, Some(Duration::from_secs(10)))?;
/// assert_eq!(ready, [1], "the second one");
/// assert_eq!(b.recv()?.first(), "work");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Poller {
    watcher: Arc<Watcher>,
}

impl Poller {
    /// A poller; it may be used again and again.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until something can be done with one of these, for so long at most. Returns the
    /// places of those with which it can; none when the time is over.
    ///
    /// # Errors
    /// [`Error::Interrupted`], if one of the sockets was.
    pub fn wait(
        &self,
        sockets: &mut [(&mut dyn Pollable, Interest)],
        patience: Option<Duration>,
    ) -> Result<Vec<usize>, Error> {
        // One clock for all of them: the first one's.
        let Some((clock, _)) = sockets.first_mut() else { return Ok(Vec::new()) };
        let until = patience.map(|patience| clock.now().saturating_add(patience));
        let mut is_watching = false;
        let result = loop {
            let ready = ready(sockets);
            if !ready.is_empty() {
                break Ok(ready);
            }
            if sockets.iter_mut().any(|(socket, _)| socket.take_interrupt()) {
                break Err(Error::Interrupted);
            }
            let now = sockets[0].0.now();
            let left = until.map(|until| until.saturating_sub(now));
            if left.is_some_and(|left| left.is_zero()) {
                break Ok(Vec::new());
            }
            if !std::mem::replace(&mut is_watching, true) {
                for (socket, interest) in sockets.iter_mut() {
                    socket.watch(Some((self.watcher.clone(), *interest)));
                }
                // What came in between has rung nobody: look once more.
                continue;
            }
            self.watcher.wait(left);
        };
        if is_watching {
            for (socket, _) in sockets {
                socket.watch(None);
            }
        }
        result
    }
}

fn ready(sockets: &mut [(&mut dyn Pollable, Interest)]) -> Vec<usize> {
    let is_ready = |(at, (socket, interest)): (usize, &mut (&mut dyn Pollable, Interest))| {
        socket.readiness().has(*interest).then_some(at)
    };
    sockets.iter_mut().enumerate().filter_map(is_ready).collect()
}
