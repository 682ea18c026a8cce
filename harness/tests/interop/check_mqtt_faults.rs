//! Faults of a broker that `wirelab test mqtt` must see.
//!
//! It knows packets, as far as a fault needs them.

use super::check_faults::{Fault, Goes, Unit};

const fn fault(case: (&'static str, &'static str), spoil: fn(Unit) -> Goes) -> Fault {
    Fault { server: &["mqtt", "broker", "-p", "0"], arguments: &[], case, spoil }
}

/// Nothing goes on of what is so.
fn without(unit: Unit, is: bool) -> Goes {
    if is { Goes::On(Vec::new()) } else { unit.whole() }
}

/// The broker's packets of this type go on with another identifier.
fn renumbered(mut unit: Unit, kind: u8) -> Goes {
    if !unit.asks && unit.octets[0] & 0xf0 == kind {
        unit.octets[3] ^= 1;
    }
    unit.whole()
}

/// The client's CONNECT, whose flags stand at 9.
fn is_connect(unit: &Unit) -> bool {
    unit.asks && unit.octets[0] == 0x10 && unit.octets.len() > 9
}

/// Of the broker's, or of the client's.
fn is_publish(unit: &Unit) -> bool {
    unit.octets[0] & 0xf0 == 0x30
}

pub const TABLES: &[Fault] = &[
    fault(("MQTT-2.2.2-2", "PUBACK, PUBREC, PUBREL, PUBCOMP with"), |unit| {
        let is = unit.asks && unit.octets[0] == 0x41;
        without(unit, is)
    }),
    fault(("MQTT-2.2.2-2", "SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT with"), |unit| {
        let is = unit.asks && unit.octets[0] == 0xc8;
        without(unit, is)
    }),
    fault(("MQTT-2.2.2-2", "a CONNECT with flags"), |unit| {
        let is = unit.octets[0] == 0x14;
        without(unit, is)
    }),
    fault(("MQTT-3.1.0-1", "any other packet before CONNECT"), |unit| {
        let is = unit.asks && unit.number == 0 && unit.octets[0] == 0xe0;
        without(unit, is)
    }),
    fault(("MQTT-4.8.0-1", "packets that only servers send"), |unit| {
        let is = unit.asks && unit.octets[0] == 0xd0;
        without(unit, is)
    }),
    fault(("MQTT-1.5.3-1", "topics that are no strings"), |unit| unit.with(b"\xc0\x80", b"ab")),
    fault(("MQTT-1.5.3-1", "filters that are no strings"), |unit| unit.with(b"\xc0\x80", b"ab")),
    fault(("MQTT-1.5.3-1", "an UNSUBSCRIBE of what is no string"), |unit| {
        unit.with(b"\x01\x80", b"\x01a")
    }),
    fault(("MQTT-1.5.3-1", "a CONNECT with an identifier"), |unit| unit.with(b"a\0b", b"a-b")),
    fault(("MQTT-1.5.3-1", "characters of one to four octets"), |unit| {
        if unit.asks { unit.whole() } else { unit.with("\u{10348}".as_bytes(), b"????") }
    }),
    fault(("MQTT-3.1.4-1", "a CONNECT whose flags say more"), |unit| {
        let is = is_connect(&unit) && unit.octets[9] == 0xc2;
        without(unit, is)
    }),
    fault(("MQTT-3.1.2-18", "a user name and a password"), |unit| {
        if is_connect(&unit) && unit.octets[9] == 0xc2 { Goes::End } else { unit.whole() }
    }),
    fault(("MQTT-3.8.3-4", "a requested QoS with reserved bits"), |unit| {
        unit.with(b"\x01a\x80", b"\x01a\0")
    }),
    fault(("MQTT-2.3.1-1", "packet identifier 0"), |unit| {
        unit.with(b"\xa2\x05\0\0", b"\xa2\x05\0\x01")
    }),
    fault(("MQTT-4.7.3-1", "a filter without a character"), |unit| {
        unit.with(b"\x82\x05\0\x01\0\0\0", b"\x82\x06\0\x01\0\x01a\0")
    }),
    fault(("MQTT-4.7.3-3", "a topic of 65,535 octets"), |mut unit| {
        if !unit.asks && unit.octets.len() > 60_000 {
            unit.octets[60_000] = b'b';
        }
        unit.whole()
    }),
    fault(("MQTT-3.1.4-5", "behind a CONNECT that is refused"), |unit| {
        unit.with(b"MQTT\x4d", b"MQTT\x04")
    }),
    fault(("MQTT-3.2.0-1", "what comes in one piece with CONNECT"), |unit| {
        let is = unit.octets == b"\xd0\0";
        without(unit, is)
    }),
];

pub const WILLS: &[Fault] = &[
    fault(("MQTT-3.1.2-9", "a will comes with its Will QoS"), |mut unit| {
        if is_connect(&unit) {
            unit.octets[9] &= !0x18;
        }
        unit.whole()
    }),
    fault(("MQTT-3.1.2-17", "a retained will is kept"), |mut unit| {
        if is_connect(&unit) {
            unit.octets[9] &= !0x20;
        }
        unit.whole()
    }),
    fault(("MQTT-3.1.2-9", "a will's message is octets"), |unit| unit.with(b"\xff\xfe", b"??")),
    fault(("MQTT-3.1.2-8", "whoever loses his connection"), |unit| {
        let is = !unit.asks && is_publish(&unit);
        without(unit, is)
    }),
    fault(("MQTT-3.1.2-24", "whoever is silent for longer"), |unit| {
        let is = !unit.asks && is_publish(&unit);
        without(unit, is)
    }),
    fault(("MQTT-3.1.2-10", "a will is published once"), |unit| {
        if !unit.asks && unit.octets.ends_with(b"will") {
            return Goes::On([&unit.octets[..], &unit.octets].concat());
        }
        unit.whole()
    }),
    fault(("MQTT-3.1.2-12", "a will that a DISCONNECT has removed"), |unit| {
        if unit.octets == b"\xe0\0" { Goes::End } else { unit.whole() }
    }),
    fault(("MQTT-3.1.2-24", "whoever pings within Keep Alive"), |unit| {
        if unit.octets == b"\xc0\0" && unit.number > 2 { Goes::End } else { unit.whole() }
    }),
];

pub const FLOWS: &[Fault] = &[
    fault(("MQTT-4.6.0-2", "PUBACKs come in the order"), |unit| renumbered(unit, 0x40)),
    fault(("MQTT-4.6.0-3", "PUBRECs come in the order"), |unit| renumbered(unit, 0x50)),
    fault(("MQTT-4.6.0-4", "PUBRELs come in the order"), |unit| {
        if unit.asks { unit.whole() } else { renumbered(unit, 0x60) }
    }),
    fault(("MQTT-2.3.1-7", "answers have their packet's identifier"), |unit| {
        renumbered(unit, 0xb0)
    }),
    fault(("MQTT-3.8.4-6", "of what was published and what was granted"), |mut unit| {
        if !unit.asks && is_publish(&unit) {
            unit.octets[0] |= 8;
        }
        unit.whole()
    }),
    fault(("MQTT-4.3.3-2", "QoS 2 with the same identifier after PUBCOMP"), |unit| {
        let is = !unit.asks && is_publish(&unit) && unit.octets.ends_with(b"two");
        without(unit, is)
    }),
    fault(("MQTT-4.3.2-2", "DUP 1 with an identifier"), |unit| {
        let is = !unit.asks && is_publish(&unit) && unit.octets.ends_with(b"2");
        without(unit, is)
    }),
    fault(("MQTT-3.10.4-3", "an UNSUBSCRIBE in the midst of QoS 2"), |unit| {
        let is = !unit.asks && unit.octets[0] == 0x62;
        without(unit, is)
    }),
    fault(("MQTT-4.6.0-6", "fifty messages of QoS 0"), |unit| {
        let is = !unit.asks && is_publish(&unit) && unit.octets.ends_with(b"17");
        without(unit, is)
    }),
    fault(("MQTT-3.10.4-6", "two filters in one UNSUBSCRIBE"), |unit| {
        if unit.octets[0] == 0xa2 { unit.with(b"both/b", b"both/x") } else { unit.whole() }
    }),
];

pub const RETAINING: &[Fault] = &[
    fault(("MQTT-3.3.1-5", "a retained message is kept with its QoS"), |mut unit| {
        let subscribes = unit.octets[0] == 0x82;
        // Granted less, and not said so.
        if let Some(last) = unit.octets.last_mut().filter(|_| subscribes) {
            *last = 0;
        }
        unit.whole()
    }),
    fault(("MQTT-3.3.1-7", "a retained message of QoS 0"), |unit| {
        let is = unit.asks && unit.octets[0] == 0x31;
        without(unit, is)
    }),
    fault(("MQTT-3.3.1-6", "a filter with wildcards"), |mut unit| {
        if !unit.asks && is_publish(&unit) {
            unit.octets[0] &= !1;
        }
        unit.whole()
    }),
    fault(("MQTT-3.3.1-11", "an empty retained message, the first"), |unit| {
        let end = !unit.asks && is_publish(&unit) && unit.octets.ends_with(b"end");
        if end { Goes::On([b"\x31\x03\0\x01a", &unit.octets[..]].concat()) } else { unit.whole() }
    }),
    fault(("MQTT-3.8.4-3", "the same filter with another QoS"), |mut unit| {
        let subscribes = unit.octets[0] == 0x82;
        if let Some(last) = unit.octets.last_mut().filter(|_| subscribes) {
            *last = 1;
        }
        unit.whole()
    }),
    fault(("MQTT-4.7.2-1", "`#` alone brings no topic"), |unit| {
        let (hidden, other) = (b"$wirelab", b"zwirelab");
        if unit.asks { unit.with(hidden, other) } else { unit.with(other, hidden) }
    }),
    fault(("MQTT-4.7.1-3", "filters and topics, row by row"), |unit| {
        unit.with(b"/row/A", b"/row/a")
    }),
];

pub const QUEUES: &[Fault] = &[
    fault(("MQTT-3.1.2-5", "messages of QoS 2 wait"), |unit| {
        let is = !unit.asks && is_publish(&unit) && unit.octets.ends_with(b"2");
        without(unit, is)
    }),
    fault(("MQTT-3.1.2-4", "subscriptions are there again"), clean),
    fault(("MQTT-3.10.4-2", "what was unsubscribed from"), |unit| {
        if unit.octets[0] == 0xa2 {
            return unit.with(b"unsubscribed", b"uNsubscribed");
        }
        unit.whole()
    }),
    fault(("MQTT-3.1.2-6", "a clean session has neither"), unclean),
    fault(("MQTT-3.1.2-6", "a clean session keeps nothing"), unclean),
    fault(("MQTT-3.1.4-2", "a session that is taken over"), clean),
    fault(("MQTT-4.6.0-1", "what was not acknowledged comes again"), no_dup),
    fault(("MQTT-4.3.3-1", "QoS 2 without our PUBREC"), no_dup),
    fault(("MQTT-4.3.2-1", "what was acknowledged does not come again"), |unit| {
        let is = unit.asks && unit.octets[0] == 0x40;
        without(unit, is)
    }),
    fault(("MQTT-4.3.3-2", "our QoS 2 goes on over another"), clean),
];

/// Every session is a clean one.
fn clean(mut unit: Unit) -> Goes {
    if is_connect(&unit) {
        unit.octets[9] |= 2;
    }
    unit.whole()
}

/// Goes::End is.
fn unclean(mut unit: Unit) -> Goes {
    if is_connect(&unit) {
        unit.octets[9] &= !2;
    }
    unit.whole()
}

/// What comes again looks like the first time.
fn no_dup(mut unit: Unit) -> Goes {
    if !unit.asks && is_publish(&unit) {
        unit.octets[0] &= !8;
    }
    unit.whole()
}
