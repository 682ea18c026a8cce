//! HTTP over whole captures: messages across segments, pairs, lengths, and why a connection closed.

use crate::build::{capture, explained};
use crate::http_talk::{GET, OK, Talk};
use crate::report::line;

#[test]
fn rest_rows_r1_to_r7() {
    let text = explained(&capture("rest.pcap"));
    let has = |line: &str| assert!(text.contains(line), "{line}\n{text}");
    // R1: a handshake for each request, and why.
    for handshake in ["#3 #4 #5", "#13 #14 #15", "#27 #28 #29", "#85 #86 #87"] {
        has(&format!("== handshake {handshake}"));
    }
    has("HTTP to server 172.18.0.2:5151: 8 requests on 8 connections, one connection per request");
    has("the responses say Connection: close: #8 #20 #32 #44 #56 #66 #80 #90");
    // R2: method, path, query, each field named.
    let get = "request 1: GET /add, query a=5 b=9, HTTP/1.1; \
               Host, User-Agent, Accept-Encoding, Accept, Connection; no body; complete, 158 bytes";
    assert!(line(&text, 6).ends_with(get), "{}", line(&text, 6));
    has("== request 1 fields: Host: rest-server:5151 | User-Agent: python-requests/2.32.3 | \
         Accept-Encoding: gzip, deflate | Accept: */* | Connection: keep-alive");
    // R3: two segments, and the length is right. [9112-6.2-02]
    assert!(line(&text, 8).contains("PSH,ACK 165 B"));
    assert!(
        line(&text, 8).contains("response 1 to #6 (+1.9 ms): HTTP/1.1 200 OK, application/json")
    );
    assert!(line(&text, 8).ends_with("its body of 19 bytes is to come"));
    assert!(
        line(&text, 10)
            .contains("body \"{\\n  \\\"result\\\": 14\\n}\\n\" Content-Length 19 = body")
    );
    assert!(line(&text, 10).ends_with("message completes in #10: 184 bytes since #8"));
    // R4
    assert!(line(&text, 18).contains("request 1: GET /mul, query a=5 b=9"));
    assert!(line(&text, 20).contains("response 1 to #18 (+825 µs): HTTP/1.1 200 OK"));
    assert!(line(&text, 22).contains("\\\"result\\\": 45") && line(&text, 22).contains("in #22"));
    // R5: who closed, and why. [9112-9.6-01], [9112-9.6-03]
    has("close: client FIN #12, server FIN #16, ACK #17 (3 segments; client closed first)");
    has("closed because response #8 says Connection: close (RFC 9112 9.6); client first, in #12");
    // R6
    has("10 to 12 frames each");
    has("summary: 94 frames (2 ARP, 92 TCP), 8 TCP conversations");
    // R7
    let responses = [
        (44, "response 1 to #42 (+6.3 ms): HTTP/1.1 400 BAD REQUEST, application/json"),
        (56, "response 1 to #52 (+2.5 ms): HTTP/1.1 404 NOT FOUND, text/html"),
        (66, "response 1 to #64 (+2.6 ms): HTTP/1.1 405 METHOD NOT ALLOWED"),
        (80, "response 1 to #78 (+1.0 ms): HTTP/1.1 200 OK, application/json"),
        (90, "response 1 to #88 (+1.7 ms): HTTP/1.1 200 OK, text/html"),
    ];
    for (n, say) in responses {
        assert!(line(&text, n).contains(say), "{n}: {}", line(&text, n));
    }
    for n in [66, 90] {
        assert!(line(&text, n).contains("Allow: HEAD, OPTIONS, GET"), "{n}");
    }
    // [9112-6.3-01], [9110-9.3.2-01]
    let head = "Content-Length 18 and no body: a response to HEAD has none (RFC 9110 9.3.2)";
    assert!(line(&text, 80).contains(head), "{}", line(&text, 80));
    assert!(!text.contains("violation") && !text.contains("malformed"), "{text}");
}

/// [9112-9.3.2-01], [9112-9.2-01]
#[test]
fn pipelined_requests_are_paired_in_their_order() {
    let head = GET.replace("GET /a", "HEAD /b");
    let no_body = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let talk = Talk::new()
        .client([GET, &head, GET].concat())
        .client(GET)
        .server([OK, no_body].concat())
        .server([OK, OK].concat());
    let says = talk.says();
    assert!(says[3].starts_with("request 1: GET /a, HTTP/1.1; Host"), "{}", says[3]);
    assert!(says[3].contains("request 3, sent before response 1"));
    assert!(says[3].ends_with("3 messages in one segment: TCP keeps no message borders"));
    assert!(says[5].contains("response 2 to #4 (+2.0 ms)"), "{}", says[5]);
    assert!(says[6].contains("response 4 to #5 (+2.0 ms)"), "{}", says[6]);
    talk.has(&[
        "== 4 requests, 4 responses on this connection; pipelined: up to 4 requests under way",
        "== request 2 #4: HEAD /b, HTTP/1.1, no body ↔ response 2 #6: HTTP/1.1 200 OK, \
         Content-Length 9 and no body",
        "== request 4 #5: GET /a, HTTP/1.1, no body ↔ response 4 #7",
    ]);
    Talk::new().client(GET).server(OK).client(GET).server(OK).has(&[
        "2 requests, 2 responses on this connection; client waits for each response; latency +1.0",
        "HTTP to server 10.0.0.2:2222: 2 requests on 1 connection, 7 frames each",
        "still open at end of capture",
    ]);
}

/// [9112-7.1-01], [9112-7.1.2-01]
#[test]
fn chunks_are_counted_and_summed() {
    let post = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let talk = Talk::new().client(post).client("6;x\r\n world\r\n0\r\nSum: 1\r\n\r\n").server(OK);
    let says = talk.says();
    let first = "body of request 1 goes on: 1 chunk, 5 bytes; 5 so far";
    assert!(says[3].ends_with(first), "{}", says[3]);
    let sum = "body \"hello world\" chunked: 2 chunks 5 + 6 = 11 bytes, trailers Sum; \
               message completes in #5: 93 bytes since #4";
    assert!(says[4].ends_with(sum), "{}", says[4]);
    talk.has(&["request 1 #4 #5: POST /c, HTTP/1.1, chunked: 2 chunks 5 + 6 = 11 bytes"]);
    // Latency is from the request's last byte.
    assert!(says[5].contains("response 1 to #4 (+1.0 ms)"), "{}", says[5]);
}

/// [9112-6.3-12], [9112-9.3-02]
#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    let old = "HTTP/1.0 200 OK\r\n\r\nall";
    let talk = Talk::new().client(GET).server(old).server(" of it").fin(false).fin(true);
    let says = talk.says();
    assert!(says[4].contains("body of response 1 goes on: 3 bytes; 3 so far"), "{}", says[4]);
    talk.has(&[
        "body of 9 bytes without a length, up to the close \"all of it\"",
        "closed to end the body of response 1 #5: 9 bytes up to FIN #7 (RFC 9112 6.3)",
    ]);
    // A reset does not end it well. [9112-8-04]
    Talk::new().client(GET).server(old).reset(false).has(&["closed within response 1 #5"]);
}

/// Why a connection closed.
#[test]
fn each_close_has_its_reason() {
    let close = GET.replace("\r\n\r\n", "\r\nConnection: x, Close\r\n\r\n");
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let old = "GET /a HTTP/1.0\r\n\r\n";
    let keep = "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    let error = "HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n";
    let upload = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc";
    let expect = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    let refused = "HTTP/1.1 413 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let talk = || Talk::new().client(GET);
    let table = [
        // [9110-10.1.1-07]
        (
            Talk::new().client(expect).server(refused).fin(false),
            "closed because response #5 says Connection: close (RFC 9112 9.6); server first, in #6",
        ),
        (
            Talk::new().client(expect).server(refused),
            "Content-Length 9, whose body it did not send: it waited for 100 ↔ response 1 #5",
        ),
        (
            Talk::new().client([GET, GET].concat()).server(refused).fin(false),
            "says Connection: close (RFC 9112 9.6); server first, in #6, 1 request unanswered",
        ),
        // [9112-9.6-04]
        (
            Talk::new().client(&close).server(OK).fin(false),
            "closed because request #4 says Connection: close (RFC 9112 9.6); server first, in #6",
        ),
        (
            Talk::new().client(old).server(OK).fin(false),
            "closed because request #4 is of HTTP/1.0 and does not ask for keep-alive",
        ),
        (
            Talk::new().client(keep).server(OK).fin(true),
            "closed between messages, as the client may",
        ),
        (talk().server(OK).fin(false), "closed between messages, as the server may at any time"),
        (
            talk().server(error).fin(false),
            "closed after the error 400 #5, without Connection: close",
        ),
        (
            talk().fin(false),
            "closed with 1 request unanswered, after 0 responses; server first, in #5",
        ),
        (
            talk().server(OK).client(GET).reset(false),
            "closed with 1 request unanswered, after 1 resp",
        ),
        // [9112-6.3-10], [9112-8-01]
        (
            talk().server(length).fin(false),
            "closed within response 1 #5, which is incomplete: Content-Length 5 ≠ body of 2 bytes",
        ),
        // [9112-8-03]
        (
            talk().server(chunked).fin(false),
            "which is incomplete: chunked: 1 chunk of 5 bytes, the last chunk is missing",
        ),
        (
            Talk::new().client(upload).fin(true),
            "closed within request 1 #4, which is incomplete: Content-Length 9 ≠ body of 3 bytes",
        ),
    ];
    for (talk, reason) in table {
        talk.has(&[reason]);
    }
}

/// [9110-10.1.1-03], [9110-15.2-02]
#[test]
fn an_interim_response_is_not_the_answer() {
    let expect = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    let talk =
        Talk::new().client(expect).server("HTTP/1.1 100 Continue\r\n\r\n").client("abc").server(OK);
    let says = talk.says();
    assert!(says[3].contains("waits for 100 before its body (RFC 9110 10.1.1)"), "{}", says[3]);
    assert!(says[4].starts_with("interim response 1 to #4 (+1.0 ms): HTTP/1.1 100 Continue"));
    assert!(says[5].contains("body \"abc\" Content-Length 3 = body; message completes in #6"));
    assert!(says[6].contains("response 1 to #4 (+1.0 ms): HTTP/1.1 200 OK"), "{}", says[6]);
    talk.has(&["1 request, 1 response on this", "↔ interim 100 #5 ↔ response 1 #7: HTTP/1.1 200"]);
}

/// [9112-6.3-02], [9110-7.8-02]
#[test]
fn what_follows_a_switch_is_not_read_as_http() {
    let upgrade = "GET /s HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let switch = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x01";
    let talk = Talk::new().client(upgrade).server(switch).client(GET).server(OK).fin(true);
    let says = talk.says();
    assert!(says[4].contains("101 Switching, Upgrade: websocket"), "{}", says[4]);
    assert!(says[4].contains("; 1 byte of another protocol"), "{}", says[4]);
    assert!(says[5].contains("28 bytes of another protocol"), "{}", says[5]);
    talk.has(&["HTTP/1.1, then websocket", "closed after it had become websocket in #5"]);
    let connect = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n";
    let talk = Talk::new().client(connect).server("HTTP/1.1 200 OK\r\n\r\n").client(b"\x16\x03");
    talk.has(&[
        "request 1: CONNECT h:443, HTTP/1.1",
        "HTTP/1.1, then a tunnel",
        "2 bytes of another",
    ]);
}

/// What only the order of messages can break.
#[test]
fn violations_are_told_with_their_clause() {
    let close = GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let old = "GET /a HTTP/1.0\r\n\r\n";
    let head = GET.replace("GET", "HEAD");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let connect = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n";
    let table = [
        (Talk::new().client(GET).server(OK).server(OK), 6, "[9112-9.2-02]"),
        (Talk::new().client(&close).client(GET), 5, "[9112-9.6-02]"),
        (Talk::new().client(old).server("HTTP/1.1 100 x\r\n\r\n"), 5, "[9110-15.2-01]"),
        (Talk::new().client(old).server(chunked), 5, "[9112-6.1-09]"),
        // [9110-8.6-06]
        (Talk::new().client(connect).server(chunked), 5, "[9112-6.1-06]"),
        (Talk::new().client(&head).server(OK), 5, "[9110-9.3.2-01]"),
        (Talk::new().client(GET).server([OK, "more\r\n"].concat()), 5, "[9112-6.3-18]"),
    ];
    for (talk, frame, clause) in table {
        let says = talk.says();
        let said = &says[frame - 1];
        assert!(said.contains("protocol violation: ") && said.contains(clause), "{clause}: {said}");
        let report = talk.report();
        let listed =
            report.lines().any(|l| l.contains("== protocol violation") && l.contains(clause));
        assert!(listed, "{report}");
    }
    // A server that has waited long enough says so.
    let late = "HTTP/1.1 408 Too late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let talk = Talk::new().server(late).fin(false);
    assert!(!talk.report().contains("violation"), "{}", talk.report());
    talk.has(&["1 response without a request in the capture"]);
}

/// [9112-6.3-08]
#[test]
fn a_malformed_message_is_told_with_its_byte_and_clause() {
    let talk = Talk::new()
        .client(GET.replace("\r\n\r\n", "\r\nContent-Length: 1x\r\n\r\nGET"))
        .server("HTTP/1.1 400 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // 54 bytes of headers, 42 up to the value.
    talk.has(&[
        "note at byte 96: request: a Content-Length that is not digits alone [9112-6.2-02]",
        "malformed: a Content-Length that is not digits alone [9112-6.2-02]",
        "nobody can say where it ends: 400 and close (RFC 9112 6.3)",
        "3 bytes of no message whose beginning is in the capture",
        "response 1 to #4 (+1.0 ms): HTTP/1.1 400 no",
    ]);
    // What lets somebody in is counted, not shown.
    let secret = GET.replace("\r\n\r\n", "\r\nAuthorization: Basic c2VjcmV0\r\n\r\n");
    let talk = Talk::new().client(secret);
    talk.has(&["Authorization: Basic … (14 bytes in the clear)"]);
    assert!(!talk.report().contains("c2VjcmV0"));
}

/// The answer may come while the request is still being sent. [9112-9.3-05]
#[test]
fn an_early_answer_belongs_to_the_request_under_way() {
    let upload = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc";
    let talk = Talk::new().client(upload).server(OK).client("def").client(GET).server(OK);
    let says = talk.says();
    assert!(says[5].contains("body \"abcdef\" Content-Length 6 = body; message completes in #6"));
    talk.has(&[
        "request 1 #4 #6: PUT /a, HTTP/1.1, Content-Length 6 = body \"abcdef\" ↔ response 1 #5",
        "request 2 #7: GET /a, HTTP/1.1, no body ↔ response 2 #8",
    ]);
}

/// The capture began late: what is clearly HTTP is read, and what it cannot know is not invented.
#[test]
fn a_connection_from_its_middle_is_recognised() {
    let talk = Talk::in_the_middle().server("the end of a page</html>\n").client(GET).server(OK);
    let says = talk.says();
    assert!(says[1].contains("request 1: GET /a, HTTP/1.1"), "{}", says[1]);
    assert!(says[2].contains("response 1 to #2 (+1.0 ms): HTTP/1.1 200 OK"), "{}", says[2]);
    let talk = Talk::in_the_middle().server(OK).client(GET).server("ok").server(OK);
    let says = talk.says();
    let before = "response to a request from before the capture: HTTP/1.1 200 OK";
    assert!(says[0].contains(before), "{}", says[0]);
    assert!(says[2].contains("2 bytes of no message"), "{}", says[2]);
    assert!(says[3].contains("response 1 to #2"), "{}", says[3]);
    // Binary data, then a request.
    let talk = Talk::in_the_middle().server([0, 159, 146, 150]).client(GET).server(OK);
    talk.has(&["request 1: GET /a", "response 1 to #2"]);
    // Words that only resemble it are none.
    for text in ["GET up\r\n", "HTTP is a protocol\r\n", "GET / HTTP\r\n"] {
        let report = Talk::new().client(text).report();
        assert!(report.contains("plain text"), "{text}: {report}");
    }
}

#[test]
fn what_the_capture_missed_is_no_mistake() {
    let long = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    let talk = Talk::new().client(GET).server(long).missed(4).server("hij").client(GET).server(OK);
    talk.has(&["Content-Length 10 = body (4 bytes of it not in the capture)", "response 2 to #7"]);
    assert!(!talk.report().contains("violation"));
    // A head is gone: the next message begins with its segment.
    let talk = Talk::new().client(GET).missed(30).server("of it").client(GET).server(OK);
    talk.has(&["30 bytes before it are not in the capture", "5 bytes of no message"]);
    let says = talk.says();
    assert!(says[6].contains("HTTP/1.1 200 OK"), "{}", says[6]);
    assert!(!talk.report().contains("violation"), "{}", talk.report());
}

/// A head longer than anybody reads is let go. [9110-5.4-01]
#[test]
fn a_head_without_an_end_is_let_go() {
    let mut talk = Talk::new().client("GET /a HTTP/1.1\r\n");
    for _ in 0..70 {
        talk = talk.client(format!("X: {}\r\n", "y".repeat(1000)));
    }
    let says = talk.client(GET).server(OK).says();
    assert!(says[70].contains("bytes of no message"), "{}", says[70]);
    assert!(says[74].contains("request 1: GET /a"), "{}", says[74]);
    assert!(says[75].contains("response 1 to #75"), "{}", says[75]);
}
