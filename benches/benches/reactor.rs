//! `cargo bench -p wirelab-benches`: what the loop itself costs, without a kernel below it.
//!
//! Times come from criterion; allocations per delivery are counted and printed first.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::time::Duration;
use wirelab_benches::counting::{Counting, allocations};
use wirelab_benches::scenario::{Bench, Counter, FanOut};
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::Timer;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PEERS: usize = 1000;
const TIMERS: u64 = 10_000;
const SMALL: usize = 64;
const LARGE: usize = 1024;

fn echo(connections: usize) -> Bench<EchoServer> {
    Bench::new(connections, &[b'x'; SMALL], EchoServer::new(Style::Raw))
}

fn fan_out(size: usize) -> Bench<FanOut> {
    Bench::new(PEERS, b"go", FanOut::new(Bytes::from(vec![b'x'; size])))
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turn");
    let mut bench = echo(PEERS);
    group.bench_function("empty", |b| b.iter(|| bench.turn()));
    for readable in [1, 64, PEERS] {
        group.throughput(Throughput::Elements(readable as u64));
        let id = BenchmarkId::new("echo 64 B", readable);
        group.bench_function(id, |b| b.iter(|| bench.turn_with(readable)));
    }
    black_box(bench.event_loop.net().written());
}

fn fan_outs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan-out to 1000");
    group.throughput(Throughput::Elements(PEERS as u64));
    for (name, size) in [("copied 64 B", SMALL), ("shared 1 KiB", LARGE)] {
        let mut bench = fan_out(size);
        group.bench_function(name, |b| b.iter(|| bench.turn_with(1)));
        black_box(bench.event_loop.net().written());
    }
}

/// A moment that differs from timer to timer, far away.
fn far(n: u64) -> Duration {
    Duration::from_secs(3600) + Duration::from_micros(n.wrapping_mul(0x9e37_79b9) % 1_000_000)
}

fn timers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("timers, 10000 armed");
    let mut bench = Bench::new(1, b"", Counter::new());
    for n in 0..TIMERS {
        bench.event_loop.io().set_timer(Timer::Service(n), far(n));
    }
    let mut n = 0;
    group.bench_function("move", |b| {
        b.iter(|| {
            n += 1;
            bench.event_loop.io().set_timer(Timer::Service(n % TIMERS), far(n));
        });
    });
    group.bench_function("set and cancel", |b| {
        b.iter(|| {
            n += 1;
            bench.event_loop.io().set_timer(Timer::Service(TIMERS), far(n));
            bench.event_loop.io().cancel_timer(Timer::Service(TIMERS));
        });
    });
    group.bench_function("set and fire, with its turn", |b| {
        b.iter(|| {
            let now = bench.event_loop.io().now();
            bench.event_loop.io().set_timer(Timer::Service(TIMERS), now);
            bench.turn();
        });
    });
    assert!(bench.service.seen > 0, "the timers of the last case fire");
}

fn mailbox(criterion: &mut Criterion) {
    const POSTS: u64 = 64;
    let mut group = criterion.benchmark_group("mailbox");
    let mut bench = Bench::new(1, b"", Counter::new());
    let (sender, mailbox) = bench.event_loop.mailbox(1024);
    bench.service.reads(mailbox);
    for posts in [1, POSTS] {
        group.throughput(Throughput::Elements(posts));
        group.bench_function(BenchmarkId::new("post and take in one turn", posts), |b| {
            b.iter(|| {
                for n in 0..posts {
                    sender.try_post(n).expect("room for all");
                }
                bench.turn();
            });
        });
    }
    assert!(bench.service.seen >= POSTS, "what is posted is seen");
}

fn print_allocations() {
    const TURNS: usize = 1000;
    let per_delivery = |count: u64| count as f64 / (TURNS * PEERS) as f64;
    let report = |name: &str, turn: &mut dyn FnMut()| {
        turn();
        let count = allocations(|| (0..TURNS).for_each(|_| turn()));
        println!("allocations per delivery, {name}: {:.6}", per_delivery(count));
    };
    let mut bench = echo(PEERS);
    report("echo 64 B on 1000 connections", &mut || bench.turn_with(PEERS));
    for (name, size) in [("copied 64 B", SMALL), ("shared 1 KiB", LARGE)] {
        let mut bench = fan_out(size);
        report(&format!("fan-out to 1000, {name}"), &mut || bench.turn_with(1));
    }
}

criterion_group!(all, turns, fan_outs, timers, mailbox);

fn main() {
    print_allocations();
    all();
    Criterion::default().configure_from_args().final_summary();
}
