//! Slow clients, half-closes, graceful ends: what time does to a connection.

use crate::stage::{Stage, app};
use std::time::Duration;
use wirelab_http::server::Record;
use wirelab_http::{Server, Settings, limits};
use wirelab_reactor::Net as _;
use wirelab_reactor::sim::{Faults, Turns as _};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    // [9112-9.5-01]
    let mut stage = Stage::new();
    stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let before = stage.hear();
    stage.pass(limits::IDLE_TIMEOUT - SECOND);
    assert!(!stage.ended());
    stage.pass(2 * SECOND);
    assert!(stage.ended() && !stage.heard.borrow().reset);
    assert_eq!(stage.hear(), before);
    assert_eq!(stage.server.service.clients(), 0);
    // One that speaks now and then stays.
    let mut stage = Stage::new();
    for _ in 0..10 {
        stage.pass(limits::IDLE_TIMEOUT - SECOND);
        stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    assert!(!stage.ended());
}

#[test]
fn a_head_that_does_not_come_to_its_end_is_answered_408() {
    let mut stage = Stage::new();
    stage.pass(10 * SECOND);
    // Octet by octet does not help.
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaa";
    for octet in &head[..] {
        stage.send(&[*octet]);
        stage.pass(SECOND);
        if stage.ended() {
            break;
        }
    }
    assert!(stage.hear().starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{}", stage.hear());
    assert!(stage.ended() && stage.world.now() < limits::HEAD_TIMEOUT + 12 * SECOND);
}

#[test]
fn a_body_must_come_at_some_rate() {
    let head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    let mut stage = Stage::new();
    stage.send(head);
    for _ in 0..40 {
        stage.send(b"a");
        stage.pass(SECOND);
    }
    assert!(stage.hear().starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{}", stage.hear());
    assert!(stage.ended());
    // One that is slow, but not that slow, is waited for.
    let mut stage = Stage::new();
    stage.send(head);
    for _ in 0..100 {
        stage.send(&[b'a'; 1000]);
        stage.pass(SECOND);
    }
    assert!(stage.hear().starts_with("HTTP/1.1 200 OK\r\n"), "{}", stage.hear());
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    for path in ["/flood", "/large"] {
        let mut stage = Stage::with(Settings::default(), Faults::none(), true);
        stage.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        stage.pass(limits::SEND_TIMEOUT);
        assert_eq!(stage.server.service.clients(), 1, "{path}");
        stage.pass(3 * limits::SEND_TIMEOUT);
        assert_eq!(stage.server.service.clients(), 0, "{path}");
    }
    // Pipelining without reading: the answers do not pile up.
    let mut stage = Stage::with(Settings::default(), Faults::none(), true);
    let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2000);
    for _ in 0..20 {
        stage.send(requests.as_bytes());
    }
    let io = stage.server.event_loop.io();
    assert_eq!(io.connections(), 1);
    stage.pass(4 * limits::SEND_TIMEOUT);
    assert_eq!(stage.server.service.clients(), 0);
}

#[test]
fn a_client_that_half_closes_gets_its_answers() {
    // [9112-8-02] [9112-6.3-10]
    for (octets, start, ends) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "root"),
        ("GET /slowly HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n0\r\n\r\n"),
        (
            "GET /slowly HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\n",
            "root",
        ),
        ("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n0\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHo", "HTTP/1.1 400 Bad Request\r\n", "not complete\n"),
        (
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 400 Bad Request\r\n",
            "not complete\n",
        ),
        ("", "", ""),
        ("\r\n", "", ""),
    ] {
        let mut stage = Stage::new();
        let conn = stage.client.service.conn.expect("connected");
        let io = stage.client.event_loop.io();
        io.send(conn, octets.as_bytes().to_vec().into());
        // Its own side is ended in the same breath.
        stage.client.turn().expect("a turn");
        stage.client.event_loop.net().shutdown(conn).expect("a FIN");
        stage.pass(5 * SECOND);
        let heard = stage.hear();
        assert!(heard.starts_with(start) && heard.ends_with(ends), "{octets}: {heard:.200}");
        assert_eq!(stage.server.service.clients(), 0, "{octets}");
    }
}

#[test]
fn a_graceful_end_lets_answers_finish() {
    let mut stage = Stage::new();
    stage.send(b"GET /slowly HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n");
    stage.server.event_loop.io().stop();
    stage.pass(SECOND);
    assert!(stage.ended());
    let mut stage = Stage::new();
    stage.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    stage.server.event_loop.io().stop();
    stage.pass(SECOND / 10);
    assert!(!stage.ended());
    stage.send(b"llo");
    // [9112-9.6-01]
    assert!(stage.hear().contains("\r\nConnection: close\r\n\r\nhello"), "{}", stage.hear());
    assert!(stage.ended() && stage.server.is_ended());
    let mut stage = Stage::new();
    stage.server.event_loop.io().stop();
    stage.pass(SECOND / 10);
    assert!(stage.ended() && stage.server.is_ended(), "idle ones are closed at once");
}

#[test]
fn one_client_too_many_is_told_so() {
    let settings = Settings { connections_max: 0, ..Settings::default() };
    let mut stage = Stage::with(settings, Faults::none(), false);
    stage.pass(SECOND);
    assert!(stage.hear().starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{}", stage.hear());
    assert!(stage.ended());
}

#[test]
fn a_server_without_persistence_says_so_each_time() {
    // [9112-9.3-04]
    let settings = Settings { close: true, ..Settings::default() };
    let mut stage = Stage::with(settings, Faults::none(), false);
    stage.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stage.hear().contains("\r\nConnection: close\r\n\r\nroot"), "{}", stage.hear());
    assert!(stage.ended());
}

/// Each answer is told of once, also one that the client has not waited for.
#[test]
fn an_observer_hears_of_every_answer() {
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let requests: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /pieces HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\n\r\n",
        b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /\x01 HTTP/1.1\r\n",
        b"GET /short HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /slowly HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    let mut lengths = Vec::new();
    for request in requests {
        let hears = told.clone();
        let observer = move |record: &Record<'_>| {
            let line = record.head.map(|head| {
                let octets = head.octets();
                let end = octets.iter().position(|octet| *octet == b'\r').unwrap_or_default();
                String::from_utf8_lossy(&octets[..end]).into_owned()
            });
            let (status, content) = (record.status.code(), record.content);
            hears.borrow_mut().push((line.unwrap_or_default(), status, content));
        };
        let server = Server::new(app(), Settings::default()).observed_by(Box::new(observer));
        let mut stage = Stage::of(server);
        stage.send(request);
        let last = stage.hear().rsplit("\r\n\r\n").next().map_or(0, str::len) as u64;
        lengths.push(last);
        let conn = stage.client.service.conn.expect("connected");
        stage.client.event_loop.io().reset(conn);
        stage.pass(SECOND);
    }
    let told = told.borrow();
    let told: Vec<_> = told.iter().map(|(line, code, len)| (line.as_str(), *code, *len)).collect();
    let want = [
        ("GET / HTTP/1.1", 200, 4),
        ("HEAD / HTTP/1.1", 200, 0),
        ("GET /pieces HTTP/1.1", 200, 13),
        // The text of a refusal is what follows its head.
        ("GET /none HTTP/1.1", 400, lengths[1]),
        ("GET /panic HTTP/1.1", 500, lengths[2]),
        ("GET / HTTP/1.1", 200, 4),
        // What was refused before it could be read has no name.
        ("", 400, lengths[3]),
        // The rest of these two never came.
        ("GET /short HTTP/1.1", 200, 7),
        ("GET /slowly HTTP/1.1", 200, 1),
    ];
    assert_eq!(told, want);
}
