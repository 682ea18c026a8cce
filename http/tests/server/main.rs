//! The server from outside: octets in, octets out, on a simulated network.

mod answers;
mod dates;
mod malformed;
mod stage;
mod time;
mod transcripts;
mod turns;
