//! The words of how a conversation over TCP went: its handshake, its acknowledgments, its close.
//!
//! It knows a conversation's state. It does not know how it was found out, nor what the data says.

use super::noun::{self, count};
use super::tcp::{mid_connection, reason};
use super::{Listed, frames, seconds};
use crate::conversation::{Conversation, Direction, Reset, Side};
use crate::lang::{Lang, say};
use std::fmt::Write as _;

fn still_open(lang: Lang) -> String {
    say!(lang, "still open at end of capture", "masih terbuka di akhir tangkapan")
}

/// The heading of a conversation's blocks.
pub(in crate::analysis) fn heading(
    lang: Lang,
    conversation: &Conversation,
    name: impl Fn(Side) -> String,
    application: Option<&str>,
) -> String {
    let (client, server) = (name(Side::Client), name(Side::Server));
    let id = conversation.id;
    let mut text = say!(lang, "conversation {id}: {client}", "percakapan {id}: {client}");
    for (side, role, arrow) in [(Side::Client, &client, " → "), (Side::Server, &server, "")] {
        if side == Side::Server {
            text.push_str(role);
        }
        let address = conversation.address(side).to_string();
        if *role != address {
            let _ = write!(text, " {address}");
        }
        text.push_str(arrow);
    }
    let time = seconds(conversation.last_ns.saturating_sub(conversation.first_ns));
    let _ = write!(text, ", {}, {time}", count(lang, conversation.frames, noun::FRAMES));
    if let Some(application) = application {
        let _ = write!(text, ", {application}");
    }
    text
}

/// `handshake #3 #4 #5, MSS 1460, window scale 10 (×1024)`.
pub(in crate::analysis) fn handshake(lang: Lang, conversation: &Conversation) -> String {
    let handshake = &conversation.handshake;
    let numbers: Vec<u64> =
        [handshake.syn, handshake.syn_ack, handshake.ack].into_iter().flatten().collect();
    if handshake.syn.is_none() {
        let mid = mid_connection(lang);
        return match handshake.syn_ack {
            Some(frame) => say!(
                lang,
                "{mid}: its first frame is the SYN,ACK #{frame}",
                "{mid}: frame pertamanya adalah SYN,ACK #{frame}"
            ),
            None => say!(
                lang,
                "{mid}: no handshake, so no MSS and no window scale",
                "{mid}: tanpa jabat tangan, jadi tanpa MSS dan tanpa window scale"
            ),
        };
    }
    let numbers = frames(&numbers);
    let mut text = say!(lang, "handshake {numbers}", "jabat tangan {numbers}");
    let both = [Side::Client, Side::Server].map(|side| conversation.direction(side));
    let mss = both.map(|d| d.mss);
    text.push_str(&both_sides(lang, "MSS", mss.map(|m| m.map(|m| m.to_string()))));
    // [RFC 7323 2.2] scaling holds only if both sides offer it.
    let scale = both.map(|d| d.window_scale.map(|s| format!("{s} (×{})", 1u32 << s.min(14))));
    text.push_str(&both_sides(lang, "window scale", scale));
    if let Some(crossing) = handshake.crossing {
        text.push_str(&say!(
            lang,
            "; SYN #{crossing} crosses it: both open at once",
            "; SYN #{crossing} bersilangan dengannya: keduanya membuka bersamaan"
        ));
    }
    if handshake.syn_ack.is_none() {
        text.push_str(&say!(lang, "; not answered with SYN,ACK", "; tidak dibalas dengan SYN,ACK"));
    } else if handshake.ack.is_none() {
        text.push_str(&say!(lang, "; not completed", "; tidak selesai"));
    }
    text
}

fn both_sides(lang: Lang, what: &str, values: [Option<String>; 2]) -> String {
    match values {
        [None, None] => String::new(),
        [Some(a), Some(b)] if a == b => format!(", {what} {a}"),
        [a, b] => {
            let none = || say!(lang, "none", "tidak ada");
            let (client, server) = (a.unwrap_or_else(none), b.unwrap_or_else(none));
            say!(
                lang,
                ", {what} client {client}, server {server}",
                ", {what} klien {client}, server {server}"
            )
        }
    }
}

/// `close: client FIN #16, server FIN #17, ACK #18 (3 segments; client closed first)`.
pub(in crate::analysis) fn close(
    lang: Lang,
    conversation: &Conversation,
    name: impl Fn(Side) -> String,
) -> String {
    let mut parts: Vec<(u64, String)> = Vec::new();
    for side in [Side::Client, Side::Server] {
        let direction = conversation.direction(side);
        if let Some((frame, _)) = direction.fin {
            parts.push((frame, format!("{} FIN #{frame}", name(side))));
        }
    }
    let fins: Vec<u64> = parts.iter().map(|(frame, _)| *frame).collect();
    for side in [Side::Client, Side::Server] {
        // [9293-3.6-02] An acknowledgment in the other FIN is not a segment of its own.
        if let Some(frame) = conversation.direction(side).fin_acked
            && !fins.contains(&frame)
        {
            parts.push((frame, format!("ACK #{frame}")));
        }
    }
    parts.sort();
    parts.dedup();
    let segments = count(lang, parts.len() as u64, noun::SEGMENTS);
    let text = parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ");
    let complete = conversation.directions.iter().all(|d| d.fin_acked.is_some());
    let first = conversation.closed_first().map(&name);
    match (first, conversation.reset) {
        (None, None) => still_open(lang),
        (None, Some(reset)) => {
            let reset = reset_text(lang, reset, &name);
            say!(lang, "close: {reset}", "penutupan: {reset}")
        }
        (Some(_), Some(reset)) if !complete => {
            let reset = reset_text(lang, reset, &name);
            say!(lang, "close: {text}, then {reset}", "penutupan: {text}, lalu {reset}")
        }
        (Some(first), _) if complete => say!(
            lang,
            "close: {text} ({segments}; {first} closed first)",
            "penutupan: {text} ({segments}; {first} menutup lebih dulu)"
        ),
        (Some(first), _) => say!(
            lang,
            "close: {text} ({first} closed first; the other half {still_open})",
            "penutupan: {text} ({first} menutup lebih dulu; arah lainnya {still_open})",
            still_open = still_open(lang)
        ),
    }
}

fn reset_text(lang: Lang, reset: Reset, name: impl Fn(Side) -> String) -> String {
    format!("{} RST #{} ({})", name(reset.by), reset.frame, reason(lang, reset.reason))
}

/// `acknowledgments: ACK alone #7 #9; ACK rides on data #11`.
pub(in crate::analysis) fn acknowledgments(
    lang: Lang,
    alone: &Listed,
    riding: &Listed,
) -> Option<String> {
    let mut parts = Vec::new();
    if alone.count > 0 {
        parts.push(say!(lang, "ACK alone {of}", "ACK saja {of}", of = alone.text(lang)));
    }
    if riding.count > 0 {
        let of = riding.text(lang);
        parts.push(say!(lang, "ACK rides on data {of}", "ACK menumpang pada data {of}"));
    }
    let list = parts.join("; ");
    (!parts.is_empty()).then(|| say!(lang, "acknowledgments: {list}", "konfirmasi: {list}"))
}

/// What went wrong on the way, if anything did.
pub(in crate::analysis) fn trouble(lang: Lang, conversation: &Conversation) -> Option<String> {
    let sum = |f: fn(&Direction) -> u64| conversation.directions.iter().map(f).sum::<u64>();
    let mut parts = Vec::new();
    let again = sum(|d| d.retransmissions);
    if again > 0 {
        parts.push(count(lang, again, noun::RETRANSMISSIONS));
    }
    let early = sum(|d| d.early);
    if early > 0 {
        parts.push(count(lang, early, noun::OUT_OF_ORDER));
    }
    let missing = sum(|d| d.missing);
    if missing > 0 {
        let bytes = count(lang, missing, noun::BYTES);
        parts.push(say!(lang, "{bytes} not in the capture", "{bytes} tidak ada dalam tangkapan"));
    }
    let list = parts.join(", ");
    (!parts.is_empty()).then(|| say!(lang, "on the way: {list}", "di perjalanan: {list}"))
}
