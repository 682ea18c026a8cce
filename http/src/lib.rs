//! HTTP/1.1: heads and bodies, the server, the client.
#![forbid(unsafe_code)]

pub mod answer;
pub mod body;
pub mod client;
pub mod connection;
pub mod date;
mod error;
pub mod framing;
pub mod grammar;
pub mod handler;
pub mod head;
mod host;
pub mod limits;
pub mod router;
pub mod server;
mod status;
pub mod target;

pub use answer::{Answer, Answered};
pub use error::{Fault, HttpError};
pub use handler::{Handler, Next, Receive, Request, Sink, Source, Unkept};
pub use head::{Fields, Method, RequestHead, ResponseHead, Version};
pub use router::Router;
pub use server::{Server, Settings};
pub use status::Status;

// The guide's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
