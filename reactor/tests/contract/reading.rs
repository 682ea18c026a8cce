//! What a service sees of its input: what it leaves, what it pauses, what it may not leave.

use std::time::Duration;
use wirelab_reactor::{Io, Settings, Timer};

use crate::closing::pattern;
use crate::connecting::connecting_to;
use crate::ground::Ground;
use crate::script::Script;

pub fn what_is_left_is_seen_again_with_the_next_bytes<G: Ground>(ground: &mut G) -> Vec<String> {
    // Whole frames of 1,000 bytes only.
    let script = Script::new().on_data(|io, conn, input| {
        while input.len() >= 1000 {
            let frame = input.split_to(1000).freeze();
            io.send(conn, frame);
        }
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr)
        .on_open(|io, conn| {
            let all = pattern(10_000);
            // Pieces that are no frames: each waits for a timer of its own.
            for (n, piece) in [0..1, 1..999, 999..2001, 2001..9999, 9999..10_000].iter().enumerate()
            {
                let (n, piece) = (n as u8, all.slice(piece.clone()));
                io.set_timer(Timer::Conn(conn, n), io.now() + Duration::from_millis(n.into()));
                if n == 0 {
                    io.send(conn, piece);
                }
            }
        })
        .on_timer(|io, timer| {
            let Timer::Conn(conn, n) = timer else { return };
            let pieces = [0..0, 1..999, 999..2001, 2001..9999, 9999..10_000];
            io.send(conn, pattern(10_000).slice(pieces[usize::from(n)].clone()));
        });
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    ground.until("all back", &mut [&mut client, &mut server], |_| {
        book.borrow().taken_by_all() == 10_000
    });
    let conn = book.borrow().opened[0];
    assert_eq!(book.borrow().taken(conn), pattern(10_000));
    client.io().close(conn);
    ground.notes(&mut [&mut client, &mut server])
}

/// Bytes that the service left, and bytes that the kernel kept: a resume shows both.
pub fn a_resume_reads_again<G: Ground>(ground: &mut G) -> Vec<String> {
    let mut calls = 0;
    let script = Script::new().on_data(move |io, conn, input| {
        calls += 1;
        if calls == 1 {
            let _ = input.split_to(1);
            io.pause_reading(conn);
        } else {
            input.clear();
        }
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(4000)));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("paused", &mut [&mut client, &mut server], |_| book.borrow().data_calls == 1);
    let own = client.script.book.borrow().opened[0];
    client.io().send(own, pattern(30_000));
    ground.until("sent", &mut [&mut client, &mut server], |peers| peers[0].io().queued(own) == 0);
    let after = server.now() + Duration::from_millis(5);
    server.io().set_timer(Timer::Service(1), after);
    ground.until("some time", &mut [&mut client, &mut server], |peers| peers[1].now() >= after);
    assert_eq!(book.borrow().data_calls, 1, "nothing while it is paused");
    let conn = book.borrow().opened[0];
    server.io().resume_reading(conn);
    ground
        .until("all", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() == 34_000);
    let expected = [pattern(4000), pattern(30_000)].concat();
    assert_eq!(book.borrow().taken(conn), expected);
    client.io().close(own);
    let mut notes = ground.notes(&mut [&mut client, &mut server]);
    notes.retain(|note| !note.contains("timer"));
    notes
}

pub fn a_resume_shows_what_was_left_though_nothing_came<G: Ground>(ground: &mut G) -> Vec<String> {
    let mut paused = false;
    let script = Script::new().on_data(move |io, conn, input| {
        if input.len() < 4 {
            return;
        }
        if paused {
            input.clear();
        } else {
            paused = true;
            io.pause_reading(conn);
            io.set_timer(Timer::Conn(conn, 1), io.now() + Duration::from_millis(1));
        }
    });
    let script = script.on_timer(|io, timer| {
        let Timer::Conn(conn, _) = timer else { return };
        io.resume_reading(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, b"halo".as_slice().into()));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("all", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() == 4);
    let own = client.script.book.borrow().opened[0];
    client.io().close(own);
    ground.notes(&mut [&mut client, &mut server])
}

pub fn an_end_of_input_waits_behind_a_pause<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_open(Io::pause_reading);
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| {
        io.send(conn, b"halo".as_slice().into());
        io.close(conn);
    });
    let settings = Settings { linger: Duration::from_secs(60), ..Settings::default() };
    let mut client = ground.peer(settings, script);
    let book = server.script.book.clone();
    ground.until("open", &mut [&mut client, &mut server], |_| book.borrow().opened.len() == 1);
    let (conn, after) = (book.borrow().opened[0], server.now() + Duration::from_millis(20));
    server.io().set_timer(Timer::Service(1), after);
    ground.until("some time", &mut [&mut client, &mut server], |peers| peers[1].now() >= after);
    assert_eq!(book.borrow().taken_by_all(), 0);
    server.io().resume_reading(conn);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    assert_eq!(book.borrow().taken(conn), b"halo");
    notes
}

pub fn more_left_unread_than_may_be_is_a_failure<G: Ground>(ground: &mut G) -> Vec<String> {
    let settings = Settings { input_max: 10_000, ..Settings::default() };
    let (mut server, addr) = ground.server(settings, Script::new().on_data(|_, _, _| {}));
    let script =
        connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(20_000))).not_counting_bytes();
    let mut client = ground.peer(Settings::default(), script);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    assert!(notes.iter().any(|note| note.ends_with("failed: InvalidData")), "{notes:?}");
    assert!(notes.iter().any(|note| note.ends_with("failed: reset")), "{notes:?}");
    notes
}

/// Contract 3: also when pause and resume come in the very callback that leaves something.
pub fn a_resume_within_the_callback_shows_what_it_left<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_data(|io, conn, input| {
        if !input.is_empty() {
            let _ = input.split_to(1);
        }
        io.pause_reading(conn);
        io.resume_reading(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script.not_counting_bytes());
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(3)));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground
        .until("all taken", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() == 3);
    client.io().close_all();
    ground.notes(&mut [&mut client, &mut server])
}

/// A service that makes room for a large frame gets the same bytes; the peer may end in its
/// middle, and the service may pause there.
pub fn room_that_was_reserved_is_read_into<G: Ground>(ground: &mut G) -> Vec<String> {
    const FRAME: usize = 300_000;
    // No word of drained outboxes: how often they drain is the network's.
    let settings = Settings { high_water: 10 * FRAME, ..Settings::default() };
    let script = Script::new().on_data(|io, conn, input| {
        while input.len() >= FRAME {
            let frame = input.split_to(FRAME).freeze();
            io.send(conn, frame);
        }
        if !input.is_empty() && input.capacity() < FRAME {
            input.reserve(FRAME - input.len() + 8 * 1024);
            io.pause_reading(conn);
            io.resume_reading(conn);
        }
    });
    let (mut server, addr) = ground.server(settings.clone(), script);
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(4 * FRAME + 1)));
    let mut client = ground.peer(settings, script);
    let book = client.script.book.clone();
    ground.until("all back", &mut [&mut client, &mut server], |_| {
        book.borrow().taken_by_all() == 4 * FRAME
    });
    let conn = book.borrow().opened[0];
    assert_eq!(book.borrow().taken(conn), &pattern(4 * FRAME)[..]);
    client.io().close(conn);
    ground.notes(&mut [&mut client, &mut server])
}
