//! The engine and its six patterns, against peers that are scripts of bytes: every scene whole and
//! split at every byte.

mod handshake;
mod malformed;
mod pubsub;
mod pushpull;
mod reqrep;
mod stage;
mod traffic;
