//! The words of what HTTP's messages mean to each other on one connection: pairs, violations,
//! closes.
//!
//! It knows sentences. It does not know how anything was found out.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::http::{length, names, numbered, version};
use super::{Listed, count, frames, latency, preview};
use crate::analysis::http::{Connection, Exchange, Message, Server};
use crate::dissect::http::Head;

pub(in crate::analysis) const AFTER_CLOSE: &str =
    "nothing comes after a message with Connection: close [9112-9.6-02]";
pub(in crate::analysis) const UNASKED: &str =
    "a response without a request that it could answer [9112-9.2-02]";
pub(in crate::analysis) const INTERIM_TO_1_0: &str =
    "an interim response to a client of HTTP/1.0 [9110-15.2-01]";
pub(in crate::analysis) const CODING_TO_1_0: &str =
    "Transfer-Encoding to a client of HTTP/1.0 [9112-6.1-09]";
pub(in crate::analysis) const LENGTH_OF_TUNNEL: &str =
    "a length in the answer that opens a tunnel [9112-6.1-06], [9110-8.6-06]";
pub(in crate::analysis) const BODY_TO_HEAD: &str =
    "bytes behind a response to HEAD, which has no body [9110-9.3.2-01]";
pub(in crate::analysis) const BEYOND_THE_BODY: &str =
    "bytes behind the end of a response, which are none [9112-6.3-18]";
pub(in crate::analysis) const BROKEN_REQUEST: &str =
    "; nobody can say where it ends: 400 and close (RFC 9112 6.3)";

pub(in crate::analysis) fn violates(what: &str) -> String {
    format!("; protocol violation: {what}")
}

pub(in crate::analysis) fn violation(what: &str, refs: &[u64]) -> String {
    format!("protocol violation: {}: {what}", frames(refs))
}

pub(in crate::analysis) fn more_violations(more: u64) -> String {
    format!("{} not listed", count(more, "more violation is", "more violations are"))
}

/// The protocol's name in the report.
pub(in crate::analysis) fn name(connection: &Connection) -> String {
    let mut text = match connection.version {
        None => "HTTP".to_owned(),
        known => version(known),
    };
    if let Some((_, protocol)) = &connection.tunnel {
        let _ = match protocol.as_str() {
            "CONNECT" => write!(text, ", then a tunnel"),
            other => write!(text, ", then {other}"),
        };
    }
    text
}

/// A request's head; `before` is the first that has no response yet.
pub(in crate::analysis) fn request(message: &Message, head: &Head, before: Option<u64>) -> String {
    let mut text = format!("request {}", message.number);
    if let Some(before) = before {
        let _ = write!(text, ", sent before response {before}");
    }
    let _ = write!(text, ": {}; {}", message.line, names(head));
    if message.expects {
        text.push_str("; waits for 100 before its body (RFC 9110 10.1.1)");
    }
    if message.says_close {
        text.push_str("; Connection: close");
    }
    text
}

/// A response's head. `unkept`: its request was let go, because too many were under way.
pub(in crate::analysis) fn response(
    exchange: &Exchange,
    head: &Head,
    unkept: bool,
    from_start: bool,
) -> String {
    let message = &exchange.response;
    let what = if message.is_interim() { "interim response" } else { "response" };
    let number = if message.number > 0 { format!(" {}", message.number) } else { String::new() };
    let to = match (&exchange.request, exchange.latency_ns()) {
        (Some(request), Some(after)) => {
            format!(" to #{} ({})", request.first_frame(), latency(after))
        }
        _ if unkept => " (too many requests were under way to keep this one's)".to_owned(),
        _ if from_start => String::new(),
        _ => " to a request from before the capture".to_owned(),
    };
    let mut text = format!("{what}{number}{to}: {}", message.line);
    text.push_str(&details(message));
    let _ = write!(text, "; {}", names(head));
    if message.says_close {
        text.push_str("; Connection: close");
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
pub(in crate::analysis) fn overview(connection: &Connection, open: u64) -> String {
    let requests = count(connection.requests, "request", "requests");
    let responses = count(connection.responses, "response", "responses");
    let mut text = format!("{requests}, {responses} on this connection");
    if connection.most_in_flight > 1 {
        let most = connection.most_in_flight;
        let _ = write!(
            text,
            "; pipelined: up to {most} requests under way, answered in order (RFC 9112 9.3.2)"
        );
    } else if connection.responses > 1 {
        text.push_str("; client waits for each response");
    }
    if connection.measured > 1 {
        let mean = connection.latency_ns / connection.measured.cast_signed();
        let _ = write!(text, "; latency {} on average", latency(mean));
    }
    if connection.unasked > 0 {
        let responses = count(connection.unasked, "response", "responses");
        let _ = write!(text, "; {responses} without a request in the capture");
    }
    if open > 0 {
        let _ = write!(text, "; {} without a response", count(open, "request", "requests"));
    }
    text
}

/// A request with its response.
pub(in crate::analysis) fn exchange(exchange: &Exchange) -> String {
    let response = &exchange.response;
    let mut text = match &exchange.request {
        Some(request) => {
            let carriers = request.frames.text();
            format!(
                "request {} {carriers}: {}, {}",
                request.number,
                request.line,
                body(request, true)
            )
        }
        None => "a request that is not in the capture".to_owned(),
    };
    for (frame, status) in &exchange.interim {
        let _ = write!(text, " ↔ interim {status} #{frame}");
    }
    let carriers = response.frames.text();
    let _ = write!(text, " ↔ {} {carriers}: {}", numbered(response, false), response.line);
    let _ = write!(text, "{}, {}", details(response), body(response, false));
    if let Some(after) = exchange.latency_ns() {
        let _ = write!(text, " ({})", latency(after));
    }
    if response.complete && response.frames.count > 1 {
        let last = response.frames.frames.last().filter(|_| !more_than_listed(&response.frames));
        if let Some(last) = last {
            let _ = write!(text, "; message completes in #{last}");
        }
    }
    text
}

/// Are some of the frames only counted?
fn more_than_listed(frames: &Listed) -> bool {
    frames.count > frames.frames.len() as u64
}

/// A body with its length, and its first bytes.
fn body(message: &Message, is_request: bool) -> String {
    let length = length(message, is_request);
    match message.body {
        0 => length,
        body => format!("{length} {}", preview(&message.preview, body)),
    }
}

pub(in crate::analysis) fn unlisted(exchanges: u64) -> String {
    format!("{} not listed", count(exchanges, "more exchange is", "more exchanges are"))
}

pub(in crate::analysis) fn unanswered(request: &Message) -> String {
    let carriers = request.frames.text();
    let body = body(request, true);
    format!("request {} {carriers}: {}, {body} ↔ no response", request.number, request.line)
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct End<'a> {
    pub(in crate::analysis) who: &'a str,
    pub(in crate::analysis) frame: u64,
    /// The one who sends the requests.
    pub(in crate::analysis) by_client: bool,
}

impl End<'_> {
    fn text(&self) -> String {
        format!("{} first, in #{}", self.who, self.frame)
    }
}

/// Connection: close, or HTTP/1.0 without keep-alive. `who` is `request` or `response`.
pub(in crate::analysis) fn closed_as_announced(
    end: &End<'_>,
    who: &str,
    frame: u64,
    says_close: bool,
    open: u64,
) -> String {
    let why = if says_close {
        "says Connection: close (RFC 9112 9.6)"
    } else {
        "is of HTTP/1.0 and does not ask for keep-alive (RFC 9112 9.3)"
    };
    let left = match open {
        0 => String::new(),
        open => format!(", {} unanswered", count(open, "request", "requests")),
    };
    format!("closed because {who} #{frame} {why}; {}{left}", end.text())
}

/// The close that a body needs.
pub(in crate::analysis) fn closed_to_end_the_body(response: &Message, fin: u64) -> String {
    let (name, first) = (numbered(response, false), response.first_frame());
    let body = count(response.body, "byte", "bytes");
    format!("closed to end the body of {name} #{first}: {body} up to FIN #{fin} (RFC 9112 6.3)")
}

/// The close in the middle of a message.
pub(in crate::analysis) fn closed_within(
    message: &Message,
    is_request: bool,
    end: &End<'_>,
) -> String {
    let (name, first) = (numbered(message, is_request), message.first_frame());
    let length = length(message, is_request);
    format!(
        "closed within {name} #{first}, which is incomplete: {length} (RFC 9112 8); {}",
        end.text()
    )
}

pub(in crate::analysis) fn closed_unanswered(end: &End<'_>, open: u64, responses: u64) -> String {
    let open = count(open, "request", "requests");
    let after = count(responses, "response", "responses");
    format!("closed with {open} unanswered, after {after}; {}", end.text())
}

pub(in crate::analysis) fn closed_tunnel(end: &End<'_>, switched: u64, protocol: &str) -> String {
    let to = match protocol {
        "CONNECT" => "a tunnel",
        "" => "another protocol",
        other => other,
    };
    format!("closed after it had become {to} in #{switched}; {}", end.text())
}

pub(in crate::analysis) fn closed_after_error(end: &End<'_>, response: &Message) -> String {
    let (status, frame) = (response.status, response.first_frame());
    format!("closed after the error {status} #{frame}, without Connection: close; {}", end.text())
}

pub(in crate::analysis) fn closed_idle(end: &End<'_>) -> String {
    let who = if end.by_client { "client" } else { "server" };
    format!("closed between messages, as the {who} may at any time (RFC 9112 9.5); {}", end.text())
}

pub(in crate::analysis) fn closed_unused(end: &End<'_>) -> String {
    format!("closed without a message; {}", end.text())
}

/// One server, over all connections; `range` is of the frames that a connection took.
pub(in crate::analysis) fn server(
    name: &str,
    address: SocketAddr,
    server: &Server,
    range: Option<(u64, u64)>,
) -> String {
    let requests = count(server.requests, "request", "requests");
    let connections = count(server.connections, "connection", "connections");
    let address = address.to_string();
    let who = if name == address { address } else { format!("{name} {address}") };
    let mut text = format!("HTTP to {who}: {requests} on {connections}");
    if server.requests == server.connections && server.connections > 1 {
        text.push_str(", one connection per request");
    }
    if let Some((least, most)) = range {
        let frames = if least == most { format!("{most}") } else { format!("{least} to {most}") };
        let _ = write!(text, ", {frames} frames each");
    }
    for (messages, closing) in ["requests", "responses"].into_iter().zip(&server.closing) {
        let [says, old] = closing;
        if says.count > 0 {
            let _ = write!(text, "; the {messages} say Connection: close: {}", says.text());
        }
        if old.count > 0 {
            let why = "are of HTTP/1.0 without keep-alive";
            let _ = write!(text, "; the {messages} {why}: {}", old.text());
        }
    }
    text
}
