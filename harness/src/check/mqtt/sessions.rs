//! What a broker keeps while a client is away.
//!
//! It may name the cases' client. It does not know whether the broker keeps it on disk.

use wirelab_mqtt::packet::{Connect, Disconnect, PubAck};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, connect, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.2.2-3", "MQTT-3.2.2-2", "MQTT-3.1.2-4"],
        name: "no clean session: Session Present is 0 at first and 1 the second time",
        run: |desk| {
            let seen = [come(desk, "known", false)?, come(desk, "known", false)?];
            forget(desk, "known")?;
            same("Session Present", seen.map(|(_, present)| present), [false, true])
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-6"],
        name: "a clean session removes the one that was kept",
        run: |desk| {
            come(desk, "removed", false)?;
            forget(desk, "removed")?;
            let (_, present) = come(desk, "removed", false)?;
            forget(desk, "removed")?;
            same("Session Present", present, false)
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-5", "MQTT-4.5.0-1"],
        name: "messages of QoS 1 wait for who is away, in their order",
        run: waiting,
    },
    Case {
        clauses: &["MQTT-4.4.0-1", "MQTT-3.3.1-1"],
        name: "what was not acknowledged comes again, with DUP 1 and its identifier",
        run: redelivered,
    },
    Case {
        clauses: &["MQTT-4.4.0-1", "MQTT-4.3.3-1"],
        name: "a PUBREL that was not answered comes again",
        run: released,
    },
    Case {
        clauses: &["MQTT-3.1.2-7"],
        name: "retained messages outlive the session of who has sent them",
        run: retained,
    },
];

/// Comes, and says whether the broker knew it.
pub fn come(desk: &mut Desk, name: &str, clean_session: bool) -> Result<(Client, bool), Wrong> {
    let connect = Connect { clean_session, ..connect(desk, name) };
    let (client, ack) = Client::with(desk, connect)?;
    Ok((client, ack.session_present))
}

/// Leaves nothing behind on the broker.
pub fn forget(desk: &mut Desk, name: &str) -> Finding {
    come(desk, name, true).map(drop)
}

pub fn leave(mut client: Client) -> Finding {
    client.send(&Packet::Disconnect(Disconnect));
    client.talk.expect_end().map(drop)
}

fn waiting(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "waiting");
    let (mut client, _) = come(desk, "away", false)?;
    client.subscribe(&topic, QoS::AtLeastOnce)?;
    leave(client)?;
    let mut publisher = Client::new(desk, "publisher")?;
    let all: Vec<String> = (1..=10).map(|n| n.to_string()).collect();
    for (payload, number) in all.iter().map(String::as_str).chain(["end"]).zip(1..) {
        publisher.publish(message(&topic, payload, QoS::AtLeastOnce, number));
        publisher.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
    }
    let (mut client, _) = come(desk, "away", false)?;
    let seen = payloads(&client.until_end()?);
    forget(desk, "away")?;
    same("messages", seen, all)
}

fn redelivered(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "again");
    let (mut client, _) = come(desk, "again", false)?;
    client.subscribe(&topic, QoS::AtLeastOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    publisher.publish(message(&topic, "x", QoS::AtLeastOnce, 1));
    let Packet::Publish(first) = client.next("the message")? else {
        return broken("instead of the message came another packet");
    };
    // Gone without a word.
    drop(client);
    let (mut client, _) = come(desk, "again", false)?;
    let Packet::Publish(second) = client.next("the message again")? else {
        return broken("instead of the message again came another packet");
    };
    if let Some(packet_id) = second.packet_id {
        client.send(&Packet::PubAck(PubAck { packet_id }));
    }
    drop(client);
    forget(desk, "again")?;
    same("DUP", (first.dup, second.dup), (false, true))?;
    same("the packet identifier", second.packet_id, first.packet_id)
}

fn released(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "released");
    let (mut client, _) = come(desk, "released", false)?;
    client.subscribe(&topic, QoS::ExactlyOnce)?;
    let mut publisher = Client::new(desk, "publisher")?;
    publisher.publish(message(&topic, "x", QoS::ExactlyOnce, 1));
    publisher.await_packet("the PUBREC", |p| matches!(p, Packet::PubRec(_)))?;
    let packet_id = super::client::id(1);
    publisher.send(&Packet::PubRel(wirelab_mqtt::packet::PubRel { packet_id }));
    let Some(packet_id) = client.message("the message")?.packet_id else {
        return broken("the message has no packet identifier");
    };
    client.send(&Packet::PubRec(wirelab_mqtt::packet::PubRec { packet_id }));
    let is_release =
        |packet: &Packet| matches!(packet, Packet::PubRel(p) if p.packet_id == packet_id);
    client.await_packet("the PUBREL", is_release)?;
    drop(client);
    let (mut client, _) = come(desk, "released", false)?;
    client.await_packet("the PUBREL again", is_release)?;
    client.send(&Packet::PubComp(wirelab_mqtt::packet::PubComp { packet_id }));
    drop(client);
    forget(desk, "released")
}

fn retained(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "outlives");
    let keep = |payload| wirelab_mqtt::packet::Publish {
        retain: true,
        ..message(&topic, payload, QoS::AtLeastOnce, 1)
    };
    let mut publisher = Client::new(desk, "outlived")?;
    publisher.publish(keep("x"));
    publisher.await_packet("the PUBACK", |p| matches!(p, Packet::PubAck(_)))?;
    leave(publisher)?;
    let mut client = Client::new(desk, "late")?;
    client.subscribe(&topic, QoS::AtMostOnce)?;
    let kept = client.message("the retained message")?;
    client.publish(keep(""));
    same("the payload", &kept.payload[..], &b"x"[..])
}
