//! One host's view of a simulated world: the [`Net`] that an event loop holds.
//!
//! What the kernel does on a system call stands here; what the wire does in
//! [`network`](super::network) and [`traffic`](super::traffic).

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::faults::{happens, pick, shorten};
use super::link::{Side, State};
use super::network::{Listener, Network};
use super::pipe::Fin;
use super::trace::Event;
use crate::net::{Farewell, Net, Readiness, Ready, Wake};
use crate::{ConnId, ListenerId, Now};

/// EMFILE, "too many open files": it has no name among the kinds of `io::Error`.
const EMFILE: i32 = 24;

/// A host on a simulated network. Dropping it is the death of the host: its peers see resets.
#[derive(Debug)]
pub struct SimNet {
    network: Rc<RefCell<Network>>,
    host: usize,
}

impl Drop for SimNet {
    fn drop(&mut self) {
        self.network.borrow_mut().kill(self.host);
    }
}

/// Only a flag: nobody sleeps in a simulation.
struct Flag(Arc<AtomicBool>);

impl Wake for Flag {
    fn wake(&self) -> io::Result<()> {
        self.0.store(true, Ordering::Release);
        Ok(())
    }
}

impl SimNet {
    pub(super) fn new(network: Rc<RefCell<Network>>, host: usize) -> Self {
        Self { network, host }
    }

    /// Is there something that the next wait will tell?
    pub fn is_ready(&self) -> bool {
        let network = self.network.borrow();
        network.hosts[self.host].is_ready(network.now)
    }

    /// When something will be told that is being held back.
    pub fn ready_at(&self) -> Option<Now> {
        let network = self.network.borrow();
        let host = &network.hosts[self.host];
        let waits = host.has_edges() || host.woken.load(Ordering::Acquire);
        waits.then_some(host.late_until)
    }

    /// A lone host has nobody to wait for: its clock jumps to whatever comes first.
    fn jump(&self, until: Option<Now>) {
        let mut network = self.network.borrow_mut();
        while !network.hosts[self.host].is_ready(network.now) {
            let host = &network.hosts[self.host];
            let told = host.has_edges().then_some(host.late_until);
            let first = [network.next_happening(), told, until].into_iter().flatten().min();
            match first {
                Some(at) if at > network.now || until.is_none_or(|until| at < until) => {
                    network.advance(at);
                }
                _ => return,
            }
        }
    }
}

impl Network {
    fn find(&self, host: usize, conn: ConnId) -> io::Result<(u64, Side)> {
        self.hosts[host].conns.get(&conn).copied().ok_or(ErrorKind::NotConnected.into())
    }

    fn state(&self, host: usize, conn: ConnId) -> io::Result<(u64, Side, State)> {
        let (link, side) = self.find(host, conn)?;
        let state = self.links.get(&link).map_or(State::Closed, |books| books.end(side).state);
        Ok((link, side, state))
    }

    /// Tells what has changed, in the order in which it did, or in any.
    fn tell(&mut self, host: usize, out: &mut Vec<Ready>) {
        if !self.hosts[host].is_ready(self.now) {
            return;
        }
        self.add_spurious(host);
        let books = &mut self.hosts[host];
        let start = out.len();
        if books.woken.swap(false, Ordering::AcqRel) {
            out.push(Ready::Woken);
        }
        out.extend(books.knocks.drain(..).map(Ready::Listener));
        for conn in books.order.drain(..) {
            if let Some(readiness) = books.edges.remove(&conn) {
                out.push(Ready::Conn(conn, readiness));
            }
        }
        let told = &mut out[start..];
        if self.faults.shuffled {
            for n in (1..told.len()).rev() {
                told.swap(n, self.random.below(n as u64 + 1) as usize);
            }
        }
        let events = told.len();
        self.note(&Event::Told { host, events });
    }

    fn add_spurious(&mut self, host: usize) {
        let count = self.hosts[host].conns.len();
        if count > 0 && happens(&mut self.random, self.faults.spurious) {
            let chosen = self.random.below(count as u64) as usize;
            if let Some(&(link, side)) = self.hosts[host].conns.values().nth(chosen) {
                let edge = Readiness { readable: true, writable: true, ..Readiness::default() };
                self.raise(link, side, edge);
            }
        }
    }

    fn accept_one(&mut self, host: usize, id: ListenerId, conn: ConnId) -> io::Result<SocketAddr> {
        let Some(addr) = self.hosts[host].listeners.get(&id).copied() else {
            return Err(ErrorKind::WouldBlock.into());
        };
        let waiting = self.listeners.get(&addr).is_some_and(|l| !l.backlog.is_empty());
        if !waiting {
            return Err(ErrorKind::WouldBlock.into());
        }
        if happens(&mut self.random, self.faults.accept_starved) {
            let time = pick(&mut self.random, self.faults.starved);
            self.hosts[host].starved_until = self.now + time;
        }
        if self.now < self.hosts[host].starved_until {
            self.note(&Event::AcceptFailed { host, starved: true });
            return Err(io::Error::from_raw_os_error(EMFILE));
        }
        let first = self.listeners.get_mut(&addr).and_then(|l| l.backlog.pop_front());
        let Some(link) = first else { return Err(ErrorKind::WouldBlock.into()) };
        if happens(&mut self.random, self.faults.accept_aborted) {
            self.note(&Event::AcceptFailed { host, starved: false });
            self.send_reset(link, Side::Server);
            self.close_end(link, Side::Server);
            return Err(ErrorKind::ConnectionAborted.into());
        }
        let Some(books) = self.links.get_mut(&link) else {
            return Err(ErrorKind::ConnectionAborted.into());
        };
        let peer = books.end(Side::Client).addr;
        let readable = books.pipe(Side::Client).readable() > 0;
        let end = books.end_mut(Side::Server);
        end.conn = Some(conn);
        let failed = matches!(end.state, State::Broken(_));
        if !failed {
            end.state = State::Open;
        }
        self.hosts[host].conns.insert(conn, (link, Side::Server));
        self.note(&Event::Accepted { link, conn });
        let fin = self.links[&link].fin_from_client();
        let edge =
            Readiness { readable: readable || fin, writable: true, read_closed: fin, failed };
        self.raise(link, Side::Server, edge);
        Ok(peer)
    }

    fn read_some(&mut self, host: usize, conn: ConnId, buf: &mut [u8]) -> io::Result<usize> {
        let (link, side, state) = self.state(host, conn)?;
        match state {
            State::Open => {}
            State::Broken(why) => return Err(self.take_error(link, side).unwrap_or(why.into())),
            _ => return Err(ErrorKind::NotConnected.into()),
        }
        let Some(books) = self.links.get_mut(&link) else {
            return Err(ErrorKind::NotConnected.into());
        };
        let pipe = books.pipe(side.other());
        let there = pipe.readable().min(buf.len());
        if there == 0 {
            let fin = pipe.is_at_fin() || buf.is_empty();
            return if fin { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let n = shorten(&mut self.random, self.faults.short_reads, there);
        pipe.read(&mut buf[..n]);
        let left = pipe.readable() > 0;
        self.note(&Event::Read { link, side, bytes: n });
        if n < buf.len() && left {
            // The contract: after a short read, what is there is a new edge.
            self.raise(link, side, Readiness { readable: true, ..Readiness::default() });
        }
        self.pump(link, side.other());
        Ok(n)
    }

    fn write_some(&mut self, host: usize, conn: ConnId, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let (link, side, state) = self.state(host, conn)?;
        match state {
            State::Open => {}
            State::Dialling => return Err(ErrorKind::WouldBlock.into()),
            // [POSIX send] The first to ask gets the error, the others a broken pipe.
            State::Broken(_) => {
                return Err(self.take_error(link, side).unwrap_or(ErrorKind::BrokenPipe.into()));
            }
            _ => return Err(ErrorKind::NotConnected.into()),
        }
        let Some(books) = self.links.get_mut(&link) else {
            return Err(ErrorKind::NotConnected.into());
        };
        let pipe = books.pipe(side);
        if pipe.fin != Fin::None {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let (offered, room) = (bufs.iter().map(|buf| buf.len()).sum::<usize>(), pipe.room());
        if room == 0 && offered > 0 {
            pipe.wants_room = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = shorten(&mut self.random, self.faults.short_writes, offered.min(room));
        pipe.write(bufs, n);
        if n < offered && n == room {
            pipe.wants_room = true;
        } else if n < offered {
            // The contract: after a short write, room is a new edge.
            self.raise(link, side, Readiness { writable: true, ..Readiness::default() });
        }
        self.pump(link, side);
        Ok(n)
    }

    fn take_error(&mut self, link: u64, side: Side) -> Option<io::Error> {
        let end = self.links.get_mut(&link)?.end_mut(side);
        match end.state {
            State::Broken(why) if std::mem::take(&mut end.error_pending) => Some(why.into()),
            _ => None,
        }
    }
}

impl Net for SimNet {
    fn now(&mut self) -> Now {
        self.network.borrow().now
    }

    fn seed(&mut self) -> u64 {
        self.network.borrow_mut().random.bits()
    }

    fn waker(&self) -> Arc<dyn Wake> {
        Arc::new(Flag(self.network.borrow().hosts[self.host].woken.clone()))
    }

    fn poll(&mut self, ready: &mut Vec<Ready>, until: Option<Now>) -> io::Result<()> {
        let alone = self.network.borrow().hosts.iter().filter(|host| host.alive).count() == 1;
        if alone {
            self.jump(until);
        }
        self.network.borrow_mut().tell(self.host, ready);
        Ok(())
    }

    fn listen(&mut self, id: ListenerId, addr: SocketAddr) -> io::Result<SocketAddr> {
        let mut network = self.network.borrow_mut();
        if !addr.ip().is_unspecified() && addr.ip() != network.hosts[self.host].ip {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let port = if addr.port() == 0 { network.free_port(addr.ip()) } else { addr.port() };
        let addr = SocketAddr::new(addr.ip(), port);
        if network.listeners.contains_key(&addr) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let listener = Listener { host: self.host, id, backlog: std::collections::VecDeque::new() };
        network.listeners.insert(addr, listener);
        network.hosts[self.host].listeners.insert(id, addr);
        Ok(addr)
    }

    fn unlisten(&mut self, id: ListenerId) {
        self.network.borrow_mut().unlisten(self.host, id);
    }

    fn accept(&mut self, listener: ListenerId, conn: ConnId) -> io::Result<SocketAddr> {
        self.network.borrow_mut().accept_one(self.host, listener, conn)
    }

    fn connect(&mut self, conn: ConnId, addr: SocketAddr) -> io::Result<()> {
        self.network.borrow_mut().dial(self.host, conn, addr);
        Ok(())
    }

    fn is_connected(&mut self, conn: ConnId) -> io::Result<bool> {
        let mut network = self.network.borrow_mut();
        let (link, side, state) = network.state(self.host, conn)?;
        match state {
            State::Dialling => Ok(false),
            State::Broken(why) => Err(network.take_error(link, side).unwrap_or(why.into())),
            _ => Ok(true),
        }
    }

    fn local_addr(&mut self, conn: ConnId) -> io::Result<SocketAddr> {
        let network = self.network.borrow();
        let (link, side) = network.find(self.host, conn)?;
        let books = network.links.get(&link);
        books.map(|books| books.end(side).addr).ok_or(ErrorKind::NotConnected.into())
    }

    fn read(&mut self, conn: ConnId, buf: &mut [u8]) -> io::Result<usize> {
        self.network.borrow_mut().read_some(self.host, conn, buf)
    }

    fn write(&mut self, conn: ConnId, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.network.borrow_mut().write_some(self.host, conn, bufs)
    }

    fn shutdown(&mut self, conn: ConnId) -> io::Result<()> {
        let mut network = self.network.borrow_mut();
        let (link, side, state) = network.state(self.host, conn)?;
        if state != State::Open {
            return Err(ErrorKind::NotConnected.into());
        }
        if let Some(books) = network.links.get_mut(&link)
            && books.pipe(side).fin == Fin::None
        {
            books.pipe(side).fin = Fin::Asked;
            network.pump(link, side);
        }
        Ok(())
    }

    fn error(&mut self, conn: ConnId) -> Option<io::Error> {
        let mut network = self.network.borrow_mut();
        let (link, side) = network.find(self.host, conn).ok()?;
        network.take_error(link, side)
    }

    fn close(&mut self, conn: ConnId, farewell: Farewell) {
        self.network.borrow_mut().let_go(self.host, conn, farewell == Farewell::Reset);
    }
}
