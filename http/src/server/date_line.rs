//! The `Date` field, written once a second.

use std::time::Duration;
use wirelab_reactor::Now;

use super::settings::Clock;
use crate::date;

const LINE: usize = 6 + date::LEN + 2;

/// The field line of this second. [9110-6.6.1-03] Without a clock there is none.
pub(super) struct DateLine {
    clock: Option<Clock>,
    line: [u8; LINE],
    /// From then on it must be written anew.
    until: Now,
}

impl DateLine {
    pub fn new(clock: Option<Clock>) -> Self {
        Self { clock, line: [b' '; LINE], until: Duration::ZERO }
    }

    /// [9110-6.6.1-01] The line at this moment.
    pub fn at(&mut self, now: Now) -> &[u8] {
        let Some(clock) = &mut self.clock else { return &[] };
        if now >= self.until {
            let unix = clock(now);
            self.line[..6].copy_from_slice(b"Date: ");
            self.line[6..6 + date::LEN].copy_from_slice(&date::write(unix.as_secs()));
            self.line[6 + date::LEN..].copy_from_slice(b"\r\n");
            let rest = 1_000_000_000 - unix.subsec_nanos();
            self.until = now + Duration::from_nanos(u64::from(rest));
        }
        &self.line
    }
}
