//! A store in memory, which makes sure that what it is told makes sense.
//!
//! It knows changes. It does not know the broker.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use wirelab_mqtt::broker::Store;
use wirelab_mqtt::broker::store::{
    Change, MessageNo, Queued, SessionNo, Snapshot, StoreError, StoredSession, Ticket,
};

/// A store in memory, that several brokers have one after the other.
#[derive(Clone, Debug, Default)]
pub struct Memory(Rc<RefCell<Snapshot>>);

impl Memory {
    /// What it holds.
    pub fn snapshot(&self) -> Ref<'_, Snapshot> {
        self.0.borrow()
    }

    fn queue(session: &mut StoredSession, ticket: Ticket, queued: Option<Queued>) {
        let place = session.queue.binary_search_by_key(&ticket, |(ticket, _)| *ticket);
        match (place, queued) {
            (Ok(at), Some(queued)) => session.queue[at].1 = queued,
            (Ok(at), None) => {
                session.queue.remove(at);
            }
            (Err(at), Some(queued)) => session.queue.insert(at, (ticket, queued)),
            (Err(_), None) => panic!("a queue entry that is not there is deleted"),
        }
    }
}

fn find(snapshot: &mut Snapshot, number: SessionNo) -> &mut StoredSession {
    let session = snapshot.sessions.iter_mut().find(|session| session.session == number);
    session.expect("a session that is there")
}

fn holds(snapshot: &Snapshot, number: MessageNo) -> bool {
    snapshot.messages.iter().any(|(message, ..)| *message == number)
}

impl Store for Memory {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        Ok(self.0.borrow().clone())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let all = &mut *self.0.borrow_mut();
        for change in changes.iter().cloned() {
            match change {
                Change::SessionPut { session, client_id, away_since } => {
                    if let Some(s) = all.sessions.iter_mut().find(|s| s.session == session) {
                        s.away_since = away_since;
                        continue;
                    }
                    let (subscriptions, queue, received) = Default::default();
                    let new = StoredSession {
                        session,
                        client_id,
                        away_since,
                        subscriptions,
                        queue,
                        received,
                    };
                    all.sessions.push(new);
                }
                Change::SessionDelete { session } => {
                    all.sessions.retain(|s| s.session != session);
                }
                Change::SubscriptionPut { session, filter, qos } => {
                    let subscriptions = &mut find(all, session).subscriptions;
                    subscriptions.retain(|(known, _)| *known != filter);
                    subscriptions.push((filter, qos));
                }
                Change::SubscriptionDelete { session, filter } => {
                    find(all, session).subscriptions.retain(|(known, _)| *known != filter);
                }
                Change::MessagePut { message, topic, payload } => {
                    assert!(!holds(all, message), "a number is used once");
                    all.messages.push((message, topic, payload));
                }
                Change::MessageDelete { message } => {
                    assert!(holds(all, message), "a message that is there");
                    all.messages.retain(|(known, ..)| *known != message);
                }
                Change::QueuePut { session, ticket, queued } => {
                    Self::queue(find(all, session), ticket, Some(queued));
                }
                Change::QueueDelete { session, ticket } => {
                    Self::queue(find(all, session), ticket, None);
                }
                Change::ReceivedPut { session, packet_id } => {
                    find(all, session).received.push(packet_id);
                }
                Change::ReceivedDelete { session, packet_id } => {
                    find(all, session).received.retain(|known| *known != packet_id);
                }
                Change::RetainedPut { topic, payload, qos } => {
                    all.retained.retain(|(known, ..)| *known != topic);
                    all.retained.push((topic, payload, qos));
                }
                Change::RetainedDelete { topic } => {
                    all.retained.retain(|(known, ..)| *known != topic);
                }
            }
        }
        Ok(())
    }
}
