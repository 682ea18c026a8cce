//! The request target, and which of its four forms it has. (RFC 9112 3.2)
//!
//! ```text
//!   origin-form       /add?a=5&b=9           what a client sends to a server
//!   absolute-form     http://host:80/add     what it sends to a proxy
//!   authority-form    host:443               with CONNECT
//!   asterisk-form     *                      with OPTIONS
//! ```
//!
//! It knows where path and query stand. It does not know which resources there are.

use super::sheet::Sheet;
use crate::lang::both;

/// Parameters of a query that are fields of their own; the rest of it is one.
pub const PARAMETERS_MAX: usize = 64;

/// The target's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Up to the question mark.
    pub path: &'a [u8],
    /// Behind it.
    pub query: Option<&'a [u8]>,
}

/// Splits a target in origin-form or absolute-form; nothing for one that has no path.
pub fn parts(target: &[u8]) -> Option<Parts<'_>> {
    let start = path_start(target)?;
    let rest = &target[start..];
    Some(match rest.iter().position(|byte| *byte == b'?') {
        Some(mark) => Parts { path: &rest[..mark], query: Some(&rest[mark + 1..]) },
        None => Parts { path: rest, query: None },
    })
}

/// Where the path begins.
fn path_start(target: &[u8]) -> Option<usize> {
    if target.starts_with(b"/") {
        return Some(0);
    }
    let authority = scheme_end(target)?;
    let end = target[authority..].iter().position(|byte| matches!(byte, b'/' | b'?'));
    Some(end.map_or(target.len(), |end| authority + end))
}

/// Where the authority begins, behind `http://`.
fn scheme_end(target: &[u8]) -> Option<usize> {
    let colon = target.windows(3).position(|three| three == b"://")?;
    let scheme = &target[..colon];
    let first = scheme.first()?.is_ascii_alphabetic();
    let rest = scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    (first && rest).then_some(colon + 3)
}

/// Makes the target's fields; `at` is where it stands.
pub(super) fn read(sheet: &mut Sheet, at: usize, target: &[u8], method: &[u8]) {
    sheet.field("request target", at, target, "RFC 9112 3.2");
    form(sheet, at, target, method);
    characters(sheet, at, target);
    let (Some(start), Some(parts)) = (path_start(target), parts(target)) else { return };
    let path_spec = if start == 0 { "RFC 9112 3.2.1" } else { "RFC 9112 3.2.2" };
    sheet.field("path", at + start, parts.path, path_spec);
    let Some(query) = parts.query else { return };
    let from = at + start + parts.path.len() + 1;
    let mut off = 0;
    for (n, parameter) in query.split(|byte| *byte == b'&').enumerate() {
        if n == PARAMETERS_MAX {
            sheet.field("query", from + off, &query[off..], "RFC 3986 3.4");
            return;
        }
        if !parameter.is_empty() {
            sheet.field("query parameter", from + off, parameter, "RFC 3986 3.4");
        }
        off += parameter.len() + 1;
    }
}

fn form(sheet: &mut Sheet, at: usize, target: &[u8], method: &[u8]) {
    match target {
        b"" => sheet.flaw(
            at,
            both!("an empty request target", "request target kosong"),
            "[9112-3.2-01]",
        ),
        // [9110-7.1-01]
        b"*" if method != b"OPTIONS" => {
            sheet.flaw(
                at,
                both!("the target * without OPTIONS", "target * tanpa OPTIONS"),
                "[9110-7.1-01]",
            );
        }
        b"*" => {}
        _ if method == b"CONNECT" => {
            // [9112-3.2.3-01], [9110-9.3.6-01] A host and a port, and nothing else.
            let port = target.rsplit(|byte| *byte == b':').next().unwrap_or_default();
            let host = target.len() > port.len() + 1 && !target.contains(&b'/');
            if !host || port.is_empty() || !port.iter().all(u8::is_ascii_digit) {
                sheet.flaw(
                    at,
                    both!(
                        "a target of CONNECT that is not host:port",
                        "target CONNECT yang bukan host:port"
                    ),
                    "[9110-9.3.6-01]",
                );
            }
        }
        _ if path_start(target).is_none() => {
            let what = both!(
                "a request target in none of the four forms",
                "request target yang tidak termasuk keempat bentuknya"
            );
            sheet.flaw(at, what, "[9112-3.2.1-01]");
        }
        _ => {
            // [9110-4.2.1-02], [9110-4.2.4-01] Of absolute-form, the authority.
            let authority = scheme_end(target).map(|from| (from, path_start(target)));
            if let Some((from, Some(to))) = authority {
                if from == to {
                    sheet.flaw(
                        at + from,
                        both!("a target URI without a host", "target URI tanpa host"),
                        "[9110-4.2.1-02]",
                    );
                } else if target[from..to].contains(&b'@') {
                    sheet.flaw(
                        at + from,
                        both!("a target URI with userinfo", "target URI dengan userinfo"),
                        "[9110-4.2.4-01]",
                    );
                }
            }
        }
    }
}

/// What no URI holds as it is. (RFC 3986 2)
fn characters(sheet: &mut Sheet, at: usize, target: &[u8]) {
    let wrong = |byte: &u8| !byte.is_ascii_graphic() || b"\"#<>\\^`{|}".contains(byte);
    if let Some(place) = target.iter().position(wrong) {
        let shown = crate::output::escape(&target[place..=place]);
        let what = both!(
            "a request target with '{shown}', which a URI holds only encoded",
            "request target dengan '{shown}', yang dalam URI harus dikodekan"
        );
        sheet.flaw(at + place, what, "[9112-3.2-01]");
    }
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let encoded = |place: usize| is_hex(target.get(place + 1)) && is_hex(target.get(place + 2));
    let percents = target.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    if let Some((place, _)) = percents.into_iter().find(|(place, _)| !encoded(*place)) {
        let what = both!(
            "a % in the request target without two hexadecimal digits",
            "tanda % dalam request target tanpa dua digit heksadesimal"
        );
        sheet.flaw(at + place, what, "[9112-3.2-01]");
    }
}
