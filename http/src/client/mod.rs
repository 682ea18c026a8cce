//! The client, from the inside out: `url` and `request` (what is asked), `session` (one
//! connection's machine), `service` (the connections on a loop), `redirect`, `blocking` (what an
//! ordinary user calls).

mod blocking;
mod redirect;
mod request;
mod service;
mod session;
mod url;

pub use blocking::{Client, Error, Options, Response};
pub use request::{Content, Outgoing};
pub use service::{Client as ClientService, Failure, Progress, Ticket};
pub use session::{Event, Session};
pub use url::Url;
