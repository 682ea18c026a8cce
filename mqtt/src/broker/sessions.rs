//! What the broker remembers of each client: subscriptions, what waits for it, what is in flight
//! (section 4.1).
//!
//! It knows connections by their ids. What happens to a session is decided elsewhere.

use slab::Slab;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use wirelab_reactor::{ConnId, Now};

use super::access::Who;
use super::message::Item;
use super::store::{SessionNo, Ticket};
use crate::delivery::{Receiver, Sender};
use crate::packet::QoS;

/// A session's place in the table; used again after its end.
pub(super) type Key = u32;

/// One client's session.
#[derive(Debug)]
pub(super) struct Session {
    /// [MQTT-3.1.3-2] The key that client and server know it by.
    pub client_id: Rc<str>,
    pub user_name: Option<Box<str>>,
    /// CleanSession: it ends with its connection [MQTT-3.1.2-6].
    pub clean: bool,
    /// Its connection, while there is one.
    pub conn: Option<ConnId>,
    /// When its client left, in seconds since 1970.
    pub away_since: u64,
    /// Its number in the store; 0: it is not kept there.
    pub number: SessionNo,
    pub subscriptions: BTreeMap<Rc<str>, QoS>,
    /// Levels of all their filters together.
    pub levels: usize,
    /// Messages of QoS 1 and 2 on their way to the client.
    pub out: Sender<Item>,
    pub next_ticket: Ticket,
    /// Bytes of payload in `out`.
    pub out_bytes: usize,
    /// The newest messages in `out` that the store has not been told of.
    pub untold: usize,
    /// Messages of QoS 0 that wait: retained ones, or those that came while the client was away.
    pub zero: Option<Box<Zero>>,
    /// Identifiers of QoS 2 messages from the client.
    pub received: Receiver,
    /// Messages that were not delivered to it.
    pub dropped: u64,
    /// Present while it does not keep up.
    pub lag: Option<Box<Lag>>,
    /// It stands in the list of those to be served at the end of the turn.
    pub dirty: bool,
}

/// Messages of QoS 0 that wait. Most sessions never have any.
#[derive(Debug, Default)]
pub(super) struct Zero(pub VecDeque<Item>);

/// A client that does not take what it is sent as fast as it comes.
#[derive(Debug, Default)]
pub(super) struct Lag {
    /// QoS 0: more than the high water mark is queued for it, since then.
    pub above_since: Option<Now>,
    /// QoS 0: how much was queued when last looked at, and since when it has not become less.
    pub queued: usize,
    pub still_since: Now,
    /// QoS 0: it did not catch up in time; until then nobody waits for it.
    pub grudge_until: Now,
    /// QoS 1 and 2: its queue is full, and publishers wait.
    pub full: bool,
    /// QoS 1 and 2: no acknowledgement has come for so long that nobody waits any more.
    pub stuck: bool,
    /// When its last acknowledgement came.
    pub progress: Now,
    /// The publishers that wait.
    pub waiters: Vec<ConnId>,
}

impl Session {
    pub fn new(client_id: Rc<str>, clean: bool, window: usize) -> Self {
        Self {
            client_id,
            user_name: None,
            clean,
            conn: None,
            away_since: 0,
            number: 0,
            subscriptions: BTreeMap::new(),
            levels: 0,
            out: Sender::new(window),
            next_ticket: 1,
            out_bytes: 0,
            untold: 0,
            zero: None,
            received: Receiver::default(),
            dropped: 0,
            lag: None,
            dirty: false,
        }
    }

    /// As the access rules know it.
    pub fn who(&self) -> Who<'_> {
        Who { client_id: &self.client_id, user_name: self.user_name.as_deref() }
    }
}

/// All sessions, by place and by client id.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    slots: Slab<Session>,
    by_id: HashMap<Rc<str>, Key>,
}

impl Sessions {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn find(&self, client_id: &str) -> Option<Key> {
        self.by_id.get(client_id).copied()
    }

    pub fn insert(&mut self, session: Session) -> Key {
        let client_id = session.client_id.clone();
        let key = self.slots.insert(session) as Key;
        self.by_id.insert(client_id, key);
        key
    }

    pub fn remove(&mut self, key: Key) -> Option<Session> {
        let session = self.slots.try_remove(key as usize)?;
        self.by_id.remove(&session.client_id);
        Some(session)
    }

    pub fn get(&self, key: Key) -> Option<&Session> {
        self.slots.get(key as usize)
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Session> {
        self.slots.get_mut(key as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, &Session)> {
        self.slots.iter().map(|(key, session)| (key as Key, session))
    }
}
