//! The client: its machine against octets, the whole of it against a server and against peers
//! that do not keep to the protocol.

mod blocking;
mod early;
mod peer;
mod responses;
