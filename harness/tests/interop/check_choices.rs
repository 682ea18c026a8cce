//! `wirelab test http` against a server that chooses what few choose, and may; and against one that
//! does what looks like it, and may not.
//!
//! It knows heads and chunks by their ends alone. What the cases ask for it does not know.

use super::common::process::{Finished, Process};
use super::common::reference::Trials;
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn add(trials: &mut Trials) {
    trials.add("check_choices::what_may_be_chosen_is_kept", &[], may);
    trials.add("check_choices::a_server_is_asked_by_the_name_that_was_given", &[], named);
    trials.add("check_choices::what_comes_behind_the_last_answer_is_heard", &[], may_not);
}

/// What a server does with `close`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    /// It ends, and does not say so.
    Silently,
    /// It says so, and answers one more.
    Late,
}

/// Content of a GET and trailers are refused, HTTP/9.0 is not. Chunks that are wrong, and content
/// that is short, are answered before they are looked at; a length beyond 64 bits is waited for.
fn serve(close: Close) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, close));
        }
    });
    Ok(addr)
}

fn answer(mut stream: TcpStream, close: Close) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut is_last = false;
    loop {
        let head = section(&mut reader)?;
        if head.is_empty() {
            return Ok(());
        }
        let chunked = head.contains("transfer-encoding:");
        if head.contains(" 18446744073709551621\r\n") {
            return io::copy(&mut reader, &mut io::sink()).map(drop);
        }
        let body = if chunked { section(&mut reader)? } else { String::new() };
        let has_trailers =
            ["connection:", "content-length:"].iter().any(|name| body.contains(name));
        if chunked && !has_trailers {
            return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        if chunked || head.starts_with("get") && head.contains("content-length:") {
            let refusal = b"HTTP/1.1 400 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            return stream.write_all(refusal);
        }
        let ends = head.contains(" close\r\n");
        let says = if ends && close == Close::Late { "Connection: close\r\n" } else { "" };
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{says}\r\n")?;
        if is_last || ends && close == Close::Silently {
            return Ok(());
        }
        is_last = ends;
    }
}

/// Lines up to an empty one, in lower case; a whole chunked body is such a section, too.
fn section(reader: &mut impl BufRead) -> io::Result<String> {
    let mut all = String::new();
    while reader.read_line(&mut all)? > 0 && !all.ends_with("\r\n\r\n") {}
    Ok(all.to_lowercase())
}

fn check(addr: &str, only: &str) -> Result<Finished, String> {
    let command = wirelab(&["test", "http", addr, "--patience", "2", "--only", only]);
    Process::start("test", command)?.finish(PATIENCE)
}

fn may() -> Outcome {
    let addr = serve(Close::Silently)?;
    for (only, sum) in [
        ("9112-6-01", "2 kept, 0 broken, 0 left out"),
        ("9110-6.5.1-02", "2 kept, 0 broken, 0 left out"),
        ("9110-6.2-05", "1 kept, 0 broken, 0 left out"),
        ("9110-7.6.1-02", "2 kept, 0 broken, 0 left out"),
        ("9110-8.6-08", "1 kept, 0 broken, 0 left out"),
        ("9112-7.1-04", "0 kept, 0 broken, 4 left out"),
        ("9112-6.3-10", "0 kept, 0 broken, 1 left out"),
    ] {
        let Finished { status, stdout, .. } = check(&addr, only)?;
        same(only, status.code(), Some(0)).map_err(|_| stdout.clone())?;
        same(only, stdout.contains(sum), true).map_err(|_| stdout)?;
    }
    // What goes on without a word is told.
    let Finished { status, stdout, .. } = check(&addr, "9112-9.6-05")?;
    same("the end", status.code(), Some(1)).map_err(|_| stdout.clone())?;
    let says = "the answer says Connection: \"\"";
    Ok(same(says, stdout.contains(says), true).map_err(|_| stdout)?)
}

/// One site for a name, and nothing for whoever does not say it.
fn named() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let name = format!("localhost:{}", listener.local_addr()?.port());
    let site = format!("host: {name}\r\n");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let site = site.clone();
            thread::spawn(move || -> io::Result<()> {
                let mut reader = BufReader::new(stream.try_clone()?);
                loop {
                    let status = if section(&mut reader)?.contains(&site) { 200 } else { 404 };
                    write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n")?;
                }
            });
        }
    });
    let Finished { stdout, .. } = check(&name, "9110-9.3.8-01")?;
    let says = "FAIL  9110-9.3.8-01        TRACE is echoed, or refused\n      200,";
    same(says, stdout.contains(says), true).map_err(|_| stdout)?;
    let load = wirelab(&["bench", "rest", &name, "--path", "/", "-n", "5", "-c", "1"]);
    let Finished { status, stderr, .. } = Process::start("bench", load)?.finish(PATIENCE)?;
    Ok(same("the load's end", status.code(), Some(0)).map_err(|_| stderr)?)
}

fn may_not() -> Outcome {
    let addr = serve(Close::Late)?;
    let Finished { status, stdout, .. } = check(&addr, "9112-9.6-06")?;
    same("the end", status.code(), Some(1)).map_err(|_| stdout.clone())?;
    let says = "38 more octets came behind the last answer";
    Ok(same(says, stdout.contains(says), true).map_err(|_| stdout)?)
}
