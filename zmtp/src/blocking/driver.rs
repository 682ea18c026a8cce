//! A socket, its loop, and who turns it: the caller itself while it waits, a keeper otherwise.
//!
//! ```text
//!   the caller   send: into the outbox; the write at once, or with those that follow
//!                recv: nothing there? turns the loop until there is
//!   the keeper   leads:  turns the loop, asleep in it      when nobody has called for some ticks
//!                naps:   looks in after each tick           while the caller is about
//!                sleeps: until it is woken                  while the caller waits in the loop
//! ```
//! One lock holds loop and socket together, so a message goes from the caller's hand into the
//! outbox, and from a read into the caller's hand, without a change of threads: that is what a
//! round trip through a thread of its own would cost.
//!
//! A caller that sends much is not to pay a system call for each message, and one that sends a
//! little is not to wait. So in each tick the first few messages are written at once, and what
//! follows goes when it fills a write, or when the keeper looks in: a tick later at most.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;
use wirelab_reactor::{EventLoop, Io, Mailbox, MioNet, Net, Now, Sender, Status, Stopper};

use super::poller::{Interest, Readiness, Watcher};
use crate::engine::{Due, Engine, Pipes, SocketEvent};
use crate::limits::{KEEPER_NAPS, KEEPER_TICK, PROMPT_WRITES};
use crate::sockets::Pattern;

/// The socket and its loop, behind the lock.
pub(super) struct Driver<P> {
    pub event_loop: EventLoop<MioNet>,
    pub engine: Engine<P>,
    door: Mailbox<()>,
    /// Calls since the keeper looked in last.
    used: usize,
    /// Messages that are still written at once in this tick.
    prompt: usize,
    pub monitor: Option<SyncSender<SocketEvent>>,
    /// A poller that is to be rung when this can be done.
    pub watcher: Option<(Arc<Watcher>, Interest)>,
    pub is_over: bool,
}

/// What the caller and the keeper share.
pub(super) struct Shared<P> {
    driver: Mutex<Driver<P>>,
    /// So many callers want the lock of a keeper that leads.
    wanted: AtomicUsize,
    /// The keeper sleeps until whoever has the lock lets go of it.
    is_asleep: AtomicBool,
    keeper: OnceLock<Thread>,
    door: Sender<()>,
    stopper: Stopper,
    /// Somebody wants the caller to stop waiting.
    pub interrupted: AtomicBool,
}

impl<P: Pattern + Send + 'static> Shared<P> {
    /// A loop for this socket, and the keeper's thread.
    pub fn start(engine: Engine<P>) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let event_loop = EventLoop::new(MioNet::new()?, Engine::<P>::loop_settings());
        let (door, mailbox) = event_loop.mailbox(1);
        let stopper = event_loop.stopper();
        let driver = Driver {
            event_loop,
            engine,
            door: mailbox,
            used: 0,
            prompt: PROMPT_WRITES,
            monitor: None,
            watcher: None,
            is_over: false,
        };
        let shared = Arc::new(Self {
            driver: Mutex::new(driver),
            wanted: AtomicUsize::new(0),
            is_asleep: AtomicBool::new(false),
            keeper: OnceLock::new(),
            door,
            stopper,
            interrupted: AtomicBool::new(false),
        });
        let keeper = shared.clone();
        let name = format!("zmtp-{}", P::SOCKET_TYPE);
        let thread = thread::Builder::new().name(name).spawn(move || keeper.keep())?;
        Ok((shared, thread))
    }

    /// The lock, for the caller.
    #[inline]
    pub fn enter(&self) -> Guard<'_, P> {
        let driver = match self.driver.try_lock() {
            Ok(driver) => driver,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.enter_led(),
        };
        Guard { shared: self, driver: Some(driver) }
    }

    /// The keeper has it: it may be asleep in the loop.
    #[cold]
    fn enter_led(&self) -> MutexGuard<'_, Driver<P>> {
        self.wanted.fetch_add(1, SeqCst);
        self.knock();
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.fetch_sub(1, SeqCst);
        driver
    }

    /// Wakes whoever is asleep in the loop.
    pub fn knock(&self) {
        // A knock that has not been heard yet is enough; a loop that is gone hears none.
        let _ = self.door.try_post(());
    }

    /// The keeper looks at once whether it is to lead.
    pub fn rouse(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.unpark();
        }
    }

    /// The keeper's life.
    fn keep(&self) {
        let _ = self.keeper.set(thread::current());
        while self.lead() && self.nap() {}
    }

    /// Turns the loop until the caller wants it. `false`: it is over.
    fn lead(&self) -> bool {
        loop {
            let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
            // Before the turn, too: a caller that knocked while we looked in is not heard in it.
            if self.wanted.load(SeqCst) > 0 {
                return true;
            }
            if driver.is_over || driver.turn(None).is_err() {
                return false;
            }
            if self.interrupted.load(SeqCst)
                && let Some((watcher, _)) = &driver.watcher
            {
                watcher.ring();
            }
        }
    }

    /// Looks in after each tick, until nobody has called for some. `false`: it is over.
    fn nap(&self) -> bool {
        let (mut idle, mut missed, mut tick) = (0, 0, KEEPER_TICK);
        while idle < KEEPER_NAPS {
            thread::park_timeout(tick);
            match self.driver.try_lock() {
                Ok(mut driver) => {
                    if driver.is_over {
                        return false;
                    }
                    let was_used = driver.look_in();
                    if driver.watcher.is_some() {
                        return true;
                    }
                    drop(driver);
                    (missed, tick) = (0, if was_used { KEEPER_TICK } else { tick * 2 });
                    idle = if was_used { 0 } else { idle + 1 };
                }
                Err(TryLockError::Poisoned(_)) => return false,
                // The caller is in the loop. If it stays there, there is nothing to do for us.
                Err(TryLockError::WouldBlock) => {
                    (missed, idle) = (missed + 1, 0);
                    tick = (tick * 2).min(KEEPER_TICK * 8);
                    if missed >= KEEPER_NAPS {
                        self.sleep();
                        (missed, tick) = (0, KEEPER_TICK);
                    }
                }
            }
        }
        true
    }

    /// Sleeps until the lock is let go of.
    fn sleep(&self) {
        self.is_asleep.store(true, SeqCst);
        // Let go of before it was said that we sleep? Then nobody will wake us.
        if matches!(self.driver.try_lock(), Err(TryLockError::WouldBlock)) {
            thread::park();
        }
        self.is_asleep.store(false, SeqCst);
    }
}

impl<P: Pattern> Driver<P> {
    /// One turn, and what it brought to those who watch.
    fn turn(&mut self, until: Option<Now>) -> io::Result<()> {
        let status = self.event_loop.turn(&mut self.engine, until)?;
        while self.door.take().is_some() {}
        self.is_over |= status == Status::Ended;
        self.report();
        Ok(())
    }

    /// What may be done with the socket now.
    pub fn readiness(&self) -> Readiness {
        let pattern = &self.engine.pattern;
        let writable = pattern.is_writable(self.engine.pipes());
        Readiness { readable: pattern.is_readable(), writable }
    }

    fn report(&mut self) {
        if let Some((watcher, interest)) = &self.watcher
            && self.readiness().has(*interest)
        {
            watcher.ring();
        }
        let Some(monitor) = &self.monitor else { return };
        while let Some(event) = self.engine.take_event() {
            match monitor.try_send(event) {
                // A monitor that does not listen loses what is too much, and holds nobody up.
                Ok(()) | Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => {
                    self.monitor = None;
                    return;
                }
            }
        }
    }

    /// What the keeper does after a tick. Has the caller called since?
    fn look_in(&mut self) -> bool {
        let used = std::mem::take(&mut self.used);
        // Who sends more than a few in a tick gains by sending many in one write.
        self.prompt = if used > PROMPT_WRITES { 1 } else { PROMPT_WRITES };
        let now = self.event_loop.net().now();
        if self.turn(Some(now)).is_err() {
            self.is_over = true;
        }
        used > 0
    }
}

/// The lock in the caller's hand.
pub(super) struct Guard<'a, P: Pattern> {
    shared: &'a Shared<P>,
    /// Always there, until it is dropped.
    driver: Option<MutexGuard<'a, Driver<P>>>,
}

impl<P: Pattern> std::ops::Deref for Guard<'_, P> {
    type Target = Driver<P>;

    fn deref(&self) -> &Driver<P> {
        self.driver.as_ref().expect("held until it is dropped")
    }
}

impl<P: Pattern> std::ops::DerefMut for Guard<'_, P> {
    fn deref_mut(&mut self) -> &mut Driver<P> {
        self.driver.as_mut().expect("held until it is dropped")
    }
}

impl<P: Pattern> Drop for Guard<'_, P> {
    #[inline]
    fn drop(&mut self) {
        self.driver = None;
        if self.shared.is_asleep.load(SeqCst) && self.shared.is_asleep.swap(false, SeqCst) {
            self.shared.keeper.get().inspect(|keeper| keeper.unpark());
        }
    }
}

/// Why a wait ended without what it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    TimedOut,
    Interrupted,
    Over,
}

impl<P: Pattern> Guard<'_, P> {
    /// The pattern, its pipes, and the loop's books.
    #[inline]
    pub fn with<R>(&mut self, call: impl FnOnce(&mut P, &mut Pipes, &mut Io) -> R) -> R {
        let driver = &mut **self;
        let (pattern, pipes) = driver.engine.parts();
        call(pattern, pipes, driver.event_loop.io())
    }

    /// A message was sent: it is written now, or soon.
    #[inline]
    pub fn sent(&mut self) {
        let driver = &mut **self;
        driver.used += 1;
        match driver.engine.take_due() {
            Due::Nothing if driver.prompt == 0 => {}
            Due::Nothing | Due::Write => {
                driver.prompt = driver.prompt.saturating_sub(1);
                driver.event_loop.carry_out(&mut driver.engine);
            }
            Due::Turn => {
                let now = driver.event_loop.net().now();
                driver.is_over |= driver.turn(Some(now)).is_err();
            }
        }
    }

    /// Carries out what was wished for, now.
    pub fn flush(&mut self) {
        let driver = &mut **self;
        driver.used += 1;
        driver.event_loop.carry_out(&mut driver.engine);
        driver.report();
    }

    /// Turns the loop until `ready` has something, for so long at most.
    pub fn wait<R>(
        &mut self,
        patience: Option<Duration>,
        mut ready: impl FnMut(&mut P, &mut Pipes, &mut Io) -> Option<R>,
    ) -> Result<R, Ended> {
        if let Some(result) = self.with(&mut ready) {
            self.used += 1;
            return Ok(result);
        }
        let now = self.event_loop.net().now();
        let deadline = patience.map(|patience| now.saturating_add(patience));
        self.flush();
        let mut is_late = false;
        loop {
            if let Some(result) = self.with(&mut ready) {
                return Ok(result);
            }
            self.used += 1;
            if self.is_over {
                return Err(Ended::Over);
            }
            // What does not wait is not interrupted: the next call that does is.
            let waits = patience != Some(Duration::ZERO);
            if waits && self.shared.interrupted.swap(false, SeqCst) {
                return Err(Ended::Interrupted);
            }
            if is_late {
                return Err(Ended::TimedOut);
            }
            // Who has no time at all still sees what the kernel has.
            is_late = deadline.is_some_and(|at| self.event_loop.net().now() >= at);
            if self.turn(deadline).is_err() {
                self.is_over = true;
            }
        }
    }

    /// Ends the socket: what was sent is given so much time to leave. Has all of it?
    pub fn finish(&mut self, linger: Duration) -> bool {
        let all_sent = {
            let deadline = self.event_loop.net().now().saturating_add(linger);
            loop {
                self.flush();
                let driver = &mut **self;
                if driver.engine.all_sent(driver.event_loop.io()) {
                    break true;
                }
                let now = self.event_loop.net().now();
                if now >= deadline || self.is_over || self.turn(Some(deadline)).is_err() {
                    break false;
                }
            }
        };
        // A second call ends it at once: what is left is not to be waited for again.
        let _ = self.shared.stopper.stop();
        if !all_sent {
            let _ = self.shared.stopper.stop();
        }
        while !self.is_over {
            if self.turn(None).is_err() {
                self.is_over = true;
            }
        }
        all_sent
    }
}
