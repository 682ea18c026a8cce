//! `$SYS`: what the broker says of itself, under the names that mosquitto's users know. Not part of
//! the standard, which leaves topics that begin with `$` to servers (section 4.7.2).
//!
//! It knows counters. How a message reaches its subscribers is `publishing`'s.

use std::collections::HashMap;
use wirelab_reactor::Io;

use super::{Broker, SYS};
use crate::packet::QoS;

/// What was said last, so that only what has changed is said again.
#[derive(Debug, Default)]
pub(super) struct Sys {
    said: HashMap<&'static str, String>,
}

impl Broker {
    pub(super) fn start_sys(&mut self, io: &mut Io) {
        if !self.settings.sys_interval.is_zero() {
            self.publish_sys(io);
        }
    }

    /// Publishes what has changed, retained, and sets the timer for the next time.
    pub(super) fn publish_sys(&mut self, io: &mut Io) {
        io.set_timer(SYS, io.now() + self.settings.sys_interval);
        let version = self.settings.version.clone();
        self.say(io, "$SYS/broker/version", version);
        let uptime = format!("{} seconds", io.now().as_secs());
        self.say(io, "$SYS/broker/uptime", uptime);
        for (topic, value) in self.numbers() {
            self.say(io, topic, value.to_string());
        }
    }

    fn numbers(&self) -> [(&'static str, u64); 24] {
        let stats = &self.stats;
        let total = self.sessions.len() as u64;
        let away = total.saturating_sub(stats.clients_connected);
        let waiting: usize = self.sessions.iter().map(|(_, s)| s.out.waiting()).sum();
        let in_flight: usize = self.sessions.iter().map(|(_, s)| s.out.in_flight()).sum();
        let bytes: usize = self.sessions.iter().map(|(_, s)| s.out_bytes).sum();
        let retained = self.retained.len() as u64;
        let stored = (waiting + in_flight) as u64 + retained;
        [
            ("$SYS/broker/clients/total", total),
            ("$SYS/broker/clients/connected", stats.clients_connected),
            ("$SYS/broker/clients/active", stats.clients_connected),
            ("$SYS/broker/clients/disconnected", away),
            ("$SYS/broker/clients/inactive", away),
            ("$SYS/broker/clients/maximum", stats.clients_maximum),
            ("$SYS/broker/clients/expired", stats.clients_expired),
            ("$SYS/broker/messages/received", stats.messages_received),
            ("$SYS/broker/messages/sent", stats.messages_sent),
            ("$SYS/broker/messages/stored", stored),
            ("$SYS/broker/store/messages/count", stored),
            ("$SYS/broker/store/messages/bytes", bytes as u64),
            ("$SYS/broker/messages/inflight", in_flight as u64),
            ("$SYS/broker/messages/queued", waiting as u64),
            ("$SYS/broker/publish/messages/received", stats.publish_received),
            ("$SYS/broker/publish/messages/sent", stats.publish_sent),
            ("$SYS/broker/publish/messages/dropped", stats.publish_dropped),
            ("$SYS/broker/publish/bytes/received", stats.publish_bytes_received),
            ("$SYS/broker/publish/bytes/sent", stats.publish_bytes_sent),
            ("$SYS/broker/bytes/received", stats.bytes_received),
            ("$SYS/broker/bytes/sent", stats.bytes_sent),
            ("$SYS/broker/subscriptions/count", self.tree.len() as u64),
            ("$SYS/broker/retained messages/count", retained),
            ("$SYS/broker/connections/total", stats.connections),
        ]
    }

    fn say(&mut self, io: &mut Io, topic: &'static str, value: String) {
        if self.sys.said.get(topic) == Some(&value) {
            return;
        }
        self.publish_own(io, topic, value.as_bytes(), QoS::ExactlyOnce, true);
        self.sys.said.insert(topic, value);
    }
}
