//! Subscribers that do not take messages as fast as they come: who waits for them, and how long.
//!
//! ```text
//!   QoS 0      more than HIGH_WATER queued: its publishers are not read from
//!                --below LOW_WATER in time--> all go on
//!                --QOS0_PATIENCE over, or nothing read for QOS0_STALL-->
//!                                        they go on, and its messages are dropped and counted;
//!                                        nobody waits for it again within QOS0_GRUDGE
//!   QoS 1, 2   max_queued_messages or HOLD_BYTES waiting: its publishers get no
//!              acknowledgements, and are not read from if they go on all the same
//!                --half of the queue is gone--> they get them
//!                --no acknowledgement of its own for ACK_PATIENCE--> they get them, and what does
//!                                        not fit into the queue is dropped and counted
//! ```
//! A slow subscriber costs only itself, a busy one costs nobody a message. It does not know what
//! the messages are.

use wirelab_reactor::{ConnId, Io};

use super::journal::Promise;
use super::sessions::{Key, Lag};
use super::{Broker, Event, LAGGING};
use crate::limits::{
    ACK_PATIENCE, HOLD_BYTES, LAG_TICK, PAUSE_FACTOR, QOS0_GRUDGE, QOS0_PATIENCE, QOS0_STALL,
};

impl Broker {
    /// A QoS 0 message is for a client that has much to read already. Is it written all the same,
    /// and its publisher held back?
    pub(super) fn wait_for_reader(&mut self, io: &mut Io, from: Option<ConnId>, key: Key) -> bool {
        let now = io.now();
        let own = from.and_then(|from| self.peers.link(from)).is_some_and(|l| l.session == key);
        let Some(lag) = self.lag(io, key) else { return false };
        // A client that does not read what it publishes itself cannot be waited for.
        if own || now < lag.grudge_until {
            return false;
        }
        if lag.above_since.is_none() {
            (lag.above_since, lag.still_since, lag.queued) = (Some(now), now, usize::MAX);
        }
        self.hold(io, from, key, true);
        true
    }

    /// A message of QoS 1 or 2 is for a client whose queue is full. Is it queued all the same, and
    /// its acknowledgement held back?
    pub(super) fn wait_for_acks(&mut self, io: &mut Io, from: Option<ConnId>, key: Key) -> bool {
        let now = io.now();
        let pause_at = self.queue_limit().saturating_mul(PAUSE_FACTOR);
        let Some(session) = self.sessions.get(key).filter(|session| session.conn.is_some()) else {
            return false;
        };
        let pause = session.out.waiting() >= pause_at || session.out_bytes > HOLD_BYTES;
        let Some(lag) = self.lag(io, key) else { return false };
        if lag.stuck {
            return false;
        }
        if !lag.full {
            lag.full = true;
            lag.progress = now;
        }
        let pause = pause && from.is_some_and(|from| self.may_be_paused(from));
        self.hold(io, from, key, pause);
        true
    }

    /// A client that has messages to acknowledge must be read: somebody may be waiting for just
    /// that, and this client for him.
    pub(super) fn may_be_paused(&self, conn: ConnId) -> bool {
        let session = self.peers.link(conn).and_then(|link| self.sessions.get(link.session));
        session.is_some_and(|session| session.out.in_flight() == 0)
    }

    fn lag(&mut self, io: &mut Io, key: Key) -> Option<&mut Lag> {
        let session = self.sessions.get_mut(key)?;
        if session.lag.is_none() {
            if self.lagging.is_empty() {
                io.set_timer(LAGGING, io.now() + LAG_TICK);
            }
            if !self.lagging.contains(&key) {
                self.lagging.push(key);
            }
        }
        Some(session.lag.get_or_insert_default())
    }

    /// From now on, this publisher waits for that session.
    fn hold(&mut self, io: &mut Io, from: Option<ConnId>, key: Key, pause: bool) {
        let Some(from) = from else { return };
        let Some(link) = self.peers.link_mut(from) else { return };
        let hold = link.hold.get_or_insert_default();
        if hold.waits_for.insert(key)
            && let Some(lag) = self.sessions.get_mut(key).and_then(|s| s.lag.as_mut())
        {
            lag.waiters.push(from);
        }
        if pause {
            self.pause(io, from);
        }
    }

    /// A client that waits is no longer read from.
    pub(super) fn pause(&mut self, io: &mut Io, conn: ConnId) {
        if let Some(hold) = self.peers.link_mut(conn).and_then(|link| link.hold.as_mut()) {
            hold.paused = true;
            io.pause_reading(conn);
        }
    }

    /// The client has read or acknowledged something: is that enough?
    pub(super) fn look_whether_caught_up(&mut self, io: &mut Io, key: Key) {
        let limit = self.queue_limit();
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(lag) = &mut session.lag else { return };
        let reads = session.conn.is_none_or(|conn| !io.is_above_high_water(conn));
        let has_room = session.out.waiting() <= limit / 2 && session.out_bytes <= HOLD_BYTES / 2;
        if reads && has_room {
            lag.above_since = None;
            lag.full = false;
            lag.stuck = false;
            self.release(io, key);
        }
    }

    /// Those who waited for this session wait no more.
    pub(super) fn release(&mut self, io: &mut Io, key: Key) {
        let Some(lag) = self.sessions.get_mut(key).and_then(|s| s.lag.as_mut()) else { return };
        for waiter in std::mem::take(&mut lag.waiters) {
            let Some(link) = self.peers.link_mut(waiter) else { continue };
            let Some(hold) = &mut link.hold else { continue };
            hold.waits_for.remove(&key);
            let Some(hold) = link.hold.take_if(|hold| hold.waits_for.is_empty()) else { continue };
            let ack = |(packet_type, id)| Promise::Ack(waiter, packet_type, id);
            self.promises.extend(hold.acks.into_iter().map(ack));
            if hold.paused {
                io.resume_reading(waiter);
                // It was we who did not listen.
                if let Some(peer) = self.peers.get_mut(waiter) {
                    peer.heard = io.now();
                }
            }
        }
    }

    /// Whose time is up?
    pub(super) fn look_at_lagging(&mut self, io: &mut Io) {
        let now = io.now();
        let mut lagging = std::mem::take(&mut self.lagging);
        lagging.retain(|&key| {
            let Some(session) = self.sessions.get_mut(key) else { return false };
            let Some(lag) = &mut session.lag else { return false };
            let waits = lag.above_since.is_some() || lag.full || !lag.waiters.is_empty();
            if !waits && now >= lag.grudge_until {
                session.lag = None;
                return false;
            }
            let mut up = false;
            let queued = session.conn.map_or(0, |conn| io.queued(conn));
            if queued < lag.queued {
                (lag.queued, lag.still_since) = (queued, now);
            }
            let is_up = |since| now >= since + QOS0_PATIENCE || now >= lag.still_since + QOS0_STALL;
            if lag.above_since.is_some_and(is_up) {
                lag.above_since = None;
                lag.grudge_until = now + QOS0_GRUDGE;
                up = true;
            }
            if lag.full && !lag.stuck && now >= lag.progress + ACK_PATIENCE {
                lag.stuck = true;
                up = true;
            }
            if up {
                self.release(io, key);
            }
            true
        });
        // Nobody begins to lag while this runs.
        self.lagging = lagging;
        if !self.lagging.is_empty() {
            io.set_timer(LAGGING, now + LAG_TICK);
        }
    }

    /// A message is not delivered to this session.
    pub(super) fn drop_one(&mut self, key: Key) {
        self.stats.publish_dropped += 1;
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.dropped += 1;
        let dropped = session.dropped;
        if is_power_of_ten(dropped) {
            let (client_id, away) = (session.client_id.clone(), session.conn.is_none());
            self.tell(Event::Dropping { client_id: &client_id, dropped, away });
        }
    }
}

/// 1, 10, 100 …: of a thousand drops a log shows four.
fn is_power_of_ten(mut n: u64) -> bool {
    while n >= 10 && n.is_multiple_of(10) {
        n /= 10;
    }
    n == 1
}
