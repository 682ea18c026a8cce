//! What stands in a response.
//!
//! It may name the cases' client. It does not know what a server has to say, only how it is said.

use wirelab_http::{Method, Version, date};

use super::client::{Answer, Client, request, text};
use crate::check::Case;
use crate::check::talk::{Desk, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-4-02"],
        name: "a status line is a version, a space, three digits, a space",
        run: |desk| {
            let get = request(desk, "GET", "");
            let answer = Client::new(desk)?.ask(Method::Get, &get)?;
            let line = &answer.head.octets()[..13];
            let digits = line[9..12].iter().all(u8::is_ascii_digit);
            if line.starts_with(b"HTTP/1.") && digits && [line[8], line[12]] == *b"  " {
                return Ok(());
            }
            broken(format!("{:?}", String::from_utf8_lossy(line)))
        },
    },
    Case {
        clauses: &["9110-6.2-03"],
        name: "HTTP/1.0 is answered in HTTP/1.1",
        run: |desk| {
            let get = request(desk, "GET", "");
            let of = |answer: Answer| answer.head.version();
            if of(Client::new(desk)?.ask(Method::Get, &get)?) < Version::Http11 {
                return Err(Wrong::LeftOut("the server speaks HTTP/1.0".to_owned()));
            }
            let old = text(desk, "GET PATH HTTP/1.0~Host: HOST~~");
            match of(Client::new(desk)?.ask(Method::Get, &old)?) {
                Version::Http11 => Ok(()),
                Version::Http10 => broken("it is answered in HTTP/1.0"),
            }
        },
    },
    Case {
        clauses: &["9110-9.1-01", "9110-9.3.2-01"],
        name: "HEAD has the status of GET, and no content",
        run: |desk| {
            let (get, head) = both(desk)?;
            if get.status() == head.status() {
                return Ok(());
            }
            broken(format!("{}, where GET has {}", head.status(), get.status()))
        },
    },
    Case {
        clauses: &["9110-8.6-03"],
        name: "HEAD's Content-Length is what GET's content has",
        run: |desk| {
            let (get, head) = both(desk)?;
            match head.field("content-length") {
                Some(length) if length != get.content.len().to_string() => {
                    broken(format!("{length}, where GET has {} octets", get.content.len()))
                }
                _ => Ok(()),
            }
        },
    },
    Case {
        clauses: &["9112-9.3-07", "9112-6.2-01"],
        name: "an answer on a connection that stays has one length or coding",
        run: |desk| {
            let get = request(desk, "GET", "");
            let answer = Client::new(desk)?.ask(Method::Get, &get)?;
            let length = answer.field("content-length");
            match (length, answer.field("transfer-encoding")) {
                (Some(_), Some(_)) => broken("it has both"),
                (None, None) if !matches!(answer.status(), 204 | 304) => broken("it has neither"),
                _ => Ok(()),
            }
        },
    },
    Case {
        clauses: &["9112-6.1-09"],
        name: "no Transfer-Encoding in an answer to HTTP/1.0",
        run: |desk| {
            let octets = text(desk, "GET PATH HTTP/1.0~Host: HOST~~");
            let answer = Client::new(desk)?.ask(Method::Get, &octets)?;
            match answer.field("transfer-encoding") {
                None => Ok(()),
                Some(coding) => broken(format!("Transfer-Encoding: {coding}")),
            }
        },
    },
    Case {
        clauses: &["9110-6.6.1-02", "9110-5.6.7-02"],
        name: "Date is there, and is an IMF-fixdate",
        run: |desk| {
            let get = request(desk, "GET", "");
            let value = Client::new(desk)?.ask(Method::Get, &get)?.field("date");
            let Some(value) = value else { return broken("there is none") };
            // The year of two digits, which `now` is for, is none of this form.
            let again = date::read(value.as_bytes(), 0).map(date::write);
            if again.is_some_and(|again| again[..] == *value.as_bytes()) {
                return Ok(());
            }
            broken(format!("{value:?}"))
        },
    },
    Case {
        clauses: &["9110-10.2.1-01", "9110-15.5.6-01"],
        name: "a 405 has Allow",
        run: |desk| {
            for method in ["DELETE", "PATCH", "PUT", "POST", "TRACE"] {
                let octets = request(desk, method, "Content-Length: 0~");
                let answer = Client::new(desk)?.ask(Method::Post, &octets)?;
                if answer.status() == 405 {
                    let allow = answer.field("allow");
                    let why = || broken(format!("405 to {method}, without Allow"));
                    return allow.map_or_else(why, |_| Ok(()));
                }
            }
            Err(Wrong::LeftOut("no method of five is refused with 405 there".to_owned()))
        },
    },
    Case {
        clauses: &["9110-9.3.7-01"],
        name: "OPTIONS names what the path allows",
        run: |desk| {
            let octets = request(desk, "OPTIONS", "");
            let answer = Client::new(desk)?.ask(Method::Options, &octets)?;
            match (answer.status(), answer.field("allow")) {
                (200..=299, None) => broken("there is no Allow"),
                (200..=299, Some(_)) => Ok(()),
                (status, _) => Err(Wrong::LeftOut(format!("OPTIONS is refused: {status}"))),
            }
        },
    },
    Case {
        clauses: &["9110-9.3.8-01"],
        name: "TRACE is echoed, or refused",
        run: |desk| {
            let octets = request(desk, "TRACE", "");
            let answer = Client::new(desk)?.ask(Method::Get, &octets)?;
            match answer.status() {
                400.. => Ok(()),
                200 if answer.content.starts_with(b"TRACE ") => Ok(()),
                status => broken(format!("{status}, and it is no echo")),
            }
        },
    },
    Case {
        clauses: &["9110-15.5-01"],
        name: "a 404 explains itself, except to HEAD",
        run: |desk| {
            let path = format!("/{}-absent", desk.mark);
            let line = |method: &str| format!("{method} {path} HTTP/1.1~Host: HOST~~");
            let (get, head) = (text(desk, &line("GET")), text(desk, &line("HEAD")));
            let answer = Client::new(desk)?.ask(Method::Get, &get)?;
            if answer.status() != 404 {
                let why = format!("a path that is hardly there has {}", answer.status());
                return Err(Wrong::LeftOut(why));
            }
            let alone = Client::new(desk)?.ask(Method::Head, &head)?;
            if answer.content.is_empty() {
                return broken("it has no content");
            }
            if alone.content.is_empty() { Ok(()) } else { broken("HEAD has content, too") }
        },
    },
];

/// The answers to GET and to HEAD.
pub fn both(desk: &mut Desk) -> Result<(Answer, Answer), Wrong> {
    let (get, head) = (request(desk, "GET", ""), request(desk, "HEAD", ""));
    let mut client = Client::new(desk)?;
    let get = client.ask(Method::Get, &get)?;
    if client.is_last() {
        let head = Client::new(desk)?.ask(Method::Head, &head)?;
        return Ok((get, head));
    }
    let head = client.ask(Method::Head, &head)?;
    // Content behind the head would stand in front of the next answer.
    let next = request(desk, "GET", "");
    client.ask(Method::Get, &next)?;
    Ok((get, head))
}
