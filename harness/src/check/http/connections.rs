//! How long a connection lasts, and what is answered on it.
//!
//! It may name the cases' client. What stands in an answer beside its status it does not know.

use wirelab_http::Method;

use super::client::{Client, must_go_on, request, text};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-9.3-01", "9112-9.3-02"],
        name: "a second request on the same connection is answered",
        run: |desk| {
            must_go_on(desk)?;
            let get = request(desk, "GET", "");
            let mut client = Client::new(desk)?;
            let answers = [client.ask(Method::Get, &get)?, client.ask(Method::Get, &get)?];
            let [first, second] = answers.map(|answer| answer.status());
            if first == second { Ok(()) } else { broken(format!("{first}, and then {second}")) }
        },
    },
    Case {
        clauses: &["9112-9.3.2-01", "9112-9.2-01"],
        name: "twenty requests at once are answered in their order",
        run: pipelined,
    },
    Case {
        clauses: &["9112-9.6-04", "9112-9.6-05", "9112-9.6-06"],
        name: "`close` is answered with `close`, and what follows is not answered",
        run: |desk| last(desk, "Connection: close~", true),
    },
    Case {
        clauses: &["9110-7.6.1-02", "9112-9.6-04"],
        name: "`Close` in a list is `close`",
        run: |desk| last(desk, "Connection: x-wirelab, Close~", false),
    },
    Case {
        clauses: &["9112-9.3-02"],
        name: "HTTP/1.0 without keep-alive ends with its answer",
        run: |desk| {
            let octets = text(desk, "GET PATH HTTP/1.0~Host: HOST~~");
            let mut client = Client::new(desk)?;
            client.ask(Method::Get, &octets)?;
            client.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["9112-9.6-09"],
        name: "the last answer arrives although much is sent behind its request",
        run: |desk| {
            let mut client = Client::new(desk)?;
            let octets = request(desk, "GET", "Connection: close~") + &"x".repeat(200_000);
            client.ask(Method::Get, &octets).map(drop)
        },
    },
    Case {
        clauses: &["9110-5.3-02"],
        name: "a request octet by octet is the same request",
        run: |desk| {
            let get = request(desk, "GET", "X-Wirelab: slow~");
            let plain = Client::new(desk)?.ask(Method::Get, &get)?.status();
            let mut client = Client::new(desk)?;
            client.send(Method::Get, "");
            for octet in get.bytes() {
                client.talk.send(&[octet]);
            }
            let seen = client.answer()?.status();
            if seen == plain { Ok(()) } else { broken(format!("{seen}, not {plain}")) }
        },
    },
    Case {
        clauses: &["9110-10.1.1-03", "9110-10.1.1-04", "9110-10.1.1-05"],
        name: "`100-continue` is answered before the content comes",
        run: |desk| {
            let mut client = Client::new(desk)?;
            let head = request(desk, "POST", "Content-Length: 5~Expect: 100-continue~");
            client.send(Method::Post, &head);
            // Either the final status, or 100, and then the final status.
            client.talk.listen();
            if client.talk.input.starts_with(b"HTTP/1.1 100") {
                client.talk.send(b"hello");
            }
            client.answer().map(drop)
        },
    },
    Case {
        clauses: &["9110-10.1.1-02", "9110-15.2-01"],
        name: "HTTP/1.0 gets no 100",
        run: |desk| {
            let octets = "POST PATH HTTP/1.0~Host: HOST~Content-Length: 5~\
                          Expect: 100-continue~~hello";
            let octets = text(desk, octets);
            let answer = Client::new(desk)?.ask(Method::Post, &octets)?;
            if answer.interim.is_empty() { Ok(()) } else { broken(format!("{:?}", answer.interim)) }
        },
    },
    Case {
        clauses: &["9110-7.8-02"],
        name: "an upgrade to what nobody knows is no upgrade",
        run: |desk| {
            let get = request(desk, "GET", "Connection: upgrade~Upgrade: x-wirelab/1~");
            let answer = Client::new(desk)?.ask(Method::Get, &get)?;
            if answer.interim.is_empty() { Ok(()) } else { broken(format!("{:?}", answer.interim)) }
        },
    },
];

/// GET, HEAD and a path that is hardly there, in turns.
fn pipelined(desk: &mut Desk) -> Finding {
    must_go_on(desk)?;
    let absent = format!("GET /{}-absent HTTP/1.1~Host: HOST~~", desk.mark);
    let kinds = [
        (Method::Get, request(desk, "GET", "")),
        (Method::Head, request(desk, "HEAD", "")),
        (Method::Get, text(desk, &absent)),
    ];
    let one = |desk: &mut Desk, (method, octets): &(Method, String)| -> Result<u16, Wrong> {
        Ok(Client::new(desk)?.ask(*method, octets)?.status())
    };
    let alone = [one(desk, &kinds[0])?, one(desk, &kinds[1])?, one(desk, &kinds[2])?];
    let mut client = Client::new(desk)?;
    for n in 0..20 {
        client.send(kinds[n % 3].0, &kinds[n % 3].1);
    }
    for n in 0..20 {
        let seen = client.answer()?.status();
        if seen != alone[n % 3] {
            return broken(format!("answer {} has {seen}, not {}", n + 1, alone[n % 3]));
        }
    }
    Ok(())
}

/// The connection ends with this request, and the answer says so, if it `says`: with the option,
/// or by being of HTTP/1.0.
pub fn last(desk: &mut Desk, fields: &str, says: bool) -> Finding {
    let mut client = Client::new(desk)?;
    let (first, second) = (request(desk, "GET", fields), request(desk, "GET", ""));
    client.send(Method::Get, &first);
    client.send(Method::Get, &second);
    let answer = client.answer()?;
    if says && !client.is_last() {
        let says = answer.field("connection").unwrap_or_default();
        return broken(format!("the answer says Connection: {says:?}"));
    }
    client.expect_no_more()
}
