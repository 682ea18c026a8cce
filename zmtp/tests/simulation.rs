//! Each pattern on a bad network: connections are reset, refused, delayed, cut into pieces at any
//! byte. What the RFCs promise is checked, and nothing more: that no message comes twice, in
//! pieces, out of its order or to whom it is not for; that a reply belongs to its request; and
//! that all goes on when the network is well again.
//!
//! Each seed is one world. A failure names its seed; `WIRELAB_SEED=n` replays just that one,
//! `WIRELAB_SEEDS=n` sets how many are run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::random::Random;
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_zmtp::engine::{Engine, SocketEvent};
use wirelab_zmtp::sockets::{Answer, Pattern, Pub, Pull, Push, Rep, Req, Sub};
use wirelab_zmtp::{Message, Options};

/// Seeds of each pattern that are run when nobody says how many.
const SEEDS: u64 = 700;
/// The two cores that the tests may take.
const THREADS: u64 = 2;
/// Time in which a network that is well has everybody talk again.
const CALM: Duration = Duration::from_secs(60);

struct Part<P: Pattern> {
    node: Node<Engine<P>>,
    addr: SocketAddr,
    losses: usize,
}

impl<P: Pattern + Default> Part<P> {
    /// A socket on a host of its own; bound, and watched.
    fn new(world: &World, host: u8, dice: &mut Random) -> Self {
        let options = Options {
            send_high_water_mark: 1 + dice.below(20) as usize,
            receive_high_water_mark: 1 + dice.below(20) as usize,
            zmtp_3_0: dice.percent(30),
            heartbeat_interval: dice.percent(30).then(|| Duration::from_secs(1)),
            // Who takes what comes one by one may have much before a PING.
            heartbeat_timeout: Some(Duration::from_secs(300)),
            handshake_timeout: Duration::from_secs(10),
            ..Options::default()
        };
        let mut engine = Engine::new(P::default(), options).expect("good options");
        engine.watch();
        let settings = Engine::<P>::loop_settings();
        let mut node = Node::new(world.host([10, 0, 0, host].into()), settings, engine);
        let addr = SocketAddr::new([10, 0, 0, host].into(), 5555);
        node.event_loop.listen(addr).expect("the address is free");
        Self { node, addr, losses: 0 }
    }

    fn connect(&mut self, addr: SocketAddr) {
        self.node.service.connect(self.node.event_loop.io(), vec![addr]);
    }

    fn user<R>(
        &mut self,
        call: impl FnOnce(&mut P, &mut wirelab_zmtp::engine::Pipes, &mut wirelab_reactor::Io) -> R,
    ) -> R {
        let (pattern, pipes) = self.node.service.parts();
        call(pattern, pipes, self.node.event_loop.io())
    }

    fn count_losses(&mut self) {
        while let Some(event) = self.node.service.take_event() {
            self.losses += usize::from(matches!(event, SocketEvent::Closed { .. }));
            if let SocketEvent::Closed { error: Some(error), .. }
            | SocketEvent::HandshakeFailed { error: Some(error), .. } = event
            {
                // A network loses bytes' ends, never bytes in between: nobody breaks a rule.
                let error = error.to_string();
                assert!(error.contains("silent"), "{error}");
            }
        }
    }
}

/// Some of one kind and some of the other, each pair connected in one direction or the other.
struct Scene<A: Pattern, B: Pattern> {
    seed: u64,
    world: World,
    left: Vec<Part<A>>,
    right: Vec<Part<B>>,
}

impl<A: Pattern + Default, B: Pattern + Default> Scene<A, B> {
    fn new(seed: u64, dice: &mut Random) -> Self {
        let world = World::new(seed, Faults::mild());
        let mut left: Vec<_> =
            (0..=dice.below(3) as u8).map(|n| Part::<A>::new(&world, 10 + n, dice)).collect();
        let mut right: Vec<_> =
            (0..=dice.below(3) as u8).map(|n| Part::<B>::new(&world, 20 + n, dice)).collect();
        for a in &mut left {
            for b in &mut right {
                if dice.percent(50) {
                    a.connect(b.addr);
                } else {
                    b.connect(a.addr);
                }
            }
        }
        Self { seed, world, left, right }
    }

    fn run(&mut self, time: Duration) {
        let until = self.world.now() + time;
        let mut nodes: Vec<&mut dyn Turns> = Vec::new();
        nodes.extend(self.left.iter_mut().map(|part| &mut part.node as &mut dyn Turns));
        nodes.extend(self.right.iter_mut().map(|part| &mut part.node as &mut dyn Turns));
        let result = self.world.run(&mut nodes, until, || false);
        result.unwrap_or_else(|error| panic!("seed {}: a turn failed: {error}", self.seed));
        self.left.iter_mut().for_each(Part::count_losses);
        self.right.iter_mut().for_each(Part::count_losses);
    }

    fn losses(&self) -> usize {
        let left = self.left.iter().map(|part| part.losses);
        left.chain(self.right.iter().map(|part| part.losses)).sum()
    }
}

/// Message `n` of sender `from`: sometimes long, sometimes of several frames, always to be known
/// again.
fn message(topic: &str, from: usize, n: usize) -> Message {
    let size = if n.is_multiple_of(7) { n * 97 % 9_000 } else { n % 50 };
    let mut message = Message::new(format!("{topic}{from} {n}"));
    for frame in 0..n % 3 {
        message.push(vec![(n + frame) as u8; size]);
    }
    message
}

/// What [`message`] was made of; whole, or it panics.
fn read(topic: &str, got: &Message, seed: u64) -> (usize, usize) {
    let text = String::from_utf8(got.first().to_vec()).expect("text");
    let rest = text.strip_prefix(topic).unwrap_or_else(|| panic!("seed {seed}: {text}"));
    let (from, n) = rest.split_once(' ').expect("two numbers");
    let (from, n) = (from.parse().expect("a number"), n.parse().expect("a number"));
    assert_eq!(*got, message(topic, from, n), "seed {seed}: a message is not whole");
    (from, n)
}

/// [ZMTP-3.0-sock-06] [ZMTP-3.0-sock-07] [ZMTP-3.0-sock-10] [PUSH-out-05]
fn push_pull(seed: u64) -> usize {
    let mut dice = Random::new(!seed);
    let mut scene = Scene::<Push, Pull>::new(seed, &mut dice);
    let is_wild = dice.percent(80);
    if is_wild {
        scene.world.set_faults(Faults::wild());
    }
    let mut sent = vec![0; scene.left.len()];
    let mut seen = BTreeSet::new();
    // The last that each puller got of each pusher.
    let mut last = BTreeMap::new();
    for round in 0..200 {
        if round == 150 {
            scene.world.set_faults(Faults::mild());
            scene.run(CALM);
        }
        for (from, part) in scene.left.iter_mut().enumerate() {
            for _ in 0..dice.below(4) {
                let next = message("", from, sent[from]);
                sent[from] += usize::from(part.user(|push, pipes, io| push.send(pipes, io, &next)));
            }
        }
        scene.run(Duration::from_millis(dice.below(100)));
        // After a loss the same sender comes as a new peer, whose messages have their own order.
        let is_one_peer = scene.losses() == 0;
        for (to, part) in scene.right.iter_mut().enumerate() {
            for _ in 0..dice.below(6) {
                let Some(got) = part.user(Pull::recv) else { break };
                let (from, n) = read("", &got, seed);
                assert!(seen.insert((from, n)), "seed {seed}: {from} {n} came twice");
                let before = last.insert((from, to), n);
                let in_order = before.is_none_or(|before| before < n);
                assert!(in_order || !is_one_peer, "seed {seed}: {before:?} before {n}");
            }
        }
    }
    // All that is on its way arrives: a queue full at a time.
    let mut idle = 0;
    while idle < 30 {
        scene.run(Duration::from_millis(200));
        idle += 1;
        for part in &mut scene.right {
            let mut all = VecDeque::new();
            part.user(|pull, pipes, io| pull.recv_all(pipes, io, &mut all));
            for got in all {
                assert!(seen.insert(read("", &got, seed)), "seed {seed}: came twice");
                idle = 0;
            }
        }
    }
    let total: usize = sent.iter().sum();
    if scene.losses() == 0 {
        assert_eq!(seen.len(), total, "seed {seed}: no connection was lost, but messages");
    }
    for (from, sent) in sent.iter().enumerate() {
        let last = seen.iter().rev().find(|(f, _)| *f == from).map(|(_, n)| n + 1);
        assert_eq!(last, Some(*sent), "seed {seed}: it does not go on after the faults");
    }
    scene.losses()
}

/// [REQ-gen-02] [REQ-in-01] [REP-out-03] [REP-out-04] [ZMTP-3.0-sock-08]
fn req_rep(seed: u64) -> usize {
    let mut dice = Random::new(!seed);
    let mut scene = Scene::<Req, Rep>::new(seed, &mut dice);
    scene.world.set_faults(Faults::wild());
    let mut asked = vec![0; scene.left.len()];
    let mut good = vec![0; scene.left.len()];
    let mut handled = BTreeSet::new();
    for round in 0..300 {
        if round == 200 {
            scene.world.set_faults(Faults::mild());
            scene.run(CALM);
            good.fill(0);
        }
        for (from, part) in scene.left.iter_mut().enumerate() {
            match part.user(|req, _, _| req.answer()) {
                Some(Answer::Reply(reply)) => {
                    let (who, n) = read("re ", &reply, seed);
                    assert_eq!((who, n), (from, asked[from]), "seed {seed}: another's reply");
                    good[from] += 1;
                }
                None if dice.percent(2) => part.user(Req::give_up),
                None | Some(Answer::Lost) => {}
            }
            let next = message("", from, asked[from] + 1);
            let is_sent = part.user(|req, pipes, io| req.request(pipes, io, &next));
            asked[from] += usize::from(is_sent);
        }
        scene.run(Duration::from_millis(1 + dice.below(200)));
        for part in &mut scene.right {
            while dice.percent(80)
                && let Some(request) = part.user(Rep::recv)
            {
                let (from, n) = read("", &request, seed);
                assert!(handled.insert((from, n)), "seed {seed}: {from} {n} was asked twice");
                assert!(n <= asked[from], "seed {seed}: nobody has asked that");
                part.user(|rep, pipes, io| rep.reply(pipes, io, message("re ", from, n)));
            }
        }
    }
    for (from, good) in good.iter().enumerate() {
        assert!(*good > 5, "seed {seed}: {from} has {good} replies after the faults");
    }
    scene.losses()
}

fn read_topic<'a>(topics: &[&'a str], got: &Message, seed: u64) -> (&'a str, usize, usize) {
    let topic = topics.iter().find(|topic| got.first().starts_with(topic.as_bytes()));
    let topic = topic.unwrap_or_else(|| panic!("seed {seed}: {got:?}"));
    let (from, n) = read(topic, got, seed);
    (topic, from, n)
}

/// [ZMTP-3.0-sock-06] [ZMTP-3.0-sock-07] [ZMTP-3.0-sock-09] [PUB-out-05] [SUB-in-04]
fn pub_sub(seed: u64) -> usize {
    const TOPICS: [&str; 3] = ["A ", "AB ", "B "];
    let mut dice = Random::new(!seed);
    let mut scene = Scene::<Pub, Sub>::new(seed, &mut dice);
    scene.world.set_faults(Faults::wild());
    // What each subscriber wants, and may still get for having wanted it.
    let mut wanted = vec![BTreeSet::new(); scene.right.len()];
    let mut last = BTreeMap::new();
    for round in 0..200 {
        let is_calm = round >= 150;
        if round == 150 {
            scene.world.set_faults(Faults::none());
            for (part, wanted) in scene.right.iter_mut().zip(&mut wanted) {
                part.user(|sub, pipes, io| sub.subscribe(pipes, io, b"AB"));
                wanted.insert("AB");
            }
            scene.run(CALM);
            // What came before makes room, until nothing comes any more.
            for _ in 0..20 {
                let mut old = VecDeque::new();
                for part in &mut scene.right {
                    part.user(|sub, pipes, io| sub.recv_all(pipes, io, &mut old));
                    old.clear();
                }
                scene.run(Duration::from_secs(2));
            }
        }
        for (part, wanted) in scene.right.iter_mut().zip(&mut wanted).filter(|_| !is_calm) {
            let prefix = ["", "A", "AB", "B"][dice.below(4) as usize];
            if wanted.insert(prefix) {
                part.user(|sub, pipes, io| sub.subscribe(pipes, io, prefix.as_bytes()));
            } else if dice.percent(50) {
                wanted.remove(prefix);
                assert!(
                    part.user(|sub, pipes, io| { sub.unsubscribe(pipes, io, prefix.as_bytes()) })
                );
            }
        }
        for (from, part) in scene.left.iter_mut().enumerate() {
            for topic in TOPICS {
                part.user(|p, pipes, io| p.send(pipes, io, &message(topic, from, round)));
            }
        }
        if !is_calm {
            scene.run(Duration::from_millis(dice.below(300)));
        }
        let mut got_now = BTreeSet::new();
        // A queue full at a time.
        for _ in 0..if is_calm { 15 } else { 1 } {
            if is_calm {
                scene.run(Duration::from_millis(200));
            }
            for (to, (part, wanted)) in scene.right.iter_mut().zip(&wanted).enumerate() {
                while let Some(got) = part.user(Sub::recv) {
                    let (topic, from, n) = read_topic(&TOPICS, &got, seed);
                    let before = last.insert((from, to, topic), n);
                    if is_calm {
                        let in_order = before.is_none_or(|before| before < n);
                        assert!(in_order, "seed {seed}: {before:?} before {n}");
                        let is_wanted = wanted.iter().any(|prefix| topic.starts_with(prefix));
                        assert!(is_wanted, "seed {seed}: {topic} is not in {wanted:?}");
                        got_now.insert((to, from, topic, n));
                    }
                }
            }
        }
        for to in 0..scene.right.len() {
            for from in 0..scene.left.len() {
                assert!(
                    !is_calm || got_now.contains(&(to, from, "AB ", round)),
                    "seed {seed}: {to} got {got_now:?} of {from} in round {round}"
                );
            }
        }
    }
    scene.losses()
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

fn all_seeds(name: &str, run: impl Fn(u64) -> usize + Copy + Send + 'static) {
    if let Some(seed) = number("WIRELAB_SEED") {
        eprintln!("{name}, seed {seed}: {} losses", run(seed));
        return;
    }
    let seeds = number("WIRELAB_SEEDS").unwrap_or(SEEDS);
    let some = move |first| (first..seeds).step_by(THREADS as usize).map(run).sum::<usize>();
    let threads: Vec<_> =
        (0..THREADS).map(|first| std::thread::spawn(move || some(first))).collect();
    let mut losses = 0;
    for thread in threads {
        match thread.join() {
            Ok(more) => losses += more,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    eprintln!("{name}: {seeds} seeds, {losses} connections lost");
    // A simulation in which nothing breaks would show nothing.
    assert!(seeds < 100 || losses as u64 > seeds, "only {losses} connections were lost");
}

#[test]
fn pushed_messages_come_once_and_whole() {
    all_seeds("PUSH/PULL", push_pull);
}

#[test]
fn a_reply_belongs_to_its_request() {
    all_seeds("REQ/REP", req_rep);
}

#[test]
fn only_what_was_subscribed_to_comes() {
    all_seeds("PUB/SUB", pub_sub);
}
