//! A recording relay: it stands between a client and a server, hands on what each says, and
//! notes what and when. Needs no rights, and works on any system.
//!
//! It may name sockets and threads. It sees bytes, never frames: those are put together
//! afterwards (`synthesise`), and said to be.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The most that is read at once: what a segment of the lab's network holds.
pub const PIECE_MAX: usize = 1460;
/// The most bytes that are recorded; what comes after is handed on, and not noted.
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
    /// The client connected, from this port.
    Open(u16),
    /// It sent bytes.
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

/// All that the relay saw.
#[derive(Debug)]
pub struct Records {
    /// When it began, in nanoseconds since 1970 UTC.
    pub start_ns: u64,
    /// In the order in which it happened.
    pub happenings: Vec<Happening>,
}

/// The notebook that all threads write into.
#[derive(Clone, Debug, Default)]
struct Notes {
    happenings: Arc<Mutex<Vec<Happening>>>,
    bytes: Arc<AtomicU64>,
}

impl Notes {
    fn note(&self, connection: usize, side: Side, deed: Deed) {
        if let Deed::Data(data) = &deed {
            let before = self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
            if before + data.len() as u64 > BYTES_MAX {
                return;
            }
        }
        // The time is taken under the lock, so that times and order agree.
        let Ok(mut happenings) = self.happenings.lock() else { return };
        happenings.push(Happening { time_ns: now_ns(), connection, side, deed });
    }
}

/// A relay at work.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    over: Arc<AtomicBool>,
    notes: Notes,
    start_ns: u64,
    thread: JoinHandle<()>,
}

impl Relay {
    /// Begins to relay to `port` at `host`, from a free port there.
    pub fn start(host: Ipv4Addr, port: u16) -> io::Result<Self> {
        Self::between((host, 0).into(), (host, port).into())
    }

    /// Begins to relay what comes to `own` to `server`.
    pub fn between(own: SocketAddr, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(own)?;
        listener.set_nonblocking(true)?;
        let own_port = listener.local_addr()?.port();
        let over = Arc::new(AtomicBool::new(false));
        let notes = Notes::default();
        let (flag, pad) = (Arc::clone(&over), notes.clone());
        let thread = thread::spawn(move || accept(&listener, server, &flag, &pad));
        Ok(Self { port: own_port, over, notes, start_ns: now_ns(), thread })
    }

    /// Where clients should connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The play is over: what was noted.
    pub fn finish(self) -> Records {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
        let happenings = self.notes.happenings.lock().map(|h| h.clone()).unwrap_or_default();
        Records { start_ns: self.start_ns, happenings }
    }
}

/// Nanoseconds since 1970 UTC.
pub fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

fn accept(listener: &TcpListener, server: SocketAddr, over: &AtomicBool, notes: &Notes) {
    let mut pumps: Vec<JoinHandle<()>> = Vec::new();
    let mut count = 0;
    while !over.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, from)) => {
                pumps.extend(join(client, from, server, count, notes));
                count += 1;
            }
            Err(_) => thread::sleep(GLANCE),
        }
    }
    // What is on its way arrives; but who keeps his connection open is not waited for.
    let deadline = Instant::now() + PATIENCE;
    while pumps.iter().any(|pump| !pump.is_finished()) && Instant::now() < deadline {
        thread::sleep(GLANCE);
    }
}

/// Connects a client to the server; each direction has a thread.
fn join(
    client: TcpStream,
    from: SocketAddr,
    server: SocketAddr,
    connection: usize,
    notes: &Notes,
) -> Vec<JoinHandle<()>> {
    let both = || -> io::Result<_> {
        client.set_nonblocking(false)?;
        client.set_nodelay(true)?;
        let server = TcpStream::connect(server)?;
        server.set_nodelay(true)?;
        Ok([(client.try_clone()?, server.try_clone()?), (server, client)])
    };
    notes.note(connection, Side::Client, Deed::Open(from.port()));
    let Ok([there, back]) = both() else {
        notes.note(connection, Side::Server, Deed::Reset);
        return Vec::new();
    };
    [(Side::Client, there), (Side::Server, back)]
        .into_iter()
        .map(|(side, (from, to))| {
            let notes = notes.clone();
            thread::spawn(move || pump(from, to, connection, side, &notes))
        })
        .collect()
}

/// Hands on what `side` says, until it ends.
fn pump(mut from: TcpStream, mut to: TcpStream, connection: usize, side: Side, notes: &Notes) {
    let mut buffer = [0; PIECE_MAX];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => {
                notes.note(connection, side, Deed::Close);
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(got) => {
                // Noted before it is handed on, so that no answer is noted before its question.
                notes.note(connection, side, Deed::Data(buffer[..got].to_vec()));
                if to.write_all(&buffer[..got]).is_err() {
                    let _ = from.shutdown(Shutdown::Both);
                    return;
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                notes.note(connection, side, Deed::Reset);
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}
