//! A peer that says what a case says, right or wrong.
//!
//! It knows greetings, frames, commands and messages, through the zmtp crate's codec.

use bytes::{Buf, Bytes, BytesMut};
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame::{self, Header};
use wirelab_zmtp::limits::FRAMES_MAX;
use wirelab_zmtp::metadata::{Metadata, SOCKET_TYPE};

use crate::check::talk::{Desk, Finding, Heard, Talk, Wrong, broken};

/// A greeting of 3.1 with NULL:
/// ```text
///   0    1      9    10      12          32          33     64
///   | ff | 0…0  | 7f | 03 01 | NULL, 0…0 | as-server | 0…0 |
/// ```
pub const GREETING: [u8; 64] = {
    let mut octets = [0; 64];
    (octets[0], octets[9], octets[10], octets[11]) = (0xff, 0x7f, 3, 1);
    (octets[12], octets[13], octets[14], octets[15]) = (b'N', b'U', b'L', b'L');
    octets
};

/// How long the program behind a socket may take to say something.
pub const LONG: Duration = Duration::from_secs(2);

/// How long a greeting is waited for that may depend on the rest of ours.
const PAUSE: Duration = Duration::from_millis(500);

/// The largest frame that is taken, and the octets of a message's frames together.
const FRAME_MAX: u64 = 16 << 20;

/// What is said of something that did not come.
const IN_TIME: &str = " did not come in time";

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub flags: u8,
    pub body: Bytes,
}

impl Frame {
    pub fn is_command(&self) -> bool {
        self.flags & frame::COMMAND != 0
    }

    pub fn command(&self) -> Option<Command> {
        self.is_command().then(|| Command::decode(self.body.clone()).ok()).flatten()
    }
}

/// A connection.
pub struct Peer {
    pub talk: Talk,
}

impl Peer {
    /// Connects, and says nothing.
    pub fn silent(desk: &mut Desk) -> Result<Self, Wrong> {
        Ok(Self { talk: desk.connect()? })
    }

    pub fn send_greeting(&mut self, greeting: &[u8; 64]) {
        self.talk.send(greeting);
    }

    /// The other side's greeting, whole.
    pub fn greeting(&mut self) -> Result<[u8; 64], Wrong> {
        let deadline = Instant::now() + self.talk.patience();
        loop {
            // Looked at first: what is no greeting may well be longer than one.
            if self.talk.input.first().is_some_and(|first| *first != 0xff) {
                return broken("what came is no greeting: it does not begin with ff");
            }
            if self.talk.input.len() >= 64 {
                break;
            }
            self.more(deadline, "the greeting")?;
        }
        let mut greeting = [0; 64];
        self.talk.input.copy_to_slice(&mut greeting);
        Ok(greeting)
    }

    /// Waits for more octets.
    pub fn more(&mut self, deadline: Instant, what: &str) -> Finding {
        match self.talk.listen_until(deadline) {
            Heard::More => Ok(()),
            Heard::Over(_) => broken(format!("instead of {what} the connection ended")),
            Heard::Silence => broken(format!("{what}{IN_TIME}")),
        }
    }

    pub fn send_command(&mut self, command: &Command) {
        let mut out = BytesMut::new();
        command.encode(&mut out);
        self.talk.send(&out);
    }

    /// A message of these frames.
    pub fn send_message(&mut self, frames: &[&[u8]]) {
        let mut out = BytesMut::new();
        for (n, body) in frames.iter().enumerate() {
            let more = if n + 1 < frames.len() { frame::MORE } else { 0 };
            frame::put(&mut out, more, body);
        }
        self.talk.send(&out);
    }

    /// The next frame.
    pub fn frame(&mut self, what: &str) -> Result<Frame, Wrong> {
        let patience = self.talk.patience();
        self.frame_within(what, patience)
    }

    /// The next frame, within this time.
    pub fn frame_within(&mut self, what: &str, patience: Duration) -> Result<Frame, Wrong> {
        let deadline = Instant::now() + patience;
        loop {
            let header = Header::decode(&self.talk.input)
                .or_else(|error| broken(format!("instead of {what} came no frame: {error}")))?;
            if let Some(header) = header {
                if header.size > FRAME_MAX {
                    return broken(format!("{what} has {} octets", header.size));
                }
                let len = header.size as usize;
                if self.talk.input.len() >= header.len + len {
                    self.talk.input.advance(header.len);
                    let body = self.talk.input.split_to(len).freeze();
                    return Ok(Frame { flags: header.flags, body });
                }
            }
            self.more(deadline, what)?;
        }
    }

    /// The next message's frames' bodies. Commands before it are passed over, and a PING answered.
    pub fn message_within(&mut self, what: &str, time: Duration) -> Result<Vec<Bytes>, Wrong> {
        let (mut frames, mut octets) = (Vec::new(), 0);
        loop {
            let frame = self.frame_within(what, time)?;
            match frame.command() {
                Some(Command::Ping { context, .. }) => {
                    self.send_command(&Command::Pong { context });
                }
                Some(_) => {}
                None => {
                    octets += frame.body.len() as u64;
                    if frames.len() == FRAMES_MAX || octets > FRAME_MAX {
                        let count = frames.len();
                        return broken(format!("{what} has no end within {count} frames"));
                    }
                    frames.push(frame.body);
                    if frame.flags & frame::MORE == 0 {
                        return Ok(frames);
                    }
                }
            }
        }
    }

    /// The other side's READY.
    pub fn ready(&mut self) -> Result<Metadata, Wrong> {
        let frame = self.frame("the READY")?;
        match frame.command() {
            Some(Command::Ready(metadata)) => Ok(metadata),
            other => broken(format!("instead of the READY came {other:?}")),
        }
    }

    /// What type of socket says so in its READY.
    pub fn type_of(metadata: &Metadata) -> Result<SocketType, Wrong> {
        let named = metadata.get("Socket-Type").and_then(|name| SocketType::from_name(name));
        named.map_or_else(|| broken("its READY names no Socket-Type that there is"), Ok)
    }

    /// A whole handshake, as a socket of a type that fits. Returns the other side's type, and
    /// whether it speaks 3.1.
    pub fn new(desk: &mut Desk) -> Result<(Self, SocketType, bool), Wrong> {
        let (mut peer, knows_3_1) = Self::greeted(desk)?;
        let theirs = Self::type_of(&peer.ready()?)?;
        peer.send_command(&ready(fitting(theirs)));
        Ok((peer, theirs, knows_3_1))
    }

    /// Greetings are exchanged. Does the other side speak 3.1?
    pub fn greeted(desk: &mut Desk) -> Result<(Self, bool), Wrong> {
        Self::greeted_with(desk, &GREETING)
    }

    /// The same, with this greeting of ours, whose mechanism is NULL.
    pub fn greeted_with(desk: &mut Desk, greeting: &[u8; 64]) -> Result<(Self, bool), Wrong> {
        of_mechanism(desk, b"NULL")?;
        let mut peer = Self::silent(desk)?;
        peer.send_greeting(greeting);
        let theirs = peer.greeting()?;
        Ok((peer, theirs[10..12] >= [3, 1][..]))
    }

    /// The other side's greeting, before it knows our mechanism, if it can be had so.
    pub fn probe(desk: &mut Desk) -> Result<[u8; 64], Wrong> {
        let mut peer = Self::silent(desk)?;
        let (version, rest) = GREETING.split_at(12);
        peer.talk.send(version);
        let deadline = Instant::now() + PAUSE;
        while peer.talk.input.len() < 64 && peer.talk.listen_until(deadline) == Heard::More {}
        peer.talk.send(rest);
        peer.greeting()
    }

    /// A handshake with a socket of one of these types; the case is about no other.
    pub fn of_type(
        desk: &mut Desk,
        types: &[SocketType],
    ) -> Result<(Self, SocketType, bool), Wrong> {
        let (peer, theirs, knows_3_1) = Self::new(desk)?;
        if types.contains(&theirs) {
            return Ok((peer, theirs, knows_3_1));
        }
        Err(Wrong::LeftOut(format!("it is a {}", theirs.as_str())))
    }

    /// The reply to a request. A program that does not reply is none of the socket's faults.
    pub fn reply(&mut self) -> Result<Vec<Bytes>, Wrong> {
        let left_out = "the program behind it does not reply";
        self.message_within("the reply", LONG).map_err(|wrong| unless_silent(wrong, left_out))
    }

    /// The next message of a publisher. One that publishes nothing just now is not asked further.
    pub fn published(&mut self) -> Result<Vec<Bytes>, Wrong> {
        let left_out = "the program behind it publishes nothing";
        self.message_within("a message", LONG).map_err(|wrong| unless_silent(wrong, left_out))
    }

    /// Does the connection stand? A PING is answered with a PONG of the same context, and what
    /// comes before that is passed over.
    pub fn stands(&mut self, knows_3_1: bool) -> Finding {
        if !knows_3_1 {
            return Err(Wrong::LeftOut("a peer of 3.0 knows no PING to ask it by".to_owned()));
        }
        let context = Bytes::from_static(b"wirelab");
        self.send_command(&Command::Ping { ttl: 0, context: context.clone() });
        loop {
            let frame = self.frame("the PONG")?;
            if let Some(Command::Pong { context: echoed }) = frame.command() {
                if echoed == context {
                    return Ok(());
                }
                return broken(format!("the PONG's context is {echoed:?}"));
            }
        }
    }
}

/// The case is about sockets of this mechanism.
pub fn of_mechanism(desk: &Desk, name: &[u8]) -> Finding {
    if desk.mechanism.starts_with(name) && desk.mechanism[name.len()] == 0 {
        return Ok(());
    }
    let theirs = String::from_utf8_lossy(&desk.mechanism).replace('\0', "");
    Err(Wrong::LeftOut(format!("its mechanism is {theirs}")))
}

/// Was it that nothing came?
pub fn is_silence(wrong: &Wrong) -> bool {
    matches!(wrong, Wrong::Broken(why) if why.ends_with(IN_TIME))
}

fn unless_silent(wrong: Wrong, left_out: &str) -> Wrong {
    if is_silence(&wrong) { Wrong::LeftOut(left_out.to_owned()) } else { wrong }
}

/// The mechanism's name, without its padding.
pub fn mechanism_of(greeting: &[u8; 64]) -> &[u8] {
    let field = &greeting[12..32];
    &field[..field.iter().position(|octet| *octet == 0).unwrap_or(20)]
}

/// A READY with nothing but a Socket-Type.
pub fn ready(kind: SocketType) -> Command {
    let metadata = Metadata::new().with(SOCKET_TYPE, kind.as_str());
    Command::Ready(metadata.unwrap_or_default())
}

/// A type that may talk to this one, and asks little of it.
pub fn fitting(theirs: SocketType) -> SocketType {
    let fits = |own: &&SocketType| own.may_talk_to(theirs) && theirs.may_talk_to(**own);
    SocketType::ALL.iter().find(fits).copied().unwrap_or(theirs)
}

/// A type that may not talk to this one.
pub fn unfitting(theirs: SocketType) -> SocketType {
    let unfit = |own: &&SocketType| !own.may_talk_to(theirs);
    SocketType::ALL.iter().find(unfit).copied().unwrap_or(theirs)
}
