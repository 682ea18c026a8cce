//! UNSUBACK: the server has taken subscriptions back (section 3.11).
//!
//! ```text
//!   b0 02 | packet id
//! ```

use bytes::BytesMut;

use super::{PacketType, ack};
use crate::Error;
use crate::wire::PacketId;

/// The answer to UNSUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsubAck {
    /// That of the UNSUBSCRIBE [MQTT-2.3.1-7].
    pub packet_id: PacketId,
}

impl UnsubAck {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: not exactly two bytes, or an identifier of zero.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Ok(Self { packet_id: ack::decode(body)? })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        ack::encode(PacketType::UnsubAck, self.packet_id, out);
    }
}
