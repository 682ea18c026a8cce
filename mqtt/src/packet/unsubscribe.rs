//! UNSUBSCRIBE: a client wants these messages no more (section 3.10).
//!
//! ```text
//!   a2 len | packet id | filter | filter | …      at least one
//! ```

use bytes::{BufMut, BytesMut};

use super::subscribe::check_filter;
use super::{PacketType, put_fixed_header};
use crate::wire::{PacketId, Reader, put_binary};
use crate::{Error, topic};

/// Topic filters to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// To be repeated in UNSUBACK.
    pub packet_id: PacketId,
    /// At least one.
    pub filters: Vec<String>,
}

impl Unsubscribe {
    /// Reads what follows the fixed header.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let packet_id = reader.packet_id()?;
        let mut filters = Vec::new();
        while !reader.is_empty() {
            // [MQTT-3.10.3-1] Filters are strings, one after another.
            let filter = reader.string()?;
            topic::check_filter(filter)?;
            filters.push(filter.to_owned());
        }
        // [MQTT-3.10.3-2] Not none at all.
        if filters.is_empty() {
            return Err(Error::malformed("[MQTT-3.10.3-2]", "an UNSUBSCRIBE without a filter"));
        }
        Ok(Self { packet_id, filters })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`]: no filter, one that is none, a packet that is too long.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        if self.filters.is_empty() {
            return Err(Error::Misuse("an UNSUBSCRIBE needs a topic filter"));
        }
        for filter in &self.filters {
            check_filter(filter)?;
        }
        let remaining = 2 + self.filters.iter().map(|filter| 2 + filter.len()).sum::<usize>();
        put_fixed_header(out, PacketType::Unsubscribe.first_byte(), remaining)?;
        out.put_u16(self.packet_id.get());
        for filter in &self.filters {
            put_binary(out, filter.as_bytes())?;
        }
        Ok(())
    }
}
