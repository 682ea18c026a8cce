//! What no packet may be, row by row: flags, strings, identifiers.
//!
//! It may name the cases' client, and octets. What good packets do is not its business.

use wirelab_mqtt::packet::{Connect, Publish};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, KEEP_ALIVE, connect, message, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

/// What comes first in packets of a client behind CONNECT: a type with its flags, and a body.
const PACKETS: &[(u8, &[u8])] = &[
    (0x40, b"\x02\0\x01"),
    (0x50, b"\x02\0\x01"),
    (0x62, b"\x02\0\x01"),
    (0x70, b"\x02\0\x01"),
    (0x82, b"\x06\0\x01\0\x01a\0"),
    (0xa2, b"\x05\0\x01\0\x01a"),
    (0xc0, b"\0"),
    (0xe0, b"\0"),
];

/// Octets that are no UTF-8, or no character of a string.
const NO_STRINGS: &[&[u8]] = &[
    b"\x80",
    b"\xbf",
    b"\xc3",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xe2\x82",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x80\x80\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\0",
];

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-2.2.2-1", "MQTT-3.14.1-1"],
        name: "SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT with other flags end the connection",
        run: |desk| wrong_flags(desk, &PACKETS[4..]),
    },
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-2.2.2-1", "MQTT-3.6.1-1"],
        name: "PUBACK, PUBREC, PUBREL, PUBCOMP with other flags end the connection",
        run: |desk| wrong_flags(desk, &PACKETS[..4]),
    },
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-2.2.2-1"],
        name: "a CONNECT with flags is none",
        run: |desk| {
            for flags in [1, 2, 4, 8, 15] {
                let rest = b"\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01x";
                first(desk, &[&[0x10 | flags], &rest[..]].concat())?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.1.0-1"],
        name: "any other packet before CONNECT ends the connection",
        run: |desk| {
            first(desk, b"\x30\x04\0\x01ax")?;
            PACKETS.iter().try_for_each(|(kind, body)| first(desk, &[&[*kind], *body].concat()))
        },
    },
    Case {
        clauses: &["MQTT-4.8.0-1"],
        name: "packets that only servers send end the connection",
        run: |desk| {
            [&b"\x20\x02\0\0"[..], b"\x90\x03\0\x01\0", b"\xb0\x02\0\x01", b"\xd0\0"]
                .iter()
                .try_for_each(|octets| ends(desk, octets))
        },
    },
    Case {
        clauses: &["MQTT-1.5.3-1", "MQTT-1.5.3-2", "MQTT-3.3.2-1", "MQTT-4.7.3-2"],
        name: "topics that are no strings end the connection, one by one",
        run: |desk| {
            NO_STRINGS.iter().try_for_each(|wrong| {
                let topic = [b"a/", *wrong].concat();
                let body = [string(&topic).as_slice(), b"x"].concat();
                ends(desk, &[&[0x30, body.len() as u8], &body[..]].concat())
            })
        },
    },
    Case {
        clauses: &["MQTT-1.5.3-1", "MQTT-1.5.3-2", "MQTT-4.7.3-2"],
        name: "filters that are no strings end the connection, one by one",
        run: |desk| {
            NO_STRINGS.iter().try_for_each(|wrong| {
                let body = [&b"\0\x01"[..], &string(wrong), b"\0"].concat();
                ends(desk, &[&[0x82, body.len() as u8], &body[..]].concat())
            })
        },
    },
    Case {
        clauses: &["MQTT-1.5.3-1", "MQTT-3.10.3-1"],
        name: "an UNSUBSCRIBE of what is no string ends the connection",
        run: |desk| {
            NO_STRINGS[..4].iter().try_for_each(|wrong| {
                let body = [&b"\0\x01"[..], &string(wrong)].concat();
                ends(desk, &[&[0xa2, body.len() as u8], &body[..]].concat())
            })
        },
    },
    Case {
        clauses: &["MQTT-1.5.3-1", "MQTT-3.1.3-4", "MQTT-3.1.3-10", "MQTT-3.1.3-11"],
        name: "a CONNECT with an identifier, will topic or user name that is no string is refused",
        run: |desk| {
            for wrong in [&b"\xc3\x28"[..], b"\xed\xa0\x80", b"a\0b"] {
                let (good, wrong, will) = (string(b"x"), string(wrong), string(b"m"));
                first(desk, &begin(2, &[&wrong]))?;
                first(desk, &begin(6, &[&good, &wrong, &will]))?;
                first(desk, &begin(0x82, &[&good, &wrong]))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.1.4-1", "MQTT-3.1.2-9", "MQTT-3.1.2-19", "MQTT-3.1.2-21"],
        name: "a CONNECT whose flags say more than its payload has is refused",
        run: |desk| {
            let one = string(b"x");
            first(desk, &begin(6, &[&one]))?;
            first(desk, &begin(6, &[&one, &one]))?;
            first(desk, &begin(0x82, &[&one]))?;
            first(desk, &begin(0xc2, &[&one, &one]))
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-18", "MQTT-3.1.2-19", "MQTT-3.1.2-21"],
        name: "a user name and a password are taken, where anybody is let in",
        run: |desk| {
            let connect = Connect {
                user_name: Some("wirelab".to_owned()),
                password: Some(bytes::Bytes::from_static(b"\0\xff")),
                ..connect(desk, "named")
            };
            Client::with(desk, connect).map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.8.3-4"],
        name: "a requested QoS with reserved bits ends the connection, bit by bit",
        run: |desk| {
            [3, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff]
                .iter()
                .try_for_each(|qos| ends(desk, &[&b"\x82\x06\0\x01\0\x01a"[..], &[*qos]].concat()))
        },
    },
    Case {
        clauses: &["MQTT-2.3.1-1"],
        name: "packet identifier 0 ends the connection, type by type",
        run: |desk| {
            ends(desk, b"\x34\x06\0\x01a\0\0x")?;
            ends(desk, b"\xa2\x05\0\0\0\x01a")
        },
    },
    Case {
        clauses: &["MQTT-4.7.3-1"],
        name: "a filter without a character is not granted",
        run: |desk| {
            let mut client = Client::new(desk, "empty")?;
            client.talk.send(b"\x82\x05\0\x01\0\0\0");
            match client.talk.listen() {
                Heard::Over(_) => Ok(()),
                Heard::Silence => broken("nothing came, and the connection stands"),
                Heard::More => same("the SUBACK", &client.talk.input[..], b"\x90\x03\0\x01\x80"),
            }
        },
    },
    Case {
        clauses: &["MQTT-1.5.3-1", "MQTT-4.7.3-4"],
        name: "characters of one to four octets stay what they are",
        run: |desk| {
            for text in ["~", "\u{a2}", "\u{20ac}", "\u{d7ff}", "\u{e000}", "\u{10348}"] {
                comes_as_sent(desk, &topic(desk, text))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-4.7.3-3"],
        name: "a topic of 65,535 octets comes as it was, or is refused",
        run: |desk| {
            let topic = format!("{:a<65535}", topic(desk, "long/"));
            match comes_as_sent(desk, &topic) {
                Err(Wrong::Broken(why)) if why.contains("the connection was") => {
                    Err(Wrong::LeftOut("it takes no topic as long as that".to_owned()))
                }
                found => found,
            }
        },
    },
    Case {
        clauses: &["MQTT-3.1.4-5"],
        name: "behind a CONNECT that is refused nothing is done",
        run: |desk| {
            let topic = topic(desk, "refused");
            let mut heir = Client::new(desk, "heir")?;
            heir.subscribe(&topic, QoS::AtMostOnce)?;
            let mut wrong = begin(2, &[&string(b"x")]);
            wrong[8] = 0x4d;
            let mut publish = bytes::BytesMut::new();
            // The case's own packet can be encoded.
            let _ = Packet::Publish(message(&topic, "x", QoS::AtMostOnce, 0)).encode(&mut publish);
            let mut client = Client::silent(desk)?;
            client.talk.send(&[&wrong[..], &publish].concat());
            client.talk.expect_end()?;
            heir.publish(message(&topic, "end", QoS::AtMostOnce, 0));
            same("messages", heir.until_end()?, Vec::<Publish>::new())
        },
    },
    Case {
        clauses: &["MQTT-3.2.0-1", "MQTT-3.1.4-4"],
        name: "what comes in one piece with CONNECT is answered behind the CONNACK",
        run: |desk| {
            let mut client = Client::silent(desk)?;
            client
                .talk
                .send(&[&begin(2, &[&string(desk.mark.as_bytes())]), &b"\xc0\0"[..]].concat());
            same("CONNACK", matches!(client.next("the CONNACK")?, Packet::ConnAck(_)), true)?;
            same("PINGRESP", matches!(client.next("the PINGRESP")?, Packet::PingResp(_)), true)
        },
    },
];

/// Octets with their number before them.
fn string(octets: &[u8]) -> Vec<u8> {
    [&(octets.len() as u16).to_be_bytes()[..], octets].concat()
}

/// A CONNECT with these flags and this payload.
fn begin(flags: u8, payload: &[&[u8]]) -> Vec<u8> {
    let [high, low] = KEEP_ALIVE.to_be_bytes();
    let body = [&b"\0\x04MQTT\x04"[..], &[flags, high, low], &payload.concat()].concat();
    [&[0x10, body.len() as u8], &body[..]].concat()
}

fn ends(desk: &mut Desk, octets: &[u8]) -> Finding {
    let why = |wrong| match wrong {
        Wrong::Broken(why) => Wrong::Broken(format!("{octets:02x?}: {why}")),
        wrong @ Wrong::LeftOut(_) => wrong,
    };
    Client::new(desk, "table")?.sends_what_ends_it(octets).map_err(why)
}

/// These packets, each with flags that are not its type's.
fn wrong_flags(desk: &mut Desk, packets: &[(u8, &[u8])]) -> Finding {
    for (right, body) in packets {
        for wrong in [0, 1, 2, 3, 4, 8, 15].map(|flags| right & 0xf0 | flags) {
            if wrong != *right {
                ends(desk, &[&[wrong], *body].concat())?;
            }
        }
    }
    Ok(())
}

/// As the first packet it ends the connection. A CONNACK may say why.
fn first(desk: &mut Desk, octets: &[u8]) -> Finding {
    let mut client = Client::silent(desk)?;
    client.talk.send(octets);
    if client.talk.expect_end().is_err() {
        return broken(format!("{octets:02x?} did not end the connection"));
    }
    match &client.talk.input[..] {
        [] | [0x20, 2, 0, 1..=5] => Ok(()),
        answer => broken(format!("{octets:02x?} was answered: {answer:02x?}")),
    }
}

fn comes_as_sent(desk: &mut Desk, topic: &str) -> Finding {
    let mut client = Client::new(desk, "strings")?;
    if client.subscribe(topic, QoS::AtMostOnce)?.codes == [None] {
        return Err(Wrong::LeftOut("the filter is not granted".to_owned()));
    }
    client.publish(message(topic, "x", QoS::AtMostOnce, 0));
    let seen = client.message("the message")?.topic;
    if seen == topic { Ok(()) } else { broken(format!("{} octets, and others", seen.len())) }
}
