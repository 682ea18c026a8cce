//! wrk as the load: how it is started, and what it says.
//!
//! It parses every answer, and counts those that are no success. It does not look at content.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::exchange::SUM_TARGET;
use crate::peers::find;

/// What one run has given.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Answers.
    pub answered: u64,
    /// In this time.
    pub elapsed: Duration,
    /// wrk's own processor time.
    pub cpu: Duration,
}

/// Asks for the lab's sum, `depth` requests at once on each connection, for so many seconds.
///
/// # Errors
/// When wrk is missing, fails, or has counted an error.
pub fn run(
    addr: SocketAddr,
    threads: usize,
    connections: usize,
    depth: usize,
    seconds: u64,
) -> io::Result<Outcome> {
    let missing = || {
        io::Error::other(
            "wrk is not on the PATH; install it (apt-get install wrk), or name the rows to run",
        )
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/wrk.lua");
    let mut command = Command::new(find("wrk").ok_or_else(missing)?);
    command.args([format!("-t{threads}"), format!("-c{connections}"), format!("-d{seconds}s")]);
    // A busy machine may keep a server from its core for more than wrk's two seconds.
    command
        .args(["--timeout", "10s"])
        .arg("-s")
        .arg(script)
        .arg(format!("http://{addr}{SUM_TARGET}"));
    command.args(["--", &depth.to_string()]).stdin(Stdio::null());
    let before = children()?;
    let output = command.output()?;
    let cpu = children()?.saturating_sub(before);
    let said = String::from_utf8_lossy(&output.stdout);
    let figures = said.lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let Some(figures) = figures.filter(|_| output.status.success()) else {
        let talk = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("wrk: {}, {said}{talk}", output.status)));
    };
    let figure = |name: &str| figures[name].as_u64().unwrap_or(0);
    for error in ["connect", "read", "write", "timeout", "status"] {
        if figure(error) > 0 {
            return Err(io::Error::other(format!("wrk has counted errors: {figures}")));
        }
    }
    Ok(Outcome {
        answered: figure("requests"),
        elapsed: Duration::from_micros(figure("micros")),
        cpu,
    })
}

/// Processor time of all children that have ended.
fn children() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.unsigned_abs()))
}
