//! `/events`: whoever listens, on whichever loop, hears of each change once and in order; who is
//! too slow is closed, and told when he comes back.

use super::asker::head;
use super::common::PATIENCE;
use super::{Asker, Server};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Duration;

/// Less than a heartbeat: what only comes with that has woken nobody.
const SOON: Duration = Duration::from_secs(10);

/// A client that listens.
struct Listener {
    stream: BufReader<TcpStream>,
    text: String,
}

impl Listener {
    fn new(server: &Server, last: &str) -> Self {
        let fields = [("Last-Event-ID", last)];
        let fields = &fields[..usize::from(!last.is_empty())];
        let mut asker = Asker::new(server.port, SOON);
        let mut stream = asker.send("GET", "/events", fields, "").expect("a connection");
        let answer = head(&mut stream).expect("an answer");
        assert_eq!((answer.status, answer.field("Content-Type")), (200, "text/event-stream"));
        // No proxy is to hold events back, or keep them.
        let fields = [answer.field("Cache-Control"), answer.field("X-Accel-Buffering")];
        assert_eq!(fields, ["no-store", "no"]);
        let mut listener = Self { stream, text: String::new() };
        if last.is_empty() {
            let first = listener.event().expect("where it stands");
            assert!(first.starts_with("id: "), "{first}");
        }
        listener
    }

    /// The next event; `None` at the end of the stream.
    fn event(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                return Some(event);
            }
            let mut size = String::new();
            self.stream.read_line(&mut size).expect("a chunk");
            let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).expect("a chunk");
            if size == 0 {
                return None;
            }
            self.text += std::str::from_utf8(&chunk[..size]).expect("text");
        }
    }
}

fn line<'a>(event: &'a str, name: &str) -> &'a str {
    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default()
}

fn change(asker: &mut Asker, method: &str, target: &str, body: &str) -> String {
    let fields = [("Content-Type", "application/json")];
    let answer = asker.ask(method, target, &fields, body).expect("an answer");
    assert!((200..300).contains(&answer.status), "{answer:?}");
    answer.field("ETag").trim_matches('"').to_owned()
}

#[test]
fn all_listeners_of_all_loops_hear_each_change_in_order() {
    let server = Server::start(&["--loops", "2"]);
    let mut listeners: Vec<_> = (0..16).map(|_| Listener::new(&server, "")).collect();
    let mut asker = server.asker();
    let mut ids = vec![change(&mut asker, "POST", "/items", "{\"n\": 1}")];
    for n in 0..50 {
        // From a connection of its own each, and so from both loops.
        ids.push(change(&mut server.asker(), "PUT", "/items/1", &n.to_string()));
    }
    change(&mut asker, "DELETE", "/items/1", "");
    for listener in &mut listeners {
        let first = listener.event().expect("an event");
        let want = format!("event: put\nid: {}\ndata: {{\"id\":1,\"item\":{{\"n\": 1}}}}", ids[0]);
        assert_eq!(first, want);
        for (n, id) in ids[1..].iter().enumerate() {
            let event = listener.event().expect("an event");
            let want = format!("event: put\nid: {id}\ndata: {{\"id\":1,\"item\":{n}}}");
            assert_eq!(event, want);
        }
        let last = listener.event().expect("an event");
        assert!(last.starts_with("event: delete\nid: ") && last.ends_with("{\"id\":1}"), "{last}");
    }
    // A signal ends the streams, and with them the server.
    server.process.interrupt().expect("a signal");
    assert_eq!(server.process.finish(PATIENCE).expect("it ends").status.code(), Some(0));
}

#[test]
fn who_comes_back_goes_on_where_he_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("items.redb");
    let data = ["--data", &data.to_string_lossy()];
    let server = Server::start(&data);
    let mut asker = server.asker();
    let first = change(&mut asker, "POST", "/items", "1");
    let second = change(&mut asker, "POST", "/items", "2");
    let mut listener = Listener::new(&server, &first);
    assert_eq!(listener.event().expect("an event"), format!("id: {first}"));
    assert_eq!(line(&listener.event().expect("an event"), "id: "), second);
    drop(server);
    // What another server has told is not kept here, even if it had the same items.
    let server = Server::start(&data);
    let mut listener = Listener::new(&server, &second);
    let gap = listener.event().expect("an event");
    assert_eq!(line(&gap, "event: "), "gap", "{gap}");
    let third = change(&mut server.asker(), "PUT", "/items/1", "3");
    assert_eq!(line(&listener.event().expect("an event"), "id: "), third);
}

/// A client that reads nothing while far more happens than the ring and the kernel hold.
#[test]
fn who_is_too_slow_is_closed_and_costs_nobody() {
    let server = Server::start(&[]);
    let mut slow = Listener::new(&server, "");
    let mut quick = Listener::new(&server, "");
    let long = format!("\"{}\"", "x".repeat(60_000));
    let mut asker = server.asker();
    let mut last = String::new();
    for _ in 0..300 {
        last = change(&mut asker, "PUT", "/items/1", &long);
        assert_eq!(line(&quick.event().expect("an event"), "id: "), last);
    }
    let mut seen = String::new();
    while let Some(event) = slow.event() {
        line(&event, "id: ").clone_into(&mut seen);
    }
    assert!(!seen.is_empty() && seen != last, "it was closed behind {seen}, of {last}");
    let gap = Listener::new(&server, &seen).event().expect("an event");
    assert_eq!((line(&gap, "event: "), line(&gap, "id: ")), ("gap", &*last));
}

#[test]
fn no_more_listen_than_may() {
    let server = Server::start(&[]);
    let listeners: Vec<_> = (0..500).map(|_| Listener::new(&server, "")).collect();
    let refused = server.asker().ask("GET", "/events", &[], "").expect("an answer");
    assert_eq!(refused.status, 503);
    let sum = server.asker().ask("GET", "/add?a=1&b=1", &[], "").expect("an answer");
    assert_eq!(sum.status, 200);
    drop(listeners);
}
