//! Side by side: echo servers as processes of their own, one after the other under the same load.
//!
//! ```text
//!   core 0                                  core 1
//!   ours | bare | tokio  <-- loopback -->   load (this process), round after round
//! ```
//!
//! [`kinds`] says which there are, [`pattern`] what each must send back, [`bare`] is the plain loop
//! to be measured against. `src/bin/echo-versus.rs` puts them together with
//! [`load`](crate::load), [`server`](crate::server) and [`report`](crate::report).

pub mod bare;
pub mod kinds;
pub mod pattern;
