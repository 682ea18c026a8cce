//! MQTT 3.1.1: the packets, the broker, the client.
#![forbid(unsafe_code)]

pub mod blocking;
pub mod broker;
pub mod client;
pub mod delivery;
mod error;
pub mod limits;
pub mod packet;
pub mod topic;
pub mod wire;

pub use error::Error;
pub use packet::{Packet, QoS};
pub use wire::PacketId;

// The guide's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
