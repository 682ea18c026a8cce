//! A message on its way through the broker, and how it is written to one who gets it.
//!
//! It knows topic, payload and connections' ids. It does not know sessions.

use bytes::{Bytes, BytesMut};
use std::cell::Cell;
use std::rc::Rc;
use wirelab_reactor::limits::{COPY_MAX, SMALL_READ};
use wirelab_reactor::{ConnId, Io};

use super::store::MessageNo;
use crate::packet::{QoS, publish};
use crate::wire::PacketId;

/// A message that the broker keeps for a while: queued, in flight or retained. One for all who
/// get it.
#[derive(Debug)]
pub(super) struct Message {
    pub topic: Rc<str>,
    pub payload: Bytes,
    /// Its number in the store, 0 while it has none.
    pub number: Cell<MessageNo>,
    /// How many queue entries in the store refer to it.
    pub references: Cell<u32>,
}

/// A message in somebody's queue.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub message: Rc<Message>,
    /// Is it sent because of a new subscription? [MQTT-3.3.1-8], [MQTT-3.3.1-9]
    pub retain: bool,
}

impl Message {
    pub fn new(topic: Rc<str>, payload: Bytes) -> Rc<Self> {
        Rc::new(Self { topic, payload, number: Cell::new(0), references: Cell::new(0) })
    }

    /// Keeps a message that has just been read. Of a short payload a copy is kept: a slice would
    /// keep the whole read alive that it came with.
    pub fn keep(topic: Rc<str>, payload: &[u8], frame: Option<&Bytes>) -> Rc<Self> {
        let payload = match frame {
            Some(frame) if payload.len() > SMALL_READ => frame.slice_ref(payload),
            _ => Bytes::copy_from_slice(payload),
        };
        Self::new(topic, payload)
    }

    /// Writes the PUBLISH that delivers it, and returns its length.
    pub fn write(&self, io: &mut Io, to: ConnId, delivery: Delivery) -> u64 {
        let view = publish::View {
            dup: delivery.dup,
            qos: delivery.packet_id.map_or(QoS::AtMostOnce, |(qos, _)| qos),
            retain: delivery.retain,
            topic: &self.topic,
            packet_id: delivery.packet_id.map(|(_, id)| id),
            payload: &self.payload,
        };
        // It came in a packet, with the same topic and payload: it fits into one.
        let len = |out: &BytesMut, before: usize| (out.len() - before) as u64;
        if self.payload.len() <= COPY_MAX {
            io.write(to, |out| {
                let before = out.len();
                let written = view.encode(out);
                debug_assert_eq!(written, Ok(()));
                len(out, before)
            })
        } else {
            let head = io.write(to, |out| {
                let before = out.len();
                let written = view.encode_head(out);
                debug_assert_eq!(written, Ok(()));
                len(out, before)
            });
            io.send(to, self.payload.clone());
            head + self.payload.len() as u64
        }
    }
}

/// What one delivery of a message says besides the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    /// Is it perhaps the second time? [MQTT-3.3.1-1]
    pub dup: bool,
    pub retain: bool,
    /// At QoS 1 and 2.
    pub packet_id: Option<(QoS, PacketId)>,
}

/// A PUBLISH as it was read, for as long as it is being routed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming<'a> {
    pub view: publish::View<'a>,
    /// The whole packet.
    pub frame: &'a [u8],
    /// The whole packet, to be shared, if it is long.
    pub shared: Option<&'a Bytes>,
}
