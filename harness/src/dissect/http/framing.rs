//! How long a message's body is, which is decided by eight rules in their order. (RFC 9112 6.3)
//!
//! ```text
//!   1  to HEAD; 1xx, 204, 304         nothing
//!   2  2xx to CONNECT                 a tunnel
//!   3  both Transfer-Encoding and Content-Length: the former counts, and it smells
//!   4  Transfer-Encoding: chunked     by its chunks; a response without chunked: until the close
//!   5  a bad Content-Length           broken
//!   6  Content-Length                 so many bytes
//!   7  a request with neither         nothing
//!   8  a response with neither        until the close
//! ```
//!
//! It knows a head, and for a response the method that it answers. It reads no body.

use super::head::Head;
use super::sheet::trim;
use crate::lang::{Text, both};

/// Where a body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    #[default]
    Nothing,
    /// After so many bytes.
    Length(u64),
    /// After the last chunk and its trailers.
    Chunked,
    /// With the connection.
    UntilClose,
    /// It is none: from here on the bytes are another protocol's.
    Tunnel,
    /// Nobody can say.
    Broken,
}

/// Where the body behind this head ends; `answered` is the method of the request that a response
/// belongs to, as far as it is known.
pub fn framing(head: &Head, answered: Option<&[u8]>) -> Framing {
    let status = head.status();
    if head.is_response() {
        // [9110-15.2.2-01] What follows is not HTTP.
        if status == 101 || answered == Some(b"CONNECT") && (200..300).contains(&status) {
            return Framing::Tunnel;
        }
        // [9112-6.3-01]
        if answered == Some(b"HEAD") || matches!(status, 100..=199 | 204 | 304) {
            return Framing::Nothing;
        }
    }
    // [9112-6.3-03] A Content-Length beside it is passed over.
    if head.values("Transfer-Encoding").next().is_some() {
        // [9112-6.3-04], [9112-6.3-05], [9112-6.3-06]
        return match (is_chunked_last(head), head.is_response()) {
            (true, _) => Framing::Chunked,
            (false, true) => Framing::UntilClose,
            (false, false) => Framing::Broken,
        };
    }
    match content_length(head) {
        Ok(Some(length)) => Framing::Length(length),
        // [9112-6.3-08], [9112-6.3-09]
        Err(_) => Framing::Broken,
        // [9112-6.3-12], [9112-6.3-11]
        Ok(None) if head.is_response() => Framing::UntilClose,
        Ok(None) => Framing::Nothing,
    }
}

/// Is chunked the last coding?
pub(super) fn is_chunked_last(head: &Head) -> bool {
    let last = head.elements("Transfer-Encoding").last();
    // [9112-7-01]
    last.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

/// What is wrong with a Content-Length: where its value stands, what, and the clause.
pub(super) type Wrong = (usize, Text, &'static str);

/// The number that all Content-Length fields agree on.
pub(super) fn content_length(head: &Head) -> Result<Option<u64>, Wrong> {
    let mut agreed = None;
    for line in head.values("Content-Length") {
        for element in line.value.split(|byte| *byte == b',').map(trim) {
            // [9112-6.2-02] Digits alone: no sign, no blank, no 0x.
            if element.is_empty() || !element.iter().all(u8::is_ascii_digit) {
                let what = both!(
                    "a Content-Length that is not digits alone",
                    "Content-Length yang tidak hanya berisi digit"
                );
                return Err((line.value_at, what, "[9112-6.2-02]"));
            }
            // [9110-8.6-08] Never wrapped around.
            let number = std::str::from_utf8(element).ok().and_then(|text| text.parse().ok());
            let Some(number) = number else {
                let what =
                    both!("a Content-Length beyond 64 bits", "Content-Length melampaui 64 bit");
                return Err((line.value_at, what, "[9110-8.6-08]"));
            };
            // [9112-6.3-07]
            if agreed.is_some_and(|before: u64| before != number) {
                let what = both!(
                    "two values of Content-Length that differ",
                    "dua nilai Content-Length yang berbeda"
                );
                return Err((line.value_at, what, "[9112-6.3-07]"));
            }
            agreed = Some(number);
        }
    }
    Ok(agreed)
}
