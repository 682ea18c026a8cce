//! The words of the report on a connection in ZMTP: who is what, what went over it, how it ended.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::zmtp::{message as shown, quoted, version};
use super::{Listed, count, frames, latency};
use crate::analysis::zmtp::{End, Flow, Requests};
use crate::output::escape;

const CHECKED: &str = "lock-step: never two requests in flight (checked)";

/// Both greetings: what they say, and the frames.
pub(in crate::analysis) fn greetings(ends: [(&str, &End); 2]) -> Option<String> {
    let said = |end: &End| {
        let (greeting, frames) = end.greeting.as_ref()?;
        let version = version((greeting.major?, greeting.minor.unwrap_or_default()));
        let mut text = format!("signature, version {version}");
        if let (Some(mechanism), Some(as_server)) = (&greeting.mechanism, greeting.as_server) {
            let _ = write!(text, ", mechanism {}, as-server {as_server}", escape(mechanism));
        }
        Some((text, super::frames(frames)))
    };
    match ends.map(|(name, end)| said(end).map(|said| (name, said))) {
        [None, None] => None,
        [Some((one, (a, at))), Some((other, (b, and)))] if a == b => {
            Some(format!("ZMTP greeting of both: {a} ({one} {at}; {other} {and})"))
        }
        [a, b] => {
            let one =
                |(name, (text, at)): (&str, (String, String))| format!("{name}: {text} ({at})");
            let parts: Vec<String> = [a, b].into_iter().flatten().map(one).collect();
            Some(format!("ZMTP greeting of {}", parts.join("; of ")))
        }
    }
}

pub(in crate::analysis) fn one_side_only(name: &str) -> String {
    format!("nothing that {name} sent is in the capture: what follows is half of a conversation")
}

pub(in crate::analysis) fn ready(say: &str, name: &str, frame: u64) -> String {
    format!("{say} from {name} (#{frame})")
}

/// Who connected to whom, by the TCP handshake; what they are, by READY. `sends`: the type that
/// messages come from, if they go one way.
pub(in crate::analysis) fn roles(
    roles: [Option<&str>; 2],
    names: [&str; 2],
    bound: bool,
    sends: Option<&str>,
) -> String {
    let [client, server] = [0, 1].map(|end: usize| match roles[end] {
        Some(role) => format!("{role} ({})", names[end]),
        None => format!("an unknown type ({})", names[end]),
    });
    if !bound {
        return format!(
            "{client} and {server}: which side bound and which connected is not in the capture"
        );
    }
    let [from, to] = [0, 1].map(|end: usize| roles[end].unwrap_or(names[end]));
    let mut text = format!("{from} connected to {to}");
    // What a capture of a PULL surprises with.
    if sends.is_some() && sends == roles[1] {
        text.push_str(": who connects ≠ who sends");
    }
    let _ = write!(text, "; {server} had bound, and READY tells the roles, never the port");
    text
}

/// The frames before it are handshake, and taken for requests all too easily.
pub(in crate::analysis) fn first_message(frame: u64) -> String {
    format!("the first message is in #{frame}: what came before is greeting and handshake")
}

pub(in crate::analysis) fn early_messages(early: &Listed) -> String {
    let messages = count(early.count, "message", "messages");
    format!("{messages} before the other side's READY ({}): ZMTP 3.0 lets it", early.text())
}

/// `3 requests, 3 replies, +2.1 ms on average; lock-step: never two requests in flight (checked)`.
pub(in crate::analysis) fn requests(requests: &Requests, strict: bool) -> String {
    let asked = count(requests.asked, "request", "requests");
    let answered = count(requests.answered, "reply", "replies");
    let mut text = format!("{asked}, {answered}");
    if let Some(mean) = requests.mean_latency_ns() {
        let _ = write!(text, ", {} on average", latency(mean));
    }
    if requests.unasked > 0 {
        let unasked = count(requests.unasked, "reply", "replies");
        let _ = write!(text, ", {unasked} to requests before the capture");
    }
    let most = requests.most_in_flight;
    if requests.out_of_step.count > 0 && strict {
        let at = requests.out_of_step.text();
        let _ = write!(text, "; not in lock-step: up to {most} requests in flight ({at})");
    } else if requests.out_of_step.count > 0 {
        let _ = write!(text, "; up to {most} requests in flight, as a DEALER may");
    } else if requests.asked > 0 {
        let _ = write!(text, "; {CHECKED}");
    }
    text
}

/// `one way after the handshake: PUSH→PULL 7 messages, PULL→PUSH 0`.
pub(in crate::analysis) fn one_way(
    [from, to]: [&str; 2],
    sent: u64,
    against: u64,
    subscriptions: u64,
) -> String {
    let sent = count(sent, "message", "messages");
    let begins = match (against, subscriptions) {
        (0, 0) => "one way after the handshake",
        (0, _) => "then one way",
        _ => "not one way",
    };
    format!("{begins}: {from}→{to} {sent}, {to}→{from} {against}")
}

/// The messages of one direction or for one subscription.
pub(in crate::analysis) fn flow(what: &str, flow: &Flow) -> String {
    let mut text = format!("{what}: {}", count(flow.count(), "message", "messages"));
    if let Some(mean) = flow.mean_interval() {
        let _ = write!(text, ", mean interval {mean:.4} s");
    }
    if flow.count() > 0 {
        let _ = write!(text, ", {}", shown(&flow.first, false));
        if !flow.alike {
            text.push_str(" and others");
        }
        let _ = write!(text, " ({})", flow.frames.text());
    }
    text
}

pub(in crate::analysis) fn messages_of(from: &str) -> String {
    format!("messages of {from}")
}

pub(in crate::analysis) fn messages_for(prefix: &[u8]) -> String {
    format!("messages for {}", quoted(prefix))
}

pub(in crate::analysis) fn unmatched(unmatched: &Listed) -> String {
    let messages = count(unmatched.count, "message", "messages");
    format!("{messages} that no subscription asks for ({}) [ZMTP-3.0-pubsub-01]", unmatched.text())
}

pub(in crate::analysis) fn heartbeats(ends: [(&str, &End); 2]) -> Option<String> {
    let mut parts = Vec::new();
    for (name, end) in ends {
        for (what, list) in [("PING", &end.pings), ("PONG", &end.pongs)] {
            if list.count > 0 {
                parts.push(format!("{what} of {name} {}", list.text()));
            }
        }
    }
    (!parts.is_empty()).then(|| format!("heartbeats: {}", parts.join(", ")))
}

pub(in crate::analysis) fn unlisted(lines: u64) -> String {
    format!("{} not listed", count(lines, "more line is", "more lines are"))
}

/// The end of a connection that was closed.
pub(in crate::analysis) fn closed(waiting: &[u64], unfinished: bool, error: Option<u64>) -> String {
    if let Some(frame) = error {
        return format!("closed after the ERROR #{frame} [ZMTP-3.0-error-01]");
    }
    let mut text = "ZMTP has no closing command, the end of TCP is all: ".to_owned();
    match (waiting, unfinished) {
        ([], false) => text.push_str("nothing was under way"),
        ([], true) => text.push_str("a message was not whole, so nobody got it"),
        (waiting, _) => {
            let requests = count(waiting.len() as u64, "request", "requests");
            let _ = write!(text, "{requests} without a reply ({})", frames(waiting));
        }
    }
    text
}

/// Requests without a reply on a connection that is still open.
pub(in crate::analysis) fn waits(waiting: &[u64]) -> String {
    let requests = count(waiting.len() as u64, "request", "requests");
    format!("{requests} without a reply at end of capture ({})", frames(waiting))
}
