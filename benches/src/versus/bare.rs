//! The plainest fast echo loop: what one writes when the echo is all there is.
//!
//! mio, edge-triggered; one buffer of 64 KiB for all; what was read is written at once, and what
//! the kernel did not take is kept until it does. Like the house's loop it sets TCP_NODELAY and
//! spends no second read on a socket that a short read has drained. It has none of the rest: no
//! ids, no timers, no limits, no fairness, no mailboxes. That rest is what the comparison prices.

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;

const LISTENER: Token = Token(usize::MAX);
const BUFFER: usize = 64 * 1024;
const EVENTS: usize = 1024;

struct Peer {
    stream: TcpStream,
    /// Read, and not yet taken back by the kernel. While there is any, nothing is read.
    rest: Vec<u8>,
    /// The peer's FIN was told: it is found by reading on.
    read_closed: bool,
}

/// What became of a peer.
enum Now {
    Waits,
    Gone,
}

/// Serves on `addr` for ever; tells the address it got.
pub fn serve(addr: SocketAddr, listening: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(EVENTS);
    let mut listener = TcpListener::bind(addr)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    listening(listener.local_addr()?);
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        if let Err(error) = poll.poll(&mut events, None) {
            if error.kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return Err(error);
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&poll, &listener, &mut peers, &mut free)?;
                continue;
            }
            let Token(slot) = event.token();
            let Some(peer) = &mut peers[slot] else { continue };
            peer.read_closed |= event.is_read_closed();
            if let Now::Gone = echo(peer, &mut buffer) {
                peers[slot] = None;
                free.push(slot);
            }
        }
    }
}

fn accept(
    poll: &Poll,
    listener: &TcpListener,
    peers: &mut Vec<Option<Peer>>,
    free: &mut Vec<usize>,
) -> io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nodelay(true)?;
        let slot = free.pop().unwrap_or_else(|| {
            peers.push(None);
            peers.len() - 1
        });
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(slot), both)?;
        peers[slot] = Some(Peer { stream, rest: Vec::new(), read_closed: false });
    }
}

/// Writes what is left, then reads and writes until the kernel has no more or takes no more.
fn echo(peer: &mut Peer, buffer: &mut [u8]) -> Now {
    if !peer.rest.is_empty() {
        match peer.stream.write(&peer.rest) {
            Ok(n) => drop(peer.rest.drain(..n)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Now::Waits,
            Err(_) => return Now::Gone,
        }
        if !peer.rest.is_empty() {
            return Now::Waits;
        }
    }
    loop {
        let n = match peer.stream.read(buffer) {
            Ok(0) => return Now::Gone,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Now::Waits,
            Err(_) => return Now::Gone,
        };
        let written = match peer.stream.write(&buffer[..n]) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return Now::Gone,
        };
        if written < n {
            peer.rest.extend_from_slice(&buffer[written..n]);
            return Now::Waits;
        }
        if n < buffer.len() && !peer.read_closed {
            return Now::Waits;
        }
    }
}
