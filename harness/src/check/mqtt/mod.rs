//! What is asked of an MQTT 3.1.1 broker.
//!
//! Each file has the cases of some packets. They need a broker that lets anybody in, under any
//! name, to any topic below `wirelab/`. Which broker it is they do not know.

mod client;
mod connecting;
mod framing;
mod publishing;
mod sessions;
mod subscribing;

use super::Case;
use super::talk::{Desk, Finding};
use client::Client;

/// Does it accept a client at all?
pub fn greet(desk: &mut Desk) -> Finding {
    Client::new(desk, "greet").map(drop)
}

/// All cases, in the order of the specification.
pub fn cases() -> Vec<Case> {
    [framing::CASES, connecting::CASES, publishing::CASES, subscribing::CASES, sessions::CASES]
        .concat()
}
