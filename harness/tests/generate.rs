//! What the binary makes of its own command tree, seen from outside: scripts for each
//! shell, pages for every command, and an end without noise when nobody reads on.

use std::fs;
use std::process::{Command, Output, Stdio};

fn wirelab(arguments: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_wirelab");
    Command::new(binary).args(arguments).output().expect("the binary starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = text(&wirelab(&["completions", shell]));
        for word in ["explain", "completions", "clauses", "connect"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let unknown = wirelab(&["completions", "dos"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(unknown.stdout.is_empty());
}

#[test]
fn the_help_of_the_tour_lists_its_exercises() {
    let help = text(&wirelab(&["help", "tour"]));
    assert!(
        help.contains("Which exercise: tcp, mqtt, rest, reqrep, pushpull, pubsub; or all"),
        "{help}"
    );
}

#[test]
fn every_command_has_a_manual_page() {
    let main = text(&wirelab(&["man"]));
    assert!(main.contains(".TH wirelab 1") && main.contains("wirelab\\-explain(1)"), "{main}");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("new");
    let output = wirelab(&["man", path.to_str().expect("UTF-8")]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    for page in ["wirelab.1", "wirelab-tour.1", "wirelab-echo-serve.1", "wirelab-man.1"] {
        let page = fs::read_to_string(path.join(page)).expect(page);
        assert!(page.contains(".SH SYNOPSIS"));
    }
    let file = path.join("wirelab.1");
    let refused = wirelab(&["man", file.to_str().expect("UTF-8")]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
}

#[test]
fn the_version_is_a_line_or_an_object() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(text(&wirelab(&["version"])), format!("wirelab {version}\n"));
    let object: serde_json::Value =
        serde_json::from_str(&text(&wirelab(&["version", "--json"]))).expect("JSON");
    assert_eq!((&object["version"], &object["v"]), (&version.into(), &1.into()));
}

#[test]
fn a_reader_who_has_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .arg("clauses")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // More is to be said than a pipe holds, and the pipe has no reader any more.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
