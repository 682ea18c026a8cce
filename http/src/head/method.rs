//! Methods: those that RFC 9110 and RFC 5789 define, and that there are others.

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A representation of the resource.
    Get,
    /// As GET, without the content.
    Head,
    /// The resource's own processing.
    Post,
    /// The resource becomes this.
    Put,
    /// Part of it becomes this.
    Patch,
    /// It is no more.
    Delete,
    /// What can be done with it.
    Options,
    /// A tunnel, which only proxies make.
    Connect,
    /// The request itself as content.
    Trace,
    /// A token that is none of these; [`RequestHead::method_name`](super::RequestHead) has it.
    Other,
}

impl Method {
    /// All that have a name here.
    pub const KNOWN: [Self; 9] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Connect,
        Self::Trace,
    ];

    /// [9112-3.1-01] Methods are case-sensitive: `get` is another one than `GET`.
    pub fn from_token(token: &[u8]) -> Self {
        match token {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"PATCH" => Self::Patch,
            b"DELETE" => Self::Delete,
            b"OPTIONS" => Self::Options,
            b"CONNECT" => Self::Connect,
            b"TRACE" => Self::Trace,
            _ => Self::Other,
        }
    }

    /// Its token; empty for one that is not known.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Connect => "CONNECT",
            Self::Trace => "TRACE",
            Self::Other => "",
        }
    }

    /// Twice is as once (RFC 9110, 9.2.2): may be sent again when nobody knows whether it arrived.
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch | Self::Connect | Self::Other)
    }

    /// Has content a meaning in such a request?
    pub fn expects_content(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}
