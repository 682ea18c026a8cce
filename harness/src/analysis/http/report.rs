//! The report's lines on HTTP: on one connection, and on each server.
//!
//! It knows the order in which things are told. Why a connection closed is `closing`'s.

use std::net::SocketAddr;

use super::connection::{Connection, Exchange};
use super::message::Message;
use super::servers::Servers;
use crate::analysis::texts::{http as texts, http_flow};
use crate::lang::Lang;

type Line = (String, Vec<u64>);

impl Connection {
    /// The exchanges that are listed, the one under way included.
    fn listed(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().chain(&self.last).chain(&self.answering)
    }
}

/// The lines on one connection.
pub(super) fn blocks(connection: &Connection) -> Vec<Line> {
    let lang = connection.lang;
    let mut blocks = vec![(http_flow::overview(lang, connection, connection.open()), Vec::new())];
    let mut listed = 0;
    for exchange in connection.listed() {
        listed += 1;
        let mut refs: Vec<u64> = Vec::new();
        for message in exchange.request.iter().chain([&exchange.response]) {
            refs.extend(&message.frames.frames);
        }
        blocks.push((http_flow::exchange(lang, exchange), refs));
        for (message, is_request) in both(exchange) {
            blocks.extend(fields(lang, message, is_request));
        }
    }
    if connection.responses > listed {
        blocks.push((http_flow::unlisted(lang, connection.responses - listed), Vec::new()));
    }
    for request in connection.waiting.iter().take(1) {
        let refs = request.frames.frames.clone();
        blocks.push((http_flow::unanswered(lang, request), refs));
        blocks.extend(fields(lang, request, true));
    }
    blocks.extend(connection.violations.iter().cloned());
    if connection.more_violations > 0 {
        blocks.push((http_flow::more_violations(lang, connection.more_violations), Vec::new()));
    }
    blocks
}

fn both(exchange: &Exchange) -> impl Iterator<Item = (&Message, bool)> {
    let request = exchange.request.iter().map(|request| (request, true));
    request.chain([(&exchange.response, false)])
}

/// Each field of a message's head with its value, if they are remembered.
fn fields(lang: Lang, message: &Message, is_request: bool) -> Option<Line> {
    let line = texts::all_fields(lang, message, is_request)?;
    Some((line, vec![message.first_frame()]))
}

/// The lines on each server. `name` is what a server is called in a conversation; `frames` are
/// those of a conversation, while it is remembered.
pub(in crate::analysis) fn summary(
    lang: Lang,
    servers: &Servers,
    name: &dyn Fn(u64, SocketAddr) -> String,
    frames: &dyn Fn(u64) -> Option<u64>,
) -> Vec<Line> {
    let mut blocks = Vec::new();
    for (address, server) in servers.all() {
        let Some(first) = server.conversations.first().filter(|_| server.requests > 0) else {
            continue;
        };
        let counts: Vec<u64> = server.conversations.iter().filter_map(|id| frames(*id)).collect();
        let range = counts.iter().min().copied().zip(counts.iter().max().copied());
        let refs =
            server.closing.iter().flatten().flat_map(|listed| &listed.frames).copied().collect();
        let name = name(*first, address);
        blocks.push((http_flow::server(lang, &name, address, server, range), refs));
    }
    blocks
}
