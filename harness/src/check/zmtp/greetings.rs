//! The 64 octets that come first.
//!
//! It may name the cases' peer. It does not know what type of socket follows.

use std::time::{Duration, Instant};

use super::peer::{GREETING, Peer, fitting, mechanism_of, ready};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.0-greeting-02", "ZMTP-3.0-greeting-01"],
        name: "it begins with ff, eight octets, 7f",
        run: |desk| {
            let greeting = theirs(desk)?;
            if greeting[0] == 0xff && greeting[9] == 0x7f {
                return Ok(());
            }
            broken(format!("{:02x?}", &greeting[..10]))
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-03", "ZMTP-3.1-version-01"],
        name: "its version is 3.0 or 3.1",
        run: |desk| {
            let greeting = theirs(desk)?;
            let version = &greeting[10..12];
            if matches!(version, [3, 0 | 1]) { Ok(()) } else { broken(format!("{version:?}")) }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-mech-04", "ZMTP-3.0-mech-03"],
        name: "its mechanism is a name, padded with zeros",
        run: |desk| {
            let greeting = theirs(desk)?;
            let field = &greeting[12..32];
            let name = field.iter().position(|octet| *octet == 0).unwrap_or(20);
            let (name, padding) = field.split_at(name);
            let plain = |o: &u8| o.is_ascii_uppercase() || o.is_ascii_digit() || b"-_".contains(o);
            let good = !name.is_empty() && name.iter().all(plain);
            if good && padding.iter().all(|octet| *octet == 0) {
                return Ok(());
            }
            broken(format!("{field:02x?}"))
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-05", "ZMTP-3.0-null-06"],
        name: "with NULL, as-server is 0",
        run: |desk| {
            let greeting = theirs(desk)?;
            if mechanism_of(&greeting) != b"NULL" {
                return Err(Wrong::LeftOut("its mechanism is another".to_owned()));
            }
            if greeting[32] == 0 { Ok(()) } else { broken(format!("it is {}", greeting[32])) }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-04"],
        name: "its filler is zeros",
        run: |desk| {
            let greeting = theirs(desk)?;
            let filler = &greeting[33..];
            let zeros = filler.iter().all(|octet| *octet == 0);
            if zeros { Ok(()) } else { broken(format!("{filler:02x?}")) }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-06", "ZMTP-3.0-greeting-15"],
        name: "it begins before anything has come",
        run: |desk| {
            let mut peer = Peer::silent(desk)?;
            let deadline = Instant::now() + peer.talk.patience();
            while peer.talk.input.len() < 10 {
                peer.more(deadline, "the signature")?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-14"],
        name: "it is whole when ours is, octet by octet",
        run: |desk| {
            let greeting = ours(desk);
            let mut peer = Peer::silent(desk)?;
            for octet in greeting {
                peer.talk.send(&[octet]);
            }
            peer.greeting().map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-09"],
        name: "our padding means nothing",
        run: |desk| {
            let mut greeting = GREETING;
            greeting[1..9].copy_from_slice(b"\0\0\0\0\0\0\0\x01");
            shakes_hands(desk, &greeting)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-10", "ZMTP-3.0-greeting-11"],
        name: "a peer of 3.0 is spoken to",
        run: |desk| {
            let mut greeting = GREETING;
            greeting[11] = 0;
            shakes_hands(desk, &greeting)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-10", "ZMTP-3.1-version-02"],
        name: "a peer of 4.2 is spoken to",
        run: |desk| {
            let mut greeting = GREETING;
            (greeting[10], greeting[11]) = (4, 2);
            shakes_hands(desk, &greeting)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-mech-01"],
        name: "as-server means nothing with NULL",
        run: |desk| {
            let mut greeting = GREETING;
            greeting[32] = 1;
            shakes_hands(desk, &greeting)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-mech-05"],
        name: "another mechanism ends the connection",
        run: |desk| {
            let mut greeting = GREETING;
            greeting[12..19].copy_from_slice(b"WIRELAB");
            let mut peer = Peer::silent(desk)?;
            peer.send_greeting(&greeting);
            peer.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-mech-05"],
        name: "NULL in small letters is another mechanism",
        run: |desk| {
            let mut greeting = GREETING;
            greeting[12..16].copy_from_slice(b"null");
            let mut peer = Peer::silent(desk)?;
            peer.send_greeting(&greeting);
            peer.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-mech-06"],
        name: "two connections are greeted with the same mechanism",
        run: |desk| {
            let [first, second] = [theirs(desk)?, theirs(desk)?];
            let [first, second] = [&first[12..32], &second[12..32]];
            if first == second { Ok(()) } else { broken(format!("{first:02x?}, {second:02x?}")) }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-13", "ZMTP-3.0-greeting-12"],
        name: "a peer of 2.0 is spoken to in 2.0, or the connection ends",
        run: |desk| older(desk, b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0"),
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-13", "ZMTP-3.0-greeting-12"],
        name: "a peer of 1.0 is spoken to in 1.0, or the connection ends",
        run: |desk| older(desk, b"\x01\0"),
    },
];

/// How long the octets of a greeting may be apart.
const PAUSE: Duration = Duration::from_secs(1);

/// A peer that begins so speaks no 3.0: whoever goes on with a READY has not looked.
fn older(desk: &mut Desk, octets: &[u8]) -> Finding {
    let mut peer = Peer::silent(desk)?;
    peer.talk.send(octets);
    let deadline = Instant::now() + PAUSE;
    while peer.talk.listen_until(deadline) == Heard::More {}
    match peer.talk.input.first_chunk::<64>() {
        // What an older one is sent behind the signature has no filler.
        Some(greeting) if greeting[10] >= 3 && greeting[33..] == [0; 31] => {
            let more = &peer.talk.input[64..];
            if !more.is_empty() {
                return broken(format!("it went on as 3.0: {more:02x?}"));
            }
            // All of a greeting may have been sent at once, before ours was seen.
            peer.talk.expect_end().map(drop)
        }
        _ => Ok(()),
    }
}

/// A greeting with its own mechanism.
fn ours(desk: &Desk) -> [u8; 64] {
    let mut greeting = GREETING;
    greeting[12..32].copy_from_slice(&desk.mechanism);
    greeting
}

fn theirs(desk: &mut Desk) -> Result<[u8; 64], Wrong> {
    let greeting = ours(desk);
    let mut peer = Peer::silent(desk)?;
    peer.send_greeting(&greeting);
    peer.greeting()
}

/// With this greeting of ours, its READY comes, and it takes ours.
fn shakes_hands(desk: &mut Desk, greeting: &[u8; 64]) -> Finding {
    let (mut peer, _) = Peer::greeted_with(desk, greeting)?;
    let theirs = Peer::type_of(&peer.ready()?)?;
    peer.send_command(&ready(fitting(theirs)));
    Ok(())
}
