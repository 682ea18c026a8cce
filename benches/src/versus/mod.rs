//! Side by side: echo servers as processes of their own, one after the other under the same load.
//!
//! ```text
//!   core 0                                  core 1
//!   ours | bare | tokio  <-- loopback -->   load (this process), round after round
//! ```
//!
//! [`kinds`] says which there are, [`load`] drives one and checks every answer, [`bare`] is the
//! plain loop to be measured against. `src/bin/echo-versus.rs` puts them together with
//! [`server`](crate::server) and [`report`](crate::report).

pub mod bare;
pub mod kinds;
pub mod load;
