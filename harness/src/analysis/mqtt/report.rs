//! The report's lines on MQTT: on one connection, on its close, and on what went through a broker.
//!
//! It knows the order in which things are told.

use std::net::SocketAddr;

use super::broker::{Broker, Brokers};
use super::connection::Connection;
use crate::analysis::records::Lines;
use crate::analysis::texts::{mqtt_close, mqtt_fan_out, mqtt_flow as texts};
use crate::conversation::{Conversation, ResetReason, Side};
use crate::lang::Lang;

type Line = (String, Vec<u64>);
/// What the ends of a conversation with the broker at that address are called: the broker, or its
/// client.
type Name<'a> = &'a dyn Fn(u64, SocketAddr, bool) -> String;

/// The lines on one connection.
pub(super) fn blocks(connection: &Connection, name: &dyn Fn(Side) -> String) -> Vec<Line> {
    let lang = connection.lang;
    let mut blocks = Vec::new();
    blocks.extend(opening(connection));
    lines(lang, &connection.subscriptions, &mut blocks);
    let broker = connection.broker_side.map(name);
    let client = connection.broker_side.map(|side| name(side.other()));
    let to = [broker.as_deref(), client.as_deref()];
    for (tally, to) in connection.tallies.iter().zip(to) {
        for topic in &tally.topics {
            blocks.push((texts::topic(lang, topic, to), topic.frames.frames.clone()));
        }
        if tally.others > 0 {
            blocks.push((texts::other_topics(lang, tally.others), Vec::new()));
        }
    }
    let chains = &connection.chains;
    if chains.completed != [0, 0] {
        blocks.push((texts::chains(lang, chains.completed, chains.latency_ns), Vec::new()));
        lines(lang, &chains.lines, &mut blocks);
    }
    let [asked, answered] = &connection.pings;
    if asked.count > 0 {
        let refs = asked.frames.iter().chain(&answered.frames).copied().collect();
        blocks.push((texts::pings(lang, connection.keep_alive, asked, answered), refs));
    }
    lines(lang, &connection.violations, &mut blocks);
    blocks
}

fn lines(lang: Lang, lines: &Lines, blocks: &mut Vec<Line>) {
    blocks.extend(lines.lines.iter().cloned());
    if lines.more > 0 {
        blocks.push((texts::unlisted(lang, lines.more), Vec::new()));
    }
}

/// CONNECT and its answer, and what came between them.
fn opening(connection: &Connection) -> Vec<Line> {
    let Some((connect, say)) = &connection.connect else {
        return Vec::new();
    };
    let mut refs = vec![connect.frame];
    let answer = connection.connack.as_ref().map(|(at, say, _)| {
        refs.push(at.frame);
        (say.as_str(), *at)
    });
    let mut blocks = vec![(texts::opening(connection.lang, (say, *connect), answer), refs)];
    if connection.early.count > 0 {
        let frames = connection.early.frames.clone();
        blocks.push((texts::early(connection.lang, &connection.early), frames));
    }
    blocks
}

/// What the close of the TCP connection is for MQTT.
pub(super) fn closing(
    connection: &Connection,
    conversation: &Conversation,
    name: &dyn Fn(Side) -> String,
) -> Option<Line> {
    let (lang, broker) = (connection.lang, connection.broker_side?);
    let client = name(broker.other());
    let fin = |side| conversation.direction(side).fin.map(|(frame, _)| frame);
    let reset = conversation.reset.filter(|reset| reset.by != broker);
    let Some(disconnect) = connection.disconnect else {
        let ended = fin(broker.other()).or(reset.map(|r| r.frame));
        let by_broker = fin(broker).or(conversation.reset.map(|reset| reset.frame));
        let (who, frame) = match (ended, by_broker) {
            (Some(client_fin), Some(broker_fin)) if broker_fin < client_fin => {
                (name(broker), broker_fin)
            }
            (Some(frame), _) => (client, frame),
            (None, Some(frame)) => (name(broker), frame),
            (None, None) => return None,
        };
        let refused = connection.connack.as_ref().is_some_and(|(_, _, code)| *code != 0);
        let line = if refused {
            mqtt_close::refused(lang, &who, frame)
        } else {
            mqtt_close::without_disconnect(lang, &who, frame, connection.has_will)
        };
        return Some((line, vec![frame]));
    };
    let mut refs = vec![disconnect.frame];
    let line = match (reset, fin(broker.other())) {
        (Some(reset), None) => {
            refs.push(reset.frame);
            let unread = reset.reason == ResetReason::UnreadInput;
            // All that the broker ever sent is the CONNACK: then that is what was not read.
            let connack = connection
                .connack
                .as_ref()
                .filter(|_| unread && conversation.direction(broker).bytes == 4);
            refs.extend(connack.map(|(at, ..)| at.frame));
            let connack = connack.map(|(at, ..)| at.frame);
            let frames = [disconnect.frame, reset.frame];
            mqtt_close::by_reset(lang, &client, frames, unread, connack, connection.has_will)
        }
        (_, Some(fin)) => {
            refs.push(fin);
            mqtt_close::gracefully(lang, &client, disconnect.frame, fin)
        }
        (None, None) => mqtt_close::by_disconnect_alone(lang, &client, disconnect.frame),
    };
    Some((line, refs))
}

/// The lines on each broker, and the notes on acknowledgements.
pub(in crate::analysis) fn summary(
    lang: Lang,
    brokers: &Brokers,
    name: Name<'_>,
) -> (Vec<Line>, Vec<String>) {
    let mut blocks = Vec::new();
    let mut highest = None;
    for (address, broker) in brokers.all() {
        if broker.publishers.count() + broker.subscribers.count() == 0 {
            continue;
        }
        blocks.push((topology(lang, broker, address, name), Vec::new()));
        if broker.published() > 0 {
            highest = highest.max(Some(broker.qos));
            blocks.push((mqtt_fan_out::fan_out_overview(lang, broker), Vec::new()));
        }
        let mut listed = 0;
        for message in broker.listed() {
            listed += 1;
            let mut refs = vec![message.frame];
            refs.extend(message.first.iter().map(|(frame, _)| *frame));
            blocks.push((mqtt_fan_out::fan_out(lang, message), refs));
        }
        if broker.published() > listed {
            let more = broker.published() - listed;
            blocks.push((mqtt_fan_out::unlisted_messages(lang, more), Vec::new()));
        }
        if broker.open() > 0 {
            let open = broker.open() as u64;
            blocks.push((mqtt_fan_out::open_deliveries(lang, open), Vec::new()));
        }
    }
    let notes = highest.map(|qos| mqtt_fan_out::tcp_ack_is_none_of_mqtt(lang, qos));
    (blocks, notes.into_iter().collect())
}

fn topology(lang: Lang, broker: &Broker, address: SocketAddr, name: Name<'_>) -> String {
    let counts = [broker.publishers.count(), broker.subscribers.count()];
    let peers = [&broker.publishers, &broker.subscribers].map(|peers| {
        let mut names: Vec<String> =
            peers.named.iter().map(|conversation| name(*conversation, address, false)).collect();
        names.dedup();
        names
    });
    let any = broker.publishers.named.first().or(broker.subscribers.named.first());
    let own = any.map(|conversation| name(*conversation, address, true));
    mqtt_fan_out::topology(lang, counts, &peers, &own.unwrap_or_default())
}
