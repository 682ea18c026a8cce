//! Subscribers that do not keep up, and publishers that wait for them.

use std::time::Duration;
use wirelab_mqtt::Packet;
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::limits::ACK_PATIENCE;

use crate::stage::{Split, Stage, quiet};

/// A subscriber that acknowledges nothing, a window of one, a queue of two.
fn full() -> Stage {
    let settings = Settings { max_inflight_messages: 1, max_queued_messages: 2, ..quiet() };
    let mut stage = Stage::new(Broker::new(settings), Split::Whole);
    stage.enters("sub");
    stage.sends("sub", "82 08 0001 0003 'a/b' 01");
    stage.gets("sub", "90 03 0001 01");
    stage.enters("pub");
    for id in 1..=3 {
        stage.sends("pub", &format!("32 08 0003 'a/b' 000{id} 0{id}"));
        stage.gets("pub", &format!("40 02 000{id}"));
    }
    stage.gets("sub", "32 08 0003 'a/b' 0001 01");
    stage
}

/// A publisher whose messages do not fit waits for its acknowledgements; nothing is lost, and
/// everybody else goes on.
#[test]
fn acknowledgements_wait_until_the_subscriber_has_caught_up() {
    let mut stage = full();
    stage.sends("pub", "32 08 0003 'a/b' 0004 04 32 08 0003 'a/b' 0005 05");
    stage.gets_nothing("pub");
    // It is still heard.
    stage.sends("pub", "c0 00");
    stage.gets("pub", "d0 00");
    stage.enters("other");
    stage.sends("other", "32 08 0003 'x/y' 0001 01");
    stage.gets("other", "40 02 0001");
    for id in 1..=3 {
        stage.sends("sub", &format!("40 02 000{id}"));
        let next = id + 1;
        stage.gets("sub", &format!("32 08 0003 'a/b' 000{next} 0{next}"));
    }
    // [MQTT-4.6.0-2] In order.
    stage.gets("pub", "40 02 0004 40 02 0005");
    assert_eq!(stage.broker().stats().publish_dropped, 0);
}

/// Who acknowledges nothing for long is no longer waited for: then it alone loses messages.
#[test]
fn nobody_waits_for_ever() {
    let mut stage = full();
    stage.sends("pub", "32 08 0003 'a/b' 0004 04");
    stage.gets_nothing("pub");
    stage.run(ACK_PATIENCE + Duration::from_secs(1));
    stage.gets("pub", "40 02 0004");
    stage.sends("pub", "32 08 0003 'a/b' 0005 05");
    stage.gets("pub", "40 02 0005");
    assert_eq!(stage.broker().stats().publish_dropped, 1);
}

/// A subscriber that leaves is no longer waited for.
#[test]
fn who_has_left_is_not_waited_for() {
    let mut stage = full();
    stage.sends("pub", "32 08 0003 'a/b' 0004 04");
    stage.gets_nothing("pub");
    stage.kill("sub");
    stage.gets("pub", "40 02 0004");
}

/// A client that publishes to itself is read on, or it would wait for ever.
#[test]
fn a_client_may_be_its_own_subscriber() {
    let settings = Settings { max_inflight_messages: 1, max_queued_messages: 1, ..quiet() };
    let mut stage = Stage::new(Broker::new(settings), Split::Whole);
    stage.enters("me");
    stage.sends("me", "82 08 0001 0003 'a/b' 01");
    stage.gets("me", "90 03 0001 01");
    for id in 1..=4 {
        stage.sends("me", &format!("32 08 0003 'a/b' 000{id} 0{id}"));
    }
    stage.gets("me", "40 02 0001 32 08 0003 'a/b' 0001 01 40 02 0002");
    for id in 1..=4 {
        stage.sends("me", &format!("40 02 000{id}"));
    }
    let heard = stage.heard("me");
    let all = heard.windows(4).filter(|w| w[..2] == [0x40, 2] && w[2] == 0).count();
    assert_eq!(all, 2, "3 and 4 are acknowledged");
    assert_eq!(stage.broker().stats().publish_dropped, 0);
}

/// Two clients that publish to each other, and neither has acknowledged anything yet: both are
/// read on, or each would wait for the other for ever.
#[test]
fn two_that_publish_to_each_other_go_on() {
    let settings = Settings { max_inflight_messages: 1, max_queued_messages: 1, ..quiet() };
    let mut stage = Stage::new(Broker::new(settings), Split::Whole);
    for (who, topic) in [("a", "a"), ("b", "b")] {
        stage.enters(who);
        stage.sends(who, &format!("82 06 0001 0001 '{topic}' 01"));
        stage.gets(who, "90 03 0001 01");
    }
    for id in 1..=30 {
        stage.sends("a", &format!("32 06 0001 'b' 00{id:02x} 'x'"));
        stage.sends("b", &format!("32 06 0001 'a' 00{id:02x} 'x'"));
    }
    for id in 1..=30 {
        stage.sends("a", &format!("40 02 00{id:02x}"));
        stage.sends("b", &format!("40 02 00{id:02x}"));
    }
    for who in ["a", "b"] {
        let heard = stage.heard(who);
        let mut input = bytes::BytesMut::from(&heard[..]);
        let (mut acknowledged, mut delivered) = (0, 0);
        while let Ok(Some(packet)) = Packet::decode(&mut input, 1000) {
            match packet {
                Packet::PubAck(_) => acknowledged += 1,
                Packet::Publish(_) => delivered += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((acknowledged, delivered), (30, 30), "{who}");
    }
    assert_eq!(stage.broker().stats().publish_dropped, 0);
}

/// A publisher that goes on without waiting for its acknowledgements is not read from, and loses
/// nothing.
#[test]
fn who_does_not_wait_is_made_to() {
    let mut stage = full();
    for id in 4..=200 {
        stage.sends("pub", &format!("32 08 0003 'a/b' 00{id:02x} {id:02x}"));
    }
    // Behind them a packet that is not answered while it is not read.
    stage.sends("pub", "c0 00");
    stage.gets_nothing("pub");
    for id in 1..=200 {
        stage.sends("sub", &format!("40 02 00{id:02x}"));
    }
    let heard = stage.heard("pub");
    assert_eq!(heard.len(), 197 * 4 + 2, "197 acknowledgements and an answer");
    assert_eq!(stage.broker().stats().publish_dropped, 0);
}
