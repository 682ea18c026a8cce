//! The load: connections that keep a window of bytes on the way, and check each byte's return.
//!
//! A closed loop: as many bytes as came back go out again, in one write. With a window of one
//! message that is ping-pong, with sixteen it is pipelining, with many KiB it is bulk.
//! It knows an address, and not who serves there.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// One row of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// As in the table and on the command line.
    pub name: &'static str,
    /// Connections at once.
    pub connections: usize,
    /// Bytes on the way per connection.
    pub window: usize,
    /// Bytes of what is counted: a message, or a MiB.
    pub unit: usize,
}

/// A small message.
pub const MESSAGE: usize = 64;
/// What bulk is counted in.
pub const MIB: usize = 1024 * 1024;

/// All rows.
pub const SHAPES: [Shape; 7] = [
    Shape { name: "ping-1", connections: 1, window: MESSAGE, unit: MESSAGE },
    Shape { name: "ping-64", connections: 64, window: MESSAGE, unit: MESSAGE },
    Shape { name: "ping-1000", connections: 1000, window: MESSAGE, unit: MESSAGE },
    Shape { name: "pipe16-1", connections: 1, window: 16 * MESSAGE, unit: MESSAGE },
    Shape { name: "pipe16-64", connections: 64, window: 16 * MESSAGE, unit: MESSAGE },
    Shape { name: "bulk-1", connections: 1, window: 256 * 1024, unit: MIB },
    Shape { name: "bulk-8", connections: 8, window: 256 * 1024, unit: MIB },
];

/// The stream repeats after so many bytes: a prime, so that no buffer's size hides a shift.
const PERIOD: usize = 65_521;
const BUFFER: usize = 64 * 1024;
/// Of a long read only the ends are compared, so that checking does not become the bottleneck;
/// a lost, doubled or swapped byte shows there too, because the stream is shifted after it.
const ENDS: usize = 64;
/// Every so many long reads one is compared whole.
const WHOLE_EVERY: u64 = 16;
const PATIENCE: Duration = Duration::from_secs(10);

struct Peer {
    stream: TcpStream,
    /// Places in the pattern.
    next_out: usize,
    next_in: usize,
    /// Bytes that may go out.
    owed: usize,
    /// Bytes that have not come back.
    away: usize,
}

/// Connections to one server, and what they have in common.
pub struct Load {
    poll: Poll,
    events: Events,
    peers: Vec<Peer>,
    pattern: Vec<u8>,
    buffer: Vec<u8>,
    reads: u64,
    received: u64,
    /// No more bytes go out.
    ending: bool,
}

impl Load {
    /// Connects; nothing is sent yet.
    pub fn connect(addr: SocketAddr, connections: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut peers = Vec::with_capacity(connections);
        for n in 0..connections {
            let stream = std::net::TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(n), both)?;
            // Each begins elsewhere: bytes for somebody else would be noticed.
            let start = n * 7919 % PERIOD;
            peers.push(Peer { stream, next_out: start, next_in: start, owed: 0, away: 0 });
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            peers,
            pattern: pattern(),
            buffer: vec![0; BUFFER],
            reads: 0,
            received: 0,
            ending: false,
        })
    }

    /// Puts `window` more bytes of each connection on the way.
    pub fn open_window(&mut self, window: usize) -> io::Result<()> {
        for peer in &mut self.peers {
            peer.owed += window;
            send(peer, &self.pattern)?;
        }
        Ok(())
    }

    /// Keeps going for so long, and until something is there; returns the bytes that came back, and
    /// how long it really was.
    pub fn run(&mut self, time: Duration) -> io::Result<(u64, Duration)> {
        let (start, before) = (Instant::now(), self.received);
        loop {
            let elapsed = start.elapsed();
            // On a busy machine a short time may bring none; without an end it must not be, either.
            let some = self.received > before || elapsed >= time + PATIENCE;
            if elapsed >= time && some {
                return Ok((self.received - before, elapsed));
            }
            self.turn()?;
        }
    }

    /// Sends no more, and waits until all that is on the way has come back.
    pub fn finish(&mut self) -> io::Result<()> {
        self.ending = true;
        let until = Instant::now() + PATIENCE;
        while self.peers.iter().any(|peer| peer.away > 0) {
            if Instant::now() > until {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "not every byte has come back",
                ));
            }
            self.turn()?;
        }
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        self.poll.poll(&mut self.events, Some(Duration::from_millis(100)))?;
        for event in &self.events {
            let peer = &mut self.peers[event.token().0];
            if event.is_writable() && peer.owed > 0 && !self.ending {
                send(peer, &self.pattern)?;
            }
            if !event.is_readable() {
                continue;
            }
            loop {
                let n = match peer.stream.read(&mut self.buffer) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(n) => n,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                };
                self.reads += 1;
                check(
                    peer,
                    &self.pattern,
                    &self.buffer[..n],
                    self.reads.is_multiple_of(WHOLE_EVERY),
                )?;
                self.received += n as u64;
                peer.owed += n;
                if !self.ending {
                    send(peer, &self.pattern)?;
                }
                if n < self.buffer.len() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Bytes without a regularity that a fault could hide in.
fn pattern() -> Vec<u8> {
    let mut state = 1_u32;
    let mut period = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let one: Vec<u8> = (0..PERIOD).map(|_| period()).collect();
    one.iter().copied().cycle().take(PERIOD + BUFFER).collect()
}

fn send(peer: &mut Peer, pattern: &[u8]) -> io::Result<()> {
    while peer.owed > 0 {
        let n = peer.owed.min(BUFFER);
        match peer.stream.write(&pattern[peer.next_out..][..n]) {
            Ok(written) => {
                peer.next_out = (peer.next_out + written) % PERIOD;
                peer.owed -= written;
                peer.away += written;
                if written < n {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Are these the bytes that must come next?
fn check(peer: &mut Peer, pattern: &[u8], got: &[u8], whole: bool) -> io::Result<()> {
    let expected = &pattern[peer.next_in..][..got.len()];
    let same = if whole || got.len() <= 2 * ENDS {
        got == expected
    } else {
        let tail = got.len() - ENDS;
        got[..ENDS] == expected[..ENDS] && got[tail..] == expected[tail..]
    };
    if !same || got.len() > peer.away {
        let what = "the server sent back other bytes than it was sent";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    peer.next_in = (peer.next_in + got.len()) % PERIOD;
    peer.away -= got.len();
    Ok(())
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("connections", &self.peers.len()).finish_non_exhaustive()
    }
}
