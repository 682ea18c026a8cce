//! The broker: a [`Service`] that lets clients in, takes their messages and delivers them.
//!
//! ```text
//!             on_data
//!                |  packets, one by one
//!     +----------+-----------+--------------+-------------+
//!   CONNECT   PUBLISH     SUBSCRIBE      acknowledgements  DISCONNECT
//!   connecting publishing  subscribing     delivering       leaving
//!                |             |               |               |
//!                v             v               v               v
//!             routes <------ tree, retained  sessions ------ peers
//!                |                             |
//!   QoS 0: written at once      QoS 1, 2: queued; at the end of the turn
//!                |                             v
//!                |              on_turn_end: promises, deliveries, one commit to the store
//!                v                             v
//!             the loop flushes what was written
//! ```
//!
//! One file per thing that a client can do. A client's side of the conversation is in `peers`,
//! what outlives it in `sessions`; `journal` holds what must be on disk before it may be said;
//! `lagging` says who waits for a subscriber that does not keep up.
//!
//! It knows packets and connections' ids. It does not know files, threads or the time of day.

pub mod access;
mod connecting;
mod delivering;
mod events;
mod journal;
mod lagging;
mod leaving;
mod levels;
mod message;
mod peers;
mod publishing;
mod receiving;
mod restoring;
mod retained;
mod routes;
mod sessions;
pub mod settings;
mod stats;
pub mod store;
mod subscribing;
mod sys;
mod tree;

use bytes::BytesMut;
use std::rc::Rc;
use wirelab_reactor::{Closed, ConnId, Io, Mailbox, Now, Origin, Service, Timer};

pub use access::{Access, Everybody};
pub use events::{Departure, Event};
pub use retained::Retained;
pub use settings::Settings;
pub use stats::Stats;
pub use store::Store;
pub use tree::Tree;

use crate::limits::CONNECT_TIMEOUT;
use crate::packet::QoS;
use journal::{Journal, Promise};
use message::Message;
use peers::Peers;
use routes::Routes;
use sessions::{Key, Sessions};
use store::StoreError;

/// A connection has been silent for too long.
const SILENCE: u8 = 1;
/// `$SYS` is to be published.
const SYS: Timer = Timer::Service(1);
/// Those that do not keep up are to be looked at.
const LAGGING: Timer = Timer::Service(2);
/// Something is left to be done at the end of a turn.
const TURN: Timer = Timer::Service(3);
/// Sessions may have become too old.
const EXPIRY: Timer = Timer::Service(4);

/// The length of a packet that holds an identifier or two bytes, and nothing else.
const ACK_LEN: u64 = 4;

/// Watches a broker.
pub type Observer = Box<dyn FnMut(Event<'_>)>;

/// What a broker is told from outside of its loop.
#[derive(Debug)]
pub enum Command {
    /// From now on, these rules hold.
    Access(Box<dyn Access + Send>),
}

/// A retained message, and the QoS it was published with.
#[derive(Clone, Debug)]
struct Kept {
    message: Rc<Message>,
    qos: QoS,
}

/// An MQTT 3.1.1 broker.
pub struct Broker {
    settings: Settings,
    access: Box<dyn Access>,
    observer: Option<Observer>,
    mailbox: Option<Mailbox<Command>>,
    tells_messages: bool,
    peers: Peers,
    sessions: Sessions,
    tree: Tree,
    retained: Retained<Kept>,
    routes: Routes,
    /// Counts the changes after which routes must be found anew.
    epoch: u64,
    journal: Journal,
    failed: Option<StoreError>,
    promises: Vec<Promise>,
    /// Sessions that are to be served at the end of the turn.
    dirty: Vec<Key>,
    /// Sessions that do not keep up.
    lagging: Vec<Key>,
    stats: Stats,
    sys: sys::Sys,
    /// Kept for its capacity alone.
    scratch: BytesMut,
    stopping: bool,
}

impl Broker {
    /// A broker that everybody may use, that forgets all when it ends.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            access: Box::new(Everybody),
            observer: None,
            mailbox: None,
            tells_messages: false,
            peers: Peers::default(),
            sessions: Sessions::default(),
            tree: Tree::default(),
            retained: Retained::default(),
            routes: Routes::default(),
            epoch: 1,
            journal: Journal::default(),
            failed: None,
            promises: Vec::new(),
            dirty: Vec::new(),
            lagging: Vec::new(),
            stats: Stats::default(),
            sys: sys::Sys::default(),
            scratch: BytesMut::new(),
            stopping: false,
        }
    }

    /// Asks these rules who may do what.
    #[must_use]
    pub fn with_access(mut self, access: Box<dyn Access>) -> Self {
        self.access = access;
        self
    }

    /// Tells `observer` what happens.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Tells the observer of every message, too.
    #[must_use]
    pub fn telling_messages(mut self, yes: bool) -> Self {
        self.tells_messages = yes;
        self
    }

    /// Takes commands from other threads.
    #[must_use]
    pub fn commanded_by(mut self, mailbox: Mailbox<Command>) -> Self {
        self.mailbox = Some(mailbox);
        self
    }

    /// Why the store failed, if that is why the broker ended.
    pub fn failed(&self) -> Option<&StoreError> {
        self.failed.as_ref()
    }

    /// What has been counted so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn tell(&mut self, event: Event<'_>) {
        if let Some(observer) = &mut self.observer {
            observer(event);
        }
    }

    /// Seconds since 1970.
    fn time_of_day(&self, now: Now) -> u64 {
        self.settings.started_at + now.as_secs()
    }

    /// Commits what the callbacks after the last turn's end have left.
    ///
    /// # Errors
    /// What the store failed with.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        match self.failed.clone() {
            Some(failed) => Err(failed),
            None => self.journal.commit(),
        }
    }

    /// Says what was promised, delivers what is queued, and has all of it on disk before any of
    /// it leaves: the loop flushes after this.
    fn end_turn(&mut self, io: &mut Io) {
        self.keep_promises(io);
        let mut dirty = std::mem::take(&mut self.dirty);
        for key in dirty.drain(..) {
            self.serve(io, key);
        }
        self.dirty = dirty;
        // Of those who waited for a session that has caught up by being served.
        self.keep_promises(io);
        if let Err(error) = self.journal.commit() {
            self.give_up(io, error);
        }
    }

    fn keep_promises(&mut self, io: &mut Io) {
        let mut promises = std::mem::take(&mut self.promises);
        for promise in promises.drain(..) {
            match promise {
                Promise::Ack(to, packet_type, id) => {
                    self.stats.messages_sent += 1;
                    self.stats.bytes_sent += ACK_LEN;
                    io.write(to, |out| crate::packet::encode_ack(packet_type, id, out));
                }
                Promise::Packet(to, bytes) => {
                    self.stats.messages_sent += 1;
                    self.stats.bytes_sent += bytes.len() as u64;
                    io.send(to, bytes);
                }
                Promise::Close(conn) => io.close(conn),
            }
        }
        self.promises = promises;
    }

    /// [MQTT-4.8.0-2] The disk failed: nothing that was written since may leave.
    fn give_up(&mut self, io: &mut Io, error: StoreError) {
        for conn in self.peers.ids() {
            io.reset(conn);
        }
        self.tell(Event::StoreFailed(&error));
        self.failed = Some(error);
        io.stop();
    }

    /// The callback may be one that comes after the turn's end: see to it that there is another.
    fn want_turn(&self, io: &mut Io) {
        if !(self.dirty.is_empty() && self.promises.is_empty() && self.journal.is_empty()) {
            io.set_timer(TURN, io.now());
        }
    }
}

impl Service for Broker {
    fn on_start(&mut self, io: &mut Io) {
        self.start_sys(io);
        self.start_expiry(io);
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        self.stats.connections += 1;
        self.peers.open(conn, io.now());
        io.set_timer(Timer::Conn(conn, SILENCE), io.now() + CONNECT_TIMEOUT);
        let peer = io.peer_addr(conn);
        self.tell(Event::Opened { peer });
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        loop {
            match self.take_packet(io, conn, input) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    input.clear();
                    self.on_violation(io, conn, error);
                    break;
                }
            }
        }
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        if let Some(key) = self.peers.link(conn).map(|link| link.session) {
            self.mark(key);
            self.look_whether_caught_up(io, key);
        }
        self.want_turn(io);
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Conn(conn, _) => self.on_silence(io, conn),
            SYS => self.publish_sys(io),
            LAGGING => self.look_at_lagging(io),
            EXPIRY => self.expire_sessions(io),
            // The turn's end does it.
            Timer::Service(_) => {}
        }
    }

    fn on_wake(&mut self, _io: &mut Io) {
        let Some(mut mailbox) = self.mailbox.take() else { return };
        while let Some(Command::Access(access)) = mailbox.take() {
            self.access = access;
            self.epoch += 1;
            self.tell(Event::Reloaded);
        }
        self.mailbox = Some(mailbox);
    }

    fn on_turn_end(&mut self, io: &mut Io) {
        self.end_turn(io);
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed) {
        self.on_gone(io, conn, &why);
        self.want_turn(io);
    }

    fn on_stop(&mut self, io: &mut Io) {
        self.stopping = true;
        for conn in self.peers.ids() {
            self.leave(io, conn, Departure::ShuttingDown);
            io.close(conn);
        }
        self.want_turn(io);
    }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("sessions", &self.sessions.len())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
