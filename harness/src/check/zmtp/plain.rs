//! PLAIN's handshake, where that is the mechanism.
//!
//! It may name the cases' peer, and the name and password that were given. Whom a server lets in
//! without them it does not know: either answer is right.

use bytes::{Bytes, BytesMut};
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame;
use wirelab_zmtp::metadata::{Metadata, SOCKET_TYPE};

use super::peer::{Frame, GREETING, Peer, of_mechanism};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["PLAIN-02", "ZMTP-3.0-greeting-05"],
        name: "PLAIN: the server says as-server 1",
        run: |desk| match greeted(desk)?.1 {
            1 => Ok(()),
            other => broken(format!("it is {other}")),
        },
    },
    Case {
        clauses: &["PLAIN-04", "PLAIN-06"],
        name: "PLAIN: HELLO, WELCOME, INITIATE, READY with the name and password that were given",
        run: let_in,
    },
    Case {
        clauses: &["PLAIN-04"],
        name: "PLAIN: another password is answered with WELCOME, ERROR, or the end",
        run: |desk| {
            let (mut peer, frame) = wrong_password(desk)?;
            match frame.as_ref().and_then(Frame::command) {
                Some(Command::Welcome) => initiated(&mut peer, SocketType::Pair).map(drop),
                Some(Command::Error { .. }) => refused(&mut peer),
                None if frame.is_none() => Ok(()),
                other => broken(format!("instead of the WELCOME came {other:?}")),
            }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-13", "ZMTP-3.0-frame-09"],
        name: "PLAIN: an ERROR is that name, and a reason with its length before it",
        run: |desk| {
            let Some(frame) = wrong_password(desk)?.1.filter(is_error) else {
                return Err(Wrong::LeftOut("it refuses nobody with an ERROR".to_owned()));
            };
            match frame.body.strip_prefix(b"\x05ERROR").and_then(|rest| rest.split_first()) {
                Some((len, reason)) if usize::from(*len) == reason.len() => Ok(()),
                _ => broken(format!("{:?}", frame.body)),
            }
        },
    },
    Case {
        clauses: &["PLAIN-03", "PLAIN-04"],
        name: "PLAIN: a HELLO whose password is cut short is not welcome",
        run: |desk| unwelcome(desk, b"\x05HELLO\x01u\x09pass"),
    },
    Case {
        clauses: &["PLAIN-03", "PLAIN-04"],
        name: "PLAIN: a HELLO that goes on behind the password is not welcome",
        run: |desk| unwelcome(desk, b"\x05HELLO\x01u\x01pass"),
    },
    Case {
        clauses: &["PLAIN-03", "ZMTP-3.0-sec-01"],
        name: "PLAIN: NULL's READY opens nothing",
        run: |desk| unwelcome(desk, b"\x05READY\x0bSocket-Type\0\0\0\x03REQ"),
    },
    Case {
        clauses: &["PLAIN-05", "PLAIN-06"],
        name: "PLAIN: an INITIATE before the HELLO opens nothing",
        run: |desk| unwelcome(desk, b"\x08INITIATE\x0bSocket-Type\0\0\0\x03REQ"),
    },
    Case {
        clauses: &["ZMTP-3.0-mech-05", "ZMTP-3.0-sec-01"],
        name: "PLAIN: a peer with NULL is left",
        run: |desk| {
            plain(desk)?;
            let mut peer = Peer::silent(desk)?;
            peer.send_greeting(&GREETING);
            peer.talk.expect_end().map(drop)
        },
    },
];

/// How long a client's HELLO is waited for.
const PAUSE: Duration = Duration::from_millis(200);

/// Greetings with PLAIN are exchanged, and the other side is the server.
fn plain(desk: &mut Desk) -> Result<Peer, Wrong> {
    greeted(desk).map(|(peer, _)| peer)
}

/// The same, and what its greeting says of who is the server.
fn greeted(desk: &mut Desk) -> Result<(Peer, u8), Wrong> {
    of_mechanism(desk, b"PLAIN")?;
    let mut greeting = GREETING;
    greeting[12..17].copy_from_slice(b"PLAIN");
    let mut peer = Peer::silent(desk)?;
    peer.send_greeting(&greeting);
    let theirs = peer.greeting()?;
    // Some servers say 0, as clients do. A client talks first.
    if theirs[32] != 1 && peer.talk.listen_until(Instant::now() + PAUSE) != Heard::Silence {
        return Err(Wrong::LeftOut("it is PLAIN's client".to_owned()));
    }
    Ok((peer, theirs[32]))
}

fn hello(username: &str, password: &str) -> Command {
    let octets = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    Command::Hello { username: octets(username), password: octets(password) }
}

/// The first frame; `None`: the end.
fn first(peer: &mut Peer) -> Result<Option<Frame>, Wrong> {
    match peer.talk.listen() {
        Heard::Over(_) => Ok(None),
        Heard::More | Heard::Silence => peer.frame("the WELCOME").map(Some),
    }
}

/// Sends an INITIATE as this type. Is it answered with READY, rather than refused?
fn initiated(peer: &mut Peer, kind: SocketType) -> Result<bool, Wrong> {
    let metadata = Metadata::new().with(SOCKET_TYPE, kind.as_str()).unwrap_or_default();
    peer.send_command(&Command::Initiate(metadata));
    let Some(frame) = first(peer)? else { return Ok(false) };
    match frame.command() {
        Some(Command::Ready(metadata)) => Peer::type_of(&metadata).map(|_| true),
        Some(Command::Error { .. }) => Ok(false),
        other => broken(format!("instead of the READY came {other:?}")),
    }
}

/// Somebody with another password, and the answer to his HELLO; `None`: the end.
fn wrong_password(desk: &mut Desk) -> Result<(Peer, Option<Frame>), Wrong> {
    let mut peer = plain(desk)?;
    let (username, password) = desk.credentials.clone().unwrap_or_default();
    peer.send_command(&hello(&username, &format!("{password}{}", desk.mark)));
    let frame = first(&mut peer)?;
    Ok((peer, frame))
}

fn is_error(frame: &Frame) -> bool {
    matches!(frame.command(), Some(Command::Error { .. }))
}

/// Behind an ERROR nothing is open: who has sent it may leave the end to the other side, and
/// answers no INITIATE.
fn refused(peer: &mut Peer) -> Finding {
    peer.send_command(&Command::Initiate(Metadata::default()));
    match peer.frame_within("the end", PAUSE) {
        Ok(frame) if !is_error(&frame) => broken(format!("then came {:?}", frame.command())),
        _ => Ok(()),
    }
}

/// What its type is shows in the READY alone: one of all must fit.
fn let_in(desk: &mut Desk) -> Finding {
    for kind in SocketType::ALL {
        let mut peer = plain(desk)?;
        let Some((username, password)) = desk.credentials.clone() else {
            return Err(Wrong::LeftOut("no --username was given".to_owned()));
        };
        peer.send_command(&hello(&username, &password));
        match peer.frame("the WELCOME")?.command() {
            Some(Command::Welcome) if initiated(&mut peer, kind)? => return Ok(()),
            Some(Command::Welcome) => {}
            other => return broken(format!("instead of the WELCOME came {other:?}")),
        }
    }
    broken("no socket type's INITIATE was answered with READY")
}

/// The connection ends behind this command, and nothing but an ERROR comes before.
fn unwelcome(desk: &mut Desk, body: &[u8]) -> Finding {
    let mut peer = plain(desk)?;
    let mut out = BytesMut::new();
    frame::put(&mut out, frame::COMMAND, body);
    peer.talk.send(&out);
    match first(&mut peer)? {
        None => Ok(()),
        Some(frame) => match frame.command() {
            Some(Command::Error { .. }) => refused(&mut peer),
            other => broken(format!("{other:?} came")),
        },
    }
}
