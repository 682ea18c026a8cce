//! The words of what ZMTP's greetings, commands and messages mean to each other on one connection.
//!
//! It knows sentences. It does not know how anything was found out.

use super::latency;
use super::noun::{self, count};
use super::zmtp::{quoted, version};
use crate::analysis::zmtp::{Counts, Form};
use crate::lang::{Lang, say};

/// A part of a frame.
pub(in crate::analysis) fn part(
    lang: Lang,
    kind: &str,
    there: usize,
    of: Option<usize>,
    begins: bool,
) -> String {
    let verb = super::begins(lang, begins);
    match of {
        Some(of) => say!(
            lang,
            "{kind} {verb}: {there} of {of} bytes are there",
            "{kind} {verb}: {there} dari {of} byte sudah ada"
        ),
        None => say!(
            lang,
            "{kind} {verb}: its size is not whole yet",
            "{kind} {verb}: ukurannya belum lengkap"
        ),
    }
}

/// The last part of a unit.
pub(in crate::analysis) fn complete(lang: Lang, say: &str, len: usize, first: u64) -> String {
    format!("{say}; {}", super::complete(lang, len, first))
}

pub(in crate::analysis) fn goes_on(lang: Lang, frames: u64) -> String {
    say!(
        lang,
        "a message of which more follows: {frames} so far",
        "pesan yang masih berlanjut: sejauh ini {frames}",
        frames = count(lang, frames, noun::FRAMES)
    )
}

pub(in crate::analysis) fn lost(lang: Lang, len: u64, endless: bool) -> String {
    if endless {
        return say!(
            lang,
            "{bytes} from a frame on that announces 2^63 bytes or more",
            "{bytes} mulai dari frame yang mengumumkan 2^63 byte atau lebih",
            bytes = count(lang, len, noun::BYTES)
        );
    }
    say!(
        lang,
        "{bytes} of frames whose beginning is not in the capture",
        "{bytes} dari frame yang awalnya tidak ada dalam tangkapan",
        bytes = count(lang, len, noun::BYTES)
    )
}

pub(in crate::analysis) fn older(lang: Lang, len: u64, major: u8) -> String {
    say!(
        lang,
        "{bytes} of ZMTP {version}, which is not read here",
        "{bytes} dari ZMTP {version}, yang tidak dibaca di sini",
        bytes = count(lang, len, noun::BYTES),
        version = version((major, 0))
    )
}

pub(in crate::analysis) fn no_greeting(lang: Lang, len: u64) -> String {
    say!(
        lang,
        "{bytes} that begin with no greeting: this side speaks ZMTP 1.0, or something else",
        "{bytes} yang tidak diawali greeting: sisi ini memakai ZMTP 1.0, atau protokol lain",
        bytes = count(lang, len, noun::BYTES)
    )
}

pub(in crate::analysis) fn more_units(lang: Lang, more: usize) -> String {
    say!(lang, "and {more} more", "dan {more} lainnya")
}

/// `one segment carries a command and a message: TCP keeps no message borders`.
pub(in crate::analysis) fn share_a_segment(lang: Lang, counts: &Counts) -> Option<String> {
    let several = |n: usize, one: String, noun| match n {
        0 => None,
        1 => Some(one),
        n => Some(count(lang, n as u64, noun)),
    };
    let greeting = say!(lang, "the end of the greeting", "akhir greeting");
    let command = say!(lang, "a command", "satu perintah");
    let message = say!(lang, "a message", "satu pesan");
    let parts: Vec<String> = [
        several(counts.greetings, greeting, noun::GREETINGS),
        several(counts.commands, command, noun::COMMANDS),
        several(counts.messages, message, noun::MESSAGES),
    ]
    .into_iter()
    .flatten()
    .collect();
    let units = counts.greetings + counts.commands + counts.messages;
    let what = parts.join(&say!(lang, " and ", " dan "));
    (units > 1).then(|| {
        say!(
            lang,
            "one segment carries {what}: TCP keeps no message borders",
            "satu segmen membawa {what}: TCP tidak menjaga batas pesan"
        )
    })
}

/// A line of the report on something that was said of a frame.
pub(in crate::analysis) fn in_frame(say: &str, frame: u64) -> String {
    format!("{say} (#{frame})")
}

pub(in crate::analysis) fn pong_unasked(lang: Lang, say: &str) -> String {
    say!(
        lang,
        "{say}; no PING in the capture has its context",
        "{say}; tidak ada PING dalam tangkapan dengan context ini"
    )
}

pub(in crate::analysis) fn fatal(lang: Lang, say: &str) -> String {
    // [ZMTP-3.0-error-01]
    say!(
        lang,
        "{say}: the handshake has failed, the connection ends",
        "{say}: jabat tangan gagal, koneksi berakhir"
    )
}

pub(in crate::analysis) fn early(lang: Lang) -> String {
    say!(
        lang,
        "; before the other side's READY: ZMTP 3.0 lets it, 3.1 waits {clause}",
        "; sebelum READY dari sisi lain: ZMTP 3.0 membolehkannya, 3.1 menunggu {clause}",
        clause = "[ZMTP-3.1-null-05]"
    )
}

/// `message 1 PUSH→PULL: 80 04 4b 03 2e (Python pickle, int 3)`.
pub(in crate::analysis) fn message(
    lang: Lang,
    number: u64,
    way: Option<[&str; 2]>,
    text: &str,
) -> String {
    match way {
        Some([from, to]) => {
            say!(lang, "message {number} {from}→{to}: {text}", "pesan {number} {from}→{to}: {text}")
        }
        None => say!(lang, "message {number}: {text}", "pesan {number}: {text}"),
    }
}

/// `request 1: empty delimiter MORE | "Hello"`.
pub(in crate::analysis) fn request(
    lang: Lang,
    number: u64,
    text: &str,
    before: Option<(u64, u64)>,
) -> String {
    match before {
        Some((other, frame)) => say!(
            lang,
            "request {number}: {text}, sent before reply {other} (request #{frame})",
            "permintaan {number}: {text}, dikirim sebelum balasan {other} (permintaan #{frame})"
        ),
        None => say!(lang, "request {number}: {text}", "permintaan {number}: {text}"),
    }
}

pub(in crate::analysis) fn reply(
    lang: Lang,
    number: u64,
    request: u64,
    after: i64,
    text: &str,
) -> String {
    say!(
        lang,
        "reply {number}: {text} ({after} after #{request})",
        "balasan {number}: {text} ({after} setelah #{request})",
        after = latency(after)
    )
}

pub(in crate::analysis) fn reply_unkept(lang: Lang, number: u64, text: &str) -> String {
    say!(
        lang,
        "reply {number}: {text} (too many requests were under way to tell its time)",
        "balasan {number}: {text} (terlalu banyak permintaan menunggu sehingga waktunya tidak \
         diketahui)"
    )
}

pub(in crate::analysis) fn reply_unasked(lang: Lang, text: &str) -> String {
    say!(
        lang,
        "a reply whose request is not in the capture: {text}",
        "balasan yang permintaannya tidak ada dalam tangkapan: {text}"
    )
}

/// `request 1 #14 "Hello" ↔ reply 1 #15 "World" (+2.1 ms)`.
pub(in crate::analysis) fn pair(
    lang: Lang,
    (number, asked, question): (u64, u64, &str),
    answered: u64,
    answer: &str,
    after: i64,
) -> String {
    say!(
        lang,
        "request {number} #{asked} {question} ↔ reply {number} #{answered} {answer} ({after})",
        "permintaan {number} #{asked} {question} ↔ balasan {number} #{answered} {answer} ({after})",
        after = latency(after)
    )
}

fn form(lang: Lang, form: Form, command: &str) -> String {
    match form {
        Form::Message => {
            say!(lang, "a message, the form of ZMTP 3.0", "berupa pesan, bentuk ZMTP 3.0")
        }
        Form::Command => say!(
            lang,
            "the command {command}, the form of ZMTP 3.1",
            "berupa perintah {command}, bentuk ZMTP 3.1"
        ),
    }
}

/// `SUB subscribes to "WAKTU" (the command SUBSCRIBE, the form of ZMTP 3.1)`.
pub(in crate::analysis) fn subscribes(
    lang: Lang,
    who: &str,
    prefix: &[u8],
    by: Form,
    times: u64,
) -> String {
    let form = form(lang, by, "SUBSCRIBE");
    let mut text = if prefix.is_empty() {
        say!(
            lang,
            "{who} subscribes to \"\", which is everything, ({form})",
            "{who} berlangganan \"\", yaitu semuanya, ({form})"
        )
    } else {
        let prefix = quoted(prefix);
        say!(lang, "{who} subscribes to {prefix} ({form})", "{who} berlangganan {prefix} ({form})")
    };
    if times > 1 {
        text.push_str(&say!(
            lang,
            "; it takes {times} cancellations now",
            "; kini perlu {times} pembatalan"
        ));
    }
    text
}

/// `left`: so many subscriptions to it remain; nothing if there was none.
pub(in crate::analysis) fn cancels(
    lang: Lang,
    who: &str,
    prefix: &[u8],
    by: Form,
    left: Option<u64>,
) -> String {
    let (prefix, form) = (quoted(prefix), form(lang, by, "CANCEL"));
    let mut text =
        say!(lang, "{who} cancels {prefix} ({form})", "{who} membatalkan {prefix} ({form})");
    match left {
        Some(0) => {}
        Some(left) => text.push_str(&say!(
            lang,
            "; {left} of the same remain",
            "; masih tersisa {left} yang sama"
        )),
        None => text.push_str(&say!(
            lang,
            "; no such subscription was seen",
            "; langganan seperti itu tidak terlihat"
        )),
    }
    text
}

/// `message 1 for "WAKTU": "WAKTU Sun …"`.
pub(in crate::analysis) fn delivered(
    lang: Lang,
    number: u64,
    prefix: &[u8],
    text: &str,
    cancelled: Option<u64>,
) -> String {
    let prefix = quoted(prefix);
    let mut say = say!(
        lang,
        "message {number} for {prefix}: {text}",
        "pesan {number} untuk {prefix}: {text}"
    );
    if let Some(frame) = cancelled {
        say.push_str(&say!(
            lang,
            ", still under way after the cancellation #{frame}",
            ", masih dalam perjalanan setelah pembatalan #{frame}"
        ));
    }
    say
}

pub(in crate::analysis) fn delivered_unasked(
    lang: Lang,
    number: u64,
    text: &str,
    certain: bool,
) -> String {
    let mut say = message(lang, number, None, text);
    if certain {
        // [ZMTP-3.0-pubsub-01], [ZMTP-3.1-sub-01]
        say.push_str(&say!(
            lang,
            "; no subscription of this peer asks for it",
            "; tidak ada langganan peer ini yang memintanya"
        ));
    }
    say
}
