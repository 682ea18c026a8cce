//! SUBSCRIBE and UNSUBSCRIBE (sections 3.8 and 3.10).
//!
//! It knows sessions, the tree and what is retained. It does not know connections but as those
//! that are answered.

use bytes::BytesMut;
use std::rc::Rc;
use wirelab_reactor::{ConnId, Io};

use super::access::Action;
use super::journal::Promise;
use super::message::Item;
use super::sessions::Key;
use super::store::Change;
use super::{Broker, Event, Kept};
use crate::limits::{SUBSCRIPTION_LEVELS_MAX, SUBSCRIPTIONS_MAX};
use crate::packet::{PacketType, QoS, SubAck, Subscribe, Unsubscribe};
use crate::{Error, topic};

impl Broker {
    pub(super) fn on_subscribe(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        packet: Subscribe,
    ) -> Result<(), Error> {
        let Some(key) = self.peers.link(conn).map(|link| link.session) else { return Ok(()) };
        // [MQTT-3.8.4-4], [MQTT-3.9.3-1] One after another, a return code for each, in order.
        let mut codes = Vec::with_capacity(packet.filters.len());
        for (filter, qos) in &packet.filters {
            codes.push(self.subscribe(key, filter, *qos).then_some(*qos));
        }
        // [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-5] Its answer carries its identifier.
        let mut out = BytesMut::new();
        SubAck { packet_id: packet.packet_id, codes: codes.clone() }.encode(&mut out)?;
        self.promises.push(Promise::Packet(conn, out.freeze()));
        for ((filter, _), granted) in packet.filters.iter().zip(codes) {
            if let Some(granted) = granted {
                // [MQTT-3.3.1-6], [MQTT-3.8.4-3] Also when the subscription was there before.
                self.send_retained(io, key, filter, granted);
            }
        }
        Ok(())
    }

    /// Makes or replaces a subscription.
    fn subscribe(&mut self, key: Key, filter: &str, qos: QoS) -> bool {
        let Some(session) = self.sessions.get_mut(key) else { return false };
        let known = session.subscriptions.get_key_value(filter).map(|(filter, _)| filter.clone());
        let levels = session.levels + topic::levels(filter);
        let has_room =
            session.subscriptions.len() < SUBSCRIPTIONS_MAX && levels <= SUBSCRIPTION_LEVELS_MAX;
        let granted = known.is_some() || has_room;
        if granted {
            if known.is_none() {
                session.levels = levels;
            }
            let filter: Rc<str> = known.unwrap_or_else(|| filter.into());
            // [MQTT-3.8.4-3] The same filter again replaces the subscription; what is under way
            // is not touched.
            session.subscriptions.insert(filter.clone(), qos);
            self.tree.insert(&filter, key, qos);
            self.epoch += 1;
            if session.number != 0 {
                let session = session.number;
                self.journal.note(|| Change::SubscriptionPut { session, filter, qos });
            }
        }
        let client_id = session.client_id.clone();
        let granted_qos = granted.then_some(qos);
        self.tell(Event::Subscribed { client_id: &client_id, filter, granted: granted_qos });
        granted
    }

    /// [MQTT-3.3.1-6] The retained messages that match a new subscription, with RETAIN 1.
    fn send_retained(&mut self, io: &mut Io, key: Key, filter: &str, granted: QoS) {
        let Some(session) = self.sessions.get(key) else { return };
        let (access, who) = (&self.access, session.who());
        let mut found: Vec<Kept> = Vec::new();
        self.retained.find(filter, |topic, kept| {
            if access.may(who, Action::Read, topic) {
                found.push(kept.clone());
            }
        });
        for Kept { message, qos } in found {
            let upgrade = self.settings.upgrade_outgoing_qos;
            let qos = if upgrade { granted } else { qos.min(granted) };
            // [MQTT-3.3.1-8]
            let item = Item { message, retain: true };
            if qos == QoS::AtMostOnce {
                self.queue_at_most_once(key, item);
            } else {
                self.enqueue(io, None, key, qos, item);
            }
        }
    }

    pub(super) fn on_unsubscribe(&mut self, conn: ConnId, packet: &Unsubscribe) {
        let Some(key) = self.peers.link(conn).map(|link| link.session) else { return };
        // [MQTT-3.10.4-6] One after another.
        for filter in &packet.filters {
            self.unsubscribe(key, filter);
        }
        // [MQTT-3.10.4-4], [MQTT-3.10.4-5] Answered also if there was nothing to take back.
        self.promises.push(Promise::Ack(conn, PacketType::UnsubAck, packet.packet_id));
    }

    /// [MQTT-3.10.4-1] Takes back the subscription to exactly this filter. [MQTT-3.10.4-3] What is
    /// in flight or waits is delivered all the same.
    fn unsubscribe(&mut self, key: Key, filter: &str) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if let Some((filter, _)) = session.subscriptions.remove_entry(filter) {
            session.levels -= topic::levels(&filter);
            // [MQTT-3.10.4-2] From here on no route leads there.
            self.tree.remove(&filter, key);
            self.epoch += 1;
            if session.number != 0 {
                let session = session.number;
                self.journal.note(|| Change::SubscriptionDelete { session, filter });
            }
        }
        let client_id = session.client_id.clone();
        self.tell(Event::Unsubscribed { client_id: &client_id, filter });
    }
}
