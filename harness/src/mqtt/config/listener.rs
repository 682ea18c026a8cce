//! Where to listen: `listener`, `port`, `bind_address`, and what is said of a listener.
//!
//! It knows ports and names. It does not know sockets.

use super::Config;
use super::values::{limit, whole, word};

/// `socket_domain`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `ipv4`
    V4,
    /// `ipv6`
    V6,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// An address or a name; `None`: all of the machine's.
    pub host: Option<String>,
    /// `socket_domain`
    pub family: Option<Family>,
    /// `max_connections`; `None`: no limit.
    pub max_connections: Option<usize>,
}

impl Listener {
    fn new(port: u16, host: Option<&str>) -> Self {
        Self { port, host: host.map(str::to_owned), family: None, max_connections: None }
    }
}

fn port(text: &str) -> Result<u16, String> {
    whole(text, 1, 65_535).map(|port| port as u16)
}

/// `listener PORT [ADDRESS]`
pub fn listener(config: &mut Config, value: &str) -> Result<(), String> {
    let (first, host) = value.split_once(' ').unwrap_or((value, ""));
    let host = match host.trim() {
        host if host.is_empty() || host.starts_with('#') => None,
        host => Some(word(host).map_err(|_| "one address at most, after the port".to_owned())?),
    };
    if first == "0" && host.is_some() {
        return Err("Unix sockets are not here: listen on 127.0.0.1 and a port".to_owned());
    }
    let port = port(first)?;
    config.listeners.push(Listener::new(port, host));
    Ok(())
}

/// The listener that the line is about: the last one, or the one that is there without `listener`.
fn current(config: &mut Config) -> &mut Listener {
    match config.listeners.last_mut() {
        Some(listener) => listener,
        None => default(&mut config.default_listener),
    }
}

fn default(listener: &mut Option<Listener>) -> &mut Listener {
    listener.get_or_insert_with(|| Listener::new(crate::mqtt::PORT, None))
}

/// `port PORT`
pub fn default_port(config: &mut Config, value: &str) -> Result<(), String> {
    let port = port(word(value)?)?;
    default(&mut config.default_listener).port = port;
    Ok(())
}

/// `bind_address ADDRESS`
pub fn bind_address(config: &mut Config, value: &str) -> Result<(), String> {
    let host = word(value)?;
    default(&mut config.default_listener).host = Some(host.to_owned());
    Ok(())
}

/// `max_connections N`; -1, and as in mosquitto 0, for no limit.
pub fn max_connections(config: &mut Config, value: &str) -> Result<(), String> {
    let limit = match word(value)? {
        "-1" => 0,
        text => limit(text)?,
    };
    current(config).max_connections = (limit > 0).then_some(limit);
    Ok(())
}

/// `socket_domain ipv4|ipv6`
pub fn socket_domain(config: &mut Config, value: &str) -> Result<(), String> {
    let family = match word(value)? {
        "ipv4" => Family::V4,
        "ipv6" => Family::V6,
        _ => return Err("it is ipv4 or ipv6".to_owned()),
    };
    current(config).family = Some(family);
    Ok(())
}
