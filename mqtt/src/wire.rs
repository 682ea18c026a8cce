//! The two ways in which MQTT writes things down: two-byte integers, and strings with their
//! length before them.
//!
//! ```text
//!   integer   | most significant byte | least significant byte |                  section 1.5.2
//!   string    | length in bytes: integer | that many bytes of UTF-8 |             section 1.5.3
//!   binary    | length in bytes: integer | that many bytes |                      section 3.1.3.3
//! ```
//!
//! It knows bytes; it does not know which packet they belong to.

use bytes::{BufMut, BytesMut};
use std::num::NonZeroU16;

use crate::Error;

/// A packet identifier. Never zero [MQTT-2.3.1-1].
pub type PacketId = NonZeroU16;

/// Reads a packet's body from its front.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads `body`, all that follows the fixed header.
    pub fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Has everything been read?
    pub fn is_empty(&self) -> bool {
        self.at == self.body.len()
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let end = self.at + n;
        let Some(bytes) = self.body.get(self.at..end) else {
            return Err(Error::malformed("", "the packet ends within a field"));
        };
        self.at = end;
        Ok(bytes)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    /// A two-byte integer, the most significant byte first (section 1.5.2).
    pub fn u16(&mut self) -> Result<u16, Error> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// A packet identifier.
    pub fn packet_id(&mut self) -> Result<PacketId, Error> {
        // [MQTT-2.3.1-1] It is never zero.
        let zero = Error::malformed("[MQTT-2.3.1-1]", "a packet identifier of zero");
        PacketId::new(self.u16()?).ok_or(zero)
    }

    /// Bytes with their length before them.
    pub fn binary(&mut self) -> Result<&'a [u8], Error> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// A string (section 1.5.3): at most 65,535 bytes, for its length has two [MQTT-4.7.3-3].
    pub fn string(&mut self) -> Result<&'a str, Error> {
        let bytes = self.binary()?;
        // [MQTT-1.5.3-1] UTF-8 as Rust has it excludes the surrogates, too.
        // [MQTT-1.5.3-3] EF BB BF is a character like another: nothing is stripped.
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::malformed("[MQTT-1.5.3-1]", "a string that is not UTF-8"))?;
        // [MQTT-1.5.3-2], [MQTT-4.7.3-2] No string holds U+0000.
        if holds_nul(bytes) {
            return Err(Error::malformed("[MQTT-1.5.3-2]", "a string that holds U+0000"));
        }
        Ok(text)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.body[self.at..];
        self.at = self.body.len();
        rest
    }

    /// The packet must end here.
    pub fn end(&self) -> Result<(), Error> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Error::malformed("", "bytes follow the packet's last field"))
        }
    }
}

/// Looks at every byte without stopping early: the compiler makes wide steps of that.
fn holds_nul(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |found, byte| found | u8::from(*byte == 0)) != 0
}

/// Writes a string, or binary data, with its length before it.
///
/// # Errors
/// [`Error::Misuse`] when it is longer than its length field can say: 65,535 bytes.
pub fn put_binary(out: &mut BytesMut, bytes: &[u8]) -> Result<(), Error> {
    let len = u16::try_from(bytes.len())
        .map_err(|_| Error::Misuse("a string of more than 65,535 bytes cannot be sent"))?;
    out.put_u16(len);
    out.put_slice(bytes);
    Ok(())
}

/// May this text be sent as a string?
///
/// # Errors
/// [`Error::Misuse`] when it is too long or holds U+0000 [MQTT-1.5.3-2].
pub fn check_string(text: &str) -> Result<(), Error> {
    if text.len() > usize::from(u16::MAX) {
        return Err(Error::Misuse("a string of more than 65,535 bytes cannot be sent"));
    }
    if holds_nul(text.as_bytes()) {
        return Err(Error::Misuse("a string with U+0000 cannot be sent"));
    }
    Ok(())
}
