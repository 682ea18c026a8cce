//! Answers are framed right whatever a handler does.

use crate::stage::{DATE, Stage, answers, answers_however_split};
use std::time::Duration;

fn get(path: &str) -> (String, bool) {
    answers_however_split(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
}

/// Without the date, which all have.
fn undated(heard: &str) -> String {
    let date = format!("Date: {DATE}\r\n");
    assert!(heard.contains(&date), "{heard}");
    heard.replace(&date, "")
}

fn expect(path: &str, expected: &str, ended: bool) {
    let (heard, end) = get(path);
    assert_eq!((undated(&heard).as_str(), end), (expected, ended), "{path}");
}

#[test]
fn statuses_without_content_have_none() {
    // [9110-15.3.5-01] [9110-8.6-05] [9112-6.1-05] [9110-8.6-04] [9110-15.3.6-01]
    expect("/nothing", "HTTP/1.1 204 No Content\r\n\r\n", false);
    expect("/same", "HTTP/1.1 304 Not Modified\r\n\r\n", false);
    expect("/reset", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", false);
    // [9112-4-02]
    expect("/odd", "HTTP/1.1 299 \r\nContent-Length: 3\r\n\r\nodd", false);
}

#[test]
fn pieces_become_chunks_and_for_http_1_0_the_close_ends_them() {
    let chunks = "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    // [9112-6.2-01] [9112-9.3-07]
    expect("/pieces", &format!("{head}{chunks}"), false);
    // [9112-6.1-09]
    let (heard, ended) = answers(&[b"GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"]);
    let expected = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none two three";
    assert_eq!((undated(&heard).as_str(), ended), (expected, true));
    expect("/exact", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\none two", false);
}

#[test]
fn a_source_that_keeps_no_promise_misleads_nobody() {
    // More than was announced would be read as the next answer.
    expect("/long", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\none t", false);
    // Less, or an end that is none: the connection is broken, and no last chunk is sent.
    for path in ["/short", "/abort", "/explode"] {
        let mut stage = Stage::new();
        stage.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert!(stage.heard.borrow().reset, "{path}: {}", stage.hear());
        assert!(!stage.hear().contains("\r\n0\r\n"), "{path}");
        assert_eq!(stage.server.service.clients(), 0);
    }
}

#[test]
fn a_handler_that_panics_or_lies_costs_one_500() {
    for path in ["/panic", "/interim", "/split"] {
        let (heard, ended) = get(path);
        assert!(heard.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{heard}");
        // [9110-15.6-01] [9112-2.2-02] [9112-5.2-01] [9110-2.2-01]
        assert!(heard.contains("Connection: close\r\n") && ended, "{heard}");
        assert!(heard.ends_with("\r\n\r\n500: the server has failed to answer this\n"), "{heard}");
        assert!(!heard.contains("unsent") && !heard.contains("Y: b"), "{heard}");
    }
    // The next client is served by the same server.
    let mut stage = Stage::new();
    stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stage.hear().contains("\r\n\r\nrootHTTP/1.1 500 "), "{}", stage.hear());
    let io = stage.client.event_loop.io();
    stage.client.service.conn = Some(io.connect(crate::stage::addr()));
    stage.heard.borrow_mut().octets.clear();
    stage.pass(Duration::from_millis(5));
    stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stage.hear().ends_with("\r\n\r\nroot"), "{}", stage.hear());
}

#[test]
fn framing_fields_are_the_servers_own() {
    // [9112-6.2-01] [9112-6.3-13]
    expect("/ours", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
    // [9112-9.6-01] [9112-9.6-07]
    let (heard, ended) = get("/last");
    assert!(heard.contains("\r\nConnection: close\r\n") && ended, "{heard}");
}

#[test]
fn large_answers_and_floods_arrive_whole() {
    for (path, octet, len) in [("/large", b'y', 1 << 20), ("/flood", b'x', 4 << 20)] {
        let mut stage = Stage::new();
        stage.send(
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .as_bytes(),
        );
        stage.pass(Duration::from_secs(10));
        let heard = stage.heard.borrow();
        let count = heard.octets.split(|found| *found == octet).count() - 1;
        assert_eq!(count, len, "{path}");
        assert!(heard.octets.ends_with(b"\r\n\r\nroot") && !heard.ended, "{path}");
    }
}

#[test]
fn a_body_in_pieces_is_taken_as_it_comes() {
    let post = |path: &str, body: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        answers_however_split(format!("{head}{body}").as_bytes())
    };
    let (heard, ended) = post("/count", "3\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\nY: 2\r\n\r\n");
    assert!(heard.ends_with("5 octets, 2 trailers\n") && !ended, "{heard}");
    // The sink has enough, or fails: an answer, and the rest is not read.
    let (heard, ended) = answers(&[
        b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n",
        b"abc",
        b"stop",
    ]);
    assert!(heard.starts_with("HTTP/1.1 422 ") && ended, "{heard}");
    let (heard, ended) =
        answers(&[b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n", b"boom"]);
    assert!(heard.starts_with("HTTP/1.1 500 ") && ended, "{heard}");
    let (heard, ended) = post("/shut", "3\r\nabc\r\n0\r\n\r\n");
    assert!(heard.starts_with("HTTP/1.1 403 ") && ended, "{heard}");
    assert!(heard.ends_with("403 Forbidden: nobody may\n"), "{heard}");
    let (heard, ended) = answers(&[b"POST /count HTTP/1.1\r\nHost: a\r\n\r\n"]);
    assert!(heard.ends_with("0 octets, 0 trailers\n") && !ended, "{heard}");
}

#[test]
fn a_client_that_waits_for_100_gets_it_at_once() {
    let head =
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";
    // [9110-10.1.1-03] [9110-10.1.1-04] [9110-10.1.1-05]
    let mut stage = Stage::new();
    stage.send(head.as_bytes());
    assert_eq!(stage.hear(), "HTTP/1.1 100 Continue\r\n\r\n");
    stage.send(b"hello");
    assert!(stage.hear().contains("\r\n\r\nHTTP/1.1 200 OK\r\n"), "{}", stage.hear());
    assert!(stage.hear().ends_with("\r\n\r\nhello") && !stage.ended());
    // [9110-10.1.1-06] Not when the body is there already, nor when there is none.
    let (heard, _) = answers(&[format!("{head}hello").as_bytes()]);
    assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{heard}");
    let none = head.replace("Content-Length: 5\r\n", "");
    let (heard, ended) = answers(&[none.as_bytes()]);
    assert!(heard.starts_with("HTTP/1.1 200 OK\r\n") && !ended, "{heard}");
    // A list of nothing expects nothing.
    for empty in ["", " , "] {
        let mut stage = Stage::new();
        stage.send(head.replace("100-Continue", empty).as_bytes());
        assert_eq!(stage.hear(), "", "Expect: {empty:?}");
        stage.send(b"hello");
        assert!(stage.hear().starts_with("HTTP/1.1 200 OK\r\n"), "{}", stage.hear());
    }
    // [9110-10.1.1-02] [9110-15.2-01] HTTP/1.0 does not know it.
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let mut stage = Stage::new();
    stage.send(old.as_bytes());
    assert_eq!(stage.hear(), "");
    stage.send(b"hello");
    assert!(stage.hear().starts_with("HTTP/1.1 200 OK\r\n"), "{}", stage.hear());
    // [9110-10.1.1-07] A final status instead: the body may never come, so the connection ends.
    let missing = head.replace("/echo", "/no");
    let (heard, ended) = answers(&[missing.as_bytes()]);
    assert!(heard.starts_with("HTTP/1.1 404 ") && ended, "{heard}");
    assert!(heard.contains("\r\nConnection: close\r\n"), "{heard}");
    let large = head.replace("/echo", "/small").replace(": 5", ": 50");
    let (heard, ended) = answers(&[large.as_bytes()]);
    assert!(heard.starts_with("HTTP/1.1 413 ") && ended, "{heard}");
}

#[test]
fn a_body_nobody_wants_is_read_past_or_ends_the_connection() {
    // [9112-9.3-05] [9112-9.6-09] The answer arrives, whatever of the body was not read.
    let good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = |fields: &str, body: &str| {
        format!("POST /no HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}{good}")
    };
    let (heard, ended) = answers_however_split(post("Content-Length: 5\r\n", "hello").as_bytes());
    assert!(heard.starts_with("HTTP/1.1 404 ") && heard.ends_with("root") && !ended, "{heard}");
    for (fields, body) in [
        ("Content-Length: 300000\r\n", "hello"),
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ] {
        let (heard, ended) = answers_however_split(post(fields, body).as_bytes());
        assert!(heard.starts_with("HTTP/1.1 404 ") && !heard.contains("root") && ended, "{heard}");
        assert!(heard.contains("\r\nConnection: close\r\n"), "{heard}");
    }
}
