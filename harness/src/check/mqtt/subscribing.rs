//! SUBSCRIBE and UNSUBSCRIBE, filters and what they match.
//!
//! It may name the cases' client. It does not know what others have subscribed to.

use wirelab_mqtt::packet::{Publish, Unsubscribe};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, id, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.8.4-4", "MQTT-3.8.4-5", "MQTT-3.9.3-1"],
        name: "three filters in one SUBSCRIBE: three return codes in their order",
        run: |desk| {
            let topic = topic(desk, "three");
            let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
            let filters: Vec<String> = (0..3).map(|n| format!("{topic}/{n}")).collect();
            let pairs: Vec<_> = filters.iter().map(String::as_str).zip(qos).collect();
            let ack = Client::new(desk, "three")?.subscribe_all(&pairs)?;
            same("codes", ack.codes.len(), 3)?;
            let granted = ack.codes.iter().zip(qos).all(|(code, qos)| *code <= Some(qos));
            same("each at most what was asked for", granted, true)
        },
    },
    Case {
        clauses: &["MQTT-3.8.4-6"],
        name: "QoS 2 to a subscription of QoS 1 comes as QoS 1, to one of QoS 0 as QoS 0",
        run: lowered,
    },
    Case {
        clauses: &["MQTT-3.8.1-1"],
        name: "a SUBSCRIBE with other flags than 0010 ends the connection",
        run: |desk| malformed(desk, b"\x80\x06\x00\x01\x00\x01a\x00"),
    },
    Case {
        clauses: &["MQTT-3.8.3-3"],
        name: "a SUBSCRIBE without a filter ends the connection",
        run: |desk| malformed(desk, b"\x82\x02\x00\x01"),
    },
    Case {
        clauses: &["MQTT-3.8.3-4"],
        name: "a SUBSCRIBE for QoS 3 ends the connection",
        run: |desk| malformed(desk, b"\x82\x06\x00\x01\x00\x01a\x03"),
    },
    Case {
        clauses: &["MQTT-3.8.3-1", "MQTT-1.5.3-1"],
        name: "a filter that is no UTF-8 ends the connection",
        run: |desk| malformed(desk, b"\x82\x07\x00\x01\x00\x02\xc3\x28\x00"),
    },
    Case {
        clauses: &["MQTT-4.7.1-2"],
        name: "`a/#/b` is not granted",
        run: |desk| not_granted(desk, b"\x82\x0a\x00\x01\x00\x05a/#/b\x00"),
    },
    Case {
        clauses: &["MQTT-4.7.1-2"],
        name: "`a#` is not granted",
        run: |desk| not_granted(desk, b"\x82\x07\x00\x01\x00\x02a#\x00"),
    },
    Case {
        clauses: &["MQTT-4.7.1-3"],
        name: "`a+/b` is not granted",
        run: |desk| not_granted(desk, b"\x82\x09\x00\x01\x00\x04a+/b\x00"),
    },
    Case {
        clauses: &["MQTT-4.7.1-2", "MQTT-3.3.2-3"],
        name: "`#` at the end matches its parent and all below it",
        run: |desk| matching(desk, "t/#", &["t", "t/", "t/a", "t/a/b"], &["x", "tt"]),
    },
    Case {
        clauses: &["MQTT-4.7.1-3", "MQTT-3.3.2-3"],
        name: "`+` matches one level, also an empty one",
        run: |desk| matching(desk, "t/+/z", &["t/a/z", "t//z"], &["t/z", "t/a/b/z", "t/a"]),
    },
    Case {
        clauses: &["MQTT-4.7.3-4"],
        name: "letters match themselves: no folding, no trimming",
        run: |desk| matching(desk, "t/é A", &["t/é A"], &["t/É A", "t/é a", "t/é A ", "/t/é A"]),
    },
    Case {
        clauses: &["MQTT-4.7.2-1"],
        name: "`#` and `+/…` match no topic that begins with `$`",
        run: dollar,
    },
    Case {
        clauses: &["MQTT-3.8.4-3"],
        name: "the same filter again: the retained message comes again",
        run: again,
    },
    Case {
        clauses: &["MQTT-3.3.5-1"],
        name: "overlapping filters: the highest QoS of them is used",
        run: overlapping,
    },
    Case {
        clauses: &["MQTT-3.10.4-4", "MQTT-3.10.4-2"],
        name: "an UNSUBSCRIBE is answered, and no message comes any more",
        run: unsubscribed,
    },
    Case {
        clauses: &["MQTT-3.10.4-5"],
        name: "an UNSUBSCRIBE of what was never subscribed to is answered",
        run: |desk| {
            let filter = topic(desk, "never");
            unsubscribe(&mut Client::new(desk, "never")?, &[&filter])
        },
    },
    Case {
        clauses: &["MQTT-3.10.4-6", "MQTT-3.10.4-1"],
        name: "an UNSUBSCRIBE is for those filters alone that are the same letter by letter",
        run: other_filters,
    },
    Case {
        clauses: &["MQTT-3.10.1-1"],
        name: "an UNSUBSCRIBE with other flags than 0010 ends the connection",
        run: |desk| malformed(desk, b"\xa0\x05\x00\x01\x00\x01a"),
    },
    Case {
        clauses: &["MQTT-3.10.3-2"],
        name: "an UNSUBSCRIBE without a filter ends the connection",
        run: |desk| malformed(desk, b"\xa2\x02\x00\x01"),
    },
];

fn malformed(desk: &mut Desk, octets: &[u8]) -> Finding {
    Client::new(desk, "malformed")?.sends_what_ends_it(octets)
}

/// Either the connection ends, or the SUBACK says 0x80.
fn not_granted(desk: &mut Desk, octets: &[u8]) -> Finding {
    let mut client = Client::new(desk, "filter")?;
    client.talk.send(octets);
    match client.talk.listen() {
        Heard::Over(_) => Ok(()),
        Heard::Silence => broken("nothing came, and the connection stands"),
        Heard::More => same("the SUBACK", &client.talk.input[..], b"\x90\x03\x00\x01\x80"),
    }
}

fn lowered(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "lowered");
    let mut publisher = Client::new(desk, "publisher")?;
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
        let topic = format!("{topic}/{}", qos as u8);
        let mut client = Client::new(desk, "lowered")?;
        client.subscribe(&topic, qos)?;
        publisher.publish(message(&topic, "x", QoS::ExactlyOnce, 1 + qos as u16));
        publisher.await_packet("the PUBREC", |p| matches!(p, Packet::PubRec(_)))?;
        let packet_id = id(1 + qos as u16);
        publisher.send(&Packet::PubRel(wirelab_mqtt::packet::PubRel { packet_id }));
        publisher.await_packet("the PUBCOMP", |p| matches!(p, Packet::PubComp(_)))?;
        same("its QoS", client.message("the message")?.qos, qos)?;
    }
    Ok(())
}

/// Publishes to each of these topics; those that match come, and no others.
fn matching(desk: &mut Desk, filter: &str, matching: &[&str], others: &[&str]) -> Finding {
    let base = topic(desk, "match");
    let mut client = Client::new(desk, "match")?;
    let end = format!("{base}/end of the case");
    client.subscribe_all(&[
        (&format!("{base}/{filter}"), QoS::AtMostOnce),
        (&end, QoS::AtMostOnce),
    ])?;
    for name in matching.iter().chain(others) {
        client.publish(message(&format!("{base}/{name}"), name, QoS::AtMostOnce, 0));
    }
    client.publish(message(&end, "end", QoS::AtMostOnce, 0));
    // A broker keeps the order of topics apart; what matches is waited for, whenever it comes.
    let mut seen = payloads(&until_all(&mut client, matching.len())?);
    let mut wanted: Vec<String> = matching.iter().map(|name| (*name).to_owned()).collect();
    seen.sort();
    wanted.sort();
    same("messages", seen, wanted)
}

/// Messages until `end` and so many others have come.
fn until_all(client: &mut Client, count: usize) -> Result<Vec<Publish>, Wrong> {
    let mut all = client.until_end()?;
    while all.len() < count {
        all.push(client.message("a message that matches")?);
    }
    Ok(all)
}

fn dollar(desk: &mut Desk) -> Finding {
    let mark = desk.mark.clone();
    let (hidden, shown) = (format!("$wirelab{mark}/a"), format!("wirelab{mark}/a"));
    let mut client = Client::new(desk, "dollar")?;
    client.subscribe("+/a", QoS::AtMostOnce)?;
    client.publish(message(&hidden, "hidden", QoS::AtMostOnce, 0));
    client.publish(message(&shown, "end", QoS::AtMostOnce, 0));
    let seen = client.until_end()?;
    same("hidden ones", seen.iter().any(|message| message.topic == hidden), false)
}

fn again(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "again");
    let mut client = Client::new(desk, "again")?;
    client.publish(Publish { retain: true, ..message(&topic, "kept", QoS::AtLeastOnce, 1) });
    // Before it is acknowledged, a message may also come through a subscription made behind it.
    client.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
    for _ in 0..2 {
        client.subscribe(&topic, QoS::AtMostOnce)?;
        let kept = client.message("the retained message")?;
        same("the payload", &kept.payload[..], &b"kept"[..])?;
    }
    client.publish(Publish { retain: true, ..message(&topic, "", QoS::AtMostOnce, 0) });
    // Replaced, not added: a message comes once.
    client.publish(message(&topic, "end", QoS::AtMostOnce, 0));
    same("messages", payloads(&client.until_end()?), vec![String::new()])
}

fn overlapping(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "overlap");
    let mut client = Client::new(desk, "overlap")?;
    client.subscribe_all(&[
        (&format!("{topic}/#"), QoS::AtMostOnce),
        (&format!("{topic}/+"), QoS::AtLeastOnce),
    ])?;
    let name = format!("{topic}/x");
    client.publish(message(&name, "x", QoS::AtLeastOnce, 1));
    client.publish(message(&name, "end", QoS::AtLeastOnce, 2));
    client.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
    client.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
    let mut highest = QoS::AtMostOnce;
    for message in client.until_end()? {
        highest = highest.max(message.qos);
    }
    same("the highest QoS", highest, QoS::AtLeastOnce)
}

pub fn unsubscribe(client: &mut Client, filters: &[&str]) -> Finding {
    let filters = filters.iter().map(|filter| (*filter).to_owned()).collect();
    client.send(&Packet::Unsubscribe(Unsubscribe { packet_id: id(7), filters }));
    match client.await_packet("the UNSUBACK", |p| matches!(p, Packet::UnsubAck(_)))? {
        Packet::UnsubAck(ack) => same("its identifier", ack.packet_id, id(7)),
        _ => Ok(()),
    }
}

fn unsubscribed(desk: &mut Desk) -> Finding {
    let (gone, stays) = (topic(desk, "gone"), topic(desk, "stays"));
    let mut client = Client::new(desk, "gone")?;
    client.subscribe_all(&[(&gone, QoS::AtMostOnce), (&stays, QoS::AtMostOnce)])?;
    unsubscribe(&mut client, &[&gone])?;
    client.publish(message(&gone, "x", QoS::AtMostOnce, 0));
    client.publish(message(&stays, "end", QoS::AtMostOnce, 0));
    same("messages", payloads(&client.until_end()?), Vec::new())
}

fn other_filters(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "letters");
    let name = format!("{topic}/a");
    let mut client = Client::new(desk, "letters")?;
    client.subscribe(&name, QoS::AtMostOnce)?;
    // They match the same topics, and are not the same.
    unsubscribe(&mut client, &[&format!("{topic}/+"), &format!("{topic}/#")])?;
    client.publish(message(&name, "end", QoS::AtMostOnce, 0));
    same("messages", payloads(&client.until_end()?), Vec::new())
}
