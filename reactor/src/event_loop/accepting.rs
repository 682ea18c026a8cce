//! The listeners' part of a turn: who waits at the door, and why nobody is let in now.

use std::io;

use super::EventLoop;
use crate::conn::Phase;
use crate::limits::{ACCEPT_RETRY, ACCEPTS_PER_TURN};
use crate::timers::Key;
use crate::{ListenerId, Net, Origin, Service};

/// What the loop knows of a listener. Readiness is an edge: while it is not `Quiet`, connections
/// may be waiting that nobody will announce again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listening {
    /// Nobody waits.
    Quiet,
    /// Somebody may wait.
    Knocked,
    /// Somebody may wait, but there is no descriptor or no memory for them; a timer will tell.
    Starved,
    /// Somebody may wait, but there are as many connections as may be; until one has ended.
    Crowded,
    /// No longer listening.
    Shut,
}

impl<N: Net> EventLoop<N> {
    /// A new listener takes its place in the books.
    pub(super) fn listening(&mut self, id: ListenerId) {
        if self.listeners.len() <= id.index() {
            self.listeners.resize(id.index() + 1, Listening::Shut);
        }
        self.listeners[id.index()] = Listening::Quiet;
    }

    pub(super) fn stop_listening(&mut self, id: ListenerId) {
        if let Some(listening) = self.listeners.get_mut(id.index())
            && *listening != Listening::Shut
        {
            *listening = Listening::Shut;
            self.io.timers.cancel(Key::Accept(id));
            self.net.unlisten(id);
        }
    }

    /// Somebody is waiting at this listener. Where nobody can be let in, one more who waits
    /// changes nothing.
    pub(super) fn knock(&mut self, id: ListenerId) {
        if let Some(listening) = self.listeners.get_mut(id.index())
            && *listening == Listening::Quiet
        {
            *listening = Listening::Knocked;
            self.knocked = true;
        }
    }

    /// The wait after a failed `accept` is over.
    pub(super) fn try_again(&mut self, id: ListenerId) {
        if let Some(listening) = self.listeners.get_mut(id.index())
            && *listening == Listening::Starved
        {
            *listening = Listening::Knocked;
            self.knocked = true;
        }
    }

    /// A connection has ended: there is room for one that waits.
    pub(super) fn make_room(&mut self) {
        for listening in &mut self.listeners {
            if matches!(listening, Listening::Crowded | Listening::Starved) {
                *listening = Listening::Knocked;
                self.knocked = true;
            }
        }
    }

    pub(super) fn accept_all<S: Service + ?Sized>(&mut self, service: &mut S) {
        if !std::mem::take(&mut self.knocked) {
            return;
        }
        for index in 0..self.listeners.len() {
            if self.listeners[index] == Listening::Knocked {
                let listening = self.accept_some(service, ListenerId(index as u32));
                self.knocked |= listening == Listening::Knocked;
                self.listeners[index] = listening;
            }
        }
    }

    fn accept_some<S: Service + ?Sized>(
        &mut self,
        service: &mut S,
        listener: ListenerId,
    ) -> Listening {
        for _ in 0..ACCEPTS_PER_TURN {
            if self.io.conns.len() >= self.io.settings.connections_max {
                return Listening::Crowded;
            }
            // The service has asked in its last callback to be left alone: not one more.
            if self.io.wishes.unlisten.contains(&listener) {
                return Listening::Quiet;
            }
            let nobody = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
            let conn = self.io.conns.insert(Phase::Open, nobody);
            match self.net.accept(listener, conn) {
                Ok(peer) => {
                    if let Some(books) = self.io.conns.get_mut(conn) {
                        books.peer = peer;
                    }
                    service.on_open(&mut self.io, conn, Origin::Accepted(listener));
                }
                Err(error) => {
                    self.io.conns.remove(conn);
                    match error.kind() {
                        io::ErrorKind::WouldBlock => return Listening::Quiet,
                        // The peer gave up while it waited; the next one may not have.
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => {}
                        // EMFILE, ENFILE, ENOBUFS, ENOMEM: those who wait would be announced
                        // again and again, and fail again and again. Let some time pass.
                        _ => {
                            log::warn!("cannot accept: {error}");
                            let at = self.io.now + ACCEPT_RETRY;
                            self.io.timers.set(Key::Accept(listener), at);
                            return Listening::Starved;
                        }
                    }
                }
            }
        }
        Listening::Knocked
    }
}
