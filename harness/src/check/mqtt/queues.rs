//! What a session owes its client when it comes back, and what it does not.
//!
//! It may name the cases' client. It does not know how much a broker has under way at once.

use std::time::{Duration, Instant};
use wirelab_mqtt::packet::{PubAck, PubComp, PubRec, Publish};
use wirelab_mqtt::{Packet, PacketId, QoS};

use super::client::{Client, message, payloads, same, topic};
use super::publishing::received;
use super::sessions::{come, forget, leave};
use super::subscribing::unsubscribe;
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

/// Messages that are left without an acknowledgement.
const OWED: usize = 5;
/// How long a message may be behind the one before it.
const PAUSE: Duration = Duration::from_millis(500);

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.1.2-5", "MQTT-4.5.0-1"],
        name: "messages of QoS 2 wait for who is away, in their order, each once",
        run: |desk| {
            let topic = topic(desk, "waiting2");
            let (mut client, _) = come(desk, "away2", false)?;
            client.subscribe(&topic, QoS::ExactlyOnce)?;
            leave(client)?;
            let mut publisher = Client::new(desk, "publisher")?;
            for (payload, number) in ["1", "2", "3"].into_iter().zip(1..) {
                publisher.publish(message(&topic, payload, QoS::ExactlyOnce, number));
                received(&mut publisher, number)?;
            }
            let (mut client, _) = come(desk, "away2", false)?;
            let mut seen = Vec::new();
            for _ in 0..3 {
                let message = taken(&mut client)?;
                seen.push(message);
            }
            forget(desk, "away2")?;
            same("messages", payloads(&seen), ["1", "2", "3"].map(str::to_owned).to_vec())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-4"],
        name: "subscriptions are there again when their client is",
        run: |desk| {
            let topic = topic(desk, "kept");
            let (mut client, _) = come(desk, "kept", false)?;
            client.subscribe(&topic, QoS::AtLeastOnce)?;
            leave(client)?;
            let (mut client, _) = come(desk, "kept", false)?;
            Client::new(desk, "publisher")?.publish(message(&topic, "x", QoS::AtMostOnce, 0));
            let seen = client.message("the message");
            forget(desk, "kept")?;
            seen.map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.10.4-2", "MQTT-3.1.2-4"],
        name: "what was unsubscribed from is not there again",
        run: |desk| {
            let (gone, stays) = (topic(desk, "unsubscribed"), topic(desk, "subscribed"));
            let (mut client, _) = come(desk, "less", false)?;
            client.subscribe_all(&[(&gone, QoS::AtLeastOnce), (&stays, QoS::AtLeastOnce)])?;
            unsubscribe(&mut client, &[&gone])?;
            leave(client)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publish_acknowledged(&mut publisher, &gone, "x")?;
            publish_acknowledged(&mut publisher, &stays, "end")?;
            let seen = come(desk, "less", false)?.0.until_end();
            forget(desk, "less")?;
            same("messages", payloads(&seen?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-6", "MQTT-3.1.4-3"],
        name: "a clean session has neither the subscriptions nor the messages of the one before",
        run: |desk| {
            let topic = topic(desk, "cleaned");
            let (mut client, _) = come(desk, "cleaned", false)?;
            client.subscribe(&topic, QoS::AtLeastOnce)?;
            leave(client)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publish_acknowledged(&mut publisher, &topic, "kept")?;
            let (mut client, _) = come(desk, "cleaned", true)?;
            publish_acknowledged(&mut publisher, &topic, "late")?;
            let end = format!("{topic}/end");
            client.subscribe(&end, QoS::AtLeastOnce)?;
            publish_acknowledged(&mut publisher, &end, "end")?;
            same("messages", payloads(&client.until_end()?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-6"],
        name: "a clean session keeps nothing when it ends",
        run: |desk| {
            let topic = topic(desk, "nothing");
            let (mut client, _) = come(desk, "nothing", true)?;
            client.subscribe(&topic, QoS::AtLeastOnce)?;
            leave(client)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publish_acknowledged(&mut publisher, &topic, "x")?;
            let (mut client, present) = come(desk, "nothing", false)?;
            let end = format!("{topic}/end");
            client.subscribe(&end, QoS::AtLeastOnce)?;
            publish_acknowledged(&mut publisher, &end, "end")?;
            let seen = client.until_end();
            forget(desk, "nothing")?;
            same("Session Present", present, false)?;
            same("messages", payloads(&seen?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.1.4-2", "MQTT-3.1.4-3", "MQTT-3.2.2-2"],
        name: "a session that is taken over goes on: it is present, and has its subscriptions",
        run: |desk| {
            let topic = topic(desk, "taken");
            let (mut first, _) = come(desk, "taken", false)?;
            first.subscribe(&topic, QoS::AtLeastOnce)?;
            let (mut second, present) = come(desk, "taken", false)?;
            first.talk.expect_end()?;
            let mut publisher = Client::new(desk, "publisher")?;
            publish_acknowledged(&mut publisher, &topic, "x")?;
            let seen = second.message("the message");
            forget(desk, "taken")?;
            same("Session Present", present, true)?;
            seen.map(drop)
        },
    },
    Case {
        clauses: &["MQTT-4.6.0-1", "MQTT-3.3.1-1", "MQTT-4.4.0-1", "MQTT-2.3.1-4"],
        name: "what was not acknowledged comes again in the order of the first time",
        run: in_order,
    },
    Case {
        clauses: &["MQTT-4.3.3-1", "MQTT-3.3.1-1", "MQTT-4.4.0-1"],
        name: "QoS 2 without our PUBREC comes again, with DUP 1 and its identifier",
        run: |desk| {
            let topic = topic(desk, "again2");
            let (mut client, _) = come(desk, "again2", false)?;
            client.subscribe(&topic, QoS::ExactlyOnce)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publisher.publish(message(&topic, "x", QoS::ExactlyOnce, 1));
            received(&mut publisher, 1)?;
            let first = client.message("the message")?;
            drop(client);
            let (mut client, _) = come(desk, "again2", false)?;
            let second = taken(&mut client);
            forget(desk, "again2")?;
            let second = second?;
            same("DUP", (first.dup, second.dup), (false, true))?;
            same("the packet identifier", second.packet_id, first.packet_id)
        },
    },
    Case {
        clauses: &["MQTT-4.3.2-1", "MQTT-4.4.0-1"],
        name: "what was acknowledged does not come again",
        run: |desk| {
            let topic = topic(desk, "done");
            let (mut client, _) = come(desk, "done", false)?;
            client.subscribe(&topic, QoS::ExactlyOnce)?;
            let mut publisher = Client::new(desk, "publisher")?;
            publish_acknowledged(&mut publisher, &topic, "1")?;
            client.message("the message of QoS 1")?;
            publisher.publish(message(&topic, "2", QoS::ExactlyOnce, 2));
            received(&mut publisher, 2)?;
            taken(&mut client)?;
            leave(client)?;
            publish_acknowledged(&mut publisher, &topic, "end")?;
            let seen = come(desk, "done", false)?.0.until_end();
            forget(desk, "done")?;
            same("messages", payloads(&seen?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-4.3.3-2", "MQTT-3.1.2-4"],
        name: "our QoS 2 goes on over another connection, and is one message",
        run: |desk| {
            let topic = topic(desk, "two-connections");
            let mut listener = Client::new(desk, "listener")?;
            listener.subscribe(&topic, QoS::AtMostOnce)?;
            let (mut client, _) = come(desk, "moves", false)?;
            let first = message(&topic, "once", QoS::ExactlyOnce, 1);
            client.publish(first.clone());
            client.await_packet("the PUBREC", |p| matches!(p, Packet::PubRec(_)))?;
            drop(client);
            let (mut client, _) = come(desk, "moves", false)?;
            client.publish(Publish { dup: true, ..first });
            received(&mut client, 1)?;
            forget(desk, "moves")?;
            listener.publish(message(&topic, "end", QoS::AtLeastOnce, 1));
            listener.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
            let seen = payloads(&listener.until_end()?);
            same("messages", seen, vec!["once".to_owned()])
        },
    },
];

fn publish_acknowledged(publisher: &mut Client, topic: &str, payload: &str) -> Finding {
    publisher.publish(message(topic, payload, QoS::AtLeastOnce, 1));
    publisher.await_packet("the PUBACK", |packet| matches!(packet, Packet::PubAck(_)))?;
    Ok(())
}

/// A message of QoS 2, which is taken as such.
fn taken(client: &mut Client) -> Result<Publish, Wrong> {
    let message = client.message("the message of QoS 2")?;
    let Some(packet_id) = message.packet_id else { return broken("it has no packet identifier") };
    client.send(&Packet::PubRec(PubRec { packet_id }));
    let is_its = |packet: &Packet| matches!(packet, Packet::PubRel(p) if p.packet_id == packet_id);
    client.await_packet("the PUBREL", is_its)?;
    client.send(&Packet::PubComp(PubComp { packet_id }));
    Ok(message)
}

/// Takes messages without a word, as many as come, up to what is owed.
fn unanswered(client: &mut Client) -> Result<Vec<Publish>, Wrong> {
    let mut all = Vec::new();
    while all.len() < OWED {
        let deadline = Instant::now() + PAUSE;
        // One at least must come; how many more a broker sends before an answer is its choice.
        while !all.is_empty() && client.talk.input.is_empty() {
            if client.talk.listen_until(deadline) != Heard::More {
                return Ok(all);
            }
        }
        match client.next("the message")? {
            Packet::Publish(message) => all.push(message),
            other => return broken(format!("instead of the message came {other:?}")),
        }
    }
    Ok(all)
}

fn in_order(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "in-order");
    let (mut client, _) = come(desk, "in-order", false)?;
    client.subscribe(&topic, QoS::AtLeastOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    for number in 1..=OWED {
        publish_acknowledged(&mut publisher, &topic, &number.to_string())?;
    }
    let first = unanswered(&mut client)?;
    drop(client);
    let (mut client, _) = come(desk, "in-order", false)?;
    let second = unanswered(&mut client)?;
    for packet_id in second.iter().filter_map(|message| message.packet_id) {
        client.send(&Packet::PubAck(PubAck { packet_id }));
    }
    forget(desk, "in-order")?;
    let ids = |all: &[Publish]| all.iter().filter_map(|m| m.packet_id).collect::<Vec<PacketId>>();
    let (mut distinct, again) = (ids(&first), &second[..second.len().min(first.len())]);
    same("packet identifiers and payloads", (ids(again), payloads(again)), {
        (ids(&first), payloads(&first))
    })?;
    same("DUP", again.iter().all(|message| message.dup), true)?;
    distinct.sort_unstable();
    distinct.dedup();
    same("identifiers that are in use once", distinct.len(), first.len())
}
