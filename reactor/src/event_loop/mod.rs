//! One turn of the loop: wait, deliver, fire timers, then dial, flush and close.
//!
//! ```text
//!   poll --> woken: stop? mailboxes --> connects, reads --> accepts --> timers --> on_turn_end
//!    ^                    |                 |                 |            |            |
//!    |                    +--------- callbacks note wishes in Io ----------+------------+
//!    +--- settle: listen, dial, reset, flush, close <-----------------------------------+
//! ```
//!
//! The loop keeps the books and makes the calls; it knows neither protocols nor sockets. The
//! parts of a turn stand beside this file: `accepting`, `reading`, `settling`.

mod accepting;
mod reading;
mod settling;

use std::io;
use std::net::SocketAddr;

use crate::mailbox::Bell;
use crate::scratch::Scratch;
use crate::stop::Urgency;
use crate::timers::{Key, Kind};
use crate::{
    Closed, ConnId, Io, ListenerId, Mailbox, Net, Now, Ready, Sender, Service, Settings, Stopper,
    Timer,
};
use accepting::Listening;

/// Is there to be another turn?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Running,
    /// The loop was stopped and its last connection has ended.
    Ended,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopping {
    No,
    /// No longer accepting; waiting for the connections to end.
    Gracefully,
    /// All is dropped.
    Done,
}

/// An event loop over a network. One loop is one core; it never locks.
pub struct EventLoop<N: Net> {
    net: N,
    io: Io,
    scratch: Scratch,
    listeners: Vec<Listening>,
    /// Somebody may wait at one of the listeners, and can be let in.
    knocked: bool,
    bell: Bell,
    stopper: Stopper,
    stopping: Stopping,
    started: bool,
    /// Kept between turns for their capacity alone.
    ready: Vec<Ready>,
    reading: Vec<ConnId>,
    flushing: Vec<ConnId>,
}

impl<N: Net> EventLoop<N> {
    /// A loop over this network.
    pub fn new(mut net: N, settings: Settings) -> Self {
        let io = Io::new(net.now(), net.seed(), settings);
        Self {
            bell: Bell::new(net.waker()),
            stopper: Stopper::new(net.waker()),
            net,
            io,
            scratch: Scratch::new(),
            listeners: Vec::new(),
            knocked: false,
            stopping: Stopping::No,
            started: false,
            ready: Vec::new(),
            reading: Vec::new(),
            flushing: Vec::new(),
        }
    }

    /// Listens before the loop runs, so that an address in use is an error here.
    pub fn listen(&mut self, addr: SocketAddr) -> io::Result<(ListenerId, SocketAddr)> {
        let id = ListenerId(self.io.next_listener);
        let addr = self.net.listen(id, addr)?;
        self.io.next_listener += 1;
        self.listening(id);
        Ok((id, addr))
    }

    /// A mailbox into this loop for at most `capacity` messages.
    pub fn mailbox<M>(&self, capacity: usize) -> (Sender<M>, Mailbox<M>) {
        Mailbox::new(capacity, self.bell.clone())
    }

    /// A handle that ends this loop.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The books, for a caller that turns the loop itself.
    pub fn io(&mut self) -> &mut Io {
        &mut self.io
    }

    /// The network.
    pub fn net(&mut self) -> &mut N {
        &mut self.net
    }

    /// Turns until the loop is stopped.
    ///
    /// # Errors
    /// Only what the wait itself can fail with; whatever befalls a connection is told to the
    /// service.
    pub fn run<S: Service + ?Sized>(&mut self, service: &mut S) -> io::Result<()> {
        while self.turn(service, None)? == Status::Running {}
        Ok(())
    }

    /// One turn; it waits for an event no longer than `until`.
    pub fn turn<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        until: Option<Now>,
    ) -> io::Result<Status> {
        if !self.started {
            self.started = true;
            self.io.now = self.net.now();
            service.on_start(&mut self.io);
            self.settle(service);
        }
        self.ready.clear();
        let until = self.deadline(until);
        self.net.poll(&mut self.ready, until)?;
        self.io.now = self.net.now();
        if self.io.wishes.stop {
            self.heed_stop(service);
        }
        self.deliver(service);
        self.fire_timers(service);
        service.on_turn_end(&mut self.io);
        self.settle(service);
        if self.stopping == Stopping::Gracefully && self.io.conns.len() == 0 {
            self.stopping = Stopping::Done;
        }
        Ok(if self.stopping == Stopping::Done { Status::Ended } else { Status::Running })
    }

    /// Carries out what was wished for through [`io`](Self::io), outside of a callback: at once,
    /// without a look for events.
    pub fn carry_out<S: Service + ?Sized>(&mut self, service: &mut S) {
        self.io.now = self.net.now();
        self.settle(service);
    }

    /// How long the wait may be: not at all while something is left to do.
    pub fn deadline(&self, until: Option<Now>) -> Option<Now> {
        if self.io.wishes.any() || self.knocked {
            return Some(self.io.now);
        }
        match (until, self.io.timers.next()) {
            (Some(until), Some(timer)) => Some(until.min(timer)),
            (until, timer) => until.or(timer),
        }
    }

    fn deliver<S: Service + ?Sized>(&mut self, service: &mut S) {
        // What was left over from the last turn comes after what is new: a flooding peer waits
        // behind the quiet ones.
        std::mem::swap(&mut self.reading, &mut self.io.wishes.read);
        let ready = std::mem::take(&mut self.ready);
        for &event in &ready {
            match event {
                Ready::Woken => self.woken(service),
                Ready::Listener(listener) => self.knock(listener),
                Ready::Conn(conn, readiness) => self.conn_ready(service, conn, readiness),
            }
        }
        self.ready = ready;
        self.accept_all(service);
        let mut reading = std::mem::take(&mut self.reading);
        for conn in reading.drain(..) {
            self.read_again(service, conn);
        }
        self.reading = reading;
    }

    /// Who has a word for the loop wakes it, so that nothing of theirs is looked at in other turns.
    fn woken<S: Service + ?Sized>(&mut self, service: &mut S) {
        self.heed_stop(service);
        if self.bell.look() {
            service.on_wake(&mut self.io);
        }
    }

    fn fire_timers<S: Service + ?Sized>(&mut self, service: &mut S) {
        let mark = self.io.timers.mark();
        while let Some(key) = self.io.timers.pop_due(self.io.now, mark) {
            match key {
                Key::User(timer) => {
                    if let Timer::Conn(conn, kind) = timer
                        && let Some(books) = self.io.conns.get_mut(conn)
                    {
                        books.timers.forget(Kind::User(kind));
                    }
                    service.on_timer(&mut self.io, timer);
                }
                Key::Deadline(conn) => self.deadline_passed(service, conn),
                Key::Accept(listener) => self.try_again(listener),
                Key::Stop => self.drop_all(service),
            }
        }
    }

    fn heed_stop<S: Service + ?Sized>(&mut self, service: &mut S) {
        let asked = std::mem::take(&mut self.io.wishes.stop);
        match (self.stopper.urgency(), self.stopping) {
            (Urgency::Now, _) => self.drop_all(service),
            (urgency, Stopping::No) if asked || urgency == Urgency::Graceful => {
                self.stopping = Stopping::Gracefully;
                for index in 0..self.listeners.len() {
                    self.stop_listening(ListenerId(index as u32));
                }
                let at = self.io.now + self.io.settings.stop_timeout;
                self.io.timers.set(Key::Stop, at);
                service.on_stop(&mut self.io);
            }
            _ => {}
        }
    }

    /// Ends every connection without ado; each still has its `on_close`.
    fn drop_all<S: Service + ?Sized>(&mut self, service: &mut S) {
        self.stopping = Stopping::Done;
        self.io.over = true;
        for index in 0..self.listeners.len() {
            self.stop_listening(ListenerId(index as u32));
        }
        for conn in self.io.conns.ids() {
            self.end(service, conn, crate::net::Farewell::Close, Closed::ByUs);
        }
    }
}

impl<N: Net> std::fmt::Debug for EventLoop<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventLoop")
            .field("connections", &self.io.conns.len())
            .finish_non_exhaustive()
    }
}
