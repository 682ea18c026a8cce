//! PUBLISH: a message, from a client to the server or from the server to a client (section 3.3).
//!
//! ```text
//!   bit       7   6   5   4 | 3   | 2   1 | 0
//!   byte 1  | 0   0   1   1 | DUP | QoS   | RETAIN | len … | topic name | packet id | payload …
//!                                                                         only at QoS 1 and 2
//! ```

use bytes::{BufMut, Bytes, BytesMut};

use super::{PacketType, QoS, put_fixed_header};
use crate::wire::{PacketId, Reader, check_string, put_binary};
use crate::{Error, topic};

const DUP: u8 = 0x08;
const RETAIN: u8 = 0x01;

/// A message with what its packet says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// This is perhaps a re-delivery.
    pub dup: bool,
    /// How surely it is to arrive.
    pub qos: QoS,
    /// To the server: keep it for later subscribers. From the server: it was kept.
    pub retain: bool,
    /// The topic name.
    pub topic: String,
    /// Which delivery this is; none at QoS 0.
    pub packet_id: Option<PacketId>,
    /// The application's bytes; may be empty.
    pub payload: Bytes,
}

/// The same, borrowed from the bytes it was read from: nothing is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// This is perhaps a re-delivery.
    pub dup: bool,
    /// How surely it is to arrive.
    pub qos: QoS,
    /// To the server: keep it for later subscribers. From the server: it was kept.
    pub retain: bool,
    /// The topic name.
    pub topic: &'a str,
    /// Which delivery this is; none at QoS 0.
    pub packet_id: Option<PacketId>,
    /// The application's bytes; may be empty.
    pub payload: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads what follows the fixed header whose flags are `flags`.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(flags: u8, body: &'a [u8]) -> Result<Self, Error> {
        // [MQTT-3.3.1-4]
        let qos = QoS::from_bits((flags >> 1) & 0b11)
            .ok_or(Error::malformed("[MQTT-3.3.1-4]", "a PUBLISH of QoS 3"))?;
        let dup = flags & DUP != 0;
        // [MQTT-3.3.1-2] A message of QoS 0 is sent once.
        if dup && qos == QoS::AtMostOnce {
            return Err(Error::malformed("[MQTT-3.3.1-2]", "DUP on a PUBLISH of QoS 0"));
        }
        let mut reader = Reader::new(body);
        // [MQTT-3.3.2-1] The topic name comes first.
        let name = reader.string()?;
        topic::check_name(name)?;
        // [MQTT-2.3.1-5] At QoS 0 there is no packet identifier.
        let packet_id = if qos == QoS::AtMostOnce { None } else { Some(reader.packet_id()?) };
        let retain = flags & RETAIN != 0;
        Ok(Self { dup, qos, retain, topic: name, packet_id, payload: reader.rest() })
    }

    /// Writes the packet that says this.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it would be longer than a packet can be.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        self.encode_head(out)?;
        out.put_slice(self.payload);
        Ok(())
    }

    /// Writes all of the packet but its payload, for a payload that is sent without being copied.
    ///
    /// # Errors
    /// [`Error::Misuse`] when the whole would be longer than a packet can be.
    pub fn encode_head(&self, out: &mut BytesMut) -> Result<(), Error> {
        let id = if self.packet_id.is_some() { 2 } else { 0 };
        let remaining = 2 + self.topic.len() + id + self.payload.len();
        // [MQTT-3.3.1-2] DUP is 0 at QoS 0.
        let dup = self.dup && self.qos != QoS::AtMostOnce;
        let first = (PacketType::Publish as u8) << 4
            | if dup { DUP } else { 0 }
            | (self.qos as u8) << 1
            | u8::from(self.retain);
        put_fixed_header(out, first, remaining)?;
        put_binary(out, self.topic.as_bytes())?;
        if let Some(id) = self.packet_id {
            out.put_u16(id.get());
        }
        Ok(())
    }
}

impl Publish {
    /// Reads what follows the fixed header whose flags are `flags`. The payload is a slice of
    /// `body`, not a copy.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn decode(flags: u8, body: &Bytes) -> Result<Self, Error> {
        let view = View::parse(flags, body)?;
        Ok(Self {
            dup: view.dup,
            qos: view.qos,
            retain: view.retain,
            topic: view.topic.to_owned(),
            packet_id: view.packet_id,
            payload: body.slice(body.len() - view.payload.len()..),
        })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`]: no topic name, a packet id where there is none at this QoS or none where
    /// there must be one, a packet that is too long.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        check_string(&self.topic)?;
        if topic::check_name(&self.topic).is_err() {
            return Err(Error::Misuse("messages are published to a topic name, not to a filter"));
        }
        // [MQTT-2.3.1-1], [MQTT-2.3.1-5] A packet identifier above QoS 0, and only there.
        if (self.qos == QoS::AtMostOnce) == self.packet_id.is_some() {
            return Err(Error::Misuse(
                "a packet identifier belongs to QoS 1 and 2, and only there",
            ));
        }
        self.view().encode(out)
    }

    /// The same, borrowed.
    pub fn view(&self) -> View<'_> {
        View {
            dup: self.dup,
            qos: self.qos,
            retain: self.retain,
            topic: &self.topic,
            packet_id: self.packet_id,
            payload: &self.payload,
        }
    }
}
