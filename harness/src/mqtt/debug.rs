//! What `-d` prints: one line per packet, in the words of mosquitto's clients.
//!
//! It knows packets. It does not know where the lines go.

use std::num::NonZero;
use wirelab_mqtt::QoS;
use wirelab_mqtt::client::Seen;
use wirelab_mqtt::packet::{Packet, Publish};

use crate::output::escape;

/// Writes the lines of one client.
#[derive(Debug)]
pub struct Debug {
    /// The client id, as mosquitto prints it.
    name: String,
    /// The last number that a packet of ours had. mosquitto numbers QoS 0 messages, too, though
    /// the number is not sent.
    last: u16,
}

impl Debug {
    /// For the client of this id.
    pub fn new(client_id: &str) -> Self {
        let name =
            if client_id.is_empty() { "(null)".to_owned() } else { escape(client_id.as_bytes()) };
        Self { name, last: 0 }
    }

    /// The lines for a packet.
    pub fn lines(&mut self, seen: &Seen) -> Vec<String> {
        let said = match seen {
            Seen::Sent(packet) => self.sent(packet),
            Seen::Received(packet) => received(packet),
        };
        said.into_iter().map(|said| format!("Client {} {said}", self.name)).collect()
    }

    fn sent(&mut self, packet: &Packet) -> Vec<String> {
        let type_name = packet.packet_type().name();
        let detail = match packet {
            Packet::Publish(publish) => {
                let number = publish.packet_id.map_or(self.last.wrapping_add(1), NonZero::get);
                self.last = number;
                details(publish, number)
            }
            Packet::Subscribe(subscribe) => {
                let id = subscribe.packet_id.get();
                self.last = id;
                let line = |(filter, qos): &(String, QoS)| {
                    let (filter, qos) = (escape(filter.as_bytes()), *qos as u8);
                    let what = format!("Mid: {id}, Topic: {filter}, QoS: {qos}");
                    format!("sending {type_name} ({what}, Options: 0x00)")
                };
                return subscribe.filters.iter().map(line).collect();
            }
            Packet::Unsubscribe(unsubscribe) => {
                let id = unsubscribe.packet_id.get();
                self.last = id;
                let line = |filter: &String| {
                    format!("sending {type_name} (Mid: {id}, Topic: {})", escape(filter.as_bytes()))
                };
                return unsubscribe.filters.iter().map(line).collect();
            }
            Packet::PubAck(ack) => format!(" (m{}, rc0)", ack.packet_id),
            Packet::PubRec(ack) => format!(" (m{}, rc0)", ack.packet_id),
            Packet::PubRel(ack) => format!(" (m{})", ack.packet_id),
            Packet::PubComp(ack) => format!(" (m{})", ack.packet_id),
            _ => String::new(),
        };
        vec![format!("sending {type_name}{detail}")]
    }
}

fn received(packet: &Packet) -> Vec<String> {
    let detail = match packet {
        Packet::ConnAck(connack) => format!(" ({})", connack.code as u8),
        Packet::Publish(publish) => details(publish, publish.packet_id.map_or(0, NonZero::get)),
        Packet::PubAck(ack) => format!(" (Mid: {}, RC:0)", ack.packet_id),
        Packet::PubRec(ack) => format!(" (Mid: {})", ack.packet_id),
        Packet::PubRel(ack) => format!(" (Mid: {})", ack.packet_id),
        Packet::PubComp(ack) => format!(" (Mid: {}, RC:0)", ack.packet_id),
        _ => String::new(),
    };
    vec![format!("received {}{detail}", packet.packet_type().name())]
}

fn details(publish: &Publish, number: u16) -> String {
    format!(
        " (d{}, q{}, r{}, m{number}, '{}', ... ({} bytes))",
        u8::from(publish.dup),
        publish.qos as u8,
        u8::from(publish.retain),
        escape(publish.topic.as_bytes()),
        publish.payload.len(),
    )
}
