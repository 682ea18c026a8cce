//! What a packet says, for those who ask what it means rather than where its bytes stand.
//!
//! It knows values, also wrong ones: strings are bytes here, for a sender may have put in what is
//! no UTF-8. It does not know how they are written down.

use std::ops::Range;

/// The values of a packet, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// A packet without any: PINGREQ, PINGRESP, DISCONNECT; or one that could not be read.
    #[default]
    Nothing,
    /// CONNECT.
    Connect(Box<Connect>),
    /// CONNACK.
    ConnAck {
        /// Has the server kept a session?
        session_present: bool,
        /// 0: accepted.
        code: u8,
    },
    /// PUBLISH.
    Publish(Publish),
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK: which delivery or request it is about.
    PacketId(u16),
    /// SUBSCRIBE: filters, each with the byte of its requested QoS.
    Subscribe(u16, Vec<(Vec<u8>, u8)>),
    /// SUBACK.
    SubAck(u16, Vec<u8>),
    /// UNSUBSCRIBE.
    Unsubscribe(u16, Vec<Vec<u8>>),
}

/// What CONNECT says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// 4 is MQTT 3.1.1.
    pub level: u8,
    /// Begin anew.
    pub clean_session: bool,
    /// In seconds; 0: none.
    pub keep_alive: u16,
    /// May be empty.
    pub client_id: Vec<u8>,
    /// What is published if the client goes without a word.
    pub will: Option<Will>,
    /// User name.
    pub user_name: Option<Vec<u8>>,
    /// Password.
    pub password: Option<Vec<u8>>,
}

/// A will.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Will {
    /// Its topic name.
    pub topic: Vec<u8>,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Its QoS.
    pub qos: u8,
    /// Is it to be retained?
    pub retain: bool,
}

/// What PUBLISH says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// Perhaps sent before.
    pub dup: bool,
    /// Two bits.
    pub qos: u8,
    /// To the server: keep it. From the server: it was kept.
    pub retain: bool,
    /// The topic name.
    pub topic: Vec<u8>,
    /// None at QoS 0.
    pub packet_id: Option<u16>,
    /// Where the payload stands in the packet, as far as it is there.
    pub payload: Range<usize>,
}
