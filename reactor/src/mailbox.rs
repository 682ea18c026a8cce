//! The only door between threads: a bounded channel into a loop, and the bell at it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use crate::Wake;

/// The bell of one loop: rung once per turn, however many threads post.
#[derive(Clone)]
pub(crate) struct Bell {
    rung: Arc<AtomicBool>,
    wake: Arc<dyn Wake>,
}

impl Bell {
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        Self { rung: Arc::new(AtomicBool::new(false)), wake }
    }

    /// Only the first to ring since the loop last looked pays for the system call.
    fn ring(&self) -> io::Result<()> {
        if self.rung.swap(true, Ordering::AcqRel) { Ok(()) } else { self.wake.wake() }
    }

    /// Has it been rung since the last look? The loop empties its mailboxes after this: a message
    /// posted before the look is then found, and one posted after it rings again.
    pub fn look(&self) -> bool {
        self.rung.load(Ordering::Acquire) && self.rung.swap(false, Ordering::AcqRel)
    }
}

/// Why a message was not taken; it is given back.
#[derive(Debug, PartialEq, Eq)]
pub enum PostError<M> {
    /// The mailbox holds as many as it may.
    Full(M),
    /// The loop has ended.
    Gone(M),
}

/// Posts messages to a service, from any thread.
pub struct Sender<M> {
    channel: SyncSender<M>,
    bell: Bell,
}

impl<M> Sender<M> {
    /// Posts, waiting for room if there is none.
    ///
    /// Must not be called from the loop's own thread: it would wait for itself.
    pub fn post(&self, message: M) -> Result<(), PostError<M>> {
        match self.channel.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(message)) => {
                self.channel.send(message).map_err(|e| PostError::Gone(e.0))?;
            }
            Err(TrySendError::Disconnected(message)) => return Err(PostError::Gone(message)),
        }
        self.ring();
        Ok(())
    }

    /// Posts if there is room.
    pub fn try_post(&self, message: M) -> Result<(), PostError<M>> {
        self.channel.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) => PostError::Full(message),
            TrySendError::Disconnected(message) => PostError::Gone(message),
        })?;
        self.ring();
        Ok(())
    }

    fn ring(&self) {
        // A bell that cannot be rung is that of a loop that is gone; the next post will say so.
        if let Err(error) = self.bell.ring() {
            log::warn!("a loop could not be woken: {error}");
        }
    }
}

impl<M> Clone for Sender<M> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone(), bell: self.bell.clone() }
    }
}

impl<M> std::fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}

/// The service's end; to be emptied in `on_wake`.
#[derive(Debug)]
pub struct Mailbox<M>(Receiver<M>);

impl<M> Mailbox<M> {
    pub(crate) fn new(capacity: usize, bell: Bell) -> (Sender<M>, Self) {
        let (channel, receiver) = mpsc::sync_channel(capacity.max(1));
        (Sender { channel, bell }, Self(receiver))
    }

    /// The next message, if there is one.
    pub fn take(&mut self) -> Option<M> {
        self.0.try_recv().ok()
    }
}
