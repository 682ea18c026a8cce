//! REP: what comes back, and to whom.
//!
//! It may name the cases' peer. What a reply says it does not know, only the envelope before it.

use bytes::BytesMut;
use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType::Rep;
use wirelab_zmtp::frame;

use super::frames::half;
use super::peer::{Peer, is_silence};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Heard, Wrong, broken};

/// Requests that one peer has under way while another asks.
const WINDOW: usize = 100;
/// Replies to the one before which the other must have had his.
const BUSY_MAX: usize = 1_000;

pub const CASES: &[Case] = &[
    Case {
        clauses: &["REP-fmt-01", "REP-out-02"],
        name: "REP: a request without address frames is answered without them",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            comes_back(&mut peer, &[b""])
        },
    },
    Case {
        clauses: &["REP-in-02", "REP-gen-02"],
        name: "REP: ten address frames come back as they were",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            let names: Vec<[u8; 1]> = (b'0'..=b'9').map(|digit| [digit]).collect();
            let mut envelope: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
            envelope.push(b"");
            comes_back(&mut peer, &envelope)
        },
    },
    Case {
        clauses: &["REP-in-02", "REP-gen-02"],
        name: "REP: an address of any octets comes back",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            let all: Vec<u8> = (0..=255).collect();
            comes_back(&mut peer, &[b"\0", &all, b"\xff\xfe", b""])
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-02", "ZMTP-3.0-frame-03", "REP-in-02"],
        name: "REP: addresses of 1, 254, 255, 256 and 65,536 octets come back",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            let large = vec![b'x'; 65_536];
            for size in [1, 254, 255, 256, 65_536] {
                comes_back(&mut peer, &[&large[..size], b""])?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-12", "REP-out-02"],
        name: "REP: a request in long frames is answered",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            let mut out = BytesMut::new();
            for (flags, body) in [(frame::MORE, &b"long"[..]), (frame::MORE, b""), (0, b"Hello")] {
                out.extend_from_slice(&[flags | frame::LONG]);
                out.extend_from_slice(&(body.len() as u64).to_be_bytes());
                out.extend_from_slice(body);
            }
            peer.talk.send(&out);
            has(&peer.reply()?, &[b"long", b""])
        },
    },
    Case {
        clauses: &["REP-out-04"],
        name: "REP: peers that ask and are gone do no harm to the next",
        run: |desk| {
            for _ in 0..20 {
                let mut peer = Peer::of_type(desk, &[Rep])?.0;
                peer.send_message(&[b"gone", b"", b"Hello"]);
            }
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            comes_back(&mut peer, &[b"here", b""])
        },
    },
    Case {
        clauses: &["ZMTP-3.0-frame-11", "ZMTP-3.0-sock-04", "REP-out-03"],
        name: "REP: a request that is cut off is none",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            peer.talk.send(&half(Rep));
            drop(peer);
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            comes_back(&mut peer, &[b"whole", b""])
        },
    },
    Case {
        clauses: &["REP-fmt-01"],
        name: "REP: a request without a delimiter does no harm to the next peer",
        run: |desk| {
            let mut wrong = Peer::of_type(desk, &[Rep])?.0;
            wrong.send_message(&[b"no delimiter"]);
            let mut peer = Peer::of_type(desk, &[Rep])?.0;
            comes_back(&mut peer, &[b"good", b""])
        },
    },
    Case {
        clauses: &["REP-in-01", "REP-gen-01"],
        name: "REP: whoever asks much does not keep another from being answered",
        run: fair,
    },
    Case {
        clauses: &["REP-out-03", "REP-gen-01"],
        name: "REP: of ten peers at once each has its own reply",
        run: |desk| {
            let names: Vec<String> = (0..10).map(|n| format!("peer {n}")).collect();
            let mut peers = Vec::new();
            for name in &names {
                let mut peer = Peer::of_type(desk, &[Rep])?.0;
                peer.send_message(&[name.as_bytes(), b"", b"Hello"]);
                peers.push(peer);
            }
            for (peer, name) in peers.iter_mut().zip(&names) {
                has(&peer.reply()?, &[name.as_bytes(), b""])?;
            }
            Ok(())
        },
    },
];

/// The message begins with this envelope, and has data behind it.
fn has(reply: &[bytes::Bytes], envelope: &[&[u8]]) -> Finding {
    let same = reply.iter().zip(envelope).all(|(seen, sent)| seen == sent);
    if same && reply.len() > envelope.len() {
        return Ok(());
    }
    let sizes: Vec<usize> = reply.iter().map(bytes::Bytes::len).collect();
    broken(format!("the reply's frames have {sizes:?} octets, and are not as they were sent"))
}

/// A request with this envelope is answered with it.
fn comes_back(peer: &mut Peer, envelope: &[&[u8]]) -> Finding {
    peer.send_message(&[envelope, &[b"Hello"]].concat());
    has(&peer.reply()?, envelope)
}

/// One keeps a window of requests full. The other's single request must be answered meanwhile.
fn fair(desk: &mut Desk) -> Finding {
    let mut busy = Peer::of_type(desk, &[Rep])?.0;
    let mut other = Peer::of_type(desk, &[Rep])?.0;
    let request: [&[u8]; 3] = [b"busy", b"", b"Hello"];
    for _ in 0..WINDOW {
        busy.send_message(&request);
    }
    busy.reply()?;
    other.send_message(&[b"other", b"", b"Hello"]);
    let patience = other.talk.patience();
    let end = Instant::now() + patience;
    for replies in 1..=BUSY_MAX {
        busy.send_message(&request);
        busy.reply()?;
        let now = Instant::now();
        let look = replies % 50 == 0 || now > end;
        if look && other.talk.listen_until(now + Duration::from_millis(1)) != Heard::Silence {
            return has(&other.reply()?, &[b"other", b""]);
        }
        if now > end {
            return broken(format!("{replies} replies to the one, none to the other"));
        }
    }
    match other.message_within("its reply", Duration::from_millis(1)) {
        Ok(reply) => has(&reply, &[b"other", b""]),
        Err(wrong) if is_silence(&wrong) => {
            broken(format!("{BUSY_MAX} replies to the one, none to the other"))
        }
        Err(wrong) => Err::<(), Wrong>(wrong),
    }
}
