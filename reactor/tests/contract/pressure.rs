//! Peers that do not read, peers that flood, and many peers.

use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use wirelab_reactor::limits::{READ_MAX, READS_PER_TURN};
use wirelab_reactor::{ConnId, Io, Settings, Timer};

use crate::closing::{MUCH, pattern};
use crate::connecting::connecting_to;
use crate::ground::Ground;
use crate::script::Script;

/// A frame that says how many hold it.
struct Counted(Arc<Vec<u8>>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A server that feeds its first client without end, and answers all others.
pub fn a_peer_that_never_reads_is_given_up<G: Ground>(ground: &mut G) -> Vec<String> {
    let held = Arc::new(pattern(256 * 1024).to_vec());
    let (feed, victim) = (held.clone(), Rc::new(Cell::new(None)));
    let first = victim.clone();
    let script = Script::new()
        .on_open(move |io, conn| {
            if first.get().is_none() {
                first.set(Some(conn));
                io.set_timer(Timer::Service(1), io.now());
            }
        })
        .on_data(|io, conn, input| io.send(conn, input.split().freeze()))
        .on_timer(move |io, _| {
            let Some(conn) = victim.get().filter(|&conn| io.peer_addr(conn).is_some()) else {
                return;
            };
            io.send(conn, Bytes::from_owner(Counted(feed.clone())));
            io.set_timer(Timer::Service(1), io.now() + Duration::from_micros(100));
        })
        .not_counting_bytes();
    let settings = Settings { outbox_max: 4 * 1024 * 1024, ..Settings::default() };
    let (mut server, addr) = ground.server(settings, script);
    let deaf = connecting_to(addr).on_open(Io::pause_reading).not_counting_bytes();
    let mut deaf = ground.peer(Settings::default(), deaf);
    let book = server.script.book.clone();
    ground.until("open", &mut [&mut deaf, &mut server], |_| book.borrow().opened.len() == 1);
    let asking = connecting_to(addr).on_open(|io, conn| io.send(conn, b"halo".as_slice().into()));
    let mut other = ground.peer(Settings::default(), asking);
    let heard = other.script.book.clone();
    ground.until("given up", &mut [&mut deaf, &mut server, &mut other], |_| {
        book.borrow().closed() == 1 && heard.borrow().taken_by_all() == 4
    });
    assert_eq!(Arc::strong_count(&held), 2, "ours and the script's; its outbox holds none");
    let conn = other.script.book.borrow().opened[0];
    other.io().send(conn, b" dunia".as_slice().into());
    ground.until("an answer", &mut [&mut deaf, &mut server, &mut other], |_| {
        heard.borrow().taken(conn) == b"halo dunia"
    });
    other.io().close(conn);
    let mut notes = ground.notes(&mut [&mut deaf, &mut server, &mut other]);
    notes.retain(|note| !note.contains("timer"));
    assert!(notes.iter().any(|note| note.ends_with("failed: Other")), "{notes:?}");
    notes
}

pub fn high_and_low_water<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new()
        .on_open(|io, conn| {
            let piece = pattern(io.settings().high_water);
            io.send(conn, piece);
            assert!(!io.is_above_high_water(conn), "at the mark, not above it");
            io.send(conn, pattern(MUCH));
            assert!(io.is_above_high_water(conn));
        })
        .on_drained(|io, conn| {
            assert!(io.queued(conn) <= io.settings().low_water);
            assert!(!io.is_above_high_water(conn));
            io.close(conn);
        });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(Io::pause_reading);
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("filled", &mut [&mut client, &mut server], |peers| {
        let stands = peers[0].script.book.borrow().opened.len() == 1;
        stands && book.borrow().opened.len() == 1
    });
    let (own, conn) = (client.script.book.borrow().opened[0], book.borrow().opened[0]);
    assert!(server.io().is_above_high_water(conn) && book.borrow().drained == 0);
    client.io().resume_reading(own);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    assert_eq!(book.borrow().drained, 1, "{notes:?}");
    notes
}

/// Quiet connections beside the flooding one.
const QUIET: usize = 50;

pub fn a_flood_does_not_starve_the_quiet<G: Ground>(ground: &mut G) -> Vec<String> {
    // What was read from the flooding peer in this turn, and the most in any.
    let (this_turn, most) = (Rc::new(Cell::new((0, 0))), Rc::new(Cell::new(0)));
    let (turn, maximum, script) = (this_turn.clone(), most.clone(), Script::new());
    let turns = script.book.clone();
    let script = script
        .on_data(move |io, conn, input| {
            if input[0] == b'?' {
                return io.send(conn, input.split().freeze());
            }
            let at = turns.borrow().turns;
            let before = if turn.get().0 == at { turn.get().1 } else { 0 };
            turn.set((at, before + input.len()));
            maximum.set(maximum.get().max(before + input.len()));
            input.clear();
        })
        .not_counting_bytes();
    let (mut server, addr) = ground.server(Settings::default(), script);
    let frame = Bytes::from(vec![b'!'; 1 << 20]);
    let flood = connecting_to(addr)
        .on_open(|io, conn| io.set_timer(Timer::Conn(conn, 1), io.now()))
        .on_timer(move |io, timer| {
            let Timer::Conn(conn, _) = timer else { return };
            while io.queued(conn) < 8 << 20 {
                io.send(conn, frame.clone());
            }
            io.set_timer(Timer::Conn(conn, 1), io.now() + Duration::from_micros(50));
        })
        .not_counting_bytes();
    let mut flooder = ground.peer(Settings::default(), flood);
    let script = Script::new().on_start(move |io| {
        for _ in 0..QUIET {
            io.connect(addr);
        }
    });
    let mut quiet = ground.peer(Settings::default(), script);
    let book = quiet.script.book.clone();
    ground.until("a flood", &mut [&mut flooder, &mut server, &mut quiet], |peers| {
        let flooded = peers[0].script.book.borrow().opened.len() == 1;
        flooded && most.get() > 0 && book.borrow().opened.len() == QUIET
    });
    for conn in book.borrow().opened.clone() {
        quiet.io().send(conn, b"?".as_slice().into());
    }
    let before = server.turns;
    ground.until("all answers", &mut [&mut flooder, &mut server, &mut quiet], |_| {
        book.borrow().taken_by_all() == QUIET
    });
    let turns = server.turns - before;
    assert!(turns <= ground.turns_to_answer(), "{turns} turns for {QUIET} answers");
    assert!(most.get() <= READS_PER_TURN * READ_MAX, "{} bytes of one peer", most.get());
    for peer in [&mut flooder, &mut quiet] {
        let conns = peer.script.book.borrow().opened.clone();
        for conn in conns {
            peer.io().reset(conn);
        }
    }
    let mut notes = ground.notes(&mut [&mut flooder, &mut server, &mut quiet]);
    notes.retain(|note| !note.contains("timer") && !note.starts_with("peer 1"));
    notes
}

/// Peers of the fan-out.
const MANY: usize = 1000;

pub fn a_fan_out_to_a_thousand<G: Ground>(ground: &mut G) -> Vec<String> {
    let all: Rc<RefCell<Vec<ConnId>>> = Rc::default();
    let opened = all.clone();
    let script = Script::new().on_open(move |_, conn| opened.borrow_mut().push(conn));
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = Script::new().on_start(move |io| {
        for _ in 0..MANY {
            io.connect(addr);
        }
    });
    let mut clients = ground.peer(Settings::default(), script);
    let (small, large) = (pattern(100), pattern(2000));
    ground.until("all open", &mut [&mut server, &mut clients], |peers| {
        all.borrow().len() == MANY && peers[1].script.book.borrow().opened.len() == MANY
    });
    for frame in [&small, &large, &small] {
        for &conn in all.borrow().iter() {
            server.io().send(conn, frame.clone());
        }
    }
    let book = clients.script.book.clone();
    ground.until("all delivered", &mut [&mut server, &mut clients], |_| {
        book.borrow().taken_by_all() == MANY * 2200
    });
    let expected = [&small[..], &large, &small].concat();
    for &conn in &book.borrow().opened {
        assert_eq!(book.borrow().taken(conn), expected);
    }
    assert!(large.is_unique(), "no outbox holds the frame any more");
    clients.io().close_all();
    ground.notes(&mut [&mut server, &mut clients])
}

/// An answer that goes over the high water mark and is drained at once: pausing and resuming
/// within one read gives a flooding peer no second share of the turn.
pub fn a_drain_within_a_read_gives_no_second_share<G: Ground>(ground: &mut G) -> Vec<String> {
    let (this_turn, most) = (Rc::new(Cell::new((0, 0))), Rc::new(Cell::new(0)));
    let bytes = pattern(2000);
    let (maximum, script) = (most.clone(), Script::new());
    let turns = script.book.clone();
    let script = script
        .on_data(move |io, conn, input| {
            let at = turns.borrow().turns;
            let before = if this_turn.get().0 == at { this_turn.get().1 } else { 0 };
            this_turn.set((at, before + input.len()));
            maximum.set(maximum.get().max(before + input.len()));
            input.clear();
            io.send(conn, bytes.clone());
            io.pause_reading(conn);
        })
        .on_drained(Io::resume_reading);
    let settings = Settings { high_water: 1000, low_water: 500, ..Settings::default() };
    let (mut server, addr) = ground.server(settings, script);
    let script =
        connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(MUCH))).not_counting_bytes();
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("all is heard", &mut [&mut client, &mut server], |_| {
        book.borrow().taken_by_all() == MUCH
    });
    assert!(most.get() <= READS_PER_TURN * READ_MAX, "{} bytes in one turn", most.get());
    client.io().close_all();
    let mut notes = ground.notes(&mut [&mut client, &mut server]);
    // How often it drained is how often it read.
    notes.retain(|note| !note.ends_with("drained"));
    notes
}

/// The answer to what is being read leaves at once, unless it is held: then `on_turn_end` comes
/// first, and may still take it back with the connection.
pub fn what_is_held_leaves_after_the_end_of_the_turn<G: Ground>(ground: &mut G) -> Vec<String> {
    let answered = Rc::new(Cell::new(None));
    let (last, seen) = (answered.clone(), Rc::new(RefCell::new(Vec::new())));
    let waiting = seen.clone();
    let script = Script::new()
        .on_data(move |io, conn, input| {
            let word = input.split();
            io.send(conn, word.clone().freeze());
            if word[0] != b'1' {
                io.hold(conn);
            }
            answered.set(Some((conn, word[0])));
        })
        .on_turn_end(move |io| {
            let Some((conn, word)) = last.take() else { return };
            waiting.borrow_mut().push(io.queued(conn));
            if word == b'3' {
                io.reset(conn);
            }
        });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let mut client = ground.peer(Settings::default(), connecting_to(addr));
    let heard = client.script.book.clone();
    ground.until("open", &mut [&mut client, &mut server], |_| heard.borrow().opened.len() == 1);
    let conn = heard.borrow().opened[0];
    for word in [b"1".as_slice(), b"2"] {
        client.io().send(conn, word.into());
        ground.until("an answer", &mut [&mut client, &mut server], |_| {
            heard.borrow().taken(conn).ends_with(word)
        });
    }
    client.io().send(conn, b"3".as_slice().into());
    ground.until("a reset", &mut [&mut client, &mut server], |_| heard.borrow().is_closed(conn));
    assert_eq!(heard.borrow().taken(conn), b"12", "the third answer was taken back");
    assert_eq!(*seen.borrow(), [0, 1, 1], "what waited at the end of each turn");
    ground.notes(&mut [&mut client, &mut server])
}
