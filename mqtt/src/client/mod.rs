//! The client: one session with one server, which outlives the connections it is carried by.
//!
//! ```text
//!   application        Client (service)            Session (machine)              wire
//!     | -- Command -----> |  -- publish, … -------> |  PUBLISH, SUBSCRIBE … ------> |
//!     | <-- Event ------- |  <- next_event -------- |  <------------- PUBLISH, … -- |
//!                         |  connects, closes, sets the timer; never reads a packet
//! ```
//!
//! In reading order: [`options`] (what may be asked for), [`keep_alive`] (when a ping is due),
//! [`session`] (which packet answers which), [`event`] (what is told), [`service`] (connections,
//! and coming back after a loss).

pub mod event;
pub mod keep_alive;
pub mod options;
mod requests;
pub mod service;
pub mod session;

pub use event::{Ended, Event, Lost, Message, Observer, Seen, Ticket};
pub use options::Options;
pub use service::{Client, Command};
pub use session::Session;
