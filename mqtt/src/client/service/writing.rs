//! What a client hands to its connection: commands, packets, acknowledgements; each no faster
//! than the next takes it.
//!
//! ```text
//!   mailbox --has_room--> session --high water--> outbox        messages --has_room--> observer
//! ```
//!
//! It does not know how a connection comes or goes.

use std::ops::ControlFlow;
use wirelab_reactor::{ConnId, Io};

use super::{Client, Command, Link};
use crate::client::{Lost, Observer};
use crate::limits::{CLIENT_ACKS_MAX, CLIENT_BATCH};

impl<O: Observer> Client<O> {
    pub(super) fn obey(&mut self, io: &mut Io, command: Command) {
        let result = match command {
            Command::Publish(ticket, message) => self.session.publish(ticket, message),
            Command::PublishAll(batch) => {
                self.batch = batch.into_iter();
                Ok(())
            }
            Command::Subscribe(ticket, filters) => self.session.subscribe(ticket, filters),
            Command::Unsubscribe(ticket, filters) => self.session.unsubscribe(ticket, filters),
            Command::Finish => {
                self.finishing = true;
                Ok(())
            }
            Command::Disconnect => {
                self.leave(io);
                Ok(())
            }
            Command::Look => {
                self.hold_or_read(io);
                Ok(())
            }
        };
        if let Err(error) = result {
            log::warn!("the client cannot do what it was asked: {error}");
        }
    }

    /// The next thing to do: of a batch that was begun, else from the mailbox.
    fn next_command(&mut self) -> Option<Command> {
        if let Some((ticket, message)) = self.batch.next() {
            return Some(Command::Publish(ticket, message));
        }
        self.mailbox.as_mut()?.take()
    }

    /// Takes commands while the session has room for them, and writes while the kernel takes it.
    pub(super) fn pump(&mut self, io: &mut Io) {
        loop {
            let mut moved = false;
            while self.session.has_room() && !matches!(self.link, Link::Over) {
                let Some(command) = self.next_command() else { break };
                self.obey(io, command);
                moved = true;
            }
            if !moved & !self.write(io) {
                break;
            }
        }
        if self.finishing && self.session.is_idle() && self.batch.len() == 0 {
            self.leave(io);
        }
    }

    /// Writes what the session has, up to the high water mark. Was there anything?
    fn write(&mut self, io: &mut Io) -> bool {
        let Link::Up { conn, open: true } = self.link else { return false };
        let (mut moved, now) = (false, io.now());
        // Of what a clean session has left behind, though nothing may be left to send.
        if self.tell_done(io).is_break() {
            return false;
        }
        while self.session.wants_to_send() && !io.is_above_high_water(conn) {
            match io.write(conn, |out| self.session.send(now, out, CLIENT_BATCH)) {
                Ok(true) => moved = true,
                Ok(false) => break,
                Err(error) => {
                    self.fail(io, Lost::Violated(error));
                    return false;
                }
            }
            self.show_packets();
            if self.tell_done(io).is_break() {
                return false;
            }
        }
        moved
    }

    /// Tells what no packet of the server's has brought. `Break`: we have left.
    fn tell_done(&mut self, io: &mut Io) -> ControlFlow<()> {
        while let Some(event) = self.session.next_done() {
            if self.observer.on_event(event).is_break() {
                self.leave(io);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    pub(super) fn show_packets(&mut self) {
        while let Some(seen) = self.session.next_seen() {
            self.observer.on_packet(&seen);
        }
    }

    pub(super) fn write_acks(&mut self, io: &mut Io, conn: ConnId) {
        if self.acks.is_empty() {
            return;
        }
        io.write(conn, |out| out.extend_from_slice(&self.acks));
        if io.is_above_high_water(conn) {
            self.unread_acks += self.acks.len();
        }
        self.acks.clear();
    }

    /// A server that sends faster than its messages are taken, or that does not read our
    /// acknowledgements, is held back by no longer being read.
    pub(super) fn hold_or_read(&mut self, io: &mut Io) {
        let Link::Up { conn, open: true } = self.link else { return };
        let hold = !self.observer.has_room() || self.unread_acks > CLIENT_ACKS_MAX;
        if hold && !self.paused {
            io.pause_reading(conn);
        } else if self.paused && !hold {
            self.session.excuse(io.now());
            io.resume_reading(conn);
        }
        self.paused = hold;
    }
}
