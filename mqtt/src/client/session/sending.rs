//! What a session sends of its own accord: first what must be sent again, then what waits, in
//! the order in which it was asked for.
//!
//! It does not know when it may be written; who calls it does.

use bytes::BytesMut;

use super::{Job, Link, Now, Session, owned};
use crate::Error;
use crate::client::Event;
use crate::client::event::Seen;
use crate::client::requests::Request;
use crate::delivery::{Again, Waiting};
use crate::packet::{Packet, PubRel, QoS, Subscribe, Unsubscribe};
use crate::wire::PacketId;

impl Session {
    /// Is there something that [`send`](Self::send) would write now?
    pub fn wants_to_send(&self) -> bool {
        let may = self.link == Link::Up || (self.link == Link::Asking && self.options.eager);
        let next = match self.jobs.front() {
            Some(Job::Publish(_, message)) if message.qos == QoS::AtMostOnce => true,
            Some(Job::Publish(..)) => self.sender.has_room(),
            Some(Job::Request(_)) => true,
            None => false,
        };
        // Order is kept: what waits for the window holds up what stands behind it.
        let front = if self.sender.waiting() > 0 { self.sender.has_room() } else { next };
        may && (!self.again.is_empty() || front)
    }

    /// Writes what may be sent now, until about `budget` bytes are written. Was there anything?
    ///
    /// # Errors
    /// [`Error::Misuse`], which [`publish`](Self::publish) and its like have excluded.
    pub fn send(&mut self, now: Now, out: &mut BytesMut, budget: usize) -> Result<bool, Error> {
        let before = out.len();
        while out.len() - before < budget && self.wants_to_send() {
            if !self.send_next(out)? {
                break;
            }
        }
        let wrote = out.len() > before;
        if wrote {
            self.keep_alive.sent(now);
        }
        Ok(wrote)
    }

    /// Writes the next packet. Was there one?
    fn send_next(&mut self, out: &mut BytesMut) -> Result<bool, Error> {
        // [MQTT-4.6.0-1], [MQTT-4.6.0-4] First what is sent again, in its order, and then news.
        if let Some(id) = self.again.pop_front() {
            return self.send_again(id, out).map(|()| true);
        }
        if self.sender.waiting() > 0 {
            return self.send_from_window(out);
        }
        match self.jobs.pop_front() {
            Some(Job::Publish(ticket, message)) => {
                self.job_bytes -= message.payload.len();
                let qos = message.qos;
                if qos == QoS::AtMostOnce {
                    // [MQTT-4.3.1-1] Sent once, without an identifier.
                    message.packet(None, false).encode(out)?;
                    self.saw(|_| Seen::Sent(owned(&message, None, false)));
                    self.done.push_back(Event::Published(ticket));
                    return Ok(true);
                }
                self.sender.push(Waiting { ticket, qos, message });
                self.send_from_window(out)
            }
            Some(Job::Request(request)) => self.send_request(request, out),
            None => Ok(false),
        }
    }

    fn send_from_window(&mut self, out: &mut BytesMut) -> Result<bool, Error> {
        let Some(next) = self.sender.send_next() else { return Ok(false) };
        let (id, message) = (Some(next.packet_id), &next.waiting.message);
        // [MQTT-4.3.2-1], [MQTT-4.3.3-1] An identifier of its own, and DUP 0 the first time.
        message.packet(id, false).encode(out)?;
        if let Some(watched) = &mut self.watched {
            watched.push_back(Seen::Sent(owned(message, id, false)));
        }
        Ok(true)
    }

    fn send_again(&mut self, id: PacketId, out: &mut BytesMut) -> Result<(), Error> {
        let packet = match self.sender.unfinished(id) {
            // [MQTT-3.3.1-1] DUP, [MQTT-2.3.1-3] and the same identifier.
            Some(Again::Publish(publish)) => {
                let message = &publish.waiting.message;
                message.packet(Some(id), true).encode(out)?;
                self.watched.is_some().then(|| owned(message, Some(id), true))
            }
            Some(Again::Release(packet_id)) => {
                let pubrel = PubRel { packet_id };
                pubrel.encode(out);
                Some(Packet::PubRel(pubrel))
            }
            None => None,
        };
        if let Some(packet) = packet {
            self.saw(|_| Seen::Sent(packet));
        }
        Ok(())
    }

    fn send_request(&mut self, request: Request, out: &mut BytesMut) -> Result<bool, Error> {
        // [MQTT-2.3.1-2] An identifier that is not in use; when all are, the request waits.
        let Some(packet_id) = self.sender.reserve() else {
            self.jobs.push_front(Job::Request(request));
            return Ok(false);
        };
        let packet = match &request {
            Request::Subscribe(_, filters) | Request::Again(filters) => {
                Packet::Subscribe(Subscribe { packet_id, filters: filters.clone() })
            }
            Request::Unsubscribe(_, filters) => {
                Packet::Unsubscribe(Unsubscribe { packet_id, filters: filters.clone() })
            }
        };
        packet.encode(out)?;
        self.saw(|_| Seen::Sent(packet));
        self.requests.sent(packet_id, request);
        Ok(true)
    }
}
