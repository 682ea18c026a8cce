//! REQ and REP.

use std::time::Duration;
use wirelab_zmtp::sockets::{Answer, Pattern, Rep, Req};
use wirelab_zmtp::{Message, Options};

use crate::stage::{Split, Stage, play};

fn request(stage: &mut Stage<Req>, text: &'static str) -> bool {
    stage.user(|req, pipes, io| req.request(pipes, io, &text.into()))
}

fn answer(stage: &mut Stage<Req>) -> Option<Answer> {
    stage.user(|req, _, _| req.answer())
}

fn reply(stage: &mut Stage<Rep>, text: &'static str) -> bool {
    stage.user(|rep, pipes, io| rep.reply(pipes, io, text.into()))
}

/// [REQ-fmt-01] [REQ-out-01] [REQ-gen-02] [REQ-in-01]
#[test]
fn req_asks_and_is_answered() {
    play::<Req>(&Options::default(), |stage| {
        stage.enters("a", "REP");
        assert!(request(stage, "Hello"));
        stage.gets("a", "01 00 00 05 'Hello'");
        assert!(!request(stage, "again"), "one at a time");
        assert_eq!(answer(stage), None);
        stage.sends("a", "01 00 00 05 'World'");
        assert!(stage.node.service.pattern.is_readable());
        assert_eq!(answer(stage), Some(Answer::Reply("World".into())));
        assert!(request(stage, "Hello"));
        stage.gets("a", "01 00 00 05 'Hello'");
        stage.sends("a", "01 00 01 01 'a' 00 00");
        assert_eq!(answer(stage), Some(Answer::Reply(Message::from("a").and(""))));
    });
}

/// [REQ-out-02] [REQ-gen-01]
#[test]
fn req_goes_round() {
    let mut stage = Stage::<Req>::new(Options::default(), Split::Whole);
    let names = ["a", "b", "c"];
    for who in names {
        stage.enters(who, "REP");
    }
    for who in names.iter().chain(&names) {
        assert!(request(&mut stage, "?"));
        stage.gets(who, "01 00 00 01 '?'");
        stage.sends(who, "01 00 00 01 '!'");
        assert_eq!(answer(&mut stage), Some(Answer::Reply("!".into())));
    }
}

/// [REQ-in-02] From others than who was asked, before one has asked, or without a delimiter: it is
/// as if nothing had come.
#[test]
fn req_hears_only_whom_it_asked() {
    play::<Req>(&Options::default(), |stage| {
        stage.enters("a", "REP");
        stage.enters("b", "ROUTER");
        stage.sends("a", "01 00 00 05 'early'");
        assert!(request(stage, "?"));
        stage.sends("b", "01 00 00 05 'wrong'");
        stage.sends("a", "00 02 'no' 00 00 01 01 'x' 00 01 'y'");
        assert_eq!(answer(stage), None);
        stage.sends("a", "01 00 00 05 'right' 01 00 00 04 'late'");
        assert_eq!(answer(stage), Some(Answer::Reply("right".into())));
        assert!(request(stage, "?"));
        assert_eq!(answer(stage), None, "b is asked now");
        stage.is_open("a");
    });
}

/// [REQ-out-03] [REQ-out-04]
#[test]
fn req_waits_for_somebody_to_ask() {
    let mut stage = Stage::<Req>::new(Options::default(), Split::Whole);
    stage.connects();
    assert!(!request(&mut stage, "?"), "nobody is there");
    assert!(!stage.node.service.pattern.is_writable(stage.node.service.pipes()));
    stage.listens("a");
    stage.run(Duration::from_secs(5));
    stage.greets("a", 1, "REP");
    assert!(stage.node.service.pattern.is_writable(stage.node.service.pipes()));
    assert!(request(&mut stage, "?"));
    stage.gets("a", "01 00 00 01 '?'");
}

#[test]
fn req_is_told_when_its_peer_is_gone() {
    let mut stage = Stage::<Req>::new(Options::default(), Split::Whole);
    stage.enters("a", "REP");
    stage.enters("b", "REP");
    assert!(request(&mut stage, "?"));
    stage.leaves("a");
    assert_eq!(answer(&mut stage), Some(Answer::Lost));
    assert!(request(&mut stage, "?"));
    stage.gets("b", "01 00 00 01 '?'");
}

/// A reply that comes late is no answer to the next request.
#[test]
fn a_request_that_is_given_up() {
    let mut stage = Stage::<Req>::new(Options::default(), Split::Whole);
    stage.listens("a");
    stage.connects();
    stage.greets("a", 1, "REP");
    assert!(request(&mut stage, "1"));
    stage.gets("a", "01 00 00 01 '1'");
    stage.user(Req::give_up);
    assert!(!request(&mut stage, "2"), "the connection was broken off");
    stage.run(Duration::from_secs(1));
    stage.greets("a", 1, "REP");
    assert!(request(&mut stage, "2"));
    stage.sends("a", "01 00 00 01 '2'");
    assert_eq!(answer(&mut stage), Some(Answer::Reply("2".into())));
}

/// [REP-fmt-01] [REP-in-02] [REP-in-03] [REP-out-02] [REP-out-03] The envelope goes back as it
/// came: none from a REQ, addresses from others.
#[test]
fn rep_keeps_the_envelope() {
    play::<Rep>(&Options::default(), |stage| {
        stage.enters("a", "REQ");
        stage.enters("b", "DEALER");
        for (who, envelope) in [
            ("a", "01 00"),
            ("b", "01 00"),
            ("b", "01 02 'id' 01 00"),
            ("b", "01 01 'x' 01 01 'y' 01 00"),
        ] {
            stage.sends(who, &format!("{envelope} 01 00 00 05 'Hello'"));
            assert_eq!(stage.user(Rep::recv), Some(Message::from("").and("Hello")));
            assert!(reply(stage, "World"));
            stage.gets(who, &format!("{envelope} 00 05 'World'"));
        }
    });
}

/// [REP-gen-01] [REP-gen-02] [REP-gen-03]
/// [REP-in-01] [REP-out-01] Of each in turn, and one reply to each.
#[test]
fn rep_is_fair_and_replies_once() {
    let mut stage = Stage::<Rep>::new(Options::default(), Split::Whole);
    stage.enters("a", "DEALER");
    stage.enters("b", "REQ");
    stage.sends("a", &"01 00 00 01 'a'".repeat(3));
    stage.sends("b", "01 00 00 01 'b'");
    assert!(!reply(&mut stage, "nobody has asked"));
    let mut order = String::new();
    while let Some(message) = stage.user(Rep::recv) {
        order += std::str::from_utf8(message.first()).unwrap();
        assert!(reply(&mut stage, "!"));
        assert!(!reply(&mut stage, "!"), "once");
    }
    assert_eq!(order, "abaa");
    stage.gets("b", "01 00 00 01 '!'");
    stage.gets("a", &"01 00 00 01 '!'".repeat(3));
}

/// What is no request is dropped, and its sender stays.
#[test]
fn rep_drops_what_is_no_request() {
    play::<Rep>(&Options::default(), |stage| {
        stage.enters("a", "DEALER");
        stage.sends("a", "00 01 'x' 00 00 01 01 'x' 00 01 'y' 01 01 'x' 00 00");
        stage.sends("a", "01 00 00 00");
        assert_eq!(stage.user(Rep::recv), Some("".into()));
        assert_eq!(stage.user(Rep::recv), None);
        stage.is_open("a");
    });
}

/// [REP-out-04] [REP-out-05] Who asked is gone: the reply is nobody's, least of all the next one's.
#[test]
fn rep_drops_the_reply_to_who_is_gone() {
    let mut stage = Stage::<Rep>::new(Options::default(), Split::Whole);
    stage.enters("a", "REQ");
    stage.sends("a", "01 00 00 01 '?'");
    assert!(stage.user(Rep::recv).is_some());
    stage.leaves("a");
    stage.is_closed("a");
    stage.enters("b", "REQ");
    assert!(!reply(&mut stage, "!"));
    stage.gets("b", "");
    // The same, of one that we connect to and that comes back.
    stage.listens("c");
    stage.connects();
    stage.greets("c", 1, "DEALER");
    stage.sends("c", "01 00 00 01 '1' 01 00 00 01 '2'");
    assert_eq!(stage.user(Rep::recv), Some("1".into()));
    stage.leaves("c");
    stage.run(Duration::from_secs(1));
    stage.greets("c", 1, "DEALER");
    assert!(!reply(&mut stage, "!"));
    assert_eq!(stage.user(Rep::recv), None, "nobody waits for this reply any more");
    stage.gets("c", "");
    // What it asks now has one turn, as everybody's, though it had one before it went.
    stage.sends("c", "01 00 00 01 'x'");
    stage.leaves("c");
    stage.run(Duration::from_secs(1));
    stage.greets("c", 1, "DEALER");
    stage.sends("c", "01 00 00 01 'c' 01 00 00 01 'c'");
    stage.sends("b", "01 00 00 01 'b'");
    let mut order = String::new();
    while let Some(message) = stage.user(Rep::recv) {
        order += std::str::from_utf8(message.first()).unwrap();
    }
    assert_eq!(order, "cbc");
}

/// What was to be sent to a peer goes with it, also where what it sent stays: nothing is left that
/// a socket at its end would wait for.
#[test]
fn what_was_for_a_peer_goes_with_it() {
    let mut stage = Stage::<Rep>::new(Options::default(), Split::Whole);
    stage.enters("a", "DEALER");
    stage.stops_reading("a");
    stage.sends("a", &"01 00 00 01 '?'".repeat(100));
    for _ in 0..50 {
        assert!(stage.user(Rep::recv).is_some());
        let body = Message::new(vec![b'x'; 100_000]);
        assert!(stage.user(|rep, pipes, io| rep.reply(pipes, io, body)));
    }
    let all_sent = |stage: &mut Stage<Rep>| {
        let io = stage.node.event_loop.io();
        stage.node.service.all_sent(io)
    };
    assert!(!all_sent(&mut stage), "the replies are too many for a peer that does not read");
    let node = stage.peer("a");
    let conn = node.service.conn.expect("it has a connection");
    node.event_loop.io().reset(conn);
    stage.run(Duration::from_secs(1));
    assert!(all_sent(&mut stage));
    for _ in 0..50 {
        assert!(stage.user(Rep::recv).is_some(), "what it asked is still there");
        assert!(!reply(&mut stage, "to nobody"));
    }
}
