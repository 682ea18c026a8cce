//! A request as a client sends it: what it says, and its octets.
//!
//! It knows the grammar. It does not know connections.

use bytes::{Bytes, BytesMut};

use super::Url;
use crate::answer::write_number_field;
use crate::handler::Source;
use crate::{HttpError, Method, grammar};

/// What a request carries.
#[derive(Debug, Default)]
pub enum Content {
    /// Nothing.
    #[default]
    None,
    /// These octets.
    Whole(Bytes),
    /// What a source gives, of a length that is known or not.
    Pieces {
        /// Octets, if that is known.
        len: Option<u64>,
        /// Where they come from.
        source: Box<dyn Source + Send>,
    },
}

/// A request to be sent.
#[derive(Debug)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Fields beside those that are the client's own: Host, and what frames the message.
    pub fields: Vec<(String, String)>,
    /// What it carries.
    pub content: Content,
    /// Wait for `100 Continue` before the content is sent.
    pub expects_continue: bool,
    /// The connection is to end with this.
    pub close: bool,
}

impl Outgoing {
    /// A request without content.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            fields: Vec::new(),
            content: Content::None,
            expects_continue: false,
            close: false,
        }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Carries these octets.
    #[must_use]
    pub fn body(mut self, content: impl Into<Bytes>) -> Self {
        self.content = Content::Whole(content.into());
        self
    }

    /// May it be sent a second time?
    pub fn can_be_repeated(&self) -> bool {
        !matches!(self.content, Content::Pieces { .. })
    }

    /// The same once more, if its content is still there.
    pub fn repeated(&self) -> Option<Self> {
        let content = match &self.content {
            Content::None => Content::None,
            Content::Whole(content) => Content::Whole(content.clone()),
            Content::Pieces { .. } => return None,
        };
        Some(Self {
            method: self.method,
            url: self.url.clone(),
            fields: self.fields.clone(),
            content,
            expects_continue: self.expects_continue,
            close: self.close,
        })
    }

    /// Is content to follow the head?
    pub fn has_content(&self) -> bool {
        match &self.content {
            Content::None => false,
            Content::Whole(content) => !content.is_empty(),
            Content::Pieces { .. } => true,
        }
    }

    fn names(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Can it be said in HTTP/1.1?
    pub fn check(&self) -> Result<(), HttpError> {
        if self.method == Method::Other || self.method == Method::Connect {
            return Err(HttpError::Misuse("a method that this client does not send"));
        }
        for (name, value) in &self.fields {
            // [9112-2.2-02] [9112-5.2-01] [9110-2.2-01] [9112-7.4-01] Nor are codings asked for.
            if !grammar::is_token(name.as_bytes()) {
                return Err(HttpError::Misuse("a field name that is no token"));
            }
            if !grammar::is_value(value.as_bytes()) {
                return Err(HttpError::Misuse("a field value with a control character"));
            }
            let framing =
                ["content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade"];
            if framing.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                return Err(HttpError::Misuse(
                    "a field that frames the message: it is the client's",
                ));
            }
        }
        Ok(())
    }

    /// Appends the head.
    ///
    /// [9110-6.2-01] [9112-3.2-03] [9110-7.2-01] [9110-7.2-02] HTTP/1.1, with `Host` in front.
    /// [9112-2.2-05] [9112-2.2-08] Nothing before it, behind it, or between its lines.
    pub fn write_head(&self, out: &mut BytesMut) {
        // [9112-3.2.4-01] `OPTIONS *` is asked for with the path `/*`, as curl's users know it.
        let server_wide = self.method == Method::Options && self.url.target() == "/*";
        let target = if server_wide { "*".to_owned() } else { self.url.target() };
        let mut line = |parts: &[&str]| {
            for part in parts {
                out.extend_from_slice(part.as_bytes());
            }
        };
        line(&[self.method.name(), " ", &target, " HTTP/1.1\r\n"]);
        let own_host = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = own_host.map_or_else(|| self.url.authority(), |(_, value)| value.clone());
        line(&["Host: ", &host, "\r\n"]);
        // [9110-10.1.5-01]
        if !self.names("user-agent") {
            line(&["User-Agent: wirelab/", env!("CARGO_PKG_VERSION"), "\r\n"]);
        }
        if !self.names("accept") {
            line(&["Accept: */*\r\n"]);
        }
        for (name, value) in &self.fields {
            if !name.eq_ignore_ascii_case("host") {
                line(&[name, ": ", value, "\r\n"]);
            }
        }
        // [9112-9.6-01]
        if self.close {
            line(&["Connection: close\r\n"]);
        }
        // [9110-10.1.1-01]
        if self.expects_continue && self.has_content() {
            line(&["Expect: 100-continue\r\n"]);
        }
        self.write_framing(out);
        out.extend_from_slice(b"\r\n");
    }

    /// [9112-6.3-16] [9112-6.3-15] Content with its length if that is known, else chunked.
    /// [9110-8.6-02] Nothing where none is expected; [9110-8.6-01] where it is, that there is none.
    fn write_framing(&self, out: &mut BytesMut) {
        let len = match &self.content {
            Content::None if self.method.expects_content() => Some(0),
            Content::None => return,
            Content::Whole(content) => Some(content.len() as u64),
            Content::Pieces { len, .. } => *len,
        };
        match len {
            Some(len) => write_number_field(b"Content-Length: ", len, out),
            None => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        }
    }
}
