//! Our REST server does what its own OpenAPI document promises: schemathesis asks it, with requests
//! made up from the document and beside it, and holds every answer against it.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, wirelab};
use std::path::Path;
use std::process::Command;

/// Requests made up for each operation.
const EXAMPLES: &str = "40";
/// Seconds that an answer may take; so long is also listened to an event stream.
const ANSWER: &str = "1";

pub fn add(trials: &mut Trials) {
    let needs = [Need::Schemathesis];
    trials.add("http_openapi::schemathesis_finds_nothing", &needs, || finds_nothing(false));
    trials.add("http_openapi::nor_with_items_on_the_disk", &needs, || finds_nothing(true));
}

fn finds_nothing(on_disk: bool) -> Outcome {
    let directory = tempfile::tempdir()?;
    let mut command = wirelab(&["rest", "serve", "-p", "0", "--loops", "2"]);
    if on_disk {
        command.arg("--data").arg(directory.path().join("items.redb"));
    }
    let server = Process::start("serve", command)?;
    let line = server.first_line(PATIENCE)?;
    let addr = line.strip_prefix("listening on ").ok_or_else(|| format!("no address: {line}"))?;
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/schemathesis.toml");
    let mut command = Command::new("python3");
    command.args(["-m", "schemathesis.cli", "--config-file"]).arg(config).arg("run");
    command.arg(format!("http://{}/openapi.json", addr.trim()));
    command.args(["--checks", "all", "--max-examples", EXAMPLES, "--request-timeout", ANSWER]);
    // The same requests each time. It writes beside where it runs.
    command.args(["--generation-deterministic", "--no-color"]).current_dir(directory.path());
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    let finished = Process::start("schemathesis", command)?.finish(15 * PATIENCE)?;
    let (said, wrong) = (&finished.stdout, &finished.stderr);
    if finished.status.code() != Some(0) {
        return Err(format!("it has found something:\n{said}\n{wrong}").into());
    }
    // All operations of the document were asked.
    if !said.contains("Tested: 8") {
        return Err(format!("not all was tested:\n{said}").into());
    }
    server.interrupt()?;
    let ended = server.finish(PATIENCE)?;
    if !ended.status.success() || !ended.stderr.is_empty() {
        return Err(format!("the server: {:?}, {}", ended.status, ended.stderr).into());
    }
    Ok(())
}
