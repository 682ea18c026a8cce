//! The server's side of one connection: requests out of octets, one at a time and in order.
//!
//! ```text
//!             head complete          body complete            answer complete
//!   Waiting --------> Receiving ---------------> Answering ------------------> Waiting
//!      ^ |first octet    |  answered before the body is in                        or Over
//!      | v               v
//!      Head          Discarding ---- the rest of the body has come ----> Waiting or Over
//! ```
//! [9112-9.3.2-01] The next head is not looked at before this answer is complete: answers cannot
//! but come in the order of their requests.
//!
//! It knows heads, bodies and the framing of answers. It does not know other connections, nor
//! who answers, nor what time it is.

use bytes::{Bytes, BytesMut};

use crate::answer::{Coding, Writing};
use crate::body::{BodyReader, LAST_CHUNK, Piece, chunk_head};
use crate::framing::{self, Length, Terms};
use crate::head::RequestScan;
use crate::limits::DISCARD_MAX;
use crate::target::Target;
use crate::{Fields, HttpError, Method, RequestHead, Status, Version};

/// What has come from the client.
#[derive(Debug)]
pub enum Event {
    /// A head: [`Connection::head`] has it. If [`Connection::awaits_body`], the body follows.
    Request,
    /// A piece of the body.
    Piece(Bytes),
    /// The body is complete.
    End(Option<Box<Fields>>),
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing of a request has come.
    Waiting,
    /// Part of a head has.
    Head,
    /// A head was handed out, and its body is being read.
    Receiving,
    /// The request is complete, its answer is not.
    Answering,
    /// The answer is complete, the request is not: the rest of it is thrown away.
    Discarding,
    /// No further request is read.
    Over,
}

impl Phase {
    /// Every step from one phase to another, and why it is taken.
    pub const STEPS: [(Self, &'static str, Self); 15] = [
        (Self::Waiting, "part of a head comes", Self::Head),
        (Self::Waiting, "a head comes, and a body is to follow", Self::Receiving),
        (Self::Waiting, "a head comes, and it is all", Self::Answering),
        (Self::Waiting, "the client ends, or a head is refused", Self::Over),
        (Self::Head, "the head is complete, and a body is to follow", Self::Receiving),
        (Self::Head, "the head is complete, and it is all", Self::Answering),
        (Self::Head, "the client ends, the head is refused, or is late", Self::Over),
        (Self::Receiving, "the body is complete", Self::Answering),
        (Self::Receiving, "it is answered all the same", Self::Discarding),
        (Self::Receiving, "the body is refused, late or cut short", Self::Over),
        (Self::Receiving, "it is answered all the same, and too much is to come", Self::Over),
        (Self::Answering, "the answer is complete", Self::Waiting),
        (Self::Answering, "the answer is complete, and is the last", Self::Over),
        (Self::Discarding, "the body is complete", Self::Waiting),
        (Self::Discarding, "the body is cut short or late, or the server ends", Self::Over),
    ];
}

#[derive(Debug)]
enum State {
    Head(RequestScan),
    Exchange(Exchange),
    Over,
}

/// A request and its answer, from the complete head on.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// What is still to be read; `None`: all of it was.
    body: Option<BodyReader>,
    pub writing: Writing,
    pub method: Method,
    pub version: Version,
    /// The client waits for `100 Continue`.
    continue_due: bool,
    /// The connection ends with this answer.
    last: bool,
}

impl Exchange {
    fn new(head: &RequestHead, terms: Terms) -> Self {
        let body = Some(BodyReader::new(terms.length));
        Self {
            body: body.filter(|_| terms.length != Length::Exact(0)),
            writing: Writing::Nothing,
            method: head.method(),
            version: head.version(),
            continue_due: terms.expects_continue && terms.length != Length::Exact(0),
            last: !terms.persistent,
        }
    }

    /// The answer's head is about to be written: is the connection to end with it?
    ///
    /// [9112-9.3-05] A body is read, or the connection closed. One that may never come, because
    /// the client waits for its 100, is not waited for [9110-10.1.1-07].
    pub fn decide_last(&mut self) -> bool {
        if let Some(body) = &self.body {
            let short = body.left().is_some_and(|left| left <= DISCARD_MAX);
            self.last |= self.continue_due || !short;
        }
        self.last
    }

    pub fn end_with_this(&mut self) {
        self.last = true;
    }
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    state: State,
    head: RequestHead,
    /// The client has ended its side.
    eof: bool,
}

impl Default for Connection {
    fn default() -> Self {
        let state = State::Head(RequestScan::new());
        Self { state, head: RequestHead::default(), eof: false }
    }
}

impl Connection {
    /// What has come next. `None`: more octets are needed, or first the answer must be complete.
    ///
    /// `input` begins with what the last call has left in it.
    ///
    /// After an error the connection is done for: [`refuse`](Self::refuse) says so to the client.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, HttpError> {
        loop {
            match &mut self.state {
                State::Over => {
                    // [9112-9.6-06] Whatever comes behind the last request is not looked at.
                    input.clear();
                    return Ok(None);
                }
                State::Head(scan) => {
                    if !scan.advance(input, &mut self.head)? {
                        return Ok(None);
                    }
                    let terms = framing::request(&self.head)?;
                    Target::parse(self.head.method(), self.head.target())?;
                    self.state = State::Exchange(Exchange::new(&self.head, terms));
                    return Ok(Some(Event::Request));
                }
                State::Exchange(exchange) => {
                    let answered = exchange.writing == Writing::Done;
                    if answered && (exchange.body.is_none() || exchange.last) {
                        self.end_exchange();
                        continue;
                    }
                    let Some(body) = &mut exchange.body else { return Ok(None) };
                    match body.next(input)? {
                        None => return Ok(None),
                        Some(Piece::Data(data)) => {
                            exchange.continue_due = false;
                            if !answered {
                                return Ok(Some(Event::Piece(data)));
                            }
                        }
                        Some(Piece::End(trailers)) => {
                            exchange.body = None;
                            if !answered {
                                return Ok(Some(Event::End(trailers)));
                            }
                        }
                    }
                }
            }
        }
    }

    fn end_exchange(&mut self) {
        if let State::Exchange(exchange) = &self.state {
            // [9112-9.3-01] [9112-9.6-04] [9112-9.6-07] After the last answer comes the close.
            let next = State::Head(RequestScan::new());
            self.state = if exchange.last { State::Over } else { next };
        }
        self.head.clear();
    }

    /// The client has ended its side, and all that came before was offered to
    /// [`next`](Self::next). An error: it has left in the middle of a request.
    pub fn end_of_input(&mut self) -> Result<(), HttpError> {
        self.eof = true;
        self.settle();
        let begun = match &self.state {
            State::Head(scan) => scan.has_begun(),
            State::Exchange(exchange) => exchange.body.is_some(),
            State::Over => false,
        };
        // [9112-6.3-10]
        if begun { Err(HttpError::Truncated("the request is not complete")) } else { Ok(()) }
    }

    /// Takes the steps for which no octets are needed: from a complete answer to the next
    /// request, or to the end.
    pub fn settle(&mut self) {
        if let State::Exchange(exchange) = &self.state
            && exchange.writing == Writing::Done
            && (exchange.body.is_none() || exchange.last)
        {
            self.end_exchange();
        }
        if let State::Head(scan) = &self.state
            && self.eof
            && !scan.has_begun()
        {
            self.state = State::Over;
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        match &self.state {
            State::Head(scan) if scan.has_begun() => Phase::Head,
            State::Head(_) => Phase::Waiting,
            State::Exchange(exchange) => {
                match (exchange.body.is_some(), exchange.writing == Writing::Done) {
                    (true, false) => Phase::Receiving,
                    (false, false) => Phase::Answering,
                    (true, true) if !exchange.last => Phase::Discarding,
                    _ if exchange.last => Phase::Over,
                    _ => Phase::Waiting,
                }
            }
            State::Over => Phase::Over,
        }
    }

    /// The head of the request that is being received or answered.
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// Is there a body of this request still to be read?
    pub fn awaits_body(&self) -> bool {
        matches!(&self.state, State::Exchange(exchange) if exchange.body.is_some())
    }

    /// How long that is, where the head says so.
    pub fn body_left(&self) -> Option<u64> {
        match &self.state {
            State::Exchange(exchange) => exchange.body.as_ref().map_or(Some(0), BodyReader::left),
            _ => Some(0),
        }
    }

    /// The head and the exchange, for whoever writes the answer; not when there is none to write.
    pub(crate) fn parts(&mut self) -> Option<(&RequestHead, &mut Exchange)> {
        match &mut self.state {
            State::Exchange(exchange) if exchange.writing == Writing::Nothing => {
                Some((&self.head, exchange))
            }
            _ => None,
        }
    }

    /// The body is wanted: says so to a client that waits for the word.
    ///
    /// [9110-10.1.1-03] [9110-10.1.1-04] Before anything of the body is there; and
    /// [9110-10.1.1-06] not when some of it already is. [9110-10.1.1-05] The answer still follows.
    pub fn invite_body(&mut self, out: &mut BytesMut) {
        if let State::Exchange(exchange) = &mut self.state
            && std::mem::take(&mut exchange.continue_due)
        {
            out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
    }

    /// No further request is to be read after the one that is being answered, if any is.
    pub fn wind_down(&mut self) {
        match &mut self.state {
            State::Exchange(exchange) => exchange.last = true,
            State::Head(scan) if scan.has_begun() => {}
            State::Head(_) | State::Over => self.state = State::Over,
        }
    }

    /// Answers an error, unless an answer has begun, and ends. `date`: a whole field line, or
    /// nothing.
    ///
    /// [9112-6.3-08] [9112-2.2-10] The status, a word of explanation, `close`.
    pub fn refuse(&mut self, error: &HttpError, date: &[u8], out: &mut BytesMut) -> Option<Status> {
        let (begun, head_only) = match &self.state {
            State::Over => (true, false),
            State::Head(_) => (false, self.head.method() == Method::Head),
            State::Exchange(exchange) => {
                (exchange.writing != Writing::Nothing, exchange.method == Method::Head)
            }
        };
        self.state = State::Over;
        self.head.fields.lines_mut().clear();
        if begun {
            return None;
        }
        let status = error.status();
        crate::answer::write_refusal(status, error, head_only, date, out);
        Some(status)
    }

    /// Writes what stands in front of a piece of the answer's content, and returns what of the
    /// piece is to be sent. [`end_piece`](Self::end_piece) follows.
    pub fn begin_piece(&mut self, mut data: Bytes, out: &mut BytesMut) -> Bytes {
        match self.coding() {
            Some(Coding::Chunked) if !data.is_empty() => chunk_head(data.len(), out),
            Some(Coding::Exact { left }) => {
                // More than was announced would be taken for the next answer.
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= data.len() as u64;
            }
            Some(Coding::Chunked | Coding::UntilClose) => {}
            None => data.clear(),
        }
        data
    }

    /// Writes what stands behind a piece that was not empty.
    pub fn end_piece(&mut self, out: &mut BytesMut) {
        if let Some(Coding::Chunked) = self.coding() {
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The answer that is sent in pieces is complete. An error: it is shorter than was
    /// announced, and only a broken connection can tell the client.
    pub fn end_pieces(&mut self, out: &mut BytesMut) -> Result<(), HttpError> {
        match self.coding() {
            Some(Coding::Chunked) => out.extend_from_slice(LAST_CHUNK),
            Some(Coding::Exact { left: 1.. }) => {
                return Err(HttpError::Misuse("an answer shorter than it was announced"));
            }
            _ => {}
        }
        if let State::Exchange(exchange) = &mut self.state {
            exchange.writing = Writing::Done;
        }
        Ok(())
    }

    fn coding(&mut self) -> Option<&mut Coding> {
        match &mut self.state {
            State::Exchange(Exchange { writing: Writing::Pieces(coding), .. }) => Some(coding),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connection, Phase};
    use crate::{Answer, Status};
    use bytes::BytesMut;
    use std::collections::BTreeSet;

    /// Feeds octets one by one, answers when `early` or when the request is complete, and notes
    /// each step.
    fn steps(octets: &str, early: bool, eof: bool) -> BTreeSet<(Phase, Phase)> {
        let mut connection = Connection::default();
        let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
        let (mut seen, mut phase) = (BTreeSet::new(), Phase::Waiting);
        let mut note = |now: Phase| {
            if now != phase {
                seen.insert((std::mem::replace(&mut phase, now), now));
            }
        };
        let refuse = |connection: &mut Connection, out: &mut BytesMut, error| {
            connection.refuse(&error, b"", out);
        };
        for octet in octets.bytes() {
            input.extend_from_slice(&[octet]);
            loop {
                match connection.next(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => refuse(&mut connection, &mut out, error),
                }
                note(connection.phase());
            }
            note(connection.phase());
            let complete = connection.phase() == Phase::Answering;
            if (complete || early && connection.phase() == Phase::Receiving)
                && let Some((_, exchange)) = connection.parts()
            {
                let answer = Answer { out: &mut out, exchange, date: b"" };
                let _ = answer.empty(Status::OK);
                note(connection.phase());
            }
        }
        if eof {
            if let Err(error) = connection.end_of_input() {
                refuse(&mut connection, &mut out, error);
            }
            note(connection.phase());
        }
        seen
    }

    #[test]
    fn the_steps_that_are_taken_are_those_of_the_table() {
        let get = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let body = get("Content-Length: 5\r\n");
        let mut seen = BTreeSet::new();
        for (octets, early, eof) in [
            (get(""), false, true),
            (get("Connection: close\r\n"), false, false),
            (format!("{body}hello"), false, false),
            (format!("{body}hello"), true, false),
            (format!("{body}he"), true, true),
            (format!("{body}he"), false, true),
            (get("Content-Length: 999999\r\n"), true, false),
            (get("X")[..20].to_owned(), false, true),
            ("\0".to_owned(), false, false),
        ] {
            seen.extend(steps(&octets, early, eof));
        }
        let table: BTreeSet<_> = Phase::STEPS.iter().map(|(from, _, to)| (*from, *to)).collect();
        // A head that comes whole is not seen in parts.
        let whole = [(Phase::Waiting, Phase::Receiving), (Phase::Waiting, Phase::Answering)];
        let table: BTreeSet<_> = table.into_iter().filter(|step| !whole.contains(step)).collect();
        let odd: Vec<_> = seen.symmetric_difference(&table).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}
