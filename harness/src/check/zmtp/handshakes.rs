//! READY, and what must not come in its place.
//!
//! It may name the cases' peer, and commands. Messages are not known.

use bytes::{BufMut, Bytes, BytesMut};
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame;
use wirelab_zmtp::metadata::Metadata;

use super::peer::{GREETING, Peer, fitting, ready, unfitting};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.0-null-12", "ZMTP-3.0-null-02"],
        name: "its READY comes before ours",
        run: |desk| Peer::greeted(desk)?.0.ready().map(drop),
    },
    Case {
        clauses: &["ZMTP-3.0-meta-06", "ZMTP-3.0-meta-03"],
        name: "it names a Socket-Type that there is",
        run: |desk| Peer::type_of(&Peer::greeted(desk)?.0.ready()?).map(drop),
    },
    Case {
        clauses: &["ZMTP-3.0-mech-07"],
        name: "its READY is a short frame, if it is short",
        run: |desk| {
            let frame = Peer::greeted(desk)?.0.frame("the READY")?;
            let long = frame.flags & frame::LONG != 0;
            if long && frame.body.len() < 256 {
                return broken(format!("{} octets in a long frame", frame.body.len()));
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-02", "ZMTP-3.0-null-09"],
        name: "`sOCKET-tYPE` is Socket-Type",
        run: |desk| {
            stands_after(desk, |kind| {
                Metadata::new().with("sOCKET-tYPE", kind.as_str()).unwrap_or_default()
            })
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-11"],
        name: "a property that nobody knows is taken",
        run: |desk| {
            stands_after(desk, |kind| {
                let metadata = Metadata::new().with("Socket-Type", kind.as_str());
                metadata.and_then(|m| m.with("X-Wirelab", "?")).unwrap_or_default()
            })
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-10"],
        name: "an empty value is taken",
        run: |desk| {
            stands_after(desk, |kind| {
                let metadata = Metadata::new().with("Socket-Type", kind.as_str());
                metadata.and_then(|m| m.with("X-Wirelab", "")).unwrap_or_default()
            })
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-12"],
        name: "a READY in a long frame is a READY",
        run: |desk| {
            let (mut peer, knows_3_1) = Peer::greeted(desk)?;
            let theirs = Peer::type_of(&peer.ready()?)?;
            let mut short = BytesMut::new();
            ready(fitting(theirs)).encode(&mut short);
            let body = &short[frame::SHORT_HEADER..];
            let mut long = BytesMut::new();
            long.put_u8(frame::COMMAND | frame::LONG);
            long.put_u64(body.len() as u64);
            long.put_slice(body);
            peer.talk.send(&long);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-07", "ZMTP-3.0-meta-08"],
        name: "a type that does not fit: ERROR, or the end",
        run: |desk| {
            let (mut peer, _) = Peer::greeted(desk)?;
            let theirs = Peer::type_of(&peer.ready()?)?;
            peer.send_command(&ready(unfitting(theirs)));
            peer.talk.expect_end().map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-error-01"],
        name: "an ERROR ends the connection",
        run: |desk| {
            let reason = Bytes::from_static(b"no");
            ends_after(desk, |out| Command::Error { reason: reason.clone() }.encode(out))
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-02"],
        name: "a message in the READY's place ends the connection",
        run: |desk| ends_after(desk, |out| frame::put(out, 0, b"hello")),
    },
    Case {
        clauses: &["ZMTP-3.0-null-11"],
        name: "a property that is longer than its READY ends the connection",
        run: |desk| {
            ends_after(desk, |out| {
                frame::put(out, frame::COMMAND, b"\x05READY\x0bSocket-Type\0\0\0\x09REQ");
            })
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-03"],
        name: "a frame of 2^63 octets ends the connection",
        run: |desk| {
            ends_after(desk, |out| {
                out.put_u8(frame::COMMAND | frame::LONG);
                out.put_u64(1 << 63);
            })
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-07", "ZMTP-3.0-null-08"],
        name: "its READY is the name and properties, each with a name, and no more",
        run: |desk| {
            let frame = Peer::greeted(desk)?.0.frame("the READY")?;
            match frame.body.strip_prefix(b"\x05READY") {
                Some(rest) if are_properties(rest) => Ok(()),
                _ => broken(format!("{:02x?}", frame.body)),
            }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-07", "ZMTP-3.0-sock-01"],
        name: "each type that fits is taken",
        run: |desk| {
            let (theirs, _) = type_of_theirs(desk)?;
            for kind in SocketType::ALL.iter().filter(|kind| kind.may_talk_to(theirs)) {
                with_type(desk, kind.as_str())?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-07", "ZMTP-3.0-meta-08"],
        name: "each type that does not fit: ERROR, or the end",
        run: |desk| {
            let (theirs, _) = type_of_theirs(desk)?;
            for kind in SocketType::ALL.iter().filter(|kind| !kind.may_talk_to(theirs)) {
                refused(desk, kind.as_str())?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-06", "ZMTP-3.0-meta-07"],
        name: "a type that there is not: ERROR, or the end",
        run: |desk| {
            let (theirs, _) = type_of_theirs(desk)?;
            for kind in ["", "WIRELAB", &fitting(theirs).as_str().to_lowercase()] {
                refused(desk, kind)?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-12", "ZMTP-3.0-null-03"],
        name: "greeting and READY may come in one piece",
        run: |desk| {
            let (theirs, knows_3_1) = type_of_theirs(desk)?;
            let mut out = BytesMut::from(&GREETING[..]);
            ready(fitting(theirs)).encode(&mut out);
            let mut peer = Peer::silent(desk)?;
            peer.talk.send(&out);
            peer.greeting()?;
            peer.ready()?;
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-meta-10", "ZMTP-3.0-meta-09", "ZMTP-3.0-mech-08"],
        name: "an Identity of 255 octets is taken",
        run: |desk| stands_after(desk, |kind| with(kind, "Identity", vec![b'i'; 255])),
    },
    Case {
        clauses: &["ZMTP-3.0-meta-09", "ZMTP-3.0-meta-10"],
        name: "an empty Identity is taken",
        run: |desk| stands_after(desk, |kind| with(kind, "Identity", Vec::new())),
    },
    Case {
        clauses: &["ZMTP-3.1-meta-03", "ZMTP-3.1-meta-02"],
        name: "a Resource is accepted",
        run: |desk| stands_after(desk, |kind| with(kind, "Resource", b"wirelab/test".to_vec())),
    },
    Case {
        clauses: &["ZMTP-3.0-null-10", "ZMTP-3.0-meta-05", "ZMTP-3.0-meta-11"],
        name: "a value of a thousand octets, zeros among them, is taken",
        run: |desk| stands_after(desk, |kind| with(kind, "X-Wirelab", vec![0; 1000])),
    },
    Case {
        clauses: &["ZMTP-3.0-null-08"],
        name: "an empty property name: the end, or it is passed over",
        run: |desk| {
            let (mut peer, knows_3_1) = Peer::greeted(desk)?;
            let theirs = Peer::type_of(&peer.ready()?)?;
            let mut body = BytesMut::from(&b"\x05READY"[..]);
            with(fitting(theirs), "X", Vec::new()).encode(&mut body);
            let len = body.len();
            // The property's name is X no more, but empty.
            body[len - 6] = 0;
            body.truncate(len - 5);
            body.put_u32(0);
            let mut out = BytesMut::new();
            frame::put(&mut out, frame::COMMAND, &body);
            peer.talk.send(&out);
            match peer.talk.listen_until(Instant::now() + PAUSE) {
                Heard::Over(_) => Ok(()),
                Heard::More | Heard::Silence => peer.stands(knows_3_1),
            }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-11", "ZMTP-3.0-null-07"],
        name: "properties that are cut short within a field end the connection",
        run: |desk| {
            let whole = b"\x05READY\x0bSocket-Type\0\0\0\x03REQ";
            for end in [12, 19, 21, 24] {
                ends_after(desk, |out| frame::put(out, frame::COMMAND, &whole[..end]))?;
            }
            let size = b"\x05READY\x0bSocket-Type\xff\xff\xff\xffREQ";
            ends_after(desk, |out| frame::put(out, frame::COMMAND, size))
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-09", "ZMTP-3.0-null-02"],
        name: "a command without a name, or with half of one, ends the connection",
        run: |desk| {
            for body in [&b""[..], b"\0", b"\0READY", b"\x09READY", b"\x05REA"] {
                ends_after(desk, |out| frame::put(out, frame::COMMAND, body))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-02"],
        name: "another command in the READY's place ends the connection",
        run: |desk| {
            for body in [&b"\x04PING\0\0"[..], b"\x09SUBSCRIBE", b"\x05HELLO\0\0", b"\x05ready"] {
                ends_after(desk, |out| frame::put(out, frame::COMMAND, body))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-null-02", "ZMTP-3.0-error-03"],
        name: "a peer that leaves before its READY does no harm to the next",
        run: |desk| {
            drop(Peer::silent(desk)?);
            let mut peer = Peer::silent(desk)?;
            peer.talk.send(&GREETING[..20]);
            drop(peer);
            drop(Peer::greeted(desk)?);
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            peer.stands(knows_3_1)
        },
    },
];

/// How long an end is waited for that need not come.
const PAUSE: Duration = Duration::from_millis(500);

/// Are these octets properties, and nothing else? `| length | name | length | value |…`
fn are_properties(mut octets: &[u8]) -> bool {
    while let Some((&len, rest)) = octets.split_first() {
        let value = rest.get(usize::from(len)..).and_then(|rest| rest.split_first_chunk::<4>());
        let Some((size, rest)) = value.filter(|_| len > 0) else { return false };
        let Some(rest) = rest.get(u32::from_be_bytes(*size) as usize..) else { return false };
        octets = rest;
    }
    true
}

/// Its type, and whether it speaks 3.1.
fn type_of_theirs(desk: &mut Desk) -> Result<(SocketType, bool), Wrong> {
    let (mut peer, knows_3_1) = Peer::greeted(desk)?;
    Ok((Peer::type_of(&peer.ready()?)?, knows_3_1))
}

/// A type, and another property.
fn with(kind: SocketType, name: &str, value: Vec<u8>) -> Metadata {
    let metadata = Metadata::new().with("Socket-Type", kind.as_str());
    metadata.and_then(|metadata| metadata.with(name, value)).unwrap_or_default()
}

fn with_type(desk: &mut Desk, kind: &'static str) -> Finding {
    let (mut peer, knows_3_1) = Peer::greeted(desk)?;
    peer.ready()?;
    peer.send_command(&named(kind));
    let why = |wrong| match wrong {
        Wrong::Broken(why) => Wrong::Broken(format!("{kind}: {why}")),
        wrong @ Wrong::LeftOut(_) => wrong,
    };
    peer.stands(knows_3_1).map_err(why)
}

fn named(kind: &str) -> Command {
    let kind = Bytes::copy_from_slice(kind.as_bytes());
    Command::Ready(Metadata::new().with("Socket-Type", kind).unwrap_or_default())
}

fn refused(desk: &mut Desk, kind: &str) -> Finding {
    let (mut peer, _) = Peer::greeted(desk)?;
    peer.ready()?;
    peer.send_command(&named(kind));
    match peer.talk.expect_end() {
        Ok(_) => Ok(()),
        Err(_) => broken(format!("a peer of type {kind:?} was not refused")),
    }
}

/// This READY is taken.
fn stands_after(desk: &mut Desk, metadata: fn(SocketType) -> Metadata) -> Finding {
    let (mut peer, knows_3_1) = Peer::greeted(desk)?;
    let theirs = Peer::type_of(&peer.ready()?)?;
    peer.send_command(&Command::Ready(metadata(fitting(theirs))));
    peer.stands(knows_3_1)
}

/// These octets in the READY's place end the connection.
fn ends_after(desk: &mut Desk, write: impl FnOnce(&mut BytesMut)) -> Finding {
    let (mut peer, _) = Peer::greeted(desk)?;
    let mut out = BytesMut::new();
    write(&mut out);
    peer.talk.send(&out);
    peer.talk.expect_end().map(drop)
}
