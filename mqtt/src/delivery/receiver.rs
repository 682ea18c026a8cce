//! The receiving half of QoS 2: which packet identifiers have been received and not yet released.
//!
//! It knows identifiers, and nothing of the messages that came with them. QoS 1 needs no memory:
//! every PUBLISH is a message [MQTT-4.3.2-2].

use std::collections::BTreeSet;

use crate::wire::PacketId;

/// What a PUBLISH of QoS 2 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A message: to be taken over, then answered with PUBREC.
    New,
    /// One that was taken over already: only answered with PUBREC.
    Again,
}

/// The identifiers between PUBREC and PUBREL. There are at most 65,535 of them.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    unreleased: BTreeSet<PacketId>,
}

impl Receiver {
    /// A PUBLISH of QoS 2 has come.
    pub fn on_publish(&mut self, id: PacketId) -> Arrival {
        // [MQTT-4.3.3-2] Until PUBREL, the same identifier is the same message, whatever DUP says.
        if self.unreleased.insert(id) { Arrival::New } else { Arrival::Again }
    }

    /// A PUBREL has come; PUBCOMP answers it in any case, so that a sender whose last PUBCOMP was
    /// lost comes to an end. Was the identifier known?
    pub fn on_pubrel(&mut self, id: PacketId) -> bool {
        // [MQTT-4.3.3-2] After this the identifier is free: the next PUBLISH is a new message.
        self.unreleased.remove(&id)
    }

    /// The identifiers that are held, in ascending order.
    pub fn unreleased(&self) -> impl Iterator<Item = PacketId> + '_ {
        self.unreleased.iter().copied()
    }

    /// Is none held?
    pub fn is_empty(&self) -> bool {
        self.unreleased.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, Receiver};
    use crate::wire::PacketId;

    /// [MQTT-4.3.3-2]
    #[test]
    fn an_identifier_is_one_message_until_it_is_released() {
        let id = PacketId::new(7).unwrap();
        let mut receiver = Receiver::default();
        assert_eq!(receiver.on_publish(id), Arrival::New);
        assert_eq!(receiver.on_publish(id), Arrival::Again);
        assert!(receiver.on_pubrel(id));
        assert!(!receiver.on_pubrel(id), "a second PUBREL finds nothing");
        assert_eq!(receiver.on_publish(id), Arrival::New);
        assert_eq!(receiver.unreleased().collect::<Vec<_>>(), [id]);
    }
}
