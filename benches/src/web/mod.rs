//! Side by side: HTTP servers as processes of their own, one after the other under the same load.
//!
//! ```text
//!   core 0                                            core 1
//!   ours | nginx | hyper | axum | ...  <-- loopback -->  wrk, or load (this process)
//! ```
//! [`rows`] says which loads there are, [`kinds`] which servers and how each is started; [`bulk`]
//! is what ours serves in the rows that the lab has no route for. [`exchange`] and [`requests`]
//! know what is asked and what must be answered; [`load`](crate::load) and [`wrk`] ask it.
//! `src/bin/http-versus.rs` puts them together with [`server`](crate::server) and
//! [`report`](crate::report).

pub mod bulk;
pub mod exchange;
pub mod kinds;
pub mod nginx;
pub mod requests;
pub mod rows;
pub mod wrk;
