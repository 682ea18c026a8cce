//! DISCONNECT: a client leaves in good order (section 3.14).
//!
//! ```text
//!   e0 00
//! ```

use bytes::{BufMut, BytesMut};

use super::PacketType;
use crate::Error;
use crate::wire::Reader;

/// The last packet that a client sends; its will is then discarded [MQTT-3.14.4-3].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect;

impl Disconnect {
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
        out.put_slice(&[PacketType::Disconnect.first_byte(), 0]);
    }
}
