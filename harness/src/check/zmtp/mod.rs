//! What is asked of a ZMTP 3 socket that listens, whatever its type.
//!
//! What a type alone has is left out of the others. What needs the program behind the socket, as
//! an answer to a request, is left out where the program keeps silent. Which library it is they do
//! not know.

mod frames;
mod greetings;
mod handshakes;
mod passing;
mod peer;
mod plain;
mod publishing;
mod replies;
mod traffic;

use super::Case;
use super::talk::{Desk, Finding};
use peer::Peer;

/// Does it answer a greeting with one?
pub fn greet(desk: &mut Desk) -> Finding {
    let greeting = Peer::probe(desk)?;
    desk.mechanism.copy_from_slice(&greeting[12..32]);
    Ok(())
}

/// All cases, in the order of a connection's life.
pub fn cases() -> Vec<Case> {
    [
        greetings::CASES,
        handshakes::CASES,
        plain::CASES,
        frames::CASES,
        traffic::CASES,
        replies::CASES,
        publishing::CASES,
        passing::CASES,
    ]
    .concat()
}
