//! The heads of responses, octet by octet, whatever they say.
//!
//! It may name the cases' client. It looks at answers of every kind that is easily had: to GET,
//! HEAD, OPTIONS, to a path that is hardly there, and to what is no request. What the content says
//! it does not know.

use wirelab_http::{Method, date};

use super::client::{Answer, Client, request, text};
use super::responses::both;
use crate::check::Case;
use crate::check::talk::{Desk, Heard, Wrong, broken};

/// Fields that come once.
const SINGLE: &[&str] = &[
    "content-length",
    "content-type",
    "content-range",
    "date",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "server",
    "age",
    "expires",
];

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-2.2-02", "9112-5.2-01", "9112-2.2-08", "9110-2.2-01"],
        name: "its heads are lines of CR LF, each a name, a colon and a value",
        run: |desk| {
            for (asked, method, octets) in questions(desk) {
                let head = raw(desk, method, &octets)?;
                let text = String::from_utf8_lossy(&head);
                for line in text.split("\r\n").skip(1) {
                    let name = line.split_once(':').map_or("", |(name, _)| name);
                    let token =
                        |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
                    if name.is_empty() || !name.chars().all(token) || line.contains(['\r', '\n']) {
                        return broken(format!("{asked}: {line:?}"));
                    }
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-5.3-01", "9110-2.2-01"],
        name: "fields that are no lists come once",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                for name in SINGLE {
                    let count = lines(&answer, name);
                    if count > 1 {
                        return broken(format!("{asked}: {count} lines of {name}"));
                    }
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-5.6.1.1-01"],
        name: "its lists have no empty elements",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                for name in ["allow", "connection", "vary", "transfer-encoding", "accept-ranges"] {
                    let value = answer.field(name).unwrap_or_default();
                    if value.contains(',') && value.split(',').any(|one| one.trim().is_empty()) {
                        return broken(format!("{asked}: {name}: {value}"));
                    }
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-6.6.1-02"],
        name: "Date is there whatever is answered below 500",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                if answer.status() < 500 && answer.field("date").is_none() {
                    return broken(format!("{asked}: {} without Date", answer.status()));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-5.6.7-02"],
        name: "Last-Modified, Expires and Retry-After that are dates are IMF-fixdates",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                let value = answer.field("last-modified").unwrap_or_default();
                let again = date::read(value.as_bytes(), 0).map(date::write);
                if !value.is_empty() && again.is_none_or(|again| again[..] != *value.as_bytes()) {
                    return broken(format!("{asked}: Last-Modified: {value}"));
                }
                // What is no date at all says that it is past.
                for name in ["expires", "retry-after"] {
                    let value = answer.field(name).unwrap_or_default();
                    let other = date::read(value.as_bytes(), 0).map(date::write);
                    if other.is_some_and(|again| again[..] != *value.as_bytes()) {
                        return broken(format!("{asked}: {name}: {value}"));
                    }
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-6.2-01", "9112-6.1-02"],
        name: "no answer has both a length and a coding, or is chunked twice",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                let coding = answer.field("transfer-encoding").unwrap_or_default();
                let length = answer.field("content-length");
                let chunked = coding.to_ascii_lowercase().matches("chunked").count();
                if chunked > 1 || !coding.is_empty() && length.is_some() {
                    return broken(format!("{asked}: {coding}, {length:?}"));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-6.1-05", "9110-8.6-05", "9110-15.3.5-01"],
        name: "a 204 has no length and no coding",
        run: |desk| {
            let all = answers(desk)?;
            let Some((asked, answer)) = all.iter().find(|(_, a)| a.status() == 204) else {
                return Err(Wrong::LeftOut("nothing is answered with 204".to_owned()));
            };
            for name in ["content-length", "transfer-encoding"] {
                if let Some(value) = answer.field(name) {
                    return broken(format!("{asked}: {name}: {value}"));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-9.3.2-02", "9110-8.6-03"],
        name: "what HEAD says of content, GET says, too",
        run: |desk| {
            let (get, head) = both(desk)?;
            for name in ["content-type", "etag", "last-modified", "content-encoding", "location"] {
                // Some may be left out of HEAD.
                let seen = head.field(name);
                if seen.is_some() && seen != get.field(name) {
                    return broken(format!(
                        "{name}: {seen:?}, where GET has {:?}",
                        get.field(name)
                    ));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-7.8-02", "9110-15.2.2-01", "9112-9.6-01"],
        name: "nothing that is no 101 says that it upgrades, nor both `close` and `keep-alive`",
        run: |desk| {
            for (asked, answer) in answers(desk)? {
                let says = answer.field("connection").unwrap_or_default().to_ascii_lowercase();
                if says.contains("close") && says.contains("keep-alive") {
                    return broken(format!("{asked}: Connection: {says}"));
                }
                if answer.status() == 101 {
                    return broken(format!("{asked}: 101"));
                }
            }
            Ok(())
        },
    },
];

/// What is asked of every kind.
fn questions(desk: &Desk) -> [(&'static str, Method, String); 7] {
    let absent = format!("GET /{}-absent HTTP/1.1~Host: HOST~~", desk.mark);
    [
        ("GET", Method::Get, request(desk, "GET", "")),
        ("HEAD", Method::Head, request(desk, "HEAD", "")),
        ("OPTIONS", Method::Options, request(desk, "OPTIONS", "")),
        ("an absent path", Method::Get, text(desk, &absent)),
        ("no Host", Method::Get, text(desk, "GET PATH HTTP/1.1~~")),
        ("HTTP/1.0", Method::Get, text(desk, "GET PATH HTTP/1.0~Host: HOST~~")),
        ("close", Method::Get, request(desk, "GET", "Connection: close~")),
    ]
}

/// An answer's head as it came, without the empty line.
fn raw(desk: &mut Desk, method: Method, octets: &str) -> Result<Vec<u8>, Wrong> {
    let mut client = Client::new(desk)?;
    client.send(method, octets);
    loop {
        let input = &client.talk.input;
        if let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            return Ok(input[..end].to_vec());
        }
        match client.talk.listen() {
            Heard::More => {}
            Heard::Over(_) if client.talk.input.is_empty() => return Ok(Vec::new()),
            Heard::Over(_) | Heard::Silence => return broken("a head has no end"),
        }
    }
}

/// Answers of every kind that is easily had, with what was asked.
fn answers(desk: &mut Desk) -> Result<Vec<(&'static str, Answer)>, Wrong> {
    let mut all = Vec::new();
    for (asked, method, octets) in questions(desk) {
        let mut client = Client::new(desk)?;
        client.send(method, &octets);
        // Whoever is answered with the end alone has no head to look at.
        if let Some(answer) = client.answer_or_end()? {
            all.push((asked, answer));
        }
    }
    Ok(all)
}

/// How many lines have this name.
fn lines(answer: &Answer, name: &str) -> usize {
    let head = String::from_utf8_lossy(answer.head.octets()).to_ascii_lowercase();
    head.split("\r\n").filter(|line| line.split(':').next() == Some(name)).count()
}
