//! The client as a [`Service`]: connections that are used again, and requests on them.
//!
//! ```text
//!   ask --> an idle connection to the address, or a new one --> head, content --> events
//! ```
//! Each connection carries one request at a time. What its owner takes from [`Client::take`] says
//! what has come. It knows connections by their ids; redirects and names are not its business.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Timer};

use super::request::{Content, Outgoing};
use super::session::{Event, Session};
use crate::body::{LAST_CHUNK, chunk_head};
use crate::handler::{Next, Source};
use crate::limits::{CONTINUE_TIMEOUT, IDLE_CONNECTIONS_MAX};
use crate::{HttpError, Status};

/// Names a request among those of one client.
pub type Ticket = u64;

/// `100 Continue` was waited for long enough.
const CONTINUE: u8 = 0;

/// Why there is no whole response.
#[derive(Debug)]
pub enum Failure {
    /// No connection could be made.
    Connect(io::Error),
    /// The connection broke.
    Broken(io::Error),
    /// It ended, or carried what is no response.
    Http(HttpError),
    /// The content that was to be sent could not be had, or was shorter than announced.
    Content,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Progress {
    /// Something has come.
    Event(Event),
    /// Nothing more will.
    Failed {
        /// Why.
        why: Failure,
        /// Not an octet of a response had come, on a connection that was used before: the server
        /// may have closed it while the request was on its way [9112-9.3.1-01].
        stale: bool,
    },
}

/// The content of a request that is being sent.
#[derive(Debug)]
enum Upload {
    Done,
    /// Not before `100 Continue`, or its time.
    Waiting(Box<Upload>),
    Whole(Bytes),
    Pieces {
        left: Option<u64>,
        source: Box<dyn Source + Send>,
    },
}

/// One connection.
#[derive(Debug)]
struct Link {
    conn: ConnId,
    addr: SocketAddr,
    session: Session,
    /// Whose request it carries.
    ticket: Option<Ticket>,
    upload: Upload,
    open: bool,
    /// It has carried a request before this one.
    used: bool,
    /// We have closed it.
    closing: bool,
}

/// A client.
#[derive(Debug, Default)]
pub struct Client {
    links: Vec<Option<Link>>,
    told: VecDeque<(Ticket, Progress)>,
    next_ticket: Ticket,
}

impl Client {
    /// Sends a request that can be sent ([`Outgoing::check`]) to this address. What comes of it is
    /// told with its ticket.
    pub fn ask(&mut self, io: &mut Io, addr: SocketAddr, request: Outgoing) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let mut link = self.idle_link(addr).unwrap_or_else(|| Link::new(io.connect(addr), addr));
        link.begin(io, ticket, request);
        if link.open {
            self.push(io, &mut link);
        }
        self.put(link);
        ticket
    }

    /// What has come next, for whichever request.
    pub fn take(&mut self) -> Option<(Ticket, Progress)> {
        self.told.pop_front()
    }

    /// Nobody waits for this one any more: its connection is broken off.
    pub fn cancel(&mut self, io: &mut Io, ticket: Ticket) {
        self.told.retain(|(of, _)| *of != ticket);
        for link in self.links.iter_mut().flatten().filter(|link| link.ticket == Some(ticket)) {
            link.ticket = None;
            link.closing = true;
            io.reset(link.conn);
        }
    }

    /// Closes all connections.
    pub fn close(&mut self, io: &mut Io) {
        for link in self.links.iter_mut().flatten() {
            link.close(io);
        }
    }

    /// The connection that was used last of those that are idle.
    fn idle_link(&mut self, addr: SocketAddr) -> Option<Link> {
        let fits = |link: &Link| {
            let free = link.ticket.is_none() && link.session.is_idle();
            link.addr == addr && link.open && !link.closing && free
        };
        self.links.iter_mut().rev().find_map(|place| place.take_if(|link| fits(link)))
    }

    fn take_link(&mut self, conn: ConnId) -> Option<Link> {
        self.links.get_mut(conn.slot())?.take_if(|link| link.conn == conn)
    }

    fn put(&mut self, link: Link) {
        let slot = link.conn.slot();
        if self.links.len() <= slot {
            self.links.resize_with(slot + 1, || None);
        }
        self.links[slot] = Some(link);
    }

    /// [9112-9.4-01] Idle connections are kept, but not many.
    fn may_keep(&self) -> bool {
        let idle = self.links.iter().flatten().filter(|link| link.ticket.is_none());
        idle.count() < IDLE_CONNECTIONS_MAX
    }

    fn with(&mut self, conn: ConnId, act: impl FnOnce(&mut Self, &mut Link)) {
        if let Some(mut link) = self.take_link(conn) {
            act(self, &mut link);
            self.put(link);
        }
    }

    /// Tells what the session has found in the input.
    fn read(&mut self, io: &mut Io, link: &mut Link, input: &mut BytesMut) {
        while !link.closing {
            match link.session.next(input) {
                Ok(None) => break,
                Ok(Some(event)) => self.on_event(io, link, event),
                Err(error) => self.fail(io, link, Failure::Http(error)),
            }
        }
        if link.session.is_over() {
            link.close(io);
        }
    }

    fn on_event(&mut self, io: &mut Io, link: &mut Link, event: Event) {
        let end = matches!(event, Event::End(_));
        match &event {
            // [9112-9.5-05] A server that closes will not read on. [9112-9.5-04] [9110-7.5-01]
            // To one that answers early and stays, the rest is sent: it reads past it.
            Event::Head(_) if link.session.is_closing() => link.upload = Upload::Done,
            // [9110-10.1.1-03] It has answered without the content that it might have asked for.
            Event::Head(_) => io.cancel_timer(Timer::Conn(link.conn, CONTINUE)),
            Event::Interim(head) if head.status() == Status::CONTINUE => link.go_on(io),
            Event::Interim(_) | Event::Piece(_) | Event::End(_) => {}
        }
        if let Some(ticket) = link.ticket {
            self.told.push_back((ticket, Progress::Event(event)));
        }
        if end {
            // [9112-9.3-06] The whole of it was read.
            link.ticket = None;
            let half_sent = !matches!(link.upload, Upload::Done);
            if half_sent || link.session.is_over() || !self.may_keep() {
                link.close(io);
            }
        }
    }

    fn fail(&mut self, io: &mut Io, link: &mut Link, why: Failure) {
        self.tell_failure(link, why);
        // [9112-6.3-09] What is wrong with its framing cannot be read on.
        link.closing = true;
        io.reset(link.conn);
    }

    fn tell_failure(&mut self, link: &mut Link, why: Failure) {
        if let Some(ticket) = link.ticket.take() {
            let stale = link.used && link.session.is_untouched();
            self.told.push_back((ticket, Progress::Failed { why, stale }));
        }
    }

    fn push(&mut self, io: &mut Io, link: &mut Link) {
        if link.send_content(io).is_err() {
            self.fail(io, link, Failure::Content);
        }
    }
}

impl Link {
    fn new(conn: ConnId, addr: SocketAddr) -> Self {
        Self {
            conn,
            addr,
            session: Session::default(),
            ticket: None,
            upload: Upload::Done,
            open: false,
            used: false,
            closing: false,
        }
    }

    /// Sends the head, and notes what content is to follow.
    fn begin(&mut self, io: &mut Io, ticket: Ticket, request: Outgoing) {
        self.used = self.open;
        self.ticket = Some(ticket);
        self.session.asked(request.method, request.close);
        io.write(self.conn, |out| request.write_head(out));
        let waits = request.expects_continue && request.has_content();
        let upload = match request.content {
            Content::None => Upload::Done,
            Content::Whole(content) => Upload::Whole(content),
            Content::Pieces { len, source } => Upload::Pieces { left: len, source },
        };
        self.upload = if waits { Upload::Waiting(Box::new(upload)) } else { upload };
        if waits {
            let at = io.now() + CONTINUE_TIMEOUT;
            io.set_timer(Timer::Conn(self.conn, CONTINUE), at);
        }
    }

    /// The server has spoken, or the time has passed: no more waiting with the content.
    fn go_on(&mut self, io: &mut Io) {
        if let Upload::Waiting(upload) = &mut self.upload {
            self.upload = std::mem::replace(&mut **upload, Upload::Done);
            io.cancel_timer(Timer::Conn(self.conn, CONTINUE));
        }
    }

    /// Sends content, as far as the server takes it.
    fn send_content(&mut self, io: &mut Io) -> Result<(), ()> {
        let conn = self.conn;
        while !io.is_above_high_water(conn) && !self.closing {
            match &mut self.upload {
                Upload::Done | Upload::Waiting(_) => return Ok(()),
                Upload::Whole(content) => {
                    io.send(conn, std::mem::take(content));
                    self.upload = Upload::Done;
                }
                Upload::Pieces { left, source } => match source.next(io.now()) {
                    Next::Piece(data) => send_piece(io, conn, left, data),
                    Next::Wait(at) => {
                        let at = at.unwrap_or(io.now() + CONTINUE_TIMEOUT);
                        io.set_timer(Timer::Conn(conn, CONTINUE), at);
                        return Ok(());
                    }
                    Next::Abort => return Err(()),
                    Next::End if left.is_some_and(|left| left > 0) => return Err(()),
                    Next::End => {
                        if left.is_none() {
                            io.write(conn, |out| out.extend_from_slice(LAST_CHUNK));
                        }
                        self.upload = Upload::Done;
                    }
                },
            }
        }
        Ok(())
    }

    fn close(&mut self, io: &mut Io) {
        self.closing = true;
        io.close(self.conn);
    }
}

/// No more than was announced is sent.
fn send_piece(io: &mut Io, conn: ConnId, left: &mut Option<u64>, mut data: Bytes) {
    match left {
        Some(left) => {
            data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= data.len() as u64;
            io.send(conn, data);
        }
        None if data.is_empty() => {}
        None => {
            io.write(conn, |out| chunk_head(data.len(), out));
            io.send(conn, data);
            io.write(conn, |out| out.extend_from_slice(b"\r\n"));
        }
    }
}

impl Service for Client {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        self.with(conn, |client, link| {
            link.open = true;
            client.push(io, link);
        });
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.with(conn, |client, link| {
            client.read(io, link, input);
            client.push(io, link);
        });
    }

    /// [9112-9.5-02] The server closes: what it was answering is complete now, or never.
    fn on_eof(&mut self, io: &mut Io, conn: ConnId) {
        self.with(conn, |client, link| {
            match link.session.end_of_input() {
                Ok(Some(event)) => client.on_event(io, link, event),
                Ok(None) => {}
                Err(error) => client.tell_failure(link, Failure::Http(error)),
            }
            link.close(io);
        });
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        self.with(conn, |client, link| client.push(io, link));
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        if let Timer::Conn(conn, CONTINUE) = timer {
            self.with(conn, |client, link| {
                link.go_on(io);
                client.push(io, link);
            });
        }
    }

    fn on_close(&mut self, _io: &mut Io, conn: ConnId, why: Closed) {
        let Some(mut link) = self.take_link(conn) else { return };
        let error = match why {
            Closed::Failed(error) => error,
            Closed::ByUs | Closed::ByPeer => io::ErrorKind::ConnectionAborted.into(),
        };
        let why = if link.open { Failure::Broken(error) } else { Failure::Connect(error) };
        self.tell_failure(&mut link, why);
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Http(error) => error.fmt(f),
            Self::Content => f.write_str("the content to be sent could not be had"),
        }
    }
}
