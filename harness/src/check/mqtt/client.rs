//! A client that does what a case says, right or wrong.
//!
//! It knows packets, through the mqtt crate's codec.

use bytes::{Bytes, BytesMut};
use std::time::Instant;
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::{
    ConnAck, Connect, ConnectReturnCode, PubAck, Publish, SubAck, Subscribe,
};
use wirelab_mqtt::{Packet, PacketId, QoS};

use crate::check::talk::{Desk, End, Heard, Talk, Wrong, broken};

/// A client.
pub struct Client {
    pub talk: Talk,
    /// Messages that came while something else was waited for.
    pub messages: Vec<Publish>,
}

/// A packet identifier. Those of the cases are small numbers.
pub fn id(number: u16) -> PacketId {
    PacketId::new(number).unwrap_or(PacketId::MIN)
}

/// A message.
pub fn message(topic: &str, payload: &str, qos: QoS, number: u16) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.to_owned(),
        packet_id: (qos != QoS::AtMostOnce).then(|| id(number)),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
    }
}

/// What packet this is, in a word or two.
fn name(packet: &Packet) -> String {
    let text = format!("{packet:?}");
    text.chars().take(120).collect()
}

impl Client {
    /// Connects the socket, and says nothing.
    pub fn silent(desk: &mut Desk) -> Result<Self, Wrong> {
        Ok(Self { talk: desk.connect()?, messages: Vec::new() })
    }

    /// Sends this CONNECT; the CONNACK must accept it.
    pub fn with(desk: &mut Desk, connect: Connect) -> Result<(Self, ConnAck), Wrong> {
        let mut client = Self::silent(desk)?;
        client.send(&Packet::Connect(Box::new(connect)));
        match client.next("the CONNACK")? {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Accepted => Ok((client, ack)),
            other => broken(format!("CONNECT was answered with {}", name(&other))),
        }
    }

    /// A client with a clean session and a name of its own in this case.
    pub fn new(desk: &mut Desk, name: &str) -> Result<Self, Wrong> {
        let connect = connect(desk, name);
        Self::with(desk, connect).map(|(client, _)| client)
    }

    pub fn send(&mut self, packet: &Packet) {
        let mut out = BytesMut::new();
        // The cases' own packets can be encoded.
        if packet.encode(&mut out).is_ok() {
            self.talk.send(&out);
        }
    }

    pub fn publish(&mut self, message: Publish) {
        self.send(&Packet::Publish(message));
    }

    /// The next packet; `what` is waited for.
    pub fn next(&mut self, what: &str) -> Result<Packet, Wrong> {
        let deadline = Instant::now() + self.talk.patience();
        loop {
            match Packet::decode(&mut self.talk.input, PACKET_MAX) {
                Ok(Some(packet)) => return Ok(packet),
                Ok(None) => {}
                Err(error) => return broken(format!("instead of {what} came no packet: {error}")),
            }
            match self.talk.listen_until(deadline) {
                Heard::More => {}
                Heard::Over(End::Closed) => {
                    return broken(format!("instead of {what} the connection was closed"));
                }
                Heard::Over(End::Reset) => {
                    return broken(format!("instead of {what} the connection was reset"));
                }
                Heard::Silence => return broken(format!("{what} did not come in time")),
            }
        }
    }

    /// Waits for a packet other than a message.
    pub fn await_packet(
        &mut self,
        what: &str,
        wanted: impl Fn(&Packet) -> bool,
    ) -> Result<Packet, Wrong> {
        loop {
            match self.next(what)? {
                packet if wanted(&packet) => return Ok(packet),
                Packet::Publish(message) => {
                    self.acknowledge(&message);
                    self.messages.push(message);
                }
                other => return broken(format!("instead of {what} came {}", name(&other))),
            }
        }
    }

    /// Subscribes to one filter.
    pub fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<SubAck, Wrong> {
        self.subscribe_all(&[(filter, qos)])
    }

    /// Subscribes to filters in one packet.
    pub fn subscribe_all(&mut self, filters: &[(&str, QoS)]) -> Result<SubAck, Wrong> {
        let filters = filters.iter().map(|(filter, qos)| ((*filter).to_owned(), *qos)).collect();
        self.send(&Packet::Subscribe(Subscribe { packet_id: id(9), filters }));
        match self.await_packet("the SUBACK", |packet| matches!(packet, Packet::SubAck(_)))? {
            Packet::SubAck(ack) if ack.packet_id == id(9) => Ok(ack),
            other => broken(format!("the SUBACK is of another SUBSCRIBE: {}", name(&other))),
        }
    }

    fn acknowledge(&mut self, message: &Publish) {
        if let (QoS::AtLeastOnce, Some(packet_id)) = (message.qos, message.packet_id) {
            self.send(&Packet::PubAck(PubAck { packet_id }));
        }
    }

    /// Waits for a message, and acknowledges it at QoS 1.
    pub fn message(&mut self, what: &str) -> Result<Publish, Wrong> {
        if !self.messages.is_empty() {
            return Ok(self.messages.remove(0));
        }
        match self.next(what)? {
            Packet::Publish(message) => {
                self.acknowledge(&message);
                Ok(message)
            }
            other => broken(format!("instead of {what} came {}", name(&other))),
        }
    }

    /// Messages up to the one that says `end`, which is not among them.
    pub fn until_end(&mut self) -> Result<Vec<Publish>, Wrong> {
        let mut all = Vec::new();
        loop {
            let message = self.message("the last message")?;
            if &message.payload[..] == b"end" {
                return Ok(all);
            }
            all.push(message);
        }
    }

    /// Sends octets as they are; the broker must end the connection, and answer nothing to them.
    pub fn sends_what_ends_it(&mut self, octets: &[u8]) -> Result<(), Wrong> {
        self.talk.send(octets);
        self.talk.expect_end()?;
        match Packet::decode(&mut self.talk.input, PACKET_MAX) {
            Ok(None) => Ok(()),
            Ok(Some(packet)) => broken(format!("it was answered, with {}", name(&packet))),
            Err(error) => broken(format!("what came before the end is no packet: {error}")),
        }
    }
}

/// Keep Alive of the cases, in seconds: longer than any of them. There are brokers that let
/// nobody in without one, and have more to show than that.
pub const KEEP_ALIVE: u16 = 600;

/// A CONNECT with a clean session, and a name that no other run has.
pub fn connect(desk: &Desk, name: &str) -> Connect {
    let client_id = format!("{}{name}", desk.mark);
    Connect { client_id, clean_session: true, keep_alive: KEEP_ALIVE, ..Connect::default() }
}

/// A topic that no other run has.
pub fn topic(desk: &Desk, name: &str) -> String {
    format!("wirelab/{}/{name}", desk.mark)
}

/// The messages' payloads as text.
pub fn payloads(messages: &[Publish]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(&m.payload).into_owned()).collect()
}

/// An error unless both are alike.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, wanted: T) -> Result<(), Wrong> {
    if seen == wanted {
        return Ok(());
    }
    broken(format!("{what}: {seen:?}, not {wanted:?}"))
}
