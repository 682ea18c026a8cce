//! The model itself, without faults and with them: what a loop may rely on.

use bytes::{Bytes, BytesMut};
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::{Faults, Node, Turns, World};
use crate::{Closed, ConnId, Io, Origin, Service, Settings};

/// Sends back what it hears.
struct Echo;

impl Service for Echo {
    fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        io.send(conn, input.split().freeze());
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

/// Asks once and closes when all has come back.
struct Ask {
    server: SocketAddr,
    question: Bytes,
    heard: Vec<u8>,
    ended: Rc<Cell<usize>>,
}

impl Service for Ask {
    fn on_start(&mut self, io: &mut Io) {
        let conn = io.connect(self.server);
        io.send(conn, self.question.clone());
    }
    fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.heard.extend_from_slice(&input.split());
        if self.heard.len() >= self.question.len() {
            io.close(conn);
        }
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, why: Closed) {
        assert!(matches!(why, Closed::ByUs), "{why:?}");
        self.ended.set(self.ended.get() + 1);
    }
}

/// Three clients ask one server; returns the trace's hash.
fn echo_run(seed: u64, faults: Faults, len: usize) -> u64 {
    let world = World::new(seed, faults);
    let net = world.host([10, 0, 0, 1].into());
    let mut server = Node::new(net, Settings::default(), Echo);
    let (_, addr) = server.event_loop.listen("10.0.0.1:7".parse().unwrap()).unwrap();
    let ended = Rc::new(Cell::new(0));
    let question: Bytes = (0..len).map(|n| (n * 7) as u8).collect();
    let ask = || Ask {
        server: addr,
        question: question.clone(),
        heard: Vec::new(),
        ended: ended.clone(),
    };
    let mut clients: Vec<_> = (2..5)
        .map(|n| Node::new(world.host([10, 0, 0, n].into()), Settings::default(), ask()))
        .collect();
    let mut nodes: Vec<&mut dyn Turns> = vec![&mut server];
    nodes.extend(clients.iter_mut().map(|client| client as &mut dyn Turns));
    let until = Duration::from_secs(600);
    let gone = || ended.get() == 3 && world.connections() == 0;
    assert!(world.run(&mut nodes, until, gone).unwrap(), "seed {seed}: not done at {until:?}");
    for client in &clients {
        assert_eq!(client.service.heard, question, "seed {seed}");
    }
    world.trace_hash()
}

#[test]
fn an_echo_comes_back_whole_in_any_size() {
    for len in [1, 100, 20_000, 500_000] {
        echo_run(1, Faults::none(), len);
        echo_run(1, Faults::mild(), len);
    }
}

#[test]
fn a_seed_is_a_run() {
    for seed in 0..20 {
        let hash = echo_run(seed, Faults::mild(), 3000);
        assert_eq!(hash, echo_run(seed, Faults::mild(), 3000), "seed {seed}");
        assert_ne!(hash, echo_run(seed + 100, Faults::mild(), 3000), "seed {seed}");
    }
}

/// A timer of an hour takes no time: the clock of a lone host jumps.
#[test]
fn a_lone_hosts_clock_jumps() {
    struct Sleeper;
    impl Service for Sleeper {
        fn on_start(&mut self, io: &mut Io) {
            io.set_timer(crate::Timer::Service(1), Duration::from_secs(3600));
        }
        fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}
        fn on_data(&mut self, _: &mut Io, _: ConnId, _: &mut BytesMut) {}
        fn on_timer(&mut self, io: &mut Io, _: crate::Timer) {
            assert_eq!(io.now(), Duration::from_secs(3600));
            io.stop();
        }
        fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
    }
    let world = World::new(1, Faults::none());
    let net = world.host([10, 0, 0, 1].into());
    crate::EventLoop::new(net, Settings::default()).run(&mut Sleeper).unwrap();
    assert_eq!(world.now(), Duration::from_secs(3600));
}

/// An address is taken by one listener at a time, and free again when its host has died.
#[test]
fn a_dead_hosts_address_is_free() {
    use crate::{ListenerId, Net};
    let world = World::new(1, Faults::none());
    let ip = [10, 0, 0, 1].into();
    let addr = SocketAddr::new(ip, 7);
    let (mut first, mut second) = (world.host(ip), world.host(ip));
    first.listen(ListenerId(0), addr).unwrap();
    let in_use = second.listen(ListenerId(0), addr).unwrap_err();
    assert_eq!(in_use.kind(), std::io::ErrorKind::AddrInUse);
    drop(first);
    second.listen(ListenerId(0), addr).unwrap();
}

/// Two hosts and a standing connection between them, as their kernels see it.
fn standing(world: &World) -> [(super::SimNet, ConnId); 2] {
    use crate::{ListenerId, Net};
    let id = |slot| ConnId { slot, generation: 1 };
    let (mut client, mut server) =
        (world.host([10, 0, 0, 2].into()), world.host([10, 0, 0, 1].into()));
    let addr = server.listen(ListenerId(0), "10.0.0.1:7".parse().unwrap()).unwrap();
    client.connect(id(0), addr).unwrap();
    pass(world);
    server.accept(ListenerId(0), id(0)).unwrap();
    let mut ready = Vec::new();
    client.poll(&mut ready, None).unwrap();
    server.poll(&mut ready, None).unwrap();
    assert!(client.is_connected(id(0)).unwrap());
    [(client, id(0)), (server, id(0))]
}

/// All that is under way arrives.
fn pass(world: &World) {
    let until = world.now() + Duration::from_secs(1);
    while world.step(&mut [], until).unwrap() == super::Step::Jumped {}
}

/// What the network has to tell about its one connection.
fn told(net: &mut super::SimNet) -> crate::net::Readiness {
    let mut ready = Vec::new();
    crate::Net::poll(net, &mut ready, None).unwrap();
    match ready[..] {
        [] => crate::net::Readiness::default(),
        [crate::Ready::Conn(_, readiness)] => readiness,
        _ => panic!("{ready:?}"),
    }
}

/// [RFC 1122 4.2.2.13] The close of one who has not read all is a reset, and costs the other what
/// it had not read yet.
#[test]
fn a_close_with_unread_input_resets() {
    use crate::Net;
    use crate::net::Farewell;
    for unread in [false, true] {
        let world = World::new(1, Faults::none());
        let [(mut client, c), (mut server, s)] = standing(&world);
        client.write(c, &[std::io::IoSlice::new(b"question")]).unwrap();
        pass(&world);
        server.write(s, &[std::io::IoSlice::new(b"answer")]).unwrap();
        if !unread {
            assert_eq!(server.read(s, &mut [0; 99]).unwrap(), 8);
        }
        server.close(s, Farewell::Close);
        pass(&world);
        let (ready, mut buf) = (told(&mut client), [0; 99]);
        assert_eq!((ready.readable, ready.read_closed, ready.failed), (true, true, unread));
        if unread {
            let error = client.read(c, &mut buf).unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        } else {
            assert_eq!(client.read(c, &mut buf).unwrap(), 6);
            assert_eq!(client.read(c, &mut buf).unwrap(), 0, "and then the FIN");
            // Bytes for one who has gone are answered by a reset.
            client.write(c, &[std::io::IoSlice::new(b"more")]).unwrap();
            pass(&world);
            assert!(told(&mut client).failed);
        }
    }
}

/// The edges that the seam promises: none without a change, and one after whatever was short.
#[test]
fn what_was_short_is_followed_by_an_edge() {
    use crate::Net;
    let world = World::new(1, Faults { short_reads: 100, short_writes: 100, ..Faults::none() });
    let [(mut client, c), (mut server, s)] = standing(&world);
    assert_eq!(told(&mut server), crate::net::Readiness::default(), "nothing has changed");
    let written = client.write(c, &[std::io::IoSlice::new(&[7; 1000])]).unwrap();
    assert!(written < 1000 && told(&mut client).writable);
    pass(&world);
    let (mut read, mut buf) = (0, [0; 2000]);
    while read < written {
        assert!(told(&mut server).readable, "after {read} of {written}");
        read += server.read(s, &mut buf).unwrap();
    }
    assert!(!told(&mut server).readable);
    let none = server.read(s, &mut buf).unwrap_err();
    assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock);
}

/// A writer that was told there is no room is told when there is.
#[test]
fn room_is_an_edge() {
    use crate::Net;
    let world = World::new(1, Faults::none());
    let [(mut client, c), (mut server, s)] = standing(&world);
    let block = vec![7; 1 << 20];
    let mut written = 0;
    loop {
        match client.write(c, &[std::io::IoSlice::new(&block)]) {
            Ok(n) => written += n,
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
                pass(&world);
                if !told(&mut client).writable {
                    break;
                }
            }
        }
    }
    assert_eq!(written, super::SEND_BUFFER + super::RECV_BUFFER);
    assert!(server.read(s, &mut vec![0; 1000]).unwrap() > 0);
    pass(&world);
    assert!(told(&mut client).writable);
}
