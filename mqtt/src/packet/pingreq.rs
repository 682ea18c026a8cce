//! PINGREQ: a client is still there (section 3.12).
//!
//! ```text
//!   c0 00
//! ```

use bytes::{BufMut, BytesMut};

use super::PacketType;
use crate::Error;
use crate::wire::Reader;

/// To be answered with PINGRESP [MQTT-3.12.4-1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingReq;

impl PingReq {
    /// Reads what follows the fixed header: nothing may.
    ///
    /// # Errors
    /// [`Error::Malformed`] when there is a body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        Reader::new(body).end()?;
        Ok(Self)
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_slice(&[PacketType::PingReq.first_byte(), 0]);
    }
}
