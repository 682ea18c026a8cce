//! The words of the report on a connection in ZMTP: who is what, what went over it, how it ended.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::noun::{self, count};
use super::zmtp::{message as shown, quoted, version};
use super::{Listed, frames, latency};
use crate::analysis::zmtp::{End, Flow, Requests};
use crate::lang::{Lang, say};
use crate::output::escape;

/// Both greetings: what they say, and the frames.
pub(in crate::analysis) fn greetings(lang: Lang, ends: [(&str, &End); 2]) -> Option<String> {
    let said = |end: &End| {
        let (greeting, frames) = end.greeting.as_ref()?;
        let version = version((greeting.major?, greeting.minor.unwrap_or_default()));
        let mut text = say!(lang, "signature, version {version}", "signature, version {version}");
        if let (Some(mechanism), Some(as_server)) = (&greeting.mechanism, greeting.as_server) {
            let name = escape(mechanism);
            text.push_str(&say!(
                lang,
                ", mechanism {name}, as-server {as_server}",
                ", mechanism {name}, as-server {as_server}"
            ));
        }
        Some((text, super::frames(frames)))
    };
    match ends.map(|(name, end)| said(end).map(|said| (name, said))) {
        [None, None] => None,
        [Some((one, (a, at))), Some((other, (b, and)))] if a == b => Some(say!(
            lang,
            "ZMTP greeting of both: {a} ({one} {at}; {other} {and})",
            "greeting ZMTP keduanya: {a} ({one} {at}; {other} {and})"
        )),
        [a, b] => {
            let one =
                |(name, (text, at)): (&str, (String, String))| format!("{name}: {text} ({at})");
            let parts: Vec<String> = [a, b].into_iter().flatten().map(one).collect();
            let parts = parts.join(&say!(lang, "; of ", "; dari "));
            Some(say!(lang, "ZMTP greeting of {parts}", "greeting ZMTP dari {parts}"))
        }
    }
}

pub(in crate::analysis) fn one_side_only(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "nothing that {name} sent is in the capture: what follows is half of a conversation",
        "tidak ada kiriman {name} dalam tangkapan: yang berikut ini hanya separuh percakapan"
    )
}

pub(in crate::analysis) fn ready(lang: Lang, say: &str, name: &str, frame: u64) -> String {
    say!(lang, "{say} from {name} (#{frame})", "{say} dari {name} (#{frame})")
}

/// Who connected to whom, by the TCP handshake; what they are, by READY. `sends`: the type that
/// messages come from, if they go one way.
pub(in crate::analysis) fn roles(
    lang: Lang,
    roles: [Option<&str>; 2],
    names: [&str; 2],
    bound: bool,
    sends: Option<&str>,
) -> String {
    let [client, server] = [0, 1].map(|end: usize| match (roles[end], names[end]) {
        (Some(role), name) => format!("{role} ({name})"),
        (None, name) => {
            say!(lang, "an unknown type ({name})", "tipe yang tidak diketahui ({name})")
        }
    });
    if !bound {
        return say!(
            lang,
            "{client} and {server}: which side bound and which connected is not in the capture",
            "{client} dan {server}: sisi mana yang bind dan sisi mana yang connect tidak ada dalam \
             tangkapan"
        );
    }
    let [from, to] = [0, 1].map(|end: usize| roles[end].unwrap_or(names[end]));
    let mut text = say!(lang, "{from} connected to {to}", "{from} melakukan connect ke {to}");
    // What a capture of a PULL surprises with.
    if sends.is_some() && sends == roles[1] {
        text.push_str(&say!(
            lang,
            ": who connects ≠ who sends",
            ": yang melakukan connect ≠ yang mengirim"
        ));
    }
    text.push_str(&say!(
        lang,
        "; {server} had bound, and READY tells the roles, never the port",
        "; {server} yang melakukan bind, dan peran diketahui dari READY, bukan dari port"
    ));
    text
}

/// The frames before it are handshake, and taken for requests all too easily.
pub(in crate::analysis) fn first_message(lang: Lang, frame: u64) -> String {
    say!(
        lang,
        "the first message is in #{frame}: what came before is greeting and handshake",
        "pesan pertama ada di #{frame}: yang sebelumnya adalah greeting dan jabat tangan"
    )
}

pub(in crate::analysis) fn early_messages(lang: Lang, early: &Listed) -> String {
    say!(
        lang,
        "{messages} before the other side's READY ({frames}): ZMTP 3.0 lets it",
        "{messages} sebelum READY dari sisi lain ({frames}): ZMTP 3.0 membolehkannya",
        messages = count(lang, early.count, noun::MESSAGES),
        frames = early.text(lang)
    )
}

/// `3 requests, 3 replies, +2.1 ms on average; lock-step: never two requests in flight (checked)`.
pub(in crate::analysis) fn requests(lang: Lang, requests: &Requests, strict: bool) -> String {
    let asked = count(lang, requests.asked, noun::REQUESTS);
    let answered = count(lang, requests.answered, noun::REPLIES);
    let mut text = format!("{asked}, {answered}");
    if let Some(mean) = requests.mean_latency_ns() {
        let mean = latency(mean);
        text.push_str(&say!(lang, ", {mean} on average", ", rata-rata {mean}"));
    }
    if requests.unasked > 0 {
        let unasked = count(lang, requests.unasked, noun::REPLIES);
        text.push_str(&say!(
            lang,
            ", {unasked} to requests before the capture",
            ", {unasked} untuk permintaan sebelum tangkapan"
        ));
    }
    let most = requests.most_in_flight;
    if requests.out_of_step.count > 0 && strict {
        text.push_str(&say!(
            lang,
            "; not in lock-step: up to {most} requests in flight ({at})",
            "; tidak bergantian (lock-step): sampai {most} permintaan berjalan sekaligus ({at})",
            at = requests.out_of_step.text(lang)
        ));
    } else if requests.out_of_step.count > 0 {
        text.push_str(&say!(
            lang,
            "; up to {most} requests in flight, as a DEALER may",
            "; sampai {most} permintaan berjalan sekaligus, seperti yang boleh bagi DEALER"
        ));
    } else if requests.asked > 0 {
        text.push_str(&say!(
            lang,
            "; lock-step: never two requests in flight (checked)",
            "; bergantian (lock-step): tidak pernah ada dua permintaan sekaligus (diperiksa)"
        ));
    }
    text
}

/// `one way after the handshake: PUSH→PULL 7 messages, PULL→PUSH 0`.
pub(in crate::analysis) fn one_way(
    lang: Lang,
    [from, to]: [&str; 2],
    sent: u64,
    against: u64,
    subscriptions: u64,
) -> String {
    let sent = count(lang, sent, noun::MESSAGES);
    let begins = match (against, subscriptions) {
        (0, 0) => say!(lang, "one way after the handshake", "satu arah setelah jabat tangan"),
        (0, _) => say!(lang, "then one way", "lalu satu arah"),
        _ => say!(lang, "not one way", "tidak satu arah"),
    };
    format!("{begins}: {from}→{to} {sent}, {to}→{from} {against}")
}

/// The messages of one direction or for one subscription.
pub(in crate::analysis) fn flow(lang: Lang, what: &str, flow: &Flow) -> String {
    let mut text = format!("{what}: {}", count(lang, flow.count(), noun::MESSAGES));
    if let Some(mean) = flow.mean_interval() {
        text.push_str(&super::mean_interval(lang, mean));
    }
    if flow.count() > 0 {
        let _ = write!(text, ", {}", shown(lang, &flow.first, false));
        if !flow.alike {
            text.push_str(&super::and_others(lang));
        }
        let _ = write!(text, " ({})", flow.frames.text(lang));
    }
    text
}

pub(in crate::analysis) fn messages_of(lang: Lang, from: &str) -> String {
    say!(lang, "messages of {from}", "pesan dari {from}")
}

pub(in crate::analysis) fn messages_for(lang: Lang, prefix: &[u8]) -> String {
    let prefix = quoted(prefix);
    say!(lang, "messages for {prefix}", "pesan untuk {prefix}")
}

pub(in crate::analysis) fn unmatched(lang: Lang, unmatched: &Listed) -> String {
    say!(
        lang,
        "{messages} that no subscription asks for ({frames}) {clause}",
        "{messages} yang tidak diminta langganan mana pun ({frames}) {clause}",
        messages = count(lang, unmatched.count, noun::MESSAGES),
        frames = unmatched.text(lang),
        clause = "[ZMTP-3.0-pubsub-01]"
    )
}

pub(in crate::analysis) fn heartbeats(lang: Lang, ends: [(&str, &End); 2]) -> Option<String> {
    let mut parts = Vec::new();
    for (name, end) in ends {
        for (what, list) in [("PING", &end.pings), ("PONG", &end.pongs)] {
            if list.count > 0 {
                let frames = list.text(lang);
                parts.push(say!(lang, "{what} of {name} {frames}", "{what} dari {name} {frames}"));
            }
        }
    }
    let list = parts.join(", ");
    (!parts.is_empty()).then(|| say!(lang, "heartbeats: {list}", "heartbeat: {list}"))
}

pub(in crate::analysis) fn unlisted(lang: Lang, lines: u64) -> String {
    super::unlisted(lang, lines, noun::LINES)
}

/// The end of a connection that was closed.
pub(in crate::analysis) fn closed(
    lang: Lang,
    waiting: &[u64],
    unfinished: bool,
    error: Option<u64>,
) -> String {
    if let Some(frame) = error {
        return say!(
            lang,
            "closed after the ERROR #{frame} {clause}",
            "ditutup setelah ERROR #{frame} {clause}",
            clause = "[ZMTP-3.0-error-01]"
        );
    }
    let left = match (waiting, unfinished) {
        ([], false) => say!(lang, "nothing was under way", "tidak ada yang sedang berjalan"),
        ([], true) => say!(
            lang,
            "a message was not whole, so nobody got it",
            "ada pesan yang belum utuh, jadi tidak ada yang menerimanya"
        ),
        (waiting, _) => say!(
            lang,
            "{requests} without a reply ({frames})",
            "{requests} tanpa balasan ({frames})",
            requests = count(lang, waiting.len() as u64, noun::REQUESTS),
            frames = frames(waiting)
        ),
    };
    say!(
        lang,
        "ZMTP has no closing command, the end of TCP is all: {left}",
        "ZMTP tidak memiliki perintah penutup, hanya ada akhir TCP: {left}"
    )
}

/// Requests without a reply on a connection that is still open.
pub(in crate::analysis) fn waits(lang: Lang, waiting: &[u64]) -> String {
    say!(
        lang,
        "{requests} without a reply at end of capture ({frames})",
        "{requests} tanpa balasan di akhir tangkapan ({frames})",
        requests = count(lang, waiting.len() as u64, noun::REQUESTS),
        frames = frames(waiting)
    )
}
