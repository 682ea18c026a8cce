//! What callers and the client's thread share: open tickets, messages that have come, the end.
//!
//! A lock and three bells. It knows events; it does not know threads, nor what is waited for.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wirelab_reactor::Stopper;

use crate::client::event::Arrived;
use crate::client::{Ended, Event, Message, Observer};
use crate::limits::{OUTSTANDING_BYTES_MAX, OUTSTANDING_MAX, UNTAKEN_BYTES_MAX, UNTAKEN_MAX};
use crate::packet::QoS;

/// What the two sides share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub state: Mutex<State>,
    /// Something was answered, or the end has come.
    pub answered: Condvar,
    /// There is room for more messages of ours.
    pub room: Condvar,
    /// A message has come, or the end.
    pub arrived: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Session Present, of the first CONNACK.
    pub connected: Option<bool>,
    pub ended: Option<Arc<Ended>>,
    /// The first ticket that is not closed, and from it on: payload bytes, or `None`: closed.
    pub first: u64,
    open: VecDeque<Option<usize>>,
    /// How many are open, and the bytes of their payloads.
    outstanding: usize,
    outstanding_bytes: usize,
    /// SUBACKs that somebody waits for.
    pub granted: BTreeMap<u64, Vec<Option<QoS>>>,
    messages: VecDeque<Message>,
    message_bytes: usize,
    /// The connection is not read until there is room for messages.
    pub held: bool,
}

impl State {
    pub fn open_ticket(&mut self, bytes: usize) -> u64 {
        self.open.push_back(Some(bytes));
        self.outstanding += 1;
        self.outstanding_bytes += bytes;
        self.first + self.open.len() as u64 - 1
    }

    fn close_ticket(&mut self, ticket: u64) {
        let at = ticket.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        let Some(bytes) = at.and_then(|at| self.open.get_mut(at)?.take()) else { return };
        self.outstanding -= 1;
        self.outstanding_bytes -= bytes;
        while let Some(None) = self.open.front() {
            self.open.pop_front();
            self.first += 1;
        }
    }

    pub fn is_closed(&self, ticket: u64) -> bool {
        let at = ticket.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        at.is_none_or(|at| self.open.get(at).is_some_and(Option::is_none))
    }

    /// Is a share of `of` of the places for our own messages free? One message is always taken.
    pub fn has_room(&self, of: usize) -> bool {
        self.outstanding == 0
            || (self.outstanding < OUTSTANDING_MAX / of
                && self.outstanding_bytes < OUTSTANDING_BYTES_MAX / of)
    }

    pub fn is_full(&self, of: usize) -> bool {
        self.messages.len() >= UNTAKEN_MAX / of || self.message_bytes >= UNTAKEN_BYTES_MAX / of
    }

    pub fn take_message(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.message_bytes -= message.payload.len();
        Some(message)
    }
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits on `bell` until `ready` has an answer; `None`: that took too long.
    pub fn wait<T>(
        &self,
        bell: &Condvar,
        patience: Duration,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut answer = None;
        let state = self.lock();
        let waited = bell.wait_timeout_while(state, patience, |state| {
            answer = ready(state);
            answer.is_none()
        });
        drop(waited);
        answer
    }
}

/// The observer: notes what happens, and hands the notes over once a turn.
pub(super) struct Notes {
    shared: Arc<Shared>,
    stopper: Stopper,
    events: Vec<Event>,
}

impl Notes {
    pub fn new(shared: Arc<Shared>, stopper: Stopper) -> Self {
        Self { shared, stopper, events: Vec::new() }
    }
}

impl Observer for Notes {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        let over = matches!(event, Event::Ended(_));
        self.events.push(event);
        if over {
            self.on_turn_end();
            // A loop that cannot be woken has ended.
            let _ = self.stopper.stop_now();
        }
        ControlFlow::Continue(())
    }

    fn on_turn_end(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        for event in self.events.drain(..) {
            match event {
                Event::Connected { session_present } => {
                    state.connected.get_or_insert(session_present);
                }
                Event::Message(Arrived { message, .. }) => {
                    state.message_bytes += message.payload.len();
                    state.messages.push_back(message);
                }
                Event::Published(ticket) | Event::Unsubscribed(ticket) => {
                    state.close_ticket(ticket);
                }
                Event::Subscribed { ticket, codes, .. } => {
                    state.granted.insert(ticket, codes);
                    state.close_ticket(ticket);
                }
                Event::Ended(why) => state.ended = Some(Arc::new(why)),
                Event::Lost { why, wait } => {
                    log::info!("connection lost: {why}; again in {wait:?}");
                }
                Event::Resubscribed(filters) => {
                    for (filter, _) in filters.iter().filter(|(_, code)| code.is_none()) {
                        log::warn!("the server does not grant {filter} any more");
                    }
                }
            }
        }
        self.shared.answered.notify_all();
        if state.has_room(2) || state.ended.is_some() {
            self.shared.room.notify_all();
        }
        if !state.messages.is_empty() || state.ended.is_some() {
            self.shared.arrived.notify_all();
        }
    }

    fn has_room(&self) -> bool {
        let mut state = self.shared.lock();
        state.held = state.is_full(1) || (state.held && state.is_full(2));
        !state.held
    }
}
