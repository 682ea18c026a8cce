//! Answers: the head as it is written, and framing that is right whatever a handler does.
//!
//! ```text
//!   Answer --status--> Answering --field--> Answering --body, shared, stream--> Answered
//! ```
//! A handler is given an [`Answer`] and must give back an [`Answered`], which only the methods
//! that complete an answer make. Everything is written straight into the connection's output.
//!
//! It knows the request's method and version. It does not know the connection's other requests.

use bytes::{Bytes, BytesMut};

use crate::connection::Exchange;
use crate::handler::Source;
use crate::{HttpError, Method, Status, Version, grammar};

/// Octets of content above which they are sent by reference.
const COPY_MAX: usize = 4096;

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    Nothing,
    /// The head is out, content follows.
    Pieces(Coding),
    Done,
}

/// How the end of content that comes in pieces is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Chunked,
    Exact { left: u64 },
    UntilClose,
}

/// The proof that a handler has answered.
#[derive(Debug)]
#[must_use = "a handler returns this"]
pub struct Answered {
    pub(crate) status: Status,
    /// Octets of content that were written or handed over.
    pub(crate) content: u64,
    pub(crate) rest: Rest,
}

/// What of an answer does not stand in the output yet.
#[derive(Debug)]
pub(crate) enum Rest {
    Nothing,
    Shared(Bytes),
    Source(Box<dyn Source>),
}

/// A request that is to be answered.
#[derive(Debug)]
pub struct Answer<'a> {
    pub(crate) out: &'a mut BytesMut,
    pub(crate) exchange: &'a mut Exchange,
    /// The whole field line, or nothing.
    pub(crate) date: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Begins the answer. An interim status is no answer, and becomes a 500. [9110-15.2.2-01]
    pub fn status(self, status: Status) -> Answering<'a> {
        let Answer { out, exchange, date } = self;
        let start = out.len();
        let mut answering = Answering { out, exchange, date, start, status, spoiled: false };
        if status.is_interim() {
            answering.spoil("an interim status as the answer");
        }
        write_start(status, date, answering.out);
        answering
    }

    /// `200 OK`.
    pub fn ok(self) -> Answering<'a> {
        self.status(Status::OK)
    }

    /// A status with a line of text that explains it.
    pub fn text(self, status: Status, text: &str) -> Answered {
        let answering = self.status(status).field("Content-Type", "text/plain; charset=utf-8");
        answering.body(text.as_bytes())
    }

    /// A status without content.
    pub fn empty(self, status: Status) -> Answered {
        self.status(status).body(b"")
    }

    /// The connection is to end with this answer.
    #[must_use]
    pub fn closing(self) -> Self {
        self.exchange.end_with_this();
        self
    }
}

/// An answer whose head is being written.
#[derive(Debug)]
pub struct Answering<'a> {
    out: &'a mut BytesMut,
    exchange: &'a mut Exchange,
    date: &'a [u8],
    /// Where in the output it began.
    start: usize,
    status: Status,
    /// The handler said what must not be sent.
    spoiled: bool,
}

impl Answering<'_> {
    /// Adds a field. Those that frame the message (Content-Length, Transfer-Encoding, Connection,
    /// Date and their kind) are the server's own, and passed over.
    ///
    /// A name that is no token, or a value with CR, LF, NUL or another control character, would let
    /// whoever chose it write answers of his own: it costs the handler its answer, and is a 500.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        if !grammar::is_token(name.as_bytes()) || !grammar::is_value(value) {
            self.spoil("a field that cannot be sent");
        } else if !is_ours(name) {
            // [9112-2.2-02] [9112-5.2-01] [9110-2.2-01]
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                self.out.extend_from_slice(part);
            }
        }
        self
    }

    fn spoil(&mut self, what: &str) {
        log::error!("a handler has spoiled its answer: {what}");
        self.spoiled = true;
    }

    /// Completes the answer with content that is copied.
    pub fn body(self, content: &[u8]) -> Answered {
        self.complete(content.len(), |out| {
            out.extend_from_slice(content);
            Rest::Nothing
        })
    }

    /// Completes the answer with content that is sent by reference where that is cheaper.
    pub fn shared(self, content: Bytes) -> Answered {
        if content.len() <= COPY_MAX {
            return self.body(&content);
        }
        self.complete(content.len(), |_| Rest::Shared(content))
    }

    /// Completes the answer with content that `source` gives piece by piece.
    ///
    /// [9112-6.1-09] HTTP/1.0 knows no chunks: there the end of the connection is the content's.
    pub fn stream(self, source: impl Source + 'static) -> Answered {
        let chunks = self.exchange.version >= Version::Http11;
        self.begin(if chunks { Coding::Chunked } else { Coding::UntilClose }, Box::new(source))
    }

    /// The same with `len` octets of content. What the source gives beyond is not sent; when it
    /// gives less, the connection is broken, for the client must not take it for all.
    pub fn stream_exact(self, len: u64, source: impl Source + 'static) -> Answered {
        self.begin(Coding::Exact { left: len }, Box::new(source))
    }

    fn complete(mut self, len: usize, content: impl FnOnce(&mut BytesMut) -> Rest) -> Answered {
        if self.spoiled {
            return self.excuse();
        }
        let has_content = self.has_content();
        self.write_length(if self.status == Status::RESET_CONTENT { 0 } else { len as u64 });
        self.write_end();
        self.exchange.writing = Writing::Done;
        let rest = if has_content { content(self.out) } else { Rest::Nothing };
        let content = if has_content { len as u64 } else { 0 };
        Answered { status: self.status, content, rest }
    }

    fn begin(mut self, coding: Coding, source: Box<dyn Source>) -> Answered {
        if self.spoiled {
            return self.excuse();
        }
        let has_content = self.has_content();
        match coding {
            Coding::Exact { left } => self.write_length(left),
            // [9112-6.1-05]
            _ if self.status.ends_with_head() => {}
            // [9110-15.3.6-01]
            _ if self.status == Status::RESET_CONTENT => self.write_length(0),
            // [9112-6.2-01] [9112-9.3-07]
            Coding::Chunked => self.out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Coding::UntilClose => self.exchange.end_with_this(),
        }
        self.write_end();
        if !has_content {
            self.exchange.writing = Writing::Done;
            return Answered { status: self.status, content: 0, rest: Rest::Nothing };
        }
        self.exchange.writing = Writing::Pieces(coding);
        Answered { status: self.status, content: 0, rest: Rest::Source(source) }
    }

    /// [9110-9.3.2-01] HEAD is answered without content, [9110-15.3.5-01] 204 and 304 have none,
    /// [9110-15.3.6-01] nor has 205.
    fn has_content(&self) -> bool {
        self.exchange.method != Method::Head
            && !self.status.ends_with_head()
            && self.status != Status::RESET_CONTENT
    }

    /// [9110-8.6-03] To HEAD what GET would get; [9110-8.6-05] none in 204, and [9110-8.6-04] none
    /// in 304, whose 200 is not known here. [9110-8.6-07] [9112-6.3-13]
    fn write_length(&mut self, len: u64) {
        if !self.status.ends_with_head() {
            write_number_field(b"Content-Length: ", len, self.out);
        }
    }

    /// [9112-9.6-05] [9112-9.6-01] The last answer says that it is.
    fn write_end(&mut self) {
        let end: &[u8] = if self.exchange.decide_last() {
            b"Connection: close\r\n\r\n"
        } else if self.exchange.version == Version::Http10 {
            b"Connection: keep-alive\r\n\r\n"
        } else {
            b"\r\n"
        };
        self.out.extend_from_slice(end);
    }

    /// Takes back what was written, and says that the fault is here.
    fn excuse(self) -> Answered {
        self.out.truncate(self.start);
        write_failure(self.exchange, self.date, self.out)
    }
}

/// A whole answer of 500, for a handler that could not give one.
pub(crate) fn write_failure(exchange: &mut Exchange, date: &[u8], out: &mut BytesMut) -> Answered {
    exchange.writing = Writing::Nothing;
    exchange.end_with_this();
    let status = Status::INTERNAL_SERVER_ERROR;
    // [9110-15.6-01]
    Answer { out, exchange, date }.text(status, "500: the server has failed to answer this\n")
}

/// A whole answer to what could not be understood or is not taken; the connection ends with it.
pub(crate) fn write_refusal(
    status: Status,
    error: &HttpError,
    head_only: bool,
    date: &[u8],
    out: &mut BytesMut,
) {
    // [9110-15.5-01] [9110-15.6-01] [9110-15.6.6-01] Why, in a line of text.
    let text = format!("{status}: {}\n", error.what());
    write_start(status, date, out);
    out.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\n");
    write_number_field(b"Content-Length: ", text.len() as u64, out);
    out.extend_from_slice(b"Connection: close\r\n\r\n");
    if !head_only {
        out.extend_from_slice(text.as_bytes());
    }
}

/// [9112-4-02] The SP stands there also when no phrase follows. [9110-6.2-03] Always HTTP/1.1.
fn write_start(status: Status, date: &[u8], out: &mut BytesMut) {
    if let Some(line) = status.line() {
        out.extend_from_slice(line);
    } else {
        let digit = |by: u16| b'0' + (status.code() / by % 10) as u8;
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(&[digit(100), digit(10), digit(1)]);
        out.extend_from_slice(b" \r\n");
    }
    // [9110-6.6.1-02] [9110-6.6.1-03] `date` is empty where there is no clock.
    out.extend_from_slice(date);
}

/// Appends a field whose value is a number.
pub(crate) fn write_number_field(name: &[u8], number: u64, out: &mut BytesMut) {
    let mut digits = [0; 22];
    let mut at = 20;
    digits[20..].copy_from_slice(b"\r\n");
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(name);
    out.extend_from_slice(&digits[at..]);
}

/// Fields that say where messages and connections end, and when they began.
fn is_ours(name: &str) -> bool {
    let ours: &[&str] = match name.len() {
        4 => &["date"],
        7 => &["trailer", "upgrade"],
        10 => &["connection", "keep-alive"],
        14 => &["content-length"],
        17 => &["transfer-encoding"],
        _ => return false,
    };
    ours.iter().any(|own| own.eq_ignore_ascii_case(name))
}
