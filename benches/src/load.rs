//! The load of our own: connections that keep so much on the way, and check each octet that comes
//! back.
//!
//! A closed loop: for as much as came back in one read, as much goes out in one write. What is
//! said, and what must come back for it, is the [`Talk`]'s. It knows an address, and not who
//! serves there.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Every so many reads one is compared whole, however long.
const WHOLE_EVERY: u64 = 16;
const PATIENCE: Duration = Duration::from_secs(10);

/// What goes out, and what must come back.
pub trait Talk {
    /// Octets that one read takes, and one write gives at most.
    const PIECE: usize;

    /// What goes out, again and again; [`period`](Self::period) octets of it and at least one write
    /// more.
    fn out(&self) -> &[u8];
    /// After so many octets it repeats.
    fn period(&self) -> usize;
    /// Octets that go out for one unit: a request, or an octet that is to come back.
    fn unit(&self) -> usize;
    /// Where the `n`-th connection begins, in what goes out and in what comes back.
    fn begin(&self, n: usize) -> usize;
    /// Are these the octets that must come next? Returns how many units are complete with them.
    /// `whole`: a long piece is compared in its middle as well.
    ///
    /// # Errors
    /// When they are others.
    fn take(&self, place: &mut Place, got: &[u8], whole: bool) -> io::Result<usize>;
}

/// How far a connection is in what comes back.
#[derive(Debug)]
pub struct Place {
    /// The octet that must come next.
    pub at: usize,
    /// Units that have not come back.
    pub away: usize,
}

struct Peer {
    stream: TcpStream,
    at_out: usize,
    /// Octets that may go out.
    owed: usize,
    place: Place,
}

/// Connections to one server, and what they have in common.
pub struct Load<T> {
    poll: Poll,
    events: Events,
    peers: Vec<Peer>,
    talk: T,
    buffer: Vec<u8>,
    reads: u64,
    received: u64,
    /// Nothing new goes out.
    ending: bool,
}

impl<T: Talk> Load<T> {
    /// Connects; nothing is sent yet. `learn` makes the talk, with the first connection.
    ///
    /// # Errors
    /// When the server does not take the connections, or `learn` fails; and when there are to be
    /// none.
    pub fn connect(
        addr: SocketAddr,
        connections: usize,
        learn: impl FnOnce(&mut std::net::TcpStream) -> io::Result<T>,
    ) -> io::Result<Self> {
        let mut streams = Vec::with_capacity(connections);
        for _ in 0..connections {
            let stream = std::net::TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let talk = learn(streams.first_mut().ok_or(io::ErrorKind::InvalidInput)?)?;
        let poll = Poll::new()?;
        let mut peers = Vec::with_capacity(connections);
        for (n, stream) in streams.into_iter().enumerate() {
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(n), both)?;
            let at = talk.begin(n);
            peers.push(Peer { stream, at_out: at, owed: 0, place: Place { at, away: 0 } });
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            peers,
            talk,
            buffer: vec![0; T::PIECE],
            reads: 0,
            received: 0,
            ending: false,
        })
    }

    /// Puts so many more units of each connection on the way.
    ///
    /// # Errors
    /// When a connection is broken.
    pub fn open_window(&mut self, units: usize) -> io::Result<()> {
        for peer in &mut self.peers {
            peer.owe(units, &self.talk);
            peer.send(&self.talk)?;
        }
        Ok(())
    }

    /// Keeps going for so long, and until something is there; returns the units that came back,
    /// and how long it really was.
    ///
    /// # Errors
    /// A broken connection, or other octets than must come.
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

    /// Sends nothing new, and waits until all that is on the way has come back.
    ///
    /// # Errors
    /// As with [`run`](Self::run), or when something is missing.
    pub fn finish(&mut self) -> io::Result<()> {
        self.ending = true;
        let until = Instant::now() + PATIENCE;
        while self.peers.iter().any(|peer| peer.place.away > 0) {
            if Instant::now() > until {
                let what = "not everything has come back";
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
                peer.send(&self.talk)?;
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
                let complete = self.talk.take(&mut peer.place, &self.buffer[..n], whole)?;
                self.received += complete as u64;
                if !self.ending {
                    peer.owe(complete, &self.talk);
                }
                peer.send(&self.talk)?;
                if n < self.buffer.len() {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Peer {
    fn owe<T: Talk>(&mut self, units: usize, talk: &T) {
        self.owed += units * talk.unit();
        self.place.away += units;
    }

    fn send<T: Talk>(&mut self, talk: &T) -> io::Result<()> {
        let out = talk.out();
        while self.owed > 0 {
            let n = self.owed.min(out.len() - self.at_out).min(T::PIECE);
            match self.stream.write(&out[self.at_out..][..n]) {
                Ok(written) => {
                    self.at_out = (self.at_out + written) % talk.period();
                    self.owed -= written;
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
}

impl<T> std::fmt::Debug for Load<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("connections", &self.peers.len()).finish_non_exhaustive()
    }
}

/// Other octets came than must.
pub fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
