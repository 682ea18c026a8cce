//! What the four programs have in common: their arguments.

// Each of the programs uses its part.
#![allow(dead_code)]

use std::process::exit;
use wirelab_zmtp::blocking::Error;

/// `ENDPOINT MESSAGE-SIZE COUNT [pushpull|pubsub]`, as libzmq's programs of the same names have
/// them, and the pattern.
pub struct Arguments {
    pub endpoint: String,
    pub size: usize,
    pub count: usize,
    pub is_pubsub: bool,
}

impl Arguments {
    /// Reads them, or says how they are written.
    pub fn read() -> Self {
        let mut arguments = std::env::args();
        let name = arguments.next().unwrap_or_default();
        let rest: Vec<String> = arguments.collect();
        Self::parse(&rest).unwrap_or_else(|| {
            eprintln!("usage: {name} ENDPOINT MESSAGE-SIZE COUNT [pushpull|pubsub]");
            exit(2);
        })
    }

    fn parse(rest: &[String]) -> Option<Self> {
        let [endpoint, size, count, pattern @ ..] = rest else { return None };
        let is_pubsub = match pattern.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["pushpull"] => false,
            ["pubsub"] => true,
            _ => return None,
        };
        let (size, count) = (size.parse().ok()?, count.parse().ok()?);
        Some(Self { endpoint: endpoint.clone(), size, count, is_pubsub })
    }
}

/// Runs a program; what went wrong is told, and is its exit code.
pub fn run(program: impl FnOnce(&Arguments) -> Result<(), Error>) {
    if let Err(error) = program(&Arguments::read()) {
        eprintln!("{error}");
        exit(1);
    }
}
