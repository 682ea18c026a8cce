//! The acceptance table, row by row, on the checked-in captures with their frame numbers.

#[path = "../common/rows.rs"]
mod table;

use crate::report::line;
use std::process::Command;
use table::{REPORT, SCENES, assert_checksums_are_no_error, rows};

/// What `wirelab explain` prints of a capture.
fn account(scene: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["explain", &format!("tests/captures/{scene}.pcap")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("CLICOLOR_FORCE")
        .env_remove("WIRELAB_COLOR")
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines that are no frame's: the header's, the blocks', the notes', the summary.
fn report(account: &str) -> Vec<&str> {
    account.lines().filter(|line| !line.trim_start().starts_with('#')).collect()
}

#[test]
fn every_row_is_there() {
    let mut wanted = Vec::new();
    for (letter, last) in [("M", 10), ("T", 7), ("R", 7), ("Q", 6), ("P", 5), ("S", 5), ("G", 2)] {
        wanted.extend((1..=last).map(|n| format!("{letter}{n}")));
    }
    let mut ids: Vec<_> = rows().map(|row| row.id).collect();
    ids.dedup();
    assert_eq!(ids, wanted);
    for row in rows() {
        assert!(!row.explain.is_empty() && !row.tour.is_empty(), "{}", row.id);
    }
}

#[test]
fn every_row_is_explained() {
    for (scene, _) in SCENES {
        let account = account(scene);
        let report = report(&account);
        for row in rows().filter(|row| row.scene == scene) {
            for &(number, words) in row.explain {
                let id = row.id;
                if number == REPORT {
                    assert!(report.iter().any(|l| l.contains(words)), "{id}: {words}\n{account}");
                } else {
                    let line = line(&account, number);
                    assert!(line.contains(words), "{id}, #{number}: {words}\n{line}");
                }
            }
        }
        assert_checksums_are_no_error(&account);
    }
}
