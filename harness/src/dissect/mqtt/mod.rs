//! MQTT 3.1.1, one packet at a time: every field with its place, what it says, its section, and
//! what is wrong with it.
//!
//! ```text
//!   bit       7   6   5   4   3   2   1   0
//!   byte 1  | packet type   | flags         |     variable header    payload
//!   byte 2… | Remaining Length, 1 to 4 bytes |  |  ……………………………… | ……………………… |
//! ```
//!
//! It is the hand-written reading of the standard that people see, written a second time beside
//! the engine's decoder and held against it by tests. From the engine it takes names, limits and
//! the rules for topics. It reads on behind a mistake as far as the layout is still known, and it
//! reads packets whose end the capture cut off. It knows one packet: not what came before it, nor
//! which frames carried it.

mod connect;
mod contents;
mod cursor;
mod subscribe;

pub use super::{Extent, Flaw};
pub use contents::{Connect, Contents, Publish, Will};
pub use wirelab_mqtt::packet::PacketType;

use super::Field;
use crate::lang::{Lang, Text, both};
use cursor::Cursor;
use wirelab_mqtt::limits::REMAINING_LENGTH_BYTES;
use wirelab_mqtt::packet::ConnectReturnCode;
use wirelab_mqtt::topic;

/// A packet that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Which one; nothing if the number is reserved.
    pub packet_type: Option<PacketType>,
    /// Its length in bytes by its own word, with the fixed header.
    pub len: usize,
    /// Its bytes end before that: they were not captured, or are not there yet.
    pub cut: bool,
    /// What it says, as far as it could be read.
    pub contents: Contents,
    /// Its fields in order, which cover all of its bits once; empty if they were not asked for.
    /// Offsets count from the packet's first byte.
    pub fields: Vec<Field>,
    /// What is wrong with it, in the order of its bytes.
    pub flaws: Vec<Flaw>,
}

impl Packet {
    /// `PUBLISH`.
    pub fn name(&self) -> &'static str {
        self.packet_type.map_or("reserved packet type", PacketType::name)
    }
}

/// Of a type that only one side sends: is it the client? [MQTT 2.2.1]
pub fn only_the_client_sends(packet_type: PacketType) -> Option<bool> {
    match packet_type {
        PacketType::Connect
        | PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::PingReq
        | PacketType::Disconnect => Some(true),
        PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck | PacketType::PingResp => {
            Some(false)
        }
        _ => None,
    }
}

/// Reads the fixed header as far as the length.
pub fn extent(bytes: &[u8]) -> Extent {
    let mut remaining = 0;
    for (n, byte) in bytes.iter().skip(1).enumerate().take(REMAINING_LENGTH_BYTES) {
        remaining |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Extent::Known(2 + n + remaining);
        }
    }
    if bytes.len() > REMAINING_LENGTH_BYTES { Extent::Boundless } else { Extent::Open }
}

/// Reads the packet at the front of `bytes`, which may be cut anywhere. What follows it is not
/// looked at. Fields are only made if `with_fields`.
pub fn packet(bytes: &[u8], with_fields: bool) -> Packet {
    let extent = extent(bytes);
    let len = match extent {
        Extent::Known(len) => len,
        // Without an end of its own it is all that there is.
        Extent::Open | Extent::Boundless => bytes.len(),
    };
    let mut cursor = Cursor::new(&bytes[..bytes.len().min(len)], len, with_fields);
    let mut contents = Contents::default();
    let first = bytes.first().copied().unwrap_or_default();
    let packet_type = PacketType::from_number(first >> 4);
    if fixed_header(&mut cursor, packet_type, extent).is_some()
        && let Some(packet_type) = packet_type
    {
        // What could not be read is told by the cursor; the contents have what could.
        let _ = body(&mut cursor, packet_type, first & 0x0f, &mut contents);
    }
    let cut = cursor.is_cut() || (extent == Extent::Open);
    let (fields, flaws) = cursor.finish();
    Packet { packet_type, len, cut, contents, fields, flaws }
}

/// Sections 2.2.1 to 2.2.3.
fn fixed_header(
    cursor: &mut Cursor<'_>,
    packet_type: Option<PacketType>,
    extent: Extent,
) -> Option<()> {
    let first = cursor.peek()?;
    let name = packet_type.map_or("reserved", PacketType::name);
    cursor.bits("packet type", 0xf0, "MQTT 2.2.1", || format!("{} ({name})", first >> 4));
    flags(cursor, packet_type, first);
    cursor.skip(1);
    if packet_type.is_none() {
        cursor.flaw_at(
            0,
            both!("a reserved packet type", "tipe paket yang dicadangkan"),
            "[MQTT-4.8.0-1]",
        );
    }
    let at = cursor.at();
    match extent {
        Extent::Known(len) => {
            let bytes = cursor.rest().iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
            let remaining = len - at - bytes;
            cursor.take("remaining length", bytes, "MQTT 2.2.3", |_| (remaining as u64).into())?;
            packet_type.map(drop)
        }
        Extent::Boundless => {
            let what = both!(
                "a Remaining Length of more than four bytes",
                "Remaining Length lebih dari empat byte"
            );
            cursor.take("remaining length", REMAINING_LENGTH_BYTES, "MQTT 2.2.3", |_| {
                what.say(Lang::En).into()
            });
            cursor.flaw_at(at + REMAINING_LENGTH_BYTES - 1, what, "[MQTT-4.8.0-1]");
            None
        }
        Extent::Open => {
            let there = cursor.rest().len();
            cursor.take("remaining length", there, "MQTT 2.2.3", |_| "its end is missing".into());
            None
        }
    }
}

/// Section 2.2.2, and 3.3.1 for PUBLISH, which has flags of its own.
fn flags(cursor: &mut Cursor<'_>, packet_type: Option<PacketType>, first: u8) {
    let flags = first & 0x0f;
    if packet_type == Some(PacketType::Publish) {
        let qos = (flags >> 1) & 0b11;
        let dup = flags >> 3;
        cursor.bits("dup", 0x08, "MQTT 3.3.1.1", || dup);
        cursor.bits("qos", 0x06, "MQTT 3.3.1.2", || qos);
        cursor.bits("retain", 0x01, "MQTT 3.3.1.3", || flags & 1);
        // [MQTT-3.3.1-4] Two bits could say 3, which is no QoS.
        if qos == 3 {
            cursor.flaw_at(
                0,
                both!("a PUBLISH of QoS 3", "PUBLISH dengan QoS 3"),
                "[MQTT-3.3.1-4]",
            );
        }
        // [MQTT-3.3.1-2] A message of QoS 0 is never sent again.
        if qos == 0 && dup == 1 {
            cursor.flaw_at(
                0,
                both!("DUP on a PUBLISH of QoS 0", "DUP pada PUBLISH dengan QoS 0"),
                "[MQTT-3.3.1-2]",
            );
        }
        return;
    }
    cursor.bits("reserved flags", 0x0f, "MQTT 2.2.2", || format!("{flags:04b}"));
    let (wanted, clause) = match packet_type {
        // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1] Three packets have 0010.
        Some(PacketType::PubRel) => (0b0010, "[MQTT-3.6.1-1]"),
        Some(PacketType::Subscribe) => (0b0010, "[MQTT-3.8.1-1]"),
        Some(PacketType::Unsubscribe) => (0b0010, "[MQTT-3.10.1-1]"),
        // [MQTT-3.14.1-1]
        Some(PacketType::Disconnect) => (0, "[MQTT-3.14.1-1]"),
        // [MQTT-2.2.2-2]
        Some(_) => (0, "[MQTT-2.2.2-2]"),
        None => return,
    };
    if flags != wanted {
        let what = both!(
            "fixed header flags {flags:04b}, not {wanted:04b}",
            "flag fixed header {flags:04b}, bukan {wanted:04b}"
        );
        cursor.flaw_at(0, what, clause);
    }
}

fn body(
    cursor: &mut Cursor<'_>,
    packet_type: PacketType,
    flags: u8,
    contents: &mut Contents,
) -> Option<()> {
    match packet_type {
        PacketType::Connect => connect::read(cursor, contents),
        PacketType::ConnAck => connack(cursor, contents),
        PacketType::Publish => publish(cursor, flags, contents),
        PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => {
            acknowledgment(cursor, "MQTT 3.4.2", contents)
        }
        PacketType::UnsubAck => acknowledgment(cursor, "MQTT 3.11.2", contents),
        PacketType::Subscribe => subscribe::subscribe(cursor, contents),
        PacketType::SubAck => subscribe::suback(cursor, contents),
        PacketType::Unsubscribe => subscribe::unsubscribe(cursor, contents),
        PacketType::PingReq | PacketType::PingResp | PacketType::Disconnect => Some(()),
    }?;
    cursor.end();
    Some(())
}

/// Section 3.2.
fn connack(cursor: &mut Cursor<'_>, contents: &mut Contents) -> Option<()> {
    let at = cursor.at();
    let flags = cursor.peek_or_end("acknowledge flags", "MQTT 3.2.2.1")?;
    cursor.bits("reserved", 0xfe, "MQTT 3.2.2.1", || flags >> 1);
    cursor.bits("session present", 0x01, "MQTT 3.2.2.2", || flags & 1);
    cursor.skip(1);
    if flags & 0xfe != 0 {
        cursor.flaw_at(
            at,
            both!(
                "reserved bits in the acknowledge flags",
                "bit yang dicadangkan dipakai dalam acknowledge flags"
            ),
            "(MQTT 3.2.2.1)",
        );
    }
    let code = cursor.u8("connect return code", "MQTT 3.2.2.3", return_code)?;
    if ConnectReturnCode::from_number(code).is_none() {
        cursor.flaw_at(
            at + 1,
            both!("a reserved connect return code", "connect return code yang dicadangkan"),
            "(MQTT 3.2.2.3)",
        );
    }
    // [MQTT-3.2.2-4] A refusal has no session.
    if flags & 1 == 1 && code != 0 {
        cursor.flaw_at(
            at,
            both!("Session Present with a refusal", "Session Present bersama penolakan"),
            "[MQTT-3.2.2-4]",
        );
    }
    *contents = Contents::ConnAck { session_present: flags & 1 == 1, code };
    Some(())
}

/// A connect return code with its meaning.
pub fn return_code(code: u8) -> String {
    match ConnectReturnCode::from_number(code) {
        Some(known) => format!("{code} ({known})"),
        None => format!("{code} (reserved)"),
    }
}

/// Section 3.3. Topic name, packet identifier if there is one, and the rest is payload.
fn publish(cursor: &mut Cursor<'_>, flags: u8, contents: &mut Contents) -> Option<()> {
    let qos = (flags >> 1) & 0b11;
    let at = cursor.at();
    // [MQTT-3.3.2-1] The topic name comes first.
    let name = cursor.string(["topic name length", "topic name"], "MQTT 3.3.2.1")?;
    check_topic(cursor, at + 2, name, topic::check_name);
    // [MQTT-2.3.1-5] At QoS 0 there is no packet identifier.
    let packet_id = if qos == 0 { None } else { Some(cursor.packet_id("MQTT 3.3.2.2")?) };
    let payload = cursor.all("payload", "MQTT 3.3.3");
    *contents = Contents::Publish(Publish {
        dup: flags & 0x08 != 0,
        qos,
        retain: flags & 1 != 0,
        topic: name.to_vec(),
        packet_id,
        payload,
    });
    Some(())
}

/// Five packets are a packet identifier and nothing else.
fn acknowledgment(
    cursor: &mut Cursor<'_>,
    spec: &'static str,
    contents: &mut Contents,
) -> Option<()> {
    *contents = Contents::PacketId(cursor.packet_id(spec)?);
    Some(())
}

/// Is it a topic name, or a topic filter? What is no UTF-8 was told already.
fn check_topic(
    cursor: &mut Cursor<'_>,
    at: usize,
    bytes: &[u8],
    check: fn(&str) -> Result<(), wirelab_mqtt::Error>,
) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(wirelab_mqtt::Error::Malformed { clause, what }) = check(text)
    {
        let wild = bytes.iter().position(|byte| matches!(byte, b'+' | b'#')).unwrap_or(0);
        let what = match what {
            "an empty topic name" => both!("an empty topic name", "topic name kosong"),
            "a topic name with a wildcard" => {
                both!("a topic name with a wildcard", "topic name dengan wildcard")
            }
            "an empty topic filter" => both!("an empty topic filter", "topic filter kosong"),
            "# is not the last level alone" => both!(
                "# is not the last level alone",
                "# bukan level terakhir yang berdiri sendiri"
            ),
            "+ shares a level" => both!("+ shares a level", "+ berbagi satu level"),
            other => Text::name(other),
        };
        cursor.flaw_at(at + wild, what, clause);
    }
}
