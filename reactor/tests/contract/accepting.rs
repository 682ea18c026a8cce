//! Who is let in, and how the doors are shut.

use std::time::Duration;
use wirelab_reactor::{Io, Settings};

use crate::closing::{MUCH, pattern};
use crate::connecting::connecting_to;
use crate::ground::{Ground, Peer};
use crate::script::Script;

pub fn the_crowded_wait_until_there_is_room<G: Ground>(ground: &mut G) -> Vec<String> {
    let settings = Settings { connections_max: 2, ..Settings::default() };
    let (mut server, addr) = ground.server(settings, Script::echo());
    let book = server.script.book.clone();
    let asking =
        || connecting_to(addr).on_open(|io, conn| io.send(conn, b"halo".as_slice().into()));
    let mut clients: Vec<Peer<G::Net>> =
        (0..3).map(|_| ground.peer(Settings::default(), asking())).collect();
    let [first, second, third] = &mut clients[..] else { unreachable!() };
    ground.until("two answers", &mut [first, second, &mut server], |peers| {
        (0..2).all(|n| peers[n].script.book.borrow().taken_by_all() == 4)
    });
    ground.until("a third one waits", &mut [third, &mut server], |peers| {
        peers[0].script.book.borrow().opened.len() == 1
    });
    let turns = ground.pass(&mut server, Duration::from_millis(50));
    assert!(turns <= 60, "{turns} turns in which there was nothing to do");
    assert_eq!(book.borrow().opened.len(), 2, "there is no room for a third");
    let conn = first.script.book.borrow().opened[0];
    first.io().close(conn);
    ground.until("a third answer", &mut [first, second, third, &mut server], |peers| {
        peers[2].script.book.borrow().taken_by_all() == 4
    });
    for client in [&mut *second, &mut *third] {
        let conn = client.script.book.borrow().opened[0];
        client.io().close(conn);
    }
    ground.notes(&mut [first, second, third, &mut server])
}

/// A service that serves one only: others who knock in the same turn are not let in either.
pub fn an_unlistened_door_lets_nobody_in<G: Ground>(ground: &mut G) -> Vec<String> {
    let mut script = Script::echo();
    let book = script.book.clone();
    let listener = std::rc::Rc::new(std::cell::Cell::new(None));
    let door = listener.clone();
    script = script.on_open(move |io, _| {
        if let Some(listener) = door.get() {
            io.unlisten(listener);
        }
    });
    let mut server = ground.peer(Settings::default(), script);
    let (id, addr) = server.event_loop.listen(ground.free()).expect("a free port");
    listener.set(Some(id));
    let script = Script::new().on_start(move |io| {
        for _ in 0..3 {
            io.connect(addr);
        }
    });
    let mut clients = ground.peer(Settings::default(), script);
    // All three stand in the backlog before the server looks.
    let stand = clients.script.book.clone();
    ground.until("all knock", &mut [&mut clients], |_| stand.borrow().opened.len() == 3);
    ground.until("the door is shut", &mut [&mut clients, &mut server], |_| {
        book.borrow().opened.len() == 1 && stand.borrow().closed() == 2
    });
    clients.io().close_all();
    ground.until("all have ended", &mut [&mut clients, &mut server], |peers| {
        peers.iter_mut().all(|peer| peer.io().connections() == 0)
    });
    assert_eq!(book.borrow().opened.len(), 1);
    // Which of the clients was let in is a matter of luck.
    server.script.book.borrow().notes()
}

pub fn a_graceful_stop_lets_queued_output_out<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_open(|io, conn| io.send(conn, pattern(MUCH)));
    let settings = Settings { stop_timeout: Duration::from_secs(300), ..Settings::default() };
    let settings = Settings { linger: Duration::from_secs(300), ..settings };
    let (mut server, addr) = ground.server(settings, script);
    let mut client =
        ground.peer(Settings::default(), connecting_to(addr).on_open(Io::pause_reading));
    let book = server.script.book.clone();
    ground.until("open", &mut [&mut client, &mut server], |peers| {
        let stands = peers[0].script.book.borrow().opened.len() == 1;
        stands && book.borrow().opened.len() == 1
    });
    let stopper = server.event_loop.stopper();
    stopper.stop().expect("a wake-up");
    ground.pass(&mut server, Duration::from_millis(20));
    assert!(!server.ended && book.borrow().closed() == 0, "its output is not out yet");
    let own = client.script.book.borrow().opened[0];
    client.io().resume_reading(own);
    ground.until("the end", &mut [&mut client, &mut server], |peers| peers[1].ended);
    let late = ground.peer(Settings::default(), connecting_to(addr));
    let mut late = late;
    let refused = late.script.book.clone();
    ground
        .until("nobody listens", &mut [&mut late, &mut server], |_| refused.borrow().closed() == 1);
    let notes = ground.notes(&mut [&mut client, &mut server, &mut late]);
    assert_eq!(client.script.book.borrow().taken(own), pattern(MUCH));
    notes
}

pub fn a_second_stop_ends_at_once<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_open(|io, conn| io.send(conn, pattern(MUCH)));
    let settings = Settings { stop_timeout: Duration::from_secs(300), ..Settings::default() };
    let (mut server, addr) = ground.server(settings, script);
    let script = connecting_to(addr).on_open(Io::pause_reading).not_counting_bytes();
    let mut client = ground.peer(Settings::default(), script);
    let book = server.script.book.clone();
    ground.until("open", &mut [&mut client, &mut server], |peers| {
        let stands = peers[0].script.book.borrow().opened.len() == 1;
        stands && book.borrow().opened.len() == 1
    });
    let stopper = server.event_loop.stopper();
    stopper.stop().expect("a wake-up");
    ground.pass(&mut server, Duration::from_millis(5));
    assert!(!server.ended);
    stopper.stop().expect("a wake-up");
    let start = server.now();
    ground.until("the end", &mut [&mut server], |peers| peers[0].ended);
    assert!(server.now() < start + Duration::from_secs(1));
    assert_eq!(book.borrow().closed(), 1);
    client.io().close_all();
    ground.until("closed", &mut [&mut client], |peers| peers[0].io().connections() == 0);
    server.script.book.borrow().notes()
}

/// [accept(2)] EMFILE leaves the connection in the backlog, and nobody announces it again: the
/// loop must neither spin nor forget it.
pub fn without_descriptors_nobody_is_let_in<G: Ground>(ground: &mut G) -> Vec<String> {
    let (mut server, addr) = ground.server(Settings::default(), Script::echo());
    let script = Script::new().on_start(move |io| {
        for _ in 0..4 {
            io.connect(addr);
        }
    });
    let mut clients = ground.peer(Settings::default(), script);
    let stand = clients.script.book.clone();
    ground.until("all knock", &mut [&mut clients], |_| stand.borrow().opened.len() == 4);
    ground.starve(true);
    let turns = ground.pass(&mut server, Duration::from_millis(350));
    assert!((2..=20).contains(&turns), "{turns} turns, tried every 100 ms");
    let book = server.script.book.clone();
    assert!(book.borrow().opened.is_empty(), "there was no descriptor for anybody");
    ground.starve(false);
    ground.until("all are let in", &mut [&mut clients, &mut server], |_| {
        book.borrow().opened.len() == 4
    });
    clients.io().close_all();
    ground.notes(&mut [&mut clients, &mut server])
}

/// Of a loop that ends at once: a connect in the last `on_close` is a dead id, and a wish to
/// listen is refused aloud.
pub fn at_the_end_nothing_begins<G: Ground>(ground: &mut G) -> Vec<String> {
    let (mut server, addr) = ground.server(Settings::default(), Script::echo());
    let script = connecting_to(addr).on_close(move |io| {
        let late = io.connect(addr);
        io.send(late, pattern(10));
        assert_eq!((io.queued(late), io.peer_addr(late)), (0, None));
    });
    let mut client = ground.peer(Settings::default(), script);
    let (book, door) = (client.script.book.clone(), server.script.book.clone());
    ground.until("open", &mut [&mut client, &mut server], |_| {
        book.borrow().opened.len() == 1 && door.borrow().opened.len() == 1
    });
    client.event_loop.stopper().stop_now().expect("a wake-up");
    ground.until("the end", &mut [&mut client, &mut server], |peers| {
        peers[0].ended && door.borrow().closed() == 1
    });
    assert_eq!((client.io().connections(), book.borrow().closed()), (0, 1));
    ground.notes(&mut [&mut client, &mut server])
}
