//! Who asks for whose hardware address, and whether that was known already. [RFC 826]
//!
//! It knows questions, answers and which neighbours know each other. It does not know names.

use crate::dissect::{Arp, ArpOperation, Mac};
use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

/// Pairs of neighbours that are remembered; beyond, a re-check looks like a first question.
pub const PAIRS_MAX: usize = 4096;
/// Questions that the report lists.
pub const EXCHANGES_MAX: usize = 64;

/// A question, with its answer if there was one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) asker: Ipv4Addr,
    pub(super) target: Ipv4Addr,
    /// The frame of the question.
    pub(super) request: u64,
    /// The frame of the answer and the address in it.
    pub(super) answer: Option<(u64, Mac)>,
    /// Had the two found each other before?
    pub(super) re_check: bool,
}

/// What one ARP packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A question.
    Question,
    /// A question between hosts that know each other.
    ReCheck,
    /// An answer to the question in that frame.
    Answer(u64),
    /// An answer to a question that was not seen.
    AnswerUnasked,
    /// A host tells its own address [RFC 5227 2.3].
    Announcement,
    /// A host asks whether an address is free [RFC 5227 2.1.1].
    Probe,
    /// Another operation.
    Other(u16),
}

/// The neighbours of a capture.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    known: HashSet<(Ipv4Addr, Ipv4Addr)>,
    addresses: HashMap<Ipv4Addr, Mac>,
    /// The place in `exchanges` of the open question of each pair, or only its frame.
    open: HashMap<(Ipv4Addr, Ipv4Addr), (u64, Option<usize>)>,
    pub(super) exchanges: Vec<Exchange>,
    /// Questions beyond the limit.
    pub(super) unlisted: u64,
}

impl Neighbours {
    /// Takes a packet: what it means, and the hardware address that its sender had before, if
    /// that was another one.
    pub(super) fn step(&mut self, frame: u64, arp: &Arp) -> (Meaning, Option<Mac>) {
        let meaning = match arp.operation {
            ArpOperation::Other(operation) => return (Meaning::Other(operation), None),
            _ if arp.sender == arp.target => Meaning::Announcement,
            ArpOperation::Request if arp.sender.is_unspecified() => return (Meaning::Probe, None),
            ArpOperation::Request => self.question(frame, arp),
            ArpOperation::Reply => self.answer(frame, arp),
        };
        (meaning, self.address(arp))
    }

    fn question(&mut self, frame: u64, arp: &Arp) -> Meaning {
        let re_check = self.known.contains(&pair(arp.sender, arp.target));
        let place = if self.exchanges.len() < EXCHANGES_MAX {
            self.exchanges.push(Exchange {
                asker: arp.sender,
                target: arp.target,
                request: frame,
                answer: None,
                re_check,
            });
            Some(self.exchanges.len() - 1)
        } else {
            self.unlisted += 1;
            None
        };
        if self.open.len() < PAIRS_MAX {
            self.open.insert((arp.sender, arp.target), (frame, place));
        }
        if re_check { Meaning::ReCheck } else { Meaning::Question }
    }

    /// The answer's target is who asked. Both know each other now: who is asked learns the
    /// asker's address from the question itself.
    fn answer(&mut self, frame: u64, arp: &Arp) -> Meaning {
        if self.known.len() < PAIRS_MAX {
            self.known.insert(pair(arp.sender, arp.target));
        }
        let Some((question, place)) = self.open.remove(&(arp.target, arp.sender)) else {
            return Meaning::AnswerUnasked;
        };
        if let Some(exchange) = place.and_then(|place| self.exchanges.get_mut(place)) {
            exchange.answer = Some((frame, arp.sender_mac));
        }
        Meaning::Answer(question)
    }

    fn address(&mut self, arp: &Arp) -> Option<Mac> {
        if self.addresses.len() >= PAIRS_MAX && !self.addresses.contains_key(&arp.sender) {
            return None;
        }
        let before = self.addresses.insert(arp.sender, arp.sender_mac);
        before.filter(|before| *before != arp.sender_mac)
    }
}

fn pair(a: Ipv4Addr, b: Ipv4Addr) -> (Ipv4Addr, Ipv4Addr) {
    if a < b { (a, b) } else { (b, a) }
}
