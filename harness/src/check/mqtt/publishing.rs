//! PUBLISH at each QoS, and retained messages.
//!
//! It may name the cases' client. It does not know sessions that outlive their connection.

use wirelab_mqtt::packet::{PubRel, Publish};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, id, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-4.3.1-1", "MQTT-3.3.1-2"],
        name: "QoS 0: the message comes, with DUP 0 and no packet identifier",
        run: |desk| {
            let message = delivered(desk, QoS::AtMostOnce)?;
            same("DUP and packet identifier", (message.dup, message.packet_id), (false, None))
        },
    },
    Case {
        clauses: &["MQTT-4.3.2-2", "MQTT-3.3.4-1"],
        name: "QoS 1: PUBACK with the packet identifier, and the message comes",
        run: |desk| {
            let message = delivered(desk, QoS::AtLeastOnce)?;
            same("DUP and QoS", (message.dup, message.qos), (false, QoS::AtLeastOnce))
        },
    },
    Case {
        clauses: &["MQTT-4.3.3-2", "MQTT-3.3.4-1"],
        name: "QoS 2: PUBREC, PUBREL, PUBCOMP, and the message comes",
        run: |desk| {
            let message = delivered(desk, QoS::ExactlyOnce)?;
            same("DUP and QoS", (message.dup, message.qos), (false, QoS::ExactlyOnce))
        },
    },
    Case {
        clauses: &["MQTT-4.3.3-2"],
        name: "QoS 2 sent twice before PUBREL is one message",
        run: twice,
    },
    Case {
        clauses: &["MQTT-4.3.2-2"],
        name: "QoS 1 with the same identifier again is another message",
        run: again,
    },
    Case {
        clauses: &["MQTT-4.3.3-1", "MQTT-2.3.1-6"],
        name: "QoS 2 to us: PUBREL with its identifier follows our PUBREC",
        run: to_us,
    },
    Case {
        clauses: &["MQTT-3.3.1-4"],
        name: "QoS 3 ends the connection",
        run: |desk| Client::new(desk, "qos3")?.sends_what_ends_it(b"\x36\x06\x00\x01a\x00\x01x"),
    },
    Case {
        clauses: &["MQTT-3.3.2-2", "MQTT-4.7.1-1"],
        name: "a wildcard in a topic name ends the connection",
        run: |desk| Client::new(desk, "wild")?.sends_what_ends_it(b"\x30\x06\x00\x03a/+x"),
    },
    Case {
        clauses: &["MQTT-4.7.3-1"],
        name: "a topic name without a character ends the connection",
        run: |desk| Client::new(desk, "empty")?.sends_what_ends_it(b"\x30\x03\x00\x00x"),
    },
    Case {
        clauses: &["MQTT-3.3.1-3"],
        name: "DUP is not passed on",
        run: |desk| {
            let topic = topic(desk, "dup");
            let mut client = subscriber(desk, &topic)?;
            client.publish(Publish { dup: true, ..message(&topic, "x", QoS::AtLeastOnce, 1) });
            acknowledged(&mut client)?;
            same("DUP", client.message("the message")?.dup, false)
        },
    },
    Case {
        clauses: &["MQTT-4.6.0-6", "MQTT-4.6.0-5"],
        name: "a hundred messages of QoS 1 come in their order",
        run: in_order,
    },
    Case {
        clauses: &["MQTT-3.3.1-6", "MQTT-3.3.1-8", "MQTT-3.3.1-5"],
        name: "a retained message comes to who subscribes later, with RETAIN 1",
        run: retained,
    },
    Case {
        clauses: &["MQTT-3.3.1-9"],
        name: "it comes to who has subscribed before with RETAIN 0",
        run: retained_before,
    },
    Case {
        clauses: &["MQTT-3.3.1-10", "MQTT-3.3.1-11"],
        name: "an empty retained message removes it, and comes to who has subscribed",
        run: removed,
    },
    Case {
        clauses: &["MQTT-3.3.1-12"],
        name: "a message with RETAIN 0 leaves the retained one alone",
        run: left_alone,
    },
];

/// A client that has subscribed at QoS 2.
fn subscriber(desk: &mut Desk, topic: &str) -> Result<Client, crate::check::talk::Wrong> {
    let mut client = Client::new(desk, "subscriber")?;
    client.subscribe(topic, QoS::ExactlyOnce)?;
    Ok(client)
}

fn acknowledged(client: &mut Client) -> Finding {
    client.await_packet(
        "the PUBACK",
        |p| matches!(p, Packet::PubAck(ack) if ack.packet_id == id(1)),
    )?;
    Ok(())
}

fn delivered(desk: &mut Desk, qos: QoS) -> Result<Publish, crate::check::talk::Wrong> {
    let topic = topic(desk, &format!("qos{}", qos as u8));
    let mut client = subscriber(desk, &topic)?;
    let mut publisher = Client::new(desk, "publisher")?;
    publisher.publish(message(&topic, "as it was sent", qos, 1));
    match qos {
        QoS::AtMostOnce => {}
        QoS::AtLeastOnce => acknowledged(&mut publisher)?,
        QoS::ExactlyOnce => received(&mut publisher, 1)?,
    }
    let message = client.message("the message")?;
    same("the topic", message.topic.as_str(), topic.as_str())?;
    same("the payload", &message.payload[..], &b"as it was sent"[..])?;
    Ok(message)
}

/// Goes through QoS 2's four packets, of which the first is sent.
pub fn received(client: &mut Client, number: u16) -> Finding {
    let packet_id = id(number);
    let of = move |ack: wirelab_mqtt::PacketId| ack == packet_id;
    client.await_packet("the PUBREC", |p| matches!(p, Packet::PubRec(ack) if of(ack.packet_id)))?;
    client.send(&Packet::PubRel(PubRel { packet_id }));
    client
        .await_packet("the PUBCOMP", |p| matches!(p, Packet::PubComp(ack) if of(ack.packet_id)))?;
    Ok(())
}

fn twice(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "twice");
    let mut listener = Client::new(desk, "listener")?;
    listener.subscribe(&topic, QoS::AtMostOnce)?;
    let mut client = Client::new(desk, "twice")?;
    let first = message(&topic, "once", QoS::ExactlyOnce, 1);
    client.publish(first.clone());
    client.await_packet("the PUBREC", |p| matches!(p, Packet::PubRec(_)))?;
    client.publish(Publish { dup: true, ..first });
    received(&mut client, 1)?;
    client.publish(message(&topic, "end", QoS::ExactlyOnce, 2));
    received(&mut client, 2)?;
    same("messages", payloads(&listener.until_end()?), vec!["once".to_owned()])
}

fn again(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "again");
    let mut client = subscriber(desk, &topic)?;
    for payload in ["one", "two", "end"] {
        client.publish(message(&topic, payload, QoS::AtLeastOnce, 1));
        acknowledged(&mut client)?;
    }
    same("messages", payloads(&client.until_end()?), vec!["one".to_owned(), "two".to_owned()])
}

fn to_us(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "to-us");
    let mut client = subscriber(desk, &topic)?;
    let mut publisher = Client::new(desk, "publisher")?;
    publisher.publish(message(&topic, "x", QoS::ExactlyOnce, 1));
    received(&mut publisher, 1)?;
    let message = client.message("the message")?;
    let Some(packet_id) = message.packet_id else { return broken("it has no packet identifier") };
    client.send(&Packet::PubRec(wirelab_mqtt::packet::PubRec { packet_id }));
    match client.next("the PUBREL")? {
        Packet::PubRel(release) => same("its identifier", release.packet_id, packet_id)?,
        other => return broken(format!("instead of the PUBREL came {other:?}")),
    }
    client.send(&Packet::PubComp(wirelab_mqtt::packet::PubComp { packet_id }));
    Ok(())
}

fn in_order(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "order");
    let mut client = Client::new(desk, "order")?;
    client.subscribe(&topic, QoS::AtLeastOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    let all: Vec<String> = (1..=100).map(|n| n.to_string()).collect();
    for (payload, number) in all.iter().zip(1..) {
        publisher.publish(message(&topic, payload, QoS::AtLeastOnce, number));
    }
    publisher.publish(message(&topic, "end", QoS::AtLeastOnce, 101));
    same("messages", payloads(&client.until_end()?), all)
}

fn keep(desk: &mut Desk, topic: &str, payload: &str) -> Result<Client, crate::check::talk::Wrong> {
    let mut publisher = Client::new(desk, "keeper")?;
    retain(&mut publisher, topic, payload)?;
    Ok(publisher)
}

fn retain(publisher: &mut Client, topic: &str, payload: &str) -> Finding {
    publisher.publish(Publish { retain: true, ..message(topic, payload, QoS::AtLeastOnce, 1) });
    acknowledged(publisher)
}

fn retained(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "retained");
    let mut publisher = keep(desk, &topic, "first")?;
    retain(&mut publisher, &topic, "last")?;
    let message = subscriber(desk, &topic)?.message("the retained message")?;
    retain(&mut publisher, &topic, "")?;
    same("RETAIN", message.retain, true)?;
    same("the payload", &message.payload[..], &b"last"[..])
}

fn retained_before(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "before");
    let mut client = subscriber(desk, &topic)?;
    let mut publisher = keep(desk, &topic, "x")?;
    let message = client.message("the message")?;
    retain(&mut publisher, &topic, "")?;
    same("RETAIN", message.retain, false)
}

fn removed(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "removed");
    let mut publisher = keep(desk, &topic, "x")?;
    let mut before = subscriber(desk, &topic)?;
    before.message("the retained message")?;
    retain(&mut publisher, &topic, "")?;
    same("the empty message", before.message("it")?.payload.len(), 0)?;
    let mut late = Client::new(desk, "late")?;
    late.subscribe(&topic, QoS::AtMostOnce)?;
    late.publish(message(&topic, "end", QoS::AtMostOnce, 0));
    same("messages", payloads(&late.until_end()?), Vec::new())
}

fn left_alone(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "alone");
    let mut publisher = keep(desk, &topic, "kept")?;
    publisher.publish(message(&topic, "passing", QoS::AtLeastOnce, 1));
    acknowledged(&mut publisher)?;
    let kept = subscriber(desk, &topic)?.message("the retained message")?;
    retain(&mut publisher, &topic, "")?;
    same("the payload", &kept.payload[..], &b"kept"[..])
}
