//! Servers that break off, fall silent or talk nonsense: our client's exit codes beside curl's.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::{self, JoinHandle};

pub fn add(trials: &mut Trials) {
    trials.add("http_faults::the_exit_codes_are_curls", &[Need::Curl], codes);
}

/// How a server ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It closes.
    Fin,
    /// It breaks the connection.
    Reset,
    /// It says nothing more, until the client leaves.
    Silence,
}
use End::{Fin, Reset, Silence};

/// What a server says to a request, how it ends, our exit code, and whether curl's is the same.
///
/// Where it is not, curl lets pass what could be taken for two things, takes part of a head for
/// nothing at all, or tells what is no HTTP with other codes.
const SERVERS: &[(&str, End, i32, bool)] = &[
    // Nothing, or nothing whole.
    ("", Fin, 52, true),
    ("", Reset, 56, true),
    ("", Silence, 28, true),
    ("HTTP/1.1 200", Fin, 18, false),
    ("HTTP/1.1 200 OK\r\nContent-Le", Silence, 28, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678", Reset, 56, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678", Silence, 28, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0\r\n", Fin, 18, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n", Reset, 56, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n", Silence, 28, true),
    ("HTTP/1.1 100 Continue\r\n\r\n", Fin, 18, false),
    // Whole, whatever comes then.
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n123", Fin, 0, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n123", Silence, 0, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n123456", Fin, 0, true),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0\r\n\r\n",
        Silence,
        0,
        true,
    ),
    ("HTTP/1.1 204 No Content\r\n\r\n", Silence, 0, true),
    ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 x\r\n\r\n", Silence, 0, true),
    ("HTTP/1.0 200 OK\r\n\r\nall that comes", Fin, 0, true),
    ("HTTP/1.1 200 OK\r\n\r\nall that comes", Fin, 0, true),
    ("HTTP/1.1 200 OK\r\n\r\nall that comes", Reset, 56, true),
    // No HTTP, or none that can be trusted.
    ("SSH-2.0-OpenSSH_9.2\r\n", Fin, 8, false),
    ("HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\n123", Fin, 8, false),
    ("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n123", Fin, 8, true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n1234", Fin, 8, false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n123\r\n", Fin, 8, false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n1234\r\n0\r\n\r\n", Fin, 8, false),
];

/// Answers two clients, and ends when both have.
fn serve(said: &'static str, end: End) -> Result<(SocketAddr, JoinHandle<()>), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?;
    let serving = thread::spawn(move || {
        let streams = listener.incoming().take(2).flatten();
        let answer = |stream| thread::spawn(move || answer(stream, said, end));
        // What goes wrong here is seen in the exit codes.
        streams.map(answer).collect::<Vec<_>>().into_iter().for_each(|one| drop(one.join()));
    });
    Ok((addr, serving))
}

fn answer(mut stream: TcpStream, said: &str, end: End) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut buffer = [0; 4096];
    let mut n = 0;
    while !buffer[..n].ends_with(b"\r\n\r\n") {
        n = stream.peek(&mut buffer)?;
    }
    // A connection that is closed with something unread in it is broken by that.
    if !matches!(end, Reset) {
        stream.read_exact(&mut buffer[..n])?;
    }
    stream.write_all(said.as_bytes())?;
    if let Silence = end {
        let _ = stream.read(&mut buffer)?;
    }
    Ok(())
}

fn codes() -> Outcome {
    let mut wrong = Vec::new();
    for &(said, end, code, agrees) in SERVERS {
        let (addr, serving) = serve(said, end)?;
        let url = format!("http://{addr}/");
        // What is to come comes at once, and the others are not waited for.
        let patience = if code == 28 { "0.3" } else { "20" };
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--noproxy", "*", "--max-time", patience, &url]);
        let curl = Process::start("curl", curl)?;
        let ours = Process::start("rest", wirelab(&["rest", "get", &url, "-m", patience]))?;
        let (curl, ours) = (curl.finish(PATIENCE)?, ours.finish(PATIENCE)?);
        let (curl, seen) = (curl.status.code(), ours.status.code());
        if seen != Some(code) || (curl == Some(code)) != agrees {
            wrong.push(format!("{said:?} {end:?}: {seen:?}, curl {curl:?}: {}", ours.stderr));
        }
        serving.join().map_err(|_| "the server has failed")?;
    }
    same("other exit codes", wrong, Vec::new())
}
