//! PUB (29/PUBSUB): each message to every peer that has subscribed to how it begins. Never waits;
//! a subscriber without room loses it, alone.

use bytes::Bytes;
use wirelab_reactor::Io;

use super::Pattern;
use super::subscriptions::Subscriptions;
use crate::engine::{PipeId, Pipes};
use crate::limits::{PREFIX_MAX, SUBSCRIPTION_BYTES_MAX, SUBSCRIPTIONS_MAX};
use crate::{Error, Message, SocketType};

/// A subscription as a message: this octet, then the prefix [ZMTP-3.0-pubsub-02].
pub(crate) const SUBSCRIBE: u8 = 1;
/// It is taken back [ZMTP-3.0-pubsub-03].
pub(crate) const CANCEL: u8 = 0;

/// A PUB socket's pattern.
#[derive(Debug, Default)]
pub struct Pub {
    subscriptions: Subscriptions,
    /// The subscribers of the message at hand.
    matched: Vec<PipeId>,
    dropped: u64,
}

impl Pub {
    /// Sends to all who want it, as it is [PUB-out-01] [PUB-out-03] [PUB-out-04] [PUB-out-06]
    /// [ZMTP-3.0-pubsub-01]. Returns how many got it.
    #[inline]
    pub fn send(&mut self, pipes: &mut Pipes, io: &mut Io, message: &Message) -> usize {
        self.matched.clear();
        self.subscriptions.matching(message.first(), &mut self.matched);
        let mut sent = 0;
        for &pipe in &self.matched {
            if pipes.send(io, pipe, message) {
                sent += 1;
            } else {
                // [PUB-out-05]
                self.dropped += 1;
            }
        }
        sent
    }

    /// Messages that were dropped for subscribers without room, each counted for each of them.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Who has subscribed to what, counted: peers times different prefixes.
    pub fn subscriptions(&self) -> usize {
        self.subscriptions.len()
    }
}

impl Pattern for Pub {
    const SOCKET_TYPE: SocketType = SocketType::Pub;

    fn on_message(&mut self, _: &mut Pipes, pipe: PipeId, message: Message) -> Result<(), Error> {
        // [ZMTP-3.1-sub-06] A message of one frame that begins with 1 or 0 is a subscription, from
        // whomever. [PUB-gen-06] Whatever else a subscriber sends is dropped.
        if message.len() > 1 {
            return Ok(());
        }
        let frame = message.first();
        match frame.first() {
            Some(&SUBSCRIBE) => self.on_subscribe(pipe, frame.slice(1..)),
            Some(&CANCEL) => {
                self.on_cancel(pipe, &frame[1..]);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// [PUB-sub-01] [PUB-sub-02]
    fn on_subscribe(&mut self, pipe: PipeId, prefix: Bytes) -> Result<(), Error> {
        let len = prefix.len() as u64;
        if prefix.len() > PREFIX_MAX {
            return Err(Error::TooLarge { what: "subscription", len, max: PREFIX_MAX });
        }
        let (count, bytes) = self.subscriptions.of(pipe);
        if count >= SUBSCRIPTIONS_MAX {
            let what = "different subscriptions of one peer";
            return Err(Error::TooMany { what, max: SUBSCRIPTIONS_MAX });
        }
        if bytes + prefix.len() > SUBSCRIPTION_BYTES_MAX {
            let (len, max) = ((bytes + prefix.len()) as u64, SUBSCRIPTION_BYTES_MAX);
            return Err(Error::TooLarge { what: "list of a peer's subscriptions", len, max });
        }
        self.subscriptions.add(pipe, &prefix);
        Ok(())
    }

    fn on_cancel(&mut self, pipe: PipeId, prefix: &[u8]) {
        self.subscriptions.remove(pipe, prefix);
    }

    /// A peer that comes back subscribes anew.
    fn on_lost(&mut self, _: &mut Pipes, pipe: PipeId) {
        self.subscriptions.remove_all(pipe);
    }

    fn on_gone(&mut self, pipe: PipeId) {
        self.subscriptions.remove_all(pipe);
    }

    /// It never waits.
    fn is_writable(&self, _: &Pipes) -> bool {
        true
    }
}
