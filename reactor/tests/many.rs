//! Two loops on one port: the kernel deals the connections out, both answer, and they can post to
//! each other.

use bytes::BytesMut;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wirelab_reactor::{
    Closed, ConnId, EventLoop, Io, Mailbox, MioNet, Origin, Sender, Service, Settings, many,
};

/// Connects after which a fair deal has reached both: the odds against it are 2^-200.
const CONNECTS: usize = 200;

/// Answers with the number of its loop.
struct Who {
    number: u8,
    served: Arc<[AtomicUsize; 2]>,
}

impl Service for Who {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.served[usize::from(self.number)].fetch_add(1, Ordering::Relaxed);
        io.write(conn, |out| out.extend_from_slice(&[self.number]));
    }
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        io.send(conn, input.split().freeze());
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

fn ask(addr: SocketAddr) -> std::io::Result<u8> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut answer = [0; 5];
    stream.write_all(b"halo")?;
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer[1..], b"halo");
    Ok(answer[0])
}

#[test]
fn two_loops_share_a_port() {
    let served: Arc<[AtomicUsize; 2]> = Arc::default();
    let (counts, settings) = (served.clone(), Settings::default());
    let many = many::start("127.0.0.1:0".parse().unwrap(), 2, &settings, move |n| Who {
        number: n as u8,
        served: counts.clone(),
    })
    .unwrap();
    let mut seen = [false; 2];
    let mut asked = 0;
    while seen != [true; 2] && asked < CONNECTS {
        seen[usize::from(ask(many.addr()).unwrap())] = true;
        asked += 1;
    }
    assert_eq!(seen, [true; 2], "only one loop was ever reached");
    for stopper in many.stoppers() {
        stopper.stop().unwrap();
    }
    many.join().unwrap();
    let total: usize = served.iter().map(|count| count.load(Ordering::Relaxed)).sum();
    assert_eq!(total, asked);
}

/// A port that one server has is not shared with a second one by accident.
#[test]
fn a_port_in_use_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    for loops in [1, 2] {
        let served: Arc<[AtomicUsize; 2]> = Arc::default();
        let make = move |n| Who { number: n as u8, served: served.clone() };
        let error = many::start(addr, loops, &Settings::default(), make).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse, "{loops} loops");
    }
}

/// Says to the clients of all loops what one client says.
struct Crier {
    number: u8,
    mailbox: Mailbox<u8>,
    loops: Arc<Mutex<Vec<Sender<u8>>>>,
    clients: Vec<ConnId>,
}

impl Service for Crier {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.clients.push(conn);
        io.write(conn, |out| out.extend_from_slice(&[self.number]));
    }
    fn on_data(&mut self, _: &mut Io, _: ConnId, input: &mut BytesMut) {
        for octet in input.split() {
            for loop_of in &*self.loops.lock().unwrap() {
                loop_of.try_post(octet).unwrap();
            }
        }
    }
    fn on_wake(&mut self, io: &mut Io) {
        while let Some(octet) = self.mailbox.take() {
            for conn in &self.clients {
                io.write(*conn, |out| out.extend_from_slice(&[octet]));
            }
        }
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

#[test]
fn loops_tell_each_other_through_their_mailboxes() {
    let loops: Arc<Mutex<Vec<Sender<u8>>>> = Arc::default();
    let make = move |n, event_loop: &EventLoop<MioNet>| {
        let (sender, mailbox) = event_loop.mailbox(16);
        loops.lock().unwrap().push(sender);
        Crier { number: n as u8, mailbox, loops: loops.clone(), clients: Vec::new() }
    };
    let any = "127.0.0.1:0".parse().unwrap();
    let many = many::start_with(any, 2, &Settings::default(), make).unwrap();
    // A client of each loop.
    let mut clients: [Option<TcpStream>; 2] = [None, None];
    for _ in 0..CONNECTS {
        let mut stream = TcpStream::connect(many.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut number = [0];
        stream.read_exact(&mut number).unwrap();
        clients[usize::from(number[0])].get_or_insert(stream);
        if clients.iter().all(Option::is_some) {
            break;
        }
    }
    let mut clients = clients.map(|client| client.expect("only one loop was ever reached"));
    for (from, said) in [(0, b'a'), (1, b'b')] {
        clients[from].write_all(&[said]).unwrap();
        for client in &mut clients {
            let mut heard = [0];
            client.read_exact(&mut heard).unwrap();
            assert_eq!(heard[0], said);
        }
    }
    for stopper in many.stoppers() {
        stopper.stop_now().unwrap();
    }
    many.join().unwrap();
}
