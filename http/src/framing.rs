//! Where a message ends, and whether another may follow it: RFC 9112, 6.3 and 9.3.
//!
//! ```text
//!   request    Transfer-Encoding  Content-Length   body
//!              no                 no               none
//!              no                 one, 1*DIGIT     so many octets
//!              chunked            no               chunks
//!              anything else                       400 (or 501) and close
//!   response   to HEAD, 1xx, 204, 304              none
//!              chunked            no               chunks
//!              not chunked last   no               until the close
//!              no                 no               until the close
//! ```
//! It knows heads. It does not read bodies.

use crate::head::{RequestHead, ResponseHead};
use crate::{Fields, HttpError, Method, Status, Version, grammar, host};

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many octets; also none.
    Exact(u64),
    /// As long as its chunks say.
    Chunked,
    /// Until the peer closes.
    UntilClose,
}

/// What a request's head says about the messages around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its body.
    pub length: Length,
    /// May another request follow on this connection?
    pub persistent: bool,
    /// Does the client wait for `100 Continue` before it sends the body?
    pub expects_continue: bool,
}

/// What the fields say, before any rule is applied.
#[derive(Default)]
struct Said<'a> {
    length: Option<&'a [u8]>,
    repeated_length: bool,
    coding: bool,
    host: Option<&'a [u8]>,
    repeated_host: bool,
    close: bool,
    keep_alive: bool,
    expectation: bool,
}

impl<'a> Said<'a> {
    /// Looks at every field once; most are told apart by their length alone.
    fn by(fields: &'a Fields) -> Self {
        let mut said = Self::default();
        for (name, value) in fields.iter() {
            match name.len() {
                4 if name.eq_ignore_ascii_case(b"host") => {
                    said.repeated_host |= said.host.is_some();
                    said.host = Some(value);
                }
                6 if name.eq_ignore_ascii_case(b"expect") => said.expectation = true,
                10 if name.eq_ignore_ascii_case(b"connection") => said.connection(value),
                14 if name.eq_ignore_ascii_case(b"content-length") => {
                    said.repeated_length |= said.length.is_some();
                    said.length = Some(value);
                }
                17 if name.eq_ignore_ascii_case(b"transfer-encoding") => said.coding = true,
                // [9110-5.1-02] [9110-7.8-01] [9110-7.8-03] All others frame nothing, Upgrade too.
                _ => {}
            }
        }
        said
    }

    /// [9110-7.6.1-02] A list, whatever the case.
    fn connection(&mut self, value: &[u8]) {
        for option in grammar::list(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    /// [9112-9.3-02] `close` decides; then the version; then, for HTTP/1.0, `keep-alive`.
    fn persistent(&self, version: Version) -> bool {
        !self.close && (version >= Version::Http11 || self.keep_alive)
    }
}

/// Reads a request's head for its terms.
pub fn request(head: &RequestHead) -> Result<Terms, HttpError> {
    let said = Said::by(&head.fields);
    check_host(head, &said)?;
    let length = request_length(head, &said)?;
    // [9110-10.1.1-02] [9110-15.2-01] HTTP/1.0 knows no expectations.
    let counts = said.expectation && head.version >= Version::Http11;
    let expects_continue = counts && expectations(&head.fields)?;
    Ok(Terms { length, persistent: said.persistent(head.version), expects_continue })
}

fn check_host(head: &RequestHead, said: &Said<'_>) -> Result<(), HttpError> {
    match said.host {
        _ if said.repeated_host => {
            // [9112-3.2-07] Two parties on the way might each believe another one.
            Err(HttpError::malformed("[9112-3.2-07]", "more than one Host field"))
        }
        // [9112-3.2-06]
        None if head.version >= Version::Http11 => {
            Err(HttpError::malformed("[9112-3.2-06]", "an HTTP/1.1 request without Host"))
        }
        // [9112-3.2-08]
        Some(value) if host::split(value).is_none() => {
            Err(HttpError::malformed("[9112-3.2-08]", "an invalid Host field"))
        }
        _ => Ok(()),
    }
}

fn request_length(head: &RequestHead, said: &Said<'_>) -> Result<Length, HttpError> {
    if said.coding {
        // [9112-6.1-10] [9112-6.3-03] Two lengths are the oldest way to smuggle a request.
        if said.length.is_some() {
            let what = "Content-Length together with Transfer-Encoding";
            return Err(HttpError::malformed("[9112-6.1-10]", what));
        }
        // [9112-6.1-11] Somebody on the way has passed on what it did not understand.
        if head.version < Version::Http11 {
            let what = "Transfer-Encoding in an HTTP/1.0 request";
            return Err(HttpError::malformed("[9112-6.1-11]", what));
        }
        return coding(&head.fields);
    }
    // [9112-6.3-11] Neither: there is no body. [9112-6-01] [9110-9.3.1-02] The method has no say
    // in it.
    let Some(value) = said.length else { return Ok(Length::Exact(0)) };
    // [9112-6.3-07] [9112-6.3-08] A list of equal lengths might be forgiven; it is not.
    if said.repeated_length {
        return Err(HttpError::malformed("[9112-6.3-07]", "more than one Content-Length"));
    }
    digits(value).map(Length::Exact)
}

/// [9112-6.2-02] One or more digits, and nothing else. [9110-8.6-08] Never a wrong number.
fn digits(value: &[u8]) -> Result<u64, HttpError> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(HttpError::malformed("[9112-6.2-02]", "a Content-Length that is no number"));
    }
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    let too_long = HttpError::malformed("[9110-8.6-08]", "a Content-Length beyond all lengths");
    value.iter().try_fold(0, add).ok_or(too_long)
}

/// The transfer codings of a request: `chunked` alone is understood.
fn coding(fields: &Fields) -> Result<Length, HttpError> {
    let mut unknown = false;
    let mut chunked = 0;
    let mut last_is_chunked = false;
    for (n, coding) in fields.elements("transfer-encoding").enumerate() {
        // [9112-7-01] Whatever the case. [9112-7.1-03] With a parameter it is another one.
        last_is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        chunked += u32::from(last_is_chunked);
        unknown |= !last_is_chunked;
        if n >= crate::limits::LIST_MAX {
            return Err(HttpError::malformed("[9110-17.5-01]", "too many transfer codings"));
        }
    }
    match (chunked, last_is_chunked, unknown) {
        // [9112-6.1-01] [9112-6.3-04]
        (1, true, false) => Ok(Length::Chunked),
        // [9112-6.1-02]
        (2.., _, _) => Err(HttpError::malformed("[9112-6.1-02]", "chunked more than once")),
        // [9112-6.1-07]
        (1, true, true) => Err(HttpError::refused(
            Status::NOT_IMPLEMENTED,
            "[9112-6.1-07]",
            "a transfer coding that is not known here",
        )),
        // [9112-6.3-06] Nobody can tell where this ends.
        _ => Err(HttpError::malformed("[9112-6.3-06]", "the last transfer coding is not chunked")),
    }
}

/// [9110-10.1.1-06] There is one expectation, and others cannot be met. Is it there? A list of
/// none expects nothing.
fn expectations(fields: &Fields) -> Result<bool, HttpError> {
    let mut there = false;
    for expectation in fields.elements("expect") {
        if !expectation.eq_ignore_ascii_case(b"100-continue") {
            let what = "an expectation that is not known here";
            return Err(HttpError::refused(Status::EXPECTATION_FAILED, "[9110-10.1.1-06]", what));
        }
        there = true;
    }
    Ok(there)
}

/// Reads a response's head for the length of its body, and whether the connection can go on.
pub fn response(head: &ResponseHead, method: Method) -> Result<(Length, bool), HttpError> {
    let said = Said::by(&head.fields);
    let persistent = said.persistent(head.version);
    // [9112-6.3-01] Whatever the fields say.
    if method == Method::Head || head.status.ends_with_head() {
        return Ok((Length::Exact(0), persistent));
    }
    if said.coding {
        if said.length.is_some() {
            // [9112-6.3-03] One of the two lengths is somebody's mistake, or malice.
            let what = "Content-Length together with Transfer-Encoding";
            return Err(HttpError::malformed("[9112-6.3-03]", what));
        }
        if head.version < Version::Http11 {
            let what = "Transfer-Encoding in an HTTP/1.0 response";
            return Err(HttpError::malformed("[9112-6.1-11]", what));
        }
        return match coding(&head.fields) {
            Ok(length) => Ok((length, persistent)),
            // [9112-6.3-05] It ends with the connection.
            Err(HttpError::Malformed { clause: "[9112-6.3-06]", .. }) => {
                Ok((Length::UntilClose, false))
            }
            Err(error) => Err(error),
        };
    }
    // [9112-6.3-12] Neither: it ends with the connection.
    let Some(first) = said.length else { return Ok((Length::UntilClose, false)) };
    if !said.repeated_length && !first.contains(&b',') {
        return Ok((Length::Exact(digits(first)?), persistent));
    }
    // [9112-6.3-07] A list of one valid length, again and again, is that length.
    let mut lengths = head.fields.elements("content-length").map(digits);
    let one = lengths.next().unwrap_or_else(|| digits(b""))?;
    for other in lengths {
        if other? != one {
            return Err(HttpError::malformed("[9112-6.3-07]", "several lengths that differ"));
        }
    }
    Ok((Length::Exact(one), persistent))
}
