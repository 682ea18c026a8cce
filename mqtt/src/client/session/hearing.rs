//! What each of the server's packets does to a session, and which packet answers it.
//!
//! It does not know what is sent of our own accord.

use bytes::{Buf, Bytes, BytesMut};
use std::sync::Arc;

use super::{Job, Link, Now, Session, owned};
use crate::Error;
use crate::client::event::{Arrived, Seen};
use crate::client::{Event, Message};
use crate::delivery::{Arrival, Receiver};
use crate::limits::COPIED_PAYLOAD_MAX;
use crate::packet::{
    ConnAck, ConnectReturnCode, FixedHeader, Packet, PacketType, PubAck, PubComp, PubRec, PubRel,
    QoS, publish,
};

impl Session {
    /// Takes packets off the front of `input` until one of them is an event; answers go to `out`.
    /// `None`: more bytes are needed.
    ///
    /// # Errors
    /// What the server did that it must not, with the clause; the connection is then to be closed
    /// [MQTT-4.8.0-1]. [`Error::Refused`] when CONNACK says so.
    pub fn next_event(
        &mut self,
        now: Now,
        input: &mut BytesMut,
        out: &mut BytesMut,
    ) -> Result<Option<Event>, Error> {
        if input.is_empty() || !matches!(self.link, Link::Asking | Link::Up) {
            return Ok(None);
        }
        self.keep_alive.heard(now);
        while let Some(header) = FixedHeader::peek(input, self.options.max_packet_size)? {
            self.check_turn(header.packet_type)?;
            if input.len() < header.total() {
                return Ok(None);
            }
            let before = out.len();
            let event = if header.packet_type == PacketType::Publish {
                self.on_publish(header, input, out)?
            } else {
                let body = Bytes::copy_from_slice(&input[header.header_len..header.total()]);
                input.advance(header.total());
                let packet = Packet::decode_body(header, &body)?;
                self.saw(|_| Seen::Received(packet.clone()));
                self.on_packet(packet, now, out)?
            };
            if out.len() > before {
                self.keep_alive.sent(now);
            }
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// May the server send this now?
    fn check_turn(&self, packet_type: PacketType) -> Result<(), Error> {
        use PacketType::{ConnAck, Connect, Disconnect, PingReq, Subscribe, Unsubscribe};
        match (self.link, packet_type) {
            (_, Connect | Subscribe | Unsubscribe | PingReq | Disconnect) => {
                Err(Error::violated("[MQTT-4.8.0-1]", "a packet that only clients send"))
            }
            (Link::Up, ConnAck) => Err(Error::violated("[MQTT-4.8.0-1]", "a second CONNACK")),
            // [MQTT-3.2.0-1] CONNACK is the server's first packet.
            (Link::Asking, other) if other != ConnAck => {
                Err(Error::violated("[MQTT-3.2.0-1]", "another packet before CONNACK"))
            }
            _ => Ok(()),
        }
    }

    fn on_publish(
        &mut self,
        header: FixedHeader,
        input: &mut BytesMut,
        out: &mut BytesMut,
    ) -> Result<Option<Event>, Error> {
        let body = &input[header.header_len..header.total()];
        let view = publish::View::parse(header.flags, body)?;
        let (dup, qos, retain, packet_id) = (view.dup, view.qos, view.retain, view.packet_id);
        if *self.last_topic != *view.topic {
            self.last_topic = Arc::from(view.topic);
        }
        let len = view.payload.len();
        let payload = if len <= COPIED_PAYLOAD_MAX {
            let payload = Bytes::copy_from_slice(view.payload);
            input.advance(header.total());
            payload
        } else {
            input.split_to(header.total()).freeze().slice(header.total() - len..)
        };
        let message = Message { topic: self.last_topic.clone(), payload, qos, retain };
        self.saw(|_| Seen::Received(owned(&message, packet_id, dup)));
        // [MQTT-3.3.4-1], [MQTT-4.5.0-2] Each is answered by its QoS, whoever wants it.
        // [MQTT-4.6.0-2], [MQTT-4.6.0-3] At once, so in the order in which they came.
        let is_new = match (qos, packet_id) {
            // [MQTT-4.3.2-2] Whatever DUP says: every PUBLISH of QoS 1 is a message.
            (QoS::AtLeastOnce, Some(packet_id)) => {
                let puback = PubAck { packet_id };
                puback.encode(out);
                self.saw(|_| Seen::Sent(Packet::PubAck(puback)));
                true
            }
            // [MQTT-4.3.3-2] Until PUBREL the same identifier is the same message.
            (QoS::ExactlyOnce, Some(packet_id)) => {
                let pubrec = PubRec { packet_id };
                pubrec.encode(out);
                self.saw(|_| Seen::Sent(Packet::PubRec(pubrec)));
                self.receiver.on_publish(packet_id) == Arrival::New
            }
            _ => true,
        };
        Ok(is_new.then_some(Event::Message(Arrived { message, dup, packet_id })))
    }

    fn on_packet(
        &mut self,
        packet: Packet,
        now: Now,
        out: &mut BytesMut,
    ) -> Result<Option<Event>, Error> {
        match packet {
            Packet::ConnAck(connack) => self.on_connack(connack, now).map(Some),
            Packet::PubAck(PubAck { packet_id }) => {
                let done = self.sender.on_puback(packet_id)?;
                Ok(done.map(|waiting| Event::Published(waiting.ticket)))
            }
            Packet::PubRec(PubRec { packet_id }) => {
                self.sender.on_pubrec(packet_id)?;
                // [MQTT-4.3.3-1] PUBREL in any case. [MQTT-4.6.0-4] In the order of the PUBRECs.
                self.answer(Packet::PubRel(PubRel { packet_id }), out)
            }
            Packet::PubRel(PubRel { packet_id }) => {
                self.receiver.on_pubrel(packet_id);
                // [MQTT-4.3.3-2] PUBCOMP, also for an identifier that we do not know (any more).
                self.answer(Packet::PubComp(PubComp { packet_id }), out)
            }
            Packet::PubComp(PubComp { packet_id }) => {
                let done = self.sender.on_pubcomp(packet_id);
                Ok(done.map(|acknowledged| Event::Published(acknowledged.ticket)))
            }
            Packet::SubAck(suback) => {
                let id = suback.packet_id;
                let event = self.requests.on_suback(suback)?;
                // [MQTT-2.3.1-3] The identifier is free again.
                self.sender.unreserve(id);
                Ok(Some(event))
            }
            Packet::UnsubAck(unsuback) => {
                let event = self.requests.on_unsuback(unsuback.packet_id)?;
                self.sender.unreserve(unsuback.packet_id);
                Ok(Some(event))
            }
            Packet::PingResp(_) => {
                self.keep_alive.answered();
                Ok(None)
            }
            // Excluded by `check_turn`; PUBLISH has a way of its own.
            _ => Ok(None),
        }
    }

    fn answer(&mut self, packet: Packet, out: &mut BytesMut) -> Result<Option<Event>, Error> {
        packet.encode(out)?;
        self.saw(|_| Seen::Sent(packet));
        Ok(None)
    }

    fn on_connack(&mut self, connack: ConnAck, now: Now) -> Result<Event, Error> {
        let ConnAck { session_present, code } = connack;
        if code != ConnectReturnCode::Accepted {
            return Err(Error::Refused { code, clause: "" });
        }
        // [MQTT-3.2.2-1] A clean session has no past.
        if session_present && self.options.connect.clean_session {
            return Err(Error::violated("[MQTT-3.2.2-1]", "Session Present for a clean session"));
        }
        self.link = Link::Up;
        self.keep_alive.accepted(now);
        if !session_present {
            // The server's identifiers begin anew, and it knows of no subscription.
            self.receiver = Receiver::default();
            if let Some(again) = self.requests.again() {
                self.jobs.push_front(Job::Request(again));
            }
        }
        Ok(Event::Connected { session_present })
    }
}
