//! From the tables' rows to a snapshot that makes sense, or to words for why it does not.
//!
//! It knows rows. It does not know what the broker makes of them.

use redb::{ReadTransaction, ReadableTable};
use std::collections::{BTreeMap, HashSet};
use wirelab_mqtt::broker::store::{
    MessageNo, Progress, Queued, SessionNo, Snapshot, StoredSession,
};
use wirelab_mqtt::{PacketId, QoS};

use super::tables::{MESSAGES, QUEUE, QueueRow, RECEIVED, RETAINED, SESSIONS, SUBSCRIPTIONS};
use crate::redb_file::{Problem, senseless};

/// All that was committed, and messages that nothing refers to, which are of no use to anybody.
pub fn snapshot(transaction: &ReadTransaction) -> Result<(Snapshot, Vec<MessageNo>), Problem> {
    let mut sessions = sessions(transaction)?;
    fill(transaction, &mut sessions)?;
    let needed: HashSet<MessageNo> = sessions
        .values()
        .flat_map(|session| &session.queue)
        // Of a message that was received, only its identifier is left.
        .filter(|(_, queued)| !matches!(queued.progress, Progress::Released(_)))
        .map(|(_, queued)| queued.message)
        .collect();
    let (mut messages, mut orphans) = (Vec::new(), Vec::new());
    for row in transaction.open_table(MESSAGES)?.iter()? {
        let (number, value) = row?;
        let (number, (topic, payload)) = (number.value(), value.value());
        if needed.contains(&number) {
            messages.push((number, topic.into(), payload.to_vec().into()));
        } else {
            orphans.push(number);
        }
    }
    if messages.len() < needed.len() {
        let there: HashSet<MessageNo> = messages.iter().map(|(number, ..)| *number).collect();
        let missing = needed.difference(&there).min().copied().unwrap_or_default();
        return senseless(format!("a queue with message {missing}, which is not there"));
    }
    let mut retained = Vec::new();
    for row in transaction.open_table(RETAINED)?.iter()? {
        let (topic, value) = row?;
        let (payload, level) = value.value();
        retained.push((topic.value().into(), payload.to_vec().into(), qos(level)?));
    }
    let sessions = sessions.into_values().collect();
    Ok((Snapshot { sessions, messages, retained }, orphans))
}

type Sessions = BTreeMap<SessionNo, StoredSession>;

fn sessions(transaction: &ReadTransaction) -> Result<Sessions, Problem> {
    let mut sessions = Sessions::new();
    let mut names = HashSet::new();
    for row in transaction.open_table(SESSIONS)?.iter()? {
        let (session, value) = row?;
        let (session, (away_since, client_id)) = (session.value(), value.value());
        if !names.insert(client_id.to_owned()) {
            return senseless(format!("two sessions of the client {client_id:?}"));
        }
        let stored = StoredSession {
            session,
            client_id: client_id.into(),
            away_since: (away_since != 0).then_some(away_since),
            subscriptions: Vec::new(),
            queue: Vec::new(),
            received: Vec::new(),
        };
        sessions.insert(session, stored);
    }
    Ok(sessions)
}

/// Gives each session what is its own.
fn fill(transaction: &ReadTransaction, sessions: &mut Sessions) -> Result<(), Problem> {
    let of = |what: &str, session| {
        Problem::Sense(format!("{what} of session {session}, which is not there"))
    };
    for row in transaction.open_table(SUBSCRIPTIONS)?.iter()? {
        let (key, value) = row?;
        let (session, filter) = key.value();
        let stored = sessions.get_mut(&session).ok_or_else(|| of("a subscription", session))?;
        stored.subscriptions.push((filter.into(), qos(value.value())?));
    }
    for row in transaction.open_table(QUEUE)?.iter()? {
        let (key, value) = row?;
        let (session, ticket) = key.value();
        let stored = sessions.get_mut(&session).ok_or_else(|| of("a queued message", session))?;
        stored.queue.push((ticket, queued(value.value())?));
    }
    for row in transaction.open_table(RECEIVED)?.iter()? {
        let (session, id) = row?.0.value();
        let stored = sessions.get_mut(&session).ok_or_else(|| of("an identifier", session))?;
        stored.received.push(packet_id(id)?);
    }
    Ok(())
}

fn qos(bits: u8) -> Result<QoS, Problem> {
    match QoS::from_bits(bits) {
        Some(qos) => Ok(qos),
        None => senseless(format!("a QoS of {bits}")),
    }
}

fn packet_id(id: u16) -> Result<PacketId, Problem> {
    match PacketId::new(id) {
        Some(id) => Ok(id),
        None => senseless("a packet identifier of zero"),
    }
}

fn queued((message, level, retain, progress, id): QueueRow) -> Result<Queued, Problem> {
    let progress = match progress {
        0 => Progress::Waiting,
        1 => Progress::Sent(packet_id(id)?),
        2 => Progress::Released(packet_id(id)?),
        other => return senseless(format!("a delivery's progress of {other}")),
    };
    Ok(Queued { message, qos: qos(level)?, retain: retain != 0, progress })
}
