//! `[MODE] [TARGET]`: what is measured, and where.
//!
//! It knows words and addresses. It does not know what the modes do.

use clap::ValueEnum;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::exit::Failure;

/// Where a protocol's servers are found.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// As a person calls one.
    pub name: &'static str,
    /// What may stand in front of HOST.
    pub scheme: &'static str,
    /// The port, where none is given.
    pub port: u16,
}

/// A server to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it is.
    pub addr: SocketAddr,
    /// HOST:PORT as it was named: servers may have a site for each name.
    pub authority: String,
}

impl Target {
    /// One that has no other name than its address.
    pub fn at(addr: SocketAddr) -> Self {
        Self { addr, authority: addr.to_string() }
    }
}

/// The mode and the target among these words; no target: our own server, which is to be started.
///
/// # Errors
/// Too many words, no target where one is needed or one where none is, or one that is no address.
pub fn words<M: ValueEnum>(
    words: &[String],
    own: bool,
    standard: M,
    place: Place,
) -> Result<(M, Option<Target>), Failure> {
    let mut words = words.iter();
    let mut next = words.next();
    let mode = next.and_then(|word| M::from_str(word, false).ok());
    if mode.is_some() {
        next = words.next();
    }
    let name = place.name;
    let target = match (next, own) {
        (None, true) => None,
        (Some(_), true) => {
            return Err(Failure::usage(format!("--self starts a {name}: no other one is needed")));
        }
        (Some(target), false) => Some(resolve(target, place)?),
        (None, false) => {
            return Err(Failure::usage(format!("which {name}? HOST:PORT, or --self for our own")));
        }
    };
    match words.next() {
        None => Ok((mode.unwrap_or(standard), target)),
        Some(word) => Err(Failure::usage(format!("`{word}` is one word too many"))),
    }
}

/// The first address of `HOST`, `HOST:PORT`, `:PORT` on this machine, or one of these behind the
/// scheme.
fn resolve(target: &str, place: Place) -> Result<Target, Failure> {
    let Place { name, scheme, port } = place;
    let text = target.strip_prefix(scheme).unwrap_or(target).trim_end_matches('/');
    let here = text.strip_prefix(':').filter(|port| !port.contains(':'));
    let whole = here.map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    let bracketed = whole.starts_with('[') && !whole.ends_with(']');
    let has_port = bracketed || whole.matches(':').count() == 1;
    let bare = whole.trim_start_matches('[').trim_end_matches(']');
    let authority = match (has_port, bare.contains(':')) {
        (true, _) => whole.clone(),
        (false, true) => format!("[{bare}]:{port}"),
        (false, false) => format!("{bare}:{port}"),
    };
    let error = match authority.to_socket_addrs().map(|mut addrs| addrs.next()) {
        Ok(Some(addr)) => return Ok(Target { addr, authority }),
        Ok(None) => "it has no address".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::usage(format!("`{target}` is no {name}'s HOST:PORT: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{Place, Target, resolve, words};
    use clap::ValueEnum;

    const PLACE: Place = Place { name: "broker", scheme: "mqtt://", port: 1883 };

    #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
    enum Mode {
        Thr,
        Lat,
    }

    #[test]
    fn targets_in_every_form() {
        let table = [
            ("127.0.0.1", "127.0.0.1:1883"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            (":9", "127.0.0.1:9"),
            ("mqtt://127.0.0.1:9/", "127.0.0.1:9"),
            ("::1", "[::1]:1883"),
            ("[::1]", "[::1]:1883"),
            ("[::1]:9", "[::1]:9"),
        ];
        for (text, addr) in table {
            let target = resolve(text, PLACE).unwrap();
            assert_eq!(target.addr, addr.parse().unwrap(), "{text}");
            assert_eq!(target.authority, addr, "{text}");
        }
        let named = resolve("localhost:9", PLACE).unwrap();
        assert_eq!((named.addr.port(), &*named.authority), (9, "localhost:9"));
        assert!(resolve("127.0.0.1:port", PLACE).is_err());
    }

    #[test]
    fn the_mode_stands_first_or_not_at_all() {
        let said = |text: &str, own| {
            let all: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words(&all, own, Mode::Thr, PLACE).map_err(|failure| failure.message)
        };
        let addr = Some(Target::at("127.0.0.1:9".parse().unwrap()));
        assert_eq!(said("lat :9", false), Ok((Mode::Lat, addr.clone())));
        assert_eq!(said(":9", false), Ok((Mode::Thr, addr)));
        assert_eq!(said("lat", true), Ok((Mode::Lat, None)));
        assert_eq!(said("", true), Ok((Mode::Thr, None)));
        for (text, own, wrong) in [
            ("", false, "which broker? HOST:PORT, or --self for our own"),
            (":9", true, "--self starts a broker: no other one is needed"),
            ("lat :9 :9", false, "`:9` is one word too many"),
        ] {
            assert_eq!(said(text, own), Err(wrong.to_owned()), "{text}");
        }
    }
}
