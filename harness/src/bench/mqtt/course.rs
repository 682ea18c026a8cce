//! A run from its first connect to its last DISCONNECT, in steps.
//!
//! ```text
//!   connect, subscribe | warm up | counted            | drain           | leave
//!                      start     from                 until     all arrived, or too late
//! ```
//! It starts the workers' threads, gives them their orders and reads the counters at the right
//! moments. It does not know the command line, and sends nothing itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use wirelab_reactor::{EventLoop, MioNet, Sender, Settings, Status};

use super::client::{Client, Part};
use super::outcome::{Measured, Outcome, Reading};
use super::plan::Plan;
use super::publisher::Publisher;
use super::shared::{Course, Shared, nanos, value};
use super::subscriber::Subscriber;
use super::tally::Tally;
use super::worker::{Order, Worker};
use crate::bench::process::Process;
use crate::bench::watch::Watch;

/// Orders that wait for a worker.
const ORDERS_MAX: usize = 16;

/// How long the connects may stand still.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two looks at the counters.
const GLANCE: Duration = Duration::from_millis(2);

/// Ahead of the first message, so that every worker knows of it in time.
const RUN_UP: Duration = Duration::from_millis(10);

/// A run under way.
struct Run {
    plan: Arc<Plan>,
    shared: Arc<Shared>,
    broker: Option<Process>,
    orders: Vec<Sender<Order>>,
    threads: Vec<JoinHandle<io::Result<Tally>>>,
}

/// Runs the plan. With the number of the broker's process, its costs are measured too.
///
/// `watch` is told now and then how far it has come, and may have it given up.
///
/// # Errors
/// When the clients do not get in, or are interrupted, in words.
pub fn run(plan: &Plan, broker: Option<Process>, watch: &mut dyn Watch) -> Result<Outcome, String> {
    let run = Run::start(plan, broker).map_err(|error| error.to_string())?;
    let result = run.steps(watch);
    // Also after a failure: nobody is left behind.
    run.order(Order::End);
    let mut tally = Tally::default();
    for thread in run.threads {
        let ended = thread.join().map_err(|_| "a generator's thread panicked".to_owned())?;
        tally.add(&ended.map_err(|error| error.to_string())?);
    }
    let measured = result?;
    Ok(Outcome::new(plan, &run.shared, tally, measured))
}

impl Run {
    fn start(plan: &Plan, broker: Option<Process>) -> io::Result<Self> {
        let plan = Arc::new(plan.clone());
        let shared = Arc::new(Shared::new(plan.publishers));
        let settings = Settings { stop_timeout: Duration::from_secs(2), ..Settings::default() };
        let (mut loops, mut orders) = (Vec::new(), Vec::new());
        for _ in 0..plan.loops {
            let event_loop = EventLoop::new(MioNet::new()?, settings.clone());
            let (sender, mailbox) = event_loop.mailbox(ORDERS_MAX);
            orders.push(sender);
            loops.push((event_loop, mailbox));
        }
        let mut parts = clients(&plan)?;
        let mut threads = Vec::new();
        for (n, (mut event_loop, mailbox)) in loops.into_iter().enumerate() {
            let others = orders.iter().enumerate().filter(|(other, _)| *other != n);
            let others = others.map(|(_, sender)| sender.clone()).collect();
            let clients = std::mem::take(&mut parts[n]);
            let mut worker = Worker::new(plan.clone(), shared.clone(), mailbox, others, clients);
            let work = move || {
                loop {
                    let until = worker.until(event_loop.io().now());
                    if until.is_some_and(|until| until.is_zero()) {
                        // Others on this core may have what the message is waiting for.
                        thread::yield_now();
                    }
                    if event_loop.turn(&mut worker, until)? == Status::Ended {
                        return Ok(worker.tally);
                    }
                }
            };
            threads.push(thread::Builder::new().name(format!("bench-{n}")).spawn(work)?);
        }
        Ok(Self { plan, shared, broker, orders, threads })
    }

    fn order(&self, order: Order) {
        for sender in &self.orders {
            // One that is gone has complained.
            let _ = sender.post(order);
        }
    }

    fn steps(&self, watch: &mut dyn Watch) -> Result<Measured, String> {
        let memory = self.broker.and_then(|broker| broker.memory().ok());
        let begun = Instant::now();
        self.connect(watch)?;
        let connecting = begun.elapsed();
        let course = self.course();
        let mut from = Reading { at: course.from, ..self.reading() };
        self.order(Order::Go(course));
        // Without a warm-up nothing has come before: a reading that is late by a glance would miss
        // the beginning.
        if !self.plan.warm_up.is_zero() {
            self.wait_until(course.from, watch)?;
            from = self.reading();
        }
        self.count(&course, from, watch)?;
        let until = self.reading();
        self.order(Order::Stop);
        let idle = self.broker.and_then(|broker| broker.memory().ok());
        self.drain(watch)?;
        Ok(Measured { connecting, course, from, until, memory, idle })
    }

    /// All clients in, and the subscribers before the publishers: their threads are told first.
    fn connect(&self, watch: &mut dyn Watch) -> Result<(), String> {
        let all = (self.plan.publishers + self.plan.subscribers + self.plan.idle) as u64;
        self.order(Order::Connect);
        let begun = Instant::now();
        let (mut seen, mut at) = (0, begun);
        loop {
            let ready = value(&self.shared.ready);
            if ready >= all {
                return Ok(());
            }
            if value(&self.shared.lost_connections) > 0 {
                // The first explains the others.
                let why = self.shared.complaints().into_iter().next().unwrap_or_default();
                return Err(format!("{ready} of {all} clients are in, and then: {why}"));
            }
            if ready > seen {
                (seen, at) = (ready, Instant::now());
            } else if at.elapsed() > PATIENCE {
                return Err(format!(
                    "only {ready} of {all} clients were let in; the broker is silent"
                ));
            }
            watch.progress(begun.elapsed(), format_args!("{ready} of {all} clients are in"));
            glance(watch, GLANCE)?;
        }
    }

    fn course(&self) -> Course {
        let start = self.shared.now() + nanos(RUN_UP);
        let from = start + nanos(self.plan.warm_up);
        Course { start, from, until: from + nanos(self.plan.time) }
    }

    fn reading(&self) -> Reading {
        let shared = &self.shared;
        Reading {
            at: shared.now(),
            cpu: self.broker.and_then(|broker| broker.cpu().ok()),
            own_cpu: Process(std::process::id()).cpu().ok(),
            sent: value(&shared.sent),
            acked: value(&shared.acked),
            delivered: value(&shared.delivered),
        }
    }

    fn wait_until(&self, at: u64, watch: &dyn Watch) -> Result<(), String> {
        loop {
            let left = Duration::from_nanos(at.saturating_sub(self.shared.now()));
            if left.is_zero() {
                return Ok(());
            }
            glance(watch, left)?;
        }
    }

    /// Until the time is over, or the messages are all sent and through.
    fn count(&self, course: &Course, from: Reading, watch: &mut dyn Watch) -> Result<(), String> {
        let mut lines = Lines { run: self, from, last: from };
        let every = self.plan.csv.map(nanos);
        loop {
            let now = self.shared.now();
            let is_over = now >= course.until || self.is_all_sent(course, now);
            if every.is_some_and(|every| now >= lines.last.at + every || is_over) {
                lines.tell(watch);
            }
            if is_over {
                return Ok(());
            }
            self.tell_progress(&from, now, watch);
            glance(watch, Duration::from_nanos(course.until - now))?;
        }
    }

    fn tell_progress(&self, from: &Reading, now: u64, watch: &mut dyn Watch) {
        let passed = Duration::from_nanos(now.saturating_sub(from.at));
        if self.plan.publishers + self.plan.subscribers == 0 {
            return watch.progress(passed, format_args!("{} clients held", self.plan.idle));
        }
        let (done, verb) = match self.plan.subscribers {
            0 => (value(&self.shared.sent) - from.sent, "published"),
            _ => (value(&self.shared.delivered) - from.delivered, "delivered"),
        };
        let rate = done as f64 / passed.as_secs_f64().max(1e-9);
        let left = self.plan.time.saturating_sub(passed).as_secs();
        watch.progress(passed, format_args!("{done} {verb}, {rate:.0}/s, {left} s to go"));
    }

    /// Of a run of so many messages: are all of them sent, and through or given up?
    fn is_all_sent(&self, course: &Course, now: u64) -> bool {
        let sent = value(&self.shared.sent);
        if self.plan.count.is_none_or(|count| sent < count) {
            return false;
        }
        let (plan, publishers) = (&self.plan, 0..self.plan.publishers);
        let owed = publishers.map(|i| plan.quota(i) * plan.fan(i)).sum();
        let last = value(&self.shared.last_arrival).max(course.start);
        self.is_through(owed) || now > last + nanos(plan.drain)
    }

    /// Has everything arrived, and been acknowledged?
    fn is_through(&self, expected: u64) -> bool {
        let acks = self.plan.qos != wirelab_mqtt::QoS::AtMostOnce;
        let sent = if acks { value(&self.shared.sent) } else { 0 };
        value(&self.shared.delivered) >= expected && value(&self.shared.acked) >= sent
    }

    /// Until everything has arrived, or nothing more does. What still moves may go on for
    /// ten times as long, and no longer.
    fn drain(&self, watch: &dyn Watch) -> Result<(), String> {
        let quiet = nanos(self.plan.drain);
        let began = self.shared.now();
        loop {
            let stopped = value(&self.shared.stopped) >= self.plan.loops as u64;
            if stopped && self.is_through(value(&self.shared.expected)) {
                return Ok(());
            }
            let now = self.shared.now();
            let last = self.shared.last_arrival.load(Ordering::Relaxed).max(began);
            if now > last + quiet || now > began + 10 * quiet {
                return Ok(());
            }
            glance(watch, GLANCE)?;
        }
    }
}

/// The lines of CSV.
struct Lines<'a> {
    run: &'a Run,
    from: Reading,
    last: Reading,
}

impl Lines<'_> {
    /// What has come since the last one.
    fn tell(&mut self, watch: &mut dyn Watch) {
        let now = self.run.reading();
        let counts = [
            ("sent", now.sent - self.last.sent),
            ("acked", now.acked - self.last.acked),
            ("delivered", now.delivered - self.last.delivered),
        ];
        let at = Duration::from_nanos(now.at.saturating_sub(self.from.at));
        watch.interval(at, &counts, &self.run.shared.take_recent());
        self.last = now;
    }
}

/// Waits a little, and no longer than is left.
fn glance(watch: &dyn Watch, left: Duration) -> Result<(), String> {
    thread::sleep(left.min(GLANCE));
    if watch.is_interrupted() { Err(String::new()) } else { Ok(()) }
}

/// Every worker's clients: publishers in the first half of the threads, subscribers in the other;
/// of one thread, the subscribers first.
fn clients(plan: &Plan) -> io::Result<Vec<Vec<Client>>> {
    let mut parts: Vec<Vec<Client>> = (0..plan.loops).map(|_| Vec::new()).collect();
    let half = plan.loops / 2;
    for j in 0..plan.subscribers {
        let part = Part::Subscriber(Subscriber::new(plan, j));
        parts[half + j % (plan.loops - half)].push(Client::new(plan, j, part));
    }
    for i in 0..plan.publishers {
        let publisher = Publisher::new(plan, i).map_err(io::Error::other)?;
        let part = Part::Publisher(Box::new(publisher));
        parts[i % half.max(1)].push(Client::new(plan, i, part));
    }
    for n in 0..plan.idle {
        parts[n % plan.loops].push(Client::new(plan, n, Part::Idle));
    }
    Ok(parts)
}
