//! What a server asks of whoever answers: the request as it is shown, and the traits to answer,
//! to receive a body in pieces, and to send one in pieces.
//!
//! It names no connection. Handlers know nothing of the loop but its time.

use bytes::Bytes;
use std::borrow::Cow;
use std::net::SocketAddr;
use wirelab_reactor::Now;

use crate::answer::{Answer, Answered};
use crate::router::Params;
use crate::target::{self, Target};
use crate::{Fields, HttpError, Method, RequestHead, Status};

/// A request, as a handler sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) target: Target<'a>,
    pub(crate) params: Params<'a>,
    pub(crate) body: &'a [u8],
    pub(crate) trailers: Option<&'a Fields>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) now: Now,
}

impl<'a> Request<'a> {
    pub(crate) fn new(head: &'a RequestHead, peer: Option<SocketAddr>, now: Now) -> Self {
        // It was read when the head was complete, and was good.
        let target = Target::again(head.method(), head.target());
        Self { head, target, params: Params::default(), body: &[], trailers: None, peer, now }
    }

    /// The head.
    pub fn head(&self) -> &'a RequestHead {
        self.head
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.head.method()
    }

    /// The header fields.
    pub fn fields(&self) -> &'a Fields {
        self.head.fields()
    }

    /// The target in its parts.
    pub fn target(&self) -> Target<'a> {
        self.target
    }

    /// The path as it came.
    pub fn path(&self) -> &'a [u8] {
        self.target.path
    }

    /// The part of the path that a route calls `{name}`, decoded; `None`: the route has none of
    /// this name, or it is no UTF-8.
    pub fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        text(target::decode(self.params.get(name)?))
    }

    /// The first value of this name in the query, decoded; `None`: there is none, or it is no
    /// UTF-8.
    pub fn query(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut pairs = target::pairs(self.target.query?);
        let named = pairs.find(|pair| *target::decode_form(pair.0) == *name.as_bytes())?;
        text(target::decode_form(named.1))
    }

    /// All names and values of the query, decoded.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)> {
        let pairs = target::pairs(self.target.query.unwrap_or_default());
        pairs.map(|(name, value)| (target::decode_form(name), target::decode_form(value)))
    }

    /// The body; empty where it is received in pieces.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The body as text, if it is UTF-8.
    pub fn body_text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.body).ok()
    }

    /// [9110-6.5.1-02] The trailer fields, apart from the header's.
    pub fn trailers(&self) -> Option<&'a Fields> {
        self.trailers
    }

    /// Who asks.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The loop's time.
    pub fn now(&self) -> Now {
        self.now
    }
}

fn text(octets: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match octets {
        Cow::Borrowed(octets) => std::str::from_utf8(octets).ok().map(Cow::Borrowed),
        Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
    }
}

/// Answers requests.
pub trait Handler {
    /// A request with a body has begun: how is the body to be taken?
    fn on_head(&mut self, request: &Request<'_>) -> Receive {
        let _ = request;
        Receive::Whole(crate::limits::BODY_MAX)
    }

    /// A request is complete, or its body is not wanted.
    fn on_request(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered;

    /// The loop was woken, and the sources that wait will be asked again: the place to empty a
    /// mailbox.
    fn on_wake(&mut self) {}

    /// Must [`on_turn_end`](Self::on_turn_end) come before what was just answered may be seen? Then
    /// it waits until then, with all else for that client.
    fn holds(&self) -> bool {
        false
    }

    /// The turn is over, and its answers are about to leave: the place to make good what they say,
    /// for all of them at once.
    ///
    /// # Errors
    /// [`Unkept`]: every client for whom something waits is reset instead. It has no answer then,
    /// and whether to ask again is its affair.
    fn on_turn_end(&mut self) -> Result<(), Unkept> {
        Ok(())
    }
}

/// What was answered in this turn is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unkept;

/// How a body is taken.
#[derive(Debug)]
pub enum Receive {
    /// Collected, up to so many octets; more are answered with 413.
    Whole(u64),
    /// In pieces, as they come.
    Pieces(Box<dyn Sink>),
    /// Not at all: the request is answered at once.
    Nothing,
}

/// Takes a body in pieces.
///
/// It is given pieces as fast as they come; the peer is held back by the time that this takes.
pub trait Sink: std::fmt::Debug {
    /// A piece. An error is the answer, and the rest of the body is not read.
    fn on_piece(&mut self, piece: Bytes) -> Result<(), HttpError>;

    /// The body is complete. [`Request::trailers`] has what came behind it.
    fn on_end(self: Box<Self>, request: &Request<'_>, answer: Answer<'_>) -> Answered;
}

/// Gives content in pieces.
pub trait Source: std::fmt::Debug {
    /// The next piece. Asked for only while the peer takes what it is sent.
    fn next(&mut self, now: Now) -> Next;
}

/// What a [`Source`] has.
#[derive(Debug)]
pub enum Next {
    /// Content.
    Piece(Bytes),
    /// Nothing just now: ask again at this time, or when the loop is woken.
    Wait(Option<Now>),
    /// No more. The content is complete.
    End,
    /// No more, and what was sent is not complete: the connection is broken.
    Abort,
}

impl HttpError {
    /// An error that is answered with this status; for [`Sink`]s.
    pub const fn answer(status: Status, what: &'static str) -> Self {
        Self::Refused { status, clause: "", what }
    }
}
