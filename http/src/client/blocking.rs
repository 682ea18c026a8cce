//! The blocking client: what an ordinary user calls.
//!
//! ```no_run
//! use wirelab_http::client::{Client, Options, Outgoing, Url};
//! use wirelab_http::Method;
//!
//! let mut client = Client::new(Options::default())?;
//! let url = Url::parse("http://localhost:5151/add?a=5&b=9")?;
//! let mut response = client.send(Outgoing::new(Method::Get, url))?;
//! println!("{} {:?}", response.head().status(), response.bytes()?);
//! # Ok::<(), wirelab_http::client::Error>(())
//! ```
//! The client turns its loop itself, in the caller's thread, for as long as a call lasts: what is
//! not asked for is not read, and the server is held back by that. It knows names and deadlines;
//! what stands on the wire is the session's.

use bytes::{Bytes, BytesMut};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use wirelab_reactor::{EventLoop, MioNet, Net as _, Now, Settings};

use super::Url;
use super::redirect::{self, Follow};
use super::request::Outgoing;
use super::service::{self, Failure, Progress, Ticket};
use super::session::Event;
use crate::framing::{self, Length};
use crate::limits::{COLLECTED_MAX, DISCARD_MAX, SILENCE_TIMEOUT};
use crate::{Fields, HttpError, ResponseHead, Status};

/// What a client keeps to.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a connect may take.
    pub connect_timeout: Duration,
    /// How long the server may be silent while something is awaited from it.
    pub silence_timeout: Duration,
    /// How long a request may take, from the first connect to the last octet of the response.
    pub deadline: Option<Duration>,
    /// Redirects that are followed; none unless asked for.
    pub redirects: usize,
    /// Octets that [`Response::bytes`] collects at most.
    pub collected_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            silence_timeout: SILENCE_TIMEOUT,
            deadline: None,
            redirects: 0,
            collected_max: COLLECTED_MAX,
        }
    }
}

/// Why there is no response, or not all of it.
#[derive(Debug)]
pub enum Error {
    /// The name of the host leads nowhere.
    Name(String, io::Error),
    /// Nobody listens there, or nobody answers.
    Connect(io::Error),
    /// The connection broke.
    Broken(io::Error),
    /// The connection ended without an octet of a response.
    Empty,
    /// What came is no response, or not all of it; or what was asked cannot be said.
    Http(HttpError),
    /// It took too long.
    TimedOut,
    /// Too many redirects, or a circle of them.
    Redirects(usize),
    /// A redirect leads to what this client cannot ask, and why it cannot.
    Location(String, HttpError),
    /// The content to be sent could not be had.
    Content,
    /// More came than is collected.
    TooLarge(usize),
    /// The loop itself failed.
    Loop(io::Error),
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name, error) => write!(f, "{name} is not known: {error}"),
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Empty => f.write_str("the server closed without a response"),
            // The status is what a server would answer, and this is a client: nobody has sent it.
            Self::Http(HttpError::Refused { clause, what, .. }) => {
                write!(f, "the response is not taken: {what} {clause}")
            }
            Self::Http(error) => error.fmt(f),
            Self::TimedOut => f.write_str("it took too long"),
            Self::Redirects(count) => write!(f, "redirected {count} times, or in a circle"),
            Self::Location(to, why) => {
                write!(f, "redirected to `{}`, which cannot be asked: {why}", to.escape_debug())
            }
            Self::Content => f.write_str("the content to be sent could not be had"),
            Self::TooLarge(max) => write!(f, "the response is longer than {max} octets"),
            Self::Loop(error) => write!(f, "the event loop failed: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// A client that keeps its connections for the next request.
#[derive(Debug)]
pub struct Client {
    event_loop: EventLoop<MioNet>,
    service: service::Client,
    options: Options,
    /// When the request that is being made must be done.
    until: Option<Now>,
}

impl Client {
    /// A client without connections.
    pub fn new(options: Options) -> Result<Self, Error> {
        let settings = Settings { connect_timeout: options.connect_timeout, ..Settings::default() };
        let net = MioNet::new().map_err(Error::Loop)?;
        let event_loop = EventLoop::new(net, settings);
        Ok(Self { event_loop, service: service::Client::default(), options, until: None })
    }

    /// Sends a request, and waits for the head of the final response.
    ///
    /// A response that is dropped before its end costs the connection, nothing else.
    pub fn send(&mut self, request: Outgoing) -> Result<Response<'_>, Error> {
        let now = self.event_loop.net().now();
        self.until = self.options.deadline.map(|time| now + time);
        let mut follow = Follow::new(self.options.redirects, &request);
        let mut request = request;
        loop {
            request.check()?;
            let again = request.repeated();
            let (ticket, head) = self.once(request)?;
            let next = again.as_ref().map_or(Ok(None), |sent| follow.next(sent, &head));
            match next {
                Ok(None) => return Ok(Response::new(self, ticket, head, follow.url)),
                Ok(Some(next)) => {
                    let method = again.map_or(next.method, |sent| sent.method);
                    let (length, _) = framing::response(&head, method)?;
                    Response::new(self, ticket, head, next.url.clone()).discard(length)?;
                    request = next;
                }
                Err(refused) => {
                    self.cancel(ticket)?;
                    return Err(refused.into());
                }
            }
        }
    }

    /// One request, without redirects; once more where a connection was closed under it.
    fn once(&mut self, request: Outgoing) -> Result<(Ticket, ResponseHead), Error> {
        // [9110-9.2.2-01] [9110-9.2.2-02] What may be sent twice is sent twice, and no more.
        let again = request.repeated().filter(|request| request.method.is_idempotent());
        match (self.attempt(request), again) {
            (Err((_, true)), Some(again)) => self.attempt(again).map_err(|(error, _)| error),
            (result, _) => result.map_err(|(error, _)| error),
        }
    }

    fn attempt(&mut self, request: Outgoing) -> Result<(Ticket, ResponseHead), (Error, bool)> {
        let addrs = resolve(&request.url).map_err(|error| (error, false))?;
        // What has become of idle connections meanwhile.
        self.turn(Some(Duration::ZERO)).map_err(|error| (error, false))?;
        let mut request = Some(request);
        let mut last = Error::Connect(io::ErrorKind::AddrNotAvailable.into());
        for (n, addr) in addrs.iter().enumerate() {
            let again = request.as_ref().and_then(Outgoing::repeated);
            let Some(sent) = request.take() else { break };
            let ticket = self.service.ask(self.event_loop.io(), *addr, sent);
            match self.await_head(ticket) {
                Err((Error::Connect(error), _)) if n + 1 < addrs.len() => {
                    last = Error::Connect(error);
                    request = again;
                }
                result => return result.map(|head| (ticket, head)),
            }
        }
        Err((last, false))
    }

    fn await_head(&mut self, ticket: Ticket) -> Result<ResponseHead, (Error, bool)> {
        loop {
            match self.progress(ticket).map_err(|error| (error, false))? {
                Progress::Event(Event::Head(head)) => return Ok(head),
                Progress::Event(_) => {}
                Progress::Failed { why, stale } => return Err((failed(why), stale)),
            }
        }
    }

    /// What comes next of a request; the loop is turned until it does.
    fn progress(&mut self, ticket: Ticket) -> Result<Progress, Error> {
        let now = self.event_loop.net().now();
        let silence = now + self.options.silence_timeout;
        let until = self.until.map_or(silence, |until| until.min(silence));
        loop {
            while let Some((of, progress)) = self.service.take() {
                if of == ticket {
                    return Ok(progress);
                }
            }
            let now = self.event_loop.net().now();
            if now >= until {
                self.cancel(ticket)?;
                return Err(Error::TimedOut);
            }
            self.turn(Some(until - now))?;
        }
    }

    /// Nobody waits for this one any more.
    fn cancel(&mut self, ticket: Ticket) -> Result<(), Error> {
        self.service.cancel(self.event_loop.io(), ticket);
        self.turn(Some(Duration::ZERO))
    }

    fn turn(&mut self, wait: Option<Duration>) -> Result<(), Error> {
        let until = wait.map(|wait| self.event_loop.net().now() + wait);
        self.event_loop.turn(&mut self.service, until).map(|_| ()).map_err(Error::Loop)
    }
}

impl Drop for Client {
    /// Connections are closed in good order, as far as that goes without waiting.
    fn drop(&mut self) {
        self.service.close(self.event_loop.io());
        let _ = self.turn(Some(Duration::ZERO));
    }
}

fn failed(why: Failure) -> Error {
    match why {
        Failure::Connect(error) if error.kind() == io::ErrorKind::TimedOut => Error::TimedOut,
        Failure::Connect(error) => Error::Connect(error),
        Failure::Broken(error) => Error::Broken(error),
        Failure::Http(HttpError::Truncated("the connection ended without a response")) => {
            Error::Empty
        }
        Failure::Http(error) => Error::Http(error),
        Failure::Content => Error::Content,
    }
}

fn resolve(url: &Url) -> Result<Vec<SocketAddr>, Error> {
    let name = |error| Error::Name(url.name().to_owned(), error);
    let addrs: Vec<SocketAddr> =
        (url.name(), url.port()).to_socket_addrs().map_err(name)?.collect();
    if addrs.is_empty() {
        return Err(name(io::ErrorKind::NotFound.into()));
    }
    Ok(addrs)
}

/// A response whose head is in, and whose content is read as it is asked for.
#[derive(Debug)]
pub struct Response<'a> {
    client: &'a mut Client,
    ticket: Ticket,
    head: ResponseHead,
    url: Url,
    trailers: Option<Box<Fields>>,
    complete: bool,
}

impl<'a> Response<'a> {
    fn new(client: &'a mut Client, ticket: Ticket, head: ResponseHead, url: Url) -> Self {
        Self { client, ticket, head, url, trailers: None, complete: false }
    }

    /// The head.
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.head.status()
    }

    /// Where it came from in the end.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The next piece of the content; `None`: it was complete.
    ///
    /// # Errors
    /// [9112-8-01] What was cut short or ill-framed is an error, however much of it has come.
    pub fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.complete {
            match self.client.progress(self.ticket)? {
                Progress::Event(Event::Piece(data)) => return Ok(Some(data)),
                Progress::Event(Event::End(trailers)) => {
                    self.trailers = trailers;
                    self.complete = true;
                }
                Progress::Event(_) => {}
                Progress::Failed { why, .. } => {
                    self.complete = true;
                    return Err(failed(why));
                }
            }
        }
        Ok(None)
    }

    /// All of the content.
    pub fn bytes(&mut self) -> Result<Bytes, Error> {
        let max = self.client.options.collected_max;
        let mut all = BytesMut::new();
        while let Some(piece) = self.piece()? {
            if all.len() + piece.len() > max {
                return Err(Error::TooLarge(max));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The trailer fields, once the content is complete.
    pub fn trailers(&self) -> Option<&Fields> {
        self.trailers.as_deref()
    }

    /// The content of a redirect is read past, so that the connection can go on: where that is
    /// cheaper than another one.
    fn discard(mut self, length: Length) -> Result<(), Error> {
        let mut left = match length {
            Length::UntilClose => 0,
            Length::Exact(len) if len > DISCARD_MAX => 0,
            Length::Exact(_) | Length::Chunked => DISCARD_MAX,
        };
        while left > 0
            && let Some(piece) = self.piece()?
        {
            left = left.saturating_sub(piece.len() as u64);
        }
        Ok(())
    }
}

impl Drop for Response<'_> {
    /// [9112-9.3-06] What was not read to its end takes its connection with it.
    fn drop(&mut self) {
        if !self.complete {
            let _ = self.client.cancel(self.ticket);
        }
    }
}

/// For [`redirect`], which knows no time and no connection.
impl From<redirect::TooMany> for Error {
    fn from(too_many: redirect::TooMany) -> Self {
        Self::Redirects(too_many.0)
    }
}
