//! The server: a whole [`Service`], with back-pressure.
//!
//! It knows connections by their ids. It does not know whether they are real.

use bytes::BytesMut;
use std::net::SocketAddr;
use wirelab_reactor::limits::SMALL_READ;
use wirelab_reactor::{Closed, ConnId, Io, ListenerId, Origin, Service};

use crate::Style;

/// What a server tells whoever watches it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A client has connected.
    Connected(SocketAddr),
    /// A client was heard.
    Received(&'a [u8]),
    /// A client has gone.
    Gone(&'a Closed),
}

/// Watches a server.
pub type Observer = Box<dyn FnMut(Event<'_>)>;

/// Answers every client with its own bytes.
pub struct EchoServer {
    style: Style,
    once: bool,
    observer: Option<Observer>,
}

impl EchoServer {
    /// A server that nobody watches.
    pub fn new(style: Style) -> Self {
        Self { style, once: false, observer: None }
    }

    /// Serves one client and ends, as the lab's server does.
    #[must_use]
    pub fn once(mut self, once: bool) -> Self {
        self.once = once;
        self
    }

    /// Tells `observer` what happens.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    fn tell(&mut self, event: Event<'_>) {
        if let Some(observer) = &mut self.observer {
            observer(event);
        }
    }

    fn serve_only_this(&mut self, io: &mut Io, listener: ListenerId) {
        if self.once {
            io.unlisten(listener);
        }
    }
}

impl Service for EchoServer {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {
        if let Some(peer) = io.peer_addr(conn) {
            self.tell(Event::Connected(peer));
        }
        if let Origin::Accepted(listener) = origin {
            self.serve_only_this(io, listener);
        }
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.tell(Event::Received(input));
        if self.style == Style::Raw && input.len() > SMALL_READ {
            // [RFC862] The very bytes that came in go out: nothing is copied.
            io.send(conn, input.split().freeze());
        } else {
            io.write(conn, |out| self.style.answer(input, out));
            input.clear();
        }
        // A client that sends and never reads is not read from, until it does.
        if io.is_above_high_water(conn) {
            io.pause_reading(conn);
        }
    }

    // [echo-tcp-03] There is no `on_eof` here: the loop's own closes when the client has ended,
    // and what is still to be echoed goes out before the FIN.

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        io.resume_reading(conn);
    }

    fn on_close(&mut self, io: &mut Io, _conn: ConnId, why: Closed) {
        self.tell(Event::Gone(&why));
        if self.once {
            io.stop();
        }
    }
}

impl std::fmt::Debug for EchoServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EchoServer").field("style", &self.style).finish_non_exhaustive()
    }
}
