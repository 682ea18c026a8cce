//! Answers that wait for the end of their turn: together, or not at all.

use crate::stage::{Heard, Talker, addr};
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wirelab_http::{Answer, Answered, Handler, Request, Server, Settings, Status, Unkept};
use wirelab_reactor::Settings as LoopSettings;
use wirelab_reactor::sim::{Faults, Node, Turns, World};

/// Keeps what it is sent at the end of the turn, as long as it is allowed to.
#[derive(Debug, Default)]
struct Ledger {
    noted: usize,
    /// How many it kept in each turn that had any.
    kept: Rc<RefCell<Vec<usize>>>,
    full: Rc<Cell<bool>>,
}

impl Handler for Ledger {
    fn on_request(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        self.noted += usize::from(request.path() == b"/note");
        answer.text(Status::OK, "done\n")
    }

    fn holds(&self) -> bool {
        self.noted > 0
    }

    fn on_turn_end(&mut self) -> Result<(), Unkept> {
        let noted = std::mem::take(&mut self.noted);
        if noted > 0 && self.full.get() {
            return Err(Unkept);
        }
        self.kept.borrow_mut().extend((noted > 0).then_some(noted));
        Ok(())
    }
}

struct Ground {
    world: World,
    server: Node<Server<Ledger>>,
    clients: Vec<Node<Talker>>,
}

impl Ground {
    fn new(ledger: Ledger, clients: u8) -> Self {
        let world = World::new(7, Faults::none());
        let server = Server::new(ledger, Settings::default());
        let mut server = Node::new(world.host(addr().ip()), LoopSettings::default(), server);
        server.event_loop.listen(addr()).expect("listens");
        let client = |n| {
            let talker = Talker { heard: Rc::default(), conn: None, deaf: false };
            Node::new(world.host([10, 0, 0, n + 2].into()), LoopSettings::default(), talker)
        };
        let clients = (0..clients).map(client).collect();
        let mut ground = Self { world, server, clients };
        ground.pass();
        ground
    }

    fn pass(&mut self) {
        let until = self.world.now() + Duration::from_millis(5);
        let clients = self.clients.iter_mut().map(|client| client as &mut dyn Turns);
        let mut nodes: Vec<&mut dyn Turns> =
            std::iter::once(&mut self.server as &mut dyn Turns).chain(clients).collect();
        self.world.run(&mut nodes, until, || false).expect("the loops turn");
    }

    fn send(&mut self, client: usize, path: &str, times: usize) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(times);
        let client = &mut self.clients[client];
        let conn = client.service.conn.expect("connected");
        client.event_loop.io().send(conn, Bytes::from(request));
    }

    fn heard(&self, client: usize) -> Rc<RefCell<Heard>> {
        self.clients[client].service.heard.clone()
    }

    fn answers(&self, client: usize) -> usize {
        String::from_utf8_lossy(&self.heard(client).borrow().octets).matches("done\n").count()
    }
}

#[test]
fn all_that_a_turn_promised_is_kept_at_once() {
    let ledger = Ledger::default();
    let kept = ledger.kept.clone();
    let mut ground = Ground::new(ledger, 3);
    ground.send(0, "/note", 20);
    ground.pass();
    assert_eq!((ground.answers(0), &*kept.borrow()), (20, &vec![20]), "of one client");
    for client in 0..3 {
        ground.send(client, "/note", 2);
    }
    ground.pass();
    assert_eq!(kept.borrow().iter().sum::<usize>(), 26, "{kept:?}");
    assert_eq!([0, 1, 2].map(|client| ground.answers(client)), [22, 2, 2]);
}

#[test]
fn what_cannot_be_kept_is_not_answered() {
    let ledger = Ledger::default();
    let full = ledger.full.clone();
    let mut ground = Ground::new(ledger, 2);
    ground.send(0, "/note", 1);
    ground.send(1, "/", 1);
    ground.pass();
    assert_eq!([0, 1].map(|client| ground.answers(client)), [1, 1]);
    full.set(true);
    ground.send(0, "/note", 3);
    ground.pass();
    assert_eq!(ground.answers(0), 1, "none of the three is answered");
    assert!(ground.heard(0).borrow().reset, "and the client knows that it has no answer");
    // Who asked nothing of that kind is answered as before.
    ground.send(1, "/", 2);
    ground.pass();
    assert_eq!((ground.answers(1), ground.heard(1).borrow().ended), (3, false));
}
