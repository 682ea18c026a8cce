//! The fixed header, which every packet begins with (section 2.2).
//!
//! ```text
//!   bit       7   6   5   4   3   2   1   0
//!   byte 1  | packet type   | flags         |
//!   byte 2… | Remaining Length: 1 to 4 bytes of 7 bits, the least significant first; bit 7 set:
//!           | another byte follows                                        (section 2.2.3)
//! ```
//! The Remaining Length counts what comes after it: variable header and payload.

use bytes::{BufMut, BytesMut};

use crate::Error;
use crate::limits::{REMAINING_LENGTH_BYTES, REMAINING_LENGTH_MAX};

/// The fourteen types, with their numbers (section 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// A client asks to be let in.
    Connect = 1,
    /// The server lets it in, or says why not.
    ConnAck = 2,
    /// A message, either way.
    Publish = 3,
    /// QoS 1: the message has been taken over.
    PubAck = 4,
    /// QoS 2, part 1: the message has been taken over.
    PubRec = 5,
    /// QoS 2, part 2: its identifier may be forgotten.
    PubRel = 6,
    /// QoS 2, part 3: it is forgotten.
    PubComp = 7,
    /// A client wants messages.
    Subscribe = 8,
    /// What was granted.
    SubAck = 9,
    /// A client wants them no more.
    Unsubscribe = 10,
    /// Confirmed.
    UnsubAck = 11,
    /// A client is still there.
    PingReq = 12,
    /// So is the server.
    PingResp = 13,
    /// A client leaves in good order.
    Disconnect = 14,
}

impl PacketType {
    /// The type of this number; 0 and 15 are reserved.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            _ => return None,
        })
    }

    /// The name that the standard prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
        }
    }

    /// The flags that this type must have; PUBLISH has its own (section 2.2.2, table 2.2).
    fn fixed_flags(self) -> Option<u8> {
        match self {
            Self::Publish => None,
            // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1] 0010.
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => Some(0b0010),
            _ => Some(0),
        }
    }

    /// The clause that fixes this type's flags.
    fn flags_clause(self) -> &'static str {
        match self {
            Self::PubRel => "[MQTT-3.6.1-1]",
            Self::Subscribe => "[MQTT-3.8.1-1]",
            Self::Unsubscribe => "[MQTT-3.10.1-1]",
            Self::Disconnect => "[MQTT-3.14.1-1]",
            _ => "[MQTT-2.2.2-2]",
        }
    }

    /// The first byte of a packet of this type without flags of its own.
    pub(crate) fn first_byte(self) -> u8 {
        // [MQTT-2.2.2-1] The reserved bits are sent as the table has them.
        ((self as u8) << 4) | self.fixed_flags().unwrap_or(0)
    }
}

/// A fixed header that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedHeader {
    /// Which packet.
    pub packet_type: PacketType,
    /// The low four bits of byte 1.
    pub flags: u8,
    /// Its own length: 2 to 5 bytes.
    pub header_len: usize,
    /// The Remaining Length.
    pub remaining: usize,
}

impl FixedHeader {
    /// Reads the fixed header at the front of `input`; `None`: more bytes are needed. What is
    /// wrong is said as soon as it is seen, and not only when the packet is whole.
    ///
    /// # Errors
    /// A reserved type, wrong flags, a Remaining Length of more than four bytes, a packet longer
    /// than `max` bytes.
    pub fn peek(input: &[u8], max: usize) -> Result<Option<Self>, Error> {
        let Some(&first) = input.first() else { return Ok(None) };
        let Some(packet_type) = PacketType::from_number(first >> 4) else {
            return Err(Error::malformed("[MQTT-4.8.0-1]", "a reserved packet type"));
        };
        let flags = first & 0x0f;
        // [MQTT-2.2.2-2] Wrong flags close the connection.
        if packet_type.fixed_flags().is_some_and(|fixed| fixed != flags) {
            return Err(Error::malformed(packet_type.flags_clause(), "wrong fixed header flags"));
        }
        // [MQTT-3.3.1-4] There is no QoS 3.
        if packet_type == PacketType::Publish && flags & 0b0110 == 0b0110 {
            return Err(Error::malformed("[MQTT-3.3.1-4]", "a PUBLISH of QoS 3"));
        }
        let Some((remaining, bytes)) = remaining_length(&input[1..])? else { return Ok(None) };
        let header = Self { packet_type, flags, header_len: 1 + bytes, remaining };
        if header.total() > max {
            return Err(Error::TooLarge { len: header.total(), max });
        }
        Ok(Some(header))
    }

    /// The whole packet's length.
    pub fn total(&self) -> usize {
        self.header_len + self.remaining
    }
}

/// Reads a Remaining Length: its value, and how many bytes it took. `None`: more are needed.
fn remaining_length(input: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    let mut value = 0;
    for (n, &byte) in input.iter().enumerate().take(REMAINING_LENGTH_BYTES) {
        value |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Ok(Some((value, n + 1)));
        }
    }
    if input.len() < REMAINING_LENGTH_BYTES {
        Ok(None)
    } else {
        Err(Error::malformed("[MQTT-4.8.0-1]", "a Remaining Length of more than four bytes"))
    }
}

/// Writes a fixed header.
///
/// # Errors
/// [`Error::Misuse`] when the Remaining Length is over 268,435,455.
pub fn put_fixed_header(out: &mut BytesMut, first: u8, remaining: usize) -> Result<(), Error> {
    if remaining > REMAINING_LENGTH_MAX {
        return Err(Error::Misuse("a packet of more than 256 MB cannot be sent"));
    }
    out.put_u8(first);
    let mut left = remaining;
    while left > 0x7f {
        out.put_u8((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    out.put_u8(left as u8);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FixedHeader, PacketType, put_fixed_header};
    use crate::Error;
    use crate::limits::{PACKET_MAX, REMAINING_LENGTH_MAX};
    use bytes::BytesMut;

    /// Section 2.2.3, table 2.4: where a Remaining Length grows by a byte.
    #[test]
    fn remaining_lengths_are_as_long_as_the_table_says() {
        let edges = [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3)];
        let far = [(2_097_152, 4), (REMAINING_LENGTH_MAX, 4)];
        for (remaining, bytes) in edges.into_iter().chain(far) {
            let mut out = BytesMut::new();
            put_fixed_header(&mut out, 0x30, remaining).unwrap();
            assert_eq!(out.len(), 1 + bytes, "{remaining}");
            let header = FixedHeader::peek(&out, PACKET_MAX).unwrap().unwrap();
            assert_eq!((header.remaining, header.header_len), (remaining, 1 + bytes));
            for cut in 0..out.len() {
                assert_eq!(FixedHeader::peek(&out[..cut], PACKET_MAX), Ok(None), "cut at {cut}");
            }
        }
        let too_long = put_fixed_header(&mut BytesMut::new(), 0x30, REMAINING_LENGTH_MAX + 1);
        assert!(matches!(too_long, Err(Error::Misuse(_))));
    }

    /// [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT-3.3.1-4], [MQTT-3.6.1-1], [MQTT-3.8.1-1],
    /// [MQTT-3.10.1-1], [MQTT-3.14.1-1] All 256 first bytes.
    #[test]
    fn each_type_has_its_flags() {
        for first in 0..=u8::MAX {
            let good = match first >> 4 {
                0 | 15 => false,
                3 => first & 0b0110 != 0b0110,
                6 | 8 | 10 => first & 0x0f == 2,
                _ => first % 16 == 0,
            };
            let read = FixedHeader::peek(&[first, 0], PACKET_MAX);
            assert_eq!(read.is_ok(), good, "{first:02x}");
            // It is said at the first byte, before the length has come.
            assert_eq!(FixedHeader::peek(&[first], PACKET_MAX).is_ok(), good, "{first:02x}");
        }
    }

    #[test]
    fn a_fifth_length_byte_and_a_long_packet_are_refused() {
        assert!(FixedHeader::peek(&[0x30, 0x80, 0x80, 0x80, 0x80], PACKET_MAX).is_err());
        assert_eq!(FixedHeader::peek(&[0x30, 0x80, 0x80, 0x80], PACKET_MAX), Ok(None));
        let too_large = FixedHeader::peek(&[0x30, 0x7f], 100);
        assert_eq!(too_large, Err(Error::TooLarge { len: 129, max: 100 }));
    }

    #[test]
    fn types_keep_their_numbers() {
        for number in 1..=14 {
            let packet_type = PacketType::from_number(number).unwrap();
            assert_eq!(packet_type as u8, number, "{}", packet_type.name());
        }
    }
}
