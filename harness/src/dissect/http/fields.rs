//! Field lines: those of a head and those of a trailer section. (RFC 9112 5)
//!
//! ```text
//!   Content-Length :  OWS  19  OWS  CR LF
//!   name           |       value
//! ```
//!
//! It knows a line's layout, and where the meaning of a known name is specified. What the values
//! of several lines mean together is `rules`' and `framing`'s.

use super::sheet::{Sheet, is_token, line, trim};
use crate::lang::both;

/// One field, with the values of folded lines joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldLine {
    /// As it was sent.
    pub name: Vec<u8>,
    /// Without the blanks around it.
    pub value: Vec<u8>,
    /// Where the name stands.
    pub at: usize,
    /// Where the value does.
    pub value_at: usize,
}

impl FieldLine {
    /// Is it called that? Case makes no difference.
    pub fn is(&self, name: &str) -> bool {
        // [9110-5.1-01]
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// What the lines of a section are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) end: &'static str,
}

pub(super) const HEADER: Names =
    Names { name: "field name", value: "field value", end: "end of head" };
pub(super) const TRAILER: Names =
    Names { name: "trailer field name", value: "trailer field value", end: "end of trailers" };

/// Reads lines from `at` up to the empty one: where it ends, or nothing if it is not there.
pub(super) fn section(
    sheet: &mut Sheet,
    bytes: &[u8],
    mut at: usize,
    names: Names,
    lines: &mut Vec<FieldLine>,
) -> Option<usize> {
    let first = at;
    loop {
        let line = line(sheet, bytes, at);
        let Some(next) = line.next else {
            sheet.cut(names.name, at, line.text, "RFC 9112 5");
            return None;
        };
        match line.text {
            [] => {
                sheet.field(names.end, at, &bytes[at..next], "RFC 9112 2.1");
                return Some(next);
            }
            [b' ' | b'\t', ..] => folded(sheet, line.text, (at, at == first), names, lines),
            text => lines.extend(field(sheet, text, at, names)),
        }
        at = next;
    }
}

/// A line that begins with a blank goes on with the one before it, as was allowed once.
fn folded(
    sheet: &mut Sheet,
    text: &[u8],
    (at, first): (usize, bool),
    names: Names,
    lines: &mut [FieldLine],
) {
    sheet.field(names.value, at, text, "RFC 9112 5.2");
    match lines.last_mut() {
        Some(before) if !first => {
            // [9112-5.2-01], [9112-5.2-02] No sender folds any more.
            sheet.flaw(
                at,
                both!("a folded field line", "baris field yang dilipat"),
                "[9112-5.2-02]",
            );
            // [9112-5.2-03]
            before.value.push(b' ');
            before.value.extend(trim(text));
        }
        // [9112-2.2-08], [9112-2.2-09]
        _ => sheet.flaw(
            at,
            both!("a blank before the first field", "spasi sebelum field pertama"),
            "[9112-2.2-09]",
        ),
    }
}

fn field(sheet: &mut Sheet, text: &[u8], at: usize, names: Names) -> Option<FieldLine> {
    // [9112-5-01]
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        sheet.field(names.name, at, text, "RFC 9112 5");
        sheet.flaw(
            at,
            both!("a field line without a colon", "baris field tanpa titik dua"),
            "[9112-5-01]",
        );
        return None;
    };
    let name = &text[..colon];
    let value = trim(&text[colon + 1..]);
    let blanks = text[colon + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let value_at = at + colon + 1 + if value.is_empty() { 0 } else { blanks };
    sheet.field(names.name, at, name, "RFC 9110 5.1");
    sheet.field(names.value, value_at, value, spec(name));
    if name.is_empty() {
        sheet.flaw(
            at,
            both!("a field line without a name", "baris field tanpa nama"),
            "[9112-5-01]",
        );
    } else if name.ends_with(b" ") || name.ends_with(b"\t") {
        // [9112-5.1-01] Read differently by two recipients, it smuggles a request past one.
        let blank = trim(name).len();
        sheet.flaw(
            at + blank,
            both!(
                "a blank between a field's name and its colon",
                "spasi di antara nama field dan titik duanya"
            ),
            "[9112-5.1-01]",
        );
    } else if !is_token(name) {
        sheet.flaw(
            at,
            both!("a field name that is no token", "nama field yang bukan token"),
            "[9112-5-01]",
        );
    }
    // [9110-5.5-02], [9110-5.5-03] Tabs may stand within; the CR was told with the line.
    let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r');
    if let Some(place) = value.iter().position(control) {
        let byte = value[place];
        let what = both!(
            "a control character (0x{byte:02x}) in a field value",
            "karakter kontrol (0x{byte:02x}) dalam nilai field"
        );
        let clause = if byte == 0 { "[9110-5.5-02]" } else { "[9110-5.5-03]" };
        sheet.flaw(value_at + place, what, clause);
    }
    Some(FieldLine { name: trim(name).to_vec(), value: value.to_vec(), at, value_at })
}

/// Where a field is specified; those that nobody here knows are fields all the same [9110-5.1-02].
fn spec(name: &[u8]) -> &'static str {
    let known = SPECS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    known.map_or("RFC 9110 5.5", |(_, spec)| spec)
}

const SPECS: &[(&str, &str)] = &[
    ("Accept", "RFC 9110 12.5.1"),
    ("Accept-Charset", "RFC 9110 12.5.2"),
    ("Accept-Encoding", "RFC 9110 12.5.3"),
    ("Accept-Language", "RFC 9110 12.5.4"),
    ("Accept-Ranges", "RFC 9110 14.3"),
    ("Age", "RFC 9111 5.1"),
    ("Allow", "RFC 9110 10.2.1"),
    ("Authentication-Info", "RFC 9110 11.6.3"),
    ("Authorization", "RFC 9110 11.6.2"),
    ("Cache-Control", "RFC 9111 5.2"),
    ("Connection", "RFC 9110 7.6.1"),
    ("Content-Encoding", "RFC 9110 8.4"),
    ("Content-Language", "RFC 9110 8.5"),
    ("Content-Length", "RFC 9110 8.6"),
    ("Content-Location", "RFC 9110 8.7"),
    ("Content-Range", "RFC 9110 14.4"),
    ("Content-Type", "RFC 9110 8.3"),
    ("Cookie", "RFC 6265 4.2"),
    ("Date", "RFC 9110 6.6.1"),
    ("ETag", "RFC 9110 8.8.3"),
    ("Expect", "RFC 9110 10.1.1"),
    ("Expires", "RFC 9111 5.3"),
    ("From", "RFC 9110 10.1.2"),
    ("Host", "RFC 9110 7.2"),
    ("If-Match", "RFC 9110 13.1.1"),
    ("If-Modified-Since", "RFC 9110 13.1.3"),
    ("If-None-Match", "RFC 9110 13.1.2"),
    ("If-Range", "RFC 9110 13.1.5"),
    ("If-Unmodified-Since", "RFC 9110 13.1.4"),
    ("Last-Modified", "RFC 9110 8.8.2"),
    ("Location", "RFC 9110 10.2.2"),
    ("Max-Forwards", "RFC 9110 7.6.2"),
    ("Origin", "RFC 6454 7"),
    ("Pragma", "RFC 9111 5.4"),
    ("Proxy-Authenticate", "RFC 9110 11.7.1"),
    ("Proxy-Authorization", "RFC 9110 11.7.2"),
    ("Range", "RFC 9110 14.2"),
    ("Referer", "RFC 9110 10.1.3"),
    ("Retry-After", "RFC 9110 10.2.3"),
    ("Server", "RFC 9110 10.2.4"),
    ("Set-Cookie", "RFC 6265 4.1"),
    ("TE", "RFC 9110 10.1.4"),
    ("Trailer", "RFC 9110 6.6.2"),
    ("Transfer-Encoding", "RFC 9112 6.1"),
    ("Upgrade", "RFC 9110 7.8"),
    ("User-Agent", "RFC 9110 10.1.5"),
    ("Vary", "RFC 9110 12.5.5"),
    ("Via", "RFC 9110 7.6.3"),
    ("WWW-Authenticate", "RFC 9110 11.6.1"),
];
