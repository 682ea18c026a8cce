//! The words of what one ZMTP socket does on several connections.
//!
//! It knows sentences. It does not know how connections were found to belong together.

use std::fmt::Write as _;

use super::count;
use super::zmtp::quoted;
use crate::analysis::zmtp::{Peer, Socket, TURNS_MAX};

/// `round-robin: PUSH server (172.18.0.2:9999) handed out 9 messages to 3 PULLs: 3, 3, 3`.
pub(in crate::analysis) fn round_robin(own: &str, socket: &Socket, bound: bool) -> String {
    let messages = count(socket.sent, "message", "messages");
    let shares: Vec<u64> = socket.peers.iter().map(|peer| peer.messages).collect();
    let text: Vec<String> = shares.iter().map(u64::to_string).collect();
    let mut text = format!(
        "round-robin: PUSH {own} handed out {messages} to {} PULLs: {}",
        socket.peers.len(),
        text.join(", ")
    );
    let spread = shares.iter().max().zip(shares.iter().min()).map_or(0, |(max, min)| max - min);
    let even = if spread <= 1 { "even shares" } else { "uneven shares" };
    let _ = write!(text, " ({even})");
    match socket.out_of_turn {
        0 => text.push_str(", strictly in turn"),
        out => {
            let out = count(out, "message", "messages");
            let _ = write!(text, ", {out} out of turn on the wire: a segment has one receiver");
        }
    }
    if !bound {
        text.push_str("; that these connections are of one socket is not on the wire");
    }
    text
}

/// The round-robin table's row of one PULL.
pub(in crate::analysis) fn share(name: &str, peer: &Peer) -> String {
    let messages = count(peer.messages, "message", "messages");
    match peer.messages {
        0 => format!("  {name}: no message"),
        _ => format!("  {name}: {messages} ({})", peer.frames.text()),
    }
}

/// The order of the first turns.
pub(in crate::analysis) fn turns(names: &[String], socket: &Socket) -> String {
    let turn = |place: &usize| names.get(*place).cloned().unwrap_or_default();
    let turns: Vec<String> = socket.turns.iter().map(turn).collect();
    let more = if socket.sent > TURNS_MAX as u64 { ", …" } else { "" };
    format!("  turns: {}{more}", turns.join(", "))
}

pub(in crate::analysis) fn filtering(own: &str, socket: &Socket, bound: bool) -> String {
    let peers = socket.peers.len();
    let mut text = format!(
        "filtering at the publisher: PUB {own} has {peers} subscribers, and what one has not \
         subscribed to is not on its connection"
    );
    if !bound {
        text.push_str("; that these connections are of one socket is not on the wire");
    }
    text
}

/// What one subscriber asked for, and got.
pub(in crate::analysis) fn subscriber(name: &str, peer: &Peer) -> String {
    let prefix = |(prefix, got): &(Vec<u8>, u64)| {
        format!("{} got {}", quoted(prefix), count(*got, "message", "messages"))
    };
    let all: Vec<String> = peer.prefixes.iter().map(prefix).collect();
    if all.is_empty() {
        return format!("  {name}: subscribed to nothing, got {}", peer.messages);
    }
    format!("  {name}: subscribed to {}; {} in all", all.join(", "), peer.messages)
}
