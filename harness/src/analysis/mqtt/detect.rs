//! Are these bytes MQTT? By their content alone, never by a port.
//!
//! It knows how a connection begins, and what whole packets look like.

use crate::analysis::assemble::Format;
use crate::dissect::mqtt::{Contents, Extent, PacketType, extent, packet};

/// Is this the beginning of a connection?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Begins {
    /// A CONNECT, whatever its level.
    Yes,
    /// It may become one.
    Perhaps,
    /// No.
    No,
}

/// The first byte, a Remaining Length, and the protocol's name. [MQTT-3.1.0-1]
pub(in crate::analysis) fn begins(bytes: &[u8]) -> Begins {
    const NAMES: [&[u8]; 2] = [b"\x00\x04MQTT", b"\x00\x06MQIsdp"];
    match bytes.first() {
        None => return Begins::Perhaps,
        Some(0x10) => {}
        Some(_) => return Begins::No,
    }
    let length = match extent(bytes) {
        Extent::Open => return Begins::Perhaps,
        Extent::Boundless => return Begins::No,
        Extent::Known(_) => bytes[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1,
    };
    let rest = &bytes[1 + length..];
    if NAMES.iter().any(|name| rest.starts_with(name)) {
        Begins::Yes
    } else if NAMES.iter().any(|name| name.starts_with(rest)) {
        Begins::Perhaps
    } else {
        Begins::No
    }
}

/// Are these bytes, from the middle of a connection, clearly packets of MQTT: whole ones up to
/// their end, or up to a PUBLISH that goes on in the next segment?
pub(in crate::analysis) fn are_packets(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        let seen = packet(&bytes[at..], false);
        if !seen.flaws.is_empty() || !plausible(&seen.contents) {
            return false;
        }
        if seen.cut {
            // Only a topic name makes a part of a packet clear.
            return seen.packet_type == Some(PacketType::Publish)
                && matches!(seen.contents, Contents::Publish(_));
        }
        at += seen.len;
    }
    at > 0
}

/// One direction's packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packets;

impl Format for Packets {
    fn extent(&self, bytes: &[u8]) -> Extent {
        extent(bytes)
    }

    fn are_units(&self, bytes: &[u8]) -> bool {
        are_packets(bytes)
    }
}

/// Topics in use are printable.
fn plausible(contents: &Contents) -> bool {
    let printable = |bytes: &[u8]| {
        std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
    };
    match contents {
        Contents::Publish(publish) => printable(&publish.topic),
        Contents::Subscribe(_, filters) => filters.iter().all(|(filter, _)| printable(filter)),
        Contents::Unsubscribe(_, filters) => filters.iter().all(|filter| printable(filter)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{Begins, are_packets, begins};

    #[test]
    fn a_connection_begins_with_a_connect() {
        let connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00";
        for len in 0..8 {
            assert_eq!(begins(&connect[..len]), Begins::Perhaps, "{len}");
        }
        assert_eq!(begins(&connect[..8]), Begins::Yes);
        assert_eq!(begins(b"\x10\x8c\x01\x00\x06MQIsdp\x03"), Begins::Yes);
        assert_eq!(begins(b"GET / HTTP/1.1"), Begins::No);
        assert_eq!(begins(b"\x10\x00\x00\x00"), Begins::No);
    }

    #[test]
    fn packets_are_known_by_their_look() {
        let publish = b"\x30\x18\x00\x0bsister/tempSuhu: 28\xc2\xb0C";
        let good: [&[u8]; 4] = [publish, &publish[..20], b"\xc0\x00", b"\xd0\x00\x30\x03\x00\x01a"];
        for bytes in good {
            assert!(are_packets(bytes), "{bytes:02x?}");
        }
        let bad: [&[u8]; 5] = [b"", &publish[..9], b"halo", b"\x16\x03\x01\x02\x00", b"\x00\x00"];
        for bytes in bad {
            assert!(!are_packets(bytes), "{bytes:02x?}");
        }
    }
}
