//! What a service may wish for. A plain struct: nothing is done here, everything is noted, and
//! the loop carries it out when the callback has returned.

use bytes::{Bytes, BytesMut};
use std::net::SocketAddr;

use crate::conn::{Conn, Conns, End, Phase, Verdict};
use crate::outbox::Spare;
use crate::random::Random;
use crate::timers::{Key, Kind, Timers};
use crate::{ConnId, ListenerId, Now, Settings, Timer};

/// The loop's books, as a service sees them: queries about connections, and wishes.
#[derive(Debug)]
pub struct Io {
    pub(crate) now: Now,
    pub(crate) conns: Conns,
    pub(crate) timers: Timers,
    pub(crate) settings: Settings,
    pub(crate) spare: Spare,
    pub(crate) random: Random,
    pub(crate) next_listener: u32,
    /// The connection whose `on_data` runs: its output is flushed when the callback returns.
    pub(crate) current: Option<ConnId>,
    /// The loop is in its last turn.
    pub(crate) over: bool,
    pub(crate) wishes: Wishes,
}

/// What is to be done when the callback has returned.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub dial: Vec<(ConnId, SocketAddr)>,
    pub flush: Vec<ConnId>,
    pub close: Vec<ConnId>,
    pub condemned: Vec<ConnId>,
    /// To be read again: resumed, or not finished in the last turn.
    pub read: Vec<ConnId>,
    pub listen: Vec<(ListenerId, SocketAddr)>,
    pub unlisten: Vec<ListenerId>,
    pub stop: bool,
}

impl Wishes {
    /// Is there anything that must not wait for an event?
    pub fn any(&self) -> bool {
        !(self.dial.is_empty()
            && self.flush.is_empty()
            && self.close.is_empty()
            && self.condemned.is_empty()
            && self.read.is_empty()
            && self.listen.is_empty()
            && self.unlisten.is_empty())
            || self.stop
    }
}

impl Io {
    pub(crate) fn new(now: Now, seed: u64, settings: Settings) -> Self {
        Self {
            now,
            conns: Conns::default(),
            timers: Timers::default(),
            settings,
            spare: Spare::default(),
            random: Random::new(seed),
            next_listener: 0,
            current: None,
            over: false,
            wishes: Wishes::default(),
        }
    }

    /// The time of this turn.
    pub fn now(&self) -> Now {
        self.now
    }

    /// A random number in `0..below`, for jitter and choice; from the seed in a simulation.
    pub fn random(&mut self, below: u64) -> u64 {
        self.random.below(below)
    }

    /// The settings the loop was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Listens on an address; `on_listen` says how that went.
    pub fn listen(&mut self, addr: SocketAddr) -> ListenerId {
        let id = ListenerId(self.next_listener);
        self.next_listener += 1;
        self.wishes.listen.push((id, addr));
        id
    }

    /// Stops listening. Connections accepted before stay.
    pub fn unlisten(&mut self, listener: ListenerId) {
        self.wishes.unlisten.push(listener);
    }

    /// Connects. The id may be used at once: what is sent waits until the connection stands.
    ///
    /// When the loop has been told to end at once, in the last `on_close`s, nothing begins any
    /// more: the id is a dead one, and has no `on_close`.
    pub fn connect(&mut self, addr: SocketAddr) -> ConnId {
        if self.over {
            return ConnId::DEAD;
        }
        let id = self.conns.insert(Phase::Dialling { abandoned: false }, addr);
        self.wishes.dial.push((id, addr));
        id
    }

    /// Sends bytes by reference. Small ones are copied, large ones shared: a fan-out of one frame
    /// to a thousand peers is a thousand counts. Nothing is sent on a dead or closed id.
    pub fn send(&mut self, conn: ConnId, bytes: Bytes) {
        if let Some(books) = self.conns.get_mut(conn).filter(|c| c.takes_output()) {
            books.outbox.send(bytes, &mut self.spare);
            let wrote = wrote(books, &self.settings, self.current == Some(conn));
            self.note(conn, wrote);
        }
    }

    /// Sends what `encode` writes, in place. For small frames. On a dead or closed id it writes
    /// into nothing.
    pub fn write<R>(&mut self, conn: ConnId, encode: impl FnOnce(&mut BytesMut) -> R) -> R {
        match self.conns.get_mut(conn).filter(|c| c.takes_output()) {
            Some(books) => {
                let result = books.outbox.write(&mut self.spare, encode);
                let wrote = wrote(books, &self.settings, self.current == Some(conn));
                self.note(conn, wrote);
                result
            }
            None => encode(&mut BytesMut::new()),
        }
    }

    fn note(&mut self, conn: ConnId, wrote: Wrote) {
        match wrote {
            Wrote::Noted => {}
            Wrote::Flush => self.wishes.flush.push(conn),
            Wrote::Overflow => self.wishes.condemned.push(conn),
        }
    }

    /// What is queued for this connection leaves at the end of the turn, after `on_turn_end`, and
    /// not before: also the answer to what was just read, which leaves at once otherwise. For a
    /// service that must do something before its answers may be seen, once for all of a turn.
    pub fn hold(&mut self, conn: ConnId) {
        if let Some(books) = self.conns.get_mut(conn).filter(|books| !books.waits_for_flush) {
            books.waits_for_flush = true;
            self.wishes.flush.push(conn);
        }
    }

    /// Bytes that the kernel has not taken yet; 0 for a dead id.
    pub fn queued(&self, conn: ConnId) -> usize {
        self.conns.get(conn).map_or(0, |books| books.outbox.queued())
    }

    /// Bytes that the kernel has taken so far; 0 for a dead id. Where it grows, the peer takes
    /// what it is sent, or did until a while ago.
    pub fn taken(&self, conn: ConnId) -> u64 {
        self.conns.get(conn).map_or(0, |books| books.outbox.taken())
    }

    /// Has so much been queued that a service should stop producing for this peer, until
    /// `on_drained`?
    pub fn is_above_high_water(&self, conn: ConnId) -> bool {
        self.conns.get(conn).is_some_and(|books| books.above_high_water)
    }

    /// No more `on_data` for now: the kernel's buffers fill, and the peer is held back.
    pub fn pause_reading(&mut self, conn: ConnId) {
        if let Some(books) = self.conns.get_mut(conn) {
            books.paused = true;
        }
    }

    /// `on_data` again, also for what was left unread or has come meanwhile.
    pub fn resume_reading(&mut self, conn: ConnId) {
        if let Some(books) = self.conns.get_mut(conn).filter(|c| c.paused) {
            books.paused = false;
            // The input of the connection that is being served is out of the books just now.
            let is_served = self.current == Some(conn);
            if !books.waits_for_read && (is_served || books.unread || !books.input.is_empty()) {
                books.waits_for_read = true;
                self.wishes.read.push(conn);
            }
        }
    }

    /// Flushes, sends FIN, reads and discards until the peer's FIN, then `on_close`. At once for
    /// a connection that does not stand yet.
    pub fn close(&mut self, conn: ConnId) {
        let Some(books) = self.conns.get_mut(conn).filter(|c| c.takes_output()) else { return };
        books.phase = match books.phase {
            Phase::Open => {
                let end = if books.eof { End::Peer } else { End::Us };
                let until = self.now + self.settings.close_timeout;
                Phase::Closing { end, queued: books.outbox.queued(), until }
            }
            _ => Phase::Dialling { abandoned: true },
        };
        self.wishes.close.push(conn);
    }

    /// Breaks the connection: a reset to the peer, what is queued is lost, `on_close(ByUs)`.
    pub fn reset(&mut self, conn: ConnId) {
        if let Some(books) = self.conns.get_mut(conn)
            && !matches!(books.phase, Phase::Condemned(_))
        {
            books.phase = Phase::Condemned(Verdict::Reset);
            self.wishes.condemned.push(conn);
        }
    }

    /// [Closes](Self::close) every connection.
    pub fn close_all(&mut self) {
        for conn in self.conns.ids() {
            self.close(conn);
        }
    }

    /// The peer's address, while the id lives.
    pub fn peer_addr(&self, conn: ConnId) -> Option<SocketAddr> {
        self.conns.get(conn).map(|books| books.peer)
    }

    /// How many connections there are, in whatever state.
    pub fn connections(&self) -> usize {
        self.conns.len()
    }

    /// Sets a timer, or moves it. A time that has passed means the next turn.
    pub fn set_timer(&mut self, timer: Timer, at: Now) {
        match timer {
            Timer::Service(_) => self.timers.set(Key::User(timer), at),
            Timer::Conn(conn, kind) => {
                if let Some(books) = self.conns.get_mut(conn) {
                    self.timers.set_conn(&mut books.timers, conn, Kind::User(kind), at);
                }
            }
        }
    }

    /// Cancels a timer; one that is not set is none.
    pub fn cancel_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Service(_) => self.timers.cancel(Key::User(timer)),
            Timer::Conn(conn, kind) => {
                if let Some(books) = self.conns.get_mut(conn) {
                    self.timers.cancel_conn(&mut books.timers, Kind::User(kind));
                }
            }
        }
    }

    /// Ends the loop gracefully, as a signal would.
    pub fn stop(&mut self) {
        self.wishes.stop = true;
    }
}

/// What is to be noted after output was queued.
enum Wrote {
    Noted,
    Flush,
    Overflow,
}

/// Books the water marks, and says in which list the connection must stand.
fn wrote(books: &mut Conn, settings: &Settings, current: bool) -> Wrote {
    let queued = books.outbox.queued();
    if queued > settings.high_water {
        books.above_high_water = true;
        if queued > settings.outbox_max {
            books.phase = Phase::Condemned(Verdict::Overflow);
            return Wrote::Overflow;
        }
    }
    if current || books.waits_for_flush || queued == 0 {
        return Wrote::Noted;
    }
    books.waits_for_flush = true;
    Wrote::Flush
}
