//! What the broker knows of each connection, beside what the loop knows.
//!
//! ```text
//!   opened --> Strange --CONNECT, accepted--> Connected --DISCONNECT, close, violation--> Done
//!                 |                                                                        ^
//!                 +--- refused, no CONNECT in time, malformed ------------------------------+
//! ```
//!
//! It knows ids and stages. It does not know what makes a stage change.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;
use wirelab_reactor::{ConnId, Now};

use super::routes::Route;
use super::sessions::Key;
use crate::packet::{PacketType, Will};
use crate::wire::PacketId;

/// One connection.
#[derive(Debug)]
pub(super) struct Peer {
    conn: ConnId,
    /// When the last whole packet came.
    pub heard: Now,
    /// How much of an unfinished packet was there when that last counted as being heard.
    pub partial: usize,
    pub stage: Stage,
}

/// What is legal on it.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing but CONNECT [MQTT-3.1.0-1].
    Strange,
    /// Everything but CONNECT [MQTT-3.1.0-2].
    Connected(Link),
    /// Nothing: it is being closed, and what comes is not processed [MQTT-3.1.4-5].
    Done,
}

/// A client that was let in.
#[derive(Debug)]
pub(super) struct Link {
    pub session: Key,
    /// Keep Alive, in seconds; 0: none.
    pub keep_alive: u16,
    pub will: Option<Box<Will>>,
    /// The way of its last PUBLISH: most clients publish to one topic again and again.
    pub route: Option<Rc<Route>>,
    /// Present while it waits for others.
    pub hold: Option<Box<Hold>>,
}

/// A client that must wait until those have caught up whom it has published to.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// Their sessions.
    pub waits_for: HashSet<Key>,
    /// Acknowledgements that it does not get meanwhile, in order.
    pub acks: Vec<(PacketType, PacketId)>,
    /// Is it not read from meanwhile?
    pub paused: bool,
}

impl Link {
    /// Is it not read from?
    pub fn is_paused(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.paused)
    }

    /// [MQTT-3.1.2-24] How long it may be silent: one and a half times the Keep Alive.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(u64::from(self.keep_alive) * 1500)
    }
}

/// All connections, by the loop's slot.
#[derive(Debug, Default)]
pub(super) struct Peers(Vec<Option<Peer>>);

impl Peers {
    pub fn open(&mut self, conn: ConnId, now: Now) {
        if self.0.len() <= conn.slot() {
            self.0.resize_with(conn.slot() + 1, || None);
        }
        self.0[conn.slot()] = Some(Peer { conn, heard: now, partial: 0, stage: Stage::Strange });
    }

    pub fn close(&mut self, conn: ConnId) {
        if self.get_mut(conn).is_some() {
            self.0[conn.slot()] = None;
        }
    }

    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Peer> {
        self.0.get_mut(conn.slot())?.as_mut().filter(|peer| peer.conn == conn)
    }

    /// The client on this connection, if it has been let in and has not left.
    pub fn link(&self, conn: ConnId) -> Option<&Link> {
        let peer = self.0.get(conn.slot())?.as_ref().filter(|peer| peer.conn == conn)?;
        match &peer.stage {
            Stage::Connected(link) => Some(link),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn link_mut(&mut self, conn: ConnId) -> Option<&mut Link> {
        match &mut self.get_mut(conn)?.stage {
            Stage::Connected(link) => Some(link),
            _ => None,
        }
    }

    /// Is it one that has not been let in, and not been sent away?
    pub fn is_strange(&mut self, conn: ConnId) -> bool {
        self.get_mut(conn).is_some_and(|peer| matches!(peer.stage, Stage::Strange))
    }

    /// The client leaves; what comes from its connection is no longer processed.
    pub fn take_link(&mut self, conn: ConnId) -> Option<Link> {
        let peer = self.get_mut(conn)?;
        match std::mem::replace(&mut peer.stage, Stage::Done) {
            Stage::Connected(link) => Some(link),
            _ => None,
        }
    }

    /// Every connection.
    pub fn ids(&self) -> Vec<ConnId> {
        self.0.iter().flatten().map(|peer| peer.conn).collect()
    }
}
