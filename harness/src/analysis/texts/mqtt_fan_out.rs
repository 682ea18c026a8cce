//! The words of messages on their way through a broker: from a publisher to its subscribers.
//!
//! It knows sentences. It does not know how a delivery was found to belong to a PUBLISH.

use super::noun::{self, count};
use super::{and_more, latency};
use crate::analysis::mqtt::{Broker, Message, NAMED_MAX, Origin, Publication};
use crate::lang::{Lang, say};

/// Where a PUBLISH comes from, with the frames that this speaks of.
pub(in crate::analysis) fn origin(
    lang: Lang,
    origin: &Origin,
    publication: &Publication,
    conversation: u64,
) -> (String, Vec<u64>) {
    let own = publication.frame;
    match *origin {
        Origin::Message { frame, after, qos } => {
            let mut text = delivered(lang, frame, &[(own, after)]);
            let granted = publication.qos;
            if qos != granted {
                // [MQTT-3.8.4-6]
                text.push_str(&say!(
                    lang,
                    ", QoS {qos} lowered to the granted {granted}",
                    ", QoS {qos} diturunkan ke {granted} yang disetujui"
                ));
            }
            (text, vec![frame])
        }
        Origin::Again { frame } => {
            let text = say!(
                lang,
                "PUBLISH #{frame} → delivered once more, as #{own}",
                "PUBLISH #{frame} → disampaikan sekali lagi, sebagai #{own}"
            );
            (text, vec![frame])
        }
        Origin::Redelivery { frame, conversation: first } => {
            let mut text = say!(
                lang,
                "DUP: sent again, first in #{frame}",
                "DUP: dikirim ulang, pertama kali di #{frame}"
            );
            if first != conversation {
                text.push_str(&say!(lang, " on conversation {first}", " pada percakapan {first}"));
            }
            // [MQTT-3.3.1-1]
            (text, vec![frame])
        }
        Origin::Retained { frame } => (retained(lang, frame), frame.into_iter().collect()),
        Origin::Will { connect, ended } => {
            (will(lang, connect, ended), ended.into_iter().chain([connect]).collect())
        }
        Origin::Unknown => {
            let text = say!(
                lang,
                "the PUBLISH that it comes from is not in the capture",
                "PUBLISH asalnya tidak ada dalam tangkapan"
            );
            (text, Vec::new())
        }
    }
}

fn retained(lang: Lang, frame: Option<u64>) -> String {
    match frame {
        Some(frame) => say!(
            lang,
            "the retained message of PUBLISH #{frame}, for a new subscription",
            "pesan retained dari PUBLISH #{frame}, untuk langganan baru"
        ),
        None => say!(
            lang,
            "a retained message from before the capture",
            "pesan retained dari sebelum tangkapan"
        ),
    }
}

fn will(lang: Lang, connect: u64, ended: Option<u64>) -> String {
    match ended {
        Some(frame) => say!(
            lang,
            "the will of CONNECT #{connect}, whose connection ended in #{frame} without DISCONNECT",
            "will dari CONNECT #{connect}, yang koneksinya berakhir di #{frame} tanpa DISCONNECT"
        ),
        None => say!(
            lang,
            "the will of CONNECT #{connect}, whose connection has no end in the capture yet \
             without DISCONNECT",
            "will dari CONNECT #{connect}, yang koneksinya belum berakhir dalam tangkapan, tanpa \
             DISCONNECT"
        ),
    }
}

/// `PUBLISH #22 → delivered as #23 (+60 µs)`.
fn delivered(lang: Lang, frame: u64, deliveries: &[(u64, i64)]) -> String {
    let each = |(frame, after): &(u64, i64)| format!("#{frame} ({})", latency(*after));
    let list = deliveries.iter().map(each).collect::<Vec<_>>().join(", ");
    say!(
        lang,
        "PUBLISH #{frame} → delivered as {list}",
        "PUBLISH #{frame} → disampaikan sebagai {list}"
    )
}

/// A message with its deliveries.
pub(in crate::analysis) fn fan_out(lang: Lang, message: &Message) -> String {
    let frame = message.frame;
    if message.first.is_empty() {
        return say!(
            lang,
            "PUBLISH #{frame} → delivered to nobody in the capture",
            "PUBLISH #{frame} → tidak disampaikan kepada siapa pun dalam tangkapan"
        );
    }
    let text = delivered(lang, frame, &message.first);
    match message.deliveries - message.first.len() as u64 {
        0 => text,
        more => and_more(lang, &text, more),
    }
}

pub(in crate::analysis) fn fan_out_overview(lang: Lang, broker: &Broker) -> String {
    let messages = count(lang, broker.published(), noun::MESSAGES);
    let deliveries = count(lang, broker.deliveries, noun::DELIVERIES);
    let mut text = say!(
        lang,
        "fan-out: {messages} published, {deliveries}",
        "fan-out: {messages} diterbitkan, {deliveries}"
    );
    if broker.deliveries > 0 {
        let mean = latency(broker.latency_ns / broker.deliveries.cast_signed());
        text.push_str(&say!(
            lang,
            ", {mean} after the PUBLISH on average",
            ", rata-rata {mean} setelah PUBLISH"
        ));
    }
    text
}

pub(in crate::analysis) fn unlisted_messages(lang: Lang, messages: u64) -> String {
    super::unlisted(lang, messages, noun::MESSAGES)
}

pub(in crate::analysis) fn open_deliveries(lang: Lang, open: u64) -> String {
    say!(
        lang,
        "{deliveries} of QoS 1 or 2 not completed at end of capture",
        "{deliveries} QoS 1 atau 2 belum selesai di akhir tangkapan",
        deliveries = count(lang, open, noun::DELIVERIES)
    )
}

/// `topology: 1 publisher → broker → 1 subscriber (mqtt-pub → mqtt-broker → mqtt-sub)`.
pub(in crate::analysis) fn topology(
    lang: Lang,
    counts: [u64; 2],
    names: &[Vec<String>; 2],
    broker: &str,
) -> String {
    let named = |side: usize| {
        let mut text = names[side].join(", ");
        if counts[side] > NAMED_MAX as u64 {
            text.push_str(", …");
        }
        if text.is_empty() { say!(lang, "nobody", "tidak ada") } else { text }
    };
    say!(
        lang,
        "topology: {publishers} → broker → {subscribers} ({from} → {broker} → {to})",
        "topologi: {publishers} → broker → {subscribers} ({from} → {broker} → {to})",
        publishers = count(lang, counts[0], noun::PUBLISHERS),
        subscribers = count(lang, counts[1], noun::SUBSCRIBERS),
        from = named(0),
        to = named(1)
    )
}

/// The note on the two kinds of acknowledgement. `qos` is the highest in the capture.
pub(in crate::analysis) fn tcp_ack_is_none_of_mqtt(lang: Lang, qos: u8) -> String {
    let tcp = say!(
        lang,
        "TCP ACK ≠ MQTT acknowledgment: the ACK is of the other end's kernel and says that the \
         bytes are there, not that a program has read them or passed the message on",
        "ACK TCP ≠ konfirmasi MQTT: ACK itu dari kernel di ujung lain dan menyatakan bahwa \
         byte-nya sudah sampai, bukan bahwa sebuah program sudah membacanya atau meneruskan \
         pesannya"
    );
    match qos {
        0 => say!(
            lang,
            "{tcp}. QoS 0 has no MQTT acknowledgment at all; QoS 1 would add a PUBACK for each \
             PUBLISH, from the broker to the publisher and from the subscriber to the broker, and \
             the sender would keep the message until it has come",
            "{tcp}. QoS 0 sama sekali tidak memiliki konfirmasi MQTT; QoS 1 akan menambahkan \
             PUBACK untuk setiap PUBLISH, dari broker ke penerbit dan dari pelanggan ke broker, \
             dan pengirim akan menyimpan pesan itu sampai PUBACK-nya datang"
        ),
        1 => say!(
            lang,
            "{tcp}. Of QoS 1 the MQTT acknowledgment is PUBACK",
            "{tcp}. Pada QoS 1 konfirmasi MQTT-nya adalah PUBACK"
        ),
        _ => say!(
            lang,
            "{tcp}. Of QoS 2 the MQTT acknowledgments are PUBREC, PUBREL and PUBCOMP",
            "{tcp}. Pada QoS 2 konfirmasi MQTT-nya adalah PUBREC, PUBREL, dan PUBCOMP"
        ),
    }
}
