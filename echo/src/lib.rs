//! TCP echo: the smallest complete protocol on the loop, and the first to read.
//!
//! The bytes that a client sends come back: as they are (RFC 862), or as the lab's server answers,
//! with `Echo: ` before them.
//!
//! ```text
//!   client                                   server
//!     | -- "halo" ----------------------------> |
//!     | <--------------------- "Echo: halo" --- |
//! ```
//!
//! In reading order: [`style`] (what is answered, plain functions), [`server`] (a service in forty
//! lines), [`exchange`] (which answer belongs to which request, a machine without a connection),
//! [`client`] (a service that comes back after a loss), [`blocking`] (what a program calls).
//!
//! It knows `wirelab-reactor`, and no socket, no thread outside of `blocking`, and no clock.
#![forbid(unsafe_code)]

// The examples of the README are tests of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod blocking;
pub mod client;
pub mod exchange;
pub mod limits;
pub mod server;
pub mod style;

pub use client::EchoClient;
pub use exchange::Exchange;
pub use server::EchoServer;
pub use style::Style;
