//! The words of requests and responses, and of data that nobody here can read.
//!
//! It knows numbers of exchanges. It does not know what a request is.

use super::noun::{self, count};
use super::{frames, latency, preview};
use crate::lang::{Lang, say};

/// What `overview` speaks of.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Counts {
    pub(in crate::analysis) requests: u64,
    pub(in crate::analysis) responses: u64,
    /// The most requests that were under way together.
    pub(in crate::analysis) most_in_flight: usize,
    /// How often the server spoke before it was asked.
    pub(in crate::analysis) unasked: u64,
    /// Requests without a response at the end.
    pub(in crate::analysis) open: u64,
}

/// One side of a pair: the frames, the length, and the first bytes.
pub(in crate::analysis) fn message(carriers: &[u64], len: u64, kept: &[u8]) -> String {
    format!("{} {len} B {}", frames(carriers), preview(kept, len))
}

/// A request with its response.
pub(in crate::analysis) fn pair(
    lang: Lang,
    n: u64,
    request: &str,
    response: &str,
    gap_ns: i64,
) -> String {
    say!(
        lang,
        "request {n} {request} ↔ response {n} {response} ({after})",
        "permintaan {n} {request} ↔ balasan {n} {response} ({after})",
        after = latency(gap_ns)
    )
}

pub(in crate::analysis) fn request(lang: Lang, n: u64) -> String {
    say!(lang, "request {n}", "permintaan {n}")
}

/// A request sent before the response to an earlier one.
pub(in crate::analysis) fn request_before(lang: Lang, n: u64, unanswered: u64) -> String {
    say!(
        lang,
        "request {n}, sent before response {unanswered}",
        "permintaan {n}, dikirim sebelum balasan {unanswered}"
    )
}

pub(in crate::analysis) fn response(lang: Lang, n: u64, gap_ns: i64) -> String {
    say!(lang, "response {n} ({after})", "balasan {n} ({after})", after = latency(gap_ns))
}

/// The response to a request that was let go, because too many were under way.
pub(in crate::analysis) fn response_unkept(lang: Lang, n: u64) -> String {
    say!(lang, "response {n}{why}", "balasan {n}{why}", why = unkept(lang))
}

/// Behind a response whose request was let go.
pub(super) fn unkept(lang: Lang) -> String {
    say!(
        lang,
        " (too many requests were under way to keep this one's)",
        " (terlalu banyak permintaan menunggu sehingga permintaannya tidak disimpan)"
    )
}

/// More bytes of a request.
pub(in crate::analysis) fn request_continues(lang: Lang, n: u64) -> String {
    say!(lang, "request {n} continues", "permintaan {n} berlanjut")
}

/// More bytes of a response.
pub(in crate::analysis) fn response_continues(lang: Lang, n: u64) -> String {
    say!(lang, "response {n} continues", "balasan {n} berlanjut")
}

/// The server speaks though nobody is seen to have asked.
pub(in crate::analysis) fn unasked(lang: Lang, from_start: bool) -> String {
    if from_start {
        say!(lang, "the server speaks first", "server berbicara lebih dulu")
    } else {
        say!(
            lang,
            "answers a request from before the capture",
            "membalas permintaan dari sebelum tangkapan"
        )
    }
}

/// All exchanges of a connection in a line.
pub(in crate::analysis) fn overview(lang: Lang, counts: Counts) -> String {
    let requests = count(lang, counts.requests, noun::REQUESTS);
    let responses = count(lang, counts.responses, noun::RESPONSES);
    let exchanges = count(lang, counts.responses, noun::EXCHANGES);
    let mut text = say!(
        lang,
        "{exchanges} on one connection: {requests}, {responses}",
        "{exchanges} dalam satu koneksi: {requests}, {responses}"
    );
    if counts.most_in_flight > 1 {
        let most = counts.most_in_flight;
        text.push_str(&say!(
            lang,
            "; client does not wait: up to {most} requests under way",
            "; klien tidak menunggu: sampai {most} permintaan berjalan sekaligus"
        ));
    } else if counts.responses > 1 {
        text.push_str(&say!(
            lang,
            "; client waits for each reply",
            "; klien menunggu setiap balasan"
        ));
    }
    if counts.unasked > 0 {
        let times = count(lang, counts.unasked, noun::TIMES);
        text.push_str(&say!(
            lang,
            "; the server spoke first ({times})",
            "; server berbicara lebih dulu ({times})"
        ));
    }
    if counts.open > 0 {
        let open = count(lang, counts.open, noun::REQUESTS);
        text.push_str(&say!(lang, "; {open} without a response", "; {open} tanpa balasan"));
    }
    text
}

/// Exchanges beyond those that are listed.
pub(in crate::analysis) fn unlisted(lang: Lang, exchanges: u64) -> String {
    super::unlisted(lang, exchanges, noun::EXCHANGES)
}

/// The client's farewell came over the wire.
pub(in crate::analysis) fn goodbye_sent(lang: Lang, frame: u64) -> String {
    say!(lang, "bye sent in #{frame}", "bye dikirim di #{frame}")
}

/// The client's farewell was a FIN alone.
pub(in crate::analysis) fn goodbye_not_sent(lang: Lang, fin: u64) -> String {
    say!(
        lang,
        "bye not sent: the client closed (#{fin}) without it on the wire",
        "bye tidak dikirim: klien menutup (#{fin}) tanpa mengirimkannya"
    )
}

/// What the responses make of the protocol: `Echo: ` and the request.
pub(in crate::analysis) fn echo_prefixed(lang: Lang) -> String {
    say!(lang, "TCP echo (\"Echo: \" + text)", "echo TCP (\"Echo: \" + teks)")
}

/// The request itself.
pub(in crate::analysis) fn echo_plain(lang: Lang) -> String {
    say!(lang, "TCP echo (the same bytes)", "echo TCP (byte yang sama)")
}

/// Something else.
pub(in crate::analysis) fn plain_text(lang: Lang) -> String {
    say!(lang, "plain text", "teks biasa")
}

pub(in crate::analysis) fn not_recognised(lang: Lang) -> String {
    say!(lang, "application protocol not recognised", "protokol aplikasi tidak dikenali")
}

/// Bytes that nobody here can read.
pub(in crate::analysis) fn data(lang: Lang, len: u64) -> String {
    say!(lang, "data, {bytes}", "data, {bytes}", bytes = count(lang, len, noun::BYTES))
}

/// Bytes that are not in the capture, before some that are.
pub(in crate::analysis) fn gap(lang: Lang, len: u64) -> String {
    say!(
        lang,
        "{bytes} before it are not in the capture",
        "{bytes} sebelumnya tidak ada dalam tangkapan",
        bytes = count(lang, len, noun::BYTES)
    )
}

/// What each side sent that nobody here can read: bytes, in so many segments.
pub(in crate::analysis) fn sent(lang: Lang, sides: [(&str, u64, u64); 2]) -> String {
    let [client, server] = sides.map(|(name, bytes, parts)| {
        let bytes = count(lang, bytes, noun::BYTES);
        let parts = count(lang, parts, noun::SEGMENTS);
        say!(lang, "{name} sent {bytes} in {parts}", "{name} mengirim {bytes} dalam {parts}")
    });
    say!(lang, "data: {client}, {server}", "data: {client}, {server}")
}
