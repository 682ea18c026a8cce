//! Real sockets: the [`Net`] over mio. The only file that names mio or socket2.
//!
//! It does what it is asked, on descriptors. It knows neither services nor queues.

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits::{EVENTS_PER_TURN, LISTEN_BACKLOG};
use crate::net::{Farewell, Net, Readiness, Ready, Wake};
use crate::{ConnId, ListenerId, Now};

const WAKER: Token = Token(usize::MAX);
/// Tokens below are slots of connections, from here on listeners.
const LISTENERS: usize = usize::MAX / 2;

/// What Unix says of a connect that is under way; std has no stable name for it.
const EINPROGRESS: i32 =
    if cfg!(any(target_os = "linux", target_os = "android")) { 115 } else { 36 };

/// The machine's own network and clock.
#[derive(Debug)]
pub struct MioNet {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    started: Instant,
    /// By slot; an event's slot names the connection that holds it now, because closing a
    /// descriptor takes its events out of the kernel's list.
    streams: Vec<Option<(ConnId, TcpStream)>>,
    listeners: Vec<Option<TcpListener>>,
    share_port: bool,
    from: Option<IpAddr>,
}

impl MioNet {
    /// A network with nothing on it.
    ///
    /// # Errors
    /// When the kernel gives no more descriptors.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS_PER_TURN),
            waker,
            started: Instant::now(),
            streams: Vec::new(),
            listeners: Vec::new(),
            share_port: false,
            from: None,
        })
    }

    /// Listeners share their port with those of other loops (`SO_REUSEPORT`): the kernel deals
    /// the connections out.
    #[must_use]
    pub fn sharing_ports(mut self) -> Self {
        self.share_port = true;
        self
    }

    /// Connections go out from this address of the machine's, not from one that the kernel chooses.
    #[must_use]
    pub fn connecting_from(mut self, from: IpAddr) -> Self {
        self.from = Some(from);
        self
    }

    fn stream(&mut self, conn: ConnId) -> io::Result<&mut TcpStream> {
        match self.streams.get_mut(conn.slot()) {
            Some(Some((id, stream))) if *id == conn => Ok(stream),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn keep(&mut self, conn: ConnId, mut stream: TcpStream) -> io::Result<()> {
        // [9293-3.7.4-02] A small answer must not wait for the acknowledgment of the one before.
        stream.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(conn.slot()), interest)?;
        if self.streams.len() <= conn.slot() {
            self.streams.resize_with(conn.slot() + 1, || None);
        }
        self.streams[conn.slot()] = Some((conn, stream));
        Ok(())
    }

    fn bind(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // On Unix this lets a server start again while its old connections still time out; it
        // never takes a port that somebody listens on.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        #[cfg(unix)]
        if self.share_port {
            socket.set_reuse_port(true)?;
        }
        socket.bind(&addr.into())?;
        socket.listen(LISTEN_BACKLOG)?;
        Ok(TcpListener::from_std(socket.into()))
    }
}

/// Connects with our end bound to an address.
fn dial_from(from: IpAddr, addr: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    match socket.connect(&addr.into()) {
        // Under way: the loop is told when it stands.
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// What one of mio's events says, in the loop's words.
fn ready(event: &Event, streams: &[Option<(ConnId, TcpStream)>]) -> Option<Ready> {
    match event.token() {
        WAKER => Some(Ready::Woken),
        Token(token) if token >= LISTENERS => {
            Some(Ready::Listener(ListenerId((token - LISTENERS) as u32)))
        }
        Token(slot) => {
            let (conn, _) = streams.get(slot)?.as_ref()?;
            let readiness = Readiness {
                readable: event.is_readable(),
                writable: event.is_writable(),
                read_closed: event.is_read_closed(),
                failed: event.is_error(),
            };
            Some(Ready::Conn(*conn, readiness))
        }
    }
}

impl Wake for Waker {
    fn wake(&self) -> io::Result<()> {
        Waker::wake(self)
    }
}

impl Net for MioNet {
    fn now(&mut self) -> Now {
        self.started.elapsed()
    }

    fn seed(&mut self) -> u64 {
        use std::hash::{BuildHasher, Hasher};
        std::collections::hash_map::RandomState::new().build_hasher().finish()
    }

    fn waker(&self) -> Arc<dyn Wake> {
        self.waker.clone()
    }

    fn poll(&mut self, out: &mut Vec<Ready>, until: Option<Now>) -> io::Result<()> {
        let timeout = until.map(|until| {
            if until.is_zero() { Duration::ZERO } else { until.saturating_sub(self.now()) }
        });
        match self.poll.poll(&mut self.events, timeout) {
            // A signal: the caller looks what is to be done and comes back.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        out.extend(self.events.iter().filter_map(|event| ready(event, &self.streams)));
        Ok(())
    }

    fn listen(&mut self, id: ListenerId, addr: SocketAddr) -> io::Result<SocketAddr> {
        let mut listener = self.bind(addr)?;
        let addr = listener.local_addr()?;
        let token = Token(LISTENERS + id.index());
        self.poll.registry().register(&mut listener, token, Interest::READABLE)?;
        if self.listeners.len() <= id.index() {
            self.listeners.resize_with(id.index() + 1, || None);
        }
        self.listeners[id.index()] = Some(listener);
        Ok(addr)
    }

    fn unlisten(&mut self, id: ListenerId) {
        if let Some(listener) = self.listeners.get_mut(id.index()) {
            *listener = None;
        }
    }

    fn accept(&mut self, listener: ListenerId, conn: ConnId) -> io::Result<SocketAddr> {
        let Some(Some(listener)) = self.listeners.get(listener.index()) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let (stream, peer) = listener.accept()?;
        match self.keep(conn, stream) {
            Ok(()) => Ok(peer),
            // The peer is gone already: the same as if it had given up while it waited.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Err(error) => Err(error),
        }
    }

    fn connect(&mut self, conn: ConnId, addr: SocketAddr) -> io::Result<()> {
        let stream = match self.from {
            Some(from) => dial_from(from, addr)?,
            None => TcpStream::connect(addr)?,
        };
        self.keep(conn, stream)
    }

    fn is_connected(&mut self, conn: ConnId) -> io::Result<bool> {
        let stream = self.stream(conn)?;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn local_addr(&mut self, conn: ConnId) -> io::Result<SocketAddr> {
        self.stream(conn)?.local_addr()
    }

    fn read(&mut self, conn: ConnId, buf: &mut [u8]) -> io::Result<usize> {
        self.stream(conn)?.read(buf)
    }

    fn write(&mut self, conn: ConnId, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let stream = self.stream(conn)?;
        match bufs {
            // The kernel's way in is shorter for one piece than for a list of one.
            [single] => stream.write(single),
            several => stream.write_vectored(several),
        }
    }

    fn shutdown(&mut self, conn: ConnId) -> io::Result<()> {
        self.stream(conn)?.shutdown(Shutdown::Write)
    }

    fn error(&mut self, conn: ConnId) -> Option<io::Error> {
        self.stream(conn).ok()?.take_error().ok()?
    }

    fn close(&mut self, conn: ConnId, farewell: Farewell) {
        if self.stream(conn).is_err() {
            return;
        }
        if let Some((_, stream)) = self.streams[conn.slot()].take()
            && farewell == Farewell::Reset
        {
            // [9293-3.10.5-01] ABORT: closing with a linger of zero sends a reset.
            let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
    }
}
