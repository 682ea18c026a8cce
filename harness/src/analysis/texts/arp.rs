//! The words of address resolution.
//!
//! It knows questions and answers. It does not know which belong together.

use super::{count, frames};
use crate::analysis::arp::{Exchange, Meaning};
use crate::dissect::Arp;

const RE_CHECK: &str = "ARP re-check of a known neighbour (cache ageing), not a new peer";
/// To whom a question goes that goes to all.
pub(in crate::analysis) const BROADCAST: &str = "broadcast";

fn asks(asker: &str, target: &str) -> String {
    format!("{asker} asks who has {target}")
}

fn answers(host: &str, mac: &str) -> String {
    format!("{host} answers {mac}")
}

/// What a packet is, and what is to be said of it.
pub(in crate::analysis) fn packet(meaning: Meaning, arp: &Arp, sender: &str) -> (String, String) {
    let question = asks(sender, &arp.target.to_string());
    let answer = answers(sender, &arp.sender_mac.to_string());
    let (what, say) = match meaning {
        Meaning::Question => ("ARP request", question),
        Meaning::ReCheck => ("ARP request", format!("{RE_CHECK}: {question}")),
        Meaning::Answer(_) => ("ARP reply", answer),
        Meaning::AnswerUnasked => ("ARP reply", format!("{answer}, unasked")),
        Meaning::Announcement => ("ARP announcement", format!("{sender} is at {}", arp.sender_mac)),
        Meaning::Probe => ("ARP probe", format!("is {} free?", arp.target)),
        Meaning::Other(operation) => return (format!("ARP operation {operation}"), String::new()),
    };
    (what.to_owned(), say)
}

/// A host has another hardware address than before.
pub(in crate::analysis) fn moved(host: &str, before: &str) -> String {
    format!("{host} had the hardware address {before} before")
}

/// The line of the report on a question and its answer.
pub(in crate::analysis) fn block(exchange: &Exchange, asker: &str, answerer: &str) -> String {
    let question = asks(asker, &exchange.target.to_string());
    let answer = match exchange.answer {
        Some((_, mac)) => answers(answerer, &mac.to_string()),
        None => "no answer in the capture".to_owned(),
    };
    let mut numbers = vec![exchange.request];
    numbers.extend(exchange.answer.map(|(frame, _)| frame));
    let numbers = frames(&numbers);
    if exchange.re_check {
        format!("{RE_CHECK}: {question}; {answer} ({numbers})")
    } else {
        format!("ARP  {question}; {answer} ({numbers})")
    }
}

/// Questions beyond those that are listed.
pub(in crate::analysis) fn unlisted(exchanges: u64) -> String {
    format!("{} not listed", count(exchanges, "more ARP question is", "more ARP questions are"))
}
