//! What a client is told: messages, answers to what it asked for, and the connection's fate.
//!
//! Values, and the one trait through which they are told. It does not know who listens.

use bytes::Bytes;
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crate::packet::{ConnectReturnCode, Packet, QoS, publish};
use crate::wire::{PacketId, check_string};
use crate::{Error, topic};

/// The caller's own number for something it asked for, by which the answer names it.
pub type Ticket = u64;

/// An application message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic name. Shared: many messages have the same.
    pub topic: Arc<str>,
    /// The application's bytes; may be empty.
    pub payload: Bytes,
    /// How surely it is to arrive.
    pub qos: QoS,
    /// To the server: keep it for later subscribers. From the server: it was kept.
    pub retain: bool,
}

impl Message {
    /// A message of QoS 0 that is not retained.
    pub fn new(topic: impl Into<Arc<str>>, payload: impl Into<Bytes>) -> Self {
        let (topic, payload) = (topic.into(), payload.into());
        Self { topic, payload, qos: QoS::AtMostOnce, retain: false }
    }

    /// The same, at another QoS.
    #[must_use]
    pub fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    /// The same, to be retained or not.
    #[must_use]
    pub fn retain(mut self, retain: bool) -> Self {
        self.retain = retain;
        self
    }

    /// Can it be published?
    ///
    /// # Errors
    /// [`Error::Misuse`]: not a topic name, or longer than a packet can be.
    pub fn check(&self) -> Result<(), Error> {
        check_string(&self.topic)?;
        // [MQTT-3.3.2-2], [MQTT-4.7.3-1] A name: something, and without wildcards.
        if topic::check_name(&self.topic).is_err() {
            return Err(Error::Misuse("messages are published to a topic name, not to a filter"));
        }
        // Length and identifier of the topic name, before the payload.
        if self.topic.len() + 4 + self.payload.len() > crate::limits::REMAINING_LENGTH_MAX {
            return Err(Error::Misuse("a packet of more than 256 MB cannot be sent"));
        }
        Ok(())
    }

    /// The PUBLISH that carries it.
    pub(crate) fn packet(&self, packet_id: Option<PacketId>, dup: bool) -> publish::View<'_> {
        publish::View {
            dup,
            qos: self.qos,
            retain: self.retain,
            topic: &self.topic,
            packet_id,
            payload: &self.payload,
        }
    }
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The server has let us in.
    Connected {
        /// It has kept our session [MQTT-3.2.2-2].
        session_present: bool,
    },
    /// A message has come. Its acknowledgement leaves when this has been told.
    Message(Arrived),
    /// A message of ours has got what its QoS promises: QoS 0 was sent, 1 and 2 are taken over.
    Published(Ticket),
    /// The server has answered a SUBSCRIBE.
    Subscribed {
        /// Whose.
        ticket: Ticket,
        /// The identifier that the packet had.
        packet_id: PacketId,
        /// For each filter the QoS that was granted; `None`: failure.
        codes: Vec<Option<QoS>>,
    },
    /// The server has answered an UNSUBSCRIBE.
    Unsubscribed(Ticket),
    /// After a loss the server knew nothing of us; our subscriptions were made again.
    Resubscribed(Vec<(String, Option<QoS>)>),
    /// The connection is lost; it will be made again.
    Lost {
        /// Why.
        why: Lost,
        /// After which wait.
        wait: Duration,
    },
    /// The client has come to its end; nothing is told after this.
    Ended(Ended),
}

/// A message that has come, with what its packet said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The message.
    pub message: Message,
    /// This is perhaps a re-delivery.
    pub dup: bool,
    /// Which delivery it is; none at QoS 0.
    pub packet_id: Option<PacketId>,
}

/// Why a connection is no more, though nobody wished it.
#[derive(Debug)]
pub enum Lost {
    /// It could not be made, was reset, or timed out.
    Failed(io::Error),
    /// The server closed it.
    ByServer,
    /// The server's machine is there, and the server says nothing: no CONNACK, no PINGRESP.
    Silent,
    /// The server does not let us in.
    Refused(ConnectReturnCode),
    /// The server did what it must not.
    Violated(Error),
}

/// How a client came to its end.
#[derive(Debug)]
pub enum Ended {
    /// We were asked to leave.
    Disconnected,
    /// The connection is gone, and is not made again.
    Lost(Lost),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::ByServer => f.write_str("the server closed the connection"),
            Self::Silent => f.write_str("the server does not answer"),
            Self::Refused(code) => write!(f, "the server refused the connection: {code}"),
            Self::Violated(error) => write!(f, "the server's fault: {error}"),
        }
    }
}

/// A packet that went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// We sent it.
    Sent(Packet),
    /// The server sent it.
    Received(Packet),
}

/// Whoever is told. All calls come from the loop's thread.
pub trait Observer {
    /// Something happened. `Break`: disconnect at once; no packet is looked at after the one that
    /// this came with, so that what is not told is not acknowledged either.
    fn on_event(&mut self, event: Event) -> ControlFlow<()>;

    /// A packet went by; only told to one who [watches](Self::watches).
    fn on_packet(&mut self, seen: &Seen) {
        let _ = seen;
    }

    /// Are packets to be told?
    fn watches(&self) -> bool {
        false
    }

    /// This turn's events have been told.
    fn on_turn_end(&mut self) {}

    /// Can more messages be taken? If not, the connection is no longer read until
    /// [`Command::Look`](super::Command::Look) comes.
    fn has_room(&self) -> bool {
        true
    }
}

impl<F: FnMut(Event)> Observer for F {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        self(event);
        ControlFlow::Continue(())
    }
}
