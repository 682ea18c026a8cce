//! What is remembered of a client's session across its connections: the deliveries of QoS 1 and 2
//! under way, and how far it has got with the messages.
//!
//! ```text
//!   QoS 1   PUBLISH ------>            QoS 2   PUBLISH ------>
//!                   <------ PUBACK                     <------ PUBREC
//!                                              PUBREL  ------>
//!                                                      <------ PUBCOMP
//! ```
//!
//! It knows packet identifiers, which each side gives out for itself. It does not know topics.

use std::collections::HashMap;

use crate::dissect::mqtt::PacketType;

/// Deliveries under way that are remembered of a session; each side has 65,535 identifiers.
pub const FLIGHTS_MAX: usize = 4096;
/// Different messages whose place is remembered of a session; beyond, all are forgotten together.
pub const CURSORS_MAX: usize = 4096;

/// A delivery of QoS 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) struct Flight {
    /// The frame of its first PUBLISH.
    pub(in crate::analysis) publish: u64,
    pub(super) time_ns: u64,
    /// The connection of that PUBLISH.
    pub(super) conversation: u64,
    pub(in crate::analysis) rec: Option<u64>,
    pub(in crate::analysis) rel: Option<u64>,
}

/// One client's session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Messages before that number were published before it subscribed.
    pub(super) since: Option<u64>,
    /// The next message with that key that may be delivered to it.
    cursors: HashMap<u64, u64>,
    /// By who gave out the identifier (the client?) and the identifier.
    flights: HashMap<(bool, u16), Flight>,
}

impl Session {
    /// A PUBLISH with an identifier: the one that it repeats, if it does.
    pub(super) fn publish(
        &mut self,
        from_client: bool,
        id: u16,
        dup: bool,
        flight: Flight,
    ) -> Option<Flight> {
        let key = (from_client, id);
        // [MQTT-3.3.1-1] A re-delivery has DUP set and keeps its identifier.
        if dup && let Some(first) = self.flights.get(&key) {
            return Some(*first);
        }
        if self.flights.len() < FLIGHTS_MAX || self.flights.contains_key(&key) {
            self.flights.insert(key, flight);
        }
        None
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP: the delivery that it is about, as it stands now.
    pub(super) fn acknowledge(
        &mut self,
        packet_type: PacketType,
        from_client: bool,
        id: u16,
        frame: u64,
    ) -> Option<Flight> {
        // [MQTT-2.3.1-6] It repeats the identifier that the PUBLISH's sender gave out; PUBREL
        // comes from that sender itself.
        let publisher = if packet_type == PacketType::PubRel { from_client } else { !from_client };
        let key = (publisher, id);
        match packet_type {
            PacketType::PubAck | PacketType::PubComp => self.flights.remove(&key),
            _ => {
                let flight = self.flights.get_mut(&key)?;
                let step = match packet_type {
                    PacketType::PubRec => &mut flight.rec,
                    _ => &mut flight.rel,
                };
                step.get_or_insert(frame);
                Some(*flight)
            }
        }
    }

    /// Deliveries that were begun and not completed.
    pub(super) fn open(&self) -> usize {
        self.flights.len()
    }

    /// The first message with this key that may still come.
    pub(super) fn cursor(&self, key: u64) -> Option<u64> {
        self.cursors.get(&key).copied()
    }

    /// It has got message `number`.
    pub(super) fn advance(&mut self, key: u64, number: u64) {
        if self.cursors.len() >= CURSORS_MAX && !self.cursors.contains_key(&key) {
            self.cursors.clear();
        }
        self.cursors.insert(key, number + 1);
    }
}
