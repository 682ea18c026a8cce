//! A service made of closures, which notes what it is told and holds the loop to its word: one
//! `on_close` per connection, and nothing after it.
//!
//! Notes name connections by their order and sum up bytes, so that the same conversation gives
//! the same notes however the network cut it.

use bytes::BytesMut;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::rc::Rc;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Timer};

type OnConn = Option<Box<dyn FnMut(&mut Io, ConnId)>>;
type OnData = Option<Box<dyn FnMut(&mut Io, ConnId, &mut BytesMut)>>;
type OnTimer = Option<Box<dyn FnMut(&mut Io, Timer)>>;
type OnIo = Option<Box<dyn FnMut(&mut Io)>>;

/// What one service was told.
#[derive(Debug, Default)]
pub struct Book {
    notes: Vec<(String, String)>,
    names: BTreeMap<ConnId, String>,
    closed: BTreeSet<ConnId>,
    taken: BTreeMap<ConnId, Vec<u8>>,
    pub opened: Vec<ConnId>,
    pub drained: usize,
    pub wakes: usize,
    pub data_calls: usize,
    pub turns: usize,
}

impl Book {
    fn note(&mut self, conn: ConnId, what: impl Into<String>) {
        let next = format!("conn {:04}", self.names.len());
        let name = self.names.entry(conn).or_insert(next).clone();
        assert!(!self.closed.contains(&conn), "{name} is closed, and then: {}", what.into());
        self.notes.push((name, what.into()));
    }

    pub fn say(&mut self, what: impl Into<String>) {
        self.notes.push((String::new(), what.into()));
    }

    /// The bytes that were taken from a connection.
    pub fn taken(&self, conn: ConnId) -> &[u8] {
        self.taken.get(&conn).map_or(&[], Vec::as_slice)
    }

    pub fn taken_by_all(&self) -> usize {
        self.taken.values().map(Vec::len).sum()
    }

    pub fn closed(&self) -> usize {
        self.closed.len()
    }

    pub fn is_closed(&self, conn: ConnId) -> bool {
        self.closed.contains(&conn)
    }

    /// The notes, connection by connection.
    pub fn notes(&self) -> Vec<String> {
        for (conn, name) in &self.names {
            assert!(self.closed.contains(conn), "{name} never had its on_close");
        }
        let mut notes = self.notes.clone();
        notes.sort_by(|a, b| a.0.cmp(&b.0));
        notes.into_iter().map(|(name, what)| format!("{name} {what}")).collect()
    }
}

/// A service for one test.
#[derive(Default)]
pub struct Script {
    pub book: Rc<RefCell<Book>>,
    start: OnIo,
    open: OnConn,
    data: OnData,
    eof: OnConn,
    drained: OnConn,
    timer: OnTimer,
    wake: OnIo,
    turn_end: OnIo,
    close: OnIo,
    /// Without it every other test would say the same about bytes that nobody counts.
    silent_bytes: bool,
}

impl Script {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn on_start(mut self, act: impl FnMut(&mut Io) + 'static) -> Self {
        self.start = Some(Box::new(act));
        self
    }

    pub fn on_open(mut self, act: impl FnMut(&mut Io, ConnId) + 'static) -> Self {
        self.open = Some(Box::new(act));
        self
    }

    pub fn on_data(mut self, act: impl FnMut(&mut Io, ConnId, &mut BytesMut) + 'static) -> Self {
        self.data = Some(Box::new(act));
        self
    }

    pub fn on_eof(mut self, act: impl FnMut(&mut Io, ConnId) + 'static) -> Self {
        self.eof = Some(Box::new(act));
        self
    }

    pub fn on_drained(mut self, act: impl FnMut(&mut Io, ConnId) + 'static) -> Self {
        self.drained = Some(Box::new(act));
        self
    }

    pub fn on_timer(mut self, act: impl FnMut(&mut Io, Timer) + 'static) -> Self {
        self.timer = Some(Box::new(act));
        self
    }

    pub fn on_wake(mut self, act: impl FnMut(&mut Io) + 'static) -> Self {
        self.wake = Some(Box::new(act));
        self
    }

    pub fn on_turn_end(mut self, act: impl FnMut(&mut Io) + 'static) -> Self {
        self.turn_end = Some(Box::new(act));
        self
    }

    pub fn on_close(mut self, act: impl FnMut(&mut Io) + 'static) -> Self {
        self.close = Some(Box::new(act));
        self
    }

    /// How many bytes come is a matter of time in this test, and not noted.
    pub fn not_counting_bytes(mut self) -> Self {
        self.silent_bytes = true;
        self
    }

    /// Answers with what it hears.
    pub fn echo() -> Self {
        Self::new().on_data(|io, conn, input| io.send(conn, input.split().freeze()))
    }
}

impl Service for Script {
    fn on_start(&mut self, io: &mut Io) {
        if let Some(act) = &mut self.start {
            act(io);
        }
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {
        let how = if origin == Origin::Connected { "connected" } else { "accepted" };
        self.book.borrow_mut().note(conn, how);
        self.book.borrow_mut().opened.push(conn);
        assert!(io.peer_addr(conn).is_some_and(|peer| peer.port() != 0), "an open id has a peer");
        if let Some(act) = &mut self.open {
            act(io, conn);
        }
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        let before = input.clone();
        match &mut self.data {
            Some(act) => act(io, conn, input),
            None => input.clear(),
        }
        let mut book = self.book.borrow_mut();
        assert!(!book.closed.contains(&conn), "bytes after on_close");
        book.data_calls += 1;
        let took = before.len() - input.len();
        book.taken.entry(conn).or_default().extend_from_slice(&before[..took]);
    }

    fn on_eof(&mut self, io: &mut Io, conn: ConnId) {
        self.book.borrow_mut().note(conn, "end of input");
        match &mut self.eof {
            Some(act) => act(io, conn),
            None => io.close(conn),
        }
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        self.book.borrow_mut().note(conn, "drained");
        self.book.borrow_mut().drained += 1;
        if let Some(act) = &mut self.drained {
            act(io, conn);
        }
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Conn(conn, kind) => self.book.borrow_mut().note(conn, format!("timer {kind}")),
            Timer::Service(n) => self.book.borrow_mut().say(format!("timer {n}")),
        }
        if let Some(act) = &mut self.timer {
            act(io, timer);
        }
    }

    fn on_wake(&mut self, io: &mut Io) {
        self.book.borrow_mut().wakes += 1;
        if let Some(act) = &mut self.wake {
            act(io);
        }
    }

    fn on_turn_end(&mut self, io: &mut Io) {
        self.book.borrow_mut().turns += 1;
        if let Some(act) = &mut self.turn_end {
            act(io);
        }
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed) {
        assert!(io.peer_addr(conn).is_none(), "the id is dead when on_close is called");
        let mut book = self.book.borrow_mut();
        if !self.silent_bytes {
            let taken = book.taken(conn);
            let sum = taken.iter().fold(7_u64, |sum, &b| sum.wrapping_mul(31) + u64::from(b));
            let line = format!("took {} bytes, sum {sum:x}", taken.len());
            book.note(conn, line);
        }
        book.note(conn, ending(&why));
        assert!(book.closed.insert(conn), "on_close twice");
        drop(book);
        if let Some(act) = &mut self.close {
            act(io);
        }
    }
}

/// How it ended, in words that do not depend on which call found out.
pub fn ending(why: &Closed) -> String {
    match why {
        Closed::ByUs => "closed by us".to_owned(),
        Closed::ByPeer => "closed by the peer".to_owned(),
        Closed::Failed(error) => match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "failed: reset".to_owned(),
            kind => format!("failed: {kind:?}"),
        },
    }
}
