//! Conversations in exact bytes, on a simulated network: whole, and split at every byte.
//!
//! The peer of the server, or of the client, is a script of bytes: it sends a piece, waits until
//! it has been heard, and sends the next.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use wirelab_echo::client::Event;
use wirelab_echo::limits::{MESSAGE_MAX, QUIET};
use wirelab_echo::{EchoClient, EchoServer, Exchange, Style};
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Settings, Timer};

/// Longer than any way through the simulated network: pieces do not meet.
const APART: Duration = Duration::from_millis(10);

/// Longer than any answer takes: who has nothing left to say closes then.
const LONG: Duration = Duration::from_secs(30);

fn addr() -> SocketAddr {
    "10.0.0.1:7".parse().unwrap()
}

/// A peer that sends pieces of bytes, one after the other, and keeps what it hears.
#[derive(Default)]
struct Bytewise {
    server: Option<SocketAddr>,
    pieces: Vec<Bytes>,
    next: usize,
    heard: Rc<RefCell<Vec<u8>>>,
}

impl Bytewise {
    fn new(pieces: &[&[u8]]) -> Self {
        let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
        Self { pieces, ..Self::default() }
    }

    fn say_next(&mut self, io: &mut Io, conn: ConnId) {
        if let Some(piece) = self.pieces.get(self.next) {
            io.send(conn, piece.clone());
            self.next += 1;
            io.set_timer(Timer::Conn(conn, 0), io.now() + APART);
        } else {
            io.set_timer(Timer::Conn(conn, 1), io.now() + LONG);
        }
    }
}

impl Service for Bytewise {
    fn on_start(&mut self, io: &mut Io) {
        if let Some(server) = self.server {
            io.connect(server);
        }
    }
    fn on_open(&mut self, io: &mut Io, conn: ConnId, origin: Origin) {
        if origin == Origin::Connected {
            self.say_next(io, conn);
        }
    }
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.heard.borrow_mut().extend_from_slice(&input.split());
        // Whoever was connected to answers what it hears with its pieces.
        if self.server.is_none() && self.next == 0 {
            self.say_next(io, conn);
        }
    }
    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Conn(conn, 0) => self.say_next(io, conn),
            Timer::Conn(conn, _) => io.close(conn),
            Timer::Service(_) => {}
        }
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

/// What the server answers to these pieces, and what is left open.
fn server_hears(style: Style, faults: Faults, pieces: &[&[u8]]) -> Vec<u8> {
    let world = World::new(pieces.len() as u64, faults);
    let net = world.host(addr().ip());
    let mut server = Node::new(net, Settings::default(), EchoServer::new(style));
    server.event_loop.listen(addr()).unwrap();
    let peer = Bytewise { server: Some(addr()), ..Bytewise::new(pieces) };
    let heard = peer.heard.clone();
    let mut peer = Node::new(world.host([10, 0, 0, 2].into()), Settings::default(), peer);
    turn_all(&world, &mut [&mut server, &mut peer], Duration::from_secs(3600));
    assert_eq!(world.connections(), 0, "nothing is left open");
    heard.take()
}

fn turn_all(world: &World, nodes: &mut [&mut dyn Turns], until: Now) {
    world.run(nodes, until, || false).unwrap();
}

/// What a client of one request is told when the server answers in these pieces.
fn client_hears(style: Style, request: &'static [u8], pieces: &[&[u8]]) -> Vec<String> {
    let world = World::new(1, Faults::none());
    let net = world.host(addr().ip());
    let mut server = Node::new(net, Settings::default(), Bytewise::new(pieces));
    server.event_loop.listen(addr()).unwrap();
    let told: Rc<RefCell<Vec<String>>> = Rc::default();
    let notes = told.clone();
    let tell = move |event| {
        notes.borrow_mut().push(match event {
            Event::Answer { answer, .. } => String::from_utf8_lossy(&answer).into_owned(),
            Event::Ended(why) => format!("{why:?}"),
            other => format!("{other:?}"),
        });
    };
    let client = EchoClient::new(addr(), Exchange::new(style), tell).patient_for(QUIET);
    let net = world.host([10, 0, 0, 2].into());
    let mut client = Node::new(net, Settings::default(), client);
    client.service.ask(client.event_loop.io(), Bytes::from_static(request)).unwrap();
    turn_all(&world, &mut [&mut server, &mut client], Duration::from_secs(3600));
    assert_eq!(world.connections(), 0, "nothing is left open");
    told.take()
}

/// The lab's own conversation, to the byte.
#[test]
fn the_labs_server_answers_each_message() {
    let said: [&[u8]; 3] = [b"halo", b"ingin mencoba untuk mengirim pesan", b"apakah berhasil"];
    let answer = server_hears(Style::Lab, Faults::none(), &said);
    let expected = "Echo: haloEcho: ingin mencoba untuk mengirim pesanEcho: apakah berhasil";
    assert_eq!(String::from_utf8_lossy(&answer), expected);
}

/// TCP keeps no message borders: a message in two pieces is two messages to the lab's server.
#[test]
fn the_labs_server_prefixes_each_piece() {
    let message = b"ingin mencoba";
    for split in 1..message.len() {
        let (one, two) = message.split_at(split);
        let answer = server_hears(Style::Lab, Faults::none(), &[one, two]);
        let expected = [b"Echo: ", one, b"Echo: ", two].concat();
        assert_eq!(answer, expected, "split at {split}");
    }
}

#[test]
fn the_labs_server_takes_at_most_so_much_as_one_message() {
    let long = vec![b'x'; 2 * MESSAGE_MAX + 1];
    let answer = server_hears(Style::Lab, Faults::none(), &[&long]);
    assert_eq!(answer.len(), long.len() + 3 * b"Echo: ".len());
    assert_eq!(&answer[MESSAGE_MAX + 6..MESSAGE_MAX + 12], b"Echo: ");
}

/// [RFC862] What comes in goes out, wherever it was cut.
#[test]
fn the_raw_server_does_not_care_where_it_was_cut() {
    let message: Vec<u8> = (0..=255).collect();
    for split in 0..=message.len() {
        let (one, two) = message.split_at(split);
        let pieces: Vec<&[u8]> = [one, two].into_iter().filter(|p| !p.is_empty()).collect();
        let answer = server_hears(Style::Raw, Faults::none(), &pieces);
        assert_eq!(answer, message, "split at {split}");
    }
}

#[test]
fn a_client_hears_its_answer_wherever_it_was_cut() {
    let answer = b"Echo: halo";
    let whole = client_hears(Style::Lab, b"halo", &[answer]);
    assert_eq!(whole, ["Connected", "Echo: halo", "ByPeer"]);
    for split in 1..answer.len() {
        let (one, two) = answer.split_at(split);
        let told = client_hears(Style::Lab, b"halo", &[one, two]);
        assert_eq!(told, whole, "split at {split}");
    }
}

/// A peer that is no echo server is shown all the same; and what nobody asked for is no answer.
#[test]
fn a_client_shows_what_a_stranger_says() {
    let told = client_hears(Style::Lab, b"halo", &[b"220 mail"]);
    assert_eq!(told, ["Connected", "220 mail", "ByPeer"]);
    let told = client_hears(Style::Raw, b"halo", &[b"halo", b"and more that was not asked for"]);
    assert_eq!(told, ["Connected", "halo", "ByPeer"]);
}

/// Inputs that are tried of each kind.
const CASES: u32 = 64;

/// Failing inputs are printed, not kept in a file.
fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever comes, in whatever pieces, on whatever network: the same comes back.
    #[test]
    fn any_bytes_in_any_pieces_come_back(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..2000), 1..12),
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(server_hears(Style::Raw, Faults::none(), &pieces), pieces.concat());
        prop_assert_eq!(server_hears(Style::Raw, Faults::mild(), &pieces), pieces.concat());
    }

    /// The lab's server never loses a byte either: without the prefixes it is what was said.
    #[test]
    fn the_labs_answer_holds_what_was_said(
        pieces in prop::collection::vec("[a-z ]{1,40}", 1..8),
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        let answer = server_hears(Style::Lab, Faults::mild(), &pieces);
        let said = String::from_utf8(answer).unwrap().replace("Echo: ", "");
        prop_assert_eq!(said.as_bytes(), pieces.concat());
    }
}
