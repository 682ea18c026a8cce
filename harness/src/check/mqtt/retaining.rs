//! Retained messages and subscriptions, where they meet.
//!
//! It may name the cases' client. It leaves no retained message behind, and does not know what else
//! the broker retains.

use wirelab_mqtt::packet::{PingReq, Publish};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, message, payloads, same, topic};
use super::publishing::received;
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

const ALL: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.3.1-5", "MQTT-3.8.4-6"],
        name: "a retained message is kept with its QoS, 0, 1 and 2",
        run: |desk| {
            for qos in ALL {
                let topic = topic(desk, &format!("kept/{}", qos as u8));
                retain(desk, &topic, "x", qos)?;
                let kept = subscriber(desk, &topic)?.message("the retained message");
                retain(desk, &topic, "", QoS::AtLeastOnce)?;
                same("its QoS", kept?.qos, qos)?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.3.1-7"],
        name: "a retained message of QoS 0 takes the place of an earlier one",
        run: |desk| {
            let topic = topic(desk, "place");
            retain(desk, &topic, "old", QoS::AtLeastOnce)?;
            retain(desk, &topic, "new", QoS::AtMostOnce)?;
            let mut late = subscriber(desk, &topic)?;
            late.publish(message(&topic, "end", QoS::AtMostOnce, 0));
            let seen = payloads(&late.until_end()?);
            retain(desk, &topic, "", QoS::AtLeastOnce)?;
            // [MQTT-3.3.1-7] The new one should be kept, and need not.
            same("the old one", seen.iter().any(|payload| payload == "old"), false)
        },
    },
    Case {
        clauses: &["MQTT-3.3.1-6", "MQTT-3.3.1-8"],
        name: "a filter with wildcards brings the retained messages of all topics it matches",
        run: |desk| {
            let base = topic(desk, "many");
            let names = ["a", "a/b", "b/b"].map(|name| format!("{base}/{name}"));
            for name in &names {
                retain(desk, name, name, QoS::AtLeastOnce)?;
            }
            let all = brought(desk, &format!("{base}/#"), 3);
            let some = brought(desk, &format!("{base}/+/b"), 2);
            for name in &names {
                retain(desk, name, "", QoS::AtLeastOnce)?;
            }
            same("below `#`", all?, names.to_vec())?;
            same("below `+/b`", some?, names[1..].to_vec())
        },
    },
    Case {
        clauses: &["MQTT-3.3.1-11", "MQTT-3.3.1-10"],
        name: "an empty retained message, the first of its topic, is not kept",
        run: |desk| {
            let topic = topic(desk, "empty");
            retain(desk, &topic, "", QoS::AtLeastOnce)?;
            let mut late = subscriber(desk, &topic)?;
            late.publish(message(&topic, "end", QoS::AtMostOnce, 0));
            same("messages", payloads(&late.until_end()?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.8.4-3"],
        name: "the same filter with another QoS takes the first one's place",
        run: |desk| {
            let topic = topic(desk, "replaced");
            let mut client = subscriber(desk, &topic)?;
            client.subscribe(&topic, QoS::AtMostOnce)?;
            let mut publisher = Client::new(desk, "publisher")?;
            for (payload, number) in [("x", 1), ("end", 2)] {
                publisher.publish(message(&topic, payload, QoS::AtLeastOnce, number));
            }
            let seen = client.until_end()?;
            let qos: Vec<QoS> = seen.iter().map(|message| message.qos).collect();
            same("QoS of what came", qos, vec![QoS::AtMostOnce])
        },
    },
    Case {
        clauses: &["MQTT-4.7.2-1"],
        name: "`#` alone brings no topic that begins with `$`",
        run: |desk| {
            let hidden = format!("$wirelab{}", desk.mark);
            let mut client = Client::new(desk, "all")?;
            if client.subscribe("#", QoS::AtMostOnce)?.codes != [Some(QoS::AtMostOnce)] {
                return Err(Wrong::LeftOut("`#` is not granted".to_owned()));
            }
            client.publish(message(&hidden, "hidden", QoS::AtMostOnce, 0));
            client.publish(message(&topic(desk, "shown"), "end", QoS::AtMostOnce, 0));
            let seen = client.until_end()?;
            let shown = seen.iter().find(|message| message.topic.starts_with('$'));
            shown.map_or(Ok(()), |message| broken(message.topic.clone()))
        },
    },
    Case {
        clauses: &["MQTT-4.7.1-3", "MQTT-4.7.1-2", "MQTT-4.7.3-4"],
        name: "filters and topics, row by row",
        run: |desk| {
            for (filter, name, matches) in [
                ("a", "a", true),
                ("a", "A", false),
                ("a", "a/", false),
                ("a/", "a", false),
                ("+", "a", true),
                ("+", "a/b", false),
                ("+/", "a/", true),
                ("+/", "a", false),
                ("/+", "/a", true),
                ("+/+", "/a", true),
                ("+/b/+", "a/b/c", true),
                ("+/b/#", "a/b", true),
                ("+/#", "a", true),
                ("#", "a/b/c/d", true),
                ("a/#", "a//", true),
                ("a/b", "a%2Fb", false),
                ("a/./b", "a/b", false),
                ("\u{e9}", "e\u{301}", false),
            ] {
                row(desk, filter, name, matches)?;
            }
            Ok(())
        },
    },
];

fn subscriber(desk: &mut Desk, filter: &str) -> Result<Client, Wrong> {
    let mut client = Client::new(desk, "late")?;
    client.subscribe(filter, QoS::ExactlyOnce)?;
    Ok(client)
}

/// Retains a message, and waits until it is.
fn retain(desk: &mut Desk, topic: &str, payload: &str, qos: QoS) -> Finding {
    let mut keeper = Client::new(desk, "keeper")?;
    keeper.publish(Publish { retain: true, ..message(topic, payload, qos, 1) });
    match qos {
        QoS::AtMostOnce => {
            keeper.send(&Packet::PingReq(PingReq));
            keeper.await_packet("the PINGRESP", |p| matches!(p, Packet::PingResp(_))).map(drop)
        }
        QoS::AtLeastOnce => {
            keeper.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_))).map(drop)
        }
        QoS::ExactlyOnce => received(&mut keeper, 1),
    }
}

/// The topics of so many retained messages that a new subscription brings, sorted.
fn brought(desk: &mut Desk, filter: &str, count: usize) -> Result<Vec<String>, Wrong> {
    let mut client = subscriber(desk, filter)?;
    let mut topics = Vec::new();
    for _ in 0..count {
        let message = client.message("a retained message")?;
        same("RETAIN", message.retain, true)?;
        topics.push(message.topic);
    }
    topics.sort();
    Ok(topics)
}

fn row(desk: &mut Desk, filter: &str, name: &str, matches: bool) -> Finding {
    let base = topic(desk, "row");
    let (filter, name) = (format!("{base}/{filter}"), format!("{base}/{name}"));
    let end = topic(desk, "end of the row");
    let mut client = Client::new(desk, "row")?;
    client.subscribe_all(&[(&filter, QoS::AtMostOnce), (&end, QoS::AtMostOnce)])?;
    client.publish(message(&name, "x", QoS::AtMostOnce, 0));
    client.publish(message(&end, "end", QoS::AtMostOnce, 0));
    let mut seen = !client.until_end()?.is_empty();
    // The order of topics is a broker's choice: what matches may come behind the end.
    if matches && !seen {
        seen = client.message("the message that matches").is_ok();
    }
    same(&format!("{name} for {filter}"), seen, matches)
}
