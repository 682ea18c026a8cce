//! Acknowledgements: which, in what order, with which identifier.
//!
//! It may name the cases' client. It does not know sessions that outlive their connection.

use wirelab_mqtt::packet::{PubComp, PubRec, PubRel, Publish, Subscribe, Unsubscribe};
use wirelab_mqtt::{Packet, PacketId, QoS};

use super::client::{Client, id, message, payloads, same, topic};
use super::publishing::received;
use super::subscribing::unsubscribe;
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

const ALL: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
/// Messages that are under way at once.
const AT_ONCE: u16 = 10;

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-4.6.0-2", "MQTT-2.3.1-6"],
        name: "PUBACKs come in the order of their PUBLISHes",
        run: |desk| {
            let topic = topic(desk, "pubacks");
            let mut client = Client::new(desk, "pubacks")?;
            for number in numbers() {
                client.publish(message(&topic, "x", QoS::AtLeastOnce, number));
            }
            for number in numbers() {
                match client.next("the PUBACK")? {
                    Packet::PubAck(ack) => same("its identifier", ack.packet_id, id(number))?,
                    other => return broken(format!("instead of the PUBACK came {other:?}")),
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-4.6.0-3", "MQTT-2.3.1-6", "MQTT-4.3.3-2"],
        name: "PUBRECs come in the order of their PUBLISHes, and each flow ends with its PUBCOMP",
        run: pubrecs,
    },
    Case {
        clauses: &["MQTT-4.6.0-4", "MQTT-4.3.3-1"],
        name: "PUBRELs come in the order of our PUBRECs",
        run: pubrels,
    },
    Case {
        clauses: &["MQTT-2.3.1-7", "MQTT-3.8.4-2", "MQTT-3.10.4-4", "MQTT-2.3.1-6"],
        name: "answers have their packet's identifier: 1, 255, 256 and 65,535",
        run: |desk| [1, 255, 256, 65_535].iter().try_for_each(|number| answered(desk, *number)),
    },
    Case {
        clauses: &["MQTT-3.8.4-6", "MQTT-4.3.1-1", "MQTT-4.3.2-1", "MQTT-4.3.3-1"],
        name: "of what was published and what was granted the lower QoS is used, in all nine pairs",
        run: |desk| {
            ALL.iter().try_for_each(|qos| ALL.iter().try_for_each(|sub| pair(desk, *qos, *sub)))
        },
    },
    Case {
        clauses: &["MQTT-4.3.3-2"],
        name: "QoS 2 with the same identifier after PUBCOMP is another message",
        run: |desk| {
            let topic = topic(desk, "again-2");
            let mut listener = Client::new(desk, "listener")?;
            listener.subscribe(&topic, QoS::AtMostOnce)?;
            let mut client = Client::new(desk, "again-2")?;
            for payload in ["one", "two", "end"] {
                client.publish(message(&topic, payload, QoS::ExactlyOnce, 1));
                received(&mut client, 1)?;
            }
            let wanted = vec!["one".to_owned(), "two".to_owned()];
            same("messages", payloads(&listener.until_end()?), wanted)
        },
    },
    Case {
        clauses: &["MQTT-4.3.2-2", "MQTT-4.3.3-2"],
        name: "DUP 1 with an identifier that is not in use is a message",
        run: |desk| {
            let topic = topic(desk, "dup-first");
            let mut listener = Client::new(desk, "listener")?;
            listener.subscribe(&topic, QoS::AtMostOnce)?;
            let mut client = Client::new(desk, "dup-first")?;
            let dup = |payload, qos, n| Publish { dup: true, ..message(&topic, payload, qos, n) };
            client.publish(dup("1", QoS::AtLeastOnce, 1));
            client.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
            client.publish(dup("2", QoS::ExactlyOnce, 2));
            received(&mut client, 2)?;
            listener.message("the message of QoS 1")?;
            listener.message("the message of QoS 2").map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.10.4-3"],
        name: "an UNSUBSCRIBE in the midst of QoS 2 does not stop it",
        run: |desk| {
            let topic = topic(desk, "midst");
            let mut client = Client::new(desk, "midst")?;
            client.subscribe(&topic, QoS::ExactlyOnce)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publisher.publish(message(&topic, "x", QoS::ExactlyOnce, 1));
            received(&mut publisher, 1)?;
            let Some(packet_id) = client.message("the message")?.packet_id else {
                return broken("it has no packet identifier");
            };
            unsubscribe(&mut client, &[&topic])?;
            client.send(&Packet::PubRec(PubRec { packet_id }));
            let is_its = |p: &Packet| matches!(p, Packet::PubRel(p) if p.packet_id == packet_id);
            client.await_packet("the PUBREL", is_its)?;
            client.send(&Packet::PubComp(PubComp { packet_id }));
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-4.6.0-6", "MQTT-4.6.0-5"],
        name: "fifty messages of QoS 0, and of QoS 2, come in their order",
        run: |desk| {
            order(desk, QoS::AtMostOnce)?;
            order(desk, QoS::ExactlyOnce)
        },
    },
    Case {
        clauses: &["MQTT-3.10.4-6", "MQTT-3.10.4-4"],
        name: "two filters in one UNSUBSCRIBE: both end, and one UNSUBACK comes",
        run: |desk| {
            let topic = topic(desk, "both");
            let names = ["a", "b", "c"].map(|level| format!("{topic}/{level}"));
            let mut client = Client::new(desk, "both")?;
            for name in &names {
                client.subscribe(name, QoS::AtMostOnce)?;
            }
            unsubscribe(&mut client, &[&names[0], &names[1]])?;
            for name in &names[..2] {
                client.publish(message(name, "x", QoS::AtMostOnce, 0));
            }
            client.publish(message(&names[2], "end", QoS::AtMostOnce, 0));
            same("messages", payloads(&client.until_end()?), Vec::new())
        },
    },
];

fn numbers() -> std::ops::RangeInclusive<u16> {
    1..=AT_ONCE
}

fn pubrecs(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "pubrecs");
    let mut client = Client::new(desk, "pubrecs")?;
    for number in numbers() {
        client.publish(message(&topic, "x", QoS::ExactlyOnce, number));
    }
    for number in numbers() {
        match client.next("the PUBREC")? {
            Packet::PubRec(ack) => same("its identifier", ack.packet_id, id(number))?,
            other => return broken(format!("instead of the PUBREC came {other:?}")),
        }
    }
    for number in numbers() {
        client.send(&Packet::PubRel(PubRel { packet_id: id(number) }));
    }
    let mut open: Vec<PacketId> = numbers().map(id).collect();
    while !open.is_empty() {
        match client.next("the PUBCOMP")? {
            Packet::PubComp(ack) => open.retain(|packet_id| *packet_id != ack.packet_id),
            other => return broken(format!("instead of the PUBCOMP came {other:?}")),
        }
    }
    Ok(())
}

/// Of messages to us, as many as the broker has under way at once, up to five.
fn pubrels(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "pubrels");
    let mut client = Client::new(desk, "pubrels")?;
    client.subscribe(&topic, QoS::ExactlyOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    for number in 1..=5 {
        publisher.publish(message(&topic, "x", QoS::ExactlyOnce, number));
        received(&mut publisher, number)?;
    }
    let mut ids = vec![client.message("the message")?.packet_id];
    let pause = std::time::Duration::from_millis(500);
    while ids.len() < 5 {
        let deadline = std::time::Instant::now() + pause;
        if client.talk.input.is_empty()
            && client.talk.listen_until(deadline) != crate::check::talk::Heard::More
        {
            break;
        }
        ids.push(client.message("the message")?.packet_id);
    }
    let ids: Vec<PacketId> = ids.into_iter().flatten().collect();
    for packet_id in &ids {
        client.send(&Packet::PubRec(PubRec { packet_id: *packet_id }));
    }
    let mut seen = Vec::new();
    while seen.len() < ids.len() {
        let release = |packet: &Packet| matches!(packet, Packet::PubRel(_));
        if let Packet::PubRel(p) = client.await_packet("the PUBREL", release)? {
            seen.push(p.packet_id);
        }
    }
    for packet_id in &ids {
        client.send(&Packet::PubComp(PubComp { packet_id: *packet_id }));
    }
    same("identifiers", seen, ids)
}

/// SUBACK, UNSUBACK, PUBACK, PUBREC and PUBCOMP repeat this identifier.
fn answered(desk: &mut Desk, number: u16) -> Finding {
    let topic = topic(desk, "identifiers");
    let mut client = Client::new(desk, "identifiers")?;
    let packet_id = id(number);
    let filters = vec![(format!("{topic}/none"), QoS::AtMostOnce)];
    client.send(&Packet::Subscribe(Subscribe { packet_id, filters }));
    client.send(&Packet::Unsubscribe(Unsubscribe { packet_id, filters: vec![topic.clone()] }));
    for what in ["SUBACK", "UNSUBACK"] {
        let seen = match client.next(what)? {
            Packet::SubAck(ack) => ack.packet_id,
            Packet::UnsubAck(ack) => ack.packet_id,
            other => return broken(format!("instead of the {what} came {other:?}")),
        };
        same(what, seen, packet_id)?;
    }
    client.publish(message(&topic, "x", QoS::AtLeastOnce, number));
    client.await_packet(
        "the PUBACK",
        |p| matches!(p, Packet::PubAck(ack) if ack.packet_id == packet_id),
    )?;
    client.publish(message(&topic, "x", QoS::ExactlyOnce, number));
    received(&mut client, number)
}

fn publish(publisher: &mut Client, message: Publish) -> Finding {
    let (qos, number) = (message.qos, message.packet_id);
    publisher.publish(message);
    match (qos, number) {
        (QoS::AtLeastOnce, _) => publisher
            .await_packet("the PUBACK", |packet| matches!(packet, Packet::PubAck(_)))
            .map(drop),
        (QoS::ExactlyOnce, Some(number)) => received(publisher, number.get()),
        _ => Ok(()),
    }
}

fn pair(desk: &mut Desk, published: QoS, asked: QoS) -> Finding {
    let topic = topic(desk, &format!("pair/{}/{}", published as u8, asked as u8));
    let mut client = Client::new(desk, "pair")?;
    let granted = client.subscribe(&topic, asked)?.codes.first().copied().flatten();
    let Some(granted) = granted else {
        return Err(Wrong::LeftOut("the subscription was not granted".to_owned()));
    };
    let mut publisher = Client::new(desk, "publisher")?;
    publish(&mut publisher, message(&topic, "x", published, 1))?;
    let seen = client.message("the message")?;
    let wanted = published.min(granted);
    same("QoS", (seen.qos, seen.dup), (wanted, false))?;
    same("has an identifier", seen.packet_id.is_some(), wanted > QoS::AtMostOnce)
}

fn order(desk: &mut Desk, qos: QoS) -> Finding {
    let topic = topic(desk, &format!("order/{}", qos as u8));
    let mut client = Client::new(desk, "order")?;
    client.subscribe(&topic, QoS::AtMostOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    let all: Vec<String> = (1..=50).map(|n| n.to_string()).collect();
    for (payload, number) in all.iter().map(String::as_str).chain(["end"]).zip(1..) {
        publish(&mut publisher, message(&topic, payload, qos, number))?;
    }
    same("messages", payloads(&client.until_end()?), all)
}
