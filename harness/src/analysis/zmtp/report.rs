//! The report's lines on ZMTP: on one connection, on its close, and on the sockets that have
//! several.
//!
//! It knows the order in which things are told.

use super::connection::Connection;
use super::pattern::Pattern;
use super::sockets::{Kind, Socket, Sockets};
use crate::analysis::records::Lines;
use crate::analysis::texts::{zmtp_report as texts, zmtp_sockets};
use crate::conversation::{Conversation, Side};
use crate::dissect::zmtp::SocketType;
use crate::lang::Lang;

type Line = (String, Vec<u64>);
/// What an end of a conversation is called.
type Name<'a> = &'a dyn Fn(u64, Side) -> String;

/// The lines on one connection.
pub(super) fn blocks(
    connection: &Connection,
    conversation: &Conversation,
    name: &dyn Fn(Side) -> String,
) -> Vec<Line> {
    let lang = connection.lang;
    let mut blocks = Vec::new();
    opening(connection, conversation, name, &mut blocks);
    exchange(connection, name, &mut blocks);
    let (client, server) = (name(Side::Client), name(Side::Server));
    let ends = [(client.as_str(), &connection.ends[0]), (server.as_str(), &connection.ends[1])];
    if let Some(say) = texts::heartbeats(lang, ends) {
        let lists = connection.ends.iter().flat_map(|end| [&end.pings, &end.pongs]);
        blocks.push((say, lists.flat_map(|list| list.frames.iter().copied()).collect()));
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

/// Greetings, the mechanism's steps, READY, and who is what.
fn opening(
    connection: &Connection,
    conversation: &Conversation,
    name: &dyn Fn(Side) -> String,
    blocks: &mut Vec<Line>,
) {
    let lang = connection.lang;
    let (client, server) = (name(Side::Client), name(Side::Server));
    let ends = [(client.as_str(), &connection.ends[0]), (server.as_str(), &connection.ends[1])];
    if let Some(say) = texts::greetings(lang, ends) {
        let frames = connection.ends.iter().filter_map(|end| end.greeting.as_ref());
        blocks.push((say, frames.flat_map(|(_, frames)| frames.clone()).collect()));
    }
    for side in [Side::Client, Side::Server] {
        let (own, other) = (conversation.direction(side), conversation.direction(side.other()));
        if own.bytes == 0 && other.bytes > 0 && connection.older().is_none() {
            blocks.push((texts::one_side_only(lang, &name(side)), Vec::new()));
        }
    }
    lines(lang, &connection.steps, blocks);
    let mut ready: Vec<_> = [Side::Client, Side::Server]
        .into_iter()
        .filter_map(|side| connection.end(side).ready.as_ref().map(|ready| (ready, side)))
        .collect();
    ready.sort_by_key(|((at, _), _)| at.frame);
    for ((at, say), side) in ready {
        blocks.push((texts::ready(lang, say, &name(side), at.frame), vec![at.frame]));
    }
    let types = connection.types().map(|of| of.map(SocketType::name));
    if types != [None, None] {
        let from = connection.pattern.one_way_from();
        let sends = from.and_then(|side| connection.end(side).socket_type).map(SocketType::name);
        let names = [client.as_str(), server.as_str()];
        let say = texts::roles(lang, types, names, conversation.opener_known, sends);
        blocks.push((say, Vec::new()));
    }
    let handshake = connection.ends.iter().any(|end| end.greeting.is_some());
    if let Some(frame) = connection.first_message.filter(|_| handshake) {
        blocks.push((texts::first_message(lang, frame), vec![frame]));
    }
    if connection.early.count > 0 {
        let frames = connection.early.frames.clone();
        blocks.push((texts::early_messages(lang, &connection.early), frames));
    }
}

/// The messages, by the pattern.
fn exchange(connection: &Connection, name: &dyn Fn(Side) -> String, blocks: &mut Vec<Line>) {
    let lang = connection.lang;
    let from = match connection.pattern {
        Pattern::RequestReply { strict, .. } => {
            let requests = &connection.requests;
            if requests.asked + requests.unasked > 0 {
                blocks.push((texts::requests(lang, requests, strict), Vec::new()));
            }
            lines(lang, &requests.pairs, blocks);
            return;
        }
        Pattern::Pipeline(from) | Pattern::PubSub(from) => from,
        Pattern::Free | Pattern::Unknown => {
            for side in [Side::Client, Side::Server] {
                flow(connection, side, name, blocks);
            }
            return;
        }
    };
    let subscriptions = &connection.subscriptions;
    lines(lang, &subscriptions.lines, blocks);
    let asked = subscriptions.lines.lines.len() as u64 + subscriptions.lines.more;
    let sent = connection.end(from).flow.count();
    let against = connection.end(from.other()).flow.count();
    let way = [connection.type_name(from), connection.type_name(from.other())];
    if sent + against > 0 {
        blocks.push((texts::one_way(lang, way, sent, against, asked), Vec::new()));
    }
    if connection.pattern == Pattern::Pipeline(from) {
        flow(connection, from, name, blocks);
        return;
    }
    for subscription in subscriptions.all.iter().filter(|one| one.flow.count() > 0) {
        let what = texts::messages_for(lang, &subscription.prefix);
        let say = texts::flow(lang, &what, &subscription.flow);
        blocks.push((say, subscription.flow.frames.frames.clone()));
    }
    if subscriptions.all.is_empty() {
        flow(connection, from, name, blocks);
    }
    if subscriptions.unmatched.count > 0 {
        let frames = subscriptions.unmatched.frames.clone();
        blocks.push((texts::unmatched(lang, &subscriptions.unmatched), frames));
    }
}

fn flow(
    connection: &Connection,
    side: Side,
    name: &dyn Fn(Side) -> String,
    blocks: &mut Vec<Line>,
) {
    let flow = &connection.end(side).flow;
    if flow.count() > 0 {
        let from = match connection.end(side).socket_type {
            Some(of) => format!("{} {}", of.name(), name(side)),
            None => name(side),
        };
        let lang = connection.lang;
        let say = texts::flow(lang, &texts::messages_of(lang, &from), flow);
        blocks.push((say, flow.frames.frames.clone()));
    }
}

/// What the connection's end means to it.
pub(super) fn closing(
    connection: &Connection,
    conversation: &Conversation,
    _name: &dyn Fn(Side) -> String,
) -> Option<Line> {
    let waiting: Vec<u64> =
        connection.requests.waiting.iter().map(|request| request.at.frame).collect();
    let ended = conversation.reset.is_some() || conversation.closed_first().is_some();
    if !ended {
        return (!waiting.is_empty()).then(|| (texts::waits(connection.lang, &waiting), waiting));
    }
    let unfinished = connection.ends.iter().any(|end| end.message.is_some());
    let say = texts::closed(connection.lang, &waiting, unfinished, connection.error);
    let refs = waiting.into_iter().chain(connection.error).collect();
    Some((say, refs))
}

/// What a socket's peers are called; those of one host with their conversations' numbers.
fn peer_names(socket: &Socket, side: Side, name: Name<'_>) -> Vec<String> {
    let names: Vec<String> =
        socket.peers.iter().map(|peer| name(peer.conversation, side)).collect();
    let mut different = names.clone();
    different.sort();
    different.dedup();
    if different.len() == names.len() {
        return names;
    }
    let numbers = socket.peers.iter().map(|peer| peer.conversation);
    names.iter().zip(numbers).map(|(name, id)| format!("{name} [{id}]")).collect()
}

/// The lines on each socket that several connections are of.
pub(in crate::analysis) fn summary(lang: Lang, sockets: &Sockets, name: Name<'_>) -> Vec<Line> {
    let mut blocks = Vec::new();
    for (key, socket) in sockets.shared_out() {
        let side = if key.bound { Side::Server } else { Side::Client };
        let names = peer_names(socket, side.other(), name);
        let own = socket.peers.first().map(|peer| name(peer.conversation, side));
        let own = own.unwrap_or_default();
        match key.kind {
            Kind::Push if socket.sent > 0 => {
                blocks.push((zmtp_sockets::round_robin(lang, &own, socket, key.bound), Vec::new()));
                for (peer, name) in socket.peers.iter().zip(&names) {
                    let frames = peer.frames.frames.clone();
                    blocks.push((zmtp_sockets::share(lang, name, peer), frames));
                }
                blocks.push((zmtp_sockets::turns(lang, &names, socket), Vec::new()));
            }
            Kind::Push => {}
            Kind::Pub => {
                blocks.push((zmtp_sockets::filtering(lang, &own, socket, key.bound), Vec::new()));
                for (peer, name) in socket.peers.iter().zip(&names) {
                    let frames = peer.frames.frames.clone();
                    blocks.push((zmtp_sockets::subscriber(lang, name, peer), frames));
                }
            }
        }
    }
    blocks
}
