//! The loads: which pattern, how large, how many. It starts nothing.

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// PUSH to PULL: messages a second.
    PushPull,
    /// PUB to SUB: messages a second.
    PubSub,
    /// REQ and REP: the median of a round trip.
    ReqRep,
}

/// One row of the comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// As in the table; `--rows` looks for a part of it.
    pub name: String,
    /// Which sockets.
    pub pattern: Pattern,
    /// Bytes of a message.
    pub size: usize,
    /// Messages, or round trips, of one turn at scale 1.
    pub count: usize,
}

/// Sizes, and messages of one turn: about half a second to a second each.
const SIZES: [(&str, usize, usize); 5] = [
    ("1 B", 1, 3_000_000),
    ("64 B", 64, 3_000_000),
    ("1 KiB", 1024, 600_000),
    ("64 KiB", 64 * 1024, 16_000),
    ("1 MiB", 1024 * 1024, 1_000),
];

/// Round trips of one turn.
const TRIPS: usize = 10_000;

/// All rows, in the table's order.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for (pattern, kind) in [(Pattern::PushPull, "push-pull"), (Pattern::PubSub, "pub-sub")] {
        for (text, size, count) in SIZES {
            rows.push(Row { name: format!("{kind} {text}"), pattern, size, count });
        }
    }
    for (text, size, _) in SIZES.into_iter().take(3) {
        let (name, pattern) = (format!("req-rep {text}"), Pattern::ReqRep);
        rows.push(Row { name, pattern, size, count: TRIPS });
    }
    rows
}
