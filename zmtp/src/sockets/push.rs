//! PUSH (30/PIPELINE): each message to one peer, in turn; none is ever dropped for want of room.

use wirelab_reactor::Io;

use super::{Pattern, RoundRobin};
use crate::engine::{PipeId, Pipes};
use crate::{Error, Message, SocketType};

/// A PUSH socket's pattern.
#[derive(Debug, Default)]
pub struct Push {
    peers: RoundRobin,
}

impl Push {
    /// Sends to the next peer that has room, as it is [PUSH-gen-02]. `false`: nobody has, and the
    /// message is not taken [PUSH-out-03] [PUSH-out-04] [PUSH-out-05].
    #[inline]
    pub fn send(&mut self, pipes: &mut Pipes, io: &mut Io, message: &Message) -> bool {
        self.peers.send(pipes, io, message).is_some()
    }
}

impl Pattern for Push {
    const SOCKET_TYPE: SocketType = SocketType::Push;

    fn on_pipe(&mut self, pipe: PipeId) {
        self.peers.add(pipe);
    }

    fn on_room(&mut self, pipe: PipeId) {
        self.peers.add(pipe);
    }

    fn on_gone(&mut self, pipe: PipeId) {
        self.peers.remove(pipe);
    }

    /// [PUSH-gen-01] A PUSH only sends: what a PULL sends it is nothing.
    fn on_message(&mut self, _: &mut Pipes, _: PipeId, _: Message) -> Result<(), Error> {
        Ok(())
    }

    fn is_writable(&self, pipes: &Pipes) -> bool {
        self.peers.has_room(pipes)
    }
}
