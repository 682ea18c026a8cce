//! PUSH and PULL.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wirelab_zmtp::engine::LookUp;
use wirelab_zmtp::sockets::{Pattern, Pull, Push};
use wirelab_zmtp::{Message, Options};

use crate::stage::{Split, Stage, play, theirs};

fn send(stage: &mut Stage<Push>, text: &'static str) -> bool {
    stage.user(|push, pipes, io| push.send(pipes, io, &text.into()))
}

fn marks(mark: usize) -> Options {
    let (send_high_water_mark, receive_high_water_mark) = (mark, mark);
    Options { send_high_water_mark, receive_high_water_mark, ..Options::default() }
}

/// [PUSH-out-02] [PUSH-gen-01] Each in turn, whoever came to whom [ZMTP-3.0-sock-01].
#[test]
fn push_goes_round() {
    play::<Push>(&Options::default(), |stage| {
        stage.listens("c");
        stage.connects();
        stage.greets("c", 1, "PULL");
        stage.enters("a", "PULL");
        stage.enters("b", "PULL");
        for text in ["1", "2", "3", "4", "5", "6"] {
            assert!(send(stage, text));
        }
        stage.gets("c", "00 01 '1' 00 01 '4'");
        stage.gets("a", "00 01 '2' 00 01 '5'");
        stage.gets("b", "00 01 '3' 00 01 '6'");
        // [PUSH-gen-05] One that leaves has no turn any more.
        stage.leaves("a");
        stage.is_closed("a");
        for text in ["7", "8", "9"] {
            assert!(send(stage, text));
        }
        stage.gets("c", "00 01 '7' 00 01 '9'");
        stage.gets("b", "00 01 '8'");
    });
}

/// [PUSH-out-01] [PUSH-out-03] [PUSH-out-04] [PUSH-out-05] [PUSH-gen-06]
#[test]
fn push_takes_no_more_than_it_has_room_for() {
    let mut stage = Stage::<Push>::new(marks(3), Split::Whole);
    assert!(!send(&mut stage, "nobody"), "there is no peer");
    assert!(!stage.node.service.pattern.is_writable(stage.node.service.pipes()));
    stage.connects();
    for text in ["1", "2", "3"] {
        assert!(send(&mut stage, text), "the queue is there before the connection");
    }
    assert!(!send(&mut stage, "4"), "it is full");
    assert!(!stage.node.service.pattern.is_writable(stage.node.service.pipes()));
    stage.listens("a");
    stage.run(Duration::from_secs(5));
    stage.greets("a", 1, "PULL");
    stage.gets("a", "00 01 '1' 00 01 '2' 00 01 '3'");
    assert!(send(&mut stage, "5"), "there is room again");
    stage.gets("a", "00 01 '5'");
}

/// A peer that does not read gets no more, the others all, and nothing is lost.
#[test]
fn push_goes_past_a_peer_that_is_full() {
    let mut stage = Stage::<Push>::new(marks(10), Split::Whole);
    stage.enters("slow", "PULL");
    stage.enters("fast", "PULL");
    stage.stops_reading("slow");
    let body = vec![b'x'; 10_000];
    let (mut sent, mut fast) = (0, 0);
    for _ in 0..1000 {
        let message = Message::new(body.clone());
        sent += usize::from(stage.user(|push, pipes, io| push.send(pipes, io, &message)));
        fast += stage.heard("fast").len();
    }
    assert_eq!(sent, 1000, "there was always somebody with room");
    stage.reads_again("slow");
    stage.run(Duration::from_secs(5));
    let slow = stage.heard("slow").len();
    fast += stage.heard("fast").len();
    assert_eq!(slow + fast, 1000 * 10_009);
    assert!(slow < fast / 2, "{slow} {fast}");
}

/// [PUSH-gen-01] [PUSH-gen-02] A PUSH only sends: what comes is dropped, and costs nobody anything.
#[test]
fn push_does_not_receive() {
    let mut stage = Stage::<Push>::new(Options::default(), Split::Whole);
    stage.enters("a", "PULL");
    stage.sends("a", "00 05 'Hello' 00 01 'x'");
    stage.is_open("a");
}

/// [PUSH-gen-04] What waits for a peer that we connect to waits also while it is away.
#[test]
fn what_waits_outlives_the_connection() {
    let mut stage = Stage::<Push>::new(Options::default(), Split::Whole);
    stage.listens("a");
    stage.connects();
    stage.greets("a", 1, "PULL");
    stage.dies("a");
    stage.run(Duration::from_secs(1));
    for text in ["1", "2", "3"] {
        assert!(send(&mut stage, text));
    }
    stage.listens("a");
    stage.run(Duration::from_secs(5));
    stage.greets("a", 1, "PULL");
    stage.gets("a", "00 01 '1' 00 01 '2' 00 01 '3'");
}

/// Where a name leads, and how many times it was looked up.
#[derive(Clone, Debug, Default)]
struct Book(Arc<Mutex<(Vec<SocketAddr>, usize)>>);

impl LookUp for Book {
    fn begin(&mut self) {
        self.0.lock().unwrap().1 += 1;
    }

    fn found(&mut self) -> Option<Vec<SocketAddr>> {
        Some(self.0.lock().unwrap().0.clone())
    }
}

/// [ZMTP-3.0-sock-02] [ZMTP-3.0-sock-03] [PUSH-gen-04] A name may be known later than it is
/// connected to, and lead elsewhere when its host comes back.
#[test]
fn a_name_is_looked_up_before_each_attempt() {
    let mut stage = Stage::<Push>::new(Options::default(), Split::Whole);
    let book = Book::default();
    let io = stage.node.event_loop.io();
    let dial = stage.node.service.connect_by_name(io, Vec::new(), Box::new(book.clone()));
    assert!(send(&mut stage, "1"), "the queue is there before the address");
    stage.run(Duration::from_secs(5));
    let looks = book.0.lock().unwrap().1;
    assert!((3..20).contains(&looks), "{looks}: again and again, and ever less often");
    assert!(stage.events().is_empty(), "nobody was tried");
    // First it leads to where nobody is.
    book.0.lock().unwrap().0 = vec!["10.0.0.9:1".parse().unwrap()];
    stage.listens("a");
    stage.run(Duration::from_secs(5));
    assert!(stage.peer("a").service.conn.is_none());
    book.0.lock().unwrap().0 = vec![theirs()];
    stage.run(Duration::from_secs(30));
    stage.greets("a", 1, "PULL");
    stage.gets("a", "00 01 '1'");
    let io = stage.node.event_loop.io();
    stage.node.service.disconnect(io, dial);
    stage.is_closed("a");
    let looks = book.0.lock().unwrap().1;
    stage.run(Duration::from_secs(5));
    assert_eq!(book.0.lock().unwrap().1, looks, "who is not wanted is not looked up");
}

/// [PULL-in-01] [PULL-in-02] [PULL-gen-01] [PULL-gen-02] One of each in turn.
#[test]
fn pull_is_fair() {
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    for who in ["a", "b", "c"] {
        stage.enters(who, "PUSH");
    }
    stage.sends("a", &"00 01 'a'".repeat(6));
    stage.sends("b", &"00 01 'b'".repeat(3));
    stage.sends("c", "00 01 'c'");
    let mut order = String::new();
    while let Some(message) = stage.user(Pull::recv) {
        order += std::str::from_utf8(message.first()).unwrap();
    }
    assert_eq!(order, "abcababaaa");
    let mut all = std::collections::VecDeque::new();
    stage.sends("a", "00 01 '1' 00 01 '3'");
    stage.sends("b", "00 01 '2'");
    stage.user(|pull, pipes, io| pull.recv_all(pipes, io, &mut all));
    assert_eq!(all, ["1", "2", "3"].map(Message::from));
}

/// [PULL-gen-06] Whom nobody receives from is not read from; and nothing of it is lost.
#[test]
fn pull_holds_back_who_sends_more_than_is_taken() {
    play::<Pull>(&marks(3), |stage| {
        stage.enters("a", "PUSH");
        stage.sends("a", &"00 01 'x'".repeat(50));
        // So many wait, and not one more: also of those that came in one read.
        let mut waited = std::collections::VecDeque::new();
        stage.user(|pull, pipes, io| pull.recv_all(pipes, io, &mut waited));
        assert_eq!(waited.len(), 3);
        stage.enters("b", "PUSH");
        stage.sends("b", "00 01 'y'");
        let mut got = Vec::new();
        while let Some(message) = stage.user(Pull::recv) {
            got.push(message.first()[0]);
        }
        assert_eq!(got.len(), 51 - 3);
        assert!(got[..2].contains(&b'y'), "the other one was not held back");
    });
}

/// [PULL-gen-05] What came before a peer left is received; its place is free after that.
#[test]
fn what_came_outlives_the_connection() {
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    for _ in 0..5 {
        stage.enters("a", "PUSH");
        stage.sends("a", "00 01 '1' 00 01 '2'");
        stage.leaves("a");
        stage.is_closed("a");
    }
    for _ in 0..10 {
        assert!(stage.user(Pull::recv).is_some());
    }
    assert_eq!(stage.user(Pull::recv), None);
}
