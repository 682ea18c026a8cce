//! PINGRESP: so is the server (section 3.13).
//!
//! ```text
//!   d0 00
//! ```

use bytes::{BufMut, BytesMut};

use super::PacketType;
use crate::Error;
use crate::wire::Reader;

/// The answer to PINGREQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingResp;

impl PingResp {
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
        out.put_slice(&[PacketType::PingResp.first_byte(), 0]);
    }
}
