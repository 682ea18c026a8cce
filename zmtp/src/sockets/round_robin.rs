//! Who gets the next message: each peer that has room in turn [PUSH-out-02] [REQ-out-02].

use std::collections::VecDeque;
use wirelab_reactor::Io;

use crate::Message;
use crate::engine::{PipeId, Pipes};

/// The pipes that may get a message, in the order in which they will.
#[derive(Debug, Default)]
pub struct RoundRobin {
    ring: VecDeque<PipeId>,
}

impl RoundRobin {
    /// From now on it gets its share; its first turn comes after everybody else's.
    pub fn add(&mut self, pipe: PipeId) {
        if !self.ring.contains(&pipe) {
            self.ring.push_back(pipe);
        }
    }

    /// It gets no more.
    pub fn remove(&mut self, pipe: PipeId) {
        self.ring.retain(|&other| other != pipe);
    }

    /// Sends to the next that has room, and returns it; `None` when nobody has. Who is full leaves
    /// the ring, and comes back by [`add`](Self::add) when there is room [PUSH-out-01].
    #[inline]
    pub fn send(&mut self, pipes: &mut Pipes, io: &mut Io, message: &Message) -> Option<PipeId> {
        while let Some(&pipe) = self.ring.front() {
            if pipes.send(io, pipe, message) {
                if self.ring.len() > 1 {
                    self.ring.rotate_left(1);
                }
                return Some(pipe);
            }
            self.ring.pop_front();
        }
        None
    }

    /// Has anybody room?
    pub fn has_room(&self, pipes: &Pipes) -> bool {
        self.ring.iter().any(|&pipe| pipes.has_room(pipe))
    }
}
