//! PUB and SUB.

use bytes::Bytes;
use std::time::Duration;
use wirelab_zmtp::limits::{PREFIX_MAX, SUBSCRIPTION_BYTES_MAX, SUBSCRIPTIONS_MAX};
use wirelab_zmtp::sockets::{Pattern, Pub, Sub};
use wirelab_zmtp::{Error, Message, Options};

use crate::stage::{Split, Stage, play};

fn publish(stage: &mut Stage<Pub>, text: &'static str) -> usize {
    stage.user(|publisher, pipes, io| publisher.send(pipes, io, &text.into()))
}

/// [ZMTP-3.0-pubsub-01] [ZMTP-3.0-pubsub-04] [ZMTP-3.0-pubsub-05] [ZMTP-3.0-pubsub-06]
/// [ZMTP-3.0-pubsub-07] [ZMTP-3.1-sub-01] [ZMTP-3.1-sub-04] [ZMTP-3.1-sub-05] [PUB-out-03]
/// [PUB-out-04] [PUB-sub-01] In both forms, from whomever.
#[test]
fn pub_filters() {
    for (subscribe, cancel) in
        [("04 0b 09 'SUBSCRIBE' 'A'", "04 08 06 'CANCEL' 'A'"), ("00 02 01 'A'", "00 02 00 'A'")]
    {
        for minor in [0, 1] {
            play::<Pub>(&Options::default(), |stage| {
                stage.opens("a");
                stage.greets("a", minor, "SUB");
                assert_eq!(publish(stage, "A1"), 0);
                stage.sends("a", subscribe);
                assert_eq!(publish(stage, "A2"), 1);
                assert_eq!(publish(stage, "B2"), 0);
                assert_eq!(publish(stage, ""), 0);
                stage.gets("a", "00 02 'A2'");
                // All, and the same once more: each message once.
                stage.sends("a", "00 01 01");
                stage.sends("a", subscribe);
                assert_eq!(publish(stage, "A3"), 1);
                assert_eq!(publish(stage, ""), 1);
                stage.gets("a", "00 02 'A3' 00 00");
                stage.sends("a", "04 07 06 'CANCEL'");
                stage.sends("a", cancel);
                assert_eq!(publish(stage, "A4"), 1, "subscribed twice, cancelled once");
                assert_eq!(publish(stage, "B4"), 0);
                stage.sends("a", cancel);
                assert_eq!(publish(stage, "A5"), 0);
                stage.gets("a", "00 02 'A4'");
                // What was never subscribed to cannot be cancelled.
                stage.sends("a", cancel);
                stage.sends("a", subscribe);
                assert_eq!(publish(stage, "A6"), 1);
            });
        }
    }
}

/// [PUB-out-04] The first frame alone; [PUB-out-01] and the message as it is.
#[test]
fn pub_looks_at_the_first_frame() {
    let mut stage = Stage::<Pub>::new(Options::default(), Split::Whole);
    stage.enters("a", "XSUB");
    stage.sends("a", "00 03 01 'AB'");
    let message = Message::from("A").and("B");
    assert_eq!(stage.user(|publisher, pipes, io| publisher.send(pipes, io, &message)), 0);
    let message = Message::from("ABC").and("x").and("");
    assert_eq!(stage.user(|publisher, pipes, io| publisher.send(pipes, io, &message)), 1);
    stage.gets("a", "01 03 'ABC' 01 01 'x' 00 00");
}

/// [PUB-gen-01] [PUB-gen-06] [PUB-sub-02]
#[test]
fn pub_drops_what_subscribers_say() {
    play::<Pub>(&Options::default(), |stage| {
        stage.enters("a", "XSUB");
        // Not a subscription: another first octet, several frames, none at all.
        stage.sends("a", "00 02 02 'A' 01 02 01 'A' 00 01 'x' 00 00 00 05 'Hello'");
        assert_eq!(publish(stage, "A"), 0);
        stage.is_open("a");
    });
}

/// [PUB-out-05] [PUB-out-06] [PUB-gen-02] [PUB-gen-05] Only who does not read loses.
#[test]
fn pub_drops_for_the_slow_alone() {
    let options = Options { send_high_water_mark: 10, ..Options::default() };
    let mut stage = Stage::<Pub>::new(options, Split::Whole);
    for who in ["slow", "fast"] {
        stage.enters(who, "SUB");
        stage.sends(who, "00 01 01");
    }
    stage.stops_reading("slow");
    let body = vec![b'x'; 10_000];
    let mut fast = 0;
    for _ in 0..1000 {
        let message = Message::new(body.clone());
        stage.user(|publisher, pipes, io| publisher.send(pipes, io, &message));
        fast += stage.heard("fast").len();
    }
    let dropped = stage.node.service.pattern.dropped() as usize;
    assert_eq!(fast, 1000 * 10_009);
    assert!(dropped > 500, "{dropped}");
    stage.reads_again("slow");
    assert_eq!(stage.heard("slow").len(), (1000 - dropped) * 10_009, "whole messages");
    assert_eq!(publish(&mut stage, "x"), 2, "it gets messages again");
}

/// [PUB-gen-03] [PUB-gen-04] A subscriber that leaves has no subscriptions any more.
#[test]
fn pub_forgets_who_leaves() {
    let mut stage = Stage::<Pub>::new(Options::default(), Split::Whole);
    stage.enters("a", "SUB");
    stage.sends("a", "00 01 01 00 02 01 'x'");
    assert_eq!(stage.node.service.pattern.subscriptions(), 2);
    stage.leaves("a");
    stage.is_closed("a");
    assert_eq!(stage.node.service.pattern.subscriptions(), 0);
    // Also one that we connect to.
    stage.listens("b");
    stage.connects();
    stage.greets("b", 1, "SUB");
    stage.sends("b", "04 0a 09 'SUBSCRIBE'");
    assert_eq!(publish(&mut stage, "x"), 1);
    stage.gets("b", "00 01 'x'");
    stage.leaves("b");
    stage.run(Duration::from_secs(1));
    stage.greets("b", 1, "SUB");
    assert_eq!(publish(&mut stage, "x"), 0, "it comes back without");
}

/// A prefix longer than any command's body is refused: a message could carry it.
#[test]
fn a_subscription_has_a_limit() {
    let mut stage = Stage::<Pub>::new(Options::default(), Split::Whole);
    stage.enters("a", "SUB");
    let size = 70_000_u64;
    let mut frame = vec![2];
    frame.extend_from_slice(&size.to_be_bytes());
    frame.resize(9 + size as usize, 1);
    stage.sends_bytes("a", &frame);
    stage.is_closed("a");
    assert!(matches!(stage.errors()[..], [Error::TooLarge { what: "subscription", .. }]));
}

/// What one peer can make a publisher remember has an end, in number and in octets.
#[test]
fn subscriptions_have_limits() {
    let mut publisher = Pub::default();
    let prefix = |n: usize, size: usize| {
        let mut prefix = n.to_be_bytes().to_vec();
        prefix.resize(size, 0);
        Bytes::from(prefix)
    };
    let most = SUBSCRIPTION_BYTES_MAX / PREFIX_MAX;
    for n in 0..most {
        publisher.on_subscribe(1, prefix(n, PREFIX_MAX)).unwrap();
    }
    let refused = publisher.on_subscribe(1, prefix(most, PREFIX_MAX));
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    publisher.on_subscribe(2, prefix(most, PREFIX_MAX)).expect("each peer has its own");
    publisher.on_cancel(1, &prefix(0, PREFIX_MAX));
    publisher.on_subscribe(1, prefix(most, PREFIX_MAX)).expect("there is room again");

    let mut publisher = Pub::default();
    for n in 0..SUBSCRIPTIONS_MAX {
        publisher.on_subscribe(1, prefix(n, 8)).unwrap();
    }
    let refused = publisher.on_subscribe(1, prefix(SUBSCRIPTIONS_MAX, 8)).unwrap_err();
    let says = "there are more than 1000000 different subscriptions of one peer";
    assert_eq!(refused.to_string(), says);
}

/// [ZMTP-3.1-sub-02] [ZMTP-3.1-sub-03] [ZMTP-3.1-sub-06] [ZMTP-3.0-pubsub-02]
/// [ZMTP-3.0-pubsub-03] [SUB-sub-01] Each peer is told in its own words, once.
#[test]
fn sub_tells_its_publishers() {
    for (minor, subscribe, cancel) in [
        (0, "00 06 01 'WAKTU'", "00 06 00 'WAKTU'"),
        (1, "04 0f 09 'SUBSCRIBE' 'WAKTU'", "04 0c 06 'CANCEL' 'WAKTU'"),
        (2, "04 0f 09 'SUBSCRIBE' 'WAKTU'", "04 0c 06 'CANCEL' 'WAKTU'"),
    ] {
        play::<Sub>(&Options::default(), |stage| {
            stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"WAKTU"));
            stage.opens("a");
            stage.greets("a", minor, "PUB");
            stage.gets("a", subscribe);
            stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"WAKTU"));
            assert!(stage.user(|sub, pipes, io| sub.unsubscribe(pipes, io, b"WAKTU")));
            assert!(!stage.user(|sub, pipes, io| sub.unsubscribe(pipes, io, b"WAK")));
            stage.gets("a", "");
            assert!(stage.user(|sub, pipes, io| sub.unsubscribe(pipes, io, b"WAKTU")));
            stage.gets("a", cancel);
            stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"WAKTU"));
            stage.gets("a", subscribe);
        });
    }
}

/// [SUB-gen-01] [SUB-gen-03] Who comes back is told again.
#[test]
fn sub_subscribes_again_after_a_reconnect() {
    let mut stage = Stage::<Sub>::new(Options::default(), Split::Whole);
    stage.listens("a");
    stage.connects();
    stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"b"));
    stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"a"));
    for _ in 0..3 {
        stage.greets("a", 1, "PUB");
        stage.gets("a", "04 0b 09 'SUBSCRIBE' 'a' 04 0b 09 'SUBSCRIBE' 'b'");
        stage.leaves("a");
        stage.run(Duration::from_secs(1));
    }
}

/// [SUB-in-02] [SUB-in-03] [SUB-in-04] [SUB-in-05] [SUB-gen-02] Fair, and only what it wants.
#[test]
fn sub_receives_what_it_wants() {
    play::<Sub>(&Options::default(), |stage| {
        stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b"A"));
        stage.enters("a", "PUB");
        stage.enters("b", "XPUB");
        stage.sends("a", "00 02 'A1' 00 02 'B1' 01 02 'A2' 00 01 'x' 00 02 'A3'");
        stage.sends("b", "00 00 00 02 'A4'");
        let got: Vec<_> = std::iter::from_fn(|| stage.user(Sub::recv)).collect();
        let expected = ["A1", "A4"].map(Message::from).into_iter();
        let expected = expected.chain([Message::from("A2").and("x"), "A3".into()]);
        assert_eq!(got, expected.collect::<Vec<_>>());
    });
}

/// What has come for a subscription that is taken back is not received.
#[test]
fn sub_drops_what_it_no_longer_wants() {
    let mut stage = Stage::<Sub>::new(Options::default(), Split::Whole);
    for prefix in [b"A", b"B"] {
        stage.user(|sub, pipes, io| sub.subscribe(pipes, io, prefix));
    }
    for who in ["a", "b"] {
        stage.enters(who, "PUB");
    }
    stage.sends("a", "00 02 'A1' 00 02 'B1' 00 02 'A2'");
    stage.sends("b", "00 02 'A3'");
    stage.user(|sub, pipes, io| sub.unsubscribe(pipes, io, b"A"));
    let got: Vec<_> = std::iter::from_fn(|| stage.user(Sub::recv)).collect();
    assert_eq!(got, [Message::from("B1")]);
}

/// [SUB-gen-05] [SUB-in-01] Whose queue is full is not read from: the publisher drops for us.
#[test]
fn sub_holds_back_who_sends_more_than_is_taken() {
    let options = Options { receive_high_water_mark: 5, ..Options::default() };
    let mut stage = Stage::<Sub>::new(options, Split::Whole);
    stage.user(|sub, pipes, io| sub.subscribe(pipes, io, b""));
    stage.enters("a", "PUB");
    stage.sends("a", &"00 01 'x'".repeat(100));
    let got: Vec<_> = std::iter::from_fn(|| stage.user(Sub::recv)).collect();
    assert_eq!(got.len(), 100);
}
