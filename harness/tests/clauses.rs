//! How the build script finds citations, and what `wirelab clauses` prints of them.

#[path = "../build/citations.rs"]
mod citations;
#[allow(dead_code)]
#[path = "../build/source.rs"]
mod source;

use serde_json::Value;
use std::process::{Command, Output};

fn clauses(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.arg("clauses").args(arguments);
    // Not in the checkout: what is printed must not depend on where the binary runs.
    command.current_dir(std::env::temp_dir()).output().expect("the binary starts")
}

#[test]
fn each_protocol_ends_with_a_summary() {
    let output = clauses(&["mqtt"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success());
    assert!(text.contains("MQTT-3.3.1-4  MUST  both: "), "{text}");
    let last = text.lines().last().unwrap_or_default();
    assert!(last.starts_with("mqtt: 141 clauses, "), "{last}");
    assert!(!text.contains("ZMTP-"));
}

#[test]
fn json_is_one_object_a_line() {
    let output = clauses(&["--json", "echo"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let (summary, clauses) = lines.split_last().expect("a summary");
    assert!(lines.iter().all(|line| line["v"] == 1 && line["protocol"] == "echo"));
    assert!(clauses.iter().all(|clause| clause["clause"].is_string()));
    assert_eq!(summary["clauses"], clauses.len());
    let with_code = |clause: &&Value| clause["code"].as_array().is_some_and(|c| !c.is_empty());
    assert_eq!(summary["with_code"], clauses.iter().filter(with_code).count());
}

/// The echo is whole: each of its clauses has its line and its test, or its reason to be left out.
#[test]
fn nothing_is_missing_of_the_echo() {
    let check = clauses(&["echo", "--check", "--missing"]);
    let complaints = String::from_utf8_lossy(&check.stderr);
    assert!(check.status.success(), "{complaints}");
}

#[test]
fn check_is_silent_when_all_is_well_and_fails_over_what_is_missing() {
    let good = clauses(&["--check"]);
    assert!(good.status.success() && good.stdout.is_empty() && good.stderr.is_empty(), "{good:?}");
    let missing = clauses(&["zmtp", "--missing", "--json"]);
    let text = String::from_utf8(missing.stdout).expect("UTF-8");
    let check = clauses(&["zmtp", "--missing", "--check"]);
    assert_eq!(check.status.code(), Some(i32::from(text.lines().count() > 1)));
}
