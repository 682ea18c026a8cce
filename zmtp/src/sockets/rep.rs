//! REP (28/REQREP): a request from any peer, in turn, then its reply to who asked.
//!
//! ```text
//!   request   | address ... | empty delimiter | body ... |
//!             |<------ the envelope --------->|<- to the user
//!   reply     | the same envelope             | body ... |
//! ```

use bytes::Bytes;
use wirelab_reactor::{ConnId, Io};

use super::{FairQueue, Pattern};
use crate::engine::{PipeId, Pipes};
use crate::limits::ENVELOPE_MAX;
use crate::{Error, Message, SocketType};

/// Who asked last.
#[derive(Debug)]
struct Asker {
    pipe: PipeId,
    /// `None`: it had gone before its request was received.
    conn: Option<ConnId>,
    /// The addresses and the delimiter.
    envelope: Vec<Bytes>,
}

/// A REP socket's pattern.
#[derive(Debug, Default)]
pub struct Rep {
    arrived: FairQueue,
    asker: Option<Asker>,
}

impl Rep {
    /// The next request's body [REP-in-01] [REP-in-03]. A reply that was owed to the one before
    /// is owed no more [REP-gen-03] [REP-out-01].
    pub fn recv(&mut self, pipes: &mut Pipes, io: &mut Io) -> Option<Message> {
        while let Some((pipe, message)) = self.arrived.take(pipes, io) {
            // [REP-fmt-01] What has no delimiter, or nothing after it, is no request.
            let Some((envelope, body)) = open_envelope(message) else { continue };
            self.asker = Some(Asker { pipe, conn: pipes.conn(pipe), envelope });
            return Some(body);
        }
        None
    }

    /// Replies to the request that was received last; never waits [REP-out-05]. `false`: who asked
    /// is gone, and the reply with it [REP-out-04]; or nobody has asked.
    pub fn reply(&mut self, pipes: &mut Pipes, io: &mut Io, body: Message) -> bool {
        let Some(asker) = self.asker.take() else { return false };
        // [REP-out-03] A pipe's place, or its next connection, may be another's by now.
        if asker.conn.is_none() || pipes.conn(asker.pipe) != asker.conn {
            return false;
        }
        // [REP-in-02] [REP-out-02]
        let frames = asker.envelope.into_iter().chain(body.into_frames());
        let Some(message) = Message::from_frames(frames) else { return false };
        pipes.send(io, asker.pipe, &message)
    }

    /// Is a reply owed?
    pub fn is_asked(&self) -> bool {
        self.asker.is_some()
    }
}

/// Splits a request behind its first empty frame.
fn open_envelope(message: Message) -> Option<(Vec<Bytes>, Message)> {
    let delimiter = message.frames().take(ENVELOPE_MAX + 1).position(Bytes::is_empty)?;
    let mut frames = message.into_frames();
    let envelope = frames.by_ref().take(delimiter + 1).collect();
    Some((envelope, Message::from_frames(frames)?))
}

impl Pattern for Rep {
    const SOCKET_TYPE: SocketType = SocketType::Rep;

    fn on_message(
        &mut self,
        pipes: &mut Pipes,
        pipe: PipeId,
        message: Message,
    ) -> Result<(), Error> {
        // [REP-gen-02] As it came.
        self.arrived.push(pipes, pipe, message);
        Ok(())
    }

    fn on_lost(&mut self, pipes: &mut Pipes, pipe: PipeId) {
        // A pipe that stays would have its next connection take replies to the last one's
        // requests.
        if pipes.is_dialled(pipe) {
            pipes.forget_incoming(pipe);
            self.arrived.remove(pipe);
        }
    }

    fn is_readable(&self) -> bool {
        !self.arrived.is_empty()
    }

    fn is_writable(&self, _: &Pipes) -> bool {
        self.is_asked()
    }
}
