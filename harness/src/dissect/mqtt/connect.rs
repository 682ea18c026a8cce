//! CONNECT. (section 3.1)
//!
//! ```text
//!   10 len | 00 04 M Q T T | level 04 | connect flags | keep alive | payload …
//!
//!   connect flags   7 user name  6 password  5 will retain  4-3 will qos  2 will
//!                   1 clean session  0 reserved
//!   payload         client id, [will topic, will message], [user name], [password]
//! ```

use super::contents::{Connect, Contents, Will};
use super::cursor::Cursor;
use super::{check_topic, topic};
use crate::lang::both;
use wirelab_mqtt::packet::LEVEL;

/// The protocol level of MQTT 3.1, whose CONNECT is laid out alike.
const LEVEL_OF_3_1: u8 = 3;

pub(super) fn read(cursor: &mut Cursor<'_>, contents: &mut Contents) -> Option<()> {
    let mut connect = Connect::default();
    let read = variable_header(cursor, &mut connect).and_then(|flags| {
        // [MQTT-3.1.3-1], [MQTT-3.1.3-3] The payload's fields in their order, the id first.
        payload(cursor, flags, &mut connect)
    });
    *contents = Contents::Connect(Box::new(connect));
    read
}

/// Section 3.1.2: the connect flags.
fn variable_header(cursor: &mut Cursor<'_>, connect: &mut Connect) -> Option<u8> {
    let at = cursor.at();
    let names = ["protocol name length", "protocol name"];
    let name = cursor.binary(names, "MQTT 3.1.2.1")?;
    // [MQTT-3.1.2-1] Something else is not gone on with.
    if name != b"MQTT" && name != b"MQIsdp" {
        cursor.flaw_at(
            at + 2,
            both!("another protocol's name", "nama protokol lain"),
            "[MQTT-3.1.2-1]",
        );
        cursor.all("not read", "");
        return None;
    }
    let at = cursor.at();
    let level = cursor.u8("protocol level", "MQTT 3.1.2.2", level)?;
    connect.level = level;
    // [MQTT-3.1.2-2] Refused with return code 1.
    if level != LEVEL || name != b"MQTT" {
        let what = both!(
            "a protocol level that is not MQTT 3.1.1: CONNACK with code 1",
            "protocol level yang bukan MQTT 3.1.1: CONNACK dengan kode 1"
        );
        cursor.flaw_at(at, what, "[MQTT-3.1.2-2]");
    }
    // What follows may be laid out differently at another level.
    if level != LEVEL && level != LEVEL_OF_3_1 {
        cursor.all("not read", "");
        return None;
    }
    let flags = flags(cursor)?;
    connect.clean_session = flags & 0x02 != 0;
    connect.keep_alive = cursor.u16("keep alive", "MQTT 3.1.2.10")?;
    Some(flags)
}

/// A protocol level with the version that it stands for.
fn level(level: u8) -> String {
    let version = match level {
        3 => "MQTT 3.1",
        4 => "MQTT 3.1.1",
        5 => "MQTT 5.0",
        _ => return level.to_string(),
    };
    format!("{level} ({version})")
}

/// Sections 3.1.2.3 to 3.1.2.9.
fn flags(cursor: &mut Cursor<'_>) -> Option<u8> {
    let at = cursor.at();
    let flags = cursor.peek_or_end("connect flags", "MQTT 3.1.2.3")?;
    let will_qos = (flags >> 3) & 0b11;
    let fields: [(&'static str, u8, &'static str); 7] = [
        ("user name flag", 0x80, "MQTT 3.1.2.8"),
        ("password flag", 0x40, "MQTT 3.1.2.9"),
        ("will retain", 0x20, "MQTT 3.1.2.7"),
        ("will qos", 0x18, "MQTT 3.1.2.6"),
        ("will flag", 0x04, "MQTT 3.1.2.5"),
        ("clean session", 0x02, "MQTT 3.1.2.4"),
        ("reserved", 0x01, "MQTT 3.1.2.3"),
    ];
    for (name, mask, spec) in fields {
        cursor.bits(name, mask, spec, || (flags & mask) >> mask.trailing_zeros());
    }
    cursor.skip(1);
    // [MQTT-3.1.2-3]
    if flags & 0x01 != 0 {
        cursor.flaw_at(
            at,
            both!("the reserved connect flag is set", "connect flag yang dicadangkan disetel"),
            "[MQTT-3.1.2-3]",
        );
    }
    // [MQTT-3.1.2-14]
    if will_qos == 3 {
        cursor.flaw_at(at, both!("a will of QoS 3", "will dengan QoS 3"), "[MQTT-3.1.2-14]");
    }
    // [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15] Without a will its bits are 0.
    if flags & 0x04 == 0 && will_qos != 0 {
        cursor.flaw_at(
            at,
            both!("a will QoS without a will", "will QoS tanpa will"),
            "[MQTT-3.1.2-13]",
        );
    }
    if flags & 0x24 == 0x20 {
        cursor.flaw_at(
            at,
            both!("a will retain without a will", "will retain tanpa will"),
            "[MQTT-3.1.2-15]",
        );
    }
    // [MQTT-3.1.2-22]
    if flags & 0xc0 == 0x40 {
        cursor.flaw_at(
            at,
            both!("a password without a user name", "kata sandi tanpa nama pengguna"),
            "[MQTT-3.1.2-22]",
        );
    }
    Some(flags)
}

/// Section 3.1.3.
fn payload(cursor: &mut Cursor<'_>, flags: u8, connect: &mut Connect) -> Option<()> {
    let at = cursor.at();
    // [MQTT-3.1.3-4]
    let names = ["client identifier length", "client identifier"];
    connect.client_id = cursor.string(names, "MQTT 3.1.3.1")?.to_vec();
    // [MQTT-3.1.3-7], [MQTT-3.1.3-8] A session that is kept needs a name.
    if connect.client_id.is_empty() && !connect.clean_session {
        let what = both!(
            "an empty client identifier without Clean Session: CONNACK with code 2",
            "client identifier kosong tanpa Clean Session: CONNACK dengan kode 2"
        );
        cursor.flaw_at(at, what, "[MQTT-3.1.3-8]");
    }
    // [MQTT-3.1.2-9]
    if flags & 0x04 != 0 {
        let at = cursor.at();
        // [MQTT-3.1.3-10]
        let topic = cursor.string(["will topic length", "will topic"], "MQTT 3.1.3.2")?;
        check_topic(cursor, at + 2, topic, topic::check_name);
        let payload = cursor.binary(["will message length", "will message"], "MQTT 3.1.3.3")?;
        connect.will = Some(Will {
            topic: topic.to_vec(),
            payload: payload.to_vec(),
            qos: (flags >> 3) & 0b11,
            retain: flags & 0x20 != 0,
        });
    }
    // [MQTT-3.1.2-18], [MQTT-3.1.2-19], [MQTT-3.1.3-11]
    if flags & 0x80 != 0 {
        let names = ["user name length", "user name"];
        connect.user_name = Some(cursor.string(names, "MQTT 3.1.3.4")?.to_vec());
    }
    // [MQTT-3.1.2-20], [MQTT-3.1.2-21]
    if flags & 0x40 != 0 {
        let names = ["password length", "password"];
        connect.password = Some(cursor.binary(names, "MQTT 3.1.3.5")?.to_vec());
    }
    Some(())
}
