//! The six sockets against libzmq (by pyzmq) and the `zeromq` crate, whoever binds: 10,000
//! messages of all shapes, each compared, in order.

use super::common::process::Process;
use super::common::reference::{Need, Trials, zeromq_peer};
use super::common::{Outcome, PATIENCE, same};
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use wirelab_zmtp::blocking::{Pub, Pull, Push, Rep, Req, Socket, Sub};
use wirelab_zmtp::sockets::Pattern;
use wirelab_zmtp::{Message, Options};

/// Messages of each exercise.
const MANY: usize = 10_000;

/// A period of the bodies' octets.
const PERIOD: usize = 251;

/// One message in so many has a frame of 1 MiB.
const LARGE_EVERY: usize = 2_500;

/// How long all of an exercise may take, with others beside it.
pub const LONG: Duration = Duration::from_secs(60);

pub fn add(trials: &mut Trials) {
    for peer in [Theirs::Pyzmq, Theirs::Zeromq] {
        let needs: &[Need] = match peer {
            Theirs::Pyzmq => &[Need::Python, Need::Pyzmq],
            Theirs::Zeromq => &[Need::ZeromqPeer],
        };
        for side in [Side::WeBind, Side::TheyBind] {
            for (name, exercise) in EXERCISES {
                let name = format!("zmtp_patterns::{name}_{}_{}", peer.name(), side.name());
                trials.add(&name, needs, move || exercise(peer, side));
            }
        }
    }
}

type Exercise = fn(Theirs, Side) -> Outcome;

const EXERCISES: [(&str, Exercise); 6] = [
    ("our_req_and", our_req),
    ("our_rep_and", our_rep),
    ("our_push_and", our_push),
    ("our_pull_and", our_pull),
    ("our_pub_and", our_pub),
    ("our_sub_and", our_sub),
];

/// Whose socket is at the other end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Theirs {
    /// libzmq.
    Pyzmq,
    /// The `zeromq` crate.
    Zeromq,
}

impl Theirs {
    fn name(self) -> &'static str {
        match self {
            Self::Pyzmq => "pyzmq",
            Self::Zeromq => "the_zeromq_crate",
        }
    }

    /// Starts its program in a role.
    fn start(self, role: &str, side: &str, port: u16, count: usize) -> Result<Process, String> {
        let (port, count) = (port.to_string(), count.to_string());
        let mut command = match self {
            Self::Pyzmq => script("zmtp_peer.py"),
            Self::Zeromq => Command::new(zeromq_peer()),
        };
        command.args([role, side, &port, &count]);
        Process::start(role, command)
    }
}

/// Who binds, and who connects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// We do.
    WeBind,
    /// They do.
    TheyBind,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::WeBind => "where_we_bind",
            Self::TheyBind => "where_they_bind",
        }
    }
}

/// A Python program beside this file.
pub fn script(name: &str) -> Command {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name);
    let mut command = Command::new("python3");
    command.arg(place as PathBuf);
    command
}

/// Our socket and theirs, with a way between them.
fn pair<P: Pattern + Send + 'static>(
    ours: &mut Socket<P>,
    theirs: Theirs,
    side: Side,
    role: &str,
) -> Result<Process, String> {
    let socket_error = |error: wirelab_zmtp::blocking::Error| error.to_string();
    ours.set_recv_timeout(Some(LONG));
    ours.set_send_timeout(Some(LONG));
    if side == Side::WeBind {
        let addr = ours.bind("tcp://127.0.0.1:*").map_err(socket_error)?;
        return theirs.start(role, "connect", addr.port(), MANY);
    }
    let process = theirs.start(role, "bind", 0, MANY)?;
    ours.connect(&endpoint_of(&process)?).map_err(socket_error)?;
    Ok(process)
}

/// Where a program listens that says so.
pub fn endpoint_of(process: &Process) -> Result<String, String> {
    let line = process.first_line(PATIENCE)?;
    let port = line.strip_prefix("listening ").ok_or_else(|| format!("it said {line:?}"))?;
    Ok(format!("tcp://127.0.0.1:{port}"))
}

/// It has seen what it was to see, and ends well.
pub fn is_good(process: Process) -> Outcome {
    process.wait_for("good", LONG)?;
    let finished = process.finish(PATIENCE)?;
    if finished.status.success() { Ok(()) } else { Err(format!("{finished:?}").into()) }
}

/// The `n`th message: one frame, an empty one, with an empty one in it, at the border between
/// short and long; now and then a large one [ZMTP-3.0-frame-02] [ZMTP-3.0-frame-10].
fn message(n: usize) -> Message {
    let number = n.to_string();
    if n % LARGE_EVERY == LARGE_EVERY - 1 {
        return Message::from(number).and(body(n, 1024 * 1024));
    }
    match n % 4 {
        0 => Message::from(number),
        1 => Message::from(number).and("").and(body(n, 300)),
        2 => Message::from(""),
        _ => Message::from(body(n, 255)).and(body(n, 256)).and(number),
    }
}

fn body(n: usize, size: usize) -> Bytes {
    (n..n + size).map(|at| (at % PERIOD) as u8).collect()
}

fn check(n: usize, seen: &Message) -> Outcome {
    if *seen == message(n) {
        return Ok(());
    }
    let sizes: Vec<usize> = seen.frames().map(Bytes::len).collect();
    let first = seen.first().slice(..seen.first().len().min(20));
    Err(format!("message {n} is another: frames of {sizes:?}, beginning {first:?}").into())
}

/// [REQ-out-01] [REQ-fmt-01]
fn our_req(theirs: Theirs, side: Side) -> Outcome {
    let mut req = Req::new()?;
    let process = pair(&mut req, theirs, side, "rep")?;
    for n in 0..MANY {
        check(n, &req.request(message(n))?)?;
    }
    is_good(process)
}

/// [REP-in-02] [REP-out-02]
fn our_rep(theirs: Theirs, side: Side) -> Outcome {
    let mut rep = Rep::new()?;
    let process = pair(&mut rep, theirs, side, "req")?;
    for n in 0..MANY {
        let request = rep.recv()?;
        check(n, request.message())?;
        let reply = request.message().clone();
        same("the reply is sent", request.reply(reply), true)?;
    }
    is_good(process)
}

/// [PUSH-out-05]
fn our_push(theirs: Theirs, side: Side) -> Outcome {
    let mut push = Push::new()?;
    let process = pair(&mut push, theirs, side, "pull")?;
    for n in 0..MANY {
        push.send(message(n))?;
    }
    is_good(process)?;
    same("all was taken", push.close(), true)
}

/// [PULL-in-02]
fn our_pull(theirs: Theirs, side: Side) -> Outcome {
    let mut pull = Pull::new()?;
    let process = pair(&mut pull, theirs, side, "push")?;
    for n in 0..MANY {
        check(n, &pull.recv()?)?;
    }
    is_good(process)
}

/// Nothing is dropped: no mark is in the way [PUB-out-04].
fn our_pub(theirs: Theirs, side: Side) -> Outcome {
    let settings = Options { send_high_water_mark: 0, ..Options::default() };
    let mut publisher = Pub::with(settings)?;
    let process = pair(&mut publisher, theirs, side, "sub")?;
    publisher.wait_for_subscriptions(1, Some(PATIENCE))?;
    for n in 0..MANY {
        same("subscribers", publisher.send(message(n)), 1)?;
    }
    is_good(process)?;
    same("dropped", publisher.dropped(), 0)
}

/// [SUB-sub-01] [SUB-in-01]
fn our_sub(theirs: Theirs, side: Side) -> Outcome {
    let mut sub = Sub::new()?;
    sub.subscribe("");
    let mut process = pair(&mut sub, theirs, side, "pub")?;
    same("the first", sub.recv()?, Message::from("SYNC"))?;
    process.type_line("go")?;
    let mut next = sub.recv()?;
    while next == Message::from("SYNC") {
        next = sub.recv()?;
    }
    check(0, &next)?;
    for n in 1..MANY {
        check(n, &sub.recv()?)?;
    }
    is_good(process)
}
