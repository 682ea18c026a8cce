//! READY, and what must not come in its place.
//!
//! It may name the cases' peer, and commands. Messages are not known.

use bytes::{BufMut, Bytes, BytesMut};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame;
use wirelab_zmtp::metadata::Metadata;

use super::peer::{GREETING, Peer, fitting, ready, unfitting};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.0-null-12", "ZMTP-3.0-null-02"],
        name: "its READY comes before ours",
        run: |desk| greeted(desk)?.0.ready().map(drop),
    },
    Case {
        clauses: &["ZMTP-3.0-meta-06", "ZMTP-3.0-meta-03"],
        name: "it names a Socket-Type that there is",
        run: |desk| Peer::type_of(&greeted(desk)?.0.ready()?).map(drop),
    },
    Case {
        clauses: &["ZMTP-3.0-mech-07"],
        name: "its READY is a short frame, if it is short",
        run: |desk| {
            let frame = greeted(desk)?.0.frame("the READY")?;
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
            let (mut peer, knows_3_1) = greeted(desk)?;
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
            let (mut peer, _) = greeted(desk)?;
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
];

/// Greetings are exchanged. Does the other side speak 3.1?
fn greeted(desk: &mut Desk) -> Result<(Peer, bool), Wrong> {
    let mut peer = Peer::silent(desk)?;
    peer.send_greeting(&GREETING);
    let greeting = peer.greeting()?;
    Ok((peer, greeting[10..12] >= [3, 1][..]))
}

/// This READY is taken.
fn stands_after(desk: &mut Desk, metadata: fn(SocketType) -> Metadata) -> Finding {
    let (mut peer, knows_3_1) = greeted(desk)?;
    let theirs = Peer::type_of(&peer.ready()?)?;
    peer.send_command(&Command::Ready(metadata(fitting(theirs))));
    peer.stands(knows_3_1)
}

/// These octets in the READY's place end the connection.
fn ends_after(desk: &mut Desk, write: impl FnOnce(&mut BytesMut)) -> Finding {
    let (mut peer, _) = greeted(desk)?;
    let mut out = BytesMut::new();
    write(&mut out);
    peer.talk.send(&out);
    peer.talk.expect_end().map(drop)
}
