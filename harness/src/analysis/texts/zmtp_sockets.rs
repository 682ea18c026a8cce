//! The words of what one ZMTP socket does on several connections.
//!
//! It knows sentences. It does not know how connections were found to belong together.

use super::noun::{self, count};
use super::zmtp::quoted;
use crate::analysis::zmtp::{Peer, Socket, TURNS_MAX};
use crate::lang::{Lang, say};

/// `round-robin: PUSH server (172.18.0.2:9999) handed out 9 messages to 3 PULLs: 3, 3, 3`.
pub(in crate::analysis) fn round_robin(
    lang: Lang,
    own: &str,
    socket: &Socket,
    bound: bool,
) -> String {
    let shares: Vec<u64> = socket.peers.iter().map(|peer| peer.messages).collect();
    let list: Vec<String> = shares.iter().map(u64::to_string).collect();
    let spread = shares.iter().max().zip(shares.iter().min()).map_or(0, |(max, min)| max - min);
    let even = if spread <= 1 {
        say!(lang, "even shares", "bagian merata")
    } else {
        say!(lang, "uneven shares", "bagian tidak merata")
    };
    let mut text = say!(
        lang,
        "round-robin: PUSH {own} handed out {messages} to {peers} PULLs: {list} ({even})",
        "round-robin: PUSH {own} membagikan {messages} kepada {peers} PULL: {list} ({even})",
        messages = count(lang, socket.sent, noun::MESSAGES),
        peers = socket.peers.len(),
        list = list.join(", ")
    );
    text.push_str(&match socket.out_of_turn {
        0 => say!(lang, ", strictly in turn", ", benar-benar bergiliran"),
        out => say!(
            lang,
            ", {out} out of turn on the wire: a segment has one receiver",
            ", {out} di luar giliran pada jaringan: satu segmen hanya punya satu penerima",
            out = count(lang, out, noun::MESSAGES)
        ),
    });
    if !bound {
        text.push_str(&of_one_socket(lang));
    }
    text
}

fn of_one_socket(lang: Lang) -> String {
    say!(
        lang,
        "; that these connections are of one socket is not on the wire",
        "; bahwa koneksi-koneksi ini milik satu socket tidak terlihat pada jaringan"
    )
}

/// The round-robin table's row of one PULL.
pub(in crate::analysis) fn share(lang: Lang, name: &str, peer: &Peer) -> String {
    let messages = count(lang, peer.messages, noun::MESSAGES);
    match peer.messages {
        0 => say!(lang, "  {name}: no message", "  {name}: tidak ada pesan"),
        _ => format!("  {name}: {messages} ({})", peer.frames.text(lang)),
    }
}

/// The order of the first turns.
pub(in crate::analysis) fn turns(lang: Lang, names: &[String], socket: &Socket) -> String {
    let turn = |place: &usize| names.get(*place).cloned().unwrap_or_default();
    let turns: Vec<String> = socket.turns.iter().map(turn).collect();
    let more = if socket.sent > TURNS_MAX as u64 { ", …" } else { "" };
    let turns = turns.join(", ");
    say!(lang, "  turns: {turns}{more}", "  giliran: {turns}{more}")
}

pub(in crate::analysis) fn filtering(
    lang: Lang,
    own: &str,
    socket: &Socket,
    bound: bool,
) -> String {
    let peers = socket.peers.len();
    let mut text = say!(
        lang,
        "filtering at the publisher: PUB {own} has {peers} subscribers, and what one has not \
         subscribed to is not on its connection",
        "penyaringan di penerbit: PUB {own} memiliki {peers} pelanggan, dan apa yang tidak \
         dilanggan seorang pelanggan tidak ada pada koneksinya"
    );
    if !bound {
        text.push_str(&of_one_socket(lang));
    }
    text
}

/// What one subscriber asked for, and got.
pub(in crate::analysis) fn subscriber(lang: Lang, name: &str, peer: &Peer) -> String {
    let all = peer.messages;
    let prefix = |(prefix, got): &(Vec<u8>, u64)| {
        let (prefix, got) = (quoted(prefix), count(lang, *got, noun::MESSAGES));
        say!(lang, "{prefix} got {got}", "{prefix} mendapat {got}")
    };
    let list: Vec<String> = peer.prefixes.iter().map(prefix).collect();
    if list.is_empty() {
        return say!(
            lang,
            "  {name}: subscribed to nothing, got {all}",
            "  {name}: tidak berlangganan apa pun, mendapat {all}"
        );
    }
    let list = list.join(", ");
    say!(
        lang,
        "  {name}: subscribed to {list}; {all} in all",
        "  {name}: berlangganan {list}; semuanya {all}"
    )
}
