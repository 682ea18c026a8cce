//! What clients must not send, as a table: the bytes, the clause, what must happen.

use proptest::prelude::*;
use wirelab_mqtt::broker::Broker;

use crate::stage::{Split, Stage, bytes, quiet};

/// What the broker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It closes without a word.
    Close,
    /// It answers CONNACK with this return code, then closes.
    Refuse(u8),
}
use Then::{Close, Refuse};

/// Before CONNECT was accepted.
const STRANGERS: &[(&str, &str, Then)] = &[
    ("[MQTT-2.2.2-2]", "11 0d 0004 'MQTT' 04 02 0000 0001 'a'", Close),
    ("[MQTT-2.2.2-2]", "12 0d 0004 'MQTT' 04 02 0000 0001 'a'", Close),
    ("[MQTT-2.2.2-2]", "14 0d 0004 'MQTT' 04 02 0000 0001 'a'", Close),
    ("[MQTT-2.2.2-2]", "18 0d 0004 'MQTT' 04 02 0000 0001 'a'", Close),
    ("[MQTT-3.1.0-1]", "30 06 0003 'a/b' 'x'", Close),
    ("[MQTT-3.1.0-1]", "82 08 0001 0003 'a/b' 00", Close),
    ("[MQTT-3.1.0-1]", "a2 07 0001 0003 'a/b'", Close),
    ("[MQTT-3.1.0-1]", "c0 00", Close),
    ("[MQTT-3.1.0-1]", "e0 00", Close),
    ("[MQTT-3.1.0-1]", "40 02 0001", Close),
    ("[MQTT-3.1.0-1]", "20 02 00 00", Close),
    ("[MQTT-4.8.0-1]", "00 00", Close),
    ("[MQTT-4.8.0-1]", "f0 00", Close),
    ("[MQTT-4.8.0-1]", "10 80 80 80 80 01", Close),
    ("[MQTT-4.8.0-1]", "10 ff ff ff 7f", Close),
    ("[MQTT-3.1.2-1]", "10 0d 0004 'mqtt' 04 02 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-1]", "10 0d 0004 'HTTP' 04 02 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-1]", "10 0d 0003 'MQT' 54 04 02 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-1]", "10 09 0000 04 02 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-2]", "10 0d 0004 'MQTT' 03 02 0000 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-2]", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-2]", "10 0d 0004 'MQTT' 00 02 0000 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-2]", "10 0d 0004 'MQTT' 84 02 0000 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-2]", "10 0d 0004 'MQTT' ff 02 0000 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-2]", "10 0f 0006 'MQIsdp' 03 02 0000 0001 'a'", Refuse(1)),
    ("[MQTT-3.1.2-3]", "10 0d 0004 'MQTT' 04 03 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-3]", "10 0d 0004 'MQTT' 04 01 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-13]", "10 0d 0004 'MQTT' 04 0a 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-13]", "10 0d 0004 'MQTT' 04 12 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-14]", "10 13 0004 'MQTT' 04 1e 0000 0001 'a' 0001 'w' 0001 'x'", Close),
    ("[MQTT-3.1.2-14]", "10 0d 0004 'MQTT' 04 1a 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-15]", "10 0d 0004 'MQTT' 04 22 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-22]", "10 10 0004 'MQTT' 04 42 0000 0001 'a' 0001 'p'", Close),
    ("[MQTT-3.1.2-9]", "10 0d 0004 'MQTT' 04 06 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-9]", "10 10 0004 'MQTT' 04 06 0000 0001 'a' 0001 'w'", Close),
    ("[MQTT-3.1.2-19]", "10 0d 0004 'MQTT' 04 82 0000 0001 'a'", Close),
    ("[MQTT-3.1.2-20]", "10 11 0004 'MQTT' 04 82 0000 0001 'a' 0001 'u' 00", Close),
    ("[MQTT-3.1.2-21]", "10 10 0004 'MQTT' 04 c2 0000 0001 'a' 0001 'u'", Close),
    ("[MQTT-3.1.2-18]", "10 10 0004 'MQTT' 04 02 0000 0001 'a' 0001 'u'", Close),
    ("[MQTT-3.1.2-11]", "10 13 0004 'MQTT' 04 02 0000 0001 'a' 0001 'w' 0001 'x'", Close),
    ("[MQTT-3.1.3-3]", "10 0a 0004 'MQTT' 04 02 0000", Close),
    ("[MQTT-3.1.3-3]", "10 0b 0004 'MQTT' 04 02 0000 00", Close),
    ("[MQTT-3.1.3-3]", "10 0c 0004 'MQTT' 04 02 0000 0001", Close),
    ("[MQTT-3.1.3-4]", "10 0d 0004 'MQTT' 04 02 0000 0001 ff", Close),
    ("[MQTT-1.5.3-1]", "10 0f 0004 'MQTT' 04 02 0000 0003 eda080", Close),
    ("[MQTT-1.5.3-1]", "10 0e 0004 'MQTT' 04 02 0000 0002 c080", Close),
    ("[MQTT-1.5.3-1]", "10 10 0004 'MQTT' 04 02 0000 0004 f4908080", Close),
    ("[MQTT-1.5.3-2]", "10 0d 0004 'MQTT' 04 02 0000 0001 00", Close),
    ("[MQTT-1.5.3-2]", "10 0f 0004 'MQTT' 04 02 0000 0003 610062", Close),
    ("[MQTT-3.1.3-8]", "10 0c 0004 'MQTT' 04 00 0000 0000", Refuse(2)),
    ("[MQTT-3.1.3-10]", "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 ff 0001 'x'", Close),
    ("[MQTT-3.1.3-11]", "10 10 0004 'MQTT' 04 82 0000 0001 'a' 0001 ff", Close),
    ("[MQTT-4.7.3-1]", "10 12 0004 'MQTT' 04 06 0000 0001 'a' 0000 0001 'x'", Close),
    ("[MQTT-4.7.1-1]", "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 '#' 0001 'x'", Close),
    ("[MQTT-4.7.1-1]", "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 '+' 0001 'x'", Close),
    ("[MQTT-3.1.4-1]", "10 00", Close),
    ("[MQTT-3.1.4-1]", "10 02 0004", Close),
    ("[MQTT-3.1.4-1]", "10 07 0004 'MQTT' 04", Close),
    ("[MQTT-3.1.4-1]", "10 08 0004 'MQTT' 04 02", Close),
    ("[MQTT-3.1.4-1]", "10 0e 0004 'MQTT' 04 02 0000 0001 'a' 00", Close),
    ("[MQTT-3.1.4-1]", "10 0d 0004 'MQTT' 04 02 0000 0002 'a'", Close),
    // [MQTT-3.1.4-5] What follows a refused CONNECT is not looked at.
    ("[MQTT-3.1.4-5]", "10 0c 0004 'MQTT' 04 00 0000 0000 c0 00", Refuse(2)),
    ("[MQTT-3.1.4-5]", "10 0d 0004 'MQTT' 05 02 0000 0001 'a' c0 00", Refuse(1)),
];

/// After it.
const CLIENTS: &[(&str, &str)] = &[
    ("[MQTT-3.1.0-2]", "10 0d 0004 'MQTT' 04 02 0000 0001 'a'"),
    ("[MQTT-4.8.0-1]", "00 00"),
    ("[MQTT-4.8.0-1]", "0f 00"),
    ("[MQTT-4.8.0-1]", "f0 00"),
    ("[MQTT-4.8.0-1]", "20 02 00 00"),
    ("[MQTT-4.8.0-1]", "90 03 0001 00"),
    ("[MQTT-4.8.0-1]", "b0 02 0001"),
    ("[MQTT-4.8.0-1]", "d0 00"),
    ("[MQTT-4.8.0-1]", "30 80 80 80 80 00"),
    ("[MQTT-4.8.0-1]", "c0 ff ff ff ff 7f"),
    ("[MQTT-2.2.2-2]", "41 02 0001"),
    ("[MQTT-2.2.2-2]", "52 02 0001"),
    ("[MQTT-2.2.2-2]", "74 02 0001"),
    ("[MQTT-2.2.2-2]", "c1 00"),
    ("[MQTT-2.2.2-2]", "c8 00"),
    ("[MQTT-3.14.1-1]", "e1 00"),
    ("[MQTT-3.14.1-1]", "e8 00"),
    ("[MQTT-3.6.1-1]", "60 02 0001"),
    ("[MQTT-3.6.1-1]", "63 02 0001"),
    ("[MQTT-3.8.1-1]", "80 08 0001 0003 'a/b' 00"),
    ("[MQTT-3.8.1-1]", "83 08 0001 0003 'a/b' 00"),
    ("[MQTT-3.10.1-1]", "a0 07 0001 0003 'a/b'"),
    ("[MQTT-3.10.1-1]", "a6 07 0001 0003 'a/b'"),
    ("[MQTT-2.3.1-1]", "32 08 0003 'a/b' 0000 'x'"),
    ("[MQTT-2.3.1-1]", "34 08 0003 'a/b' 0000 'x'"),
    ("[MQTT-2.3.1-1]", "82 08 0000 0003 'a/b' 00"),
    ("[MQTT-2.3.1-1]", "a2 07 0000 0003 'a/b'"),
    ("[MQTT-2.3.1-1]", "40 02 0000"),
    ("[MQTT-2.3.1-1]", "50 02 0000"),
    ("[MQTT-2.3.1-1]", "62 02 0000"),
    ("[MQTT-2.3.1-1]", "70 02 0000"),
    ("[MQTT-3.3.1-4]", "36 08 0003 'a/b' 0001 'x'"),
    ("[MQTT-3.3.1-4]", "3e 08 0003 'a/b' 0001 'x'"),
    ("[MQTT-3.3.1-2]", "38 06 0003 'a/b' 'x'"),
    ("[MQTT-3.3.2-1]", "30 00"),
    ("[MQTT-3.3.2-1]", "30 01 00"),
    ("[MQTT-3.3.2-1]", "30 04 0003 'a/'"),
    ("[MQTT-3.3.2-1]", "32 06 0003 'a/b' 00"),
    ("[MQTT-3.3.2-1]", "30 04 0001 ff 'x'"),
    ("[MQTT-1.5.3-1]", "30 06 0003 eda080 'x'"),
    ("[MQTT-1.5.3-1]", "30 06 0003 edbfbf 'x'"),
    ("[MQTT-1.5.3-1]", "30 05 0002 c0af 'x'"),
    ("[MQTT-1.5.3-2]", "30 06 0003 610062 'x'"),
    ("[MQTT-4.7.3-2]", "30 04 0001 00 'x'"),
    ("[MQTT-3.3.2-2]", "30 04 0001 '#' 'x'"),
    ("[MQTT-3.3.2-2]", "30 06 0003 'a/+' 'x'"),
    ("[MQTT-3.3.2-2]", "30 06 0003 'a+b' 'x'"),
    ("[MQTT-4.7.3-1]", "30 03 0000 'x'"),
    ("[MQTT-3.8.3-1]", "82 06 0001 0001 ff 00"),
    ("[MQTT-3.8.3-3]", "82 02 0001"),
    ("[MQTT-3.8.3-3]", "82 00"),
    ("[MQTT-3.8.3-4]", "82 08 0001 0003 'a/b' 03"),
    ("[MQTT-3.8.3-4]", "82 08 0001 0003 'a/b' 04"),
    ("[MQTT-3.8.3-4]", "82 08 0001 0003 'a/b' 80"),
    ("[MQTT-3.8.3-4]", "82 07 0001 0003 'a/b'"),
    ("[MQTT-4.7.3-1]", "82 05 0001 0000 00"),
    ("[MQTT-4.7.1-2]", "82 08 0001 0003 'a#b' 00"),
    ("[MQTT-4.7.1-2]", "82 08 0001 0003 '#/b' 00"),
    ("[MQTT-4.7.1-2]", "82 07 0001 0002 'a#' 00"),
    ("[MQTT-4.7.1-2]", "82 07 0001 0002 '##' 00"),
    ("[MQTT-4.7.1-3]", "82 07 0001 0002 'a+' 00"),
    ("[MQTT-4.7.1-3]", "82 08 0001 0003 '+a/' 00"),
    ("[MQTT-4.7.1-3]", "82 07 0001 0002 '++' 00"),
    ("[MQTT-4.7.3-2]", "82 06 0001 0001 00 00"),
    ("[MQTT-3.10.3-1]", "a2 05 0001 0001 ff"),
    ("[MQTT-3.10.3-2]", "a2 02 0001"),
    ("[MQTT-3.10.3-2]", "a2 00"),
    ("[MQTT-4.8.0-1]", "a2 06 0001 0003 'a/'"),
    ("[MQTT-4.8.0-1]", "40 00"),
    ("[MQTT-4.8.0-1]", "40 01 00"),
    ("[MQTT-4.8.0-1]", "40 03 0001 00"),
    ("[MQTT-4.8.0-1]", "50 03 0001 00"),
    ("[MQTT-4.8.0-1]", "62 03 0001 00"),
    ("[MQTT-4.8.0-1]", "70 03 0001 00"),
    ("[MQTT-4.8.0-1]", "c0 01 00"),
    ("[MQTT-4.8.0-1]", "e0 01 00"),
];

/// [MQTT-3.2.2-4], [MQTT-3.2.2-5], [MQTT-3.2.2-6], [MQTT-4.8.0-1]
#[test]
fn strangers_are_refused_as_the_standard_says() {
    for split in [Split::Whole, Split::Everywhere] {
        let mut stage = Stage::new(Broker::new(quiet()), split);
        for (clause, packet, then) in STRANGERS {
            stage.open("a");
            stage.sends("a", packet);
            let heard = stage.heard("a");
            let expected = match then {
                Close => Vec::new(),
                Refuse(code) => vec![0x20, 2, 0, *code],
            };
            assert_eq!(heard, expected, "{clause} {packet} {split:?}");
            stage.is_closed("a");
        }
    }
}

/// [MQTT-4.8.0-1] The connection ends without a word; nobody else's does.
#[test]
fn clients_that_break_the_protocol_are_disconnected() {
    for split in [Split::Whole, Split::Everywhere] {
        let mut stage = Stage::new(Broker::new(quiet()), split);
        stage.enters("witness");
        for (clause, packet) in CLIENTS {
            stage.enters("a");
            stage.sends("a", packet);
            assert_eq!(stage.heard("a"), Vec::<u8>::new(), "{clause} {packet} {split:?}");
            stage.is_closed("a");
        }
        stage.sends("witness", "c0 00");
        stage.gets("witness", "d0 00");
    }
}

/// Odd, and legal: the connection stays.
#[test]
fn what_is_only_odd_is_served() {
    let table: &[(&str, &str)] = &[
        // Acknowledgements of nobody's: late ones, after a new connection.
        ("40 02 1234", ""),
        ("50 02 1234", "62 02 1234"),
        ("62 02 1234", "70 02 1234"),
        ("70 02 1234", ""),
        // A Remaining Length in more bytes than it needs; section 2.2.3 does not forbid it.
        ("c0 80 00", "d0 00"),
        ("30 86 80 80 00 0003 'a/b' 'x'", ""),
        // [MQTT-1.5.3-3] U+FEFF is a character like another.
        ("30 06 0003 efbbbf 'x'", ""),
        ("30 04 0001 '/' 'x'", ""),
        ("82 08 0001 0003 '+/#' 02", "90 03 0001 02"),
    ];
    let mut stage = Stage::new(Broker::new(quiet()), Split::Whole);
    for (packet, answer) in table {
        stage.enters("a");
        stage.sends("a", packet);
        stage.gets("a", answer);
        stage.is_open("a");
    }
}

#[test]
fn the_table_is_long_enough() {
    assert!(STRANGERS.len() + CLIENTS.len() >= 100);
    assert_eq!(bytes("10 'ab' 00"), [0x10, b'a', b'b', 0]);
}

/// Failing inputs are printed, not kept in a file.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

/// Good packets of a client's, to be damaged.
const GOOD: &[&str] = &[
    "30 06 0003 'a/b' 'x'",
    "32 08 0003 'a/b' 0001 'x'",
    "34 08 0003 'a/b' 0002 'x'",
    "62 02 0002",
    "40 02 0001",
    "50 02 0001",
    "70 02 0001",
    "82 08 0003 0003 'a/#' 02",
    "82 06 0004 0001 '#' 00",
    "a2 07 0005 0003 'a/#'",
    "c0 00",
    "31 06 0003 'a/b' 'y'",
];

proptest! {
    #![proptest_config(config())]

    /// Whatever a client sends, in whatever pieces, before CONNECT and after: nothing panics, and
    /// nobody else notices.
    #[test]
    fn arbitrary_bytes_harm_nobody(
        let_in in any::<bool>(),
        packets in prop::collection::vec(prop::sample::select(GOOD), 0..12),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        rubbish in prop::collection::vec(any::<u8>(), 0..40),
        piece in 1..60_usize,
    ) {
        let mut stage = Stage::new(Broker::new(quiet()), Split::Whole);
        stage.enters("witness");
        stage.sends("witness", "82 06 0001 0001 'w' 01");
        stage.gets("witness", "90 03 0001 01");
        if let_in {
            stage.enters("a");
        } else {
            stage.open("a");
        }
        let mut stream: Vec<u8> = packets.iter().flat_map(|packet| bytes(packet)).collect();
        for (place, byte) in damage {
            if !stream.is_empty() {
                let place = place.index(stream.len());
                stream[place] = byte;
            }
        }
        stream.extend_from_slice(&rubbish);
        for piece in stream.chunks(piece) {
            stage.sends_bytes("a", piece);
        }
        stage.kill("a");
        stage.sends("witness", "32 06 0001 'w' 0007 'x'");
        stage.gets("witness", "40 02 0007 32 06 0001 'w' 0001 'x'");
    }
}
