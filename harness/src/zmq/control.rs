//! What a command waits for beside its socket: lines of its input, peers, a pause; and why it is
//! to end, which ends all of these waits and the socket's own.
//!
//! It knows threads. It does not know what is sent or received.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wirelab_zmtp::blocking::Interrupter;

/// Lines of the input that are read ahead, and bytes of them.
const LINES_MAX: usize = 4096;
const BYTES_MAX: usize = 1024 * 1024;

/// Why a command is to end before its work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// ^C.
    Interrupted,
    /// `-W` ran out.
    TimedOut,
    /// None of the peers will have us: what the last one said.
    Refused(String),
    /// The input cannot be read.
    Input(String),
}

/// A line, the end, or neither because the command is to end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Without its end.
    Text(Vec<u8>),
    /// There are no more.
    End,
    /// The command is to end.
    Over,
}

#[derive(Debug, Default)]
struct State {
    why: Option<Why>,
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    is_at_end: bool,
    peers: usize,
}

/// Shared by the command, its reader, its timer and whoever watches its socket.
#[derive(Clone, Debug)]
pub struct Control {
    state: Arc<Mutex<State>>,
    bell: Arc<Condvar>,
    over: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
    interrupter: Interrupter,
}

impl Control {
    /// For the socket that this interrupts.
    pub fn new(interrupter: Interrupter) -> Self {
        let (state, bell, over, closing) = Default::default();
        Self { state, bell, over, closing, interrupter }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the command; the first reason counts.
    pub fn end(&self, why: Why) {
        self.lock().why.get_or_insert(why);
        self.over.store(true, Ordering::Release);
        self.bell.notify_all();
        self.interrupter.interrupt();
    }

    /// Is it to end?
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// From now on the socket lingers: that wait ends only with the program.
    pub fn begin_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Does the socket linger?
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Why, if it is to end.
    pub fn why(&self) -> Option<Why> {
        self.lock().why.clone()
    }

    /// Waits so long. `false`: it is to end.
    pub fn pause(&self, time: Duration) -> bool {
        if time.is_zero() {
            return !self.is_over();
        }
        let Some(until) = Instant::now().checked_add(time) else {
            self.wait_for_the_end();
            return false;
        };
        let mut state = self.lock();
        while state.why.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.bell.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Waits until it is to end.
    pub fn wait_for_the_end(&self) {
        self.wait_until(|_| false);
    }

    /// A peer is ready, or is gone.
    pub fn count_peer(&self, is_there: bool) {
        let mut state = self.lock();
        state.peers = if is_there { state.peers + 1 } else { state.peers.saturating_sub(1) };
        drop(state);
        self.bell.notify_all();
    }

    /// Waits until so many peers are ready. `false`: it is to end.
    pub fn wait_for_peers(&self, count: usize) -> bool {
        self.wait_until(|state| state.peers >= count)
    }

    fn wait_until(&self, so: impl Fn(&State) -> bool) -> bool {
        let mut state = self.lock();
        loop {
            if state.why.is_some() || so(&state) {
                return state.why.is_none();
            }
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands on a line of the input, when there is room; `None`: there are no more. `false`: no
    /// more are wanted.
    pub fn put_line(&self, line: Option<Vec<u8>>) -> bool {
        let has_room = |state: &State| state.lines.len() < LINES_MAX && state.bytes < BYTES_MAX;
        if !self.wait_until(has_room) {
            return false;
        }
        let mut state = self.lock();
        match line {
            Some(line) => {
                state.bytes += line.len();
                state.lines.push_back(line);
            }
            None => state.is_at_end = true,
        }
        drop(state);
        self.bell.notify_all();
        true
    }

    /// The next line of the input; waits for it.
    pub fn next_line(&self) -> Line {
        self.wait_until(|state| state.is_at_end || !state.lines.is_empty());
        let mut state = self.lock();
        if state.why.is_some() {
            return Line::Over;
        }
        let Some(line) = state.lines.pop_front() else { return Line::End };
        state.bytes -= line.len();
        // The reader waits for room, and it need not wake for each line.
        let is_low = state.lines.len() <= LINES_MAX / 2;
        drop(state);
        if is_low {
            self.bell.notify_all();
        }
        Line::Text(line)
    }
}
