//! The client as a [`Service`]: makes the connection, feeds the session, tells the observer, and
//! comes back after a loss.
//!
//! ```text
//!   Down --RECONNECT--> Up(not open) --on_open--> Up(open) --on_close--> Down, or Over
//! ```
//!
//! It knows connections by their ids and moments by the loop. What a packet means is the session's;
//! what goes out when stands in `writing`.

mod writing;

use bytes::BytesMut;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use wirelab_reactor::{
    Backoff, Closed, ConnId, Io, Mailbox, Now, Origin, Service, Settings, Timer,
};

use super::{Ended, Event, Lost, Message, Observer, Options, Session, Ticket};
use crate::Error;
use crate::limits::{PACKET_MAX, RECONNECT_FIRST, STABLE};
use crate::packet::{ConnectReturnCode, QoS};

/// The wait before the next connect.
const RECONNECT: Timer = Timer::Service(1);
/// The connection's Keep Alive.
const KEEP_ALIVE: u8 = 1;

/// What a client is asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Publish a message that can be published ([`Message::check`]); one that cannot is dropped.
    Publish(Ticket, Message),
    /// The same for several, at the price of one.
    PublishAll(Vec<(Ticket, Message)>),
    /// Subscribe to these filters, each at this QoS at most.
    Subscribe(Ticket, Vec<(String, QoS)>),
    /// Take these subscriptions back.
    Unsubscribe(Ticket, Vec<String>),
    /// Disconnect as soon as nothing is left to send and nothing unanswered.
    Finish,
    /// Disconnect at once.
    Disconnect,
    /// The observer has room again.
    Look,
}

/// The connection, as the client sees it.
#[derive(Clone, Copy, Debug)]
enum Link {
    /// Waiting for the time to connect.
    Down,
    /// Being made, or standing.
    Up { conn: ConnId, open: bool },
    /// We are done.
    Over,
}

/// Settings for the loop that a client runs on: those of the loop, with room for one packet of
/// every length that there is.
pub fn loop_settings() -> Settings {
    Settings { outbox_max: 2 * PACKET_MAX, input_max: 2 * PACKET_MAX, ..Settings::default() }
}

/// A client of one server.
pub struct Client<O: Observer> {
    /// The server's addresses, to be tried one after another.
    addrs: Vec<SocketAddr>,
    next_addr: usize,
    session: Session,
    link: Link,
    backoff: Backoff,
    /// When CONNACK let us in on this connection.
    accepted: Option<Now>,
    /// Has it ever?
    was_accepted: bool,
    /// Why we are closing the connection, if it is we who do.
    why: Option<Ended>,
    finishing: bool,
    /// Acknowledgements that wait for the end of the callback, and the bytes of those that were
    /// written while the server did not read.
    acks: BytesMut,
    unread_acks: usize,
    paused: bool,
    /// When the keep alive was last looked at: what the kernel had taken, and did more wait?
    taken: u64,
    had_backlog: bool,
    /// Commands that were taken from the mailbox and not yet carried out.
    batch: std::vec::IntoIter<(Ticket, Message)>,
    mailbox: Option<Mailbox<Command>>,
    observer: O,
}

impl<O: Observer> Client<O> {
    /// A client of the server at the first of these addresses that takes a connection.
    pub fn new(addrs: Vec<SocketAddr>, options: Options, observer: O) -> Self {
        let backoff = Backoff::new(RECONNECT_FIRST, options.reconnect_longest);
        let mut session = Session::new(options);
        if observer.watches() {
            session.watch();
        }
        Self {
            addrs,
            next_addr: 0,
            session,
            link: Link::Down,
            backoff,
            accepted: None,
            was_accepted: false,
            why: None,
            finishing: false,
            acks: BytesMut::new(),
            unread_acks: 0,
            paused: false,
            taken: 0,
            had_backlog: false,
            batch: Vec::new().into_iter(),
            mailbox: None,
            observer,
        }
    }

    /// Takes commands from other threads.
    #[must_use]
    pub fn commanded_by(mut self, mailbox: Mailbox<Command>) -> Self {
        self.mailbox = Some(mailbox);
        self
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Does what a command says; for whoever shares the loop's thread.
    pub fn command(&mut self, io: &mut Io, command: Command) {
        self.obey(io, command);
        self.pump(io);
    }

    fn connect(&mut self, io: &mut Io) {
        let Some(addr) = self.addrs.get(self.next_addr) else { return };
        self.link = Link::Up { conn: io.connect(*addr), open: false };
    }

    /// Says DISCONNECT and closes, or ends the wait for the next connect.
    fn leave(&mut self, io: &mut Io) {
        self.why = Some(Ended::Disconnected);
        match self.link {
            Link::Up { conn, open: true } => {
                self.write_acks(io, conn);
                io.write(conn, |out| self.session.leave(out));
                self.show_packets();
                // [MQTT-3.14.4-1] The client closes the connection after DISCONNECT.
                io.close(conn);
            }
            Link::Up { conn, open: false } => io.close(conn),
            Link::Down => self.end(io, Ended::Disconnected),
            Link::Over => {}
        }
    }

    /// Closes the connection, which cannot be gone on with.
    fn fail(&mut self, io: &mut Io, why: Lost) {
        if let Link::Up { conn, .. } = self.link {
            self.why.get_or_insert(Ended::Lost(why));
            self.session.lost();
            // [MQTT-4.8.0-1] Without a word: MQTT 3.1.1 has none for this from a client.
            io.close(conn);
        }
    }

    fn end(&mut self, io: &mut Io, why: Ended) {
        io.cancel_timer(RECONNECT);
        self.link = Link::Over;
        let _ = self.observer.on_event(Event::Ended(why));
    }

    /// May a connection that was lost so be made again?
    fn comes_back(&self, why: &Lost) -> bool {
        let may_pass = match why {
            Lost::Failed(_) | Lost::ByServer | Lost::Silent => true,
            Lost::Refused(code) => *code == ConnectReturnCode::ServerUnavailable,
            Lost::Violated(_) => false,
        };
        may_pass && self.was_accepted && self.session.options().reconnect
    }

    fn come_back(&mut self, io: &mut Io, why: Lost) {
        let wait = self.backoff.next(|below| io.random(below));
        self.link = Link::Down;
        io.set_timer(RECONNECT, io.now() + wait);
        if self.observer.on_event(Event::Lost { why, wait }).is_break() {
            self.leave(io);
        }
    }

    /// An event of the session's is told. `Break`: we have left.
    fn tell(&mut self, io: &mut Io, event: Event) -> ControlFlow<()> {
        if let (Event::Connected { .. }, Link::Up { conn, .. }) = (&event, self.link) {
            self.accepted = Some(io.now());
            self.was_accepted = true;
            self.set_keep_alive(io, conn);
        }
        let flow = self.observer.on_event(event);
        if flow.is_break() {
            self.leave(io);
        }
        flow
    }

    fn set_keep_alive(&self, io: &mut Io, conn: ConnId) {
        if let Some(at) = self.session.deadline() {
            io.set_timer(Timer::Conn(conn, KEEP_ALIVE), at);
        }
    }

    fn on_keep_alive(&mut self, io: &mut Io, conn: ConnId) {
        let now = io.now();
        // Nor is it the server's silence if our PINGREQ stands behind a large message, of which it
        // still takes more.
        let taken = io.taken(conn);
        if self.paused || self.had_backlog && taken > self.taken {
            self.session.excuse(now);
        }
        (self.taken, self.had_backlog) = (taken, io.queued(conn) > 0);
        if io.write(conn, |out| self.session.on_time(now, out)).is_err() {
            return self.fail(io, Lost::Silent);
        }
        self.show_packets();
        self.set_keep_alive(io, conn);
    }
}

impl<O: Observer> Service for Client<O> {
    fn on_start(&mut self, io: &mut Io) {
        self.connect(io);
        self.pump(io);
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        self.link = Link::Up { conn, open: true };
        (self.taken, self.had_backlog) = (0, false);
        let now = io.now();
        if let Err(error) = io.write(conn, |out| self.session.connect(now, out)) {
            return self.fail(io, Lost::Violated(error));
        }
        self.show_packets();
        self.set_keep_alive(io, conn);
        self.pump(io);
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        let now = io.now();
        loop {
            let event = self.session.next_event(now, input, &mut self.acks);
            self.show_packets();
            match event {
                Ok(Some(event)) => {
                    if self.tell(io, event).is_break() {
                        return input.clear();
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    input.clear();
                    self.acks.clear();
                    let why = match error {
                        Error::Refused { code, .. } => Lost::Refused(code),
                        error => Lost::Violated(error),
                    };
                    return self.fail(io, why);
                }
            }
        }
        self.write_acks(io, conn);
        self.pump(io);
    }

    fn on_drained(&mut self, io: &mut Io, _conn: ConnId) {
        self.unread_acks = 0;
        self.hold_or_read(io);
        self.pump(io);
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            RECONNECT => self.connect(io),
            Timer::Conn(conn, KEEP_ALIVE) => self.on_keep_alive(io, conn),
            _ => {}
        }
    }

    fn on_wake(&mut self, io: &mut Io) {
        self.pump(io);
    }

    fn on_turn_end(&mut self, io: &mut Io) {
        self.observer.on_turn_end();
        self.hold_or_read(io);
    }

    fn on_close(&mut self, io: &mut Io, _conn: ConnId, closed: Closed) {
        self.session.lost();
        (self.paused, self.unread_acks) = (false, 0);
        self.acks.clear();
        let stood = self.accepted.take().map(|at| io.now() - at);
        if stood.is_some_and(|stood| stood >= STABLE) {
            self.backoff.reset();
        }
        let why = match (self.why.take(), closed) {
            (Some(Ended::Disconnected), _) => return self.end(io, Ended::Disconnected),
            (Some(Ended::Lost(why)), _) => why,
            (None, Closed::Failed(error)) => Lost::Failed(error),
            (None, Closed::ByUs | Closed::ByPeer) => Lost::ByServer,
        };
        // The server may have several addresses, and listen at only one of them.
        let failed_to_connect = stood.is_none() && matches!(why, Lost::Failed(_));
        self.next_addr = if failed_to_connect { self.next_addr + 1 } else { self.next_addr };
        if failed_to_connect && self.next_addr < self.addrs.len() {
            return self.connect(io);
        }
        self.next_addr %= self.addrs.len().max(1);
        if self.comes_back(&why) {
            self.come_back(io, why);
        } else {
            self.end(io, Ended::Lost(why));
        }
    }

    fn on_stop(&mut self, io: &mut Io) {
        self.leave(io);
    }
}

impl<O: Observer> std::fmt::Debug for Client<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("addrs", &self.addrs)
            .field("link", &self.link)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
