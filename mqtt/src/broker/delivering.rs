//! Messages of QoS 1 and 2 on their way to a client: queued, sent, acknowledged (section 4.3).
//!
//! ```text
//!   enqueue --> session.out: waiting --serve--> in flight --PUBACK--> done
//!                                                         --PUBREC--> PUBREL --PUBCOMP--> done
//! ```
//! It knows sessions. Which sessions get a message is `publishing`'s to say.

use wirelab_reactor::{ConnId, Io};

use super::Broker;
use super::journal::Promise;
use super::message::{Delivery, Item};
use super::sessions::{Key, Zero};
use super::store::{Change, Progress, Queued};
use crate::Error;
use crate::delivery::{Received, Waiting};
use crate::limits::{HOLD_BYTES, QUEUED_BYTES_MAX, QUEUED_HARD_MAX, RETAINED_WAITING_MAX};
use crate::packet::{PacketType, QoS};
use crate::wire::PacketId;

impl Broker {
    /// The session is to be served at the end of the turn.
    pub(super) fn mark(&mut self, key: Key) {
        if let Some(session) = self.sessions.get_mut(key).filter(|session| !session.dirty) {
            session.dirty = true;
            self.dirty.push(key);
        }
    }

    /// How many messages may wait for a client before its publishers do, or before they are
    /// dropped.
    pub(super) fn queue_limit(&self) -> usize {
        match self.settings.max_queued_messages {
            0 => QUEUED_HARD_MAX,
            n => n.min(QUEUED_HARD_MAX),
        }
    }

    /// Queues a message of QoS 1 or 2 for a session, if there is room for it.
    pub(super) fn enqueue(
        &mut self,
        io: &mut Io,
        from: Option<ConnId>,
        key: Key,
        qos: QoS,
        item: Item,
    ) {
        let limit = self.queue_limit();
        // [MQTT-3.1.2-5] Also for a client that is away, if its session is one that is kept.
        let Some(session) = self.sessions.get(key) else { return };
        let (waiting, bytes) = (session.out.waiting(), session.out_bytes);
        let len = item.message.payload.len();
        let no_room = if item.retain {
            waiting >= RETAINED_WAITING_MAX
        } else if waiting >= QUEUED_HARD_MAX || bytes > 0 && bytes + len > QUEUED_BYTES_MAX {
            true
        } else if session.conn.is_none() {
            waiting >= limit
        } else {
            let full = waiting >= limit || bytes > HOLD_BYTES;
            full && !self.wait_for_acks(io, from, key) && waiting >= limit
        };
        if no_room {
            return self.drop_one(key);
        }
        let Some(session) = self.sessions.get_mut(key) else { return };
        let ticket = session.next_ticket;
        session.next_ticket += 1;
        session.out_bytes += len;
        session.untold += 1;
        session.out.push(Waiting { ticket, qos, message: item });
        self.mark(key);
    }

    /// Keeps a message of QoS 0 for a client: one that was retained, or that came while it was
    /// away.
    pub(super) fn queue_at_most_once(&mut self, key: Key, item: Item) {
        let limit = if item.retain { RETAINED_WAITING_MAX } else { self.queue_limit() };
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Zero(zero) = &mut **session.zero.get_or_insert_default();
        if zero.len() >= limit {
            return self.drop_one(key);
        }
        zero.push_back(item);
        self.mark(key);
    }

    /// Sends a session's client what may be sent now, and tells the journal of the rest.
    pub(super) fn serve(&mut self, io: &mut Io, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.dirty = false;
        if let Some(to) = session.conn {
            while !io.is_above_high_water(to)
                && let Some(item) = session.zero.as_mut().and_then(|zero| zero.0.pop_front())
            {
                let delivery = Delivery { dup: false, retain: item.retain, packet_id: None };
                self.stats.bytes_sent += item.message.write(io, to, delivery);
                self.stats.messages_sent += 1;
                self.stats.publish_sent += 1;
                self.stats.publish_bytes_sent += item.message.payload.len() as u64;
            }
            // A client that does not read gets nothing new into its window.
            while !io.is_above_high_water(to) {
                let waiting = session.out.waiting();
                let Some(out) = session.out.send_next() else { break };
                let item = &out.waiting.message;
                let packet_id = Some((out.waiting.qos, out.packet_id));
                // [MQTT-4.3.2-1], [MQTT-4.3.3-1] The first time with DUP 0.
                let delivery = Delivery { dup: false, retain: item.retain, packet_id };
                self.stats.bytes_sent += item.message.write(io, to, delivery);
                self.stats.messages_sent += 1;
                self.stats.publish_sent += 1;
                self.stats.publish_bytes_sent += item.message.payload.len() as u64;
                let first = session.untold >= waiting;
                session.untold = session.untold.min(waiting - 1);
                if session.number != 0 {
                    let progress = Progress::Sent(out.packet_id);
                    let entry = (out.waiting.qos, item);
                    let (number, ticket) = (session.number, out.waiting.ticket);
                    self.journal.queue(number, ticket, entry, progress, first);
                }
            }
        }
        self.tell_journal(key);
        self.look_whether_caught_up(io, key);
    }

    /// What was queued in this turn and could not be sent is to be remembered.
    fn tell_journal(&mut self, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let untold = std::mem::take(&mut session.untold);
        if session.number == 0 {
            return;
        }
        for waiting in session.out.newest(untold) {
            let entry = (waiting.qos, &waiting.message);
            let (number, ticket) = (session.number, waiting.ticket);
            self.journal.queue(number, ticket, entry, Progress::Waiting, true);
        }
    }

    pub(super) fn on_puback(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        id: PacketId,
    ) -> Result<(), Error> {
        let Some(key) = self.peers.link(conn).map(|link| link.session) else { return Ok(()) };
        let Some(session) = self.sessions.get_mut(key) else { return Ok(()) };
        // An identifier that is not in flight is nobody's: it may be late, after a new connection.
        let Some(delivered) = session.out.on_puback(id)? else { return Ok(()) };
        session.out_bytes -= delivered.message.message.payload.len();
        if session.number != 0 {
            let (number, ticket) = (session.number, delivered.ticket);
            self.journal.let_go(&delivered.message.message);
            self.journal.note(|| Change::QueueDelete { session: number, ticket });
        }
        self.progressed(io, key);
        Ok(())
    }

    pub(super) fn on_pubrec(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        id: PacketId,
    ) -> Result<(), Error> {
        let Some(key) = self.peers.link(conn).map(|link| link.session) else { return Ok(()) };
        let Some(session) = self.sessions.get_mut(key) else { return Ok(()) };
        if let Received::First(received) = session.out.on_pubrec(id)? {
            session.out_bytes -= received.message.message.payload.len();
            if session.number != 0 {
                let (qos, retain) = (received.qos, received.message.retain);
                // What remains to be remembered is the identifier; the message is the client's.
                let progress = Progress::Released(id);
                let queued = Queued { message: 0, qos, retain, progress };
                let (session, ticket) = (session.number, received.ticket);
                self.journal.note(|| Change::QueuePut { session, ticket, queued });
                self.journal.let_go(&received.message.message);
            }
        }
        // [MQTT-4.3.3-1], [MQTT-4.6.0-4] PUBREL answers every PUBREC, in order.
        self.promises.push(Promise::Ack(conn, PacketType::PubRel, id));
        self.progressed(io, key);
        Ok(())
    }

    pub(super) fn on_pubcomp(&mut self, io: &mut Io, conn: ConnId, id: PacketId) {
        let Some(key) = self.peers.link(conn).map(|link| link.session) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        if let Some(delivered) = session.out.on_pubcomp(id)
            && session.number != 0
        {
            let (session, ticket) = (session.number, delivered.ticket);
            self.journal.note(|| Change::QueueDelete { session, ticket });
        }
        self.progressed(io, key);
    }

    /// An acknowledgement has come: there may be room in the window.
    fn progressed(&mut self, io: &mut Io, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if let Some(lag) = &mut session.lag {
            lag.progress = io.now();
        }
        if session.lag.is_some() || session.out.waiting() > 0 {
            self.mark(key);
        }
    }
}
