//! Pipelining clients and a server on a bad network: every answer belongs to its request, comes in
//! its order, and whole or not at all; and afterwards the server holds nobody.
//!
//! Each seed is one world. A failure names its seed; `WIRELAB_SEED=n` replays just that one.
//! `WIRELAB_SEEDS=n` sets how many are run.

use bytes::{Bytes, BytesMut};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use wirelab_http::client::{Event, Session};
use wirelab_http::{Method, Next, Router, Server, Settings, Source};
use wirelab_reactor::random::Random;
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Settings as LoopSettings};

/// Seeds that are run when nobody says how many.
const SEEDS: u64 = 4_000;
/// The two cores that the tests may take.
const THREADS: u64 = 2;
/// Requests that each client wants answered.
const WANTED: usize = 10;
/// Virtual time in which all must have been answered.
const PATIENCE: Now = Duration::from_secs(6 * 3600);

fn addr() -> SocketAddr {
    "10.0.0.1:80".parse().expect("an address")
}

/// `text`, so many times, in pieces, with a wait now and then.
#[derive(Debug)]
struct Again {
    text: Bytes,
    left: usize,
    until: Now,
}

impl Source for Again {
    fn next(&mut self, now: Now) -> Next {
        if self.left == 0 {
            return Next::End;
        }
        if now < self.until {
            return Next::Wait(Some(self.until));
        }
        self.left -= 1;
        if self.left % 7 == 3 {
            self.until = now + Duration::from_millis(5);
        }
        Next::Piece(self.text.clone())
    }
}

fn app() -> Router {
    let mut router = Router::new();
    router.get("/whole/{id}", |request, answer| {
        answer.ok().body(request.param("id").unwrap_or_default().as_bytes())
    });
    router.get("/pieces/{id}", |request, answer| {
        let text = Bytes::from(request.param("id").unwrap_or_default().into_owned());
        answer.ok().stream(Again { text, left: 40, until: Duration::ZERO })
    });
    router.post("/echo/{id}", |request, answer| answer.ok().body(request.body()));
    router.get("/large/{id}", |request, answer| {
        let id = request.param("id").unwrap_or_default();
        answer.ok().shared(Bytes::from(id.repeat(1_500)))
    });
    router
}

/// A request, and the content that answers it.
struct Asked {
    request: Vec<u8>,
    answer: Vec<u8>,
    method: Method,
}

fn ask(client: usize, n: usize, dice: &mut Random) -> Asked {
    let id = format!("c{client}-{n}.");
    let get = |kind: &str| format!("GET /{kind}/{id} HTTP/1.1\r\nHost: a\r\n\r\n");
    let post = |fields: String, body: String| {
        format!("POST /echo/{id} HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}")
    };
    let (method, request, answer) = match dice.below(5) {
        0 => (Method::Get, get("whole"), id.clone()),
        1 => (Method::Get, get("pieces"), id.repeat(40)),
        2 => (Method::Get, get("large"), id.repeat(1_500)),
        3 => {
            let body = id.repeat(1 + dice.below(500) as usize);
            let length = format!("Content-Length: {}\r\n", body.len());
            (Method::Post, post(length, body.clone()), body)
        }
        _ => {
            let (len, id) = (id.len(), &id);
            let chunks = format!("{len:x};x=y\r\n{id}\r\n").repeat(5);
            let coding = "Transfer-Encoding: chunked\r\n".to_owned();
            (Method::Post, post(coding, format!("{chunks}0\r\nX: y\r\n\r\n")), id.repeat(5))
        }
    };
    Asked { request: request.into_bytes(), answer: answer.into_bytes(), method }
}

#[derive(Default)]
struct Done {
    answered: usize,
    lost: usize,
}

/// Sends all that is not answered down one connection, and begins anew when it breaks.
struct Pipeliner {
    name: String,
    wanted: VecDeque<Asked>,
    conn: Option<ConnId>,
    session: Session,
    content: Vec<u8>,
    done: Rc<RefCell<Done>>,
}

impl Pipeliner {
    fn connect(&mut self, io: &mut Io) {
        self.session = Session::default();
        self.content.clear();
        self.conn = Some(io.connect(addr()));
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Interim(head) => panic!("{}: {head:?}", self.name),
            Event::Head(head) => assert_eq!(head.code(), 200, "{}: {head:?}", self.name),
            Event::Piece(data) => self.content.extend_from_slice(&data),
            Event::End(_) => {
                let asked = self.wanted.pop_front().expect("something was asked");
                assert!(self.content == asked.answer, "{}: another's answer", self.name);
                self.content.clear();
                self.done.borrow_mut().answered += 1;
            }
        }
    }
}

impl Service for Pipeliner {
    fn on_start(&mut self, io: &mut Io) {
        self.connect(io);
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        for asked in &self.wanted {
            self.session.asked(asked.method, false);
            io.send(conn, Bytes::copy_from_slice(&asked.request));
        }
    }

    fn on_data(&mut self, _: &mut Io, _: ConnId, input: &mut BytesMut) {
        loop {
            match self.session.next(input) {
                Ok(Some(event)) => self.on_event(event),
                Ok(None) => return,
                Err(error) => panic!("{}: {error}", self.name),
            }
        }
    }

    fn on_timer(&mut self, io: &mut Io, _: wirelab_reactor::Timer) {
        self.connect(io);
    }

    fn on_close(&mut self, io: &mut Io, _: ConnId, _: Closed) {
        self.conn = None;
        if !self.wanted.is_empty() {
            self.done.borrow_mut().lost += 1;
            let wait = Duration::from_millis(1 + io.random(3_000));
            io.set_timer(wirelab_reactor::Timer::Service(0), io.now() + wait);
        }
    }
}

fn run(seed: u64) -> (u64, usize) {
    let mut dice = Random::new(!seed);
    let faults = if dice.percent(30) { Faults::mild() } else { Faults::wild() };
    let world = World::new(seed, faults);
    let server = Server::new(app(), Settings::default());
    // Small marks, so that answers wait for their clients.
    let settings = LoopSettings { high_water: 8_000, low_water: 2_000, ..LoopSettings::default() };
    let mut server = Node::new(world.host(addr().ip()), settings, server);
    server.event_loop.listen(addr()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let (mut clients, mut done) = (Vec::new(), Vec::new());
    for client in 0..=dice.below(3) as usize {
        let told = Rc::<RefCell<Done>>::default();
        let pipeliner = Pipeliner {
            name: format!("seed {seed}, client {client}"),
            wanted: (0..WANTED).map(|n| ask(client, n, &mut dice)).collect(),
            conn: None,
            session: Session::default(),
            content: Vec::new(),
            done: told.clone(),
        };
        let host = world.host([10, 0, 0, 10 + client as u8].into());
        clients.push(Node::new(host, LoopSettings::default(), pipeliner));
        done.push(told);
    }
    let all = || done.iter().all(|done| done.borrow().answered == WANTED);
    let mut nodes: Vec<&mut dyn Turns> = vec![&mut server];
    nodes.extend(clients.iter_mut().map(|node| node as &mut dyn Turns));
    let turned = world.run(&mut nodes, PATIENCE, all);
    let turned = turned.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert!(turned, "seed {seed}: not all is answered");
    // Idle by now, all are sent away in time.
    world.set_faults(Faults::none());
    let until = world.now() + Duration::from_secs(600);
    world.run(&mut nodes, until, || false).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    assert_eq!(server.service.clients(), 0, "seed {seed}");
    let lost = done.iter().map(|done| done.borrow().lost).sum();
    (world.trace_hash(), lost)
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

#[test]
fn every_answer_belongs_to_its_request() {
    // [9112-9.3.2-01] [9112-9.2-01]
    if let Some(seed) = number("WIRELAB_SEED") {
        run(seed);
        return;
    }
    let seeds = number("WIRELAB_SEEDS").unwrap_or(SEEDS);
    let part = |first: u64| {
        let mut lost = 0;
        for seed in (first..seeds).step_by(THREADS as usize) {
            let (hash, times) = run(seed);
            lost += times;
            if seed % 100 < THREADS {
                assert_eq!(run(seed).0, hash, "seed {seed}: the same run again");
            }
        }
        lost
    };
    let lost: usize = thread::scope(|scope| {
        let parts: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || part(n))).collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|p| resume_unwind(p))).sum()
    });
    assert!(lost > 0, "the network was too good to show anything");
}
