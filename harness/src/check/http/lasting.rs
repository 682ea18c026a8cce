//! Connections that stay or end, in HTTP/1.0 and 1.1, and expectations.
//!
//! It may name the cases' client. What stands in an answer beside its status it does not know.

use wirelab_http::Method;

use super::client::{Client, request, stays, text};
use super::connections::last;
use crate::check::Case;
use crate::check::talk::{Desk, Finding, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-9.3-02", "9112-9.3-01"],
        name: "HTTP/1.0 with keep-alive stays if the answer says so, and ends if not",
        run: |desk| {
            let octets = text(desk, "GET PATH HTTP/1.0~Host: HOST~Connection: keep-alive~~");
            let mut client = Client::new(desk)?;
            let says = client.ask(Method::Get, &octets)?.field("connection").unwrap_or_default();
            if says.eq_ignore_ascii_case("keep-alive") {
                return client.ask(Method::Get, &octets).map(drop);
            }
            client.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["9112-9.3-02", "9112-9.6-04"],
        name: "`close` goes before `keep-alive`",
        run: |desk| {
            for (version, option) in [("1.0", "keep-alive, close"), ("1.1", "close, keep-alive")] {
                let line = format!("GET PATH HTTP/{version}~Host: HOST~Connection: {option}~~");
                let octets = text(desk, &line);
                let mut client = Client::new(desk)?;
                client.ask(Method::Get, &octets)?;
                client.talk.expect_end()?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-9.3-02"],
        name: "HTTP/1.1 stays whatever other options are named",
        run: |desk| {
            let get = request(desk, "GET", "Connection: keep-alive, x-wirelab~");
            let mut client = Client::new(desk)?;
            for _ in 0..3 {
                stays(&client.ask(Method::Get, &get)?)?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-5.2-01", "9112-9.6-04"],
        name: "`close` in a second Connection line is `close`",
        run: |desk| last(desk, "Connection: x-wirelab~Connection: close~", false),
    },
    Case {
        clauses: &["9110-5.6.1.2-01", "9112-9.6-04"],
        name: "`close` among empty elements is `close`",
        run: |desk| last(desk, "Connection: ,, close ,,~", false),
    },
    Case {
        clauses: &["9110-7.6.1-02"],
        name: "`closed` and `not-close` are not `close`",
        run: |desk| {
            let get = request(desk, "GET", "Connection: closed, not-close~");
            let mut client = Client::new(desk)?;
            stays(&client.ask(Method::Get, &get)?)?;
            client.ask(Method::Get, &get).map(drop)
        },
    },
    Case {
        clauses: &["9112-9.6-07"],
        name: "an answer that says `close` is the last",
        run: |desk| {
            let (bad, get) = (text(desk, "GET PATH HTTP/1.1~~"), request(desk, "GET", ""));
            let mut client = Client::new(desk)?;
            client.send(Method::Get, &bad);
            client.send(Method::Get, &get);
            if client.answer()?.says_close() { client.expect_no_more() } else { Ok(()) }
        },
    },
    Case {
        clauses: &["9112-9.3-01", "9112-9.3.2-01"],
        name: "fifty requests one after the other on one connection",
        run: |desk| {
            let get = request(desk, "GET", "");
            let mut client = Client::new(desk)?;
            let mut answer = client.ask(Method::Get, &get)?;
            let first = answer.status();
            for n in 2..=50 {
                stays(&answer)?;
                answer = client.ask(Method::Get, &get)?;
                let seen = answer.status();
                if seen != first {
                    return broken(format!("answer {n} has {seen}, not {first}"));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-9.3.2-01"],
        name: "requests in pieces that end anywhere are answered in their order",
        run: |desk| {
            let (get, head) = (request(desk, "GET", ""), request(desk, "HEAD", ""));
            let mut client = Client::new(desk)?;
            for _ in 0..5 {
                client.send(Method::Get, "");
                client.send(Method::Head, "");
            }
            for piece in (get + &head).repeat(5).as_bytes().chunks(37) {
                client.talk.send(piece);
            }
            for _ in 0..5 {
                let first = client.answer()?;
                stays(&first)?;
                let second = client.answer()?;
                if !second.content.is_empty() || first.status() != second.status() {
                    return broken(format!("{} and {}", first.status(), second.status()));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-10.1.1-05", "9110-10.1.1-06"],
        name: "`100-continue` whose content is there already: one final answer, and the next",
        run: |desk| {
            let fields = "Content-Length: 5~Expect: 100-Continue~";
            let mut client = Client::new(desk)?;
            let (post, get) = (request(desk, "POST", fields), request(desk, "GET", ""));
            let answer = client.ask(Method::Post, &(post + "hello"))?;
            if answer.says_close() {
                return client.expect_no_more();
            }
            client.ask(Method::Get, &get).map(drop)
        },
    },
    Case {
        clauses: &["9110-10.1.1-06"],
        name: "`100-continue` without content to come is answered",
        run: |desk| {
            let get = request(desk, "GET", "Expect: 100-continue~");
            Client::new(desk)?.ask(Method::Get, &get).map(drop)
        },
    },
    Case {
        clauses: &["9110-10.1.1-06"],
        name: "an expectation that nobody knows: 417, or it is not there",
        run: |desk| {
            let (get, odd) = (request(desk, "GET", ""), request(desk, "GET", "Expect: wirelab~"));
            let plain = Client::new(desk)?.ask(Method::Get, &get)?.status();
            let seen = Client::new(desk)?.ask(Method::Get, &odd)?.status();
            if seen == plain || seen == 417 { Ok(()) } else { broken(format!("{seen}")) }
        },
    },
    Case {
        clauses: &["9110-7.8-03", "9110-15.2-01"],
        name: "Upgrade in HTTP/1.0 is not there",
        run: |desk| upgrade(desk, "1.0", "websocket"),
    },
    Case {
        clauses: &["9110-7.8-02", "9110-7.8-01"],
        name: "an Upgrade that no Connection names, or to nothing, is no upgrade",
        run: |desk| {
            upgrade(desk, "1.1", "")?;
            upgrade(desk, "1.1", "HTTP/9.9, x-wirelab")
        },
    },
];

/// No 101 comes, and no other interim answer.
fn upgrade(desk: &mut Desk, version: &str, to: &str) -> Finding {
    let line = format!("GET PATH HTTP/{version}~Host: HOST~Connection: upgrade~Upgrade: {to}~~");
    let octets = text(desk, &line);
    let answer = Client::new(desk)?.ask(Method::Get, &octets)?;
    if answer.interim.is_empty() && answer.status() != 101 {
        return Ok(());
    }
    broken(format!("{to:?}: {:?}, {}", answer.interim, answer.status()))
}
