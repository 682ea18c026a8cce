//! The two grounds that a case runs on: the machine's loopback, and a simulated network.
//!
//! A case is a function generic over [`Ground`]. It makes peers (a loop and a script each), lets
//! them take turns until a condition holds, and hands back their notes.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};
use wirelab_reactor::sim::{Faults, Step, Turns, World};
use wirelab_reactor::{EventLoop, Io, MioNet, Net, Now, Settings, SimNet, Status};

use crate::script::Script;

/// How long the real network has for one condition.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the simulated one has, on its own clock.
const SIM_PATIENCE: Now = Duration::from_secs(600);

/// One loop and its service.
pub struct Peer<N: Net> {
    pub event_loop: EventLoop<N>,
    pub script: Script,
    pub ended: bool,
    pub turns: usize,
}

impl<N: Net> Peer<N> {
    fn new(net: N, settings: Settings, script: Script) -> Self {
        let event_loop = EventLoop::new(net, settings);
        Self { event_loop, script, ended: false, turns: 0 }
    }

    pub fn io(&mut self) -> &mut Io {
        self.event_loop.io()
    }

    pub fn now(&mut self) -> Now {
        self.event_loop.net().now()
    }

    pub fn turn_until(&mut self, until: Now) -> io::Result<()> {
        if !self.ended {
            self.turns += 1;
            self.ended = self.event_loop.turn(&mut self.script, Some(until))? == Status::Ended;
        }
        Ok(())
    }
}

impl Turns for Peer<SimNet> {
    fn wants_turn(&mut self) -> bool {
        let now = self.now();
        let due = self.event_loop.deadline(None).is_some_and(|at| at <= now);
        !self.ended && (self.turns == 0 || due || self.event_loop.net().is_ready())
    }

    fn next_turn(&mut self) -> Option<Now> {
        let told = self.event_loop.net().ready_at();
        let next = [told, self.event_loop.deadline(None)].into_iter().flatten().min();
        next.filter(|_| !self.ended)
    }

    fn turn(&mut self) -> io::Result<()> {
        let now = self.now();
        self.turn_until(now)
    }
}

/// What is waited for, and may be asked of the peers.
pub type Condition<'a, N> = dyn FnMut(&mut [&mut Peer<N>]) -> bool + 'a;

/// Where a case runs.
pub trait Ground: Sized {
    type Net: Net;

    fn net(&mut self) -> Self::Net;

    /// An address to listen on.
    fn free(&self) -> SocketAddr;

    /// An address on which nobody listens.
    fn refusing(&mut self) -> SocketAddr;

    /// An address that never answers.
    fn silent(&mut self) -> SocketAddr;

    /// From now on there are no descriptors for `accept`; or there are again.
    fn starve(&mut self, starved: bool);

    /// Lets the peers take turns until `done`; was it?
    fn turns(
        &mut self,
        peers: &mut [&mut Peer<Self::Net>],
        done: &mut Condition<'_, Self::Net>,
    ) -> bool;

    /// The same, while threads of the machine are at work that the simulated clock knows not of.
    fn turns_beside_threads(
        &mut self,
        peer: &mut Peer<Self::Net>,
        done: &mut dyn FnMut() -> bool,
    ) -> bool;

    /// Lets time pass for one peer alone, which may sleep through it; how many turns it took.
    fn pass(&mut self, peer: &mut Peer<Self::Net>, time: Duration) -> usize;

    /// How many turns a server may need to answer questions that are all asked at once.
    fn turns_to_answer(&self) -> usize;

    fn peer(&mut self, settings: Settings, script: Script) -> Peer<Self::Net> {
        Peer::new(self.net(), settings, script)
    }

    /// A peer that listens, and its address.
    fn server(&mut self, settings: Settings, script: Script) -> (Peer<Self::Net>, SocketAddr) {
        let mut peer = self.peer(settings, script);
        let (_, addr) = peer.event_loop.listen(self.free()).expect("a free port");
        (peer, addr)
    }

    /// Turns until the condition holds, which it must.
    fn until(
        &mut self,
        what: &str,
        peers: &mut [&mut Peer<Self::Net>],
        mut done: impl FnMut(&mut [&mut Peer<Self::Net>]) -> bool,
    ) {
        assert!(self.turns(peers, &mut done), "never: {what}");
    }

    /// Turns until all connections have ended; returns what the peers noted.
    fn notes(&mut self, peers: &mut [&mut Peer<Self::Net>]) -> Vec<String> {
        self.until("all connections have ended", peers, |peers| {
            peers.iter_mut().all(|peer| peer.turns > 0 && peer.io().connections() == 0)
        });
        let mut notes = Vec::new();
        for (n, peer) in peers.iter().enumerate() {
            let own = peer.script.book.borrow().notes();
            notes.extend(own.into_iter().map(|note| format!("peer {n} {note}")));
        }
        notes
    }
}

/// The machine's loopback.
#[derive(Default)]
pub struct Real {
    kept: Vec<Socket>,
    limit: Option<u64>,
}

impl Ground for Real {
    type Net = MioNet;

    fn net(&mut self) -> MioNet {
        MioNet::new().expect("descriptors")
    }

    fn free(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    fn refusing(&mut self) -> SocketAddr {
        let listener = TcpListener::bind(self.free()).expect("a free port");
        listener.local_addr().expect("its address")
    }

    /// A listener whose backlog is full drops the SYN of whoever comes next.
    fn silent(&mut self) -> SocketAddr {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        listener.bind(&self.free().into()).expect("a free port");
        listener.listen(0).expect("listening");
        let addr = listener.local_addr().expect("its address");
        self.kept.push(listener);
        for n in 0..4 {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            // The first one is waited for, so that the queue is full when the case begins.
            filler.set_nonblocking(n > 0).expect("non-blocking");
            let _ = filler.connect(&addr);
            self.kept.push(filler);
        }
        addr.as_socket().expect("an IPv4 address")
    }

    fn starve(&mut self, starved: bool) {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit");
        let all = *self.limit.get_or_insert(soft);
        // The lowest free number is where the next descriptor would be.
        let next = TcpListener::bind(self.free()).map(|probe| {
            use std::os::fd::AsRawFd;
            u64::try_from(probe.as_raw_fd()).expect("a descriptor")
        });
        let soft = if starved { next.expect("one more descriptor") } else { all };
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("a lower limit");
    }

    fn turns(&mut self, peers: &mut [&mut Peer<MioNet>], done: &mut Condition<'_, MioNet>) -> bool {
        let start = Instant::now();
        while !done(peers) {
            if start.elapsed() > PATIENCE {
                return false;
            }
            for peer in peers.iter_mut() {
                let until = peer.now() + Duration::from_millis(1);
                peer.turn_until(until).expect("a turn");
            }
        }
        true
    }

    fn turns_beside_threads(
        &mut self,
        peer: &mut Peer<MioNet>,
        done: &mut dyn FnMut() -> bool,
    ) -> bool {
        self.turns(&mut [peer], &mut |_| done())
    }

    fn turns_to_answer(&self) -> usize {
        10
    }

    fn pass(&mut self, peer: &mut Peer<MioNet>, time: Duration) -> usize {
        let (before, end) = (peer.turns, peer.now() + time);
        while peer.now() < end {
            peer.turn_until(end).expect("a turn");
        }
        peer.turns - before
    }
}

/// A simulated network.
pub struct Sim {
    world: World,
    faults: Faults,
    hosts: u8,
}

impl Sim {
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self { world: World::new(seed, faults.clone()), faults, hosts: 0 }
    }
}

impl Ground for Sim {
    type Net = SimNet;

    fn net(&mut self) -> SimNet {
        self.hosts += 1;
        self.world.host(self.free().ip())
    }

    /// As on the loopback, all programs have the same address.
    fn free(&self) -> SocketAddr {
        ([10, 0, 0, 1], 0).into()
    }

    fn refusing(&mut self) -> SocketAddr {
        ([10, 0, 0, 1], 9).into()
    }

    fn silent(&mut self) -> SocketAddr {
        let addr = ([10, 0, 0, 99], 9).into();
        self.world.silence(addr);
        addr
    }

    fn starve(&mut self, starved: bool) {
        let time = Duration::from_millis(50);
        let percent = if starved { 100 } else { 0 };
        let faults =
            Faults { accept_starved: percent, starved: (time, time), ..self.faults.clone() };
        self.world.set_faults(faults);
    }

    fn turns(&mut self, peers: &mut [&mut Peer<SimNet>], done: &mut Condition<'_, SimNet>) -> bool {
        let until = self.world.now() + SIM_PATIENCE;
        while !done(peers) {
            if step(&self.world, peers, until) == Step::Idle {
                return done(peers);
            }
        }
        true
    }

    fn turns_beside_threads(
        &mut self,
        peer: &mut Peer<SimNet>,
        done: &mut dyn FnMut() -> bool,
    ) -> bool {
        let start = Instant::now();
        while !done() {
            let now = self.world.now();
            if step(&self.world, &mut [peer], now) == Step::Idle {
                if start.elapsed() > PATIENCE {
                    return false;
                }
                std::thread::yield_now();
            }
        }
        true
    }

    /// A shaken network brings the questions one by one, and the flood in small pieces.
    fn turns_to_answer(&self) -> usize {
        2000
    }

    fn pass(&mut self, peer: &mut Peer<SimNet>, time: Duration) -> usize {
        let (before, end) = (peer.turns, self.world.now() + time);
        while step(&self.world, &mut [peer], end) != Step::Idle {}
        peer.turns - before
    }
}

fn step(world: &World, peers: &mut [&mut Peer<SimNet>], until: Now) -> Step {
    let mut nodes: Vec<&mut dyn Turns> =
        peers.iter_mut().map(|peer| &mut **peer as &mut dyn Turns).collect();
    world.step(&mut nodes, until).expect("a turn")
}
