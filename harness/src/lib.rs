//! The lab: everything behind the `wirelab` binary.
//!
//! The engines know protocols and nothing of files, terminals or processes; this crate is where
//! they meet a person. Each module is one command or one thing that several commands share.

pub mod analysis;
pub mod bench;
pub mod capture;
pub mod check;
pub mod clauses;
pub mod cli;
pub mod conversation;
pub mod decode;
mod descriptors;
pub mod dissect;
pub mod doctor;
pub mod echo;
pub mod exit;
pub mod explain;
pub mod filter;
pub mod frame;
pub mod generate;
#[cfg(target_os = "linux")]
pub mod lan;
pub mod lang;
pub mod mqtt;
pub mod output;
#[cfg(target_os = "linux")]
pub mod packet;
pub mod pcap;
pub mod pcapng;
pub mod progress;
mod redb_file;
mod replace;
pub mod rest;
pub mod savefile;
#[cfg(target_os = "linux")]
mod sieve;
pub mod signals;
pub mod tap;
pub mod tour;
pub mod zmq;

// The guides' examples are tests, of the loop's guide as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(doctest)]
#[doc = include_str!("../../reactor/README.md")]
struct ReactorReadme;
