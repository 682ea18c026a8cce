//! The form that five packets share: a packet identifier and nothing else.
//!
//! ```text
//!   40 02 | packet id      PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK
//! ```

use bytes::{BufMut, BytesMut};

use super::PacketType;
use crate::Error;
use crate::wire::{PacketId, Reader};

/// Reads a body that is a packet identifier.
pub(super) fn decode(body: &[u8]) -> Result<PacketId, Error> {
    let mut reader = Reader::new(body);
    let id = reader.packet_id()?;
    reader.end()?;
    Ok(id)
}

/// Writes the whole packet.
pub(crate) fn encode(packet_type: PacketType, id: PacketId, out: &mut BytesMut) {
    let [high, low] = id.get().to_be_bytes();
    out.put_slice(&[packet_type.first_byte(), 2, high, low]);
}
