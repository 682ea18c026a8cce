//! A run from its first connect to its last answer.
//!
//! ```text
//!   connect, greet | warm up | counted       | drain              | close
//!                  start     from            until, or all asked    all answered, or too late
//! ```
//! It turns the loop and reads the counters at the right moments. It does not know protocols.

use std::net::SocketAddr;
use std::time::Duration;
use wirelab_reactor::{EventLoop, MioNet, Now, Settings, Status};

use super::dialect::Maker;
use super::load::{Load, Tally};
use super::plan::Plan;
use crate::bench::process::{Memory, Process};
use crate::bench::watch::Watch;

/// How long the connections may take to be ready.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks at the clock.
const GLANCE: Duration = Duration::from_millis(50);
/// What is due sooner is not slept for: the kernel wakes too late.
const NEAR: Duration = Duration::from_millis(2);

/// Octets of one answer that is not whole yet: the largest of any dialect, and its frame.
const INPUT_MAX: usize = 65 << 20;
/// What still comes while the missing is waited for may go on for so many times as long, and no
/// longer.
const DRAINS_MAX: u32 = 10;

/// The counters at one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    pub at: Now,
    pub cpu: Option<Duration>,
    pub own_cpu: Option<Duration>,
    pub tally: Tally,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub connecting: Duration,
    pub connections: usize,
    /// The server's memory before the first connection, and with all of them.
    pub memory: [Option<Memory>; 2],
    pub from: Reading,
    pub until: Reading,
    /// After the drain.
    pub end: Tally,
    /// Requests that were never answered.
    pub missing: u64,
    /// Requests that were due, and could not be sent.
    pub unsent: u64,
    pub complaints: Vec<String>,
}

struct Run<'a> {
    event_loop: EventLoop<MioNet>,
    load: Load,
    server: Option<Process>,
    watch: &'a mut dyn Watch,
}

/// Carries out the plan.
///
/// # Errors
/// When the connections are not ready in time, or it was interrupted, in words.
pub fn run(
    plan: &Plan,
    target: SocketAddr,
    make: Maker,
    server: Option<Process>,
    watch: &mut dyn Watch,
) -> Result<Outcome, String> {
    let settings = Settings { input_max: INPUT_MAX, ..Settings::default() };
    let net = MioNet::new().map_err(|error| error.to_string())?;
    let event_loop = EventLoop::new(net, settings);
    let load = Load::new(plan.clone(), target, make);
    Run { event_loop, load, server, watch }.steps(plan)
}

impl Run<'_> {
    fn now(&mut self) -> Now {
        self.event_loop.io().now()
    }

    /// Turns the loop until something has happened, or it is `until`.
    fn turn(&mut self, until: Now) -> Result<(), String> {
        if self.watch.is_interrupted() {
            return Err(String::new());
        }
        let due = self.load.next_due();
        let now = self.now();
        let until = due.map_or(until, |due| until.min(due.max(now))).min(now + GLANCE);
        let is_near = until < now + NEAR;
        let wait = if is_near { now } else { until };
        let status = self.event_loop.turn(&mut self.load, Some(wait));
        if status.map_err(|error| error.to_string())? == Status::Ended {
            return Err("the loop has ended".to_owned());
        }
        if is_near && self.load.ready > 0 {
            // Others on this core may have what is being waited for.
            std::thread::yield_now();
        }
        self.load.ask_due(self.event_loop.io());
        Ok(())
    }

    fn steps(mut self, plan: &Plan) -> Result<Outcome, String> {
        let memory = self.memory();
        let begin = self.now();
        while self.load.ready < plan.connections {
            self.turn(begin + PATIENCE)?;
            let is_late = self.now() >= begin + PATIENCE;
            if is_late || self.load.tally.lost_connections > 0 {
                let why = self.load.complaints.first().cloned();
                let (ready, all) = (self.load.ready, plan.connections);
                let late = || format!("{ready} of {all} connections are ready in time");
                return Err(why.unwrap_or_else(late));
            }
        }
        let connecting = self.now() - begin;
        if !plan.idle {
            self.load.start(self.event_loop.io());
        }
        let from = self.now() + plan.warm_up;
        while self.now() < from {
            self.turn(from)?;
        }
        self.load.counts = true;
        let from = self.reading();
        self.count(plan, &from)?;
        let until = self.reading();
        let memory = [memory, self.memory()];
        self.load.over = true;
        let unsent = self.unsent(plan, &until);
        self.drain(plan)?;
        let missing = self.load.on_the_way();
        self.load.close(self.event_loop.io());
        let deadline = self.now() + Duration::from_secs(1);
        while self.load.open > 0 && self.now() < deadline {
            self.turn(deadline)?;
        }
        let Load { tally, complaints, .. } = self.load;
        let connections = plan.connections;
        Ok(Outcome {
            connecting,
            connections,
            memory,
            from,
            until,
            end: tally,
            missing,
            unsent,
            complaints,
        })
    }

    /// Until the time is up, or all was asked and answered.
    fn count(&mut self, plan: &Plan, from: &Reading) -> Result<(), String> {
        let until = from.at + plan.time;
        let mut next_line = plan.csv.map(|every| from.at + every);
        loop {
            let now = self.now();
            let done = plan
                .count
                .is_some_and(|count| self.load.tally.asked >= count && self.load.on_the_way() == 0);
            let is_stuck = plan.count.is_some()
                && now > self.load.last_answer.max(from.at) + plan.drain
                && self.load.on_the_way() > 0;
            let is_over = now >= until || done || is_stuck || self.load.open == 0;
            if let (Some(at), Some(every)) = (next_line, plan.csv)
                && (now >= at || is_over)
            {
                self.tell_interval(now - from.at);
                next_line = Some(at + every);
            }
            if is_over {
                return Ok(());
            }
            self.tell_progress(now - from.at, self.load.tally.answered - from.tally.answered, plan);
            self.turn(next_line.map_or(until, |line| until.min(line)))?;
        }
    }

    fn tell_interval(&mut self, passed: Duration) {
        let recent = &mut self.load.tally.recent;
        self.watch.interval(passed, &[("answered", recent.len())], recent);
        recent.reset();
    }

    fn tell_progress(&mut self, passed: Duration, answered: u64, plan: &Plan) {
        let rate = answered as f64 / passed.as_secs_f64().max(1e-9);
        let left = plan.time.saturating_sub(passed).as_secs();
        let how_far = format_args!("{answered} answered, {rate:.0}/s, {left} s to go");
        self.watch.progress(passed, how_far);
    }

    /// Requests that an open loop would have asked by now.
    fn unsent(&self, plan: &Plan, until: &Reading) -> u64 {
        let (Some(rate), Some(started)) = (plan.rate, self.load.started) else { return 0 };
        #[allow(clippy::cast_sign_loss)] // Neither a rate nor a time is below nothing.
        let due = ((until.at - started).as_secs_f64() * rate) as u64;
        due.min(plan.count.unwrap_or(u64::MAX)).saturating_sub(self.load.tally.asked)
    }

    /// Until everything is answered, or nothing more comes.
    fn drain(&mut self, plan: &Plan) -> Result<(), String> {
        let begin = self.now();
        while self.load.on_the_way() > 0 && self.load.open > 0 {
            let quiet = self.load.last_answer.max(begin) + plan.drain;
            let quiet = quiet.min(begin + DRAINS_MAX * plan.drain);
            if self.now() >= quiet {
                return Ok(());
            }
            self.turn(quiet)?;
        }
        Ok(())
    }

    fn memory(&self) -> Option<Memory> {
        self.server.and_then(|server| server.memory().ok())
    }

    fn reading(&mut self) -> Reading {
        Reading {
            at: self.now(),
            cpu: self.server.and_then(|server| server.cpu().ok()),
            own_cpu: Process(std::process::id()).cpu().ok(),
            tally: self.load.tally.clone(),
        }
    }
}
