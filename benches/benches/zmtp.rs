//! `cargo bench -p wirelab-benches --bench zmtp`: frames in and out, subscriptions, and who gets or
//! gives the next message.
//!
//! There is no kernel below: what is timed is the protocol's own work.
#![allow(missing_docs)] // Criterion's macros make items that have none.

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;
use wirelab_benches::ready::{handshake, message, socket, wire};
use wirelab_zmtp::mechanism::{Local, Mechanism};
use wirelab_zmtp::metadata::{Metadata, SOCKET_TYPE};
use wirelab_zmtp::peer::{Event, Peer};
use wirelab_zmtp::sockets::subscriptions::Subscriptions;
use wirelab_zmtp::sockets::{Pull, Push};
use wirelab_zmtp::{Message, SocketType};

const SIZES: [usize; 6] = [1, 64, 255, 1024, 64 * 1024, 1024 * 1024];
const PREFIXES: [usize; 3] = [1, 1000, 1_000_000];
/// Messages that one read brings, or one turn sends.
const BATCH: usize = 500;
/// Topics that are looked up in turn.
const ASKED: usize = 100_000;

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for size in SIZES {
        let message = message(size);
        let mut out = BytesMut::with_capacity(size + 9);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                out.clear();
                black_box(&message).encode(&mut out);
                black_box(&out);
            });
        });
    }
}

/// A peer that is ready for traffic.
fn ready_peer() -> Peer {
    let metadata = Metadata::new().with(SOCKET_TYPE, "PULL").expect("a short name");
    let (socket_type, mechanism) = (SocketType::Pull, Mechanism::Null);
    let local = Arc::new(Local { socket_type, mechanism, metadata, minor: 1 });
    let (mut peer, _) = Peer::new(local, usize::MAX);
    let (mut input, mut out) = (handshake(SocketType::Push), BytesMut::new());
    let ready = peer.next_event(&mut input, &mut out).expect("a good handshake");
    assert!(matches!(ready, Some(Event::Ready(_))));
    peer
}

/// As many as a read of 64 KiB brings, split off what was read; the copy that stands for the read
/// is in the time.
fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for size in SIZES {
        let count = (64 * 1024 / (size + 9)).max(1);
        let (bytes, mut peer) = (wire(size, count), ready_peer());
        let mut out = BytesMut::new();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let mut input = BytesMut::from(&bytes[..]);
                for _ in 0..count {
                    black_box(peer.next_event(&mut input, &mut out).expect("good frames"));
                }
                assert!(input.is_empty());
            });
        });
    }
}

/// Each prefix matches one topic: they end alike, and begin in an order without a pattern.
fn prefix(n: usize) -> String {
    format!("{:08x}/device-{n}/", (n as u32).wrapping_mul(0x9e37_79b1))
}

fn tree(size: usize) -> Subscriptions {
    let mut tree = Subscriptions::default();
    (0..size).for_each(|n| tree.add(n % 1000, prefix(n).as_bytes()));
    tree
}

fn subscriptions(criterion: &mut Criterion) {
    for size in PREFIXES {
        let mut tree = tree(size);
        let step = size.div_ceil(ASKED);
        let topics: Vec<String> = (0..size).step_by(step).map(|n| prefix(n) + "on").collect();
        let (mut topics, mut found) = (topics.iter().cycle(), Vec::new());
        let mut group = criterion.benchmark_group("subscriptions");
        group.bench_function(BenchmarkId::new("match among", size), |bencher| {
            bencher.iter(|| {
                found.clear();
                tree.matching(topics.next().expect("a cycle has no end").as_bytes(), &mut found);
                assert_eq!(black_box(&found).len(), 1);
            });
        });
        let others: Vec<String> = (size..size + ASKED).map(prefix).collect();
        let mut others = others.iter().cycle();
        group.bench_function(BenchmarkId::new("insert and remove beside", size), |bencher| {
            bencher.iter(|| {
                let other = others.next().expect("a cycle has no end").as_bytes();
                tree.add(0, other);
                assert!(tree.remove(0, other));
            });
        });
    }
}

/// PUSH: so many messages in turn to all, and the writes that carry them.
fn round_robin(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("round-robin of 64 B to");
    group.throughput(Throughput::Elements(BATCH as u64));
    for peers in [1, 3, 100] {
        let mut bench = socket::<Push>(peers, SocketType::Pull);
        let message = Message::new(Bytes::from(vec![b'x'; 64]));
        group.bench_function(BenchmarkId::from_parameter(peers), |bencher| {
            bencher.iter(|| {
                let (push, pipes) = bench.service.parts();
                for _ in 0..BATCH {
                    assert!(push.send(pipes, bench.event_loop.io(), &message));
                }
                bench.turn();
            });
        });
    }
}

/// PULL: a read of each peer, and all of it received in turn.
fn fair_queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fair queue of 64 B from");
    for peers in [1, 3, 100] {
        let mut bench = socket::<Pull>(peers, SocketType::Push);
        bench.event_loop.net().prepare(&wire(64, BATCH));
        let mut received = VecDeque::new();
        group.throughput(Throughput::Elements((BATCH * peers) as u64));
        group.bench_function(BenchmarkId::from_parameter(peers), |bencher| {
            bencher.iter(|| {
                bench.turn_with(peers);
                let (pull, pipes) = bench.service.parts();
                pull.recv_all(pipes, bench.event_loop.io(), &mut received);
                assert_eq!(received.len(), BATCH * peers);
                received.clear();
            });
        });
    }
}

criterion_group!(benches, encode, decode, subscriptions, round_robin, fair_queue);
criterion_main!(benches);
