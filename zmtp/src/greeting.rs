//! The greeting: the 64 octets with which both sides of a connection begin.
//!
//! ```text
//!    0        1 ............. 8   9    10     11     12 .......... 31   32          33 ... 63
//!   | FF | padding, 8 octets | 7F | major | minor | mechanism, 20   | as-server | filler, 31 |
//!   |<----- signature, 10 ------->|<- version, 2 >|                               (23/ZMTP)
//! ```
//!
//! It is parsed as it arrives: what its first bytes show is refused before the last have come, so
//! that a peer of another protocol is not waited for. It knows octets, and no connection.

use crate::Error;
use crate::limits::{GREETING, MECHANISM_NAME};
use crate::mechanism::MechanismName;

/// Where the version stands.
const VERSION_AT: usize = 10;
const MECHANISM_AT: usize = 12;
const AS_SERVER_AT: usize = 32;

/// What a peer says of itself before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The version's second octet; the first one is 3 or more.
    pub minor: u8,
    /// The version's first octet.
    pub major: u8,
    /// The mechanism's name, padded with zeros.
    pub mechanism: [u8; MECHANISM_NAME],
    /// The as-server octet, as it came.
    pub as_server: u8,
}

impl Greeting {
    /// Ours: ZMTP 3.`minor`, this mechanism.
    pub fn new(minor: u8, mechanism: MechanismName, as_server: bool) -> Self {
        let mut name = [0; MECHANISM_NAME];
        let text = mechanism.as_str().as_bytes();
        name[..text.len()].copy_from_slice(text);
        Self { major: 3, minor, mechanism: name, as_server: u8::from(as_server) }
    }

    /// The 64 octets.
    pub fn encode(&self) -> [u8; GREETING] {
        // [ZMTP-3.0-greeting-08] [ZMTP-3.0-greeting-04] Padding and filler are zeros.
        let mut octets = [0; GREETING];
        // [ZMTP-3.0-greeting-02]
        octets[0] = 0xff;
        octets[9] = 0x7f;
        octets[VERSION_AT] = self.major;
        octets[VERSION_AT + 1] = self.minor;
        octets[MECHANISM_AT..AS_SERVER_AT].copy_from_slice(&self.mechanism);
        octets[AS_SERVER_AT] = self.as_server;
        octets
    }

    /// Reads a greeting from the front of `input`, which may be a part of one. `None`: it is good
    /// so far, and there is more to come.
    ///
    /// # Errors
    /// When no octets that could follow would make a greeting of ZMTP 3.
    pub fn decode(input: &[u8]) -> Result<Option<Self>, Error> {
        let seen = &input[..input.len().min(GREETING)];
        // [ZMTP-3.0-compat-02] ZMTP 1.0 begins with the length of its identity frame: one octet
        // other than FF, or eight more, whose last has its low bit zero. [ZMTP-3.0-greeting-09] The
        // padding has no meaning in between.
        let is_old = seen.first().is_some_and(|&first| first != 0xff)
            || seen.get(9).is_some_and(|&last| last & 1 == 0);
        if is_old {
            return Err(Error::Version { major: 0 });
        }
        if seen.get(9).is_some_and(|&last| last != 0x7f) {
            let what = "the signature does not end with 7F";
            return Err(Error::malformed("[ZMTP-3.0-greeting-02]", what));
        }
        // [ZMTP-3.0-greeting-10] 3.0 or above is valid. [ZMTP-3.0-greeting-13] Below it we close:
        // [ZMTP-3.0-sec-01] [ZMTP-3.0-compat-04] a forged old greeting wins nothing.
        if let Some(&major) = seen.get(VERSION_AT).filter(|&&major| major < 3) {
            return Err(Error::Version { major: major.max(1) });
        }
        let Ok(octets) = <&[u8; GREETING]>::try_from(seen) else { return Ok(None) };
        let mut mechanism = [0; MECHANISM_NAME];
        mechanism.copy_from_slice(&octets[MECHANISM_AT..AS_SERVER_AT]);
        check_name(&mechanism)?;
        Ok(Some(Self {
            major: octets[VERSION_AT],
            minor: octets[VERSION_AT + 1],
            mechanism,
            as_server: octets[AS_SERVER_AT],
        }))
    }

    /// Does the peer know what came with ZMTP 3.1: heartbeats, SUBSCRIBE and CANCEL?
    pub fn knows_3_1(&self) -> bool {
        (self.major, self.minor) >= (3, 1)
    }

    /// The mechanism's name without its padding.
    pub fn mechanism_name(&self) -> &[u8] {
        let len = self.mechanism.iter().position(|&b| b == 0).unwrap_or(MECHANISM_NAME);
        &self.mechanism[..len]
    }
}

/// [ZMTP-3.0-mech-03] Upper-case letters, digits, embedded hyphens and underscores; then
/// [ZMTP-3.0-mech-04] nulls up to the end.
fn check_name(name: &[u8; MECHANISM_NAME]) -> Result<(), Error> {
    let len = name.iter().position(|&b| b == 0).unwrap_or(MECHANISM_NAME);
    let (text, padding) = name.split_at(len);
    if text.is_empty() {
        return Err(Error::malformed("[ZMTP-3.0-mech-03]", "the mechanism has no name"));
    }
    let is_embedded = |at: usize| at > 0 && at + 1 < len;
    let good = |(at, &b): (usize, &u8)| match b {
        b'A'..=b'Z' | b'0'..=b'9' => true,
        b'-' | b'_' => is_embedded(at),
        _ => false,
    };
    if !text.iter().enumerate().all(good) {
        return Err(Error::malformed(
            "[ZMTP-3.0-mech-03]",
            "the mechanism's name has other characters than A-Z, 0-9, - and _",
        ));
    }
    if padding.iter().any(|&b| b != 0) {
        return Err(Error::malformed(
            "[ZMTP-3.0-mech-04]",
            "the mechanism's name is not padded with nulls",
        ));
    }
    Ok(())
}
