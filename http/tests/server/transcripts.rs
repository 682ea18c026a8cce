//! Conversations, octet for octet; each whole and parted at every place.

use crate::stage::{DATE, answers, answers_however_split};

/// Requests in, answers out; `|` behind the status line stands for the date line.
fn talk(requests: &str, expected: &str, ended: bool) {
    let expected = expected.replace("\r\n|", &format!("\r\nDate: {DATE}\r\n"));
    let (heard, end) = answers_however_split(requests.as_bytes());
    assert_eq!(heard, expected, "{requests}");
    assert_eq!(end, ended, "{requests}: the connection's fate");
}

const OK: &str = "HTTP/1.1 200 OK\r\n|";

#[test]
fn a_get_and_its_answer() {
    // [9110-5.3-02] Nothing before the head is whole, however it comes.
    // [9110-6.6.1-02] [9110-8.6-07] [9112-9.3-01] [9110-9.1-01] The date, the length, and on.
    talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &format!("{OK}Content-Length: 4\r\n\r\nroot"), false);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    // [9112-9.3.2-01]
    let names = ["one", "two", "three"];
    let request = |name| format!("GET /who/{name} HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = |name: &str| {
        let len = name.len();
        format!("{OK}Content-Type: text/plain\r\nContent-Length: {len}\r\n\r\n{name}")
    };
    let requests: String = names.map(request).concat();
    talk(&requests, &names.map(answer).concat(), false);
}

#[test]
fn persistence_is_the_versions_and_the_connection_fields() {
    // [9110-5.2-01] [9112-9.3-02] [9112-9.6-04] [9112-9.6-05]
    // [9110-7.6.1-02] [9110-6.2-03] [9110-6.2-04]
    let head = |version: &str, fields: &str| format!("GET / {version}\r\nHost: a\r\n{fields}\r\n");
    let close = format!("{OK}Content-Length: 4\r\nConnection: close\r\n\r\nroot");
    let keep = format!("{OK}Content-Length: 4\r\nConnection: keep-alive\r\n\r\nroot");
    let plain = format!("{OK}Content-Length: 4\r\n\r\nroot");
    for (version, fields, expected, ended) in [
        ("HTTP/1.1", "", &plain, false),
        ("HTTP/1.2", "", &plain, false),
        ("HTTP/1.9", "Connection: x\r\n", &plain, false),
        ("HTTP/1.1", "Connection: close\r\n", &close, true),
        ("HTTP/1.1", "Connection: x,, CLOSE ,y\r\n", &close, true),
        ("HTTP/1.1", "Connection: x\r\nconnection: close\r\n", &close, true),
        ("HTTP/1.1", "Connection: keep-alive, close\r\n", &close, true),
        ("HTTP/1.0", "", &close, true),
        ("HTTP/1.0", "Connection: keep-alive\r\n", &keep, false),
        ("HTTP/1.0", "Connection: Keep-Alive, close\r\n", &close, true),
        // [9110-7.8-01] [9110-7.8-03] Nobody switches here.
        ("HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", &plain, false),
    ] {
        talk(&head(version, fields), expected, ended);
    }
    // [9112-9.6-06] What comes behind `close` is not looked at.
    let behind =
        format!("{}GET / HTTP/1.1\r\nHost: a\r\n\r\n", head("HTTP/1.1", "Connection: close\r\n"));
    talk(&behind, &close, true);
    let behind = format!("{}\0\0", head("HTTP/1.1", "Connection: close\r\n"));
    talk(&behind, &close, true);
}

#[test]
fn bodies_are_read_by_length_and_by_chunks() {
    let answer = |body: &str| format!("{OK}Content-Length: {}\r\n\r\n{body}", body.len());
    let post =
        |fields: &str, body: &str| format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}");
    for (fields, body, content) in [
        // [9112-6.3-11] [9112-6-01] [9110-5.5-01]
        ("", "", ""),
        ("Content-Length: 0\r\n", "", ""),
        ("content-LENGTH:\t5 \r\n", "hello", "hello"),
        ("Content-Length: 0000005\r\n", "hello", "hello"),
        // [9112-6.1-01] [9112-6.3-04] [9112-7.1-01] [9112-7-01]
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("transfer-encoding: , CHUNKED\r\n", "2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n", "hello"),
        ("Transfer-Encoding: chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        // [9112-7.1.1-01] [9110-5.6.3-02] [9110-5.6.4-01]
        (
            "Transfer-Encoding: chunked\r\n",
            "1 ; a = \"x\\\";\"\t;b;c=d\r\nh\r\n4;q\r\nello\r\n0;z=1\r\n\r\n",
            "hello",
        ),
        // [9112-7.1.2-01] [9110-5.1-02] [9110-6.5.1-02] Trailers frame nothing.
        (
            "Transfer-Encoding: chunked\r\n",
            "5\r\nhello\r\n0\r\nContent-Length: 9\r\nHost: b\r\n\r\n",
            "hello",
        ),
    ] {
        talk(&post(fields, body), &answer(content), false);
        let two = format!("{}GET / HTTP/1.1\r\nHost: a\r\n\r\n", post(fields, body));
        talk(&two, &format!("{}{}", answer(content), answer("root")), false);
    }
    // [9110-9.3.1-02] Content of a GET belongs to it.
    let get = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET \
               GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    talk(get, &answer("root").repeat(2), false);
}

#[test]
fn head_options_and_what_is_not_there() {
    // [9110-9.3.2-01] [9110-9.3.2-02] [9110-8.6-03]
    let head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
    talk(head, &format!("{OK}Content-Length: 4\r\n\r\n"), false);
    let pieces = "HEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n";
    talk(pieces, &format!("{OK}Transfer-Encoding: chunked\r\n\r\n"), false);
    // [9110-9.3.7-01]
    let options = "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n";
    let allow = "Allow: GET, HEAD, OPTIONS\r\n";
    talk(options, &format!("{OK}{allow}Content-Length: 0\r\n\r\n"), false);
    let all = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
    let options = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
    talk(options, &format!("{OK}{all}Content-Length: 0\r\n\r\n"), false);
    // [9110-9.1-03] [9110-10.2.1-01] [9110-15.5.6-01] [9110-9.3.8-01]
    for method in ["POST", "TRACE", "DELETE", "PUT", "PATCH"] {
        let (heard, ended) =
            answers_however_split(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert!(heard.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{heard}");
        assert!(heard.contains(allow) && !ended, "{heard}");
    }
    // [9110-15.5-01]
    let (heard, ended) = answers_however_split(b"GET /no HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(heard.starts_with("HTTP/1.1 404 Not Found\r\n") && !ended, "{heard}");
    assert!(heard.ends_with("404: nothing has this path\n"), "{heard}");
}

#[test]
fn targets_in_all_forms_and_encodings() {
    let answer = |body: &str| format!("{OK}Content-Length: {}\r\n\r\n{body}", body.len());
    for (target, body) in [
        // [9112-3.2.2-02] [9112-3.2.2-03] The field does not count.
        ("http://example.com/query?a=5", "5"),
        ("HTTP://example.com:80/query?a=5", "5"),
        ("http://[::1]/query?a=5", "5"),
        ("http://example.com", "root"),
        ("http://example.com?a=5", "root"),
        ("/query?a=5%20%2B+b", "5 + b"),
        ("/query?b=1&a=x=y&a=2", "x=y"),
        ("/query?%61=1", "1"),
        ("/%71uery?a", ""),
        ("/query?a={[|]}^`\\", "{[|]}^`\\"),
        ("/query?a=%C2%B0", "°"),
    ] {
        talk(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"), &answer(body), false);
    }
    let long = "x".repeat(8000);
    // [9112-3-03] [9110-4.1-01]
    let request = format!("GET /query?a={long} HTTP/1.1\r\nHost: a\r\n\r\n");
    let (heard, _) = answers(&[request.as_bytes()]);
    assert!(heard.ends_with(&long), "{heard:.100}");
}

#[test]
fn empty_lines_before_a_request_are_skipped() {
    // [9112-2.2-07]
    let answer = format!("{OK}Content-Length: 4\r\n\r\nroot");
    talk("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", &answer, false);
}

#[test]
fn unknown_fields_and_hosts_of_all_kinds_are_taken() {
    // [9110-5.1-01] [9110-5.1-02] [9110-5.5-03]
    let answer = format!("{OK}Content-Length: 4\r\n\r\nroot");
    for fields in [
        "hOsT: a",
        "Host:a",
        "Host: \t a \t",
        "Host:",
        "Host: [::1]:80",
        "Host: a:",
        "Host: a_b",
        "Host: a\r\n!#$%&'*+-.^_`|~9: x",
        "Host: a\r\nX:\u{a0}\u{ff}",
        "Host: a\r\nX:",
        "Host: a\r\nX: a\tb",
        "Host: a\r\nX: 1\r\nX: 2",
    ] {
        talk(&format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n"), &answer, false);
    }
}
