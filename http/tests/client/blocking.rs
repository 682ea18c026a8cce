//! The blocking client over real sockets: against our own server, and against scripted peers.

use crate::peer::peer;
use bytes::Bytes;
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_http::client::{Client, Content, Error, Options, Outgoing, Url};
use wirelab_http::{Method, Next, Router, Server, Settings, Source, Status};
use wirelab_reactor::{Now, Settings as LoopSettings, many};

const HEAD: &str = "\r\n\r\n";

fn url(addr: SocketAddr, target: &str) -> Url {
    Url::parse(&format!("http://{addr}{target}")).expect("a URL")
}

fn get(addr: SocketAddr, target: &str) -> Outgoing {
    Outgoing::new(Method::Get, url(addr, target))
}

fn client(options: Options) -> Client {
    Client::new(options).expect("a client")
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Octets without end, or so many.
#[derive(Debug)]
struct Letters(usize);

impl Source for Letters {
    fn next(&mut self, _: Now) -> Next {
        let len = self.0.min(30_000);
        self.0 -= len;
        if len == 0 { Next::End } else { Next::Piece(Bytes::from(vec![b'z'; len])) }
    }
}

/// A server of our own, until the test's process ends.
fn server() -> SocketAddr {
    let make = |_| {
        let mut router = Router::new();
        router.get("/peer", |request, answer| {
            let peer = request.peer().map(|peer| peer.to_string()).unwrap_or_default();
            answer.ok().body(peer.as_bytes())
        });
        router.post("/len", |request, answer| {
            answer.text(Status::OK, &request.body().len().to_string())
        });
        router.put("/echo", |request, answer| answer.ok().body(request.body()));
        router.get("/letters", |_, answer| answer.ok().stream(Letters(3 << 20)));
        router.get("/to/{code}", |request, answer| {
            let code = request.param("code").and_then(|code| code.parse().ok());
            let status = code.and_then(Status::new).unwrap_or(Status::FOUND);
            answer.status(status).field("Location", "../peer#there").body(b"elsewhere")
        });
        router.post("/to/{code}", |request, answer| {
            let code = request.param("code").and_then(|code| code.parse().ok());
            let status = code.and_then(Status::new).unwrap_or(Status::FOUND);
            answer.status(status).field("Location", "/len").body(b"")
        });
        router.get("/circle", |_, answer| {
            answer.status(Status::FOUND).field("Location", "/circle").body(b"")
        });
        Server::new(router, Settings::default())
    };
    let any = "127.0.0.1:0".parse().expect("an address");
    many::start(any, 1, &LoopSettings::default(), make).expect("a server").addr()
}

#[test]
fn connections_are_used_again() {
    let addr = server();
    let mut client = client(Options::default());
    let ask = |client: &mut Client| {
        let mut response = client.send(get(addr, "/peer")).expect("a response");
        assert_eq!(response.status(), Status::OK);
        response.bytes().expect("content")
    };
    let first = ask(&mut client);
    // [9112-9.3-01] [9112-9.3-06]
    assert_eq!(ask(&mut client), first);
    // A response that is not read to its end costs its connection.
    drop(client.send(get(addr, "/letters")).expect("a response"));
    assert_ne!(ask(&mut client), first);
    let last = Outgoing { close: true, ..get(addr, "/peer") };
    // [9112-9.6-02] [9112-9.6-03]
    let third = client.send(last).expect("a response").bytes().expect("content");
    assert_ne!(ask(&mut client), third);
}

#[test]
fn content_goes_both_ways() {
    let addr = server();
    let mut client = client(Options::default());
    let mut response = client.send(get(addr, "/letters")).expect("a response");
    let mut len = 0;
    while let Some(piece) = response.piece().expect("a piece") {
        assert!(piece.iter().all(|octet| *octet == b'z'));
        len += piece.len();
    }
    assert_eq!(len, 3 << 20);
    drop(response);
    for (content, expects_continue) in [
        (Content::Whole(Bytes::from(vec![b'z'; 2 << 20])), false),
        (Content::Whole(Bytes::from(vec![b'z'; 2 << 20])), true),
        (Content::Pieces { len: None, source: Box::new(Letters(2 << 20)) }, false),
        (Content::Pieces { len: Some(2 << 20), source: Box::new(Letters(2 << 20)) }, true),
        // More than was announced is not sent.
        (Content::Pieces { len: Some(2 << 20), source: Box::new(Letters(3 << 20)) }, false),
    ] {
        let post = Outgoing::new(Method::Post, url(addr, "/len"));
        let post = Outgoing { content, expects_continue, ..post };
        let mut response = client.send(post).expect("a response");
        assert_eq!(response.bytes().expect("content"), (2 << 20).to_string());
    }
    let content = Content::Pieces { len: Some(9), source: Box::new(Letters(8)) };
    let post = Outgoing { content, ..Outgoing::new(Method::Post, url(addr, "/len")) };
    assert!(matches!(client.send(post), Err(Error::Content)));
}

#[test]
fn redirects_are_followed_where_that_was_asked() {
    let addr = server();
    let mut client = client(Options { redirects: 5, ..Options::default() });
    for code in [301, 302, 303, 307, 308] {
        let mut response = client.send(get(addr, &format!("/to/{code}"))).expect("a response");
        assert_eq!(response.status(), Status::OK);
        // [9110-15.4-01] [9110-10.2.2-01] [9110-10.2.2-02]
        assert_eq!(response.url().to_string(), format!("http://{addr}/peer#there"));
        assert!(response.bytes().expect("content").starts_with(b"127.0.0.1:"));
        drop(response);
        // [9110-15.4.8-01] The method and the content stay, or POST becomes GET.
        let post = Outgoing::new(Method::Post, url(addr, &format!("/to/{code}"))).body("hello");
        let mut response = client.send(post).expect("a response");
        if code > 303 {
            assert_eq!(response.bytes().expect("content"), "5");
        } else {
            assert_eq!(response.status(), Status::METHOD_NOT_ALLOWED, "GET /len");
        }
    }
    // [9110-15.4-02]
    assert!(matches!(client.send(get(addr, "/circle")), Err(Error::Redirects(1))));
    let mut plain = self::client(Options::default());
    assert_eq!(plain.send(get(addr, "/to/302")).expect("a response").status(), Status::FOUND);
}

#[test]
fn a_redirect_in_an_older_encoding_is_followed() {
    let to = b"HTTP/1.1 302 x\r\nLocation: /h\xe4?\xf6=%20\r\nContent-Length: 0\r\n\r\n".to_vec();
    let (addr, heard) = peer(vec![vec![(HEAD, to), (HEAD, ok("there"))]]);
    let mut client = client(Options { redirects: 5, ..Options::default() });
    let mut response = client.send(get(addr, "/")).expect("a response");
    assert_eq!(response.bytes().expect("content"), "there");
    assert_eq!(response.url().target(), "/h%E4?%F6=%20");
    drop(response);
    drop(client);
    let heard = heard.recv_timeout(Duration::from_secs(10)).expect("requests");
    assert!(heard.contains("GET /h%E4?%F6=%20 HTTP/1.1\r\n"), "{heard}");
}

/// Nobody must take our own refusal for a status that the server has sent.
#[test]
fn a_response_that_is_not_taken_has_no_status() {
    for octets in [
        "HTTP/2.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(20_000)),
    ] {
        let (addr, _) = peer(vec![vec![(HEAD, octets.into_bytes())]]);
        let error = client(Options::default()).send(get(addr, "/")).expect_err("not taken");
        let said = error.to_string();
        assert!(said.starts_with("the response is not taken: "), "{said}");
    }
}

#[test]
fn a_redirect_to_what_is_not_http_says_where_it_led() {
    for to in ["https://a/b", "http://u:p@a/", "mailto:a@b"] {
        let answer = format!("HTTP/1.1 302 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        let (addr, _) = peer(vec![vec![(HEAD, answer.into_bytes())]]);
        let mut client = client(Options { redirects: 5, ..Options::default() });
        let error = client.send(get(addr, "/")).expect_err("not to be followed");
        assert!(matches!(&error, Error::Location(seen, _) if seen == to), "{error:?}");
        assert!(error.to_string().contains(&format!("redirected to `{to}`")), "{error}");
    }
}

#[test]
fn a_redirect_is_followed_though_its_content_has_no_end() {
    let long = "x".repeat(300_000);
    for (fields, content) in [
        ("", "moved"),
        ("Content-Length: 9000000000\r\n", &*long),
        ("Transfer-Encoding: chunked\r\n", &*format!("fffff\r\n{long}")),
    ] {
        let to = format!("HTTP/1.1 302 x\r\nLocation: /there\r\n{fields}\r\n{content}");
        // The second connection is taken when the first is over.
        let first = vec![(HEAD, to.into_bytes()), ("never", Vec::new())];
        let (addr, _) = peer(vec![first, vec![(HEAD, ok("there"))]]);
        let silence_timeout = Duration::from_secs(5);
        let mut client = client(Options { redirects: 5, silence_timeout, ..Options::default() });
        let mut response = client.send(get(addr, "/")).expect("a response");
        assert_eq!(response.bytes().expect("content"), "there", "{fields}");
    }
}

#[test]
fn a_redirect_that_is_not_followed_costs_its_connection() {
    let circle = b"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 9\r\n\r\n".to_vec();
    // The second connection is taken when the first is over, although nine octets never came.
    let scripts = vec![vec![(HEAD, circle), ("never", Vec::new())], vec![(HEAD, ok("there"))]];
    let (addr, _) = peer(scripts);
    let silence_timeout = Duration::from_secs(5);
    let mut client = client(Options { redirects: 5, silence_timeout, ..Options::default() });
    assert!(matches!(client.send(get(addr, "/")), Err(Error::Redirects(1))));
    let mut response = client.send(get(addr, "/other")).expect("a response");
    assert_eq!(response.bytes().expect("content"), "there");
}

#[test]
fn a_password_is_not_taken_along_to_another_host() {
    // [9110-15.4-01]
    let (other, heard) = peer(vec![vec![(HEAD, ok("there"))]]);
    let to = format!("HTTP/1.1 302 x\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n");
    let (addr, _) = peer(vec![vec![(HEAD, to.into_bytes())]]);
    let mut client = client(Options { redirects: 5, ..Options::default() });
    let request = get(addr, "/").field("Authorization", "Basic x").field("X-Kept", "1");
    let mut response = client.send(request).expect("a response");
    assert_eq!(response.bytes().expect("content"), "there");
    drop(response);
    drop(client);
    let heard = heard.recv_timeout(Duration::from_secs(10)).expect("a request");
    assert!(!heard.contains("Authorization") && heard.contains("X-Kept: 1\r\n"), "{heard}");
}

#[test]
fn what_a_request_looks_like() {
    let (addr, heard) = peer(vec![vec![(HEAD, ok("")), (HEAD, ok("")), (HEAD, ok(""))]]);
    let mut client = client(Options::default());
    let mut send = |request| drop(client.send(request).expect("a response").bytes());
    send(get(addr, "/a?b=c").field("X", "y"));
    send(Outgoing::new(Method::Post, url(addr, "")).body("hi"));
    send(Outgoing { close: true, ..Outgoing::new(Method::Options, url(addr, "/*")) });
    drop(client);
    let heard = heard.recv_timeout(Duration::from_secs(10)).expect("requests");
    let agent = concat!("User-Agent: wirelab/", env!("CARGO_PKG_VERSION"), "\r\nAccept: */*\r\n");
    // [9112-3.2-03] [9112-3.2-04] [9112-3.2.1-01] [9112-3.2.1-02] [9110-7.2-02] [9110-10.1.5-01]
    // [9112-6.3-15] [9112-6.3-16] [9110-8.6-01] [9110-8.6-02] [9112-3.2.4-01] [9112-2.2-05]
    // [9112-9.6-01] [9110-6.2-01] [9112-7.4-01] [9110-7.2-01] [9112-2.2-08]
    let expected = format!(
        "GET /a?b=c HTTP/1.1\r\nHost: {addr}\r\n{agent}X: y\r\n\r\n\
         POST / HTTP/1.1\r\nHost: {addr}\r\n{agent}Content-Length: 2\r\n\r\nhi\
         OPTIONS * HTTP/1.1\r\nHost: {addr}\r\n{agent}Connection: close\r\n\r\n"
    );
    assert_eq!(heard, expected);
}

#[test]
fn what_cannot_be_said_is_not_sent() {
    let addr = "127.0.0.1:1".parse().expect("an address");
    let mut client = client(Options::default());
    for (name, value) in [
        ("X", "a\r\nY: b"),
        ("X", " a"),
        ("X:", "a"),
        ("", "a"),
        ("Content-Length", "5"),
        ("connection", "close"),
        ("TE", "chunked"),
    ] {
        let sent = client.send(get(addr, "/").field(name, value)).map(|_| ());
        assert!(matches!(sent, Err(Error::Http(_))), "{name}: {value}");
    }
    let sent = client.send(get(addr, "/")).map(|_| ());
    assert!(matches!(sent, Err(Error::Connect(_))), "{sent:?}");
}

#[test]
fn a_connection_that_was_closed_under_a_request_is_made_again() {
    // [9112-9.3.1-01] [9112-9.5-02] [9110-9.2.2-01] The second request finds the connection closed.
    let once = vec![(HEAD, ok("one")), (HEAD, Vec::new())];
    let (addr, _) = peer(vec![once.clone(), vec![(HEAD, ok("two"))]]);
    let mut client = client(Options::default());
    for expected in ["one", "two"] {
        let mut response = client.send(get(addr, "/")).expect("a response");
        assert_eq!(response.bytes().expect("content"), expected);
    }
    // A POST is not sent twice: nobody knows whether it was done.
    let (addr, _) = peer(vec![once, vec![(HEAD, ok("two"))]]);
    drop(client.send(get(addr, "/")).expect("a response").bytes());
    let post = Outgoing::new(Method::Post, url(addr, "/")).body("x");
    assert!(matches!(client.send(post), Err(Error::Empty | Error::Broken(_))));
}

#[test]
fn what_is_cut_short_is_an_error_however_much_has_come() {
    // [9112-8-01] [9112-8-03] [9112-6.3-09] [9112-6.3-10]
    for octets in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx",
    ] {
        let (addr, _) = peer(vec![vec![(HEAD, octets.as_bytes().to_vec())]]);
        let mut client = client(Options::default());
        let mut response = client.send(get(addr, "/")).expect("a head");
        assert!(matches!(response.bytes(), Err(Error::Http(_) | Error::Broken(_))), "{octets}");
    }
    for (octets, empty) in [("", true), ("HTTP/1.1 200", false), ("nonsense\r\n\r\n", false)] {
        let (addr, _) = peer(vec![vec![(HEAD, octets.as_bytes().to_vec())]]);
        let mut client = client(Options::default());
        let sent = client.send(get(addr, "/")).map(|_| ());
        assert_eq!(matches!(sent, Err(Error::Empty)), empty, "{octets}: {sent:?}");
        assert!(matches!(sent, Err(Error::Empty | Error::Http(_))), "{octets}: {sent:?}");
    }
}

#[test]
fn a_server_that_is_silent_is_not_waited_for_for_ever() {
    let never = || vec![(HEAD, Vec::new()), ("never", Vec::new())];
    let (addr, _) = peer(vec![never(), never()]);
    for options in [
        Options { deadline: Some(Duration::from_millis(50)), ..Options::default() },
        Options { silence_timeout: Duration::from_millis(50), ..Options::default() },
    ] {
        let mut client = client(options);
        assert!(matches!(client.send(get(addr, "/")), Err(Error::TimedOut)));
    }
}
