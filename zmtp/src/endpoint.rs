//! Endpoints, as ZeroMQ writes them: `tcp://127.0.0.1:5555`, `tcp://*:5555`, `tcp://*:*`,
//! `tcp://[::1]:5555`, `tcp://broker.local:5555`.
//!
//! It knows text. Names are looked up by whoever connects.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Where to bind, or whom to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The port; `None` for `*`, any free one.
    pub port: Option<u16>,
}

/// The part of an endpoint before its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// `*`: all interfaces.
    Any,
    /// An address, in brackets if it is of version 6.
    Addr(IpAddr),
    /// A name, to be looked up.
    Name(String),
}

/// What is wrong with an endpoint's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEndpoint {
    text: String,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    NoTransport,
    Transport(String),
    NoPort,
    Port(String),
    Host,
}

impl fmt::Display for BadEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.escape_debug();
        match &self.why {
            Why::NoTransport => {
                write!(f, "endpoint `{text}` has no transport: write tcp://HOST:PORT")
            }
            Why::Transport(name) => write!(
                f,
                "endpoint `{text}`: the transport {} is not spoken here; tcp:// is",
                name.escape_debug()
            ),
            Why::NoPort => write!(f, "endpoint `{text}` has no port: write tcp://HOST:PORT"),
            Why::Port(port) => write!(
                f,
                "endpoint `{text}`: {} is not a port: 1 to 65535, or * to bind any free one",
                port.escape_debug()
            ),
            Why::Host => write!(
                f,
                "endpoint `{text}`: the host is a name, an address, * for all interfaces, or an \
                 address of version 6 in brackets"
            ),
        }
    }
}

impl std::error::Error for BadEndpoint {}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        let bad = |why| BadEndpoint { text: text.to_owned(), why };
        let (transport, rest) = text.split_once("://").ok_or_else(|| bad(Why::NoTransport))?;
        if transport != "tcp" {
            return Err(bad(Why::Transport(transport.to_owned())));
        }
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| bad(Why::NoPort))?;
        let port = match port {
            "*" | "0" => None,
            "" => return Err(bad(Why::NoPort)),
            port if port.bytes().all(|b| b.is_ascii_digit()) => {
                Some(port.parse().map_err(|_| bad(Why::Port(port.to_owned())))?)
            }
            port => return Err(bad(Why::Port(port.to_owned()))),
        };
        let host = parse_host(host).ok_or_else(|| bad(Why::Host))?;
        Ok(Self { host, port })
    }
}

fn parse_host(host: &str) -> Option<Host> {
    if host == "*" {
        return Some(Host::Any);
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().ok().map(|addr| Host::Addr(addr.into()));
    }
    if let Ok(addr) = host.parse::<Ipv4Addr>() {
        return Some(Host::Addr(addr.into()));
    }
    let is_name_char = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let is_name = !host.is_empty() && host.bytes().all(is_name_char);
    is_name.then(|| Host::Name(host.to_owned()))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any => f.write_str("tcp://*:")?,
            Host::Addr(IpAddr::V6(addr)) => write!(f, "tcp://[{addr}]:")?,
            Host::Addr(addr) => write!(f, "tcp://{addr}:")?,
            Host::Name(name) => write!(f, "tcp://{name}:")?,
        }
        match self.port {
            Some(port) => write!(f, "{port}"),
            None => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn good_ones_are_written_as_they_were_read() {
        for text in [
            "tcp://127.0.0.1:5555",
            "tcp://*:5555",
            "tcp://*:*",
            "tcp://[::1]:5555",
            "tcp://broker.local:65535",
            "tcp://zmq-rep:1",
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!("tcp://*:0".parse::<Endpoint>().unwrap().to_string(), "tcp://*:*");
    }

    #[test]
    fn bad_ones_say_what_is_wrong() {
        for (text, says) in [
            ("127.0.0.1:5555", "has no transport"),
            ("", "has no transport"),
            ("ipc:///run/x", "the transport ipc is not spoken"),
            ("inproc://x", "the transport inproc"),
            ("udp://1.2.3.4:5", "the transport udp"),
            ("tcp://127.0.0.1", "has no port"),
            ("tcp://127.0.0.1:", "has no port"),
            ("tcp://127.0.0.1:65536", "65536 is not a port"),
            ("tcp://127.0.0.1:-1", "-1 is not a port"),
            ("tcp://127.0.0.1:+1", "+1 is not a port"),
            ("tcp://:5555", "the host is"),
            ("tcp://::1:5555", "the host is"),
            ("tcp://[1.2.3.4]:5555", "the host is"),
            ("tcp://a b:5555", "the host is"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
