//! What a broker's owner sees of it: a line for each client that comes and goes, in the words that
//! mosquitto's users know.
//!
//! It knows words. It does not know why anything happened, nor where the lines go.

use serde_json::{Value, json};
use std::net::SocketAddr;
use wirelab_mqtt::broker::{Departure, Event};
use wirelab_mqtt::{Error, packet::ConnectReturnCode};

use super::Kind;
use crate::output::escape;

/// What an event is about.
pub fn kind(event: &Event<'_>) -> Kind {
    match event {
        Event::StoreFailed(_) => Kind::Error,
        Event::Dropping { .. } => Kind::Warning,
        Event::Opened { .. }
        | Event::Connected { .. }
        | Event::Refused { .. }
        | Event::Left { .. } => Kind::Notice,
        Event::Reloaded => Kind::Information,
        Event::Subscribed { .. } => Kind::Subscribe,
        Event::Unsubscribed { .. } => Kind::Unsubscribe,
        Event::Published { .. } => Kind::Debug,
    }
}

fn address(peer: Option<SocketAddr>) -> String {
    let Some(mut peer) = peer else { return "an address unknown".to_owned() };
    // An IPv4 client of a listener for both families.
    peer.set_ip(peer.ip().to_canonical());
    peer.to_string()
}

fn name(text: &str) -> String {
    escape(text.as_bytes())
}

/// The event as a line.
pub fn line(event: &Event<'_>) -> String {
    match event {
        Event::Opened { peer } => format!("New connection from {}.", address(*peer)),
        Event::Connected { client_id, peer, user_name, clean_session, keep_alive, .. } => {
            let user = user_name.map(|user| format!(", u'{}'", name(user))).unwrap_or_default();
            let (client, peer, clean) = (name(client_id), address(*peer), u8::from(*clean_session));
            // p2: what mosquitto calls MQTT 3.1.1.
            format!(
                "New client connected from {peer} as {client} (p2, c{clean}, k{keep_alive}{user})."
            )
        }
        Event::Refused { peer, why } => {
            format!("Client <unknown> from {} {}.", address(*peer), departure(why))
        }
        Event::Left { client_id, how } => {
            format!("Client {} {}.", name(client_id), departure(how))
        }
        Event::Subscribed { client_id, filter, granted } => {
            let granted = granted.map_or("refused".to_owned(), |qos| format!("QoS {}", qos as u8));
            format!("{} subscribed to {} ({granted})", name(client_id), name(filter))
        }
        Event::Unsubscribed { client_id, filter } => {
            format!("{} unsubscribed from {}", name(client_id), name(filter))
        }
        Event::Published { client_id, topic, qos, retain, len, allowed } => {
            let (client, topic, qos) = (name(client_id), name(topic), *qos as u8);
            let denied = if *allowed { "" } else { ", denied" };
            let retain = u8::from(*retain);
            format!("{client} published to {topic} (q{qos}, r{retain}, {len} bytes{denied})")
        }
        Event::Dropping { client_id, dropped, away } => {
            let why =
                if *away { "it is away and its queue is full" } else { "it does not keep up" };
            format!("{dropped} messages for client {} dropped: {why}", name(client_id))
        }
        Event::Reloaded => "Passwords and access rules were read again.".to_owned(),
        Event::StoreFailed(error) => format!("The broker ends, its store failed: {error}"),
    }
}

fn departure(how: &Departure<'_>) -> String {
    match how {
        Departure::Disconnected => "disconnected".to_owned(),
        Departure::Closed => "closed its connection".to_owned(),
        Departure::Broken(error) => format!("lost its connection: {error}"),
        Departure::TimedOut => "has exceeded timeout, disconnecting".to_owned(),
        Departure::Violation(Error::Refused { code: ConnectReturnCode::NotAuthorized, .. }) => {
            "disconnected, not authorised".to_owned()
        }
        Departure::Violation(error @ Error::Refused { .. }) => {
            format!("disconnected: {error}")
        }
        Departure::Violation(error) => format!("disconnected due to protocol error: {error}"),
        Departure::TakenOver => "already connected, closing old connection".to_owned(),
        Departure::ShuttingDown => "disconnected, the broker is ending".to_owned(),
    }
}

/// The event as an object.
pub fn record(event: &Event<'_>) -> Value {
    let place = |peer: &Option<SocketAddr>| peer.map(|peer| address(Some(peer)));
    match event {
        Event::Opened { peer } => json!({"v": 1, "kind": "connection", "peer": place(peer)}),
        Event::Connected {
            client_id,
            peer,
            user_name,
            clean_session,
            keep_alive,
            session_present,
        } => {
            json!({"v": 1, "kind": "connected", "client": client_id, "peer": place(peer),
                "user": user_name, "clean_session": clean_session, "keep_alive": keep_alive,
                "session_present": session_present})
        }
        Event::Refused { peer, why } => {
            json!({"v": 1, "kind": "refused", "peer": place(peer), "why": departure(why)})
        }
        Event::Left { client_id, how } => {
            json!({"v": 1, "kind": "left", "client": client_id, "how": departure(how)})
        }
        Event::Subscribed { client_id, filter, granted } => {
            let granted = granted.map(|qos| qos as u8);
            json!({"v": 1, "kind": "subscribed", "client": client_id, "filter": filter,
                "qos": granted})
        }
        Event::Unsubscribed { client_id, filter } => {
            json!({"v": 1, "kind": "unsubscribed", "client": client_id, "filter": filter})
        }
        Event::Published { client_id, topic, qos, retain, len, allowed } => {
            json!({"v": 1, "kind": "published", "client": client_id, "topic": topic,
                "qos": *qos as u8, "retain": retain, "len": len, "allowed": allowed})
        }
        Event::Dropping { client_id, dropped, away } => {
            json!({"v": 1, "kind": "dropping", "client": client_id, "dropped": dropped,
                "away": away})
        }
        Event::Reloaded => json!({"v": 1, "kind": "reloaded"}),
        Event::StoreFailed(error) => {
            json!({"v": 1, "kind": "store_failed", "error": error.to_string()})
        }
    }
}
