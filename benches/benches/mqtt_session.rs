//! What following a delivery costs: a message pushed, sent and acknowledged, at QoS 1 and 2, with
//! windows of several sizes; and a session sent again after a loss.
//!
//! It knows the delivery machines and nothing of connections.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use wirelab_mqtt::QoS::{self, AtLeastOnce, ExactlyOnce};
use wirelab_mqtt::delivery::{Arrival, Receiver, Sender, Waiting};

fn full(window: usize, qos: QoS) -> Sender<u64> {
    let mut sender = Sender::new(window);
    for ticket in 0..2 * window as u64 {
        sender.push(Waiting { ticket, qos, message: ticket });
    }
    while sender.send_next().is_some() {}
    sender
}

/// One message goes, the next one comes: the window stays full.
fn one_of_qos_1(sender: &mut Sender<u64>, id: &mut u16) {
    let packet_id = std::num::NonZeroU16::new(*id).expect("it is counted from 1");
    let done = sender.on_puback(packet_id).expect("of QoS 1").expect("in flight");
    sender.push(Waiting { ticket: done.ticket, qos: AtLeastOnce, message: done.message });
    black_box(sender.send_next().is_some());
    *id = id.checked_add(1).unwrap_or(1);
}

fn one_of_qos_2(sender: &mut Sender<u64>, receiver: &mut Receiver, id: &mut u16) {
    let packet_id = std::num::NonZeroU16::new(*id).expect("it is counted from 1");
    assert_eq!(receiver.on_publish(packet_id), Arrival::New);
    black_box(sender.on_pubrec(packet_id).expect("of QoS 2"));
    receiver.on_pubrel(packet_id);
    let done = sender.on_pubcomp(packet_id).expect("released");
    sender.push(Waiting { ticket: done.ticket, qos: ExactlyOnce, message: done.ticket });
    black_box(sender.send_next().is_some());
    *id = id.checked_add(1).unwrap_or(1);
}

fn deliveries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("delivery");
    for window in [1, 20, 100, 10_000] {
        let (mut sender, mut id) = (full(window, AtLeastOnce), 1);
        group.bench_function(format!("qos 1, window {window}"), |bencher| {
            bencher.iter(|| one_of_qos_1(&mut sender, &mut id));
        });
        let (mut sender, mut receiver, mut id) =
            (full(window, ExactlyOnce), Receiver::default(), 1);
        group.bench_function(format!("qos 2, window {window}"), |bencher| {
            bencher.iter(|| one_of_qos_2(&mut sender, &mut receiver, &mut id));
        });
    }
    group.finish();
}

fn again(criterion: &mut Criterion) {
    let sender = full(100, ExactlyOnce);
    criterion.bench_function("100 in flight, all sent again", |bencher| {
        bencher.iter_batched(|| (), |()| black_box(sender.again().count()), BatchSize::SmallInput);
    });
}

criterion_group!(benches, deliveries, again);
criterion_main!(benches);
