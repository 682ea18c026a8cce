//! The shared event loop: everything that the four protocols have in common.
//!
//! A protocol is a [`Service`]: a handful of callbacks that are told what happened to a
//! connection, and record wishes (send, close, wake me at) in an [`Io`]. The [`EventLoop`] carries
//! the wishes out over a [`Net`]: real sockets ([`MioNet`]), or a simulated network with a virtual
//! clock and faults ([`sim`]).
//!
//! ```text
//!              callbacks                    wishes
//!   Service <------------- EventLoop <----------------- Io
//!                           |     ^
//!          read, write, ... |     | readiness
//!                           v     |
//!                             Net  = MioNet (mio, real sockets, real clock)
//!                                  | SimNet (seeded faults, virtual clock)
//! ```
//!
//! This is the only crate that names `mio` or `socket2`. It does not know any protocol.
//!
//! Reading order: [`service`] (the contract), [`io`] (the wishes), [`event_loop`] (one turn),
//! [`net`] (the seam), then [`mio_net`] and [`sim`] below it.
#![forbid(unsafe_code)]

pub mod backoff;
mod conn;
pub mod event_loop;
pub mod ids;
pub mod io;
pub mod limits;
pub mod mailbox;
pub mod many;
pub mod mio_net;
pub mod net;
mod outbox;
pub mod random;
mod scratch;
pub mod service;
pub mod sim;
pub mod stop;
mod timers;

pub use backoff::Backoff;
pub use event_loop::{EventLoop, Status};
pub use ids::{Closed, ConnId, ListenerId, Now, Origin, Timer};
pub use io::Io;
pub use limits::Settings;
pub use mailbox::{Mailbox, Sender};
pub use mio_net::MioNet;
pub use net::{Net, Ready, Wake};
pub use service::Service;
pub use sim::{SimNet, World};
pub use stop::Stopper;
