//! Frames and heartbeats, whatever the socket's type.
//!
//! It may name the cases' peer. Which messages a type sends is not its business.

use bytes::{BufMut, Bytes, BytesMut};
use std::thread::sleep;
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame;

use super::peer::{Peer, is_silence};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

/// How long frames are watched.
const WATCH: Duration = Duration::from_millis(500);
/// Frames that are watched at most.
const FRAMES_MAX: usize = 50;
/// The TTL of PINGs, in its tenths of a second: 1 s.
const TTL: u16 = 10;

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.0-frame-04", "ZMTP-3.0-frame-08", "ZMTP-3.0-mech-07"],
        name: "in what it sends no reserved bit is set, and no command has more",
        run: flags,
    },
    Case {
        clauses: &["ZMTP-3.0-frame-09", "ZMTP-3.0-wire-04"],
        name: "its commands have names that can be printed",
        run: |desk| {
            let frames = sent(desk)?;
            for frame in frames.iter().filter(|frame| frame.is_command()) {
                let (len, rest) = frame.body.split_first().unwrap_or((&0, &[]));
                let name = rest.get(..usize::from(*len)).unwrap_or_default();
                if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                    return broken(format!("{:02x?}", frame.body));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-12", "ZMTP-3.0-frame-01"],
        name: "a small message in a long frame is a message",
        run: |desk| {
            let (mut peer, theirs, knows_3_1) = Peer::new(desk)?;
            let mut out = BytesMut::new();
            put_delimiter(theirs, &mut out);
            out.put_u8(frame::LONG);
            out.put_u64(4);
            out.put_slice(b"\x02two");
            peer.talk.send(&out);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-02", "ZMTP-3.0-frame-10"],
        name: "frames of 0, 1, 254, 255, 256 and 65,536 octets are taken",
        run: |desk| {
            let (mut peer, theirs, knows_3_1) = Peer::new(desk)?;
            let mut out = BytesMut::new();
            put_delimiter(theirs, &mut out);
            for size in [1, 254, 255, 256, 65_536] {
                frame::put(&mut out, frame::MORE, &vec![b'x'; size]);
            }
            frame::put(&mut out, 0, b"");
            peer.talk.send(&out);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-11", "ZMTP-3.0-sock-04"],
        name: "a message that is cut off does no harm to the next peer",
        run: |desk| {
            let (mut peer, theirs, _) = Peer::new(desk)?;
            peer.talk.send(&half(theirs));
            drop(peer);
            let (mut next, _, knows_3_1) = Peer::new(desk)?;
            next.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-02", "ZMTP-3.1-ping-01"],
        name: "a PING without a context is answered without one",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            echoed(&mut peer, knows_3_1, 0, b"")
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-02", "ZMTP-3.0-sock-07"],
        name: "ten PINGs at once are answered in their order",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            let contexts: Vec<[u8; 1]> = (b'0'..=b'9').map(|digit| [digit]).collect();
            let mut out = BytesMut::new();
            for context in &contexts {
                let context = Bytes::copy_from_slice(context);
                Command::Ping { ttl: 0, context }.encode(&mut out);
            }
            must_know_ping(knows_3_1)?;
            peer.talk.send(&out);
            contexts.iter().try_for_each(|context| pong(&mut peer, context))
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-07"],
        name: "a PING's TTL is waited for before the connection is dead",
        run: expires,
    },
    Case {
        clauses: &["ZMTP-3.1-ping-04", "ZMTP-3.1-ping-07"],
        name: "whoever talks within its TTL is alive",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            for _ in 0..6 {
                echoed(&mut peer, knows_3_1, TTL, b"alive")?;
                sleep(Duration::from_millis(300));
            }
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-07", "ZMTP-3.1-ping-01"],
        name: "a TTL of 0 says nothing",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            echoed(&mut peer, knows_3_1, 0, b"zero")?;
            sleep(WATCH);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-04"],
        name: "a PONG that nobody has asked for does no harm",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            must_know_ping(knows_3_1)?;
            peer.send_command(&Command::Pong { context: Bytes::from_static(b"what?") });
            peer.stands(knows_3_1)
        },
    },
];

/// A message in two frames, of which the second stops early.
pub fn half(theirs: SocketType) -> BytesMut {
    let mut out = BytesMut::new();
    put_delimiter(theirs, &mut out);
    frame::put(&mut out, frame::MORE, b"\x02half");
    frame::put_header(&mut out, 0, 1000);
    out.put_slice(b"of it");
    out
}

/// What stands before a request's data, and before a reply's.
pub fn put_delimiter(theirs: SocketType, out: &mut BytesMut) {
    if matches!(theirs, SocketType::Rep | SocketType::Req) {
        frame::put(out, frame::MORE, b"");
    }
}

/// What it sends when it is given reason to: from READY on.
fn sent(desk: &mut Desk) -> Result<Vec<super::peer::Frame>, Wrong> {
    let (mut peer, knows_3_1) = Peer::greeted(desk)?;
    let mut frames = vec![peer.frame("the READY")?];
    let theirs = match frames[0].command() {
        Some(Command::Ready(metadata)) => Peer::type_of(&metadata)?,
        other => return broken(format!("instead of the READY came {other:?}")),
    };
    peer.send_command(&super::peer::ready(super::peer::fitting(theirs)));
    match theirs {
        SocketType::Pub | SocketType::XPub => peer.send_message(&[b"\x01"]),
        SocketType::Rep => peer.send_message(&[b"", b"Hello"]),
        _ => {}
    }
    if knows_3_1 {
        peer.send_command(&Command::Ping { ttl: 0, context: Bytes::new() });
    }
    let deadline = Instant::now() + WATCH;
    while frames.len() < FRAMES_MAX {
        let left = deadline.saturating_duration_since(Instant::now());
        match peer.frame_within("a frame", left) {
            Ok(frame) => frames.push(frame),
            Err(wrong) if is_silence(&wrong) => break,
            Err(wrong) => return Err(wrong),
        }
    }
    Ok(frames)
}

fn flags(desk: &mut Desk) -> Finding {
    // Reserved bits and a command's MORE are no frame at all to the one who reads.
    for frame in sent(desk)? {
        if frame.is_command() && frame.flags & frame::LONG != 0 && frame.body.len() < 256 {
            return broken(format!("a command of {} octets in a long frame", frame.body.len()));
        }
    }
    Ok(())
}

fn must_know_ping(knows_3_1: bool) -> Finding {
    if knows_3_1 {
        return Ok(());
    }
    Err(Wrong::LeftOut("a peer of 3.0 knows no PING".to_owned()))
}

/// The next PONG has this context.
fn pong(peer: &mut Peer, wanted: &[u8]) -> Finding {
    loop {
        if let Some(Command::Pong { context }) = peer.frame("the PONG")?.command() {
            return if context == wanted { Ok(()) } else { broken(format!("{context:?}")) };
        }
    }
}

fn echoed(peer: &mut Peer, knows_3_1: bool, ttl: u16, context: &'static [u8]) -> Finding {
    must_know_ping(knows_3_1)?;
    peer.send_command(&Command::Ping { ttl, context: Bytes::from_static(context) });
    pong(peer, context)
}

/// The end may come behind the TTL, and should: never before it.
fn expires(desk: &mut Desk) -> Finding {
    let (mut peer, _, knows_3_1) = Peer::new(desk)?;
    let ttl = Duration::from_millis(100) * u32::from(TTL);
    let begin = Instant::now();
    echoed(&mut peer, knows_3_1, TTL, b"ttl")?;
    let deadline = begin + ttl + peer.talk.patience();
    loop {
        match peer.talk.listen_until(deadline) {
            Heard::More => peer.talk.input.clear(),
            Heard::Over(_) if begin.elapsed() < ttl * 9 / 10 => {
                return broken(format!("it ended after {:?} of {ttl:?}", begin.elapsed()));
            }
            Heard::Over(_) => return Ok(()),
            // [ZMTP-3.1-ping-07] is a SHOULD.
            Heard::Silence => {
                return Err(Wrong::LeftOut("it lets a TTL pass, as it may".to_owned()));
            }
        }
    }
}
