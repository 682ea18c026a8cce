//! A socket on the loop: its endpoints, its connections with their handshakes, its pipes.
//!
//! ```text
//!   bind     accept --> Link: greeting, handshake --READY--> Pipe --> the pattern
//!   connect  Pipe --> Link: greeting, handshake --READY--> the same Pipe
//!                     lost: again after a wait, the Pipe stays
//! ```
//!
//! What all six sockets have in common. It does not know who gets which message: that is the
//! pattern's, in `sockets/`. It knows the loop, and no thread, no clock, no octet of the wire.

mod dials;
mod event;
mod heartbeat;
mod links;
pub mod pipes;
mod rooms;

use bytes::BytesMut;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Settings, Timer};

use crate::command::Command;
use crate::limits::{EVENTS_MAX, IDENTITY_MAX, OUTBOX_HIGH, OUTBOX_LOW};
use crate::mechanism::{Local, Remote};
use crate::metadata::{IDENTITY, Metadata, SOCKET_TYPE};
use crate::peer::{Event, Peer};
use crate::sockets::Pattern;
use crate::{Error, Options};
use dials::Dials;
pub use dials::LookUp;
pub use event::SocketEvent;
use links::{Link, Links};
pub(crate) use pipes::Due;
pub use pipes::{PipeId, Pipes};
use rooms::Rooms;

/// The timers of a connection.
const HANDSHAKE: u8 = 0;
const HEARTBEAT: u8 = 1;
const SILENCE: u8 = 2;

/// An endpoint that we connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DialId(usize);

/// A socket on the loop.
#[derive(Debug)]
pub struct Engine<P> {
    /// What makes it the kind of socket that it is.
    pub pattern: P,
    options: Options,
    local: Arc<Local>,
    pipes: Pipes,
    links: Links,
    dials: Dials,
    rooms: Rooms,
    /// Answers to a peer, on their way into its outbox.
    answers: BytesMut,
    events: Option<VecDeque<SocketEvent>>,
    /// The loop is to end: what is lost now is not connected again.
    is_ending: bool,
}

impl<P: Pattern> Engine<P> {
    /// A socket without endpoints.
    ///
    /// # Errors
    /// An identity that cannot be sent.
    pub fn new(pattern: P, options: Options) -> Result<Self, Error> {
        let metadata = metadata(P::SOCKET_TYPE, &options)?;
        let local = Arc::new(Local {
            socket_type: P::SOCKET_TYPE,
            mechanism: options.mechanism.clone(),
            metadata,
            minor: u8::from(!options.zmtp_3_0),
        });
        Ok(Self {
            pattern,
            local,
            pipes: Pipes::new(&options),
            links: Links::default(),
            dials: Dials::default(),
            rooms: Rooms::default(),
            answers: BytesMut::new(),
            events: None,
            is_ending: false,
            options,
        })
    }

    /// The settings of a loop that turns such a socket.
    pub fn loop_settings() -> Settings {
        Settings {
            high_water: OUTBOX_HIGH,
            low_water: OUTBOX_LOW,
            // What is queued is counted in messages, and bounded before it comes here.
            outbox_max: usize::MAX,
            input_max: usize::MAX,
            ..Settings::default()
        }
    }

    /// The socket's settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Connects to a host, and stays connected: with each of its addresses in turn. `None`
    /// without an address.
    pub fn connect(&mut self, io: &mut Io, addrs: Vec<SocketAddr>) -> Option<DialId> {
        (!addrs.is_empty()).then(|| self.dial(io, addrs, None))
    }

    /// No longer connects there. What waited for it is dropped.
    pub fn disconnect(&mut self, io: &mut Io, id: DialId) {
        let Some(dial) = self.dials.remove(io, id.0) else { return };
        if let Some(link) = dial.conn.and_then(|conn| self.links.get_mut(conn)) {
            // Its pipe is let go here, not again at its close.
            (link.dial, link.pipe, link.is_closing) = (None, None, true);
            io.close(link.conn);
        }
        self.pattern.on_gone(dial.pipe);
        self.pipes.abandon(dial.pipe);
    }

    /// The pattern, with the pipes that it works on.
    pub fn parts(&mut self) -> (&mut P, &mut Pipes) {
        (&mut self.pattern, &mut self.pipes)
    }

    /// The pipes.
    pub fn pipes(&self) -> &Pipes {
        &self.pipes
    }

    /// Is all that was sent in the kernel's hands?
    pub fn all_sent(&self, io: &Io) -> bool {
        self.pipes.all_sent(io)
    }

    /// What the user owes the loop after a message.
    pub(crate) fn take_due(&mut self) -> Due {
        self.pipes.take_due()
    }

    /// From now on events are kept for [`take_event`](Self::take_event).
    pub fn watch(&mut self) {
        self.events.get_or_insert_default();
    }

    /// The next event, if the socket is watched.
    pub fn take_event(&mut self) -> Option<SocketEvent> {
        self.events.as_mut()?.pop_front()
    }

    fn tell(&mut self, event: impl FnOnce() -> SocketEvent) {
        if let Some(events) = &mut self.events {
            if events.len() == EVENTS_MAX {
                events.pop_front();
            }
            events.push_back(event());
        }
    }

    /// One event of a peer. What it brings for the user goes to the pattern.
    #[inline]
    fn on_event(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        pipe: Option<PipeId>,
        event: Event,
    ) -> Result<(), Error> {
        match (event, pipe) {
            (Event::Message(message), Some(pipe)) => {
                self.rooms.lend(message.first());
                self.pattern.on_message(&mut self.pipes, pipe, message)?;
            }
            (Event::Subscribe(prefix), Some(pipe)) => self.pattern.on_subscribe(pipe, prefix)?,
            (Event::Cancel(prefix), Some(pipe)) => self.pattern.on_cancel(pipe, &prefix),
            (Event::Ready(remote), _) => self.on_ready(io, conn, *remote),
            (Event::Ping { ttl }, _) => self.on_ping(io, conn, ttl),
            // Any traffic counts as an answer [ZMTP-3.1-ping-04]. The rest has no pipe any more.
            _ => {}
        }
        Ok(())
    }

    fn on_ready(&mut self, io: &mut Io, conn: ConnId, remote: Remote) {
        io.cancel_timer(Timer::Conn(conn, HANDSHAKE));
        self.links.welcome(conn);
        let Some(link) = self.links.get_mut(conn) else { return };
        let (dial, peer, knows_3_1) = (link.dial, link.addr, remote.knows_3_1);
        // [PUSH-gen-05] Who came to us has a queue from now on.
        let pipe = match dial.and_then(|dial| self.dials.pipe(dial)) {
            Some(pipe) => pipe,
            None => self.pipes.add(false),
        };
        (link.pipe, link.knows_3_1) = (Some(pipe), knows_3_1);
        match dial {
            Some(dial) => self.dials.succeeded(dial),
            None => self.pattern.on_pipe(pipe),
        }
        self.pipes.connect(pipe, conn, knows_3_1);
        // [SUB-sub-01] Subscriptions go before what waited.
        self.pattern.on_ready(&mut self.pipes, io, pipe);
        self.feed(io, pipe);
        self.pipes.pause_if_full(io, pipe);
        self.start_heartbeat(io, conn);
        self.tell(|| SocketEvent::Ready { peer, socket_type: remote.socket_type });
    }

    fn feed(&mut self, io: &mut Io, pipe: PipeId) {
        if self.pipes.feed(io, pipe) {
            self.pattern.on_room(pipe);
        }
    }

    /// The peer has broken the rules, or we refuse it: only its own connection ends.
    fn fail(&mut self, io: &mut Io, conn: ConnId, error: Error) {
        if let Some(reason) = error.reply() {
            let command = Command::Error { reason: reason.as_bytes().into() };
            io.write(conn, |out| command.encode(out));
        }
        if let Some(link) = self.links.get_mut(conn) {
            log::warn!("{}: {error}", link.addr);
            (link.error, link.is_closing) = (Some(error), true);
        }
        io.close(conn);
    }

    /// The pipe of a connection that has ended, and the events of that.
    fn lose(&mut self, io: &mut Io, link: &mut Link) {
        let (peer, error) = (link.addr, link.error.take());
        let is_final = error.as_ref().is_some_and(Error::is_final);
        if let Some(pipe) = link.pipe {
            let is_gone = self.pipes.disconnect(pipe);
            self.pattern.on_lost(&mut self.pipes, pipe);
            if is_gone {
                self.pattern.on_gone(pipe);
            }
            self.tell(|| SocketEvent::Closed { peer, error });
        } else {
            self.tell(|| SocketEvent::HandshakeFailed { peer, error });
        }
        if is_final && let Some(dial) = link.dial.take() {
            self.disconnect(io, DialId(dial));
            self.tell(|| SocketEvent::GivenUp { peer });
        }
    }

    fn again(&mut self, io: &mut Io, dial: usize) {
        if let Some((peer, wait)) = self.dials.again(io, dial) {
            self.tell(|| SocketEvent::Retrying { peer, wait });
        }
    }
}

impl<P: Pattern> Service for Engine<P> {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {
        let Some(addr) = io.peer_addr(conn) else { return };
        let dial = match origin {
            Origin::Connected => self.dials.of(conn),
            Origin::Accepted(_) => None,
        };
        // [ZMTP-3.0-sec-02] Too many at once wait until others are through, or try again.
        let is_stranger = matches!(origin, Origin::Accepted(_));
        if is_stranger && self.links.strangers >= self.options.handshakes_max {
            log::warn!("{addr}: closed, {} handshakes are under way", self.links.strangers);
            return io.close(conn);
        }
        let (peer, greeting) = Peer::new(self.local.clone(), self.options.message_max);
        io.write(conn, |out| out.extend_from_slice(&greeting));
        io.set_timer(Timer::Conn(conn, HANDSHAKE), io.now() + self.options.handshake_timeout);
        self.links.open(Link {
            conn,
            addr,
            peer,
            dial,
            pipe: None,
            knows_3_1: false,
            heard: io.now(),
            pinged: None,
            taken: 0,
            ping_leaves_at: 0,
            ttl: None,
            error: None,
            is_closing: false,
            is_choked: false,
            is_stranger,
        });
        self.tell(|| SocketEvent::Connected(addr));
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        let Some(link) = self.links.get_mut(conn) else { return };
        (link.heard, link.pinged) = (io.now(), None);
        while let Some(link) = self.links.get_mut(conn).filter(|link| !link.is_closing) {
            let pipe = link.pipe;
            // Who asks and does not take the answers is asked no more.
            if link.is_choked {
                io.pause_reading(conn);
                break;
            }
            // A full queue leaves the rest where it is: the kernel holds the peer back.
            if pipe.is_some_and(|pipe| self.pipes.pause_if_full(io, pipe)) {
                break;
            }
            let event = link.peer.next_event(input, &mut self.answers);
            // Our READY goes before the messages that waited for theirs.
            if !self.answers.is_empty() {
                io.write(conn, |out| out.extend_from_slice(&self.answers));
                self.answers.clear();
                link.is_choked = io.is_above_high_water(conn);
            }
            match event {
                Ok(None) => {
                    // Only of who is in is so much awaited.
                    if pipe.is_some() {
                        self.rooms.make(input);
                    }
                    break;
                }
                Ok(Some(event)) => {
                    if let Err(error) = self.on_event(io, conn, pipe, event) {
                        self.fail(io, conn, error);
                    }
                }
                Err(error) => self.fail(io, conn, error),
            }
        }
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        let Some(link) = self.links.get_mut(conn) else { return };
        let was_choked = std::mem::take(&mut link.is_choked);
        let pipe = link.pipe;
        if let Some(pipe) = pipe {
            self.feed(io, pipe);
        }
        if was_choked && !pipe.is_some_and(|pipe| self.pipes.is_paused(pipe)) {
            io.resume_reading(conn);
        }
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Service(_) if self.is_ending => {}
            Timer::Service(dial) => self.dials.redial(io, dial as usize),
            Timer::Conn(conn, HANDSHAKE) => self.fail(io, conn, Error::Silent { what: "READY" }),
            Timer::Conn(conn, HEARTBEAT) => self.heartbeat(io, conn),
            Timer::Conn(conn, _) => self.check_silence(io, conn),
        }
    }

    fn on_close(&mut self, io: &mut Io, conn: ConnId, why: Closed) {
        let dial = self.dials.of(conn);
        if let Some(mut link) = self.links.remove(conn) {
            log::debug!("{}: closed, {why:?}", link.addr);
            self.lose(io, &mut link);
        }
        // [ZMTP-3.0-error-04] Whatever the reason was, it is taken for a passing one.
        if let Some(dial) = dial.filter(|_| !self.is_ending) {
            self.again(io, dial);
        }
    }

    fn on_stop(&mut self, io: &mut Io) {
        self.is_ending = true;
        io.close_all();
    }
}

/// What our READY or INITIATE says.
fn metadata(socket_type: crate::SocketType, options: &Options) -> Result<Metadata, Error> {
    // [ZMTP-3.0-meta-03]
    let metadata = Metadata::new().with(SOCKET_TYPE, socket_type.as_str())?;
    // [ZMTP-3.0-meta-10] [ZMTP-3.1-meta-01]
    if options.identity.len() > IDENTITY_MAX || options.identity.first() == Some(&0) {
        return Err(Error::Misuse("an identity has at most 255 octets, the first of them not 0"));
    }
    // [ZMTP-3.0-meta-04]
    if socket_type.sends_identity() {
        return metadata.with(IDENTITY, options.identity.clone());
    }
    Ok(metadata)
}
