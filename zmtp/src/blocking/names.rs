//! Names of hosts: looked up when they are first connected to, and anew before each further
//! attempt, in a thread that lives as long as the look-up takes.
//!
//! It knows the machine's resolver. When it is asked is the engine's.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::Error;
use crate::endpoint::Host;
use crate::engine::LookUp;

/// Looks one name up.
#[derive(Debug)]
pub(super) struct Names {
    name: String,
    port: u16,
    desk: Arc<Mutex<Desk>>,
}

/// What the thread and the engine share.
#[derive(Debug, Default)]
struct Desk {
    is_busy: bool,
    found: Option<Vec<SocketAddr>>,
    /// That the name is not known has been said.
    has_warned: bool,
}

impl Names {
    pub fn of(name: &str, port: u16) -> Self {
        Self { name: name.to_owned(), port, desk: Arc::default() }
    }

    /// What is found now; none, if it is not known yet.
    pub fn now(&self) -> Vec<SocketAddr> {
        find(&self.name, self.port, &self.desk).unwrap_or_default()
    }
}

impl LookUp for Names {
    fn begin(&mut self) {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if desk.is_busy {
            return;
        }
        let (name, port, shared) = (self.name.clone(), self.port, self.desk.clone());
        let look = move || {
            let found = find(&name, port, &shared);
            let mut desk = shared.lock().unwrap_or_else(PoisonError::into_inner);
            desk.is_busy = false;
            desk.found = found;
        };
        // Without a thread what is known stays, until the next time.
        desk.is_busy = thread::Builder::new().name("zmtp-name".to_owned()).spawn(look).is_ok();
    }

    fn found(&mut self) -> Option<Vec<SocketAddr>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).found.take()
    }
}

/// The addresses of a name; if there are none, that is said, once until there are some.
fn find(name: &str, port: u16, desk: &Mutex<Desk>) -> Option<Vec<SocketAddr>> {
    let found = resolve(name, port);
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = &found
        && !desk.has_warned
    {
        log::warn!("cannot find the host {name}: {error}; trying again until it is found");
    }
    desk.has_warned = found.is_err();
    found.ok()
}

/// At least one.
fn resolve(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addrs: Vec<_> = (name, port).to_socket_addrs()?.collect();
    // As libzmq does: version 4 first.
    addrs.sort_by_key(SocketAddr::is_ipv6);
    if addrs.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(addrs) }
}

/// The addresses of a host that is to be there now; at least one.
pub(super) fn look_up(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Error> {
    match host {
        Host::Addr(addr) => Ok(vec![SocketAddr::new(*addr, port)]),
        Host::Any => Ok(vec![SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)]),
        Host::Name(name) => {
            resolve(name, port).map_err(Error::io(format!("cannot find the host {name}")))
        }
    }
}
