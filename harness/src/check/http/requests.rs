//! Request lines and fields.
//!
//! It may name the cases' client. It does not know what the path leads to: a plain GET is the
//! measure.

use wirelab_http::Method;

use super::client::{Client, request, text};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-2.2-07"],
        name: "an empty line before a request is passed over",
        run: |desk| like_plain(desk, "~GET PATH HTTP/1.1~Host: HOST~~"),
    },
    Case {
        clauses: &["9112-2.2-09"],
        name: "a field behind whitespace at the beginning is refused, or is none",
        run: |desk| {
            let octets = "GET PATH HTTP/1.1~ Transfer-Encoding: chunked~Host: HOST~~";
            let mut client = Client::new(desk)?;
            let (first, second) = (text(desk, octets), request(desk, "GET", ""));
            client.send(Method::Get, &first);
            client.send(Method::Get, &second);
            match client.answer_or_end()? {
                Some(answer) if answer.status() != 400 => client.answer().map(drop),
                _ => client.expect_no_more(),
            }
        },
    },
    Case {
        clauses: &["9112-2.2-10", "9112-2.3-01"],
        name: "what is no request: 400, or the end",
        run: |desk| refused(desk, "\u{16}\u{3}\u{1} nonsense~~", &[400], true),
    },
    Case {
        clauses: &["9112-2.3-01"],
        name: "`http/1.1` is no version",
        run: |desk| refused(desk, "GET PATH http/1.1~Host: HOST~~", &[400, 505], true),
    },
    Case {
        clauses: &["9112-3-02"],
        name: "a target of a million octets: 414",
        run: |desk| {
            let octets = format!("GET /{} HTTP/1.1~Host: HOST~~", "a".repeat(1 << 20));
            refused(desk, &octets, &[414], true)
        },
    },
    Case {
        clauses: &["9112-3-03", "9110-4.1-01"],
        name: "a request line of 8,000 octets is read",
        run: |desk| {
            let mark = if desk.path.contains('?') { '&' } else { '?' };
            let line = format!("GET PATH{mark}x= HTTP/1.1");
            let padding = 8000 - text(desk, &line).len();
            let octets = format!("GET PATH{mark}x={} HTTP/1.1~Host: HOST~~", "a".repeat(padding));
            let answer = answer_to(desk, Method::Get, &octets)?;
            if matches!(answer, 400 | 414 | 431) { broken(format!("{answer}")) } else { Ok(()) }
        },
    },
    Case {
        clauses: &["9112-3.1-01"],
        name: "`get` is not GET",
        run: |desk| refused(desk, "get PATH HTTP/1.1~Host: HOST~~", &[400, 405, 501], true),
    },
    Case {
        clauses: &["9112-3.2-01", "9112-3.2-02"],
        name: "a space in the target: 400, or a redirect",
        run: |desk| {
            refused(desk, "GET /a b HTTP/1.1~Host: HOST~~", &[400, 301, 302, 307, 308], true)
        },
    },
    Case {
        clauses: &["9112-3.2-06"],
        name: "no Host: 400",
        run: |desk| refused(desk, "GET PATH HTTP/1.1~~", &[400], false),
    },
    Case {
        clauses: &["9112-3.2-07"],
        name: "two Hosts: 400",
        run: |desk| refused(desk, "GET PATH HTTP/1.1~Host: HOST~Host: HOST~~", &[400], false),
    },
    Case {
        clauses: &["9112-3.2-08"],
        name: "a Host that is none: 400",
        run: |desk| refused(desk, "GET PATH HTTP/1.1~Host: a b~~", &[400], false),
    },
    Case {
        clauses: &["9112-3.2.2-03"],
        name: "an absolute target is the same as its path",
        run: |desk| like_plain(desk, "GET http://HOSTPATH HTTP/1.1~Host: HOST~~"),
    },
    Case {
        clauses: &["9112-5.1-01"],
        name: "a space before the colon: 400",
        run: |desk| refused(desk, "GET PATH HTTP/1.1~Host: HOST~X : y~~", &[400], false),
    },
    Case {
        clauses: &["9112-5-01"],
        name: "a line without a colon among the fields: 400, or the end",
        run: |desk| refused(desk, "GET PATH HTTP/1.1~Host: HOST~nonsense~~", &[400], true),
    },
    Case {
        clauses: &["9110-4.2.1-02"],
        name: "an absolute target without a host is refused",
        run: |desk| refused(desk, "GET http:///x HTTP/1.1~Host: HOST~~", &[400, 404, 421], true),
    },
    Case {
        clauses: &["9110-5.1-01"],
        name: "`hOST` is Host",
        run: |desk| like_plain(desk, "GET PATH HTTP/1.1~hOST: HOST~~"),
    },
    Case {
        clauses: &["9110-5.1-02"],
        name: "a field that nobody knows changes nothing",
        run: |desk| like_plain(desk, "GET PATH HTTP/1.1~Host: HOST~X-Wirelab: *~~"),
    },
    Case {
        clauses: &["9110-5.4-01"],
        name: "a field of a million octets: 4xx",
        run: |desk| {
            let octets =
                format!("GET PATH HTTP/1.1~Host: HOST~X-Wirelab: {}~~", "a".repeat(1 << 20));
            refused(desk, &octets, &[400, 413, 431, 494], true)
        },
    },
    Case {
        clauses: &["9110-5.5-01"],
        name: "whitespace around a value is not part of it",
        run: |desk| like_plain(desk, "GET PATH HTTP/1.1~Host:\t HOST \t~~"),
    },
    Case {
        clauses: &["9110-6.2-04"],
        name: "HTTP/1.2 is answered as HTTP/1.1",
        run: |desk| like_plain(desk, "GET PATH HTTP/1.2~Host: HOST~~"),
    },
    Case {
        clauses: &["9110-6.2-05", "9110-15.6.6-01"],
        name: "HTTP/9.0 is answered in HTTP/1, or not; with 505 in words",
        run: |desk| {
            let octets = text(desk, "GET PATH HTTP/9.0~Host: HOST~~");
            let mut client = Client::new(desk)?;
            client.send(Method::Get, &octets);
            match client.answer_or_end()? {
                Some(answer) if answer.status() == 505 && answer.content.is_empty() => {
                    broken("a 505 that does not say what is spoken")
                }
                // [9110-6.2-05] It may be refused, and need not.
                _ => Ok(()),
            }
        },
    },
    Case {
        clauses: &["9110-7.1-01"],
        name: "`*` is for OPTIONS alone",
        run: |desk| refused(desk, "GET * HTTP/1.1~Host: HOST~~", &[400, 404], true),
    },
    Case {
        clauses: &["9110-9.1-02"],
        name: "a method that nobody knows is refused",
        run: |desk| {
            refused(desk, "WIRELAB PATH HTTP/1.1~Host: HOST~~", &[400, 403, 404, 405, 501], true)
        },
    },
    Case {
        clauses: &["9110-9.3.6-01"],
        name: "CONNECT without a port is refused",
        run: |desk| refused(desk, "CONNECT a HTTP/1.1~Host: a~~", &[400, 403, 404, 405, 501], true),
    },
];

/// The status of the answer to this.
pub fn answer_to(
    desk: &mut Desk,
    method: Method,
    written: &str,
) -> Result<u16, super::super::talk::Wrong> {
    let octets = text(desk, written);
    Ok(Client::new(desk)?.ask(method, &octets)?.status())
}

/// It is answered as a plain GET is.
pub fn like_plain(desk: &mut Desk, written: &str) -> Finding {
    let plain = answer_to(desk, Method::Get, "GET PATH HTTP/1.1~Host: HOST~~")?;
    let seen = answer_to(desk, Method::Get, written)?;
    if seen == plain { Ok(()) } else { broken(format!("{seen}, where a plain GET has {plain}")) }
}

/// It is answered with one of these statuses; or, if it `may_end`, not at all.
pub fn refused(desk: &mut Desk, written: &str, statuses: &[u16], may_end: bool) -> Finding {
    let octets = text(desk, written);
    let mut client = Client::new(desk)?;
    client.send(Method::Get, &octets);
    match client.answer_or_end()? {
        None if may_end => Ok(()),
        None => broken("the connection ended without an answer"),
        Some(answer) if statuses.contains(&answer.status()) => Ok(()),
        Some(answer) => broken(format!("{}, not one of {statuses:?}", answer.status())),
    }
}
