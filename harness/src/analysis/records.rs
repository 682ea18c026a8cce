//! What a connection remembers of its units, for later ones and for the report.
//!
//! It knows frames, times and lines up to a limit. It does not know any protocol.

/// Lines of one kind that the report has of a conversation.
pub const LINES_MAX: usize = 20;

/// What is said of a unit.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) say: String,
    pub(super) refs: Vec<u64>,
}

impl Told {
    /// Words alone.
    pub(super) fn new(say: String) -> Self {
        Self { say, refs: Vec::new() }
    }
}

/// A unit that was seen: its frame, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) frame: u64,
    pub(super) time_ns: u64,
}

impl At {
    /// Nanoseconds since an earlier one; negative if the file is not in order.
    pub(super) fn since(self, earlier: Self) -> i64 {
        self.time_ns.cast_signed().wrapping_sub(earlier.time_ns.cast_signed())
    }
}

/// Lines of the report, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<(String, Vec<u64>)>,
    pub(super) more: u64,
}

impl Lines {
    pub(super) fn push(&mut self, line: String, refs: Vec<u64>) {
        if self.lines.len() < LINES_MAX {
            self.lines.push((line, refs));
        } else {
            self.more += 1;
        }
    }
}
