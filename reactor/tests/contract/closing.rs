//! How connections end: half, whole, by reset, with bytes left on either side.

use bytes::Bytes;
use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;
use wirelab_reactor::{Net, Settings, Timer};

use crate::connecting::connecting_to;
use crate::ground::{Ground, Real};
use crate::script::Script;

/// Bytes that are not all the same.
pub fn pattern(len: usize) -> Bytes {
    (0..len).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect()
}

/// More than the kernel's buffers of both sides hold, so that some of it has to wait.
pub const MUCH: usize = 16 * 1024 * 1024;

/// [9293-3.6-01] A FIN ends what its sender sends, not what it hears.
pub fn a_peer_that_has_half_closed_still_gets_its_answer<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_eof(|io, conn| {
        io.send(conn, b"all of it has come".as_slice().into());
        io.close(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script =
        connecting_to(addr).on_open(|io, conn| io.send(conn, b"a question".as_slice().into()));
    let mut client = ground.peer(Settings::default(), script);
    let heard = server.script.book.clone();
    ground.until("a question", &mut [&mut client, &mut server], |_| {
        heard.borrow().taken_by_all() == 10
    });
    let conn = client.script.book.borrow().opened[0];
    client.event_loop.net().shutdown(conn).expect("a FIN");
    let book = client.script.book.clone();
    ground.until("an answer", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    assert_eq!(book.borrow().taken(conn), b"all of it has come");
    ground.notes(&mut [&mut client, &mut server])
}

/// [9293-3.10.5-01] What the peer had of a frame is no frame.
pub fn a_reset_in_the_middle_of_a_frame_is_a_failure<G: Ground>(ground: &mut G) -> Vec<String> {
    let seen = Rc::new(Cell::new(0));
    let most = seen.clone();
    // Frames of eight bytes: three of the second one will have come.
    let script = Script::new().on_data(move |_, _, input| {
        most.set(most.get() + input.len());
        let whole = input.len() - input.len() % 8;
        let _ = input.split_to(whole);
        most.set(most.get() - input.len());
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| {
        io.send(conn, b"12345678abc".as_slice().into());
    });
    let mut client = ground.peer(Settings::default(), script);
    ground.until("a frame", &mut [&mut client, &mut server], |_| seen.get() == 8);
    let conn = client.script.book.borrow().opened[0];
    client.io().reset(conn);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    assert!(notes.iter().any(|note| note.ends_with("failed: reset")), "{notes:?}");
    notes
}

pub fn a_reset_is_told_while_reading_is_paused<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_open(wirelab_reactor::Io::pause_reading);
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr)
        .on_open(|io, conn| io.send(conn, b"nobody will read this".as_slice().into()));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("both stand", &mut [&mut client, &mut server], |peers| {
        let sent = peers[0].script.book.borrow().opened.len() == 1;
        sent && book.borrow().opened.len() == 1
    });
    let conn = client.script.book.borrow().opened[0];
    client.io().reset(conn);
    ground.until("told", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    assert!(notes.iter().any(|note| note.ends_with("failed: reset")), "{notes:?}");
    notes
}

/// [9293-3.10.4-01] All that was queued, and then the FIN.
pub fn a_close_lets_queued_output_out<G: Ground>(ground: &mut G) -> Vec<String> {
    let frame = pattern(MUCH / 16);
    let script = Script::new().on_open(move |io, conn| {
        for n in 0..16_u8 {
            io.write(conn, |out| out.extend_from_slice(&[n]));
            io.send(conn, frame.clone());
        }
        io.close(conn);
        io.send(conn, b"after the close".as_slice().into());
        assert_eq!(io.queued(conn), MUCH + 16, "nothing is taken after a close");
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let mut client = ground.peer(Settings::default(), connecting_to(addr));
    let notes = ground.notes(&mut [&mut client, &mut server]);
    let book = client.script.book.borrow();
    let (taken, frame) = (book.taken(book.opened[0]), pattern(MUCH / 16));
    assert_eq!(taken.len(), MUCH + 16);
    for (n, part) in taken.chunks(frame.len() + 1).enumerate() {
        assert!(part[0] == n as u8 && part[1..] == frame, "frame {n}");
    }
    notes
}

/// [RFC 1122 4.2.2.13] A stack that closes with unread bytes sends a reset, and a reset destroys
/// the answer on its way: so the loop reads on after its FIN.
/// [9293-3.6.1-01] Closing with input unread would reset; contract 4 reads it away.
pub fn a_close_with_unread_input_does_not_reset_the_answer<G: Ground>(
    ground: &mut G,
) -> Vec<String> {
    let script = Script::new().on_open(wirelab_reactor::Io::pause_reading);
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(40_000)));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("bytes are on their way", &mut [&mut client, &mut server], |peers| {
        let opened = peers[0].script.book.borrow().opened.first().copied();
        let sent = opened.is_some_and(|conn| peers[0].io().queued(conn) == 0);
        sent && book.borrow().opened.len() == 1
    });
    let conn = book.borrow().opened[0];
    server.io().send(conn, pattern(50_000));
    server.io().close(conn);
    let notes = ground.notes(&mut [&mut client, &mut server]);
    let book = client.script.book.borrow();
    assert_eq!(book.taken(book.opened[0]), pattern(50_000), "the answer is whole");
    assert!(!notes.iter().any(|note| note.contains("failed")), "{notes:?}");
    notes
}

pub fn a_close_while_reading_is_paused<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_data(|io, conn, input| {
        // Leaves three bytes, and wants no more.
        let _ = input.split_to(input.len().min(1));
        io.pause_reading(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, b"halo".as_slice().into()));
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("a byte", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() == 1);
    let (own, conn) = (client.script.book.borrow().opened[0], book.borrow().opened[0]);
    client.io().send(own, b" dunia".as_slice().into());
    server.io().close(conn);
    ground.until("closed", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    assert_eq!(book.borrow().data_calls, 1, "no on_data after a close");
    ground.notes(&mut [&mut client, &mut server])
}

pub fn nothing_is_read_after_a_close<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_data(|io, conn, input| {
        let _ = input.split_to(1);
        io.close(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    // A talker that goes on for as long as it may.
    let script = connecting_to(addr)
        .on_open(|io, conn| {
            io.send(conn, pattern(1000));
            io.set_timer(Timer::Conn(conn, 1), io.now() + Duration::from_millis(1));
        })
        .on_timer(|io, timer| {
            let Timer::Conn(conn, _) = timer else { return };
            io.send(conn, pattern(100_000));
        });
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("closed", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    assert_eq!(book.borrow().data_calls, 1, "no on_data after a close");
    let mut notes = ground.notes(&mut [&mut client, &mut server]);
    // Whether the talker's timer comes before the end of its input is a matter of time.
    notes.retain(|note| !note.contains("timer"));
    notes
}

pub fn a_peer_that_never_closes_is_left_after_the_linger<G: Ground>(ground: &mut G) -> Vec<String> {
    let linger = Duration::from_millis(200);
    let settings = Settings { linger, ..Settings::default() };
    let (mut server, addr) = ground.server(settings, Script::echo());
    // It hears the FIN and stays.
    let script = connecting_to(addr).on_eof(|_, _| {});
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("open", &mut [&mut client, &mut server], |_| book.borrow().opened.len() == 1);
    let (conn, start) = (book.borrow().opened[0], server.now());
    server.io().close(conn);
    ground.until("left", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    assert!(server.now() >= start + linger, "not before its time");
    let own = client.script.book.borrow().opened[0];
    client.io().close(own);
    ground.notes(&mut [&mut client, &mut server])
}

/// A peer that takes our last bytes drop by drop earns time with each, but not for ever.
pub fn a_peer_that_takes_for_ever_is_left_in_the_end<G: Ground>(ground: &mut G) -> Vec<String> {
    let settings = Settings {
        linger: Duration::from_millis(50),
        close_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    let script = Script::new().on_open(|io, conn| {
        io.send(conn, pattern(2 * MUCH));
        io.close(conn);
    });
    let (mut server, addr) = ground.server(settings, script.not_counting_bytes());
    let script = connecting_to(addr).not_counting_bytes().on_data(|io, conn, input| {
        input.clear();
        io.pause_reading(conn);
        io.set_timer(Timer::Conn(conn, 1), io.now() + Duration::from_millis(5));
    });
    let script = script.on_timer(|io, timer| {
        let Timer::Conn(conn, _) = timer else { return };
        io.resume_reading(conn);
    });
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("left", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    client.io().close_all();
    let mut notes = ground.notes(&mut [&mut client, &mut server]);
    // How often it drips, and whether it hears the end, is a matter of time.
    notes.retain(|note| note.contains("failed"));
    notes
}

/// Contract 8. Of real sockets only: a simulated reset takes the bytes that nobody has read.
pub fn what_came_before_a_write_failed_is_read(ground: &mut Real) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let script = connecting_to(addr).on_open(|io, conn| io.send(conn, pattern(MUCH)));
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    let mut peer = None;
    ground.until("more is sent than is taken", &mut [&mut client], |peers| {
        if peer.is_none() && book.borrow().opened.len() == 1 {
            peer = Some(listener.accept().expect("a client").0);
        }
        peer.is_some() && peers[0].io().queued(book.borrow().opened[0]) < MUCH
    });
    let mut peer = peer.expect("a client");
    peer.write_all(b"that is too much").expect("room");
    // With bytes in it that were not read: the kernel answers them with a reset.
    drop(peer);
    ground.until("the end", &mut [&mut client], |_| book.borrow().closed() == 1);
    let conn = book.borrow().opened[0];
    assert_eq!(book.borrow().taken(conn), b"that is too much");
    let notes = ground.notes(&mut [&mut client]);
    assert!(notes.iter().any(|note| note.contains("failed")), "{notes:?}");
}

/// Contract 8: what is still read has an end, also when there is always more of it.
pub fn a_peer_that_talks_on_after_a_failed_write_is_left<G: Ground>(ground: &mut G) -> Vec<String> {
    let flood = |io: &mut wirelab_reactor::Io, conn| io.send(conn, pattern(MUCH));
    let script = Script::new().on_open(flood).on_drained(flood).on_eof(|_, _| {});
    let (mut server, addr) = ground.server(Settings::default(), script);
    let linger = Duration::from_millis(200);
    let settings = Settings { linger, ..Settings::default() };
    let mut client = ground.peer(settings, connecting_to(addr));
    let book = client.script.book.clone();
    ground.until("a flood", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() > 0);
    let conn = book.borrow().opened[0];
    client.event_loop.net().shutdown(conn).expect("a FIN");
    client.io().send(conn, b"behind the FIN".as_slice().into());
    ground.until("left", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    // How much came until then is the network's affair; how it ended is not.
    let notes = client.script.book.borrow().notes();
    let ends: Vec<String> = notes.into_iter().filter(|note| note.contains("failed")).collect();
    assert_eq!(ends.len(), 1, "its end is a failed write's");
    ends
}
