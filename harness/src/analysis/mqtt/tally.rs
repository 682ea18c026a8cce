//! The PUBLISH packets of one direction of a connection, counted by topic.
//!
//! It knows counts, times and the first payload. It does not know where they went.

use crate::analysis::texts::{Listed, PREVIEW_MAX};
use crate::dissect::mqtt::Publish;

/// Topics that are counted one by one; the others together.
pub const TOPICS_MAX: usize = 16;

/// The messages of one topic.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Topic {
    pub(in crate::analysis) name: Vec<u8>,
    pub(in crate::analysis) frames: Listed,
    pub(in crate::analysis) first_ns: u64,
    pub(in crate::analysis) last_ns: u64,
    /// How many at each QoS.
    pub(in crate::analysis) qos: [u64; 4],
    pub(in crate::analysis) dup: u64,
    pub(in crate::analysis) retain: u64,
    /// The first payload's beginning, and its length.
    pub(in crate::analysis) payload: (Vec<u8>, u64),
    /// Were all payloads alike?
    pub(in crate::analysis) alike: bool,
}

/// All topics.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Tally {
    pub(in crate::analysis) topics: Vec<Topic>,
    /// Messages of further topics.
    pub(in crate::analysis) others: u64,
}

impl Tally {
    /// One more; `payload` as far as it is there, of `len` bytes.
    pub(super) fn add(
        &mut self,
        publish: &Publish,
        (payload, len): (&[u8], u64),
        frame: u64,
        time_ns: u64,
    ) {
        let head = &payload[..payload.len().min(PREVIEW_MAX + 1)];
        let place = self.topics.iter().position(|topic| topic.name == publish.topic);
        let topic = match place {
            Some(place) => &mut self.topics[place],
            None if self.topics.len() == TOPICS_MAX => {
                self.others += 1;
                return;
            }
            None => {
                self.topics.push(Topic {
                    name: publish.topic.clone(),
                    first_ns: time_ns,
                    payload: (head.to_vec(), len),
                    alike: true,
                    ..Topic::default()
                });
                let last = self.topics.len() - 1;
                &mut self.topics[last]
            }
        };
        topic.frames.push(frame);
        topic.last_ns = time_ns;
        topic.qos[usize::from(publish.qos & 0b11)] += 1;
        topic.dup += u64::from(publish.dup);
        topic.retain += u64::from(publish.retain);
        topic.alike &= topic.payload.0 == head && topic.payload.1 == len;
    }
}
