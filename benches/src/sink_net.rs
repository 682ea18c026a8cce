//! A network without a kernel: it accepts whom it is told to accept, gives out prepared bytes
//! where it is told that there are some, and swallows what is written.
//!
//! What a loop costs on it is the loop's own cost. It knows nothing of services.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wirelab_reactor::net::{Farewell, Readiness};
use wirelab_reactor::{ConnId, ListenerId, Net, Now, Ready, Wake};

/// The network; its clock stands still unless somebody waits for it.
#[derive(Debug, Default)]
pub struct SinkNet {
    now: Now,
    bell: Arc<Bell>,
    /// What the next poll tells.
    ready: Vec<Ready>,
    listener: Option<ListenerId>,
    /// Connections that the listener has not accepted yet.
    waiting: usize,
    conns: VecDeque<ConnId>,
    /// What one read returns.
    prepared: Vec<u8>,
    written: u64,
    writes: u64,
}

#[derive(Debug, Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(&self) -> io::Result<()> {
        self.0.store(true, Ordering::Release);
        Ok(())
    }
}

const READABLE: Readiness =
    Readiness { readable: true, writable: false, read_closed: false, failed: false };

impl SinkNet {
    /// A network on which every read returns `prepared`.
    pub fn new(prepared: &[u8]) -> Self {
        Self { prepared: prepared.to_vec(), ..Self::default() }
    }

    /// From now on every read returns this.
    pub fn prepare(&mut self, prepared: &[u8]) {
        self.prepared.clear();
        self.prepared.extend_from_slice(prepared);
    }

    /// `count` peers connect to the listener.
    pub fn knock(&mut self, count: usize) {
        self.waiting += count;
        self.ready.extend(self.listener.map(Ready::Listener));
    }

    /// The next poll finds bytes at `count` connections, and each time at others: they take turns.
    pub fn make_readable(&mut self, count: usize) {
        for _ in 0..count.min(self.conns.len()) {
            self.conns.rotate_left(1);
            self.ready.push(Ready::Conn(self.conns[0], READABLE));
        }
    }

    /// The connections that stand.
    pub fn conns(&self) -> impl Iterator<Item = ConnId> + '_ {
        self.conns.iter().copied()
    }

    /// Bytes and calls that were written so far.
    pub fn written(&self) -> (u64, u64) {
        (self.written, self.writes)
    }
}

impl Net for SinkNet {
    fn now(&mut self) -> Now {
        self.now
    }

    fn seed(&mut self) -> u64 {
        1
    }

    fn waker(&self) -> Arc<dyn Wake> {
        self.bell.clone()
    }

    /// Never waits: with nothing to tell, the clock jumps to the time that was waited for.
    fn poll(&mut self, ready: &mut Vec<Ready>, until: Option<Now>) -> io::Result<()> {
        if self.bell.0.swap(false, Ordering::Acquire) {
            ready.push(Ready::Woken);
        }
        ready.append(&mut self.ready);
        if ready.is_empty() {
            self.now = self.now.max(until.unwrap_or(self.now));
        }
        Ok(())
    }

    fn listen(&mut self, id: ListenerId, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.listener = Some(id);
        Ok(addr)
    }

    fn unlisten(&mut self, _id: ListenerId) {
        self.listener = None;
    }

    fn accept(&mut self, _listener: ListenerId, conn: ConnId) -> io::Result<SocketAddr> {
        self.waiting = self.waiting.checked_sub(1).ok_or(io::ErrorKind::WouldBlock)?;
        self.conns.push_back(conn);
        Ok(SocketAddr::from(([127, 0, 0, 1], 1)))
    }

    fn connect(&mut self, _conn: ConnId, _addr: SocketAddr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_connected(&mut self, _conn: ConnId) -> io::Result<bool> {
        Ok(true)
    }

    fn local_addr(&mut self, _conn: ConnId) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from(([127, 0, 0, 1], 2)))
    }

    fn read(&mut self, _conn: ConnId, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(self.prepared.len());
        buf[..n].copy_from_slice(&self.prepared[..n]);
        Ok(n)
    }

    fn write(&mut self, _conn: ConnId, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let n = bufs.iter().map(|buf| buf.len()).sum();
        self.written += n as u64;
        self.writes += 1;
        Ok(n)
    }

    fn shutdown(&mut self, _conn: ConnId) -> io::Result<()> {
        Ok(())
    }

    fn error(&mut self, _conn: ConnId) -> Option<io::Error> {
        None
    }

    fn close(&mut self, conn: ConnId, _farewell: Farewell) {
        self.conns.retain(|other| *other != conn);
    }
}
