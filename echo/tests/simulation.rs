//! Reconnecting clients against a server on a bad network: whatever breaks, every request gets
//! its answer, and nothing is left open.
//!
//! Each seed is one world. A failure names its seed; `WIRELAB_SEED=n` replays just that one, and
//! `WIRELAB_SIM_TRACE=1` prints what happened in it. `WIRELAB_SEEDS=n` sets how many are run.

use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use wirelab_echo::client::Event;
use wirelab_echo::{EchoClient, EchoServer, Exchange, Style};
use wirelab_reactor::random::Random;
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Now, Settings};

/// Seeds that are run when nobody says how many.
const SEEDS: u64 = 10_000;

/// The two cores that the tests may take.
const THREADS: u64 = 2;

/// One seed in so many is run twice, to see that it is the same run.
const REPEATED: u64 = 50;

/// Virtual time in which all must be answered; a real one would have given up long before.
const PATIENCE: Now = Duration::from_secs(4 * 3600);

/// What the clients of one world were told: by request, all the answers that came.
type Answers = Rc<RefCell<BTreeMap<Bytes, Vec<Bytes>>>>;

/// Hears what a client tells.
type Observer = Box<dyn FnMut(Event)>;

/// What one run has shown.
#[derive(Debug, Default)]
struct Outcome {
    hash: u64,
    lost: usize,
    restarted: bool,
}

/// One world, from its seed.
struct Scene {
    seed: u64,
    world: World,
    addr: SocketAddr,
    server: Option<Node<EchoServer>>,
    clients: Vec<Node<EchoClient<Observer>>>,
    answers: Answers,
    lost: Rc<RefCell<usize>>,
}

impl Scene {
    fn new(seed: u64, dice: &mut Random) -> Self {
        let world = World::new(seed, Faults::wild());
        let mut scene = Self {
            seed,
            world,
            addr: "10.0.0.1:7".parse().unwrap(),
            server: None,
            clients: Vec::new(),
            answers: Answers::default(),
            lost: Rc::default(),
        };
        scene.start_server();
        for n in 0..2 + dice.below(3) {
            scene.add_client(n as u8, dice);
        }
        scene
    }

    fn start_server(&mut self) {
        let net = self.world.host(self.addr.ip());
        let mut node = Node::new(net, Settings::default(), EchoServer::new(Style::Raw));
        node.event_loop.listen(self.addr).unwrap_or_else(|e| panic!("seed {}: {e}", self.seed));
        self.server = Some(node);
    }

    fn add_client(&mut self, n: u8, dice: &mut Random) {
        let (answers, lost) = (self.answers.clone(), self.lost.clone());
        let tell: Observer = Box::new(move |event| match event {
            Event::Answer { request, answer } => {
                answers.borrow_mut().entry(request).or_default().push(answer);
            }
            Event::Lost(_) => *lost.borrow_mut() += 1,
            _ => {}
        });
        let client = EchoClient::new(self.addr, Exchange::new(Style::Raw), tell).reconnecting();
        let net = self.world.host([10, 0, 1, n].into());
        let mut node = Node::new(net, Settings::default(), client);
        for request in 0..2 + dice.below(5) {
            // Most are short; some are longer than a segment, so that they break in the middle.
            let padding = if dice.percent(10) { dice.below(5000) } else { dice.below(40) };
            let text = format!("client {n} request {request} {}", "x".repeat(padding as usize));
            let text = Bytes::from(text);
            self.answers.borrow_mut().insert(text.clone(), Vec::new());
            node.service.ask(node.event_loop.io(), text).expect("fewer than the limit");
        }
        self.clients.push(node);
    }

    /// Runs until the condition holds; `false` when it did not within the time.
    fn run(&mut self, until: Now, done: impl FnMut() -> bool) -> bool {
        let mut nodes: Vec<&mut dyn Turns> = Vec::new();
        nodes.extend(self.server.iter_mut().map(|node| node as &mut dyn Turns));
        nodes.extend(self.clients.iter_mut().map(|node| node as &mut dyn Turns));
        let result = self.world.run(&mut nodes, until, done);
        result.unwrap_or_else(|error| panic!("seed {}: a turn failed: {error}", self.seed))
    }

    fn answered(&self) -> usize {
        self.answers.borrow().values().filter(|answers| !answers.is_empty()).count()
    }

    /// The server dies in the middle of the run, and comes back after a while.
    fn restart(&mut self, dice: &mut Random) {
        let (answers, half) = (self.answers.clone(), self.answers.borrow().len() / 2);
        let enough = move || answers.borrow().values().filter(|a| !a.is_empty()).count() >= half;
        assert!(self.run(PATIENCE, enough), "seed {}: half was never answered", self.seed);
        self.server = None;
        let back = self.world.now() + Duration::from_millis(1 + dice.below(30_000));
        self.run(back, || false);
        self.start_server();
    }

    fn check_answers(&self) {
        let seed = self.seed;
        for (request, answers) in self.answers.borrow().iter() {
            assert_eq!(answers.len(), 1, "seed {seed}: answers to {request:?}");
            assert_eq!(&answers[0], request, "seed {seed}: a wrong answer");
        }
        for client in &self.clients {
            assert_eq!(client.service.unanswered(), 0, "seed {seed}");
        }
    }

    /// All say farewell on a network that is well again; then nothing may be open.
    fn farewell(&mut self) {
        self.world.set_faults(Faults::none());
        for client in &mut self.clients {
            client.service.close(client.event_loop.io());
        }
        let (world, seed) = (self.world.clone(), self.seed);
        let until = self.world.now() + Duration::from_secs(60);
        let closed = self.run(until, || world.connections() == 0);
        assert!(closed, "seed {seed}: {} ends are still open", self.world.connections());
        for node in &mut self.clients {
            assert_eq!(node.event_loop.io().connections(), 0, "seed {seed}: a client's books");
        }
        let server = self.server.as_mut().expect("it was started");
        assert_eq!(server.event_loop.io().connections(), 0, "seed {seed}: the server's books");
    }
}

fn run(seed: u64) -> Outcome {
    let mut dice = Random::new(!seed);
    let mut scene = Scene::new(seed, &mut dice);
    let restarted = dice.percent(30);
    if restarted {
        scene.restart(&mut dice);
    }
    let (answers, total) = (scene.answers.clone(), scene.answers.borrow().len());
    let all = move || answers.borrow().values().all(|answers| !answers.is_empty());
    let done = scene.run(PATIENCE, all);
    let answered = scene.answered();
    assert!(done, "seed {seed}: {answered} of {total} answered in {PATIENCE:?}");
    scene.check_answers();
    scene.farewell();
    let lost = *scene.lost.borrow();
    Outcome { hash: scene.world.trace_hash(), lost, restarted }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

#[test]
fn every_request_is_answered_whatever_breaks() {
    if let Some(seed) = number("WIRELAB_SEED") {
        eprintln!("seed {seed}: {:x?}", run(seed));
        return;
    }
    let seeds = number("WIRELAB_SEEDS").unwrap_or(SEEDS);
    let threads: Vec<_> = (0..THREADS)
        .map(|first| {
            std::thread::spawn(move || {
                let (mut lost, mut restarts) = (0, 0);
                for seed in (first..seeds).step_by(THREADS as usize) {
                    let outcome = run(seed);
                    lost += outcome.lost;
                    restarts += usize::from(outcome.restarted);
                    if seed % REPEATED < THREADS {
                        assert_eq!(outcome.hash, run(seed).hash, "seed {seed} is not one run");
                    }
                }
                (lost, restarts)
            })
        })
        .collect();
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
    eprintln!("{seeds} seeds: {lost} connections lost, {restarts} server restarts, all answered");
    // A simulation in which nothing breaks would show nothing.
    assert!(seeds < 100 || lost as u64 > seeds, "only {lost} connections were lost");
    assert!(seeds < 100 || restarts as u64 > seeds / 5, "only {restarts} restarts");
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(run(1).hash, run(2).hash);
}
