//! `cargo bench -p wirelab-benches --bench mqtt_tree`: what it costs the broker to find who
//! subscribed to a topic, and what is retained for a filter.
//!
//! Times come from criterion; how often a subscription and a search allocate is printed first.
//! The topics that are looked up go round among all that there are, so with many of them most of
//! a time is memory that is not in the cache: as it is for a broker.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::rc::Rc;
use wirelab_benches::counting::{Counting, allocations};
use wirelab_mqtt::QoS;
use wirelab_mqtt::broker::{Retained, Tree};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SIZES: [u32; 3] = [1, 1000, 1_000_000];
/// Topics that are looked up in turn.
const ASKED: u32 = 100_000;
/// Subscribers of one filter.
const CROWD: u32 = 100_000;

type Kind = (&'static str, fn(u32) -> String);

/// Each kind's `n`th filter matches the `n`th topic, and no other of them does.
const KINDS: [Kind; 3] = [
    ("exact", topic),
    ("with +", |n| format!("site/+/device-{n}/temperature")),
    ("with #", |n| format!("site/{}/device-{n}/#", n % 100)),
];

/// The `n`th device's.
fn topic(n: u32) -> String {
    format!("site/{}/device-{n}/temperature", n % 100)
}

/// All numbers below `size`, or [`ASKED`] of them, in an order without a pattern.
fn scattered(size: u32) -> impl Iterator<Item = u32> {
    let step = move |n: u32| (u64::from(n) * 7_368_787 % u64::from(size)) as u32;
    (0..size.min(ASKED)).map(step)
}

fn tree(size: u32, filter: fn(u32) -> String) -> Tree {
    let mut tree = Tree::new();
    for n in 0..size {
        tree.insert(&filter(n), n, QoS::AtLeastOnce);
    }
    tree
}

fn find(criterion: &mut Criterion) {
    for (kind, filter) in KINDS {
        let mut group = criterion.benchmark_group(format!("find among filters {kind}"));
        for size in SIZES {
            let mut tree = tree(size, filter);
            let topics: Vec<String> = scattered(size).map(topic).collect();
            let mut topics = topics.iter().cycle();
            let mut found = Vec::new();
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| {
                    found.clear();
                    tree.find(topics.next().expect("a cycle has no end"), &mut found);
                    assert_eq!(black_box(&found).len(), 1);
                });
            });
        }
    }
}

fn subscribe(criterion: &mut Criterion) {
    for (kind, filter) in KINDS {
        let mut group = criterion.benchmark_group(format!("insert and remove a filter {kind}"));
        for size in SIZES {
            let mut tree = tree(size, filter);
            let others: Vec<String> = scattered(size).map(|n| filter(size + n)).collect();
            let mut others = others.iter().cycle();
            group.bench_function(BenchmarkId::new("others", size), |b| {
                b.iter(|| {
                    let other = others.next().expect("a cycle has no end");
                    tree.insert(other, 0, QoS::AtLeastOnce);
                    assert!(tree.remove(other, 0).is_some());
                });
            });
        }
    }
}

/// The whole crowd has subscribed to the same filter.
fn crowd(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("{CROWD} subscribers of one filter"));
    let mut tree = tree(CROWD, |_| "news/#".to_owned());
    let mut subscribers = scattered(CROWD).collect::<Vec<_>>().into_iter().cycle();
    group.bench_function("remove and insert one", |b| {
        b.iter(|| {
            let who = subscribers.next().expect("a cycle has no end");
            assert!(tree.remove("news/#", who).is_some());
            tree.insert("news/#", who, QoS::AtLeastOnce);
        });
    });
    let mut found = Vec::new();
    group.throughput(Throughput::Elements(u64::from(CROWD)));
    group.bench_function("find", |b| {
        b.iter(|| {
            found.clear();
            tree.find("news/today", &mut found);
            assert_eq!(black_box(&found).len(), CROWD as usize);
        });
    });
}

fn retained(criterion: &mut Criterion) {
    for size in [1000, 1_000_000] {
        let mut group = criterion.benchmark_group(format!("{size} retained"));
        let mut retained = Retained::new();
        for n in 0..size {
            retained.set(topic(n).into(), n);
        }
        let topics: Vec<Rc<str>> = scattered(size).map(|n| topic(n).into()).collect();
        let mut topics = topics.iter().cycle();
        group.bench_function("replace", |b| {
            b.iter(|| retained.set(topics.next().expect("a cycle has no end").clone(), 0));
        });
        let below = size / 100;
        let filters = [
            ("site/7/device-7/temperature", 1),
            ("site/7/+/temperature", below),
            ("site/7/#", below),
            ("+/+/+/temperature", size),
            ("#", size),
        ];
        for (filter, expected) in filters {
            group.throughput(Throughput::Elements(u64::from(expected)));
            group.bench_function(BenchmarkId::new("find", filter), |b| {
                b.iter(|| {
                    let mut found = 0;
                    retained.find(filter, |_, message| found += u32::from(*message < size));
                    assert_eq!(black_box(found), expected);
                });
            });
        }
    }
}

fn print_allocations() {
    for (kind, filter) in KINDS {
        let filters: Vec<String> = (0..ASKED).map(filter).collect();
        let mut tree = Tree::new();
        let made = allocations(|| {
            for (n, filter) in (0..).zip(&filters) {
                tree.insert(filter, n, QoS::AtLeastOnce);
            }
        });
        let topics: Vec<String> = (0..ASKED).map(topic).collect();
        let mut found = Vec::with_capacity(1);
        let mut round = || {
            for topic in &topics {
                found.clear();
                tree.find(topic, &mut found);
            }
        };
        round();
        let looked = allocations(round);
        let each = |count: u64| count as f64 / f64::from(ASKED);
        println!(
            "allocations per filter {kind}: {:.2} to insert, {:.6} to find",
            each(made),
            each(looked)
        );
    }
}

criterion_group!(all, find, subscribe, crowd, retained);

fn main() {
    print_allocations();
    all();
    Criterion::default().configure_from_args().final_summary();
}
