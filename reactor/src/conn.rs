//! What the loop knows of one connection, and the table of all of them.
//!
//! Books only: nothing here touches a socket.

use bytes::BytesMut;
use slab::Slab;
use std::io;
use std::net::SocketAddr;

use crate::outbox::Outbox;
use crate::timers::ConnTimers;
use crate::{Closed, ConnId, Now};

/// Where a connection stands.
///
/// ```text
///   connect --> Dialling --connected--> Open --close--> Closing --flushed--> Lingering --> gone
///   accept  ----------------------------^                 FIN sent here -----^
/// ```
/// From every state a failure leads straight to `gone`, and a reset of ours by way of `Condemned`.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The connect is under way. What is sent waits.
    Dialling {
        /// We closed it meanwhile: it will be dropped, and never opened.
        abandoned: bool,
    },
    /// Bytes flow.
    Open,
    /// We have closed; the outbox is being flushed.
    Closing {
        /// What `on_close` will say when all goes well.
        end: End,
        /// The queue's length when its deadline was last set: a peer that takes something within
        /// the time gets more time.
        queued: usize,
        /// But never more than until then.
        until: Now,
    },
    /// Our FIN is sent; reading and discarding until the peer's.
    Lingering {
        /// As above.
        end: End,
    },
    /// It will be broken at the end of the turn; until then it neither reads nor writes.
    Condemned(Verdict),
}

/// Why a connection is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The service asked for a reset.
    Reset,
    /// More was queued for it than may be.
    Overflow,
}

/// Who ended it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Us,
    Peer,
}

impl From<End> for Closed {
    fn from(end: End) -> Self {
        match end {
            End::Us => Self::ByUs,
            End::Peer => Self::ByPeer,
        }
    }
}

/// One connection's books.
#[derive(Debug)]
pub(crate) struct Conn {
    generation: u32,
    pub phase: Phase,
    pub peer: SocketAddr,
    /// What the service has left unread.
    pub input: BytesMut,
    pub outbox: Outbox,
    pub timers: ConnTimers,
    /// The service does not want `on_data`.
    pub paused: bool,
    /// The kernel may hold bytes that we have not read.
    pub unread: bool,
    /// The peer's FIN is known to have arrived at the kernel.
    pub read_closed: bool,
    /// We have read the peer's FIN.
    pub eof: bool,
    /// The kernel takes no more bytes until it says so.
    pub blocked: bool,
    /// The outbox was above the high water mark and has not been drained since.
    pub above_high_water: bool,
    /// Why nothing can be written any more: it ends when what the peer has sent before is read.
    pub broken: Option<io::Error>,
    /// It stands in the list of those to be read in the next turn.
    pub waits_for_read: bool,
    /// It stands in the list of those to be flushed at the end of the turn.
    pub waits_for_flush: bool,
}

impl Conn {
    /// May the service still send?
    pub fn takes_output(&self) -> bool {
        self.broken.is_none()
            && matches!(self.phase, Phase::Dialling { abandoned: false } | Phase::Open)
    }
}

/// All connections of a loop.
#[derive(Debug, Default)]
pub(crate) struct Conns {
    slots: Slab<Conn>,
    next_generation: u32,
}

impl Conns {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn insert(&mut self, phase: Phase, peer: SocketAddr) -> ConnId {
        // 0 is left to the dead.
        self.next_generation = self.next_generation.wrapping_add(1).max(1);
        let generation = self.next_generation;
        let slot = self.slots.insert(Conn {
            generation,
            phase,
            peer,
            input: BytesMut::new(),
            outbox: Outbox::default(),
            timers: ConnTimers::default(),
            paused: false,
            unread: false,
            read_closed: false,
            eof: false,
            blocked: false,
            above_high_water: false,
            broken: None,
            waits_for_read: false,
            waits_for_flush: false,
        });
        ConnId { slot: slot as u32, generation }
    }

    pub fn get(&self, id: ConnId) -> Option<&Conn> {
        self.slots.get(id.slot()).filter(|conn| conn.generation == id.generation)
    }

    pub fn get_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.slots.get_mut(id.slot()).filter(|conn| conn.generation == id.generation)
    }

    pub fn remove(&mut self, id: ConnId) -> Option<Conn> {
        self.get(id)?;
        Some(self.slots.remove(id.slot()))
    }

    pub fn ids(&self) -> Vec<ConnId> {
        let id = |(slot, conn): (usize, &Conn)| ConnId {
            slot: slot as u32,
            generation: conn.generation,
        };
        self.slots.iter().map(id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Conns, Phase};

    #[test]
    fn a_stale_id_never_names_somebody_else() {
        let peer = "127.0.0.1:1".parse().unwrap();
        let mut conns = Conns::default();
        let first = conns.insert(Phase::Open, peer);
        assert!(conns.remove(first).is_some());
        let second = conns.insert(Phase::Open, peer);
        assert_eq!(first.slot(), second.slot());
        assert!(conns.get(first).is_none() && conns.get_mut(first).is_none());
        assert!(conns.remove(first).is_none());
        assert_eq!(conns.ids(), [second]);
    }
}
