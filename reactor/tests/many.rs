//! Two loops on one port: the kernel deals the connections out, and both answer.

use bytes::BytesMut;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Settings, many};

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
