//! The loop's promise to allocate nothing per delivery, held without a clock.

use bytes::Bytes;
use wirelab_benches::counting::{Counting, allocations};
use wirelab_benches::scenario::{Bench, FanOut};
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::Service;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PEERS: usize = 1000;
const TURNS: usize = 200;
/// Allocations per delivery. What there is comes from the read block, once in hundreds of reads.
const ALLOWED: f64 = 0.01;

/// Turns with `readable` connections, each of which delivers `size` bytes to all peers.
fn per_delivery<S: Service>(mut bench: Bench<S>, readable: usize, size: usize) -> f64 {
    // Lists find their length, and spare buffers are made.
    for _ in 0..3 {
        bench.turn_with(readable);
    }
    let before = bench.event_loop.net().written().0;
    let count = allocations(|| (0..TURNS).for_each(|_| bench.turn_with(readable)));
    let bytes = bench.event_loop.net().written().0 - before;
    assert_eq!(bytes, (TURNS * PEERS * size) as u64, "all was delivered");
    count as f64 / (TURNS * PEERS) as f64
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 10]))), 1);
}

#[test]
fn an_echo_of_small_messages_allocates_nothing() {
    let bench = Bench::new(PEERS, &[b'x'; 64], EchoServer::new(Style::Raw));
    let per_delivery = per_delivery(bench, PEERS, 64);
    assert!(per_delivery < ALLOWED, "{per_delivery}");
}

#[test]
fn a_fan_out_allocates_nothing() {
    for size in [64, 1024] {
        let bench = Bench::new(PEERS, b"go", FanOut::new(Bytes::from(vec![b'x'; size])));
        let per_delivery = per_delivery(bench, 1, size);
        assert!(per_delivery < ALLOWED, "{size} B: {per_delivery}");
    }
}
