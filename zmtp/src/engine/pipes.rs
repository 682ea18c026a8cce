//! Pipes: the double queue of messages that a socket has for each of its peers.
//!
//! ```text
//!   to send    socket --> outgoing: up to the high-water mark --> outbox --> kernel
//!                    \___________ nothing waits: at once ________/
//!   received   connection --> incoming: up to the high-water mark --> socket
//!                                       then it is not read from
//! ```
//! A pipe to an endpoint that we connect to lives as long as the socket, connected or not; one of
//! a peer that came to us lives from its READY to its leave, and then until what it sent has been
//! received [PUSH-gen-04] [PUSH-gen-05] [PULL-gen-04] [PULL-gen-05] [PUB-gen-03] [PUB-gen-04]
//! [SUB-gen-03] [SUB-gen-04].
//!
//! It knows connections as places to write to. Who gets which message is the pattern's business.

use bytes::BytesMut;
use slab::Slab;
use std::collections::VecDeque;
use wirelab_reactor::{ConnId, Io};

use crate::command::Command;
use crate::frame::{self, MORE};
use crate::limits::{BACKLOG_LOOK, COPY_BODY_MAX, FLUSH_AT, INCOMING_BYTES_MAX};
use crate::{Message, Options};

/// A pipe's place; used again after the pipe is gone.
pub type PipeId = usize;

/// The two queues of one peer [PUSH-gen-03] [PULL-gen-03] [PUB-gen-02] [SUB-gen-02].
#[derive(Debug, Default)]
struct Pipe {
    /// The connection, once its handshake is done.
    conn: Option<ConnId>,
    /// The peer takes subscriptions and heartbeats as commands.
    knows_3_1: bool,
    /// We connect to it: it stays when its connection goes.
    is_dialled: bool,
    outgoing: VecDeque<Message>,
    incoming: VecDeque<Message>,
    incoming_bytes: usize,
    /// Its connection is not read from until `incoming` is shorter.
    is_paused: bool,
}

/// All pipes of a socket.
#[derive(Debug)]
pub struct Pipes {
    slab: Slab<Pipe>,
    send_mark: usize,
    receive_mark: usize,
    due: Due,
    /// Messages that could not go straight to a connection since the loop was last turned for it.
    backlogged: usize,
}

/// What the socket's user owes the loop after a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Nothing: the message may wait for others.
    #[default]
    Nothing,
    /// A connection's outbox has grown to what is worth a write of its own.
    Write,
    /// Messages wait for a kernel that had no room: has it some now?
    Turn,
}

impl Pipes {
    pub(crate) fn new(options: &Options) -> Self {
        let mark = |set: usize| if set == 0 { usize::MAX } else { set };
        Self {
            slab: Slab::new(),
            send_mark: mark(options.send_high_water_mark),
            receive_mark: mark(options.receive_high_water_mark),
            due: Due::Nothing,
            backlogged: 0,
        }
    }

    pub(crate) fn add(&mut self, is_dialled: bool) -> PipeId {
        self.slab.insert(Pipe { is_dialled, ..Pipe::default() })
    }

    /// The handshake is done: what waited is sent.
    pub(crate) fn connect(&mut self, id: PipeId, conn: ConnId, knows_3_1: bool) {
        if let Some(pipe) = self.slab.get_mut(id) {
            (pipe.conn, pipe.knows_3_1, pipe.is_paused) = (Some(conn), knows_3_1, false);
        }
    }

    /// The connection is gone. Is the pipe, too?
    pub(crate) fn disconnect(&mut self, id: PipeId) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        pipe.conn = None;
        if pipe.is_dialled {
            return false;
        }
        pipe.outgoing.clear();
        self.remove_if_done(id);
        true
    }

    /// The endpoint is given up: the pipe goes when all that came through it is received.
    pub(crate) fn abandon(&mut self, id: PipeId) {
        if let Some(pipe) = self.slab.get_mut(id) {
            pipe.is_dialled = false;
            self.disconnect(id);
        }
    }

    fn remove_if_done(&mut self, id: PipeId) {
        let pipe = &self.slab[id];
        if pipe.conn.is_none() && !pipe.is_dialled && pipe.incoming.is_empty() {
            self.slab.remove(id);
        }
    }

    /// The connection of a pipe whose handshake is done.
    pub fn conn(&self, id: PipeId) -> Option<ConnId> {
        self.slab.get(id)?.conn
    }

    /// Does anything wait to be sent to peers?
    pub(crate) fn all_sent(&self, io: &Io) -> bool {
        self.slab.iter().all(|(_, pipe)| {
            pipe.outgoing.is_empty() && pipe.conn.is_none_or(|conn| io.queued(conn) == 0)
        })
    }

    /// Can it take another message? [PUSH-out-01]
    pub fn has_room(&self, id: PipeId) -> bool {
        self.slab.get(id).is_some_and(|pipe| pipe.outgoing.len() < self.send_mark)
    }

    /// Sends a message, all its frames [ZMTP-3.0-sock-05], or queues it behind those before it
    /// [ZMTP-3.0-sock-07]. It is in one place only, and goes once [ZMTP-3.0-sock-06].
    /// `false`: the queue is full, and nothing was done.
    #[inline]
    pub fn send(&mut self, io: &mut Io, id: PipeId, message: &Message) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        if let Some(conn) = pipe.conn
            && pipe.outgoing.is_empty()
            && !io.is_above_high_water(conn)
        {
            if put(io, conn, message) {
                self.due = self.due.max(Due::Write);
            }
            return true;
        }
        self.backlogged += 1;
        if self.backlogged >= BACKLOG_LOOK {
            (self.backlogged, self.due) = (0, Due::Turn);
        }
        let has_room = pipe.outgoing.len() < self.send_mark;
        if has_room {
            pipe.outgoing.push_back(message.clone());
        }
        has_room
    }

    /// Says a command, before all messages that wait.
    pub fn say(&mut self, io: &mut Io, id: PipeId, command: &Command) {
        if let Some(conn) = self.conn(id) {
            io.write(conn, |out| command.encode(out));
        }
    }

    /// Sends octets as a message of one frame, before all messages that wait.
    pub fn say_message(&mut self, io: &mut Io, id: PipeId, body: &[u8]) {
        if let Some(conn) = self.conn(id) {
            io.write(conn, |out| frame::put(out, 0, body));
        }
    }

    /// Does the peer take subscriptions as commands? [ZMTP-3.1-sub-06]
    pub fn knows_3_1(&self, id: PipeId) -> bool {
        self.slab.get(id).is_some_and(|pipe| pipe.knows_3_1)
    }

    /// The kernel has taken what was there: more goes to it. Has the queue room that it had not?
    pub(crate) fn feed(&mut self, io: &mut Io, id: PipeId) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        let Some(conn) = pipe.conn else { return false };
        let was_full = pipe.outgoing.len() >= self.send_mark;
        while !io.is_above_high_water(conn)
            && let Some(message) = pipe.outgoing.pop_front()
        {
            put(io, conn, &message);
        }
        was_full && pipe.outgoing.len() < self.send_mark
    }

    /// Drops what waits to be sent to a peer.
    pub fn forget_outgoing(&mut self, id: PipeId) {
        if let Some(pipe) = self.slab.get_mut(id) {
            pipe.outgoing.clear();
        }
    }

    /// Drops what a peer has sent and nobody has received.
    pub fn forget_incoming(&mut self, id: PipeId) {
        if let Some(pipe) = self.slab.get_mut(id) {
            pipe.incoming.clear();
            pipe.incoming_bytes = 0;
        }
    }

    /// Do we connect to this peer?
    pub fn is_dialled(&self, id: PipeId) -> bool {
        self.slab.get(id).is_some_and(|pipe| pipe.is_dialled)
    }

    /// Is the peer not read from, because its queue is full?
    pub(crate) fn is_paused(&self, id: PipeId) -> bool {
        self.slab.get(id).is_some_and(|pipe| pipe.is_paused)
    }

    /// Queues what a peer has sent. Was the queue empty?
    #[inline]
    pub fn receive(&mut self, id: PipeId, message: Message) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        pipe.incoming_bytes += message.size();
        pipe.incoming.push_back(message);
        pipe.incoming.len() == 1
    }

    /// Takes the first of what a peer has sent, and whether there is more.
    pub fn take(&mut self, io: &mut Io, id: PipeId) -> Option<(Message, bool)> {
        let pipe = self.slab.get_mut(id)?;
        let message = pipe.incoming.pop_front()?;
        pipe.incoming_bytes -= message.size();
        let is_more = !pipe.incoming.is_empty();
        self.after_take(io, id);
        Some((message, is_more))
    }

    /// Takes all that a peer has sent, in exchange for an empty queue.
    pub fn take_all(&mut self, io: &mut Io, id: PipeId, empty: &mut VecDeque<Message>) {
        debug_assert!(empty.is_empty(), "nothing is put behind what was taken before");
        let Some(pipe) = self.slab.get_mut(id) else { return };
        std::mem::swap(&mut pipe.incoming, empty);
        pipe.incoming_bytes = 0;
        self.after_take(io, id);
    }

    /// Drops of what a peer has sent all that is not to be kept. Is anything left?
    pub fn retain(&mut self, io: &mut Io, id: PipeId, keep: impl Fn(&Message) -> bool) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        pipe.incoming.retain(keep);
        pipe.incoming_bytes = pipe.incoming.iter().map(Message::size).sum();
        let is_left = !pipe.incoming.is_empty();
        self.after_take(io, id);
        is_left
    }

    fn after_take(&mut self, io: &mut Io, id: PipeId) {
        let pipe = &mut self.slab[id];
        let has_room = pipe.incoming.len() <= self.receive_mark / 2
            && pipe.incoming_bytes <= INCOMING_BYTES_MAX / 2;
        if pipe.is_paused && has_room {
            pipe.is_paused = false;
            if let Some(conn) = pipe.conn {
                io.resume_reading(conn);
            }
        }
        self.remove_if_done(id);
    }

    /// Stops reading from a peer whose queue is full. Is it?
    #[inline]
    pub(crate) fn pause_if_full(&mut self, io: &mut Io, id: PipeId) -> bool {
        let Some(pipe) = self.slab.get_mut(id) else { return false };
        // [SUB-in-01] What would not fit waits with its sender, who drops it [PUB-out-05].
        let is_full =
            pipe.incoming.len() >= self.receive_mark || pipe.incoming_bytes >= INCOMING_BYTES_MAX;
        if is_full && !pipe.is_paused {
            pipe.is_paused = true;
            if let Some(conn) = pipe.conn {
                io.pause_reading(conn);
            }
        }
        is_full
    }

    /// What is owed to the loop. Asked once, it is no longer.
    pub(crate) fn take_due(&mut self) -> Due {
        std::mem::take(&mut self.due)
    }
}

/// Encodes a message into a connection's outbox: small bodies copied, large ones shared. Is the
/// outbox now worth a write?
#[inline]
fn put(io: &mut Io, conn: ConnId, message: &Message) -> bool {
    if message.is_small(COPY_BODY_MAX) {
        return io.write(conn, |out| {
            frame::put(out, 0, message.first());
            out.len() >= FLUSH_AT
        });
    }
    put_frames(io, conn, message)
}

fn put_frames(io: &mut Io, conn: ConnId, message: &Message) -> bool {
    let mut frames = message.frames().peekable();
    while let Some(body) = frames.next() {
        let flags = if frames.peek().is_some() { MORE } else { 0 };
        if body.len() <= COPY_BODY_MAX {
            io.write(conn, |out| frame::put(out, flags, body));
        } else {
            io.write(conn, |out: &mut BytesMut| frame::put_header(out, flags, body.len()));
            io.send(conn, body.clone());
        }
    }
    io.queued(conn) >= FLUSH_AT
}
