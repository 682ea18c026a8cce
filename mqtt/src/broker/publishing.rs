//! PUBLISH: a message comes in, and goes to everybody who has asked for it (section 3.3).
//!
//! It knows routes and sessions. How a queued message reaches its client is `delivering`'s.

use bytes::Bytes;
use std::rc::Rc;
use wirelab_reactor::limits::COPY_MAX;
use wirelab_reactor::{ConnId, Io};

use super::access::Action;
use super::journal::Promise;
use super::message::{Incoming, Item, Message};
use super::routes::{Route, merge};
use super::sessions::Key;
use super::store::Change;
use super::{Broker, Event, Kept};
use crate::delivery::Arrival;
use crate::limits::{HELD_ACKS_MAX, RETAINED_LEVELS_MAX, RETAINED_MAX};
use crate::packet::{FixedHeader, PacketType, QoS, Will, publish};
use crate::wire::PacketId;
use crate::{Error, topic};

/// Topics that are the broker's own.
pub(super) const SYS_PREFIX: &str = "$SYS/";

impl Broker {
    /// A PUBLISH has come. `shared` is the frame once more, where it is long.
    pub(super) fn on_publish(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        header: FixedHeader,
        frame: &[u8],
        shared: Option<&Bytes>,
    ) -> Result<(), Error> {
        let view = publish::View::parse(header.flags, &frame[header.header_len..])?;
        let incoming = Incoming { view, frame, shared };
        self.stats.publish_received += 1;
        self.stats.publish_bytes_received += view.payload.len() as u64;
        // mosquitto's users know this: the connection ends.
        if view.retain && !self.settings.retain_available {
            return Err(Error::violated("", "a message to be retained, which is not available"));
        }
        // [MQTT-4.3.3-2] The same identifier again, before PUBREL, is the same message.
        if let (QoS::ExactlyOnce, Some(id)) = (view.qos, view.packet_id)
            && self.has_come_before(conn, id)
        {
            self.acknowledge(io, conn, PacketType::PubRec, id);
            return Ok(());
        }
        let limit = self.settings.message_size_limit;
        let route = if limit != 0 && view.payload.len() > limit {
            None
        } else {
            self.route(conn, view.topic)
        };
        if self.tells_messages {
            self.tell_message(conn, &view, route.is_some());
        }
        // [MQTT-3.3.5-2] A message that is not allowed is acknowledged like any other.
        if let Some(route) = route {
            // [MQTT-3.3.1-12] With RETAIN 0, what is retained is not touched.
            if view.retain {
                self.retain(&incoming, &route.topic);
            }
            self.fan_out(io, Some(conn), &incoming, &route);
        }
        // [MQTT-3.3.4-1], [MQTT-4.3.2-2] Nothing, PUBACK or PUBREC.
        match (view.qos, view.packet_id) {
            (QoS::AtLeastOnce, Some(id)) => self.acknowledge(io, conn, PacketType::PubAck, id),
            (QoS::ExactlyOnce, Some(id)) => self.acknowledge(io, conn, PacketType::PubRec, id),
            _ => {}
        }
        Ok(())
    }

    fn tell_message(&mut self, conn: ConnId, view: &publish::View<'_>, allowed: bool) {
        let Some(link) = self.peers.link(conn) else { return };
        let (Some(session), Some(observer)) = (self.sessions.get(link.session), &mut self.observer)
        else {
            return;
        };
        observer(Event::Published {
            client_id: &session.client_id,
            topic: view.topic,
            qos: view.qos,
            retain: view.retain,
            len: view.payload.len(),
            allowed,
        });
    }

    /// Notes the identifier of a QoS 2 message. Was it noted already?
    fn has_come_before(&mut self, conn: ConnId, packet_id: PacketId) -> bool {
        let Some(link) = self.peers.link(conn) else { return true };
        let Some(session) = self.sessions.get_mut(link.session) else { return true };
        if session.received.on_publish(packet_id) == Arrival::Again {
            return true;
        }
        if session.number != 0 {
            let session = session.number;
            self.journal.note(|| Change::ReceivedPut { session, packet_id });
        }
        false
    }

    /// PUBREL: the client will not send this message again.
    pub(super) fn on_pubrel(&mut self, conn: ConnId, packet_id: PacketId) {
        let Some(link) = self.peers.link(conn) else { return };
        let Some(session) = self.sessions.get_mut(link.session) else { return };
        if session.received.on_pubrel(packet_id) && session.number != 0 {
            let session = session.number;
            self.journal.note(|| Change::ReceivedDelete { session, packet_id });
        }
        // [MQTT-4.3.3-2] PUBCOMP answers it, known or not: an earlier one may have been lost.
        self.promises.push(Promise::Ack(conn, PacketType::PubComp, packet_id));
    }

    /// Acknowledges a message, at the end of the turn or when those have caught up that it is
    /// for. [MQTT-4.6.0-2], [MQTT-4.6.0-3] In the order in which the messages came.
    fn acknowledge(&mut self, io: &mut Io, conn: ConnId, packet_type: PacketType, id: PacketId) {
        let hold = self.peers.link_mut(conn).and_then(|link| link.hold.as_mut());
        let Some(hold) = hold else {
            return self.promises.push(Promise::Ack(conn, packet_type, id));
        };
        hold.acks.push((packet_type, id));
        if hold.acks.len() >= HELD_ACKS_MAX && self.may_be_paused(conn) {
            self.pause(io, conn);
        }
    }

    /// Where a client's messages of this topic go; `None`: it may not publish to it.
    fn route(&mut self, conn: ConnId, topic: &str) -> Option<Rc<Route>> {
        let link = self.peers.link_mut(conn)?;
        if let Some(route) = &link.route
            && route.epoch == self.epoch
            && *route.topic == *topic
        {
            return Some(route.clone());
        }
        let session = self.sessions.get(link.session)?;
        // The broker's own topics are not for others to write.
        if topic.starts_with(SYS_PREFIX) || !self.access.may(session.who(), Action::Write, topic) {
            return None;
        }
        let route = self.find_route(topic);
        if let Some(link) = self.peers.link_mut(conn) {
            link.route = Some(route.clone());
        }
        Some(route)
    }

    /// Where messages of this topic go, whoever publishes them.
    pub(super) fn find_route(&mut self, topic: &str) -> Rc<Route> {
        if let Some(route) = self.routes.get(topic, self.epoch) {
            return route;
        }
        let mut found = Vec::new();
        // [MQTT-3.3.2-3] Nobody gets a message whose topic none of his filters matches.
        self.tree.find(topic, &mut found);
        if !self.settings.allow_duplicate_messages {
            merge(&mut found);
        }
        found.retain(|&(key, _)| {
            let session = self.sessions.get(key);
            session.is_some_and(|session| self.access.may(session.who(), Action::Read, topic))
        });
        self.routes.put(topic, self.epoch, found)
    }

    /// Sets, replaces or clears the retained message of a topic.
    fn retain(&mut self, incoming: &Incoming<'_>, name: &Rc<str>) {
        let view = &incoming.view;
        if view.payload.is_empty() {
            // [MQTT-3.3.1-10], [MQTT-3.3.1-11] An empty one clears, and is not stored.
            if self.retained.clear(name).is_some() && !name.starts_with(SYS_PREFIX) {
                self.journal.note(|| Change::RetainedDelete { topic: name.clone() });
            }
            return;
        }
        let has_room = self.retained.len() < RETAINED_MAX
            && self.retained.topic_levels() + topic::levels(name) <= RETAINED_LEVELS_MAX;
        if !has_room && self.retained.get(name).is_none() {
            return log::debug!("as much is retained as may be: not the message of {name:?}");
        }
        // [MQTT-3.3.1-5], [MQTT-3.3.1-7] The newest replaces the one before, whatever its QoS.
        let message = Message::keep(name.clone(), view.payload, incoming.shared);
        if !name.starts_with(SYS_PREFIX) {
            let (payload, qos) = (message.payload.clone(), view.qos);
            self.journal.note(|| Change::RetainedPut { topic: name.clone(), payload, qos });
        }
        self.retained.set(name.clone(), Kept { message, qos: view.qos });
    }

    /// [MQTT-4.5.0-1] Delivers a message to the session of everybody who has asked for it.
    fn fan_out(
        &mut self,
        io: &mut Io,
        from: Option<ConnId>,
        incoming: &Incoming<'_>,
        route: &Route,
    ) {
        let view = &incoming.view;
        let (mut kept, mut plain) = (None, None);
        for &(key, granted) in &route.targets {
            // [MQTT-4.6.0-5], [MQTT-4.6.0-6] Each session's queue is first in, first out, and QoS 0
            // is written as it comes: a publisher's messages of a topic and QoS keep their order.
            // [MQTT-3.8.4-6] At the lower of the two, unless the setting says otherwise.
            let upgrade = self.settings.upgrade_outgoing_qos;
            let qos = if upgrade { granted } else { view.qos.min(granted) };
            if qos == QoS::AtMostOnce {
                let plain = plain.get_or_insert_with(|| Plain::new(incoming, &mut self.scratch));
                self.send_at_most_once(io, from, key, incoming, plain, &route.topic);
            } else {
                let keep = || Message::keep(route.topic.clone(), view.payload, incoming.shared);
                let message = kept.get_or_insert_with(keep).clone();
                // [MQTT-3.3.1-9] To those who had subscribed before, it comes with RETAIN 0.
                self.enqueue(io, from, key, qos, Item { message, retain: false });
            }
        }
        if let Some(Plain::Scratch(scratch)) = plain {
            self.scratch = scratch;
        }
    }

    /// QoS 0: written at once, to those who are there.
    fn send_at_most_once(
        &mut self,
        io: &mut Io,
        from: Option<ConnId>,
        key: Key,
        incoming: &Incoming<'_>,
        plain: &Plain<'_>,
        topic: &Rc<str>,
    ) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(to) = session.conn else {
            if self.settings.queue_qos0_messages {
                let payload = incoming.view.payload;
                let message = Message::keep(topic.clone(), payload, incoming.shared);
                self.queue_at_most_once(key, Item { message, retain: false });
            }
            return;
        };
        if io.is_above_high_water(to) && !self.wait_for_reader(io, from, key) {
            return self.drop_one(key);
        }
        let len = match plain {
            Plain::Short(frame) => {
                io.write(to, |out| out.extend_from_slice(frame));
                frame.len()
            }
            Plain::Scratch(frame) => {
                io.write(to, |out| out.extend_from_slice(frame));
                frame.len()
            }
            Plain::Long(frame) => {
                io.send(to, frame.clone());
                frame.len()
            }
        };
        self.stats.bytes_sent += len as u64;
        self.stats.messages_sent += 1;
        self.stats.publish_sent += 1;
        self.stats.publish_bytes_sent += incoming.view.payload.len() as u64;
    }

    /// [MQTT-3.1.2-16], [MQTT-3.1.2-17] A client's will, as if the client published it now.
    pub(super) fn publish_will(&mut self, io: &mut Io, key: Key, will: &Will) {
        let Some(session) = self.sessions.get(key) else { return };
        let allowed = self.access.may(session.who(), Action::Write, &will.topic)
            && !will.topic.starts_with(SYS_PREFIX);
        if allowed {
            self.publish_own(io, &will.topic, &will.payload, will.qos, will.retain);
        }
    }

    /// Publishes a message that no client's packet has brought.
    pub(super) fn publish_own(
        &mut self,
        io: &mut Io,
        topic: &str,
        payload: &[u8],
        qos: QoS,
        retain: bool,
    ) {
        // RETAIN is set here because there is no frame that could be passed on as it came.
        let view = publish::View { dup: false, qos, retain: true, topic, packet_id: None, payload };
        let incoming = Incoming { view, frame: &[], shared: None };
        let route = self.find_route(topic);
        if retain && self.settings.retain_available {
            self.retain(&incoming, &route.topic);
        }
        self.fan_out(io, None, &incoming, &route);
    }
}

/// The PUBLISH of QoS 0 that all get who get it at that, in the cheapest form.
enum Plain<'a> {
    /// The very bytes that came: they say QoS 0 and RETAIN 0.
    Short(&'a [u8]),
    /// Encoded anew, to be copied.
    Scratch(bytes::BytesMut),
    /// To be shared.
    Long(Bytes),
}

impl<'a> Plain<'a> {
    fn new(incoming: &Incoming<'a>, scratch: &mut bytes::BytesMut) -> Self {
        let view = &incoming.view;
        if view.qos == QoS::AtMostOnce && !view.retain {
            return match incoming.shared {
                Some(frame) => Self::Long(frame.clone()),
                None => Self::Short(incoming.frame),
            };
        }
        // [MQTT-3.3.1-2], [MQTT-3.3.1-3], [MQTT-3.3.1-9] QoS 0, DUP 0, RETAIN 0, whatever came.
        let plain = publish::View {
            qos: QoS::AtMostOnce,
            dup: false,
            retain: false,
            packet_id: None,
            ..*view
        };
        let mut out = std::mem::take(scratch);
        out.clear();
        // It came in a packet that was longer than this.
        let written = plain.encode(&mut out);
        debug_assert_eq!(written, Ok(()));
        if out.len() <= COPY_MAX { Self::Scratch(out) } else { Self::Long(out.freeze()) }
    }
}
