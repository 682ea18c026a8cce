//! The words of what ZMTP's greetings, commands and messages mean to each other on one connection.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;

use super::zmtp::{quoted, version};
use super::{count, latency};
use crate::analysis::records::At;
use crate::analysis::zmtp::{Counts, Form};
use crate::output::escape;

pub(in crate::analysis) const SAME_PART: &str = "as-server is the same on both sides of PLAIN, \
     as libzmq has it: HELLO shows the client [PLAIN-02]";
pub(in crate::analysis) const COMMAND_TO_3_0: &str =
    "a command to a peer of ZMTP 3.0, which wants a message [ZMTP-3.1-sub-06]";
pub(in crate::analysis) const NO_DELIMITER: &str =
    "no empty delimiter and body, as a request has [REQ-fmt-01]";

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
