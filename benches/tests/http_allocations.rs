//! What HTTP allocates for a request once its connection is warm: nothing, unless it is chunked or
//! comes in several reads. Held without a clock, over the real server and router, and the lab's
//! sum.

use bytes::Bytes;
use wirelab::rest::lab;
use wirelab_benches::counting::{Counting, allocations};
use wirelab_benches::scenario::Bench;
use wirelab_http::{Answer, Answered, HttpError, Method, Request, Router, Server, Settings, Sink};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PEERS: usize = 64;
const TURNS: usize = 50;
/// So many octets does one answer have, at least.
const ANSWER_MIN: usize = 64;

/// What the lab's client sends.
const GET: &str = "GET /add?a=5&b=9 HTTP/1.1\r\nHost: localhost:5151\r\nUser-Agent: a test\r\n\
    Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";

/// POST collects a body, PUT takes it in pieces; GET answers 64 KiB.
fn octets(router: &mut Router) {
    router.on(Method::Post, "/octets", |request, answer| answer.ok().body(request.body()));
    router.on_pieces(Method::Put, "/octets", |_| Ok(Box::new(Count(0))));
    let content = Bytes::from(vec![b'x'; 64 * 1024]);
    router.get("/octets", move |_, answer| answer.ok().shared(content.clone()));
}

#[derive(Debug)]
struct Count(usize);

impl Sink for Count {
    fn on_piece(&mut self, piece: Bytes) -> Result<(), HttpError> {
        self.0 += piece.len();
        Ok(())
    }

    fn on_end(self: Box<Self>, _request: &Request<'_>, answer: Answer<'_>) -> Answered {
        answer.ok().body(&self.0.to_be_bytes())
    }
}

/// Peers that each read this again and again, and have been answered a few times.
fn warm(prepared: &str, routes: fn(&mut Router)) -> Bench<Server<Router>> {
    let mut router = Router::new();
    routes(&mut router);
    let server = Server::new(router, Settings::default()).with_clock(Box::new(|now| now));
    let mut bench = Bench::new(PEERS, prepared.as_bytes(), server);
    (0..3).for_each(|_| bench.turn_with(PEERS));
    bench
}

/// Allocations for each of the `requests` that each peer's read brings.
fn each(mut bench: Bench<Server<Router>>, requests: usize) -> f64 {
    let before = bench.event_loop.net().written().0;
    let count = allocations(|| (0..TURNS).for_each(|_| bench.turn_with(PEERS)));
    let written = bench.event_loop.net().written().0 - before;
    let requests = TURNS * PEERS * requests;
    assert!(written >= (requests * ANSWER_MIN) as u64, "{written} octets for {requests} requests");
    count as f64 / requests as f64
}

fn is_none(each: f64) -> bool {
    each.abs() < f64::EPSILON
}

/// Alone in its read; as many as a small read holds; and more, so that the read is shared rather
/// than copied.
#[test]
fn a_request_allocates_nothing() {
    for depth in [1, 16, 200] {
        let each = each(warm(&GET.repeat(depth), lab::routes), depth);
        assert!(is_none(each), "{each} for each of {depth}");
    }
}

#[test]
fn a_refusal_or_a_large_answer_allocates_nothing() {
    for target in ["/octets", "/nothing"] {
        let each = each(warm(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"), octets), 1);
        assert!(is_none(each), "{each} for {target}");
    }
}

#[test]
fn a_body_of_known_length_allocates_nothing() {
    for size in [16, 4096, 30_000] {
        let head = format!("POST /octets HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
        let each = each(warm(&format!("{head}{}", "x".repeat(size)), octets), 1);
        assert!(is_none(each), "{each} for {size} octets");
    }
}

const CHUNKED: &str = "/octets HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The chunks' reader has a place of its own, so that a connection without one stays small.
#[test]
fn a_chunked_body_allocates_its_reader() {
    for size in [16, 4096] {
        let chunk = format!("{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size));
        let each = each(warm(&format!("POST {CHUNKED}{chunk}"), octets), 1);
        assert!(each <= 1.0, "{each} for {size} octets");
    }
}

#[test]
fn a_chunk_that_is_taken_as_a_piece_allocates_nothing() {
    for size in [16, 4096] {
        let mut bench = warm(&format!("PUT {CHUNKED}1\r\nx\r\n0\r\n\r\n"), octets);
        bench.event_loop.net().prepare(format!("PUT {CHUNKED}").as_bytes());
        bench.turn_with(PEERS);
        // The body goes on for as long as we look.
        let chunks = format!("{size:x}\r\n{}\r\n", "x".repeat(size)).repeat(8);
        bench.event_loop.net().prepare(chunks.as_bytes());
        (0..3).for_each(|_| bench.turn_with(PEERS));
        let count = allocations(|| (0..TURNS).for_each(|_| bench.turn_with(PEERS)));
        assert_eq!(count, 0, "in {} chunks of {size}", TURNS * PEERS * 8);
        // And then it ends, and is answered: the chunks were chunks.
        let before = bench.event_loop.net().written().0;
        bench.event_loop.net().prepare(b"0\r\n\r\n");
        bench.turn_with(PEERS);
        let written = bench.event_loop.net().written().0 - before;
        assert!(written >= (PEERS * ANSWER_MIN) as u64, "{written}");
    }
}

/// What the first read left is kept, and the second appended to it.
#[test]
fn a_head_in_two_reads_allocates_little() {
    let (first, second) = GET.as_bytes().split_at(GET.len() / 2);
    let mut bench = warm(GET, lab::routes);
    let mut turn = || {
        for piece in [first, second] {
            bench.event_loop.net().prepare(piece);
            bench.turn_with(PEERS);
        }
    };
    turn();
    let count = allocations(|| (0..TURNS).for_each(|_| turn()));
    let each = count as f64 / (TURNS * PEERS) as f64;
    assert!(each < 4.1, "{each}");
}
