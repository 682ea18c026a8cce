//! Side by side: echo servers as processes of their own, one after the other under the same load.
//!
//! ```text
//!   core 0                                  core 1
//!   ours | bare | tokio  <-- loopback -->   load (this process), round after round
//! ```
//!
//! [`server`] starts one and reads its costs, [`load`] drives it and checks every answer,
//! [`bare`] is the plain loop to be measured against, [`report`] does the arithmetic and the
//! table. `src/bin/echo-versus.rs` puts them together.

pub mod bare;
pub mod load;
pub mod report;
pub mod server;
