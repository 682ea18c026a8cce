//! The words of what MQTT's packets mean to each other on one connection: answers,
//! acknowledgements, closes.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::noun::{self, count};
use super::{Listed, Rule, frames, latency, mqtt::topic as topic_name, preview};
use crate::analysis::application::Riding;
use crate::analysis::mqtt::{Flight, Topic};
use crate::analysis::records::At;
use crate::dissect::mqtt::PacketType;
use crate::lang::{Lang, say};

pub(in crate::analysis) const CONNACK_FIRST: Rule = Rule::new(
    "the first packet from the broker is CONNACK",
    "paket pertama dari broker adalah CONNACK",
    "[MQTT-3.2.0-1]",
);
pub(in crate::analysis) const CONNECT_FIRST: Rule = Rule::new(
    "the first packet from the client is CONNECT",
    "paket pertama dari klien adalah CONNECT",
    "[MQTT-3.1.0-1]",
);
pub(in crate::analysis) const SECOND_CONNECT: Rule = Rule::new(
    "a second CONNECT on one connection",
    "CONNECT kedua dalam satu koneksi",
    "[MQTT-3.1.0-2]",
);
pub(in crate::analysis) const AFTER_DISCONNECT: Rule = Rule::new(
    "nothing comes after DISCONNECT",
    "tidak ada yang boleh menyusul DISCONNECT",
    "[MQTT-3.14.4-2]",
);

/// A part of a packet.
pub(in crate::analysis) fn part(
    lang: Lang,
    name: Option<&str>,
    there: usize,
    of: Option<usize>,
    begins: bool,
) -> String {
    let name = name.map_or_else(|| say!(lang, "a packet", "paket"), str::to_owned);
    let verb = super::begins(lang, begins);
    match of {
        Some(of) => say!(
            lang,
            "{name} {verb}: {there} of {of} bytes are there",
            "{name} {verb}: {there} dari {of} byte sudah ada"
        ),
        None => say!(
            lang,
            "{name} {verb}: its length is not whole yet",
            "{name} {verb}: panjangnya belum lengkap"
        ),
    }
}

pub(in crate::analysis) fn lost(lang: Lang, len: u64, endless: bool) -> String {
    if endless {
        return say!(
            lang,
            "{bytes} from a packet on whose Remaining Length does not end within four bytes",
            "{bytes} mulai dari paket yang Remaining Length-nya tidak berakhir dalam empat byte",
            bytes = count(lang, len, noun::BYTES)
        );
    }
    say!(
        lang,
        "{bytes} of packets whose beginning is not in the capture",
        "{bytes} dari paket yang awalnya tidak ada dalam tangkapan",
        bytes = count(lang, len, noun::BYTES)
    )
}

pub(in crate::analysis) fn more_packets(lang: Lang, more: usize) -> String {
    super::more_units(lang, more as u64, noun::PACKETS)
}

pub(in crate::analysis) fn share_a_segment(lang: Lang, packets: usize) -> String {
    say!(
        lang,
        "{packets} packets in one segment: TCP keeps no packet borders",
        "{packets} paket dalam satu segmen: TCP tidak menjaga batas paket"
    )
}

/// `ACK covers the 26 bytes of frame 22, alone`.
pub(in crate::analysis) fn covers(lang: Lang, of: &[u64], bytes: u64, how: Riding) -> String {
    let bytes = count(lang, bytes, noun::BYTES);
    let text = match of {
        [frame] => say!(
            lang,
            "ACK covers the {bytes} of frame {frame}",
            "ACK mencakup {bytes} dari frame {frame}"
        ),
        of => say!(
            lang,
            "ACK covers the {bytes} of frames {of}",
            "ACK mencakup {bytes} dari frame {of}",
            of = frames(of)
        ),
    };
    match how {
        Riding::Alone => say!(lang, "{text}, alone", "{text}, ACK saja"),
        Riding::OnData => say!(lang, "{text}, rides on data", "{text}, menumpang pada data"),
        Riding::OnControl => text,
    }
}

/// A packet that came before the broker had let the client in. [MQTT 3.1.4]
pub(in crate::analysis) fn before_connack(lang: Lang) -> String {
    say!(lang, "; before CONNACK: {legal}", "; sebelum CONNACK: {legal}", legal = legal(lang))
}

fn legal(lang: Lang) -> String {
    say!(lang, "legal: a client need not wait (3.1.4)", "sah: klien tidak wajib menunggu (3.1.4)")
}

pub(in crate::analysis) fn early(lang: Lang, early: &Listed) -> String {
    say!(
        lang,
        "{packets} of the client before CONNACK ({list}): {legal}",
        "{packets} dari klien sebelum CONNACK ({list}): {legal}",
        packets = count(lang, early.count, noun::PACKETS),
        list = early.text(lang),
        legal = legal(lang)
    )
}

pub(in crate::analysis) fn other_level(lang: Lang, name: &str, level: u8) -> String {
    say!(
        lang,
        "{name} of {protocol}, which is not read here",
        "{name} dari {protocol}, yang tidak dibaca di sini",
        protocol = super::mqtt::name(lang, level)
    )
}

pub(in crate::analysis) fn suback(id: u16, granted: &str) -> String {
    format!("SUBACK id {id}: {granted}")
}

pub(in crate::analysis) fn subscribed(asked: At, answered: At, granted: &str) -> String {
    let (asked, answered) = (asked.frame, answered.frame);
    format!("SUBSCRIBE #{asked} ↔ SUBACK #{answered}: {granted}")
}

pub(in crate::analysis) fn unsubscribed(asked: At, answered: At, filters: &str) -> String {
    let (asked, answered) = (asked.frame, answered.frame);
    format!("UNSUBSCRIBE #{asked} ↔ UNSUBACK #{answered}: {filters}")
}

pub(in crate::analysis) fn way_unknown(lang: Lang, say: &str) -> String {
    say!(
        lang,
        "{say}; which end is the broker does not show yet",
        "{say}; belum terlihat ujung mana yang merupakan broker"
    )
}

/// Acknowledgements of QoS 1 and 2: what is said, and for the last of a delivery the report's line.
pub(in crate::analysis) fn chain(
    lang: Lang,
    packet_type: PacketType,
    say: &str,
    flight: &Flight,
    frame: u64,
    after_ns: i64,
) -> (String, Option<String>) {
    let publish = flight.publish;
    let step = |name: &str, frame: Option<u64>| match frame {
        Some(frame) => format!(" → {name} #{frame}"),
        None => say!(lang, " → {name} (not seen)", " → {name} (tidak terlihat)"),
    };
    let after = latency(after_ns);
    match packet_type {
        PacketType::PubAck => {
            let line = format!("PUBLISH #{publish} → PUBACK #{frame} ({after})");
            let say =
                say!(lang, "{say}: {line}, at least once", "{say}: {line}, setidaknya sekali");
            (say, Some(line))
        }
        PacketType::PubComp => {
            let rec = step("PUBREC", flight.rec);
            let rel = step("PUBREL", flight.rel);
            let line = format!("PUBLISH #{publish}{rec}{rel} → PUBCOMP #{frame} ({after})");
            let say = say!(lang, "{say}: {line}, exactly once", "{say}: {line}, tepat sekali");
            (say, Some(line))
        }
        PacketType::PubRel => {
            let rec = step("PUBREC", flight.rec);
            (format!("{say}: PUBLISH #{publish}{rec} → PUBREL #{frame}"), None)
        }
        _ => (format!("{say}: PUBLISH #{publish} → PUBREC #{frame}"), None),
    }
}

pub(in crate::analysis) fn acknowledges_unseen(lang: Lang, say: &str) -> String {
    say!(
        lang,
        "{say}: the PUBLISH that it is about is not in the capture",
        "{say}: PUBLISH yang dimaksud tidak ada dalam tangkapan"
    )
}

pub(in crate::analysis) fn chains(lang: Lang, [once, twice]: [u64; 2], latency_ns: i64) -> String {
    let mut parts = Vec::new();
    if once > 0 {
        parts.push(say!(
            lang,
            "{once} of QoS 1 (PUBLISH → PUBACK)",
            "{once} pada QoS 1 (PUBLISH → PUBACK)"
        ));
    }
    if twice > 0 {
        parts.push(say!(
            lang,
            "{twice} of QoS 2 (PUBLISH → PUBREC → PUBREL → PUBCOMP)",
            "{twice} pada QoS 2 (PUBLISH → PUBREC → PUBREL → PUBCOMP)"
        ));
    }
    say!(
        lang,
        "acknowledged by MQTT: {parts}, {mean} on average",
        "dikonfirmasi oleh MQTT: {parts}, rata-rata {mean}",
        parts = parts.join(", "),
        mean = latency(latency_ns / (once + twice).max(1).cast_signed())
    )
}

pub(in crate::analysis) fn ping(lang: Lang, say: &str, keep_alive: u16) -> String {
    let text = say!(lang, "{say}: the client is still there", "{say}: klien masih ada");
    match keep_alive {
        0 => text,
        seconds => say!(lang, "{text} (keepalive {seconds} s)", "{text} (keepalive {seconds} s)"),
    }
}

pub(in crate::analysis) fn pings(
    lang: Lang,
    keep_alive: u16,
    asked: &Listed,
    answered: &Listed,
) -> String {
    let answers = match answered.count {
        0 => say!(lang, "none", "tidak ada"),
        _ => answered.text(lang),
    };
    say!(
        lang,
        "keepalive {keep_alive} s: PINGREQ {asks}, PINGRESP {answers}",
        "keepalive {keep_alive} s: PINGREQ {asks}, PINGRESP {answers}",
        asks = asked.text(lang)
    )
}

pub(in crate::analysis) fn disconnect(lang: Lang, say: &str, will: bool) -> String {
    if will {
        // [MQTT-3.14.4-3]
        say!(
            lang,
            "{say}: the client leaves in good order, and the broker discards the will",
            "{say}: klien keluar dengan tertib, dan broker membuang will-nya"
        )
    } else {
        say!(lang, "{say}: the client leaves in good order", "{say}: klien keluar dengan tertib")
    }
}

/// CONNECT and CONNACK.
pub(in crate::analysis) fn opening(
    lang: Lang,
    (connect, asked): (&str, At),
    answer: Option<(&str, At)>,
) -> String {
    let frame = asked.frame;
    match answer {
        Some((connack, at)) => {
            let after = latency(at.since(asked));
            format!("{connect} (#{frame}); {connack} (#{}, {after})", at.frame)
        }
        None => say!(
            lang,
            "{connect} (#{frame}); no CONNACK in the capture",
            "{connect} (#{frame}); tidak ada CONNACK dalam tangkapan"
        ),
    }
}

/// The messages of one topic in one direction; `to` is who gets them, if that is known.
pub(in crate::analysis) fn topic(lang: Lang, topic: &Topic, to: Option<&str>) -> String {
    let n = topic.frames.count;
    let mut text = format!("PUBLISH {}", topic_name(&topic.name));
    if let Some(to) = to {
        text.push_str(&say!(lang, " to {to}", " ke {to}"));
    }
    let _ = write!(text, ": {}", count(lang, n, noun::MESSAGES));
    if n > 1 {
        let span = topic.last_ns.cast_signed().wrapping_sub(topic.first_ns.cast_signed());
        text.push_str(&super::mean_interval(lang, span as f64 / (n - 1) as f64 / 1e9));
    }
    let (payload, len) = (&topic.payload.0, topic.payload.1);
    let _ = write!(text, ", {} ({len} B)", preview(payload, len));
    if !topic.alike {
        text.push_str(&super::and_others(lang));
    }
    let levels: Vec<String> =
        (0..).zip(topic.qos).filter(|(_, n)| *n > 0).map(some_of(lang, n)).collect();
    let flag = |set: u64| if set == 0 { "0".to_owned() } else { some_of(lang, n)((1, set)) };
    let (dup, retain) = (flag(topic.dup), flag(topic.retain));
    let (qos, frames) = (levels.join(", "), topic.frames.text(lang));
    let _ = write!(text, ", QoS {qos}, DUP {dup}, RETAIN {retain} ({frames})");
    text
}

/// `1`, or `1 (in 3)` where not all of `n` have it.
fn some_of(lang: Lang, n: u64) -> impl Fn((u8, u64)) -> String {
    move |(value, with)| {
        if with == n {
            value.to_string()
        } else {
            say!(lang, "{value} (in {with})", "{value} (pada {with})")
        }
    }
}

pub(in crate::analysis) fn other_topics(lang: Lang, messages: u64) -> String {
    say!(
        lang,
        "{messages} of further topics",
        "{messages} dari topik lain",
        messages = count(lang, messages, noun::MESSAGES)
    )
}

pub(in crate::analysis) fn unlisted(lang: Lang, lines: u64) -> String {
    super::unlisted(lang, lines, noun::LINES)
}
