//! The endpoints that we connect to: when to try again, and which of their addresses.
//!
//! It knows addresses and waits. It does not know what is said over a connection.

use slab::Slab;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::{Backoff, ConnId, Io, Timer};

use super::pipes::PipeId;
use crate::Options;

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Dial {
    /// Never empty.
    addrs: Vec<SocketAddr>,
    next: usize,
    backoff: Backoff,
    pub pipe: PipeId,
    pub conn: Option<ConnId>,
}

/// All endpoints that we connect to.
#[derive(Debug, Default)]
pub(crate) struct Dials {
    dials: Slab<Dial>,
    /// Whose each connection is, by the loop's slot.
    by_slot: Vec<usize>,
}

impl Dials {
    /// Begins to connect; at once [ZMTP-3.0-sock-02].
    pub fn add(
        &mut self,
        io: &mut Io,
        addrs: Vec<SocketAddr>,
        pipe: PipeId,
        options: &Options,
    ) -> Option<usize> {
        let backoff = Backoff::new(options.reconnect_first, options.reconnect_longest);
        let &first = addrs.first()?;
        let conn = io.connect(first);
        let dial = Dial { addrs, next: 1, backoff, pipe, conn: Some(conn) };
        let id = self.dials.insert(dial);
        self.note(conn, id);
        Some(id)
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

    /// The connection is gone, or did not come about: again, after a wait that grows
    /// [ZMTP-3.0-error-04] [ZMTP-3.0-error-05] [ZMTP-3.0-error-06] [ZMTP-3.0-sock-03].
    pub fn again(&mut self, io: &mut Io, id: usize) -> Option<(SocketAddr, Duration)> {
        let dial = self.dials.get_mut(id)?;
        dial.conn = None;
        let wait = dial.backoff.next(|below| io.random(below));
        io.set_timer(Timer::Service(id as u64), io.now() + wait);
        Some((dial.addrs[dial.next % dial.addrs.len()], wait))
    }

    /// The wait is over.
    pub fn redial(&mut self, io: &mut Io, id: usize) {
        let Some(dial) = self.dials.get_mut(id) else { return };
        let addr = dial.addrs[dial.next % dial.addrs.len()];
        dial.next = (dial.next + 1) % dial.addrs.len();
        let conn = io.connect(addr);
        dial.conn = Some(conn);
        self.note(conn, id);
    }
}
