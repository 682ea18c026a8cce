//! What the loop costs, and how it stands beside others.
//!
//! - [`sink_net`], [`scenario`], [`counting`]: the loop alone, over a network that swallows
//!   everything; measured by `cargo bench`, held by `tests/allocations.rs`.
//! - [`ready`]: a ZMTP socket over the same, with peers that are ready.
//! - [`versus`]: whole echo servers as processes of their own, one after the other under the same
//!   load; run by `echo-versus`.
//! - [`brokers`]: whole MQTT brokers, likewise; run by `mqtt-versus`.
//! - [`sockets`]: ZMTP sockets, ours and libzmq's, each with each; run by `zmq-versus`.
//! - [`web`]: whole HTTP servers, likewise; run by `http-versus`.
//! - [`load`], [`server`], [`peers`], [`report`], [`choice`]: what these runs have in common.
//!
//! Nothing here is used by the programs that users run.

pub mod brokers;
pub mod choice;
pub mod counting;
pub mod load;
pub mod peers;
pub mod ready;
pub mod report;
pub mod scenario;
pub mod server;
pub mod sink_net;
pub mod sockets;
pub mod versus;
pub mod web;
