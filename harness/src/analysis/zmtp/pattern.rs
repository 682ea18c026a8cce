//! What two socket types are to each other. (28, 29, 30)
//!
//! It knows types, as READY tells them, and never a port. It does not know messages.

use crate::conversation::Side;
use crate::dissect::zmtp::SocketType;

/// A pattern, with the side that begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::analysis) enum Pattern {
    /// No READY has told a type.
    #[default]
    Unknown,
    /// Each message of the asker is answered.
    RequestReply {
        /// Who asks.
        asker: Side,
        /// Is it a REQ, which waits for each reply? [REQ-gen-02]
        strict: bool,
    },
    /// Messages go one way, each to one peer.
    Pipeline(Side),
    /// Messages go one way, each to all that have subscribed.
    PubSub(Side),
    /// Both sides send as they like.
    Free,
}

impl Pattern {
    /// What follows from the types of the client and the server of a conversation, of which one
    /// may not be known.
    pub(super) fn of(types: [Option<SocketType>; 2]) -> Self {
        use SocketType::{Dealer, Pub, Pull, Push, Rep, Req, Sub, Xpub, Xsub};
        let both = [(Side::Client, types[0], types[1]), (Side::Server, types[1], types[0])];
        let found = both.into_iter().find_map(|(side, own, other)| match (own?, other) {
            (Req, _) => Some(Self::RequestReply { asker: side, strict: true }),
            (Rep, None | Some(Dealer)) => {
                Some(Self::RequestReply { asker: side.other(), strict: false })
            }
            (Push, _) => Some(Self::Pipeline(side)),
            (Pull, _) => Some(Self::Pipeline(side.other())),
            (Pub | Xpub, _) => Some(Self::PubSub(side)),
            (Sub | Xsub, _) => Some(Self::PubSub(side.other())),
            _ => None,
        });
        found.unwrap_or(if types == [None, None] { Self::Unknown } else { Self::Free })
    }

    /// The only side whose messages have a receiver, if there is only one.
    pub(super) fn one_way_from(self) -> Option<Side> {
        match self {
            Self::Pipeline(from) | Self::PubSub(from) => Some(from),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Side, SocketType};

    #[test]
    fn types_decide_whoever_opened() {
        let of = |client: &str, server: &str| {
            Pattern::of([client, server].map(|name| SocketType::from_name(name.as_bytes())))
        };
        let ask = |asker, strict| Pattern::RequestReply { asker, strict };
        assert_eq!(of("REQ", "REP"), ask(Side::Client, true));
        assert_eq!(of("REP", "REQ"), ask(Side::Server, true));
        assert_eq!(of("ROUTER", "REQ"), ask(Side::Server, true));
        assert_eq!(of("DEALER", "REP"), ask(Side::Client, false));
        assert_eq!(of("", "REP"), ask(Side::Client, false));
        assert_eq!(of("PULL", "PUSH"), Pattern::Pipeline(Side::Server));
        assert_eq!(of("PULL", ""), Pattern::Pipeline(Side::Server));
        assert_eq!(of("SUB", "XPUB"), Pattern::PubSub(Side::Server));
        assert_eq!(of("DEALER", "ROUTER"), Pattern::Free);
        assert_eq!(of("PAIR", "PAIR"), Pattern::Free);
        assert_eq!(of("", ""), Pattern::Unknown);
    }
}
