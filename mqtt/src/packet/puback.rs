//! PUBACK: the receiver of a QoS 1 message has taken it over (section 3.4).
//!
//! ```text
//!   40 02 | packet id
//! ```

use bytes::BytesMut;

use super::{PacketType, ack};
use crate::Error;
use crate::wire::PacketId;

/// The answer to a PUBLISH of QoS 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubAck {
    /// That of the PUBLISH [MQTT-2.3.1-6].
    pub packet_id: PacketId,
}

impl PubAck {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: not exactly two bytes, or an identifier of zero.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Ok(Self { packet_id: ack::decode(body)? })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        ack::encode(PacketType::PubAck, self.packet_id, out);
    }
}
