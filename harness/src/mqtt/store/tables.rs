//! The store's tables, and what each change does to them.
//!
//! ```text
//!   sessions       session                   -> away since (0: connected), client id
//!   subscriptions  session, filter           -> QoS
//!   messages       message                   -> topic, payload
//!   queue          session, ticket           -> message, QoS, RETAIN, progress, packet id
//!   received       session, packet id        -> nothing
//!   retained       topic                     -> payload, QoS
//! ```
//! A table is sorted by its key: a session's rows stand together, its queue in the order of
//! delivery. It knows rows. It does not know the file.

use redb::{Table, TableDefinition, WriteTransaction};
use wirelab_mqtt::broker::store::{Change, Progress, Queued, SessionNo};

/// Payload and QoS.
pub type RetainedRow = (&'static [u8], u8);
/// Message, QoS, RETAIN, progress, packet identifier.
pub type QueueRow = (u64, u8, u8, u8, u16);

pub const SESSIONS: TableDefinition<'_, u64, (u64, &str)> = TableDefinition::new("sessions");
pub const SUBSCRIPTIONS: TableDefinition<'_, (u64, &str), u8> =
    TableDefinition::new("subscriptions");
pub const MESSAGES: TableDefinition<'_, u64, (&str, &[u8])> = TableDefinition::new("messages");
pub const QUEUE: TableDefinition<'_, (u64, u64), QueueRow> = TableDefinition::new("queue");
pub const RECEIVED: TableDefinition<'_, (u64, u16), ()> = TableDefinition::new("received");
pub const RETAINED: TableDefinition<'_, &str, RetainedRow> = TableDefinition::new("retained");

/// The tables of one transaction.
pub struct Tables<'t> {
    sessions: Table<'t, u64, (u64, &'static str)>,
    subscriptions: Table<'t, (u64, &'static str), u8>,
    messages: Table<'t, u64, (&'static str, &'static [u8])>,
    queue: Table<'t, (u64, u64), QueueRow>,
    received: Table<'t, (u64, u16), ()>,
    retained: Table<'t, &'static str, RetainedRow>,
}

impl<'t> Tables<'t> {
    /// Opens all of them, which makes those that are not there.
    pub fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            sessions: transaction.open_table(SESSIONS)?,
            subscriptions: transaction.open_table(SUBSCRIPTIONS)?,
            messages: transaction.open_table(MESSAGES)?,
            queue: transaction.open_table(QUEUE)?,
            received: transaction.open_table(RECEIVED)?,
            retained: transaction.open_table(RETAINED)?,
        })
    }

    /// Does what the change says.
    pub fn apply(&mut self, change: &Change) -> Result<(), redb::Error> {
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
                self.queue.insert((*session, *ticket), queue_row(queued))?;
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
        Ok(())
    }

    /// The session, and all that is its own.
    fn end_session(&mut self, session: SessionNo) -> Result<(), redb::Error> {
        self.sessions.remove(session)?;
        self.queue.retain_in((session, 0)..=(session, u64::MAX), |_, _| false)?;
        self.received.retain_in((session, 0)..=(session, u16::MAX), |_, ()| false)?;
        self.subscriptions.retain_in((session, "")..(session + 1, ""), |_, _| false)?;
        Ok(())
    }
}

fn queue_row(queued: &Queued) -> QueueRow {
    let (progress, id) = match queued.progress {
        Progress::Waiting => (0, 0),
        Progress::Sent(id) => (1, id.get()),
        Progress::Released(id) => (2, id.get()),
    };
    (queued.message, queued.qos as u8, u8::from(queued.retain), progress, id)
}
