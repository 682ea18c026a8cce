//! What ZMTP allocates for a small message: on the way out nothing, on the way in its part of a
//! block of many. Held without a clock.

use std::collections::VecDeque;
use wirelab_benches::counting::{Counting, allocations};
use wirelab_benches::ready::{message, socket, wire};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::sockets::{Pub, Pull, Push};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Messages of a turn.
const BATCH: usize = 500;
const TURNS: usize = 200;

/// Allocations while so many messages go out over three peers; the messages themselves are there.
#[test]
fn a_small_message_out_allocates_nothing() {
    for size in [1, 64, 255, 1024] {
        let mut bench = socket::<Push>(3, SocketType::Pull);
        let message = message(size);
        // Fewer, when they are larger, so that all leave at once.
        let batch = BATCH.min(64 * 1024 / size);
        let mut turn = || {
            let (push, pipes) = bench.service.parts();
            for _ in 0..batch {
                assert!(push.send(pipes, bench.event_loop.io(), &message));
            }
            bench.turn();
        };
        (0..3).for_each(|_| turn());
        assert_eq!(allocations(|| (0..TURNS).for_each(|_| turn())), 0, "{size} B");
    }
}

/// The same for a message that goes to many.
#[test]
fn a_small_message_to_many_allocates_nothing() {
    let mut bench = socket::<Pub>(100, SocketType::Sub);
    let mut subscription = bytes::BytesMut::new();
    wirelab_zmtp::Message::from("\u{1}x").encode(&mut subscription);
    bench.event_loop.net().prepare(&subscription);
    bench.turn_with(100);
    let message = message(64);
    let mut turn = || {
        let (publisher, pipes) = bench.service.parts();
        for _ in 0..BATCH {
            assert_eq!(publisher.send(pipes, bench.event_loop.io(), &message), 100);
        }
        bench.turn();
    };
    (0..3).for_each(|_| turn());
    assert_eq!(allocations(|| (0..20).for_each(|_| turn())), 0);
}

/// A read's block, and what counts who still holds a part of it: two for all messages of a read.
#[test]
fn a_small_message_in_allocates_its_part_of_a_block() {
    let mut bench = socket::<Pull>(3, SocketType::Push);
    bench.event_loop.net().prepare(&wire(64, BATCH));
    let mut received = VecDeque::new();
    let mut turn = || {
        bench.turn_with(3);
        let (pull, pipes) = bench.service.parts();
        pull.recv_all(pipes, bench.event_loop.io(), &mut received);
        assert_eq!(received.len(), 3 * BATCH);
        received.clear();
    };
    (0..3).for_each(|_| turn());
    let count = allocations(|| (0..TURNS).for_each(|_| turn()));
    assert!(count <= 2 * 3 * TURNS as u64, "{count} in {} reads", 3 * TURNS);
}
