//! The order of the handshake: which command may come now, and from whom.
//!
//! ```text
//!   NULL     READY ──►   ◄── READY        in any order, each before one's own messages
//!
//!   PLAIN    client                server
//!            HELLO ──►
//!                       ◄── WELCOME
//!            INITIATE ──►
//!                       ◄── READY         or ERROR instead of WELCOME or READY
//! ```
//!
//! Who is PLAIN's client shows by HELLO: as-server should tell, and libzmq leaves it 0 on both
//! sides. It knows names and who sent them. It does not know what the commands say.

use super::end::{End, Mechanism};
use crate::analysis::texts::zmtp_rules as rules;
use crate::conversation::Side;
use crate::lang::Lang;

/// What PLAIN's handshake consists of: does the server send it, its name, and the clause that
/// asks for it.
const PLAIN: [(bool, &str, &str); 4] = [
    (false, "HELLO", "[PLAIN-03]"),
    (true, "WELCOME", "[PLAIN-04]"),
    (false, "INITIATE", "[PLAIN-05]"),
    (true, "READY", "[PLAIN-06]"),
];

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    plain: usize,
    /// PLAIN's client.
    client: Option<Side>,
}

/// What has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit<'a> {
    /// A command of that name.
    Command(&'a str),
    /// A message.
    Message,
}

impl Handshake {
    /// What is wrong with this unit at this time, if anything is. What the capture lacks is never
    /// held against anybody.
    pub(super) fn step(
        &mut self,
        lang: Lang,
        ends: &[End; 2],
        side: Side,
        unit: Unit<'_>,
    ) -> Option<String> {
        let (own, other) = match side {
            Side::Client => (&ends[0], &ends[1]),
            Side::Server => (&ends[1], &ends[0]),
        };
        match own.mechanism()? {
            Mechanism::Null if own.is_whole() => null(lang, own, unit),
            Mechanism::Plain if own.is_whole() && other.is_whole() => {
                let client = match (own.is_server(), other.is_server()) {
                    (true, false) => side.other(),
                    (false, true) => side,
                    _ if matches!(unit, Unit::Command("HELLO")) => side,
                    _ => Side::Client,
                };
                let is_server = *self.client.get_or_insert(client) != side;
                self.plain(lang, is_server, unit)
            }
            _ => None,
        }
    }

    fn plain(&mut self, lang: Lang, is_server: bool, unit: Unit<'_>) -> Option<String> {
        let expected = PLAIN.get(self.plain);
        let Unit::Command(name) = unit else {
            // [PLAIN-07], [PLAIN-08] Messages begin with the server's READY.
            let clause = if is_server { "[PLAIN-08]" } else { "[PLAIN-07]" };
            return expected.map(|_| rules::message_early(lang, false, clause));
        };
        let (_, _, clause) = PLAIN.iter().find(|(_, known, _)| *known == name)?;
        match expected {
            Some((server, next, _)) if *next == name && *server == is_server => {
                self.plain += 1;
                None
            }
            Some((server, next, _)) => Some(rules::plain_order(lang, *server, next, clause)),
            None => Some(rules::again(lang, name, clause)),
        }
    }
}

/// [ZMTP-3.0-null-02], [ZMTP-3.0-null-12]
fn null(lang: Lang, own: &End, unit: Unit<'_>) -> Option<String> {
    let clause = "[ZMTP-3.0-null-02]";
    match (unit, own.ready.is_some()) {
        (Unit::Message, false) => Some(rules::message_early(lang, true, clause)),
        (Unit::Command("READY"), true) => Some(rules::again(lang, "READY", clause)),
        (Unit::Command("READY" | "ERROR") | Unit::Message, _) | (_, true) => None,
        (Unit::Command(_), false) => Some(rules::ready_first(lang, clause)),
    }
}
