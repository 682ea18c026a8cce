//! The loads: who publishes to whom, at which QoS, how large, how fast.

use std::net::SocketAddr;
use std::time::Duration;
use wirelab::bench::mqtt::number;
use wirelab::bench::mqtt::plan::{Hold, Pattern, Plan};
use wirelab_mqtt::QoS;

/// Messages a second of the paced rows.
const PACE: f64 = 5_000.0;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// As many messages as go through.
    Rate,
    /// Latency at a pace.
    Latency,
    /// Connects, and memory for each idle client.
    Connects,
}

/// One row of the comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// As in the tables; `--rows` looks for a part of it.
    pub name: String,
    /// What it is about.
    pub aim: Aim,
    publishers: usize,
    subscribers: usize,
    qos: QoS,
    size: usize,
}

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Of each turn.
    pub time: Duration,
    /// Before anything is counted.
    pub warm_up: Duration,
    /// Idle clients.
    pub idle: usize,
    /// What holds publishers back.
    pub hold: Hold,
    /// Messages of one publisher on the way.
    pub window: usize,
}

/// All rows, in the tables' order.
pub fn all() -> Vec<Row> {
    let levels = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
    let mut rows = Vec::new();
    for (shape, publishers, subscribers) in
        [("100-1", 100, 1), ("1-100", 1, 100), ("50-50", 50, 50)]
    {
        for qos in levels {
            for size in [64, 16 * 1024] {
                let name = format!("{shape} qos{} {size}B", qos as u8);
                rows.push(Row { name, aim: Aim::Rate, publishers, subscribers, qos, size });
            }
        }
    }
    for qos in levels {
        let name = format!("paced qos{} 64B", qos as u8);
        let (publishers, subscribers, size) = (50, 50, 64);
        rows.push(Row { name, aim: Aim::Latency, publishers, subscribers, qos, size });
    }
    rows.push(Row {
        name: "connects".to_owned(),
        aim: Aim::Connects,
        publishers: 0,
        subscribers: 0,
        qos: QoS::AtMostOnce,
        size: 64,
    });
    rows
}

impl Row {
    /// What the generator is to do, at a broker there.
    pub fn plan(&self, target: SocketAddr, effort: &Effort) -> Plan {
        let connects = self.aim == Aim::Connects;
        let run = number();
        Plan {
            target,
            publishers: self.publishers,
            subscribers: self.subscribers,
            idle: if connects { effort.idle } else { 0 },
            pattern: Pattern::Pairs,
            qos: self.qos,
            size: self.size,
            topic: format!("bench/{run:08x}/%i"),
            rate: (self.aim == Aim::Latency).then_some(PACE),
            count: None,
            time: if connects { Duration::ZERO } else { effort.time },
            warm_up: if connects { Duration::ZERO } else { effort.warm_up },
            window: effort.window,
            hold: effort.hold,
            loops: 1,
            burst: 64,
            drain: Duration::from_secs(2),
            csv: None,
            run,
        }
    }
}
