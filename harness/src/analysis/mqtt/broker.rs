//! What goes through a broker, across its connections: what one client published is found again
//! where the broker delivers it to others.
//!
//! ```text
//!   publisher ── PUBLISH #22 ──► broker ── #23 ──► subscriber
//!                                       └─ #24 ──► subscriber
//! ```
//!
//! It knows messages, sessions and wills, each up to a limit. It reads no bytes, and has no words.
//! Nothing on the wire says which PUBLISH a delivery comes from: topic, payload and order do.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

use super::messages::{Message, Messages};
use super::session::{Flight, Session};
use crate::conversation::Conversation;
use crate::dissect::mqtt::{Connect, PacketType};

/// Brokers whose messages are followed.
pub const BROKERS_MAX: usize = 16;
/// Endpoints that are remembered to find out which one is a broker.
pub const ENDPOINTS_MAX: usize = 4096;
/// Sessions of a broker that are remembered.
pub const SESSIONS_MAX: usize = 4096;
/// Wills of a broker that are remembered.
pub const WILLS_MAX: usize = 1024;
/// Retained messages of a broker that are remembered.
pub const RETAINED_MAX: usize = 4096;
/// Publishers, and subscribers, that are counted one by one.
pub const PEERS_MAX: usize = 65_536;
/// Publishers, and subscribers, that the report names.
pub const NAMED_MAX: usize = 4;

/// All brokers of a capture.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Brokers {
    known: HashMap<SocketAddr, Broker>,
    /// In how many conversations each endpoint was met.
    endpoints: HashMap<SocketAddr, u32>,
    hasher: RandomState,
}

/// Who speaks with a broker: the connection, and the session that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) broker: SocketAddr,
    pub(super) conversation: u64,
    pub(super) session: u64,
}

/// A PUBLISH, as far as its way through the broker goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Publication {
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) time_ns: u64,
    /// Of topic and payload.
    pub(super) key: u64,
    /// Of the topic alone.
    pub(super) topic: u64,
    pub(super) empty: bool,
    pub(in crate::analysis) qos: u8,
    pub(super) dup: bool,
    pub(super) retain: bool,
    pub(super) packet_id: Option<u16>,
}

/// Where a delivery comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Origin {
    /// The PUBLISH in that frame, so many nanoseconds before, with that QoS.
    Message { frame: u64, after: i64, qos: u8 },
    /// A PUBLISH that this session has got already.
    Again { frame: u64 },
    /// Sent before in that frame on that conversation, and not acknowledged.
    Redelivery { frame: u64, conversation: u64 },
    /// The broker had kept the message of that frame.
    Retained { frame: Option<u64> },
    /// The will in that CONNECT; the frame in which its connection ended, if that was seen.
    Will { connect: u64, ended: Option<u64> },
    /// Not in the capture.
    Unknown,
}

/// The publishers, or the subscribers.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Peers {
    sessions: HashSet<u64>,
    /// The conversations of the first ones.
    pub(in crate::analysis) named: Vec<u64>,
}

impl Peers {
    /// How many there are.
    pub(in crate::analysis) fn count(&self) -> u64 {
        self.sessions.len() as u64
    }

    /// One more of them, unless it is known.
    fn note(&mut self, peer: Peer) {
        let room = self.sessions.len() < PEERS_MAX;
        if room && self.sessions.insert(peer.session) && self.named.len() < NAMED_MAX {
            self.named.push(peer.conversation);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Will {
    key: u64,
    connect: u64,
    ended: Option<u64>,
}

/// One broker.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Broker {
    messages: Messages,
    sessions: HashMap<u64, Session>,
    wills: HashMap<u64, Will>,
    /// The message kept for a topic: its frame and its key.
    retained: HashMap<u64, (u64, u64)>,
    pub(in crate::analysis) publishers: Peers,
    pub(in crate::analysis) subscribers: Peers,
    pub(in crate::analysis) deliveries: u64,
    /// The time from PUBLISH to delivery, of all deliveries together.
    pub(in crate::analysis) latency_ns: i64,
    /// The highest QoS of a PUBLISH.
    pub(in crate::analysis) qos: u8,
}

impl Brokers {
    /// A key for bytes.
    pub(super) fn key(&self, parts: &[&[u8]], len: usize) -> u64 {
        self.hasher.hash_one((parts, len))
    }

    /// A conversation that speaks MQTT was met: its ends.
    pub(super) fn meet(&mut self, conversation: &Conversation) {
        for end in [conversation.client, conversation.server] {
            if self.endpoints.len() < ENDPOINTS_MAX || self.endpoints.contains_key(&end) {
                *self.endpoints.entry(end).or_default() += 1;
            }
        }
    }

    /// Is that a broker, as far as the other conversations tell?
    pub(super) fn is_broker(&self, end: SocketAddr) -> bool {
        self.known.contains_key(&end) || self.endpoints.get(&end).is_some_and(|n| *n > 1)
    }

    fn broker(&mut self, peer: Peer) -> Option<&mut Broker> {
        if self.known.len() >= BROKERS_MAX && !self.known.contains_key(&peer.broker) {
            return None;
        }
        Some(self.known.entry(peer.broker).or_default())
    }

    /// A client was let in, or asks to be. [MQTT-3.1.3-2] Its session goes by its identifier.
    pub(super) fn connect(&mut self, peer: Peer, frame: u64, connect: &Connect) {
        let will = connect.will.as_ref().map(|will| Will {
            key: self.key(&[&will.topic, &will.payload], will.payload.len()),
            connect: frame,
            ended: None,
        });
        let Some(broker) = self.broker(peer) else { return };
        // [MQTT-3.1.2-6] A clean session begins with nothing.
        if connect.clean_session {
            broker.sessions.remove(&peer.session);
        }
        if let Some(will) = will
            && broker.wills.len() < WILLS_MAX
        {
            broker.wills.insert(peer.conversation, will);
        }
    }

    /// [MQTT-3.1.2-10], [MQTT-3.14.4-3] The will is discarded.
    pub(super) fn disconnect(&mut self, peer: Peer) {
        if let Some(broker) = self.broker(peer) {
            broker.wills.remove(&peer.conversation);
        }
    }

    /// The connection ended, in whatever way.
    pub(super) fn ended(&mut self, peer: Peer, frame: u64) {
        let broker = self.broker(peer);
        if let Some(will) = broker.and_then(|broker| broker.wills.get_mut(&peer.conversation)) {
            will.ended.get_or_insert(frame);
        }
    }

    /// From now on messages may be meant for it.
    pub(super) fn subscribe(&mut self, peer: Peer) {
        let Some(broker) = self.broker(peer) else { return };
        let next = broker.messages.next();
        if let Some(session) = broker.session(peer) {
            session.since.get_or_insert(next);
        }
        broker.subscribers.note(peer);
    }

    /// A client published: the frame and the conversation of the first try, if it is another one.
    pub(super) fn published(&mut self, peer: Peer, p: &Publication) -> Option<Flight> {
        let broker = self.broker(peer)?;
        broker.publishers.note(peer);
        broker.qos = broker.qos.max(p.qos);
        if let Some(first) = broker.flight(peer, true, p) {
            return Some(first);
        }
        broker.messages.push(p.key, p.frame, p.time_ns, p.qos);
        // [MQTT-3.3.1-5], [MQTT-3.3.1-10] Kept for those who subscribe later, or removed.
        if p.retain && p.empty {
            broker.retained.remove(&p.topic);
        } else if p.retain && broker.retained.len() < RETAINED_MAX {
            broker.retained.insert(p.topic, (p.frame, p.key));
        }
        None
    }

    /// The broker published: where that comes from.
    pub(super) fn delivered(&mut self, peer: Peer, p: &Publication) -> Origin {
        let Some(broker) = self.broker(peer) else { return Origin::Unknown };
        broker.subscribers.note(peer);
        broker.qos = broker.qos.max(p.qos);
        if let Some(first) = broker.flight(peer, false, p) {
            let Flight { publish: frame, conversation, .. } = first;
            return Origin::Redelivery { frame, conversation };
        }
        // [MQTT-3.3.1-8], [MQTT-3.3.1-9] Only what answers a subscription has RETAIN set.
        if p.retain {
            let kept = broker.retained.get(&p.topic).filter(|(_, key)| *key == p.key);
            return Origin::Retained { frame: kept.map(|(frame, _)| *frame) };
        }
        broker.origin(peer, p)
    }

    /// An acknowledgement of QoS 1 or 2: the delivery that it is about.
    pub(super) fn acknowledge(
        &mut self,
        peer: Peer,
        packet_type: PacketType,
        from_client: bool,
        id: u16,
        frame: u64,
    ) -> Option<Flight> {
        let session = self.broker(peer)?.session(peer)?;
        session.acknowledge(packet_type, from_client, id, frame)
    }

    /// The brokers with their addresses, in order.
    pub(in crate::analysis) fn all(&self) -> Vec<(SocketAddr, &Broker)> {
        let mut all: Vec<_> = self.known.iter().map(|(at, broker)| (*at, broker)).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }
}

impl Broker {
    fn session(&mut self, peer: Peer) -> Option<&mut Session> {
        if self.sessions.len() >= SESSIONS_MAX && !self.sessions.contains_key(&peer.session) {
            return None;
        }
        Some(self.sessions.entry(peer.session).or_default())
    }

    /// A PUBLISH of QoS 1 or 2 begins a delivery, or repeats one.
    fn flight(&mut self, peer: Peer, from_client: bool, p: &Publication) -> Option<Flight> {
        let id = p.packet_id?;
        let flight = Flight {
            publish: p.frame,
            time_ns: p.time_ns,
            conversation: peer.conversation,
            rec: None,
            rel: None,
        };
        self.session(peer)?.publish(from_client, id, p.dup, flight)
    }

    /// The oldest message of this topic and payload that this session has not got; failing that
    /// a will, or one that it has got.
    fn origin(&mut self, peer: Peer, p: &Publication) -> Origin {
        let (cursor, since) = self
            .sessions
            .get(&peer.session)
            .map_or((None, None), |session| (session.cursor(p.key), session.since));
        // A message can have been published a moment before the SUBSCRIBE in the capture, and
        // after it for the broker.
        let found = self
            .messages
            .first_from(p.key, cursor.or(since).unwrap_or(0))
            .or_else(|| self.messages.last_from(p.key, cursor.unwrap_or(0)));
        if let Some(number) = found
            && let Some((message, after)) = self.messages.delivered(number, p.frame, p.time_ns)
        {
            let origin = Origin::Message { frame: message.frame, after, qos: message.qos };
            self.deliveries += 1;
            self.latency_ns = self.latency_ns.saturating_add(after);
            if let Some(session) = self.session(peer) {
                session.advance(p.key, number);
            }
            return origin;
        }
        // Of several that fit, the one that ended last.
        let wills = self.wills.values().filter(|will| will.key == p.key);
        if let Some(will) = wills.max_by_key(|will| (will.ended, will.connect)) {
            return Origin::Will { connect: will.connect, ended: will.ended };
        }
        let before = cursor.and_then(|next| self.messages.get(next.checked_sub(1)?));
        before.map_or(Origin::Unknown, |message| Origin::Again { frame: message.frame })
    }

    /// The first messages, for the list.
    pub(in crate::analysis) fn listed(&self) -> impl Iterator<Item = &Message> {
        self.messages.listed()
    }

    /// How many messages were published.
    pub(in crate::analysis) fn published(&self) -> u64 {
        self.messages.count()
    }

    /// Deliveries of QoS 1 and 2 that were begun and not completed.
    pub(in crate::analysis) fn open(&self) -> usize {
        self.sessions.values().map(Session::open).sum()
    }
}
