//! A client of a few packets, to see what a broker answers: one step at a time, each with its
//! answer waited for.

use bytes::{Bytes, BytesMut};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::{ConnAck, Connect, PingReq, Publish, Subscribe};
use wirelab_mqtt::{Packet, PacketId, QoS};

use super::common::PATIENCE;

/// The identifier of every packet that needs one: only one is on its way at a time.
const ID: PacketId = PacketId::MIN;

/// A connection.
pub struct Peer {
    stream: TcpStream,
    input: BytesMut,
    topics: Vec<String>,
}

impl Peer {
    /// Connects with a clean session; returns the return code, too.
    pub fn connect(
        port: u16,
        client_id: &str,
        user_name: Option<&str>,
        password: Option<&str>,
    ) -> Result<(Self, u8), String> {
        let stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut peer = Self { stream, input: BytesMut::new(), topics: Vec::new() };
        let password = password.map(|password| Bytes::copy_from_slice(password.as_bytes()));
        peer.send(&Packet::Connect(Box::new(Connect {
            client_id: client_id.to_owned(),
            clean_session: true,
            user_name: user_name.map(str::to_owned),
            password,
            ..Connect::default()
        })))?;
        match peer.next()? {
            Packet::ConnAck(ConnAck { code, .. }) => Ok((peer, code as u8)),
            other => Err(format!("no CONNACK, but {other:?}")),
        }
    }

    /// Subscribes at QoS 0.
    pub fn subscribe(&mut self, filters: &[&str]) -> Result<(), String> {
        let filters = filters.iter().map(|filter| ((*filter).to_owned(), QoS::AtMostOnce));
        let filters = filters.collect();
        self.send(&Packet::Subscribe(Subscribe { packet_id: ID, filters }))?;
        self.wait(|packet| matches!(packet, Packet::SubAck(_)))
    }

    /// Publishes at QoS 1.
    pub fn publish(&mut self, topic: &str) -> Result<(), String> {
        self.send(&Packet::Publish(Publish {
            dup: false,
            qos: QoS::AtLeastOnce,
            retain: false,
            topic: topic.to_owned(),
            packet_id: Some(ID),
            payload: Bytes::from_static(b"x"),
        }))?;
        self.wait(|packet| matches!(packet, Packet::PubAck(_)))
    }

    /// The topics of all messages that have come since the last time: what the broker had for us
    /// when it answers a PINGREQ has come before the answer.
    pub fn received(&mut self) -> Result<Vec<String>, String> {
        self.send(&Packet::PingReq(PingReq))?;
        self.wait(|packet| matches!(packet, Packet::PingResp(_)))?;
        Ok(std::mem::take(&mut self.topics))
    }

    fn wait(&mut self, wanted: impl Fn(&Packet) -> bool) -> Result<(), String> {
        loop {
            match self.next()? {
                packet if wanted(&packet) => return Ok(()),
                Packet::Publish(publish) => self.topics.push(publish.topic),
                other => return Err(format!("not waited for: {other:?}")),
            }
        }
    }

    fn send(&mut self, packet: &Packet) -> Result<(), String> {
        let mut out = BytesMut::new();
        packet.encode(&mut out).map_err(|error| error.to_string())?;
        self.stream.write_all(&out).map_err(|error| error.to_string())
    }

    fn next(&mut self) -> Result<Packet, String> {
        loop {
            let packet = Packet::decode(&mut self.input, PACKET_MAX);
            if let Some(packet) = packet.map_err(|error| error.to_string())? {
                return Ok(packet);
            }
            let mut buffer = [0; 4096];
            let n = self.stream.read(&mut buffer).map_err(|error| error.to_string())?;
            if n == 0 {
                return Err("the broker closed the connection".to_owned());
            }
            self.input.extend_from_slice(&buffer[..n]);
        }
    }
}
