//! One client, or a publisher and a subscriber, and what is said between them and the broker.

use std::time::Duration;
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::limits::SUBSCRIPTION_LEVELS_MAX;

use crate::stage::{Split, Stage, bytes, play, quiet};

/// A subscriber to `a/b` at this QoS, let in and answered.
fn subscriber(stage: &mut Stage, qos: u8) {
    stage.enters("sub");
    stage.sends("sub", &format!("82 08 000a 0003 'a/b' 0{qos}"));
    stage.gets("sub", &format!("90 03 000a 0{qos}"));
}

/// [MQTT-3.1.4-4], [MQTT-3.2.0-1], [MQTT-3.2.2-1], [MQTT-3.12.4-1], [MQTT-3.14.4-3]
#[test]
fn a_client_comes_pings_and_goes() {
    play(&quiet(), |stage| {
        stage.enters("a");
        stage.sends("a", "c0 00");
        stage.gets("a", "d0 00");
        stage.sends("a", "e0 00");
        stage.gets_nothing("a");
        stage.is_closed("a");
    });
}

/// [MQTT-2.3.1-5], [MQTT-3.3.2-3], [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.3.4-1], [MQTT-4.3.1-1]
/// The lab's exercise, to the byte.
#[test]
fn qos_0_is_passed_on_as_it_came() {
    play(&quiet(), |stage| {
        stage.enters("sub");
        stage.sends("sub", "82 10 0001 000b 'sister/temp' 00");
        stage.gets("sub", "90 03 0001 00");
        stage.enters("pub");
        stage.sends("pub", "30 18 000b 'sister/temp' 'Suhu: 28°C'");
        stage.gets("sub", "30 18 000b 'sister/temp' 'Suhu: 28°C'");
        stage.gets_nothing("pub");
    });
}

/// [MQTT-4.3.2-1], [MQTT-4.3.2-2], [MQTT-2.3.1-4], [MQTT-2.3.1-6]
#[test]
fn qos_1_is_acknowledged_on_both_sides() {
    play(&quiet(), |stage| {
        subscriber(stage, 1);
        stage.enters("pub");
        stage.sends("pub", "32 09 0003 'a/b' 0007 'hi'");
        stage.gets("pub", "40 02 0007");
        stage.gets("sub", "32 09 0003 'a/b' 0001 'hi'");
        stage.sends("sub", "40 02 0001");
        // [MQTT-4.3.2-2] The same identifier once more is a new message, and DUP is not passed on
        // [MQTT-3.3.1-3].
        stage.sends("pub", "3a 09 0003 'a/b' 0007 'hi'");
        stage.gets("pub", "40 02 0007");
        stage.gets("sub", "32 09 0003 'a/b' 0002 'hi'");
    });
}

/// [MQTT-4.3.3-1], [MQTT-4.3.3-2]
#[test]
fn qos_2_arrives_once() {
    play(&quiet(), |stage| {
        subscriber(stage, 2);
        stage.enters("pub");
        stage.sends("pub", "34 09 0003 'a/b' 0007 'hi'");
        stage.gets("pub", "50 02 0007");
        stage.gets("sub", "34 09 0003 'a/b' 0001 'hi'");
        // Before PUBREL it is the same message, with or without DUP.
        stage.sends("pub", "3c 09 0003 'a/b' 0007 'hi'");
        stage.sends("pub", "34 09 0003 'a/b' 0007 'hi'");
        stage.gets("pub", "50 02 0007 50 02 0007");
        stage.gets_nothing("sub");
        stage.sends("pub", "62 02 0007");
        stage.gets("pub", "70 02 0007");
        stage.sends("sub", "50 02 0001");
        stage.gets("sub", "62 02 0001");
        stage.sends("sub", "50 02 0001");
        stage.gets("sub", "62 02 0001");
        stage.sends("sub", "70 02 0001");
        // After PUBCOMP it is a new one.
        stage.sends("pub", "34 09 0003 'a/b' 0007 'hi'");
        stage.gets("sub", "34 09 0003 'a/b' 0002 'hi'");
        // A PUBREL of nobody's is answered, too.
        stage.sends("pub", "62 02 0063");
        stage.gets("pub", "50 02 0007 70 02 0063");
    });
}

/// [MQTT-3.8.4-6] The lower of what was published and what was granted.
#[test]
fn the_lower_qos_counts() {
    play(&quiet(), |stage| {
        subscriber(stage, 1);
        stage.enters("pub");
        stage.sends("pub", "30 07 0003 'a/b' 'hi'");
        stage.gets("sub", "30 07 0003 'a/b' 'hi'");
        stage.sends("pub", "34 09 0003 'a/b' 0001 'hi'");
        stage.gets("sub", "32 09 0003 'a/b' 0001 'hi'");
    });
}

/// [MQTT-3.3.5-1] Overlapping subscriptions: one delivery, at the highest QoS.
#[test]
fn overlapping_subscriptions_deliver_once() {
    play(&quiet(), |stage| {
        stage.enters("sub");
        stage.sends("sub", "82 14 0001 0003 'a/+' 00 0003 'a/b' 01 0003 'a/#' 00");
        stage.gets("sub", "90 05 0001 00 01 00");
        stage.enters("pub");
        stage.sends("pub", "34 08 0003 'a/b' 0001 'x'");
        stage.gets("sub", "32 08 0003 'a/b' 0001 'x'");
    });
    let each = Settings { allow_duplicate_messages: true, ..quiet() };
    play(&each, |stage| {
        stage.enters("sub");
        stage.sends("sub", "82 0e 0001 0003 'a/+' 00 0003 'a/b' 00");
        stage.gets("sub", "90 04 0001 00 00");
        stage.enters("pub");
        stage.sends("pub", "30 06 0003 'a/b' 'x'");
        stage.gets("sub", "30 06 0003 'a/b' 'x' 30 06 0003 'a/b' 'x'");
    });
}

/// [MQTT-3.3.1-5], [MQTT-3.3.1-6], [MQTT-3.3.1-7], [MQTT-3.3.1-8], [MQTT-3.3.1-9],
/// [MQTT-3.3.1-10], [MQTT-3.3.1-11], [MQTT-3.3.1-12], [MQTT-3.8.4-3]
#[test]
fn the_last_retained_message_meets_new_subscribers() {
    play(&quiet(), |stage| {
        stage.enters("pub");
        stage.sends("pub", "31 06 0003 'a/b' 'x'");
        stage.sends("pub", "31 06 0003 'a/b' 'y'");
        stage.sends("pub", "30 06 0003 'a/b' 'z'");
        subscriber_after_retained(stage);
        // To one who had subscribed it comes with RETAIN 0.
        stage.sends("pub", "31 06 0003 'a/b' 'w'");
        stage.gets("sub", "30 06 0003 'a/b' 'w'");
        // The same filter again: retained messages are sent again.
        stage.sends("sub", "82 08 000b 0003 'a/b' 00");
        stage.gets("sub", "90 03 000b 00 31 06 0003 'a/b' 'w'");
        // An empty one is delivered, and clears.
        stage.sends("pub", "31 05 0003 'a/b'");
        stage.gets("sub", "30 05 0003 'a/b'");
        stage.sends("sub", "82 08 000c 0003 'a/b' 00");
        stage.gets("sub", "90 03 000c 00");
    });
}

fn subscriber_after_retained(stage: &mut Stage) {
    stage.enters("sub");
    stage.sends("sub", "82 08 000a 0003 'a/b' 00");
    stage.gets("sub", "90 03 000a 00 31 06 0003 'a/b' 'y'");
}

/// [MQTT-3.10.4-1], [MQTT-3.10.4-2], [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-3.10.4-6]
#[test]
fn what_is_unsubscribed_no_longer_comes() {
    play(&quiet(), |stage| {
        subscriber(stage, 0);
        stage.enters("pub");
        // Another filter that would match, too, is not the same filter.
        stage.sends("sub", "a2 07 0002 0003 'a/+'");
        stage.gets("sub", "b0 02 0002");
        stage.sends("pub", "30 06 0003 'a/b' 'x'");
        stage.gets("sub", "30 06 0003 'a/b' 'x'");
        stage.sends("sub", "a2 0c 0003 0003 'a/b' 0003 'x/y'");
        stage.gets("sub", "b0 02 0003");
        stage.sends("pub", "30 06 0003 'a/b' 'x'");
        stage.gets_nothing("sub");
    });
}

/// [MQTT-3.1.2-8], [MQTT-3.1.2-16], [MQTT-3.1.2-10], [MQTT-3.14.4-3]
#[test]
fn a_will_is_published_unless_it_was_taken_back() {
    let connect = "10 18 0004 'MQTT' 04 06 0000 0001 'w' 0003 'a/b' 0004 'gone'";
    play(&quiet(), |stage| {
        subscriber(stage, 0);
        stage.open("w");
        stage.sends("w", connect);
        stage.gets("w", "20 02 00 00");
        stage.kill("w");
        stage.run(Duration::from_secs(1));
        stage.gets("sub", "30 09 0003 'a/b' 'gone'");
        stage.open("w");
        stage.sends("w", connect);
        stage.sends("w", "e0 00");
        stage.is_closed("w");
        stage.gets_nothing("sub");
        // [MQTT-4.8.0-1] A violation ends the connection, and the will is due.
        stage.open("w");
        stage.sends("w", connect);
        stage.sends("w", "d0 00");
        stage.is_closed("w");
        stage.gets("sub", "30 09 0003 'a/b' 'gone'");
    });
}

/// [MQTT-3.1.2-12], [MQTT-3.1.2-17] Without the flag there is no will; with Will Retain it is
/// retained.
#[test]
fn a_will_may_be_retained_or_not_be_there() {
    play(&quiet(), |stage| {
        subscriber(stage, 0);
        stage.enters("none");
        stage.kill("none");
        stage.run(Duration::from_secs(1));
        stage.gets_nothing("sub");
        stage.open("w");
        stage.sends("w", "10 18 0004 'MQTT' 04 26 0000 0001 'w' 0003 'a/b' 0004 'gone'");
        stage.gets("w", "20 02 00 00");
        stage.kill("w");
        stage.run(Duration::from_secs(1));
        stage.gets("sub", "30 09 0003 'a/b' 'gone'");
        stage.sends("sub", "82 08 000b 0003 'a/b' 00");
        stage.gets("sub", "90 03 000b 00 31 09 0003 'a/b' 'gone'");
    });
}

/// [MQTT-3.1.2-7] What is retained does not end with the session that set it.
#[test]
fn what_is_retained_outlives_its_publisher() {
    play(&quiet(), |stage| {
        stage.enters("pub");
        stage.sends("pub", "33 08 0003 'a/b' 0001 'y' e0 00");
        stage.gets("pub", "40 02 0001");
        stage.is_closed("pub");
        subscriber_after_retained(stage);
    });
}

/// [MQTT-3.8.4-4], [MQTT-3.8.4-5], [MQTT-3.9.3-1], [MQTT-3.9.3-2], [MQTT-2.3.1-7]
#[test]
fn each_filter_has_its_return_code_in_its_place() {
    play(&quiet(), |stage| {
        stage.enters("sub");
        stage.sends("sub", "82 0e 0a0b 0001 'a' 02 0001 'b' 00 0001 'c' 01");
        stage.gets("sub", "90 05 0a0b 02 00 01");
        stage.enters("pub");
        stage.sends("pub", "34 06 0001 'c' 0001 'x'");
        stage.gets("sub", "32 06 0001 'c' 0001 'x'");
        stage.sends("pub", "34 06 0001 'b' 0002 'y'");
        stage.gets("sub", "30 04 0001 'b' 'y'");
    });
}

/// [MQTT-3.10.4-3] What is in flight is brought to its end, and what waits is delivered.
#[test]
fn what_is_under_way_outlives_its_subscription() {
    let settings = Settings { max_inflight_messages: 1, ..quiet() };
    play(&settings, |stage| {
        subscriber(stage, 2);
        stage.enters("pub");
        stage.sends("pub", "34 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y'");
        stage.gets("sub", "34 08 0003 'a/b' 0001 'x'");
        stage.sends("sub", "a2 07 0003 0003 'a/b'");
        stage.gets("sub", "b0 02 0003");
        stage.sends("sub", "50 02 0001");
        stage.gets("sub", "62 02 0001");
        stage.sends("sub", "70 02 0001");
        stage.gets("sub", "34 08 0003 'a/b' 0002 'y'");
    });
}

/// [MQTT-4.6.0-2], [MQTT-4.6.0-3], [MQTT-4.6.0-4], [MQTT-4.6.0-5], [MQTT-4.6.0-6]
#[test]
fn order_is_kept() {
    play(&quiet(), |stage| {
        subscriber(stage, 2);
        stage.enters("pub");
        for (id, letter) in [(3, 'p'), (1, 'q'), (2, 'r')] {
            stage.sends("pub", &format!("34 08 0003 'a/b' 000{id} '{letter}'"));
        }
        stage.gets("pub", "50 02 0003 50 02 0001 50 02 0002");
        let in_order =
            "34 08 0003 'a/b' 0001 'p' 34 08 0003 'a/b' 0002 'q' 34 08 0003 'a/b' 0003 'r'";
        stage.gets("sub", in_order);
        stage.sends("sub", "50 02 0002 50 02 0001 50 02 0003");
        stage.gets("sub", "62 02 0002 62 02 0001 62 02 0003");
        for id in [5, 6, 4] {
            stage.sends("pub", &format!("32 08 0003 'a/b' 000{id} 'x'"));
        }
        stage.gets("pub", "40 02 0005 40 02 0006 40 02 0004");
    });
}

/// [MQTT-3.1.3-5] 23 letters and digits are a client id; so is more.
#[test]
fn client_ids_are_taken_as_they_are() {
    play(&quiet(), |stage| {
        stage.open("a");
        stage.sends("a", "10 23 0004 'MQTT' 04 02 0000 0017 '0123456789abcXYZabcdefg'");
        stage.gets("a", "20 02 00 00");
        stage.open("b");
        stage.sends("b", "10 0f 0004 'MQTT' 04 02 0000 0003 '€'");
        stage.gets("b", "20 02 00 00");
        stage.is_open("a");
    });
}

/// [MQTT-4.7.3-3] A topic name of 65,535 bytes, and a filter that matches it.
#[test]
fn the_longest_topic_is_one_like_another() {
    let mut stage = Stage::new(Broker::new(quiet()), Split::Whole);
    stage.enters("sub");
    let name = "x".repeat(65_535);
    let mut packet = bytes("82 82 80 04 0001 ffff");
    packet.extend_from_slice(name.as_bytes());
    packet.push(0);
    packet[1..4].copy_from_slice(&[0x84, 0x80, 0x04]);
    stage.sends_bytes("sub", &packet);
    stage.gets("sub", "90 03 0001 00");
    let mut publish = bytes("30 82 80 04 ffff");
    publish.extend_from_slice(name.as_bytes());
    publish.push(b'!');
    stage.enters("pub");
    stage.sends_bytes("pub", &publish);
    assert_eq!(stage.heard("sub"), publish);
}

/// [MQTT-3.1.2-24] One and a half times the Keep Alive of 2 s.
#[test]
fn silence_ends_the_connection() {
    play(&quiet(), |stage| {
        stage.open("a");
        stage.sends("a", "10 0d 0004 'MQTT' 04 02 0002 0001 'a'");
        stage.gets("a", "20 02 00 00");
        stage.run(Duration::from_millis(1900));
        stage.sends("a", "c0 00");
        stage.gets("a", "d0 00");
        stage.run(Duration::from_secs(1));
        stage.is_open("a");
        stage.is_closed("a");
    });
}

/// No CONNECT within its time: the connection ends.
#[test]
fn a_stranger_is_not_waited_for() {
    play(&quiet(), |stage| {
        stage.open("a");
        stage.run(Duration::from_secs(9));
        stage.is_closed("a");
    });
}

/// Section 3.1.4: a client need not wait for CONNACK.
#[test]
fn publishing_before_connack_works() {
    play(&quiet(), |stage| {
        subscriber(stage, 0);
        stage.open("pub");
        let connect = "10 0d 0004 'MQTT' 04 02 0000 0001 'p'";
        stage.sends("pub", &format!("{connect} 30 06 0003 'a/b' 'x' e0 00"));
        stage.gets("sub", "30 06 0003 'a/b' 'x'");
        stage.gets("pub", "20 02 00 00");
        stage.is_closed("pub");
    });
}

/// [MQTT-3.1.3-6], [MQTT-3.1.3-9] A client without an id is given one of its own: two of them do
/// not meet.
#[test]
fn an_empty_client_id_is_a_client_of_its_own() {
    play(&quiet(), |stage| {
        for who in ["a", "b"] {
            stage.open(who);
            stage.sends(who, "10 0c 0004 'MQTT' 04 02 0000 0000");
            stage.gets(who, "20 02 00 00");
        }
        stage.is_open("a");
    });
    let not_allowed = Settings { allow_zero_length_clientid: false, ..quiet() };
    play(&not_allowed, |stage| {
        stage.open("a");
        stage.sends("a", "10 0c 0004 'MQTT' 04 02 0000 0000");
        stage.gets("a", "20 02 00 02");
        stage.is_closed("a");
    });
}

/// [MQTT-4.7.2-1] `#` does not see the broker's own topics; [MQTT-3.3.5-2] nobody writes them.
#[test]
fn the_brokers_own_topics_are_its_own() {
    play(&Settings::default(), |stage| {
        stage.enters("all");
        stage.sends("all", "82 06 0001 0001 '#' 00");
        stage.gets("all", "90 03 0001 00");
        stage.enters("sys");
        stage.sends("sys", "82 18 0001 0013 '$SYS/broker/version' 00");
        let version = concat!("wirelab version ", env!("CARGO_PKG_VERSION"));
        let len = 2 + 19 + version.len();
        let retained = format!("31 {len:02x} 0013 '$SYS/broker/version' '{version}'");
        stage.gets("sys", &format!("90 03 0001 00 {retained}"));
        stage.sends("sys", "32 19 0013 '$SYS/broker/version' 0001 'me'");
        stage.gets("sys", "40 02 0001");
        stage.gets_nothing("all");
    });
}

/// [MQTT-3.3.1-2] A message larger than the limit is acknowledged and dropped; connections over
/// the limit are refused.
#[test]
fn settings_are_kept() {
    let settings = Settings { message_size_limit: 3, max_connections: Some(2), ..quiet() };
    play(&settings, |stage| {
        subscriber(stage, 1);
        stage.enters("pub");
        stage.sends("pub", "32 0b 0003 'a/b' 0001 'long'");
        stage.gets("pub", "40 02 0001");
        stage.gets_nothing("sub");
        stage.open("third");
        stage.sends("third", "10 0d 0004 'MQTT' 04 02 0000 0001 't'");
        stage.gets("third", "20 02 00 03");
        stage.is_closed("third");
    });
    let settings = Settings { retain_available: false, ..quiet() };
    play(&settings, |stage| {
        stage.enters("pub");
        stage.sends("pub", "31 06 0003 'a/b' 'x'");
        stage.is_closed("pub");
    });
    let settings = Settings { upgrade_outgoing_qos: true, ..quiet() };
    play(&settings, |stage| {
        subscriber(stage, 1);
        stage.enters("pub");
        stage.sends("pub", "30 06 0003 'a/b' 'x'");
        stage.gets("sub", "32 08 0003 'a/b' 0001 'x'");
    });
}

/// Filters of many levels cost the broker more than their bytes: a session has so many of them.
#[test]
fn a_session_has_so_many_levels_and_no_more() {
    let mut stage = Stage::new(Broker::new(quiet()), Split::Whole);
    stage.enters("sub");
    let depth = 60_000;
    for (n, letter) in (0..SUBSCRIPTION_LEVELS_MAX / depth + 2).zip('a'..) {
        let filter = format!("{letter}{}", "/".repeat(depth - 1));
        let mut packet = vec![0x82, 0, 0, 0, 0, 1];
        packet.extend_from_slice(&(filter.len() as u16).to_be_bytes());
        packet.extend_from_slice(filter.as_bytes());
        packet.push(0);
        let remaining = packet.len() - 4;
        let bytes = [remaining & 0x7f | 0x80, remaining >> 7 & 0x7f | 0x80, remaining >> 14];
        for (place, byte) in packet[1..4].iter_mut().zip(bytes) {
            *place = byte as u8;
        }
        stage.sends_bytes("sub", &packet);
        let granted = (n + 1) * depth <= SUBSCRIPTION_LEVELS_MAX;
        stage.gets("sub", if granted { "90 03 0001 00" } else { "90 03 0001 80" });
    }
}
