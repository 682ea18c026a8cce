//! The broker's store as a file of redb: what was committed survives the process and the machine.
//!
//! ```text
//!   meta           name                      -> number: the format's version
//!   sessions       session                   -> away since (0: connected), client id
//!   subscriptions  session, filter           -> QoS
//!   messages       message                   -> topic's length, topic, payload
//!   queue          session, ticket           -> message, QoS, RETAIN, progress, packet id
//!   received       session, packet id        -> nothing
//!   retained       topic                     -> QoS, payload
//! ```
//! It knows tables and rows. It does not know what the broker makes of them.

use redb::{Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use wirelab_mqtt::broker::Store;
use wirelab_mqtt::broker::store::{
    Change, Progress, Queued, SessionNo, Snapshot, StoreError, StoredSession,
};
use wirelab_mqtt::{PacketId, QoS};

type Row<'a> = (&'a [u8], u8);
type QueueRow = (u64, u8, u8, u8, u16);

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const SESSIONS: TableDefinition<'_, u64, (u64, &str)> = TableDefinition::new("sessions");
const SUBSCRIPTIONS: TableDefinition<'_, (u64, &str), u8> = TableDefinition::new("subscriptions");
const MESSAGES: TableDefinition<'_, u64, (&str, &[u8])> = TableDefinition::new("messages");
const QUEUE: TableDefinition<'_, (u64, u64), QueueRow> = TableDefinition::new("queue");
const RECEIVED: TableDefinition<'_, (u64, u16), ()> = TableDefinition::new("received");
const RETAINED: TableDefinition<'_, &str, Row<'static>> = TableDefinition::new("retained");

/// The version of the tables above.
const FORMAT: u64 = 1;

/// A store in one file.
#[derive(Debug)]
pub struct RedbStore {
    file: PathBuf,
    database: Database,
}

impl RedbStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// When it is in use, damaged, or no store of ours; it is then left as it is.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        let database = Database::create(file).map_err(|error| {
            let advice = match error {
                DatabaseError::DatabaseAlreadyOpen => {
                    "another broker uses it: give this one its own"
                }
                _ => "move it away to begin with nothing, or bring a copy back",
            };
            StoreError(format!("the store {} cannot be opened: {error}; {advice}", file.display()))
        })?;
        let store = Self { file: file.to_owned(), database };
        store.check_format()?;
        if let Some(directory) = file.parent() {
            // The file's name must survive, too.
            let directory =
                if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
            let _ = std::fs::File::open(directory).and_then(|directory| directory.sync_all());
        }
        Ok(store)
    }

    fn wrong(&self, what: impl Display) -> StoreError {
        StoreError(format!("the store {}: {what}", self.file.display()))
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let wrong = |error: redb::Error| self.wrong(error);
        let transaction = self.database.begin_write().map_err(|error| wrong(error.into()))?;
        {
            let mut meta = transaction.open_table(META).map_err(|error| wrong(error.into()))?;
            let version = meta.get("format").map_err(|error| wrong(error.into()))?;
            let version = version.map(|version| version.value());
            match version {
                None => {
                    meta.insert("format", FORMAT).map_err(|error| wrong(error.into()))?;
                }
                Some(FORMAT) => {}
                Some(other) => {
                    let what = format!("its format is {other}, and this program knows {FORMAT}");
                    return Err(self.wrong(what));
                }
            }
        }
        // Tables that are opened to be written are made.
        for_each_table(&transaction).map_err(wrong)?;
        transaction.commit().map_err(|error| wrong(error.into()))
    }

    fn read(&self) -> Result<Snapshot, Problem> {
        let transaction = self.database.begin_read()?;
        let mut sessions: BTreeMap<SessionNo, StoredSession> = BTreeMap::new();
        for row in transaction.open_table(SESSIONS)?.iter()? {
            let (session, value) = row?;
            let (away_since, client_id) = value.value();
            let stored = StoredSession {
                session: session.value(),
                client_id: client_id.into(),
                away_since: (away_since != 0).then_some(away_since),
                subscriptions: Vec::new(),
                queue: Vec::new(),
                received: Vec::new(),
            };
            sessions.insert(session.value(), stored);
        }
        let orphan = |what: &str, session| {
            Problem::Sense(format!("{what} belongs to session {session}, which is not there"))
        };
        for row in transaction.open_table(SUBSCRIPTIONS)?.iter()? {
            let (key, value) = row?;
            let (session, filter) = key.value();
            let stored =
                sessions.get_mut(&session).ok_or_else(|| orphan("a subscription", session))?;
            stored.subscriptions.push((filter.into(), qos(value.value())?));
        }
        for row in transaction.open_table(QUEUE)?.iter()? {
            let (key, value) = row?;
            let (session, ticket) = key.value();
            let stored =
                sessions.get_mut(&session).ok_or_else(|| orphan("a queued message", session))?;
            stored.queue.push((ticket, queued(value.value())?));
        }
        for row in transaction.open_table(RECEIVED)?.iter()? {
            let (session, id) = row?.0.value();
            let stored =
                sessions.get_mut(&session).ok_or_else(|| orphan("an identifier", session))?;
            stored.received.push(packet_id(id)?);
        }
        let mut messages = Vec::new();
        for row in transaction.open_table(MESSAGES)?.iter()? {
            let (number, value) = row?;
            let (topic, payload) = value.value();
            messages.push((number.value(), topic.into(), payload.to_vec().into()));
        }
        let mut retained = Vec::new();
        for row in transaction.open_table(RETAINED)?.iter()? {
            let (topic, value) = row?;
            let (payload, level) = value.value();
            retained.push((topic.value().into(), payload.to_vec().into(), qos(level)?));
        }
        Ok(Snapshot { sessions: sessions.into_values().collect(), messages, retained })
    }

    fn write(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        Tables::open(&transaction)?.apply(changes)?;
        transaction.commit()?;
        Ok(())
    }
}

fn for_each_table(transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
    Tables::open(transaction).map(|_| ())
}

/// Why the store cannot be read.
enum Problem {
    /// redb says so.
    Disk(redb::Error),
    /// A row says what cannot be.
    Sense(String),
}

impl<E: Into<redb::Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Disk(error.into())
    }
}

fn qos(bits: u8) -> Result<QoS, Problem> {
    QoS::from_bits(bits).ok_or_else(|| Problem::Sense(format!("a QoS of {bits}")))
}

fn packet_id(id: u16) -> Result<PacketId, Problem> {
    PacketId::new(id).ok_or_else(|| Problem::Sense("a packet identifier of zero".to_owned()))
}

fn queued((message, level, retain, progress, id): QueueRow) -> Result<Queued, Problem> {
    let progress = match progress {
        0 => Progress::Waiting,
        1 => Progress::Sent(packet_id(id)?),
        2 => Progress::Released(packet_id(id)?),
        other => return Err(Problem::Sense(format!("a delivery's progress of {other}"))),
    };
    Ok(Queued { message, qos: qos(level)?, retain: retain != 0, progress })
}

/// The tables of one transaction.
struct Tables<'t> {
    sessions: redb::Table<'t, u64, (u64, &'static str)>,
    subscriptions: redb::Table<'t, (u64, &'static str), u8>,
    messages: redb::Table<'t, u64, (&'static str, &'static [u8])>,
    queue: redb::Table<'t, (u64, u64), QueueRow>,
    received: redb::Table<'t, (u64, u16), ()>,
    retained: redb::Table<'t, &'static str, Row<'static>>,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t redb::WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            sessions: transaction.open_table(SESSIONS)?,
            subscriptions: transaction.open_table(SUBSCRIPTIONS)?,
            messages: transaction.open_table(MESSAGES)?,
            queue: transaction.open_table(QUEUE)?,
            received: transaction.open_table(RECEIVED)?,
            retained: transaction.open_table(RETAINED)?,
        })
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), redb::Error> {
        for change in changes {
            match change {
                Change::SessionPut { session, client_id, away_since } => {
                    self.sessions.insert(session, (away_since.unwrap_or(0), &**client_id))?;
                }
                Change::SessionDelete { session } => self.end_session(*session)?,
                Change::SubscriptionPut { session, filter, qos } => {
                    self.subscriptions.insert((*session, &**filter), *qos as u8)?;
                }
                Change::SubscriptionDelete { session, filter } => {
                    self.subscriptions.remove((*session, &**filter))?;
                }
                Change::MessagePut { message, topic, payload } => {
                    self.messages.insert(message, (&**topic, &payload[..]))?;
                }
                Change::MessageDelete { message } => {
                    self.messages.remove(message)?;
                }
                Change::QueuePut { session, ticket, queued } => {
                    let (progress, id) = match queued.progress {
                        Progress::Waiting => (0, 0),
                        Progress::Sent(id) => (1, id.get()),
                        Progress::Released(id) => (2, id.get()),
                    };
                    let retain = u8::from(queued.retain);
                    let row = (queued.message, queued.qos as u8, retain, progress, id);
                    self.queue.insert((*session, *ticket), row)?;
                }
                Change::QueueDelete { session, ticket } => {
                    self.queue.remove((*session, *ticket))?;
                }
                Change::ReceivedPut { session, packet_id } => {
                    self.received.insert((*session, packet_id.get()), ())?;
                }
                Change::ReceivedDelete { session, packet_id } => {
                    self.received.remove((*session, packet_id.get()))?;
                }
                Change::RetainedPut { topic, payload, qos } => {
                    self.retained.insert(&**topic, (&payload[..], *qos as u8))?;
                }
                Change::RetainedDelete { topic } => {
                    self.retained.remove(&**topic)?;
                }
            }
        }
        Ok(())
    }

    fn end_session(&mut self, session: SessionNo) -> Result<(), redb::Error> {
        self.sessions.remove(session)?;
        self.queue.retain_in((session, 0)..=(session, u64::MAX), |_, _| false)?;
        self.received.retain_in((session, 0)..=(session, u16::MAX), |_, ()| false)?;
        self.subscriptions.retain_in((session, "")..(session + 1, ""), |_, _| false)?;
        Ok(())
    }
}

impl Store for RedbStore {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        self.read().map_err(|problem| match problem {
            Problem::Disk(error) => self.wrong(format!("it cannot be read: {error}")),
            Problem::Sense(what) => self.wrong(format!("it is damaged: it holds {what}")),
        })
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        self.write(changes).map_err(|error| self.wrong(format!("it cannot be written: {error}")))
    }
}
