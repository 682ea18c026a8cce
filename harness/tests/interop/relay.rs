//! A relay on the loopback that counts: how many connections a client makes, and how much it
//! says. What a client claims of itself can so be held against what it did.
//!
//! It knows TCP, and not what is said.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    upwards: AtomicUsize,
}

/// Hands on everything to one server, for as long as the test's process lives.
pub struct Relay {
    counts: Arc<Counts>,
    addr: SocketAddr,
}

impl Relay {
    /// A relay to `server`, `HOST:PORT`.
    pub fn to(server: &str) -> Result<Self, String> {
        let server: SocketAddr = server.parse().map_err(|e| format!("{server}: {e}"))?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let addr = listener.local_addr().map_err(|e| e.to_string())?;
        let counts = Arc::<Counts>::default();
        let ours = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                ours.connections.fetch_add(1, Ordering::SeqCst);
                let counts = Arc::clone(&ours);
                // One that cannot be reached is seen as a connection that closes.
                thread::spawn(move || join(client, server, counts));
            }
        });
        Ok(Self { counts, addr })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections that clients have made so far.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// Octets that clients have sent so far.
    pub fn upwards(&self) -> usize {
        self.counts.upwards.load(Ordering::SeqCst)
    }
}

fn join(client: TcpStream, server: SocketAddr, counts: Arc<Counts>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pass(from, to, &counts.upwards));
    pass(server, client, &AtomicUsize::new(0));
    Ok(())
}

/// What comes in goes out, its end too.
fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicUsize) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        count.fetch_add(n, Ordering::SeqCst);
        // What nobody takes is read all the same: left unread, it would break the other way too.
        let _ = to.write_all(&buffer[..n]);
    }
    let _ = to.shutdown(Shutdown::Write);
}
