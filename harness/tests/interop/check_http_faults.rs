//! Faults of a server that `wirelab test http` must see.
//!
//! It replaces words in what is asked and answered. What they mean is the cases' business.

use super::check_faults::{Fault, Goes, Unit};

const FILES: &[&str] =
    &["rest", "serve", "-p", "0", "--dir", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop")];
const ITEMS: &[&str] = &["rest", "serve", "-p", "0"];
/// What makes of a request one that is refused with 400.
const BAD: &[u8] = b"X : y";
const LONG_AGO: &[u8] = b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT";
const CLOSE: &[u8] = b"Connection: close\r\n";

const fn fault(case: (&'static str, &'static str), spoil: fn(Unit) -> Goes) -> Fault {
    Fault { server: FILES, arguments: &["--path", "/nginx.conf"], case, spoil }
}

/// The same at a path that reads the content that it refuses.
const fn at_items(case: (&'static str, &'static str), spoil: fn(Unit) -> Goes) -> Fault {
    Fault { server: ITEMS, arguments: &["--path", "/items"], case, spoil }
}

/// What is asked has other words, and so has the answer.
fn both(unit: Unit, asked: (&[u8], &[u8]), answered: (&[u8], &[u8])) -> Goes {
    if unit.asks { unit.with(asked.0, asked.1) } else { unit.with(answered.0, answered.1) }
}

/// Nothing is refused: 200, whatever was asked.
fn lenient(unit: Unit) -> Goes {
    if unit.asks {
        unit.whole()
    } else {
        unit.with(b"HTTP/1.1 400 Bad Request", b"HTTP/1.1 200 OK")
    }
}

pub const TABLES: &[Fault] = &[
    fault(("9112-2.2-10", "beginnings that are no request"), lenient),
    fault(("9112-2.3-01", "versions that are none"), lenient),
    fault(("9112-3.1-01", "`Get`, `gET`"), |unit| unit.with(b"gET /", b"GET /")),
    fault(("9112-3-01", "a method of a thousand letters"), |unit| unit.with(&[b'M'; 1000], b"GET")),
    fault(("9110-7.1-01", "an authority alone"), lenient),
    fault(("9112-3.2-08", "Hosts that are none"), lenient),
    fault(("9112-3.2-07", "two Hosts in HTTP/1.0"), lenient),
    fault(("9112-3.2-06", "an absolute target without a Host"), lenient),
    fault(("9112-3.2.2-02", "with an absolute target"), |unit| unit.with(b"other.invalid", b"a b")),
    fault(("9112-5.1-01", "whitespace before the colon"), lenient),
    fault(("9112-5-01", "names of fields that are none"), lenient),
    fault(("9112-5.2-02", "a folded field"), |unit| unit.with(b"a\r\n\tConn", b"a\r\nConn")),
    fault(("9112-2.2-03", "a CR alone ends no field"), |unit| unit.with(b"a\rConn", b"a\r\nConn")),
    fault(("9110-5.5-02", "U+0000 in a value"), |unit| unit.with(b"a\0Conn", b"a\r\nConn")),
    at_items(("9112-6.2-02", "lengths that are none"), |unit| unit.with(b" 5.0\r", b" 5\r")),
    at_items(("9112-6.2-02", "a length with zeros before it"), |unit| {
        unit.with(b" 0005", b" 0004")
    }),
    at_items(("9112-6.3-07", "the same length twice"), |unit| unit.with(b": 5, 5", b": 4")),
    at_items(("9112-6.3-06", "codings that are not chunked"), |unit| {
        unit.with(b"xchunked", b"chunked")
    }),
    at_items(("9112-7.1-04", "sizes of chunks that are none"), |unit| unit.with(b"+5\r", b"5\r")),
    at_items(("9112-7.1-01", "sizes of chunks in small and large"), |unit| {
        unit.with(b"00005\r\n", b"00004\r\n")
    }),
    at_items(("9112-7.1-01", "a thousand chunks"), |unit| {
        unit.with(b"1\r\nx\r\n0\r\n\r\n", b"1\r\nx\r\n\r\n\r\n")
    }),
    at_items(("9110-5.6.3-02", "spaces around a chunk extension"), |unit| {
        unit.with(b"5 ; a", b"x ; a")
    }),
    at_items(("9112-7.1.2-02", "lengths and codings among the trailers"), |unit| {
        unit.with(b"0\r\nContent-Length: 50", b"ff\r\nContent-Length: 50")
    }),
    at_items(("9112-6-01", "content of HEAD and OPTIONS"), |unit| {
        unit.with(b"Content-Length: 26\r\n", b"")
    }),
    fault(("9110-5.1-02", "TE, Trailer, Cookie"), |unit| unit.with(b"TE: trailers", BAD)),
];

pub const LASTING: &[Fault] = &[
    fault(("9112-9.3-02", "HTTP/1.0 with keep-alive"), |unit| {
        let says = b"HTTP/1.1 200 OK\r\nConnection: keep-alive";
        both(unit, (b"Connection: keep-alive\r\n", b""), (b"HTTP/1.1 200 OK", says))
    }),
    fault(("9112-9.3-02", "`close` goes before"), |unit| {
        unit.with(b"keep-alive, close", b"keep-alive")
    }),
    fault(("9112-9.3-02", "HTTP/1.1 stays"), |unit| {
        both(unit, (b"keep-alive, x-wirelab", b"close"), (CLOSE, b""))
    }),
    fault(("9110-5.2-01", "`close` in a second"), |unit| {
        unit.with(b"x-wirelab\r\nConnection: close", b"x-wirelab")
    }),
    fault(("9110-5.6.1.2-01", "`close` among empty"), |unit| unit.with(b",, close ,,", b"x")),
    fault(("9110-7.6.1-02", "`closed` and"), |unit| {
        both(unit, (b"closed, not-close", b"close"), (CLOSE, b""))
    }),
    fault(("9112-9.6-07", "an answer that says `close`"), |unit| {
        let host = (&b"1.1\r\n\r\n"[..], &b"1.1\r\nHost: x\r\n\r\n"[..]);
        both(unit, host, (b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))
    }),
    fault(("9112-9.3-01", "fifty requests"), |unit| {
        if unit.asks && unit.number == 30 { Goes::End } else { unit.whole() }
    }),
    fault(("9112-9.3.2-01", "requests in pieces"), |unit| {
        if unit.asks { unit.with(b"HEAD", b"GET") } else { unit.whole() }
    }),
    fault(("9110-10.1.1-05", "`100-continue` whose content"), |unit| {
        if unit.contains(b"100-Continue") { Goes::End } else { unit.whole() }
    }),
    fault(("9110-10.1.1-06", "`100-continue` without content"), |unit| {
        if unit.contains(b"100-continue") { Goes::On(Vec::new()) } else { unit.whole() }
    }),
    fault(("9110-10.1.1-06", "an expectation that nobody"), |unit| {
        unit.with(b"Expect: wirelab", BAD)
    }),
    fault(("9110-7.8-03", "Upgrade in HTTP/1.0"), switch),
    fault(("9110-7.8-02", "an Upgrade that no Connection"), switch),
];

/// Whatever is asked behind the first time, another protocol follows.
fn switch(unit: Unit) -> Goes {
    if unit.connection == 0 {
        return unit.whole();
    }
    let other = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK";
    if unit.asks { unit.whole() } else { unit.with(b"HTTP/1.1 200 OK", other) }
}

/// Answers have this before their Date.
fn before_date(unit: Unit, lines: &str) -> Goes {
    if unit.asks { unit.whole() } else { unit.with(b"Date:", format!("{lines}Date:").as_bytes()) }
}

pub const HEADS: &[Fault] = &[
    fault(("9112-2.2-02", "its heads are lines"), |unit| before_date(unit, "X: a\r\n b\r\n")),
    fault(("9110-5.3-01", "fields that are no lists"), |unit| {
        before_date(unit, "Server: x\r\nserver: y\r\n")
    }),
    fault(("9110-5.6.1.1-01", "its lists have no empty"), |unit| {
        before_date(unit, "Vary: a, , b\r\n")
    }),
    fault(("9110-6.6.1-02", "Date is there whatever"), |unit| {
        unit.with(b"404 Not Found\r\nDate", b"404 Not Found\r\nX-Date")
    }),
    fault(("9110-5.6.7-02", "Last-Modified, Expires"), |unit| {
        before_date(unit, "Expires: Sunday, 06-Nov-94 08:49:37 GMT\r\n")
    }),
    fault(("9112-6.2-01", "no answer has both"), |unit| {
        let both = b"404 Not Found\r\nTransfer-Encoding: chunked";
        if unit.asks { unit.whole() } else { unit.with(b"404 Not Found", both) }
    }),
    fault(("9112-6.1-05", "a 204 has no length"), |unit| {
        if unit.asks { unit.whole() } else { unit.with(b"1.1 200 OK", b"1.1 204 No Content") }
    }),
    fault(("9110-9.3.2-02", "what HEAD says"), |unit| {
        if unit.number == 1 { before_date(unit, "ETag: \"other\"\r\n") } else { unit.whole() }
    }),
    fault(("9110-7.8-02", "nothing that is no 101"), |unit| {
        if unit.asks {
            return unit.whole();
        }
        unit.with(CLOSE, b"Connection: close, keep-alive\r\n")
    }),
];

/// A server that has an ETag, and another word where it is asked by it.
fn tagged(unit: Unit, asked: &[u8], other: &[u8]) -> Goes {
    if unit.asks { unit.with(asked, other) } else { before_date(unit, "ETag: \"t\"\r\n") }
}

pub const CONDITIONS: &[Fault] = &[
    fault(("9110-13.1.2-01", "If-None-Match with its ETag"), |unit| {
        tagged(unit, b"If-None-Match: \"t\"", BAD)
    }),
    fault(("9110-13.1.2-01", "If-None-Match with other tags"), |unit| {
        tagged(unit, b"If-None-Match: W/\"wirelab\"", BAD)
    }),
    fault(("9110-13.1.2-01", "If-None-Match with another tag goes"), |unit| {
        tagged(unit, b"If-None-Match: \"wirelab\"\r\n", b"")
    }),
    fault(("9110-13.1.1-01", "If-Match with another tag"), |unit| {
        tagged(unit, b"If-Match: *", BAD)
    }),
    fault(("9110-13.1.3-01", "If-Modified-Since its Last-Modified"), |unit| {
        unit.with(b"Not Modified\r\n", b"Not Modified\r\nContent-Length: 5\r\n")
    }),
    fault(("9110-13.1.3-01", "If-Modified-Since long ago"), |unit| {
        unit.with(b"If-Modified-Since: Thu, 01 Jan 1970", b"If-Modified-Since: Fri, 01 Jan 2100")
    }),
    fault(("9110-13.1.3-01", "If-Modified-Since no date"), |unit| {
        let far = b"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT";
        unit.with(b"If-Modified-Since: wirelab", far)
    }),
    fault(("9110-13.1.3-01", "If-Modified-Since is for GET"), |unit| unit.with(b"OPTIONS", b"GET")),
    fault(("9110-13.1.4-01", "If-Unmodified-Since no date"), |unit| {
        unit.with(b"If-Unmodified-Since: wirelab", LONG_AGO)
    }),
    fault(("9110-13.1.4-01", "If-Unmodified-Since long ago"), |unit| unit.with(LONG_AGO, BAD)),
    fault(("9110-13.2.1-01", "conditions on a path"), |unit| unit.with(b"If-None-Match: *", BAD)),
    fault(("9110-14.2-02", "a Range in a unit"), |unit| unit.with(b"Range: wirelab=0-1", BAD)),
    fault(("9110-14.2-01", "a Range is for GET"), |unit| unit.with(b"Range: bytes=0-0", BAD)),
    fault(("9110-14.2-02", "a Range is answered"), |unit| unit.with(b"Range: bytes=1-3", BAD)),
];
