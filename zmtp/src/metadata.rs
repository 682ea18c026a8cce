//! Connection metadata: the properties that READY and INITIATE carry.
//!
//! ```text
//!   property   | name-length, 1 | name: 1..255 | value-length, 4, big-endian | value: 0..2^31-1 |
//! ```
//!
//! It knows properties and their order; which of them mean something is the handshake's.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::Error;
use crate::limits::{NAME_MAX, PROPERTIES_MAX};

/// The property that says what kind of socket is speaking.
pub const SOCKET_TYPE: &str = "Socket-Type";
/// The property by which a REQ, DEALER or ROUTER names itself.
pub const IDENTITY: &str = "Identity";

/// A dictionary of properties; names compare without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Bytes, Bytes)>);

impl Metadata {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another property.
    ///
    /// # Errors
    /// A name that is empty, too long, or of other characters than the grammar's.
    pub fn with(mut self, name: &str, value: impl Into<Bytes>) -> Result<Self, Error> {
        let good = (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_name_char);
        if !good {
            return Err(Error::Misuse(
                "a property's name is 1 to 255 letters, digits, or - _ . + signs",
            ));
        }
        self.0.push((Bytes::copy_from_slice(name.as_bytes()), value.into()));
        Ok(self)
    }

    /// The value of a property; of one that is repeated, the first.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        // [ZMTP-3.0-null-09] [ZMTP-3.0-meta-02] Case does not matter.
        let same = |(have, _): &&(Bytes, Bytes)| have.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().find(same).map(|(_, value)| value)
    }

    /// All properties, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Reads properties up to the end of a command's body.
    ///
    /// # Errors
    /// What is no property, or more of them than [`PROPERTIES_MAX`].
    pub fn decode(mut body: Bytes) -> Result<Self, Error> {
        let mut properties = Vec::new();
        while !body.is_empty() {
            if properties.len() == PROPERTIES_MAX {
                let what = "properties in a command";
                return Err(Error::TooMany { what, max: PROPERTIES_MAX });
            }
            properties.push(decode_property(&mut body)?);
        }
        // [ZMTP-3.0-meta-11] [ZMTP-3.0-meta-05] Which we do not know are kept for those who ask.
        Ok(Self(properties))
    }

    /// Writes all properties.
    pub fn encode(&self, out: &mut BytesMut) {
        for (name, value) in &self.0 {
            out.put_u8(name.len() as u8);
            out.put_slice(name);
            // [ZMTP-3.0-null-11]
            out.put_u32(value.len() as u32);
            out.put_slice(value);
        }
    }
}

fn decode_property(body: &mut Bytes) -> Result<(Bytes, Bytes), Error> {
    let ends = || Error::malformed("[ZMTP-3.0-null-07]", "the metadata end within a property");
    let name_len = usize::from(body.get_u8());
    if name_len == 0 {
        return Err(Error::malformed("[ZMTP-3.0-null-08]", "a property without a name"));
    }
    if body.len() < name_len + 4 {
        return Err(ends());
    }
    let name = body.split_to(name_len);
    if !name.iter().copied().all(is_name_char) {
        return Err(Error::malformed(
            "[ZMTP-3.0-null-07]",
            "a property's name has other characters than letters, digits and - _ . +",
        ));
    }
    let value_len = body.get_u32();
    if value_len > i32::MAX as u32 {
        return Err(Error::malformed("[ZMTP-3.0-null-10]", "a property's value is over 2^31 - 1"));
    }
    if (body.len() as u64) < u64::from(value_len) {
        return Err(ends());
    }
    Ok((name, body.split_to(value_len as usize)))
}

fn is_name_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+')
}
