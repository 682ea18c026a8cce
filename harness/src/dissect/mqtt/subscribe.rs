//! SUBSCRIBE, SUBACK and UNSUBSCRIBE, the packets with lists. (sections 3.8 to 3.10)
//!
//! ```text
//!   82 len | packet id | filter | 000000 QoS | filter | 000000 QoS | …      at least one pair
//!   90 len | packet id | return code | return code | …                      one per filter
//!   a2 len | packet id | filter | filter | …                                at least one
//! ```

use super::contents::Contents;
use super::cursor::Cursor;
use super::{check_topic, topic};
use crate::lang::both;

const FILTER: [&str; 2] = ["topic filter length", "topic filter"];

pub(super) fn subscribe(cursor: &mut Cursor<'_>, contents: &mut Contents) -> Option<()> {
    let id = cursor.packet_id("MQTT 3.8.2")?;
    let mut filters = Vec::new();
    let read = subscriptions(cursor, &mut filters);
    // [MQTT-3.8.3-3] Not none at all.
    if read.is_some() && filters.is_empty() {
        let at = cursor.at();
        cursor.flaw_at(
            at,
            both!("a SUBSCRIBE without a topic filter", "SUBSCRIBE tanpa topic filter"),
            "[MQTT-3.8.3-3]",
        );
    }
    *contents = Contents::Subscribe(id, filters);
    read
}

fn subscriptions(cursor: &mut Cursor<'_>, filters: &mut Vec<(Vec<u8>, u8)>) -> Option<()> {
    while !cursor.is_at_end() {
        let at = cursor.at();
        // [MQTT-3.8.3-1]
        let filter = cursor.string(FILTER, "MQTT 3.8.3")?;
        check_topic(cursor, at + 2, filter, topic::check_filter);
        let at = cursor.at();
        let qos = cursor.peek_or_end("requested qos", "MQTT 3.8.3")?;
        cursor.bits("reserved", 0xfc, "MQTT 3.8.3", || qos >> 2);
        cursor.bits("requested qos", 0x03, "MQTT 3.8.3", || qos & 0b11);
        cursor.skip(1);
        // [MQTT-3.8.3-4] The upper bits are 0, and there is no QoS 3.
        if qos > 2 {
            cursor.flaw_at(
                at,
                both!("a requested QoS of {qos:#04x}", "QoS yang diminta {qos:#04x}"),
                "[MQTT-3.8.3-4]",
            );
        }
        filters.push((filter.to_vec(), qos));
    }
    Some(())
}

pub(super) fn suback(cursor: &mut Cursor<'_>, contents: &mut Contents) -> Option<()> {
    let id = cursor.packet_id("MQTT 3.9.2")?;
    let mut codes = Vec::new();
    while let Some(code) = cursor.peek() {
        let at = cursor.at();
        cursor.u8("return code", "MQTT 3.9.3", granted);
        // [MQTT-3.9.3-2] There are four return codes.
        if !matches!(code, 0..=2 | 0x80) {
            cursor.flaw_at(
                at,
                both!("a reserved SUBACK return code", "return code SUBACK yang dicadangkan"),
                "[MQTT-3.9.3-2]",
            );
        }
        codes.push(code);
    }
    // [MQTT-3.8.4-5] One for each filter, and there was at least one.
    if codes.is_empty() && cursor.is_at_end() {
        let at = cursor.at();
        cursor.flaw_at(
            at,
            both!("a SUBACK without a return code", "SUBACK tanpa return code"),
            "[MQTT-3.8.4-5]",
        );
    }
    *contents = Contents::SubAck(id, codes);
    (!cursor.is_cut()).then_some(())
}

/// A SUBACK return code with its meaning.
fn granted(code: u8) -> String {
    match code {
        0..=2 => format!("{code} (granted QoS {code})"),
        0x80 => "0x80 (failure)".to_owned(),
        _ => format!("{code:#04x} (reserved)"),
    }
}

pub(super) fn unsubscribe(cursor: &mut Cursor<'_>, contents: &mut Contents) -> Option<()> {
    let id = cursor.packet_id("MQTT 3.10.2")?;
    let mut filters = Vec::new();
    let mut read = Some(());
    while read.is_some() && !cursor.is_at_end() {
        let at = cursor.at();
        // [MQTT-3.10.3-1]
        read = cursor.string(FILTER, "MQTT 3.10.3").map(|filter| {
            check_topic(cursor, at + 2, filter, topic::check_filter);
            filters.push(filter.to_vec());
        });
    }
    // [MQTT-3.10.3-2] Not none at all.
    if read.is_some() && filters.is_empty() {
        let at = cursor.at();
        cursor.flaw_at(
            at,
            both!("an UNSUBSCRIBE without a topic filter", "UNSUBSCRIBE tanpa topic filter"),
            "[MQTT-3.10.3-2]",
        );
    }
    *contents = Contents::Unsubscribe(id, filters);
    read
}
