//! `http` URLs: read, and resolved against each other (RFC 3986, 5).
//!
//! ```text
//!   http://example.com:8080/a/b?x=1#part
//!          host        port path query fragment
//! ```
//! It knows text. It looks up no name.

use std::fmt;

use crate::{HttpError, host, target};

/// The port of `http` where none is given.
const PORT: u16 = 80;

/// An absolute `http` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl Url {
    /// Reads a URL. What a path or query must not hold is percent-encoded.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let (scheme, rest) =
            text.split_once("://").ok_or(HttpError::Misuse("a URL without ://"))?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(HttpError::Misuse("a URL of another scheme than http"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // [9110-4.2.4-01] [9110-4.2.4-02]
        if authority.contains('@') {
            return Err(HttpError::Misuse("a URL with userinfo: a password does not belong there"));
        }
        let (name, port) = host::split(authority.as_bytes())
            .ok_or(HttpError::Misuse("a URL with an invalid host or port"))?;
        // [9110-4.2.1-01] [9110-4.2.1-02]
        if name.is_empty() {
            return Err(HttpError::Misuse("a URL with an empty host"));
        }
        let host = authority[..name.len()].to_ascii_lowercase();
        let mut url = Self { host, port, path: String::new(), query: None, fragment: None };
        url.set_rest(rest);
        Ok(url)
    }

    /// Path, query and fragment.
    fn set_rest(&mut self, rest: &str) {
        let (rest, fragment) = cut(rest, '#');
        let (path, query) = cut(rest, '?');
        // [9112-3.2.1-02] An empty path is `/`.
        self.path = if path.is_empty() { "/".to_owned() } else { without_dots(&encoded(path)) };
        self.query = query.map(encoded);
        self.fragment = fragment.map(encoded);
    }

    /// [9110-10.2.2-02] What `reference` names, seen from here. [9110-10.2.2-01] A reference
    /// without a fragment keeps ours.
    pub fn join(&self, reference: &str) -> Result<Self, HttpError> {
        let mut url = self.resolved(reference)?;
        if url.fragment.is_none() {
            url.fragment.clone_from(&self.fragment);
        }
        Ok(url)
    }

    fn resolved(&self, reference: &str) -> Result<Self, HttpError> {
        let before_path = reference.split(['/', '?', '#']).next().unwrap_or_default();
        if before_path.contains(':') {
            return Self::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("http://{rest}"));
        }
        let mut url = Self { fragment: None, ..self.clone() };
        if reference.starts_with('/') {
            url.set_rest(reference);
            return Ok(url);
        }
        let (reference, fragment) = cut(reference, '#');
        let (path, query) = cut(reference, '?');
        if !path.is_empty() {
            let base = self.path.rfind('/').map_or("/", |at| &self.path[..=at]);
            url.path = without_dots(&format!("{base}{}", encoded(path)));
            url.query = None;
        }
        url.query = query.map(encoded).or(url.query);
        url.fragment = fragment.map(encoded);
        Ok(url)
    }

    /// The host, in lower case; an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host as names are looked up: without brackets.
    pub fn name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, 80 if none was given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(PORT)
    }

    /// [9112-3.2-04] What stands in `Host`: without userinfo, and without a port that is 80.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) if port != PORT => format!("{}:{port}", self.host),
            _ => self.host.clone(),
        }
    }

    /// [9112-3.2.1-01] What stands in the request line: path and query alone.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The fragment, which is never sent.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// Adds a name and a value to the query.
    pub fn add_query(&mut self, name: &str, value: &str) {
        let mut pair = Vec::new();
        target::encode(name.as_bytes(), &mut pair);
        pair.push(b'=');
        target::encode(value.as_bytes(), &mut pair);
        let pair = String::from_utf8_lossy(&pair);
        match &mut self.query {
            Some(query) if !query.is_empty() => {
                query.push('&');
                query.push_str(&pair);
            }
            query => *query = Some(pair.into_owned()),
        }
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((front, back)) => (front, Some(back)),
        None => (text, None),
    }
}

/// What the grammar does not allow, percent-encoded; what is encoded already stays.
fn encoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    for (at, octet) in text.bytes().enumerate() {
        let escape = octet == b'%'
            && target::encoding_is_whole(text.as_bytes().get(at..at + 3).unwrap_or(b"%"));
        let allowed = octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?[]".contains(&octet);
        if allowed || escape {
            out.push(octet);
        } else {
            target::encode(&[octet], &mut out);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// RFC 3986, 5.2.4, of a path that begins with `/`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (n, segment) in segments.iter().enumerate() {
        let last = n + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority(), self.target())?;
        match &self.fragment {
            Some(fragment) => write!(f, "#{fragment}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn urls_are_read() {
        for (text, authority, target) in [
            ("http://A.example", "a.example", "/"),
            ("HTTP://a:80/b?c#d", "a", "/b?c"),
            ("http://a:8080?x=1", "a:8080", "/?x=1"),
            ("http://[::1]:5151/a/../b/./c", "[::1]:5151", "/b/c"),
            ("http://a/b c/ü?q=ä b%20%zz", "a", "/b%20c/%C3%BC?q=%C3%A4%20b%20%25zz"),
        ] {
            let url = Url::parse(text).unwrap();
            // [9112-3.2-04] [9112-3.2.1-01] [9112-3.2.1-02]
            assert_eq!((url.authority().as_str(), url.target().as_str()), (authority, target));
        }
        // [9110-4.2.1-01] [9110-4.2.4-01]
        for text in ["a/b", "https://a/", "http:///a", "http://u@a/", "http://a:x/", "http://a b/"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    /// The examples of RFC 3986, 5.4.
    #[test]
    fn references_are_resolved() {
        // [9110-10.2.2-02]
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, url) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("./g/.", "http://a/b/c/g/"),
            ("g/../h", "http://a/b/c/h"),
            ("http://h/x", "http://h/x"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), url, "{reference}");
        }
        // [9110-10.2.2-01]
        let base = Url::parse("http://a/b#part").unwrap();
        assert_eq!(base.join("/c").unwrap().to_string(), "http://a/c#part");
        assert_eq!(base.join("/c#d").unwrap().to_string(), "http://a/c#d");
    }
}
