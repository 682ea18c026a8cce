//! PUBREC: the receiver of a QoS 2 message has taken it over (section 3.5).
//!
//! ```text
//!   50 02 | packet id
//! ```

use bytes::BytesMut;

use super::{PacketType, ack};
use crate::Error;
use crate::wire::PacketId;

/// The first answer to a PUBLISH of QoS 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubRec {
    /// That of the PUBLISH [MQTT-2.3.1-6].
    pub packet_id: PacketId,
}

impl PubRec {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: not exactly two bytes, or an identifier of zero.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Ok(Self { packet_id: ack::decode(body)? })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        ack::encode(PacketType::PubRec, self.packet_id, out);
    }
}
