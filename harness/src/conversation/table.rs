//! All conversations of a capture, found by their two addresses and ports.
//!
//! It knows which one a segment belongs to, and when a new one begins. It does not know what the
//! segment does there; that is `track`'s.

use super::direction::Direction;
use super::{Conversation, Delivery, Event, Handshake, Side, Step, track};
use crate::dissect::{Flags, Segment};
use crate::frame::CapturedFrame;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Conversations that are remembered at a time; beyond, the one that was over first is
/// forgotten, or else the oldest.
pub const CONVERSATIONS_MAX: usize = 4096;

/// Bytes that may wait for an earlier segment in all conversations together; beyond, the holes of
/// the conversation that brought the last of them are given up.
pub const WAITING_TOTAL_MAX: usize = 64 << 20;

type Key = (SocketAddr, SocketAddr);

/// The conversations of a capture.
#[derive(Debug, Default)]
pub struct Conversations {
    by_id: BTreeMap<u64, Conversation>,
    by_key: HashMap<Key, u64>,
    over: VecDeque<u64>,
    opened: u64,
    waiting_bytes: usize,
}

impl Conversations {
    /// How many there were, forgotten ones included.
    pub fn count(&self) -> u64 {
        self.opened
    }

    /// One of those that are remembered.
    pub fn get(&self, id: u64) -> Option<&Conversation> {
        self.by_id.get(&id)
    }

    /// Those that are remembered, in the order of their first frames.
    pub fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.by_id.values()
    }

    /// The capture is over: what still waits for an earlier segment of this conversation, with
    /// the holes given up.
    pub fn finish(&mut self, id: u64) -> Vec<(Side, Delivery)> {
        let Some(conversation) = self.by_id.get_mut(&id) else { return Vec::new() };
        self.waiting_bytes -= conversation.waiting_bytes();
        track::finish(conversation)
    }

    /// Takes a segment.
    pub fn step(
        &mut self,
        frame: &CapturedFrame,
        addresses: (IpAddr, IpAddr),
        segment: &Segment,
    ) -> Step {
        let from = SocketAddr::new(addresses.0, segment.source_port);
        let to = SocketAddr::new(addresses.1, segment.destination_port);
        let key = if from < to { (from, to) } else { (to, from) };
        let known = self.by_key.get(&key).copied();
        let mut events = Vec::new();
        let mut evicted = None;
        let known_conversation = known.and_then(|id| self.by_id.get(&id));
        let id = match known_conversation {
            Some(old) if !opens_anew(old, from, segment) => old.id,
            old => {
                if let Some(old) = old {
                    events.push(Event::PortReused(old.id));
                }
                evicted = self.make_room();
                let id = self.open(frame, from, to, segment);
                self.by_key.insert(key, id);
                id
            }
        };
        let mut step = Step { id, from: Side::Client, events, deliveries: Vec::new(), evicted };
        if let Some(conversation) = self.by_id.get_mut(&id) {
            let was_over = conversation.is_over();
            step.from = if from == conversation.client { Side::Client } else { Side::Server };
            self.waiting_bytes -= conversation.waiting_bytes();
            track::segment(conversation, frame, segment, &mut step);
            if self.waiting_bytes + conversation.waiting_bytes() > WAITING_TOTAL_MAX {
                step.deliveries.extend(track::finish(conversation));
            }
            self.waiting_bytes += conversation.waiting_bytes();
            if !was_over && conversation.is_over() {
                self.over.push_back(id);
            }
        }
        step
    }

    fn open(
        &mut self,
        frame: &CapturedFrame,
        from: SocketAddr,
        to: SocketAddr,
        segment: &Segment,
    ) -> u64 {
        let id = self.opened;
        self.opened += 1;
        let syn = segment.flags.has(Flags::SYN);
        // A SYN,ACK is the server's: it answers who opened.
        let (client, server) =
            if syn && segment.flags.has(Flags::ACK) { (to, from) } else { (from, to) };
        self.by_id.insert(
            id,
            Conversation {
                id,
                client,
                server,
                opener_known: syn,
                handshake: Handshake::default(),
                directions: [Direction::default(), Direction::default()],
                frames: 0,
                first_ns: frame.time_ns,
                last_ns: frame.time_ns,
                reset: None,
            },
        );
        id
    }

    fn make_room(&mut self) -> Option<u64> {
        if self.by_id.len() < CONVERSATIONS_MAX {
            return None;
        }
        let id = self.over.pop_front().or_else(|| self.by_id.keys().next().copied())?;
        let old = self.by_id.remove(&id)?;
        self.waiting_bytes -= old.waiting_bytes();
        let key = (old.client.min(old.server), old.client.max(old.server));
        if self.by_key.get(&key) == Some(&id) {
            self.by_key.remove(&key);
        }
        Some(id)
    }
}

/// Does this SYN begin another conversation over the same ports? One with the number of the SYN
/// that was seen is the same SYN again; one that crosses another SYN is a simultaneous open.
fn opens_anew(old: &Conversation, from: SocketAddr, segment: &Segment) -> bool {
    if !segment.flags.has(Flags::SYN) || segment.flags.has(Flags::ACK) {
        return false;
    }
    let side = if from == old.client { Side::Client } else { Side::Server };
    let direction = old.direction(side);
    if !direction.started() {
        return old.handshake.syn_ack.is_some() || old.handshake.syn.is_none();
    }
    direction.offset(segment.seq.wrapping_add(1)) != 0 || old.is_over()
}
