//! REQ (28/REQREP): a request to one peer in turn, then its reply, strictly one after the other.
//!
//! ```text
//!            request to the next ready peer
//!   Idle ------------------------------------> Asked(peer)
//!    ^                                             | its reply: | empty delimiter | body ... |
//!    |  the reply, or the loss, is taken           | its connection is lost
//!    +---------------------------------------- Answered
//! ```

use bytes::Bytes;
use wirelab_reactor::Io;

use super::{Pattern, RoundRobin};
use crate::engine::{PipeId, Pipes};
use crate::{Error, Message, SocketType};

/// How a request has ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reply, without its delimiter.
    Reply(Message),
    /// The connection was lost before the reply came. Whether the peer has seen the request is not
    /// known.
    Lost,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    Asked(PipeId),
    Answered(Answer),
}

/// A REQ socket's pattern.
#[derive(Debug, Default)]
pub struct Req {
    /// Those that are connected and ready: a request waits for nobody who is not there
    /// [REQ-out-03].
    peers: RoundRobin,
    state: State,
}

impl Req {
    /// Sends a request to the next ready peer. `false`: there is none, and nothing is sent
    /// [REQ-out-04]; or the last request is still under way [REQ-gen-02].
    pub fn request(&mut self, pipes: &mut Pipes, io: &mut Io, body: &Message) -> bool {
        if !matches!(self.state, State::Idle) {
            return false;
        }
        // [REQ-out-01] [REQ-fmt-01] The delimiter goes before the body.
        let mut message = body.clone();
        message.push_front(Bytes::new());
        let Some(pipe) = self.peers.send(pipes, io, &message) else { return false };
        self.state = State::Asked(pipe);
        true
    }

    /// How the request under way has ended, if it has. With this the socket is free for the next.
    pub fn answer(&mut self) -> Option<Answer> {
        match std::mem::take(&mut self.state) {
            State::Answered(answer) => Some(answer),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// Is a request under way?
    pub fn is_asking(&self) -> bool {
        matches!(self.state, State::Asked(_))
    }

    /// No longer waits for the reply. The connection is broken off: a reply that comes late would
    /// be taken for the answer to the next request.
    pub fn give_up(&mut self, pipes: &mut Pipes, io: &mut Io) {
        if let State::Asked(pipe) = std::mem::take(&mut self.state)
            && let Some(conn) = pipes.conn(pipe)
        {
            self.peers.remove(pipe);
            io.reset(conn);
        }
    }
}

impl Pattern for Req {
    const SOCKET_TYPE: SocketType = SocketType::Req;

    fn on_ready(&mut self, _: &mut Pipes, _: &mut Io, pipe: PipeId) {
        self.peers.add(pipe);
    }

    fn on_room(&mut self, pipe: PipeId) {
        self.peers.add(pipe);
    }

    fn on_message(&mut self, _: &mut Pipes, pipe: PipeId, message: Message) -> Result<(), Error> {
        // [REQ-in-01] [REQ-in-02] Only from who was asked last; what others send is dropped.
        if !matches!(self.state, State::Asked(asked) if asked == pipe) {
            return Ok(());
        }
        let mut frames = message.into_frames();
        let delimiter = frames.next();
        // [REQ-fmt-01] What does not begin with the delimiter is no reply.
        if let (Some(true), Some(body)) =
            (delimiter.map(|frame| frame.is_empty()), Message::from_frames(frames))
        {
            self.state = State::Answered(Answer::Reply(body));
        }
        Ok(())
    }

    fn on_lost(&mut self, pipes: &mut Pipes, pipe: PipeId) {
        self.peers.remove(pipe);
        // A request that had not left yet must not leave now: its caller is told that it is lost.
        pipes.forget_outgoing(pipe);
        if matches!(self.state, State::Asked(asked) if asked == pipe) {
            self.state = State::Answered(Answer::Lost);
        }
    }

    fn on_gone(&mut self, pipe: PipeId) {
        self.peers.remove(pipe);
    }

    fn is_readable(&self) -> bool {
        matches!(self.state, State::Answered(_))
    }

    fn is_writable(&self, pipes: &Pipes) -> bool {
        matches!(self.state, State::Idle) && self.peers.has_room(pipes)
    }
}
