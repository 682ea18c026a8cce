//! SUB (29/PUBSUB): what peers publish and we have subscribed to.
//!
//! ```text
//!   to a peer of ZMTP 3.1   a command   SUBSCRIBE prefix      CANCEL prefix
//!   to a peer of ZMTP 3.0   a message   | 1 | prefix |        | 0 | prefix |
//! ```

use bytes::{BufMut, Bytes, BytesMut};
use std::collections::{BTreeMap, VecDeque};
use wirelab_reactor::Io;

use super::pub_::{CANCEL, SUBSCRIBE};
use super::subscriptions::Subscriptions;
use super::{FairQueue, Pattern};
use crate::command::Command;
use crate::engine::{PipeId, Pipes};
use crate::{Error, Message, SocketType};

/// In our own list we are the only subscriber.
const US: PipeId = 0;

/// A SUB socket's pattern.
#[derive(Debug, Default)]
pub struct Sub {
    arrived: FairQueue,
    /// What we have subscribed to, and how many times.
    prefixes: BTreeMap<Bytes, usize>,
    /// The same, to look messages up in.
    wanted: Subscriptions,
    /// The peers that are ready.
    publishers: Vec<PipeId>,
}

impl Sub {
    /// Subscribes to all messages that begin so; an empty prefix means all. Subscribing twice
    /// needs two cancels, but publishers are told once.
    pub fn subscribe(&mut self, pipes: &mut Pipes, io: &mut Io, prefix: &[u8]) {
        let prefix = Bytes::copy_from_slice(prefix);
        let times = self.prefixes.entry(prefix.clone()).or_default();
        *times += 1;
        if *times == 1 {
            self.wanted.add(US, &prefix);
            for &pipe in &self.publishers {
                tell(pipes, io, pipe, SUBSCRIBE, &prefix);
            }
        }
    }

    /// Takes a subscription back, and drops what has come for it alone. `false`: there was none.
    pub fn unsubscribe(&mut self, pipes: &mut Pipes, io: &mut Io, prefix: &[u8]) -> bool {
        let Some(times) = self.prefixes.get_mut(prefix) else { return false };
        *times -= 1;
        if *times == 0 {
            self.prefixes.remove(prefix);
            self.wanted.remove(US, prefix);
            let wanted = &self.wanted;
            self.arrived.retain(pipes, io, |message| wanted.is_matched(message.first()));
            for &pipe in &self.publishers {
                tell(pipes, io, pipe, CANCEL, prefix);
            }
        }
        true
    }

    /// The next message [SUB-in-02] [SUB-in-05].
    pub fn recv(&mut self, pipes: &mut Pipes, io: &mut Io) -> Option<Message> {
        self.arrived.take(pipes, io).map(|(_, message)| message)
    }

    /// All that have come, into an empty queue.
    pub fn recv_all(&mut self, pipes: &mut Pipes, io: &mut Io, into: &mut VecDeque<Message>) {
        self.arrived.take_all(pipes, io, into);
    }

    /// Does any of our subscriptions want it?
    pub fn wants(&self, message: &Message) -> bool {
        self.wanted.is_matched(message.first())
    }
}

/// [ZMTP-3.1-sub-02] [ZMTP-3.1-sub-03] By command, [ZMTP-3.1-sub-06] or to a peer of ZMTP 3.0 by
/// message [ZMTP-3.0-pubsub-02] [ZMTP-3.0-pubsub-03].
fn tell(pipes: &mut Pipes, io: &mut Io, pipe: PipeId, what: u8, prefix: &[u8]) {
    if pipes.knows_3_1(pipe) {
        let prefix = Bytes::copy_from_slice(prefix);
        let command =
            if what == SUBSCRIBE { Command::Subscribe(prefix) } else { Command::Cancel(prefix) };
        pipes.say(io, pipe, &command);
    } else {
        let mut body = BytesMut::with_capacity(1 + prefix.len());
        body.put_u8(what);
        body.put_slice(prefix);
        pipes.say_message(io, pipe, &body);
    }
}

impl Pattern for Sub {
    const SOCKET_TYPE: SocketType = SocketType::Sub;

    /// A publisher that is there, for the first time or again, is told all that we want.
    fn on_ready(&mut self, pipes: &mut Pipes, io: &mut Io, pipe: PipeId) {
        self.publishers.push(pipe);
        for prefix in self.prefixes.keys() {
            tell(pipes, io, pipe, SUBSCRIBE, prefix);
        }
    }

    #[inline]
    fn on_message(
        &mut self,
        pipes: &mut Pipes,
        pipe: PipeId,
        message: Message,
    ) -> Result<(), Error> {
        // [SUB-in-04] What was on its way when we cancelled, or comes from who does not filter.
        // [SUB-in-03] It is not changed.
        if self.wants(&message) {
            self.arrived.push(pipes, pipe, message);
        }
        Ok(())
    }

    fn on_lost(&mut self, _: &mut Pipes, pipe: PipeId) {
        self.publishers.retain(|&other| other != pipe);
    }

    fn is_readable(&self) -> bool {
        !self.arrived.is_empty()
    }
}
