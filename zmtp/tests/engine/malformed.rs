//! What peers must not send, as a table: the clause, the bytes. Each costs its sender the
//! connection, and nobody else theirs.

use proptest::prelude::*;
use wirelab_zmtp::limits::{FRAMES_MAX, PROPERTIES_MAX};
use wirelab_zmtp::mechanism::Mechanism;
use wirelab_zmtp::sockets::{Pub, Pull, Rep};
use wirelab_zmtp::{Error, Options};

use crate::stage::{Split, Stage, bytes, greeting, ready};

/// Instead of a greeting.
const GREETINGS: &[(&str, &str)] = &[
    ("[ZMTP-3.0-greeting-13]", "00"),
    ("[ZMTP-3.0-greeting-13]", "fe"),
    ("[ZMTP-3.0-greeting-13]", "'GET / HTTP/1.1' 0d0a"),
    ("[ZMTP-3.0-greeting-13]", "'SSH-2.0-x' 0d0a"),
    ("[ZMTP-3.0-greeting-13]", "16 03 01 0200"),
    ("[ZMTP-3.0-greeting-13]", "10 0c 0004 'MQTT'"),
    ("[ZMTP-3.0-greeting-02]", "ff 0000000000000000 ff"),
    ("[ZMTP-3.0-greeting-02]", "ff 0000000000000000 01"),
    ("[ZMTP-3.0-greeting-13]", "ff 0000000000000000 7e"),
    ("[ZMTP-3.0-greeting-13]", "01 00"),
    ("[ZMTP-3.0-greeting-13]", "ff 0000000000000001 7f 00"),
    ("[ZMTP-3.0-greeting-13]", "ff 0000000000000001 7f 01"),
    ("[ZMTP-3.0-greeting-13]", "ff 0000000000000001 7f 02"),
];

/// Instead of the mechanism's 20 octets; the rest of the greeting is good.
const MECHANISMS: &[(&str, &str)] = &[
    ("[ZMTP-3.0-mech-05]", "'PLAIN'"),
    ("[ZMTP-3.0-mech-05]", "'CURVE'"),
    ("[ZMTP-3.0-mech-05]", "'NUL'"),
    ("[ZMTP-3.0-mech-05]", "'NULLX'"),
    ("[ZMTP-3.0-mech-05]", "'ABCDEFGHIJKLMNOPQRST'"),
    ("[ZMTP-3.0-mech-05]", "'X-Y_Z0'"),
    ("[ZMTP-3.0-mech-03]", ""),
    ("[ZMTP-3.0-mech-03]", "'null'"),
    ("[ZMTP-3.0-mech-03]", "'Null'"),
    ("[ZMTP-3.0-mech-03]", "'NULL '"),
    ("[ZMTP-3.0-mech-03]", "'NU LL'"),
    ("[ZMTP-3.0-mech-03]", "'-NULL'"),
    ("[ZMTP-3.0-mech-03]", "'NULL-'"),
    ("[ZMTP-3.0-mech-03]", "'_NULL'"),
    ("[ZMTP-3.0-mech-03]", "ff ff"),
    ("[ZMTP-3.0-mech-04]", "'NULL' 00 'X'"),
    ("[ZMTP-3.0-mech-04]", "'NULL' 00 00 00 00 01"),
];

/// Instead of READY, after a good greeting.
const HANDSHAKES: &[(&str, &str)] = &[
    // A message before the handshake is done.
    ("[ZMTP-3.0-null-02]", "00 05 'Hello'"),
    ("[ZMTP-3.0-null-02]", "00 00"),
    ("[ZMTP-3.0-null-02]", "01 01 'x'"),
    ("[ZMTP-3.0-null-02]", "02 0000000000000001 'x'"),
    // Another command.
    ("[ZMTP-3.0-null-02]", "04 08 05 'HELLO' 00 00"),
    ("[ZMTP-3.0-null-02]", "04 07 04 'PING' 0000"),
    ("[ZMTP-3.0-null-02]", "04 0b 09 'SUBSCRIBE' 'x'"),
    ("[ZMTP-3.0-null-02]", "04 08 07 'WELCOME'"),
    ("[ZMTP-3.0-null-02]", "04 09 08 'INITIATE'"),
    ("[ZMTP-3.0-null-02]", "04 06 05 'OTHER'"),
    // Flags.
    ("[ZMTP-3.0-frame-08]", "05 06 05 'READY'"),
    ("[ZMTP-3.0-frame-08]", "07 0000000000000006 05 'READY'"),
    ("[ZMTP-3.0-frame-04]", "08 06 05 'READY'"),
    ("[ZMTP-3.0-frame-04]", "0c 06 05 'READY'"),
    ("[ZMTP-3.0-frame-04]", "14 06 05 'READY'"),
    ("[ZMTP-3.0-frame-04]", "84 06 05 'READY'"),
    ("[ZMTP-3.0-frame-04]", "ff 00"),
    // Sizes.
    ("[ZMTP-3.0-frame-03]", "06 80"),
    ("[ZMTP-3.0-frame-03]", "06 ffffffffffffffff"),
    ("", "06 7fffffffffffffff"),
    ("", "06 0000000000010001"),
    ("", "06 0000000100000000"),
    // Names.
    ("[ZMTP-3.0-frame-09]", "04 00"),
    ("[ZMTP-3.0-frame-09]", "04 01 00"),
    ("[ZMTP-3.0-frame-09]", "04 05 05 'READ'"),
    ("[ZMTP-3.0-frame-09]", "04 06 ff 'READY'"),
    ("[ZMTP-3.0-frame-09]", "04 06 05 'READ' 00"),
    ("[ZMTP-3.0-frame-09]", "04 06 05 'REA Y'"),
    ("[ZMTP-3.0-frame-09]", "04 06 05 'READ1'"),
    ("[ZMTP-3.0-null-02]", "04 06 05 'ready'"),
    ("[ZMTP-3.0-frame-09]", "04 09 'READY   ' 00"),
    // Properties.
    ("[ZMTP-3.0-null-08]", "04 07 05 'READY' 00"),
    ("[ZMTP-3.0-null-08]", "04 0b 05 'READY' 00 00000000"),
    ("[ZMTP-3.0-null-07]", "04 07 05 'READY' 01"),
    ("[ZMTP-3.0-null-07]", "04 08 05 'READY' 01 'a'"),
    ("[ZMTP-3.0-null-07]", "04 0b 05 'READY' 01 'a' 000000"),
    ("[ZMTP-3.0-null-07]", "04 0c 05 'READY' 01 'a' 00000001"),
    ("[ZMTP-3.0-null-07]", "04 0d 05 'READY' 01 'a' 00000002 'b'"),
    ("[ZMTP-3.0-null-07]", "04 0c 05 'READY' 01 'a' 7fffffff"),
    ("[ZMTP-3.0-null-10]", "04 0c 05 'READY' 01 'a' 80000000"),
    ("[ZMTP-3.0-null-10]", "04 0c 05 'READY' 01 'a' ffffffff"),
    ("[ZMTP-3.0-null-07]", "04 0c 05 'READY' 01 00 00000000"),
    ("[ZMTP-3.0-null-07]", "04 0c 05 'READY' 01 ' ' 00000000"),
    ("[ZMTP-3.0-null-07]", "04 0c 05 'READY' 01 e9 00000000"),
    // ERROR.
    ("[ZMTP-3.0-error-01]", "04 07 05 'ERROR' 00"),
    ("[ZMTP-3.0-error-01]", "04 09 05 'ERROR' 02 'no'"),
    ("[ZMTP-3.0-null-13]", "04 06 05 'ERROR'"),
    ("[ZMTP-3.0-null-13]", "04 08 05 'ERROR' 02 'n'"),
    ("[ZMTP-3.0-null-13]", "04 09 05 'ERROR' 01 'no'"),
];

/// After a good handshake.
const TRAFFIC: &[(&str, &str)] = &[
    ("[ZMTP-3.0-frame-04]", "08 01 'x'"),
    ("[ZMTP-3.0-frame-04]", "10 01 'x'"),
    ("[ZMTP-3.0-frame-04]", "20 01 'x'"),
    ("[ZMTP-3.0-frame-04]", "40 01 'x'"),
    ("[ZMTP-3.0-frame-04]", "80 01 'x'"),
    ("[ZMTP-3.0-frame-04]", "ff 01 'x'"),
    ("[ZMTP-3.0-frame-08]", "05 06 05 'OTHER'"),
    ("[ZMTP-3.0-frame-08]", "07 0000000000000006 05 'OTHER'"),
    ("[ZMTP-3.0-frame-03]", "02 80"),
    ("[ZMTP-3.0-frame-03]", "03 ffffffffffffffff"),
    ("", "02 7fffffffffffffff"),
    ("", "02 0000000010000001"),
    ("", "03 0000ffffffffffff"),
    ("", "06 0000000000010001"),
    ("[ZMTP-3.0-frame-09]", "04 00"),
    ("[ZMTP-3.0-frame-09]", "04 01 00"),
    ("[ZMTP-3.0-frame-09]", "04 02 05 'x'"),
    ("[ZMTP-3.0-frame-09]", "04 06 05 'OTH1R'"),
    ("[ZMTP-3.1-ping-01]", "04 05 04 'PING'"),
    ("[ZMTP-3.1-ping-01]", "04 06 04 'PING' 00"),
    ("[ZMTP-3.1-ping-03]", "04 18 04 'PING' 0000 '12345678901234567'"),
    ("[ZMTP-3.1-ping-03]", "04 16 04 'PONG' '12345678901234567'"),
    ("[ZMTP-3.0-null-02]", "04 06 05 'READY'"),
    ("[ZMTP-3.0-null-02]", "04 08 05 'HELLO' 00 00"),
    ("[ZMTP-3.0-null-02]", "04 08 07 'WELCOME'"),
    ("[ZMTP-3.0-null-02]", "04 09 08 'INITIATE'"),
    ("[ZMTP-3.0-error-01]", "04 07 05 'ERROR' 00"),
    ("[ZMTP-3.0-null-13]", "04 06 05 'ERROR'"),
    // Also in the middle of a message.
    ("[ZMTP-3.0-frame-04]", "01 01 'x' 08 01 'y'"),
    ("[ZMTP-3.0-null-02]", "01 01 'x' 04 06 05 'READY'"),
];

/// To a PLAIN server, after a good greeting.
const PLAIN: &[(&str, &str)] = &[
    ("[PLAIN-03]", "04 06 05 'READY'"),
    ("[PLAIN-03]", "04 09 08 'INITIATE'"),
    ("[PLAIN-03]", "04 08 07 'WELCOME'"),
    ("[PLAIN-03]", "04 06 05 'HELLO'"),
    ("[PLAIN-03]", "04 07 05 'HELLO' 00"),
    ("[PLAIN-03]", "04 08 05 'HELLO' 01 00"),
    ("[PLAIN-03]", "04 08 05 'HELLO' 00 01"),
    ("[PLAIN-03]", "04 09 05 'HELLO' 00 00 00"),
    ("[PLAIN-03]", "04 08 05 'HELLO' ff ff"),
    ("[ZMTP-3.0-null-02]", "00 01 'x'"),
    ("[PLAIN-05]", "04 08 05 'HELLO' 00 00 04 08 05 'HELLO' 00 00"),
    ("[PLAIN-05]", "04 08 05 'HELLO' 00 00 04 06 05 'READY'"),
    ("[ZMTP-3.0-null-02]", "04 08 05 'HELLO' 00 00 00 01 'x'"),
    ("[ZMTP-3.0-null-08]", "04 08 05 'HELLO' 00 00 04 0a 08 'INITIATE' 00"),
];

/// The witness is there before and after; the sinner is told nothing and closed, for this reason.
fn check(table: &[(&str, &str)], options: &Options, before: impl Fn(&mut Stage<Pull>)) {
    for split in [Split::Whole, Split::Everywhere] {
        for (clause, text) in table {
            let mut stage = Stage::<Pull>::new(options.clone(), split);
            before(&mut stage);
            stage.events();
            stage.sends("a", text);
            stage.is_closed("a");
            let errors = stage.errors();
            let found: Vec<_> = errors.iter().map(Error::clause).collect();
            assert_eq!(found, [*clause], "{text} {split:?} {errors:?}");
        }
    }
}

#[test]
fn greetings() {
    check(GREETINGS, &Options::default(), |stage| stage.opens("a"));
}

#[test]
fn mechanisms() {
    for (clause, text) in MECHANISMS {
        let mut octets = greeting(1, "", 0);
        let name = bytes(text);
        octets[12..12 + name.len()].copy_from_slice(&name);
        for split in [Split::Whole, Split::Everywhere] {
            let mut stage = Stage::<Pull>::new(Options::default(), split);
            stage.opens("a");
            stage.sends_bytes("a", &octets);
            stage.is_closed("a");
            let errors = stage.errors();
            assert_eq!(errors.iter().map(Error::clause).collect::<Vec<_>>(), [*clause], "{text}");
        }
    }
}

#[test]
fn handshakes() {
    check(HANDSHAKES, &Options::default(), |stage| {
        stage.opens("a");
        stage.sends_bytes("a", &greeting(1, "NULL", 0));
    });
}

/// [ZMTP-3.0-error-03] Without a word; and the others do not notice.
#[test]
fn traffic() {
    check(TRAFFIC, &Options::default(), |stage| stage.enters("a", "PUSH"));
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    stage.enters("witness", "PUSH");
    for (clause, text) in TRAFFIC {
        stage.enters("a", "PUSH");
        stage.sends("a", text);
        stage.gets("a", "");
        stage.is_closed("a");
        stage.sends("witness", "00 01 'w'");
        assert_eq!(stage.user(Pull::recv).unwrap().first(), "w", "{clause} {text}");
        assert_eq!(stage.user(Pull::recv), None, "no part of a message {clause} {text}");
    }
}

#[test]
fn plain() {
    let options = Options { mechanism: Mechanism::plain_server("", ""), ..Options::default() };
    check(PLAIN, &options, |stage| {
        stage.opens("a");
        stage.sends_bytes("a", &greeting(1, "PLAIN", 0));
    });
    for as_server in [1, 2, 255] {
        let mut stage = Stage::<Pull>::new(options.clone(), Split::Whole);
        stage.opens("a");
        stage.sends_bytes("a", &greeting(1, "PLAIN", as_server));
        stage.is_closed("a");
        let clause = if as_server == 1 { "[PLAIN-02]" } else { "[ZMTP-3.0-greeting-05]" };
        assert_eq!(stage.errors().iter().map(Error::clause).collect::<Vec<_>>(), [clause]);
    }
}

/// What is announced and does not come costs nothing: not even a gigabyte's room.
#[test]
fn a_message_over_the_limit_is_refused_at_its_header() {
    let options = Options { message_max: 10, ..Options::default() };
    for (text, is_good) in [
        ("00 0a '0123456789'", true),
        ("00 0b", false),
        ("02 000000000000000b", false),
        ("01 05 '01234' 01 05 '01234' 00 05 '01234'", false),
        ("01 05 '01234' 00 05 '01234'", true),
    ] {
        let mut stage = Stage::<Pull>::new(options.clone(), Split::Whole);
        stage.enters("a", "PUSH");
        stage.sends("a", text);
        if is_good {
            stage.is_open("a");
        } else {
            stage.is_closed("a");
            assert!(matches!(stage.errors()[..], [Error::TooLarge { .. }]), "{text}");
        }
    }
}

/// A number is not told as bytes: whoever reads it looks for the wrong thing.
#[test]
fn what_is_too_many_is_counted() {
    let mut many = vec![4 | 2];
    let body = [b"\x05READY".to_vec(), b"\x01X\0\0\0\0".repeat(PROPERTIES_MAX + 1)].concat();
    many.extend_from_slice(&(body.len() as u64).to_be_bytes());
    many.extend_from_slice(&body);
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    stage.opens("a");
    stage.sends_bytes("a", &greeting(1, "NULL", 0));
    stage.sends_bytes("a", &many);
    stage.is_closed("a");
    stage.enters("b", "PUSH");
    stage.sends_bytes("b", &b"\x01\0".repeat(FRAMES_MAX + 1));
    stage.is_closed("b");
    let says: Vec<String> = stage.errors().iter().map(Error::to_string).collect();
    assert_eq!(
        says,
        [
            "there are more than 256 properties in a command",
            "there are more than 65536 frames in a message"
        ]
    );
}

proptest! {
    // A failing case is printed, not written to a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, at whatever stage, nothing panics, and a witness is served.
    #[test]
    fn arbitrary_bytes(
        stage in 0..3_u8,
        noise in prop::collection::vec(prop_oneof![Just(0_u8), 0..8_u8, any::<u8>()], 0..200),
        cut in 1..50_usize,
    ) {
        fn run<P: wirelab_zmtp::sockets::Pattern + Default>(
            name: &str, stage: u8, noise: &[u8], cut: usize,
        ) {
            let mut play = Stage::<P>::new(Options::default(), Split::At(cut));
            play.enters("witness", name);
            play.opens("a");
            if stage > 0 {
                play.sends_bytes("a", &greeting(1, "NULL", 0));
            }
            if stage > 1 {
                play.sends_bytes("a", &ready(name));
            }
            play.sends_bytes("a", noise);
            play.heard("witness");
            play.sends("witness", "04 08 04 'PING' 0000 'x'");
            play.gets("witness", "04 06 04 'PONG' 'x'");
        }
        run::<Pull>("PUSH", stage, &noise, cut);
        run::<Pub>("SUB", stage, &noise, cut);
        run::<Rep>("DEALER", stage, &noise, cut);
    }
}
