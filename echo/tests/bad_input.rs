//! What strangers do to a server, on the machine's loopback: random bytes, silence, floods, and
//! thousands of connects that end in a reset. It stays up, its memory comes back, and all its
//! descriptors are closed.
//!
//! One test, because memory and descriptors are counted for the whole process.

use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::random::Random;
use wirelab_reactor::{Settings, many};

/// Connections at once.
const WAVE: usize = 500;

/// Connects and resets in all.
const CONNECTS: usize = 20_000;

/// How long each condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server with nothing to do may hold more than before: its spare buffers, and what the
/// allocator keeps for itself.
const RSS_MORE: usize = 32 * 1024 * 1024;

/// What one peer may make the server hold while it floods: both water marks and a read block,
/// for each of the flooding peers.
const FLOOD_MORE: usize = 64 * 1024 * 1024;

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("the server is up");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

/// Closing it will be a reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("no linger");
}

fn echo(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("written");
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).expect("the same number of bytes");
    assert!(back == bytes, "other bytes came back");
}

/// The descriptors of this process, and its memory in bytes.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a VmRSS line");
    let kib: usize = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("kB");
    kib * 1024
}

/// Nobody else is connected any more, and the server still answers.
fn back_to(descriptors_before: usize, addr: SocketAddr, stage: &str) {
    let start = Instant::now();
    while descriptors() > descriptors_before {
        let late = start.elapsed() > PATIENCE;
        assert!(!late, "{stage}: {} descriptors, once {descriptors_before}", descriptors());
        // A round trip: the server has had another turn.
        echo(&mut connect(addr), b"still there?");
    }
}

fn random_bytes(addr: SocketAddr, random: &mut Random) {
    for n in 0..WAVE {
        let mut stream = connect(addr);
        let len = 1 + random.below(20_000) as usize;
        let bytes: Vec<u8> = (0..len).map(|_| random.bits() as u8).collect();
        echo(&mut stream, &bytes);
        match n % 4 {
            0 => drop(stream),
            1 => reset(stream),
            // Closed with bytes under way, and with an answer that nobody will read.
            2 => stream.write_all(&bytes).expect("written"),
            _ => {
                stream.write_all(b"last").expect("written");
                stream.shutdown(Shutdown::Write).expect("a FIN");
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).expect("the rest");
                assert_eq!(rest, b"last", "a half-closed peer gets its answer");
            }
        }
    }
}

/// They connect and say nothing; the others are served all the same.
fn silence(addr: SocketAddr) {
    let silent: Vec<TcpStream> = (0..WAVE).map(|_| connect(addr)).collect();
    echo(&mut connect(addr), b"halo");
    for (n, stream) in silent.into_iter().enumerate() {
        if n % 2 == 0 {
            reset(stream);
        }
    }
}

/// They send as long as anything is taken, and never read.
fn flood(addr: SocketAddr, before: usize) {
    let block = vec![b'!'; 256 * 1024];
    let mut peers: Vec<TcpStream> = (0..8).map(|_| connect(addr)).collect();
    for peer in &mut peers {
        peer.set_nonblocking(true).expect("non-blocking");
        let (mut sent, mut refused) = (0, 0);
        while refused < 20 {
            match peer.write(&block) {
                Ok(n) => (sent, refused) = (sent + n, 0),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    refused += 1;
                    // A round trip of somebody else's, who must not have to wait for this one.
                    echo(&mut connect(addr), b"halo");
                }
                Err(error) => panic!("a flooding peer is held back, not thrown out: {error}"),
            }
            assert!(sent < 1 << 30, "nobody holds it back");
        }
    }
    let more = memory().saturating_sub(before);
    assert!(more < FLOOD_MORE, "{more} bytes more while eight peers flood");
    peers.into_iter().for_each(reset);
}

fn connects_and_resets(addr: SocketAddr) {
    for _ in 0..CONNECTS / WAVE {
        let mut streams: Vec<TcpStream> = (0..WAVE).map(|_| connect(addr)).collect();
        for (n, stream) in streams.iter_mut().enumerate() {
            if n % 3 == 0 {
                stream.write_all(b"halo").expect("written");
            }
        }
        streams.into_iter().for_each(reset);
        echo(&mut connect(addr), b"still there?");
    }
}

/// What is done to the server, and its name.
type Stage<'a> = (&'a str, Box<dyn FnMut() + 'a>);

#[test]
fn a_server_outlives_what_it_is_sent() {
    let settings = Settings::default();
    let any = "127.0.0.1:0".parse().expect("an address");
    let server = many::start(any, 1, &settings, |_| EchoServer::new(Style::Raw)).expect("a port");
    let addr = server.addr();
    let mut random = Random::new(1);
    // The server stands, and nobody is connected.
    let before = descriptors();
    // Once through, so that what is kept for good is there before it is counted.
    silence(addr);
    back_to(before, addr, "a first round");
    let rss = memory();
    let stages: [Stage<'_>; 4] = [
        ("random bytes", Box::new(|| random_bytes(addr, &mut random))),
        ("silence", Box::new(|| silence(addr))),
        ("a flood", Box::new(|| flood(addr, rss))),
        ("connects and resets", Box::new(|| connects_and_resets(addr))),
    ];
    for (stage, mut act) in stages {
        let start = Instant::now();
        act();
        back_to(before, addr, stage);
        let more = memory().saturating_sub(rss);
        eprintln!("{stage}: {:?}, {} KiB more", start.elapsed(), more / 1024);
        assert!(more < RSS_MORE, "{stage}: {more} bytes of memory have not come back");
    }
    server.stoppers()[0].stop().expect("a wake-up");
    server.join().expect("a graceful end");
}
