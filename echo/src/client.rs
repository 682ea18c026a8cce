//! The client: a [`Service`] that asks, hears, and comes back after a loss.
//!
//! It knows connections by their ids, and tells an observer what happened. It does not know
//! whether the network is real, nor who watches.

use bytes::{Bytes, BytesMut};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::{Backoff, Closed, ConnId, Io, Mailbox, Origin, Service, Timer};

use crate::Exchange;
use crate::limits::{RECONNECT_FIRST, RECONNECT_LONGEST};

/// The wait before the next connect.
const RECONNECT: Timer = Timer::Service(1);
/// Nothing has come for a while.
const QUIET: u8 = 1;

/// What a client is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Send this and wait for its answer.
    Ask(Bytes),
    /// Close the connection and end.
    Close,
}

/// What a client tells.
#[derive(Debug)]
pub enum Event {
    /// The connection stands.
    Connected,
    /// The answer to a request.
    Answer {
        /// What was asked.
        request: Bytes,
        /// What came back.
        answer: Bytes,
    },
    /// There are too many requests without an answer; this one was not taken.
    Refused(Bytes),
    /// The connection is lost; it will be made again after this wait.
    Lost(Duration),
    /// The connection is gone for good.
    Ended(Closed),
}

/// The connection, as the client sees it.
#[derive(Debug)]
enum Link {
    /// Waiting for the time to connect.
    Down,
    /// Being made, or standing.
    Up { conn: ConnId, open: bool },
    /// We are done.
    Over,
}

/// Asks one server, one request at a time.
pub struct EchoClient<F: FnMut(Event)> {
    addr: SocketAddr,
    exchange: Exchange,
    link: Link,
    reconnect: Option<Backoff>,
    quiet: Option<Duration>,
    mailbox: Option<Mailbox<Command>>,
    tell: F,
}

impl<F: FnMut(Event)> EchoClient<F> {
    /// A client of the server at `addr` that ends when the connection does.
    pub fn new(addr: SocketAddr, exchange: Exchange, tell: F) -> Self {
        Self { addr, exchange, link: Link::Down, reconnect: None, quiet: None, mailbox: None, tell }
    }

    /// Comes back after a loss, and asks again what has no answer.
    #[must_use]
    pub fn reconnecting(mut self) -> Self {
        self.reconnect = Some(Backoff::new(RECONNECT_FIRST, RECONNECT_LONGEST));
        self
    }

    /// Takes a short answer for whole when nothing has come for so long.
    #[must_use]
    pub fn patient_for(mut self, quiet: Duration) -> Self {
        self.quiet = Some(quiet);
        self
    }

    /// Takes commands from other threads.
    #[must_use]
    pub fn commanded_by(mut self, mailbox: Mailbox<Command>) -> Self {
        self.mailbox = Some(mailbox);
        self
    }

    /// Asks, or notes what to ask when the connection stands.
    pub fn ask(&mut self, io: &mut Io, request: Bytes) -> Result<(), crate::exchange::Full> {
        self.exchange.push(request)?;
        self.send_next(io);
        Ok(())
    }

    /// How many requests have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.exchange.unanswered()
    }

    /// Closes the connection, and does not come back.
    pub fn close(&mut self, io: &mut Io) {
        match self.link {
            // [9293-3.10.4-01] A request that was sent still goes out, before the FIN.
            Link::Up { conn, .. } => io.close(conn),
            Link::Down => self.end(io, Closed::ByUs),
            Link::Over => {}
        }
        self.reconnect = None;
    }

    fn end(&mut self, io: &mut Io, why: Closed) {
        io.cancel_timer(RECONNECT);
        self.link = Link::Over;
        (self.tell)(Event::Ended(why));
    }

    fn connect(&mut self, io: &mut Io) {
        self.link = Link::Up { conn: io.connect(self.addr), open: false };
    }

    fn send_next(&mut self, io: &mut Io) {
        if let Link::Up { conn, open: true } = self.link
            && let Some(request) = self.exchange.next_request()
        {
            io.send(conn, request);
        }
    }

    fn answered(&mut self, io: &mut Io, pair: (Bytes, Bytes)) {
        (self.tell)(Event::Answer { request: pair.0, answer: pair.1 });
        self.send_next(io);
    }
}

impl<F: FnMut(Event)> Service for EchoClient<F> {
    fn on_start(&mut self, io: &mut Io) {
        self.connect(io);
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        self.link = Link::Up { conn, open: true };
        (self.tell)(Event::Connected);
        self.send_next(io);
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        while let Some(pair) = self.exchange.hear(input) {
            if let Some(backoff) = &mut self.reconnect {
                backoff.reset();
            }
            self.answered(io, pair);
        }
        // Words that nobody asked for are let go: they can be no answer.
        input.clear();
        if let Some(quiet) = self.quiet {
            io.set_timer(Timer::Conn(conn, QUIET), io.now() + quiet);
        }
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            RECONNECT => self.connect(io),
            Timer::Conn(_, QUIET) => {
                if let Some(pair) = self.exchange.conclude() {
                    self.answered(io, pair);
                }
            }
            _ => {}
        }
    }

    fn on_wake(&mut self, io: &mut Io) {
        let Some(mut mailbox) = self.mailbox.take() else { return };
        while let Some(command) = mailbox.take() {
            match command {
                Command::Ask(request) => {
                    if let Err(full) = self.ask(io, request) {
                        (self.tell)(Event::Refused(full.0));
                    }
                }
                Command::Close => self.close(io),
            }
        }
        self.mailbox = Some(mailbox);
    }

    fn on_close(&mut self, io: &mut Io, _conn: ConnId, why: Closed) {
        self.exchange.lost();
        let Some(backoff) = &mut self.reconnect else { return self.end(io, why) };
        let wait = backoff.next(|below| io.random(below));
        self.link = Link::Down;
        io.set_timer(RECONNECT, io.now() + wait);
        (self.tell)(Event::Lost(wait));
    }

    fn on_stop(&mut self, io: &mut Io) {
        self.close(io);
    }
}

/// Why a connection that was to stay has ended, as an error.
pub fn why_ended(why: Closed) -> io::Error {
    match why {
        Closed::ByUs => io::ErrorKind::NotConnected.into(),
        Closed::ByPeer => io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server closed the connection before it answered",
        ),
        Closed::Failed(error) => error,
    }
}

impl<F: FnMut(Event)> std::fmt::Debug for EchoClient<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EchoClient")
            .field("addr", &self.addr)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}
