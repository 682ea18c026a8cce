//! What is asked of a ZMTP 3 socket that listens, whatever its type.
//!
//! What a type alone has is left out of the others. What needs the program behind the socket, as
//! an answer to a request, is left out where the program keeps silent. Which library it is they do
//! not know.

mod greetings;
mod handshakes;
mod peer;
mod traffic;

use super::Case;
use super::talk::{Desk, Finding};
use peer::Peer;

/// Does it answer a greeting with one?
pub fn greet(desk: &mut Desk) -> Finding {
    let mut peer = Peer::silent(desk)?;
    peer.send_greeting(&peer::GREETING);
    peer.greeting().map(drop)
}

/// All cases, in the order of a connection's life.
pub fn cases() -> Vec<Case> {
    [greetings::CASES, handshakes::CASES, traffic::CASES].concat()
}
