//! Side by side: ZMTP sockets as processes of their own, each of ours and of libzmq's with each.
//!
//! ```text
//!   remote_thr | remote_lat  -- loopback -->  local_thr | local_lat
//!   zmtp/examples or peers/libzmq/perf.c      either of the two again
//! ```
//!
//! [`programs`] finds, builds and runs them; [`rows`] says which loads there are; [`report`] does
//! the arithmetic and the table. `src/bin/zmq-versus.rs` puts them together.

pub mod programs;
pub mod report;
pub mod rows;
