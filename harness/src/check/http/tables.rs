//! Request lines, fields, lengths and codings that are none, row by row.
//!
//! It may name the cases' client. It does not know what the path leads to: a plain GET is the
//! measure.

use wirelab_http::Method;

use super::client::{Client, request, stays, text};
use super::framing::{self, CHUNKED, read_past};
use super::requests::{like_plain, refused};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["9112-2.2-10", "9112-3.2-01"],
        name: "beginnings that are no request: 400, or the end",
        run: |desk| {
            let rows =
                [" GET PATH HTTP/1.1", "\0GET PATH HTTP/1.1", "{}", "GET", ": PATH HTTP/1.1"];
            rows.iter().try_for_each(|row| none(desk, &format!("{row}~Host: HOST~~"), &[400, 501]))
        },
    },
    Case {
        clauses: &["9112-2.3-01"],
        name: "versions that are none: 400 or 505, or the end",
        run: |desk| {
            for version in ["HTTP/11", "HTTP/1", "HTTP/1.x", "HTTP/-1.1", "HTTPS/1.1", "Http/1.1"] {
                none(desk, &format!("GET PATH {version}~Host: HOST~~"), &[400, 505])?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-3.1-01", "9110-9.1-02"],
        name: "`Get`, `gET`, `head`, `Post` are methods that nobody knows",
        run: |desk| {
            for method in ["Get", "gET", "head", "Post"] {
                let octets = format!("{method} PATH HTTP/1.1~Host: HOST~Content-Length: 0~~");
                none(desk, &octets, &[400, 403, 404, 405, 501])?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-3-01", "9110-17.5-01"],
        name: "a method of a thousand letters is refused",
        run: |desk| {
            let octets = format!("{} PATH HTTP/1.1~Host: HOST~~", "M".repeat(1000));
            none(desk, &octets, &[400, 403, 404, 405, 414, 431, 501])
        },
    },
    Case {
        clauses: &["9110-7.1-01"],
        name: "an authority alone is for CONNECT",
        run: |desk| none(desk, "GET HOST HTTP/1.1~Host: HOST~~", &[400, 404, 421]),
    },
    Case {
        clauses: &["9112-3.2-08"],
        name: "Hosts that are none: 400",
        run: |desk| {
            for host in ["a/b", "a b", "http://a", "a?b", "a\\b", "a:b", "a@b", "[::1", "a\tb"] {
                // An answer must come: that is the clause.
                refused(desk, &format!("GET PATH HTTP/1.1~Host: {host}~~"), &[400], false)
                    .map_err(|wrong| about(host, wrong))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-3.2-07"],
        name: "two Hosts in HTTP/1.0, and two that differ: 400",
        run: |desk| {
            refused(desk, "GET PATH HTTP/1.0~Host: HOST~Host: HOST~~", &[400], false)?;
            refused(desk, "GET PATH HTTP/1.1~Host: HOST~Host: a~~", &[400], false)
        },
    },
    Case {
        clauses: &["9112-3.2-06"],
        name: "an absolute target without a Host field: 400",
        run: |desk| refused(desk, "GET http://HOSTPATH HTTP/1.1~~", &[400], false),
    },
    Case {
        clauses: &["9112-3.2.2-02"],
        name: "with an absolute target, Host means nothing",
        run: |desk| like_plain(desk, "GET http://HOSTPATH HTTP/1.1~Host: other.invalid~~"),
    },
    Case {
        clauses: &["9112-5.1-01"],
        name: "whitespace before the colon, whatever and wherever: 400",
        run: |desk| {
            for line in ["X\t: y", "X  : y", "Content-Length : 0", "Transfer-Encoding : chunked"] {
                refused(desk, &format!("GET PATH HTTP/1.1~Host: HOST~{line}~~"), &[400], false)
                    .map_err(|wrong| about(line, wrong))?;
            }
            refused(desk, "GET PATH HTTP/1.1~Host : HOST~~", &[400], false)
        },
    },
    Case {
        clauses: &["9112-5-01"],
        name: "names of fields that are none: 400, or the end",
        run: |desk| {
            for line in [": y", "X Y: z", "X(Y): z", "\"X\": z", "X/Y: z", "X\u{e9}: z"] {
                none(desk, &format!("GET PATH HTTP/1.1~Host: HOST~{line}~~"), &[400])?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-5.2-02"],
        name: "a folded field is refused, or is one field",
        run: |desk| {
            inside(desk, "X-Wirelab: a~ Transfer-Encoding: chunked~")?;
            inside(desk, "X-Wirelab: a~\tConnection: close~")
        },
    },
    Case {
        clauses: &["9112-2.2-03", "9110-5.5-02"],
        name: "a CR alone ends no field: it is refused, or a space",
        run: |desk| {
            inside(desk, "X-Wirelab: a\rTransfer-Encoding: chunked~")?;
            inside(desk, "X-Wirelab: a\rConnection: close~")
        },
    },
    Case {
        clauses: &["9110-5.5-02"],
        name: "U+0000 in a value is refused, or a space",
        run: |desk| inside(desk, "X-Wirelab: a\0Connection: close~"),
    },
    Case {
        clauses: &["9112-6.2-02", "9112-6.3-08"],
        name: "lengths that are none: 400, and the end",
        run: |desk| {
            for length in ["", "5 5", "1_0", "5.0", "five", "\"5\"", "5;", "\u{ff15}", "5\0"] {
                let fields = format!("Content-Length: {length}~");
                framing::refused(desk, &fields, "hello", &[400])
                    .map_err(|wrong| about(length, wrong))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-6.2-02"],
        name: "a length with zeros before it is that length",
        run: |desk| read_past(desk, "POST", "Content-Length: 0005~", "hello", false),
    },
    Case {
        clauses: &["9112-6.3-07"],
        name: "the same length twice is refused, or is that length",
        run: |desk| {
            for fields in ["Content-Length: 5~Content-Length: 5~", "Content-Length: 5, 5~"] {
                let mut client = Client::new(desk)?;
                let (first, get) = (request(desk, "POST", fields), request(desk, "GET", ""));
                let plain = Client::new(desk)?.ask(Method::Get, &get)?.status();
                client.send(Method::Post, &(first + "hello"));
                client.send(Method::Get, &get);
                match client.answer_or_end()? {
                    // Whatever the answer, the content is read past, or the connection ends.
                    Some(answer) if answer.status() != 400 => match client.answer_or_end()? {
                        Some(next) if next.status() != plain => {
                            return broken(format!("then {}, not {plain}", next.status()));
                        }
                        _ => {}
                    },
                    _ => client.expect_no_more()?,
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-6.3-06", "9112-6.1-07"],
        name: "codings that are not chunked: 400 or 501, and the end",
        run: |desk| {
            for coding in ["gzip", "xchunked", "chunkedx", "chunked, identity", "\"chunked\""] {
                let fields = format!("Transfer-Encoding: {coding}~");
                framing::refused(desk, &fields, "0\r\n\r\n", &[400, 501])
                    .map_err(|wrong| about(coding, wrong))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-7.1-04"],
        name: "sizes of chunks that are none: refused",
        run: |desk| {
            for size in ["", "g", "+5", "_5", ";a", "5g", "0x", "5,5"] {
                let body = format!("{size}\r\nhello\r\n0\r\n\r\n");
                framing::refused(desk, CHUNKED, &body, &[400])
                    .map_err(|wrong| about(size, wrong))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["9112-7.1-01", "9112-6.3-04"],
        name: "sizes of chunks in small and large letters, with zeros before them, are read",
        run: |desk| {
            let body = "a\r\n0123456789\r\nA\r\n0123456789\r\n00005\r\nhello\r\n000\r\n\r\n";
            read_past(desk, "POST", CHUNKED, body, false)
        },
    },
    Case {
        clauses: &["9112-7.1-01"],
        name: "a thousand chunks of one octet are read",
        run: |desk| {
            let body = "1\r\nx\r\n".repeat(1000) + "0\r\n\r\n";
            read_past(desk, "POST", CHUNKED, &body, false)
        },
    },
    Case {
        clauses: &["9110-5.6.3-02", "9112-7.1.1-01"],
        name: "spaces around a chunk extension's `;` and `=` are passed over",
        run: |desk| read_past(desk, "POST", CHUNKED, "5 ; a = b\r\nhello\r\n0\r\n\r\n", false),
    },
    Case {
        clauses: &["9112-7.1.2-02", "9110-6.5.1-02"],
        name: "lengths and codings among the trailers are refused, or mean nothing",
        run: |desk| {
            let body = "5\r\nhello\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: gzip\r\n\r\n";
            // Nobody may send them: 400 is no wrong answer.
            read_past(desk, "POST", CHUNKED, body, true)
        },
    },
    Case {
        clauses: &["9112-6-01", "9112-9.3-05"],
        name: "content of HEAD and OPTIONS, and much of POST, is not the next request",
        run: |desk| {
            let smuggled = "GET /smuggled HTTP/1.1\r\n\r\n";
            read_past(desk, "HEAD", "Content-Length: 26~", smuggled, true)?;
            read_past(desk, "OPTIONS", "Content-Length: 26~", smuggled, true)?;
            let much = smuggled.repeat(1000);
            read_past(desk, "POST", "Content-Length: 26000~", &much, false)
        },
    },
    Case {
        clauses: &["9110-5.1-02"],
        name: "TE, Trailer, Cookie, Accept and what nobody knows change no status",
        run: |desk| {
            let fields = "TE: trailers~Trailer: X~Cookie: a=b~Accept: */*~Via: 1.1 x~";
            like_plain(desk, &format!("GET PATH HTTP/1.1~Host: HOST~{fields}~"))
        },
    },
];

fn about(row: &str, wrong: Wrong) -> Wrong {
    match wrong {
        Wrong::Broken(why) => Wrong::Broken(format!("{row:?}: {why}")),
        wrong @ Wrong::LeftOut(_) => wrong,
    }
}

/// Refused with one of these statuses, or the end.
fn none(desk: &mut Desk, written: &str, statuses: &[u16]) -> Finding {
    refused(desk, written, statuses, true).map_err(|wrong| about(written, wrong))
}

/// What stands inside of a field is no field: refused, or answered as if it were not there, on a
/// connection that stays.
fn inside(desk: &mut Desk, fields: &str) -> Finding {
    let get = request(desk, "GET", "");
    let plain = Client::new(desk)?.ask(Method::Get, &get)?;
    let mut client = Client::new(desk)?;
    let first = text(desk, &format!("GET PATH HTTP/1.1~Host: HOST~{fields}~"));
    client.send(Method::Get, &first);
    match client.answer_or_end()? {
        None => Ok(()),
        Some(answer) if answer.status() == 400 => Ok(()),
        Some(answer) if answer.status() == plain.status() => {
            stays(&plain)?;
            client.ask(Method::Get, &get).map(drop).map_err(|wrong| about(fields, wrong))
        }
        Some(answer) => broken(format!("{fields:?}: {}, not {}", answer.status(), plain.status())),
    }
}
