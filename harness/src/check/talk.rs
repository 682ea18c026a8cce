//! Conversations with the program that is checked: octets out, octets in, and a record of both.
//!
//! It knows sockets and deadlines. What the octets mean is the cases' business.

use bytes::BytesMut;
use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::tap::relay::{Deed, Happening, Side, now_ns};

/// The most octets of one answer that are looked at.
const INPUT_MAX: usize = 64 << 20;
/// Octets of one read, and of one frame of the record.
const PIECE_MAX: usize = 1460;
/// Octets that the record of a case keeps; what passes after them is not shown.
const RECORD_MAX: usize = 4 << 20;
/// A conversation may last as long as so many answers: then whoever still talks has talked enough.
const ANSWERS_MAX: u32 = 8;

/// What was found to be wrong, or why nothing could be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The rule is not kept.
    Broken(String),
    /// The case does not fit this program: why.
    LeftOut(String),
}

/// The rule is not kept, for this reason.
pub fn broken<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Broken(why.into()))
}

/// What a case finds.
pub type Finding = Result<(), Wrong>;

/// What all conversations with one program have in common.
#[derive(Debug)]
pub struct Desk {
    target: SocketAddr,
    /// The same as whoever checks has named it: a server may have a site of its own for each name.
    pub authority: String,
    /// How long an answer may take.
    pub patience: Duration,
    /// What requests of HTTP ask for.
    pub path: String,
    /// Tells this run's names from those of others.
    pub mark: String,
    /// A user name and a password that lets somebody in, if one was given.
    pub credentials: Option<(String, String)>,
    /// The mechanism that a ZMTP socket has named when it was greeted.
    pub mechanism: [u8; 20],
    record: Rc<RefCell<Record>>,
    talks: usize,
}

/// What has passed on all conversations of a case.
#[derive(Debug, Default)]
struct Record {
    octets: usize,
    happenings: Vec<Happening>,
}

impl Desk {
    /// A desk for conversations with whoever listens there.
    pub fn new(target: SocketAddr, patience: Duration, path: &str, mark: String) -> Self {
        Self {
            target,
            authority: target.to_string(),
            patience,
            path: path.to_owned(),
            mark,
            credentials: None,
            mechanism: [0; 20],
            record: Rc::default(),
            talks: 0,
        }
    }

    /// Connects.
    pub fn connect(&mut self) -> Result<Talk, Wrong> {
        let refused = |error| Wrong::Broken(format!("no connection to {}: {error}", self.target));
        let stream = TcpStream::connect_timeout(&self.target, self.patience).map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        // Who does not read what he is sent is not waited for either.
        stream.set_write_timeout(Some(self.patience)).map_err(refused)?;
        let own = stream.local_addr().map_err(refused)?;
        let record = Rc::clone(&self.record);
        let talk = Talk {
            stream,
            record,
            number: self.talks,
            patience: self.patience,
            until: Instant::now() + ANSWERS_MAX * self.patience,
            input: BytesMut::new(),
            end: None,
        };
        self.talks += 1;
        talk.note(Side::Client, Deed::Open(own, self.target));
        Ok(talk)
    }

    /// What has happened since the last time that this was asked.
    pub fn take_record(&mut self) -> Vec<Happening> {
        std::mem::take(&mut *self.record.borrow_mut()).happenings
    }
}

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a FIN.
    Closed,
    /// With a reset.
    Reset,
}

/// What a wait has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// More octets stand in the input.
    More,
    /// The other side has ended.
    Over(End),
    /// Nothing, until the time was up.
    Silence,
}

/// One connection.
#[derive(Debug)]
pub struct Talk {
    stream: TcpStream,
    record: Rc<RefCell<Record>>,
    number: usize,
    patience: Duration,
    /// Nothing is waited for after that.
    until: Instant,
    /// What has come and was not yet taken.
    pub input: BytesMut,
    end: Option<End>,
}

impl Talk {
    fn note(&self, side: Side, deed: Deed) {
        let mut record = self.record.borrow_mut();
        if let Deed::Data(data) = &deed {
            record.octets += data.len();
            if record.octets > RECORD_MAX {
                return;
            }
        }
        let happening = Happening { time_ns: now_ns(), connection: self.number, side, deed };
        record.happenings.push(happening);
    }

    /// Sends octets. That the other side has ended meanwhile shows when it is listened to.
    pub fn send(&mut self, octets: &[u8]) {
        for piece in octets.chunks(PIECE_MAX) {
            if self.end.is_some() {
                return;
            }
            self.note(Side::Client, Deed::Data(piece.to_vec()));
            if self.stream.write_all(piece).is_err() {
                return;
            }
        }
    }

    /// Will send no more, and still listens.
    pub fn finish(&mut self) {
        self.note(Side::Client, Deed::Close);
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// How long an answer may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits for more, until the patience is at its end.
    pub fn listen(&mut self) -> Heard {
        self.listen_until(Instant::now() + self.patience)
    }

    /// Waits for more until then.
    pub fn listen_until(&mut self, deadline: Instant) -> Heard {
        let (mut buffer, deadline) = ([0; PIECE_MAX], deadline.min(self.until));
        loop {
            if let Some(end) = self.end {
                return Heard::Over(end);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stream.set_read_timeout(Some(left)).is_err() {
                return Heard::Silence;
            }
            let end = match self.stream.read(&mut buffer) {
                Ok(0) => End::Closed,
                Ok(n) if self.input.len() + n <= INPUT_MAX => {
                    self.note(Side::Server, Deed::Data(buffer[..n].to_vec()));
                    self.input.extend_from_slice(&buffer[..n]);
                    return Heard::More;
                }
                Ok(_) => End::Reset,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                        continue;
                    }
                    _ => End::Reset,
                },
            };
            self.end = Some(end);
            let deed = if end == End::Closed { Deed::Close } else { Deed::Reset };
            self.note(Side::Server, deed);
        }
    }

    /// Waits for the other side's end; what comes before it stays in the input.
    pub fn expect_end(&mut self) -> Result<End, Wrong> {
        self.expect_end_within(self.patience)
    }

    /// Waits as long as this for the other side's end.
    pub fn expect_end_within(&mut self, patience: Duration) -> Result<End, Wrong> {
        let deadline = Instant::now() + patience;
        loop {
            match self.listen_until(deadline) {
                Heard::More => {}
                Heard::Over(end) => return Ok(end),
                Heard::Silence => {
                    return broken(format!("the connection still stands after {patience:?}"));
                }
            }
        }
    }
}
