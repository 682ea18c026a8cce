//! The words of what ZMTP's greetings, commands and messages mean to each other on one connection.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::zmtp::{message as shown, quoted, version};
use super::{Listed, count, frames, latency};
use crate::analysis::records::At;
use crate::analysis::zmtp::{Counts, End, Flow, Form, Requests};
use crate::output::escape;

pub(in crate::analysis) const SAME_PART: &str =
    "both are client, or both server, in PLAIN [PLAIN-02]";
pub(in crate::analysis) const COMMAND_TO_3_0: &str =
    "a command to a peer of ZMTP 3.0, which wants a message [ZMTP-3.1-sub-06]";
pub(in crate::analysis) const NO_DELIMITER: &str =
    "no empty delimiter and body, as a request has [REQ-fmt-01]";
pub(in crate::analysis) const CHECKED: &str = "lock-step: never two requests in flight (checked)";

pub(in crate::analysis) fn violates(what: &str) -> String {
    format!("; protocol violation: {what}")
}

pub(in crate::analysis) fn violation(frame: u64, name: &str, what: &str) -> String {
    format!("protocol violation: {name} #{frame}: {what}")
}

pub(in crate::analysis) fn malformed(flaw: &str) -> String {
    format!("; malformed: {flaw}")
}

pub(in crate::analysis) fn mechanisms(client: &[u8], server: &[u8]) -> String {
    let (client, server) = (escape(client), escape(server));
    format!("mechanism {client} on one side and {server} on the other [ZMTP-3.0-mech-05]")
}

pub(in crate::analysis) fn message_early(before: &str, clause: &str) -> String {
    format!("a message before {before} {clause}")
}

pub(in crate::analysis) fn again(name: &str, clause: &str) -> String {
    format!("{name} once more {clause}")
}

pub(in crate::analysis) fn ready_first(clause: &str) -> String {
    format!("READY, or ERROR, is the first command {clause}")
}

pub(in crate::analysis) fn plain_order(server: bool, next: &str, clause: &str) -> String {
    let who = if server { "server" } else { "client" };
    format!("it is the {who}'s {next} that comes next {clause}")
}

pub(in crate::analysis) fn unfit(one: &str, other: &str) -> String {
    format!("{one} and {other} do not fit together [ZMTP-3.0-meta-07]")
}

pub(in crate::analysis) fn only_receives(who: &str, clause: &str) -> String {
    format!("{who} only receives {clause}")
}

/// A part of a frame.
pub(in crate::analysis) fn part(
    kind: &str,
    there: usize,
    of: Option<usize>,
    begins: bool,
) -> String {
    let verb = if begins { "begins" } else { "goes on" };
    match of {
        Some(of) => format!("{kind} {verb}: {there} of {of} bytes are there"),
        None => format!("{kind} {verb}: its size is not whole yet"),
    }
}

/// The last part of a unit.
pub(in crate::analysis) fn complete(say: &str, len: usize, first: u64) -> String {
    let bytes = count(len as u64, "byte", "bytes");
    format!("{say}; complete with {bytes} that begin in #{first}")
}

pub(in crate::analysis) fn goes_on(frames: u64) -> String {
    format!("a message of which more follows: {} so far", count(frames, "frame", "frames"))
}

pub(in crate::analysis) fn lost(len: u64) -> String {
    let bytes = count(len, "byte", "bytes");
    format!("{bytes} of frames whose beginning is not in the capture")
}

pub(in crate::analysis) fn older(len: u64, major: u8) -> String {
    let (bytes, version) = (count(len, "byte", "bytes"), version((major, 0)));
    format!("{bytes} of ZMTP {version}, which is not read here")
}

pub(in crate::analysis) fn no_greeting(len: u64) -> String {
    let bytes = count(len, "byte", "bytes");
    format!("{bytes} that begin with no greeting: this side speaks ZMTP 1.0, or something else")
}

pub(in crate::analysis) fn more_units(more: usize) -> String {
    format!("and {more} more")
}

/// `one segment carries a command and a message: TCP keeps no message borders`.
pub(in crate::analysis) fn share_a_segment(counts: &Counts) -> Option<String> {
    let several = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(one.to_owned()),
        n => Some(format!("{n} {many}")),
    };
    let parts: Vec<String> = [
        several(counts.greetings, "the end of the greeting", "greetings"),
        several(counts.commands, "a command", "commands"),
        several(counts.messages, "a message", "messages"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let units = counts.greetings + counts.commands + counts.messages;
    let what = parts.join(" and ");
    (units > 1).then(|| format!("one segment carries {what}: TCP keeps no message borders"))
}

/// A line of the report on something that was said of a frame.
pub(in crate::analysis) fn in_frame(say: &str, frame: u64) -> String {
    format!("{say} (#{frame})")
}

/// An answer, with the time since its question.
pub(in crate::analysis) fn after(say: &str, question: At, answer: At) -> String {
    format!("{say} ({} after #{})", latency(answer.since(question)), question.frame)
}

pub(in crate::analysis) fn pong_unasked(say: &str) -> String {
    format!("{say}; no PING in the capture has its context")
}

pub(in crate::analysis) fn fatal(say: &str) -> String {
    // [ZMTP-3.0-error-01]
    format!("{say}: the handshake has failed, the connection ends")
}

pub(in crate::analysis) fn early() -> String {
    "; before the other side's READY: ZMTP 3.0 lets it, 3.1 waits [ZMTP-3.1-null-05]".to_owned()
}

/// `message 1 PUSH→PULL: 80 04 4b 03 2e (Python pickle, int 3)`.
pub(in crate::analysis) fn message(number: u64, way: Option<[&str; 2]>, text: &str) -> String {
    match way {
        Some([from, to]) => format!("message {number} {from}→{to}: {text}"),
        None => format!("message {number}: {text}"),
    }
}

/// `request 1: empty delimiter MORE | "Hello"`.
pub(in crate::analysis) fn request(number: u64, text: &str, before: Option<(u64, u64)>) -> String {
    match before {
        Some((other, frame)) => {
            format!("request {number}: {text}, sent before reply {other} (request #{frame})")
        }
        None => format!("request {number}: {text}"),
    }
}

pub(in crate::analysis) fn reply(number: u64, request: u64, after: i64, text: &str) -> String {
    format!("reply {number}: {text} ({} after #{request})", latency(after))
}

pub(in crate::analysis) fn reply_unkept(number: u64, text: &str) -> String {
    format!("reply {number}: {text} (too many requests were under way to tell its time)")
}

pub(in crate::analysis) fn reply_unasked(text: &str) -> String {
    format!("a reply whose request is not in the capture: {text}")
}

/// `request 1 #14 "Hello" ↔ reply 1 #15 "World" (+2.1 ms)`.
pub(in crate::analysis) fn pair(
    (number, asked, question): (u64, u64, &str),
    answered: u64,
    answer: &str,
    after: i64,
) -> String {
    let after = latency(after);
    format!("request {number} #{asked} {question} ↔ reply {number} #{answered} {answer} ({after})")
}

fn form(form: Form, command: &str) -> String {
    match form {
        Form::Message => "a message, the form of ZMTP 3.0".to_owned(),
        Form::Command => format!("the command {command}, the form of ZMTP 3.1"),
    }
}

/// `SUB subscribes to "WAKTU" (the command SUBSCRIBE, the form of ZMTP 3.1)`.
pub(in crate::analysis) fn subscribes(who: &str, prefix: &[u8], by: Form, times: u64) -> String {
    let all = if prefix.is_empty() { ", which is everything," } else { "" };
    let mut text =
        format!("{who} subscribes to {}{all} ({})", quoted(prefix), form(by, "SUBSCRIBE"));
    if times > 1 {
        let _ = write!(text, "; it takes {times} cancellations now");
    }
    text
}

/// `left`: so many subscriptions to it remain; nothing if there was none.
pub(in crate::analysis) fn cancels(
    who: &str,
    prefix: &[u8],
    by: Form,
    left: Option<u64>,
) -> String {
    let mut text = format!("{who} cancels {} ({})", quoted(prefix), form(by, "CANCEL"));
    match left {
        Some(0) => {}
        Some(left) => {
            let _ = write!(text, "; {left} of the same remain");
        }
        None => text.push_str("; no such subscription was seen"),
    }
    text
}

/// `message 1 for "WAKTU": "WAKTU Sun …"`.
pub(in crate::analysis) fn delivered(
    number: u64,
    prefix: &[u8],
    text: &str,
    cancelled: Option<u64>,
) -> String {
    let mut say = format!("message {number} for {}: {text}", quoted(prefix));
    if let Some(frame) = cancelled {
        let _ = write!(say, ", still under way after the cancellation #{frame}");
    }
    say
}

pub(in crate::analysis) fn delivered_unasked(number: u64, text: &str, certain: bool) -> String {
    // [ZMTP-3.0-pubsub-01], [ZMTP-3.1-sub-01]
    let why = if certain { "; no subscription of this peer asks for it" } else { "" };
    format!("message {number}: {text}{why}")
}

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
