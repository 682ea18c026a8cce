//! Keep Alive: when a PINGREQ is due, and when a server that says nothing counts as gone
//! (section 3.1.2.10).
//!
//! ```text
//!   sent, or heard last ----- K - margin -----> PINGREQ ----- K -----> nothing heard: it is gone
//! ```
//!
//! Moments go in and a moment comes out. It knows no clock and no packet.

use std::time::Duration;

use crate::limits::{CONNACK_TIMEOUT, PING_MARGIN};

/// Since some fixed moment in the past.
type Now = Duration;

/// What is to be done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// Send PINGREQ.
    Ping,
    /// The server has not answered in time: close.
    Dead,
}

/// What one connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// For CONNACK, since then.
    ConnAck(Now),
    /// For nothing.
    Nothing,
    /// For PINGRESP, since then.
    PingResp(Now),
}

/// The Keep Alive of one connection.
#[derive(Clone, Copy, Debug)]
pub struct KeepAlive {
    /// `None`: Keep Alive is 0, and there are no pings.
    every: Option<Duration>,
    sent: Now,
    heard: Now,
    waits: Waits,
}

impl KeepAlive {
    /// CONNECT is being sent, with so many seconds of Keep Alive.
    pub fn new(seconds: u16, now: Now) -> Self {
        let every = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        Self { every, sent: now, heard: now, waits: Waits::ConnAck(now) }
    }

    /// A packet was sent.
    pub fn sent(&mut self, now: Now) {
        self.sent = now;
    }

    /// CONNACK has come.
    pub fn accepted(&mut self, now: Now) {
        (self.waits, self.heard) = (Waits::Nothing, now);
    }

    /// Bytes have come. A server that is in the middle of a long packet is there, too.
    pub fn heard(&mut self, now: Now) {
        self.heard = now;
        if let Waits::PingResp(since) = &mut self.waits {
            *since = now;
        }
    }

    /// PINGRESP has come.
    pub fn answered(&mut self) {
        if let Waits::PingResp(_) = self.waits {
            self.waits = Waits::Nothing;
        }
    }

    /// PINGREQ was sent.
    pub fn pinged(&mut self, now: Now) {
        self.sent = now;
        // One that is unanswered still waits since its own time.
        if self.waits == Waits::Nothing {
            self.waits = Waits::PingResp(now);
        }
    }

    /// When there will be something to do, if nothing is sent or heard until then.
    pub fn deadline(&self) -> Option<Now> {
        match (self.waits, self.every) {
            (Waits::ConnAck(since), _) => Some(since + CONNACK_TIMEOUT),
            (_, None) => None,
            // [MQTT-3.1.2-23] Pings go on while one is unanswered: our side of Keep Alive does
            // not depend on the server's.
            (Waits::PingResp(since), Some(every)) => Some((since + every).min(self.ping_at(every))),
            // Also when only the server is quiet: one that takes what we send and never says
            // anything may be gone.
            (Waits::Nothing, Some(every)) => {
                Some(self.ping_at(every).min(self.heard + every - margin(every)))
            }
        }
    }

    /// What is to be done now.
    pub fn due(&self, now: Now) -> Due {
        match (self.deadline(), self.waits, self.every) {
            (Some(at), ..) if now < at => Due::Nothing,
            (None, ..) => Due::Nothing,
            (_, Waits::ConnAck(_), _) => Due::Dead,
            (_, Waits::PingResp(since), Some(every)) if now >= since + every => Due::Dead,
            _ => Due::Ping,
        }
    }

    /// A little before Keep Alive has passed since the last packet.
    fn ping_at(&self, every: Duration) -> Now {
        self.sent + every - margin(every)
    }
}

/// The way to the server takes a while, too.
fn margin(every: Duration) -> Duration {
    PING_MARGIN.min(every / 4)
}

#[cfg(test)]
mod tests {
    use super::{Due, KeepAlive};
    use crate::limits::CONNACK_TIMEOUT;
    use std::time::Duration;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn standing(seconds: u16) -> KeepAlive {
        let mut keep_alive = KeepAlive::new(seconds, s(0));
        keep_alive.accepted(s(0));
        keep_alive
    }

    #[test]
    fn a_connack_must_come_in_time() {
        let keep_alive = KeepAlive::new(0, s(5));
        assert_eq!(keep_alive.deadline(), Some(s(5) + CONNACK_TIMEOUT));
        assert_eq!(keep_alive.due(s(5) + CONNACK_TIMEOUT - s(1)), Due::Nothing);
        assert_eq!(keep_alive.due(s(5) + CONNACK_TIMEOUT), Due::Dead);
    }

    /// [MQTT-3.1.2-23] The gap between two packets stays within Keep Alive.
    #[test]
    fn a_ping_is_due_before_keep_alive_has_passed() {
        let mut keep_alive = standing(10);
        assert_eq!(keep_alive.deadline(), Some(s(9)));
        keep_alive.sent(s(4));
        keep_alive.heard(s(5));
        assert_eq!(keep_alive.due(s(12)), Due::Nothing);
        assert_eq!(keep_alive.due(s(13)), Due::Ping);
    }

    #[test]
    fn a_quiet_server_is_asked_however_much_we_send() {
        let mut keep_alive = standing(10);
        for second in 1..9 {
            keep_alive.sent(s(second));
        }
        assert_eq!(keep_alive.due(s(9)), Due::Ping);
    }

    #[test]
    fn a_server_that_does_not_answer_is_gone() {
        let mut keep_alive = standing(10);
        keep_alive.pinged(s(9));
        assert_eq!(keep_alive.due(s(17)), Due::Nothing);
        assert_eq!(keep_alive.due(s(18)), Due::Ping, "our side of it goes on");
        keep_alive.pinged(s(18));
        assert_eq!(keep_alive.due(s(19)), Due::Dead);
        keep_alive.heard(s(19));
        assert_eq!(keep_alive.due(s(20)), Due::Nothing, "it says something, if no PINGRESP");
        keep_alive.answered();
        assert_eq!(keep_alive.due(s(20)), Due::Nothing);
    }

    #[test]
    fn without_keep_alive_there_are_no_pings() {
        let keep_alive = standing(0);
        assert_eq!(keep_alive.deadline(), None);
        assert_eq!(keep_alive.due(s(1_000_000)), Due::Nothing);
    }
}
