//! What moves on a standing connection: segments, FINs, resets; and how an end lets go.
//!
//! ```text
//!   its owner ...                            the other end ...
//!   closes, all read        FIN  ------->    reads our bytes, then the FIN
//!   closes, unread input    RST  ------->    loses what it had not read    [RFC 9293 3.6.1]
//!   resets                  RST  ------->    the same
//!   has gone, bytes come    RST  ------->    the same                      [RFC 9293 3.5.2]
//! ```
//!
//! A reset flushes the receiver's queues, as [RFC 9293 3.10.7.4] has it. (Linux lets a reader
//! have what had already arrived; a program that relies on that fails elsewhere, and here.)

use std::io::ErrorKind;

use super::faults::{happens, pick, shorten};
use super::link::{Side, State};
use super::network::{Happening, Network};
use super::pipe::Fin;
use super::trace::Event;
use crate::net::Readiness;
use crate::{ConnId, Now};

/// The shortest time under way, so that no exchange is endless within one moment.
const SHORTEST: Now = Now::from_nanos(1);

impl Network {
    /// When something arrives that leaves `from` now: after all that left before.
    pub fn arrival(&mut self, link: u64, from: Side) -> Now {
        let mut at = self.now + pick(&mut self.random, self.faults.delay).max(SHORTEST);
        if happens(&mut self.random, self.faults.stalls) {
            at += pick(&mut self.random, self.faults.stall);
        }
        if let Some(books) = self.links.get_mut(&link) {
            let pipe = books.pipe(from);
            pipe.last_arrival = pipe.last_arrival.max(at);
            at = pipe.last_arrival;
        }
        at
    }

    /// Sends what may be sent from this side: segments while there is room, then the FIN.
    pub fn pump(&mut self, link: u64, from: Side) {
        loop {
            let Some(books) = self.links.get_mut(&link) else { return };
            if matches!(books.end(from).state, State::Broken(_) | State::Dialling) {
                return;
            }
            let pipe = books.pipe(from);
            let sendable = pipe.sendable().min(self.faults.segment_max.max(1));
            if sendable == 0 {
                if pipe.send_fin() {
                    let at = self.arrival(link, from);
                    self.schedule(at, Happening::Fin { link, to: from.other() });
                }
                return;
            }
            let n = shorten(&mut self.random, self.faults.chopped, sendable);
            let bytes = pipe.send(n);
            self.note(&Event::Sent { link, from, bytes: &bytes });
            let at = self.arrival(link, from);
            self.schedule(at, Happening::Segment { link, to: from.other(), bytes });
            if happens(&mut self.random, self.faults.resets) {
                self.send_reset(link, Side::Client);
                self.send_reset(link, Side::Server);
            }
        }
    }

    pub fn segment(&mut self, link: u64, to: Side, bytes: &[u8]) {
        let Some(books) = self.links.get_mut(&link) else { return };
        let (state, keep) = (books.end(to).state, books.end(to).takes_bytes());
        let pipe = books.pipe(to.other());
        pipe.arrive(bytes, keep);
        let room = keep && std::mem::take(&mut pipe.wants_room);
        self.note(&Event::Arrived { link, at: to, bytes: bytes.len() });
        if keep {
            self.raise(link, to, Readiness { readable: true, ..Readiness::default() });
        } else if state == State::Closed {
            self.send_reset(link, to);
        }
        if room {
            let edge = Readiness { writable: true, ..Readiness::default() };
            self.raise(link, to.other(), edge);
        }
    }

    pub fn fin(&mut self, link: u64, to: Side) {
        let Some(books) = self.links.get_mut(&link) else { return };
        if !books.end(to).takes_bytes() {
            return;
        }
        books.pipe(to.other()).fin = Fin::Arrived;
        self.note(&Event::Fin { link, at: to });
        // `raise` adds that the reading side is closed.
        self.raise(link, to, Readiness { readable: true, ..Readiness::default() });
    }

    /// A reset leaves this side for the other one.
    pub fn send_reset(&mut self, link: u64, from: Side) {
        let Some(books) = self.links.get_mut(&link) else { return };
        books.pipe(from).forget_unsent();
        let at = self.arrival(link, from);
        self.schedule(at, Happening::Reset { link, to: from.other() });
    }

    /// A refusal or a reset has arrived.
    pub fn break_end(&mut self, link: u64, side: Side, why: ErrorKind) {
        let Some(books) = self.links.get_mut(&link) else { return };
        let end = books.end_mut(side);
        if matches!(end.state, State::Closed | State::Broken(_)) {
            return;
        }
        end.state = State::Broken(why);
        end.error_pending = true;
        books.pipe(side).forget_unsent();
        books.pipe(side.other()).cut();
        let all = Readiness { readable: true, writable: true, read_closed: true, failed: true };
        self.raise(link, side, all);
    }

    /// The owner of a descriptor gives it up.
    pub fn let_go(&mut self, host: usize, conn: ConnId, reset: bool) {
        let Some((link, side)) = self.hosts[host].conns.remove(&conn) else { return };
        self.hosts[host].edges.remove(&conn);
        self.hosts[host].order.retain(|&other| other != conn);
        let Some(books) = self.links.get_mut(&link) else { return };
        let state = books.end(side).state;
        match state {
            State::Dialling => {
                // Whatever comes in answer to our SYN finds nobody.
                self.note(&Event::Closed { link, side });
                self.links.remove(&link);
                return;
            }
            State::Open if reset || books.pipe(side.other()).readable() > 0 => {
                self.send_reset(link, side);
            }
            State::Open if books.pipe(side).fin == Fin::None => {
                books.pipe(side).fin = Fin::Asked;
                self.pump(link, side);
            }
            _ => {}
        }
        self.close_end(link, side);
    }

    /// Nobody holds this end any more.
    pub fn close_end(&mut self, link: u64, side: Side) {
        let Some(books) = self.links.get_mut(&link) else { return };
        let end = books.end_mut(side);
        end.state = State::Closed;
        end.conn = None;
        self.note(&Event::Closed { link, side });
        if self.links.get(&link).is_some_and(super::link::Link::is_over) {
            self.links.remove(&link);
        }
    }
}
