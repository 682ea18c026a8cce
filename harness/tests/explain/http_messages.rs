//! HTTP messages one at a time: their fields, their length, and what is wrong with them.

use crate::build::cases;
use crate::languages;
use crate::schema::{check, schema};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use wirelab::dissect::Field;
use wirelab::dissect::http::{FLAWS_MAX, Framing, Message, Start, begins, message};

fn read(bytes: &[u8]) -> Message {
    message(bytes, None, true)
}

/// Name, place and value of each field.
fn told(fields: &[Field]) -> Vec<(&'static str, usize, usize, String)> {
    fields.iter().map(|f| (f.name, f.off, f.len, f.value.to_string())).collect()
}

fn entry(name: &'static str, off: usize, value: &str) -> (&'static str, usize, usize, String) {
    (name, off, value.len(), value.to_owned())
}

#[test]
fn a_request_has_these_fields() {
    let seen = read(b"GET /add?a=5&b=9 HTTP/1.1\r\nHost:  rest:5151 \r\nX:\r\n\r\nnext");
    let expected = [
        entry("method", 0, "GET"),
        entry("request target", 4, "/add?a=5&b=9"),
        entry("path", 4, "/add"),
        entry("query parameter", 9, "a=5"),
        entry("query parameter", 13, "b=9"),
        entry("HTTP-version", 17, "HTTP/1.1"),
        entry("field name", 27, "Host"),
        entry("field value", 34, "rest:5151"),
        entry("field name", 46, "X"),
        entry("field value", 48, ""),
        ("end of head", 50, 2, "\\r\\n".to_owned()),
    ];
    assert_eq!(told(&seen.fields), expected);
    assert_eq!((seen.len, seen.cut, seen.framing), (52, false, Framing::Nothing));
    assert_eq!(seen.flaws, []);
    // [9110-5.1-02] The known ones have sections of their own.
    let specs: Vec<_> = seen.fields.iter().map(|field| field.spec).collect();
    assert_eq!(&specs[6..10], ["RFC 9110 5.1", "RFC 9110 7.2", "RFC 9110 5.1", "RFC 9110 5.5"]);
}

/// [9112-7.1-01], [9112-7.1.1-01], [9110-5.6.3-02]
#[test]
fn a_chunked_response_has_these_fields() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
    let body = b"5 ;a=\"x;y\";b\r\nhello\r\n00\r\nSum: 1\r\n\r\n";
    let seen = read(&[&head[..], body, b"HTTP/1.1"].concat());
    let at = head.len();
    let expected = [
        ("chunk size", at, 1, "5".to_owned()),
        ("chunk extension", at + 3, 7, "a=\\\"x;y\\\"".to_owned()),
        entry("chunk extension", at + 11, "b"),
        entry("chunk data", at + 14, "hello"),
        ("end of chunk data", at + 19, 2, "\\r\\n".to_owned()),
        ("last chunk", at + 21, 2, "0".to_owned()),
        entry("trailer field name", at + 25, "Sum"),
        entry("trailer field value", at + 30, "1"),
        ("end of trailers", at + 33, 2, "\\r\\n".to_owned()),
    ];
    assert_eq!(told(&seen.fields[6..]), expected);
    assert_eq!((seen.body, seen.chunks, seen.len), (5, 1, at + body.len()));
    assert_eq!((seen.flaws, seen.cut), (vec![], false));
}

/// RFC 9112 6.3, rule by rule.
#[test]
fn where_a_body_ends() {
    let response = |head: &str, method: Option<&[u8]>| {
        message(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), method, false).framing
    };
    let get = Some(&b"GET"[..]);
    // [9112-6.3-01]
    assert_eq!(response("200 OK\r\nContent-Length: 18", Some(b"HEAD")), Framing::Nothing);
    for status in [100, 103, 204, 304] {
        let head = format!("{status} x\r\nContent-Length: 18");
        assert_eq!(response(&head, get), Framing::Nothing, "{status}");
    }
    // [9112-6.3-02]
    assert_eq!(response("200 OK\r\nContent-Length: 18", Some(b"CONNECT")), Framing::Tunnel);
    assert_eq!(response("404 no\r\nContent-Length: 18", Some(b"CONNECT")), Framing::Length(18));
    assert_eq!(response("101 x\r\nUpgrade: websocket", get), Framing::Tunnel);
    // [9112-6.3-03], [9112-6.3-04], [9112-6.3-05]
    let both = "200 OK\r\nContent-Length: 18\r\nTransfer-Encoding: chunked";
    assert_eq!(response(both, get), Framing::Chunked);
    assert_eq!(response("200 OK\r\nTransfer-Encoding: gzip", get), Framing::UntilClose);
    // [9112-6.3-07], [9112-6.3-09]
    assert_eq!(response("200 OK\r\nContent-Length: 5, 5", get), Framing::Length(5));
    assert_eq!(response("200 OK\r\nContent-Length: 5\r\nContent-Length: 6", get), Framing::Broken);
    assert_eq!(response("200 OK\r\nContent-Length: +5", get), Framing::Broken);
    // [9110-8.6-08]
    let most = format!("200 OK\r\nContent-Length: {}", u64::MAX);
    assert_eq!(response(&most, get), Framing::Length(u64::MAX));
    assert_eq!(response(&format!("{most}0"), get), Framing::Broken);
    // [9112-6.3-12], [9112-6.3-11]
    assert_eq!(response("200 OK", get), Framing::UntilClose);
    let request =
        |fields: &str| read(format!("PUT /x HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes());
    assert_eq!(request("").framing, Framing::Nothing);
    assert_eq!(request("Content-Length: 3\r\n").framing, Framing::Length(3));
    // [9112-6.3-06], [9112-6.3-08]
    assert_eq!(request("Transfer-Encoding: chunked, gzip\r\n").framing, Framing::Broken);
    assert!(request("Content-Length: x\r\n").lost);
}

/// The four forms of a target.
#[test]
fn targets_are_taken_apart() {
    let parts = |line: &str| {
        let bytes = format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n");
        let seen = read(bytes.as_bytes());
        assert_eq!(seen.flaws, [], "{line}");
        let names = ["path", "query parameter"];
        let fields = seen.fields.iter().filter(|field| names.contains(&field.name));
        fields.map(|field| field.value.to_string()).collect::<Vec<_>>()
    };
    // [9112-3.2.1-01], [9112-3.2.2-03], [9112-3.2.4-01], [9112-3.2.3-01]
    assert_eq!(parts("GET /a/b?c&&d=%20"), ["/a/b", "c", "d=%20"]);
    assert_eq!(parts("GET http://h:80/p?q=1"), ["/p", "q=1"]);
    assert_eq!(parts("GET http://h"), [""]);
    assert!(parts("OPTIONS *").is_empty() && parts("CONNECT h:443").is_empty());
    let many = format!("GET /?{}", "a&".repeat(200));
    assert_eq!(parts(&many).len(), 1 + wirelab::dissect::http::PARAMETERS_MAX);
}

const REQUEST: &str = "GET / HTTP/1.1\\r\\nHost: a\\r\\n";
const CHUNKED: &str = "PUT / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n";
const OK: &str = "HTTP/1.1 200 OK\\r\\n";

/// Everything that the bytes of one message can break: where, and the clause. `G`, `C` and `O`
/// at the front stand for the beginnings above.
#[rustfmt::skip]
const TABLE: &[(&str, usize, &str)] = &[
    (r"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "[9112-2.2-05]"),
    (r"GET / HTTP/1.1\nHost: a\r\n\r\n", 14, "[9112-2.2-04]"),
    (r"GET / HTTP/1.1\r\nHost: a\n\r\n", 23, "[9112-2.2-04]"),
    (r"G\n", 25, "[9112-2.2-04]"),
    (r"GX: a\rb\r\n\r\n", 29, "[9112-2.2-03]"),
    (r"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-2.2-03]"),
    (r"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 16, "[9112-2.2-09]"),
    (r"G b\r\n\r\n", 25, "[9112-5.2-02]"),
    (r"O\tb\r\n\r\n", 17, "[9112-2.2-09]"),
    (r"(GET) / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "[9112-3.1-01]"),
    (r" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "[9112-3.1-01]"),
    (r"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 4, "[9112-3.2-01]"),
    (r"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 6, "[9112-3.2-01]"),
    (r"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-3.2-01]"),
    (r"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-3.2-01]"),
    (r"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-3.2-01]"),
    (r"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-3.2-01]"),
    (r"GET /%4g HTTP/1.1\r\nHost: a\r\n\r\n", 5, "[9112-3.2-01]"),
    (r"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 4, "[9112-3.2-01]"),
    (r"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 4, "[9112-3.2.1-01]"),
    (r"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 4, "[9110-7.1-01]"),
    (r"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", 8, "[9110-9.3.6-01]"),
    (r"CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n", 8, "[9110-9.3.6-01]"),
    (r"CONNECT a:x HTTP/1.1\r\nHost: a\r\n\r\n", 8, "[9110-9.3.6-01]"),
    (r"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 11, "[9110-4.2.1-02]"),
    (r"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 11, "[9110-4.2.4-01]"),
    (r"GET /\r\nHost: a\r\n\r\n", 5, "[9112-2.3-01]"),
    (r"GET / http/1.1\r\nHost: a\r\n\r\n", 6, "[9112-2.3-01]"),
    (r"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 6, "[9112-2.3-01]"),
    (r"GET / HTTP/1\r\nHost: a\r\n\r\n", 6, "[9112-2.3-01]"),
    (r"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 15, "[9112-2.3-01]"),
    (r"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 6, "[9110-6.2-05]"),
    (r"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 6, "[9110-6.2-05]"),
    (r"GET / HTTP/1.1\r\n\r\n", 0, "[9112-3.2-06]"),
    (r"GHost: a\r\n\r\n", 25, "[9112-3.2-07]"),
    (r"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 22, "[9112-3.2-08]"),
    (r"Gno colon\r\n\r\n", 25, "[9112-5-01]"),
    (r"G: value\r\n\r\n", 25, "[9112-5-01]"),
    (r"Ga(b): c\r\n\r\n", 25, "[9112-5-01]"),
    (r"G\xc3\xa4: c\r\n\r\n", 25, "[9112-5-01]"),
    (r"GX : c\r\n\r\n", 26, "[9112-5.1-01]"),
    (r"GContent-Length\t: 0\r\n\r\n", 39, "[9112-5.1-01]"),
    (r"GX: a\x00b\r\n\r\n", 29, "[9110-5.5-02]"),
    (r"GX: a\x1bb\r\n\r\n", 29, "[9110-5.5-03]"),
    (r"GContent-Length: +1\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length: -1\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length: 1 1\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length: 0x1\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length: 1_0\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length: 1.0\r\n\r\n", 41, "[9112-6.2-02]"),
    (r"GContent-Length:\r\n\r\n", 40, "[9112-6.2-02]"),
    (r"GContent-Length: 1,\r\n\r\nx", 41, "[9112-6.2-02]"),
    (r"GContent-Length: 99999999999999999999\r\n\r\n", 41, "[9110-8.6-08]"),
    (r"GContent-Length: 1, 2\r\n\r\n", 41, "[9112-6.3-07]"),
    (r"GContent-Length: 1, 1\r\n\r\nx", 25, "[9112-6.3-07]"),
    (r"GContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 44, "[9112-6.3-07]"),
    (r"GTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 53, "[9112-6.2-01]"),
    (r"GTransfer-Encoding: gzip\r\n\r\n", 44, "[9112-6.3-06]"),
    (r"GTransfer-Encoding: chunked, identity\r\n\r\n", 44, "[9112-6.1-07]"),
    (r"GTransfer-Encoding: xchunked\r\n\r\n", 44, "[9112-6.1-07]"),
    (r"GTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 44, "[9112-6.1-02]"),
    (r"GTransfer-Encoding: chunked;q=1\r\n\r\n", 44, "[9112-7.1-03]"),
    (r"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 16, "[9112-6.1-11]"),
    (r"GTE: chunked\r\nConnection: TE\r\n\r\n", 29, "[9112-7.4-01]"),
    (r"GTE: trailers\r\n\r\n", 25, "[9112-7.4-02]"),
    (r"GExpect: 100-continue\r\n\r\n", 25, "[9110-10.1.1-01]"),
    (r"C0x5\r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C\r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C 5\r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C5 \r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C-5\r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C5_0\r\nhello\r\n0\r\n\r\n", 55, "[9112-7.1-04]"),
    (r"C10000000000000000\r\n", 55, "[9112-7.1-02]"),
    (r"C5\r\nhello world\r\n0\r\n\r\n", 63, "[9112-7.1-04]"),
    (r"C5\nhello\r\n0\r\n\r\n", 56, "[9112-2.2-04]"),
    (r"C5\r\nhello\n0\r\n\r\n", 63, "[9112-2.2-04]"),
    (r"C5;\r\nhello\r\n0\r\n\r\n", 57, "[9112-7.1.1-01]"),
    (r"C0\r\nContent-Length: 1\r\n\r\n", 58, "[9110-6.5.1-01]"),
    (r"C0\r\nHost: a\r\n\r\n", 58, "[9110-6.5.1-01]"),
    (r"C0\r\nX : a\r\n\r\n", 59, "[9112-5.1-01]"),
    (r"HTTP/1.1 20 OK\r\n\r\n", 9, "[9112-4-02]"),
    (r"HTTP/1.1 2000 OK\r\n\r\n", 9, "[9112-4-02]"),
    (r"HTTP/1.1 200\r\n\r\n", 12, "[9112-4-02]"),
    (r"HTTP/1.1  200 OK\r\n\r\n", 9, "[9112-4-02]"),
    (r"HTTP/1.1 600 x\r\n\r\n", 9, "[9110-15-02]"),
    (r"HTTP/1.1 099 x\r\n\r\n", 9, "[9110-15-02]"),
    (r"HTTP/2.0 200 OK\r\n\r\n", 0, "[9110-6.2-05]"),
    (r"HTTP/11 200 OK\r\n\r\n", 0, "[9112-2.3-01]"),
    (r"HTTP/1.1 101 x\r\n\r\n", 0, "[9110-15.2.2-01]"),
    (r"HTTP/1.1 405 x\r\n\r\n", 0, "[9110-10.2.1-01]"),
    (r"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", 16, "[9112-6.1-05]"),
    (r"HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", 16, "[9110-8.6-05]"),
    (r"HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", 16, "[9112-6.1-11]"),
    (r"OContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 17, "[9112-6.2-01]"),
    (r"OContent-Length: 1, x\r\n\r\n", 33, "[9112-6.2-02]"),
];

/// The bytes that a row of the table means.
fn bytes_of(row: &str) -> Vec<u8> {
    let long = match row.as_bytes()[0] {
        b'G' if !row.starts_with("GET ") => REQUEST.to_owned() + &row[1..],
        b'C' if !row.starts_with("CONNECT ") => CHUNKED.to_owned() + &row[1..],
        b'O' => OK.to_owned() + &row[1..],
        _ => row.to_owned(),
    };
    let mut bytes = Vec::new();
    let mut rest = long.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                _ => {
                    let digits = [rest.next().unwrap_or(b'?'), rest.next().unwrap_or(b'?')];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).expect("hex")
                }
            },
            plain => plain,
        });
    }
    bytes
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_clause() {
    assert!(TABLE.len() >= 100, "{}", TABLE.len());
    for (row, off, clause) in TABLE {
        let seen = read(&bytes_of(row));
        let found = seen.flaws.iter().any(|flaw| (flaw.off, flaw.clause) == (*off, *clause));
        assert!(found, "{row}: {clause} at {off}, not {:?}", seen.flaws);
        languages::assert_told(&seen.flaws);
    }
}

/// Messages without a fault, the strangest that the grammar allows among them.
const GOOD: &[&str] = &[
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.9\r\nhost: [::1]:80\r\n\r\n",
    "M-SEARCH!#$%&'*+-.^_`|~ /a;b=c/@:!$&'()*+,= HTTP/1.1\r\nHost: a\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a:\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
    "GET / HTTP/1.1\r\nHost: a\r\nX:\ta\tb \r\nx: \u{e4}\r\nTE: trailers\r\n\
     Connection: x, te\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, CHUNKED\r\n\r\n\
     1\r\nx\r\n000\r\nX: y\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
     A;x=\"\\\"\";y\r\n0123456789\r\n0\r\n\r\n",
    "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 405 no\r\nAllow: GET\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
];

#[test]
fn a_good_message_is_told_to_be_good_and_may_be_cut_anywhere() {
    for text in GOOD {
        let bytes = text.as_bytes();
        let seen = read(bytes);
        assert_eq!(seen.flaws, [], "{text}");
        assert_eq!((seen.len, seen.cut), (bytes.len(), false), "{text}");
        assert_covered(&seen, bytes);
        for len in 0..bytes.len() {
            let cut = read(&bytes[..len]);
            assert!(cut.cut, "{text} up to {len}");
            assert_eq!(cut.flaws, [], "what is missing is no mistake: {text} up to {len}");
            assert_eq!(cut.len, len);
        }
    }
}

/// Fields stand in order and within; between them are blanks, colons and line ends alone.
fn assert_covered(seen: &Message, bytes: &[u8]) {
    let mut covered = vec![false; seen.len];
    for field in &seen.fields {
        assert!(field.off + field.len <= seen.len, "{field:?} beyond {}", seen.len);
        covered[field.off..field.off + field.len].fill(true);
    }
    for (place, byte) in bytes[..seen.len].iter().enumerate().filter(|(at, _)| !covered[*at]) {
        assert!(b" \t:;\r\n".contains(byte), "byte {place} ({byte:#x}) of {seen:?}");
    }
}

/// A `wirelab decode http` of these bytes: its output, its complaints and its code.
fn decode(words: &[&str], bytes: &[u8]) -> (String, String, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["decode", "http"])
        .args(words)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("WIRELAB_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// Requests, and their responses behind them.
const BOTH: &[u8] = b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b?c=d HTTP/1.1\r\nHost: h\r\n\r\n\
    HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early\r\n\r\n\
    HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno";

#[test]
fn decoded_messages_are_valid_and_keep_their_offsets() {
    let (text, stderr, code) = decode(&["--json", "-"], BOTH);
    assert_eq!(code, 0, "{stderr}");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert_eq!(check(&schema(), &schema(), event), Ok(()), "{event}");
    }
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["request", "request", "response", "response", "response"]);
    assert_eq!(events[1]["say"], "GET /b, query c=d, HTTP/1.1; 1 field; no body");
    // The first one answers HEAD. [9112-6.3-01], [9112-9.2-01]
    assert_eq!(events[2]["say"], "HTTP/1.1 200 OK; 1 field; no body");
    assert_eq!(events[4]["say"], "HTTP/1.1 404 No; 1 field; Content-Length 2, body of 2 bytes");
    let parameter = json!({"name": "query parameter", "off": 36, "len": 3, "value": "c=d",
        "spec": "RFC 3986 3.4"});
    assert!(events[1]["layers"][0]["fields"].as_array().unwrap().contains(&parameter), "{text}");
    // In hexadecimal it is the same.
    let hex: Vec<String> = BOTH.iter().map(|byte| format!("{byte:02x}")).collect();
    let (again, _, _) = decode(&["--json", &hex.join(" ")], b"");
    assert_eq!(again, text);
    let (text, _, _) = decode(&[], BOTH);
    assert!(text.contains("  29+3    method                   GET  [RFC 9112 3.1]"), "{text}");
}

#[test]
fn what_is_wrong_with_a_message_is_the_exit_code_as_well() {
    let request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let table: [(&[&str], &[u8], i32, &str); 10] = [
        (&["--from", "client"], request, 0, ""),
        (&["--from", "server"], request, 1, "byte 0: only a client sends requests"),
        (&["--from", "client"], b"HTTP/1.1 200 OK\r\n\r\n", 1, "only a server sends responses"),
        (&[], b"GET / HTTP/1.1\r\n\r\n", 1, "without Host [9112-3.2-06]"),
        (&[], b"GET / HT", 1, "message 1 is not complete: the end of its head is not there"),
        (&[], b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", 1, "of its body to come: 1"),
        (&[], &bytes_of("C5\\r\\nhello\\r\\n"), 1, "its last chunk is not there"),
        (&[], &bytes_of("GContent-Length: x\\r\\n\\r\\nGET"), 1, "byte 41: a Content-Length"),
        (&[], b"", 1, "no bytes, no message"),
        (&["4z"], b"", 2, "'z' at character 2 is not hexadecimal"),
    ];
    for (words, bytes, code, complaint) in table {
        let (_, stderr, exit) = decode(words, bytes);
        assert_eq!(exit, code, "{words:?}: {stderr}");
        assert!(stderr.contains(complaint), "{words:?}: {stderr}");
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_bytes_are_told_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let seen = read(&bytes);
        assert!(seen.len <= bytes.len() && seen.flaws.len() <= 4 * FLAWS_MAX);
        assert_covered(&seen, &bytes);
        begins(&bytes);
        // Asking for the values alone changes nothing of them.
        let values = message(&bytes, None, false);
        prop_assert_eq!((values.len, values.body, values.flaws), (seen.len, seen.body, seen.flaws));
        prop_assert_eq!(values.fields, []);
    }

    /// Bytes that look like messages, so that the reader gets far into them.
    #[test]
    fn damaged_messages_do_no_harm(
        which in 0..GOOD.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        method in prop::sample::select(vec![None, Some(&b"HEAD"[..]), Some(b"CONNECT")]),
    ) {
        let mut bytes = GOOD[which].as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let seen = message(&bytes, method, true);
        assert_covered(&seen, &bytes);
        if !seen.cut {
            prop_assert!(seen.head.start != Start::Missing);
        }
    }

    #[test]
    fn a_length_on_the_wire_costs_nothing(length in any::<u64>()) {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nx");
        let seen = read(head.as_bytes());
        prop_assert_eq!(seen.framing, Framing::Length(length));
        prop_assert!(seen.len <= head.len());
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\nx"
        );
        let seen = read(chunked.as_bytes());
        prop_assert!(seen.len <= chunked.len());
    }
}
