//! The server as a [`Service`]: brings connections, deadlines and the handler together.
//!
//! ```text
//!   on_data --> Link::serve --> heads, bodies --> Handler --> the connection's output
//!                  |  answers of one read leave in one write
//!                  +-- Pieces: the source is asked while the peer takes what it is sent
//! ```
//! It knows connections by their ids and moments by the loop. What a request means is the
//! handler's, what its octets mean the machine's.

mod date_line;
mod desk;
mod link;
mod settings;

use bytes::{Bytes, BytesMut};
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Timer};

use crate::HttpError;
use crate::connection::Phase;
use crate::handler::{Handler, Next};
use crate::limits::RATE_MIN;
use crate::status::Status;
use date_line::DateLine;
use desk::{Desk, Step};
use link::Link;
pub use settings::{Clock, Observer, Record, Settings};

/// The client takes too long.
const DEADLINE: u8 = 0;
/// A source wants to be asked again.
const SOURCE: u8 = 1;

/// A piece of an answer up to so many octets is copied between its chunk's lines.
const PIECE_COPY_MAX: usize = 1024;

/// An HTTP/1.1 origin server.
pub struct Server<H> {
    handler: H,
    settings: Settings,
    date: DateLine,
    observer: Option<Observer>,
    links: Vec<Option<Box<Link>>>,
    count: usize,
    stopping: bool,
}

impl<H: Handler> Server<H> {
    /// A server that this handler answers for. Without a clock its answers have no `Date`.
    pub fn new(handler: H, settings: Settings) -> Self {
        Self {
            handler,
            settings,
            date: DateLine::new(None),
            observer: None,
            links: Vec::new(),
            count: 0,
            stopping: false,
        }
    }

    /// Dates its answers.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.date = DateLine::new(Some(clock));
        self
    }

    /// Tells `observer` of each answer.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The handler.
    pub fn handler(&mut self) -> &mut H {
        &mut self.handler
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.count
    }

    fn take(&mut self, conn: ConnId) -> Option<Box<Link>> {
        let place = self.links.get_mut(conn.slot())?;
        place.take_if(|link| link.conn == conn)
    }

    fn put(&mut self, link: Box<Link>) {
        let slot = link.conn.slot();
        if self.links.len() <= slot {
            self.links.resize_with(slot + 1, || None);
        }
        self.links[slot] = Some(link);
    }

    fn desk(&mut self, now: Now) -> Desk<'_, H> {
        Desk {
            handler: &mut self.handler,
            date: self.date.at(now),
            now,
            last: self.stopping || self.settings.close,
            observer: &mut self.observer,
        }
    }

    /// Serves what is in the input, as far as the client takes the answers.
    fn pump(&mut self, io: &mut Io, link: &mut Link, input: &mut BytesMut) {
        let (conn, now) = (link.conn, io.now());
        while !link.closing {
            let step = {
                let mut desk = self.desk(now);
                io.write(conn, |out| link.serve(&mut desk, input, out))
            };
            if self.handler.holds() {
                io.hold(conn);
            }
            match step {
                Step::Wait => break,
                Step::Again => {}
                Step::Send(content) => {
                    link.written += content.len() as u64;
                    io.send(conn, content);
                }
                Step::Pieces => {
                    if !self.pump_pieces(io, link) {
                        break;
                    }
                }
                Step::Close => close(io, link),
                Step::Abort => abort(io, link),
            }
            if io.is_above_high_water(conn) {
                break;
            }
        }
        // One that does not read its answers is not read from, and one that is being answered
        // in pieces has to wait with its next request.
        if io.is_above_high_water(conn) || link.is_sending() {
            link.paused = true;
            io.pause_reading(conn);
        }
        self.arm(io, link);
    }

    /// Sends what the source has, as far as the client takes it; `true`: that was all.
    fn pump_pieces(&mut self, io: &mut Io, link: &mut Link) -> bool {
        let (conn, now) = (link.conn, io.now());
        while !link.closing && !io.is_above_high_water(conn) {
            match link.next_piece(now) {
                Some(Next::Piece(data)) if data.is_empty() => {}
                Some(Next::Piece(data)) => send_piece(io, link, data),
                Some(Next::Wait(at)) => {
                    if let Some(at) = at {
                        io.set_timer(Timer::Conn(conn, SOURCE), at);
                    }
                    return false;
                }
                Some(Next::End) => {
                    let mut desk = self.desk(now);
                    if io.write(conn, |out| link.end_pieces(&mut desk, out)).is_ok() {
                        return true;
                    }
                    abort(io, link);
                }
                Some(Next::Abort) => abort(io, link),
                None => return false,
            }
        }
        false
    }

    /// Goes on with an answer in pieces, and with what comes after it.
    fn resume(&mut self, io: &mut Io, link: &mut Link) {
        if link.is_sending() && !self.pump_pieces(io, link) {
            return self.arm(io, link);
        }
        if let Step::Close = link.settle(io.now()) {
            close(io, link);
        }
        self.arm(io, link);
        if link.paused && !link.closing && !link.is_sending() && !io.is_above_high_water(link.conn)
        {
            link.paused = false;
            io.resume_reading(link.conn);
        }
    }

    /// Sets the timer if it would fire too late. A busy client's is never touched.
    fn arm(&self, io: &mut Io, link: &mut Link) {
        let waits_for_peer = link.paused || link.is_sending();
        let look = waits_for_peer.then(|| io.now() + self.settings.send_timeout);
        let at = link.deadline(&self.settings).or(look).filter(|_| !link.closing);
        if let Some(at) = at.filter(|at| *at < link.timer_at) {
            link.timer_at = at;
            io.set_timer(Timer::Conn(link.conn, DEADLINE), at);
        }
    }

    fn on_deadline(&mut self, io: &mut Io, link: &mut Link) {
        link.timer_at = Now::MAX;
        if link.closing {
            return;
        }
        let (conn, now) = (link.conn, io.now());
        let queued = io.queued(conn) as u64;
        if queued > 0 {
            if takes_too_little(link, queued, &self.settings) {
                return abort(io, link);
            }
            link.timer_at = now + self.settings.send_timeout;
            return io.set_timer(Timer::Conn(conn, DEADLINE), link.timer_at);
        }
        link.mark = None;
        if link.deadline(&self.settings).is_some_and(|at| at <= now) {
            self.expire(io, link);
        } else {
            self.arm(io, link);
        }
    }

    /// [9112-9.5-01] Time is up.
    fn expire(&mut self, io: &mut Io, link: &mut Link) {
        let what = match link.phase() {
            Phase::Head => "the header section did not come in time",
            Phase::Receiving => "the content did not come in time",
            _ => return close(io, link),
        };
        let mut desk = self.desk(io.now());
        io.write(link.conn, |out| link.refuse(&mut desk, &HttpError::TooSlow(what), out));
        close(io, link);
    }

    fn with(&mut self, conn: ConnId, act: impl FnOnce(&mut Self, &mut Link)) {
        if let Some(mut link) = self.take(conn) {
            act(self, &mut link);
            self.put(link);
        }
    }

    fn each(&mut self, mut act: impl FnMut(&mut Self, &mut Link)) {
        for slot in 0..self.links.len() {
            if let Some(mut link) = self.links[slot].take() {
                act(self, &mut link);
                self.links[slot] = Some(link);
            }
        }
    }
}

/// [9112-9.6-09] The loop closes in stages, so that the last answer arrives.
fn close(io: &mut Io, link: &mut Link) {
    link.closing = true;
    io.close(link.conn);
}

fn abort(io: &mut Io, link: &mut Link) {
    link.closing = true;
    io.reset(link.conn);
}

/// Has it taken less, since it was last looked at, than it might have and must?
fn takes_too_little(link: &mut Link, queued: u64, settings: &Settings) -> bool {
    let taken = link.written.saturating_sub(queued);
    let before = link.mark.replace((taken, queued));
    before.is_some_and(|(taken_before, queued_before)| {
        let must = RATE_MIN * settings.send_timeout.as_secs();
        taken - taken_before < must.min(queued_before).max(1)
    })
}

fn send_piece(io: &mut Io, link: &mut Link, data: Bytes) {
    let conn = link.conn;
    if data.len() <= PIECE_COPY_MAX {
        io.write(conn, |out| {
            let data = link.begin_piece(data, out);
            out.extend_from_slice(&data);
            link.end_piece(out);
        });
        return;
    }
    let data = io.write(conn, |out| link.begin_piece(data, out));
    if !data.is_empty() {
        io.send(conn, data);
    }
    io.write(conn, |out| link.end_piece(out));
}

impl<H: Handler> Service for Server<H> {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        let mut link = Box::new(Link::new(conn, io.peer_addr(conn), io.now()));
        self.count += 1;
        if self.count > self.settings.connections_max {
            let what = "as many clients as are served at once";
            let error = HttpError::answer(Status::SERVICE_UNAVAILABLE, what);
            let mut desk = self.desk(io.now());
            io.write(conn, |out| link.refuse(&mut desk, &error, out));
            close(io, &mut link);
        }
        self.arm(io, &mut link);
        self.put(link);
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.with(conn, |server, link| server.pump(io, link, input));
    }

    fn on_eof(&mut self, io: &mut Io, conn: ConnId) {
        self.with(conn, |server, link| {
            if let Err(error) = link.end_of_input() {
                // [9112-8-02] It may still read why.
                let mut desk = server.desk(io.now());
                io.write(conn, |out| link.refuse(&mut desk, &error, out));
            }
            if let Step::Close = link.settle(io.now()) {
                close(io, link);
            }
        });
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        self.with(conn, |server, link| server.resume(io, link));
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Conn(conn, DEADLINE) => {
                self.with(conn, |server, link| server.on_deadline(io, link));
            }
            Timer::Conn(conn, SOURCE) => self.with(conn, |server, link| server.resume(io, link)),
            _ => {}
        }
    }

    fn on_wake(&mut self, io: &mut Io) {
        self.handler.on_wake();
        self.each(|server, link| {
            if link.is_sending() {
                server.resume(io, link);
            }
        });
    }

    fn on_turn_end(&mut self, io: &mut Io) {
        if self.handler.on_turn_end().is_err() {
            self.each(|_, link| {
                if io.queued(link.conn) > 0 {
                    abort(io, link);
                }
            });
        }
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, _why: Closed) {
        if let Some(mut link) = self.take(conn) {
            self.count -= 1;
            link.end_work(&mut self.desk(io.now()));
        }
    }

    fn on_stop(&mut self, io: &mut Io) {
        self.stopping = true;
        self.each(|_, link| {
            link.wind_down();
            if link.phase() == Phase::Over && !link.is_sending() || link.waits_for_source() {
                close(io, link);
            }
        });
    }
}

impl<H> std::fmt::Debug for Server<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("clients", &self.count).finish_non_exhaustive()
    }
}
