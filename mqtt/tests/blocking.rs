//! The blocking client and our own broker, on the machine's loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wirelab_mqtt::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use wirelab_mqtt::blocking::{Client, Error};
use wirelab_mqtt::broker::{Broker, Settings};
use wirelab_mqtt::client::{Ended, Lost, Message, Options};
use wirelab_mqtt::limits::{OUTSTANDING_MAX, UNTAKEN_MAX};
use wirelab_reactor::many::{self, Many};

/// How long anything that should happen at once may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn broker_at(addr: SocketAddr) -> Many {
    let settings = wirelab_reactor::Settings::default();
    many::start(addr, 1, &settings, |_| Broker::new(Settings::default())).expect("a port")
}

fn broker() -> Many {
    broker_at("127.0.0.1:0".parse().expect("an address"))
}

fn end(broker: Many) {
    broker.stoppers()[0].stop().expect("a wake-up");
    broker.join().expect("a graceful end");
}

#[test]
fn what_cannot_be_said_is_refused_at_the_call() {
    let broker = broker();
    let client = Client::connect(broker.addr(), Options::new("a")).expect("let in");
    let misuse = |result: Result<(), Error>| matches!(result, Err(Error::Misuse(_)));
    assert!(misuse(client.publish(Message::new("a/#", "x"))));
    assert!(misuse(client.publish(Message::new("", "x"))));
    assert!(misuse(client.subscribe(&[("a/#/b", AtMostOnce)]).map(|_| ())));
    assert!(misuse(client.unsubscribe(&["a+"])));
    let mut nameless = Options::new("");
    nameless.connect.clean_session = false;
    assert!(misuse(Client::connect(broker.addr(), nameless).map(|_| ())));
    client.publish(Message::new("a", "x").qos(ExactlyOnce)).expect("it is still of use");
    client.disconnect().expect("a graceful end");
    end(broker);
}

#[test]
fn nobody_there_is_an_error() {
    // Port 1 of the loopback: nobody listens there.
    let failed = Client::connect("127.0.0.1:1", Options::new("a"));
    let Err(Error::Ended(why)) = failed else { panic!("{failed:?}") };
    assert!(matches!(&*why, Ended::Lost(Lost::Failed(_))), "{why:?}");
}

/// Many more messages than may be under way or wait, with nobody taking them at first: the
/// publisher goes on, the subscriber's connection is held back, and nothing is lost.
#[test]
fn messages_that_nobody_takes_hold_the_connection_back() {
    let broker = broker();
    let subscriber = Client::connect(broker.addr(), Options::new("sub")).expect("let in");
    subscriber.subscribe(&[("n", AtLeastOnce)]).expect("granted");
    let publisher = Client::connect(broker.addr(), Options::new("pub")).expect("let in");
    let count = UNTAKEN_MAX + OUTSTANDING_MAX;
    let topic: Arc<str> = Arc::from("n");
    std::thread::scope(|scope| {
        let messages = (0..count).map(|n| Message::new(topic.clone(), n.to_string()));
        let messages = messages.map(|message| message.qos(AtLeastOnce));
        let sent = scope.spawn(|| publisher.publish_all(messages));
        for n in 0..count {
            let message = subscriber.next_message(PATIENCE).expect("a message");
            assert_eq!(message.payload, n.to_string());
        }
        assert_eq!(sent.join().expect("no panic").expect("acknowledged"), count);
    });
    publisher.disconnect().expect("a graceful end");
    subscriber.disconnect().expect("a graceful end");
    end(broker);
}

/// Several threads share one client, and each waits for its own.
#[test]
fn threads_share_a_client() {
    let broker = broker();
    let client = Client::connect(broker.addr(), Options::new("many")).expect("let in");
    client.subscribe(&[("t/+", ExactlyOnce)]).expect("granted");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let client = &client;
            scope.spawn(move || {
                let qos = [AtMostOnce, AtLeastOnce, ExactlyOnce, AtLeastOnce][thread];
                let topic: Arc<str> = format!("t/{thread}").into();
                for n in 0..200 {
                    let message = Message::new(topic.clone(), n.to_string()).qos(qos);
                    client.publish(message).expect("published");
                }
            });
        }
        let mut next = [0; 4];
        for message in client.messages_for(PATIENCE).take(800) {
            let thread: usize = message.topic[2..].parse().expect("a number");
            assert_eq!(message.payload, next[thread].to_string());
            next[thread] += 1;
        }
        assert_eq!(next, [200; 4]);
    });
    client.disconnect().expect("a graceful end");
    end(broker);
}

/// The broker goes and comes back at the same address; the client comes back by itself, and what
/// was asked meanwhile is done.
#[test]
fn a_client_outlives_its_broker() {
    let first = broker();
    let addr = first.addr();
    let client = Client::connect(addr, Options::new("phoenix")).expect("let in");
    client.subscribe(&[("x", AtLeastOnce)]).expect("granted");
    end(first);
    let token =
        client.publish_async(Message::new("x", "meanwhile").qos(AtLeastOnce)).expect("taken");
    let second = broker_at(addr);
    client.wait(token).expect("published in the end");
    // The subscription was made again, too.
    client.publish(Message::new("x", "again").qos(AtLeastOnce)).expect("published");
    let found = client.messages_for(PATIENCE).any(|message| message.payload == "again");
    assert!(found, "{:?}", client.ended());
    client.disconnect().expect("a graceful end");
    end(second);
}

#[test]
fn a_call_does_not_wait_for_ever() {
    let first = broker();
    let mut client = Client::connect(first.addr(), Options::new("a")).expect("let in");
    end(first);
    client.set_patience(Duration::from_millis(50));
    let late = client.publish(Message::new("x", "y").qos(AtLeastOnce));
    assert!(matches!(late, Err(Error::TimedOut)), "{late:?}");
    assert!(matches!(client.disconnect(), Err(Error::TimedOut)));
}
