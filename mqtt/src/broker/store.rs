//! What must survive the broker, and the seam to whatever keeps it.
//!
//! The broker notes a [`Change`] for each thing that it promises to remember, and once a turn
//! hands all of them over in one [`Store::commit`]. Acknowledgements leave after that: what a
//! PUBACK, PUBREC or PUBCOMP promises is then on disk [MQTT-4.1.0-1].
//!
//! ```text
//!   on_data … on_data     changes: [ MessagePut 7, QueuePut (3, 12) → 7, ReceivedPut (5, 40) ]
//!   on_turn_end           commit ──> on disk ──> PUBREC 40, and PUBLISH to session 3, are sent
//! ```
//!
//! It knows sessions and messages by number. It does not know files.

use bytes::Bytes;
use std::fmt;
use std::rc::Rc;

use crate::packet::QoS;
use crate::wire::PacketId;

/// A session's number in the store; never used again.
pub type SessionNo = u64;
/// A message's number in the store; never used again.
pub type MessageNo = u64;
/// A queued message's number within its session, ascending in the order of delivery.
pub type Ticket = u64;

/// Something that must be remembered, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A session that is to be kept exists; `away_since` in seconds since 1970, `None`: connected.
    /// Said again when it changes.
    SessionPut {
        /// Its number.
        session: SessionNo,
        /// Its key [MQTT-3.1.3-2].
        client_id: Rc<str>,
        /// When its client left.
        away_since: Option<u64>,
    },
    /// The session ends, and with it its subscriptions, queue and received identifiers.
    SessionDelete {
        /// Its number.
        session: SessionNo,
    },
    /// A subscription was made or replaced.
    SubscriptionPut {
        /// Whose.
        session: SessionNo,
        /// To what.
        filter: Rc<str>,
        /// At which QoS it was granted.
        qos: QoS,
    },
    /// A subscription was taken back.
    SubscriptionDelete {
        /// Whose.
        session: SessionNo,
        /// To what.
        filter: Rc<str>,
    },
    /// A message is referred to by what follows.
    MessagePut {
        /// Its number.
        message: MessageNo,
        /// Its topic name.
        topic: Rc<str>,
        /// Its payload.
        payload: Bytes,
    },
    /// Nothing refers to the message any longer.
    MessageDelete {
        /// Its number.
        message: MessageNo,
    },
    /// A message is to be delivered to a session.
    QueuePut {
        /// To which.
        session: SessionNo,
        /// In which place.
        ticket: Ticket,
        /// What.
        queued: Queued,
    },
    /// A queued message is delivered, or was dropped.
    QueueDelete {
        /// Of which session.
        session: SessionNo,
        /// Which.
        ticket: Ticket,
    },
    /// A QoS 2 identifier was received and is not released [MQTT-4.3.3-2].
    ReceivedPut {
        /// From which session's client.
        session: SessionNo,
        /// The identifier.
        packet_id: PacketId,
    },
    /// It was released.
    ReceivedDelete {
        /// From which session's client.
        session: SessionNo,
        /// The identifier.
        packet_id: PacketId,
    },
    /// A retained message was set or replaced.
    RetainedPut {
        /// Its topic name.
        topic: Rc<str>,
        /// Its payload.
        payload: Bytes,
        /// The QoS it was published with.
        qos: QoS,
    },
    /// A retained message was cleared.
    RetainedDelete {
        /// Its topic name.
        topic: Rc<str>,
    },
}

/// A queued message as the store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Which message.
    pub message: MessageNo,
    /// The QoS of this delivery, 1 or 2.
    pub qos: QoS,
    /// Does it go out with RETAIN?
    pub retain: bool,
    /// How far the delivery has come.
    pub progress: Progress,
}

/// How far the delivery of a queued message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not sent.
    Waiting,
    /// Sent, perhaps: to be sent again with DUP and the same identifier.
    Sent(PacketId),
    /// PUBREC has come: only PUBREL is sent again.
    Released(PacketId),
}

/// All that was remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The sessions, by number.
    pub sessions: Vec<StoredSession>,
    /// The messages that their queues refer to: number, topic name, payload.
    pub messages: Vec<(MessageNo, Rc<str>, Bytes)>,
    /// The retained messages: topic name, payload, QoS.
    pub retained: Vec<(Rc<str>, Bytes, QoS)>,
}

/// One session that was remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Its number.
    pub session: SessionNo,
    /// Its key.
    pub client_id: Rc<str>,
    /// When its client left, in seconds since 1970; `None`: it was connected to the end.
    pub away_since: Option<u64>,
    /// Its subscriptions.
    pub subscriptions: Vec<(Rc<str>, QoS)>,
    /// Its queue, in ascending order of tickets.
    pub queue: Vec<(Ticket, Queued)>,
    /// The QoS 2 identifiers that its client has not released.
    pub received: Vec<PacketId>,
}

/// What the store could not do, in words for whoever runs the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// Keeps what must survive.
pub trait Store: fmt::Debug {
    /// All that was committed.
    ///
    /// # Errors
    /// When it cannot be read or does not make sense: the broker must not begin with less.
    fn load(&mut self) -> Result<Snapshot, StoreError>;

    /// Remembers all of `changes`, in order, or none of them. When this returns, they survive
    /// the end of the process and of the machine.
    ///
    /// # Errors
    /// When that cannot be promised. The broker then ends, with nothing acknowledged.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;
}
