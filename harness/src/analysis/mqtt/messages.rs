//! What was published to a broker, in order, to be found again when the broker delivers it.
//!
//! It knows messages by a key of topic and payload. It does not know who wants them.

use std::collections::{HashMap, VecDeque};

/// Messages that can still be found; older ones are forgotten.
pub const MESSAGES_MAX: usize = 16_384;
/// Messages that the report lists.
pub const LISTED_MAX: usize = 20;
/// Deliveries of a message that the report lists.
pub const DELIVERIES_MAX: usize = 8;

/// A message, once it was published.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Message {
    /// The frame in which its PUBLISH was complete.
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) time_ns: u64,
    pub(in crate::analysis) qos: u8,
    key: u64,
    /// How often the broker delivered it.
    pub(in crate::analysis) deliveries: u64,
    /// The first of them: the frame, and how long after the PUBLISH.
    pub(in crate::analysis) first: Vec<(u64, i64)>,
}

/// The messages of one broker.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The number of the oldest that is kept.
    oldest: u64,
    kept: VecDeque<Message>,
    by_key: HashMap<u64, VecDeque<u64>>,
    /// The first ones, once they are forgotten, for the list.
    listed: Vec<Message>,
}

impl Messages {
    /// The number that the next one will have.
    pub(super) fn next(&self) -> u64 {
        self.oldest + self.kept.len() as u64
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.next()
    }

    pub(super) fn push(&mut self, key: u64, frame: u64, time_ns: u64, qos: u8) {
        let number = self.next();
        self.by_key.entry(key).or_default().push_back(number);
        let message = Message { frame, time_ns, qos, key, deliveries: 0, first: Vec::new() };
        self.kept.push_back(message);
        if self.kept.len() > MESSAGES_MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(message) = self.kept.pop_front() else { return };
        self.oldest += 1;
        if let Some(numbers) = self.by_key.get_mut(&message.key) {
            numbers.pop_front();
            if numbers.is_empty() {
                self.by_key.remove(&message.key);
            }
        }
        if self.listed.len() < LISTED_MAX {
            self.listed.push(message);
        }
    }

    /// The first with this key from `number` on.
    pub(super) fn first_from(&self, key: u64, number: u64) -> Option<u64> {
        let numbers = self.by_key.get(&key)?;
        numbers.get(numbers.partition_point(|n| *n < number)).copied()
    }

    /// The last with this key, if it comes after `number`.
    pub(super) fn last_from(&self, key: u64, number: u64) -> Option<u64> {
        self.by_key.get(&key)?.back().copied().filter(|last| *last >= number)
    }

    pub(super) fn get(&self, number: u64) -> Option<&Message> {
        let place = usize::try_from(number.checked_sub(self.oldest)?).ok()?;
        self.kept.get(place)
    }

    /// It was delivered in this frame: the message, and how long after its PUBLISH.
    pub(super) fn delivered(
        &mut self,
        number: u64,
        frame: u64,
        time_ns: u64,
    ) -> Option<(&Message, i64)> {
        let place = usize::try_from(number.checked_sub(self.oldest)?).ok()?;
        let message = self.kept.get_mut(place)?;
        let after = time_ns.cast_signed().wrapping_sub(message.time_ns.cast_signed());
        message.deliveries += 1;
        if message.first.len() < DELIVERIES_MAX {
            message.first.push((frame, after));
        }
        Some((message, after))
    }

    /// The first ones in order.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Message> {
        self.listed.iter().chain(&self.kept).take(LISTED_MAX)
    }
}
