//! Clients that take their time, and many that do nothing: the former are cut off, the latter
//! held, and who asks meanwhile is answered.

use super::common::reference::Trials;
use super::common::{Outcome, PATIENCE, same};
use super::http::{ended, server};
use super::http_raw::{answer, connect};
use bytes::Bytes;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use wirelab_http::{Next, Router, Server, Settings, Source, Status};
use wirelab_reactor::{Now, Settings as LoopSettings, many};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Idle connections at once.
const IDLE: usize = 5000;
/// Descriptors that the rest of this process, or of the server, may want beside them.
const SPARE: usize = 1000;
/// Clients of each slow kind.
const EACH: usize = 20;

pub fn add(trials: &mut Trials) {
    trials.add("http_slow::are_cut_off", &[], cut_off);
    trials.add("http_slow::thousands_of_idle_connections", &[], idle);
}

const HEAD: &str = "GET /sum HTTP/1.1\r\nHost: h\r\n";
const POST: &str = "POST /sum HTTP/1.1\r\nHost: h\r\n";

/// How a slow client ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is told that it took too long, and the connection is closed.
    TimedOut,
    /// The connection is closed without a word.
    Closed,
    /// The connection is broken.
    Broken,
}
use Fate::{Broken, Closed, TimedOut};

/// What is sent at once, what is sent octet by octet until it is all or the server has enough, and
/// how that ends.
const KINDS: [(&str, &str, Fate); 9] = [
    ("", "", Closed),
    ("\r\n", "", Closed),
    ("G", "ET /sum HTTP/1.1\r\nHost: h\r\nX-Slow: because it can be", TimedOut),
    (HEAD, "", TimedOut),
    (POST, "Content-Length: 40\r\n\r\nfour of forty", TimedOut),
    (POST, "Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n", TimedOut),
    (POST, "Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\nX-Slow: because", TimedOut),
    ("GET /large HTTP/1.1\r\nHost: h\r\n\r\n", "", Broken),
    ("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n", "", Broken),
];

/// Octets without end.
#[derive(Debug)]
struct Endless;

impl Source for Endless {
    fn next(&mut self, _now: Now) -> Next {
        Next::Piece(Bytes::from_static(&[b'x'; 4096]))
    }
}

fn routes() -> Router {
    let mut router = Router::new();
    router.get("/sum", |_, answer| answer.text(Status::OK, "2\n"));
    router
        .post("/sum", |request, answer| answer.text(Status::OK, &request.body().len().to_string()));
    let large = Bytes::from(vec![b'x'; 32 << 20]);
    router.get("/large", move |_, answer| answer.ok().shared(large.clone()));
    router.get("/endless", |_, answer| answer.ok().stream(Endless));
    router
}

/// A slow client.
struct Slow {
    stream: TcpStream,
    at_once: &'static str,
    left: &'static [u8],
    fate: Fate,
}

impl Slow {
    fn start(addr: &str, kind: (&'static str, &'static str, Fate)) -> Result<Self> {
        let (at_once, slowly, fate) = kind;
        let mut stream = connect(addr)?;
        stream.set_nodelay(true)?;
        stream.write_all(at_once.as_bytes())?;
        Ok(Self { stream, at_once, left: slowly.as_bytes(), fate })
    }

    /// Sends its next octet; `true`: the server has said something, or has ended it.
    fn goes_on(&mut self) -> Result<bool> {
        // Who does not read sees of the end only that the connection is broken.
        let reads = self.fate != Broken;
        let flags = if reads { PollFlags::POLLIN } else { PollFlags::empty() };
        if poll(&mut [PollFd::new(self.stream.as_fd(), flags)], PollTimeout::ZERO)? > 0 {
            return Ok(true);
        }
        if let Some((octet, left)) = self.left.split_first() {
            self.left = left;
            self.stream.write_all(&[*octet])?;
        }
        Ok(false)
    }

    /// What it hears in the end.
    fn ends(mut self) -> Outcome {
        let mut heard = Vec::new();
        let read = self.stream.read_to_end(&mut heard).map_err(|error| error.kind());
        let head = String::from_utf8_lossy(&heard[..heard.len().min(400)]).into_owned();
        let timed_out = head.starts_with("HTTP/1.1 408 ") && head.contains("Connection: close");
        let fits = match self.fate {
            TimedOut => timed_out && read.is_ok(),
            Closed => head.is_empty() && read.is_ok(),
            Broken => head.starts_with("HTTP/1.1 200 ") && read == Err(ErrorKind::ConnectionReset),
        };
        let what = || format!("{:?} {:?}: {read:?} {head}", self.at_once, self.fate);
        same("its end", fits, true).map_err(|_| what().into())
    }
}

/// Asks once more on a connection that is never given up, and waits for the answer.
fn ask(good: &mut TcpStream) -> Outcome {
    good.write_all(format!("{HEAD}\r\n").as_bytes())?;
    let (head, content) = answer(good)?;
    same("answered", (head.starts_with("HTTP/1.1 200 "), content.as_str()), (true, "2\n"))
}

fn cut_off() -> Outcome {
    let time = Duration::from_millis(500);
    let http = Settings {
        // The one that asks is idle, too, while this process is kept from running.
        idle_timeout: 4 * time,
        head_timeout: time,
        body_timeout: time,
        send_timeout: time,
        ..Settings::default()
    };
    let settings = LoopSettings::default();
    let server = many::start(([127, 0, 0, 1], 0).into(), 1, &settings, move |_| {
        Server::new(routes(), http.clone())
    })?;
    let addr = server.addr().to_string();
    let mut good = connect(&addr)?;
    let mut slow = Vec::new();
    for kind in KINDS {
        for _ in 0..EACH {
            slow.push(Slow::start(&addr, kind)?);
            ask(&mut good)?;
        }
    }
    let deadline = Instant::now() + PATIENCE;
    while !slow.is_empty() {
        same("all are cut off", Instant::now() < deadline, true)
            .map_err(|_| format!("{} are left, the first {:?}", slow.len(), slow[0].fate))?;
        for mut one in std::mem::take(&mut slow) {
            if one.goes_on()? {
                one.ends()?;
            } else {
                slow.push(one);
            }
        }
        ask(&mut good)?;
    }
    for stopper in server.stoppers() {
        stopper.stop_now()?;
    }
    server.join()?;
    Ok(())
}

/// How many idle connections this machine lets us have, on either end.
fn possible() -> Result<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let want = (IDLE + SPARE) as u64;
    if soft < want {
        setrlimit(Resource::RLIMIT_NOFILE, want.min(hard), hard)?;
    }
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let possible = usize::try_from(soft)?.saturating_sub(SPARE).min(IDLE);
    if possible < IDLE {
        eprintln!("http_slow: {possible} idle connections, not {IDLE}: descriptors are limited");
    }
    Ok(possible)
}

/// Some have never said anything, some have been answered, some have stopped half-way: all are
/// held, and none of them is in anybody's way.
fn idle() -> Outcome {
    let count = possible()?;
    same("a useful number", count >= 100, true)?;
    let (process, addr) = server(&[])?;
    let sum = "GET /add?a=1&b=1 HTTP/1.1\r\nHost: h\r\n\r\n";
    let asks = |stream: &mut TcpStream| -> Outcome {
        let (head, content) = answer(stream)?;
        same("200", head.starts_with("HTTP/1.1 200 "), true).map_err(|_| head)?;
        same("the sum", content.as_str(), "{\n  \"result\": 2\n}\n")
    };
    let mut good = connect(&addr)?;
    let mut held = Vec::new();
    for n in 0..count {
        let mut stream = connect(&addr)?;
        // The first part of a request, up to all of it.
        stream.write_all(&sum.as_bytes()[..n % (sum.len() + 1)])?;
        held.push((stream, n % (sum.len() + 1)));
        if n % 50 == 0 {
            good.write_all(sum.as_bytes())?;
            asks(&mut good)?;
        }
    }
    for _ in 0..200 {
        good.write_all(sum.as_bytes())?;
        asks(&mut good)?;
    }
    // Every one of them goes on where it has stopped.
    for (stream, said) in &mut held {
        stream.write_all(&sum.as_bytes()[*said..])?;
    }
    for (stream, _) in &mut held {
        asks(stream)?;
    }
    drop(held);
    good.write_all(sum.as_bytes())?;
    asks(&mut good)?;
    ended(process)
}
