//! What the fields of one head must be together: Host, the two lengths, and what a status code
//! asks for.
//!
//! It knows a head that is whole. It does not know which message it answers.

use super::fields::FieldLine;
use super::framing::{content_length, is_chunked_last};
use super::head::{Head, Start};
use super::sheet::Sheet;
use crate::lang::both;

/// The codings of RFC 9112 7, which a server may be asked to undo.
const CODINGS: [&str; 6] = ["chunked", "compress", "deflate", "gzip", "x-compress", "x-gzip"];

pub(super) fn check(sheet: &mut Sheet, head: &Head) {
    match head.start {
        Start::Request { .. } => {
            host(sheet, head);
            request(sheet, head);
        }
        Start::Response { .. } => response(sheet, head),
        Start::Missing => {}
    }
    transfer_encoding(sheet, head);
    length(sheet, head);
}

/// RFC 9112 3.2, and 9110 7.2.
fn host(sheet: &mut Sheet, head: &Head) {
    let mut lines = head.values("Host");
    match (lines.next(), lines.next()) {
        // [9112-3.2-03], [9112-3.2-06]
        (None, _) if head.version == Some((1, 1)) => {
            sheet.flaw(
                0,
                both!("a request of HTTP/1.1 without Host", "permintaan HTTP/1.1 tanpa Host"),
                "[9112-3.2-06]",
            );
        }
        // [9112-3.2-07]
        (Some(_), Some(second)) => {
            sheet.flaw(second.at, both!("a second Host", "Host kedua"), "[9112-3.2-07]");
        }
        // [9112-3.2-08]
        (Some(line), None) if !is_host(&line.value) => {
            let what = both!(
                "a Host that is not a host and perhaps a port",
                "Host yang bukan host dengan atau tanpa port"
            );
            sheet.flaw(line.value_at, what, "[9112-3.2-08]");
        }
        _ => {}
    }
}

/// `name`, `name:80`, `[::1]:80`, or nothing at all. (RFC 3986 3.2.2)
fn is_host(value: &[u8]) -> bool {
    let brackets = value.starts_with(b"[");
    let end = match value.iter().position(|byte| *byte == if brackets { b']' } else { b':' }) {
        Some(end) => end + usize::from(brackets),
        None if brackets => return false,
        None => value.len(),
    };
    let (host, port) = value.split_at(end);
    let address = |byte: &u8| byte.is_ascii_hexdigit() || b":.v[]".contains(byte);
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(byte);
    let host_is_good =
        if brackets { host.len() > 2 && host.iter().all(address) } else { host.iter().all(name) };
    let port_is_good = match port {
        [] => true,
        [b':', digits @ ..] => !host.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_is_good && port_is_good
}

fn request(sheet: &mut Sheet, head: &Head) {
    let content = ["Content-Length", "Transfer-Encoding"];
    let announced = content.iter().any(|name| head.values(name).next().is_some());
    // [9110-10.1.1-01]
    if let Some(line) = head.values("Expect").next()
        && line.value.eq_ignore_ascii_case(b"100-continue")
        && !announced
    {
        sheet.flaw(
            line.at,
            both!("100-continue without content to come", "100-continue tanpa isi yang menyusul"),
            "[9110-10.1.1-01]",
        );
    }
    if let Some(line) = head.values("TE").next() {
        // [9112-7.4-01]
        if head.lists("TE", "chunked") {
            sheet.flaw(
                line.value_at,
                both!(
                    "TE lists chunked, which is always allowed",
                    "TE menyebut chunked, yang selalu diperbolehkan"
                ),
                "[9112-7.4-01]",
            );
        }
        // TE speaks to the next hop alone.
        if !head.lists("Connection", "TE") {
            sheet.flaw(
                line.at,
                both!("TE without being listed in Connection", "TE tanpa disebut dalam Connection"),
                "[9112-7.4-02]",
            );
        }
    }
}

fn response(sheet: &mut Sheet, head: &Head) {
    let status = head.status();
    let missing = |name: &str| head.values(name).next().is_none();
    // [9110-15.2.2-01]
    if status == 101 && missing("Upgrade") {
        sheet.flaw(0, both!("101 without Upgrade", "101 tanpa Upgrade"), "[9110-15.2.2-01]");
    }
    // [9110-10.2.1-01], [9110-15.5.6-01]
    if status == 405 && missing("Allow") {
        sheet.flaw(0, both!("405 without Allow", "405 tanpa Allow"), "[9110-10.2.1-01]");
    }
    if matches!(status, 100..=199 | 204) {
        // [9112-6.1-05]
        if let Some(line) = head.values("Transfer-Encoding").next() {
            let what = both!("Transfer-Encoding in a {status}", "Transfer-Encoding dalam {status}");
            sheet.flaw(line.at, what, "[9112-6.1-05]");
        }
        // [9110-8.6-05]
        if let Some(line) = head.values("Content-Length").next() {
            sheet.flaw(
                line.at,
                both!("Content-Length in a {status}", "Content-Length dalam {status}"),
                "[9110-8.6-05]",
            );
        }
    }
}

/// RFC 9112 6.1.
fn transfer_encoding(sheet: &mut Sheet, head: &Head) {
    let Some(line) = head.values("Transfer-Encoding").next() else { return };
    let is_request = !head.is_response();
    // [9112-6.1-11]
    if head.version == Some((1, 0)) {
        sheet.flaw(
            line.at,
            both!("Transfer-Encoding in HTTP/1.0", "Transfer-Encoding dalam HTTP/1.0"),
            "[9112-6.1-11]",
        );
    }
    // [9112-6.2-01], [9112-6.1-10] The two may disagree, and then two recipients do.
    if let Some(length) = head.values("Content-Length").next() {
        let what = both!(
            "Content-Length together with Transfer-Encoding",
            "Content-Length bersama Transfer-Encoding"
        );
        sheet.flaw(length.at, what, "[9112-6.2-01]");
    }
    let mut chunked = 0;
    for coding in head.elements("Transfer-Encoding") {
        let name = coding.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
        let known = CODINGS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        // [9112-6.1-07] Answered with 501.
        if is_request && !known {
            let what =
                both!("a transfer coding that nobody knows", "transfer coding yang tidak dikenal");
            sheet.flaw(line.value_at, what, "[9112-6.1-07]");
        }
        let is_chunked = name.eq_ignore_ascii_case(b"chunked");
        chunked += u32::from(is_chunked);
        // [9112-7.1-03]
        if is_chunked && name.len() < coding.len() {
            sheet.flaw(
                line.value_at,
                both!("chunked with parameters", "chunked dengan parameter"),
                "[9112-7.1-03]",
            );
        }
    }
    // [9112-6.1-02]
    if chunked > 1 {
        sheet.flaw(
            line.value_at,
            both!("chunked applied twice", "chunked diterapkan dua kali"),
            "[9112-6.1-02]",
        );
    }
    // [9112-6.3-06]
    if is_request && !is_chunked_last(head) {
        let what = both!(
            "a request whose last transfer coding is not chunked",
            "permintaan yang transfer coding terakhirnya bukan chunked"
        );
        sheet.flaw(line.value_at, what, "[9112-6.3-06]");
    }
}

/// RFC 9112 6.2.
fn length(sheet: &mut Sheet, head: &Head) {
    if let Err((at, what, clause)) = content_length(head) {
        sheet.flaw(at, what, clause);
        return;
    }
    // [9112-6.3-07] Of several that agree, a recipient may make one.
    let list = |line: &&FieldLine| line.value.contains(&b',');
    let again = head.values("Content-Length").find(list);
    if let Some(line) = again.or_else(|| head.values("Content-Length").nth(1)) {
        sheet.flaw(
            line.at,
            both!("Content-Length more than once", "Content-Length lebih dari satu kali"),
            "[9112-6.3-07]",
        );
    }
}
