//! Several loops on several cores: one thread each, all listening on the same address.
//!
//! The loops share nothing but the port; the kernel deals the connections out (`SO_REUSEPORT`).
//! What loops must tell each other goes through [mailboxes](crate::mailbox), never through locks.

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use crate::{EventLoop, ListenerId, MioNet, Net, Service, Settings, Stopper};

/// Loops at once that may be asked for.
pub const LOOPS_MAX: usize = 256;

/// Running loops.
#[derive(Debug)]
pub struct Many {
    addr: SocketAddr,
    stoppers: Vec<Stopper>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

/// Starts `count` loops (at least one, at most [`LOOPS_MAX`]), each with a service of its own:
/// `make(n)` is called in the thread of loop `n`. Port 0 takes a free port, the same for all.
///
/// # Errors
/// When the address cannot be listened on, or a thread cannot be had.
pub fn start<S, F>(addr: SocketAddr, count: usize, settings: &Settings, make: F) -> io::Result<Many>
where
    S: Service,
    F: Fn(usize) -> S + Clone + Send + 'static,
{
    start_with(addr, count, settings, move |n, _| make(n))
}

/// The same; `make` is also shown the loop, for a [mailbox](EventLoop::mailbox) of its own into it.
///
/// # Errors
/// As for [`start`].
pub fn start_with<S, F>(
    addr: SocketAddr,
    count: usize,
    settings: &Settings,
    make: F,
) -> io::Result<Many>
where
    S: Service,
    F: Fn(usize, &EventLoop<MioNet>) -> S + Clone + Send + 'static,
{
    let count = count.clamp(1, LOOPS_MAX);
    let mut many = Many { addr, stoppers: Vec::new(), threads: Vec::new() };
    let mut loops = Vec::new();
    if count > 1 {
        // Sockets that share a port would also share it with a server that is already there:
        // listen alone for a moment, so that an address in use is an error as with one loop.
        MioNet::new()?.listen(ListenerId(0), addr)?;
    }
    for _ in 0..count {
        let net = MioNet::new()?;
        let net = if count > 1 { net.sharing_ports() } else { net };
        let mut event_loop = EventLoop::new(net, settings.clone());
        (_, many.addr) = event_loop.listen(many.addr)?;
        many.stoppers.push(event_loop.stopper());
        loops.push(event_loop);
    }
    for (n, mut event_loop) in loops.into_iter().enumerate() {
        let make = make.clone();
        let run = move || {
            let mut service = make(n, &event_loop);
            event_loop.run(&mut service)
        };
        many.threads.push(thread::Builder::new().name(format!("loop-{n}")).spawn(run)?);
    }
    Ok(many)
}

impl Many {
    /// The address that all of them listen on, with its port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A handle for each loop, to be stopped together.
    pub fn stoppers(&self) -> Vec<Stopper> {
        self.stoppers.clone()
    }

    /// Waits until all loops have ended.
    ///
    /// # Errors
    /// The first that one of them ended with.
    pub fn join(self) -> io::Result<()> {
        let mut result = Ok(());
        for thread in self.threads {
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("a loop panicked")));
            result = result.and(ended);
        }
        result
    }
}
