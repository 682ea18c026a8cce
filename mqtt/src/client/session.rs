//! The client's machine: which packets are sent, and what each of the server's packets does.
//!
//! ```text
//!            connect: CONNECT       CONNACK 0
//!   Down -----------------> Asking ----------> Up -----> Left
//!    ^                        |                 |  leave: DISCONNECT
//!    +--------- lost ---------+-----------------+
//!
//!   job: PUBLISH QoS 0 --------------------------------> sent, done
//!        PUBLISH QoS 1, 2 --> Sender (takes an id) ----> in flight ----> acknowledged, done
//!        SUBSCRIBE, UNSUBSCRIBE (take an id) ----------> open ---------> answered, done
//! ```
//!
//! A session outlives its connections: what was in flight is sent again on the next one. Bytes
//! go in and out, moments come in as values. It does not know sockets, nor who connects.
//! What is sent stands in `sending`, what comes in `hearing`.

mod hearing;
mod sending;

use bytes::BytesMut;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::keep_alive::{Due, KeepAlive};
use super::requests::{Request, Requests};
use super::{Event, Message, Options, Seen, Ticket};
use crate::Error;
use crate::delivery::{Again, Receiver, Sender};
use crate::limits::{CLIENT_QUEUED_BYTES_MAX, CLIENT_QUEUED_MAX};
use crate::packet::{Disconnect, Packet, PingReq, Publish, QoS, Subscribe, Unsubscribe};
use crate::wire::PacketId;

/// Since some fixed moment in the past.
type Now = Duration;

/// The connection, as the session sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// There is none.
    Down,
    /// CONNECT is sent.
    Asking,
    /// CONNACK has let us in.
    Up,
    /// DISCONNECT is sent.
    Left,
}

/// Something to be sent for the first time.
#[derive(Clone, Debug)]
enum Job {
    Publish(Ticket, Message),
    Request(Request),
}

/// The server does not say what it must in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence;

/// One client's session.
#[derive(Debug)]
pub struct Session {
    options: Options,
    link: Link,
    keep_alive: KeepAlive,
    jobs: VecDeque<Job>,
    /// Bytes of payload in `jobs`.
    job_bytes: usize,
    sender: Sender<Message>,
    /// What was in flight when the connection was made, and has not been sent again on it.
    again: VecDeque<PacketId>,
    receiver: Receiver,
    requests: Requests,
    /// Events that no packet of the server's has brought.
    done: VecDeque<Event>,
    /// The last topic name that came: most often the next one is the same.
    last_topic: Arc<str>,
    watched: Option<VecDeque<Seen>>,
}

impl Session {
    /// Nothing sent yet.
    pub fn new(options: Options) -> Self {
        Self {
            link: Link::Down,
            keep_alive: KeepAlive::new(0, Now::ZERO),
            jobs: VecDeque::new(),
            job_bytes: 0,
            sender: Sender::new(options.window),
            again: VecDeque::new(),
            receiver: Receiver::default(),
            requests: Requests::default(),
            done: VecDeque::new(),
            last_topic: Arc::from(""),
            watched: None,
            options,
        }
    }

    /// Notes every packet from now on, for [`next_seen`](Self::next_seen).
    pub fn watch(&mut self) {
        self.watched.get_or_insert_default();
    }

    /// The next packet that went by.
    pub fn next_seen(&mut self) -> Option<Seen> {
        self.watched.as_mut()?.pop_front()
    }

    /// The options that it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Has the server let us in?
    pub fn is_up(&self) -> bool {
        self.link == Link::Up
    }

    /// Is there nothing left to send, and nothing unanswered?
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
            && self.sender.is_idle()
            && self.requests.is_idle()
            && self.done.is_empty()
    }

    /// Should more be asked for now, or does enough wait already?
    pub fn has_room(&self) -> bool {
        self.jobs.len() < CLIENT_QUEUED_MAX && self.job_bytes < CLIENT_QUEUED_BYTES_MAX
    }

    /// Publishes a message, as soon as it may be sent. [`Event::Published`] will say when its QoS
    /// has been kept.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it cannot be sent.
    pub fn publish(&mut self, ticket: Ticket, message: Message) -> Result<(), Error> {
        message.check()?;
        self.job_bytes += message.payload.len();
        self.jobs.push_back(Job::Publish(ticket, message));
        Ok(())
    }

    /// Subscribes; [`Event::Subscribed`] will say what was granted.
    ///
    /// # Errors
    /// [`Error::Misuse`]: no filter, or one that is none.
    pub fn subscribe(&mut self, ticket: Ticket, filters: Vec<(String, QoS)>) -> Result<(), Error> {
        let packet = Subscribe { packet_id: PacketId::MIN, filters };
        packet.encode(&mut BytesMut::new())?;
        self.jobs.push_back(Job::Request(Request::Subscribe(ticket, packet.filters)));
        Ok(())
    }

    /// Takes subscriptions back; [`Event::Unsubscribed`] will say when.
    ///
    /// # Errors
    /// [`Error::Misuse`]: no filter, or one that is none.
    pub fn unsubscribe(&mut self, ticket: Ticket, filters: Vec<String>) -> Result<(), Error> {
        let packet = Unsubscribe { packet_id: PacketId::MIN, filters };
        packet.encode(&mut BytesMut::new())?;
        self.jobs.push_back(Job::Request(Request::Unsubscribe(ticket, packet.filters)));
        Ok(())
    }

    /// A connection stands: says CONNECT.
    ///
    /// # Errors
    /// [`Error::Misuse`] when the options cannot be said.
    pub fn connect(&mut self, now: Now, out: &mut BytesMut) -> Result<(), Error> {
        // [MQTT-3.1.0-1] The first packet.
        self.options.connect.encode(out)?;
        self.saw(|session| Seen::Sent(Packet::Connect(Box::new(session.options.connect.clone()))));
        self.keep_alive = KeepAlive::new(self.options.connect.keep_alive, now);
        self.link = Link::Asking;
        if self.options.connect.clean_session {
            // [MQTT-3.1.2-6] Nothing of the last session is used again. What it had not brought
            // to its end is published anew: under the new session these are new messages.
            for ticket in self.sender.begin_anew() {
                self.done.push_back(Event::Published(ticket));
            }
            self.receiver = Receiver::default();
            self.again.clear();
        } else {
            // [MQTT-4.4.0-1] What is unacknowledged is sent again, under its identifiers.
            let id = |again| match again {
                Again::Publish(out) => out.packet_id,
                Again::Release(id) => id,
            };
            self.again = self.sender.again().map(id).collect();
        }
        Ok(())
    }

    /// The connection is gone.
    pub fn lost(&mut self) {
        self.link = Link::Down;
        self.again.clear();
        // What was asked and not answered is asked again, before all that was to come after it.
        for (id, request) in self.requests.lost().into_iter().rev() {
            self.sender.unreserve(id);
            if let Some(request) = request {
                self.jobs.push_front(Job::Request(request));
            }
        }
        self.jobs.retain(|job| !matches!(job, Job::Request(Request::Again(_))));
    }

    /// Says DISCONNECT; the connection is then to be closed [MQTT-3.14.4-1].
    pub fn leave(&mut self, out: &mut BytesMut) {
        if matches!(self.link, Link::Asking | Link::Up) {
            Disconnect.encode(out);
            self.saw(|_| Seen::Sent(Packet::Disconnect(Disconnect)));
        }
        // [MQTT-3.14.4-2] From here on nothing is sent.
        self.link = Link::Left;
    }

    /// An event that no packet of the server's has brought: a QoS 0 message was sent.
    pub fn next_done(&mut self) -> Option<Event> {
        self.done.pop_front()
    }

    /// When [`on_time`](Self::on_time) is to be called, unless something is sent or heard before.
    pub fn deadline(&self) -> Option<Now> {
        if self.link == Link::Down || self.link == Link::Left {
            return None;
        }
        self.keep_alive.deadline()
    }

    /// Sends PINGREQ if one is due [MQTT-3.1.2-23].
    ///
    /// # Errors
    /// [`Silence`] when the server has not answered in time: the connection is to be closed.
    pub fn on_time(&mut self, now: Now, out: &mut BytesMut) -> Result<(), Silence> {
        if self.deadline().is_none() {
            return Ok(());
        }
        match self.keep_alive.due(now) {
            Due::Nothing => Ok(()),
            Due::Ping => {
                PingReq.encode(out);
                self.saw(|_| Seen::Sent(Packet::PingReq(PingReq)));
                self.keep_alive.pinged(now);
                Ok(())
            }
            Due::Dead => Err(Silence),
        }
    }

    /// We ourselves have not read for a while: that is no silence of the server's.
    pub fn excuse(&mut self, now: Now) {
        self.keep_alive.heard(now);
    }

    fn saw(&mut self, seen: impl FnOnce(&Self) -> Seen) {
        if self.watched.is_some() {
            let seen = seen(self);
            self.watched.get_or_insert_default().push_back(seen);
        }
    }
}

/// The PUBLISH as a value, for those who watch.
fn owned(message: &Message, packet_id: Option<PacketId>, dup: bool) -> Packet {
    Packet::Publish(Publish {
        dup,
        qos: message.qos,
        retain: message.retain,
        topic: message.topic.to_string(),
        packet_id,
        payload: message.payload.clone(),
    })
}
