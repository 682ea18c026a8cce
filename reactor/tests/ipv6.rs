//! The loop over IPv6. A machine without it reports the test as ignored, with the reason; where
//! `WIRELAB_REQUIRE_REFERENCES=1` asks for everything, that is a failure.

use bytes::BytesMut;
use libtest_mimic::{Arguments, Failed, Trial};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use wirelab_reactor::sim::{Faults, Turns};
use wirelab_reactor::{
    Closed, ConnId, EventLoop, Io, MioNet, Net, Origin, Service, Settings, World, sim,
};

/// A server, and a client of it.
#[derive(Default)]
struct Echo {
    server: Option<SocketAddr>,
    heard: Vec<u8>,
    peer: Option<SocketAddr>,
}

impl Service for Echo {
    fn on_start(&mut self, io: &mut Io) {
        if let Some(addr) = self.server {
            let conn = io.connect(addr);
            io.send(conn, b"halo".as_slice().into());
        }
    }
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.peer = io.peer_addr(conn);
    }
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        if self.server.is_none() {
            return io.send(conn, input.split().freeze());
        }
        self.heard.extend_from_slice(&input.split());
        if self.heard == b"halo" {
            io.close(conn);
        }
    }
    fn on_close(&mut self, io: &mut Io, _: ConnId, _: Closed) {
        io.stop();
    }
}

fn check(server: &Echo, client: &Echo) {
    assert_eq!(client.heard, b"halo");
    assert_eq!(client.peer, client.server);
    assert!(server.peer.is_some_and(|peer| peer.is_ipv6()), "{:?}", server.peer);
}

fn real() -> Result<(), Failed> {
    let mut below = EventLoop::new(MioNet::new()?, Settings::default());
    let (_, addr) = below.listen("[::1]:0".parse().expect("an address"))?;
    let (mut server, mut client) =
        (Echo::default(), Echo { server: Some(addr), ..Echo::default() });
    let mut above = EventLoop::new(MioNet::new()?, Settings::default());
    let deadline = below.net().now() + Duration::from_secs(20);
    let mut running = [true; 2];
    while running != [false; 2] {
        assert!(below.net().now() < deadline, "no answer");
        let until = |net: &mut MioNet| Some(net.now() + Duration::from_millis(1));
        if running[0] {
            let until = until(below.net());
            running[0] = below.turn(&mut server, until)? == wirelab_reactor::Status::Running;
        }
        if running[1] {
            let until = until(above.net());
            running[1] = above.turn(&mut client, until)? == wirelab_reactor::Status::Running;
        }
    }
    check(&server, &client);
    Ok(())
}

fn simulated() -> Result<(), Failed> {
    let world = World::new(1, Faults::mild());
    let addr: SocketAddr = "[fd00::1]:7".parse().expect("an address");
    let net = world.host(addr.ip());
    let mut server = sim::Node::new(net, Settings::default(), Echo::default());
    server.event_loop.listen(addr)?;
    let net = world.host("fd00::2".parse().expect("an address"));
    let asks = Echo { server: Some(addr), ..Echo::default() };
    let mut client = sim::Node::new(net, Settings::default(), asks);
    let nodes: &mut [&mut dyn Turns] = &mut [&mut server, &mut client];
    world.run(nodes, Duration::from_secs(60), || false)?;
    assert!(server.is_ended() && client.is_ended());
    check(&server.service, &client.service);
    Ok(())
}

fn main() {
    let args = Arguments::from_args();
    let missing = TcpListener::bind("[::1]:0").err();
    let required = std::env::var_os("WIRELAB_REQUIRE_REFERENCES").is_some_and(|v| v == "1");
    let real = match missing {
        Some(error) if !required => {
            let name = format!("an_echo_over_ipv6 (no ::1 on this machine: {error})");
            Trial::test(name, real).with_ignored_flag(true)
        }
        _ => Trial::test("an_echo_over_ipv6", real),
    };
    let trials = vec![real, Trial::test("an_echo_over_simulated_ipv6", simulated)];
    libtest_mimic::run(&args, trials).exit();
}
