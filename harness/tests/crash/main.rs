//! Servers that keep something on disk, killed in the middle of their work and started again: what
//! they have acknowledged is there.
//!
//! The programs are real, and so is the disk. This part starts and kills them; it does not know
//! what they keep. `WIRELAB_ROUNDS=n` says how often they are killed.

#[path = "../common/asker.rs"]
mod asker;
mod broker;
mod items;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server's process; killed when it is dropped.
struct Victim {
    process: Child,
    port: u16,
}

impl Victim {
    /// Starts `wirelab COMMAND -p PORT ARGUMENTS`, and waits until it listens.
    fn start(port: u16, command: &[&str], arguments: &[&[&str]]) -> Self {
        let mut whole = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        whole.args(command).args(["-p", &port.to_string()]).args(arguments.concat());
        Self::run(whole)
    }

    fn run(mut command: Command) -> Self {
        let process = command.stdout(Stdio::piped()).spawn();
        let mut process = process.expect("the server starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{line:?} names no port"));
        Self { process, port }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // SIGKILL: no farewell, no last commit.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn rounds(usual: usize) -> usize {
    std::env::var("WIRELAB_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        // Spinning would take the core that is waited for.
        thread::sleep(Duration::from_millis(1));
    }
}
