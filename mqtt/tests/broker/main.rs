//! Conversations with the broker in exact bytes, on a simulated network: whole, and with what
//! clients say split at every byte.

mod malformed;
mod sessions;
mod stage;
mod transcripts;
mod waiting;
