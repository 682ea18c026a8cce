//! What each kind of socket can do, and nothing else: that a PUSH cannot receive is found by the
//! compiler.
//!
//! ```compile_fail
//! # fn main() -> Result<(), wirelab_zmtp::blocking::Error> {
//! let mut push = wirelab_zmtp::blocking::Push::new()?;
//! push.recv()?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use super::{Error, Pub, Pull, Push, Rep, Req, Sub};
use crate::Message;
use crate::sockets::Answer;

impl Push {
    /// Sends to the next peer that has room; waits for one if none has [PUSH-out-03].
    ///
    /// # Errors
    /// [`Error::TimedOut`]: none had in time, and the message is not sent.
    #[inline]
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        let mut guard = self.shared.enter();
        if !guard.with(|push, pipes, io| push.send(pipes, io, &message)) {
            guard.wait(self.send_timeout, |push, pipes, io| {
                push.send(pipes, io, &message).then_some(())
            })?;
        }
        guard.sent();
        Ok(())
    }

    /// Sends if a peer has room. `false`: none has, and nothing is sent.
    pub fn try_send(&mut self, message: &Message) -> bool {
        let mut guard = self.shared.enter();
        let mut is_sent = guard.with(|push, pipes, io| push.send(pipes, io, message));
        if !is_sent {
            // What has been taken from us meanwhile makes room.
            let turned = guard.wait(Some(Duration::ZERO), |push, pipes, io| {
                push.send(pipes, io, message).then_some(())
            });
            is_sent = turned.is_ok();
        }
        guard.sent();
        is_sent
    }
}

macro_rules! receives {
    ($($socket:ty),*) => {$(
        impl $socket {
            /// The next message, of each peer in turn; waits for one if there is none.
            ///
            /// A message that came with others in one read holds that read's memory, up to
            /// 64 KiB: who keeps a small one for long does well to copy it.
            ///
            /// # Errors
            /// [`Error::TimedOut`]: none came in time.
            #[inline]
            pub fn recv(&mut self) -> Result<Message, Error> {
                match self.received.pop_front() {
                    Some(message) => Ok(message),
                    None => self.recv_within(self.recv_timeout),
                }
            }

            /// The next message, if there is one.
            pub fn try_recv(&mut self) -> Option<Message> {
                match self.received.pop_front() {
                    Some(message) => Some(message),
                    None => self.recv_within(Some(Duration::ZERO)).ok(),
                }
            }

            /// The next message, if it comes in time.
            ///
            /// # Errors
            /// [`Error::TimedOut`]: none came.
            pub fn recv_within(&mut self, patience: Option<Duration>) -> Result<Message, Error> {
                if let Some(message) = self.received.pop_front() {
                    return Ok(message);
                }
                let received = &mut self.received;
                let mut guard = self.shared.enter();
                Ok(guard.wait(patience, |pattern, pipes, io| {
                    pattern.recv_all(pipes, io, received);
                    received.pop_front()
                })?)
            }
        }
    )*};
}

receives!(Pull, Sub);

impl Sub {
    /// Subscribes to all messages whose first frame begins so; an empty prefix means all.
    /// Without a subscription nothing is received.
    pub fn subscribe(&mut self, prefix: impl AsRef<[u8]>) {
        let mut guard = self.shared.enter();
        guard.with(|sub, pipes, io| sub.subscribe(pipes, io, prefix.as_ref()));
        guard.flush();
    }

    /// Takes a subscription back. `false`: there was none. What is already on its way for it does
    /// not arrive any more.
    pub fn unsubscribe(&mut self, prefix: impl AsRef<[u8]>) -> bool {
        let mut guard = self.shared.enter();
        let was = guard.with(|sub, pipes, io| {
            let was = sub.unsubscribe(pipes, io, prefix.as_ref());
            self.received.retain(|message| sub.wants(message));
            was
        });
        guard.flush();
        was
    }
}

impl Pub {
    /// Sends to all peers that have subscribed to how the message begins; returns how many these
    /// were. Who has no room for it loses it [PUB-out-05].
    #[inline]
    pub fn send(&mut self, message: impl Into<Message>) -> usize {
        let message = message.into();
        let mut guard = self.shared.enter();
        let sent = guard.with(|publisher, pipes, io| publisher.send(pipes, io, &message));
        guard.sent();
        sent
    }

    /// How many messages were dropped for subscribers without room.
    pub fn dropped(&self) -> u64 {
        self.shared.enter().with(|publisher, _, _| publisher.dropped())
    }

    /// How many subscriptions there are: peers times their different prefixes.
    pub fn subscriptions(&self) -> usize {
        self.shared.enter().with(|publisher, _, _| publisher.subscriptions())
    }

    /// Waits until there are so many subscriptions: what is published before a subscription has
    /// come is not sent.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: there were not, in time.
    pub fn wait_for_subscriptions(
        &mut self,
        count: usize,
        patience: Option<Duration>,
    ) -> Result<(), Error> {
        let mut guard = self.shared.enter();
        guard
            .wait(patience, |publisher, _, _| (publisher.subscriptions() >= count).then_some(()))?;
        Ok(())
    }
}

impl Req {
    /// Sends a request to the next peer that is there, and receives its reply; waits for both.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: there was no peer within the time for sending, or no reply within the
    /// time for receiving; [`Error::Lost`]: the connection was lost before the reply came. The
    /// next request may be sent in all cases; a reply that comes late to this one is not taken for
    /// an answer to it, for the connection is broken off [REQ-gen-02].
    pub fn request(&mut self, message: impl Into<Message>) -> Result<Message, Error> {
        let message = message.into();
        let mut guard = self.shared.enter();
        guard.wait(self.send_timeout, |req, pipes, io| {
            req.request(pipes, io, &message).then_some(())
        })?;
        match guard.wait(self.recv_timeout, |req, _, _| req.answer()) {
            Ok(Answer::Reply(reply)) => Ok(reply),
            Ok(Answer::Lost) => Err(Error::Lost),
            Err(ended) => {
                guard.with(crate::sockets::Req::give_up);
                guard.flush();
                Err(ended.into())
            }
        }
    }
}

impl Rep {
    /// The next request, of each peer in turn; waits for one if there is none.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: none came in time.
    pub fn recv(&mut self) -> Result<Request<'_>, Error> {
        let mut guard = self.shared.enter();
        let message = guard.wait(self.recv_timeout, crate::sockets::Rep::recv)?;
        drop(guard);
        Ok(Request { rep: self, message })
    }

    /// The next request, if there is one.
    pub fn try_recv(&mut self) -> Option<Request<'_>> {
        let mut guard = self.shared.enter();
        let patience = Some(Duration::ZERO);
        let message = guard.wait(patience, crate::sockets::Rep::recv).ok()?;
        drop(guard);
        Some(Request { rep: self, message })
    }
}

/// A request that is to be replied to. Dropped without a reply, it leaves its sender waiting.
#[derive(Debug)]
#[must_use = "who asked waits for a reply"]
pub struct Request<'a> {
    rep: &'a mut Rep,
    message: Message,
}

impl Request<'_> {
    /// What was asked, without the envelope.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Replies; never waits. The reply leaves now, with those that follow, or when the next
    /// request is waited for, and always within a moment. `false`: who asked is gone, and the
    /// reply with it [REP-out-04].
    pub fn reply(self, message: impl Into<Message>) -> bool {
        let message = message.into();
        let mut guard = self.rep.shared.enter();
        let is_sent = guard.with(|rep, pipes, io| rep.reply(pipes, io, message));
        // Where more requests wait their replies share a write; where none does, the next `recv`
        // lets this one out before it waits.
        guard.sent();
        is_sent
    }
}
