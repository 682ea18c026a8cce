//! The words of MQTT's packets, one at a time; what they mean to each other is in `mqtt_flow`.
//!
//! It knows one packet's values. It does not know how they were found, nor what came before.

use super::{count, preview};
use crate::dissect::mqtt::{Connect, Contents, Packet, Publish, return_code};
use crate::output::escape;
use std::fmt::Write as _;

/// Filters, or return codes, that a line names.
pub const NAMED_MAX: usize = 8;
/// Bytes of a topic or an identifier that a line shows.
pub const TEXT_MAX: usize = 128;

/// The protocol's name in the report.
pub fn name(level: u8) -> String {
    format!("MQTT {}", version(level))
}

fn version(level: u8) -> String {
    match level {
        3 => "3.1".to_owned(),
        4 => "3.1.1".to_owned(),
        5 => "5.0".to_owned(),
        other => format!("level {other}"),
    }
}

/// A topic, a filter or an identifier: as it is, or in quotes where its end would not show.
pub fn topic(bytes: &[u8]) -> String {
    let shown = escape(&bytes[..bytes.len().min(TEXT_MAX)]);
    let more = if bytes.len() > TEXT_MAX { "…" } else { "" };
    let plain = !shown.is_empty() && !shown.contains([' ', ',', ';', '\\']);
    if plain { format!("{shown}{more}") } else { format!("\"{shown}{more}\"") }
}

/// A packet in a line. `bytes` are its own, from its first on.
pub fn packet(packet: &Packet, bytes: &[u8]) -> String {
    let name = packet.name();
    match &packet.contents {
        Contents::Nothing => name.to_owned(),
        Contents::Connect(connect) => self::connect(connect),
        Contents::ConnAck { session_present, code } => connack(*session_present, *code),
        Contents::Publish(publish) => self::publish(publish, bytes, packet.len),
        Contents::PacketId(id) => format!("{name} id {id}"),
        Contents::Subscribe(id, filters) => {
            let filter = |(filter, qos): &(Vec<u8>, u8)| self::filter(filter, Some(*qos));
            format!("{name} id {id}: {}", list(filters, filter))
        }
        Contents::Unsubscribe(id, filters) => {
            format!("{name} id {id}: {}", list(filters, |filter| self::filter(filter, None)))
        }
        Contents::SubAck(id, codes) => {
            format!("{name} id {id}: {}", list(codes, |code| granted(*code)))
        }
    }
}

fn list<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    let mut text: Vec<String> = items.iter().take(NAMED_MAX).map(one).collect();
    if items.len() > NAMED_MAX {
        text.push(format!("and {} more", items.len() - NAMED_MAX));
    }
    text.join(", ")
}

/// `filter sister/temp QoS 0`.
pub fn filter(filter: &[u8], qos: Option<u8>) -> String {
    match qos {
        Some(qos) => format!("filter {} QoS {qos}", topic(filter)),
        None => format!("filter {}", topic(filter)),
    }
}

/// `granted 0`.
pub fn granted(code: u8) -> String {
    match code {
        0..=2 => format!("granted {code}"),
        0x80 => "refused (0x80)".to_owned(),
        _ => format!("reserved return code {code:#04x}"),
    }
}

/// `CONNECT v3.1.1 clean, keepalive 60, empty id`.
pub fn connect(connect: &Connect) -> String {
    let clean = if connect.clean_session { "clean" } else { "not clean (the session is kept)" };
    let mut text = format!("CONNECT v{} {clean}, ", version(connect.level));
    match connect.keep_alive {
        0 => text.push_str("no keepalive"),
        seconds => {
            let _ = write!(text, "keepalive {seconds}");
        }
    }
    match connect.client_id.as_slice() {
        [] => text.push_str(", empty id"),
        id => {
            let _ = write!(text, ", id {}", topic(id));
        }
    }
    if let Some(will) = &connect.will {
        let shown = preview(&will.payload, will.payload.len() as u64);
        let (qos, retain) = (will.qos, u8::from(will.retain));
        let topic = topic(&will.topic);
        let _ = write!(text, ", will {topic} {shown} QoS {qos} RETAIN {retain}");
    }
    if let Some(user) = &connect.user_name {
        let _ = write!(text, ", user name {}", topic(user));
    }
    if let Some(password) = &connect.password {
        let len = count(password.len() as u64, "byte", "bytes");
        let _ = write!(text, ", password of {len} in the clear");
    }
    text
}

/// `CONNACK accepted, session present 0`.
pub fn connack(session_present: bool, code: u8) -> String {
    match code {
        0 => format!("CONNACK accepted, session present {}", u8::from(session_present)),
        code => format!("CONNACK refused: {}", return_code(code)),
    }
}

/// `PUBLISH sister/temp "Suhu: 28°C" QoS 0 DUP 0 RETAIN 0`.
pub fn publish(publish: &Publish, bytes: &[u8], len: usize) -> String {
    let payload = bytes.get(publish.payload.clone()).unwrap_or_default();
    let payload_len = len.saturating_sub(publish.payload.start) as u64;
    let (dup, retain) = (u8::from(publish.dup), u8::from(publish.retain));
    let topic = topic(&publish.topic);
    let shown = preview(payload, payload_len);
    let mut text = format!("PUBLISH {topic} {shown} QoS {} DUP {dup} RETAIN {retain}", publish.qos);
    if let Some(id) = publish.packet_id {
        let _ = write!(text, " id {id}");
    }
    text
}
