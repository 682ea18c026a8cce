//! Frames, messages, commands in between, heartbeats.

use bytes::BytesMut;
use std::sync::Arc;
use std::time::Duration;
use wirelab_zmtp::limits::OUTBOX_HIGH;
use wirelab_zmtp::mechanism::{Local, Mechanism};
use wirelab_zmtp::metadata::Metadata;
use wirelab_zmtp::peer::{Event, Peer};
use wirelab_zmtp::sockets::{Pull, Push};
use wirelab_zmtp::{Error, Message, Options, SocketType};

use crate::stage::{Split, Stage, play};

fn send(stage: &mut Stage<Push>, message: Message) -> bool {
    stage.user(|push, pipes, io| push.send(pipes, io, &message))
}

fn recv(stage: &mut Stage<Pull>) -> Option<Message> {
    stage.user(Pull::recv)
}

/// [ZMTP-3.0-frame-01] [ZMTP-3.0-frame-02] [ZMTP-3.0-frame-03] [ZMTP-3.0-frame-06]
/// [ZMTP-3.0-frame-07] [ZMTP-3.0-frame-10] [ZMTP-3.0-wire-01] [ZMTP-3.0-wire-02]
#[test]
fn frames_as_they_are_sent() {
    play::<Push>(&Options::default(), |stage| {
        stage.enters("a", "PULL");
        for (size, header) in [
            (0, "00 00"),
            (1, "00 01"),
            (255, "00 ff"),
            (256, "02 0000000000000100"),
            (4096, "02 0000000000001000"),
            (4097, "02 0000000000001001"),
            (70_000, "02 0000000000011170"),
        ] {
            assert!(send(stage, Message::new(vec![b'x'; size])));
            stage.gets("a", &format!("{header} {}", "78".repeat(size)));
        }
        let many = Message::from("one").and("").and(vec![b'x'; 300]).and("four");
        assert!(send(stage, many));
        let x = "78".repeat(300);
        stage.gets("a", &format!("01 03 'one' 01 00 03 000000000000012c {x} 00 04 'four'"));
    });
}

/// [ZMTP-3.0-frame-01] [ZMTP-3.0-frame-10] [ZMTP-3.0-frame-11] [ZMTP-3.0-frame-12]
/// [ZMTP-3.0-sock-04]
#[test]
fn frames_as_they_are_received() {
    play::<Pull>(&Options::default(), |stage| {
        stage.enters("a", "PUSH");
        stage.sends("a", "00 00 00 01 'x' 02 0000000000000001 'y'");
        assert_eq!(recv(stage), Some("".into()));
        assert_eq!(recv(stage), Some("x".into()));
        assert_eq!(recv(stage), Some("y".into()), "a long frame may be small");
        stage.sends("a", "01 01 'a' 03 0000000000000000 01 00");
        assert_eq!(recv(stage), None, "not before the last frame");
        stage.sends("a", "00 01 'd'");
        assert_eq!(recv(stage), Some(Message::from("a").and("").and("").and("d")));
        assert_eq!(recv(stage), None);
    });
}

/// A peer that goes in the middle of a message has not sent it [ZMTP-3.0-frame-11].
#[test]
fn half_a_message_is_none() {
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    stage.enters("a", "PUSH");
    stage.sends("a", "00 01 'x' 01 01 'a' 00 05 'bcd'");
    stage.leaves("a");
    stage.is_closed("a");
    assert_eq!(recv(&mut stage), Some("x".into()), "what was sent before is received");
    assert_eq!(recv(&mut stage), None);
}

/// [ZMTP-3.1-ping-02] [ZMTP-3.1-ping-03] Also between the frames of a message, where libzmq may
/// put it. [ZMTP-3.0-frame-05] [ZMTP-3.0-mech-08] Commands that we do not know mean nothing.
#[test]
fn commands_may_come_between_frames() {
    play::<Pull>(&Options::default(), |stage| {
        stage.enters("a", "PUSH");
        stage.sends("a", "04 07 04 'PING' 0000");
        stage.gets("a", "04 05 04 'PONG'");
        stage.sends("a", "01 01 'a' 04 17 04 'PING' 0005 '1234567890123456' 00 01 'b'");
        stage.gets("a", "04 15 04 'PONG' '1234567890123456'");
        assert_eq!(recv(stage), Some(Message::from("a").and("b")));
        stage.sends("a", "06 0000000000000008 04 'PING' 0000 'x'");
        stage.gets("a", "04 06 04 'PONG' 'x'");
        stage.sends("a", "04 07 05 'LATER' ff 04 0a 09 'SUBSCRIBE' 04 08 06 'CANCEL' 'x'");
        stage.sends("a", "04 05 04 'PONG'");
        stage.gets("a", "");
        stage.is_open("a");
    });
}

/// [ZMTP-3.1-null-05] [PUSH-gen-04] What is sent before the peer is there waits for its READY.
#[test]
fn messages_wait_for_the_peers_ready() {
    let mut stage = Stage::<Push>::new(Options::default(), Split::Whole);
    stage.connects();
    assert!(send(&mut stage, "early".into()));
    stage.listens("a");
    stage.run(Duration::from_secs(5));
    stage.heard("a");
    stage.sends_bytes("a", &crate::stage::greeting(1, "NULL", 0));
    stage.gets("a", "04 1a 05 'READY' 0b 'Socket-Type' 00000004 'PUSH'");
    stage.sends_bytes("a", &crate::stage::ready("PULL"));
    stage.gets("a", "00 05 'early'");
}

fn with_heartbeat(timeout: u64) -> Options {
    Options {
        heartbeat_interval: Some(Duration::from_secs(1)),
        heartbeat_timeout: Some(Duration::from_secs(timeout)),
        heartbeat_ttl: Duration::from_millis(2500),
        ..Options::default()
    }
}

/// [ZMTP-3.1-ping-01] [ZMTP-3.1-ping-04] [ZMTP-3.1-ping-05] [ZMTP-3.1-ping-06]
#[test]
fn who_does_not_answer_a_ping_is_dead() {
    let mut stage = Stage::<Pull>::new(with_heartbeat(3), Split::Whole);
    stage.enters("a", "PUSH");
    stage.run(Duration::from_secs(1));
    stage.gets("a", "04 07 04 'PING' 0019");
    // Another peer's traffic is no answer, and any of its own is one.
    for _ in 0..5 {
        stage.run(Duration::from_millis(900));
        stage.sends("a", "00 00");
    }
    stage.heard("a");
    stage.run(Duration::from_millis(2500));
    let heard = stage.heard("a");
    assert!(heard.len() <= 9, "one PING at a time: {heard:?}");
    stage.run(Duration::from_secs(2));
    stage.is_closed("a");
    assert_eq!(stage.errors(), [Error::Silent { what: "answer to a PING" }]);
}

/// Of a peer whose messages nobody takes, nothing is read, and so nothing can be missed.
#[test]
fn a_peer_that_is_held_back_is_not_dead() {
    let options = Options { receive_high_water_mark: 2, ..with_heartbeat(2) };
    let mut stage = Stage::<Pull>::new(options, Split::Whole);
    stage.enters("a", "PUSH");
    stage.sends("a", &"00 01 'x'".repeat(10));
    stage.run(Duration::from_secs(60));
    stage.is_open("a");
    for _ in 0..10 {
        assert!(recv(&mut stage).is_some());
    }
}

/// [ZMTP-3.1-ping-06] A PING waits behind a large message, and no peer answers what it has not got.
#[test]
fn a_peer_that_takes_a_large_message_slowly_is_not_dead() {
    let mut stage = Stage::<Push>::new(with_heartbeat(1), Split::Whole);
    stage.enters("a", "PULL");
    stage.stops_reading("a");
    let large = Message::new(vec![b'x'; 64 * 1024 * 1024]);
    assert!(send(&mut stage, large));
    let mut left = usize::MAX;
    for _ in 0..4 {
        stage.run(Duration::from_millis(900));
        stage.is_open("a");
        let still = stage.queued();
        assert!((1..left).contains(&still), "{still} of {left}");
        left = still;
        stage.reads_on("a");
        stage.stops_reading("a");
    }
    // Who takes nothing any more is dead.
    stage.run(Duration::from_secs(5));
    assert_eq!(stage.errors(), [Error::Silent { what: "answer to a PING" }]);
}

/// A peer of ZMTP 3.0 does not know PING, and is not asked.
#[test]
fn older_peers_are_not_pinged() {
    let mut stage = Stage::<Pull>::new(with_heartbeat(1), Split::Whole);
    stage.opens("a");
    stage.greets("a", 0, "PUSH");
    stage.run(Duration::from_secs(60));
    stage.gets("a", "");
    stage.is_open("a");
}

/// [ZMTP-3.1-ping-07] A peer tells us how long we may wait for it.
#[test]
fn who_is_silent_for_its_own_ttl_is_dead() {
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    stage.enters("a", "PUSH");
    stage.sends("a", "04 07 04 'PING' 0014");
    stage.run(Duration::from_millis(1800));
    stage.sends("a", "00 00");
    stage.run(Duration::from_millis(1800));
    stage.is_open("a");
    stage.run(Duration::from_millis(200));
    stage.is_closed("a");
    // A TTL of 0 says nothing, and takes back what was said.
    stage.enters("b", "PUSH");
    stage.sends("b", "04 07 04 'PING' 0014 04 07 04 'PING' 0000");
    stage.run(Duration::from_secs(60));
    stage.is_open("b");
}

/// [ZMTP-3.1-ping-08] Whom we connect to is connected to again.
#[test]
fn a_dead_peer_is_tried_again() {
    let mut stage = Stage::<Push>::new(with_heartbeat(1), Split::Whole);
    stage.listens("a");
    stage.connects();
    stage.greets("a", 1, "PULL");
    stage.run(Duration::from_secs(4));
    assert_eq!(stage.peer("a").service.opened, 2);
}

/// Who sends PINGs without end and does not take the PONGs is not read from: what waits for it
/// does not grow, it is not taken for dead, and all is answered when it reads.
#[test]
fn pings_without_end_cost_no_memory() {
    const PINGS: usize = 100_000;
    let mut stage = Stage::<Pull>::new(with_heartbeat(2), Split::Whole);
    stage.enters("a", "PUSH");
    stage.stops_reading("a");
    let ping = crate::stage::bytes("04 17 04 'PING' 0000 '1234567890123456'");
    stage.sends_bytes("a", &ping.repeat(PINGS));
    for _ in 0..100 {
        stage.run(Duration::from_secs(1));
        let waits = stage.queued();
        assert!(waits < OUTBOX_HIGH + 128 * 1024, "{waits} bytes wait");
    }
    stage.is_open("a");
    stage.reads_again("a");
    let mut heard = 0;
    while heard < PINGS * 23 {
        let more = stage.heard("a").len();
        assert!(more > 0, "{heard} of {}", PINGS * 23);
        heard += more;
    }
    stage.sends("a", "00 01 'x'");
    assert!(recv(&mut stage).is_some());
}

/// The frames of a message that is not whole yet do not hold the reads that they came in.
#[test]
fn half_a_message_holds_no_more_than_its_bytes() {
    let metadata = Metadata::new().with("Socket-Type", "PULL").unwrap();
    let (socket_type, mechanism) = (SocketType::Pull, Mechanism::Null);
    let local = Arc::new(Local { socket_type, mechanism, metadata, minor: 1 });
    let (mut peer, greeting) = Peer::new(local, 1000);
    let mut out = BytesMut::new();
    let mut input = BytesMut::from(&greeting[..]);
    input.extend_from_slice(&crate::stage::ready("PUSH"));
    assert!(matches!(peer.next_event(&mut input, &mut out), Ok(Some(Event::Ready(_)))));
    let mut block = BytesMut::zeroed(64 * 1024);
    block[..5].copy_from_slice(b"\x01\x03abc");
    let mut input = block.split_to(5);
    assert_eq!(peer.next_event(&mut input, &mut out), Ok(None));
    drop(input);
    block.clear();
    assert!(block.try_reclaim(64 * 1024), "somebody holds the read");
    let mut input = BytesMut::from(&b"\x00\x01d"[..]);
    let whole = Event::Message(Message::from("abc").and("d"));
    assert_eq!(peer.next_event(&mut input, &mut out), Ok(Some(whole)));
}
