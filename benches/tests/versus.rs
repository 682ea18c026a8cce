//! The side-by-side run works from end to end, whatever its figures are.

use std::process::Command;

fn echo_versus(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_echo-versus")).args(arguments).output().expect("it starts")
}

#[test]
fn every_row_runs_and_every_byte_comes_back() {
    // tokio's server is built on demand, which is no business of a test's.
    let output = echo_versus(&["--quick", "--servers", "ours,bare"]);
    let (out, talk) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{talk}");
    for row in ["ping-1", "ping-64", "ping-1000", "pipe16-1", "pipe16-64", "bulk-1", "bulk-8"] {
        for server in ["ours", "bare"] {
            let start = format!("| {row} | {server} | ");
            assert!(out.lines().any(|line| line.starts_with(&start)), "{start}\n{out}");
        }
    }
    assert!(out.contains("| ours | 200 | "), "{out}");
}

#[test]
fn an_unknown_row_is_refused() {
    let output = echo_versus(&["--rows", "pong"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`pong`"));
}
