//! A socket, and peers that are scripts of bytes.
//!
//! It knows the simulated network, and how a good peer comes in. What else is sent and heard is
//! said by the tests.

use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service};
use wirelab_zmtp::engine::{DialId, Engine, Pipes, SocketEvent};
use wirelab_zmtp::sockets::Pattern;
use wirelab_zmtp::{Error, Options};

/// Longer than any way through the simulated network, so that pieces do not meet.
const APART: Duration = Duration::from_millis(5);
/// The longest text that is split at every byte in turn; longer ones are split byte by byte.
const SPLITS_MAX: usize = 40;

pub fn ours() -> SocketAddr {
    "10.0.0.1:5555".parse().expect("an address")
}

pub fn theirs() -> SocketAddr {
    "10.0.0.2:5555".parse().expect("an address")
}

/// Bytes as tests write them: hex digits, and text between quotes.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, part) in text.split('\'').enumerate() {
        if n % 2 == 1 {
            bytes.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<u8> = part.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        for pair in digits.chunks(2) {
            let pair = std::str::from_utf8(pair).expect("digits");
            bytes.push(u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair} in {text}")));
        }
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// A greeting: ZMTP 3.`minor`.
pub fn greeting(minor: u8, mechanism: &str, as_server: u8) -> Vec<u8> {
    let mut octets = bytes("ff 0000000000000000 7f 03");
    octets.push(minor);
    octets.extend_from_slice(mechanism.as_bytes());
    octets.resize(32, 0);
    octets.push(as_server);
    octets.resize(64, 0);
    octets
}

/// A command with these properties.
pub fn with_properties(name: &str, properties: &[(&str, &str)]) -> Vec<u8> {
    let mut body = vec![name.len() as u8];
    body.extend_from_slice(name.as_bytes());
    for (name, value) in properties {
        body.push(name.len() as u8);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&(value.len() as u32).to_be_bytes());
        body.extend_from_slice(value.as_bytes());
    }
    let mut frame = vec![4, body.len() as u8];
    frame.extend(body);
    frame
}

/// READY of a socket of this type.
pub fn ready(socket_type: &str) -> Vec<u8> {
    with_properties("READY", &[("Socket-Type", socket_type)])
}

/// A peer that keeps what it hears.
#[derive(Default)]
pub struct Script {
    /// Whom it connects to; it listens if that is nobody.
    to: Option<SocketAddr>,
    pub conn: Option<ConnId>,
    heard: Vec<u8>,
    pub closed: bool,
    /// How many connections it has had.
    pub opened: usize,
}

impl Service for Script {
    fn on_start(&mut self, io: &mut Io) {
        self.conn = self.to.map(|to| io.connect(to));
    }
    fn on_open(&mut self, _: &mut Io, conn: ConnId, _: Origin) {
        (self.conn, self.closed) = (Some(conn), false);
        self.opened += 1;
    }
    fn on_data(&mut self, _: &mut Io, _: ConnId, input: &mut BytesMut) {
        self.heard.extend_from_slice(&input.split());
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {
        self.closed = true;
    }
}

/// Where what is sent is cut.
#[derive(Clone, Copy, Debug)]
pub enum Split {
    /// Nowhere.
    Whole,
    /// Behind the `n`-th byte of each piece that is longer.
    At(usize),
    /// Behind every byte.
    Everywhere,
}

/// One performance.
pub struct Stage<P: Pattern> {
    world: World,
    pub node: Node<Engine<P>>,
    peers: BTreeMap<&'static str, Node<Script>>,
    split: Split,
    hosts: u8,
}

/// Plays a scene whole, and split everywhere.
pub fn play<P: Pattern + Default>(options: &Options, scene: impl Fn(&mut Stage<P>)) {
    let all = (1..SPLITS_MAX).map(Split::At).chain([Split::Whole, Split::Everywhere]);
    for split in all {
        scene(&mut Stage::new(options.clone(), split));
    }
}

impl<P: Pattern + Default> Stage<P> {
    /// A bound socket on an empty network.
    pub fn new(options: Options, split: Split) -> Self {
        let world = World::new(1, Faults::none());
        let mut engine = Engine::new(P::default(), options).expect("good options");
        engine.watch();
        let settings = Engine::<P>::loop_settings();
        let mut node = Node::new(world.host(ours().ip()), settings, engine);
        node.event_loop.listen(ours()).expect("the address is free");
        Self { world, node, peers: BTreeMap::new(), split, hosts: 1 }
    }
}

impl<P: Pattern> Stage<P> {
    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.world.now() + time;
        let mut nodes: Vec<&mut dyn Turns> = vec![&mut self.node];
        nodes.extend(self.peers.values_mut().map(|node| node as &mut dyn Turns));
        self.world.run(&mut nodes, until, || false).expect("a turn");
    }

    /// The socket's user does something.
    pub fn user<R>(&mut self, call: impl FnOnce(&mut P, &mut Pipes, &mut Io) -> R) -> R {
        let (pattern, pipes) = self.node.service.parts();
        let result = call(pattern, pipes, self.node.event_loop.io());
        self.run(APART);
        result
    }

    /// The socket connects to where [`listens`](Self::listens) peers listen.
    pub fn connects(&mut self) -> DialId {
        let dial = self.node.service.connect(self.node.event_loop.io(), vec![theirs()]);
        self.run(APART);
        dial.expect("there is an address")
    }

    pub fn events(&mut self) -> Vec<SocketEvent> {
        std::iter::from_fn(|| self.node.service.take_event()).collect()
    }

    /// Why connections were ended, since events were last taken.
    pub fn errors(&mut self) -> Vec<Error> {
        let error = |event| match event {
            SocketEvent::Closed { error, .. } | SocketEvent::HandshakeFailed { error, .. } => error,
            _ => None,
        };
        self.events().into_iter().filter_map(error).collect()
    }

    fn add(&mut self, who: &'static str, ip: [u8; 4], to: Option<SocketAddr>) {
        let script = Script { to, ..Script::default() };
        let settings = wirelab_reactor::Settings::default();
        self.peers.insert(who, Node::new(self.world.host(ip.into()), settings, script));
        self.run(APART);
    }

    /// A peer connects.
    pub fn opens(&mut self, who: &'static str) {
        self.hosts += 1;
        let ip = [10, 0, 1, self.hosts];
        self.add(who, ip, Some(ours()));
    }

    /// A peer listens.
    pub fn listens(&mut self, who: &'static str) {
        self.add(who, [10, 0, 0, 2], None);
        let node = self.peer(who);
        node.event_loop.listen(theirs()).expect("the address is free");
    }

    /// A peer's host is gone, without a word.
    pub fn dies(&mut self, who: &str) {
        self.peers.remove(who);
        self.run(APART);
    }

    pub fn peer(&mut self, who: &str) -> &mut Node<Script> {
        self.peers.get_mut(who).unwrap_or_else(|| panic!("no peer {who}"))
    }

    /// The peer closes its connection.
    pub fn leaves(&mut self, who: &str) {
        let node = self.peer(who);
        let conn = node.service.conn.expect("it has a connection");
        node.event_loop.io().close(conn);
        self.run(APART);
    }

    /// Bytes that wait in the outbox of the first connection.
    pub fn queued(&mut self) -> usize {
        let conn = self.node.service.pipes().conn(0).expect("a peer is in");
        self.node.event_loop.io().queued(conn)
    }

    /// The peer no longer reads.
    pub fn stops_reading(&mut self, who: &str) {
        let node = self.peer(who);
        let conn = node.service.conn.expect("it has a connection");
        node.event_loop.io().pause_reading(conn);
    }

    pub fn reads_again(&mut self, who: &str) {
        self.reads_on(who);
        self.run(Duration::from_secs(1));
    }

    /// The peer reads for a moment.
    pub fn reads_on(&mut self, who: &str) {
        let node = self.peer(who);
        let conn = node.service.conn.expect("it has a connection");
        node.event_loop.io().resume_reading(conn);
        self.run(Duration::from_micros(500));
    }

    /// The peer sends these bytes, cut where this performance cuts.
    pub fn sends_bytes(&mut self, who: &str, bytes: &[u8]) {
        let pieces = match self.split {
            Split::At(n) if n < bytes.len() => vec![&bytes[..n], &bytes[n..]],
            Split::Everywhere if bytes.len() < 1000 => bytes.chunks(1).collect(),
            _ => vec![bytes],
        };
        for piece in pieces {
            let node = self.peer(who);
            let conn = node.service.conn.expect("it has a connection");
            node.event_loop.io().send(conn, Bytes::copy_from_slice(piece));
            self.run(APART);
        }
    }

    /// The same, as tests write it.
    pub fn sends(&mut self, who: &str, text: &str) {
        self.sends_bytes(who, &bytes(text));
    }

    /// What the peer has heard since it was last asked.
    pub fn heard(&mut self, who: &str) -> Vec<u8> {
        self.run(APART);
        std::mem::take(&mut self.peer(who).service.heard)
    }

    /// The peer has heard exactly this since it was last asked.
    #[track_caller]
    pub fn gets_bytes(&mut self, who: &str, expected: &[u8]) {
        let heard = self.heard(who);
        assert_eq!(hex(&heard), hex(expected), "what {who} heard, split {:?}", self.split);
    }

    /// The same, as tests write it.
    #[track_caller]
    pub fn gets(&mut self, who: &str, text: &str) {
        self.gets_bytes(who, &bytes(text));
    }

    /// The peer's connection is closed.
    #[track_caller]
    pub fn is_closed(&mut self, who: &str) {
        self.run(Duration::from_millis(100));
        assert!(self.peer(who).service.closed, "{who} is open, split {:?}", self.split);
    }

    /// It is not.
    #[track_caller]
    pub fn is_open(&mut self, who: &str) {
        self.run(Duration::from_millis(100));
        assert!(!self.peer(who).service.closed, "{who} is closed, split {:?}", self.split);
    }

    /// A peer of ZMTP 3.`minor` has a connection, and does its part of the handshake.
    #[track_caller]
    pub fn greets(&mut self, who: &'static str, minor: u8, socket_type: &str) {
        self.sends_bytes(who, &greeting(minor, "NULL", 0));
        self.sends_bytes(who, &ready(socket_type));
        let heard = self.heard(who);
        assert_eq!(heard.get(..2), Some(&[0xff, 0][..]), "a greeting");
        let after = heard[64..].to_vec();
        let len = 2 + usize::from(after[1]);
        assert_eq!(&after[2..8], b"\x05READY");
        // What follows is asked for next.
        self.peer(who).service.heard = after[len..].to_vec();
    }

    /// A peer of this type connects and does the handshake.
    #[track_caller]
    pub fn enters(&mut self, who: &'static str, socket_type: &str) {
        self.opens(who);
        self.greets(who, 1, socket_type);
    }
}
