//! What the store has kept becomes the broker's sessions and retained messages again.
//!
//! It knows the store's snapshot. It does not know how that is kept.

use std::collections::HashMap;
use std::rc::Rc;

use super::message::{Item, Message};
use super::sessions::Session;
use super::store::{MessageNo, Progress, Store, StoreError, StoredSession};
use super::{Broker, Kept};
use crate::delivery::{Restored, Waiting};
use crate::topic;

impl Broker {
    /// Keeps what must survive in this store, and begins with what it holds.
    ///
    /// # Errors
    /// What the store's [`load`](Store::load) says; and when what it holds does not make sense.
    pub fn with_store(mut self, mut store: Box<dyn Store>) -> Result<Self, StoreError> {
        let snapshot = store.load()?;
        let last_session = snapshot.sessions.iter().map(|s| s.session).max().unwrap_or(0);
        let last_message = snapshot.messages.iter().map(|(number, ..)| *number).max().unwrap_or(0);
        let mut messages = HashMap::new();
        for (number, topic, payload) in snapshot.messages {
            let message = Message::new(topic, payload);
            message.number.set(number);
            messages.insert(number, message);
        }
        for session in snapshot.sessions {
            self.restore_session(session, &messages)?;
        }
        for (topic, payload, qos) in snapshot.retained {
            let message = Message::new(topic.clone(), payload);
            self.retained.set(topic, Kept { message, qos });
        }
        self.journal.open(store, last_session, last_message);
        Ok(self)
    }

    fn restore_session(
        &mut self,
        stored: StoredSession,
        messages: &HashMap<MessageNo, Rc<Message>>,
    ) -> Result<(), StoreError> {
        let mut session = Session::new(stored.client_id.clone(), false, self.window());
        session.number = stored.session;
        // A client that was connected to the end has been away since the broker was.
        session.away_since = stored.away_since.unwrap_or(self.settings.started_at);
        for (ticket, queued) in stored.queue {
            session.next_ticket = session.next_ticket.max(ticket + 1);
            // [MQTT-4.3.3-1] Of a message that was received, only its identifier is left.
            if let Progress::Released(id) = queued.progress {
                session.out.restore(id, Restored::Release { ticket });
                continue;
            }
            let Some(message) = messages.get(&queued.message) else {
                let (client, number) = (&stored.client_id, queued.message);
                let what = format!("the queue of client {client} refers to message {number}");
                return Err(StoreError(format!("{what}, which is not there")));
            };
            message.references.set(message.references.get() + 1);
            session.out_bytes += message.payload.len();
            let item = Item { message: message.clone(), retain: queued.retain };
            let waiting = Waiting { ticket, qos: queued.qos, message: item };
            match queued.progress {
                Progress::Sent(id) => session.out.restore(id, Restored::Publish(waiting)),
                _ => session.out.push(waiting),
            }
        }
        for id in stored.received {
            session.received.on_publish(id);
        }
        let subscriptions = stored.subscriptions;
        session.subscriptions = subscriptions.iter().cloned().collect();
        session.levels = subscriptions.iter().map(|(filter, _)| topic::levels(filter)).sum();
        let key = self.sessions.insert(session);
        for (filter, qos) in subscriptions {
            self.tree.insert(&filter, key, qos);
        }
        Ok(())
    }
}
