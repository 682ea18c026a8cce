//! The fourteen packets: bytes to values and back. One file each, named as the standard names it.
//!
//! ```text
//!   client                                           server
//!     CONNECT  ------------------------------------->
//!              <-------------------------------------  CONNACK
//!     SUBSCRIBE, UNSUBSCRIBE, PINGREQ  ------------->
//!              <-------------------------------------  SUBACK, UNSUBACK, PINGRESP
//!     PUBLISH  <------------------------------------>  PUBLISH          either way
//!     PUBACK | PUBREC, PUBREL, PUBCOMP  <----------->                   QoS 1 | QoS 2
//!     DISCONNECT  ---------------------------------->
//! ```
//!
//! It may name bytes. It knows nothing of what came before a packet, or what must follow.

mod ack;
mod connack;
mod connect;
mod disconnect;
mod fixed_header;
mod pingreq;
mod pingresp;
mod puback;
mod pubcomp;
pub mod publish;
mod pubrec;
mod pubrel;
mod suback;
mod subscribe;
mod unsuback;
mod unsubscribe;

#[cfg(test)]
mod tests;

use bytes::{Bytes, BytesMut};

pub use connack::{ConnAck, ConnectReturnCode};
pub use connect::{Connect, LEVEL, Will};
pub use disconnect::Disconnect;
pub use fixed_header::{FixedHeader, PacketType, put_fixed_header};
pub use pingreq::PingReq;
pub use pingresp::PingResp;
pub use puback::PubAck;
pub use pubcomp::PubComp;
pub use publish::Publish;
pub use pubrec::PubRec;
pub use pubrel::PubRel;
pub use suback::SubAck;
pub use subscribe::Subscribe;
pub use unsuback::UnsubAck;
pub use unsubscribe::Unsubscribe;

pub(crate) use ack::encode as encode_ack;

use crate::Error;

/// Quality of Service (section 4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum QoS {
    /// QoS 0: sent once, perhaps lost.
    #[default]
    AtMostOnce = 0,
    /// QoS 1: sent until it is acknowledged, perhaps received twice.
    AtLeastOnce = 1,
    /// QoS 2: received once.
    ExactlyOnce = 2,
}

impl QoS {
    /// The QoS of this number; 3 and above are none.
    pub fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// Any packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// See [`Connect`].
    Connect(Box<Connect>),
    /// See [`ConnAck`].
    ConnAck(ConnAck),
    /// See [`Publish`].
    Publish(Publish),
    /// See [`PubAck`].
    PubAck(PubAck),
    /// See [`PubRec`].
    PubRec(PubRec),
    /// See [`PubRel`].
    PubRel(PubRel),
    /// See [`PubComp`].
    PubComp(PubComp),
    /// See [`Subscribe`].
    Subscribe(Subscribe),
    /// See [`SubAck`].
    SubAck(SubAck),
    /// See [`Unsubscribe`].
    Unsubscribe(Unsubscribe),
    /// See [`UnsubAck`].
    UnsubAck(UnsubAck),
    /// See [`PingReq`].
    PingReq(PingReq),
    /// See [`PingResp`].
    PingResp(PingResp),
    /// See [`Disconnect`].
    Disconnect(Disconnect),
}

impl Packet {
    /// Takes the next packet off the front of `input`; `Ok(None)`: more bytes are needed.
    ///
    /// ```
    /// use wirelab_mqtt::limits::PACKET_MAX;
    /// use wirelab_mqtt::packet::{Packet, PingReq};
    ///
    /// let mut input = bytes::BytesMut::from(&[0xc0, 0x00, 0xc0][..]);
    /// assert_eq!(Packet::decode(&mut input, PACKET_MAX), Ok(Some(Packet::PingReq(PingReq))));
    /// assert_eq!(Packet::decode(&mut input, PACKET_MAX), Ok(None));
    /// assert_eq!(&input[..], [0xc0]);
    /// ```
    ///
    /// # Errors
    /// Anything but [`Error::Misuse`]. The bytes of a packet that is wrong are gone.
    pub fn decode(input: &mut BytesMut, max: usize) -> Result<Option<Self>, Error> {
        let Some(header) = FixedHeader::peek(input, max)? else { return Ok(None) };
        if input.len() < header.total() {
            return Ok(None);
        }
        let packet = input.split_to(header.total()).freeze();
        Self::decode_body(header, &packet.slice(header.header_len..)).map(Some)
    }

    /// Reads what follows a fixed header.
    ///
    /// # Errors
    /// Anything but [`Error::Misuse`].
    pub fn decode_body(header: FixedHeader, body: &Bytes) -> Result<Self, Error> {
        Ok(match header.packet_type {
            PacketType::Connect => Self::Connect(Box::new(Connect::decode(body)?)),
            PacketType::ConnAck => Self::ConnAck(ConnAck::decode(body)?),
            PacketType::Publish => Self::Publish(Publish::decode(header.flags, body)?),
            PacketType::PubAck => Self::PubAck(PubAck::decode(body)?),
            PacketType::PubRec => Self::PubRec(PubRec::decode(body)?),
            PacketType::PubRel => Self::PubRel(PubRel::decode(body)?),
            PacketType::PubComp => Self::PubComp(PubComp::decode(body)?),
            PacketType::Subscribe => Self::Subscribe(Subscribe::decode(body)?),
            PacketType::SubAck => Self::SubAck(SubAck::decode(body)?),
            PacketType::Unsubscribe => Self::Unsubscribe(Unsubscribe::decode(body)?),
            PacketType::UnsubAck => Self::UnsubAck(UnsubAck::decode(body)?),
            PacketType::PingReq => Self::PingReq(PingReq::decode(body)?),
            PacketType::PingResp => Self::PingResp(PingResp::decode(body)?),
            PacketType::Disconnect => Self::Disconnect(Disconnect::decode(body)?),
        })
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Error::Misuse`]; nothing that MQTT 3.1.1 cannot say is written.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        match self {
            Self::Connect(packet) => packet.encode(out)?,
            Self::ConnAck(packet) => packet.encode(out),
            Self::Publish(packet) => packet.encode(out)?,
            Self::PubAck(packet) => packet.encode(out),
            Self::PubRec(packet) => packet.encode(out),
            Self::PubRel(packet) => packet.encode(out),
            Self::PubComp(packet) => packet.encode(out),
            Self::Subscribe(packet) => packet.encode(out)?,
            Self::SubAck(packet) => packet.encode(out)?,
            Self::Unsubscribe(packet) => packet.encode(out)?,
            Self::UnsubAck(packet) => packet.encode(out),
            Self::PingReq(packet) => packet.encode(out),
            Self::PingResp(packet) => packet.encode(out),
            Self::Disconnect(packet) => packet.encode(out),
        }
        Ok(())
    }

    /// Which of the fourteen it is.
    pub fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq(_) => PacketType::PingReq,
            Self::PingResp(_) => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
        }
    }
}
