//! Where a request ends: lengths, chunks, and both at once.
//!
//! It may name the cases' client. It does not know what a server does with content.

use std::time::{Duration, Instant};
use wirelab_http::Method;

use super::client::{Client, plain, request, text};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-6-01", "9110-9.3.1-02"],
        name: "content of a GET is not the next request",
        // RFC 9110, 9.3.1: it may be refused as what it looks like.
        run: |desk| {
            let smuggled = "GET /smuggled HTTP/1.1\r\n\r\n";
            read_past(desk, "GET", "Content-Length: 26~", smuggled, true)
        },
    },
    Case {
        clauses: &["9112-6.3-11"],
        name: "a POST with neither length nor coding has no content",
        run: |desk| read_past(desk, "POST", "", "", false),
    },
    Case {
        clauses: &["9112-6.1-01", "9112-7.1-01"],
        name: "chunks are read to the last one",
        run: |desk| {
            let body = "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n";
            read_past(desk, "POST", CHUNKED, body, false)
        },
    },
    Case {
        clauses: &["9112-7-01"],
        name: "`Chunked` is chunked",
        run: |desk| read_past(desk, "POST", "Transfer-Encoding: Chunked~", "0\r\n\r\n", false),
    },
    Case {
        clauses: &["9112-7.1.1-01"],
        name: "chunk extensions are passed over",
        run: |desk| {
            let body = "5;a=b;c=\"d e\"\r\nhello\r\n0;z\r\n\r\n";
            read_past(desk, "POST", CHUNKED, body, false)
        },
    },
    Case {
        clauses: &["9112-7.1.2-01"],
        name: "a trailer is read past",
        run: |desk| {
            let body = "5\r\nhello\r\n0\r\nX-Wirelab: 1\r\n\r\n";
            read_past(desk, "POST", CHUNKED, body, false)
        },
    },
    Case {
        clauses: &["9110-6.5.1-02", "9112-7.1.2-01"],
        name: "trailers that frame are no fields of the head, or are refused",
        run: |desk| {
            let body = "5\r\nhello\r\n0\r\nConnection: close\r\nHost: x\r\n\r\n";
            read_past(desk, "POST", CHUNKED, body, true)
        },
    },
    Case {
        clauses: &["9112-6.1-10", "9112-6.3-03"],
        name: "Content-Length and Transfer-Encoding: refused, or the end behind the answer",
        run: |desk| {
            let fields = "Content-Length: 4~Transfer-Encoding: chunked~";
            is_last(desk, fields, "0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        },
    },
    Case {
        clauses: &["9112-6.1-11"],
        name: "Transfer-Encoding in HTTP/1.0: the end behind the answer",
        run: |desk| {
            let written = "POST PATH HTTP/1.0~Host: HOST~Connection: keep-alive~\
                           Transfer-Encoding: chunked~~0~~";
            let mut client = Client::new(desk)?;
            let octets = text(desk, written);
            client.send(Method::Post, &octets);
            client.answer_or_end()?;
            client.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["9112-6.1-07", "9112-6.3-06"],
        name: "a coding that nobody knows: 501 or 400, and the end",
        run: |desk| refused(desk, "Transfer-Encoding: wirelab~", "hello", &[400, 501]),
    },
    Case {
        clauses: &["9112-6.3-06"],
        name: "chunked that is not the last coding: 400 or 501, and the end",
        run: |desk| refused(desk, "Transfer-Encoding: chunked, gzip~", "hello", &[400, 501]),
    },
    Case {
        clauses: &["9112-6.1-02"],
        name: "chunked twice: 400 or 501, and the end",
        run: |desk| refused(desk, "Transfer-Encoding: chunked, chunked~", "0\r\n\r\n", &[400, 501]),
    },
    Case {
        clauses: &["9112-6.3-08", "9112-6.3-07"],
        name: "two lengths that differ: 400, and the end",
        run: |desk| refused(desk, "Content-Length: 5~Content-Length: 6~", "hello!", &[400]),
    },
    Case {
        clauses: &["9112-6.3-08", "9112-6.3-07"],
        name: "a list of lengths that differ: 400, and the end",
        run: |desk| refused(desk, "Content-Length: 5, 6~", "hello!", &[400]),
    },
    Case {
        clauses: &["9112-6.2-02", "9112-6.3-08"],
        name: "a length with a sign: 400, and the end",
        run: |desk| refused(desk, "Content-Length: +5~", "hello", &[400]),
    },
    Case {
        clauses: &["9112-6.2-02", "9112-6.3-08"],
        name: "a negative length: 400, and the end",
        run: |desk| refused(desk, "Content-Length: -5~", "hello", &[400]),
    },
    Case {
        clauses: &["9112-6.2-02", "9112-6.3-08"],
        name: "a length with letters: 400, and the end",
        run: |desk| refused(desk, "Content-Length: 0x5~", "hello", &[400]),
    },
    Case {
        clauses: &["9110-8.6-08"],
        name: "a length of 2^64 + 5 is not 5",
        run: |desk| is_not_five(desk, "Content-Length: 18446744073709551621~", "hello"),
    },
    Case {
        clauses: &["9112-7.1-04"],
        name: "a chunk's size with letters: refused",
        run: |desk| refused(desk, CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n", &[400]),
    },
    Case {
        clauses: &["9112-7.1-04"],
        name: "a chunk's size with a sign: refused",
        run: |desk| refused(desk, CHUNKED, "-5\r\nhello\r\n0\r\n\r\n", &[400]),
    },
    Case {
        clauses: &["9112-7.1-04"],
        name: "a chunk that goes on behind its size: refused",
        run: |desk| refused(desk, CHUNKED, "5\r\nhello!\r\n0\r\n\r\n", &[400]),
    },
    Case {
        clauses: &["9112-7.1-02"],
        name: "a chunk's size of 2^64 + 5 is not 5",
        run: |desk| is_not_five(desk, CHUNKED, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    },
    Case {
        clauses: &["9112-6.3-10", "9112-8-02"],
        name: "content that is cut short by the end is not taken for whole",
        run: |desk| {
            let mut client = Client::new(desk)?;
            let octets = request(desk, "POST", "Content-Length: 10~") + "hello";
            client.send(Method::Post, &octets);
            let is_early = client.talk.listen_until(Instant::now() + EARLY) == Heard::More;
            if !is_early {
                client.talk.finish();
            }
            match client.answer_or_end()? {
                Some(answer) if answer.status() < 400 && is_early => Err(not_looked_at()),
                Some(answer) if answer.status() < 400 => {
                    broken(format!("it was answered with {}", answer.status()))
                }
                _ => {
                    client.talk.finish();
                    client.talk.expect_end().map(drop)
                }
            }
        },
    },
];

/// Whoever answers so soon does not wait for the rest of the content.
const EARLY: Duration = Duration::from_millis(300);

pub const CHUNKED: &str = "Transfer-Encoding: chunked~";

/// The content is read past: a GET right behind it is answered as a GET. What `may_be_refused`
/// may also be 400, and the end.
pub fn read_past(
    desk: &mut Desk,
    method: &str,
    fields: &str,
    body: &str,
    may_be_refused: bool,
) -> Finding {
    let (plain, goes_on) = plain(desk)?;
    let get = request(desk, "GET", "");
    let mut client = Client::new(desk)?;
    let first = request(desk, method, fields) + body;
    client.send(Method::from_token(method.as_bytes()), &first);
    client.send(Method::Get, &get);
    let answer = client.answer()?;
    // A server may close rather than read the first one's content, and at any other time.
    if answer.says_close() && answer.status() != 400 {
        return client.expect_no_more();
    }
    if answer.status() == 400 {
        let why = || broken("the first request was refused with 400");
        return if may_be_refused { client.expect_no_more() } else { why() };
    }
    if !goes_on {
        return client.expect_no_more();
    }
    let second = client.answer()?.status();
    if second == plain { Ok(()) } else { broken(format!("then {second}, not {plain}")) }
}

/// Whatever is answered, nothing is answered behind it.
fn is_last(desk: &mut Desk, fields: &str, body: &str) -> Finding {
    let mut client = Client::new(desk)?;
    let octets = request(desk, "POST", fields) + body;
    client.send(Method::Post, &octets);
    client.answer_or_end()?;
    client.send(Method::Get, "");
    client.expect_no_more()
}

/// It is answered with one of these statuses, or not at all; then the connection ends.
pub fn refused(desk: &mut Desk, fields: &str, body: &str, statuses: &[u16]) -> Finding {
    let mut client = Client::new(desk)?;
    let octets = request(desk, "POST", fields) + body;
    client.send(Method::Post, &octets);
    refusal(&mut client, statuses)
}

/// As much as was announced is refused, or waited for.
fn is_not_five(desk: &mut Desk, fields: &str, body: &str) -> Finding {
    let mut client = Client::new(desk)?;
    let octets = request(desk, "POST", fields) + body;
    client.send(Method::Post, &octets);
    match client.talk.listen() {
        Heard::Silence => Ok(()),
        Heard::More | Heard::Over(_) => refusal(&mut client, &[400, 413]),
    }
}

fn refusal(client: &mut Client, statuses: &[u16]) -> Finding {
    let status = client.answer_or_end()?.map(|answer| answer.status());
    client.send(Method::Get, "");
    let end = client.expect_no_more();
    match status {
        // Some refuse the method before they look at the content; then they must not go on.
        Some(status) if !statuses.contains(&status) && status < 400 => {
            // So may those who answer, and have no use for content.
            let taken = Wrong::Broken(format!("it was taken: {status}"));
            Err(if end.is_ok() { not_looked_at() } else { taken })
        }
        _ => end,
    }
}

/// The answer does not depend on the content.
fn not_looked_at() -> Wrong {
    Wrong::LeftOut(
        "it is answered whatever its content is: give --path one that takes some".to_owned(),
    )
}
