//! Messages and heartbeats, as far as the socket's type has them.
//!
//! It may name the cases' peer. It does not know the program behind the socket.

use bytes::{Bytes, BytesMut};
use std::time::Duration;
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame;

use super::peer::Peer;
use crate::check::Case;
use crate::check::talk::{Desk, Wrong, broken};

/// How long the program behind a socket may take to say something.
const LONG: Duration = Duration::from_secs(2);

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.1-ping-02"],
        name: "a PING is answered with its context",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-ping-03"],
        name: "a context of sixteen octets comes back",
        run: |desk| {
            let (mut peer, _, knows_3_1) = Peer::new(desk)?;
            if !knows_3_1 {
                return Err(Wrong::LeftOut("a peer of 3.0 knows no PING".to_owned()));
            }
            let context = Bytes::from_static(b"0123456789abcdef");
            peer.send_command(&Command::Ping { ttl: 100, context: context.clone() });
            loop {
                if let Some(Command::Pong { context: echoed }) = peer.frame("the PONG")?.command() {
                    return if echoed == context { Ok(()) } else { broken(format!("{echoed:?}")) };
                }
            }
        },
    },
    Case {
        clauses: &["REP-out-02", "REP-in-02", "REP-fmt-01"],
        name: "REP: the reply has the request's envelope",
        run: |desk| {
            let mut peer = of_type(desk, &[SocketType::Rep])?.0;
            let envelope: [&[u8]; 3] = [b"one", b"two", b""];
            peer.send_message(&[&envelope[..], &[b"Hello"]].concat());
            let reply = reply(&mut peer)?;
            let seen: Vec<&[u8]> = reply.iter().take(3).map(|frame| &frame[..]).collect();
            if seen == envelope && reply.len() > 3 { Ok(()) } else { broken(format!("{reply:?}")) }
        },
    },
    Case {
        clauses: &["REP-gen-03", "ZMTP-3.0-sock-07"],
        name: "REP: of several requests at once, each has its reply, in their order",
        run: |desk| {
            let mut peer = of_type(desk, &[SocketType::Rep])?.0;
            let names: [&[u8]; 3] = [b"1", b"2", b"3"];
            for name in names {
                peer.send_message(&[name, b"", b"Hello"]);
            }
            for name in names {
                let reply = reply(&mut peer)?;
                if reply[0] != name {
                    return broken(format!("{:?} came where {name:?} was due", reply[0]));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["REP-out-03"],
        name: "REP: of two peers, each has its own reply",
        run: |desk| {
            let mut first = of_type(desk, &[SocketType::Rep])?.0;
            let mut second = of_type(desk, &[SocketType::Rep])?.0;
            second.send_message(&[b"second", b"", b"Hello"]);
            first.send_message(&[b"first", b"", b"Hello"]);
            for (peer, name) in [(&mut first, "first"), (&mut second, "second")] {
                let reply = reply(peer)?;
                if reply[0] != name {
                    return broken(format!("{name} was given {:?}", reply[0]));
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-10", "PULL-gen-02"],
        name: "PULL: messages of one frame and of many, small and large, are taken",
        run: |desk| {
            let (mut peer, _, knows_3_1) = of_type(desk, &[SocketType::Pull])?;
            let large = vec![b'x'; 100_000];
            peer.send_message(&[b"one"]);
            peer.send_message(&[b"two", b"", b"frames"]);
            peer.send_message(&[&large, b"end"]);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["PUSH-gen-01"],
        name: "PUSH: what a PULL sends does no harm",
        run: |desk| {
            let (mut peer, _, knows_3_1) = of_type(desk, &[SocketType::Push])?;
            peer.send_message(&[b"not asked for"]);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["PUB-gen-06"],
        name: "PUB: what a subscriber sends is no message, and does no harm",
        run: |desk| {
            let (mut peer, _, knows_3_1) = of_type(desk, &[SocketType::Pub])?;
            peer.send_message(&[b"\x02hello"]);
            peer.stands(knows_3_1)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-05", "PUB-sub-01"],
        name: "PUB: the message 01 subscribes to all",
        run: |desk| {
            let mut peer = of_type(desk, PUBLISHERS)?.0;
            peer.send_message(&[b"\x01"]);
            published(&mut peer).map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-sub-04", "PUB-sub-01"],
        name: "PUB: the command SUBSCRIBE subscribes to all",
        run: |desk| {
            let mut peer = of_type(desk, PUBLISHERS)?.0;
            peer.send_command(&Command::Subscribe(Bytes::new()));
            published(&mut peer).map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-01", "ZMTP-3.0-pubsub-04"],
        name: "PUB: only what begins as the subscription comes",
        run: |desk| {
            let mut peer = of_type(desk, PUBLISHERS)?.0;
            peer.send_message(&[b"\x01"]);
            let one = published(&mut peer)?;
            let prefix = one[0].slice(..one[0].len().min(1));
            let (mut peer, _, knows_3_1) = of_type(desk, PUBLISHERS)?;
            peer.send_message(&[&[b"\x01", &prefix[..]].concat()]);
            peer.send_message(&[b"\x01no message begins so"]);
            for _ in 0..3 {
                match peer.message_within("a message", LONG) {
                    Ok(message) if !message[0].starts_with(&prefix) => {
                        return broken(format!("{:?} does not begin so", message[0]));
                    }
                    Ok(_) => {}
                    Err(_) => return peer.stands(knows_3_1),
                }
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-02", "ZMTP-3.1-sub-02"],
        name: "SUB: a subscription comes in one of its two forms",
        run: |desk| {
            let mut peer = of_type(desk, &[SocketType::Sub, SocketType::XSub])?.0;
            let Ok(frame) = peer.frame_within("a subscription", LONG) else {
                return Err(Wrong::LeftOut("it subscribes to nothing".to_owned()));
            };
            match frame.command() {
                Some(Command::Subscribe(_)) => Ok(()),
                None if !frame.is_command() && frame.body.first() == Some(&1) => Ok(()),
                other => broken(format!("{other:?}, {:?}", frame.body)),
            }
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-01"],
        name: "a message octet by octet is a message",
        run: |desk| {
            let (mut peer, theirs, knows_3_1) = Peer::new(desk)?;
            let mut out = BytesMut::new();
            // [REP-fmt-01] [REQ-fmt-01] What does not begin with the delimiter is nothing to these:
            // libzmq's REQ ends the connection for it.
            if matches!(theirs, SocketType::Rep | SocketType::Req) {
                frame::put(&mut out, frame::MORE, b"");
            }
            frame::put(&mut out, 0, b"\x02octet by octet");
            for octet in &out {
                peer.talk.send(&[*octet]);
            }
            peer.stands(knows_3_1)
        },
    },
];

const PUBLISHERS: &[SocketType] = &[SocketType::Pub, SocketType::XPub];

/// A handshake with a socket of one of these types; the case is about no other.
fn of_type(desk: &mut Desk, types: &[SocketType]) -> Result<(Peer, SocketType, bool), Wrong> {
    let (peer, theirs, knows_3_1) = Peer::new(desk)?;
    if types.contains(&theirs) {
        return Ok((peer, theirs, knows_3_1));
    }
    Err(Wrong::LeftOut(format!("it is a {}", theirs.as_str())))
}

/// The reply to a request. A program that does not reply is none of the socket's faults.
fn reply(peer: &mut Peer) -> Result<Vec<Bytes>, Wrong> {
    peer.message_within("the reply", LONG).map_err(|wrong| match wrong {
        Wrong::Broken(why) if why.contains("in time") => {
            Wrong::LeftOut("the program behind it does not reply".to_owned())
        }
        wrong => wrong,
    })
}

/// The next message of a publisher. One that publishes nothing just now is not asked further.
fn published(peer: &mut Peer) -> Result<Vec<Bytes>, Wrong> {
    peer.message_within("a message", LONG).map_err(|wrong| match wrong {
        Wrong::Broken(why) if why.contains("in time") => {
            Wrong::LeftOut("the program behind it publishes nothing".to_owned())
        }
        wrong => wrong,
    })
}
