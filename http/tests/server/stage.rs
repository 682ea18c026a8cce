//! A server with a small application, and a client that sends octets as it is told, on a
//! simulated network with a virtual clock.

use bytes::{Bytes, BytesMut};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use wirelab_http::{
    Answer, Answered, HttpError, Method, Next, Request, Router, Server, Settings, Sink, Source,
    Status,
};
use wirelab_reactor::sim::{Faults, Node, Turns, World};
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Settings as LoopSettings};

/// What [`app`]'s answers are dated.
pub const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

pub fn addr() -> SocketAddr {
    "10.0.0.1:80".parse().expect("an address")
}

/// Gives its pieces, and perhaps waits before each.
#[derive(Debug)]
pub struct Pieces {
    pub left: Vec<&'static [u8]>,
    pub wait: Option<Duration>,
    pub last: fn() -> Next,
    pub until: Now,
}

impl Source for Pieces {
    fn next(&mut self, now: Now) -> Next {
        if now < self.until {
            return Next::Wait(Some(self.until));
        }
        self.until = now + self.wait.unwrap_or_default();
        if self.left.is_empty() {
            return (self.last)();
        }
        Next::Piece(Bytes::from_static(self.left.remove(0)))
    }
}

/// A source of so many octets, a piece at a time.
#[derive(Debug)]
pub struct Flood {
    pub left: usize,
    pub piece: usize,
}

impl Source for Flood {
    fn next(&mut self, _now: Now) -> Next {
        let len = self.left.min(self.piece);
        self.left -= len;
        if len == 0 { Next::End } else { Next::Piece(Bytes::from(vec![b'x'; len])) }
    }
}

/// Counts what it is given.
#[derive(Debug, Default)]
struct Counter {
    octets: usize,
    pieces: usize,
}

impl Sink for Counter {
    fn on_piece(&mut self, piece: Bytes) -> Result<(), HttpError> {
        self.octets += piece.len();
        self.pieces += 1;
        if piece.starts_with(b"stop") {
            return Err(HttpError::answer(Status::UNPROCESSABLE_CONTENT, "no more of this"));
        }
        assert!(!piece.starts_with(b"boom"), "as it was told");
        Ok(())
    }

    fn on_end(self: Box<Self>, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let trailers = request.trailers().map_or(0, wirelab_http::Fields::len);
        answer.text(Status::OK, &format!("{} octets, {trailers} trailers\n", self.octets))
    }
}

fn pieces(left: &[&'static [u8]], last: fn() -> Next) -> Pieces {
    Pieces { left: left.to_vec(), wait: None, last, until: Duration::ZERO }
}

/// What the tests ask for.
pub fn app() -> Router {
    let mut router = Router::new();
    router.get("/", |_, answer| answer.ok().body(b"root"));
    router.get("/who/{name}", |request, answer| {
        let name = request.param("name").unwrap_or_default();
        answer.ok().field("Content-Type", "text/plain").body(name.as_bytes())
    });
    router.get("/query", |request, answer| {
        let a = request.query("a").unwrap_or_default();
        answer.ok().body(a.as_bytes())
    });
    router.post("/echo", |request, answer| answer.ok().body(request.body()));
    router
        .on_limited(Method::Post, "/small", 10, |request, answer| answer.ok().body(request.body()));
    router.on_pieces(Method::Post, "/count", |_| Ok(Box::<Counter>::default()));
    router.on_pieces(Method::Post, "/shut", |_| {
        Err(HttpError::answer(Status::FORBIDDEN, "nobody may"))
    });
    router.get("/pieces", |_, answer| {
        answer.ok().stream(pieces(&[b"one ", b"", b"two ", b"three"], || Next::End))
    });
    router.get("/exact", |_, answer| {
        answer.ok().stream_exact(7, pieces(&[b"one ", b"two"], || Next::End))
    });
    router.get("/short", |_, answer| {
        answer.ok().stream_exact(8, pieces(&[b"one ", b"two"], || Next::End))
    });
    router.get("/long", |_, answer| {
        answer.ok().stream_exact(5, pieces(&[b"one ", b"two"], || Next::End))
    });
    router.get("/abort", |_, answer| answer.ok().stream(pieces(&[b"one "], || Next::Abort)));
    router.get("/explode", |_, answer| {
        answer.ok().stream(pieces(&[b"one "], || panic!("as it was told")))
    });
    router.get("/slowly", |_, answer| {
        let source = Pieces {
            wait: Some(Duration::from_millis(100)),
            ..pieces(&[b"a", b"b"], || Next::End)
        };
        answer.ok().stream(source)
    });
    router.get("/flood", |_, answer| answer.ok().stream(Flood { left: 4 << 20, piece: 10_000 }));
    router.get("/large", |_, answer| answer.ok().shared(Bytes::from(vec![b'y'; 1 << 20])));
    router.get("/panic", |_, _| panic!("as it was told"));
    router.get("/nothing", |_, answer| answer.status(Status::NO_CONTENT).body(b"unsent"));
    router.get("/same", |_, answer| answer.status(Status::NOT_MODIFIED).body(b"unsent"));
    router.get("/reset", |_, answer| answer.status(Status::RESET_CONTENT).body(b"unsent"));
    router.get("/interim", |_, answer| answer.status(Status::CONTINUE).body(b"unsent"));
    router.get("/split", |_, answer| answer.ok().field("X", "a\r\nY: b").body(b"unsent"));
    router.get("/ours", |_, answer| {
        let answer = answer.ok().field("Content-Length", "99").field("Transfer-Encoding", "gzip");
        answer.field("connection", "close").field("Date", "today").body(b"ok")
    });
    router.get("/odd", |_, answer| answer.status(Status::new(299).expect("a status")).body(b"odd"));
    router.get("/last", |_, answer| answer.closing().text(Status::OK, "bye"));
    router
}

/// What a client was told.
#[derive(Debug, Default)]
pub struct Heard {
    pub octets: Vec<u8>,
    /// The server has ended its side, or broken the connection.
    pub ended: bool,
    /// It was broken.
    pub reset: bool,
}

/// Sends what it is told, and hears.
#[derive(Debug)]
pub struct Talker {
    pub heard: Rc<RefCell<Heard>>,
    pub conn: Option<ConnId>,
    /// It reads nothing.
    pub deaf: bool,
}

impl Service for Talker {
    fn on_start(&mut self, io: &mut Io) {
        self.conn = Some(io.connect(addr()));
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        if self.deaf {
            io.pause_reading(conn);
        }
    }

    fn on_data(&mut self, _: &mut Io, _: ConnId, input: &mut BytesMut) {
        self.heard.borrow_mut().octets.extend_from_slice(&input.split());
    }

    fn on_eof(&mut self, io: &mut Io, conn: ConnId) {
        self.heard.borrow_mut().ended = true;
        io.close(conn);
    }

    fn on_close(&mut self, _: &mut Io, _: ConnId, why: Closed) {
        let mut heard = self.heard.borrow_mut();
        heard.ended = true;
        heard.reset |= matches!(why, Closed::Failed(_));
    }
}

/// A server and one client.
pub struct Stage {
    pub world: World,
    pub server: Node<Server<Router>>,
    pub client: Node<Talker>,
    pub heard: Rc<RefCell<Heard>>,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(Settings::default(), Faults::none(), false)
    }

    pub fn with(settings: Settings, faults: Faults, deaf: bool) -> Self {
        let world = World::new(7, faults);
        let clock = Box::new(|_| Duration::from_secs(784_111_777));
        let server = Server::new(app(), settings).with_clock(clock);
        let mut server = Node::new(world.host(addr().ip()), LoopSettings::default(), server);
        server.event_loop.listen(addr()).expect("listens");
        let heard = Rc::<RefCell<Heard>>::default();
        let talker = Talker { heard: heard.clone(), conn: None, deaf };
        let client = Node::new(world.host([10, 0, 0, 2].into()), LoopSettings::default(), talker);
        let mut stage = Self { world, server, client, heard };
        stage.pass(Duration::from_millis(1));
        stage
    }

    pub fn without_a_clock() -> Self {
        Self::of(Server::new(app(), Settings::default()))
    }

    /// Another server in the place of the usual one.
    pub fn of(server: Server<Router>) -> Self {
        let mut stage = Self::new();
        stage.server.service = server;
        let io = stage.client.event_loop.io();
        stage.client.service.conn = Some(io.connect(addr()));
        stage.pass(Duration::from_millis(1));
        stage
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        let until = self.world.now() + time;
        let mut nodes: [&mut dyn Turns; 2] = [&mut self.server, &mut self.client];
        self.world.run(&mut nodes, until, || false).expect("the loops turn");
    }

    /// Sends these octets, and lets them arrive.
    pub fn send(&mut self, octets: &[u8]) -> &mut Self {
        let conn = self.client.service.conn.expect("connected");
        self.client.event_loop.io().send(conn, Bytes::copy_from_slice(octets));
        self.pass(Duration::from_millis(2));
        self
    }

    /// What the server has said.
    pub fn hear(&self) -> String {
        String::from_utf8_lossy(&self.heard.borrow().octets).into_owned()
    }

    pub fn ended(&self) -> bool {
        self.heard.borrow().ended
    }
}

/// What a whole conversation was answered with, and whether the server ended it.
pub fn answers(pieces: &[&[u8]]) -> (String, bool) {
    let mut stage = Stage::new();
    for piece in pieces {
        stage.send(piece);
    }
    stage.pass(Duration::from_millis(500));
    (stage.hear(), stage.ended())
}

/// The same, at every place where the octets may be parted; all must be as the whole.
pub fn answers_however_split(octets: &[u8]) -> (String, bool) {
    let whole = answers(&[octets]);
    for at in 1..octets.len() {
        let parted = answers(&[&octets[..at], &octets[at..]]);
        let text = octets.escape_ascii();
        assert_eq!(parted, whole, "parted at {at}: {text}");
    }
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    if octets.len() < 400 {
        assert_eq!(answers(&single), whole, "octet by octet: {}", octets.escape_ascii());
    }
    whole
}
