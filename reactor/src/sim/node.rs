//! A loop and its service, as a world drives them.

use std::io;

use super::SimNet;
use crate::{EventLoop, Now, Service, Settings, Status};

/// Something that takes turns in a [`World`](super::World).
pub trait Turns {
    /// Has it something to do at this moment?
    fn wants_turn(&mut self) -> bool;

    /// When it will have something to do, if nothing comes from outside.
    fn next_turn(&mut self) -> Option<Now>;

    /// Its turn.
    fn turn(&mut self) -> io::Result<()>;
}

/// An event loop and its service, on a simulated host.
#[derive(Debug)]
pub struct Node<S: Service> {
    /// The loop.
    pub event_loop: EventLoop<SimNet>,
    /// Its service.
    pub service: S,
    started: bool,
    ended: bool,
}

impl<S: Service> Node<S> {
    /// A service on a host.
    pub fn new(net: SimNet, settings: Settings, service: S) -> Self {
        Self { event_loop: EventLoop::new(net, settings), service, started: false, ended: false }
    }

    /// Has the loop come to its end?
    pub fn is_ended(&self) -> bool {
        self.ended
    }
}

impl<S: Service> Turns for Node<S> {
    fn wants_turn(&mut self) -> bool {
        if self.ended || !self.started {
            return !self.ended;
        }
        if self.event_loop.net().is_ready() {
            return true;
        }
        let now = crate::Net::now(self.event_loop.net());
        self.event_loop.deadline(None).is_some_and(|at| at <= now)
    }

    fn next_turn(&mut self) -> Option<Now> {
        if self.ended {
            return None;
        }
        let told = self.event_loop.net().ready_at();
        [told, self.event_loop.deadline(None)].into_iter().flatten().min()
    }

    fn turn(&mut self) -> io::Result<()> {
        self.started = true;
        let now = crate::Net::now(self.event_loop.net());
        self.ended |= self.event_loop.turn(&mut self.service, Some(now))? == Status::Ended;
        Ok(())
    }
}
