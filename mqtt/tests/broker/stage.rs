//! A broker, and clients that are scripts of bytes.
//!
//! It knows the simulated network. It does not know a packet: tests say what is sent and heard.

use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::limits::{HIGH_WATER, LOW_WATER, PACKET_MAX};
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service};

/// Longer than any way through the simulated network, so that pieces do not meet.
const APART: Duration = Duration::from_millis(10);
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest packet that is split at every byte in turn; longer ones are split byte by byte.
const SPLITS_MAX: usize = 40;

fn addr() -> SocketAddr {
    "10.0.0.1:1883".parse().expect("an address")
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

/// A client that keeps what it hears.
#[derive(Default)]
struct Script {
    conn: Option<ConnId>,
    heard: Vec<u8>,
    closed: bool,
}

impl Service for Script {
    fn on_start(&mut self, io: &mut Io) {
        self.conn = Some(io.connect(addr()));
    }
    fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}
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
    /// Behind the `n`-th byte of each packet that is longer.
    At(usize),
    /// Behind every byte.
    Everywhere,
}

/// One performance.
pub struct Stage {
    world: World,
    broker: Option<Node<Broker>>,
    clients: BTreeMap<&'static str, Node<Script>>,
    split: Split,
    hosts: u8,
}

/// Plays a scene whole, and split everywhere.
pub fn play(settings: &Settings, scene: impl Fn(&mut Stage)) {
    let all = (1..SPLITS_MAX).map(Split::At).chain([Split::Whole, Split::Everywhere]);
    for split in all {
        scene(&mut Stage::new(Broker::new(settings.clone()), split));
    }
}

/// Settings without `$SYS`, whose messages would come in between.
pub fn quiet() -> Settings {
    Settings { sys_interval: Duration::ZERO, ..Settings::default() }
}

impl Stage {
    /// A broker on an empty network.
    pub fn new(broker: Broker, split: Split) -> Self {
        let world = World::new(1, Faults::none());
        let mut stage = Self { world, broker: None, clients: BTreeMap::new(), split, hosts: 1 };
        stage.start(broker);
        stage
    }

    /// A broker begins, in place of one that may have been there.
    pub fn start(&mut self, broker: Broker) {
        self.broker = None;
        let settings = wirelab_reactor::Settings {
            high_water: HIGH_WATER,
            low_water: LOW_WATER,
            outbox_max: 2 * PACKET_MAX,
            input_max: 2 * PACKET_MAX,
            ..wirelab_reactor::Settings::default()
        };
        let mut node = Node::new(self.world.host(addr().ip()), settings, broker);
        node.event_loop.listen(addr()).expect("the address is free");
        self.broker = Some(node);
    }

    /// The broker.
    pub fn broker(&self) -> &Broker {
        &self.broker.as_ref().expect("a broker").service
    }

    /// The clients' names become those of new connections.
    pub fn open(&mut self, who: &'static str) {
        self.hosts += 1;
        let net = self.world.host([10, 0, 1, self.hosts].into());
        let node = Node::new(net, wirelab_reactor::Settings::default(), Script::default());
        self.clients.insert(who, node);
        self.run(APART);
    }

    /// The client's host is gone, without a word.
    pub fn kill(&mut self, who: &str) {
        self.clients.remove(who);
        self.run(APART);
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.world.now() + time;
        let mut nodes: Vec<&mut dyn Turns> = Vec::new();
        nodes.extend(self.broker.iter_mut().map(|node| node as &mut dyn Turns));
        nodes.extend(self.clients.values_mut().map(|node| node as &mut dyn Turns));
        self.world.run(&mut nodes, until, || false).expect("a turn");
    }

    fn client(&mut self, who: &str) -> &mut Node<Script> {
        self.clients.get_mut(who).unwrap_or_else(|| panic!("no client {who}"))
    }

    /// The client sends these bytes, cut where this performance cuts.
    pub fn sends_bytes(&mut self, who: &str, bytes: &[u8]) {
        let step = match self.split {
            Split::At(n) if n < bytes.len() => vec![&bytes[..n], &bytes[n..]],
            Split::Everywhere if bytes.len() < 1000 => bytes.chunks(1).collect(),
            _ => vec![bytes],
        };
        for piece in step {
            let node = self.client(who);
            let conn = node.service.conn.expect("it was started");
            node.event_loop.io().send(conn, Bytes::copy_from_slice(piece));
            self.run(APART);
        }
    }

    /// The same, as tests write it.
    pub fn sends(&mut self, who: &str, text: &str) {
        self.sends_bytes(who, &bytes(text));
    }

    /// What the client has heard since it was last asked.
    pub fn heard(&mut self, who: &str) -> Vec<u8> {
        self.run(APART);
        std::mem::take(&mut self.client(who).service.heard)
    }

    /// The client has heard exactly this since it was last asked.
    #[track_caller]
    pub fn gets(&mut self, who: &str, text: &str) {
        let heard = self.heard(who);
        let (heard, expected) = (hex(&heard), hex(&bytes(text)));
        assert_eq!(heard, expected, "what {who} heard, split {:?}", self.split);
    }

    /// The client has heard nothing.
    #[track_caller]
    pub fn gets_nothing(&mut self, who: &str) {
        self.gets(who, "");
    }

    /// The broker has closed the client's connection.
    #[track_caller]
    pub fn is_closed(&mut self, who: &str) {
        self.run(PATIENCE);
        assert!(self.client(who).service.closed, "{who} is open, split {:?}", self.split);
    }

    /// Is the client's connection still there?
    #[track_caller]
    pub fn is_open(&mut self, who: &str) {
        self.run(PATIENCE);
        assert!(!self.client(who).service.closed, "{who} is closed, split {:?}", self.split);
    }

    /// Opens a connection and is let in, with a clean session.
    #[track_caller]
    pub fn enters(&mut self, who: &'static str) {
        self.open(who);
        let mut connect = bytes("10 00 0004 'MQTT' 04 02 0000");
        connect.extend_from_slice(&(who.len() as u16).to_be_bytes());
        connect.extend_from_slice(who.as_bytes());
        connect[1] = connect.len() as u8 - 2;
        self.sends_bytes(who, &connect);
        self.gets(who, "20 02 00 00");
    }

    /// The same with a session that is kept; `present` is what CONNACK says of it.
    #[track_caller]
    pub fn resumes(&mut self, who: &'static str, present: bool) {
        self.open(who);
        let mut connect = bytes("10 00 0004 'MQTT' 04 00 0000");
        connect.extend_from_slice(&(who.len() as u16).to_be_bytes());
        connect.extend_from_slice(who.as_bytes());
        connect[1] = connect.len() as u8 - 2;
        self.sends_bytes(who, &connect);
        let heard = self.heard(who);
        let connack = [0x20, 2, u8::from(present), 0];
        assert_eq!(heard.get(..4), Some(&connack[..]), "{who}'s CONNACK");
        // What follows is the resumed session's, and is asked for next.
        self.client(who).service.heard = heard[4..].to_vec();
    }
}
