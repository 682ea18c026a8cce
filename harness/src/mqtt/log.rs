//! What a broker's owner sees of it: a line for each client that comes and goes.
//!
//! It knows words. It does not know why anything happened.

use serde_json::{Value, json};
use std::net::SocketAddr;
use wirelab_mqtt::broker::{Departure, Event, Observer};

use crate::output::{Output, escape};

/// Prints what happens: warnings always, clients with `-v`, messages with `-vv`.
pub fn observer(output: &Output) -> Observer {
    let output = output.clone();
    Box::new(move |event| {
        let level = level(&event);
        if output.json && level <= 2 {
            output.record(&record(&event).to_string());
        } else if level <= output.verbose {
            output.say(&line(&event));
        }
    })
}

/// From which `-v` on an event is told.
fn level(event: &Event<'_>) -> u8 {
    match event {
        Event::StoreFailed(_) | Event::Dropping { .. } | Event::Reloaded => 0,
        Event::Opened { .. }
        | Event::Connected { .. }
        | Event::Refused { .. }
        | Event::Left { .. } => 1,
        Event::Subscribed { .. } | Event::Unsubscribed { .. } | Event::Published { .. } => 2,
    }
}

fn address(peer: Option<SocketAddr>) -> String {
    peer.map_or_else(|| "an address unknown".to_owned(), |peer| peer.to_string())
}

fn name(text: &str) -> String {
    escape(text.as_bytes())
}

fn line(event: &Event<'_>) -> String {
    match event {
        Event::Opened { peer } => format!("New connection from {}.", address(*peer)),
        Event::Connected { client_id, peer, user_name, clean_session, keep_alive, .. } => {
            let user = user_name.map(|user| format!(", u'{}'", name(user))).unwrap_or_default();
            let (client, peer, clean) = (name(client_id), address(*peer), u8::from(*clean_session));
            format!(
                "New client connected from {peer} as {client} (p4, c{clean}, k{keep_alive}{user})."
            )
        }
        Event::Refused { peer, why } => {
            format!("Connection from {} ended: {}.", address(*peer), departure(why))
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
        Departure::Violation(error) => format!("was sent away: {error}"),
        Departure::TakenOver => "already connected, closing old connection".to_owned(),
        Departure::ShuttingDown => "disconnected, the broker is ending".to_owned(),
    }
}

fn record(event: &Event<'_>) -> Value {
    let place = |peer: &Option<SocketAddr>| peer.map(|peer| peer.to_string());
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
