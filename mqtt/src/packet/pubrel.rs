//! PUBREL: the sender of a QoS 2 message will not send it again (section 3.6).
//!
//! ```text
//!   62 02 | packet id
//! ```

use bytes::BytesMut;

use super::{PacketType, ack};
use crate::Error;
use crate::wire::PacketId;

/// The sender's answer to PUBREC: the identifier may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubRel {
    /// That of the PUBLISH [MQTT-2.3.1-6].
    pub packet_id: PacketId,
}

impl PubRel {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: not exactly two bytes, or an identifier of zero.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Ok(Self { packet_id: ack::decode(body)? })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        ack::encode(PacketType::PubRel, self.packet_id, out);
    }
}
