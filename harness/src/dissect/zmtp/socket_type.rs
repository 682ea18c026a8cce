//! Socket types and which of them may meet.
//!
//! ```text
//!   REQ  - REP, ROUTER              PUB, XPUB - SUB, XSUB
//!   DEALER - REP, DEALER, ROUTER    PUSH - PULL
//!   ROUTER - REQ, DEALER, ROUTER    PAIR - PAIR
//! ```
//!
//! It knows the names as READY has them. It does not know what a socket does.

/// A socket type of ZMTP 3.0. [ZMTP-3.0-meta-06]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketType {
    /// Asks.
    Req,
    /// Answers.
    Rep,
    /// Asks without waiting.
    Dealer,
    /// Answers whom it chooses.
    Router,
    /// Publishes.
    Pub,
    /// Publishes, and shows subscriptions to its program.
    Xpub,
    /// Subscribes.
    Sub,
    /// Subscribes by messages of its program.
    Xsub,
    /// Hands out.
    Push,
    /// Takes.
    Pull,
    /// One with one other.
    Pair,
}

const NAMES: [(SocketType, &str); 11] = [
    (SocketType::Req, "REQ"),
    (SocketType::Rep, "REP"),
    (SocketType::Dealer, "DEALER"),
    (SocketType::Router, "ROUTER"),
    (SocketType::Pub, "PUB"),
    (SocketType::Xpub, "XPUB"),
    (SocketType::Sub, "SUB"),
    (SocketType::Xsub, "XSUB"),
    (SocketType::Push, "PUSH"),
    (SocketType::Pull, "PULL"),
    (SocketType::Pair, "PAIR"),
];

/// Types that ZMTP 3.1 adds; their patterns are not followed here.
const OF_3_1: [&[u8]; 8] =
    [b"CLIENT", b"SERVER", b"RADIO", b"DISH", b"SCATTER", b"GATHER", b"PEER", b"CHANNEL"];

impl SocketType {
    /// The type of that name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(of, _)| *of)
    }

    /// `REQ`.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(of, _)| *of == self).map_or("", |(_, name)| name)
    }

    /// May the two be connected? [ZMTP-3.0-meta-07]
    pub fn fits(self, other: Self) -> bool {
        use SocketType::{Dealer, Pair, Pub, Pull, Push, Rep, Req, Router, Sub, Xpub, Xsub};
        match self {
            Req => matches!(other, Rep | Router),
            Rep => matches!(other, Req | Dealer),
            Dealer => matches!(other, Rep | Dealer | Router),
            Router => matches!(other, Req | Dealer | Router),
            Pub | Xpub => matches!(other, Sub | Xsub),
            Sub | Xsub => matches!(other, Pub | Xpub),
            Push => other == Pull,
            Pull => other == Push,
            Pair => other == Pair,
        }
    }

    /// Does it send subscriptions?
    pub fn subscribes(self) -> bool {
        matches!(self, Self::Sub | Self::Xsub)
    }
}

/// Is that the name of a type, of whichever version?
pub(super) fn is_known(name: &[u8]) -> bool {
    SocketType::from_name(name).is_some() || OF_3_1.contains(&name)
}
