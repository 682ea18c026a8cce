//! `--self`: our own server as a process beside the generator, on a free port.
//!
//! It knows the program's own name and its first line. It does not know what a server does.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Own {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Own {
    /// Starts it, and waits until it says where it listens.
    ///
    /// # Errors
    /// When it cannot be started, or says something else.
    pub fn start(mut program: Command) -> io::Result<Self> {
        program.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = program.spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        // Dropped, it ends: also when it says something else.
        let mut own = Self { child, addr: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let place = line.trim().strip_prefix("listening on ");
        let addr = place.and_then(|place| place.trim_start_matches("tcp://").parse().ok());
        own.addr = addr.ok_or_else(|| {
            io::Error::other(format!("our own server did not say where it listens, but {line:?}"))
        })?;
        Ok(own)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
