//! The words of requests and responses, and of data that nobody here can read.
//!
//! It knows numbers of exchanges. It does not know what a request is.

use super::{count, frames, latency, preview};
use std::fmt::Write as _;

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
pub(in crate::analysis) fn pair(n: u64, request: &str, response: &str, gap_ns: i64) -> String {
    format!("request {n} {request} ↔ response {n} {response} ({})", latency(gap_ns))
}

pub(in crate::analysis) fn request(n: u64) -> String {
    format!("request {n}")
}

/// A request sent before the response to an earlier one.
pub(in crate::analysis) fn request_before(n: u64, unanswered: u64) -> String {
    format!("request {n}, sent before response {unanswered}")
}

pub(in crate::analysis) fn response(n: u64, gap_ns: i64) -> String {
    format!("response {n} ({})", latency(gap_ns))
}

/// The response to a request that was let go, because too many were under way.
pub(in crate::analysis) fn response_unkept(n: u64) -> String {
    format!("response {n} (too many requests were under way to keep this one's)")
}

/// More bytes of a `request` or a `response`.
pub(in crate::analysis) fn continues(kind: &str, n: u64) -> String {
    format!("{kind} {n} continues")
}

/// The server speaks though nobody is seen to have asked.
pub(in crate::analysis) fn unasked(from_start: bool) -> String {
    if from_start {
        "the server speaks first".to_owned()
    } else {
        "answers a request from before the capture".to_owned()
    }
}

/// All exchanges of a connection in a line.
pub(in crate::analysis) fn overview(counts: Counts) -> String {
    let requests = count(counts.requests, "request", "requests");
    let responses = count(counts.responses, "response", "responses");
    let exchanges = count(counts.responses, "exchange", "exchanges");
    let mut text = format!("{exchanges} on one connection: {requests}, {responses}");
    if counts.most_in_flight > 1 {
        let most = counts.most_in_flight;
        let _ = write!(text, "; client does not wait: up to {most} requests under way");
    } else if counts.responses > 1 {
        text.push_str("; client waits for each reply");
    }
    if counts.unasked > 0 {
        let times = count(counts.unasked, "time", "times");
        let _ = write!(text, "; the server spoke first ({times})");
    }
    if counts.open > 0 {
        let open = count(counts.open, "request", "requests");
        let _ = write!(text, "; {open} without a response");
    }
    text
}

/// Exchanges beyond those that are listed.
pub(in crate::analysis) fn unlisted(exchanges: u64) -> String {
    format!("{} not listed", count(exchanges, "more exchange is", "more exchanges are"))
}

/// The client's farewell came over the wire.
pub(in crate::analysis) fn goodbye_sent(frame: u64) -> String {
    format!("bye sent in #{frame}")
}

/// The client's farewell was a FIN alone.
pub(in crate::analysis) fn goodbye_not_sent(fin: u64) -> String {
    format!("bye not sent: the client closed (#{fin}) without it on the wire")
}

/// What the responses make of the protocol.
pub(in crate::analysis) const ECHO_PREFIXED: &str = "TCP echo (\"Echo: \" + text)";
pub(in crate::analysis) const ECHO_PLAIN: &str = "TCP echo (the same bytes)";
pub(in crate::analysis) const PLAIN_TEXT: &str = "plain text";
pub(in crate::analysis) const NOT_RECOGNISED: &str = "application protocol not recognised";

/// Bytes that nobody here can read.
pub(in crate::analysis) fn data(len: u64) -> String {
    format!("data, {}", count(len, "byte", "bytes"))
}

/// Bytes that are not in the capture, before some that are.
pub(in crate::analysis) fn gap(len: u64) -> String {
    format!("{} before it are not in the capture", count(len, "byte", "bytes"))
}

/// What each side sent that nobody here can read: bytes, in so many segments.
pub(in crate::analysis) fn sent(sides: [(&str, u64, u64); 2]) -> String {
    let [client, server] = sides.map(|(name, bytes, parts)| {
        let (bytes, parts) = (count(bytes, "byte", "bytes"), count(parts, "segment", "segments"));
        format!("{name} sent {bytes} in {parts}")
    });
    format!("data: {client}, {server}")
}
