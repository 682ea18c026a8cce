//! The report's lines on HTTP: on one connection, on its close, and on each server.
//!
//! It knows the order in which things are told, and what a close means to the messages before it.

use std::net::SocketAddr;

use super::connection::{Connection, Exchange};
use super::message::Message;
use super::servers::Servers;
use crate::analysis::texts::{http as texts, http_flow};
use crate::conversation::{Conversation, Side};
use crate::dissect::http::Framing;

type Line = (String, Vec<u64>);

impl Connection {
    /// The exchanges that are listed, the one under way included.
    fn listed(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().chain(&self.last).chain(&self.answering)
    }
}

/// The lines on one connection.
pub(super) fn blocks(connection: &Connection) -> Vec<Line> {
    let mut blocks = vec![(http_flow::overview(connection, connection.open()), Vec::new())];
    let mut listed = 0;
    for exchange in connection.listed() {
        listed += 1;
        let mut refs: Vec<u64> = Vec::new();
        for message in exchange.request.iter().chain([&exchange.response]) {
            refs.extend(&message.frames.frames);
        }
        blocks.push((http_flow::exchange(exchange), refs));
        for (message, is_request) in both(exchange) {
            blocks.extend(fields(message, is_request));
        }
    }
    if connection.responses > listed {
        blocks.push((http_flow::unlisted(connection.responses - listed), Vec::new()));
    }
    for request in connection.waiting.iter().take(1) {
        let refs = request.frames.frames.clone();
        blocks.push((http_flow::unanswered(request), refs));
        blocks.extend(fields(request, true));
    }
    blocks.extend(connection.violations.iter().cloned());
    if connection.more_violations > 0 {
        blocks.push((http_flow::more_violations(connection.more_violations), Vec::new()));
    }
    blocks
}

fn both(exchange: &Exchange) -> impl Iterator<Item = (&Message, bool)> {
    let request = exchange.request.iter().map(|request| (request, true));
    request.chain([(&exchange.response, false)])
}

/// Each field of a message's head with its value, if they are remembered.
fn fields(message: &Message, is_request: bool) -> Option<Line> {
    let line = texts::all_fields(message, is_request)?;
    Some((line, vec![message.first_frame()]))
}

/// Why the connection closed.
pub(super) fn closing(
    connection: &Connection,
    conversation: &Conversation,
    name: &dyn Fn(Side) -> String,
) -> Option<Line> {
    let fin = |side: Side| conversation.direction(side).fin.map(|(frame, _)| (frame, side));
    let reset = conversation.reset.map(|reset| (reset.frame, reset.by));
    let first =
        [fin(Side::Client), fin(Side::Server), reset].into_iter().flatten().min_by_key(|e| e.0);
    let (frame, by) = first?;
    let who = name(by);
    let by_client = by == connection.client;
    let end = http_flow::End { who: &who, frame, by_client };
    let mut refs = vec![frame];
    let mut line = |text: String, more: Option<u64>| {
        refs.extend(more);
        Some((text, std::mem::take(&mut refs)))
    };
    if let Some((switched, protocol)) = &connection.tunnel {
        return line(http_flow::closed_tunnel(&end, *switched, protocol), Some(*switched));
    }
    // What was cut off in its middle is worse than what was announced.
    let last = connection.answering.as_ref().or(connection.last.as_ref());
    if let Some(exchange) = last
        && !exchange.response.complete
    {
        let response = &exchange.response;
        let first = Some(response.first_frame());
        // [9112-6.3-12], [9112-8-04]
        if response.framing == Framing::UntilClose {
            let server_fin = fin(connection.client.other());
            return match server_fin {
                Some((fin, _)) => line(http_flow::closed_to_end_the_body(response, fin), first),
                None => line(http_flow::closed_within(response, false, &end), first),
            };
        }
        return line(http_flow::closed_within(response, false, &end), first);
    }
    if let Some(request) = last_request(connection)
        && !request.complete
    {
        return line(http_flow::closed_within(request, true, &end), Some(request.first_frame()));
    }
    if connection.open() > 0 {
        let open = connection.open();
        return line(http_flow::closed_unanswered(&end, open, connection.responses), None);
    }
    announced(connection, &end, &mut line)
}

fn last_request(connection: &Connection) -> Option<&Message> {
    let last = connection.answering.as_ref().or(connection.last.as_ref());
    connection.waiting.back().or_else(|| last?.request.as_ref())
}

/// The close that a message had announced, or that nothing had.
fn announced(
    connection: &Connection,
    end: &http_flow::End<'_>,
    line: &mut dyn FnMut(String, Option<u64>) -> Option<Line>,
) -> Option<Line> {
    let last = connection.last.as_ref();
    // [9112-9.6-01], [9112-9.6-03], [9112-9.3-02]
    for (index, who) in [(1, "response"), (0, "request")] {
        if let Some(frame) = connection.closing[index] {
            let message = match index {
                1 => last.map(|exchange| &exchange.response),
                _ => last.and_then(|exchange| exchange.request.as_ref()),
            };
            let says_close = message.is_none_or(|message| message.says_close);
            let text = http_flow::closed_as_announced(end, who, frame, says_close);
            return line(text, Some(frame));
        }
    }
    match last {
        None => line(http_flow::closed_unused(end), None),
        Some(exchange) if exchange.response.status >= 400 && !end.by_client => {
            let response = &exchange.response;
            let text = http_flow::closed_after_error(end, response);
            line(text, Some(response.first_frame()))
        }
        Some(_) => line(http_flow::closed_idle(end), None),
    }
}

/// The lines on each server. `name` is what a server is called in a conversation; `frames` are
/// those of a conversation, while it is remembered.
pub(in crate::analysis) fn summary(
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
        blocks.push((http_flow::server(&name(*first, address), address, server, range), refs));
    }
    blocks
}
