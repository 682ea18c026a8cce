//! Every word of the analysis, so that a second language is a second set of files. It knows
//! sentences and how numbers are written. It does not know how anything was found out.

pub(super) mod arp;
pub(super) mod exchanges;
pub mod http;
pub(super) mod http_flow;
pub mod mqtt;
pub(super) mod mqtt_fan_out;
pub(super) mod mqtt_flow;
pub mod zmtp;
pub(super) mod zmtp_flow;
pub(super) mod zmtp_report;
pub(super) mod zmtp_sockets;

use super::Summary;
use crate::conversation::{Conversation, Event, Reset, ResetReason, Side};
use crate::dissect::{Flags, Segment};
use crate::output::escape;
use std::fmt::Write as _;

/// Bytes of data that a line shows.
pub const PREVIEW_MAX: usize = 64;

pub(super) const MID_CONNECTION: &str = "capture starts mid-connection";
pub(super) const STILL_OPEN: &str = "still open at end of capture";

/// `#6 #8`.
pub fn frames(numbers: &[u64]) -> String {
    numbers.iter().map(|n| format!("#{n}")).collect::<Vec<_>>().join(" ")
}

/// A count with its noun.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `18 frames`.
pub fn frame_count(n: u64) -> String {
    count(n, "frame", "frames")
}

/// `1 TCP conversation`.
pub fn conversation_count(n: u64) -> String {
    count(n, "TCP conversation", "TCP conversations")
}

/// `+1.5 ms`: between a request and its response.
pub(super) fn latency(ns: i64) -> String {
    let magnitude = ns.unsigned_abs() as f64;
    let sign = if ns < 0 { '-' } else { '+' };
    if magnitude < 1e6 {
        format!("{sign}{:.0} µs", magnitude / 1e3)
    } else if magnitude < 1e9 {
        format!("{sign}{:.1} ms", magnitude / 1e6)
    } else {
        format!("{sign}{:.2} s", magnitude / 1e9)
    }
}

/// `2.0014 s`: a duration.
pub fn seconds(ns: u64) -> String {
    format!("{:.4} s", ns as f64 / 1e9)
}

/// The first of `len` bytes in quotes, escaped; an ellipsis stands for those that are not shown.
pub fn preview(bytes: &[u8], len: u64) -> String {
    let mut head = &bytes[..bytes.len().min(PREVIEW_MAX)];
    if head.len() as u64 >= len {
        return format!("\"{}\"", escape(head));
    }
    if let Err(error) = std::str::from_utf8(head)
        && error.error_len().is_none()
    {
        // A character that the cut went through.
        head = &head[..error.valid_up_to()];
    }
    format!("\"{}…\"", escape(head))
}

/// `client`, `client2`, `server`.
pub(super) fn role(side: Side, place: usize) -> String {
    let name = match side {
        Side::Client => "client",
        Side::Server => "server",
    };
    if place == 0 { name.to_owned() } else { format!("{name}{}", place + 1) }
}

/// What a frame is, if it is none of TCP or ARP and has a header of its own.
pub(super) fn udp(from: u16, to: u16, len: usize) -> String {
    format!("UDP {from}→{to} {len} B")
}

/// What a later fragment of an IP packet is, and what is to be said of it.
pub(super) fn fragment(offset: usize) -> (String, String) {
    let say = "a later fragment: it has no header of the layer above";
    (format!("IP fragment at {offset}"), say.to_owned())
}

/// `TCP 2222 PSH,ACK 4 B`: with the port on the way to the server, for it names the service.
pub(super) fn segment(segment: &Segment, from: Side, opener_known: bool) -> String {
    let flags = segment.flags;
    let data = match segment.payload_len {
        0 => String::new(),
        len => format!(" {len} B"),
    };
    match from {
        Side::Client if opener_known => format!("TCP {} {flags}{data}", segment.destination_port),
        _ if opener_known => format!("{flags}{data}"),
        _ => format!("TCP {flags}{data}"),
    }
}

/// What an event of a conversation is called in a frame's line.
pub(super) fn event(
    event: &Event,
    segment: &Segment,
    name: impl Fn(Side) -> String,
    from: Side,
) -> String {
    let who = name(from);
    match event {
        Event::StartsInTheMiddle => MID_CONNECTION.to_owned(),
        Event::PortReused(id) => format!("the ports of conversation {id}, opened anew"),
        Event::Handshake(1) => format!("handshake 1 of 3: SYN{}", offers(segment)),
        Event::Handshake(2) => format!("handshake 2 of 3: SYN,ACK{}", offers(segment)),
        Event::Handshake(_) => "handshake 3 of 3: ACK, the connection is open".to_owned(),
        Event::HandshakeAgain(first) => format!("sent again, first in #{first}"),
        Event::SimultaneousOpen(syn) if segment.flags.has(Flags::ACK) => {
            format!("SYN,ACK to the SYN #{syn} that crossed")
        }
        Event::SimultaneousOpen(syn) => format!("SYN that crosses #{syn}: both open at once"),
        Event::Retransmission(of) if of.is_empty() => "retransmission".to_owned(),
        Event::Retransmission(of) => format!("retransmission of {}", frames(of)),
        Event::Early(missing) => {
            format!("out of order: {} before it not seen yet", count(*missing, "byte", "bytes"))
        }
        Event::Overlapping(old) => {
            format!("its first {} had been sent before", count(*old, "byte", "bytes"))
        }
        Event::FillsHole => "fills the hole before what had come early".to_owned(),
        Event::Acknowledges { frames: of, bytes, alone } => {
            let text = format!("acknowledges {} ({})", frames(of), count(*bytes, "byte", "bytes"));
            match (alone, segment.payload_len) {
                (true, _) => format!("{text}, ACK alone"),
                (false, 0) => text,
                (false, _) => format!("ACK rides on data: {text}"),
            }
        }
        Event::AcknowledgesUnseen => "acknowledges bytes that the capture does not have".to_owned(),
        Event::DuplicateAck => "duplicate ACK: still waits for an earlier segment".to_owned(),
        Event::KeepAlive => "keep-alive probe".to_owned(),
        Event::WindowProbe => "window probe: is there room again?".to_owned(),
        Event::WindowUpdate => "window update".to_owned(),
        Event::ZeroWindow => format!("window 0: {who} has no room for more"),
        Event::Fin => format!("{who} closes: FIN"),
        Event::FinAgain(first) => format!("FIN sent again, first in #{first}"),
        Event::FinAcknowledged(frame) => format!("acknowledges the FIN #{frame}"),
        Event::Reset(reset) => format!("{who} resets the connection: {}", reason(reset.reason)),
    }
}

/// What a segment is called that has nothing new to it.
pub(super) fn nothing_new(flags: Flags) -> String {
    let text = if flags.has(Flags::ACK) { "ACK, nothing new" } else { "nothing new" };
    text.to_owned()
}

fn offers(segment: &Segment) -> String {
    let mut text = String::new();
    if let Some(mss) = segment.options.mss {
        let _ = write!(text, ", MSS {mss}");
    }
    if let Some(shift) = segment.options.window_scale {
        let _ = write!(text, ", window scale {shift}");
    }
    text
}

fn reason(reason: ResetReason) -> &'static str {
    match reason {
        ResetReason::Refused => "refused, nothing listens on this port",
        ResetReason::UnreadInput => {
            "closed without a FIN, as happens when the program leaves input unread"
        }
        ResetReason::Aborted => "closed without a FIN, the program gave up",
        ResetReason::DataAfterClose => "the other end still sent after the close",
        ResetReason::Unknown => "it does not know this connection",
    }
}

/// The heading of a conversation's blocks.
pub(super) fn heading(
    conversation: &Conversation,
    name: impl Fn(Side) -> String,
    application: Option<&str>,
) -> String {
    let (client, server) = (name(Side::Client), name(Side::Server));
    let mut text = format!("conversation {}: {client}", conversation.id);
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
    let _ = write!(text, ", {}, {time}", count(conversation.frames, "frame", "frames"));
    if let Some(application) = application {
        let _ = write!(text, ", {application}");
    }
    text
}

/// `handshake #3 #4 #5, MSS 1460, window scale 10 (×1024)`.
pub(super) fn handshake(conversation: &Conversation) -> String {
    let handshake = &conversation.handshake;
    let numbers: Vec<u64> =
        [handshake.syn, handshake.syn_ack, handshake.ack].into_iter().flatten().collect();
    if handshake.syn.is_none() {
        return match handshake.syn_ack {
            Some(frame) => format!("{MID_CONNECTION}: its first frame is the SYN,ACK #{frame}"),
            None => format!("{MID_CONNECTION}: no handshake, so no MSS and no window scale"),
        };
    }
    let mut text = format!("handshake {}", frames(&numbers));
    let both = [Side::Client, Side::Server].map(|side| conversation.direction(side));
    let mss = both.map(|d| d.mss);
    text.push_str(&both_sides("MSS", mss.map(|m| m.map(|m| m.to_string()))));
    // [RFC 7323 2.2] scaling holds only if both sides offer it.
    let scale = both.map(|d| d.window_scale.map(|s| format!("{s} (×{})", 1u32 << s.min(14))));
    text.push_str(&both_sides("window scale", scale));
    if let Some(crossing) = handshake.crossing {
        let _ = write!(text, "; SYN #{crossing} crosses it: both open at once");
    }
    if handshake.syn_ack.is_none() {
        text.push_str("; not answered with SYN,ACK");
    } else if handshake.ack.is_none() {
        text.push_str("; not completed");
    }
    text
}

fn both_sides(what: &str, values: [Option<String>; 2]) -> String {
    match values {
        [None, None] => String::new(),
        [Some(a), Some(b)] if a == b => format!(", {what} {a}"),
        [a, b] => {
            let none = || "none".to_owned();
            let (client, server) = (a.unwrap_or_else(none), b.unwrap_or_else(none));
            format!(", {what} client {client}, server {server}")
        }
    }
}

/// `close: client FIN #16, server FIN #17, ACK #18 (3 segments; client closed first)`.
pub(super) fn close(conversation: &Conversation, name: impl Fn(Side) -> String) -> String {
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
    let segments = parts.len() as u64;
    let text = parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ");
    let complete = conversation.directions.iter().all(|d| d.fin_acked.is_some());
    let first = conversation.closed_first().map(&name);
    match (first, conversation.reset) {
        (None, None) => STILL_OPEN.to_owned(),
        (None, Some(reset)) => format!("close: {}", reset_text(reset, &name)),
        (Some(_), Some(reset)) if !complete => {
            format!("close: {text}, then {}", reset_text(reset, &name))
        }
        (Some(first), _) if complete => {
            let segments = count(segments, "segment", "segments");
            format!("close: {text} ({segments}; {first} closed first)")
        }
        (Some(first), _) => {
            format!("close: {text} ({first} closed first; the other half {STILL_OPEN})")
        }
    }
}

fn reset_text(reset: Reset, name: impl Fn(Side) -> String) -> String {
    format!("{} RST #{} ({})", name(reset.by), reset.frame, reason(reset.reason))
}

/// `acknowledgments: ACK alone #7 #9; ACK rides on data #11`.
pub(super) fn acknowledgments(alone: &Listed, riding: &Listed) -> Option<String> {
    let mut parts = Vec::new();
    if alone.count > 0 {
        parts.push(format!("ACK alone {}", alone.text()));
    }
    if riding.count > 0 {
        parts.push(format!("ACK rides on data {}", riding.text()));
    }
    (!parts.is_empty()).then(|| format!("acknowledgments: {}", parts.join("; ")))
}

/// What went wrong on the way, if anything did.
pub(super) fn trouble(conversation: &Conversation) -> Option<String> {
    let sum = |f: fn(&crate::conversation::Direction) -> u64| {
        conversation.directions.iter().map(f).sum::<u64>()
    };
    let mut parts = Vec::new();
    let again = sum(|d| d.retransmissions);
    if again > 0 {
        parts.push(count(again, "retransmission", "retransmissions"));
    }
    let early = sum(|d| d.early);
    if early > 0 {
        parts.push(count(early, "segment out of order", "segments out of order"));
    }
    let missing = sum(|d| d.missing);
    if missing > 0 {
        parts.push(format!("{} not in the capture", count(missing, "byte", "bytes")));
    }
    (!parts.is_empty()).then(|| format!("on the way: {}", parts.join(", ")))
}

/// Frame numbers that are listed up to a limit, and counted beyond it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    /// How many there were.
    pub(super) count: u64,
    /// The first of them.
    pub(super) frames: Vec<u64>,
}

/// Frame numbers that one list shows.
pub const LISTED_MAX: usize = 32;

impl Listed {
    pub(super) fn push(&mut self, frame: u64) {
        self.count += 1;
        if self.frames.len() < LISTED_MAX {
            self.frames.push(frame);
        }
    }

    pub(super) fn text(&self) -> String {
        let more = self.count - self.frames.len() as u64;
        let text = frames(&self.frames);
        if more > 0 { format!("{text} and {more} more") } else { text }
    }
}

/// The note about checksums (they are never called errors).
pub(super) fn checksums(wrong: u64, checked: u64, what: &str) -> String {
    format!(
        "{what} checksums do not match in {wrong} of {checked} frames: checksum offload, the \
         sender's card would have filled them in after the capture; not an error"
    )
}

pub(super) fn cut(frames: u64) -> String {
    let (n, were) = (count(frames, "frame", "frames"), if frames == 1 { "was" } else { "were" });
    format!("{n} {were} cut by the snap length: only the first bytes of each are known")
}

pub(super) fn forgotten(conversations: u64) -> String {
    format!(
        "{} not listed: more than {} at a time are not kept",
        count(conversations, "conversation is", "conversations are"),
        crate::conversation::CONVERSATIONS_MAX
    )
}

/// The counts in a line.
pub(super) fn summary(summary: &Summary) -> String {
    let other = summary.frames - summary.arp - summary.tcp;
    let kinds: Vec<String> = [(summary.arp, "ARP"), (summary.tcp, "TCP"), (other, "other")]
        .into_iter()
        .filter(|(frames, _)| *frames > 0)
        .map(|(frames, kind)| format!("{frames} {kind}"))
        .collect();
    let kinds = if kinds.is_empty() { kinds.concat() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "{}{kinds}, {}, {}",
        frame_count(summary.frames),
        conversation_count(summary.conversations),
        seconds(summary.duration_ns)
    )
}
