//! Conditions and ranges, where an answer has what they are about.
//!
//! It may name the cases' client. Whoever evaluates no conditions, or has no ranges, is right to
//! pass over them: the cases are left out, or ask for just that. What the path leads to they do
//! not know.

use wirelab_http::Method;

use super::client::{Answer, Client, request, text};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

/// A date that is before all files.
const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:01 GMT";
/// One that is after them.
const FAR: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9110-13.1.2-01"],
        name: "If-None-Match with its ETag: 304, to GET and HEAD",
        run: |desk| {
            let (plain, tag) = with_field(desk, "etag")?;
            for list in [tag.clone(), format!("\"wirelab\", {tag}"), format!("\"wirelab\",,{tag}")]
            {
                not_modified(desk, &plain, &format!("If-None-Match: {list}~"))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-13.1.2-01"],
        name: "If-None-Match with other tags is answered as if it were not there",
        run: |desk| {
            with_field(desk, "etag")?;
            for list in ["\"wirelab\"", "\"wirelab\", W/\"a\"", "W/\"wirelab\""] {
                as_plain(desk, Method::Get, "GET", &format!("If-None-Match: {list}~"))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-13.1.2-01", "9110-13.1.3-01"],
        name: "If-None-Match with another tag goes before If-Modified-Since",
        run: |desk| {
            with_field(desk, "etag")?;
            let fields = format!("If-None-Match: \"wirelab\"~If-Modified-Since: {FAR}~");
            as_plain(desk, Method::Get, "GET", &fields)
        },
    },
    Case {
        clauses: &["9110-13.1.1-01"],
        name: "If-Match with another tag: 412; with its own, if it is strong, or `*`: as without",
        run: |desk| {
            let (_, tag) = with_field(desk, "etag")?;
            as_plain(desk, Method::Get, "GET", "If-Match: *~")?;
            if tag.starts_with('"') {
                as_plain(desk, Method::Get, "GET", &format!("If-Match: \"wirelab\", {tag}~"))?;
            }
            match answer(desk, Method::Get, "GET", "If-Match: \"wirelab\"~")?.status() {
                412 => Ok(()),
                200..=299 => Err(Wrong::LeftOut("it evaluates no If-Match".to_owned())),
                status => broken(format!("{status}, not 412")),
            }
        },
    },
    Case {
        clauses: &["9110-13.1.3-01", "9110-8.6-04"],
        name: "If-Modified-Since its Last-Modified: 304, to GET and HEAD",
        run: |desk| {
            let (plain, date) = with_field(desk, "last-modified")?;
            not_modified(desk, &plain, &format!("If-Modified-Since: {date}~"))
        },
    },
    Case {
        clauses: &["9110-13.1.3-01"],
        name: "If-Modified-Since long ago is answered as if it were not there",
        run: |desk| {
            with_field(desk, "last-modified")?;
            as_plain(desk, Method::Get, "GET", &format!("If-Modified-Since: {LONG_AGO}~"))
        },
    },
    Case {
        clauses: &["9110-13.1.3-01"],
        name: "If-Modified-Since no date is not there",
        run: |desk| {
            for no_date in ["", "wirelab", "2100-01-01", "Fri, 32 Jan 2100 00:00:00 GMT", "-1"] {
                as_plain(desk, Method::Get, "GET", &format!("If-Modified-Since: {no_date}~"))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-13.1.3-01"],
        name: "If-Modified-Since is for GET and HEAD alone",
        run: |desk| {
            let fields = format!("Content-Length: 0~If-Modified-Since: {FAR}~");
            let seen = answer(desk, Method::Options, "OPTIONS", &fields)?.status();
            if seen == 304 { broken("304 to OPTIONS") } else { Ok(()) }
        },
    },
    Case {
        clauses: &["9110-13.1.4-01"],
        name: "If-Unmodified-Since no date is not there",
        run: |desk| {
            for no_date in ["", "wirelab", "1970-01-01", "Thu, 32 Jan 1970 00:00:00 GMT"] {
                as_plain(desk, Method::Get, "GET", &format!("If-Unmodified-Since: {no_date}~"))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-13.1.4-01"],
        name: "If-Unmodified-Since long ago: 412, or it is not there",
        run: |desk| {
            let fields = format!("If-Unmodified-Since: {LONG_AGO}~");
            let plain = answer(desk, Method::Get, "GET", "")?;
            let seen = answer(desk, Method::Get, "GET", &fields)?.status();
            let dated = plain.field("last-modified").is_some();
            if seen == plain.status() || seen == 412 && dated {
                return Ok(());
            }
            broken(format!("{seen}, and Last-Modified is {dated}"))
        },
    },
    Case {
        clauses: &["9110-13.2.1-01"],
        name: "conditions on a path that is not there change nothing",
        run: |desk| {
            let ask = |desk: &mut Desk, fields: &str| -> Result<u16, Wrong> {
                let line = format!("GET /{}-absent HTTP/1.1~Host: HOST~{fields}~", desk.mark);
                let octets = text(desk, &line);
                Ok(Client::new(desk)?.ask(Method::Get, &octets)?.status())
            };
            if ask(desk, "")? != 404 {
                return Err(Wrong::LeftOut("a path that is hardly there is there".to_owned()));
            }
            let since = format!("If-Unmodified-Since: {LONG_AGO}~");
            for fields in ["If-None-Match: *~", "If-None-Match: \"a\"~", "If-Match: \"a\"~", &since]
            {
                let seen = ask(desk, fields)?;
                if seen != 404 {
                    return broken(format!("{fields:?}: {seen}, not 404"));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9110-14.2-02"],
        name: "a Range in a unit that nobody knows is not there",
        run: |desk| as_plain(desk, Method::Get, "GET", "Range: wirelab=0-1~"),
    },
    Case {
        clauses: &["9110-14.2-01"],
        name: "a Range is for GET alone",
        run: |desk| {
            as_plain(desk, Method::Head, "HEAD", "Range: bytes=0-0~")?;
            let fields = "Content-Length: 0~Range: bytes=0-0~";
            let seen = answer(desk, Method::Options, "OPTIONS", fields)?.status();
            if seen == 206 { broken("206 to OPTIONS") } else { Ok(()) }
        },
    },
    Case {
        clauses: &["9110-14.2-02"],
        name: "a Range is answered with its part, or with the whole",
        run: range,
    },
];

fn answer(desk: &mut Desk, method: Method, name: &str, fields: &str) -> Result<Answer, Wrong> {
    let octets = request(desk, name, fields);
    Client::new(desk)?.ask(method, &octets)
}

/// A plain answer of 200, and this field of it.
fn with_field(desk: &mut Desk, name: &str) -> Result<(Answer, String), Wrong> {
    let plain = answer(desk, Method::Get, "GET", "")?;
    match plain.field(name) {
        Some(value) if plain.status() == 200 => Ok((plain, value)),
        _ => Err(Wrong::LeftOut(format!("its answer has no {name}"))),
    }
}

fn as_plain(desk: &mut Desk, method: Method, name: &str, fields: &str) -> Finding {
    let plain = answer(desk, method, name, "")?.status();
    let seen = answer(desk, method, name, fields)?.status();
    if seen == plain { Ok(()) } else { broken(format!("{fields:?}: {seen}, not {plain}")) }
}

/// 304, without content, and with no other length than the whole has.
fn not_modified(desk: &mut Desk, plain: &Answer, fields: &str) -> Finding {
    let condition = fields.split(':').next().unwrap_or_default();
    for (method, name) in [(Method::Get, "GET"), (Method::Head, "HEAD")] {
        let mut client = Client::new(desk)?;
        let octets = request(desk, name, fields);
        let seen = client.ask(method, &octets)?;
        match seen.status() {
            304 => {}
            200 => return Err(Wrong::LeftOut(format!("it evaluates no {condition}"))),
            status => return broken(format!("{status}, not 304")),
        }
        if let Some(length) = seen.field("content-length")
            && length != plain.content.len().to_string()
        {
            return broken(format!("Content-Length: {length}, of {}", plain.content.len()));
        }
        // Content would stand in front of the next answer.
        let get = request(desk, "GET", "");
        if !seen.says_close() {
            client.ask(Method::Get, &get)?;
        }
    }
    Ok(())
}

fn range(desk: &mut Desk) -> Finding {
    let plain = answer(desk, Method::Get, "GET", "")?;
    let (whole, status) = (&plain.content, plain.status());
    for (asked, part) in [("0-0", 0..1), ("1-3", 1..4), ("-2", whole.len().saturating_sub(2)..0)] {
        let end = if part.end == 0 { whole.len() } else { part.end };
        if status != 200 || whole.len() < 5 {
            return Err(Wrong::LeftOut("there is no content to take a part of".to_owned()));
        }
        let seen = answer(desk, Method::Get, "GET", &format!("Range: bytes={asked}~"))?;
        let wanted = format!("bytes {}-{}/{}", part.start, end - 1, whole.len());
        match (seen.status(), seen.field("content-range")) {
            (200, None) => {}
            (206, Some(field)) if field == wanted => {
                if seen.content != whole[part.start..end] {
                    return broken(format!("{asked}: the octets are others"));
                }
            }
            (status, field) => return broken(format!("{asked}: {status}, {field:?}")),
        }
    }
    Ok(())
}
