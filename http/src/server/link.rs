//! One client: its connection's machine, and what is being done for it.
//!
//! It brings the machine and the handler together, octets in and octets out. It does not know
//! the loop: what is to be done there is the [`Step`] that it returns.

use bytes::{Bytes, BytesMut};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wirelab_reactor::{ConnId, Now};

use super::desk::{Desk, Step};
use super::settings::{Record, Settings};
use crate::answer::{Answer, Answered, Rest, write_failure};
use crate::connection::{Connection, Event, Phase};
use crate::handler::{Handler, Next, Receive, Request, Sink, Source};
use crate::limits::{ANSWERS_AT_ONCE, RATE_MIN};
use crate::{Fields, HttpError, Status};

/// What is being done with a request or its answer.
#[derive(Debug)]
enum Work {
    Nothing,
    /// The body, so far. Most come in one piece, which is not copied.
    Collecting {
        max: u64,
        first: Bytes,
        all: BytesMut,
    },
    Sinking(Box<dyn Sink>),
    Sending(Sending),
}

/// An answer that comes in pieces.
#[derive(Debug)]
struct Sending {
    source: Box<dyn Source>,
    status: Status,
    content: u64,
    /// The source has nothing just now.
    waits: bool,
}

/// One client.
#[derive(Debug)]
pub(super) struct Link {
    pub conn: ConnId,
    pub peer: Option<SocketAddr>,
    machine: Connection,
    work: Work,
    /// When the phase began that the deadline counts from.
    since: Now,
    /// Octets of the body that have come since.
    received: u64,
    /// When the timer is set to fire.
    pub timer_at: Now,
    /// It is not read from.
    pub paused: bool,
    /// We have closed it.
    pub closing: bool,
    /// Octets that were written for it, ever.
    pub written: u64,
    /// How many of these it had taken, and how many waited, when it was last looked at.
    pub mark: Option<(u64, u64)>,
}

impl Link {
    pub fn new(conn: ConnId, peer: Option<SocketAddr>, now: Now) -> Self {
        Self {
            conn,
            peer,
            machine: Connection::default(),
            work: Work::Nothing,
            since: now,
            received: 0,
            timer_at: Now::MAX,
            paused: false,
            closing: false,
            written: 0,
            mark: None,
        }
    }

    pub fn phase(&self) -> Phase {
        self.machine.phase()
    }

    pub fn is_sending(&self) -> bool {
        matches!(self.work, Work::Sending(_))
    }

    /// Does it wait for a source that may have nothing for ever?
    pub fn waits_for_source(&self) -> bool {
        matches!(self.work, Work::Sending(Sending { waits: true, .. }))
    }

    /// The client has ended its side.
    pub fn end_of_input(&mut self) -> Result<(), HttpError> {
        self.machine.end_of_input()
    }

    /// Goes on after an answer in pieces, without new octets: what is left of the input is still
    /// in the loop's hands.
    pub fn settle(&mut self, now: Now) -> Step {
        let before = self.phase();
        self.machine.settle();
        if self.phase() != before {
            self.since = now;
        }
        if self.phase() == Phase::Over { Step::Close } else { Step::Wait }
    }

    pub fn wind_down(&mut self) {
        self.machine.wind_down();
    }

    /// Serves all requests that are complete in the input, and begins with the next.
    pub fn serve<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        input: &mut BytesMut,
        out: &mut BytesMut,
    ) -> Step {
        let start = out.len();
        let before = self.phase();
        let step = loop {
            let event = match self.machine.next(input) {
                Ok(Some(event)) => event,
                Ok(None) if self.machine.phase() == Phase::Over => break Step::Close,
                Ok(None) => break Step::Wait,
                Err(error) => break self.refuse(desk, &error, out),
            };
            let step = match event {
                Event::Request => self.on_request(desk, input, out),
                Event::Piece(piece) => self.on_piece(desk, piece, out),
                Event::End(trailers) => self.on_end(desk, trailers.as_deref(), out),
            };
            match step {
                Some(step) => break step,
                None if out.len() - start >= ANSWERS_AT_ONCE => break Step::Again,
                None => {}
            }
        };
        if self.phase() != before || out.len() > start {
            self.since = desk.now;
        }
        self.written += (out.len() - start) as u64;
        step
    }

    /// A head is complete.
    fn on_request<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        input: &BytesMut,
        out: &mut BytesMut,
    ) -> Option<Step> {
        self.received = 0;
        // [9112-9.3-04]
        if desk.last {
            self.machine.wind_down();
        }
        if !self.machine.awaits_body() {
            return self.answer(desk, &[], None, out);
        }
        let request = Request::new(self.machine.head(), self.peer, desk.now);
        let receive = catch_unwind(AssertUnwindSafe(|| desk.handler.on_head(&request)));
        match receive {
            Ok(Receive::Nothing) => return self.answer(desk, &[], None, out),
            // [9110-15.5.14-01] It need not come to be too large.
            Ok(Receive::Whole(max)) if self.machine.body_left().is_some_and(|len| len > max) => {
                return Some(self.refuse(desk, &TOO_LARGE, out));
            }
            Ok(Receive::Whole(max)) => {
                let (first, all) = (Bytes::new(), BytesMut::new());
                self.work = Work::Collecting { max, first, all };
            }
            Ok(Receive::Pieces(sink)) => self.work = Work::Sinking(sink),
            Err(_) => return self.fail(desk, out),
        }
        if input.is_empty() {
            self.machine.invite_body(out);
        }
        None
    }

    /// A piece of the body has come.
    fn on_piece<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        piece: Bytes,
        out: &mut BytesMut,
    ) -> Option<Step> {
        self.received += piece.len() as u64;
        match &mut self.work {
            Work::Collecting { max, .. } if self.received > *max => {
                Some(self.refuse(desk, &TOO_LARGE, out))
            }
            Work::Collecting { first, .. } if first.is_empty() => {
                *first = piece;
                None
            }
            Work::Collecting { first, all, .. } => {
                if all.is_empty() {
                    all.extend_from_slice(first);
                }
                all.extend_from_slice(&piece);
                None
            }
            Work::Sinking(sink) => match catch_unwind(AssertUnwindSafe(|| sink.on_piece(piece))) {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(self.refuse(desk, &error, out)),
                Err(_) => self.fail(desk, out),
            },
            Work::Nothing | Work::Sending(_) => None,
        }
    }

    /// The body is complete.
    fn on_end<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        trailers: Option<&Fields>,
        out: &mut BytesMut,
    ) -> Option<Step> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Collecting { first, all, .. } => {
                let body = if all.is_empty() { &first[..] } else { &all[..] };
                self.answer(desk, body, trailers, out)
            }
            Work::Sinking(sink) => {
                self.answer_with(desk, &[], trailers, out, |_, request, answer| {
                    sink.on_end(request, answer)
                })
            }
            // It is being answered already.
            work => {
                self.work = work;
                None
            }
        }
    }

    fn answer<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        body: &[u8],
        trailers: Option<&Fields>,
        out: &mut BytesMut,
    ) -> Option<Step> {
        self.answer_with(desk, body, trailers, out, |handler, request, answer| {
            handler.on_request(request, answer)
        })
    }

    /// Has a handler answer. One that panics costs its own request a 500 and nobody anything else.
    fn answer_with<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        body: &[u8],
        trailers: Option<&Fields>,
        out: &mut BytesMut,
        action: impl FnOnce(&mut H, &Request<'_>, Answer<'_>) -> Answered,
    ) -> Option<Step> {
        let (head, exchange) = self.machine.parts()?;
        let start = out.len();
        let request = Request { body, trailers, ..Request::new(head, self.peer, desk.now) };
        let (handler, date) = (&mut *desk.handler, desk.date);
        let answer = Answer { out: &mut *out, exchange: &mut *exchange, date };
        let answered = catch_unwind(AssertUnwindSafe(|| action(handler, &request, answer)));
        let answered = answered.unwrap_or_else(|_| {
            out.truncate(start);
            write_failure(exchange, date, out)
        });
        if let Rest::Source(source) = answered.rest {
            let status = answered.status;
            self.work = Work::Sending(Sending { source, status, content: 0, waits: false });
            return Some(Step::Pieces);
        }
        if let Some(observer) = desk.observer {
            let Answered { status, content, .. } = answered;
            let (peer, now) = (self.peer, desk.now);
            observer(&Record { peer, head: Some(head), status, content, now });
        }
        match answered.rest {
            Rest::Shared(content) => Some(Step::Send(content)),
            Rest::Nothing | Rest::Source(_) => None,
        }
    }

    /// A handler has panicked before it could answer.
    fn fail<H: Handler>(&mut self, desk: &mut Desk<'_, H>, out: &mut BytesMut) -> Option<Step> {
        self.work = Work::Nothing;
        let date = desk.date;
        self.answer_with(desk, &[], None, out, |_, _, Answer { out, exchange, .. }| {
            write_failure(exchange, date, out)
        })
    }

    /// Says what was wrong, unless an answer has begun, and ends.
    pub fn refuse<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        error: &HttpError,
        out: &mut BytesMut,
    ) -> Step {
        let sending = self.is_sending();
        self.end_work(desk);
        let complete = !self.machine.head().octets().is_empty();
        let before = out.len();
        let Some(status) = self.machine.refuse(error, desk.date, out) else {
            return if sending { Step::Abort } else { Step::Close };
        };
        if let Some(observer) = desk.observer {
            let head = Some(self.machine.head()).filter(|_| complete);
            let answer = &out[before..];
            let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
            let content = end.map_or(0, |end| answer.len() - end - 4) as u64;
            observer(&Record { peer: self.peer, head, status, content, now: desk.now });
        }
        Step::Close
    }

    /// Asks the source for more. `None`: there is nothing to be asked.
    pub fn next_piece(&mut self, now: Now) -> Option<Next> {
        let Work::Sending(sending) = &mut self.work else { return None };
        let next = catch_unwind(AssertUnwindSafe(|| sending.source.next(now)));
        let next = next.unwrap_or(Next::Abort);
        sending.waits = matches!(next, Next::Wait(_));
        Some(next)
    }

    pub fn begin_piece(&mut self, data: Bytes, out: &mut BytesMut) -> Bytes {
        let data = self.machine.begin_piece(data, out);
        self.written += data.len() as u64;
        if let Work::Sending(sending) = &mut self.work {
            sending.content += data.len() as u64;
        }
        data
    }

    pub fn end_piece(&mut self, out: &mut BytesMut) {
        self.machine.end_piece(out);
    }

    /// The source has given all.
    pub fn end_pieces<H: Handler>(
        &mut self,
        desk: &mut Desk<'_, H>,
        out: &mut BytesMut,
    ) -> Result<(), HttpError> {
        self.machine.end_pieces(out)?;
        self.since = desk.now;
        self.end_work(desk);
        Ok(())
    }

    /// What was being done is over; of an answer in pieces is told how far it came.
    pub fn end_work<H: Handler>(&mut self, desk: &mut Desk<'_, H>) {
        let work = std::mem::replace(&mut self.work, Work::Nothing);
        if let (Work::Sending(Sending { status, content, .. }), Some(observer)) =
            (work, &mut desk.observer)
        {
            let (peer, head, now) = (self.peer, Some(self.machine.head()), desk.now);
            observer(&Record { peer, head, status, content, now });
        }
    }

    /// When the client will have taken too long; `None`: it is not waited for.
    pub fn deadline(&self, settings: &Settings) -> Option<Now> {
        match self.phase() {
            Phase::Waiting => Some(self.since + settings.idle_timeout),
            Phase::Head => Some(self.since + settings.head_timeout),
            Phase::Receiving | Phase::Discarding if !self.paused => {
                let granted = Now::from_secs(self.received / RATE_MIN);
                Some(self.since + settings.body_timeout + granted)
            }
            _ => None,
        }
    }
}

const TOO_LARGE: HttpError = HttpError::refused(
    Status::CONTENT_TOO_LARGE,
    "[9110-15.5.14-01]",
    "the content is larger than is taken here",
);
