//! `--log`: a line for each answer, out at once, and no end of the server with its reader.

use super::common::process::Process;
use super::common::{PATIENCE, wirelab};
use super::{Asker, Server};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn common_lines_on_stderr_one_an_answer() {
    let server = Server::start(&["--log", "--loops", "2"]);
    // Each from a connection of its own, so that both loops have some.
    for n in 0..20 {
        let target = format!("/add?a={n}&b=1");
        assert_eq!(server.asker().ask("GET", &target, &[], "").expect("an answer").status, 200);
    }
    let absent = server.asker().ask("DELETE", "/items/7", &[], "").expect("an answer");
    assert_eq!((absent.status, absent.text().as_str()), (404, "there is no such item\n"));
    // Out without anything that would push it.
    let says = server.process.wait_for_stderr("DELETE", PATIENCE).expect("lines");
    let last = says.lines().last().expect("a line");
    assert!(last.starts_with("127.0.0.1 - - ["), "{last}");
    assert!(last.ends_with("] \"DELETE /items/7 HTTP/1.1\" 404 22"), "{last}");
    for n in 0..20 {
        let want = format!("\"GET /add?a={n}&b=1 HTTP/1.1\" 200 ");
        assert_eq!(says.matches(&want).count(), 1, "{want}: {says}");
    }
    server.process.interrupt().expect("a signal");
    let ended = server.process.finish(PATIENCE).expect("it ends");
    assert_eq!((ended.status.code(), ended.stdout.lines().count()), (Some(0), 1));
}

#[test]
fn objects_on_stdout_behind_the_address() {
    let server = Server::start(&["--json", "--log", "json"]);
    let fields = [("User-Agent", "a \"b\"")];
    server.asker().ask("GET", "/mul?a=2&b=3", &fields, "").expect("an answer");
    let says = server.process.wait_for("\"access\"", PATIENCE).expect("a line");
    let lines: Vec<Value> =
        says.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines[0]["kind"], "listening");
    let access = &lines[1];
    assert_eq!((&access["v"], &access["kind"]), (&1.into(), &"access".into()));
    assert_eq!((&access["method"], &access["target"]), (&"GET".into(), &"/mul?a=2&b=3".into()));
    assert_eq!((&access["status"], &access["bytes"]), (&200.into(), &18.into()));
    assert_eq!(access["agent"], "a \"b\"");
}

/// As in `wirelab rest serve --log json | head -2`.
#[test]
fn a_reader_that_goes_is_no_end() {
    let mut command = wirelab(&["rest", "serve", "-p", "0", "--log", "json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    drop(stdout);
    let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
    let mut asker = Asker::new(port.expect("a port"), PATIENCE);
    for _ in 0..50 {
        assert_eq!(asker.ask("GET", "/add?a=1&b=1", &[], "").expect("an answer").status, 200);
    }
    assert_eq!(child.try_wait().expect("a child"), None, "it still runs");
    child.kill().expect("it ends");
    child.wait().expect("it ends");
}

#[test]
fn nothing_is_logged_that_was_not_asked_for() {
    let server = Server::start(&[]);
    server.asker().ask("GET", "/add?a=1&b=1", &[], "").expect("an answer");
    let Server { process, .. } = server;
    process.interrupt().expect("a signal");
    let ended = Process::finish(process, PATIENCE).expect("it ends");
    assert_eq!((ended.stderr.as_str(), ended.stdout.lines().count()), ("", 1));
}
