//! Redirects: what is asked next when a response says that something is elsewhere.
//!
//! ```text
//!   301, 302   POST becomes GET, as everybody does it; others stay
//!   303        GET, or HEAD
//!   307, 308   the method and the content stay
//! ```
//! It knows requests and heads. It does not send anything.

use std::borrow::Cow;

use super::Url;
use super::request::{Content, Outgoing};
use crate::{HttpError, Method, ResponseHead, target};

/// How many there were, when they were too many.
#[derive(Debug)]
pub(super) struct TooMany(pub usize);

/// The redirects of one request.
#[derive(Debug)]
pub(super) struct Follow {
    max: usize,
    /// Where the last request went.
    pub url: Url,
    /// Where requests went, and with which method.
    visited: Vec<(Method, Url)>,
}

/// Why there is no next request.
#[derive(Debug)]
pub(super) enum Refused {
    TooMany(TooMany),
    /// Where to, and why not.
    Location(String, HttpError),
}

impl From<Refused> for super::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooMany(too_many) => too_many.into(),
            Refused::Location(to, why) => Self::Location(to, why),
        }
    }
}

impl Follow {
    pub fn new(max: usize, request: &Outgoing) -> Self {
        let visited = vec![(request.method, request.url.clone())];
        Self { max, url: request.url.clone(), visited }
    }

    /// The next request, if this response to `sent` asks for one that may be made.
    pub fn next(
        &mut self,
        sent: &Outgoing,
        head: &ResponseHead,
    ) -> Result<Option<Outgoing>, Refused> {
        // [9110-10.1.1-08] Without the expectation that the server cannot meet.
        if head.code() == 417 && sent.expects_continue {
            return Ok(sent.repeated().map(|again| Outgoing { expects_continue: false, ..again }));
        }
        let redirects = matches!(head.code(), 301 | 302 | 303 | 307 | 308) && self.max > 0;
        let Some(location) = head.fields().get("location").filter(|_| redirects) else {
            return Ok(None);
        };
        let location = as_text(location);
        // [9110-10.2.2-02] [9110-10.2.2-01]
        let url = sent.url.join(&location);
        let url = url.map_err(|why| Refused::Location(location.into_owned(), why))?;
        let Some(next) = adjusted(sent, head.code(), url) else { return Ok(None) };
        let visit = (next.method, next.url.clone());
        // [9110-15.4-02]
        if self.visited.len() > self.max || self.visited.contains(&visit) {
            return Err(Refused::TooMany(TooMany(self.visited.len())));
        }
        self.url = next.url.clone();
        self.visited.push(visit);
        Ok(Some(next))
    }
}

/// A URL as it came. Octets that are not UTF-8, as servers send them that name files in an older
/// encoding, are percent-encoded: those the server knows again.
fn as_text(location: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(location) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(location.len() * 3);
    for octet in location {
        if octet.is_ascii() {
            out.push(*octet);
        } else {
            target::encode(&[*octet], &mut out);
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// [9110-15.4-01] The request as it fits the new target.
fn adjusted(sent: &Outgoing, code: u16, url: Url) -> Option<Outgoing> {
    let mut next = sent.repeated()?;
    let to_get = match code {
        303 => sent.method != Method::Head,
        301 | 302 => sent.method == Method::Post,
        // [9110-15.4.8-01] The method stays, and the content with it.
        _ => false,
    };
    let elsewhere = url.authority() != sent.url.authority();
    next.fields.retain(|(name, _)| {
        let about_content = ["content-type", "content-encoding", "content-language"];
        let secret = ["authorization", "cookie", "proxy-authorization", "host"];
        let is_one_of = |names: &[&str]| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        !(to_get && is_one_of(&about_content) || elsewhere && is_one_of(&secret))
    });
    if to_get {
        next.method = Method::Get;
        next.content = Content::None;
    }
    next.url = url;
    Some(next)
}
