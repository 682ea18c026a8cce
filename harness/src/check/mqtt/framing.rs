//! Packets that are none, and packets in pieces.
//!
//! It may name the cases' client, and bytes. What good packets do is not its business.

use bytes::BytesMut;
use wirelab_mqtt::packet::{PacketType, Subscribe};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, connect, id, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Finding};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-1.5.3-1"],
        name: "a topic that is no UTF-8 ends the connection",
        run: |desk| malformed(desk, b"\x30\x05\x00\x02\xc3\x28x"),
    },
    Case {
        clauses: &["MQTT-1.5.3-1"],
        name: "a surrogate in a topic ends the connection",
        run: |desk| malformed(desk, b"\x30\x06\x00\x03\xed\xa0\x80x"),
    },
    Case {
        clauses: &["MQTT-1.5.3-2", "MQTT-4.7.3-2"],
        name: "U+0000 in a topic ends the connection",
        run: |desk| malformed(desk, b"\x30\x06\x00\x03a\x00bx"),
    },
    Case {
        clauses: &["MQTT-1.5.3-3"],
        name: "U+FEFF in a topic stays what it is",
        run: byte_order_mark,
    },
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-4.8.0-1"],
        name: "a packet of type 0 ends the connection",
        run: |desk| malformed(desk, b"\x00\x00"),
    },
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-4.8.0-1"],
        name: "a packet of type 15 ends the connection",
        run: |desk| malformed(desk, b"\xf0\x00"),
    },
    Case {
        clauses: &["MQTT-2.2.2-2", "MQTT-4.8.0-1"],
        name: "a Remaining Length of five bytes ends the connection",
        run: |desk| malformed(desk, b"\x30\xff\xff\xff\xff\x01"),
    },
    Case {
        clauses: &["MQTT-3.6.1-1", "MQTT-2.2.2-2"],
        name: "a PUBREL with other flags than 0010 ends the connection",
        run: |desk| malformed(desk, b"\x60\x02\x00\x01"),
    },
    Case {
        clauses: &["MQTT-4.8.0-1"],
        name: "a packet that only servers send ends the connection",
        run: |desk| malformed(desk, b"\x20\x02\x00\x00"),
    },
    Case {
        clauses: &["MQTT-2.3.1-1"],
        name: "a SUBSCRIBE with packet identifier 0 ends the connection",
        run: |desk| malformed(desk, b"\x82\x06\x00\x00\x00\x01a\x00"),
    },
    Case {
        clauses: &["MQTT-2.3.1-1"],
        name: "a PUBLISH of QoS 1 with packet identifier 0 ends the connection",
        run: |desk| malformed(desk, b"\x32\x06\x00\x01a\x00\x00x"),
    },
    Case {
        clauses: &["MQTT-3.1.4-4"],
        name: "packets byte by byte are the same packets",
        run: byte_by_byte,
    },
];

fn malformed(desk: &mut Desk, octets: &[u8]) -> Finding {
    Client::new(desk, "malformed")?.sends_what_ends_it(octets)
}

fn byte_order_mark(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "\u{feff}bom");
    let mut client = Client::new(desk, "bom")?;
    client.subscribe(&topic, QoS::AtMostOnce)?;
    client.publish(message(&topic, "x", QoS::AtMostOnce, 0));
    same("the topic", client.message("the message")?.topic, topic)
}

fn byte_by_byte(desk: &mut Desk) -> Finding {
    let topic = topic(desk, "bytes");
    let filters = vec![(topic.clone(), QoS::AtMostOnce)];
    let mut all = BytesMut::new();
    for packet in [
        Packet::Connect(Box::new(connect(desk, "bytes"))),
        Packet::Subscribe(Subscribe { packet_id: id(1), filters }),
        Packet::Publish(message(&topic, "whole", QoS::AtLeastOnce, 2)),
    ] {
        // The case's own packets can be encoded.
        let _ = packet.encode(&mut all);
    }
    let mut client = Client::silent(desk)?;
    for octet in &all {
        client.talk.send(&[*octet]);
    }
    client.await_packet("the CONNACK", |packet| matches!(packet, Packet::ConnAck(_)))?;
    // Which of the two comes first is not said.
    let mut missing = vec![PacketType::SubAck, PacketType::PubAck];
    while !missing.is_empty() {
        let is_missing = |packet: &Packet| missing.contains(&packet.packet_type());
        let came = client.await_packet("SUBACK and PUBACK", is_missing)?.packet_type();
        missing.retain(|packet_type| *packet_type != came);
    }
    client.publish(message(&topic, "end", QoS::AtLeastOnce, 3));
    client.await_packet("the PUBACK", |packet| matches!(packet, Packet::PubAck(_)))?;
    same("the message", payloads(&client.until_end()?), vec!["whole".to_owned()])
}
