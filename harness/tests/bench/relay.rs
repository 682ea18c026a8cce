//! A broker as small as one can be, that loses, doubles or swaps messages on request.
//!
//! It forwards a PUBLISH byte for byte to whoever has subscribed to exactly its topic, and
//! acknowledges at once. It keeps no session, and does not wait for acknowledgements.

use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::publish::View;
use wirelab_mqtt::packet::{
    ConnAck, ConnectReturnCode, FixedHeader, Packet, PacketType, PubAck, PubComp, PubRec, SubAck,
};
use wirelab_mqtt::{PacketId, QoS};
use wirelab_reactor::{Closed, ConnId, EventLoop, Io, MioNet, Origin, Service, Settings, Stopper};

/// What is done to every so-manieth message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is not forwarded.
    Lose(u64),
    /// It is forwarded twice.
    Double(u64),
    /// It is forwarded after the next one.
    Swap(u64),
    /// Its last octet is another one.
    Spoil(u64),
}

struct Relay {
    fault: Fault,
    seen: u64,
    held: Option<(Bytes, String)>,
    subscribers: HashMap<String, Vec<ConnId>>,
}

impl Relay {
    fn forward(&mut self, io: &mut Io, packet: &Bytes, topic: &str) {
        for conn in self.subscribers.get(topic).into_iter().flatten() {
            io.send(*conn, packet.clone());
        }
    }

    fn publish(&mut self, io: &mut Io, packet: &Bytes, topic: &str) {
        self.seen += 1;
        match self.fault {
            Fault::Lose(n) if self.seen.is_multiple_of(n) => return,
            Fault::Spoil(n) if self.seen.is_multiple_of(n) => {
                let (rest, _) = packet.split_at(packet.len() - 1);
                return self.forward(io, &[rest, b"?"].concat().into(), topic);
            }
            Fault::Double(n) if self.seen.is_multiple_of(n) => self.forward(io, packet, topic),
            Fault::Swap(n) if self.seen.is_multiple_of(n) => {
                self.held = Some((packet.clone(), topic.to_owned()));
                return;
            }
            _ => {}
        }
        self.forward(io, packet, topic);
        if let Some((packet, topic)) = self.held.take() {
            self.forward(io, &packet, &topic);
        }
    }

    fn acknowledge(io: &mut Io, conn: ConnId, qos: QoS, id: Option<PacketId>) {
        let Some(packet_id) = id else { return };
        io.write(conn, |out| match qos {
            QoS::ExactlyOnce => PubRec { packet_id }.encode(out),
            _ => PubAck { packet_id }.encode(out),
        });
    }

    fn other(&mut self, io: &mut Io, conn: ConnId, packet: Packet) {
        match packet {
            Packet::Connect(_) => {
                let code = ConnectReturnCode::Accepted;
                io.write(conn, |out| ConnAck { session_present: false, code }.encode(out));
            }
            Packet::Subscribe(subscribe) => {
                let codes = subscribe.filters.iter().map(|(_, qos)| Some(*qos)).collect();
                for (filter, _) in subscribe.filters {
                    self.subscribers.entry(filter).or_default().push(conn);
                }
                let ack = SubAck { packet_id: subscribe.packet_id, codes };
                io.write(conn, |out| ack.encode(out)).expect("a SUBACK");
            }
            Packet::PubRel(release) => {
                let complete = PubComp { packet_id: release.packet_id };
                io.write(conn, |out| complete.encode(out));
            }
            Packet::PubRec(received) => {
                let release = wirelab_mqtt::packet::PubRel { packet_id: received.packet_id };
                io.write(conn, |out| release.encode(out));
            }
            Packet::Disconnect(_) => io.close(conn),
            _ => {}
        }
    }
}

impl Service for Relay {
    fn on_open(&mut self, _io: &mut Io, _conn: ConnId, _origin: Origin) {}

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        while let Ok(Some(header)) = FixedHeader::peek(input, PACKET_MAX) {
            if input.len() < header.total() {
                return;
            }
            let packet = input.split_to(header.total()).freeze();
            let body = packet.slice(header.header_len..);
            if header.packet_type == PacketType::Publish {
                let view = View::parse(header.flags, &body).expect("a good PUBLISH");
                Self::acknowledge(io, conn, view.qos, view.packet_id);
                self.publish(io, &packet, view.topic);
            } else {
                let packet = Packet::decode_body(header, &body).expect("a good packet");
                self.other(io, conn, packet);
            }
        }
    }

    fn on_close(&mut self, _io: &mut Io, _conn: ConnId, _why: Closed) {}
}

/// A relay in a thread of its own; it ends when this is dropped.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

/// Starts one.
pub fn start(fault: Fault) -> Running {
    let mut event_loop = EventLoop::new(MioNet::new().expect("a net"), Settings::default());
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let (_, addr) = event_loop.listen(anywhere).expect("a free port");
    let stopper = event_loop.stopper();
    let thread = thread::spawn(move || {
        let mut relay = Relay { fault, seen: 0, held: None, subscribers: HashMap::new() };
        event_loop.run(&mut relay).expect("it runs");
    });
    Running { addr, stopper, thread: Some(thread) }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stopper.stop_now();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
