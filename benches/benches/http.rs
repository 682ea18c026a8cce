//! `cargo bench -p wirelab-benches --bench http`: heads and bodies in, answers out, and the way
//! from a path to its handler.
//!
//! There is no kernel below: what is timed is the protocol's own work, and the loop's for a read.
//! Heads, answers and routes are timed through the whole server, many requests in one read; what
//! one of them costs by itself is its difference to the least, which is `head/short`.
#![allow(missing_docs)] // Criterion's macros make items that have none.

use bytes::{Bytes, BytesMut};
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use std::fmt::Write as _;
use std::hint::black_box;
use wirelab::rest::lab;
use wirelab_benches::scenario::Bench;
use wirelab_http::body::{ChunkedReader, Piece};
use wirelab_http::{Answer, Answered, Router, Server, Settings, Status};

/// Octets that surely come in one read.
const READ: usize = 32 * 1024 - 1;
/// Requests in one read, at most: so few that the answers to all of them go out at once.
const BATCH: usize = 16;

const SHORT: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a browser sends, by the number and the lengths of the fields.
const BROWSER: &str = "GET /a HTTP/1.1\r\n\
    Host: localhost:5151\r\n\
    Connection: keep-alive\r\n\
    Cache-Control: max-age=0\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/140.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
    */*;q=0.8\r\n\
    Sec-Fetch-Site: none\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,id;q=0.8\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n";

fn hundred_fields() -> String {
    let mut head = "GET /a HTTP/1.1\r\nHost: a\r\n".to_owned();
    for n in 0..99 {
        let _ = write!(head, "X-Field-{n}: the value of it\r\n");
    }
    head + "\r\n"
}

/// Times one of the requests that a read brings, all of them answered by this router.
fn served(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    requests: &[String],
    router: Router,
) {
    let longest = requests.iter().map(String::len).max().unwrap_or(1);
    let count = (READ / longest).clamp(1, BATCH);
    let read: String = requests.iter().cycle().take(count).map(String::as_str).collect();
    let server = Server::new(router, Settings::default()).with_clock(Box::new(|now| now));
    let mut bench = Bench::new(1, read.as_bytes(), server);
    group.throughput(Throughput::Elements(count as u64));
    let mut written = |read: &str| {
        let before = bench.event_loop.net().written().0;
        bench.event_loop.net().prepare(read.as_bytes());
        bench.turn_with(1);
        bench.event_loop.net().written().0 - before
    };
    assert_eq!(written(&requests[0]) * count as u64, written(&read), "all are answered, and alike");
    group.bench_function(id, |bencher| bencher.iter(|| bench.turn_with(1)));
}

fn one_route(action: fn(Answer<'_>) -> Answered) -> Router {
    let mut router = Router::new();
    router.get("/a", move |_, answer| action(answer));
    router
}

fn no_content(answer: Answer<'_>) -> Answered {
    answer.empty(Status::NO_CONTENT)
}

fn heads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("head");
    for (name, head) in [
        ("short", SHORT.to_owned()),
        ("browser", BROWSER.to_owned()),
        ("100 fields", hundred_fields()),
    ] {
        let id = BenchmarkId::from_parameter(name);
        served(&mut group, id, &[head], one_route(no_content));
    }
}

fn answers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answer");
    let mut of = |name: &str, action| {
        served(
            &mut group,
            BenchmarkId::from_parameter(name),
            &[SHORT.to_owned()],
            one_route(action),
        );
    };
    of("text, 19 B", |answer| answer.text(Status::OK, "as much as the sum\n"));
    of("ten fields, 1 KiB", |answer| {
        let mut answer = answer.ok();
        for name in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] {
            answer = answer.field(name, "the value of it");
        }
        answer.body(&[b'x'; 1024])
    });
    of("shared, 8 KiB", |answer| {
        static CONTENT: [u8; 8 * 1024] = [b'x'; 8 * 1024];
        answer.ok().shared(Bytes::from_static(&CONTENT))
    });
    let mut router = Router::new();
    lab::routes(&mut router);
    let sum = SHORT.replace("/a", "/add?a=5&b=9");
    served(&mut group, BenchmarkId::from_parameter("the lab's sum"), &[sum], router);
}

fn routes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("router");
    for count in [1, 10, 1000] {
        let mut router = Router::new();
        for n in 0..count {
            router.get(&format!("/things-{n}/{{id}}/parts"), |_, answer| no_content(answer));
        }
        // In an order without a pattern.
        let target = |n: usize| format!("/things-{}/12345/parts", n * 7919 % count);
        let requests: Vec<String> = (0..BATCH).map(|n| SHORT.replace("/a", &target(n))).collect();
        served(&mut group, BenchmarkId::from_parameter(count), &requests, router);
    }
}

/// As many chunks as a read brings, split off what was read; the copy that stands for the read is
/// in the time.
fn chunks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chunks");
    for size in [1, 16, 256, 4096, 64 * 1024] {
        let count = (64 * 1024 / size).min(1000);
        let bytes = format!("{size:x}\r\n{}\r\n", "x".repeat(size)).repeat(count);
        // One body without an end.
        let mut reader = ChunkedReader::default();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let mut input = BytesMut::from(bytes.as_bytes());
                let mut pieces = 0;
                while let Some(piece) = reader.next(&mut input).expect("good chunks") {
                    assert!(matches!(black_box(piece), Piece::Data(_)));
                    pieces += 1;
                }
                assert_eq!(pieces, count);
            });
        });
    }
}

criterion_group!(benches, heads, answers, routes, chunks);
criterion_main!(benches);
