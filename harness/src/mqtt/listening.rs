//! Where the broker listens: the command line's place, the file's listeners, or the loopback.
//!
//! It knows addresses and names. It does not know who connects.

use serde_json::json;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use wirelab_reactor::{EventLoop, MioNet};

use super::PORT;
use super::broker::Arguments;
use super::config::{Config, Family, Listener};
use super::log::{Kind, Log};
use crate::output::Output;

/// A group of addresses that stand for one place: at least one of them must be had.
type Place = Vec<SocketAddr>;

/// Listens wherever it should, and says where it does.
///
/// # Errors
/// When one of the places cannot be had at all, with what to do.
pub fn listen(
    event_loop: &mut EventLoop<MioNet>,
    config: &Config,
    arguments: &Arguments,
    log: &Log,
) -> Result<Vec<SocketAddr>, String> {
    let mut addrs = Vec::new();
    for place in places(config, arguments)? {
        let before = addrs.len();
        let mut last = None;
        for addr in place {
            match event_loop.listen(addr) {
                Ok((_, addr)) => {
                    addrs.push(addr);
                    // [::] takes clients of both families.
                    if addr.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
                        break;
                    }
                }
                // A machine without IPv6 has its names for it all the same.
                Err(error) if is_absent(&error) => {
                    last = Some(cannot(addr, &error));
                }
                Err(error) => return Err(cannot(addr, &error)),
            }
        }
        if addrs.len() == before {
            return Err(last.unwrap_or_else(|| "there is no address to listen on".to_owned()));
        }
    }
    for addr in &addrs {
        log.tell(Kind::Information, &format!("Opening listen socket on {addr}."));
    }
    Ok(addrs)
}

/// The first line of stdout, for scripts, and one more for each further address.
pub fn announce(output: &Output, addrs: &[SocketAddr]) {
    for addr in addrs {
        if output.json {
            let line = json!({"v": 1, "kind": "listening", "addr": addr.to_string()});
            output.record(&line.to_string());
        } else {
            output.record(&format!("listening on {addr}"));
        }
    }
}

fn places(config: &Config, arguments: &Arguments) -> Result<Vec<Place>, String> {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if arguments.port.is_some() || arguments.bind.is_some() {
        let addr =
            SocketAddr::new(arguments.bind.unwrap_or(loopback), arguments.port.unwrap_or(PORT));
        return Ok(vec![vec![addr]]);
    }
    let places: Vec<Place> = config.listeners().map(resolve).collect::<Result<_, _>>()?;
    if !places.is_empty() {
        return Ok(places);
    }
    // Without a listener only this machine can connect, as with mosquitto 2.0.
    let mut place = vec![SocketAddr::new(loopback, PORT)];
    if arguments.config.is_some() {
        place.push(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), PORT));
    }
    Ok(vec![place])
}

fn resolve(listener: &Listener) -> Result<Place, String> {
    let port = listener.port;
    let mut addrs: Place = match &listener.host {
        None => {
            let all: [IpAddr; 2] = [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()];
            all.map(|ip| SocketAddr::new(ip, port)).to_vec()
        }
        Some(host) => (host.as_str(), port)
            .to_socket_addrs()
            .map_err(|error| format!("listener {port} {host}: no such host: {error}"))?
            .collect(),
    };
    addrs.retain(|addr| match listener.family {
        None => true,
        Some(Family::V4) => addr.is_ipv4(),
        Some(Family::V6) => addr.is_ipv6(),
    });
    addrs.dedup();
    if addrs.is_empty() {
        let host = listener.host.as_deref().unwrap_or_default();
        return Err(format!("listener {port} {host}: it has no address of that socket_domain"));
    }
    Ok(addrs)
}

/// Is it the address itself that this machine has not?
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
        || error.raw_os_error() == Some(nix::errno::Errno::EAFNOSUPPORT as i32)
}

/// Why not, and what to do.
fn cannot(addr: SocketAddr, error: &std::io::Error) -> String {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "; another program listens there: choose another port, or -p 0",
        ErrorKind::AddrNotAvailable => "; no interface of this machine has that address",
        ErrorKind::PermissionDenied => "; ports below 1024 are the superuser's: choose another",
        _ => "",
    };
    format!("cannot listen on {addr}: {error}{advice}")
}
