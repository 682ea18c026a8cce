//! SUBSCRIBE: a client wants messages (section 3.8).
//!
//! ```text
//!   82 len | packet id | filter | 000000 QoS | filter | 000000 QoS | …      at least one pair
//! ```

use bytes::{BufMut, BytesMut};

use super::{PacketType, QoS, put_fixed_header};
use crate::wire::{PacketId, Reader, check_string, put_binary};
use crate::{Error, topic};

/// Topic filters, each with the QoS at which its messages are wanted at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// To be repeated in SUBACK.
    pub packet_id: PacketId,
    /// At least one, in the client's order.
    pub filters: Vec<(String, QoS)>,
}

impl Subscribe {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let packet_id = reader.packet_id()?;
        let mut filters = Vec::new();
        while !reader.is_empty() {
            // [MQTT-3.8.3-1] Filters are strings.
            let filter = reader.string()?;
            topic::check_filter(filter)?;
            // [MQTT-3.8.3-4] The six upper bits are 0, and there is no QoS 3.
            let qos = QoS::from_bits(reader.u8()?)
                .ok_or(Error::malformed("[MQTT-3.8.3-4]", "a requested QoS above 2"))?;
            filters.push((filter.to_owned(), qos));
        }
        // [MQTT-3.8.3-3] Not none at all.
        if filters.is_empty() {
            return Err(Error::malformed("[MQTT-3.8.3-3]", "a SUBSCRIBE without a filter"));
        }
        Ok(Self { packet_id, filters })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`]: no filter, one that is none, a packet that is too long.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        if self.filters.is_empty() {
            return Err(Error::Misuse("a SUBSCRIBE needs a topic filter"));
        }
        for (filter, _) in &self.filters {
            check_filter(filter)?;
        }
        let remaining = 2 + self.filters.iter().map(|(f, _)| 2 + f.len() + 1).sum::<usize>();
        put_fixed_header(out, PacketType::Subscribe.first_byte(), remaining)?;
        out.put_u16(self.packet_id.get());
        for (filter, qos) in &self.filters {
            put_binary(out, filter.as_bytes())?;
            out.put_u8(*qos as u8);
        }
        Ok(())
    }
}

/// May this be sent as a topic filter?
pub(super) fn check_filter(filter: &str) -> Result<(), Error> {
    check_string(filter)?;
    topic::check_filter(filter).map_err(|_| Error::Misuse("not a topic filter"))
}
