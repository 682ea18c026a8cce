//! The two halves of a QoS 1 or QoS 2 delivery (section 4.3), which are the same machines in a
//! client and in the broker: whoever publishes has a [`Sender`], whoever is published to a
//! [`Receiver`].
//!
//! ```text
//!   Sender                        Receiver         Sender                        Receiver
//!     | PUBLISH QoS 1, id 5  -->   |                 | PUBLISH QoS 2, id 6  -->   |
//!     |   <--  PUBACK 5            |                 |   <--  PUBREC 6            |
//!    free                                            | PUBREL 6  -->              |
//!                                                    |   <--  PUBCOMP 6           |
//!                                                   free                         free
//! ```
//!
//! They know packet identifiers and order. They do not know connections, topics or time.

mod receiver;
mod sender;

pub use receiver::{Arrival, Receiver};
pub use sender::{Acknowledged, Again, Outgoing, Received, Restored, Sender, Waiting};
