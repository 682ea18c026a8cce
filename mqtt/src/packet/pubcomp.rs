//! PUBCOMP: the receiver of a QoS 2 message has forgotten its identifier (section 3.7).
//!
//! ```text
//!   70 02 | packet id
//! ```

use bytes::BytesMut;

use super::{PacketType, ack};
use crate::Error;
use crate::wire::PacketId;

/// The answer to PUBREL, and the end of a QoS 2 delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubComp {
    /// That of the PUBREL.
    pub packet_id: PacketId,
}

impl PubComp {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`]: not exactly two bytes, or an identifier of zero.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Ok(Self { packet_id: ack::decode(body)? })
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        ack::encode(PacketType::PubComp, self.packet_id, out);
    }
}
