//! One connection's machine: greeting, handshake, traffic.
//!
//! ```text
//!   Greeting --64 octets--> Handshake --the mechanism's last command--> Traffic
//!      |                        |                                          |
//!      +-------- Err: to be closed, with an ERROR command if reply() ------+
//! ```
//!
//! Pull style: bytes in, one event at a time out, and what is to be answered is written beside.
//! It knows no connection, no other peer, no clock.

use bytes::{Buf, Bytes, BytesMut};
use std::sync::Arc;

use crate::command::Command;
use crate::frame::Header;
use crate::greeting::Greeting;
use crate::limits::{COMMAND_MAX, COPY_BODY_MAX, FRAMES_MAX, GREETING};
use crate::mechanism::{Handshake, Local, Progress, Remote};
use crate::{Error, Message};

/// What a peer has done.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Its handshake is done: messages may flow [ZMTP-3.1-null-05].
    Ready(Box<Remote>),
    /// A whole message.
    Message(Message),
    /// It subscribes, by command.
    Subscribe(Bytes),
    /// It takes a subscription back, by command.
    Cancel(Bytes),
    /// It asked whether we are there, and has its answer.
    Ping {
        /// Tenths of a second, or 0.
        ttl: u16,
    },
    /// It answered our PING.
    Pong,
}

/// One connection's machine.
#[derive(Debug)]
pub struct Peer {
    local: Arc<Local>,
    message_max: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Greeting,
    Handshake { knows_3_1: bool, handshake: Handshake },
    Traffic(Option<Partial>),
}

/// The frames of a message whose last has not come.
#[derive(Debug)]
struct Partial {
    frames: Vec<Bytes>,
    size: usize,
    /// So many of the frames hold no more memory than they need.
    settled: usize,
}

impl Peer {
    /// A fresh connection. What is returned beside is to be sent at once: our whole greeting
    /// [ZMTP-3.0-greeting-15] [ZMTP-3.0-greeting-07].
    pub fn new(local: Arc<Local>, message_max: usize) -> (Self, [u8; GREETING]) {
        let mechanism = &local.mechanism;
        // [ZMTP-3.1-version-01] [ZMTP-3.0-greeting-03] Our own version, whatever theirs is
        // [ZMTP-3.0-greeting-11].
        let greeting = Greeting::new(local.minor, mechanism.name(), mechanism.as_server());
        (Self { local, message_max, state: State::Greeting }, greeting.encode())
    }

    /// The next thing that the peer has done; `None` when it takes more bytes. Answers are
    /// written to `out`.
    ///
    /// # Errors
    /// The connection is to be closed; [`Error::reply`] is to be said before. Nothing is read
    /// after an error.
    #[inline]
    pub fn next_event(
        &mut self,
        input: &mut BytesMut,
        out: &mut BytesMut,
    ) -> Result<Option<Event>, Error> {
        loop {
            if let State::Traffic(partial) = &mut self.state {
                match next_frame(input, self.message_max)? {
                    None => {
                        if let Some(partial) = partial {
                            partial.settle();
                        }
                        return Ok(None);
                    }
                    // [ZMTP-3.0-frame-10] Most messages are one frame.
                    Some((header, body)) if header.flags & !crate::frame::LONG == 0 => {
                        let message = match partial.take() {
                            None => Message::new(body),
                            Some(partial) => partial.finish(body, self.message_max)?,
                        };
                        return Ok(Some(Event::Message(message)));
                    }
                    Some((header, body)) if header.has_more() => {
                        let partial = partial.get_or_insert_with(Partial::new);
                        partial.push(body, self.message_max)?;
                    }
                    Some((_, body)) => {
                        if let Some(event) = traffic_command(body, out)? {
                            return Ok(Some(event));
                        }
                    }
                }
            } else {
                match self.next_step(input, out)? {
                    Step::More => return Ok(None),
                    Step::On => {}
                    Step::Ready(remote) => return Ok(Some(Event::Ready(remote))),
                }
            }
        }
    }

    /// Is the handshake done?
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Traffic(_))
    }

    /// Before the traffic: one step of greeting or handshake.
    fn next_step(&mut self, input: &mut BytesMut, out: &mut BytesMut) -> Result<Step, Error> {
        let local = &self.local;
        let say = |command: Command| command.encode(out);
        match &mut self.state {
            State::Greeting => {
                // [ZMTP-3.0-greeting-14] Ours was sent before; [ZMTP-3.1-version-02] any from 3.0
                // up is welcome.
                let Some(greeting) = Greeting::decode(input)? else { return Ok(Step::More) };
                input.advance(GREETING);
                let handshake = Handshake::begin(local, &greeting, say)?;
                let knows_3_1 = greeting.knows_3_1() && local.minor >= 1;
                self.state = State::Handshake { knows_3_1, handshake };
                Ok(Step::On)
            }
            State::Handshake { knows_3_1, handshake } => {
                let Some((header, body)) = next_frame(input, COMMAND_MAX)? else {
                    return Ok(Step::More);
                };
                if !header.is_command() {
                    let what = "a message before the handshake was done";
                    return Err(Error::violated("[ZMTP-3.0-null-02]", what));
                }
                let command = Command::decode(body)?;
                match handshake.on_command(local, command, say)? {
                    Progress::Going => Ok(Step::On),
                    Progress::Done(metadata, socket_type) => {
                        let knows_3_1 = *knows_3_1;
                        self.state = State::Traffic(None);
                        Ok(Step::Ready(Box::new(Remote { socket_type, knows_3_1, metadata })))
                    }
                }
            }
            State::Traffic(_) => Ok(Step::On),
        }
    }
}

enum Step {
    /// It takes more bytes.
    More,
    /// There may be another step in what is there.
    On,
    /// The handshake is done.
    Ready(Box<Remote>),
}

/// The next whole frame.
#[inline]
fn next_frame(input: &mut BytesMut, max: usize) -> Result<Option<(Header, Bytes)>, Error> {
    let Some(header) = Header::decode(input)? else { return Ok(None) };
    // Before any of it is waited for: an announced length costs nothing.
    let max = if header.is_command() { COMMAND_MAX } else { max };
    if header.size > max as u64 {
        return Err(too_large(&header, max));
    }
    let whole = header.len + header.size as usize;
    if input.len() < whole {
        return Ok(None);
    }
    input.advance(header.len);
    Ok(Some((header, input.split_to(header.size as usize).freeze())))
}

#[cold]
fn too_large(header: &Header, max: usize) -> Error {
    let what = if header.is_command() { "command" } else { "frame" };
    Error::TooLarge { what, len: header.size, max }
}

/// A command between messages, or between the frames of one: libzmq may put a PING there.
#[cold]
fn traffic_command(body: Bytes, out: &mut BytesMut) -> Result<Option<Event>, Error> {
    Ok(match Command::decode(body)? {
        Command::Subscribe(prefix) => Some(Event::Subscribe(prefix)),
        Command::Cancel(prefix) => Some(Event::Cancel(prefix)),
        Command::Ping { ttl, context } => {
            // [ZMTP-3.1-ping-02]
            Command::Pong { context }.encode(out);
            Some(Event::Ping { ttl })
        }
        Command::Pong { .. } => Some(Event::Pong),
        // [ZMTP-3.0-error-01] Who sees only in our READY that we do not fit says so late.
        Command::Error { reason } => {
            let reason = reason.escape_ascii().to_string();
            return Err(Error::RefusedByPeer { reason });
        }
        Command::Ready(_) | Command::Hello { .. } | Command::Welcome | Command::Initiate(_) => {
            let what = "a command of the handshake after its end";
            return Err(Error::violated("[ZMTP-3.0-null-02]", what));
        }
        // What later versions may say.
        Command::Other(_) => None,
    })
}

impl Partial {
    fn new() -> Self {
        Self { frames: Vec::with_capacity(2), size: 0, settled: 0 }
    }

    fn push(&mut self, body: Bytes, max: usize) -> Result<(), Error> {
        self.size += body.len();
        if self.frames.len() == FRAMES_MAX {
            return Err(Error::TooMany { what: "frames in a message", max: FRAMES_MAX });
        }
        if self.size > max {
            return Err(Error::TooLarge { what: "message", len: self.size as u64, max });
        }
        self.frames.push(body);
        Ok(())
    }

    /// The rest is to be waited for: small frames are copied out of the reads that they came in,
    /// which they would hold as a whole.
    fn settle(&mut self) {
        for frame in &mut self.frames[self.settled..] {
            if frame.len() <= COPY_BODY_MAX {
                *frame = Bytes::copy_from_slice(frame);
            }
        }
        self.settled = self.frames.len();
    }

    /// [ZMTP-3.0-frame-11] [ZMTP-3.0-sock-04] [ZMTP-3.0-wire-01] All frames, now that
    /// the last is there.
    fn finish(mut self, body: Bytes, max: usize) -> Result<Message, Error> {
        self.push(body, max)?;
        Ok(Message::from_frames(self.frames).unwrap_or_default())
    }
}
