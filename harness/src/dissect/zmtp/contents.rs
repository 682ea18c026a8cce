//! What a frame says, for those who ask what it means rather than where its bytes stand.
//!
//! It knows values, also wrong ones. It does not know how they are written down.

use super::SocketType;
use std::ops::Range;

/// The values of a frame, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// Nothing could be read.
    #[default]
    Nothing,
    /// A frame of a message: where its body stands, as far as it is there.
    Message(Range<usize>),
    /// A subscription in the form of ZMTP 3.0, a message.
    Subscription {
        /// Or a cancellation?
        subscribe: bool,
        /// The topics that are meant begin so.
        prefix: Vec<u8>,
    },
    /// A command.
    Command(Command),
}

/// A command: its name and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As it stands there.
    pub name: Vec<u8>,
    /// What follows it.
    pub data: Data,
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// READY.
    Ready(Metadata),
    /// ERROR: the reason.
    Error(Vec<u8>),
    /// SUBSCRIBE: the prefix.
    Subscribe(Vec<u8>),
    /// CANCEL: the prefix.
    Cancel(Vec<u8>),
    /// PING.
    Ping {
        /// In tenths of a second; 0: none.
        ttl: u16,
        /// What PONG is to repeat.
        context: Vec<u8>,
    },
    /// PONG: the context.
    Pong(Vec<u8>),
    /// PLAIN's HELLO.
    Hello {
        /// User name.
        user: Vec<u8>,
        /// The password's length; what it is, is not kept.
        password_len: usize,
    },
    /// PLAIN's WELCOME.
    Welcome,
    /// PLAIN's INITIATE.
    Initiate(Metadata),
    /// Of a mechanism that encrypts, or a name that is not known, or it could not be read.
    Unread,
}

/// Properties in their order. [ZMTP-3.0-meta-02] Names are compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(pub Vec<(Vec<u8>, Vec<u8>)>);

impl Metadata {
    /// The first property of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let named = |(known, _): &&(Vec<u8>, Vec<u8>)| known.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().find(named).map(|(_, value)| value.as_slice())
    }

    /// What the sender is.
    pub fn socket_type(&self) -> Option<SocketType> {
        SocketType::from_name(self.get("Socket-Type")?)
    }
}
