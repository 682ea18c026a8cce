//! Who sent what to whom, and when: a lane per host, an arrow per frame.
//!
//! It knows hosts and phases. It does not know how a ladder is drawn; that is done twice, in
//! `svg` and in `textual`.

use crate::analysis::Told;
use crate::conversation::Side;
use crate::dissect::{Content, Dissection, Flags, Mac, Segment};
use crate::output::Tone;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Hosts that have a lane; frames of others are counted.
pub const LANES_MAX: usize = 10;
/// Arrows that are drawn from the beginning of a capture…
pub const ARROWS_FIRST: usize = 160;
/// …and from its end; what is between them is summed up.
pub const ARROWS_LAST: usize = 40;
/// Conversations whose phase is followed; of others, a lone ACK counts as an exchange's.
pub const PHASES_MAX: usize = 1024;
/// Ports of a host that are listed.
pub const PORTS_MAX: usize = 8;

/// What a lane stands for. Where a host talks to itself, each side has a lane of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Ip(IpAddr, Option<Side>),
    Link(Mac),
}

/// A host's line.
#[derive(Debug)]
pub(super) struct Lane {
    key: Key,
    /// What it is called: a host's name or a role; nothing if only its address is known.
    pub name: Option<String>,
    pub address: String,
    /// Ports that others connected to.
    pub listens: BTreeSet<u16>,
    /// Ports that it connected to.
    pub connects: BTreeSet<u16>,
}

impl Lane {
    /// What stands above its line.
    pub fn head(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.address)
    }
}

/// What a frame is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Resolution,
    Handshake,
    Exchanges,
    Close,
    Other,
}

/// A frame.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub number: u64,
    pub since_start_ns: i64,
    pub from: usize,
    /// Nothing: to all.
    pub to: Option<usize>,
    pub what: String,
    pub text: String,
    pub say: String,
    pub tone: Tone,
    pub phase: Phase,
}

/// Frames without an arrow, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skipped {
    pub first: u64,
    pub last: u64,
    pub data: u64,
    pub control: u64,
    pub close: u64,
    pub other: u64,
}

impl Skipped {
    pub fn count(&self) -> u64 {
        self.data + self.control + self.close + self.other
    }

    fn add(&mut self, number: u64, tone: Tone) {
        if self.count() == 0 {
            self.first = number;
        }
        self.last = number;
        *match tone {
            Tone::Data => &mut self.data,
            Tone::Control => &mut self.control,
            Tone::Close => &mut self.close,
            _ => &mut self.other,
        } += 1;
    }
}

/// A row of the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    Arrow(&'a Arrow),
    Skipped(&'a Skipped),
}

/// The ladder.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    pub lanes: Vec<Lane>,
    first: Vec<Arrow>,
    last: VecDeque<Arrow>,
    between: Skipped,
    /// Frames of hosts beyond [`LANES_MAX`].
    pub of_others: u64,
    phases: HashMap<u64, Phase>,
}

impl Ladder {
    /// The next frame.
    pub fn frame(&mut self, dissection: &Dissection, told: &Told) {
        let phase = self.phase(dissection, told);
        let (source, destination) = ends(dissection, told);
        let from = source.and_then(|key| self.lane(key, &told.src));
        let to = destination.map(|key| self.lane(key, &told.dst));
        let (Some(from), Some(to)) = (from, to.map_or(Some(None), |lane| lane.map(Some))) else {
            self.of_others += 1;
            return;
        };
        if let (Content::Tcp(segment), Some(to)) = (&dissection.content, to) {
            self.ports(segment, from, to);
        }
        let arrow = Arrow {
            number: told.number,
            since_start_ns: told.since_start_ns,
            from,
            to,
            what: told.what.clone(),
            text: super::shortened(&told.text, super::VALUE_MAX),
            say: super::shortened(&told.say, super::VALUE_MAX * 4),
            tone: told.tone,
            phase,
        };
        if self.first.len() < ARROWS_FIRST {
            self.first.push(arrow);
            return;
        }
        self.last.push_back(arrow);
        if self.last.len() > ARROWS_LAST
            && let Some(skipped) = self.last.pop_front()
        {
            self.between.add(skipped.number, skipped.tone);
        }
    }

    /// From top to bottom.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let between = (self.between.count() > 0).then_some(Row::Skipped(&self.between));
        let first = self.first.iter().map(Row::Arrow);
        first.chain(between).chain(self.last.iter().map(Row::Arrow)).collect()
    }

    /// The lane of a host, made if there is room.
    fn lane(&mut self, key: Key, called: &str) -> Option<usize> {
        let address = match key {
            Key::Ip(address, _) => address.to_string(),
            Key::Link(mac) => mac.to_string(),
        };
        // A conversation whose beginning is not there goes by address and port.
        let is_name = called != address && called.parse::<SocketAddr>().is_err();
        let name = (is_name && !called.is_empty()).then(|| called.to_owned());
        if let Some(at) = self.lanes.iter().position(|lane| lane.key == key) {
            let lane = &mut self.lanes[at];
            lane.name = lane.name.take().or(name);
            return Some(at);
        }
        if self.lanes.len() == LANES_MAX {
            return None;
        }
        let (listens, connects) = (BTreeSet::new(), BTreeSet::new());
        self.lanes.push(Lane { key, name, address, listens, connects });
        Some(self.lanes.len() - 1)
    }

    /// A SYN says who connects to which port; nothing else does.
    fn ports(&mut self, segment: &Segment, from: usize, to: usize) {
        let flags = segment.flags;
        if !flags.has(Flags::SYN) || flags.has(Flags::ACK) {
            return;
        }
        insert(&mut self.lanes[from].connects, segment.destination_port);
        insert(&mut self.lanes[to].listens, segment.destination_port);
    }

    /// What the frame is part of: an ACK alone belongs to what came before it.
    fn phase(&mut self, dissection: &Dissection, told: &Told) -> Phase {
        let (segment, conversation) = match (&dissection.content, told.conversation) {
            (Content::Arp(_), _) => return Phase::Resolution,
            (Content::Tcp(segment), Some(conversation)) => (segment, conversation),
            _ => return Phase::Other,
        };
        let flags = segment.flags;
        let before = self.phases.get(&conversation).copied();
        let phase = match before {
            _ if flags.has(Flags::FIN | Flags::RST) => Phase::Close,
            _ if flags.has(Flags::SYN) => Phase::Handshake,
            Some(Phase::Close) => Phase::Close,
            Some(before) if segment.payload_len == 0 => before,
            _ => Phase::Exchanges,
        };
        if before.is_some() || self.phases.len() < PHASES_MAX {
            self.phases.insert(conversation, phase);
        }
        phase
    }
}

fn insert(ports: &mut BTreeSet<u16>, port: u16) {
    if ports.len() < PORTS_MAX {
        ports.insert(port);
    }
}

/// Who sent it, and to whom; no destination is all.
fn ends(dissection: &Dissection, told: &Told) -> (Option<Key>, Option<Key>) {
    let to_all = dissection.link.is_some_and(|(_, to)| to.0[0] & 1 == 1);
    if let Some((from, to)) = dissection.addresses {
        let side = told.from.filter(|_| from == to);
        let to_all = to_all || to.is_multicast();
        let destination = Key::Ip(to, side.map(Side::other));
        return (Some(Key::Ip(from, side)), (!to_all).then_some(destination));
    }
    let (from, to) = (dissection.link.map(|l| l.0), dissection.link.map(|l| l.1));
    if let Content::Arp(arp) = &dissection.content {
        // A host that asks whether an address is free has none yet.
        let own = if arp.sender.is_unspecified() {
            from.map(Key::Link)
        } else {
            Some(Key::Ip(arp.sender.into(), None))
        };
        return (own, (!to_all).then_some(Key::Ip(arp.target.into(), None)));
    }
    (from.map(Key::Link), to.filter(|_| !to_all).map(Key::Link))
}
