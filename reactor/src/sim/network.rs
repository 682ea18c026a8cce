//! The insides of a world: hosts, listeners, connections, and the agenda of what is under way.
//!
//! Here stands how connections begin and how hosts come and go; what moves on a standing
//! connection is in [`traffic`](super::traffic). It does not know event loops or services.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::faults::{Faults, happens, pick};
use super::link::{End, Link, Side, State};
use super::trace::{Event, Trace};
use crate::limits::LISTEN_BACKLOG;
use crate::net::Readiness;
use crate::random::Random;
use crate::{ConnId, ListenerId, Now};

/// The ports that connects and port 0 take theirs from. [RFC 6335 6]
const FIRST_DYNAMIC_PORT: u16 = 49152;

/// A SYN that found the backlog full is sent again after this, then after twice as long, ...
/// [RFC 6298 2] the initial retransmission time.
const SYN_AGAIN: Duration = Duration::from_secs(1);

/// ... and so many times in all.
const SYN_TRIES: u32 = 6;

/// What is under way, and arrives at its time.
#[derive(Debug)]
pub(super) enum Happening {
    Syn { link: u64, tries: u32 },
    SynAck { link: u64 },
    Ack { link: u64 },
    Refusal { link: u64 },
    Segment { link: u64, to: Side, bytes: Vec<u8> },
    Fin { link: u64, to: Side },
    Reset { link: u64, to: Side },
}

/// One program on the network: an event loop with its descriptors.
#[derive(Debug)]
pub(super) struct Host {
    pub ip: IpAddr,
    pub alive: bool,
    pub woken: Arc<AtomicBool>,
    pub conns: BTreeMap<ConnId, (u64, Side)>,
    pub listeners: BTreeMap<ListenerId, SocketAddr>,
    /// Edges not told yet, and their order.
    pub edges: BTreeMap<ConnId, Readiness>,
    pub order: Vec<ConnId>,
    pub knocks: Vec<ListenerId>,
    /// It is kept waiting until then.
    pub late_until: Now,
    /// It has no descriptors until then.
    pub starved_until: Now,
}

impl Host {
    pub fn has_edges(&self) -> bool {
        !self.edges.is_empty() || !self.knocks.is_empty()
    }

    /// Is there something to tell now?
    pub fn is_ready(&self, now: Now) -> bool {
        now >= self.late_until && (self.has_edges() || self.woken.load(Ordering::Acquire))
    }
}

#[derive(Debug)]
pub(super) struct Listener {
    pub host: usize,
    pub id: ListenerId,
    pub backlog: VecDeque<u64>,
}

#[derive(Debug)]
pub(super) struct Network {
    pub now: Now,
    /// Turns that have been taken since the clock last moved.
    pub turns_now: u32,
    pub random: Random,
    pub faults: Faults,
    pub trace: Trace,
    pub hosts: Vec<Host>,
    pub links: BTreeMap<u64, Link>,
    pub listeners: BTreeMap<SocketAddr, Listener>,
    pub silent: Vec<SocketAddr>,
    agenda: BTreeMap<(Now, u64), Happening>,
    next_ticket: u64,
    next_link: u64,
    next_port: u16,
}

impl Network {
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            now: Now::ZERO,
            turns_now: 0,
            random: Random::new(seed),
            faults,
            trace: Trace::new(),
            hosts: Vec::new(),
            links: BTreeMap::new(),
            listeners: BTreeMap::new(),
            silent: Vec::new(),
            agenda: BTreeMap::new(),
            next_ticket: 0,
            next_link: 0,
            next_port: FIRST_DYNAMIC_PORT,
        }
    }

    pub fn note(&mut self, event: &Event<'_>) {
        self.trace.note(self.now, event);
    }

    pub fn add_host(&mut self, ip: IpAddr) -> usize {
        self.hosts.push(Host {
            ip,
            alive: true,
            woken: Arc::default(),
            conns: BTreeMap::new(),
            listeners: BTreeMap::new(),
            edges: BTreeMap::new(),
            order: Vec::new(),
            knocks: Vec::new(),
            late_until: Now::ZERO,
            starved_until: Now::ZERO,
        });
        let host = self.hosts.len() - 1;
        self.note(&Event::Host { host });
        host
    }

    /// The host dies: all that it held is reset.
    pub fn kill(&mut self, host: usize) {
        self.note(&Event::Died { host });
        self.hosts[host].alive = false;
        let listeners: Vec<ListenerId> = self.hosts[host].listeners.keys().copied().collect();
        for listener in listeners {
            self.unlisten(host, listener);
        }
        let conns: Vec<ConnId> = self.hosts[host].conns.keys().copied().collect();
        for conn in conns {
            self.let_go(host, conn, true);
        }
    }

    /// The next free port for a host's address.
    pub fn free_port(&mut self, ip: IpAddr) -> u16 {
        loop {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_DYNAMIC_PORT);
            if !self.listeners.contains_key(&SocketAddr::new(ip, port)) {
                return port;
            }
        }
    }

    /// Whoever listens on this address, by its own name or by "any address of mine".
    fn listener_for(&self, addr: SocketAddr) -> Option<SocketAddr> {
        if self.listeners.contains_key(&addr) {
            return Some(addr);
        }
        let any = |(at, listener): (&SocketAddr, &Listener)| {
            (at.ip().is_unspecified()
                && at.port() == addr.port()
                && self.hosts[listener.host].ip == addr.ip())
            .then_some(*at)
        };
        self.listeners.iter().find_map(any)
    }

    /// Closes a listener; those who waited in its backlog are reset.
    pub fn unlisten(&mut self, host: usize, id: ListenerId) {
        let Some(addr) = self.hosts[host].listeners.remove(&id) else { return };
        self.hosts[host].knocks.retain(|&knock| knock != id);
        for link in self.listeners.remove(&addr).map(|l| l.backlog).unwrap_or_default() {
            self.send_reset(link, Side::Server);
            self.close_end(link, Side::Server);
        }
    }

    /// Puts something on the agenda.
    pub fn schedule(&mut self, at: Now, happening: Happening) {
        self.agenda.insert((at, self.next_ticket), happening);
        self.next_ticket += 1;
    }

    /// When something happens next.
    pub fn next_happening(&self) -> Option<Now> {
        self.agenda.first_key_value().map(|(&(at, _), _)| at)
    }

    /// The clock goes on to `to`, and what was due until then happens in its order.
    pub fn advance(&mut self, to: Now) {
        if to > self.now {
            self.turns_now = 0;
        }
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > to {
                break;
            }
            let ((at, _), happening) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(happening);
        }
        self.now = self.now.max(to);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Syn { link, tries } => self.syn(link, tries),
            Happening::SynAck { link } => self.syn_ack(link),
            Happening::Ack { link } => self.ack(link),
            Happening::Refusal { link } => {
                self.note(&Event::Refused { link });
                self.break_end(link, Side::Client, std::io::ErrorKind::ConnectionRefused);
            }
            Happening::Segment { link, to, bytes } => self.segment(link, to, &bytes),
            Happening::Fin { link, to } => self.fin(link, to),
            Happening::Reset { link, to } => {
                self.note(&Event::Reset { link, at: to });
                self.break_end(link, to, std::io::ErrorKind::ConnectionReset);
            }
        }
    }

    /// A SYN leaves.
    pub fn dial(&mut self, host: usize, conn: ConnId, addr: SocketAddr) {
        let ip = self.hosts[host].ip;
        let own = SocketAddr::new(ip, self.free_port(ip));
        let link = self.next_link;
        self.next_link += 1;
        let client = End::new(host, own, State::Dialling, Some(conn));
        // The server's end belongs to nobody before a SYN has found a listener.
        let server = End::new(host, addr, State::Closed, None);
        self.links.insert(link, Link::new(client, server));
        self.hosts[host].conns.insert(conn, (link, Side::Client));
        self.note(&Event::Dialled { link, host });
        if self.silent.contains(&addr) || happens(&mut self.random, self.faults.lost) {
            return self.note(&Event::Lost { link });
        }
        let at = self.arrival(link, Side::Client);
        self.schedule(at, Happening::Syn { link, tries: 1 });
    }

    fn syn(&mut self, link: u64, tries: u32) {
        let Some(addr) = self.links.get(&link).map(|l| l.end(Side::Server).addr) else { return };
        let refused = happens(&mut self.random, self.faults.refused);
        let Some(found) = self.listener_for(addr).filter(|_| !refused) else {
            let at = self.arrival(link, Side::Server);
            return self.schedule(at, Happening::Refusal { link });
        };
        let listener = &self.listeners[&found];
        if listener.backlog.len() >= LISTEN_BACKLOG as usize {
            // As on Linux: a full backlog answers nothing, and the client tries again.
            if tries < SYN_TRIES {
                let at = self.now + SYN_AGAIN * (1 << (tries - 1));
                self.schedule(at, Happening::Syn { link, tries: tries + 1 });
            }
            return;
        }
        let host = listener.host;
        if let Some(books) = self.links.get_mut(&link) {
            *books.end_mut(Side::Server) = End::new(host, addr, State::Embryo, None);
        }
        let at = self.arrival(link, Side::Server);
        self.schedule(at, Happening::SynAck { link });
    }

    fn syn_ack(&mut self, link: u64) {
        let Some(books) = self.links.get_mut(&link) else { return };
        books.end_mut(Side::Client).state = State::Open;
        self.note(&Event::Established { link, side: Side::Client });
        self.raise(link, Side::Client, Readiness { writable: true, ..Readiness::default() });
        let at = self.arrival(link, Side::Client);
        self.schedule(at, Happening::Ack { link });
    }

    fn ack(&mut self, link: u64) {
        let Some(books) = self.links.get_mut(&link) else { return };
        let server = books.end_mut(Side::Server);
        server.state = State::Waiting;
        let (addr, host) = (server.addr, server.host);
        // A server that was started again between SYN and ACK knows nothing of this one.
        let same = |at: &SocketAddr| self.listeners[at].host == host;
        let Some(found) = self.listener_for(addr).filter(same) else {
            self.send_reset(link, Side::Server);
            return self.close_end(link, Side::Server);
        };
        self.note(&Event::Established { link, side: Side::Server });
        let Some(listener) = self.listeners.get_mut(&found) else { return };
        listener.backlog.push_back(link);
        let id = listener.id;
        self.stir(host);
        if !self.hosts[host].knocks.contains(&id) {
            self.hosts[host].knocks.push(id);
        }
    }

    /// An edge for one end of a connection, to be told at its host's next wait.
    pub fn raise(&mut self, link: u64, side: Side, edge: Readiness) {
        let Some(books) = self.links.get_mut(&link) else { return };
        let fin = books.pipe(side.other()).fin == super::pipe::Fin::Arrived;
        let end = books.end(side);
        let (Some(conn), host) = (end.conn, end.host) else { return };
        if matches!(end.state, State::Closed) {
            return;
        }
        self.stir(host);
        let host = &mut self.hosts[host];
        let all = host.edges.entry(conn).or_insert_with(|| {
            host.order.push(conn);
            Readiness::default()
        });
        all.readable |= edge.readable;
        all.writable |= edge.writable;
        all.read_closed |= edge.read_closed || fin;
        all.failed |= edge.failed;
    }

    /// The host is about to become ready: it may be kept waiting.
    fn stir(&mut self, host: usize) {
        if !self.hosts[host].has_edges() && happens(&mut self.random, self.faults.late) {
            let late = pick(&mut self.random, self.faults.lateness);
            self.hosts[host].late_until = self.now + late;
        }
    }
}
