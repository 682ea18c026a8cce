//! The connections of a socket, each with its machine, and what is known of its liveness.

use wirelab_reactor::{ConnId, Now};

use super::pipes::PipeId;
use crate::Error;
use crate::peer::Peer;
use std::net::SocketAddr;
use std::time::Duration;

/// One connection, from its first byte to its close.
#[derive(Debug)]
pub(crate) struct Link {
    pub conn: ConnId,
    pub addr: SocketAddr,
    pub peer: Peer,
    /// We connected: by which of our endpoints.
    pub dial: Option<usize>,
    /// Its pipe, once the handshake is done.
    pub pipe: Option<PipeId>,
    pub knows_3_1: bool,
    /// When bytes last came.
    pub heard: Now,
    /// When a PING was sent that nothing has come after.
    pub pinged: Option<Now>,
    /// How much the kernel had taken for this peer when that was looked at last, and how much it
    /// has when the PING has left.
    pub taken: u64,
    pub ping_leaves_at: u64,
    /// How long we may wait for the peer, as it told us.
    pub ttl: Option<Duration>,
    /// Why we are closing it.
    pub error: Option<Error>,
    /// Nothing of it counts any more.
    pub is_closing: bool,
    /// It is not read from until it has taken the answers that it asked for.
    pub is_choked: bool,
    /// It came to us, and its handshake is not done.
    pub is_stranger: bool,
}

/// All connections, by the loop's slot.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: Vec<Option<Box<Link>>>,
    /// Of those that came to us, how many are in their handshake.
    pub strangers: usize,
}

impl Links {
    pub fn open(&mut self, link: Link) {
        let slot = link.conn.slot();
        if self.links.len() <= slot {
            self.links.resize_with(slot + 1, || None);
        }
        self.strangers += usize::from(link.is_stranger);
        self.links[slot] = Some(Box::new(link));
    }

    #[inline]
    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Link> {
        self.links.get_mut(conn.slot())?.as_deref_mut().filter(|link| link.conn == conn)
    }

    /// The handshake is done.
    pub fn welcome(&mut self, conn: ConnId) {
        let Some(link) = self.get_mut(conn) else { return };
        let was_stranger = std::mem::take(&mut link.is_stranger);
        self.strangers -= usize::from(was_stranger);
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Box<Link>> {
        let place = self.links.get_mut(conn.slot())?;
        let link = place.take_if(|link| link.conn == conn)?;
        self.strangers -= usize::from(link.is_stranger);
        Some(link)
    }
}
