//! The request-target: its four forms, path, query, and percent-encoding.
//!
//! ```text
//!   origin      /add?a=5&b=9                      all but the next
//!   absolute    http://example.com/add?a=5        as to a proxy; taken from everybody
//!   authority   example.com:443                   CONNECT alone
//!   asterisk    *                                 OPTIONS alone
//! ```
//! It knows octets. What a path leads to is the router's.

use std::borrow::Cow;

use crate::{HttpError, Method, Status, host};

/// A target, taken apart. Nothing is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The authority, where the target itself has one.
    pub authority: Option<&'a [u8]>,
    /// The path, `/` at least; `*` of the asterisk form; empty of the authority form.
    pub path: &'a [u8],
    /// What stands behind the first `?`.
    pub query: Option<&'a [u8]>,
}

impl<'a> Target<'a> {
    /// Reads the target of a request with this method.
    pub fn parse(method: Method, octets: &'a [u8]) -> Result<Self, HttpError> {
        if !encoding_is_whole(octets) {
            let what = "a percent sign without two hexadecimal digits";
            return Err(HttpError::malformed("[9112-3.2-01]", what));
        }
        Self::parts(method, octets)
    }

    /// Takes a target apart that was found good before.
    pub(crate) fn again(method: Method, octets: &'a [u8]) -> Self {
        let whole = Self { authority: None, path: octets, query: None };
        Self::parts(method, octets).unwrap_or(whole)
    }

    fn parts(method: Method, octets: &'a [u8]) -> Result<Self, HttpError> {
        // [9112-3.2.3-01] [9110-7.1-01] CONNECT has this form alone, and nobody else has it.
        if method == Method::Connect {
            return Self::of_connect(octets);
        }
        match octets {
            [b'/', ..] => Ok(Self::origin(octets)),
            [b'*'] if method == Method::Options => {
                Ok(Self { authority: None, path: octets, query: None })
            }
            [b'*'] => Err(HttpError::malformed("[9110-7.1-01]", "`*` is for OPTIONS alone")),
            _ => Self::absolute(octets),
        }
    }

    fn origin(octets: &'a [u8]) -> Self {
        let query = octets.iter().position(|octet| *octet == b'?');
        let (path, query) = match query {
            Some(at) => (&octets[..at], Some(&octets[at + 1..])),
            None => (octets, None),
        };
        Self { authority: None, path, query }
    }

    /// [9112-3.2.2-03] The form that proxies get is taken by everybody. [9112-3.2.2-02] Its host
    /// counts, and nothing here asks the field.
    fn absolute(octets: &'a [u8]) -> Result<Self, HttpError> {
        let wrong = |what| HttpError::malformed("[9112-3.2-01]", what);
        let end = octets.windows(3).position(|three| three == b"://");
        let end = end.ok_or(wrong("a target that is neither a path nor a URI"))?;
        let scheme = &octets[..end];
        // RFC 9110, 7.4: what is asked of https is not to be had over a connection without TLS.
        // Whoever ends TLS in front of us asks in the origin form.
        if scheme.eq_ignore_ascii_case(b"https") {
            let what = "a target of https on a connection without TLS";
            return Err(HttpError::refused(Status::MISDIRECTED_REQUEST, "[9112-3.2.2-02]", what));
        }
        if !scheme.eq_ignore_ascii_case(b"http") {
            return Err(wrong("a target of another scheme than http"));
        }
        let rest = &octets[end + 3..];
        let end = rest.iter().position(|octet| matches!(octet, b'/' | b'?'));
        let (authority, rest) = rest.split_at(end.unwrap_or(rest.len()));
        // [9110-4.2.4-02] `user@` in front of the host is meant to mislead.
        if authority.contains(&b'@') {
            return Err(HttpError::malformed("[9110-4.2.4-02]", "userinfo in the target"));
        }
        match host::split(authority) {
            Some(([], _)) => {
                Err(HttpError::malformed("[9110-4.2.1-02]", "an http URI with an empty host"))
            }
            None => Err(HttpError::malformed("[9112-3.2-08]", "a target with an invalid host")),
            Some(_) if rest.first() == Some(&b'/') => {
                Ok(Self { authority: Some(authority), ..Self::origin(rest) })
            }
            // [9112-3.2.1-02] An empty path is `/`.
            Some(_) => {
                let query = rest.strip_prefix(b"?");
                Ok(Self { authority: Some(authority), path: b"/", query })
            }
        }
    }

    /// [9110-9.3.6-01] A host that is not empty and a port that is a number.
    fn of_connect(octets: &'a [u8]) -> Result<Self, HttpError> {
        match host::split(octets) {
            Some((host, Some(1..))) if !host.is_empty() => {
                Ok(Self { authority: Some(octets), path: b"", query: None })
            }
            _ => Err(HttpError::malformed("[9110-9.3.6-01]", "CONNECT without host and port")),
        }
    }
}

/// Stand two hexadecimal digits behind each percent sign?
pub fn encoding_is_whole(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(at) = rest.iter().position(|octet| *octet == b'%') {
        match &rest[at + 1..] {
            [a, b, more @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest = more,
            _ => return false,
        }
    }
    true
}

/// Decodes percent-encoding, once. A percent sign that begins none stays what it is.
pub fn decode(octets: &[u8]) -> Cow<'_, [u8]> {
    if !octets.contains(&b'%') {
        return Cow::Borrowed(octets);
    }
    Cow::Owned(decoded(octets, b'%'))
}

/// Decodes a name or value of a query as forms write it: `+` is a space.
pub fn decode_form(octets: &[u8]) -> Cow<'_, [u8]> {
    if !octets.iter().any(|octet| matches!(octet, b'%' | b'+')) {
        return Cow::Borrowed(octets);
    }
    Cow::Owned(decoded(octets, b'+'))
}

/// `plus`: `+` for those that write a space so.
fn decoded(octets: &[u8], plus: u8) -> Vec<u8> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).map(|digit| digit as u8);
    let mut decoded = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match (first, more) {
            (b'%', [a, b, more @ ..]) => {
                if let (Some(a), Some(b)) = (digit(a), digit(b)) {
                    decoded.push(a << 4 | b);
                    rest = more;
                } else {
                    decoded.push(b'%');
                }
            }
            (b'+', _) if plus == b'+' => decoded.push(b' '),
            _ => decoded.push(*first),
        }
    }
    decoded
}

/// Appends text with all that is not `unreserved` percent-encoded.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for octet in text {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(octet) {
            out.push(*octet);
        } else {
            out.extend([b'%', HEX[usize::from(octet >> 4)], HEX[usize::from(octet & 15)]]);
        }
    }
}

/// The names and values of a query, not decoded; a name without `=` has an empty value.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = query.split(|octet| *octet == b'&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| match pair.iter().position(|octet| *octet == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, &b""[..]),
    })
}

#[cfg(test)]
mod tests {
    use super::{Target, decode, decode_form, encode, pairs};
    use crate::Method::{Connect, Get, Options};

    #[test]
    fn the_four_forms() {
        let target = |method, octets: &'static str| Target::parse(method, octets.as_bytes());
        let good = |authority: Option<&'static [u8]>, path: &'static [u8], query| {
            Ok(Target { authority, path, query })
        };
        assert_eq!(target(Get, "/"), good(None, b"/", None));
        assert_eq!(target(Get, "/a/b?x=1?y"), good(None, b"/a/b", Some(b"x=1?y")));
        assert_eq!(target(Get, "//a"), good(None, b"//a", None));
        assert_eq!(target(Get, "/a?"), good(None, b"/a", Some(b"")));
        // [9112-3.2.2-03] [9112-3.2.1-02]
        assert_eq!(target(Get, "HTTP://h:80?q"), good(Some(b"h:80"), b"/", Some(b"q")));
        assert_eq!(target(Get, "http://h/a?q"), good(Some(b"h"), b"/a", Some(b"q")));
        // [9110-7.1-01] [9112-3.2.3-01]
        assert_eq!(target(Options, "*"), good(None, b"*", None));
        assert_eq!(target(Connect, "h:443"), good(Some(b"h:443"), b"", None));
        for wrong in ["*", "h:443", "add", "ftp://h/", "http:///a", "http://u@h/", "/%4", "/%zz"] {
            assert!(target(Get, wrong).is_err(), "{wrong}");
        }
        // [9110-9.3.6-01]
        for wrong in ["h", "h:", "h:0", ":80", "/", "http://h/", "*"] {
            assert!(target(Connect, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn percent_encoding() {
        assert_eq!(&*decode(b"a%20b+c%zz%4"), b"a b+c%zz%4");
        assert_eq!(&*decode_form(b"a%20b+c%2b"), b"a b c+");
        assert_eq!(&*decode(b"%2541"), b"%41", "once");
        let mut out = Vec::new();
        encode("5 °C/~".as_bytes(), &mut out);
        assert_eq!(out, b"5%20%C2%B0C%2F~");
        let all: Vec<_> = pairs(b"a=5&&b=9=1&c").collect();
        assert_eq!(all, [(&b"a"[..], &b"5"[..]), (b"b", b"9=1"), (b"c", b"")]);
    }
}
