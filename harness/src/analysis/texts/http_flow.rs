//! The words of what HTTP's messages mean to each other on one connection: pairs, violations; and
//! of a server over all its connections.
//!
//! It knows sentences. It does not know how anything was found out. Closes are in `http_close`.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::exchanges::unkept as no_request_kept;
use super::http::{names, numbered, version};
use super::http_body::length;
use super::noun::{self, count};
use super::{Listed, Rule, frames, latency, preview};
use crate::analysis::http::{Connection, Exchange, Message, Server};
use crate::dissect::http::Head;
use crate::lang::{Lang, say};

pub(in crate::analysis) const AFTER_CLOSE: Rule = Rule::new(
    "nothing comes after a message with Connection: close",
    "tidak ada yang boleh menyusul pesan dengan Connection: close",
    "[9112-9.6-02]",
);
pub(in crate::analysis) const UNASKED: Rule = Rule::new(
    "a response without a request that it could answer",
    "balasan tanpa permintaan yang dapat dibalasnya",
    "[9112-9.2-02]",
);
pub(in crate::analysis) const INTERIM_TO_1_0: Rule = Rule::new(
    "an interim response to a client of HTTP/1.0",
    "balasan interim kepada klien HTTP/1.0",
    "[9110-15.2-01]",
);
pub(in crate::analysis) const CODING_TO_1_0: Rule = Rule::new(
    "Transfer-Encoding to a client of HTTP/1.0",
    "Transfer-Encoding kepada klien HTTP/1.0",
    "[9112-6.1-09]",
);
pub(in crate::analysis) const LENGTH_OF_TUNNEL: Rule = Rule::new(
    "a length in the answer that opens a tunnel",
    "ada panjang dalam balasan yang membuka tunnel",
    "[9112-6.1-06], [9110-8.6-06]",
);
pub(in crate::analysis) const BODY_TO_HEAD: Rule = Rule::new(
    "bytes behind a response to HEAD, which has no body",
    "ada byte setelah balasan untuk HEAD, yang tidak memiliki body",
    "[9110-9.3.2-01]",
);
pub(in crate::analysis) const BEYOND_THE_BODY: Rule = Rule::new(
    "bytes behind the end of a response, which are none",
    "ada byte setelah akhir balasan, yang bukan milik balasan mana pun",
    "[9112-6.3-18]",
);

pub(in crate::analysis) fn broken_request(lang: Lang) -> String {
    say!(
        lang,
        "; nobody can say where it ends: 400 and close (RFC 9112 6.3)",
        "; akhirnya tidak dapat diketahui: 400 lalu tutup (RFC 9112 6.3)"
    )
}

pub(in crate::analysis) fn violation(lang: Lang, what: &str, refs: &[u64]) -> String {
    say!(
        lang,
        "protocol violation: {frames}: {what}",
        "pelanggaran protokol: {frames}: {what}",
        frames = frames(refs)
    )
}

pub(in crate::analysis) fn more_violations(lang: Lang, more: u64) -> String {
    super::unlisted(lang, more, noun::VIOLATIONS)
}

/// The protocol's name in the report.
pub(in crate::analysis) fn name(lang: Lang, connection: &Connection) -> String {
    let mut text = match connection.version {
        None => "HTTP".to_owned(),
        known => version(lang, known),
    };
    if let Some((_, protocol)) = &connection.tunnel {
        text.push_str(&match protocol.as_str() {
            "CONNECT" => say!(lang, ", then a tunnel", ", lalu tunnel"),
            other => say!(lang, ", then {other}", ", lalu {other}"),
        });
    }
    text
}

/// A request's head; `before` is the first that has no response yet.
pub(in crate::analysis) fn request(
    lang: Lang,
    message: &Message,
    head: &Head,
    before: Option<u64>,
) -> String {
    let mut text = match before {
        Some(before) => super::exchanges::request_before(lang, message.number, before),
        None => super::exchanges::request(lang, message.number),
    };
    let _ = write!(text, ": {}; {}", message.line, names(lang, head));
    if message.expects {
        text.push_str(&say!(
            lang,
            "; waits for 100 before its body (RFC 9110 10.1.1)",
            "; menunggu 100 sebelum body-nya (RFC 9110 10.1.1)"
        ));
    }
    if message.says_close {
        text.push_str(SAYS_CLOSE);
    }
    text
}

const SAYS_CLOSE: &str = "; Connection: close";

/// A response's head. `unkept`: its request was let go, because too many were under way.
pub(in crate::analysis) fn response(
    lang: Lang,
    exchange: &Exchange,
    head: &Head,
    unkept: bool,
    from_start: bool,
) -> String {
    let message = &exchange.response;
    let mut text = if message.is_interim() {
        say!(lang, "interim response", "balasan interim")
    } else {
        say!(lang, "response", "balasan")
    };
    if message.number > 0 {
        let _ = write!(text, " {}", message.number);
    }
    text.push_str(&match (&exchange.request, exchange.latency_ns()) {
        (Some(request), Some(after)) => say!(
            lang,
            " to #{frame} ({after})",
            " untuk #{frame} ({after})",
            frame = request.first_frame(),
            after = latency(after)
        ),
        _ if unkept => no_request_kept(lang),
        _ if from_start => String::new(),
        _ => say!(
            lang,
            " to a request from before the capture",
            " untuk permintaan dari sebelum tangkapan"
        ),
    });
    let _ = write!(text, ": {}{}; {}", message.line, details(message), names(lang, head));
    if message.says_close {
        text.push_str(SAYS_CLOSE);
    }
    text
}

/// What of a response's fields says most.
fn details(message: &Message) -> String {
    let mut text = String::new();
    if let Some(kind) = &message.content_type {
        let _ = write!(text, ", {kind}");
    }
    if let Some(allow) = &message.allow {
        let _ = write!(text, ", Allow: {allow}");
    }
    if let Some(location) = &message.location {
        let _ = write!(text, ", Location: {location}");
    }
    if let Some(upgrade) = message.upgrade.as_ref().filter(|_| message.status == 101) {
        let _ = write!(text, ", Upgrade: {upgrade}");
    }
    text
}

/// All exchanges of a connection in a line.
pub(in crate::analysis) fn overview(lang: Lang, connection: &Connection, open: u64) -> String {
    let requests = count(lang, connection.requests, noun::REQUESTS);
    let responses = count(lang, connection.responses, noun::RESPONSES);
    let mut text = say!(
        lang,
        "{requests}, {responses} on this connection",
        "{requests}, {responses} dalam koneksi ini"
    );
    if connection.most_in_flight > 1 {
        let most = connection.most_in_flight;
        text.push_str(&say!(
            lang,
            "; pipelined: up to {most} requests under way, answered in order (RFC 9112 9.3.2)",
            "; pipelining: sampai {most} permintaan berjalan sekaligus, dibalas berurutan \
             (RFC 9112 9.3.2)"
        ));
    } else if connection.responses > 1 {
        text.push_str(&say!(
            lang,
            "; client waits for each response",
            "; klien menunggu setiap balasan"
        ));
    }
    if connection.measured > 1 {
        let mean = latency(connection.latency_ns / connection.measured.cast_signed());
        text.push_str(&say!(lang, "; latency {mean} on average", "; latensi rata-rata {mean}"));
    }
    if connection.unasked > 0 {
        let responses = count(lang, connection.unasked, noun::RESPONSES);
        text.push_str(&say!(
            lang,
            "; {responses} without a request in the capture",
            "; {responses} tanpa permintaan dalam tangkapan"
        ));
    }
    if open > 0 {
        let open = count(lang, open, noun::REQUESTS);
        text.push_str(&say!(lang, "; {open} without a response", "; {open} tanpa balasan"));
    }
    text
}

/// `request 1 #6: GET /add, query a=5 b=9, HTTP/1.1, no body`.
fn whole_request(lang: Lang, request: &Message) -> String {
    say!(
        lang,
        "request {number} {carriers}: {line}, {body}",
        "permintaan {number} {carriers}: {line}, {body}",
        number = request.number,
        carriers = request.frames.text(lang),
        line = request.line,
        body = body(lang, request, true)
    )
}

/// A request with its response.
pub(in crate::analysis) fn exchange(lang: Lang, exchange: &Exchange) -> String {
    let response = &exchange.response;
    let mut text = match &exchange.request {
        Some(request) => whole_request(lang, request),
        None => say!(
            lang,
            "a request that is not in the capture",
            "permintaan yang tidak ada dalam tangkapan"
        ),
    };
    for (frame, status) in &exchange.interim {
        text.push_str(&say!(lang, " ↔ interim {status} #{frame}", " ↔ interim {status} #{frame}"));
    }
    let carriers = response.frames.text(lang);
    let numbered = numbered(lang, response, false);
    let _ = write!(text, " ↔ {numbered} {carriers}: {}", response.line);
    let _ = write!(text, "{}, {}", details(response), body(lang, response, false));
    if let Some(after) = exchange.latency_ns() {
        let _ = write!(text, " ({})", latency(after));
    }
    if response.complete && response.frames.count > 1 {
        let last = response.frames.frames.last().filter(|_| !more_than_listed(&response.frames));
        if let Some(last) = last {
            text.push_str(&say!(
                lang,
                "; message completes in #{last}",
                "; pesan lengkap di #{last}"
            ));
        }
    }
    text
}

/// Are some of the frames only counted?
fn more_than_listed(frames: &Listed) -> bool {
    frames.count > frames.frames.len() as u64
}

/// A body with its length, and its first bytes.
fn body(lang: Lang, message: &Message, is_request: bool) -> String {
    let length = length(lang, message, is_request);
    match message.body {
        0 => length,
        body => format!("{length} {}", preview(&message.preview, body)),
    }
}

pub(in crate::analysis) fn unlisted(lang: Lang, exchanges: u64) -> String {
    super::unlisted(lang, exchanges, noun::EXCHANGES)
}

pub(in crate::analysis) fn unanswered(lang: Lang, request: &Message) -> String {
    let request = whole_request(lang, request);
    say!(lang, "{request} ↔ no response", "{request} ↔ tanpa balasan")
}

/// One server, over all connections; `range` is of the frames that a connection took.
pub(in crate::analysis) fn server(
    lang: Lang,
    name: &str,
    address: SocketAddr,
    server: &Server,
    range: Option<(u64, u64)>,
) -> String {
    let requests = count(lang, server.requests, noun::REQUESTS);
    let connections = count(lang, server.connections, noun::CONNECTIONS);
    let address = address.to_string();
    let who = if name == address { address } else { format!("{name} {address}") };
    let mut text = say!(
        lang,
        "HTTP to {who}: {requests} on {connections}",
        "HTTP ke {who}: {requests} dalam {connections}"
    );
    if server.requests == server.connections && server.connections > 1 {
        text.push_str(&say!(lang, ", one connection per request", ", satu koneksi per permintaan"));
    }
    if let Some((least, most)) = range {
        text.push_str(&if least == most {
            say!(lang, ", {most} frames each", ", masing-masing {most} frame")
        } else {
            say!(
                lang,
                ", {least} to {most} frames each",
                ", masing-masing {least} sampai {most} frame"
            )
        });
    }
    let messages = [say!(lang, "requests", "permintaannya"), say!(lang, "responses", "balasannya")];
    for (messages, closing) in messages.iter().zip(&server.closing) {
        let [says, old] = closing.each_ref().map(|listed| listed.text(lang));
        if closing[0].count > 0 {
            text.push_str(&say!(
                lang,
                "; the {messages} say Connection: close: {says}",
                "; {messages} menyatakan Connection: close: {says}"
            ));
        }
        if closing[1].count > 0 {
            text.push_str(&say!(
                lang,
                "; the {messages} are of HTTP/1.0 without keep-alive: {old}",
                "; {messages} memakai HTTP/1.0 tanpa keep-alive: {old}"
            ));
        }
    }
    text
}
