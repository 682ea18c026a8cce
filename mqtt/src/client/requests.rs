//! Subscriptions, as a client sees them: what was asked for and is not answered, and what was
//! granted and must be asked for again when a server has forgotten us.
//!
//! ```text
//!   SUBSCRIBE 7 -->  open: 7 asks for a/#, b     <-- SUBACK 7: 0, 80     granted: a/#
//!   UNSUBSCRIBE 8 -> open: 8 gives back a/#      <-- UNSUBACK 8          granted: nothing
//! ```
//!
//! It knows filters and identifiers. It does not know the connection.

use std::collections::HashMap;

use super::{Event, Ticket};
use crate::Error;
use crate::packet::{QoS, SubAck};
use crate::wire::PacketId;

/// A SUBSCRIBE or UNSUBSCRIBE, not yet answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The caller's SUBSCRIBE.
    Subscribe(Ticket, Vec<(String, QoS)>),
    /// The caller's UNSUBSCRIBE.
    Unsubscribe(Ticket, Vec<String>),
    /// Our own SUBSCRIBE, for what was granted before the server forgot it.
    Again(Vec<(String, QoS)>),
}

/// What is open, and what is granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    /// In the order in which they were sent.
    open: Vec<(PacketId, Request)>,
    /// Each filter once, in the order of the first time.
    granted: Vec<(String, QoS)>,
    /// Where each of them stands there: a client may have a million.
    places: HashMap<String, usize>,
}

impl Requests {
    /// It was sent under this identifier.
    pub fn sent(&mut self, id: PacketId, request: Request) {
        self.open.push((id, request));
    }

    /// Is nothing unanswered?
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// The connection is lost: what is unanswered is to be asked again. What we ourselves had
    /// asked again is in `granted` as before.
    pub fn lost(&mut self) -> Vec<(PacketId, Option<Request>)> {
        let keep = |request| match request {
            Request::Again(_) => None,
            request => Some(request),
        };
        std::mem::take(&mut self.open).into_iter().map(|(id, r)| (id, keep(r))).collect()
    }

    /// What the server is to be asked for after it has forgotten us.
    pub fn again(&self) -> Option<Request> {
        (!self.granted.is_empty()).then(|| Request::Again(self.granted.clone()))
    }

    /// A SUBACK has come.
    ///
    /// # Errors
    /// [`Error::PeerViolated`]: nobody asked, or another number of filters.
    pub fn on_suback(&mut self, suback: SubAck) -> Result<Event, Error> {
        let SubAck { packet_id, codes } = suback;
        let stranger = Error::violated("[MQTT-3.8.4-2]", "a SUBACK that answers no SUBSCRIBE");
        let at = self.find(packet_id).ok_or(stranger)?;
        let filters = match &self.open[at].1 {
            Request::Subscribe(_, filters) | Request::Again(filters) => filters,
            Request::Unsubscribe(..) => return Err(stranger),
        };
        // [MQTT-3.8.4-5], [MQTT-3.9.3-1] A code for each filter, in the order of the filters.
        if filters.len() != codes.len() {
            let what = "a SUBACK with more or fewer return codes than there were filters";
            return Err(Error::violated("[MQTT-3.8.4-5]", what));
        }
        match self.open.remove(at).1 {
            Request::Again(filters) => {
                self.granted.clear();
                self.places.clear();
                self.grant(&filters, &codes);
                let pairs = filters.into_iter().map(|(filter, _)| filter).zip(codes);
                Ok(Event::Resubscribed(pairs.collect()))
            }
            Request::Subscribe(ticket, filters) => {
                self.grant(&filters, &codes);
                Ok(Event::Subscribed { ticket, packet_id, codes })
            }
            Request::Unsubscribe(..) => Err(stranger),
        }
    }

    /// An UNSUBACK has come.
    ///
    /// # Errors
    /// [`Error::PeerViolated`]: nobody asked.
    pub fn on_unsuback(&mut self, id: PacketId) -> Result<Event, Error> {
        let stranger =
            Error::violated("[MQTT-3.10.4-4]", "an UNSUBACK that answers no UNSUBSCRIBE");
        let at = self.find(id).ok_or(stranger)?;
        let Request::Unsubscribe(ticket, filters) = &self.open[at].1 else { return Err(stranger) };
        let ticket = *ticket;
        self.granted.retain(|(filter, _)| !filters.contains(filter));
        let all = self.granted.iter().enumerate();
        self.places = all.map(|(at, (filter, _))| (filter.clone(), at)).collect();
        self.open.remove(at);
        Ok(Event::Unsubscribed(ticket))
    }

    fn find(&self, id: PacketId) -> Option<usize> {
        self.open.iter().position(|(open, _)| *open == id)
    }

    /// Asked for again, it is asked for at the QoS that was wanted, not at what was granted.
    fn grant(&mut self, filters: &[(String, QoS)], codes: &[Option<QoS>]) {
        for ((filter, qos), code) in filters.iter().zip(codes) {
            match (self.places.get(filter), code) {
                (Some(at), Some(_)) => self.granted[*at].1 = *qos,
                (None, Some(_)) => {
                    self.places.insert(filter.clone(), self.granted.len());
                    self.granted.push((filter.clone(), *qos));
                }
                // A subscription that stood stays as it was, if it is not to be replaced.
                (_, None) => {}
            }
        }
    }
}
