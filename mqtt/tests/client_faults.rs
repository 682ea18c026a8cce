//! The client and our broker on a network that breaks connections: QoS 1 arrives at least once,
//! QoS 2 exactly once, and in order, whatever breaks. The seed is in every failure's message.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;
use wirelab_mqtt::QoS::{self, AtLeastOnce, ExactlyOnce};
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::client::{Client, Command, Event, Message, Observer, Options};
use wirelab_reactor::Settings as LoopSettings;
use wirelab_reactor::sim::{Faults, Node, World};

/// Messages of each run.
const COUNT: u64 = 60;

/// Runs for each QoS.
const SEEDS: u64 = 150;

/// Virtual time in which all must have arrived.
const LONG: Duration = Duration::from_secs(24 * 3600);

fn addr() -> SocketAddr {
    "10.0.0.1:1883".parse().unwrap()
}

/// What happened to a client.
#[derive(Default)]
struct Told {
    messages: Vec<u64>,
    published: Vec<u64>,
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
                told.messages.push(text.parse().unwrap());
            }
            Event::Published(ticket) => told.published.push(ticket),
            Event::Subscribed { .. } => told.subscribed = true,
            Event::Lost { .. } => told.lost += 1,
            Event::Ended(why) => told.ended = Some(format!("{why:?}")),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn client(world: &World, host: u8, qos: QoS, clean: bool) -> (Node<Client<Notes>>, Notes) {
    let notes = Notes::default();
    let mut options = Options::new(format!("client {host} at {qos:?}"));
    options.connect.clean_session = clean;
    options.connect.keep_alive = 20;
    options.window = 8;
    let client = Client::new(vec![addr()], options, notes.clone());
    (Node::new(world.host([10, 0, 0, host].into()), LoopSettings::default(), client), notes)
}

/// One run; returns what arrived, and how many connections were lost on the way.
fn run(seed: u64, qos: QoS) -> (Vec<u64>, usize) {
    // First connections are not made again: they stand before anything breaks.
    let world = World::new(seed, Faults::none());
    let broker = Broker::new(Settings { sys_interval: Duration::ZERO, ..Settings::default() });
    let mut broker = Node::new(world.host(addr().ip()), LoopSettings::default(), broker);
    broker.event_loop.listen(addr()).unwrap();
    let (mut subscriber, heard) = client(&world, 2, qos, false);
    let (mut publisher, said) = client(&world, 3, qos, false);
    let filters = vec![("n".to_owned(), qos)];
    subscriber.service.command(subscriber.event_loop.io(), Command::Subscribe(0, filters));
    let standing = || heard.0.borrow().subscribed && publisher_is_up(&said);
    publisher.service.command(publisher.event_loop.io(), publish(1, qos));
    let nodes: &mut [&mut dyn wirelab_reactor::sim::Turns] =
        &mut [&mut broker, &mut subscriber, &mut publisher];
    assert!(world.run(nodes, LONG, standing).unwrap(), "seed {seed}: not standing");
    world.set_faults(Faults::wild());
    for ticket in 2..=COUNT {
        publisher.service.command(publisher.event_loop.io(), publish(ticket, qos));
        let until = world.now() + Duration::from_millis(20);
        let nodes: &mut [&mut dyn wirelab_reactor::sim::Turns] =
            &mut [&mut broker, &mut subscriber, &mut publisher];
        world.run(nodes, until, || false).unwrap();
    }
    let all = || {
        let (heard, said) = (heard.0.borrow(), said.0.borrow());
        said.published.len() as u64 == COUNT && heard.messages.contains(&COUNT)
    };
    let nodes: &mut [&mut dyn wirelab_reactor::sim::Turns] =
        &mut [&mut broker, &mut subscriber, &mut publisher];
    let arrived = world.run(nodes, LONG, all).unwrap();
    let (heard, said) = (heard.0.borrow(), said.0.borrow());
    assert!(
        arrived,
        "seed {seed}: published {:?}, heard {:?}, {:?} {:?}",
        said.published, heard.messages, heard.ended, said.ended
    );
    (heard.messages.clone(), heard.lost + said.lost)
}

fn publisher_is_up(said: &Notes) -> bool {
    !said.0.borrow().published.is_empty()
}

fn publish(ticket: u64, qos: QoS) -> Command {
    Command::Publish(ticket, Message::new("n", ticket.to_string()).qos(qos))
}

/// [MQTT-4.3.3-1], [MQTT-4.3.3-2], [MQTT-4.4.0-1], [MQTT-4.6.0-1]
#[test]
fn qos_2_arrives_exactly_once_and_in_order() {
    let mut lost = 0;
    for seed in 0..SEEDS {
        let (messages, breaks) = run(seed, ExactlyOnce);
        let first = messages[0];
        assert_eq!(messages, (first..=COUNT).collect::<Vec<_>>(), "seed {seed}");
        assert!(first <= 2, "seed {seed}: the first is {first}");
        lost += breaks;
    }
    assert!(lost > 100, "only {lost} connections were lost: this tests nothing");
}

/// [MQTT-4.3.2-1], [MQTT-4.4.0-1], [MQTT-4.6.0-1] Nothing is missing, and the first of each stand
/// in order.
#[test]
fn qos_1_arrives_at_least_once_and_in_order() {
    for seed in 0..SEEDS {
        let (messages, _) = run(seed, AtLeastOnce);
        let mut firsts: Vec<u64> = Vec::new();
        for n in messages {
            if !firsts.contains(&n) {
                firsts.push(n);
            }
        }
        let first = firsts[0];
        assert_eq!(firsts, (first..=COUNT).collect::<Vec<_>>(), "seed {seed}");
        assert!(first <= 2, "seed {seed}: the first is {first}");
    }
}

/// [MQTT-3.1.2-6] A publisher whose sessions end with their connections is told of each message
/// once, and comes to its end, wherever the connection breaks.
#[test]
fn a_clean_publisher_comes_to_its_end() {
    let mut lost = 0;
    for (seed, qos) in (0..SEEDS).flat_map(|seed| [(seed, AtLeastOnce), (seed, ExactlyOnce)]) {
        let world = World::new(seed, Faults::none());
        let broker = Broker::new(Settings { sys_interval: Duration::ZERO, ..Settings::default() });
        let mut broker = Node::new(world.host(addr().ip()), LoopSettings::default(), broker);
        broker.event_loop.listen(addr()).unwrap();
        let (mut publisher, said) = client(&world, 3, qos, true);
        publisher.service.command(publisher.event_loop.io(), publish(1, qos));
        let first = || publisher_is_up(&said);
        assert!(world.run(&mut [&mut broker, &mut publisher], LONG, first).unwrap(), "seed {seed}");
        world.set_faults(Faults::wild());
        for ticket in 2..=COUNT / 10 {
            publisher.service.command(publisher.event_loop.io(), publish(ticket, qos));
            let until = world.now() + Duration::from_millis(20);
            world.run(&mut [&mut broker, &mut publisher], until, || false).unwrap();
        }
        publisher.service.command(publisher.event_loop.io(), Command::Finish);
        let ended = || said.0.borrow().ended.is_some();
        let ends = world.run(&mut [&mut broker, &mut publisher], LONG, ended).unwrap();
        let mut said = said.0.borrow_mut();
        said.published.sort_unstable();
        assert!(ends, "seed {seed}, {qos:?}: published {:?}, and goes on", said.published);
        let all: Vec<u64> = (1..=COUNT / 10).collect();
        assert_eq!(said.published, all, "seed {seed}, {qos:?}");
        assert_eq!(said.ended.as_deref(), Some("Disconnected"), "seed {seed}, {qos:?}");
        lost += said.lost;
    }
    assert!(lost > 50, "only {lost} connections were lost: this tests nothing");
}
