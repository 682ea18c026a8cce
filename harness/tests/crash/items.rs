//! `rest serve --data` is killed in the middle of its work: every answered POST, PUT and DELETE is
//! there after the restart, no id is given twice, and no update with `If-Match` is lost.
//!
//! A client that asks again of its own accord would hide which request was answered. Which moments
//! the server is killed at is chance.

use super::asker::{Answer, Asker};
use super::{PATIENCE, Victim, rounds, wait_until};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// How often the server is killed.
const ROUNDS: usize = 30;
/// Clients that write.
const WRITERS: usize = 4;
/// Answered changes that are waited for before the server is killed again.
const PROGRESS: usize = 40;
/// The item that all writers count up.
const COUNTER: &str = "/items/9007199254740992";

fn start(port: u16, data: &Path) -> Victim {
    let data = data.to_string_lossy();
    Victim::start(port, &["rest", "serve", "--loops", "2"], &[&["--data", &data]])
}

/// A client that never asks twice.
struct Writer(Asker);

impl Writer {
    fn new(port: u16) -> Self {
        Self(Asker::new(port, PATIENCE))
    }

    /// `None`: there is no answer, and nobody knows whether the request was carried out.
    fn ask(&mut self, method: &str, path: &str, tag: &str, body: &str) -> Option<Answer> {
        let fields = [("Content-Type", "application/json"), ("If-Match", tag)];
        self.0.ask(method, path, &fields[..if tag.is_empty() { 1 } else { 2 }], body)
    }
}

/// What a writer knows of an item of its own.
struct Known {
    tag: String,
    text: String,
    /// One that was sent and not answered.
    maybe: Option<String>,
    /// Perhaps it is gone: a DELETE was not answered.
    perhaps_gone: bool,
}

/// What one writer has seen answered.
#[derive(Default)]
struct Written {
    items: BTreeMap<String, Known>,
    deleted: HashSet<String>,
    /// All that POST has given.
    ids: Vec<String>,
    counted: usize,
    perhaps_counted: usize,
}

impl Written {
    fn post(&mut self, asker: &mut Writer, text: &str) -> Option<()> {
        let answer = asker.ask("POST", "/items", "", text)?;
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = answer.field("Location").to_owned();
        self.ids.push(path.clone());
        let known = Known {
            tag: answer.field("ETag").to_owned(),
            text: text.to_owned(),
            maybe: None,
            perhaps_gone: false,
        };
        self.items.insert(path, known);
        Some(())
    }

    /// An answered state has the tag that it was answered with, whatever has happened since.
    fn put(&mut self, asker: &mut Writer, path: &str, text: &str) -> Option<()> {
        let known = self.items.get_mut(path)?;
        known.maybe = Some(text.to_owned());
        let answer = asker.ask("PUT", path, &known.tag, text)?;
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
        known.maybe = None;
        text.clone_into(&mut known.text);
        let old = std::mem::replace(&mut known.tag, answer.field("ETag").to_owned());
        let late = asker.ask("PUT", path, &old, "\"too late\"")?;
        assert_eq!(late.status, 412, "{path}: a tag of before still matches: {late:?}");
        Some(())
    }

    fn delete(&mut self, asker: &mut Writer, path: &str) -> Option<()> {
        let known = self.items.get_mut(path)?;
        known.perhaps_gone = true;
        let answer = asker.ask("DELETE", path, &known.tag, "")?;
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
        self.items.remove(path);
        self.deleted.insert(path.to_owned());
        Some(())
    }

    /// After an answer that did not come: which of the two states is it?
    fn look(&mut self, asker: &mut Writer, path: &str) -> Option<()> {
        let answer = asker.ask("GET", path, "", "")?;
        let known = self.items.get_mut(path)?;
        if answer.status == 404 && known.perhaps_gone {
            self.items.remove(path);
            self.deleted.insert(path.to_owned());
            return Some(());
        }
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let (text, tag) = (answer.text(), answer.field("ETag").to_owned());
        if known.maybe.as_ref() == Some(&text) {
            (known.text, known.tag) = (text, tag);
        } else {
            assert_eq!((&text, &tag), (&known.text, &known.tag), "{path}");
        }
        (known.maybe, known.perhaps_gone) = (None, false);
        Some(())
    }

    fn count(&mut self, asker: &mut Writer) -> Option<()> {
        let answer = asker.ask("GET", COUNTER, "", "")?;
        assert_eq!(answer.status, 200, "{answer:?}");
        let next = answer.text().parse::<usize>().expect("a number") + 1;
        self.perhaps_counted += 1;
        let put = asker.ask("PUT", COUNTER, answer.field("ETag"), &next.to_string())?;
        self.perhaps_counted -= 1;
        match put.status {
            204 => self.counted += 1,
            412 => {}
            _ => panic!("{put:?}"),
        }
        Some(())
    }
}

/// Writes until all is over.
fn write(writer: usize, port: u16, over: &AtomicBool, answered: &AtomicUsize) -> Written {
    let (mut written, mut asker) = (Written::default(), Writer::new(port));
    for n in 0.. {
        if over.load(Ordering::Acquire) {
            break;
        }
        let text = format!("{{\"writer\": {writer}, \"n\": {n}}}");
        let unsure = |known: &Known| known.maybe.is_some() || known.perhaps_gone;
        let unsure = written.items.iter().find(|(_, known)| unsure(known));
        let unsure = unsure.map(|(path, _)| path.clone());
        let some = written.items.keys().nth(n % written.items.len().max(1)).cloned();
        let done = match (unsure, some) {
            (Some(path), _) => written.look(&mut asker, &path),
            (None, Some(path)) if n % 5 < 2 => written.put(&mut asker, &path, &text),
            (None, Some(path)) if n % 11 == 4 => written.delete(&mut asker, &path),
            _ if n % 5 == 3 => written.count(&mut asker),
            _ => written.post(&mut asker, &text),
        };
        match done {
            Some(()) => drop(answered.fetch_add(1, Ordering::AcqRel)),
            // The server is away: spinning would take the core that it starts on.
            None => thread::yield_now(),
        }
    }
    written
}

#[test]
fn nothing_answered_is_lost_however_often_the_server_is_killed() {
    let rounds = rounds(ROUNDS);
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("items.redb");
    let mut server = start(0, &data);
    let port = server.port;
    let made = Writer::new(port).ask("PUT", COUNTER, "", "0").expect("an answer");
    assert_eq!(made.status, 201, "{made:?}");
    let (over, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (over, answered) = (over.clone(), answered.clone());
            thread::spawn(move || write(n, port, &over, &answered))
        })
        .collect();
    for round in 0..rounds {
        let enough = answered.load(Ordering::Acquire) + PROGRESS + 7 * (round % 11);
        let ended = || writers.iter().any(thread::JoinHandle::is_finished);
        let progressed = || answered.load(Ordering::Acquire) >= enough || ended();
        wait_until(&format!("round {round}"), progressed);
        drop(server);
        server = start(port, &data);
    }
    over.store(true, Ordering::Release);
    let written: Vec<Written> =
        writers.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    drop(server);
    check(&start(0, &data), &written);
    let answered = answered.load(Ordering::Acquire);
    eprintln!("{rounds} kills, {answered} steps answered");
}

fn check(server: &Victim, written: &[Written]) {
    let mut asker = Writer::new(server.port);
    let mut get = |path: &str| asker.ask("GET", path, "", "").expect("an answer");
    let mut given = HashSet::new();
    for writer in written {
        for id in &writer.ids {
            assert!(given.insert(id), "{id} was given twice");
        }
        for path in &writer.deleted {
            assert_eq!(get(path).status, 404, "{path} was deleted");
        }
        for (path, known) in &writer.items {
            let answer = get(path);
            if answer.status == 404 && known.perhaps_gone {
                continue;
            }
            let (text, tag) = (answer.text(), answer.field("ETag"));
            let is_newer = known.maybe.as_ref() == Some(&text);
            let is_known = (text, tag) == (known.text.clone(), &known.tag);
            assert!(is_newer || is_known, "{path}: {answer:?}");
        }
    }
    let counted: usize = written.iter().map(|writer| writer.counted).sum();
    let perhaps: usize = written.iter().map(|writer| writer.perhaps_counted).sum();
    let counter = get(COUNTER).text().parse::<usize>().expect("a number");
    let possible = counted..=counted + perhaps;
    assert!(possible.contains(&counter), "{counter} of {possible:?}: an update was lost");
}

/// A server whose file may have so many blocks of 512 octets: that is what a full disk is.
fn start_with_a_disk_of(blocks: u32, data: &Path) -> Victim {
    let mut command = std::process::Command::new("sh");
    // Not the signal that the limit sends, but the error is what a disk gives.
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    command.args([env!("CARGO_BIN_EXE_wirelab"), "rest", "serve", "-p", "0", "--data"]);
    Victim::run({
        command.arg(data);
        command
    })
}

#[test]
fn a_change_that_the_disk_does_not_take_has_not_happened() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("items.redb");
    drop(start(0, &data));
    let server = start_with_a_disk_of(1000, &data);
    let mut asker = Writer::new(server.port);
    let long = format!("\"{}\"", "x".repeat(60_000));
    // The first that is not kept is not answered, for its answer was already said.
    let answers = (0..40).map_while(|_| asker.ask("POST", "/items", "", &long));
    let kept = answers.inspect(|answer| assert_eq!(answer.status, 201)).count();
    assert!((1..40).contains(&kept), "{kept} of 40 were kept");
    let mut asker = Writer::new(server.port);
    let mut ask = |method, path: &str, body: &str| asker.ask(method, path, "", body).expect("one");
    let tag = ask("GET", "/items/1", "").field("ETag").to_owned();
    for (method, path, body) in
        [("POST", "/items", "1"), ("PUT", "/items/1", "2"), ("DELETE", "/items/1", "")]
    {
        assert_eq!(ask(method, path, body).status, 503, "{method}");
    }
    let all = ask("GET", "/items", "").text();
    assert_eq!(all.matches("\"id\":").count(), kept, "what could not be kept is not shown");
    drop(server);
    let server = start(0, &data);
    let mut asker = Writer::new(server.port);
    assert_eq!(asker.ask("GET", "/items", "", "").expect("an answer").text(), all);
    let put = asker.ask("PUT", "/items/1", &tag, "2").expect("an answer");
    assert_eq!(put.status, 204, "its tag has not changed: {put:?}");
}

/// Many changes of one turn, of one item even: none is answered, and none has happened.
#[test]
fn a_turn_that_the_disk_does_not_take_has_not_happened() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("items.redb");
    let server = start(0, &data);
    let mut asker = Writer::new(server.port);
    for n in 0..3 {
        assert_eq!(asker.ask("POST", "/items", "", &n.to_string()).expect("one").status, 201);
    }
    let all = |server: &Victim| {
        Writer::new(server.port).ask("GET", "/items", "", "").expect("an answer").text()
    };
    let before = all(&server);
    drop(server);
    let server = start_with_a_disk_of(1, &data);
    let request = |method: &str, path: &str, body: &str| {
        let fields = "Host: a\r\nContent-Type: application/json";
        let len = body.len();
        format!("{method} {path} HTTP/1.1\r\n{fields}\r\nContent-Length: {len}\r\n\r\n{body}")
    };
    let turn = [
        request("PUT", "/items/1", "10"),
        request("PUT", "/items/1", "11"),
        request("DELETE", "/items/2", ""),
        request("POST", "/items", "12"),
        request("PUT", "/items/2", "13"),
        request("GET", "/items", ""),
    ];
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
    std::io::Write::write_all(&mut stream, turn.concat().as_bytes()).expect("is sent");
    let mut heard = Vec::new();
    let ended = std::io::Read::read_to_end(&mut stream, &mut heard);
    assert!(heard.is_empty(), "{ended:?}: {}", heard.escape_ascii());
    assert_eq!(all(&server), before, "all of it is taken back");
    drop(server);
    assert_eq!(all(&start(0, &data)), before, "and nothing of it was on the disk");
}

#[test]
fn two_servers_cannot_have_one_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("items.redb");
    let server = start(0, &data);
    let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"));
    let second = second.args(["rest", "serve", "-p", "0", "--data"]).arg(&data).output();
    let second = second.expect("it runs");
    let says = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{says}");
    let want = "another REST server uses it; give this one a file of its own";
    assert!(says.contains(want) && second.stdout.is_empty(), "{says}");
    let answer = Writer::new(server.port).ask("POST", "/items", "", "1").expect("an answer");
    assert_eq!(answer.status, 201, "the first one does not mind");
}
