//! Heartbeats (37/ZMTP): PING when it is time, and the end of a peer that is silent for too long.
//!
//! ```text
//!   HEARTBEAT   every interval: a PING, unless one is still unanswered
//!               a PING that has left, and nothing at all for `timeout`: the peer is dead
//!               a PING that has not, and nothing taken for `timeout`: it is dead, too
//!   SILENCE     the peer's PING said TTL, and nothing came for so long: it is dead, too
//! ```
//!
//! Any bytes from the peer are a sign of life [ZMTP-3.1-ping-04].

use bytes::Bytes;
use std::time::Duration;
use wirelab_reactor::{ConnId, Io, Timer};

use super::{Engine, HEARTBEAT, SILENCE};
use crate::Error;
use crate::command::Command;
use crate::sockets::Pattern;

/// A PING's TTL is in tenths of a second.
const TENTH: Duration = Duration::from_millis(100);

impl<P: Pattern> Engine<P> {
    /// The handshake is done: heartbeats begin, if they are wanted and the peer knows them.
    pub(super) fn start_heartbeat(&mut self, io: &mut Io, conn: ConnId) {
        let knows = self.links.get_mut(conn).is_some_and(|link| link.knows_3_1);
        if let Some(interval) = self.options.heartbeat_interval.filter(|_| knows) {
            io.set_timer(Timer::Conn(conn, HEARTBEAT), io.now() + interval);
        }
    }

    /// It is time for a PING, or for the end.
    pub(super) fn heartbeat(&mut self, io: &mut Io, conn: ConnId) {
        let Some(interval) = self.options.heartbeat_interval else { return };
        let timeout = self.options.heartbeat_timeout.unwrap_or(interval);
        let Some(link) = self.links.get_mut(conn) else { return };
        let now = io.now();
        // Of a peer that we do not read from, we cannot know whether it has answered.
        if link.is_choked || link.pipe.is_some_and(|pipe| self.pipes.is_paused(pipe)) {
            link.pinged = None;
        }
        // A PING behind a large message has asked nobody yet, while the peer takes what is before.
        let taken = io.taken(conn);
        if link.pinged.is_some() && link.taken < link.ping_leaves_at.min(taken) {
            link.pinged = Some(now);
        }
        link.taken = taken;
        match link.pinged {
            // [ZMTP-3.1-ping-06]
            Some(pinged) if now >= pinged + timeout => {
                return self.fail_silent(io, conn, "answer to a PING");
            }
            // [ZMTP-3.1-ping-05] One is enough.
            Some(_) => {}
            // [ZMTP-3.1-ping-01] Also to a peer that talks: it may have a TTL from us.
            None => {
                link.pinged = Some(now);
                link.ping_leaves_at = taken + io.queued(conn) as u64;
                let ttl = self.options.heartbeat_ttl.as_millis() / TENTH.as_millis();
                let ttl = u16::try_from(ttl).unwrap_or(u16::MAX);
                io.write(conn, |out| Command::Ping { ttl, context: Bytes::new() }.encode(out));
            }
        }
        let Some(pinged) = link.pinged else { return };
        let next = (now + interval).min(pinged + timeout.max(Duration::from_millis(1)));
        io.set_timer(Timer::Conn(conn, HEARTBEAT), next.max(now + Duration::from_millis(1)));
    }

    /// The peer asked; the machine has answered. What it said of its TTL is kept.
    pub(super) fn on_ping(&mut self, io: &mut Io, conn: ConnId, ttl: u16) {
        let Some(link) = self.links.get_mut(conn) else { return };
        link.ttl = (ttl > 0).then(|| TENTH * u32::from(ttl));
        match link.ttl {
            Some(ttl) => io.set_timer(Timer::Conn(conn, SILENCE), io.now() + ttl),
            None => io.cancel_timer(Timer::Conn(conn, SILENCE)),
        }
    }

    /// [ZMTP-3.1-ping-07] Has the peer been silent for its TTL?
    pub(super) fn check_silence(&mut self, io: &mut Io, conn: ConnId) {
        let Some(link) = self.links.get_mut(conn) else { return };
        let Some(ttl) = link.ttl else { return };
        if link.is_choked || link.pipe.is_some_and(|pipe| self.pipes.is_paused(pipe)) {
            link.heard = io.now();
        }
        let at = link.heard + ttl;
        if io.now() < at {
            io.set_timer(Timer::Conn(conn, SILENCE), at);
        } else {
            self.fail_silent(io, conn, "traffic within its own TTL");
        }
    }

    /// A dead peer answers no farewell, either: the connection is broken off, and the connecting
    /// side tries again [ZMTP-3.1-ping-08].
    fn fail_silent(&mut self, io: &mut Io, conn: ConnId, what: &'static str) {
        if let Some(link) = self.links.get_mut(conn) {
            let error = Error::Silent { what };
            log::warn!("{}: {error}", link.addr);
            (link.error, link.is_closing) = (Some(error), true);
        }
        io.reset(conn);
    }
}
