//! What is committed is what is found again; what cannot be found again is an error that names
//! the file, and leaves it as it was.

use super::tables::{QUEUE, SESSIONS};
use super::{MOSQUITTO, RedbStore};
use crate::redb_file::{Kind, META};
use bytes::Bytes;
use proptest::prelude::*;
use redb::Database;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use wirelab_mqtt::broker::Store;
use wirelab_mqtt::broker::store::{
    Change, MessageNo, Progress, Queued, SessionNo, Snapshot, StoredSession,
};
use wirelab_mqtt::{PacketId, QoS};

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    (directory, file)
}

fn open(file: &Path) -> RedbStore {
    RedbStore::open(file).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(file: &Path) -> String {
    let error = RedbStore::open(file).expect_err("no error").to_string();
    assert!(error.starts_with(&format!("the store {}: ", file.display())), "{error}");
    error
}

/// The store as plain maps.
#[derive(Clone, Debug, Default)]
struct Model {
    sessions: BTreeMap<SessionNo, StoredSession>,
    messages: BTreeMap<MessageNo, (Rc<str>, Bytes)>,
    retained: BTreeMap<Rc<str>, (Bytes, QoS)>,
}

impl Model {
    /// Does what the change says, if it is one that a broker could make: of a session that is
    /// there, with a name that is its own, a message that is there.
    fn apply(&mut self, change: &Change) -> bool {
        match change.clone() {
            Change::SessionPut { session, client_id, away_since } => {
                let other = self.sessions.values().find(|s| s.client_id == client_id);
                if other.is_some_and(|other| other.session != session) {
                    return false;
                }
                let stored = self.sessions.entry(session).or_insert_with(|| StoredSession {
                    session,
                    client_id: client_id.clone(),
                    away_since,
                    subscriptions: Vec::new(),
                    queue: Vec::new(),
                    received: Vec::new(),
                });
                (stored.client_id, stored.away_since) = (client_id, away_since);
                true
            }
            Change::SessionDelete { session } => self.sessions.remove(&session).is_some(),
            Change::MessagePut { message, topic, payload } => {
                self.messages.insert(message, (topic, payload));
                true
            }
            Change::MessageDelete { message } => {
                let mut queued = self.sessions.values().flat_map(|s| &s.queue);
                let used = queued.any(|(_, queued)| queued.message == message);
                !used && self.messages.remove(&message).is_some()
            }
            Change::RetainedPut { topic, payload, qos } => {
                self.retained.insert(topic, (payload, qos));
                true
            }
            Change::RetainedDelete { topic } => self.retained.remove(&topic).is_some(),
            other => self.apply_to_session(other),
        }
    }

    fn apply_to_session(&mut self, change: Change) -> bool {
        let (Change::SubscriptionPut { session, .. }
        | Change::SubscriptionDelete { session, .. }
        | Change::QueuePut { session, .. }
        | Change::QueueDelete { session, .. }
        | Change::ReceivedPut { session, .. }
        | Change::ReceivedDelete { session, .. }) = change
        else {
            return false;
        };
        let Some(stored) = self.sessions.get_mut(&session) else { return false };
        match change {
            Change::SubscriptionPut { filter, qos, .. } => {
                stored.subscriptions.retain(|(other, _)| *other != filter);
                stored.subscriptions.push((filter, qos));
            }
            Change::SubscriptionDelete { filter, .. } => {
                stored.subscriptions.retain(|(other, _)| *other != filter);
            }
            Change::QueuePut { ticket, queued, .. } => {
                if !self.messages.contains_key(&queued.message) {
                    return false;
                }
                stored.queue.retain(|(other, _)| *other != ticket);
                stored.queue.push((ticket, queued));
            }
            Change::QueueDelete { ticket, .. } => stored.queue.retain(|(t, _)| *t != ticket),
            Change::ReceivedPut { packet_id, .. } => {
                stored.received.retain(|other| *other != packet_id);
                stored.received.push(packet_id);
            }
            Change::ReceivedDelete { packet_id, .. } => {
                stored.received.retain(|other| *other != packet_id);
            }
            _ => return false,
        }
        true
    }

    fn snapshot(&self) -> Snapshot {
        let mut sessions: Vec<_> = self.sessions.values().cloned().collect();
        for session in &mut sessions {
            session.subscriptions.sort();
            session.queue.sort_by_key(|(ticket, _)| *ticket);
            session.received.sort();
        }
        let queued = sessions.iter().flat_map(|session| &session.queue);
        let needed: BTreeSet<MessageNo> = queued
            .filter(|(_, queued)| !matches!(queued.progress, Progress::Released(_)))
            .map(|(_, queued)| queued.message)
            .collect();
        let messages = self.messages.iter().filter(|(number, _)| needed.contains(number));
        let retained = self.retained.iter();
        Snapshot {
            messages: messages.map(|(n, (t, p))| (*n, t.clone(), p.clone())).collect(),
            retained: retained.map(|(t, (p, q))| (t.clone(), p.clone(), *q)).collect(),
            sessions,
        }
    }
}

fn qos() -> impl Strategy<Value = QoS> {
    prop_oneof![Just(QoS::AtMostOnce), Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)]
}

fn packet_id() -> impl Strategy<Value = PacketId> {
    (1..=65_535_u16).prop_map(|id| PacketId::new(id).unwrap())
}

fn progress() -> impl Strategy<Value = Progress> {
    prop_oneof![
        Just(Progress::Waiting),
        packet_id().prop_map(Progress::Sent),
        packet_id().prop_map(Progress::Released)
    ]
}

fn name() -> impl Strategy<Value = Rc<str>> {
    "(|/|ä|a/[a-c]{0,2}|[a-z/+#$]{1,9})".prop_map(Into::into)
}

fn change() -> impl Strategy<Value = Change> {
    let session = 1..5_u64;
    let (message, ticket) = (1..6_u64, prop_oneof![0..4_u64, Just(300), Just(u64::MAX)]);
    let payload = || proptest::collection::vec(any::<u8>(), 0..9).prop_map(Bytes::from);
    let queued = (message.clone(), qos(), any::<bool>(), progress());
    let queued = queued.prop_map(|(message, qos, retain, progress)| Queued {
        message,
        qos,
        retain,
        progress,
    });
    prop_oneof![
        3 => (session.clone(), 0..6_u8, proptest::option::of(1..9_u64)).prop_map(
            |(session, client, away_since)| Change::SessionPut {
                session, client_id: format!("client {client}").into(), away_since
            }
        ),
        1 => session.clone().prop_map(|session| Change::SessionDelete { session }),
        2 => (session.clone(), name(), qos())
            .prop_map(|(session, filter, qos)| Change::SubscriptionPut { session, filter, qos }),
        1 => (session.clone(), name())
            .prop_map(|(session, filter)| Change::SubscriptionDelete { session, filter }),
        3 => (message.clone(), name(), payload())
            .prop_map(|(message, topic, payload)| Change::MessagePut { message, topic, payload }),
        1 => message.prop_map(|message| Change::MessageDelete { message }),
        4 => (session.clone(), ticket.clone(), queued)
            .prop_map(|(session, ticket, queued)| Change::QueuePut { session, ticket, queued }),
        1 => (session.clone(), ticket)
            .prop_map(|(session, ticket)| Change::QueueDelete { session, ticket }),
        2 => (session.clone(), packet_id())
            .prop_map(|(session, packet_id)| Change::ReceivedPut { session, packet_id }),
        1 => (session, packet_id())
            .prop_map(|(session, packet_id)| Change::ReceivedDelete { session, packet_id }),
        2 => (name(), payload(), qos())
            .prop_map(|(topic, payload, qos)| Change::RetainedPut { topic, payload, qos }),
        1 => name().prop_map(|topic| Change::RetainedDelete { topic }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is committed, in whichever portions, with the file opened anew after each: what
    /// is found is what a model of plain maps has.
    #[test]
    fn what_is_committed_is_found_again(
        portions in proptest::collection::vec(proptest::collection::vec(change(), 0..40), 1..6)
    ) {
        let (_directory, file) = directory();
        let mut model = Model::default();
        let mut store = open(&file);
        for portion in portions {
            let changes: Vec<Change> =
                portion.into_iter().filter(|change| model.apply(change)).collect();
            store.commit(&changes).unwrap();
            prop_assert_eq!(store.load().unwrap(), model.snapshot());
            drop(store);
            store = open(&file);
            // Messages that nothing refers to are gone by now.
            let needed = model.snapshot().messages;
            model.messages.retain(|number, _| needed.iter().any(|(n, ..)| n == number));
            prop_assert_eq!(store.load().unwrap(), model.snapshot());
        }
    }
}

/// A store with something of everything, committed in two steps.
fn filled(file: &Path) -> (RedbStore, [Snapshot; 2]) {
    let mut model = Model::default();
    let mut store = open(file);
    let mut steps = Vec::new();
    for step in 0..2_u64 {
        let mut changes = Vec::new();
        for session in step * 5 + 1..step * 5 + 6 {
            let client_id = format!("client {session}").into();
            changes.push(Change::SessionPut { session, client_id, away_since: Some(7) });
            let filter: Rc<str> = "a/#".into();
            changes.push(Change::SubscriptionPut { session, filter, qos: QoS::ExactlyOnce });
            let topic: Rc<str> = format!("a/{session}").into();
            let payload = Bytes::from(vec![b'x'; 600]);
            let message = session;
            changes.push(Change::MessagePut {
                message,
                topic: topic.clone(),
                payload: payload.clone(),
            });
            let progress = Progress::Waiting;
            let queued = Queued { message, qos: QoS::AtLeastOnce, retain: false, progress };
            changes.push(Change::QueuePut { session, ticket: 1, queued });
            let packet_id = PacketId::new(9).unwrap();
            changes.push(Change::ReceivedPut { session, packet_id });
            changes.push(Change::RetainedPut { topic, payload, qos: QoS::AtMostOnce });
        }
        assert!(changes.iter().all(|change| model.apply(change)));
        store.commit(&changes).unwrap();
        steps.push(model.snapshot());
    }
    (store, [steps[0].clone(), steps[1].clone()])
}

/// The file as a crash leaves it, and as an orderly end does.
fn both_ends() -> [(&'static str, Vec<u8>, [Snapshot; 2]); 2] {
    let (_directory, file) = directory();
    let (store, snapshots) = filled(&file);
    // While it is open, the file is what a killed process leaves.
    let killed = fs::read(&file).unwrap();
    drop(store);
    let ended = fs::read(&file).unwrap();
    [("ended", ended, snapshots.clone()), ("killed", killed, snapshots)]
}

/// Whatever is done to the file: all is there, or there is an error and the file is as it was.
fn judge(what: &str, bytes: &[u8], snapshots: &[Snapshot; 2]) -> bool {
    let (_directory, file) = directory();
    fs::write(&file, bytes).unwrap();
    match RedbStore::open(&file) {
        Ok(mut store) => {
            let found = store.load().unwrap();
            assert_eq!(found, snapshots[1], "{what}: something else than was committed");
            true
        }
        Err(error) => {
            let error = error.to_string();
            assert!(error.contains("store.db: it is"), "{what}: {error}");
            assert!(fs::read(&file).unwrap() == bytes, "{what}: the file was touched");
            false
        }
    }
}

#[test]
fn a_file_that_is_cut_is_an_error() {
    for (end, bytes, snapshots) in both_ends() {
        assert!(judge(end, &bytes, &snapshots), "{end}: whole");
        for length in (0..64).chain((64..bytes.len()).step_by(bytes.len() / 40)) {
            let whole = judge(&format!("{end}, cut to {length}"), &bytes[..length], &snapshots);
            assert!(!whole || length > 4096, "{end}: {length} bytes are enough");
        }
    }
}

#[test]
fn bytes_that_have_changed_are_an_error_or_of_no_account() {
    for (end, bytes, snapshots) in both_ends() {
        let mut seen = 0;
        // Every byte of redb's header, and many of the rest.
        for at in (0..320).chain((320..bytes.len()).step_by(1 + bytes.len() / 200)) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            seen += usize::from(!judge(&format!("{end}, byte {at}"), &bytes, &snapshots));
        }
        assert!(seen > 100, "{end}: only {seen} changes were noticed");
    }
}

#[test]
fn pages_of_zeros_are_an_error_or_of_no_account() {
    for (end, bytes, snapshots) in both_ends() {
        for at in (0..bytes.len()).step_by(4096) {
            let mut bytes = bytes.clone();
            let page_end = bytes.len().min(at + 4096);
            bytes[at..page_end].fill(0);
            judge(&format!("{end}, page at {at} of zeros"), &bytes, &snapshots);
        }
    }
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let (_directory, file) = directory();
    let mosquitto = [MOSQUITTO, &[0; 500]].concat();
    for (bytes, want) in [
        (&b""[..], "it is empty"),
        (b"hello\n", "it is damaged, or no store"),
        (&[0; 9_000], "it is damaged, or no store"),
        (&mosquitto, "it is mosquitto's"),
    ] {
        fs::write(&file, bytes).unwrap();
        let error = refused(&file);
        assert!(error.contains(want), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    assert!(refused(file.parent().unwrap()).contains("it is no file"));
    assert!(refused(&file.join("x")).contains("cannot be made"));
}

#[test]
fn two_brokers_cannot_have_one_file() {
    let (_directory, file) = directory();
    let store = open(&file);
    assert!(refused(&file).contains("another broker uses it"));
    drop(store);
    open(&file);
    let names = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(names, 1, "nothing is left beside it");
}

/// Rows that redb finds whole and that no broker wrote.
#[test]
fn rows_that_make_no_sense_are_an_error() {
    type Spoil = fn(&redb::WriteTransaction);
    let table: [(&str, Spoil); 7] = [
        ("its format is 2", |t| {
            t.open_table(META).unwrap().insert(Kind::Broker.mark(), 2).unwrap();
        }),
        ("no version of its format", |t| {
            t.open_table(META).unwrap().remove(Kind::Broker.mark()).unwrap();
        }),
        ("a QoS of 3", |t| {
            t.open_table(QUEUE).unwrap().insert((1, 2), (1, 3, 0, 0, 0)).unwrap();
        }),
        ("a packet identifier of zero", |t| {
            t.open_table(QUEUE).unwrap().insert((1, 2), (1, 1, 0, 1, 0)).unwrap();
        }),
        ("a queue with message 77, which is not there", |t| {
            t.open_table(QUEUE).unwrap().insert((1, 2), (77, 1, 0, 0, 0)).unwrap();
        }),
        ("a queued message of session 99, which is not there", |t| {
            t.open_table(QUEUE).unwrap().insert((99, 2), (1, 1, 0, 0, 0)).unwrap();
        }),
        ("two sessions of the client", |t| {
            t.open_table(SESSIONS).unwrap().insert(99, (0, "client 1")).unwrap();
        }),
    ];
    for (want, spoil) in table {
        let (_directory, file) = directory();
        drop(filled(&file));
        let database = Database::open(&file).unwrap();
        let transaction = database.begin_write().unwrap();
        spoil(&transaction);
        transaction.commit().unwrap();
        drop(database);
        let before = fs::read(&file).unwrap();
        let error = refused(&file);
        assert!(error.contains(want), "{want}: {error}");
        assert!(fs::read(&file).unwrap() == before, "{want}: the file was touched");
    }
}

#[test]
fn another_redb_file_is_no_store() {
    let (_directory, file) = directory();
    drop(Database::create(&file).unwrap());
    assert!(refused(&file).contains("it is damaged"));
}
