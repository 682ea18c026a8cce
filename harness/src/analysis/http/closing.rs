//! Why a connection closed: what its end meant to the messages before it.
//!
//! It knows who sent the first FIN or RST, and how far the last messages had come. What was cut off
//! in its middle counts for more than what had been announced.

use super::connection::{Connection, Exchange};
use super::message::Message;
use crate::analysis::texts::http_close::{self as texts, End};
use crate::conversation::{Conversation, Side};
use crate::dissect::http::Framing;

/// The reason, and the frame of the message that it speaks of.
type Reason = (String, Option<u64>);

/// The line on the close, with the frames that it speaks of; nothing of one that is open.
pub(super) fn closing(
    connection: &Connection,
    conversation: &Conversation,
    name: &dyn Fn(Side) -> String,
) -> Option<(String, Vec<u64>)> {
    let fin = |side: Side| conversation.direction(side).fin.map(|(frame, _)| (frame, side));
    let reset = conversation.reset.map(|reset| (reset.frame, reset.by));
    let ends = [fin(Side::Client), fin(Side::Server), reset];
    let (frame, by) = ends.into_iter().flatten().min_by_key(|(frame, _)| *frame)?;
    let who = name(by);
    let end = End { who: &who, frame, by_client: by == connection.client };
    let server_fin = fin(connection.client.other()).map(|(frame, _)| frame);
    let (text, speaks_of) = tunnel(connection, &end)
        .or_else(|| cut_response(connection, &end, server_fin))
        .or_else(|| announced(connection, &end))
        .unwrap_or_else(|| unannounced(connection, &end));
    Some((text, [frame].into_iter().chain(speaks_of).collect()))
}

fn tunnel(connection: &Connection, end: &End<'_>) -> Option<Reason> {
    let (switched, protocol) = connection.tunnel.as_ref()?;
    Some((texts::tunnel(connection.lang, end, *switched, protocol), Some(*switched)))
}

fn last_exchange(connection: &Connection) -> Option<&Exchange> {
    connection.answering.as_ref().or(connection.last.as_ref())
}

fn last_request(connection: &Connection) -> Option<&Message> {
    let answered = last_exchange(connection).and_then(|exchange| exchange.request.as_ref());
    connection.waiting.back().or(answered)
}

/// The last response has not come to its end before.
fn cut_response(connection: &Connection, end: &End<'_>, server_fin: Option<u64>) -> Option<Reason> {
    let response = &last_exchange(connection)?.response;
    if response.complete {
        return None;
    }
    // [9112-6.3-12], [9112-8-04] The server's FIN can be its end; a reset cannot.
    let text = match server_fin.filter(|_| response.framing == Framing::UntilClose) {
        Some(fin) => texts::to_end_the_body(connection.lang, response, fin),
        None => texts::within(connection.lang, response, false, end),
    };
    Some((text, Some(response.first_frame())))
}

/// A message had said that the connection ends, or an unfinished request has to.
fn announced(connection: &Connection, end: &End<'_>) -> Option<Reason> {
    let open = connection.open();
    let line = |by_request: bool, frame: u64, message: Option<&Message>| {
        let says_close = message.is_none_or(|message| message.says_close);
        let text = texts::as_announced(connection.lang, end, by_request, frame, says_close, open);
        Some((text, Some(frame)))
    };
    // [9112-9.6-01], [9112-9.6-03] A response may end what its request had not finished.
    if let Some(frame) = connection.closing[1] {
        return line(false, frame, last_exchange(connection).map(|exchange| &exchange.response));
    }
    let request = last_request(connection);
    if let Some(request) = request.filter(|request| !request.complete) {
        let text = texts::within(connection.lang, request, true, end);
        return Some((text, Some(request.first_frame())));
    }
    // [9112-9.6-04], [9112-9.3-02]
    let frame = connection.closing[0].filter(|_| open == 0)?;
    line(true, frame, request)
}

fn unannounced(connection: &Connection, end: &End<'_>) -> Reason {
    let (lang, open) = (connection.lang, connection.open());
    match &connection.last {
        _ if open > 0 => (texts::unanswered(lang, end, open, connection.responses), None),
        None => (texts::unused(lang, end), None),
        Some(exchange) if exchange.response.status >= 400 && !end.by_client => {
            let response = &exchange.response;
            (texts::after_error(lang, end, response), Some(response.first_frame()))
        }
        Some(_) => (texts::idle(lang, end), None),
    }
}
