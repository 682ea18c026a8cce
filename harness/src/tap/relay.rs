//! A recording relay: it stands between a client and a server, hands on what each says, and
//! tells what and when. Needs no rights, and works on any system.
//!
//! ```text
//!   client ──► read ──(late)──► hand on, in pieces ──► server        two threads for each
//!          ◄── hand on ◄─────── read ◄───────────────                direction
//! ```
//! It may name sockets and threads. It sees bytes, never frames: those are put together
//! afterwards (`synthesise`), and said to be.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::faults::Faults;

/// The most that is read at once: what a segment of the lab's network holds.
pub const PIECE_MAX: usize = 1460;
/// Pieces of one direction that wait until they are due; then its sender waits.
const WAITING_MAX: usize = 1024;
/// Connections at a time; others wait to be accepted.
const CONNECTIONS_MAX: usize = 256;
/// How long the server may take to be connected to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes that a [`Notebook`] keeps; what comes after is handed on, and not noted.
pub const BYTES_MAX: u64 = 64 << 20;
/// How long the relay waits for its connections' ends when the play is over.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it waits for the next connection before it looks whether the play is over.
const GLANCE: Duration = Duration::from_millis(5);

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that connected.
    Client,
    /// The side that was connected to.
    Server,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The client connected, from there, for the server there.
    Open(SocketAddr, SocketAddr),
    /// It was handed on that it sent these.
    Data(Vec<u8>),
    /// It will send no more.
    Close,
    /// It broke the connection off.
    Reset,
}

/// One thing that the relay saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Nanoseconds since 1970 UTC.
    pub time_ns: u64,
    /// Which connection, from 0.
    pub connection: usize,
    /// Who.
    pub side: Side,
    /// What.
    pub deed: Deed,
}

/// Keeps what relays see.
#[derive(Clone, Debug, Default)]
pub struct Notebook(Arc<Mutex<(u64, Vec<Happening>)>>);

impl Notebook {
    /// Notes a happening, if there is room for it.
    pub fn note(&self, happening: Happening) {
        let Ok(mut notes) = self.0.lock() else { return };
        if let Deed::Data(data) = &happening.deed {
            notes.0 += data.len() as u64;
            if notes.0 > BYTES_MAX {
                return;
            }
        }
        notes.1.push(happening);
    }

    /// All that was noted, in the order in which it happened.
    pub fn happenings(&self) -> Vec<Happening> {
        self.0.lock().map(|notes| notes.1.clone()).unwrap_or_default()
    }
}

/// Whoever is told, one happening at a time.
type Told = Arc<Mutex<dyn FnMut(Happening) + Send>>;

/// A relay at work.
#[derive(Debug)]
pub struct Relay {
    addr: SocketAddr,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Relay {
    /// Begins to relay what comes to `own` to `server`, and tells `tell` of it.
    ///
    /// # Errors
    /// When `own` cannot be listened on.
    pub fn between(
        own: SocketAddr,
        server: SocketAddr,
        faults: Faults,
        tell: impl FnMut(Happening) + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(own)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        let link = Link { number: 0, server, faults, told: Arc::new(Mutex::new(tell)) };
        let thread = thread::spawn(move || accept(&listener, link, &flag));
        Ok(Self { addr, over, thread })
    }

    /// Where clients should connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The play is over: all has been told, unless somebody keeps his connection open.
    pub fn finish(self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

/// Nanoseconds since 1970 UTC.
pub fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

fn accept(listener: &TcpListener, mut link: Link, over: &AtomicBool) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while !over.load(Ordering::Relaxed) {
        threads.retain(|thread| !thread.is_finished());
        let accepted = (threads.len() < 4 * CONNECTIONS_MAX).then(|| listener.accept().ok());
        let Some((client, from)) = accepted.flatten() else {
            thread::sleep(GLANCE);
            continue;
        };
        threads.extend(link.clone().join(client, from));
        link.number += 1;
    }
    // What is on its way arrives; but who keeps his connection open is not waited for.
    let deadline = Instant::now() + PATIENCE;
    while threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < deadline {
        thread::sleep(GLANCE);
    }
}

/// One connection through the relay.
#[derive(Clone)]
struct Link {
    number: usize,
    server: SocketAddr,
    faults: Faults,
    told: Told,
}

/// What was read, and when.
type Parcel = (Instant, Deed);

impl Link {
    fn tell(&self, side: Side, deed: Deed) {
        // The time is taken under the lock, so that times and order agree.
        let Ok(mut tell) = self.told.lock() else { return };
        tell(Happening { time_ns: now_ns(), connection: self.number, side, deed });
    }

    /// Connects a client to the server; each direction has its threads.
    fn join(self, client: TcpStream, from: SocketAddr) -> Vec<JoinHandle<()>> {
        self.tell(Side::Client, Deed::Open(from, self.server));
        let server = TcpStream::connect_timeout(&self.server, CONNECT_TIMEOUT);
        let both = server.and_then(|server| {
            client.set_nonblocking(false)?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            Ok([(client.try_clone()?, server.try_clone()?), (server, client)])
        });
        let [there, back] = match both {
            Ok(both) => both,
            Err(error) => {
                log::warn!("no connection to {}: {error}", self.server);
                self.tell(Side::Server, Deed::Reset);
                return Vec::new();
            }
        };
        let cut = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (side, (from, to)) in [(Side::Client, there), (Side::Server, back)] {
            let (sender, parcels) = sync_channel(WAITING_MAX);
            let (Ok(reader), faults) = (from.try_clone(), self.faults.of(side)) else { break };
            let (link, cut, is_cut) = (self.clone(), Arc::clone(&cut), Arc::clone(&cut));
            threads.push(thread::spawn(move || read(reader, &sender, &is_cut)));
            let way = Way { link, side, faults, from, to, cut, passed: 0 };
            threads.push(thread::spawn(move || way.hand_on(&parcels)));
        }
        threads
    }
}

fn read(mut from: TcpStream, parcels: &SyncSender<Parcel>, is_cut: &AtomicBool) {
    let mut buffer = [0; PIECE_MAX];
    loop {
        let deed = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // It was we who ended it.
            _ if is_cut.load(Ordering::Relaxed) => return,
            Ok(0) => Deed::Close,
            Ok(got) => Deed::Data(buffer[..got].to_vec()),
            Err(_) => Deed::Reset,
        };
        let is_last = !matches!(deed, Deed::Data(_));
        if parcels.send((Instant::now(), deed)).is_err() || is_last {
            return;
        }
    }
}

/// One direction of a connection.
struct Way {
    link: Link,
    side: Side,
    faults: Faults,
    from: TcpStream,
    to: TcpStream,
    /// The relay has cut the connection.
    cut: Arc<AtomicBool>,
    /// Bytes that were handed on.
    passed: u64,
}

impl Way {
    /// Hands on what comes, each parcel when it is due, until there is no more.
    fn hand_on(mut self, parcels: &Receiver<Parcel>) {
        while let Ok((at, deed)) = parcels.recv() {
            thread::sleep((at + self.faults.delay()).saturating_duration_since(Instant::now()));
            if self.cut.load(Ordering::Relaxed) {
                return;
            }
            match deed {
                Deed::Data(data) => {
                    if self.hand_on_data(&data).is_err() {
                        // Whoever takes nothing more has broken it off.
                        let other = match self.side {
                            Side::Client => Side::Server,
                            Side::Server => Side::Client,
                        };
                        self.link.tell(other, Deed::Reset);
                        let _ = self.from.shutdown(Shutdown::Both);
                        return;
                    }
                }
                Deed::Reset => {
                    self.link.tell(self.side, Deed::Reset);
                    let _ = self.to.shutdown(Shutdown::Both);
                }
                end => {
                    self.link.tell(self.side, end);
                    let _ = self.to.shutdown(Shutdown::Write);
                }
            }
        }
    }

    fn hand_on_data(&mut self, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() && !self.faults.ends(self.passed) {
            let (piece, rest) = data.split_at(self.faults.piece(self.passed, data.len()));
            // Told before it is handed on, so that no answer is told before its question.
            self.link.tell(self.side, Deed::Data(piece.to_vec()));
            self.to.write_all(piece)?;
            self.passed += piece.len() as u64;
            data = rest;
            if !data.is_empty() {
                thread::sleep(self.faults.gap());
            }
        }
        if self.faults.ends(self.passed) {
            self.end();
        }
        Ok(())
    }

    /// Ends the connection in both directions.
    fn end(&self) {
        self.cut.store(true, Ordering::Relaxed);
        if self.faults.reset {
            self.link.tell(self.side, Deed::Reset);
        } else {
            self.link.tell(Side::Client, Deed::Close);
            self.link.tell(Side::Server, Deed::Close);
        }
        for stream in [&self.from, &self.to] {
            if self.faults.reset {
                // The last thread that lets go of the socket resets it; this wakes them.
                let _ = reset_at_close(stream);
                let _ = stream.shutdown(Shutdown::Read);
            } else {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

#[cfg(unix)]
fn reset_at_close(stream: &TcpStream) -> nix::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt::Linger};
    setsockopt(stream, Linger, &nix::libc::linger { l_onoff: 1, l_linger: 0 })
}

#[cfg(not(unix))]
fn reset_at_close(_: &TcpStream) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
