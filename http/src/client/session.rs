//! The client's side of one connection: answers out of octets, matched with what was asked.
//!
//! ```text
//!   Head --interim--> Head --final--> Body --all of it--> Head, for the next that was asked
//!                                                         or Over
//! ```
//! It knows heads and bodies. It does not know where requests go, nor what time it is.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

use crate::body::{BodyReader, Piece};
use crate::framing;
use crate::head::ResponseScan;
use crate::limits::INTERIM_MAX;
use crate::{Fields, HttpError, Method, ResponseHead, Status};

/// What has come from the server.
#[derive(Debug)]
pub enum Event {
    /// A response that is not the last: 1xx.
    Interim(ResponseHead),
    /// The head of the final response.
    Head(ResponseHead),
    /// A piece of its content.
    Piece(Bytes),
    /// It is complete. Trailers, if there were any.
    End(Option<Box<Fields>>),
}

#[derive(Debug)]
enum State {
    Head(ResponseScan),
    Body(BodyReader),
    Over,
}

/// One connection.
#[derive(Debug)]
pub struct Session {
    state: State,
    head: ResponseHead,
    /// The methods of what was asked and not yet answered, in order.
    asked: VecDeque<Method>,
    interim: usize,
    /// Octets of the response that is awaited have come.
    begun: bool,
    /// The last request that was sent says `close`.
    sealed: bool,
    /// The server closes after the response that is being read.
    closing: bool,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            state: State::Head(ResponseScan::new()),
            head: ResponseHead::default(),
            asked: VecDeque::new(),
            interim: 0,
            begun: false,
            sealed: false,
            closing: false,
        }
    }
}

impl Session {
    /// A request was sent; `last`: with `close`.
    ///
    /// [9112-9.2-01] The answers will come in the order of these.
    pub fn asked(&mut self, method: Method, last: bool) {
        self.asked.push_back(method);
        // [9112-9.6-02] Nothing more is sent behind it.
        self.sealed |= last;
    }

    /// Has everything been answered, and may more be asked?
    pub fn is_idle(&self) -> bool {
        let open = !self.sealed && !self.closing;
        open && self.asked.is_empty() && matches!(self.state, State::Head(_))
    }

    /// Has nothing come of the answer that is awaited?
    pub fn is_untouched(&self) -> bool {
        !self.begun
    }

    /// Is it to be closed? [9112-9.6-03] [9112-9.6-08] When the last answer is in.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// What has come next. `None`: more octets are needed.
    ///
    /// After an error the connection must be closed, and what came of the answer is no answer
    /// [9112-6.3-09] [9112-8-01].
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, HttpError> {
        loop {
            match &mut self.state {
                // [9112-6.3-18] [9112-9.6-08]
                State::Over => {
                    input.clear();
                    return Ok(None);
                }
                State::Head(_) if self.asked.is_empty() => return unasked(input),
                State::Head(scan) => {
                    self.begun |= !input.is_empty();
                    if !scan.advance(input, &mut self.head)? {
                        return Ok(None);
                    }
                    if let Some(event) = self.head_complete()? {
                        return Ok(Some(event));
                    }
                }
                State::Body(body) => match body.next(input)? {
                    None => return Ok(None),
                    Some(Piece::Data(data)) => return Ok(Some(Event::Piece(data))),
                    Some(Piece::End(trailers)) => {
                        self.answered();
                        return Ok(Some(Event::End(trailers)));
                    }
                },
            }
        }
    }

    fn head_complete(&mut self) -> Result<Option<Event>, HttpError> {
        let head = std::mem::take(&mut self.head);
        if head.status().is_interim() {
            // [9110-15.2-02] Any number, and whether they were expected or not; but not for ever.
            self.interim += 1;
            if self.interim > INTERIM_MAX {
                return Err(HttpError::malformed(
                    "[9110-17.5-01]",
                    "interim responses without end",
                ));
            }
            // [9110-7.8-02] We offer no other protocol.
            if head.status() == Status::SWITCHING_PROTOCOLS {
                return Err(HttpError::malformed("[9110-7.8-02]", "a protocol nobody has offered"));
            }
            return Ok(Some(Event::Interim(head)));
        }
        let Some(method) = self.asked.front() else { return Ok(None) };
        let (length, persistent) = framing::response(&head, *method)?;
        self.closing |= !persistent;
        self.state = State::Body(BodyReader::new(length));
        Ok(Some(Event::Head(head)))
    }

    /// The final response is complete.
    fn answered(&mut self) {
        self.asked.pop_front();
        (self.begun, self.interim) = (false, 0);
        // [9112-9.6-03] [9112-9.6-08] What was asked behind the server's `close` is not answered.
        let over = self.closing || self.sealed && self.asked.is_empty();
        self.state = if over { State::Over } else { State::Head(ResponseScan::new()) };
    }

    /// Does the server close after the response that is being read?
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// The server will send no more. What was awaited is complete, or was cut short.
    pub fn end_of_input(&mut self) -> Result<Option<Event>, HttpError> {
        let state = std::mem::replace(&mut self.state, State::Over);
        match state {
            State::Body(body) => {
                // [9112-8-03] [9112-8-04] [9112-6.3-10]
                body.ends_with_connection()?;
                self.asked.pop_front();
                Ok(Some(Event::End(None)))
            }
            State::Head(_) if !self.asked.is_empty() => Err(HttpError::Truncated(if self.begun {
                "the connection ended within the head of the response"
            } else {
                "the connection ended without a response"
            })),
            State::Head(_) | State::Over => Ok(None),
        }
    }
}

/// [9112-9.2-02] [9112-9.2-03] What nobody has asked for is no response; an empty line is nothing.
fn unasked(input: &mut BytesMut) -> Result<Option<Event>, HttpError> {
    if input.iter().all(|octet| matches!(octet, b'\r' | b'\n')) {
        input.clear();
        return Ok(None);
    }
    Err(HttpError::malformed("[9112-9.2-03]", "octets from the server that nobody has asked for"))
}
