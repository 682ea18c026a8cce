//! `wirelab rest serve` as a whole: the binary is started and asked in octets.
//!
//! What a single part answers is its own test's; here is what takes a process or more than one
//! loop.

mod access_log;
#[path = "../common/asker.rs"]
mod asker;
#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;
mod events;
mod files;
mod items;

use asker::Asker;
use common::process::Process;
use common::{PATIENCE, wirelab};

/// A server on a free port.
struct Server {
    process: Process,
    port: u16,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let whole = [&["rest", "serve", "-p", "0"], arguments].concat();
        let process = Process::start("serve", wirelab(&whole)).expect("it starts");
        let line = process.first_line(PATIENCE).expect("a line");
        let port = line.trim_matches(|c: char| !c.is_ascii_digit()).rsplit(':').next();
        let port = port.and_then(|port| port.parse().ok());
        Self { process, port: port.unwrap_or_else(|| panic!("no port in {line:?}")) }
    }

    fn asker(&self) -> Asker {
        Asker::new(self.port, PATIENCE)
    }
}
