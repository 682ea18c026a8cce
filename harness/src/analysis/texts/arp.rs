//! The words of address resolution.
//!
//! It knows questions and answers. It does not know which belong together.

use super::frames;
use crate::analysis::arp::{Exchange, Meaning};
use crate::analysis::texts::noun;
use crate::dissect::Arp;
use crate::lang::{Lang, say};

/// To whom a question goes that goes to all.
pub(in crate::analysis) const BROADCAST: &str = "broadcast";

fn re_check(lang: Lang, question: &str) -> String {
    say!(
        lang,
        "ARP re-check of a known neighbour (cache ageing), not a new peer: {question}",
        "pemeriksaan ulang ARP atas tetangga yang sudah dikenal (cache menua), bukan peer baru: \
         {question}"
    )
}

fn asks(lang: Lang, asker: &str, target: &str) -> String {
    say!(lang, "{asker} asks who has {target}", "{asker} bertanya siapa pemilik {target}")
}

fn answers(lang: Lang, host: &str, mac: &str) -> String {
    say!(lang, "{host} answers {mac}", "{host} menjawab {mac}")
}

/// What a packet is, and what is to be said of it.
pub(in crate::analysis) fn packet(
    lang: Lang,
    meaning: Meaning,
    arp: &Arp,
    sender: &str,
) -> (String, String) {
    let (target, mac) = (arp.target.to_string(), arp.sender_mac.to_string());
    let question = asks(lang, sender, &target);
    let answer = answers(lang, sender, &mac);
    let request = say!(lang, "ARP request", "permintaan ARP");
    let reply = say!(lang, "ARP reply", "balasan ARP");
    match meaning {
        Meaning::Question => (request, question),
        Meaning::ReCheck => (request, re_check(lang, &question)),
        Meaning::Answer(_) => (reply, answer),
        Meaning::AnswerUnasked => {
            (reply, say!(lang, "{answer}, unasked", "{answer}, tanpa ditanya"))
        }
        Meaning::Announcement => (
            say!(lang, "ARP announcement", "pengumuman ARP"),
            say!(lang, "{sender} is at {mac}", "{sender} ada di {mac}"),
        ),
        Meaning::Probe => (
            say!(lang, "ARP probe", "probe ARP"),
            say!(lang, "is {target} free?", "apakah {target} belum dipakai?"),
        ),
        Meaning::Other(operation) => {
            (say!(lang, "ARP operation {operation}", "operasi ARP {operation}"), String::new())
        }
    }
}

/// A host has another hardware address than before.
pub(in crate::analysis) fn moved(lang: Lang, host: &str, before: &str) -> String {
    say!(
        lang,
        "{host} had the hardware address {before} before",
        "alamat perangkat keras {host} sebelumnya {before}"
    )
}

/// The line of the report on a question and its answer.
pub(in crate::analysis) fn block(
    lang: Lang,
    exchange: &Exchange,
    asker: &str,
    answerer: &str,
) -> String {
    let question = asks(lang, asker, &exchange.target.to_string());
    let answer = match exchange.answer {
        Some((_, mac)) => answers(lang, answerer, &mac.to_string()),
        None => say!(lang, "no answer in the capture", "tidak ada jawaban dalam tangkapan"),
    };
    let mut numbers = vec![exchange.request];
    numbers.extend(exchange.answer.map(|(frame, _)| frame));
    let numbers = frames(&numbers);
    let question =
        if exchange.re_check { re_check(lang, &question) } else { format!("ARP  {question}") };
    format!("{question}; {answer} ({numbers})")
}

/// Questions beyond those that are listed.
pub(in crate::analysis) fn unlisted(lang: Lang, questions: u64) -> String {
    super::unlisted(lang, questions, noun::ARP_QUESTIONS)
}
