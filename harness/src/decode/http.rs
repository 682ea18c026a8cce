//! `wirelab decode http`: requests and responses one after another.
//!
//! Where both are given, a response answers the first request that has none yet, as on a
//! connection; of a response that stands alone nobody knows whether it is one to HEAD.

use serde_json::json;
use std::collections::VecDeque;
use std::io::{self, Write};

use super::{Sender, heading, wrong};
use crate::analysis::texts::http as texts;
use crate::dissect::Layer;
use crate::dissect::http::{Flaw, Message, Start, message};
use crate::explain::{dump, json};
use crate::lang::{Lang, both, say};
use crate::output::{Output, json_line};

/// Tells message after message; returns what to complain of.
pub(super) fn messages<W: Write>(
    bytes: &[u8],
    from: Option<Sender>,
    output: &Output,
    out: &mut W,
) -> io::Result<Option<String>> {
    let (mut at, mut number) = (0, 0);
    let mut outcome = None;
    let mut asked: VecDeque<Vec<u8>> = VecDeque::new();
    while at < bytes.len() {
        let rest = &bytes[at..];
        let answered = asked.front().map(Vec::as_slice);
        let mut seen = message(rest, answered, true);
        seen.flaws.extend(from.and_then(|from| wrong_side(&seen, from)));
        number += 1;
        tell(&seen, rest, (number, at), output, out)?;
        if let Some(flaw) = seen.flaws.first() {
            let (place, text) = (at + flaw.off, flaw.text(Lang::En));
            outcome.get_or_insert(format!("message {number}, byte {place}: {text}"));
        } else if seen.cut {
            outcome.get_or_insert(incomplete(&seen, number));
        }
        at += seen.len;
        match &seen.head.start {
            Start::Request { method, .. } => asked.push_back(method.clone()),
            // [9110-15.2-02] Behind an interim one the final one is still to come.
            Start::Response { status: 100 | 102..=199, .. } | Start::Missing => {}
            // [9112-9.2-01]
            Start::Response { .. } => drop(asked.pop_front()),
        }
        if seen.lost {
            let left = bytes.len() - at;
            outcome.get_or_insert(format!("message {number} has no end"));
            if left > 0 && !output.json {
                let text = say!(
                    output.lang,
                    "{left} bytes follow, and nobody can say what they are",
                    "{left} byte menyusul, dan tidak dapat diketahui apa isinya"
                );
                writeln!(out, "{text}")?;
            }
            break;
        }
    }
    if number == 0 {
        outcome = Some("no bytes, no message".to_owned());
    }
    Ok(outcome)
}

fn incomplete(seen: &Message, number: u64) -> String {
    let what = match seen.missing {
        _ if seen.head.cut => "the end of its head is not there".to_owned(),
        Some(missing) => format!("bytes of its body to come: {missing}"),
        None => "its last chunk is not there".to_owned(),
    };
    format!("message {number} is not complete: {what}")
}

fn wrong_side(seen: &Message, from: Sender) -> Option<Flaw> {
    let (only, what) = match seen.head.start {
        Start::Request { .. } => (
            Sender::Client,
            both!("only a client sends requests", "hanya klien yang mengirim permintaan"),
        ),
        Start::Response { .. } => (
            Sender::Server,
            both!("only a server sends responses", "hanya server yang mengirim balasan"),
        ),
        Start::Missing => return None,
    };
    let clause = "(RFC 9112 2.1)";
    (only != from).then_some(Flaw { off: 0, what, clause })
}

fn tell<W: Write>(
    seen: &Message,
    rest: &[u8],
    (number, at): (u64, usize),
    output: &Output,
    out: &mut W,
) -> io::Result<()> {
    let there = &rest[..seen.len];
    let say = texts::decoded(output.lang, seen);
    let mut fields = seen.fields.clone();
    for field in &mut fields {
        field.off += at;
    }
    if output.json {
        let layer = Layer { proto: "http", off: at, len: there.len(), fields };
        let flaw = |flaw: &Flaw| json!({"off": at + flaw.off, "text": flaw.text(output.lang)});
        let notes: Vec<_> = seen.flaws.iter().map(flaw).collect();
        let kind = match seen.head.start {
            Start::Missing => "message",
            Start::Request { .. } => "request",
            Start::Response { .. } => "response",
        };
        return json_line(
            out,
            &json!({
                "v": json::VERSION,
                "kind": "packet",
                "n": number,
                "type": kind,
                "off": at,
                "len": seen.len as u64 + seen.missing.unwrap_or(0),
                "complete": !seen.cut && !seen.lost,
                "layers": [json::layer(&layer)],
                "say": say,
                "notes": notes,
            }),
        );
    }
    heading(&say, (at, there.len(), there.len()), output, out)?;
    dump::fields(out, output.lang, &fields, "  ")?;
    dump::bytes(out, there, at, "  ")?;
    wrong(&seen.flaws, at, output, out)
}
