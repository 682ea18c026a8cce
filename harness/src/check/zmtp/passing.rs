//! PUSH, DEALER and REQ: what a socket that sends of its own accord sends to whom.
//!
//! It may name the cases' peer. It does not know what is sent, nor how often.

use std::time::{Duration, Instant};
use wirelab_zmtp::SocketType::{Dealer, Push, Req};

use super::peer::{LONG, Peer, is_silence};
use crate::check::Case;
use crate::check::talk::{Desk, Finding, Wrong, broken};

/// Messages after which it shows whether they are shared out.
const SHARED: usize = 20;
/// What has come is there after this.
const BLINK: Duration = Duration::from_millis(2);

pub const CASES: &[Case] = &[
    Case {
        clauses: &["PUSH-out-02", "DEALER-out-02"],
        name: "PUSH, DEALER: two peers are served in turns",
        run: in_turns,
    },
    Case {
        clauses: &["PUSH-gen-05", "PUSH-out-02"],
        name: "PUSH, DEALER: who has gone is not waited for",
        run: |desk| {
            let mut gone = Peer::of_type(desk, &[Push, Dealer])?.0;
            let mut stays = Peer::of_type(desk, &[Push, Dealer])?.0;
            sent(&mut stays)?;
            sent(&mut gone)?;
            drop(gone);
            // Some of what was in its way may be lost with it; then all is for the one that stays.
            for _ in 0..3 {
                stays.message_within("a message", LONG)?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["REQ-fmt-01", "REQ-out-01"],
        name: "REQ: a request is a delimiter, and data behind it",
        run: |desk| {
            let mut peer = Peer::of_type(desk, &[Req])?.0;
            let request = sent(&mut peer)?;
            if request.len() > 1 && request[0].is_empty() {
                return Ok(());
            }
            broken(format!("{request:?}"))
        },
    },
];

/// What the program behind it sends to us, if it does.
fn sent(peer: &mut Peer) -> Result<Vec<bytes::Bytes>, Wrong> {
    peer.message_within("a message", LONG).map_err(|wrong| {
        let silent = || Wrong::LeftOut("the program behind it sends us nothing".to_owned());
        if is_silence(&wrong) { silent() } else { wrong }
    })
}

/// Of so many messages each gets at least a quarter: others may be served, too.
fn in_turns(desk: &mut Desk) -> Finding {
    let mut first = Peer::of_type(desk, &[Push, Dealer])?.0;
    let mut second = Peer::of_type(desk, &[Push, Dealer])?.0;
    // What went to the first one before the second was there is none of its turns.
    while first.message_within("a message", BLINK).is_ok() {}
    let (mut seen, deadline) = ([0; 2], Instant::now() + 2 * LONG);
    while seen[0] + seen[1] < SHARED && Instant::now() < deadline {
        for (peer, seen) in [&mut first, &mut second].into_iter().zip(&mut seen) {
            match peer.message_within("a message", BLINK) {
                Ok(_) => *seen += 1,
                Err(wrong) if is_silence(&wrong) => {}
                Err(wrong) => return Err(wrong),
            }
        }
    }
    let [one, other] = seen;
    if one + other < SHARED {
        return Err(Wrong::LeftOut("the program behind it sends too little".to_owned()));
    }
    if one.min(other) >= SHARED / 4 { Ok(()) } else { broken(format!("{one} and {other}")) }
}
