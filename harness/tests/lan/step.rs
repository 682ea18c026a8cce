//! `wirelab tour --step`: the account waits for whoever reads it.

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::lab::{Room, assert_has};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("tour --step: a frame for each Enter, q ends", None, enter_and_q),
        trial("tour --step: the rest at the end of stdin", None, end_of_input),
        trial("tour --step: ^C while it waits", None, interrupted),
    ]
}

/// A tour under way, at the other ends of its pipes.
struct Stepping {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Stepping {
    fn start(room: &Room, options: &[&str]) -> Result<Self, Failed> {
        let mut child = room
            .wirelab(&[])
            .args(["tour", "--net", "tap", "--step"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take().ok_or("no stdin")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        Ok(Self { child, stdin, lines })
    }

    /// Reads until a line has this, and returns it.
    fn until(&mut self, words: &str) -> Result<String, Failed> {
        for line in &mut self.lines {
            let line = line?;
            if line.contains(words) {
                return Ok(line);
            }
        }
        Err(format!("it ended before {words:?}").into())
    }

    /// Closes its stdin, and returns the rest and the exit code.
    fn end(mut self) -> Result<(String, Option<i32>), Failed> {
        drop(self.stdin);
        let rest: Result<Vec<_>, _> = self.lines.collect();
        Ok((rest?.join("\n"), self.child.wait()?.code()))
    }
}

fn enter_and_q() -> Result<(), Failed> {
    let room = Room::new();
    let mut tour = Stepping::start(&room, &["all", "-n", "1", "--report", "r.html"])?;
    tour.until("tcp.pcapng: pcapng, Ethernet")?;
    for number in ["#1 ", "#2 ", "#3 "] {
        tour.stdin.write_all(b"\n")?;
        let line = tour.until("#")?;
        assert!(line.trim_start().starts_with(number), "{line}");
    }
    tour.stdin.write_all(b" Q\n")?;
    let (rest, code) = tour.end()?;
    assert!(!rest.contains('#') && !rest.contains("=="), "nothing more is shown: {rest}");
    assert_eq!(code, Some(0));
    assert!(room.path("captures/tcp.pcapng").exists());
    assert!(!room.path("captures/mqtt.pcapng").exists());
    // The report has all of what was played, and says what was not.
    let page = fs::read_to_string(room.path("r.html"))?;
    assert_has(
        &page,
        &["<b>Summary:</b>", "id=\"tcp-11\"", "<section class=\"chapter\" id=\"mqtt\">"],
    );
    assert_eq!(page.matches("This exercise was not played").count(), 5);
    Ok(())
}

fn end_of_input() -> Result<(), Failed> {
    let room = Room::new();
    let mut tour = Stepping::start(&room, &["tcp"])?;
    tour.stdin.write_all(b"\n\n")?;
    tour.until("#2 ")?;
    let (rest, code) = tour.end()?;
    assert_has(&rest, &["#3 ", "#19 ", "== summary: 19 frames"]);
    assert_eq!(code, Some(0));
    Ok(())
}

fn interrupted() -> Result<(), Failed> {
    let room = Room::new();
    let mut tour = Stepping::start(&room, &["tcp"])?;
    tour.until("tcp.pcapng: pcapng, Ethernet")?;
    kill(Pid::from_raw(tour.child.id().cast_signed()), Signal::SIGINT)?;
    // Its stdin stays open: nothing but the signal ends it.
    let rest: Result<Vec<_>, _> = (&mut tour.lines).collect();
    assert_eq!(tour.child.wait()?.code(), Some(130));
    assert!(!rest?.concat().contains('#'));
    Ok(())
}
