//! Whose message is received next: one of each peer that has any, in turn, so that a peer that
//! sends without a pause delays the others by one message each [PULL-in-01] [REP-in-01]
//! [SUB-in-02].

use std::collections::VecDeque;
use wirelab_reactor::Io;

use crate::Message;
use crate::engine::{PipeId, Pipes};

/// The pipes with something to receive, in the order of their turns.
#[derive(Debug, Default)]
pub struct FairQueue {
    active: VecDeque<PipeId>,
}

impl FairQueue {
    /// A peer's message goes to the end of its own queue.
    #[inline]
    pub fn push(&mut self, pipes: &mut Pipes, pipe: PipeId, message: Message) {
        if pipes.receive(pipe, message) {
            self.active.push_back(pipe);
        }
    }

    /// The next message, and who sent it.
    pub fn take(&mut self, pipes: &mut Pipes, io: &mut Io) -> Option<(PipeId, Message)> {
        while let Some(pipe) = self.active.pop_front() {
            if let Some((message, is_more)) = pipes.take(io, pipe) {
                if is_more {
                    self.active.push_back(pipe);
                }
                return Some((pipe, message));
            }
        }
        None
    }

    /// All that is there, in the order in which [`take`](Self::take) would give it, into an empty
    /// queue.
    pub fn take_all(&mut self, pipes: &mut Pipes, io: &mut Io, into: &mut VecDeque<Message>) {
        // Most sockets have one peer that sends: then no message is moved.
        if let [pipe] = self.active.make_contiguous()[..] {
            self.active.clear();
            return pipes.take_all(io, pipe, into);
        }
        while let Some((_, message)) = self.take(pipes, io) {
            into.push_back(message);
        }
    }

    /// Drops all that is not to be kept.
    pub fn retain(&mut self, pipes: &mut Pipes, io: &mut Io, keep: impl Fn(&Message) -> bool) {
        self.active.retain(|&pipe| pipes.retain(io, pipe, &keep));
    }

    /// Nothing of this peer is to be received any more.
    pub fn remove(&mut self, pipe: PipeId) {
        self.active.retain(|&other| other != pipe);
    }

    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }
}
