//! What the store is still to be told, and what may only be said when it has been.
//!
//! It knows changes and numbers. It does not know why anything changed.

use bytes::Bytes;
use std::rc::Rc;
use wirelab_reactor::ConnId;

use super::message::{Item, Message};
use super::sessions::Session;
use super::store::{Change, MessageNo, Progress, Queued, SessionNo, Store, StoreError, Ticket};
use crate::packet::{PacketType, QoS};
use crate::wire::PacketId;

/// Something that is said at the end of the turn, when what it promises is on disk.
#[derive(Debug)]
pub(super) enum Promise {
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK.
    Ack(ConnId, PacketType, PacketId),
    /// A packet that is encoded already.
    Packet(ConnId, Bytes),
    /// The connection ends, after what was promised before.
    Close(ConnId),
}

/// The turn's changes.
#[derive(Debug, Default)]
pub(super) struct Journal {
    store: Option<Box<dyn Store>>,
    changes: Vec<Change>,
    last_session: SessionNo,
    last_message: MessageNo,
}

impl Journal {
    /// Writes to this store from now on, with numbers above those that it holds.
    pub fn open(&mut self, store: Box<dyn Store>, session: SessionNo, message: MessageNo) {
        self.store = Some(store);
        self.last_session = session;
        self.last_message = message;
    }

    /// Hands the turn's changes over. After this they survive.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        let Some(store) = self.store.as_mut().filter(|_| !self.changes.is_empty()) else {
            return Ok(());
        };
        let result = store.commit(&self.changes);
        self.changes.clear();
        result
    }

    /// Is there anything to commit?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Notes a change, if there is a store.
    pub fn note(&mut self, change: impl FnOnce() -> Change) {
        if self.store.is_some() {
            self.changes.push(change());
        }
    }

    /// A new session that is to be kept: its number, 0 without a store.
    pub fn number_session(&mut self) -> SessionNo {
        if self.store.is_none() {
            return 0;
        }
        self.last_session += 1;
        self.last_session
    }

    /// An entry of a kept session's queue, and with the first entry the message itself.
    pub fn queue(
        &mut self,
        session: SessionNo,
        ticket: Ticket,
        (qos, item): (QoS, &Item),
        progress: Progress,
        first: bool,
    ) {
        if first {
            self.refer(&item.message);
        }
        let message = item.message.number.get();
        let queued = Queued { message, qos, retain: item.retain, progress };
        self.note(|| Change::QueuePut { session, ticket, queued });
    }

    fn refer(&mut self, message: &Rc<Message>) {
        message.references.set(message.references.get() + 1);
        if message.number.get() == 0 {
            self.last_message += 1;
            message.number.set(self.last_message);
            let (topic, payload) = (message.topic.clone(), message.payload.clone());
            let message = self.last_message;
            self.note(|| Change::MessagePut { message, topic, payload });
        }
    }

    /// A queue entry no longer needs its message; the message goes with the last that did.
    pub fn let_go(&mut self, message: &Message) {
        let left = message.references.get().saturating_sub(1);
        message.references.set(left);
        let number = message.number.get();
        if left == 0 && number != 0 {
            message.number.set(0);
            self.note(|| Change::MessageDelete { message: number });
        }
    }

    /// Where a session stands: connected, or away since then (seconds since 1970).
    pub fn session(&mut self, session: &Session, away_since: Option<u64>) {
        if session.number != 0 {
            let (client_id, number) = (session.client_id.clone(), session.number);
            self.note(|| Change::SessionPut { session: number, client_id, away_since });
        }
    }
}
