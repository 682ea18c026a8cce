//! What is to be run: who publishes to whom, how much, how fast, for how long.
//!
//! ```text
//!   pairs    publisher i and subscriber j have topic i and j modulo T, T = the smaller number
//!            100 -> 1: all into one    1 -> 100: one to all    50 <-> 50: each to its own
//!   all      each publisher has a topic, and each subscriber hears all of them
//! ```
//! Arithmetic only. It knows neither connections nor the command line.

use std::net::SocketAddr;
use std::time::Duration;
use wirelab_mqtt::QoS;

use super::stamp::STAMP;

/// Who hears whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Pattern {
    /// By number.
    #[default]
    Pairs,
    /// Everybody everybody.
    All,
}

/// What holds a publisher back when no rate is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hold {
    /// So many messages that are not acknowledged; at QoS 0 as `deliveries`.
    Acks,
    /// So many messages that have not arrived.
    Deliveries,
    /// Only that its connection takes no more.
    Flood,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The broker.
    pub target: SocketAddr,
    /// How many publish.
    pub publishers: usize,
    /// How many subscribe.
    pub subscribers: usize,
    /// How many only connect.
    pub idle: usize,
    /// Who hears whom.
    pub pattern: Pattern,
    /// Of the messages and the subscriptions.
    pub qos: QoS,
    /// Bytes of a payload, the stamp included.
    pub size: usize,
    /// The topic; `%i` is its number.
    pub topic: String,
    /// Messages a second of all publishers together; `None`: a closed loop.
    pub rate: Option<f64>,
    /// Messages of all publishers together; `None`: until the time is over.
    pub count: Option<u64>,
    /// How long messages are counted.
    pub time: Duration,
    /// How long they are sent before that.
    pub warm_up: Duration,
    /// Messages of one publisher on the way, at most.
    pub window: usize,
    /// On the way to where.
    pub hold: Hold,
    /// Threads that generate.
    pub loops: usize,
    /// Connects at once.
    pub burst: usize,
    /// How long the end waits for what has not arrived.
    pub drain: Duration,
    /// From one line of CSV to the next.
    pub csv: Option<Duration>,
    /// Tells this run's messages and clients from all others'.
    pub run: u32,
}

/// Where a topic has its number.
pub const NUMBER: &str = "%i";

impl Plan {
    /// Topics that are published to.
    pub fn topics(&self) -> usize {
        if !self.topic.contains(NUMBER) {
            return 1;
        }
        let topics = match self.pattern {
            _ if self.subscribers == 0 => self.publishers,
            _ if self.publishers == 0 => self.subscribers,
            Pattern::Pairs => self.publishers.min(self.subscribers),
            Pattern::All => self.publishers,
        };
        topics.max(1)
    }

    /// Does each subscriber hear each publisher?
    fn is_all(&self) -> bool {
        self.pattern == Pattern::All || self.topics() == 1
    }

    /// What publisher `i` publishes to.
    pub fn topic_of(&self, i: usize) -> String {
        self.topic.replace(NUMBER, &(i % self.topics()).to_string())
    }

    /// What subscriber `j` subscribes to.
    pub fn filter_of(&self, j: usize) -> String {
        match self.pattern {
            // The levels that hold the number become wildcards.
            Pattern::All => {
                let level = |level| if str::contains(level, NUMBER) { "+" } else { level };
                self.topic.split('/').map(level).collect::<Vec<_>>().join("/")
            }
            Pattern::Pairs => self.topic_of(j),
        }
    }

    /// Subscribers that hear publisher `i`.
    pub fn fan(&self, i: usize) -> u64 {
        let (all, topics) = (self.subscribers, self.topics());
        if self.is_all() {
            return all as u64;
        }
        let topic = i % topics;
        (topic..all).step_by(topics).count() as u64
    }

    /// Publishers that one subscriber hears, at most.
    pub fn lanes(&self) -> usize {
        if self.is_all() { self.publishers } else { self.publishers.div_ceil(self.topics()) }
    }

    /// Under which index subscriber `j` books publisher `i`; `None`: it does not hear it.
    pub fn lane(&self, j: usize, i: usize) -> Option<usize> {
        if i >= self.publishers {
            return None;
        }
        if self.is_all() {
            return Some(i);
        }
        let topics = self.topics();
        (i % topics == j % topics).then_some(i / topics)
    }

    /// Messages that publisher `i` may send.
    pub fn quota(&self, i: usize) -> u64 {
        let all = self.publishers as u64;
        self.count.map_or(u64::MAX, |count| count / all + u64::from((i as u64) < count % all))
    }

    /// When message `n` of publisher `i` is due, in nanoseconds after the start: they take turns.
    #[expect(clippy::cast_sign_loss, reason = "nothing here is below 0")]
    pub fn due(&self, rate: f64, i: usize, n: u64) -> u64 {
        let turn = n as f64 * self.publishers as f64 + i as f64;
        (turn * 1e9 / rate) as u64
    }

    /// Are payloads too short for a stamp?
    pub fn is_short(&self) -> bool {
        self.size < STAMP
    }

    /// What is filled up behind the stamp.
    pub fn filler(&self) -> usize {
        self.size.saturating_sub(STAMP)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Hold, Pattern, Plan};
    use std::time::Duration;
    use wirelab_mqtt::QoS;

    pub fn plan(publishers: usize, subscribers: usize) -> Plan {
        Plan {
            target: "127.0.0.1:1883".parse().unwrap(),
            publishers,
            subscribers,
            idle: 0,
            pattern: Pattern::Pairs,
            qos: QoS::AtMostOnce,
            size: 64,
            topic: "bench/%i/x".to_owned(),
            rate: None,
            count: None,
            time: Duration::from_secs(1),
            warm_up: Duration::ZERO,
            window: 100,
            hold: Hold::Acks,
            loops: 1,
            burst: 64,
            drain: Duration::from_secs(1),
            csv: None,
            run: 1,
        }
    }

    /// By whatever pattern: what the topics say is what the books expect.
    #[test]
    fn topics_and_lanes_agree() {
        for (publishers, subscribers) in [(100, 1), (1, 100), (50, 50), (10, 4), (4, 10), (3, 3)] {
            for (pattern, topic) in
                [(Pattern::Pairs, "b/%i"), (Pattern::All, "b/x%i/y"), (Pattern::Pairs, "b")]
            {
                let plan = Plan { pattern, topic: topic.into(), ..plan(publishers, subscribers) };
                for i in 0..publishers {
                    let hears = |j: &usize| {
                        let (filter, name) = (plan.filter_of(*j), plan.topic_of(i));
                        let mut levels = filter.split('/').zip(name.split('/'));
                        levels.all(|(filter, name)| filter == "+" || filter == name)
                    };
                    let heard: Vec<usize> = (0..subscribers).filter(hears).collect();
                    assert_eq!(plan.fan(i), heard.len() as u64, "{plan:?}, {i}");
                    for j in 0..subscribers {
                        let lane = plan.lane(j, i);
                        assert_eq!(lane.is_some(), heard.contains(&j), "{plan:?}, {i} to {j}");
                        assert!(lane.is_none_or(|lane| lane < plan.lanes()));
                    }
                }
            }
        }
    }

    #[test]
    fn quotas_and_turns_make_the_whole() {
        let plan = Plan { count: Some(103), ..plan(10, 1) };
        assert_eq!((0..10).map(|i| plan.quota(i)).sum::<u64>(), 103);
        let mut due: Vec<u64> =
            (0..10).flat_map(|i| [plan.due(1e3, i, 0), plan.due(1e3, i, 1)]).collect();
        due.sort_unstable();
        assert_eq!(due, (0..20).map(|n| n * 1_000_000).collect::<Vec<_>>());
    }
}
