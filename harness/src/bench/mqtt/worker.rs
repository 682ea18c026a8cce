//! One thread's part of the generator: a service on the loop, with its publishers and subscribers.
//!
//! It connects them, a few at a time, and says when all are ready. From [`Order::Go`] on it lets
//! publishers send at the end of each turn what the plan allows then, until it is told to stop.

use bytes::{Buf, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::{Disconnect, FixedHeader};
use wirelab_reactor::{Closed, ConnId, Io, Mailbox, Now, Origin, Sender, Service, Timer};

use super::client::{Client, Part, Stage, Step};
use super::plan::{Hold, Plan};
use super::publisher::Pump;
use super::shared::{Course, Shared, add, value};
use super::subscriber::Books;
use super::tally::Tally;

/// How often a worker looks whether its publishers are stuck.
const LOOK: Duration = Duration::from_millis(100);

/// The system's waits are good to a millisecond: for a message that is due sooner it is asked again
/// and again instead.
const SPIN: u64 = 1_500_000;

/// What a worker is told.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Connect.
    Connect,
    /// Publish, at these times.
    Go(Course),
    /// There is new credit.
    Look,
    /// Publish no more.
    Stop,
    /// Leave.
    End,
}

/// What has happened since the counters were last told.
#[derive(Debug, Default)]
struct Turn {
    sent: u64,
    acked: u64,
    delivered: u64,
    arrivals: u64,
}

/// See the file.
#[derive(Debug)]
pub struct Worker {
    plan: Arc<Plan>,
    shared: Arc<Shared>,
    orders: Mailbox<Order>,
    /// The other workers: to be told of new credit for their publishers.
    others: Vec<Sender<Order>>,
    clients: Vec<Client>,
    conns: Vec<Option<ConnId>>,
    /// By slot: which client has it.
    by_slot: Vec<usize>,
    /// Clients whose connect has begun.
    begun: usize,
    /// Of these, those that are not ready.
    entering: usize,
    course: Option<Course>,
    ending: bool,
    turn: Turn,
    answers: BytesMut,
    next_due: Option<u64>,
    /// What was counted.
    pub tally: Tally,
}

impl Worker {
    /// With these clients.
    pub fn new(
        plan: Arc<Plan>,
        shared: Arc<Shared>,
        orders: Mailbox<Order>,
        others: Vec<Sender<Order>>,
        clients: Vec<Client>,
    ) -> Self {
        let conns = vec![None; clients.len()];
        let tally = Tally { recent: plan.csv.map(|_| Vec::new()), ..Tally::default() };
        Self {
            plan,
            shared,
            orders,
            others,
            clients,
            conns,
            by_slot: Vec::new(),
            begun: 0,
            entering: 0,
            course: None,
            ending: false,
            turn: Turn::default(),
            answers: BytesMut::new(),
            next_due: None,
            tally,
        }
    }

    /// How long the loop may sleep: until a little before the next message is due.
    pub fn until(&self, now: Now) -> Option<Now> {
        let wait = self.next_due?.saturating_sub(self.shared.now());
        let until = if wait < SPIN { Now::ZERO } else { now + Duration::from_nanos(wait - SPIN) };
        Some(until)
    }

    fn dial(&mut self, io: &mut Io) {
        while self.entering < self.plan.burst && self.begun < self.clients.len() && !self.ending {
            let conn = io.connect(self.plan.target);
            if self.by_slot.len() <= conn.slot() {
                self.by_slot.resize(conn.slot() + 1, 0);
            }
            self.by_slot[conn.slot()] = self.begun;
            self.conns[self.begun] = Some(conn);
            let client = &mut self.clients[self.begun];
            (client.stage, client.dialled) = (Stage::Dialling, self.shared.now());
            self.begun += 1;
            self.entering += 1;
        }
    }

    /// One step further for the client in this slot.
    fn stepped(&mut self, io: &mut Io, at: usize, step: Step, now: u64) {
        match step {
            Step::None => {}
            Step::Acked(time) => {
                self.turn.acked += 1;
                self.turn.arrivals += 1;
                if self.plan.subscribers == 0 {
                    self.tally.was_through(time, now);
                }
            }
            Step::Entered => self.connected(at, now),
            Step::Ready => {
                if !matches!(self.clients[at].part, Part::Subscriber(_)) {
                    self.connected(at, now);
                }
                self.entering -= 1;
                add(&self.shared.ready, &mut 1);
                self.dial(io);
            }
        }
    }

    fn connected(&mut self, at: usize, now: u64) {
        self.tally.connects.saturating_record(now.saturating_sub(self.clients[at].dialled));
    }

    /// Takes whole packets off the front of `input`.
    fn read(&mut self, io: &mut Io, at: usize, input: &mut BytesMut) -> Result<(), String> {
        let now = self.shared.now();
        let mut read = 0;
        let mut result = Ok(());
        while result.is_ok() {
            let rest = &input[read..];
            let header = match FixedHeader::peek(rest, PACKET_MAX) {
                Ok(Some(header)) if rest.len() >= header.total() => header,
                Ok(_) => break,
                Err(error) => {
                    result = Err(error.to_string());
                    break;
                }
            };
            let body = &rest[header.header_len..header.total()];
            let mut books = Books {
                plan: &self.plan,
                shared: &self.shared,
                tally: &mut self.tally,
                delivered: &mut self.turn.delivered,
                arrivals: &mut self.turn.arrivals,
                answers: &mut self.answers,
                now,
            };
            match self.clients[at].heard(header, body, &mut books) {
                Ok(Step::None) => {}
                Ok(step) => self.stepped(io, at, step, now),
                Err(wrong) => result = Err(wrong),
            }
            read += header.total();
        }
        input.advance(read);
        result
    }

    fn obey(&mut self, io: &mut Io, order: Order) {
        match order {
            Order::Connect => self.dial(io),
            Order::Go(course) => {
                self.course = Some(course);
                self.tally.course = Some(course);
                io.set_timer(Timer::Service(0), io.now() + LOOK);
            }
            Order::Look => {}
            Order::Stop => self.stop(),
            Order::End => {
                self.ending = true;
                for conn in self.conns.iter().flatten() {
                    io.write(*conn, |out| Disconnect.encode(out));
                }
                io.stop();
            }
        }
    }

    /// Settles what each publisher has sent, and should have.
    fn stop(&mut self) {
        let Some(course) = self.course.take() else { return };
        self.next_due = None;
        let (plan, shared) = (self.plan.clone(), self.shared.clone());
        let now = shared.now();
        for (number, publisher) in publishers(&mut self.clients) {
            let sent = publisher.sent();
            self.tally.expected += sent * plan.fan(number);
            if let Some(rate) = plan.rate {
                let tally = &mut Tally::default();
                let cx = Pump { plan: &plan, shared: &shared, tally, course, now };
                self.tally.unsent += publisher.owed(rate, &cx).saturating_sub(sent);
            }
        }
        add(&shared.expected, &mut self.tally.expected.clone());
        add(&shared.stopped, &mut 1);
    }

    fn pump(&mut self, io: &mut Io) {
        let Some(course) = self.course else { return };
        let now = self.shared.now();
        self.next_due = None;
        let rate = self.plan.rate;
        if now < course.start {
            self.next_due = Some(course.start);
            return;
        }
        // A closed loop ends at the time; what an open one owed until then is still sent.
        if now >= course.until && rate.is_none() {
            return;
        }
        let mut cx =
            Pump { plan: &self.plan, shared: &self.shared, tally: &mut self.tally, course, now };
        for (client, conn) in self.clients.iter_mut().zip(&self.conns) {
            let (Part::Publisher(publisher), Some(conn)) = (&mut client.part, conn) else {
                continue;
            };
            self.turn.sent += publisher.pump(io, *conn, &mut cx);
            let due = rate.and_then(|rate| publisher.next_due(rate, cx.plan, &course));
            // One that is held back does not spin: something else will wake it.
            if let Some(due) = due.filter(|due| *due > now) {
                self.next_due = Some(self.next_due.map_or(due, |first| first.min(due)));
            }
        }
    }

    /// Tells the others' publishers, if there are any that wait for us.
    fn tell_others(&mut self) {
        let waits = self.plan.rate.is_none() && self.plan.hold != Hold::Flood;
        if waits && self.turn.delivered > 0 {
            for other in &self.others {
                // One that has not read the last of these will look all the same.
                let _ = other.try_post(Order::Look);
            }
        }
    }

    fn lost(&mut self, at: usize, why: &str) {
        let client = &mut self.clients[at];
        let stage = std::mem::replace(&mut client.stage, Stage::Gone);
        self.conns[at] = None;
        if self.ending || stage == Stage::Gone {
            return;
        }
        self.shared.complain(format!("client {}: {why}", client.name));
        add(&self.shared.lost_connections, &mut 1);
        if stage != Stage::Ready {
            self.entering -= 1;
        }
    }
}

/// The publishers among clients, with their numbers.
fn publishers(
    clients: &mut [Client],
) -> impl Iterator<Item = (usize, &mut super::publisher::Publisher)> {
    clients.iter_mut().filter_map(|client| match &mut client.part {
        Part::Publisher(publisher) => Some((publisher.number(), &mut **publisher)),
        _ => None,
    })
}

impl Service for Worker {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _origin: Origin) {
        let at = self.by_slot[conn.slot()];
        let client = &mut self.clients[at];
        if let Err(error) = io.write(conn, |out| client.enter(out)) {
            self.lost(at, &error.to_string());
            io.reset(conn);
        }
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        let at = self.by_slot[conn.slot()];
        let result = self.read(io, at, input);
        if !self.answers.is_empty() {
            io.write(conn, |out| out.extend_from_slice(&self.answers));
            self.answers.clear();
        }
        if let Err(wrong) = result {
            self.lost(at, &wrong);
            io.reset(conn);
        }
    }

    fn on_timer(&mut self, io: &mut Io, _timer: Timer) {
        if self.course.is_none() {
            return;
        }
        let (plan, shared) = (self.plan.clone(), self.shared.clone());
        for (_, publisher) in publishers(&mut self.clients) {
            self.tally.stalls += u64::from(publisher.forgive(&plan, &shared));
        }
        io.set_timer(Timer::Service(0), io.now() + LOOK);
    }

    fn on_wake(&mut self, io: &mut Io) {
        while let Some(order) = self.orders.take() {
            self.obey(io, order);
        }
    }

    fn on_turn_end(&mut self, io: &mut Io) {
        self.pump(io);
        self.tell_others();
        if self.turn.arrivals > 0 {
            let now = self.shared.now();
            self.shared.last_arrival.fetch_max(now, std::sync::atomic::Ordering::Relaxed);
        }
        let Turn { sent, acked, delivered, arrivals } = &mut self.turn;
        add(&self.shared.sent, sent);
        add(&self.shared.acked, acked);
        add(&self.shared.delivered, delivered);
        add(&self.shared.arrivals, arrivals);
        if let Some(recent) = &mut self.tally.recent {
            self.shared.add_recent(recent);
        }
        if value(&self.shared.lost_connections) > 0 {
            self.dial(io);
        }
    }

    fn on_close(&mut self, _io: &mut Io, conn: ConnId, why: Closed) {
        let at = self.by_slot[conn.slot()];
        if self.conns[at] == Some(conn) {
            let why = match why {
                Closed::ByUs => "we closed it".to_owned(),
                Closed::ByPeer => "the broker closed the connection".to_owned(),
                Closed::Failed(error) => format!("the connection broke: {error}"),
            };
            self.lost(at, &why);
        }
    }
}
