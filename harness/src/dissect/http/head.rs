//! The head of a message: its start line and its header section. (RFC 9112 2.1)
//!
//! ```text
//!   GET SP /add?a=5&b=9 SP HTTP/1.1 CR LF       request line   method, target, version
//!   HTTP/1.1 SP 200 SP OK CR LF                 status line    version, status code, reason
//!   Name: value CR LF                           field lines, in any number
//!   CR LF                                       the end
//! ```
//!
//! It reads a head that may be cut anywhere; of what is missing it says nothing wrong. It does
//! not know the messages before and after.

use super::fields::{FieldLine, HEADER, section};
use super::sheet::{Line, Sheet, is_token, line};
use super::{Flaw, rules, target};
use crate::dissect::Field;
use crate::lang::both;

/// What a head says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Request or response.
    pub start: Start,
    /// `HTTP/1.1` is 1 and 1; nothing if it could not be read.
    pub version: Option<(u8, u8)>,
    /// Its field lines, as far as they could be read.
    pub lines: Vec<FieldLine>,
    /// Bytes, with the empty line at its end; of a cut one, all that there are.
    pub len: usize,
    /// The empty line is not there.
    pub cut: bool,
    /// Its fields in order; empty if they were not asked for. Between them stand only blanks,
    /// colons and line ends; the parts of the request target stand within it.
    pub fields: Vec<Field>,
    /// What is wrong with it, in the order of its bytes.
    pub flaws: Vec<Flaw>,
}

/// What a start line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Its end is not there.
    #[default]
    Missing,
    /// A request line.
    Request {
        /// Case counts.
        method: Vec<u8>,
        /// As it was sent.
        target: Vec<u8>,
    },
    /// A status line.
    Response {
        /// Three digits; 0 if there are none.
        status: u16,
        /// The words behind it, for people alone.
        reason: Vec<u8>,
    },
}

impl Head {
    /// The values of all fields of that name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a FieldLine> {
        self.lines.iter().filter(move |line| line.is(name))
    }

    /// The elements of a list field, over all its lines. (RFC 9110 5.6.1)
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // [9110-5.2-01], [9110-5.6.1.2-01]
        let elements = self.values(name).flat_map(|line| line.value.split(|byte| *byte == b','));
        elements.map(super::sheet::trim).filter(|element| !element.is_empty())
    }

    /// Does a list field have that element? Case makes no difference.
    pub fn lists(&self, name: &str, element: &str) -> bool {
        self.elements(name).any(|one| one.eq_ignore_ascii_case(element.as_bytes()))
    }

    /// The method; empty in a response.
    pub fn method(&self) -> &[u8] {
        match &self.start {
            Start::Request { method, .. } => method,
            _ => b"",
        }
    }

    /// The status code; 0 in a request.
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Response { status, .. } => status,
            _ => 0,
        }
    }

    /// Is it a response?
    pub fn is_response(&self) -> bool {
        matches!(self.start, Start::Response { .. })
    }
}

/// Reads the head at the front of `bytes`. Fields are only made if `with_fields`.
pub fn head(bytes: &[u8], with_fields: bool) -> Head {
    let mut sheet = Sheet::new(with_fields);
    let mut head = Head::default();
    let end = read(&mut sheet, bytes, &mut head);
    head.cut = end.is_none();
    head.len = end.unwrap_or(bytes.len());
    if !head.cut {
        rules::check(&mut sheet, &head);
    }
    (head.fields, head.flaws) = sheet.finish();
    head
}

fn read(sheet: &mut Sheet, bytes: &[u8], head: &mut Head) -> Option<usize> {
    let mut first = line(sheet, bytes, 0);
    // [9112-2.2-07] Left over from a body whose writer could not count.
    while let (b"", Some(next)) = (first.text, first.next) {
        sheet.field("empty line", first.at, &bytes[first.at..next], "RFC 9112 2.2");
        // [9112-2.2-05] To be passed over, and yet not to be sent.
        sheet.flaw(
            first.at,
            both!("an empty line before the message", "baris kosong sebelum pesan"),
            "[9112-2.2-05]",
        );
        first = line(sheet, bytes, next);
    }
    let Some(next) = first.next else {
        sheet.cut("start line", first.at, first.text, "RFC 9112 2.1");
        return None;
    };
    if first.text.starts_with(b"HTTP/") {
        status_line(sheet, first, head);
    } else {
        request_line(sheet, first, head);
    }
    section(sheet, bytes, next, HEADER, &mut head.lines)
}

/// RFC 9112 3.
fn request_line(sheet: &mut Sheet, line: Line<'_>, head: &mut Head) {
    let text = line.text;
    let space = |byte: &u8| *byte == b' ';
    let method_end = text.iter().position(space).unwrap_or(text.len());
    let method = &text[..method_end];
    sheet.field("method", line.at, method, "RFC 9112 3.1");
    // [9112-3.1-01], [9110-9.1-02] Any token may be one.
    if !is_token(method) {
        sheet.flaw(
            line.at,
            both!("a method that is no token", "method yang bukan token"),
            "[9112-3.1-01]",
        );
    }
    let rest = text.get(method_end + 1..).unwrap_or_default();
    let from = method_end + 1;
    // What stands behind the last space is the version, whatever else there is.
    let space = rest.iter().rposition(space);
    let target = &rest[..space.unwrap_or(rest.len())];
    target::read(sheet, line.at + from.min(text.len()), target, method);
    if let Some(space) = space {
        let at = from + space + 1;
        head.version = version(sheet, line.at + at, &text[at..]);
    } else {
        // [9112-2.3-01] So did HTTP/0.9.
        let end = line.at + text.len();
        sheet.flaw(
            end,
            both!("a request line without a version", "request line tanpa versi"),
            "[9112-2.3-01]",
        );
    }
    head.start = Start::Request { method: method.to_vec(), target: target.to_vec() };
}

/// `HTTP/1.1`.
fn version(sheet: &mut Sheet, at: usize, text: &[u8]) -> Option<(u8, u8)> {
    sheet.field("HTTP-version", at, text, "RFC 9112 2.3");
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    let version = match text {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] => digit(*major).zip(digit(*minor)),
        _ => None,
    };
    match version {
        Some((1, _)) => {}
        // [9110-6.2-05] Refused with 505.
        Some((major, minor)) => {
            let what = both!(
                "version HTTP/{major}.{minor}, which is not HTTP/1",
                "versi HTTP/{major}.{minor}, yang bukan HTTP/1"
            );
            sheet.flaw(at, what, "[9110-6.2-05]");
        }
        // [9112-2.3-01]
        None => sheet.flaw(
            at,
            both!(
                "a version that is not HTTP/ and two digits",
                "versi yang bukan HTTP/ dan dua digit"
            ),
            "[9112-2.3-01]",
        ),
    }
    version
}

/// RFC 9112 4.
fn status_line(sheet: &mut Sheet, line: Line<'_>, head: &mut Head) {
    let text = line.text;
    let space = |byte: &u8| *byte == b' ';
    let version_end = text.iter().position(space).unwrap_or(text.len());
    head.version = version(sheet, line.at, &text[..version_end]);
    let code_at = (version_end + 1).min(text.len());
    let code = text[code_at..].split(space).next().unwrap_or_default();
    let digits = code.len() == 3 && code.iter().all(u8::is_ascii_digit);
    let status = if digits {
        code.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
    } else {
        sheet.flaw(
            line.at + code_at,
            both!("a status code that is not three digits", "status code yang bukan tiga digit"),
            "[9112-4-02]",
        );
        0
    };
    sheet.field("status code", line.at + code_at, code, "RFC 9112 4");
    // [9110-15-02] Handled as a 5xx.
    if digits && !(100..600).contains(&status) {
        let what = both!(
            "a status code that is not within 100 to 599",
            "status code di luar 100 sampai 599"
        );
        sheet.flaw(line.at + code_at, what, "[9110-15-02]");
    }
    let reason_at = code_at + code.len();
    // [9112-4-02]
    if text.get(reason_at).is_none() {
        let what = both!("no space behind the status code", "tidak ada spasi setelah status code");
        sheet.flaw(line.at + reason_at, what, "[9112-4-02]");
    }
    let reason = text.get(reason_at + 1..).unwrap_or_default();
    if !reason.is_empty() {
        // [9112-4-01] Nobody acts on it.
        sheet.field("reason phrase", line.at + reason_at + 1, reason, "RFC 9112 4");
    }
    head.start = Start::Response { status, reason: reason.to_vec() };
}
