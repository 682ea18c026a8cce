//! The endpoints that we connect to: when to try again, and which of their addresses.
//!
//! It knows addresses and waits. It does not know what is said over a connection, nor how a name
//! is looked up.

use slab::Slab;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::{Backoff, ConnId, Io, Timer};

use super::pipes::PipeId;
use super::{DialId, Engine};
use crate::Options;
use crate::sockets::Pattern;

/// Looks the name of an endpoint up, aside: nothing here waits for it.
pub trait LookUp: Debug + Send {
    /// A connection did not come about, or is lost: the name may mean another host by now.
    fn begin(&mut self);

    /// The addresses that have been found since they were last asked for.
    fn found(&mut self) -> Option<Vec<SocketAddr>>;
}

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Dial {
    /// Empty only until a name is found for the first time.
    addrs: Vec<SocketAddr>,
    next: usize,
    look_up: Option<Box<dyn LookUp>>,
    backoff: Backoff,
    pub pipe: PipeId,
    pub conn: Option<ConnId>,
}

impl Dial {
    /// The address whose turn it is.
    fn upcoming(&self) -> Option<SocketAddr> {
        self.addrs.get(self.next.checked_rem(self.addrs.len())?).copied()
    }

    /// The same addresses in another order, as some servers of names give them, change nothing.
    fn readdress(&mut self, found: Vec<SocketAddr>) {
        let is_same =
            found.len() == self.addrs.len() && found.iter().all(|addr| self.addrs.contains(addr));
        if !found.is_empty() && !is_same {
            (self.addrs, self.next) = (found, 0);
        }
    }
}

/// All endpoints that we connect to.
#[derive(Debug, Default)]
pub(crate) struct Dials {
    dials: Slab<Dial>,
    /// Whose each connection is, by the loop's slot.
    by_slot: Vec<usize>,
}

impl Dials {
    /// Begins to connect; at once, or when an address is found [ZMTP-3.0-sock-02].
    pub fn add(
        &mut self,
        io: &mut Io,
        addrs: Vec<SocketAddr>,
        look_up: Option<Box<dyn LookUp>>,
        pipe: PipeId,
        options: &Options,
    ) -> usize {
        let backoff = Backoff::new(options.reconnect_first, options.reconnect_longest);
        let conn = addrs.first().map(|&first| io.connect(first));
        let id = self.dials.insert(Dial { addrs, next: 1, look_up, backoff, pipe, conn });
        match conn {
            Some(conn) => self.note(conn, id),
            None => {
                self.again(io, id);
            }
        }
        id
    }

    fn note(&mut self, conn: ConnId, id: usize) {
        if self.by_slot.len() <= conn.slot() {
            self.by_slot.resize(conn.slot() + 1, usize::MAX);
        }
        self.by_slot[conn.slot()] = id;
    }

    /// The endpoint that this connection was made for.
    pub fn of(&self, conn: ConnId) -> Option<usize> {
        let &id = self.by_slot.get(conn.slot())?;
        let dial = self.dials.get(id)?;
        (dial.conn == Some(conn)).then_some(id)
    }

    /// Forgets an endpoint; its pipe and its connection, if it has one just now.
    pub fn remove(&mut self, io: &mut Io, id: usize) -> Option<Dial> {
        io.cancel_timer(Timer::Service(id as u64));
        self.dials.try_remove(id)
    }

    /// The endpoint's pipe.
    pub fn pipe(&self, id: usize) -> Option<PipeId> {
        self.dials.get(id).map(|dial| dial.pipe)
    }

    /// The handshake is done: the next loss is a new one.
    pub fn succeeded(&mut self, id: usize) {
        if let Some(dial) = self.dials.get_mut(id) {
            dial.backoff.reset();
            // The address that was good is tried first again.
            dial.next = (dial.next + dial.addrs.len() - 1) % dial.addrs.len();
        }
    }

    /// The connection is gone, or did not come about: again, after a wait that grows, and where
    /// the name leads by then [ZMTP-3.0-error-04] [ZMTP-3.0-error-05] [ZMTP-3.0-error-06]
    /// [ZMTP-3.0-sock-03].
    pub fn again(&mut self, io: &mut Io, id: usize) -> Option<(SocketAddr, Duration)> {
        let dial = self.dials.get_mut(id)?;
        dial.conn = None;
        if let Some(look_up) = &mut dial.look_up {
            look_up.begin();
        }
        let wait = dial.backoff.next(|below| io.random(below));
        io.set_timer(Timer::Service(id as u64), io.now() + wait);
        Some((dial.upcoming()?, wait))
    }

    /// The wait is over.
    pub fn redial(&mut self, io: &mut Io, id: usize) {
        let Some(dial) = self.dials.get_mut(id) else { return };
        if let Some(found) = dial.look_up.as_mut().and_then(|look_up| look_up.found()) {
            dial.readdress(found);
        }
        let Some(addr) = dial.upcoming() else {
            self.again(io, id);
            return;
        };
        dial.next = (dial.next + 1) % dial.addrs.len();
        let conn = io.connect(addr);
        dial.conn = Some(conn);
        self.note(conn, id);
    }
}

impl<P: Pattern> Engine<P> {
    /// Connects to a host by its name, and stays connected: to where the name leads, each time.
    /// The addresses that are known already may be none.
    pub fn connect_by_name(
        &mut self,
        io: &mut Io,
        addrs: Vec<SocketAddr>,
        look_up: Box<dyn LookUp>,
    ) -> DialId {
        self.dial(io, addrs, Some(look_up))
    }

    pub(super) fn dial(
        &mut self,
        io: &mut Io,
        addrs: Vec<SocketAddr>,
        look_up: Option<Box<dyn LookUp>>,
    ) -> DialId {
        // [PUSH-gen-04] The queue is there from now on.
        let pipe = self.pipes.add(true);
        let dial = self.dials.add(io, addrs, look_up, pipe, &self.options);
        self.pattern.on_pipe(pipe);
        DialId(dial)
    }
}
