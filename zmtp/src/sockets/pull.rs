//! PULL (30/PIPELINE): every peer's messages, in turn.

use std::collections::VecDeque;
use wirelab_reactor::Io;

use super::{FairQueue, Pattern};
use crate::engine::{PipeId, Pipes};
use crate::{Error, Message, SocketType};

/// A PULL socket's pattern.
#[derive(Debug, Default)]
pub struct Pull {
    arrived: FairQueue,
}

impl Pull {
    /// The next message [PULL-in-01] [PULL-in-02].
    pub fn recv(&mut self, pipes: &mut Pipes, io: &mut Io) -> Option<Message> {
        self.arrived.take(pipes, io).map(|(_, message)| message)
    }

    /// All that have come, into an empty queue.
    pub fn recv_all(&mut self, pipes: &mut Pipes, io: &mut Io, into: &mut VecDeque<Message>) {
        self.arrived.take_all(pipes, io, into);
    }
}

impl Pattern for Pull {
    const SOCKET_TYPE: SocketType = SocketType::Pull;

    #[inline]
    fn on_message(
        &mut self,
        pipes: &mut Pipes,
        pipe: PipeId,
        message: Message,
    ) -> Result<(), Error> {
        // [PULL-gen-02] As it came.
        self.arrived.push(pipes, pipe, message);
        Ok(())
    }

    fn is_readable(&self) -> bool {
        !self.arrived.is_empty()
    }
}
