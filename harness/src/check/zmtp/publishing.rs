//! Subscriptions: what a publisher sends to whom, and how a subscriber asks.
//!
//! It may name the cases' peer. It does not know what is published, nor how often.

use bytes::Bytes;
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType::{self, Pub, Sub, XPub, XSub};
use wirelab_zmtp::command::Command;

use super::peer::{GREETING, LONG, Peer, fitting, is_silence, ready};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

const PUBLISHERS: &[SocketType] = &[Pub, XPub];
/// What was on its way when a subscription ended has come after this.
const SETTLE: Duration = Duration::from_secs(1);
/// How long nothing is waited for.
const WATCH: Duration = Duration::from_secs(1);
/// What has come is there after this.
const BLINK: Duration = Duration::from_millis(2);
/// Messages that are counted.
const COUNTED: usize = 20;

pub const CASES: &[Case] = &[
    Case {
        clauses: &["ZMTP-3.0-pubsub-01", "PUB-out-04"],
        name: "PUB: without a subscription nothing comes",
        run: |desk| {
            let mut silent = Peer::of_type(desk, PUBLISHERS)?.0;
            let mut peer = subscriber(desk, Form::Message, &[b""])?;
            peer.published()?;
            nothing(&mut silent)
        },
    },
    Case {
        clauses: &["PUB-sub-01", "ZMTP-3.0-pubsub-03"],
        name: "PUB: the message 00 ends what 01 began",
        run: |desk| ends(desk, Form::Message),
    },
    Case {
        clauses: &["PUB-sub-01", "ZMTP-3.1-sub-03"],
        name: "PUB: the command CANCEL ends what SUBSCRIBE began",
        run: |desk| ends(desk, Form::Command),
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-07"],
        name: "PUB: of 01 twice, one 00 leaves one",
        run: |desk| counted(desk, Form::Message),
    },
    Case {
        clauses: &["ZMTP-3.1-sub-05"],
        name: "PUB: of SUBSCRIBE twice, one CANCEL leaves one",
        run: |desk| counted(desk, Form::Command),
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-06", "ZMTP-3.0-pubsub-05"],
        name: "PUB: subscriptions add up, and end each for itself",
        run: |desk| {
            let mut peer = subscriber(desk, Form::Message, &[b"", b"wirelab"])?;
            peer.published()?;
            Form::Message.cancel(&mut peer, b"wirelab");
            still_comes(&mut peer)
        },
    },
    Case {
        clauses: &["ZMTP-3.0-pubsub-06", "ZMTP-3.0-sock-06"],
        name: "PUB: a message comes once, though two subscriptions match it",
        run: once,
    },
    Case {
        clauses: &["PUB-sub-01"],
        name: "PUB: the end of what was never subscribed to changes nothing",
        run: |desk| {
            let mut peer = subscriber(desk, Form::Message, &[b""])?;
            peer.published()?;
            Form::Message.cancel(&mut peer, b"never");
            Form::Command.cancel(&mut peer, b"never");
            still_comes(&mut peer)
        },
    },
    Case {
        clauses: &["PUB-out-04", "ZMTP-3.0-pubsub-04"],
        name: "PUB: a subscription that is longer than a message does not match it",
        run: |desk| {
            let one = subscriber(desk, Form::Message, &[b""])?.published()?;
            let longer = [&one[0][..], b"\0wirelab"].concat();
            nothing(&mut subscriber(desk, Form::Message, &[&longer])?)
        },
    },
    Case {
        clauses: &["PUB-out-04"],
        name: "PUB: no frame but the first is compared",
        run: |desk| {
            let one = subscriber(desk, Form::Message, &[b""])?.published()?;
            let Some(second) = one.get(1).filter(|second| !one[0].starts_with(&second[..])) else {
                return Err(Wrong::LeftOut("its messages have one frame".to_owned()));
            };
            let mut peer = subscriber(desk, Form::Message, &[&second[..]])?;
            match peer.message_within("a message", WATCH) {
                Ok(message) if !message[0].starts_with(second) => broken(format!("{message:?}")),
                Err(wrong) if !is_silence(&wrong) => Err(wrong),
                _ => Ok(()),
            }
        },
    },
    Case {
        clauses: &["PUB-out-01", "ZMTP-3.0-sock-07"],
        name: "PUB: two subscribers are sent the same",
        run: same,
    },
    Case {
        clauses: &["ZMTP-3.0-greeting-11", "ZMTP-3.0-pubsub-05"],
        name: "PUB: a peer of 3.0 subscribes by message",
        run: |desk| {
            Peer::of_type(desk, PUBLISHERS)?;
            let mut peer = of_3_0(desk)?;
            Form::Message.subscribe(&mut peer, b"");
            peer.published().map(drop)
        },
    },
    Case {
        clauses: &["ZMTP-3.1-sub-06", "ZMTP-3.0-pubsub-02"],
        name: "SUB: to a peer of 3.0 it subscribes by message, and sends no command",
        run: |desk| {
            Peer::of_type(desk, &[Sub, XSub])?;
            let Ok(frame) = of_3_0(desk)?.frame_within("a subscription", LONG) else {
                return Err(Wrong::LeftOut("it subscribes to nothing".to_owned()));
            };
            if !frame.is_command() && frame.body.first() == Some(&1) {
                return Ok(());
            }
            broken(format!("flags {:02x}, {:?}", frame.flags, frame.body))
        },
    },
];

/// How a peer subscribes: as 3.0 has it, or as 3.1.
#[derive(Clone, Copy)]
enum Form {
    Message,
    Command,
}

impl Form {
    fn subscribe(self, peer: &mut Peer, prefix: &[u8]) {
        match self {
            Self::Message => peer.send_message(&[&[b"\x01", prefix].concat()]),
            Self::Command => {
                peer.send_command(&Command::Subscribe(Bytes::copy_from_slice(prefix)));
            }
        }
    }

    fn cancel(self, peer: &mut Peer, prefix: &[u8]) {
        match self {
            Self::Message => peer.send_message(&[&[b"\0", prefix].concat()]),
            Self::Command => peer.send_command(&Command::Cancel(Bytes::copy_from_slice(prefix))),
        }
    }
}

/// A peer that has subscribed to these.
fn subscriber(desk: &mut Desk, form: Form, prefixes: &[&[u8]]) -> Result<Peer, Wrong> {
    let mut peer = Peer::of_type(desk, PUBLISHERS)?.0;
    for prefix in prefixes {
        form.subscribe(&mut peer, prefix);
    }
    Ok(peer)
}

/// A handshake as a peer that says it is of 3.0.
fn of_3_0(desk: &mut Desk) -> Result<Peer, Wrong> {
    let mut greeting = GREETING;
    greeting[11] = 0;
    let (mut peer, _) = Peer::greeted_with(desk, &greeting)?;
    let theirs = Peer::type_of(&peer.ready()?)?;
    peer.send_command(&ready(fitting(theirs)));
    Ok(peer)
}

/// No message comes for a while.
fn nothing(peer: &mut Peer) -> Finding {
    match peer.message_within("a message", WATCH) {
        Ok(message) => broken(format!("{message:?} came")),
        Err(wrong) if is_silence(&wrong) => Ok(()),
        Err(wrong) => Err(wrong),
    }
}

/// Takes what was on its way.
fn settle(peer: &mut Peer) -> Finding {
    let deadline = Instant::now() + SETTLE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match peer.message_within("a message", left) {
            Ok(_) if left.is_zero() => return Ok(()),
            Ok(_) => {}
            Err(wrong) if is_silence(&wrong) => return Ok(()),
            Err(wrong) => return Err(wrong),
        }
    }
}

/// What was on its way is here, and more comes.
fn still_comes(peer: &mut Peer) -> Finding {
    settle(peer)?;
    peer.message_within("a message that is still subscribed to", LONG).map(drop)
}

fn ends(desk: &mut Desk, form: Form) -> Finding {
    let mut peer = subscriber(desk, form, &[b""])?;
    peer.published()?;
    form.cancel(&mut peer, b"");
    settle(&mut peer)?;
    nothing(&mut peer)
}

fn counted(desk: &mut Desk, form: Form) -> Finding {
    let mut peer = subscriber(desk, form, &[b"", b""])?;
    peer.published()?;
    form.cancel(&mut peer, b"");
    still_comes(&mut peer)?;
    form.cancel(&mut peer, b"");
    settle(&mut peer)?;
    nothing(&mut peer)
}

/// Takes what has come by now. Somebody who never pauses may drop what he cannot send, and cannot
/// be counted. [PUB-out-05]
fn drain(peer: &mut Peer) -> Finding {
    let deadline = Instant::now() + SETTLE;
    while Instant::now() < deadline {
        match peer.message_within("a message", BLINK) {
            Ok(_) => {}
            Err(wrong) if is_silence(&wrong) => return Ok(()),
            Err(wrong) => return Err(wrong),
        }
    }
    Err(Wrong::LeftOut("it publishes too fast to be counted".to_owned()))
}

/// Two subscribers, one of whom has two subscriptions that match, are sent as much.
fn once(desk: &mut Desk) -> Finding {
    let mut single = subscriber(desk, Form::Message, &[b""])?;
    let mut double = subscriber(desk, Form::Message, &[b""])?;
    let first = single.published()?;
    Form::Message.subscribe(&mut double, &first[0][..first[0].len().min(1)]);
    double.published()?;
    drain(&mut single)?;
    drain(&mut double)?;
    for _ in 0..COUNTED {
        single.published()?;
    }
    let mut seen = 0;
    while seen < 2 * COUNTED && double.message_within("a message", BLINK).is_ok() {
        seen += 1;
    }
    // It was looked at later, and may have been sent some more.
    if seen < 2 * COUNTED - 2 {
        return Ok(());
    }
    broken(format!("{seen} messages, where another had {COUNTED}"))
}

/// What one of two subscribers is sent, the other is sent, too, in the same order.
fn same(desk: &mut Desk) -> Finding {
    let mut first = subscriber(desk, Form::Message, &[b""])?;
    let mut second = subscriber(desk, Form::Message, &[b""])?;
    first.published()?;
    second.published()?;
    drain(&mut first)?;
    let mut row = Vec::new();
    for _ in 0..COUNTED {
        row.push(first.published()?);
    }
    let mut wanted = row.iter().peekable();
    for _ in 0..100 * COUNTED {
        let Some(next) = wanted.peek() else { return Ok(()) };
        if second.published()? == **next {
            wanted.next();
        }
    }
    broken(format!("{:?} did not come to the other one", wanted.peek()))
}
