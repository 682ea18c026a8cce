//! The broker is killed in the middle of its work, a hundred times, and started again on its
//! store: no acknowledged message is lost, no message of QoS 2 comes twice.
//!
//! It knows no packet. Which moments the broker is killed at is chance.

use super::{PATIENCE, Victim, rounds, wait_until};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wirelab_mqtt::QoS::{AtLeastOnce, ExactlyOnce};
use wirelab_mqtt::blocking::Client;
use wirelab_mqtt::client::{Message, Options};

/// How often the broker is killed.
const ROUNDS: usize = 100;
/// Clients that publish.
const PUBLISHERS: usize = 4;
/// Messages that each of them has under way.
const UNDER_WAY: usize = 50;
/// Acknowledgements that are waited for before the broker is killed again.
const PROGRESS: usize = 300;
fn start(port: u16, store: &Path) -> Victim {
    // What an absent client's queue does not take is dropped by design; here it takes all.
    let queues = ["--max-queued-messages", "0"];
    Victim::start(port, &["mqtt", "broker"], &[&["--persist", &store.to_string_lossy()], &queues])
}

/// What all the threads know.
#[derive(Default)]
struct Shared {
    over: AtomicBool,
    acknowledged: AtomicUsize,
    /// What the subscriber has been given.
    given: Mutex<Vec<String>>,
}

fn connect(port: u16, id: &str) -> Client {
    let mut options = Options::new(id);
    options.connect.clean_session = false;
    options.reconnect_longest = Duration::from_millis(150);
    let mut client = Client::connect(("127.0.0.1", port), options).expect("it is let in");
    client.set_patience(PATIENCE);
    client
}

/// Publishes until all is over; returns what was acknowledged.
fn publish(client: &Client, publisher: usize, shared: &Shared) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut next = 0;
    while !shared.over.load(Ordering::Acquire) {
        let batch: Vec<_> = (next..next + UNDER_WAY)
            .map(|n| {
                let qos = if n % 2 == 0 { AtLeastOnce } else { ExactlyOnce };
                let text = format!("{publisher} {} {n}", qos as u8);
                let message = Message::new(format!("t/{publisher}"), text.clone()).qos(qos);
                (text, client.publish_async(message).expect("it is taken"))
            })
            .collect();
        next += UNDER_WAY;
        for (text, token) in batch {
            client.wait(token).expect("it is acknowledged, sooner or later");
            acknowledged.push(text);
            shared.acknowledged.fetch_add(1, Ordering::AcqRel);
        }
    }
    acknowledged
}

fn subscribe(client: Client, shared: Arc<Shared>, ready: Arc<AtomicBool>) -> JoinHandle<()> {
    thread::spawn(move || {
        client.subscribe(&[("t/#", ExactlyOnce)]).expect("it is granted");
        ready.store(true, Ordering::Release);
        while !shared.over.load(Ordering::Acquire) {
            if let Some(message) = client.next_message(Duration::from_millis(50)) {
                let text = String::from_utf8(message.payload.to_vec()).expect("text");
                shared.given.lock().expect("no panic").push(text);
            }
        }
    })
}

#[test]
fn nothing_acknowledged_is_lost_however_often_the_broker_is_killed() {
    let rounds = rounds(ROUNDS);
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("store.redb");
    let mut broker = start(0, &store);
    let port = broker.port;
    let (shared, ready) = (Arc::<Shared>::default(), Arc::<AtomicBool>::default());
    let listening = Arc::<Shared>::default();
    let subscriber = subscribe(connect(port, "sub"), listening.clone(), ready.clone());
    wait_until("the subscription", || ready.load(Ordering::Acquire));
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|n| {
            let (shared, client) = (shared.clone(), connect(port, &format!("pub-{n}")));
            thread::spawn(move || publish(&client, n, &shared))
        })
        .collect();
    for round in 0..rounds {
        let before = shared.acknowledged.load(Ordering::Acquire);
        let enough = before + PROGRESS + 37 * (round % 11);
        let progressed = || shared.acknowledged.load(Ordering::Acquire) >= enough;
        wait_until(&format!("round {round}"), progressed);
        drop(broker);
        broker = start(port, &store);
    }
    shared.over.store(true, Ordering::Release);
    let acknowledged: Vec<String> =
        publishers.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    let all: HashSet<&String> = acknowledged.iter().collect();
    wait_until("the last messages", || {
        let given = listening.given.lock().expect("no panic");
        let given: HashSet<&String> = given.iter().collect();
        all.is_subset(&given)
    });
    listening.over.store(true, Ordering::Release);
    subscriber.join().expect("no panic");
    let given = listening.given.lock().expect("no panic");
    check(&given);
    eprintln!("{rounds} kills, {} acknowledged, {} given", acknowledged.len(), given.len());
}

/// QoS 2 once; of each publisher and QoS, what comes for the first time comes in order.
fn check(given: &[String]) {
    let mut seen = HashSet::new();
    let mut last = [[None; 3]; PUBLISHERS];
    for text in given {
        let fields: Vec<usize> = text.split(' ').map(|f| f.parse().expect("a number")).collect();
        let [publisher, qos, n] = fields[..] else { panic!("{text:?}") };
        if !seen.insert(text) {
            assert_ne!(qos, 2, "{text:?} came twice");
            continue;
        }
        let before = last[publisher][qos].replace(n);
        assert!(before.is_none_or(|before| before < n), "{text:?} came after {before:?}");
    }
}
