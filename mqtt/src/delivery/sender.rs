//! The sending half of QoS 1 and QoS 2: what waits, what is in flight, and what must be sent again.
//!
//! ```text
//!               push       send_next: takes an identifier
//!   messages ---------> waiting ------------------------> in flight (at most the window)
//!                                                          |
//!        QoS 1:  Publish --PUBACK--> free                  |
//!        QoS 2:  Publish --PUBREC--> Release --PUBCOMP--> free
//!
//!   in flight   | 41 Release | 42 free | 43 Publish | 44 Publish |     one slot per identifier
//!                 first                                last            taken, in the order taken
//! ```
//! Identifiers are taken one after another, so an identifier's slot is found by counting from the
//! first. A slot in the middle that is free stays until all before it are free, too.
//!
//! It knows messages only as a value that it keeps. It does not know the connection; what is to
//! be sent is returned.

use std::collections::VecDeque;

use super::sender::Slot::{Free, Publish, Release, Reserved};
use crate::Error;
use crate::limits::PACKET_IDS;
use crate::packet::QoS;
use crate::wire::PacketId;

/// A message that waits, or is in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<M> {
    /// The caller's own number for it, by which acknowledgements name it.
    pub ticket: u64,
    /// 1 or 2.
    pub qos: QoS,
    /// The caller's.
    pub message: M,
}

/// A PUBLISH that is to be sent now, for the first time.
#[derive(Debug, PartialEq, Eq)]
pub struct Outgoing<'a, M> {
    /// The identifier that it has got.
    pub packet_id: PacketId,
    /// What was pushed.
    pub waiting: &'a Waiting<M>,
}

/// A packet that is to be sent again, on a new connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Again<'a, M> {
    /// The PUBLISH, with DUP [MQTT-3.3.1-1].
    Publish(Outgoing<'a, M>),
    /// The PUBREL.
    Release(PacketId),
}

/// What a PUBACK or PUBCOMP has brought to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The message's.
    pub ticket: u64,
}

/// What a PUBREC has done. PUBREL answers it in any case.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<M> {
    /// The receiver has taken the message over; it need not be kept any longer.
    First(Waiting<M>),
    /// It had said so before, or the identifier is unknown.
    Again,
}

#[derive(Clone, Debug)]
enum Slot<M> {
    /// Acknowledged; waits for those before it.
    Free,
    /// Taken by a SUBSCRIBE or UNSUBSCRIBE.
    Reserved,
    /// Sent; not acknowledged.
    Publish(Waiting<M>),
    /// PUBREC has come, PUBCOMP has not. `turn` numbers the PUBRECs.
    Release { ticket: u64, turn: u64 },
}

/// One session's outgoing messages.
#[derive(Clone, Debug)]
pub struct Sender<M> {
    window: usize,
    waiting: VecDeque<Waiting<M>>,
    slots: VecDeque<Slot<M>>,
    /// The identifier of the first slot, from 0.
    first: u16,
    /// Slots that are neither free nor reserved.
    in_flight: usize,
    /// PUBRECs so far.
    turns: u64,
}

impl<M> Sender<M> {
    /// Nothing sent yet; at most `window` messages are to be in flight at once (1 to 65,535).
    pub fn new(window: usize) -> Self {
        Self {
            window: window.clamp(1, PACKET_IDS),
            waiting: VecDeque::new(),
            slots: VecDeque::new(),
            first: 0,
            in_flight: 0,
            turns: 0,
        }
    }

    /// How many messages may be in flight from now on.
    pub fn set_window(&mut self, window: usize) {
        self.window = window.clamp(1, PACKET_IDS);
    }

    /// Queues a message of QoS 1 or 2.
    pub fn push(&mut self, message: Waiting<M>) {
        debug_assert!(message.qos != QoS::AtMostOnce, "QoS 0 has no delivery to follow");
        self.waiting.push_back(message);
    }

    /// Messages that were never sent.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Messages that were sent and are not acknowledged to the end.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Is there nothing left to do?
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0
    }

    /// Could a message be sent now?
    pub fn has_room(&self) -> bool {
        self.in_flight < self.window && self.slots.len() < PACKET_IDS
    }

    /// Takes the next message that may be sent now, and gives it an identifier.
    pub fn send_next(&mut self) -> Option<Outgoing<'_, M>> {
        if !self.has_room() {
            return None;
        }
        let waiting = self.waiting.pop_front()?;
        // [MQTT-2.3.1-2], [MQTT-2.3.1-4] An identifier that is not in use.
        let packet_id = self.id_of(self.slots.len());
        self.slots.push_back(Publish(waiting));
        self.in_flight += 1;
        match self.slots.back() {
            Some(Publish(waiting)) => Some(Outgoing { packet_id, waiting }),
            _ => None,
        }
    }

    /// A PUBACK has come. An identifier that is not in flight is nobody's: `None`.
    ///
    /// # Errors
    /// [`Error::PeerViolated`] when its message was of QoS 2.
    pub fn on_puback(&mut self, id: PacketId) -> Result<Option<Waiting<M>>, Error> {
        let Some(at) = self.find(id) else { return Ok(None) };
        match &self.slots[at] {
            // [MQTT-4.3.2-1] From here on the identifier is free.
            Publish(waiting) if waiting.qos == QoS::AtLeastOnce => Ok(self.free(at)),
            Publish(_) | Release { .. } => {
                Err(Error::violated("[MQTT-4.3.3-1]", "a PUBACK for a message of QoS 2"))
            }
            Free | Reserved => Ok(None),
        }
    }

    /// A PUBREC has come.
    ///
    /// # Errors
    /// [`Error::PeerViolated`] when its message was of QoS 1.
    pub fn on_pubrec(&mut self, id: PacketId) -> Result<Received<M>, Error> {
        let Some(at) = self.find(id) else { return Ok(Received::Again) };
        match &self.slots[at] {
            // [MQTT-4.3.3-1] From here on the PUBLISH is never sent again.
            Publish(waiting) if waiting.qos == QoS::ExactlyOnce => {
                let slot = Release { ticket: waiting.ticket, turn: self.turns };
                self.turns += 1;
                match std::mem::replace(&mut self.slots[at], slot) {
                    Publish(waiting) => Ok(Received::First(waiting)),
                    _ => Ok(Received::Again),
                }
            }
            Publish(_) => Err(Error::violated("[MQTT-4.3.2-1]", "a PUBREC for a message of QoS 1")),
            Release { .. } | Free | Reserved => Ok(Received::Again),
        }
    }

    /// A PUBCOMP has come: the identifier is free. One that was not released is nobody's: `None`.
    pub fn on_pubcomp(&mut self, id: PacketId) -> Option<Acknowledged> {
        let at = self.find(id)?;
        let Release { ticket, .. } = self.slots[at] else { return None };
        self.free(at);
        Some(Acknowledged { ticket })
    }

    /// An identifier for a packet that is no message: SUBSCRIBE, UNSUBSCRIBE. `None`: all are in
    /// use.
    pub fn reserve(&mut self) -> Option<PacketId> {
        if self.slots.len() >= PACKET_IDS {
            return None;
        }
        let id = self.id_of(self.slots.len());
        self.slots.push_back(Reserved);
        Some(id)
    }

    /// The packet that had this identifier was answered. Was there one?
    pub fn unreserve(&mut self, id: PacketId) -> bool {
        let Some(at) = self.find(id).filter(|at| matches!(self.slots[*at], Reserved)) else {
            return false;
        };
        self.free(at);
        true
    }

    /// All that must be sent again on a new connection, in order: PUBRELs as their PUBRECs came
    /// [MQTT-4.6.0-4], then PUBLISHes as they were first sent [MQTT-4.6.0-1].
    pub fn again(&self) -> impl Iterator<Item = Again<'_, M>> {
        let numbered = || self.slots.iter().enumerate();
        let mut releases: Vec<(u64, PacketId)> = numbered()
            .filter_map(|(at, slot)| match slot {
                Release { turn, .. } => Some((*turn, self.id_of(at))),
                _ => None,
            })
            .collect();
        releases.sort_unstable();
        let publishes = numbered().filter_map(|(at, slot)| match slot {
            Publish(waiting) => {
                Some(Again::Publish(Outgoing { packet_id: self.id_of(at), waiting }))
            }
            _ => None,
        });
        releases.into_iter().map(|(_, id)| Again::Release(id)).chain(publishes)
    }

    /// What must be sent again of this identifier, as [`again`](Self::again) says it; `None`: it
    /// has been acknowledged meanwhile.
    pub fn unfinished(&self, id: PacketId) -> Option<Again<'_, M>> {
        match &self.slots[self.find(id)?] {
            Publish(waiting) => Some(Again::Publish(Outgoing { packet_id: id, waiting })),
            Release { .. } => Some(Again::Release(id)),
            Free | Reserved => None,
        }
    }

    /// The session has ended, and a new one begins: what the other side has not taken over waits
    /// again, in its order, before all else. Returns the tickets of what it had taken over and
    /// what was only to be released.
    pub fn begin_anew(&mut self) -> Vec<u64> {
        let mut taken_over = Vec::new();
        let end = self.id_of(self.slots.len());
        for slot in std::mem::take(&mut self.slots).into_iter().rev() {
            match slot {
                Publish(waiting) => self.waiting.push_front(waiting),
                Release { ticket, .. } => taken_over.push(ticket),
                Free | Reserved => {}
            }
        }
        // An acknowledgement that is late finds nobody: identifiers go on.
        self.first = end.get() - 1;
        self.in_flight = 0;
        taken_over.reverse();
        taken_over
    }

    /// All messages, those in flight first; for whoever must say what becomes of them.
    pub fn messages(&self) -> impl Iterator<Item = &Waiting<M>> {
        let in_flight = self.slots.iter().filter_map(|slot| match slot {
            Publish(waiting) => Some(waiting),
            _ => None,
        });
        in_flight.chain(&self.waiting)
    }

    /// The last `count` messages that wait, in order.
    pub fn newest(&self, count: usize) -> impl Iterator<Item = &Waiting<M>> {
        self.waiting.iter().skip(self.waiting.len().saturating_sub(count))
    }

    /// Puts back what was in flight when its identifiers were last written down; in ascending
    /// order of tickets, before anything is pushed or sent.
    pub fn restore(&mut self, id: PacketId, state: Restored<M>) {
        if self.slots.is_empty() {
            self.first = id.get() - 1;
        }
        while self.slots.len() < PACKET_IDS && self.id_of(self.slots.len()) != id {
            self.slots.push_back(Free);
        }
        let slot = match state {
            Restored::Publish(waiting) => Publish(waiting),
            Restored::Release { ticket } => {
                self.turns += 1;
                Release { ticket, turn: self.turns - 1 }
            }
        };
        self.slots.push_back(slot);
        self.in_flight += 1;
    }

    /// The identifier of a slot.
    fn id_of(&self, at: usize) -> PacketId {
        let zero_based = (usize::from(self.first) + at) % PACKET_IDS;
        PacketId::MIN.saturating_add(zero_based as u16)
    }

    /// The slot of an identifier, if it is between the first and the last that were taken.
    fn find(&self, id: PacketId) -> Option<usize> {
        let zero_based = usize::from(id.get() - 1);
        let at = (zero_based + PACKET_IDS - usize::from(self.first)) % PACKET_IDS;
        (at < self.slots.len()).then_some(at)
    }

    /// Frees a slot, and lets go of those at the front that are free.
    fn free(&mut self, at: usize) -> Option<Waiting<M>> {
        let slot = std::mem::replace(&mut self.slots[at], Free);
        while let Some(Free) = self.slots.front() {
            self.slots.pop_front();
            self.first = ((usize::from(self.first) + 1) % PACKET_IDS) as u16;
        }
        match slot {
            Publish(waiting) => {
                self.in_flight -= 1;
                Some(waiting)
            }
            Release { .. } => {
                self.in_flight -= 1;
                None
            }
            Free | Reserved => None,
        }
    }
}

/// What was in flight when it was last written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored<M> {
    /// Sent, not acknowledged.
    Publish(Waiting<M>),
    /// PUBREC had come.
    Release {
        /// The message's.
        ticket: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::{Again, Received, Restored, Sender, Waiting};
    use crate::limits::PACKET_IDS;
    use crate::packet::QoS;
    use crate::wire::PacketId;

    fn message(ticket: u64, qos: QoS) -> Waiting<u64> {
        Waiting { ticket, qos, message: ticket }
    }

    fn id(n: u16) -> PacketId {
        PacketId::new(n).unwrap()
    }

    fn again(sender: &Sender<u64>) -> Vec<String> {
        let text = |again: Again<'_, u64>| match again {
            Again::Publish(out) => format!("PUBLISH {} of {}", out.packet_id, out.waiting.ticket),
            Again::Release(id) => format!("PUBREL {id}"),
        };
        sender.again().map(text).collect()
    }

    /// [MQTT-4.3.2-1], [MQTT-2.3.1-2] At most a window is in flight, each with its own identifier.
    #[test]
    fn a_window_of_messages_is_in_flight() {
        let mut sender = Sender::new(2);
        for ticket in 10..13 {
            sender.push(message(ticket, QoS::AtLeastOnce));
        }
        assert_eq!(sender.send_next().unwrap().packet_id, id(1));
        assert_eq!(sender.send_next().unwrap().packet_id, id(2));
        assert!(sender.send_next().is_none(), "the window is full");
        assert_eq!(sender.on_puback(id(2)).unwrap().unwrap().ticket, 11);
        assert_eq!(sender.send_next().unwrap().packet_id, id(3), "2 is not taken again at once");
        assert_eq!(sender.on_puback(id(2)), Ok(None), "nobody's");
        assert_eq!(again(&sender), ["PUBLISH 1 of 10", "PUBLISH 3 of 12"]);
        assert!(sender.on_puback(id(1)).unwrap().is_some());
        assert!(sender.on_puback(id(3)).unwrap().is_some());
        assert!(sender.is_idle());
    }

    /// [MQTT-4.3.3-1], [MQTT-4.6.0-4] After PUBREC only the PUBREL is sent again, in the order of
    /// the PUBRECs.
    #[test]
    fn what_was_received_is_released_and_never_published_again() {
        let mut sender = Sender::new(10);
        for ticket in 1..4 {
            sender.push(message(ticket, QoS::ExactlyOnce));
            sender.send_next().unwrap();
        }
        for n in [3, 1] {
            assert!(matches!(sender.on_pubrec(id(n)), Ok(Received::First(_))));
        }
        assert_eq!(again(&sender), ["PUBREL 3", "PUBREL 1", "PUBLISH 2 of 2"]);
        assert_eq!(sender.on_pubrec(id(3)), Ok(Received::Again));
        assert!(sender.on_pubcomp(id(2)).is_none(), "it was not released");
        assert_eq!(sender.on_pubcomp(id(3)).unwrap().ticket, 3);
        assert!(sender.on_pubcomp(id(3)).is_none());
        assert_eq!(sender.in_flight(), 2);
    }

    #[test]
    fn an_acknowledgement_of_another_qos_is_a_violation() {
        let mut sender = Sender::new(10);
        sender.push(message(1, QoS::AtLeastOnce));
        sender.push(message(2, QoS::ExactlyOnce));
        while sender.send_next().is_some() {}
        assert!(sender.on_pubrec(id(1)).is_err());
        assert!(sender.on_puback(id(2)).is_err());
        assert!(sender.on_pubrec(id(2)).is_ok());
        assert!(sender.on_puback(id(2)).is_err());
    }

    /// [MQTT-2.3.1-2], [MQTT-2.3.1-3] An identifier in use is never taken again, however far the
    /// counting goes round.
    #[test]
    fn identifiers_go_round_and_stop_before_one_in_use() {
        let mut sender = Sender::new(PACKET_IDS);
        for ticket in 0..200_000 {
            sender.push(message(ticket, QoS::AtLeastOnce));
            let taken = sender.send_next().unwrap().packet_id;
            assert_eq!(u64::from(taken.get()), ticket % 65_535 + 1);
            sender.on_puback(taken).unwrap();
        }
        let kept = sender.reserve().unwrap();
        let mut others = 0;
        sender.push(message(0, QoS::AtLeastOnce));
        while let Some(next) = sender.send_next() {
            let taken = next.packet_id;
            assert_ne!(taken, kept);
            sender.on_puback(taken).unwrap();
            sender.push(message(0, QoS::AtLeastOnce));
            others += 1;
        }
        assert_eq!(others, PACKET_IDS - 1);
        assert_eq!(sender.reserve(), None);
        assert!(sender.unreserve(kept) && !sender.unreserve(kept));
        assert!(sender.send_next().is_some());
    }

    /// [MQTT-3.1.2-6] Identifiers and progress end with the session, messages do not.
    #[test]
    fn a_new_session_sends_what_the_last_one_had_not_handed_over() {
        let mut sender = Sender::new(2);
        for ticket in 1..4 {
            sender.push(message(ticket, QoS::ExactlyOnce));
        }
        while sender.send_next().is_some() {}
        assert!(!sender.has_room());
        sender.on_pubrec(id(1)).unwrap();
        assert_eq!(sender.unfinished(id(1)), Some(Again::Release(id(1))));
        assert!(matches!(sender.unfinished(id(2)), Some(Again::Publish(_))));
        assert_eq!(sender.unfinished(id(3)), None);
        assert_eq!(sender.begin_anew(), [1]);
        assert_eq!((sender.waiting(), sender.in_flight()), (2, 0));
        for (ticket, taken) in [(2, 3), (3, 4)] {
            let next = sender.send_next().unwrap();
            assert_eq!((next.waiting.ticket, next.packet_id), (ticket, id(taken)));
        }
        assert!(sender.on_pubcomp(id(1)).is_none());
    }

    #[test]
    fn what_was_written_down_is_in_flight_again() {
        let mut sender = Sender::new(10);
        sender.restore(id(65_534), Restored::Release { ticket: 1 });
        sender.restore(id(1), Restored::Publish(message(2, QoS::ExactlyOnce)));
        sender.push(message(3, QoS::AtLeastOnce));
        assert_eq!(again(&sender), ["PUBREL 65534", "PUBLISH 1 of 2"]);
        assert_eq!(sender.send_next().unwrap().packet_id, id(2));
        assert_eq!(sender.in_flight(), 3);
        assert_eq!(sender.on_pubcomp(id(65_534)).unwrap().ticket, 1);
    }
}
