//! How a client leaves: by DISCONNECT, by silence, by a broken connection, by a violation; and
//! what becomes of its will and its session (sections 3.14, 4.8, 3.1.2.5).
//!
//! It knows connections and sessions. What is said to the client last is in the error.

use std::time::Duration;
use wirelab_reactor::{Closed, ConnId, Io, Timer};

use super::journal::Promise;
use super::sessions::{Key, Session};
use super::store::Change;
use super::{Broker, Departure, EXPIRY, Event, SILENCE};
use crate::Error;
use crate::limits::EXPIRY_TICK;
use crate::packet::ConnAck;

impl Broker {
    pub(super) fn on_disconnect(&mut self, io: &mut Io, conn: ConnId) {
        if let Some(link) = self.peers.link_mut(conn) {
            // [MQTT-3.14.4-3], [MQTT-3.1.2-10] The will is discarded unpublished.
            link.will = None;
        }
        self.leave(io, conn, Departure::Disconnected);
        // What it sent before is still answered.
        self.promises.push(Promise::Close(conn));
    }

    /// [MQTT-4.8.0-1], [MQTT-3.2.2-6] The client broke the protocol, or is not let in: the
    /// connection is closed, after a CONNACK if the standard has one for this.
    pub(super) fn on_violation(&mut self, io: &mut Io, conn: ConnId, error: Error) {
        if let Some(code) = error.reply() {
            // [MQTT-3.2.2-4], [MQTT-3.2.2-5] Session Present 0, then the close.
            self.stats.messages_sent += 1;
            let connack = ConnAck { session_present: false, code };
            io.write(conn, |out| connack.encode(out));
        }
        self.leave(io, conn, Departure::Violation(error));
        self.promises.push(Promise::Close(conn));
    }

    /// [MQTT-3.1.2-24] Nothing has been heard for too long, or no CONNECT has come. Which packet
    /// was the last is only looked at here: a busy connection never touches its timer.
    pub(super) fn on_silence(&mut self, io: &mut Io, conn: ConnId) {
        let patience = self.peers.link(conn).map(|link| (link.patience(), link.is_paused()));
        let Some(peer) = self.peers.get_mut(conn) else { return };
        let Some((patience, paused)) = patience else {
            self.leave(io, conn, Departure::TimedOut);
            return io.close(conn);
        };
        let until = if paused { io.now() } else { peer.heard } + patience;
        if io.now() < until {
            return io.set_timer(Timer::Conn(conn, SILENCE), until);
        }
        self.leave(io, conn, Departure::TimedOut);
        io.close(conn);
    }

    /// The network connection is gone.
    pub(super) fn on_gone(&mut self, io: &mut Io, conn: ConnId, why: &Closed) {
        let how = match why {
            Closed::Failed(error) => Departure::Broken(error),
            Closed::ByPeer | Closed::ByUs => Departure::Closed,
        };
        self.leave(io, conn, how);
        self.peers.close(conn);
    }

    /// A client leaves; whatever its connection still says is not heard. Once for each.
    pub(super) fn leave(&mut self, io: &mut Io, conn: ConnId, how: Departure<'_>) {
        let strange = self.peers.is_strange(conn);
        let Some(link) = self.peers.take_link(conn) else {
            if strange {
                let peer = io.peer_addr(conn);
                self.tell(Event::Refused { peer, why: how });
            }
            return;
        };
        self.stats.clients_connected -= 1;
        let key = link.session;
        self.release(io, key);
        let today = self.time_of_day(io.now());
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.conn = None;
        session.away_since = today;
        session.lag = None;
        // QoS 0 is for those who are there.
        if !self.settings.queue_qos0_messages {
            session.zero = None;
        }
        let (client_id, clean) = (session.client_id.clone(), session.clean);
        self.journal.session(session, Some(today));
        self.tell(Event::Left { client_id: &client_id, how });
        if let Some(will) = link.will {
            // [MQTT-3.1.2-8] It was not taken back by DISCONNECT.
            self.publish_will(io, key, &will);
        }
        if clean {
            // [MQTT-3.1.2-6], [MQTT-4.1.0-2] The session lasted as long as the connection.
            self.end_session(key);
        }
    }

    /// The session ends, and all that belongs to it. [MQTT-3.1.2-7] What is retained does not.
    pub(super) fn end_session(&mut self, key: Key) {
        let Some(session) = self.sessions.remove(key) else { return };
        for filter in session.subscriptions.keys() {
            self.tree.remove(filter, key);
        }
        // Routes may lead to its place, which may be another's next.
        self.epoch += 1;
        if session.number != 0 {
            for waiting in session.out.messages() {
                self.journal.let_go(&waiting.message.message);
            }
            self.journal.note(|| Change::SessionDelete { session: session.number });
        }
    }

    pub(super) fn start_expiry(&mut self, io: &mut Io) {
        if self.settings.persistent_client_expiration.is_some() {
            io.set_timer(EXPIRY, io.now() + EXPIRY_TICK);
        }
    }

    /// Ends the sessions whose clients have been away for too long.
    pub(super) fn expire_sessions(&mut self, io: &mut Io) {
        let Some(longest) = self.settings.persistent_client_expiration else { return };
        let (now, today) = (io.now(), self.time_of_day(io.now()));
        let is_expired = |session: &Session| {
            let away = Duration::from_secs(today.saturating_sub(session.away_since));
            session.conn.is_none() && away >= longest
        };
        let expired = self.sessions.iter().filter(|(_, session)| is_expired(session));
        let expired: Vec<Key> = expired.map(|(key, _)| key).collect();
        for key in expired {
            self.stats.clients_expired += 1;
            self.end_session(key);
        }
        io.set_timer(EXPIRY, now + EXPIRY_TICK);
    }
}
