//! The words of an HTTP message's body: how long it is, and how far it has come.
//!
//! It knows one message. It does not know how it was found, nor what came before.

use super::http::numbered;
use super::noun::{self, count};
use crate::analysis::http::Message;
use crate::dissect::http::Framing;
use crate::lang::{Lang, say};

pub(super) fn none(lang: Lang) -> String {
    say!(lang, "no body", "tanpa body")
}

pub(super) fn broken(lang: Lang) -> String {
    say!(lang, "a length that nobody can read", "panjang yang tidak dapat dibaca")
}

/// What a body's length is, beside what the head says of it.
pub(in crate::analysis) fn length(lang: Lang, message: &Message, is_request: bool) -> String {
    let declared = message.declared.as_deref();
    let body = count(lang, message.body, noun::BYTES);
    let mut text = match (message.framing, declared) {
        (Framing::Length(0), _) => {
            say!(lang, "Content-Length 0, no body", "Content-Length 0, tanpa body")
        }
        (Framing::Length(length), _) if message.complete => {
            say!(lang, "Content-Length {length} = body", "Content-Length {length} = body")
        }
        (Framing::Length(length), _) if message.expects && message.body == 0 => say!(
            lang,
            "Content-Length {length}, whose body it did not send: it waited for 100",
            "Content-Length {length}, tetapi body-nya tidak dikirim: ia menunggu 100"
        ),
        (Framing::Length(length), _) => say!(
            lang,
            "Content-Length {length} ≠ body of {body}",
            "Content-Length {length} ≠ body {body}"
        ),
        (Framing::Nothing, Some(declared)) if !is_request => say!(
            lang,
            "Content-Length {declared} and no body: {why}",
            "Content-Length {declared} dan tanpa body: {why}",
            why = why_no_body(lang, message)
        ),
        (Framing::Nothing, None) if !is_request => {
            say!(lang, "no body: {why}", "tanpa body: {why}", why = why_no_body(lang, message))
        }
        (Framing::Nothing, _) => none(lang),
        (Framing::Chunked, _) => chunks(lang, message),
        (Framing::UntilClose, _) => say!(
            lang,
            "body of {body} without a length, up to the close",
            "body {body} tanpa panjang, sampai penutupan"
        ),
        (Framing::Tunnel, _) => say!(lang, "then another protocol", "lalu protokol lain"),
        (Framing::Broken, _) => broken(lang),
    };
    if message.missing > 0 {
        let missing = count(lang, message.missing, noun::BYTES);
        text.push_str(&say!(
            lang,
            " ({missing} of it not in the capture)",
            " ({missing} di antaranya tidak ada dalam tangkapan)"
        ));
    }
    text
}

/// `chunks 5 + 6 = 11 bytes`.
fn chunks(lang: Lang, message: &Message) -> String {
    let mut sizes: Vec<String> = message.sizes.iter().map(u64::to_string).collect();
    if message.chunks > sizes.len() as u64 {
        sizes.push("…".to_owned());
    }
    let (sizes, body) = (sizes.join(" + "), message.body);
    let mut text = match message.chunks {
        0 => say!(
            lang,
            "chunked: no chunk but the last, 0 bytes",
            "chunked: tidak ada chunk selain yang terakhir, 0 byte"
        ),
        1 => say!(
            lang,
            "chunked: 1 chunk of {bytes}",
            "chunked: 1 chunk berisi {bytes}",
            bytes = count(lang, body, noun::BYTES)
        ),
        n => say!(
            lang,
            "chunked: {n} chunks {sizes} = {body} bytes",
            "chunked: {n} chunk {sizes} = {body} byte"
        ),
    };
    if !message.complete {
        text.push_str(&say!(lang, ", the last chunk is missing", ", chunk terakhir tidak ada"));
    }
    if !message.trailers.is_empty() {
        let names = message.trailers.join(", ");
        text.push_str(&say!(lang, ", trailers {names}", ", trailer {names}"));
    }
    text
}

/// Why a response has no body, whatever its fields say. (RFC 9112 6.3)
fn why_no_body(lang: Lang, message: &Message) -> String {
    if message.answers == b"HEAD" {
        return say!(
            lang,
            "a response to HEAD has none (RFC 9110 9.3.2)",
            "balasan untuk HEAD tidak memilikinya (RFC 9110 9.3.2)"
        );
    }
    say!(
        lang,
        "a {status} has none (RFC 9112 6.3)",
        "{status} tidak memilikinya (RFC 9112 6.3)",
        status = message.status
    )
}

/// A body of which nothing is there yet.
pub(in crate::analysis) fn to_come(lang: Lang, message: &Message) -> Option<String> {
    Some(match message.framing {
        Framing::Length(length) => say!(
            lang,
            "its body of {bytes} is to come",
            "body-nya sepanjang {bytes} akan menyusul",
            bytes = count(lang, length, noun::BYTES)
        ),
        Framing::Chunked => {
            say!(lang, "its body is to come in chunks", "body-nya akan menyusul dalam chunk")
        }
        Framing::UntilClose => say!(
            lang,
            "its body ends with the connection (RFC 9112 6.3)",
            "body-nya berakhir bersama koneksi (RFC 9112 6.3)"
        ),
        Framing::Tunnel => say!(
            lang,
            "from here on the bytes are another protocol's",
            "mulai dari sini byte-nya milik protokol lain"
        ),
        Framing::Nothing | Framing::Broken => return None,
    })
}

/// How far a body has come, with so many bytes and chunk lines in this frame.
pub(in crate::analysis) fn progress(
    lang: Lang,
    message: &Message,
    is_request: bool,
    (bytes, chunks): (u64, u64),
) -> String {
    let whose = numbered(lang, message, is_request);
    let now = count(lang, bytes, noun::BYTES);
    let there = message.body;
    match message.framing {
        Framing::Length(length) => say!(
            lang,
            "body of {whose}: {there} of {bytes} are there",
            "body {whose}: {there} dari {bytes} sudah ada",
            bytes = count(lang, length, noun::BYTES)
        ),
        Framing::Chunked if chunks > 0 => say!(
            lang,
            "body of {whose} goes on: {chunks}, {now}; {there} so far",
            "body {whose} berlanjut: {chunks}, {now}; sejauh ini {there}",
            chunks = count(lang, chunks, noun::CHUNKS)
        ),
        _ => say!(
            lang,
            "body of {whose} goes on: {now}; {there} so far",
            "body {whose} berlanjut: {now}; sejauh ini {there}"
        ),
    }
}
