//! Faults of a ZMTP socket that `wirelab test zmtp` must see.
//!
//! It knows greetings and frames, as far as a fault needs them.

use super::check_faults::{Fault, Goes, Unit, is_red};
use super::common::Outcome;
use std::io::{Read, Write};
use std::net::TcpListener;

const REP: &[&str] = &["zmq", "rep", "-m", "World", "--bind", "tcp://127.0.0.1:*"];
const PUSH: &[&str] =
    &["zmq", "push", "-m", "1", "-n", "1000000", "-i", "0.02", "--bind", "tcp://127.0.0.1:*"];
const PUB: &[&str] = &[
    "zmq",
    "pub",
    "-t",
    "WAKTU",
    "-m",
    "now",
    "-n",
    "1000000",
    "-i",
    "0.05",
    "--multipart",
    "/",
    "--bind",
    "tcp://127.0.0.1:*",
];
const SUB: &[&str] = &["zmq", "sub", "--topic", "WAKTU", "--bind", "tcp://127.0.0.1:*"];
const PLAIN: &[&str] = &[
    "zmq",
    "rep",
    "-m",
    "World",
    "--as-server",
    "--username",
    "u",
    "--password",
    "p",
    "--bind",
    "tcp://127.0.0.1:*",
];

const fn fault(
    server: &'static [&'static str],
    case: (&'static str, &'static str),
    spoil: fn(Unit) -> Goes,
) -> Fault {
    Fault { server, arguments: &[], case, spoil }
}

/// It keeps silent instead.
fn silence() -> Goes {
    Goes::On(Vec::new())
}

/// Frames of messages that the socket sends.
fn is_message(unit: &Unit) -> bool {
    !unit.asks && unit.number > 1 && unit.octets[0] & 4 == 0
}

pub const HANDSHAKES: &[Fault] = &[
    fault(REP, ("ZMTP-3.0-null-07", "its READY is the name and properties"), |mut unit| {
        if !unit.asks && unit.number == 1 {
            unit.octets[1] += 5;
            unit.octets.extend_from_slice(b"\0\0\0\0\0");
        }
        unit.whole()
    }),
    fault(REP, ("ZMTP-3.0-mech-06", "two connections are greeted"), |mut unit| {
        if !unit.asks && unit.number == 0 && unit.connection % 2 == 0 {
            unit.octets[16] = b'2';
        }
        unit.whole()
    }),
    fault(REP, ("ZMTP-3.0-meta-10", "an Identity of 255 octets"), |unit| {
        if unit.contains(b"Identity") { Goes::End } else { unit.whole() }
    }),
    fault(REP, ("ZMTP-3.1-meta-03", "a Resource is accepted"), |unit| {
        if unit.contains(b"Resource") { Goes::End } else { unit.whole() }
    }),
    fault(REP, ("ZMTP-3.0-null-10", "a value of a thousand octets"), |unit| {
        if unit.contains(&[0; 100]) { Goes::End } else { unit.whole() }
    }),
    fault(REP, ("ZMTP-3.0-meta-07", "each type that fits"), |unit| {
        if unit.contains(b"DEALER") { Goes::End } else { unit.whole() }
    }),
    fault(PLAIN, ("PLAIN-02", "PLAIN: the server says"), |mut unit| {
        if !unit.asks && unit.number == 0 {
            unit.octets[32] = 0;
        }
        unit.whole()
    }),
    fault(PLAIN, ("ZMTP-3.0-null-13", "PLAIN: an ERROR is that name"), |unit| {
        // As libzmq has it.
        if unit.contains(b"\x05ERROR") {
            return Goes::On(b"\x04\x0a\x5eRROR\x03400".to_vec());
        }
        unit.whole()
    }),
    fault(PLAIN, ("PLAIN-03", "PLAIN: a HELLO whose password is cut short"), |unit| {
        if unit.contains(b"\x09pass") { Goes::On(good_hello()) } else { unit.whole() }
    }),
    Fault {
        server: PLAIN,
        arguments: &["--username", "u", "--password", "other"],
        case: ("PLAIN-04", "PLAIN: HELLO, WELCOME, INITIATE, READY"),
        spoil: Unit::whole,
    },
    fault(PLAIN, ("PLAIN-04", "PLAIN: another password"), |unit| {
        if unit.contains(b"HELLO") { silence() } else { unit.whole() }
    }),
];

fn good_hello() -> Vec<u8> {
    b"\x04\x0a\x05HELLO\x01u\x01p".to_vec()
}

pub const MESSAGES: &[Fault] = &[
    fault(REP, ("ZMTP-3.0-frame-04", "in what it sends no reserved bit"), |mut unit| {
        if is_message(&unit) {
            unit.octets[0] |= 0x80;
        }
        unit.whole()
    }),
    fault(REP, ("ZMTP-3.0-frame-09", "its commands have names"), |unit| {
        unit.with(b"\x04PONG", b"\x04\0\0\0\0")
    }),
    fault(REP, ("ZMTP-3.0-frame-02", "REP: addresses of 1, 254"), |mut unit| {
        if is_message(&unit) && unit.octets[0] & 2 != 0 {
            unit.octets[20] = b'?';
        }
        unit.whole()
    }),
    fault(REP, ("ZMTP-3.0-frame-12", "a small message in a long frame"), |unit| {
        if unit.asks && unit.octets[0] & 2 != 0 { Goes::End } else { unit.whole() }
    }),
    fault(REP, ("ZMTP-3.1-ping-02", "ten PINGs at once"), |unit| {
        if unit.octets.ends_with(b"PONG5") { silence() } else { unit.whole() }
    }),
    fault(REP, ("ZMTP-3.1-ping-02", "a PING without a context"), |mut unit| {
        if unit.octets.ends_with(b"PONG") {
            unit.octets[1] += 1;
            unit.octets.push(b'?');
        }
        unit.whole()
    }),
    fault(REP, ("ZMTP-3.1-ping-07", "a PING's TTL is waited for"), |unit| {
        if unit.contains(b"PING\0\x0a") { Goes::End } else { unit.whole() }
    }),
    fault(REP, ("REP-in-02", "REP: ten address frames"), |unit| {
        if is_message(&unit) && unit.octets == b"\x01\x014" { silence() } else { unit.whole() }
    }),
    fault(REP, ("REP-fmt-01", "REP: a request without address frames"), |unit| {
        if is_message(&unit) && unit.octets == b"\x01\0" { silence() } else { unit.whole() }
    }),
    fault(REP, ("REP-in-01", "REP: whoever asks much"), |unit| {
        if is_message(&unit) && unit.contains(b"other") { silence() } else { unit.whole() }
    }),
    fault(PUSH, ("PUSH-out-02", "PUSH, DEALER: two peers"), |unit| {
        if is_message(&unit) && unit.connection % 2 == 0 { silence() } else { unit.whole() }
    }),
];

pub const PUBLISHING: &[Fault] = &[
    fault(PUB, ("PUB-sub-01", "PUB: the message 00 ends"), |unit| {
        if unit.asks && unit.octets == b"\0\x01\0" { silence() } else { unit.whole() }
    }),
    fault(PUB, ("PUB-sub-01", "PUB: the command CANCEL ends"), |unit| {
        if unit.contains(b"CANCEL") { silence() } else { unit.whole() }
    }),
    fault(PUB, ("ZMTP-3.0-pubsub-07", "PUB: of 01 twice"), |unit| {
        if unit.asks && unit.number == 3 { silence() } else { unit.whole() }
    }),
    fault(PUB, ("ZMTP-3.1-sub-05", "PUB: of SUBSCRIBE twice"), |unit| {
        if unit.asks && unit.number == 3 { silence() } else { unit.whole() }
    }),
    fault(PUB, ("ZMTP-3.0-pubsub-06", "PUB: a message comes once"), |unit| {
        // The one with two subscriptions is the second of its case.
        if is_message(&unit) && unit.connection % 2 == 1 && unit.octets[0] & 1 == 0 {
            return Goes::On([&unit.octets[..], b"\x01\x05WAKTU", &unit.octets].concat());
        }
        unit.whole()
    }),
    fault(PUB, ("PUB-out-04", "PUB: a subscription that is longer"), |unit| {
        if unit.contains(b"\0wirelab") { Goes::On(b"\0\x01\x01".to_vec()) } else { unit.whole() }
    }),
    fault(PUB, ("PUB-out-04", "PUB: no frame but the first"), |unit| {
        if unit.octets.ends_with(b"\x01now") {
            Goes::On(b"\0\x01\x01".to_vec())
        } else {
            unit.whole()
        }
    }),
    fault(PUB, ("ZMTP-3.0-greeting-11", "PUB: a peer of 3.0"), |unit| {
        if unit.asks && unit.number == 0 && unit.octets[11] == 0 { Goes::End } else { unit.whole() }
    }),
    fault(SUB, ("ZMTP-3.1-sub-06", "SUB: to a peer of 3.0"), |mut unit| {
        if unit.asks && unit.number == 0 {
            unit.octets[11] = 1;
        }
        unit.whole()
    }),
];

/// A socket that says what opens a connection, and then nothing, whatever it is told.
pub fn deaf() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut hello = [0; 64];
                (hello[0], hello[9], hello[10], hello[11]) = (0xff, 0x7f, 3, 1);
                hello[12..16].copy_from_slice(b"NULL");
                let ready = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REP";
                let _ = client.write_all(&hello).and_then(|()| client.write_all(ready));
                while let Ok(1..) = client.read(&mut hello) {}
            });
        }
    });
    for case in [
        ("ZMTP-3.0-greeting-13", "a peer of 2.0"),
        ("ZMTP-3.0-greeting-13", "a peer of 1.0"),
        ("ZMTP-3.0-meta-07", "each type that does not fit"),
        ("ZMTP-3.0-meta-06", "a type that there is not"),
        ("ZMTP-3.0-null-12", "greeting and READY may come in one piece"),
        ("ZMTP-3.0-null-08", "an empty property name"),
        ("ZMTP-3.0-null-11", "properties that are cut short"),
        ("ZMTP-3.0-frame-09", "a command without a name"),
        ("ZMTP-3.0-null-02", "another command in the READY's place"),
        ("ZMTP-3.0-null-02", "a peer that leaves before its READY"),
        ("ZMTP-3.0-frame-11", "a message that is cut off"),
    ] {
        is_red(&["zmtp", &addr], case)?;
    }
    Ok(())
}
