//! Answers that come before the request is complete, or that ask for it in another way.

use crate::peer::peer;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;
use wirelab_http::client::{Client, Content, Error, Options, Outgoing, Url};
use wirelab_http::{Method, Next, Source, Status};
use wirelab_reactor::Now;

const HEAD: &str = "\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(10);

fn post(addr: SocketAddr) -> Outgoing {
    let url = Url::parse(&format!("http://{addr}/")).expect("a URL");
    Outgoing::new(Method::Post, url)
}

fn client() -> Client {
    Client::new(Options::default()).expect("a client")
}

/// Octets without end.
#[derive(Debug)]
struct Endless;

impl Source for Endless {
    fn next(&mut self, _: Now) -> Next {
        Next::Piece(Bytes::from(vec![b'z'; 30_000]))
    }
}

/// Gives its only piece when it is told to.
#[derive(Debug)]
struct Held {
    word: Receiver<()>,
    given: bool,
}

impl Source for Held {
    fn next(&mut self, now: Now) -> Next {
        if self.given {
            return Next::End;
        }
        if self.word.try_recv().is_err() {
            return Next::Wait(Some(now + Duration::from_millis(1)));
        }
        self.given = true;
        Next::Piece(Bytes::from_static(b"late"))
    }
}

#[test]
fn a_refusal_is_heard_while_the_content_is_being_sent() {
    // [9112-9.5-04] [9112-9.5-05] Without that, an upload without end would not end.
    let refusal = b"HTTP/1.1 413 x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    for _ in 0..20 {
        let (addr, heard) = peer(vec![vec![(HEAD, refusal.to_vec())]]);
        let mut client = client();
        let content = Content::Pieces { len: None, source: Box::new(Endless) };
        let mut response = client.send(Outgoing { content, ..post(addr) }).expect("a response");
        assert_eq!(response.status(), Status::CONTENT_TOO_LARGE);
        assert_eq!(response.bytes().expect("content"), "no");
        heard.recv_timeout(PATIENCE).expect("the peer is done");
    }
}

#[test]
fn what_was_begun_is_sent_to_a_server_that_answers_early_and_stays() {
    // [9110-7.5-01]
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (go, word) = mpsc::channel();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head = read_until(&mut stream, HEAD);
        stream.write_all(b"HTTP/1.1 202 x\r\nContent-Length: 6\r\n\r\nea").expect("it is sent");
        go.send(()).expect("the source is there");
        let rest = read_until(&mut stream, "0\r\n\r\n");
        stream.write_all(b"rly!").expect("it is sent");
        head + &rest
    });
    let mut client = client();
    let content = Content::Pieces { len: None, source: Box::new(Held { word, given: false }) };
    let mut response = client.send(Outgoing { content, ..post(addr) }).expect("a response");
    assert_eq!(response.bytes().expect("content"), "early!");
    let heard = server.join().expect("no panic");
    assert!(heard.ends_with("\r\n\r\n4\r\nlate\r\n0\r\n\r\n"), "{heard:?}");
}

fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut all = String::new();
    while !all.ends_with(wanted) {
        let mut buffer = [0; 1024];
        let n = stream.read(&mut buffer).expect("octets");
        assert!(n > 0, "the end, after {all:?}");
        all.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    all
}

#[test]
fn an_expectation_that_is_not_met_is_left_out_the_second_time() {
    // [9110-10.1.1-08]
    let unmet = b"HTTP/1.1 417 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let fine = b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n".to_vec();
    let (addr, heard) = peer(vec![vec![(HEAD, unmet.clone())], vec![("hello", fine)]]);
    let request = || Outgoing { expects_continue: true, ..post(addr).body("hello") };
    assert_eq!(client().send(request()).expect("a response").status(), Status::OK);
    let first = heard.recv_timeout(PATIENCE).expect("a request");
    assert!(first.contains("\r\nExpect: 100-continue\r\n") && !first.contains("hello"), "{first}");
    let second = heard.recv_timeout(PATIENCE).expect("a request");
    assert!(!second.contains("Expect") && second.ends_with("\r\n\r\nhello"), "{second}");
    // Whoever refuses what was not expected of him is not asked a third time.
    let (addr, _) = peer(vec![vec![(HEAD, unmet.clone())], vec![("hello", unmet)]]);
    let request = Outgoing { expects_continue: true, ..post(addr).body("hello") };
    assert_eq!(client().send(request).expect("a response").status().code(), 417);
}

#[test]
fn a_repetition_that_fails_is_not_repeated() {
    // [9110-9.2.2-02] The first connection is stale, the second one, too; there is a third.
    let ok = b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n".to_vec();
    let closes = vec![(HEAD, Vec::new())];
    let stale = vec![(HEAD, ok.clone()), (HEAD, Vec::new())];
    let (addr, _heard) = peer(vec![stale, closes, vec![(HEAD, ok)]]);
    let mut client = client();
    let get = || Outgoing { method: Method::Get, ..post(addr) };
    client.send(get()).expect("a response").bytes().expect("content");
    let second = client.send(get()).map(|response| response.status());
    assert!(matches!(second, Err(Error::Empty | Error::Broken(_))), "{second:?}");
    assert_eq!(client.send(get()).expect("a response").status(), Status::OK);
}
