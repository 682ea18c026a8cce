//! A simulated network with a virtual clock: the same [`EventLoop`](crate::EventLoop), other
//! ground below it.
//!
//! ```text
//!   Node A          Node B          Node C        each an EventLoop and its service
//!   SimNet          SimNet          SimNet        (host 10.0.0.1, 10.0.0.2, ...)
//!      \               |               /
//!       '------------ World ----------'           one clock, one seed, one agenda
//!         agenda   12.3 ms  segment of 40 bytes reaches B
//!                  15.0 ms  FIN reaches C
//! ```
//!
//! All loops of a world run in one thread, one turn at a time. When nobody has anything to do the
//! clock jumps to the next entry of the agenda, or to the next timer. Nothing here asks the
//! machine for the time or for luck: the same seed gives the same run, and
//! [`World::trace_hash`] says so in one number.
//!
//! What is simulated is TCP as far as an event loop can see it: connects that are answered,
//! refused or neither; bytes in segments that come late and in any size; bounded buffers on both
//! sides; half-close; resets, also the one that a close with unread input causes; and edges
//! exactly as [`Net`](crate::Net) promises them. [`Faults`] says what goes wrong, and how often.
//!
//! In reading order: [`faults`](Faults), `pipe` (one direction), `link` (one connection),
//! `network` (how connections begin), `traffic` (what moves on them), `net` (the system calls),
//! `trace`.

mod faults;
mod link;
mod net;
mod network;
mod node;
mod pipe;
mod trace;
mod traffic;

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use crate::Now;
pub use faults::{Faults, Span};
use link::Side;
pub use net::SimNet;
use network::Network;
pub use node::{Node, Turns};
pub use pipe::{RECV_BUFFER, SEND_BUFFER};

/// Steps in which somebody had something to do while the clock stood still; more are an endless
/// loop, that a real machine would spend a core on.
pub const TURNS_AT_ONCE: u32 = 1_000_000;

/// What a step of a world has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Those who had something to do have had their turn.
    Turned,
    /// Nobody had anything to do: the clock has jumped.
    Jumped,
    /// Nothing will ever happen again, unless somebody is woken from outside.
    Idle,
}

/// A network, its clock and its luck. A handle: clones are the same world.
#[derive(Clone, Debug)]
pub struct World(Rc<RefCell<Network>>);

impl World {
    /// An empty world.
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self(Rc::new(RefCell::new(Network::new(seed, faults))))
    }

    /// A host with this address, to be given to an [`EventLoop`](crate::EventLoop). Several hosts
    /// of one address are programs on one machine: they cannot listen on the same port.
    pub fn host(&self, ip: IpAddr) -> SimNet {
        let host = self.0.borrow_mut().add_host(ip);
        SimNet::new(self.0.clone(), host)
    }

    /// The time.
    pub fn now(&self) -> Now {
        self.0.borrow().now
    }

    /// All that has happened so far, as one number.
    pub fn trace_hash(&self) -> u64 {
        self.0.borrow().trace.hash()
    }

    /// From now on, other things go wrong.
    pub fn set_faults(&self, faults: Faults) {
        self.0.borrow_mut().faults = faults;
    }

    /// Nobody will ever answer a connect to this address, not even with a refusal.
    pub fn silence(&self, addr: SocketAddr) {
        self.0.borrow_mut().silent.push(addr);
    }

    /// How many descriptors of connections the hosts hold, and connections wait to be accepted.
    pub fn connections(&self) -> usize {
        let network = self.0.borrow();
        let held: usize = network.hosts.iter().map(|host| host.conns.len()).sum();
        held + network.listeners.values().map(|listener| listener.backlog.len()).sum::<usize>()
    }

    /// Gives a turn to each node that has something to do; if there is none, the clock jumps, but
    /// not past `until`.
    ///
    /// # Errors
    /// What a turn failed with; and when a loop spins: more than [`TURNS_AT_ONCE`] turns while the
    /// clock stood still.
    pub fn step(&self, nodes: &mut [&mut dyn Turns], until: Now) -> io::Result<Step> {
        let mut turned = false;
        let first = self.first_of(nodes.len());
        for n in 0..nodes.len() {
            let node = &mut nodes[(first + n) % nodes.len().max(1)];
            if node.wants_turn() {
                node.turn()?;
                turned = true;
            }
        }
        if turned {
            return self.count_turn().map(|()| Step::Turned);
        }
        let waits = nodes.iter_mut().filter_map(|node| node.next_turn()).min();
        let mut network = self.0.borrow_mut();
        let next = [waits, network.next_happening()].into_iter().flatten().min();
        if network.now >= until {
            return Ok(Step::Idle);
        }
        network.advance(next.unwrap_or(until).min(until));
        Ok(if next.is_some() { Step::Jumped } else { Step::Idle })
    }

    /// Steps until the condition holds, at most until `until`. Was it fulfilled?
    ///
    /// # Errors
    /// What a turn failed with.
    pub fn run(
        &self,
        nodes: &mut [&mut dyn Turns],
        until: Now,
        mut done: impl FnMut() -> bool,
    ) -> io::Result<bool> {
        loop {
            if done() {
                return Ok(true);
            }
            if self.step(nodes, until)? == Step::Idle {
                return Ok(done());
            }
        }
    }

    fn count_turn(&self) -> io::Result<()> {
        let mut network = self.0.borrow_mut();
        network.turns_now += 1;
        if network.turns_now > TURNS_AT_ONCE {
            let spins =
                format!("a loop spins at {:?}: it has work, and time cannot pass", network.now);
            return Err(io::Error::other(spins));
        }
        Ok(())
    }

    /// Who begins: nobody is always the first, if things are to be shuffled.
    fn first_of(&self, count: usize) -> usize {
        let mut network = self.0.borrow_mut();
        if network.faults.shuffled { network.random.below(count as u64) as usize } else { 0 }
    }
}

#[cfg(test)]
mod tests;
