//! The loads: what is asked, by whom, on how many connections. It knows no server.

use serde_json::{Value, json};

use super::exchange::Exchange;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// wrk, which people know.
    Wrk,
    /// `load`, which checks every octet, and costs less where many answers come at once.
    Own,
}

/// One row of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As in the table; `--rows` looks for a part of it.
    pub name: &'static str,
    /// Who asks.
    pub driver: Driver,
    /// For what.
    pub exchange: Exchange,
    /// Connections at once.
    pub connections: usize,
    /// Requests on the way on each.
    pub depth: usize,
    /// Loops of the server; with several only ours is asked.
    pub loops: usize,
}

const fn wrk(name: &'static str, connections: usize, depth: usize, loops: usize) -> Row {
    Row { name, driver: Driver::Wrk, exchange: Exchange::Add, connections, depth, loops }
}

const fn own(name: &'static str, exchange: Exchange, connections: usize, depth: usize) -> Row {
    Row { name, driver: Driver::Own, exchange, connections, depth, loops: 1 }
}

/// All rows, in the table's order.
pub const ROWS: [Row; 9] = [
    wrk("keep-1", 1, 1, 1),
    wrk("keep-64", 64, 1, 1),
    wrk("keep-256", 256, 1, 1),
    wrk("pipe16-64", 64, 16, 1),
    own("own-keep-64", Exchange::Add, 64, 1),
    own("own-pipe16-64", Exchange::Add, 64, 16),
    own("get-1MiB-8", Exchange::Get, 8, 1),
    own("put-1MiB-8", Exchange::Put, 8, 1),
    wrk("loops-2", 64, 1, 2),
];

impl Row {
    /// What its rate is counted in.
    pub fn unit(&self) -> &'static str {
        if self.exchange == Exchange::Add { "/s" } else { "MiB/s" }
    }

    /// What the name does not say, for the file of samples.
    pub fn facts(&self) -> Value {
        json!({
            "by": if self.driver == Driver::Wrk { "wrk" } else { "own" },
            "connections": self.connections,
            "depth": self.depth,
            "loops": self.loops,
        })
    }
}
