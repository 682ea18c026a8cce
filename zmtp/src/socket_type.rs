//! The eleven types of socket, and which may talk to which.
//!
//! ```text
//!              | REQ REP DEALER ROUTER PUB XPUB SUB XSUB PUSH PULL PAIR
//!       REQ    |      *           *
//!       REP    |  *        *
//!       DEALER |      *    *      *
//!       ROUTER |  *        *      *
//!       PUB    |                              *    *
//!       XPUB   |                              *    *
//!       SUB    |                        *  *
//!       XSUB   |                        *  *
//!       PUSH   |                                            *
//!       PULL   |                                       *
//!       PAIR   |                                                 *          (23/ZMTP)
//! ```

use std::fmt;

/// A value of the Socket-Type property [ZMTP-3.0-meta-06].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SocketType {
    Req,
    Rep,
    Dealer,
    Router,
    Pub,
    XPub,
    Sub,
    XSub,
    Push,
    Pull,
    Pair,
}

impl SocketType {
    /// All of them, in the specification's order.
    pub const ALL: [Self; 11] = [
        Self::Req,
        Self::Rep,
        Self::Dealer,
        Self::Router,
        Self::Pub,
        Self::XPub,
        Self::Sub,
        Self::XSub,
        Self::Push,
        Self::Pull,
        Self::Pair,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Req => "REQ",
            Self::Rep => "REP",
            Self::Dealer => "DEALER",
            Self::Router => "ROUTER",
            Self::Pub => "PUB",
            Self::XPub => "XPUB",
            Self::Sub => "SUB",
            Self::XSub => "XSUB",
            Self::Push => "PUSH",
            Self::Pull => "PULL",
            Self::Pair => "PAIR",
        }
    }

    /// The type of this name: upper case, as the specification writes it.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == name)
    }

    /// May a socket of this type talk to one of that? [ZMTP-3.0-meta-07]
    pub fn may_talk_to(self, other: Self) -> bool {
        use SocketType::{Dealer, Pair, Pub, Pull, Push, Rep, Req, Router, Sub, XPub, XSub};
        match self {
            Req => matches!(other, Rep | Router),
            Rep => matches!(other, Req | Dealer),
            Dealer => matches!(other, Rep | Dealer | Router),
            Router => matches!(other, Req | Dealer | Router),
            Pub | XPub => matches!(other, Sub | XSub),
            Sub | XSub => matches!(other, Pub | XPub),
            Push => other == Pull,
            Pull => other == Push,
            Pair => other == Pair,
        }
    }

    /// Does it tell its peers who it is? [ZMTP-3.0-meta-04]
    pub fn sends_identity(self) -> bool {
        matches!(self, Self::Req | Self::Dealer | Self::Router)
    }
}

impl fmt::Display for SocketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::SocketType;

    /// [ZMTP-3.0-meta-07] Who may talk may be talked to.
    #[test]
    fn the_table_is_symmetric() {
        let mut pairs = 0;
        for a in SocketType::ALL {
            assert_eq!(SocketType::from_name(a.as_str().as_bytes()), Some(a));
            for b in SocketType::ALL {
                assert_eq!(a.may_talk_to(b), b.may_talk_to(a), "{a} {b}");
                pairs += usize::from(a.may_talk_to(b));
            }
        }
        assert_eq!(pairs, 21);
        assert_eq!(SocketType::from_name(b"req"), None);
    }
}
