//! What the broker tells whoever watches it: a log, a screen.

use std::net::SocketAddr;

use super::store::StoreError;
use crate::Error;
use crate::packet::QoS;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A network connection was accepted.
    Opened {
        /// From where.
        peer: Option<SocketAddr>,
    },
    /// A client was let in.
    Connected {
        /// Its client id.
        client_id: &'a str,
        /// From where.
        peer: Option<SocketAddr>,
        /// Its user name.
        user_name: Option<&'a str>,
        /// CleanSession.
        clean_session: bool,
        /// Keep Alive in seconds.
        keep_alive: u16,
        /// Session Present.
        session_present: bool,
    },
    /// A connection ended before a client was let in, or because it was not.
    Refused {
        /// From where.
        peer: Option<SocketAddr>,
        /// Why.
        why: Departure<'a>,
    },
    /// A client is gone.
    Left {
        /// Its client id.
        client_id: &'a str,
        /// How.
        how: Departure<'a>,
    },
    /// A subscription was made or replaced.
    Subscribed {
        /// Whose.
        client_id: &'a str,
        /// To what.
        filter: &'a str,
        /// The QoS that was granted; `None`: it was refused.
        granted: Option<QoS>,
    },
    /// A subscription was taken back.
    Unsubscribed {
        /// Whose.
        client_id: &'a str,
        /// To what.
        filter: &'a str,
    },
    /// A message came from a client; told only if [asked for](super::Broker::telling_messages).
    Published {
        /// From whom.
        client_id: &'a str,
        /// Its topic name.
        topic: &'a str,
        /// Its QoS.
        qos: QoS,
        /// RETAIN.
        retain: bool,
        /// Its payload's length in bytes.
        len: usize,
        /// Was the client allowed to?
        allowed: bool,
    },
    /// Messages for a client are being dropped: told of the first, the tenth, the hundredth …
    Dropping {
        /// For whom.
        client_id: &'a str,
        /// How many so far.
        dropped: u64,
        /// Is it away (its queue is full), or does it not keep up?
        away: bool,
    },
    /// The access rules were replaced.
    Reloaded,
    /// What was promised cannot be kept on disk; the broker ends.
    StoreFailed(&'a StoreError),
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug)]
pub enum Departure<'a> {
    /// DISCONNECT.
    Disconnected,
    /// The peer closed without DISCONNECT.
    Closed,
    /// The network connection broke.
    Broken(&'a std::io::Error),
    /// Nothing was heard for one and a half times the Keep Alive, or no CONNECT came.
    TimedOut,
    /// It broke the protocol, or was refused.
    Violation(Error),
    /// Its client id has connected anew.
    TakenOver,
    /// The broker is ending.
    ShuttingDown,
}
