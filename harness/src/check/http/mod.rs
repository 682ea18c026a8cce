//! What is asked of an HTTP/1.1 server: of any, about any path.
//!
//! Where the standard leaves a choice, each choice is right. What only some servers have, as a
//! method that they refuse, is left out where it is not there. It does not know which server it is.

mod client;
mod conditions;
mod connections;
mod framing;
mod heads;
mod lasting;
mod requests;
mod responses;
mod tables;

use super::Case;
use super::talk::{Desk, Finding};
use client::{Client, request};
use wirelab_http::Method;

/// Does it answer a GET at all?
pub fn greet(desk: &mut Desk) -> Finding {
    let get = request(desk, "GET", "");
    Client::new(desk)?.ask(Method::Get, &get).map(drop)
}

/// All cases, in the order of the standards.
pub fn cases() -> Vec<Case> {
    [
        requests::CASES,
        framing::CASES,
        tables::CASES,
        connections::CASES,
        lasting::CASES,
        responses::CASES,
        heads::CASES,
        conditions::CASES,
    ]
    .concat()
}
