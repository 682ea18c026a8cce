//! The words of MQTT's packets, one at a time; what they mean to each other is in `mqtt_flow`.
//!
//! It knows one packet's values. It does not know how they were found, nor what came before.

use super::noun::{self, count};
use super::{and_more, preview};
use crate::dissect::mqtt::{Connect, Contents, Packet, Publish};
use crate::lang::{Lang, Text, both, say};
use crate::output::escape;
use std::fmt::Write as _;

/// Filters, or return codes, that a line names.
pub const NAMED_MAX: usize = 8;
/// Bytes of a topic or an identifier that a line shows.
pub const TEXT_MAX: usize = 128;

/// The protocol's name in the report.
pub fn name(lang: Lang, level: u8) -> String {
    format!("MQTT {}", version(lang, level))
}

fn version(lang: Lang, level: u8) -> String {
    match level {
        3 => "3.1".to_owned(),
        4 => "3.1.1".to_owned(),
        5 => "5.0".to_owned(),
        other => say!(lang, "level {other}", "level {other}"),
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
pub fn packet(lang: Lang, packet: &Packet, bytes: &[u8]) -> String {
    let name = title(packet);
    let name = name.say(lang);
    match &packet.contents {
        Contents::Nothing => name.to_owned(),
        Contents::Connect(connect) => self::connect(lang, connect),
        Contents::ConnAck { session_present, code } => connack(lang, *session_present, *code),
        Contents::Publish(publish) => self::publish(publish, bytes, packet.len),
        Contents::PacketId(id) => format!("{name} id {id}"),
        Contents::Subscribe(id, filters) => {
            let filter = |(filter, qos): &(Vec<u8>, u8)| self::filter(lang, filter, Some(*qos));
            format!("{name} id {id}: {}", list(lang, filters, filter))
        }
        Contents::Unsubscribe(id, filters) => {
            let filter = |filter: &Vec<u8>| self::filter(lang, filter, None);
            format!("{name} id {id}: {}", list(lang, filters, filter))
        }
        Contents::SubAck(id, codes) => {
            format!("{name} id {id}: {}", list(lang, codes, |code| granted(lang, *code)))
        }
    }
}

fn list<T>(lang: Lang, items: &[T], one: impl Fn(&T) -> String) -> String {
    let text: Vec<String> = items.iter().take(NAMED_MAX).map(one).collect();
    let text = text.join(", ");
    match items.len().saturating_sub(NAMED_MAX) {
        0 => text,
        more => and_more(lang, &format!("{text},"), more as u64),
    }
}

/// `filter sister/temp QoS 0`.
pub fn filter(lang: Lang, filter: &[u8], qos: Option<u8>) -> String {
    let filter = topic(filter);
    match qos {
        Some(qos) => say!(lang, "filter {filter} QoS {qos}", "filter {filter} QoS {qos}"),
        None => say!(lang, "filter {filter}", "filter {filter}"),
    }
}

/// `granted 0`.
pub fn granted(lang: Lang, code: u8) -> String {
    match code {
        0..=2 => say!(lang, "granted {code}", "disetujui {code}"),
        0x80 => say!(lang, "refused (0x80)", "ditolak (0x80)"),
        _ => say!(
            lang,
            "reserved return code {code:#04x}",
            "return code {code:#04x} yang dicadangkan"
        ),
    }
}

/// `CONNECT v3.1.1 clean, keepalive 60, empty id`.
pub fn connect(lang: Lang, connect: &Connect) -> String {
    let clean = if connect.clean_session {
        say!(lang, "clean", "clean")
    } else {
        say!(lang, "not clean (the session is kept)", "tidak clean (sesi disimpan)")
    };
    let mut text = format!("CONNECT v{} {clean}", version(lang, connect.level));
    text.push_str(&match connect.keep_alive {
        0 => say!(lang, ", no keepalive", ", tanpa keepalive"),
        seconds => say!(lang, ", keepalive {seconds}", ", keepalive {seconds}"),
    });
    match connect.client_id.as_slice() {
        [] => text.push_str(&say!(lang, ", empty id", ", id kosong")),
        id => {
            let _ = write!(text, ", id {}", topic(id));
        }
    }
    if let Some(will) = &connect.will {
        let shown = preview(&will.payload, will.payload.len() as u64);
        let (qos, retain) = (will.qos, u8::from(will.retain));
        let topic = topic(&will.topic);
        text.push_str(&say!(
            lang,
            ", will {topic} {shown} QoS {qos} RETAIN {retain}",
            ", will {topic} {shown} QoS {qos} RETAIN {retain}"
        ));
    }
    if let Some(user) = &connect.user_name {
        let user = topic(user);
        text.push_str(&say!(lang, ", user name {user}", ", nama pengguna {user}"));
    }
    if let Some(password) = &connect.password {
        let len = count(lang, password.len() as u64, noun::BYTES);
        text.push_str(&password_in_the_clear(lang, &len));
    }
    text
}

/// Behind a user name.
pub(super) fn password_in_the_clear(lang: Lang, len: &str) -> String {
    say!(lang, ", password of {len} in the clear", ", kata sandi {len} tanpa enkripsi")
}

/// `CONNACK accepted, session present 0`.
pub fn connack(lang: Lang, session_present: bool, code: u8) -> String {
    let present = u8::from(session_present);
    match code {
        0 => say!(
            lang,
            "CONNACK accepted, session present {present}",
            "CONNACK diterima, session present {present}"
        ),
        code => say!(
            lang,
            "CONNACK refused: {why}",
            "CONNACK ditolak: {why}",
            why = refusal(lang, code)
        ),
    }
}

/// What a connect return code means, with its number.
fn refusal(lang: Lang, code: u8) -> String {
    match code {
        1 => say!(lang, "1 (unacceptable protocol version)", "1 (versi protokol tidak diterima)"),
        2 => say!(lang, "2 (identifier rejected)", "2 (identifier ditolak)"),
        3 => say!(lang, "3 (server unavailable)", "3 (server tidak tersedia)"),
        4 => say!(lang, "4 (bad user name or password)", "4 (nama pengguna atau kata sandi salah)"),
        5 => say!(lang, "5 (not authorised)", "5 (tidak diizinkan)"),
        code => say!(lang, "{code} (reserved)", "{code} (dicadangkan)"),
    }
}

/// What a packet is called.
pub(in crate::analysis) fn title(packet: &Packet) -> Text {
    match packet.packet_type {
        Some(known) => Text::name(known.name()),
        None => both!("reserved packet type", "tipe paket yang dicadangkan"),
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

#[cfg(test)]
mod tests {
    use super::refusal;
    use crate::dissect::mqtt::return_code;
    use crate::lang::Lang;

    #[test]
    fn a_refusal_is_worded_as_in_the_field_beside_it() {
        for code in 1..=6 {
            assert_eq!(refusal(Lang::En, code), return_code(code));
        }
    }
}
