//! What one socket does on all its connections: a PUSH that hands out to several PULLs, a PUB
//! that serves several SUBs.
//!
//! ```text
//!                 ┌─ 1, 4, 7 ──► PULL
//!   PUSH (bound) ─┼─ 2, 5, 8 ──► PULL        round-robin: the one that waited longest is next
//!                 └─ 3, 6, 9 ──► PULL
//! ```
//!
//! A socket that bound is known by its address. One that connected has another port on each
//! connection, and is known by its host alone. It knows counts and turns, up to limits; it reads
//! no bytes, and has no words.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::analysis::texts::Listed;

/// Sockets that are followed.
pub const SOCKETS_MAX: usize = 64;
/// Peers of a socket that are followed.
pub const PEERS_MAX: usize = 64;
/// Turns that the report shows one by one.
pub const TURNS_MAX: usize = 12;
/// Prefixes of a subscriber that the report names.
pub const PREFIXES_MAX: usize = 8;

/// How a socket is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) enum Kind {
    /// A PUSH.
    Push,
    /// A PUB or XPUB.
    Pub,
}

/// The socket at one end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) struct Key {
    pub(in crate::analysis) kind: Kind,
    /// Did it bind? If not, the address is its host's, with port 0.
    pub(in crate::analysis) bound: bool,
    pub(in crate::analysis) address: SocketAddr,
}

impl Key {
    pub(super) fn new(kind: Kind, bound: bool, address: SocketAddr) -> Self {
        let address = if bound { address } else { SocketAddr::new(address.ip(), 0) };
        Self { kind, bound, address }
    }
}

/// A connection of a socket.
#[derive(Debug)]
pub(in crate::analysis) struct Peer {
    pub(in crate::analysis) conversation: u64,
    /// The address of the other end.
    to: SocketAddr,
    pub(in crate::analysis) messages: u64,
    /// The frames that carried them, each once.
    pub(in crate::analysis) frames: Listed,
    last_frame: u64,
    /// The number of the message that it got last, or that was the last when it came.
    last: u64,
    gone: bool,
    /// What it subscribed to, with what came for it.
    pub(in crate::analysis) prefixes: Vec<(Vec<u8>, u64)>,
}

/// A socket.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Socket {
    pub(in crate::analysis) peers: Vec<Peer>,
    pub(in crate::analysis) sent: u64,
    /// Messages whose peer was not the one that had waited longest.
    pub(in crate::analysis) out_of_turn: u64,
    /// Who got the first ones, by place among the peers.
    pub(in crate::analysis) turns: Vec<usize>,
}

/// All of a capture.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Sockets {
    known: BTreeMap<Key, Socket>,
}

impl Sockets {
    /// A connection is ready. [PUSH-out-02] From now on it takes part in the turns.
    pub(super) fn join(&mut self, key: Key, conversation: u64, to: SocketAddr) {
        if self.known.len() >= SOCKETS_MAX && !self.known.contains_key(&key) {
            return;
        }
        let socket = self.known.entry(key).or_default();
        if socket.peers.len() < PEERS_MAX && socket.place(conversation).is_none() {
            socket.peers.push(Peer {
                conversation,
                to,
                messages: 0,
                frames: Listed::default(),
                last_frame: 0,
                last: socket.sent,
                gone: false,
                prefixes: Vec::new(),
            });
        }
    }

    fn peer(&mut self, key: Key, conversation: u64) -> Option<&mut Peer> {
        let socket = self.known.get_mut(&key)?;
        let place = socket.place(conversation)?;
        Some(&mut socket.peers[place])
    }

    pub(super) fn leave(&mut self, key: Key, conversation: u64) {
        if let Some(peer) = self.peer(key, conversation) {
            peer.gone = true;
        }
    }

    pub(super) fn subscribe(&mut self, key: Key, conversation: u64, prefix: &[u8]) {
        if let Some(peer) = self.peer(key, conversation)
            && peer.prefixes.len() < PREFIXES_MAX
            && !peer.prefixes.iter().any(|(known, _)| known == prefix)
        {
            peer.prefixes.push((prefix.to_vec(), 0));
        }
    }

    /// A message went to one of its peers, for that prefix if it is a PUB's.
    pub(super) fn sent(&mut self, key: Key, conversation: u64, frame: u64, prefix: Option<&[u8]>) {
        let Some(socket) = self.known.get_mut(&key) else { return };
        let Some(place) = socket.place(conversation) else { return };
        socket.sent += 1;
        if socket.turns.len() < TURNS_MAX {
            socket.turns.push(place);
        }
        let waiting = socket.peers.iter().filter(|peer| !peer.gone).map(|peer| peer.last).min();
        let sent = socket.sent;
        let peer = &mut socket.peers[place];
        if waiting.is_some_and(|longest| peer.last > longest) {
            socket.out_of_turn += 1;
        }
        peer.last = sent;
        peer.messages += 1;
        if peer.last_frame != frame {
            peer.frames.push(frame);
        }
        peer.last_frame = frame;
        let named = peer.prefixes.iter_mut().find(|(known, _)| Some(known.as_slice()) == prefix);
        if let Some((_, count)) = named {
            *count += 1;
        }
    }

    /// Those with more than one connection. Of those that are known by their host alone, the ones
    /// whose connections all lead elsewhere: two to one place are of two sockets.
    pub(in crate::analysis) fn shared_out(&self) -> impl Iterator<Item = (&Key, &Socket)> {
        self.known.iter().filter(|(key, socket)| {
            let mut to: Vec<SocketAddr> = socket.peers.iter().map(|peer| peer.to).collect();
            to.sort();
            to.dedup();
            socket.peers.len() > 1 && (key.bound || to.len() == socket.peers.len())
        })
    }
}

impl Socket {
    fn place(&self, conversation: u64) -> Option<usize> {
        self.peers.iter().position(|peer| peer.conversation == conversation)
    }
}
