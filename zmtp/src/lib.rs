//! ZMTP 3.1 and 3.0, and the six sockets that speak it here: REQ, REP, PUSH, PULL, PUB, SUB.
//!
//! ```text
//!   blocking/      what a program calls: typed sockets, deadlines          threads
//!   engine/        a socket on the loop: endpoints, pipes, handshakes      Io, ConnId
//!   sockets/       what makes a REQ a REQ: who gets the next message       pipes
//!   peer.rs        one connection's machine: greeting, handshake, traffic  bytes
//!   greeting.rs, frame.rs, command.rs, metadata.rs                         bytes <-> values
//! ```
//!
//! Reading order: upwards from the last line.
#![forbid(unsafe_code)]

pub mod blocking;
pub mod command;
pub mod endpoint;
pub mod engine;
mod error;
pub mod frame;
pub mod greeting;
pub mod limits;
pub mod mechanism;
pub mod message;
pub mod metadata;
pub mod options;
pub mod peer;
pub mod socket_type;
pub mod sockets;

pub use endpoint::Endpoint;
pub use error::Error;
pub use message::Message;
pub use options::Options;
pub use socket_type::SocketType;

// The guide's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
