//! A server that takes a large message slowly is there, and one that takes nothing is not.

use bytes::{Bytes, BytesMut};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;
use wirelab_mqtt::client::{Client, Command, Event, Message, Observer, Options};
use wirelab_mqtt::packet::{ConnAck, ConnectReturnCode};
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Settings, Timer};

/// Octets of the message.
const SIZE: usize = 8 * 1024 * 1024;
/// Seconds of Keep Alive.
const KEEP_ALIVE: u16 = 4;
/// From one read to the next: at 64 KiB each the message takes half a minute.
const PACE: Duration = Duration::from_millis(250);

fn addr() -> SocketAddr {
    "10.0.0.1:1883".parse().unwrap()
}

/// Lets everybody in, and reads a little now and then, until so many octets have come.
struct Slow {
    until: usize,
    heard: Rc<Cell<usize>>,
}

impl Service for Slow {
    fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        if self.heard.get() == 0 {
            let code = ConnectReturnCode::Accepted;
            io.write(conn, |out| ConnAck { session_present: false, code }.encode(out));
        }
        self.heard.set(self.heard.get() + input.len());
        input.clear();
        io.pause_reading(conn);
        if self.heard.get() < self.until {
            io.set_timer(Timer::Conn(conn, 0), io.now() + PACE);
        }
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        if let Timer::Conn(conn, _) = timer {
            io.resume_reading(conn);
        }
    }

    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Observer for Notes {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        if matches!(event, Event::Lost { .. } | Event::Ended(_)) {
            self.0.borrow_mut().push(format!("{event:?}"));
        }
        ControlFlow::Continue(())
    }
}

/// How many octets a server takes that reads until so many have come, within so long; and what the
/// client says of it.
fn publish(until: usize, time: Duration) -> (usize, Vec<String>) {
    let world = World::new(7, Faults::none());
    let heard = Rc::new(Cell::new(0));
    let slow = Slow { until, heard: heard.clone() };
    let mut server = Node::new(world.host(addr().ip()), Settings::default(), slow);
    server.event_loop.listen(addr()).unwrap();
    let mut options = Options::new("patient");
    options.connect.keep_alive = KEEP_ALIVE;
    let notes = Notes::default();
    let client = Client::new(vec![addr()], options, notes.clone());
    let settings = wirelab_mqtt::client::service::loop_settings();
    let mut client = Node::new(world.host([10, 0, 0, 2].into()), settings, client);
    let message = Message::new("large", Bytes::from(vec![b'x'; SIZE]));
    client.service.command(client.event_loop.io(), Command::Publish(1, message));
    let mut nodes: [&mut dyn Turns; 2] = [&mut server, &mut client];
    let ended = || heard.get() > SIZE || !notes.0.borrow().is_empty();
    world.run(&mut nodes, time, ended).unwrap();
    let said = notes.0.borrow().clone();
    (heard.get(), said)
}

/// The PINGREQ stands behind the message, and nobody answers what he has not got [MQTT-3.1.2-23].
#[test]
fn whoever_takes_a_large_message_slowly_is_there() {
    let (heard, said) = publish(usize::MAX, Duration::from_secs(300));
    assert!(heard > SIZE && said.is_empty(), "{heard} of {SIZE}: {said:?}");
}

#[test]
fn whoever_takes_nothing_more_is_gone() {
    let (heard, said) = publish(SIZE / 4, Duration::from_secs(60));
    assert!(heard < SIZE / 2, "{heard}");
    assert!(said.first().is_some_and(|first| first.contains("Silent")), "{said:?}");
}
