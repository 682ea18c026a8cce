//! What is asked of an MQTT 3.1.1 broker.
//!
//! Each file has the cases of some packets. They need a broker that lets anybody in, under any
//! name, to any topic below `wirelab/`. Which broker it is they do not know.

mod client;
mod connecting;
mod flows;
mod framing;
mod publishing;
mod queues;
mod retaining;
mod sessions;
mod subscribing;
mod tables;
mod wills;

use super::Case;
use super::talk::{Desk, Finding};
use client::Client;

/// Does it accept a client at all?
pub fn greet(desk: &mut Desk) -> Finding {
    Client::new(desk, "greet").map(drop)
}

/// All cases, in the order of the specification.
pub fn cases() -> Vec<Case> {
    [
        framing::CASES,
        tables::CASES,
        connecting::CASES,
        wills::CASES,
        publishing::CASES,
        flows::CASES,
        subscribing::CASES,
        retaining::CASES,
        sessions::CASES,
        queues::CASES,
    ]
    .concat()
}
