//! Responses as octets, whole and parted at every place: what a client reads, and what it must
//! not take for a response.

use bytes::BytesMut;
use wirelab_http::Method::{self, Get, Head, Post};
use wirelab_http::client::{Event, Session};

/// What a session says of these octets, then of the connection's end.
fn hear(methods: &[Method], pieces: &[&[u8]]) -> String {
    let mut session = Session::default();
    for method in methods {
        session.asked(*method, false);
    }
    let (mut said, mut input) = (String::new(), BytesMut::new());
    let mut note = |event: Event| {
        let text = match event {
            Event::Interim(head) => format!("({}) ", head.code()),
            Event::Head(head) => format!("{} ", head.code()),
            Event::Piece(data) => data.escape_ascii().to_string(),
            Event::End(None) => "; ".to_owned(),
            Event::End(Some(trailers)) => format!(" +{}; ", trailers.len()),
        };
        said.push_str(&text);
    };
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match session.next(&mut input) {
                Ok(Some(event)) => note(event),
                Ok(None) => break,
                Err(error) => return format!("{said}! {}", error.clause()),
            }
        }
    }
    let idle = session.is_idle();
    match session.end_of_input() {
        Ok(Some(event)) => note(event),
        Ok(None) => {}
        Err(error) => return format!("{said}! {}", error.clause()),
    }
    if idle { format!("{said}idle") } else { said }
}

/// `~` stands for CR LF.
fn expect(methods: &[Method], octets: &str, said: &str) {
    let octets = octets.replace('~', "\r\n").into_bytes();
    assert_eq!(hear(methods, &[&octets]), said, "{}", octets.escape_ascii());
    for at in 1..octets.len() {
        let parted = hear(methods, &[&octets[..at], &octets[at..]]);
        assert_eq!(parted, said, "{} parted at {at}", octets.escape_ascii());
    }
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(hear(methods, &single), said, "{} octet by octet", octets.escape_ascii());
}

#[test]
fn the_length_is_what_the_head_says() {
    for (octets, said) in [
        ("HTTP/1.1 200 OK~Content-Length: 5~~hello", "200 hello; idle"),
        ("HTTP/1.1 200 OK~Content-Length: 0~~", "200 ; idle"),
        // [9112-6.3-04] [9112-7.1-01] [9112-7-01]
        ("HTTP/1.1 200 OK~Transfer-Encoding: Chunked~~5~hello~0~~", "200 hello; idle"),
        ("HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1;a=b~h~0~X: y~~", "200 h +1; idle"),
        // [9112-6.3-12] [9112-8-04]
        ("HTTP/1.1 200 OK~~hello", "200 hello; "),
        ("HTTP/1.0 200 OK~Connection: keep-alive~~hello", "200 hello; "),
        // [9112-6.3-05]
        ("HTTP/1.1 200 OK~Transfer-Encoding: gzip~~hello", "200 hello; "),
        // [9112-6.3-07] The one list that is forgiven.
        ("HTTP/1.1 200 OK~Content-Length: 5, 5~Content-Length: 5~~hello", "200 hello; idle"),
        // [9112-9.3-02]
        ("HTTP/1.0 200 OK~Content-Length: 5~~hello", "200 hello; "),
        ("HTTP/1.0 200 OK~Connection: Keep-Alive~Content-Length: 2~~hi", "200 hi; idle"),
        ("HTTP/1.1 200 OK~Connection: x, CLOSE~Content-Length: 2~~hi", "200 hi; "),
    ] {
        expect(&[Get], octets, said);
    }
}

#[test]
fn some_responses_end_with_their_head() {
    // [9112-6.3-01]
    expect(&[Head], "HTTP/1.1 200 OK~Content-Length: 5~~", "200 ; idle");
    expect(&[Head], "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~", "200 ; idle");
    expect(&[Head], "HTTP/1.1 200 OK~~", "200 ; idle");
    // [9110-15.3.5-01]
    expect(&[Get], "HTTP/1.1 204 No Content~Content-Length: 5~~", "204 ; idle");
    expect(&[Get], "HTTP/1.1 304 Not Modified~Content-Length: 5~~", "304 ; idle");
}

#[test]
fn responses_are_matched_in_order() {
    // [9112-9.2-01]
    let three = "HTTP/1.1 200 OK~Content-Length: 1~~aHTTP/1.1 404 x~Content-Length: 9~~\
                 HTTP/1.1 201 y~Transfer-Encoding: chunked~~1~b~0~~";
    expect(&[Get, Head, Post], three, "200 a; 404 ; 201 b; idle");
    // [9112-9.6-08] What comes behind `close` is nobody's.
    let close = "HTTP/1.1 200 OK~Connection: close~Content-Length: 1~~aHTTP/1.1 200 OK~~";
    expect(&[Get, Get], close, "200 a; ");
}

#[test]
fn interim_responses_are_read_past() {
    // [9110-15.2-02]
    let many = "HTTP/1.1 100 Continue~~HTTP/1.1 103 Early Hints~Link: x~~HTTP/1.1 199 ~~\
                HTTP/1.1 200 OK~Content-Length: 2~~hi";
    expect(&[Get], many, "(100) (103) (199) 200 hi; idle");
    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(101);
    let said = hear(&[Get], &[endless.as_bytes()]);
    assert!(said.ends_with("! [9110-17.5-01]"), "{said}");
    // [9110-7.8-02] [9110-15.2.2-01]
    expect(&[Get], "HTTP/1.1 101 Switching Protocols~Upgrade: x~~", "! [9110-7.8-02]");
}

#[test]
fn statuses_and_phrases_of_all_kinds() {
    for (octets, said) in [
        // [9112-4-01]
        ("HTTP/1.1 200 ~Content-Length: 0~~", "200 ; idle"),
        ("HTTP/1.1 200~Content-Length: 0~~", "200 ; idle"),
        ("HTTP/1.1 200 \u{e9} everything\tis fine~Content-Length: 0~~", "200 ; idle"),
        ("HTTP/1.2 200 OK~Content-Length: 0~~", "200 ; idle"),
        // [9110-15-01] [9110-15-02]
        ("HTTP/1.1 299 x~Content-Length: 1~~a", "299 a; idle"),
        ("HTTP/1.1 999 x~Content-Length: 1~~a", "999 a; idle"),
        // [9112-5.2-03]
        ("HTTP/1.1 200 OK~Content-Length:~ 1~~a", "200 a; idle"),
        ("HTTP/1.1 200 OK~X: a~\t b~Content-Length: 1~~a", "200 a; idle"),
    ] {
        expect(&[Get], octets, said);
    }
}

#[test]
fn what_is_no_response_is_not_taken_for_one() {
    let chunked = "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~";
    for (octets, said) in [
        ("HTTP/2.0 200 OK~~", "! [9110-15.6.6-01]".to_owned()),
        ("HTTP/1.1 20 OK~~", "! [9112-4-01]".to_owned()),
        ("HTTP/1.1 2000 OK~~", "! [9112-4-01]".to_owned()),
        ("HTTP/1.1  200 OK~~", "! [9112-4-01]".to_owned()),
        ("HTTP/1.1\t200 OK~~", "! [9112-4-01]".to_owned()),
        ("ICY 200 OK~~", "! [9112-2.3-01]".to_owned()),
        ("<html>", "! [9112-2.3-01]".to_owned()),
        ("HTTP/1.1 200 O\x00K~~", "! [9112-2.2-03]".to_owned()),
        ("HTTP/1.1 200 OK~X : a~~", "! [9112-5.1-01]".to_owned()),
        ("HTTP/1.1 200 OK~ X: a~~", "! [9112-2.2-09]".to_owned()),
        ("HTTP/1.1 200 OK~X: a\nY: b~~", "! [9112-2.2-04]".to_owned()),
        ("HTTP/1.1 200 OK~X: a\x00~~", "! [9110-5.5-02]".to_owned()),
        // [9112-6.3-03] [9112-6.3-07] [9112-6.3-09] [9112-6.1-11] [9112-6.2-02] [9110-8.6-08]
        (
            "HTTP/1.1 200 OK~Content-Length: 5~Transfer-Encoding: chunked~~",
            "! [9112-6.3-03]".to_owned(),
        ),
        ("HTTP/1.0 200 OK~Transfer-Encoding: chunked~~", "! [9112-6.1-11]".to_owned()),
        ("HTTP/1.1 200 OK~Content-Length: 5, 6~~hello", "! [9112-6.3-07]".to_owned()),
        ("HTTP/1.1 200 OK~Content-Length: -5~~hello", "! [9112-6.2-02]".to_owned()),
        ("HTTP/1.1 200 OK~Content-Length: ,~~hello", "! [9112-6.2-02]".to_owned()),
        ("HTTP/1.1 200 OK~Content-Length: 18446744073709551616~~", "! [9110-8.6-08]".to_owned()),
        ("HTTP/1.1 200 OK~Transfer-Encoding: gzip, chunked~~", "! [9112-6.1-07]".to_owned()),
        // [9112-8-01] [9112-8-03] [9112-6.3-10] Cut short, with what had come.
        ("HTTP/1.1 200 OK~Content-Length: 3~~", "200 ! [9112-6.3-10]".to_owned()),
        (chunked, "200 ! [9112-6.3-10]".to_owned()),
        ("HTTP/1.1 200 OK~Content-Le", "! [9112-6.3-10]".to_owned()),
        ("", "! [9112-6.3-10]".to_owned()),
    ] {
        expect(&[Get], octets, &said);
    }
    for (chunks, clause) in [("g~", "[9112-7.1-04]"), ("0x1~a~0~~", "[9112-7.1-04]")] {
        expect(&[Get], &format!("{chunked}{chunks}"), &format!("200 ! {clause}"));
    }
}

#[test]
fn what_nobody_has_asked_for_is_no_response() {
    // [9112-9.2-02] [9112-9.2-03] [9112-6.3-18]
    let answer = "HTTP/1.1 200 OK~Content-Length: 1~~a";
    expect(&[Get], &format!("{answer}{answer}"), "200 a; ! [9112-9.2-03]");
    expect(&[Get], &format!("{answer}~"), "200 a; idle");
    expect(&[], "HTTP/1.1 408 Request Timeout~~", "! [9112-9.2-03]");
}
