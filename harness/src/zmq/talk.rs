//! What happens to the socket's connections, told on stderr with `-v`; and what follows from it
//! for the command.
//!
//! It knows a socket's events. It does not know what is sent or received.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wirelab_zmtp::blocking::Monitor;
use wirelab_zmtp::engine::SocketEvent;

use super::control::{Control, Why};
use crate::output::Output;

/// How long the end of the talk may go unnoticed.
const GLANCE: Duration = Duration::from_millis(50);

/// The thread that listens to a socket's monitor.
pub struct Talk {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Talk {
    /// Begins to listen. When each of the `dialled` endpoints has turned us away, the command is
    /// to end; never, if there are none or others may come. `advice` is what to do about that.
    pub fn start(
        monitor: Monitor,
        control: Control,
        dialled: Option<usize>,
        advice: &'static str,
        output: &Output,
    ) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (flag, output) = (is_over.clone(), output.clone());
        let mut listener = Listener {
            control,
            dialled,
            advice,
            output,
            reason: String::new(),
            hung_up: None,
            has_warned: false,
        };
        let thread = thread::spawn(move || {
            while !flag.load(Ordering::Acquire) {
                if let Some(event) = monitor.next_within(GLANCE) {
                    listener.hear(&event);
                }
            }
            while let Some(event) = monitor.try_next() {
                listener.hear(&event);
            }
        });
        Self { is_over, thread }
    }

    /// Hears what is left, and ends.
    pub fn finish(self) {
        self.is_over.store(true, Ordering::Release);
        // It has nothing to tell but what it has told.
        let _ = self.thread.join();
    }
}

struct Listener {
    control: Control,
    dialled: Option<usize>,
    advice: &'static str,
    output: Output,
    /// Why a peer turned us away.
    reason: String,
    /// Who ended the connection within the handshake, and did not say why.
    hung_up: Option<SocketAddr>,
    /// Somebody waits at the terminal for a peer that is not there: he is told once.
    has_warned: bool,
}

impl Listener {
    fn hear(&mut self, event: &SocketEvent) {
        match event {
            SocketEvent::Ready { .. } => {
                self.has_warned = true;
                self.control.count_peer(true);
            }
            SocketEvent::Closed { error, .. } => {
                self.control.count_peer(false);
                // Who sees only in our READY that we do not fit turns us away after its own.
                if let Some(error) = error {
                    self.reason = error.to_string();
                }
            }
            SocketEvent::HandshakeFailed { error: Some(error), .. } => {
                // The log has warned of it.
                self.has_warned = true;
                self.reason = error.to_string();
            }
            SocketEvent::HandshakeFailed { peer, error: None } => self.hung_up = Some(*peer),
            SocketEvent::GivenUp { peer } => {
                let left = self.dialled.map(|dialled| dialled.saturating_sub(1));
                self.dialled = left;
                if left == Some(0) {
                    let reason = format!("{peer}: {}; {}", self.reason, self.advice);
                    self.control.end(Why::Refused(reason));
                }
            }
            _ => {}
        }
        if self.output.verbose > 0 {
            self.output.say(&line(event));
        } else if let (SocketEvent::Retrying { peer, .. }, false) = (event, self.has_warned) {
            self.has_warned = true;
            self.output.say(&match self.hung_up {
                Some(hung_up) if hung_up == *peer => format!(
                    "{peer} is there, but ends the connection within the handshake: does it speak \
                     ZMTP 3, secured in the same way (--mechanism)? trying again"
                ),
                _ => format!("{peer} is not there yet; trying again until it is"),
            });
        }
    }
}

fn line(event: &SocketEvent) -> String {
    match event {
        SocketEvent::Connected(peer) => format!("{peer}: connected"),
        SocketEvent::Ready { peer, socket_type: Some(kind) } => {
            format!("{peer}: {kind}, ready")
        }
        SocketEvent::Ready { peer, socket_type: None } => format!("{peer}: ready"),
        SocketEvent::HandshakeFailed { peer, error: Some(error) } => {
            format!("{peer}: the handshake failed: {error}")
        }
        SocketEvent::HandshakeFailed { peer, error: None } => {
            format!("{peer}: the connection ended within the handshake")
        }
        SocketEvent::Closed { peer, error: Some(error) } => format!("{peer}: closed: {error}"),
        SocketEvent::Closed { peer, error: None } => format!("{peer}: closed"),
        SocketEvent::Retrying { peer, wait } => format!("{peer}: trying again in {wait:.1?}"),
        SocketEvent::GivenUp { peer } => format!("{peer}: given up, it will not have us"),
    }
}
