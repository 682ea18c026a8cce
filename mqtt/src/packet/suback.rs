//! SUBACK: what the server grants (section 3.9).
//!
//! ```text
//!   90 len | packet id | return code | return code | …      one per filter, in their order
//! ```

use bytes::{BufMut, BytesMut};

use super::{PacketType, QoS, put_fixed_header};
use crate::Error;
use crate::wire::{PacketId, Reader};

/// The return code of a subscription that was not made.
const FAILURE: u8 = 0x80;

/// The answer to SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubAck {
    /// That of the SUBSCRIBE [MQTT-3.8.4-2].
    pub packet_id: PacketId,
    /// For each filter the QoS that was granted; `None`: failure [MQTT-3.9.3-1].
    pub codes: Vec<Option<QoS>>,
}

impl SubAck {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let packet_id = reader.packet_id()?;
        let code = |&code: &u8| match (code, QoS::from_bits(code)) {
            (FAILURE, _) => Ok(None),
            (_, Some(qos)) => Ok(Some(qos)),
            // [MQTT-3.9.3-2] There are four return codes.
            _ => Err(Error::malformed("[MQTT-3.9.3-2]", "a reserved SUBACK return code")),
        };
        let codes = reader.rest().iter().map(code).collect::<Result<Vec<_>, _>>()?;
        // [MQTT-3.8.4-5] One for each filter, and there was at least one.
        if codes.is_empty() {
            return Err(Error::malformed("[MQTT-3.8.4-5]", "a SUBACK without a return code"));
        }
        Ok(Self { packet_id, codes })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it is too long.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        put_fixed_header(out, PacketType::SubAck.first_byte(), 2 + self.codes.len())?;
        out.put_u16(self.packet_id.get());
        out.extend(self.codes.iter().map(|code| code.map_or(FAILURE, |qos| qos as u8)));
        Ok(())
    }
}
