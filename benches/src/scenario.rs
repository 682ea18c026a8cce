//! What is measured of the loop alone: small services over a [`SinkNet`], one turn at a time.

use bytes::{Bytes, BytesMut};
use wirelab_reactor::{Closed, ConnId, EventLoop, Io, Mailbox, Origin, Service, Settings};

use crate::sink_net::SinkNet;

/// A loop on a sink, with a number of connections and a service.
#[derive(Debug)]
pub struct Bench<S> {
    /// The loop.
    pub event_loop: EventLoop<SinkNet>,
    /// The service.
    pub service: S,
}

impl<S: Service> Bench<S> {
    /// `connections` have been accepted, and each read of one returns `prepared`.
    pub fn new(connections: usize, prepared: &[u8], service: S) -> Self {
        let mut event_loop = EventLoop::new(SinkNet::new(prepared), Settings::default());
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        event_loop.listen(anywhere).expect("a sink always listens");
        event_loop.net().knock(connections);
        let mut bench = Self { event_loop, service };
        while bench.event_loop.io().connections() < connections {
            bench.turn();
        }
        bench.turn();
        bench
    }

    /// One turn.
    pub fn turn(&mut self) {
        let now = self.event_loop.io().now();
        self.event_loop.turn(&mut self.service, Some(now)).expect("a sink does not fail");
    }

    /// One turn in which `count` connections are readable.
    pub fn turn_with(&mut self, count: usize) {
        self.event_loop.net().make_readable(count);
        self.turn();
    }
}

/// Sends one frame to every connection when it is woken or hears something.
#[derive(Debug)]
pub struct FanOut {
    conns: Vec<ConnId>,
    frame: Bytes,
}

impl FanOut {
    /// Of this frame.
    pub fn new(frame: Bytes) -> Self {
        Self { conns: Vec::new(), frame }
    }
}

impl Service for FanOut {
    fn on_open(&mut self, _io: &mut Io, conn: ConnId, _origin: Origin) {
        self.conns.push(conn);
    }

    fn on_data(&mut self, io: &mut Io, _conn: ConnId, input: &mut BytesMut) {
        input.clear();
        for &conn in &self.conns {
            io.send(conn, self.frame.clone());
        }
    }

    fn on_close(&mut self, _io: &mut Io, conn: ConnId, _why: Closed) {
        self.conns.retain(|other| *other != conn);
    }
}

/// Empties its mailbox and counts.
#[derive(Debug)]
pub struct Counter {
    mailbox: Option<Mailbox<u64>>,
    /// Messages and timers seen.
    pub seen: u64,
}

impl Counter {
    /// Without a mailbox.
    pub fn new() -> Self {
        Self { mailbox: None, seen: 0 }
    }

    /// With one.
    pub fn reads(&mut self, mailbox: Mailbox<u64>) {
        self.mailbox = Some(mailbox);
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

impl Service for Counter {
    fn on_open(&mut self, _io: &mut Io, _conn: ConnId, _origin: Origin) {}

    fn on_data(&mut self, _io: &mut Io, _conn: ConnId, input: &mut BytesMut) {
        input.clear();
    }

    fn on_timer(&mut self, _io: &mut Io, _timer: wirelab_reactor::Timer) {
        self.seen += 1;
    }

    fn on_wake(&mut self, _io: &mut Io) {
        while self.mailbox.as_mut().and_then(Mailbox::take).is_some() {
            self.seen += 1;
        }
    }

    fn on_close(&mut self, _io: &mut Io, _conn: ConnId, _why: Closed) {}
}
