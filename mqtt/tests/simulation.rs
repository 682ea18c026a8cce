//! Publishers, subscribers and a broker with a store, on a bad network, the broker killed and
//! started again in the middle: QoS 1 at least once, QoS 2 exactly once, each publisher's order
//! kept, and nothing left behind in the store.
//!
//! Each seed is one world. A failure names its seed; `WIRELAB_SEED=n` replays just that one.
//! `WIRELAB_SEEDS=n` sets how many are run.

#[path = "broker/memory.rs"]
mod memory;

use memory::Memory;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;
use wirelab_mqtt::QoS::{AtLeastOnce, ExactlyOnce};
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::client::{Client, Command, Event, Message, Observer, Options};
use wirelab_reactor::random::Random;
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Now, Settings as LoopSettings};

/// Seeds that are run when nobody says how many.
const SEEDS: u64 = 2_000;
/// The two cores that the tests may take.
const THREADS: u64 = 2;
/// One seed in so many is run twice, to see that it is the same run.
const REPEATED: u64 = 50;
/// Virtual time in which all must have arrived.
const PATIENCE: Now = Duration::from_secs(24 * 3600);

/// What one client was told.
#[derive(Default)]
struct Told {
    /// Payloads, in the order in which they came.
    messages: Vec<String>,
    published: usize,
    connected: bool,
    subscribed: bool,
    lost: usize,
    ended: Option<String>,
}

#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Told>>);

impl Observer for Notes {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        let mut told = self.0.borrow_mut();
        match event {
            Event::Message(arrived) => {
                let text = String::from_utf8_lossy(&arrived.message.payload).into_owned();
                told.messages.push(text);
            }
            Event::Published(_) => told.published += 1,
            Event::Connected { .. } => told.connected = true,
            Event::Subscribed { .. } => told.subscribed = true,
            Event::Lost { .. } => told.lost += 1,
            Event::Ended(why) => told.ended = Some(format!("{why:?}")),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

struct Part {
    node: Node<Client<Notes>>,
    notes: Notes,
}

/// What one run has shown.
#[derive(Debug, Default)]
struct Outcome {
    hash: u64,
    lost: usize,
    restarts: usize,
}

/// One world, from its seed.
struct Scene {
    seed: u64,
    world: World,
    broker: Option<Node<Broker>>,
    memory: Memory,
    publishers: Vec<Part>,
    /// The first gets QoS 2, the second QoS 1.
    subscribers: Vec<Part>,
    /// Messages that each publisher sends.
    count: usize,
}

fn addr() -> SocketAddr {
    "10.0.0.1:1883".parse().expect("an address")
}

impl Scene {
    fn new(seed: u64, dice: &mut Random) -> Self {
        let world = World::new(seed, Faults::none());
        let mut scene = Self {
            seed,
            world,
            broker: None,
            memory: Memory::default(),
            publishers: Vec::new(),
            subscribers: Vec::new(),
            count: 4 + dice.below(20) as usize,
        };
        scene.start_broker(dice.below(3));
        for (n, qos) in [(0, ExactlyOnce), (1, AtLeastOnce)] {
            let mut part = scene.part(&format!("sub-{n}"), 10 + n);
            let subscribe = Command::Subscribe(0, vec![("t/#".to_owned(), qos)]);
            part.node.service.command(part.node.event_loop.io(), subscribe);
            scene.subscribers.push(part);
        }
        for n in 0..2 + dice.below(2) as u8 {
            let part = scene.part(&format!("pub-{n}"), 20 + n);
            scene.publishers.push(part);
        }
        scene
    }

    fn part(&self, id: &str, host: u8) -> Part {
        let mut options = Options::new(id);
        options.connect.clean_session = false;
        let notes = Notes::default();
        let client = Client::new(vec![addr()], options, notes.clone());
        let net = self.world.host([10, 0, 1, host].into());
        Part { node: Node::new(net, LoopSettings::default(), client), notes }
    }

    /// A broker on what the one before has committed. Its window is small at times, so that
    /// queues are long.
    fn start_broker(&mut self, taste: u64) {
        let settings = Settings {
            sys_interval: Duration::ZERO,
            max_inflight_messages: [20, 1, 3][taste as usize % 3],
            max_queued_messages: 1000,
            ..Settings::default()
        };
        let store = Box::new(self.memory.clone());
        let broker = Broker::new(settings).with_store(store);
        let broker = broker.unwrap_or_else(|e| panic!("seed {}: {e}", self.seed));
        let mut node = Node::new(self.world.host(addr().ip()), LoopSettings::default(), broker);
        node.event_loop.listen(addr()).unwrap_or_else(|e| panic!("seed {}: {e}", self.seed));
        self.broker = Some(node);
    }

    fn run(&mut self, until: Now, done: impl FnMut() -> bool) -> bool {
        let mut nodes: Vec<&mut dyn Turns> = Vec::new();
        nodes.extend(self.broker.iter_mut().map(|node| node as &mut dyn Turns));
        let parts = self.publishers.iter_mut().chain(&mut self.subscribers);
        nodes.extend(parts.map(|part| &mut part.node as &mut dyn Turns));
        let result = self.world.run(&mut nodes, until, done);
        result.unwrap_or_else(|error| panic!("seed {}: a turn failed: {error}", self.seed))
    }

    fn notes(&self) -> Vec<Notes> {
        let parts = self.publishers.iter().chain(&self.subscribers);
        parts.map(|part| part.notes.clone()).collect()
    }

    /// Everybody is there before anything breaks.
    fn gather(&mut self) {
        let notes = self.notes();
        let publishers = self.publishers.len();
        let ready = move || {
            let (senders, receivers) = notes.split_at(publishers);
            senders.iter().all(|notes| notes.0.borrow().connected)
                && receivers.iter().all(|notes| notes.0.borrow().subscribed)
        };
        assert!(self.run(PATIENCE, ready), "seed {}: not all are ready", self.seed);
    }

    /// Message `n` of every publisher: QoS 1 and 2 by turns, most short, some longer than a
    /// segment.
    fn publish(&mut self, n: usize, dice: &mut Random) {
        for (p, part) in self.publishers.iter_mut().enumerate() {
            let qos = if n.is_multiple_of(2) { AtLeastOnce } else { ExactlyOnce };
            let padding = if dice.percent(10) { dice.below(4000) } else { 0 };
            let text = format!("{p} {} {n} {}", qos as u8, "x".repeat(padding as usize));
            let message = Message::new(format!("t/{p}"), text).qos(qos);
            let io = part.node.event_loop.io();
            part.node.service.command(io, Command::Publish(n as u64, message));
        }
    }

    /// The broker dies, and another comes after a while.
    fn restart(&mut self, dice: &mut Random) {
        self.broker = None;
        let back = self.world.now() + Duration::from_millis(1 + dice.below(5_000));
        self.run(back, || false);
        self.start_broker(dice.below(3));
    }

    /// All of a publisher's messages of this QoS that a subscriber has been given, in order.
    fn given(told: &Told, publisher: usize, qos: u8) -> Vec<usize> {
        let fields = told.messages.iter().map(|text| text.split(' ').collect::<Vec<_>>());
        let wanted = [publisher.to_string(), qos.to_string()];
        fields
            .filter(|fields| fields[..2] == wanted)
            .map(|fields| fields[2].parse().expect("a number"))
            .collect()
    }

    /// Has everything been acknowledged to its publisher, and reached both subscribers?
    fn all_done(&self) -> impl FnMut() -> bool + use<> {
        let (publishers, count) = (self.publishers.len(), self.count);
        let notes = self.notes();
        move || {
            let (senders, receivers) = notes.split_at(publishers);
            senders.iter().all(|notes| notes.0.borrow().published == count)
                && receivers.iter().all(|notes| {
                    let told = notes.0.borrow();
                    if told.messages.len() < publishers * count {
                        return false;
                    }
                    (0..publishers).all(|p| {
                        let all = [1, 2].into_iter().flat_map(|qos| Self::given(&told, p, qos));
                        all.collect::<BTreeSet<usize>>().len() == count
                    })
                })
        }
    }

    /// How far everybody is, for a failure's message.
    fn state(&self) -> String {
        let one = |part: &Part| {
            let told = part.notes.0.borrow();
            let (published, got, lost) = (told.published, told.messages.len(), told.lost);
            let given = |p| (Self::given(&told, p, 1), Self::given(&told, p, 2));
            let given: Vec<_> = (0..self.publishers.len()).map(given).collect();
            let ended = &told.ended;
            format!("{published} published, {got} got, {lost} lost, ended {ended:?}: {given:?}")
        };
        let parts = self.publishers.iter().chain(&self.subscribers);
        let parts: Vec<String> = parts.map(one).collect();
        let broker = self.broker.as_ref().map(|node| node.service.stats());
        format!(
            "{} each; {parts:#?} {broker:#?} {:#?}",
            self.count,
            self.memory.snapshot().sessions
        )
    }

    /// [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT-4.3.3-2], [MQTT-4.6.0-6] What was promised.
    fn check(&self) {
        let seed = self.seed;
        let expected = |qos: u8| -> Vec<usize> {
            (0..self.count).filter(|n| n % 2 == usize::from(qos == 2)).collect()
        };
        for (s, subscriber) in self.subscribers.iter().enumerate() {
            let told = subscriber.notes.0.borrow();
            for publisher in 0..self.publishers.len() {
                let twice = Self::given(&told, publisher, 2);
                let what = format!("seed {seed}: QoS 2 from {publisher} to {s}");
                if s == 0 {
                    assert_eq!(twice, expected(2), "{what}: once, and in order");
                } else {
                    assert_eq!(firsts(&twice), expected(2), "{what}, granted QoS 1");
                }
                let once = Self::given(&told, publisher, 1);
                let what = format!("seed {seed}: QoS 1 from {publisher} to {s}");
                assert_eq!(firsts(&once), expected(1), "{what}: each, the first in order");
            }
        }
        for notes in self.notes() {
            assert_eq!(notes.0.borrow().ended, None, "seed {seed}: a client has given up");
        }
    }

    /// On a network that is well again, the last acknowledgements find their way; then the store
    /// holds nothing but the sessions.
    fn settle(&mut self) {
        self.world.set_faults(Faults::none());
        let until = self.world.now() + Duration::from_secs(120);
        self.run(until, || false);
        let seed = self.seed;
        let kept = self.memory.snapshot();
        assert!(kept.messages.is_empty(), "seed {seed}: {:?}", kept.messages);
        for session in &kept.sessions {
            assert!(session.queue.is_empty(), "seed {seed}: {session:?}");
            assert!(session.received.is_empty(), "seed {seed}: {session:?}");
        }
    }
}

/// Without what came again.
fn firsts(given: &[usize]) -> Vec<usize> {
    let mut seen = Vec::new();
    for n in given {
        if !seen.contains(n) {
            seen.push(*n);
        }
    }
    seen
}

fn run(seed: u64) -> Outcome {
    let mut dice = Random::new(!seed);
    let mut scene = Scene::new(seed, &mut dice);
    scene.gather();
    scene.world.set_faults(Faults::wild());
    let mut restarts = 0;
    for n in 0..scene.count {
        scene.publish(n, &mut dice);
        let until = scene.world.now() + Duration::from_millis(dice.below(2_000));
        scene.run(until, || false);
        if dice.percent(8) {
            scene.restart(&mut dice);
            restarts += 1;
        }
    }
    let done = scene.all_done();
    let arrived = scene.run(PATIENCE, done);
    assert!(arrived, "seed {seed}: not all has arrived in {PATIENCE:?}: {}", scene.state());
    scene.check();
    scene.settle();
    scene.check();
    let lost = scene.notes().iter().map(|notes| notes.0.borrow().lost).sum();
    Outcome { hash: scene.world.trace_hash(), lost, restarts }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

#[test]
fn what_was_acknowledged_arrives_whatever_breaks() {
    if let Some(seed) = number("WIRELAB_SEED") {
        eprintln!("seed {seed}: {:x?}", run(seed));
        return;
    }
    let seeds = number("WIRELAB_SEEDS").unwrap_or(SEEDS);
    let some = move |first: u64| {
        let (mut lost, mut restarts) = (0, 0);
        for seed in (first..seeds).step_by(THREADS as usize) {
            let outcome = run(seed);
            lost += outcome.lost;
            restarts += outcome.restarts;
            if seed % REPEATED < THREADS {
                assert_eq!(outcome.hash, run(seed).hash, "seed {seed} is not one run");
            }
        }
        (lost, restarts)
    };
    let threads: Vec<_> =
        (0..THREADS).map(|first| std::thread::spawn(move || some(first))).collect();
    let (mut lost, mut restarts) = (0, 0);
    for thread in threads {
        match thread.join() {
            Ok((more_lost, more_restarts)) => {
                lost += more_lost;
                restarts += more_restarts;
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    eprintln!("{seeds} seeds: {lost} connections lost, {restarts} brokers killed");
    // A simulation in which nothing breaks would show nothing.
    assert!(seeds < 100 || lost as u64 > seeds, "only {lost} connections were lost");
    assert!(seeds < 100 || restarts as u64 > seeds / 4, "only {restarts} brokers were killed");
}
