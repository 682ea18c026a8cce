//! CONNECT, CONNACK, PINGREQ, DISCONNECT, keep alive and wills.
//!
//! It may name the cases' client. It does not know which broker it talks to.

use bytes::Bytes;
use wirelab_mqtt::packet::{ConnAck, Connect, Disconnect, PingReq, Will};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, KEEP_ALIVE, connect, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.1.0-1"],
        name: "a PINGREQ before CONNECT ends the connection",
        run: |desk| Client::silent(desk)?.sends_what_ends_it(b"\xc0\x00"),
    },
    Case {
        clauses: &["MQTT-3.1.0-2"],
        name: "a second CONNECT ends the connection",
        run: |desk| {
            let mut client = Client::new(desk, "twice")?;
            client.sends_what_ends_it(b"\x10\x0d\x00\x04MQTT\x04\x02\x02\x58\x00\x01x")
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-1"],
        name: "another protocol name is not gone on with",
        run: |desk| refused(desk, b"\x10\x0d\x00\x04MQTX\x04\x02\x02\x58\x00\x01x", None),
    },
    Case {
        clauses: &["MQTT-3.1.2-2", "MQTT-3.2.2-5"],
        name: "an unknown protocol level: CONNACK 1, and the end",
        run: |desk| refused(desk, b"\x10\x0d\x00\x04MQTT\x4d\x02\x02\x58\x00\x01x", Some(1)),
    },
    Case {
        clauses: &["MQTT-3.1.2-3"],
        name: "the reserved connect flag ends the connection",
        run: |desk| refused(desk, b"\x10\x0d\x00\x04MQTT\x04\x03\x02\x58\x00\x01x", None),
    },
    Case {
        clauses: &["MQTT-3.1.2-13", "MQTT-3.1.4-1"],
        name: "a Will QoS without a will ends the connection",
        run: |desk| refused(desk, b"\x10\x0d\x00\x04MQTT\x04\x0a\x02\x58\x00\x01x", None),
    },
    Case {
        clauses: &["MQTT-3.1.2-15", "MQTT-3.1.4-1"],
        name: "Will Retain without a will ends the connection",
        run: |desk| refused(desk, b"\x10\x0d\x00\x04MQTT\x04\x22\x02\x58\x00\x01x", None),
    },
    Case {
        clauses: &["MQTT-3.1.2-14", "MQTT-3.1.4-1"],
        name: "Will QoS 3 ends the connection",
        run: |desk| {
            refused(desk, b"\x10\x13\x00\x04MQTT\x04\x1e\x02\x58\x00\x01x\x00\x01w\x00\x01m", None)
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-22", "MQTT-3.1.4-1"],
        name: "a password without a user name ends the connection",
        run: |desk| refused(desk, b"\x10\x10\x00\x04MQTT\x04\x42\x02\x58\x00\x01x\x00\x01p", None),
    },
    Case {
        clauses: &["MQTT-3.1.3-8", "MQTT-3.2.2-5"],
        name: "no client identifier and no clean session: CONNACK 2, and the end",
        run: |desk| refused(desk, b"\x10\x0c\x00\x04MQTT\x04\x00\x02\x58\x00\x00", Some(2)),
    },
    Case {
        clauses: &["MQTT-3.1.3-6"],
        name: "no client identifier and a clean session: two of them at once",
        run: nameless,
    },
    Case {
        clauses: &["MQTT-3.1.3-5"],
        name: "an identifier of 23 letters and digits is taken",
        run: |desk| {
            let client_id = format!("{:z<23}", desk.mark);
            let connect = Connect { client_id, ..connect(desk, "") };
            Client::with(desk, connect).map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.1.4-1"],
        name: "a CONNECT that ends too early ends the connection",
        run: |desk| refused(desk, b"\x10\x0b\x00\x04MQTT\x04\x02\x02\x58\x00", None),
    },
    Case {
        clauses: &["MQTT-3.1.4-2"],
        name: "the same identifier again: the first connection ends",
        run: |desk| {
            let mut first = Client::new(desk, "same")?;
            let _second = Client::new(desk, "same")?;
            first.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.2.2-1"],
        name: "a clean session: Session Present is 0",
        run: |desk| {
            let connect = connect(desk, "clean");
            let (_, ConnAck { session_present, .. }) = Client::with(desk, connect)?;
            same("Session Present", session_present, false)
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-24"],
        name: "silence for longer than 1.5 times Keep Alive ends the connection",
        run: |desk| {
            let connect = Connect { keep_alive: 1, ..connect(desk, "silent") };
            // How soon is not said. Brokers look at it once in a few seconds.
            Client::with(desk, connect)?.0.talk.expect_end_within(3 * desk.patience).map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-8", "MQTT-3.1.2-16"],
        name: "a connection that breaks: its will is published",
        run: |desk| will(desk, End::Breaks, &["will"]),
    },
    Case {
        clauses: &["MQTT-3.14.4-3", "MQTT-3.1.2-10"],
        name: "a DISCONNECT: no will is published",
        run: |desk| will(desk, End::Leaves, &[]),
    },
    Case {
        clauses: &["MQTT-3.1.2-8", "MQTT-4.8.0-1"],
        name: "a protocol violation: the will is published",
        run: |desk| will(desk, End::Errs, &["will"]),
    },
    Case {
        clauses: &["MQTT-3.1.2-17"],
        name: "a will with Will Retain is retained",
        run: retained_will,
    },
    Case {
        clauses: &["MQTT-3.12.4-1"],
        name: "a PINGREQ is answered",
        run: |desk| {
            let mut client = Client::new(desk, "ping")?;
            client.send(&Packet::PingReq(PingReq));
            let answer = client.next("the PINGRESP")?;
            same("the answer", matches!(answer, Packet::PingResp(_)), true)
        },
    },
    Case {
        clauses: &["MQTT-3.14.1-1", "MQTT-2.2.2-2"],
        name: "a DISCONNECT with reserved bits is none: the will is published",
        run: |desk| will(desk, End::LeavesWrongly, &["will"]),
    },
];

/// Sends a CONNECT that is not to be accepted. `code`: the return code that says why.
fn refused(desk: &mut Desk, octets: &[u8], code: Option<u8>) -> Finding {
    let mut client = Client::silent(desk)?;
    client.talk.send(octets);
    client.talk.expect_end()?;
    let seen = &client.talk.input[..];
    match (code, seen) {
        (Some(code), [0x20, 2, 0, seen]) => same("the return code", *seen, code),
        (Some(code), _) => broken(format!("CONNACK with {code} should have come, not {seen:02x?}")),
        // A return code may be given where the standard does not forbid it.
        (None, [] | [0x20, 2, 0, 1..=5]) => Ok(()),
        (None, _) => broken(format!("it was answered: {seen:02x?}")),
    }
}

fn nameless(desk: &mut Desk) -> Finding {
    let nameless = || Connect { clean_session: true, keep_alive: KEEP_ALIVE, ..Connect::default() };
    let (mut first, _) = Client::with(desk, nameless())?;
    let (mut second, _) = Client::with(desk, nameless())?;
    for client in [&mut first, &mut second] {
        client.send(&Packet::PingReq(PingReq));
        client.await_packet("the PINGRESP", |packet| matches!(packet, Packet::PingResp(_)))?;
    }
    Ok(())
}

/// How somebody with a will goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Breaks,
    Leaves,
    LeavesWrongly,
    Errs,
}

fn with_will(desk: &mut Desk, topic: &str, retain: bool) -> Result<Client, Wrong> {
    let (topic, payload) = (topic.to_owned(), Bytes::from_static(b"will"));
    let will = Some(Will { topic, payload, qos: QoS::AtMostOnce, retain });
    let connect = Connect { will, ..connect(desk, "mortal") };
    Client::with(desk, connect).map(|(client, _)| client)
}

fn go(mut client: Client, end: End) -> Finding {
    match end {
        End::Breaks => return Ok(()),
        End::Leaves => client.send(&Packet::Disconnect(Disconnect)),
        End::LeavesWrongly => client.talk.send(b"\xe1\x00"),
        End::Errs => client.talk.send(b"\xf0\x00"),
    }
    client.talk.expect_end().map(drop)
}

fn will(desk: &mut Desk, end: End, wanted: &[&str]) -> Finding {
    let topic = topic(desk, &format!("will/{end:?}"));
    let mut heir = Client::new(desk, "heir")?;
    heir.subscribe(&topic, QoS::AtMostOnce)?;
    let mortal = with_will(desk, &topic, false)?;
    go(mortal, end)?;
    if wanted.is_empty() {
        heir.publish(message(&topic, "end", QoS::AtMostOnce, 0));
        return same("messages", payloads(&heir.until_end()?), Vec::new());
    }
    let will = heir.message("the will")?;
    same("RETAIN", will.retain, false)?;
    same("messages", payloads(&[will]).concat().as_str(), wanted[0])
}

fn retained_will(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "will/retained");
    let mut heir = Client::new(desk, "heir")?;
    heir.subscribe(&topic, QoS::AtMostOnce)?;
    go(with_will(desk, &topic, true)?, End::Breaks)?;
    heir.message("the will")?;
    let mut late = Client::new(desk, "late")?;
    late.subscribe(&topic, QoS::AtMostOnce)?;
    let kept = late.message("the retained will")?;
    let clear =
        wirelab_mqtt::packet::Publish { retain: true, ..message(&topic, "", QoS::AtMostOnce, 0) };
    late.publish(clear);
    same("RETAIN", kept.retain, true)
}
