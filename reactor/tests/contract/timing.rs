//! Timers and wake-ups.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use wirelab_reactor::{Settings, Timer};

use crate::connecting::connecting_to;
use crate::ground::Ground;
use crate::script::Script;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn timers_fire_in_order_and_can_be_moved<G: Ground>(ground: &mut G) -> Vec<String> {
    let due: Rc<RefCell<Vec<(u64, Duration)>>> = Rc::default();
    let (set, fired) = (due.clone(), due.clone());
    let script = Script::new()
        .on_start(move |io| {
            let now = io.now();
            // Set in an order that is not theirs; 4, 5 and 6 at one moment.
            for (n, at) in [(3, 30), (1, 10), (4, 40), (5, 40), (6, 40), (2, 20), (9, 5), (8, 90)] {
                io.set_timer(Timer::Service(n), now + millis(at));
            }
            io.cancel_timer(Timer::Service(8));
            io.set_timer(Timer::Service(9), now + millis(60));
            io.set_timer(Timer::Service(4), now + millis(40));
            for (n, at) in [(1, 10), (2, 20), (3, 30), (5, 40), (6, 40), (4, 40), (9, 60)] {
                set.borrow_mut().push((n, now + millis(at)));
            }
            set.borrow_mut().reverse();
        })
        .on_timer(move |io, timer| {
            let (n, at) = fired.borrow_mut().pop().expect("one more timer");
            assert_eq!(timer, Timer::Service(n));
            assert!(io.now() >= at, "timer {n} fired before its time");
        });
    let mut peer = ground.peer(Settings::default(), script);
    ground.until("all timers", &mut [&mut peer], |peers| {
        peers[0].turns > 0 && due.borrow().is_empty()
    });
    ground.pass(&mut peer, millis(60));
    peer.script.book.borrow().notes()
}

pub fn a_connections_timers_die_with_it<G: Ground>(ground: &mut G) -> Vec<String> {
    let script = Script::new().on_open(|io, conn| {
        io.set_timer(Timer::Conn(conn, 1), io.now() + millis(50));
        io.set_timer(Timer::Conn(conn, 2), io.now() + millis(60));
        io.cancel_timer(Timer::Conn(conn, 2));
        io.set_timer(Timer::Service(1), io.now() + millis(400));
        io.close(conn);
    });
    let (mut server, addr) = ground.server(Settings::default(), script);
    let mut client = ground.peer(Settings::default(), connecting_to(addr));
    let book = server.script.book.clone();
    ground.until("closed", &mut [&mut client, &mut server], |_| book.borrow().closed() == 1);
    ground.pass(&mut server, millis(500));
    let mut notes = ground.notes(&mut [&mut client, &mut server]);
    // On a shaken network the close itself may take longer than the connection's timer.
    notes.retain(|note| !note.ends_with("conn 0000 timer 1"));
    assert!(notes.iter().any(|note| note.ends_with("timer 1")), "{notes:?}");
    notes
}

/// Posts of each of the threads.
const POSTS: u32 = 10_000;

pub fn posts_from_many_threads_all_arrive<G: Ground>(ground: &mut G) -> Vec<String> {
    let heard: Rc<RefCell<Vec<Vec<u32>>>> = Rc::new(RefCell::new(vec![Vec::new(); 8]));
    let mut peer = ground.peer(Settings::default(), Script::new());
    let (sender, mut mailbox) = peer.event_loop.mailbox::<(usize, u32)>(256);
    let took = heard.clone();
    peer.script = Script::new().on_wake(move |_| {
        while let Some((thread, n)) = mailbox.take() {
            took.borrow_mut()[thread].push(n);
        }
    });
    let give_up = std::sync::Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let (sender, give_up) = (sender.clone(), give_up.clone());
            thread::spawn(move || {
                for n in 0..POSTS {
                    if give_up.load(Ordering::Relaxed) || sender.post((thread, n)).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    let all = 8 * POSTS as usize;
    let done = ground.turns_beside_threads(&mut peer, &mut || {
        heard.borrow().iter().map(Vec::len).sum::<usize>() == all
    });
    give_up.store(true, Ordering::Relaxed);
    let wakes = peer.script.book.borrow().wakes;
    drop(std::mem::take(&mut peer.script));
    for thread in threads {
        thread.join().expect("a thread that posts");
    }
    assert!(done, "a post was lost");
    let in_order: Vec<u32> = (0..POSTS).collect();
    assert!(heard.borrow().iter().all(|posts| *posts == in_order), "each thread's in its order");
    assert!(wakes * 4 < all, "{wakes} wakes for {all} posts");
    vec![format!("{all} posts arrived")]
}
