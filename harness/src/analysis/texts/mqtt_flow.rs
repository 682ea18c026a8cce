//! The words of what MQTT's packets mean to each other on one connection: answers,
//! acknowledgements, closes.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::{Listed, count, frames, latency, mqtt::topic as topic_name, preview};
use crate::analysis::application::Riding;
use crate::analysis::mqtt::{Flight, Topic};
use crate::analysis::records::At;
use crate::dissect::mqtt::PacketType;

pub(in crate::analysis) const CONNACK_FIRST: &str =
    "the first packet from the broker is CONNACK [MQTT-3.2.0-1]";
pub(in crate::analysis) const CONNECT_FIRST: &str =
    "the first packet from the client is CONNECT [MQTT-3.1.0-1]";
pub(in crate::analysis) const SECOND_CONNECT: &str =
    "a second CONNECT on one connection [MQTT-3.1.0-2]";
pub(in crate::analysis) const AFTER_DISCONNECT: &str =
    "nothing comes after DISCONNECT [MQTT-3.14.4-2]";

pub(in crate::analysis) fn violates(what: &str) -> String {
    format!("; protocol violation: {what}")
}

pub(in crate::analysis) fn violation(frame: u64, name: &str, what: &str) -> String {
    format!("protocol violation: {name} #{frame}: {what}")
}

pub(in crate::analysis) fn malformed(flaw: &str) -> String {
    format!("malformed: {flaw}")
}

/// A part of a packet.
pub(in crate::analysis) fn part(
    name: Option<&str>,
    there: usize,
    of: Option<usize>,
    begins: bool,
) -> String {
    let name = name.unwrap_or("a packet");
    let verb = if begins { "begins" } else { "goes on" };
    match of {
        Some(of) => format!("{name} {verb}: {there} of {of} bytes are there"),
        None => format!("{name} {verb}: its length is not whole yet"),
    }
}

/// The last part of one.
pub(in crate::analysis) fn complete(len: usize, first: u64) -> String {
    format!("complete with {} that begin in #{first}", count(len as u64, "byte", "bytes"))
}

pub(in crate::analysis) fn lost(len: u64) -> String {
    let bytes = count(len, "byte", "bytes");
    format!("{bytes} of packets whose beginning is not in the capture")
}

pub(in crate::analysis) fn more_packets(more: usize) -> String {
    format!("and {}", count(more as u64, "more packet", "more packets"))
}

pub(in crate::analysis) fn share_a_segment(packets: usize) -> String {
    format!("{packets} packets in one segment: TCP keeps no packet borders")
}

/// `ACK covers the 26 bytes of frame 22, alone`.
pub(in crate::analysis) fn covers(of: &[u64], bytes: u64, how: Riding) -> String {
    let how = match how {
        Riding::Alone => ", alone",
        Riding::OnData => ", rides on data",
        Riding::OnControl => "",
    };
    let bytes = count(bytes, "byte", "bytes");
    match of {
        [frame] => format!("ACK covers the {bytes} of frame {frame}{how}"),
        of => format!("ACK covers the {bytes} of frames {}{how}", frames(of)),
    }
}

/// A packet that came before the broker had let the client in. [MQTT 3.1.4]
pub(in crate::analysis) fn before_connack() -> String {
    format!("; before CONNACK: {LEGAL}")
}

const LEGAL: &str = "legal: a client need not wait (3.1.4)";

pub(in crate::analysis) fn early(early: &Listed) -> String {
    let packets = count(early.count, "packet", "packets");
    format!("{packets} of the client before CONNACK ({}): {LEGAL}", early.text())
}

pub(in crate::analysis) fn other_level(name: &str, level: u8) -> String {
    format!("{name} of {}, which is not read here", super::mqtt::name(level))
}

/// An answer, with the time since its question.
pub(in crate::analysis) fn after(say: &str, question: At, answer: At) -> String {
    let after = answer.time_ns.cast_signed().wrapping_sub(question.time_ns.cast_signed());
    format!("{say} ({} after #{})", latency(after), question.frame)
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

pub(in crate::analysis) fn way_unknown(say: &str) -> String {
    format!("{say}; which end is the broker does not show yet")
}

/// Acknowledgements of QoS 1 and 2: what is said, and for the last of a delivery the report's line.
pub(in crate::analysis) fn chain(
    packet_type: PacketType,
    say: &str,
    flight: &Flight,
    frame: u64,
    after_ns: i64,
) -> (String, Option<String>) {
    let publish = flight.publish;
    let step = |name: &str, frame: Option<u64>| {
        frame.map_or_else(|| format!(" → {name} (not seen)"), |frame| format!(" → {name} #{frame}"))
    };
    let after = latency(after_ns);
    match packet_type {
        PacketType::PubAck => {
            let chain = format!("PUBLISH #{publish} → PUBACK #{frame}");
            (format!("{say}: {chain} ({after}), at least once"), Some(format!("{chain} ({after})")))
        }
        PacketType::PubComp => {
            let rec = step("PUBREC", flight.rec);
            let rel = step("PUBREL", flight.rel);
            let chain = format!("PUBLISH #{publish}{rec}{rel} → PUBCOMP #{frame}");
            (format!("{say}: {chain} ({after}), exactly once"), Some(format!("{chain} ({after})")))
        }
        PacketType::PubRel => {
            let rec = step("PUBREC", flight.rec);
            (format!("{say}: PUBLISH #{publish}{rec} → PUBREL #{frame}"), None)
        }
        _ => (format!("{say}: PUBLISH #{publish} → PUBREC #{frame}"), None),
    }
}

pub(in crate::analysis) fn acknowledges_unseen(say: &str) -> String {
    format!("{say}: the PUBLISH that it is about is not in the capture")
}

pub(in crate::analysis) fn chains([once, twice]: [u64; 2], latency_ns: i64) -> String {
    let mut parts = Vec::new();
    if once > 0 {
        parts.push(format!("{once} of QoS 1 (PUBLISH → PUBACK)"));
    }
    if twice > 0 {
        parts.push(format!("{twice} of QoS 2 (PUBLISH → PUBREC → PUBREL → PUBCOMP)"));
    }
    let mean = latency(latency_ns / (once + twice).max(1).cast_signed());
    format!("acknowledged by MQTT: {}, {mean} on average", parts.join(", "))
}

pub(in crate::analysis) fn ping(say: &str, keep_alive: u16) -> String {
    match keep_alive {
        0 => format!("{say}: the client is still there"),
        seconds => format!("{say}: the client is still there (keepalive {seconds} s)"),
    }
}

pub(in crate::analysis) fn pings(keep_alive: u16, asked: &Listed, answered: &Listed) -> String {
    let (asks, answers) = (asked.text(), answered.text());
    let answers = if answered.count == 0 { "none".to_owned() } else { answers };
    format!("keepalive {keep_alive} s: PINGREQ {asks}, PINGRESP {answers}")
}

pub(in crate::analysis) fn disconnect(say: &str, will: bool) -> String {
    // [MQTT-3.14.4-3]
    let will = if will { ", and the broker discards the will" } else { "" };
    format!("{say}: the client leaves in good order{will}")
}

/// CONNECT and CONNACK.
pub(in crate::analysis) fn opening(
    (connect, asked): (&str, At),
    answer: Option<(&str, At)>,
) -> String {
    let frame = asked.frame;
    match answer {
        Some((connack, at)) => {
            let after = at.time_ns.cast_signed().wrapping_sub(asked.time_ns.cast_signed());
            format!("{connect} (#{frame}); {connack} (#{}, {})", at.frame, latency(after))
        }
        None => format!("{connect} (#{frame}); no CONNACK in the capture"),
    }
}

/// The messages of one topic in one direction; `to` is who gets them, if that is known.
pub(in crate::analysis) fn topic(topic: &Topic, to: Option<&str>) -> String {
    let n = topic.frames.count;
    let mut text = format!("PUBLISH {}", topic_name(&topic.name));
    if let Some(to) = to {
        let _ = write!(text, " to {to}");
    }
    let _ = write!(text, ": {}", count(n, "message", "messages"));
    if n > 1 {
        let span = topic.last_ns.cast_signed().wrapping_sub(topic.first_ns.cast_signed());
        let mean = span as f64 / (n - 1) as f64 / 1e9;
        let _ = write!(text, ", mean interval {mean:.4} s");
    }
    let (payload, len) = (&topic.payload.0, topic.payload.1);
    let _ = write!(text, ", {} ({len} B)", preview(payload, len));
    if !topic.alike {
        text.push_str(" and others");
    }
    let levels: Vec<String> =
        (0..).zip(topic.qos).filter(|(_, n)| *n > 0).map(some_of(n)).collect();
    let flag = |set: u64| if set == 0 { "0".to_owned() } else { some_of(n)((1, set)) };
    let (dup, retain) = (flag(topic.dup), flag(topic.retain));
    let qos = levels.join(", ");
    let _ = write!(text, ", QoS {qos}, DUP {dup}, RETAIN {retain} ({})", topic.frames.text());
    text
}

/// `1`, or `1 (in 3)` where not all of `n` have it.
fn some_of(n: u64) -> impl Fn((u8, u64)) -> String {
    move |(value, with)| if with == n { value.to_string() } else { format!("{value} (in {with})") }
}

pub(in crate::analysis) fn other_topics(messages: u64) -> String {
    format!("{} of further topics", count(messages, "message", "messages"))
}

pub(in crate::analysis) fn unlisted(lines: u64) -> String {
    format!("{} not listed", count(lines, "more line is", "more lines are"))
}

/// DISCONNECT, then FIN.
pub(in crate::analysis) fn closed_gracefully(client: &str, disconnect: u64, fin: u64) -> String {
    format!("closed gracefully: {client} sent DISCONNECT #{disconnect}, then FIN #{fin} (3.14.4)")
}

/// DISCONNECT, and no end of the TCP connection.
pub(in crate::analysis) fn closed_by_disconnect_alone(client: &str, disconnect: u64) -> String {
    format!("{client} sent DISCONNECT #{disconnect}; its FIN is not in the capture")
}

/// DISCONNECT, then RST.
pub(in crate::analysis) fn closed_by_reset(
    client: &str,
    [disconnect, reset]: [u64; 2],
    unread: bool,
    connack: Option<u64>,
    will: bool,
) -> String {
    let why = match (unread, connack) {
        (_, Some(frame)) => format!(
            "its program never read CONNACK #{frame}, and who closes with input unread resets"
        ),
        (true, None) => "its program closed with input unread".to_owned(),
        (false, None) => "its program gave the connection up".to_owned(),
    };
    let will = if will { ", and its will is discarded" } else { "" };
    format!(
        "reset instead of FIN: {client} sent DISCONNECT #{disconnect}, then RST #{reset}: {why}; \
         for MQTT it left in good order all the same{will} (3.14.4)"
    )
}

/// The end without a DISCONNECT.
pub(in crate::analysis) fn closed_without_disconnect(who: &str, frame: u64, will: bool) -> String {
    let will = if will {
        "the broker publishes the will of the CONNECT (3.1.2.5)"
    } else {
        "there is no will to publish"
    };
    format!("closed without DISCONNECT, by {who} in #{frame}: {will}")
}

/// The end after a refusal.
pub(in crate::analysis) fn closed_refused(who: &str, frame: u64) -> String {
    format!("closed after the refusal, by {who} in #{frame} [MQTT-3.2.2-5]")
}
