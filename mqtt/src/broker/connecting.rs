//! CONNECT: who is let in, and which session is gone on with (section 3.1.4).
//!
//! It knows sessions and connections. Whether a password is right is the access rules' to say.

use std::rc::Rc;
use wirelab_reactor::{ConnId, Io, Timer};

use super::message::Delivery;
use super::peers::{Link, Stage};
use super::sessions::{Key, Session};
use super::{ACK_LEN, Broker, Departure, Event, SILENCE};
use crate::Error;
use crate::delivery::Again;
use crate::limits::{PACKET_IDS, SESSIONS_MAX};
use crate::packet::{ConnAck, Connect, ConnectReturnCode, PacketType, encode_ack};

impl Broker {
    pub(super) fn on_connect(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        mut connect: Connect,
    ) -> Result<(), Error> {
        // [MQTT-3.1.0-2] A client says this once.
        if self.peers.link(conn).is_some() {
            return Err(Error::violated("[MQTT-3.1.0-2]", "a second CONNECT"));
        }
        self.check_connect(&connect)?;
        // [MQTT-3.1.3-5] Any other is good: 23 letters and digits, and much more.
        if connect.client_id.is_empty() {
            connect.client_id = self.choose_id(io);
        }
        let (key, session_present) = self.open_session(io, conn, &connect)?;
        self.link(io, conn, key, &connect);
        // [MQTT-3.1.4-4], [MQTT-3.2.0-1] The first packet to the client, with return code 0.
        let connack = ConnAck { session_present, code: ConnectReturnCode::Accepted };
        self.stats.messages_sent += 1;
        self.stats.bytes_sent += ACK_LEN;
        io.write(conn, |out| connack.encode(out));
        let peer = io.peer_addr(conn);
        self.tell(Event::Connected {
            client_id: &connect.client_id,
            peer,
            user_name: connect.user_name.as_deref(),
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive,
            session_present,
        });
        self.send_again(io, conn, key);
        self.mark(key);
        Ok(())
    }

    /// May it come in at all? An error carries the return code that says why not.
    fn check_connect(&self, connect: &Connect) -> Result<(), Error> {
        let refused = |code, clause| Err(Error::Refused { code, clause });
        // [MQTT-3.1.3-9] We need not choose ids for others; then an empty one is rejected.
        if connect.client_id.is_empty() && !self.settings.allow_zero_length_clientid {
            return refused(ConnectReturnCode::IdentifierRejected, "[MQTT-3.1.3-9]");
        }
        let at_most = self.settings.max_connections.unwrap_or(usize::MAX) as u64;
        let is_new = self.sessions.find(&connect.client_id).is_none();
        let full = self.stats.clients_connected >= at_most || self.sessions.len() >= SESSIONS_MAX;
        if is_new && full {
            return refused(ConnectReturnCode::ServerUnavailable, "");
        }
        match self.access.login(connect) {
            Ok(()) => Ok(()),
            // [MQTT-3.2.2-5] CONNACK says so, then the connection is closed.
            Err(code) => refused(code, "[MQTT-3.2.2-5]"),
        }
    }

    /// [MQTT-3.1.3-6] A unique id for a client that has none.
    fn choose_id(&self, io: &mut Io) -> String {
        loop {
            let (high, low) = (io.random(1 << 32), io.random(1 << 32));
            let id = format!("{}{high:08x}{low:08x}", self.settings.auto_id_prefix);
            if self.sessions.find(&id).is_none() {
                return id;
            }
        }
    }

    /// The CleanSession processing [MQTT-3.1.4-3]: the session, and whether it was there before.
    fn open_session(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        connect: &Connect,
    ) -> Result<(Key, bool), Error> {
        if let Some(key) = self.sessions.find(&connect.client_id) {
            // [MQTT-3.1.4-2] The client is connected already: that connection ends. A client that
            // asked for a clean session has none after that.
            if let Some(old) = self.sessions.get(key).and_then(|session| session.conn) {
                self.leave(io, old, Departure::TakenOver);
                io.close(old);
            }
        }
        let found = self.sessions.find(&connect.client_id);
        if let Some(key) = found.filter(|_| connect.clean_session) {
            // [MQTT-3.1.2-6] Begin anew: nothing of an earlier session is used again.
            self.end_session(key);
        } else if let Some(key) = found {
            // [MQTT-3.1.2-4], [MQTT-3.2.2-2] Go on with the session that there is.
            let session = self.sessions.get_mut(key).ok_or(Error::Misuse("no such session"))?;
            session.conn = Some(conn);
            session.user_name = connect.user_name.as_deref().map(Into::into);
            self.journal.session(session, None);
            // The rules may know the user under another name now.
            self.epoch += 1;
            return Ok((key, true));
        }
        // [MQTT-3.2.2-1], [MQTT-3.2.2-3] There was none, or it is gone.
        let client_id: Rc<str> = connect.client_id.as_str().into();
        let mut session = Session::new(client_id, connect.clean_session, self.window());
        session.conn = Some(conn);
        session.user_name = connect.user_name.as_deref().map(Into::into);
        if !connect.clean_session {
            session.number = self.journal.number_session();
            self.journal.session(&session, None);
        }
        Ok((self.sessions.insert(session), false))
    }

    /// How many messages may be in flight to one client.
    pub(super) fn window(&self) -> usize {
        match self.settings.max_inflight_messages {
            0 => PACKET_IDS,
            n => n,
        }
    }

    fn link(&mut self, io: &mut Io, conn: ConnId, key: Key, connect: &Connect) {
        // [MQTT-3.1.2-8], [MQTT-3.1.2-12] The will is kept with the connection, if there is one.
        let will = connect.will.clone().map(Box::new);
        let link =
            Link { session: key, keep_alive: connect.keep_alive, will, route: None, hold: None };
        let (timer, patience) = (Timer::Conn(conn, SILENCE), link.patience());
        // A Keep Alive of 0 turns it off.
        if patience.is_zero() {
            io.cancel_timer(timer);
        } else {
            io.set_timer(timer, io.now() + patience);
        }
        if let Some(peer) = self.peers.get_mut(conn) {
            peer.stage = Stage::Connected(link);
        }
        self.stats.clients_connected += 1;
        let connected = self.stats.clients_connected;
        self.stats.clients_maximum = self.stats.clients_maximum.max(connected);
    }

    /// [MQTT-4.4.0-1] What the client had not acknowledged is sent again, in order, with the
    /// packet identifiers that it had.
    fn send_again(&mut self, io: &mut Io, conn: ConnId, key: Key) {
        let Some(session) = self.sessions.get(key) else { return };
        for again in session.out.again() {
            self.stats.messages_sent += 1;
            match again {
                Again::Release(id) => {
                    self.stats.bytes_sent += ACK_LEN;
                    io.write(conn, |out| encode_ack(PacketType::PubRel, id, out));
                }
                Again::Publish(out) => {
                    let item = &out.waiting.message;
                    self.stats.publish_sent += 1;
                    self.stats.publish_bytes_sent += item.message.payload.len() as u64;
                    let packet_id = Some((out.waiting.qos, out.packet_id));
                    // [MQTT-3.3.1-1] DUP: the client may have had it.
                    let delivery = Delivery { dup: true, retain: item.retain, packet_id };
                    self.stats.bytes_sent += item.message.write(io, conn, delivery);
                }
            }
        }
    }
}
