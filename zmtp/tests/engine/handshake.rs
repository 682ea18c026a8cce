//! Greeting, NULL, PLAIN, and how a handshake fails.

use std::time::Duration;
use wirelab_zmtp::mechanism::Mechanism;
use wirelab_zmtp::sockets::{Pub, Pull, Push, Rep, Req, Sub};
use wirelab_zmtp::{Error, Options};

use crate::stage::{Split, Stage, bytes, greeting, play, ready, with_properties};

fn plain_server() -> Options {
    let mechanism = Mechanism::plain_server("admin", "secret");
    Options { mechanism, ..Options::default() }
}

fn plain_client() -> Options {
    let mechanism = Mechanism::plain_client("admin", "secret").unwrap();
    Options { mechanism, ..Options::default() }
}

/// [ZMTP-3.0-greeting-01] [ZMTP-3.0-greeting-02] [ZMTP-3.0-greeting-04] [ZMTP-3.0-greeting-05]
/// [ZMTP-3.0-greeting-07] [ZMTP-3.0-greeting-08] [ZMTP-3.0-greeting-14] [ZMTP-3.0-greeting-15]
/// [ZMTP-3.0-mech-02] [ZMTP-3.0-mech-04] [ZMTP-3.0-null-06] [ZMTP-3.1-version-01]
#[test]
fn the_whole_greeting_is_sent_at_once() {
    let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
    stage.opens("a");
    let filler = "00".repeat(31);
    let zeros = "00".repeat(16);
    stage.gets("a", &format!("ff 0000000000000000 7f 03 01 'NULL' {zeros} 00 {filler}"));
}

/// [ZMTP-3.0-greeting-03] [ZMTP-3.0-greeting-11]
#[test]
fn a_peer_of_zmtp_3_0_says_so() {
    let options = Options { zmtp_3_0: true, ..Options::default() };
    let mut stage = Stage::<Pull>::new(options, Split::Whole);
    stage.opens("a");
    stage.gets_bytes("a", &greeting(0, "NULL", 0));
}

/// [ZMTP-3.0-null-02] [ZMTP-3.0-null-07] [ZMTP-3.0-null-11] [ZMTP-3.0-null-12]
/// [ZMTP-3.1-null-01] [ZMTP-3.1-null-02] [ZMTP-3.1-null-04] [ZMTP-3.0-wire-04]
/// [ZMTP-3.0-meta-03] [ZMTP-3.0-meta-04] [ZMTP-3.0-meta-06] [ZMTP-3.0-mech-07]
#[test]
fn ready_comes_before_the_peers() {
    fn check<P: wirelab_zmtp::sockets::Pattern + Default>(text: &str) {
        play::<P>(&Options::default(), |stage| {
            stage.opens("a");
            stage.heard("a");
            stage.sends_bytes("a", &greeting(1, "NULL", 0));
            stage.gets("a", text);
        });
    }
    check::<Rep>("04 19 05 'READY' 0b 'Socket-Type' 00000003 'REP'");
    check::<Req>("04 26 05 'READY' 0b 'Socket-Type' 00000003 'REQ' 08 'Identity' 00000000");
    check::<Push>("04 1a 05 'READY' 0b 'Socket-Type' 00000004 'PUSH'");
    check::<Pull>("04 1a 05 'READY' 0b 'Socket-Type' 00000004 'PULL'");
    check::<Pub>("04 19 05 'READY' 0b 'Socket-Type' 00000003 'PUB'");
    check::<Sub>("04 19 05 'READY' 0b 'Socket-Type' 00000003 'SUB'");
}

/// [ZMTP-3.0-greeting-09] [ZMTP-3.0-greeting-10] [ZMTP-3.0-greeting-11] [ZMTP-3.0-mech-01]
/// [ZMTP-3.1-version-02]
#[test]
fn greetings_that_are_good() {
    let good = |at: usize, octet: u8| {
        let mut octets = greeting(1, "NULL", 0);
        octets[at] = octet;
        octets
    };
    let greetings = [
        greeting(0, "NULL", 0),
        greeting(9, "NULL", 0),
        good(10, 4),
        good(10, 255),
        good(1, 1),
        good(8, 5),
        // Without roles, as-server means nothing; nor does the filler.
        good(32, 1),
        good(32, 7),
        good(33, 1),
        good(63, 0xff),
    ];
    for octets in greetings {
        play::<Pull>(&Options::default(), |stage| {
            stage.opens("a");
            stage.sends_bytes("a", &octets);
            stage.sends_bytes("a", &ready("PUSH"));
            stage.sends("a", "00 01 'x'");
            let got = stage.user(Pull::recv).expect("a message");
            assert_eq!(got.first(), "x");
        });
    }
}

/// [ZMTP-3.0-null-03] [ZMTP-3.0-null-09] [ZMTP-3.0-null-10] [ZMTP-3.0-meta-02]
/// [ZMTP-3.0-meta-05] [ZMTP-3.0-meta-09] [ZMTP-3.0-meta-11] [ZMTP-3.1-meta-03]
/// [ZMTP-3.1-null-03]
#[test]
fn metadata_that_are_good() {
    let long = "v".repeat(100);
    let property_lists: [&[(&str, &str)]; 7] = [
        &[("Socket-Type", "PUSH")],
        &[("socket-type", "PUSH")],
        &[("SOCKET-TYPE", "PUSH"), ("Identity", "")],
        &[("X-Anything", "at all"), ("Socket-Type", "PUSH"), ("Resource", "a/b")],
        &[("Identity", "who"), ("Socket-Type", "PUSH"), ("Later.v9_+", &long)],
        // It should say what it is, and need not.
        &[],
        &[("Socket-Type", "PUSH"), ("Socket-Type", "PULL")],
    ];
    for properties in property_lists {
        play::<Pull>(&Options::default(), |stage| {
            stage.opens("a");
            stage.sends_bytes("a", &greeting(1, "NULL", 0));
            stage.sends_bytes("a", &with_properties("READY", properties));
            stage.sends("a", "00 01 'x'");
            assert!(stage.user(Pull::recv).is_some(), "{properties:?}");
        });
    }
}

/// [ZMTP-3.0-meta-07] [ZMTP-3.0-meta-08] [ZMTP-3.0-null-04] [ZMTP-3.0-null-13]
#[test]
fn peers_that_do_not_fit_are_told_and_closed() {
    fn check<P: wirelab_zmtp::sockets::Pattern + Default>(good: &[&str]) {
        let all = wirelab_zmtp::SocketType::ALL.map(wirelab_zmtp::SocketType::as_str);
        for name in all.into_iter().chain(["", "pull", "CLIENT", "PULLX"]) {
            let mut stage = Stage::<P>::new(Options::default(), Split::Whole);
            stage.opens("a");
            stage.sends_bytes("a", &greeting(1, "NULL", 0));
            stage.heard("a");
            stage.sends_bytes("a", &ready(name));
            if good.contains(&name) {
                stage.is_open("a");
                continue;
            }
            let heard = stage.heard("a");
            let reason = &heard[9..];
            assert_eq!(&heard[..2], [4, heard.len() as u8 - 2], "{name}");
            assert_eq!(&heard[2..9], [b"\x05ERROR", &[reason.len() as u8][..]].concat(), "{name}");
            assert!(reason.iter().all(u8::is_ascii_graphic), "visible characters");
            stage.is_closed("a");
            assert!(matches!(stage.errors()[..], [Error::Refused { .. }]), "{name}");
        }
    }
    check::<Req>(&["REP", "ROUTER"]);
    check::<Rep>(&["REQ", "DEALER"]);
    check::<Push>(&["PULL"]);
    check::<Pull>(&["PUSH"]);
    check::<Pub>(&["SUB", "XSUB"]);
    check::<Sub>(&["PUB", "XPUB"]);
}

/// [ZMTP-3.0-null-09] [ZMTP-3.0-meta-02] Whatever the case, it is read: a type that does not fit
/// is refused.
#[test]
fn names_of_properties_have_no_case() {
    for name in ["Socket-Type", "socket-type", "SOCKET-TYPE", "sOCKET-tYPE"] {
        let mut stage = Stage::<Pull>::new(Options::default(), Split::Whole);
        stage.opens("a");
        stage.sends_bytes("a", &greeting(1, "NULL", 0));
        stage.sends_bytes("a", &with_properties("READY", &[(name, "PULL")]));
        stage.is_closed("a");
        assert!(matches!(stage.errors()[..], [Error::Refused { .. }]), "{name}");
    }
}

/// [PLAIN-02] [PLAIN-03] [PLAIN-04] [PLAIN-05] [PLAIN-06] [PLAIN-08] [PLAIN-09]
/// [ZMTP-3.0-mech-10]
#[test]
fn plain_as_a_server() {
    play::<Pull>(&plain_server(), |stage| {
        stage.opens("a");
        stage.gets_bytes("a", &greeting(1, "PLAIN", 1));
        stage.sends_bytes("a", &greeting(1, "PLAIN", 0));
        stage.gets("a", "");
        stage.sends("a", "04 13 05 'HELLO' 05 'admin' 06 'secret'");
        stage.gets("a", "04 08 07 'WELCOME'");
        stage.sends("a", "04 1d 08 'INITIATE' 0b 'Socket-Type' 00000004 'PUSH'");
        stage.gets("a", "04 1a 05 'READY' 0b 'Socket-Type' 00000004 'PULL'");
        stage.sends("a", "00 02 'hi'");
        assert_eq!(stage.user(Pull::recv).unwrap().first(), "hi");
    });
}

/// [PLAIN-04] The answer does not tell what was wrong.
#[test]
fn plain_with_a_wrong_user_or_password() {
    for hello in [
        "04 13 05 'HELLO' 05 'admin' 06 'secreT'",
        "04 13 05 'HELLO' 05 'Admin' 06 'secret'",
        "04 0d 05 'HELLO' 05 'admin' 00",
        "04 08 05 'HELLO' 00 00",
        "04 14 05 'HELLO' 05 'admin' 07 'secrets'",
    ] {
        play::<Pull>(&plain_server(), |stage| {
            stage.opens("a");
            stage.sends_bytes("a", &greeting(1, "PLAIN", 0));
            stage.heard("a");
            stage.sends("a", hello);
            stage.gets("a", "04 0a 05 'ERROR' 03 '400'");
            stage.is_closed("a");
        });
    }
}

/// [PLAIN-06] Who comes in as what we cannot talk to gets ERROR instead of READY.
#[test]
fn plain_with_a_socket_that_does_not_fit() {
    let mut stage = Stage::<Pull>::new(plain_server(), Split::Whole);
    stage.opens("a");
    stage.sends_bytes("a", &greeting(1, "PLAIN", 0));
    stage.sends("a", "04 13 05 'HELLO' 05 'admin' 06 'secret'");
    stage.heard("a");
    stage.sends_bytes("a", &with_properties("INITIATE", &[("Socket-Type", "PULL")]));
    stage.gets("a", "04 1f 05 'ERROR' 18 'Incompatible-Socket-Type'");
    stage.is_closed("a");
}

/// [PLAIN-02] [PLAIN-03] [PLAIN-05] [PLAIN-07]
#[test]
fn plain_as_a_client() {
    play::<Push>(&plain_client(), |stage| {
        stage.listens("a");
        stage.connects();
        // What waits, waits for the server's READY.
        assert!(stage.user(|push, pipes, io| push.send(pipes, io, &"hi".into())));
        stage.gets_bytes("a", &greeting(1, "PLAIN", 0));
        stage.sends_bytes("a", &greeting(1, "PLAIN", 1));
        stage.gets("a", "04 13 05 'HELLO' 05 'admin' 06 'secret'");
        stage.sends("a", "04 08 07 'WELCOME'");
        stage.gets("a", "04 1d 08 'INITIATE' 0b 'Socket-Type' 00000004 'PUSH'");
        stage.sends_bytes("a", &ready("PULL"));
        stage.gets("a", "00 02 'hi'");
    });
}

/// [ZMTP-3.0-error-01] [ZMTP-3.0-error-02] An ERROR is the end: the same would be refused again.
#[test]
fn after_error_it_is_not_tried_again() {
    play::<Push>(&plain_client(), |stage| {
        stage.listens("a");
        stage.connects();
        stage.sends_bytes("a", &greeting(1, "PLAIN", 1));
        stage.sends("a", "04 0a 05 'ERROR' 03 'No!'");
        stage.is_closed("a");
        stage.run(Duration::from_secs(60));
        assert_eq!(stage.peer("a").service.opened, 1);
        let errors = stage.errors();
        let reason = "No!".to_owned();
        assert_eq!(errors, [Error::RefusedByPeer { reason }]);
        assert!(!stage.user(|push, pipes, io| push.send(pipes, io, &"x".into())));
    });
}

/// [ZMTP-3.0-error-04] [ZMTP-3.0-error-05] [ZMTP-3.0-error-06] [ZMTP-3.0-sock-02]
/// [ZMTP-3.0-sock-03] A close is taken for a passing trouble; the waits grow.
#[test]
fn after_a_close_it_is_tried_again() {
    let mut stage = Stage::<Push>::new(Options::default(), Split::Whole);
    stage.listens("a");
    stage.connects();
    for opened in 1..4 {
        assert_eq!(stage.peer("a").service.opened, opened);
        stage.greets("a", 1, "PULL");
        stage.leaves("a");
        stage.run(Duration::from_millis(500));
    }
    // Nobody is there any more.
    stage.dies("a");
    stage.run(Duration::from_secs(60));
    let retries = stage.events().into_iter().filter_map(|event| match event {
        wirelab_zmtp::engine::SocketEvent::Retrying { wait, .. } => Some(wait),
        _ => None,
    });
    let waits: Vec<_> = retries.collect();
    let longest = Options::default().reconnect_longest;
    assert!(waits.len() < 100, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= longest));
    assert!(*waits.last().unwrap() >= longest / 2, "it has grown: {waits:?}");
    // And there again.
    stage.listens("a");
    stage.run(longest * 2);
    stage.greets("a", 1, "PULL");
    assert!(stage.user(|push, pipes, io| push.send(pipes, io, &"x".into())));
    stage.gets("a", "00 01 'x'");
}

/// [ZMTP-3.0-sec-02] Whoever says nothing, or half of it, does not stay.
#[test]
fn a_handshake_takes_no_longer_than_it_may() {
    let handshake_timeout = Duration::from_secs(2);
    let options = Options { handshake_timeout, ..Options::default() };
    let mut stage = Stage::<Pull>::new(options, Split::Whole);
    for said in ["", "ff 00 00", "the greeting"] {
        stage.opens("a");
        if said == "the greeting" {
            stage.sends_bytes("a", &greeting(1, "NULL", 0));
        } else {
            stage.sends_bytes("a", &bytes(said));
        }
        stage.run(Duration::from_millis(1800));
        stage.is_open("a");
        stage.is_closed("a");
        assert_eq!(stage.errors(), [Error::Silent { what: "READY" }], "{said}");
    }
    // Who is through stays.
    stage.enters("b", "PUSH");
    stage.run(Duration::from_secs(60));
    stage.is_open("b");
}

/// [ZMTP-3.0-sec-02]
#[test]
fn only_so_many_handshakes_at_once() {
    let options = Options { handshakes_max: 2, ..Options::default() };
    let mut stage = Stage::<Pull>::new(options, Split::Whole);
    stage.enters("inside", "PUSH");
    stage.opens("a");
    stage.opens("b");
    stage.opens("c");
    stage.is_closed("c");
    stage.is_open("a");
    // One that comes through makes room, and so does one that goes.
    stage.greets("a", 1, "PUSH");
    stage.leaves("b");
    stage.opens("d");
    stage.opens("e");
    stage.is_open("d");
    stage.is_open("e");
}

/// [ZMTP-3.0-greeting-12] [ZMTP-3.0-greeting-13] [ZMTP-3.0-compat-01] [ZMTP-3.0-compat-02]
/// [ZMTP-3.0-compat-04] [ZMTP-3.0-sec-01] Older peers are refused, and it is said what they are.
#[test]
fn older_peers_are_refused() {
    for (octets, says) in [
        ("01 00", "ZMTP 1.0"),
        ("05 00 'abcd'", "ZMTP 1.0"),
        ("ff 0000000000000005 00", "ZMTP 1.0"),
        ("ff 0000000000000001 7f 00", "ZMTP 2.0"),
        ("ff 0000000000000001 7f 01 05", "ZMTP 2.0"),
        ("ff 0000000000000001 7f 02", "ZMTP 2.0"),
    ] {
        play::<Pull>(&Options::default(), |stage| {
            stage.opens("a");
            stage.sends("a", octets);
            stage.is_closed("a");
            let errors = stage.errors();
            let [error @ Error::Version { .. }] = &errors[..] else { panic!("{errors:?}") };
            assert!(error.to_string().contains(says), "{error}");
        });
    }
}

/// [ZMTP-3.0-meta-10] [ZMTP-3.1-meta-01]
#[test]
fn an_identity_that_cannot_be_said() {
    let engine = |identity: Vec<u8>| {
        let options = Options { identity: identity.into(), ..Options::default() };
        wirelab_zmtp::engine::Engine::new(Req::default(), options)
    };
    assert!(engine(vec![1; 255]).is_ok());
    assert!(engine(vec![1; 256]).is_err());
    assert!(engine(vec![0, 1]).is_err());
    let identity = bytes("'me'").into();
    let options = Options { identity, ..Options::default() };
    let mut stage = Stage::<Req>::new(options, Split::Whole);
    stage.opens("a");
    stage.heard("a");
    stage.sends_bytes("a", &greeting(1, "NULL", 0));
    let said = [("Socket-Type", "REQ"), ("Identity", "me")];
    stage.gets_bytes("a", &with_properties("READY", &said));
}

/// [ZMTP-3.0-mech-06] The same greeting to whoever comes, and to whom we come.
#[test]
fn a_socket_has_one_mechanism() {
    let mut stage = Stage::<Pull>::new(plain_server(), Split::Whole);
    stage.listens("b");
    stage.connects();
    stage.opens("a");
    for who in ["a", "b"] {
        stage.gets_bytes(who, &greeting(1, "PLAIN", 1));
        stage.sends_bytes(who, &greeting(1, "NULL", 0));
        stage.run(Duration::from_millis(20));
        assert!(matches!(stage.errors()[..], [Error::Mechanism { .. }]));
    }
}
