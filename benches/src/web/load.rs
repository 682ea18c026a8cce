//! The load of our own: connections that keep so many requests on the way, and check each octet
//! of the answers.
//!
//! A closed loop: as many answers as came in one read, so many requests go out in one write. It
//! knows an address and an exchange, and not who serves there.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::exchange::{Answer, Exchange};

/// Octets that one read takes, and as a rule those that one write gives.
const BUFFER: usize = 128 * 1024;
/// Every so many reads one is compared whole, however long.
const WHOLE_EVERY: u64 = 16;
const PATIENCE: Duration = Duration::from_secs(10);

struct Peer {
    stream: TcpStream,
    /// Where in the request, and where in the answer.
    at_out: usize,
    at_in: usize,
    /// Octets that may go out.
    owed: usize,
    /// Answers that have not come whole.
    away: usize,
}

/// Connections to one server, and what they have in common.
pub struct Load {
    poll: Poll,
    events: Events,
    peers: Vec<Peer>,
    /// One request after the other.
    requests: Vec<u8>,
    request_len: usize,
    answer: Answer,
    buffer: Vec<u8>,
    reads: u64,
    answered: u64,
    /// No more requests go out.
    ending: bool,
}

impl Load {
    /// Connects, and learns the answer from the first connection; nothing else is sent yet.
    ///
    /// # Errors
    /// When the server answers something else than it must, or does not take the connections; and
    /// when there are to be none.
    pub fn connect(addr: SocketAddr, connections: usize, exchange: Exchange) -> io::Result<Self> {
        let mut answer = None;
        let poll = Poll::new()?;
        let mut peers = Vec::with_capacity(connections);
        for n in 0..connections {
            let mut stream = std::net::TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            if answer.is_none() {
                answer = Some(exchange.learn(&mut stream)?);
            }
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(n), both)?;
            peers.push(Peer { stream, at_out: 0, at_in: 0, owed: 0, away: 0 });
        }
        let request = exchange.request(addr);
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            peers,
            requests: request.repeat((BUFFER / request.len()).max(1)),
            request_len: request.len(),
            answer: answer.ok_or(io::ErrorKind::InvalidInput)?,
            buffer: vec![0; BUFFER],
            reads: 0,
            answered: 0,
            ending: false,
        })
    }

    /// Puts `depth` more requests of each connection on the way.
    ///
    /// # Errors
    /// When a connection is broken.
    pub fn open_window(&mut self, depth: usize) -> io::Result<()> {
        for peer in &mut self.peers {
            peer.owed += depth * self.request_len;
            peer.away += depth;
            send(peer, &self.requests, self.request_len)?;
        }
        Ok(())
    }

    /// Keeps going for so long, and until there is an answer; returns how many came, and how long
    /// it really was.
    ///
    /// # Errors
    /// A broken connection, or another answer than must come.
    pub fn run(&mut self, time: Duration) -> io::Result<(u64, Duration)> {
        let (start, before) = (Instant::now(), self.answered);
        loop {
            let elapsed = start.elapsed();
            // On a busy machine a short time may bring none; without an end it must not be, either.
            let some = self.answered > before || elapsed >= time + PATIENCE;
            if elapsed >= time && some {
                return Ok((self.answered - before, elapsed));
            }
            self.turn()?;
        }
    }

    /// Asks no more, and waits until all that is on the way has been answered.
    ///
    /// # Errors
    /// As with [`run`](Self::run), or when an answer is missing.
    pub fn finish(&mut self) -> io::Result<()> {
        self.ending = true;
        let until = Instant::now() + PATIENCE;
        while self.peers.iter().any(|peer| peer.away > 0) {
            if Instant::now() > until {
                let what = "not every request was answered";
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            self.turn()?;
        }
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        self.poll.poll(&mut self.events, Some(Duration::from_millis(100)))?;
        for event in &self.events {
            let peer = &mut self.peers[event.token().0];
            if event.is_writable() {
                send(peer, &self.requests, self.request_len)?;
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
                let whole = self.reads.is_multiple_of(WHOLE_EVERY);
                let complete = take(peer, &self.answer, &self.buffer[..n], whole)?;
                self.answered += complete as u64;
                if !self.ending {
                    peer.owed += complete * self.request_len;
                    peer.away += complete;
                }
                send(peer, &self.requests, self.request_len)?;
                if n < self.buffer.len() {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn send(peer: &mut Peer, requests: &[u8], request_len: usize) -> io::Result<()> {
    while peer.owed > 0 {
        let n = peer.owed.min(requests.len() - peer.at_out);
        match peer.stream.write(&requests[peer.at_out..][..n]) {
            Ok(written) => {
                peer.at_out = (peer.at_out + written) % request_len;
                peer.owed -= written;
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

/// Are these the octets that must come next? Returns how many answers are complete with them.
fn take(peer: &mut Peer, answer: &Answer, mut got: &[u8], whole: bool) -> io::Result<usize> {
    let mut complete = 0;
    while !got.is_empty() {
        let (piece, rest) = got.split_at(got.len().min(answer.len() - peer.at_in));
        if peer.away == 0 || !answer.has_at(peer.at_in, piece, whole) {
            let what = "the server answers other octets than at first";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        peer.at_in += piece.len();
        if peer.at_in == answer.len() {
            peer.at_in = 0;
            peer.away -= 1;
            complete += 1;
        }
        got = rest;
    }
    Ok(complete)
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("connections", &self.peers.len()).finish_non_exhaustive()
    }
}
