//! The words of messages on their way through a broker: from a publisher to its subscribers.
//!
//! It knows sentences. It does not know how a delivery was found to belong to a PUBLISH.

use std::fmt::Write as _;

use super::{count, latency};
use crate::analysis::mqtt::{Broker, Message, NAMED_MAX, Origin, Publication};

/// Where a PUBLISH comes from, with the frames that this speaks of.
pub(in crate::analysis) fn origin(
    origin: &Origin,
    publication: &Publication,
    conversation: u64,
) -> (String, Vec<u64>) {
    let own = publication.frame;
    match *origin {
        Origin::Message { frame, after, qos } => {
            let mut text = delivered(frame, &[(own, after)]);
            if qos != publication.qos {
                // [MQTT-3.8.4-6]
                let _ = write!(text, ", QoS {qos} lowered to the granted {}", publication.qos);
            }
            (text, vec![frame])
        }
        Origin::Again { frame } => {
            let text = format!("PUBLISH #{frame} → delivered once more, as #{own}");
            (text, vec![frame])
        }
        Origin::Redelivery { frame, conversation: first } => {
            let where_ = if first == conversation {
                String::new()
            } else {
                format!(" on conversation {first}")
            };
            // [MQTT-3.3.1-1]
            (format!("DUP: sent again, first in #{frame}{where_}"), vec![frame])
        }
        Origin::Retained { frame: Some(frame) } => (
            format!("the retained message of PUBLISH #{frame}, for a new subscription"),
            vec![frame],
        ),
        Origin::Retained { frame: None } => {
            ("a retained message from before the capture".to_owned(), Vec::new())
        }
        Origin::Will { connect, ended } => {
            let (when, mut refs) = match ended {
                Some(frame) => (format!("whose connection ended in #{frame}"), vec![frame]),
                None => ("whose connection has no end in the capture yet".to_owned(), Vec::new()),
            };
            refs.push(connect);
            (format!("the will of CONNECT #{connect}, {when} without DISCONNECT"), refs)
        }
        Origin::Unknown => {
            ("the PUBLISH that it comes from is not in the capture".to_owned(), Vec::new())
        }
    }
}

/// `PUBLISH #22 → delivered as #23 (+60 µs)`.
fn delivered(frame: u64, deliveries: &[(u64, i64)]) -> String {
    let each = |(frame, after): &(u64, i64)| format!("#{frame} ({})", latency(*after));
    let list = deliveries.iter().map(each).collect::<Vec<_>>().join(", ");
    format!("PUBLISH #{frame} → delivered as {list}")
}

/// A message with its deliveries.
pub(in crate::analysis) fn fan_out(message: &Message) -> String {
    if message.first.is_empty() {
        return format!("PUBLISH #{} → delivered to nobody in the capture", message.frame);
    }
    let mut text = delivered(message.frame, &message.first);
    let more = message.deliveries - message.first.len() as u64;
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

pub(in crate::analysis) fn fan_out_overview(broker: &Broker) -> String {
    let messages = count(broker.published(), "message", "messages");
    let deliveries = count(broker.deliveries, "delivery", "deliveries");
    let mut text = format!("fan-out: {messages} published, {deliveries}");
    if broker.deliveries > 0 {
        let mean = broker.latency_ns / broker.deliveries.cast_signed();
        let _ = write!(text, ", {} after the PUBLISH on average", latency(mean));
    }
    text
}

pub(in crate::analysis) fn unlisted_messages(messages: u64) -> String {
    format!("{} not listed", count(messages, "more message is", "more messages are"))
}

pub(in crate::analysis) fn open_deliveries(open: u64) -> String {
    let deliveries = count(open, "delivery", "deliveries");
    format!("{deliveries} of QoS 1 or 2 not completed at end of capture")
}

/// `topology: 1 publisher → broker → 1 subscriber (mqtt-pub → mqtt-broker → mqtt-sub)`.
pub(in crate::analysis) fn topology(
    counts: [u64; 2],
    names: &[Vec<String>; 2],
    broker: &str,
) -> String {
    let publishers = count(counts[0], "publisher", "publishers");
    let subscribers = count(counts[1], "subscriber", "subscribers");
    let named = |side: usize| {
        let mut text = names[side].join(", ");
        if counts[side] > NAMED_MAX as u64 {
            text.push_str(", …");
        }
        if text.is_empty() { "nobody".to_owned() } else { text }
    };
    let (from, to) = (named(0), named(1));
    format!("topology: {publishers} → broker → {subscribers} ({from} → {broker} → {to})")
}

/// The note on the two kinds of acknowledgement. `qos` is the highest in the capture.
pub(in crate::analysis) fn tcp_ack_is_none_of_mqtt(qos: u8) -> String {
    let tcp = "TCP ACK ≠ MQTT acknowledgment: the ACK is of the other end's kernel and says that \
               the bytes are there, not that a program has read them or passed the message on";
    match qos {
        0 => format!(
            "{tcp}. QoS 0 has no MQTT acknowledgment at all; QoS 1 would add a PUBACK for each \
             PUBLISH, from the broker to the publisher and from the subscriber to the broker, and \
             the sender would keep the message until it has come"
        ),
        1 => format!("{tcp}. Of QoS 1 the MQTT acknowledgment is PUBACK"),
        _ => format!("{tcp}. Of QoS 2 the MQTT acknowledgments are PUBREC, PUBREL and PUBCOMP"),
    }
}

/// A conversation that is not kept any more.
pub(in crate::analysis) fn conversation_name(id: u64) -> String {
    format!("conversation {id}")
}
