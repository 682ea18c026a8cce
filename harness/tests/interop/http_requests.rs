//! Python's requests asks our REST server, as `requests_checks.py` has it.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::http::{ended, server};
use super::relay::Relay;
use std::path::Path;
use std::process::Command;

/// Each check, and the connections that it may cost where these are counted.
const CHECKS: [(&str, Option<usize>); 5] = [
    ("keeps", Some(1)),
    // A 413 ends the connection, and the next request makes another.
    ("uploads", Some(2)),
    ("downloads", Some(3)),
    ("expects", None),
    ("updates", Some(9)),
];

pub fn add(trials: &mut Trials) {
    for (check, connections) in CHECKS {
        let needs = &[Need::Requests];
        trials.add(&format!("http_requests::{check}"), needs, move || run(check, connections));
    }
}

fn run(check: &str, connections: Option<usize>) -> Outcome {
    // Two loops, so that what is updated at once is updated at once.
    let (process, addr) = server(&["--loops", "2"])?;
    let relay = Relay::to(&addr)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/requests_checks.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(relay.addr().port().to_string()).arg(check);
    let checked = Process::start("requests", command)?.finish(3 * PATIENCE)?;
    same(check, checked.stdout.trim(), "good").map_err(|_| checked.stderr)?;
    if let Some(connections) = connections {
        same("connections", relay.connections(), connections)?;
    }
    ended(process)
}
