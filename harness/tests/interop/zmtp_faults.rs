//! Our sockets and libzmq's when there are several of them, when one dies, and when one freezes.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::zmtp_patterns::{LONG, endpoint_of, is_good, script};
use nix::sys::signal::Signal;
use std::process::Command;
use std::time::{Duration, Instant};
use wirelab_zmtp::blocking::{Error, Monitor, Pub, Pull, Push, Rep, Req, Sub};
use wirelab_zmtp::engine::SocketEvent;
use wirelab_zmtp::{Message, Options};

/// The workers of a PUSH, and the pushers into a PULL.
const SEVERAL: usize = 3;

/// Messages of each worker's share.
const SHARE: usize = 1_000;

/// Messages that each of several pushers has ready.
const BACKLOG: usize = 20_000;

/// What makes this program a REP that echoes: so that there is one of ours to be frozen.
const OWN_REP: &str = "zmtp-own-rep";

pub fn add(trials: &mut Trials) {
    let needs = &[Need::Python, Need::Pyzmq];
    trials.add("zmtp_faults::our_push_gives_three_workers_even_shares", needs, our_shares);
    trials.add("zmtp_faults::a_push_of_libzmq_shares_among_three_of_ours", needs, their_shares);
    trials.add("zmtp_faults::three_pushers_are_served_fairly", needs, fairness);
    trials.add("zmtp_faults::our_push_outlives_a_killed_pull", needs, their_pull_restarts);
    trials.add("zmtp_faults::our_pull_outlives_a_killed_push", needs, their_push_restarts);
    trials.add("zmtp_faults::our_pull_comes_back_to_their_push", needs, our_pull_restarts);
    trials.add("zmtp_faults::our_push_comes_back_to_their_pull", needs, our_push_restarts);
    trials.add("zmtp_faults::our_req_outlives_a_killed_rep", needs, their_rep_restarts);
    trials.add("zmtp_faults::our_sub_subscribes_again", needs, their_pub_restarts);
    trials.add("zmtp_faults::their_sub_subscribes_again_to_ours", needs, our_pub_restarts);
    trials.add("zmtp_faults::libzmqs_heartbeats_are_answered", needs, their_heartbeats);
    trials.add("zmtp_faults::libzmq_sees_that_ours_is_frozen", needs, we_freeze);
    trials.add("zmtp_faults::ours_sees_that_libzmq_is_frozen", needs, they_freeze);
}

/// Is this program to be a socket of ours, and no test? It ends when its input does.
pub fn is_own_rep() -> bool {
    if std::env::args().nth(1).as_deref() != Some(OWN_REP) {
        return false;
    }
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let run = || -> Result<(), Error> {
        let mut rep = Rep::new()?;
        println!("listening {}", rep.bind("tcp://127.0.0.1:*")?.port());
        loop {
            let request = rep.recv()?;
            let reply = request.message().clone();
            request.reply(reply);
        }
    };
    if let Err(error) = run() {
        eprintln!("{error}");
    }
    true
}

/// One of `zmtp_checks.py`.
pub fn theirs(check: &str, arguments: &[&str]) -> Result<Process, String> {
    let mut command = script("zmtp_checks.py");
    command.arg(check).args(arguments);
    Process::start(check, command)
}

/// The same, at a port that was another's before: until the system gives it.
fn theirs_again(check: &str, endpoint: &str) -> Result<Process, String> {
    let process = theirs(check, &[port_of(endpoint)])?;
    same("the same endpoint", &*endpoint_of(&process)?, endpoint).map_err(|_| "another port")?;
    Ok(process)
}

fn port_of(endpoint: &str) -> &str {
    endpoint.rsplit(':').next().unwrap_or_default()
}

/// The next event of this kind; others before it are passed over.
pub fn wait_for(
    monitor: &Monitor,
    what: &str,
    wanted: impl Fn(&SocketEvent) -> bool,
) -> Result<SocketEvent, String> {
    let mut seen = Vec::new();
    while let Some(event) = monitor.next_within(PATIENCE) {
        if wanted(&event) {
            return Ok(event);
        }
        seen.push(event);
    }
    Err(format!("not {what}, only {seen:?}"))
}

pub fn wait_until_ready(monitor: &Monitor) -> Result<SocketEvent, String> {
    wait_for(monitor, "ready", |event| matches!(event, SocketEvent::Ready { .. }))
}

fn wait_until_closed(monitor: &Monitor) -> Result<SocketEvent, String> {
    wait_for(monitor, "closed", |event| matches!(event, SocketEvent::Closed { .. }))
}

pub fn succeeded(process: Process) -> Result<Finished, String> {
    let finished = process.finish(PATIENCE)?;
    if finished.status.success() { Ok(finished) } else { Err(format!("{finished:?}")) }
}

/// A pull that does not wait for ever.
fn pull() -> Result<Pull, Error> {
    let mut pull = Pull::new()?;
    pull.set_recv_timeout(Some(LONG));
    Ok(pull)
}

fn number(message: &Message) -> Result<usize, String> {
    let text = String::from_utf8_lossy(message.first()).into_owned();
    text.parse().map_err(|_| format!("no number: {text:?}"))
}

/// [PUSH-out-02]
fn our_shares() -> Outcome {
    let mut push = Push::new()?;
    let monitor = push.monitor();
    let port = push.bind("tcp://127.0.0.1:*")?.port().to_string();
    let mut workers = Vec::new();
    for _ in 0..SEVERAL {
        workers.push(theirs("worker", &[&port])?);
        wait_until_ready(&monitor)?;
    }
    for _ in 0..SEVERAL * SHARE {
        push.send("work")?;
    }
    for _ in 0..SEVERAL {
        push.send("END")?;
    }
    for worker in workers {
        worker.wait_for("\n", LONG)?;
        same("a share", succeeded(worker)?.stdout, format!("count {SHARE}\n"))?;
    }
    Ok(())
}

fn their_shares() -> Outcome {
    let mut pulls = Vec::new();
    let mut ports = Vec::new();
    for _ in 0..SEVERAL {
        let mut pull = pull()?;
        ports.push(pull.bind("tcp://127.0.0.1:*")?.port().to_string());
        pulls.push(pull);
    }
    let push = theirs("shares", &ports.iter().map(String::as_str).collect::<Vec<_>>())?;
    for pull in &mut pulls {
        let mut count = 0;
        while pull.recv()?.first() != "END" {
            count += 1;
        }
        same("a share", count, SHARE)?;
    }
    succeeded(push)?;
    Ok(())
}

/// [PULL-in-01] While each has something to send, nobody gets less than half of a fair share.
fn fairness() -> Outcome {
    let mut pull = pull()?;
    let port = pull.bind("tcp://127.0.0.1:*")?.port().to_string();
    let (names, count) = (["0", "1", "2"], BACKLOG.to_string());
    let mut pushers = Vec::new();
    for name in names {
        pushers.push(theirs("pusher", &[&port, name, &count])?);
    }
    for pusher in &pushers {
        pusher.wait_for("queued", LONG)?;
    }
    let mut counts = [0; SEVERAL];
    for _ in 0..BACKLOG {
        counts[number(&pull.recv()?)?] += 1;
    }
    let least = counts.into_iter().min().unwrap_or_default();
    same(&format!("a fair share for all in {counts:?}"), least > BACKLOG / SEVERAL / 2, true)?;
    for _ in 0..(SEVERAL - 1) * BACKLOG {
        counts[number(&pull.recv()?)?] += 1;
    }
    same("in the end", counts, [BACKLOG; SEVERAL])?;
    pushers.into_iter().try_for_each(|pusher| succeeded(pusher).map(drop))?;
    Ok(())
}

/// What is sent while nobody is there waits for who comes [PUSH-gen-04] [ZMTP-3.0-sock-03].
fn their_pull_restarts() -> Outcome {
    let sink = theirs("sink", &["0"])?;
    let endpoint = endpoint_of(&sink)?;
    let mut push = Push::new()?;
    let monitor = push.monitor();
    push.connect(&endpoint)?;
    for n in 0..SHARE {
        push.send(n.to_string())?;
    }
    sink.wait_for(&format!("<{}>\n", SHARE - 1), LONG)?;
    // Killed.
    drop(sink);
    wait_until_closed(&monitor)?;
    for n in 0..SHARE {
        push.send((SHARE + n).to_string())?;
    }
    let sink = theirs_again("sink", &endpoint)?;
    let heard = sink.wait_for(&format!("<{}>\n", 2 * SHARE - 1), LONG)?;
    let want: Vec<String> = (SHARE..2 * SHARE).map(|n| format!("<{n}>")).collect();
    same("in order", heard.lines().skip(1).eq(want.iter().map(String::as_str)), true)?;
    same("all was taken", push.close(), true)
}

/// What comes from the next one begins where that begins, and has no gap.
fn their_push_restarts() -> Outcome {
    let mut pull = pull()?;
    let port = pull.bind("tcp://127.0.0.1:*")?.port().to_string();
    let source = theirs("source", &[&port, "0"])?;
    for n in 0..SHARE {
        same("in order", number(&pull.recv()?)?, n)?;
    }
    drop(source);
    let second = 1_000_000_000;
    let _source = theirs("source", &[&port, &second.to_string()])?;
    let mut n = number(&pull.recv()?)?;
    let mut last = n;
    while n < second {
        same("in order", n >= last, true)?;
        (last, n) = (n, number(&pull.recv()?)?);
    }
    same("the first of the second", n, second)?;
    for n in 1..SHARE {
        same("in order", number(&pull.recv()?)?, second + n)?;
    }
    Ok(())
}

/// Messages may be lost with the socket that had them, but never change places.
fn our_pull_restarts() -> Outcome {
    let mut ours = pull()?;
    let port = ours.bind("tcp://127.0.0.1:*")?.port();
    let _source = theirs("source", &[&port.to_string(), "0"])?;
    let mut last = 0;
    for n in 0..SHARE {
        last = number(&ours.recv()?)?;
        same("in order", last, n)?;
    }
    drop(ours);
    let mut ours = pull()?;
    ours.bind(&format!("tcp://127.0.0.1:{port}"))?;
    let first = number(&ours.recv()?)?;
    same("later than before", first > last, true)?;
    for n in 1..SHARE {
        same("in order", number(&ours.recv()?)?, first + n)?;
    }
    Ok(())
}

/// A socket that is closed gives away all that it has: the next one goes on without a gap.
fn our_push_restarts() -> Outcome {
    let sink = theirs("sink", &["0"])?;
    let endpoint = endpoint_of(&sink)?;
    for part in 0..SEVERAL {
        let mut push = Push::new()?;
        push.connect(&endpoint)?;
        for n in 0..SHARE {
            push.send((part * SHARE + n).to_string())?;
        }
        same("all was taken", push.close(), true)?;
        let last = format!("<{}>\n", (part + 1) * SHARE - 1);
        sink.wait_for(&last, LONG)?;
    }
    let heard = sink.wait_for("listening", PATIENCE)?;
    let want: Vec<String> = (0..SEVERAL * SHARE).map(|n| format!("<{n}>")).collect();
    same("in order", heard.lines().skip(1).eq(want.iter().map(String::as_str)), true)
}

/// The request that was on its way is lost, and said to be; the next one waits for who comes.
fn their_rep_restarts() -> Outcome {
    let rep = theirs("echo", &["0"])?;
    let endpoint = endpoint_of(&rep)?;
    let mut req = Req::new()?;
    req.set_recv_timeout(Some(LONG));
    req.set_send_timeout(Some(LONG));
    req.connect(&endpoint)?;
    same("a reply", req.request("one")?.first(), &"one".into())?;
    // It is killed while we wait for its answer.
    let killer = std::thread::spawn(move || rep.wait_for("dying", LONG).map(drop));
    match req.request("die") {
        Err(Error::Lost) => {}
        other => return Err(format!("not lost, but {other:?}").into()),
    }
    killer.join().map_err(|_| "the thread that kills it panicked")??;
    let _rep = theirs_again("echo", &endpoint)?;
    same("a reply", req.request("two")?.first(), &"two".into())
}

/// [SUB-sub-01] Also after a reconnect.
fn their_pub_restarts() -> Outcome {
    let publisher = theirs("publisher", &["0"])?;
    let endpoint = endpoint_of(&publisher)?;
    let mut sub = Sub::new()?;
    sub.set_recv_timeout(Some(LONG));
    let monitor = sub.monitor();
    sub.subscribe("A");
    sub.connect(&endpoint)?;
    let check = |sub: &mut Sub| -> Outcome {
        for _ in 0..SHARE {
            same("the topic", &sub.recv()?.first()[..2], b"A ")?;
        }
        Ok(())
    };
    check(&mut sub)?;
    drop(publisher);
    // What had come is still there; then there is nothing, until it is back.
    let is_closed = |event: SocketEvent| matches!(event, SocketEvent::Closed { .. });
    let deadline = Instant::now() + LONG;
    while !monitor.try_next().is_some_and(is_closed) {
        same("closed in time", Instant::now() < deadline, true)?;
        let _ = sub.recv_within(Some(Duration::from_millis(10)));
    }
    while sub.try_recv().is_some() {}
    let _publisher = theirs_again("publisher", &endpoint)?;
    wait_until_ready(&monitor)?;
    check(&mut sub)
}

fn our_pub_restarts() -> Outcome {
    let mut endpoint = "tcp://127.0.0.1:*".to_owned();
    let mut subscriber = None;
    for round in ["first", "second"] {
        let mut publisher = Pub::new()?;
        let port = publisher.bind(&endpoint)?.port();
        endpoint = format!("tcp://127.0.0.1:{port}");
        let subscriber = match &subscriber {
            Some(subscriber) => subscriber,
            None => subscriber.insert(theirs("subscriber", &[&port.to_string()])?),
        };
        publisher.wait_for_subscriptions(1, Some(LONG))?;
        same("not wanted", publisher.send("B"), 0)?;
        same("wanted", publisher.send(format!("A {round}")), 1)?;
        subscriber.wait_for(&format!("<A {round}>\n"), LONG)?;
    }
    Ok(())
}

/// [ZMTP-3.1-ping-02] A REP of libzmq that pings us every 20 ms keeps us while we do nothing.
fn their_heartbeats() -> Outcome {
    let rep = theirs("echo", &["0", "heartbeats"])?;
    let mut req = Req::new()?;
    req.set_recv_timeout(Some(LONG));
    let monitor = req.monitor();
    req.connect(&endpoint_of(&rep)?)?;
    same("a reply", req.request("one")?.first(), &"one".into())?;
    wait_until_ready(&monitor)?;
    // Longer than its patience, in which it pings a hundred times.
    let event = monitor.next_within(Duration::from_millis(2500));
    same("what happened to the connection", event, None)?;
    same("a reply", req.request("two")?.first(), &"two".into())
}

/// A process of ours answers libzmq's PINGs, and is taken for dead when it is stopped.
fn we_freeze() -> Outcome {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(this);
    command.arg(OWN_REP);
    let ours = Process::start("our REP", command)?;
    let endpoint = endpoint_of(&ours)?;
    let req = theirs("heartbeats", &[port_of(&endpoint)])?;
    req.wait_for("kept", LONG)?;
    ours.signal(Signal::SIGSTOP)?;
    let detected = req.wait_for("detected", LONG);
    ours.signal(Signal::SIGCONT)?;
    detected?;
    is_good(req)
}

/// [ZMTP-3.1-ping-06] [ZMTP-3.1-ping-08] The same the other way round.
fn they_freeze() -> Outcome {
    let rep = theirs("echo", &["0"])?;
    let settings = Options {
        heartbeat_interval: Some(Duration::from_millis(20)),
        heartbeat_timeout: Some(Duration::from_secs(1)),
        heartbeat_ttl: Duration::from_secs(1),
        ..Options::default()
    };
    let mut req = Req::with(settings)?;
    req.set_recv_timeout(Some(LONG));
    req.set_send_timeout(Some(LONG));
    let monitor = req.monitor();
    req.connect(&endpoint_of(&rep)?)?;
    same("a reply", req.request("one")?.first(), &"one".into())?;
    wait_until_ready(&monitor)?;
    // Longer than our patience: its PONGs come.
    let event = monitor.next_within(Duration::from_millis(1500));
    same("what happened to the connection", event, None)?;
    rep.signal(Signal::SIGSTOP)?;
    let closed = wait_until_closed(&monitor);
    rep.signal(Signal::SIGCONT)?;
    let SocketEvent::Closed { error: Some(wirelab_zmtp::Error::Silent { .. }), .. } = closed?
    else {
        return Err("it was not closed for its silence".into());
    };
    wait_until_ready(&monitor)?;
    same("a reply", req.request("two")?.first(), &"two".into())
}
