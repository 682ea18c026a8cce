//! The side-by-side run of ZMTP sockets works from end to end, whatever its figures are.

use std::process::{Command, Output};

fn zmq_versus(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zmq-versus")).args(arguments).output().expect("it starts")
}

/// Our sockets alone: libzmq's headers are no business of this test's.
#[test]
fn every_row_runs() {
    let output = zmq_versus(&["--quick", "--sockets", "ours"]);
    let (out, talk) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{talk}");
    let rows: Vec<&str> = out.lines().filter(|line| line.contains("| ours → ours | ")).collect();
    assert_eq!(rows.len(), 13, "{out}");
    assert!(!out.contains("failed"), "{out}\n{talk}");
}

#[test]
fn an_unknown_row_is_refused() {
    let output = zmq_versus(&["--rows", "pair"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`pair`"));
}
