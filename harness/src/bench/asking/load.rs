//! Connections that ask: each as many requests at once as its window, the next when one is
//! answered (a closed loop), or when the next is due (an open one).
//!
//! It knows the loop and talks. What is asked it does not know.

use bytes::BytesMut;
use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::net::SocketAddr;
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service};

use super::dialect::{Heard, Maker, Talk};
use super::plan::Plan;

/// Latencies are kept to a thousandth, up to a minute.
const LATENCY_MAX: u64 = 60_000_000_000;
/// Complaints that are kept.
const COMPLAINTS_MAX: usize = 5;

/// A distribution of times in nanoseconds.
pub fn histogram() -> Histogram<u64> {
    let bounds = Histogram::new_with_bounds(1, LATENCY_MAX, 3);
    bounds.unwrap_or_else(|_| unreachable!("1 and a minute are good bounds"))
}

/// One connection.
struct Link {
    conn: ConnId,
    talk: Box<dyn Talk>,
    /// What was asked and not answered: its number, and since when it counts.
    asked: VecDeque<(u64, Now)>,
    ready: bool,
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Requests that were asked, answers that came, in all.
    pub asked: u64,
    pub answered: u64,
    /// Octets of the answers' content.
    pub content: u64,
    /// Answers to what was answered before, to what was not next, and to nothing.
    pub duplicates: u64,
    pub disorder: u64,
    pub corrupt: u64,
    /// Connections that ended early.
    pub lost_connections: u64,
    /// Latencies while answers are counted,
    pub latency: Histogram<u64>,
    /// and since they were last taken, for a line of CSV.
    pub recent: Histogram<u64>,
    /// Requests that were due and could not be sent, for want of a free place.
    pub late: Histogram<u64>,
}

/// The service.
pub struct Load {
    plan: Plan,
    target: SocketAddr,
    make: Maker,
    links: Vec<Option<Link>>,
    /// Connections that stand and may be asked.
    pub ready: usize,
    pub open: usize,
    /// Whose turn it is in an open loop.
    turn: usize,
    /// Requests may be asked: since when they are due.
    pub started: Option<Now>,
    /// No more are.
    pub over: bool,
    /// All connections are being closed.
    closing: bool,
    /// Latencies count from here.
    pub counts: bool,
    pub last_answer: Now,
    pub tally: Tally,
    pub complaints: Vec<String>,
}

impl Load {
    pub fn new(plan: Plan, target: SocketAddr, make: Maker) -> Self {
        let tally = Tally {
            asked: 0,
            answered: 0,
            content: 0,
            duplicates: 0,
            disorder: 0,
            corrupt: 0,
            lost_connections: 0,
            latency: histogram(),
            recent: histogram(),
            late: histogram(),
        };
        Self {
            plan,
            target,
            make,
            links: Vec::new(),
            ready: 0,
            open: 0,
            turn: 0,
            started: None,
            over: false,
            closing: false,
            counts: false,
            last_answer: Now::ZERO,
            tally,
            complaints: Vec::new(),
        }
    }

    /// Requests that are on their way.
    pub fn on_the_way(&self) -> u64 {
        self.links.iter().flatten().map(|link| link.asked.len() as u64).sum()
    }

    /// May a request be asked now? In an open loop: since when it is due.
    fn due(&self, now: Now) -> Option<Now> {
        let started = self.started.filter(|_| !self.over)?;
        if self.plan.count.is_some_and(|count| self.tally.asked >= count) {
            return None;
        }
        let Some(rate) = self.plan.rate else { return Some(now) };
        let at = started + Now::from_secs_f64(self.tally.asked as f64 / rate);
        (at <= now).then_some(at)
    }

    /// When the next request is due, in an open loop.
    pub fn next_due(&self) -> Option<Now> {
        let (started, rate) = (self.started.filter(|_| !self.over)?, self.plan.rate?);
        Some(started + Now::from_secs_f64(self.tally.asked as f64 / rate))
    }

    /// Lets all connections begin.
    pub fn start(&mut self, io: &mut Io) {
        self.started = Some(io.now());
        if self.plan.rate.is_none() {
            for slot in 0..self.links.len() {
                self.fill(io, slot);
            }
        }
    }

    /// Asks what is due, in an open loop: one connection after the other.
    pub fn ask_due(&mut self, io: &mut Io) {
        if self.plan.rate.is_none() {
            return;
        }
        let mut passed_over = 0;
        while self.due(io.now()).is_some() && passed_over < self.links.len() {
            let slot = self.turn % self.links.len();
            self.turn = slot + 1;
            if self.ask(io, slot) { passed_over = 0 } else { passed_over += 1 }
        }
    }

    /// Fills a connection's window, in a closed loop.
    fn fill(&mut self, io: &mut Io, slot: usize) {
        while self.ask(io, slot) {}
    }

    /// Asks one request, if one is due and this connection has a place for it.
    fn ask(&mut self, io: &mut Io, slot: usize) -> bool {
        let now = io.now();
        let Some(since) = self.due(now) else { return false };
        let number = self.tally.asked;
        let Some(Some(link)) = self.links.get_mut(slot) else { return false };
        if !link.ready || link.asked.len() >= self.plan.window || io.is_above_high_water(link.conn)
        {
            return false;
        }
        link.asked.push_back((number, since));
        let Link { conn, talk, .. } = link;
        io.write(*conn, |out| talk.ask(number, out));
        self.tally.asked += 1;
        if self.plan.rate.is_some() && self.counts {
            self.tally.late.saturating_record((now - since).as_nanos() as u64);
        }
        true
    }

    /// An answer has come: which request is done with it?
    fn answered(&mut self, now: Now, slot: usize, to: Option<u64>, content: usize) {
        let Some(Some(link)) = self.links.get_mut(slot) else { return };
        self.last_answer = now;
        let place = to.and_then(|to| link.asked.iter().position(|(number, _)| *number == to));
        let Some((_, since)) = place.and_then(|place| link.asked.remove(place)) else {
            // Whatever it is, it took somebody's place; or nobody's, if it was there before.
            match to {
                Some(to) if to < self.tally.asked => self.tally.duplicates += 1,
                _ => {
                    self.tally.corrupt += 1;
                    link.asked.pop_front();
                }
            }
            return;
        };
        if place != Some(0) {
            self.tally.disorder += 1;
        }
        self.tally.answered += 1;
        self.tally.content += content as u64;
        if self.counts {
            let nanos = now.saturating_sub(since).as_nanos() as u64;
            self.tally.latency.saturating_record(nanos);
            if self.plan.csv.is_some() {
                self.tally.recent.saturating_record(nanos);
            }
        }
    }

    fn complain(&mut self, what: String) {
        if self.complaints.len() < COMPLAINTS_MAX && !self.complaints.contains(&what) {
            self.complaints.push(what);
        }
    }

    /// Closes all connections.
    pub fn close(&mut self, io: &mut Io) {
        self.closing = true;
        for link in self.links.iter().flatten() {
            io.close(link.conn);
        }
    }
}

impl Service for Load {
    fn on_start(&mut self, io: &mut Io) {
        for _ in 0..self.plan.connections {
            io.connect(self.target);
        }
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        let mut talk = (self.make)();
        let ready = io.write(conn, |out| talk.greet(out));
        self.open += 1;
        self.ready += usize::from(ready);
        if self.links.len() <= conn.slot() {
            self.links.resize_with(conn.slot() + 1, || None);
        }
        self.links[conn.slot()] = Some(Link { conn, talk, asked: VecDeque::new(), ready });
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        let slot = conn.slot();
        loop {
            let Some(Some(link)) = self.links.get_mut(slot) else { return input.clear() };
            match link.talk.hear(input) {
                Ok(None) => break,
                Ok(Some(Heard::Ready)) => {
                    link.ready = true;
                    self.ready += 1;
                }
                Ok(Some(Heard::Answer { to, content })) => {
                    self.answered(io.now(), slot, to, content);
                }
                Err(error) => {
                    self.complain(format!("what came is no answer: {error}"));
                    input.clear();
                    return io.reset(conn);
                }
            }
        }
        if self.plan.rate.is_none() {
            self.fill(io, slot);
        }
    }

    fn on_drained(&mut self, io: &mut Io, conn: ConnId) {
        if self.plan.rate.is_none() {
            self.fill(io, conn.slot());
        }
    }

    fn on_close(&mut self, _: &mut Io, conn: ConnId, why: Closed) {
        let Some(link) = self.links.get_mut(conn.slot()).and_then(Option::take) else {
            // It never stood.
            self.tally.lost_connections += 1;
            if let Closed::Failed(error) = why {
                self.complain(format!("no connection: {error}"));
            }
            return;
        };
        self.open -= 1;
        self.ready -= usize::from(link.ready);
        if !self.closing {
            self.tally.lost_connections += 1;
            let how = match why {
                Closed::Failed(error) => error.to_string(),
                Closed::ByPeer | Closed::ByUs => "closed".to_owned(),
            };
            self.complain(format!("a connection ended early: {how}"));
        }
    }
}
