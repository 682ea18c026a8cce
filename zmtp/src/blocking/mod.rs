//! What a program calls: sockets that send, receive, and wait, each only what its kind can do.
//!
//! The only room of this crate that names threads. It knows the engine and the patterns; it does
//! not know what stands on the wire.

mod driver;
mod error;
mod monitor;
mod names;
mod patterns;
mod poller;

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::JoinHandle;
use std::time::Duration;
use wirelab_reactor::ListenerId;

use crate::endpoint::Host;
use crate::engine::{DialId, Engine};
use crate::sockets::{self, Pattern};
use crate::{Endpoint, Message, Options};
use driver::{Driver, Shared};
pub use error::Error;
pub use monitor::Monitor;
use names::{Names, look_up};
pub use patterns::Request;
pub use poller::{Interest, Pollable, Poller, Readiness, Watcher};

/// Sends each message to one of its peers, in turn; waits while none has room.
///
/// ```
/// use wirelab_zmtp::blocking::{Pull, Push};
///
/// # fn main() -> Result<(), wirelab_zmtp::blocking::Error> {
/// let mut push = Push::new()?;
/// let addr = push.bind("tcp://127.0.0.1:*")?;
/// let mut pull = Pull::new()?;
/// pull.connect(&format!("tcp://{addr}"))?;
///
/// push.send("work")?;
/// assert_eq!(pull.recv()?.first(), "work");
/// # Ok(())
/// # }
/// ```
pub type Push = Socket<sockets::Push>;

/// Receives what its peers push, from each in turn.
pub type Pull = Socket<sockets::Pull>;

/// Sends requests, each to one of its peers in turn, and receives the reply.
///
/// ```
/// use wirelab_zmtp::blocking::{Rep, Req};
///
/// # fn main() -> Result<(), wirelab_zmtp::blocking::Error> {
/// let mut rep = Rep::new()?;
/// let addr = rep.bind("tcp://127.0.0.1:*")?;
/// let server = std::thread::spawn(move || -> Result<(), wirelab_zmtp::blocking::Error> {
///     let request = rep.recv()?;
///     assert_eq!(request.message().first(), "Hello");
///     request.reply("World");
///     Ok(())
/// });
///
/// let mut req = Req::new()?;
/// req.connect(&format!("tcp://{addr}"))?;
/// assert_eq!(req.request("Hello")?.first(), "World");
/// # server.join().unwrap()
/// # }
/// ```
pub type Req = Socket<sockets::Req>;

/// Receives requests, and replies to each before the next.
pub type Rep = Socket<sockets::Rep>;

/// Sends each message to all peers that have subscribed to how it begins; never waits.
///
/// ```
/// use std::time::Duration;
/// use wirelab_zmtp::blocking::{Pub, Sub};
///
/// # fn main() -> Result<(), wirelab_zmtp::blocking::Error> {
/// let mut publisher = Pub::new()?;
/// let addr = publisher.bind("tcp://127.0.0.1:*")?;
/// let mut subscriber = Sub::new()?;
/// subscriber.subscribe("WAKTU");
/// subscriber.connect(&format!("tcp://{addr}"))?;
///
/// // What is published before the subscription has come is not for us.
/// publisher.wait_for_subscriptions(1, Some(Duration::from_secs(10)))?;
/// publisher.send("CUACA hujan");
/// publisher.send("WAKTU 12:00");
/// assert_eq!(subscriber.recv()?.first(), "WAKTU 12:00");
/// # Ok(())
/// # }
/// ```
pub type Pub = Socket<sockets::Pub>;

/// Receives what its peers publish and it has subscribed to.
pub type Sub = Socket<sockets::Sub>;

/// A socket: any number of endpoints that it is bound to and connects to, in any mix
/// [ZMTP-3.0-sock-01].
///
/// It may be handed from thread to thread, and is used by one at a time. Dropped, it waits for its
/// peers to take what was sent, for [`Options::linger`] at most.
pub struct Socket<P: Pattern + Send + 'static> {
    shared: Arc<Shared<P>>,
    keeper: Option<JoinHandle<()>>,
    /// Taken from the engine, and not yet given out.
    received: VecDeque<Message>,
    send_timeout: Option<Duration>,
    recv_timeout: Option<Duration>,
    linger: Duration,
    bound: Vec<(Endpoint, ListenerId)>,
    connected: Vec<(Endpoint, DialId)>,
}

impl<P: Pattern + Default + Send + 'static> Socket<P> {
    /// A socket without endpoints.
    ///
    /// # Errors
    /// When the machine has no thread or descriptor left for it.
    pub fn new() -> Result<Self, Error> {
        Self::with(Options::default())
    }

    /// The same, with settings.
    ///
    /// # Errors
    /// Also when the settings cannot be said on the wire.
    pub fn with(options: Options) -> Result<Self, Error> {
        let linger = options.linger;
        let engine = Engine::new(P::default(), options)?;
        let (shared, keeper) =
            Shared::start(engine).map_err(Error::io("no loop for the socket"))?;
        Ok(Self {
            shared,
            keeper: Some(keeper),
            received: VecDeque::new(),
            send_timeout: None,
            recv_timeout: None,
            linger,
            bound: Vec::new(),
            connected: Vec::new(),
        })
    }
}

impl<P: Pattern + Send + 'static> Socket<P> {
    /// Listens at an endpoint; returns the address, with the port that `*` has found.
    ///
    /// # Errors
    /// No endpoint, a name that is not known, an address that is not ours or is in use.
    pub fn bind(&mut self, endpoint: &str) -> Result<SocketAddr, Error> {
        let endpoint: Endpoint = endpoint.parse()?;
        let port = endpoint.port.unwrap_or(0);
        let addr = match &endpoint.host {
            Host::Any => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
            host => look_up(host, port)?[0],
        };
        let mut guard = self.shared.enter();
        let listening = guard.event_loop.listen(addr);
        let (listener, addr) = listening.map_err(Error::io(format!("cannot bind {endpoint}")))?;
        guard.flush();
        drop(guard);
        // The keeper accepts, also when we do not call again.
        self.shared.rouse();
        self.bound.push((endpoint, listener));
        Ok(addr)
    }

    /// No longer listens at an endpoint that was bound with the same text. Peers that came by it
    /// stay. `false`: it was not bound.
    ///
    /// # Errors
    /// No endpoint.
    pub fn unbind(&mut self, endpoint: &str) -> Result<bool, Error> {
        let endpoint: Endpoint = endpoint.parse()?;
        let Some(at) = self.bound.iter().position(|(bound, _)| *bound == endpoint) else {
            return Ok(false);
        };
        let (_, listener) = self.bound.remove(at);
        let mut guard = self.shared.enter();
        guard.event_loop.io().unlisten(listener);
        guard.flush();
        Ok(true)
    }

    /// Connects to an endpoint, now or when it is there, and again whenever the connection is
    /// lost [ZMTP-3.0-sock-02] [ZMTP-3.0-sock-03]. A name is looked up each time: it may be known
    /// later, or lead elsewhere.
    ///
    /// # Errors
    /// No endpoint.
    pub fn connect(&mut self, endpoint: &str) -> Result<(), Error> {
        let endpoint: Endpoint = endpoint.parse()?;
        let (Some(port), false) = (endpoint.port, endpoint.host == Host::Any) else {
            let what = "only a host and a port can be connected to; * is for bind";
            return Err(crate::Error::Misuse(what).into());
        };
        let (addrs, names) = match &endpoint.host {
            Host::Name(name) => {
                let names = Names::of(name, port);
                (names.now(), Some(names))
            }
            host => (look_up(host, port)?, None),
        };
        let mut guard = self.shared.enter();
        let Driver { engine, event_loop, .. } = &mut *guard;
        let dial = match names {
            Some(names) => Some(engine.connect_by_name(event_loop.io(), addrs, Box::new(names))),
            None => engine.connect(event_loop.io(), addrs),
        };
        guard.flush();
        drop(guard);
        self.shared.rouse();
        self.connected.extend(dial.map(|dial| (endpoint, dial)));
        Ok(())
    }

    /// No longer connects to an endpoint that was connected to with the same text. What waits for
    /// it is dropped. `false`: it was not.
    ///
    /// # Errors
    /// No endpoint.
    pub fn disconnect(&mut self, endpoint: &str) -> Result<bool, Error> {
        let endpoint: Endpoint = endpoint.parse()?;
        let Some(at) = self.connected.iter().position(|(other, _)| *other == endpoint) else {
            return Ok(false);
        };
        let (_, dial) = self.connected.remove(at);
        let mut guard = self.shared.enter();
        let driver = &mut *guard;
        driver.engine.disconnect(driver.event_loop.io(), dial);
        guard.flush();
        Ok(true)
    }

    /// How long sending may wait from now on; `None`: as long as it takes, as at first.
    pub fn set_send_timeout(&mut self, patience: Option<Duration>) {
        self.send_timeout = patience;
    }

    /// How long receiving may wait from now on; `None`: as long as it takes, as at first.
    pub fn set_recv_timeout(&mut self, patience: Option<Duration>) {
        self.recv_timeout = patience;
    }

    /// How long the socket waits at its end for its peers to take what was sent.
    pub fn set_linger(&mut self, linger: Duration) {
        self.linger = linger;
    }

    /// What happens to the socket's connections, from now on. There is one monitor; a new one
    /// takes over.
    pub fn monitor(&mut self) -> Monitor {
        let (sender, monitor) = monitor::channel();
        let mut guard = self.shared.enter();
        guard.engine.watch();
        guard.monitor = Some(sender);
        monitor
    }

    /// A handle that ends waits of this socket, from any thread.
    pub fn interrupter(&self) -> Interrupter {
        let shared = self.shared.clone();
        let interrupt = move || {
            shared.interrupted.store(true, SeqCst);
            shared.knock();
        };
        Interrupter(Arc::new(interrupt))
    }

    /// Ends the socket. Its peers have [`Options::linger`] to take what was sent; returns whether
    /// they have taken all of it.
    pub fn close(mut self) -> bool {
        self.finish()
    }

    fn finish(&mut self) -> bool {
        let Some(keeper) = self.keeper.take() else { return true };
        let all_sent = self.shared.enter().finish(self.linger);
        self.shared.rouse();
        // It has nothing to tell.
        let _ = keeper.join();
        all_sent
    }
}

impl<P: Pattern + Send + 'static> Drop for Socket<P> {
    fn drop(&mut self) {
        self.finish();
    }
}

impl<P: Pattern + Send + 'static> fmt::Debug for Socket<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("type", &P::SOCKET_TYPE).finish_non_exhaustive()
    }
}

/// Ends the waits of a socket.
#[derive(Clone)]
pub struct Interrupter(Arc<dyn Fn() + Send + Sync>);

impl Interrupter {
    /// The call that waits, or the next one that would, ends with [`Error::Interrupted`].
    pub fn interrupt(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupter")
    }
}
