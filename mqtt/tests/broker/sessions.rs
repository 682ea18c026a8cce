//! Sessions that outlive their connections.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wirelab_mqtt::broker::store::{
    Change, MessageNo, Queued, SessionNo, Snapshot, StoreError, StoredSession, Ticket,
};
use wirelab_mqtt::broker::{Broker, Settings, Store};

use crate::stage::{Split, Stage, play, quiet};

/// [MQTT-3.1.2-4], [MQTT-3.1.2-5], [MQTT-3.1.3-2], [MQTT-3.1.4-3], [MQTT-4.1.0-2],
/// [MQTT-3.2.2-2], [MQTT-3.2.2-3], [MQTT-4.5.0-1]
#[test]
fn what_came_while_a_client_was_away_waits_for_it() {
    play(&quiet(), |stage| {
        stage.resumes("sub", false);
        stage.sends("sub", "82 08 0001 0003 'a/b' 01");
        stage.gets("sub", "90 03 0001 01");
        stage.sends("sub", "e0 00");
        stage.enters("pub");
        stage.sends("pub", "32 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y'");
        stage.gets("pub", "40 02 0001 50 02 0002");
        stage.sends("pub", "30 06 0003 'a/b' 'z'");
        stage.resumes("sub", true);
        stage.gets("sub", "32 08 0003 'a/b' 0001 'x' 32 08 0003 'a/b' 0002 'y'");
    });
}

/// [MQTT-3.1.2-6], [MQTT-3.2.2-1]
#[test]
fn a_clean_session_begins_anew_and_leaves_nothing() {
    play(&quiet(), |stage| {
        stage.resumes("sub", false);
        stage.sends("sub", "82 08 0001 0003 'a/b' 01 e0 00");
        stage.enters("sub");
        stage.enters("pub");
        stage.sends("pub", "30 06 0003 'a/b' 'x'");
        stage.gets_nothing("sub");
        stage.sends("sub", "e0 00");
        stage.resumes("sub", false);
    });
}

/// [MQTT-4.4.0-1], [MQTT-3.3.1-1], [MQTT-4.6.0-1], [MQTT-4.6.0-4], [MQTT-2.3.1-3]
#[test]
fn what_was_not_acknowledged_is_sent_again_in_order() {
    play(&quiet(), |stage| {
        stage.resumes("sub", false);
        stage.sends("sub", "82 08 0001 0003 'a/b' 02");
        stage.enters("pub");
        stage.gets("sub", "90 03 0001 02");
        stage.sends("pub", "32 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y'");
        stage.sends("pub", "34 08 0003 'a/b' 0003 'z'");
        let three = "32 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y' 34 08 0003 'a/b' 0003 'z'";
        stage.gets("sub", three);
        stage.sends("sub", "50 02 0003");
        stage.gets("sub", "62 02 0003");
        stage.kill("sub");
        stage.resumes("sub", true);
        stage.gets("sub", "62 02 0003 3a 08 0003 'a/b' 0001 'x' 3c 08 0003 'a/b' 0002 'y'");
    });
}

/// [MQTT-3.1.4-2], [MQTT-3.1.3-2] The newer connection gets the id, the older one is closed.
#[test]
fn a_client_id_is_taken_over() {
    play(&quiet(), |stage| {
        stage.resumes("one", false);
        stage.open("again");
        stage.sends("again", "10 0f 0004 'MQTT' 04 00 0000 0003 'one'");
        stage.gets("again", "20 02 01 00");
        stage.is_closed("one");
        stage.is_open("again");
    });
}

/// `max_queued_messages`: what an absent client's queue does not take is dropped and counted.
#[test]
fn an_absent_clients_queue_has_an_end() {
    let settings = Settings { max_queued_messages: 2, ..quiet() };
    let mut stage = Stage::new(Broker::new(settings), Split::Whole);
    stage.resumes("sub", false);
    stage.sends("sub", "82 08 0001 0003 'a/b' 01 e0 00");
    stage.enters("pub");
    for id in 1..=4 {
        stage.sends("pub", &format!("32 08 0003 'a/b' 000{id} 0{id}"));
        stage.gets("pub", &format!("40 02 000{id}"));
    }
    assert_eq!(stage.broker().stats().publish_dropped, 2);
    stage.resumes("sub", true);
    stage.gets("sub", "32 08 0003 'a/b' 0001 01 32 08 0003 'a/b' 0002 02");
}

/// `persistent_client_expiration`.
#[test]
fn a_session_whose_client_stays_away_ends() {
    let longest = Some(Duration::from_secs(3600));
    let settings = Settings { persistent_client_expiration: longest, ..quiet() };
    let mut stage = Stage::new(Broker::new(settings), Split::Whole);
    for (away, present) in [(3500, true), (3700, false)] {
        stage.resumes("sub", away != 3500);
        stage.sends("sub", "e0 00");
        stage.run(Duration::from_secs(away));
        stage.resumes("sub", present);
        stage.sends("sub", "e0 00");
    }
}

/// A store in memory, that several brokers have one after the other.
#[derive(Clone, Debug, Default)]
struct Memory(Rc<RefCell<Snapshot>>);

impl Memory {
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

/// [MQTT-4.1.0-1], [MQTT-4.3.3-1], [MQTT-4.3.3-2] The broker is killed in the middle of QoS 2, and
/// another goes on with its store: nothing is lost, nothing comes twice.
#[test]
fn a_broker_goes_on_where_another_was_killed() {
    let memory = Memory::default();
    let broker =
        || Broker::new(quiet()).with_store(Box::new(memory.clone())).expect("it can be read");
    let mut stage = Stage::new(broker(), Split::Whole);
    stage.resumes("sub", false);
    stage.sends("sub", "82 08 0001 0003 'a/b' 02");
    stage.gets("sub", "90 03 0001 02");
    stage.resumes("pub", false);
    stage.sends("pub", "34 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y'");
    stage.gets("pub", "50 02 0001 50 02 0002");
    stage.gets("sub", "34 08 0003 'a/b' 0001 'x' 34 08 0003 'a/b' 0002 'y'");
    stage.sends("sub", "50 02 0001");
    stage.gets("sub", "62 02 0001");
    stage.sends("pub", "31 06 0003 'r/s' 'k'");
    stage.start(broker());
    stage.resumes("pub", true);
    stage.sends("pub", "3c 08 0003 'a/b' 0002 'y' 62 02 0002");
    stage.gets("pub", "50 02 0002 70 02 0002");
    stage.resumes("sub", true);
    stage.gets("sub", "62 02 0001 3c 08 0003 'a/b' 0002 'y'");
    stage.sends("sub", "70 02 0001 50 02 0002 70 02 0002");
    stage.gets("sub", "62 02 0002");
    stage.sends("sub", "82 08 0003 0003 'r/#' 00");
    stage.gets("sub", "90 03 0003 00 31 06 0003 'r/s' 'k'");
    stage.sends("pub", "e0 00");
    let kept = memory.0.borrow();
    assert!(kept.messages.is_empty(), "nothing waits any more: {kept:?}");
    assert!(kept.sessions.iter().all(|session| session.queue.is_empty()));
}

/// A client that had never been sent what waited for it gets it with DUP 0, also from the broker
/// that comes after.
#[test]
fn what_was_never_sent_is_no_duplicate() {
    let memory = Memory::default();
    let broker =
        || Broker::new(quiet()).with_store(Box::new(memory.clone())).expect("it can be read");
    let mut stage = Stage::new(broker(), Split::Whole);
    stage.resumes("sub", false);
    stage.sends("sub", "82 08 0001 0003 'a/b' 01 e0 00");
    stage.enters("pub");
    stage.sends("pub", "32 08 0003 'a/b' 0001 'x'");
    stage.gets("pub", "40 02 0001");
    stage.start(broker());
    stage.resumes("sub", true);
    stage.gets("sub", "32 08 0003 'a/b' 0001 'x'");
}

/// A store that fails.
#[derive(Debug)]
struct Broken;

impl Store for Broken {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }
    fn commit(&mut self, _: &[Change]) -> Result<(), StoreError> {
        Err(StoreError("no space left on device".to_owned()))
    }
}

/// [MQTT-4.8.0-2] What cannot be kept is not acknowledged: the connection ends without a word.
#[test]
fn nothing_is_acknowledged_that_is_not_on_disk() {
    let broker = Broker::new(quiet()).with_store(Box::new(Broken)).expect("it is empty");
    let mut stage = Stage::new(broker, Split::Whole);
    stage.enters("pub");
    stage.sends("pub", "33 08 0003 'a/b' 0001 'x'");
    stage.gets_nothing("pub");
    stage.is_closed("pub");
    assert!(stage.broker().failed().is_some());
}
