//! How connections begin, and how they do not.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use wirelab_reactor::{ConnId, Settings, Timer};

use crate::ground::Ground;
use crate::script::Script;

/// A script that connects as soon as its loop runs.
pub fn connecting_to(addr: SocketAddr) -> Script {
    Script::new().on_start(move |io| {
        io.connect(addr);
    })
}

pub fn a_refused_connect_fails<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = connecting_to(ground.refusing());
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    ground.until("refused", &mut [&mut client], |_| book.borrow().closed() == 1);
    let notes = ground.notes(&mut [&mut client]);
    assert!(notes.iter().any(|note| note.ends_with("failed: ConnectionRefused")), "{notes:?}");
    notes
}

pub fn a_connect_that_is_never_answered_times_out<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = connecting_to(ground.silent());
    let patience = Duration::from_millis(300);
    let settings = Settings { connect_timeout: patience, ..Settings::default() };
    let mut client = ground.peer(settings, script);
    let (book, start) = (client.script.book.clone(), client.now());
    ground.until("timed out", &mut [&mut client], |_| book.borrow().closed() == 1);
    assert!(client.now() >= start + patience, "not before its time");
    let notes = ground.notes(&mut [&mut client]);
    assert!(notes.iter().any(|note| note.ends_with("failed: TimedOut")), "{notes:?}");
    notes
}

pub fn a_close_before_the_open_is_the_end<G: Ground>(ground: &mut G) -> Vec<String> {
    let addr = ground.silent();
    let id: Rc<Cell<Option<ConnId>>> = Rc::default();
    let made = id.clone();
    let script = Script::new().on_start(move |io| made.set(Some(io.connect(addr))));
    let mut client = ground.peer(Settings::default(), script);
    ground.until("dialled", &mut [&mut client], |peers| peers[0].turns > 0);
    let conn = id.get().expect("on_start has run");
    client.io().close(conn);
    let book = client.script.book.clone();
    ground.until("closed", &mut [&mut client], |_| book.borrow().is_closed(conn));
    assert!(book.borrow().opened.is_empty(), "it never stood");
    let notes = ground.notes(&mut [&mut client]);
    assert!(notes.iter().any(|note| note.ends_with("closed by us")), "{notes:?}");
    notes
}

pub fn a_close_in_the_same_breath_is_the_end<G: Ground>(ground: &mut G) -> Vec<String> {
    let (mut server, addr) = ground.server(Settings::default(), Script::echo());
    let script = Script::new().on_start(move |io| {
        let conn = io.connect(addr);
        io.close(conn);
        io.close(conn);
    });
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    ground.until("closed", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    assert!(book.borrow().opened.is_empty() && server.script.book.borrow().opened.is_empty());
    ground.notes(&mut [&mut client, &mut server])
}

pub fn what_is_sent_before_the_open_waits_for_it<G: Ground>(ground: &mut G) -> Vec<String> {
    let (mut server, addr) = ground.server(Settings::default(), Script::echo());
    let script = Script::new()
        .on_start(move |io| {
            let conn = io.connect(addr);
            io.send(conn, b"halo ".as_slice().into());
            io.write(conn, |out| out.extend_from_slice(b"dunia"));
            assert_eq!(io.queued(conn), 10);
        })
        .on_data(|io, conn, input| {
            if input.len() == 10 {
                assert_eq!(&input.split()[..], b"halo dunia");
                io.close(conn);
            }
        });
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    ground.until("echoed", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    ground.notes(&mut [&mut client, &mut server])
}

/// An id outlives its connection in somebody's table; its slot is somebody else's now.
pub fn stale_ids_are_inert<G: Ground>(ground: &mut G) -> Vec<String> {
    let (mut server, addr) = ground.server(Settings::default(), Script::echo());
    let ids: Rc<Cell<[Option<ConnId>; 2]>> = Rc::default();
    let made = ids.clone();
    let script = Script::new()
        .on_start(move |io| made.set([Some(io.connect(addr)), None]))
        .on_open(|io, conn| io.send(conn, b"halo".as_slice().into()));
    let mut client = ground.peer(Settings::default(), script);
    let book = client.script.book.clone();
    let first = || ids.get()[0].expect("on_start has run");
    ground
        .until("an answer", &mut [&mut client, &mut server], |_| book.borrow().taken_by_all() == 4);
    client.io().close(first());
    ground.until("one end", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    let (stale, second) = (first(), client.io().connect(addr));
    assert_eq!(stale.slot(), second.slot(), "the slot is used again");
    let io = client.io();
    io.send(stale, b"to nobody".as_slice().into());
    io.write(stale, |out| out.extend_from_slice(b"to nobody"));
    io.pause_reading(stale);
    io.resume_reading(stale);
    io.set_timer(Timer::Conn(stale, 1), Duration::ZERO);
    io.cancel_timer(Timer::Conn(stale, 1));
    io.close(stale);
    io.reset(stale);
    assert!(io.queued(stale) == 0 && io.peer_addr(stale).is_none());
    ground.until("an answer to the second", &mut [&mut client, &mut server], |_| {
        book.borrow().taken(second) == b"halo"
    });
    assert_eq!(book.borrow().closed(), 1, "the second one lives");
    client.io().close(second);
    ground.notes(&mut [&mut client, &mut server])
}
