//! The side-by-side run of brokers works from end to end, whatever its figures are.

use std::process::{Command, Output};

fn mqtt_versus(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mqtt-versus")).args(arguments).output().expect("it starts")
}

/// Our broker alone: programs of others are no business of this test's.
#[test]
fn every_row_runs_and_nothing_is_lost() {
    let output = mqtt_versus(&["--quick", "--brokers", "ours"]);
    let (out, talk) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{talk}");
    let mut rates = 0;
    for line in out.lines().filter(|line| line.contains("| ours |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!(cells[3].parse::<f64>().is_ok_and(|n| n > 0.0), "{line}\n{talk}");
        if cells[1].contains('-') {
            rates += 1;
            assert_eq!(&cells[6..9], ["0.00 %", "0", "0"], "{line}\n{talk}");
        }
    }
    assert_eq!(rates, 18, "{out}");
    assert!(out.contains("| paced qos2 64B | ours |"), "{out}");
    assert!(out.contains("| connects | ours |"), "{out}");
}

#[test]
fn an_unknown_row_is_refused() {
    let output = mqtt_versus(&["--rows", "qos3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`qos3`"));
}
