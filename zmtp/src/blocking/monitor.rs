//! Watching what happens to a socket's connections.
//!
//! A channel with an end. It does not know the sockets.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use crate::engine::SocketEvent;
use crate::limits::EVENTS_MAX;

pub(super) fn channel() -> (SyncSender<SocketEvent>, Monitor) {
    let (sender, receiver) = mpsc::sync_channel(EVENTS_MAX);
    (sender, Monitor(receiver))
}

/// The events of a socket, in order. Of those that nobody takes, at most
/// [`EVENTS_MAX`] are kept.
#[derive(Debug)]
pub struct Monitor(Receiver<SocketEvent>);

impl Monitor {
    /// The next event, if one comes in time.
    pub fn next_within(&self, patience: Duration) -> Option<SocketEvent> {
        self.0.recv_timeout(patience).ok()
    }

    /// The next event, if it has come.
    pub fn try_next(&self) -> Option<SocketEvent> {
        self.0.try_recv().ok()
    }
}
