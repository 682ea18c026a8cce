//! What our sockets refuse and what they let in, against libzmq and against peers of a few octets:
//! PLAIN, socket types, versions, envelopes, subscriptions, and the events that tell of it.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::zmtp_faults::{succeeded, theirs, wait_for, wait_until_ready};
use super::zmtp_patterns::{LONG, endpoint_of, is_good, script};
use std::time::{Duration, Instant};
use wirelab_zmtp::blocking::{Monitor, Pub, Pull, Push, Rep, Req, Socket, Sub};
use wirelab_zmtp::engine::SocketEvent;
use wirelab_zmtp::mechanism::Mechanism;
use wirelab_zmtp::sockets::Pattern;
use wirelab_zmtp::{Error, Message, Options, SocketType};

pub fn add(trials: &mut Trials) {
    let pyzmq = &[Need::Python, Need::Pyzmq];
    trials.add("zmtp_rules::their_subscriptions_change_meanwhile", pyzmq, their_changes);
    trials.add("zmtp_rules::our_subscriptions_change_meanwhile", pyzmq, our_changes);
    trials.add("zmtp_rules::libzmq_lets_our_user_in", pyzmq, plain_client);
    trials.add("zmtp_rules::libzmq_refuses_our_wrong_password", pyzmq, plain_client_refused);
    trials.add("zmtp_rules::we_let_libzmqs_user_in", pyzmq, plain_server);
    trials.add("zmtp_rules::we_refuse_libzmqs_wrong_password", pyzmq, plain_server_refuses);
    trials.add("zmtp_rules::null_and_plain_do_not_meet", pyzmq, mechanisms);
    trials.add("zmtp_rules::socket_types_that_do_not_fit_are_refused", pyzmq, incompatible);
    trials.add("zmtp_rules::a_dealers_envelopes_come_back", pyzmq, dealer);
    trials.add("zmtp_rules::a_router_knows_our_identity", pyzmq, router);
    trials.add("zmtp_rules::a_proxy_stands_between", pyzmq, proxy);
    trials.add("zmtp_rules::events_tell_the_story", pyzmq, events);
    let raw = &[Need::Python];
    trials.add("zmtp_rules::a_3_0_subscriber_subscribes_by_messages", raw, sub_3_0);
    trials.add("zmtp_rules::a_3_0_publisher_is_subscribed_to_by_messages", raw, pub_3_0);
    trials.add("zmtp_rules::zmtp_1_0_and_2_0_are_refused_by_name", raw, old_versions);
    trials.add("zmtp_rules::a_ping_is_answered_and_its_ttl_kept_to", raw, ping);
}

/// One of `zmtp_raw.py`.
fn raw(check: &str, port: u16) -> Result<Process, String> {
    let mut command = script("zmtp_raw.py");
    command.args([check, &port.to_string()]);
    Process::start(check, command)
}

fn patient<P: Pattern + Send + 'static>(mut socket: Socket<P>) -> Socket<P> {
    socket.set_recv_timeout(Some(LONG));
    socket.set_send_timeout(Some(LONG));
    socket
}

fn bind<P: Pattern + Send + 'static>(socket: &mut Socket<P>) -> Result<u16, String> {
    let addr = socket.bind("tcp://127.0.0.1:*").map_err(|error| error.to_string())?;
    Ok(addr.port())
}

/// Why the next handshake fails.
fn failure(monitor: &Monitor) -> Result<Option<Error>, String> {
    let event = wait_for(monitor, "failed", |event| {
        matches!(event, SocketEvent::HandshakeFailed { .. } | SocketEvent::Ready { .. })
    })?;
    match event {
        SocketEvent::HandshakeFailed { error, .. } => Ok(error),
        other => Err(format!("{other:?}")),
    }
}

/// [ZMTP-3.1-sub-05] [ZMTP-3.0-pubsub-07]
fn their_changes() -> Outcome {
    let mut publisher = Pub::new()?;
    let port = bind(&mut publisher)?.to_string();
    let mut process = theirs("changes", &[&port])?;
    let mut n = 0_u64;
    while !process.has_ended()? {
        for _ in 0..100 {
            publisher.send(format!("A {n}"));
            publisher.send(format!("B {n}"));
            n += 1;
        }
    }
    same("how it ended", succeeded(process)?.stdout, "good\n".to_owned())
}

/// What is taken back does not come any more, from the very next message on [SUB-in-01].
fn our_changes() -> Outcome {
    let process = theirs("publisher", &["0"])?;
    let mut sub = patient(Sub::new()?);
    sub.connect(&endpoint_of(&process)?)?;
    let mut last = 0;
    let mut next = |sub: &mut Sub| -> Result<u8, String> {
        let message = sub.recv().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(message.first()).into_owned();
        let n = text[2..].parse::<u64>().map_err(|_| text.clone())?;
        if n < last {
            return Err(format!("{n} came after {last}"));
        }
        last = n;
        Ok(text.as_bytes()[0])
    };
    for _ in 0..20 {
        sub.subscribe("A");
        for _ in 0..50 {
            same("only A", next(&mut sub)?, b'A')?;
        }
        sub.subscribe("B");
        while next(&mut sub)? != b'B' {}
        same("taken back", sub.unsubscribe("A"), true)?;
        for _ in 0..50 {
            same("only B", next(&mut sub)?, b'B')?;
        }
        same("taken back", sub.unsubscribe("B"), true)?;
        same("nothing", sub.try_recv(), None)?;
        same("there is none", sub.unsubscribe("B"), false)?;
    }
    Ok(())
}

fn with_password(password: &str) -> Result<Req, wirelab_zmtp::blocking::Error> {
    let mechanism = Mechanism::plain_client("sister", password)?;
    Ok(patient(Req::with(Options { mechanism, ..Options::default() })?))
}

fn plain_client() -> Outcome {
    let server = theirs("plain_server", &[])?;
    let mut req = with_password("secret")?;
    req.connect(&endpoint_of(&server)?)?;
    same("a reply", req.request("Hello")?.first(), &"Hello".into())?;
    server.wait_for("HANDSHAKE_SUCCEEDED", PATIENCE)?;
    Ok(())
}

/// [PLAIN-05] [ZMTP-3.0-error-02] It says 400, and we do not come again.
fn plain_client_refused() -> Outcome {
    let server = theirs("plain_server", &[])?;
    let mut req = with_password("wrong")?;
    let monitor = req.monitor();
    req.connect(&endpoint_of(&server)?)?;
    let refused = Error::RefusedByPeer { reason: "400".to_owned() };
    same("refused", failure(&monitor)?, Some(refused))?;
    wait_for(&monitor, "given up", |event| matches!(event, SocketEvent::GivenUp { .. }))?;
    server.wait_for("HANDSHAKE_FAILED_AUTH 400", PATIENCE)?;
    Ok(())
}

fn own_server() -> Result<Rep, wirelab_zmtp::blocking::Error> {
    let mechanism = Mechanism::plain_server("sister", "secret");
    Ok(patient(Rep::with(Options { mechanism, ..Options::default() })?))
}

fn plain_server() -> Outcome {
    let mut rep = own_server()?;
    let port = bind(&mut rep)?.to_string();
    let client = theirs("plain_client", &[&port, "sister", "secret"])?;
    same("a request", rep.recv()?.reply("World"), true)?;
    same("a reply", succeeded(client)?.stdout.contains("World"), true)
}

/// [PLAIN-04] Wrong in the name, in the password, in both.
fn plain_server_refuses() -> Outcome {
    let mut rep = own_server()?;
    let monitor = rep.monitor();
    let port = bind(&mut rep)?.to_string();
    for (user, password) in [("sister", "wrong"), ("nobody", "secret"), ("nobody", "wrong")] {
        let client = theirs("plain_client", &[&port, user, password])?;
        match failure(&monitor)? {
            Some(Error::Refused { clause: "[PLAIN-04]", .. }) => {}
            other => return Err(format!("{user}, {password}: {other:?}").into()),
        }
        let seen = succeeded(client)?.stdout;
        same("in", seen.contains("SUCCEEDED"), false)?;
    }
    same("a request", rep.try_recv().is_none(), true)
}

/// [ZMTP-3.0-mech-05]
fn mechanisms() -> Outcome {
    let server = theirs("plain_server", &[])?;
    let mut req = patient(Req::new()?);
    let monitor = req.monitor();
    req.connect(&endpoint_of(&server)?)?;
    // libzmq's greeting goes in two parts: it may close before the second, which names PLAIN.
    match failure(&monitor)? {
        Some(Error::Mechanism { ours: "NULL", .. }) | None => {}
        other => return Err(format!("{other:?}").into()),
    }
    let mut rep = own_server()?;
    let monitor = rep.monitor();
    let port = bind(&mut rep)?.to_string();
    let _client = super::zmtp_faults::theirs("incompatible", &["REQ", "connect", &port])?;
    match failure(&monitor)? {
        Some(Error::Mechanism { ours: "PLAIN", .. }) | None => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// [ZMTP-3.0-meta-07] [ZMTP-3.0-meta-08] Each of ours that libzmq's do not fit, whoever binds.
fn incompatible() -> Outcome {
    does_not_fit(Push::new()?, "PUSH")?;
    does_not_fit(Pull::new()?, "PUB")?;
    does_not_fit(Pub::new()?, "PULL")?;
    does_not_fit(Sub::new()?, "PUSH")?;
    does_not_fit(Req::new()?, "DEALER")?;
    does_not_fit(Rep::new()?, "ROUTER")?;
    let mut push = Push::new()?;
    let process = theirs("incompatible", &["REQ", "bind", "0"])?;
    let monitor = push.monitor();
    push.connect(&endpoint_of(&process)?)?;
    is_refused(&monitor)
}

fn does_not_fit<P: Pattern + Send + 'static>(mut ours: Socket<P>, kind: &str) -> Outcome {
    let monitor = ours.monitor();
    let port = bind(&mut ours)?.to_string();
    let process = theirs("incompatible", &[kind, "connect", &port])?;
    is_refused(&monitor)?;
    let seen = process.wait_for("\n", PATIENCE)?;
    same("in", seen.contains("SUCCEEDED"), false)
}

/// Who notices first ends it: we, with an ERROR, or libzmq, by closing.
fn is_refused(monitor: &Monitor) -> Outcome {
    match failure(monitor)? {
        Some(Error::Refused { clause: "[ZMTP-3.0-meta-07]", .. }) | None => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// [REP-in-02] [REP-in-03] [REP-out-02]
fn dealer() -> Outcome {
    let mut rep = patient(Rep::new()?);
    let port = bind(&mut rep)?.to_string();
    let process = theirs("dealer", &[&port])?;
    for n in 0..300 {
        let request = rep.recv()?;
        let want = Message::from(n.to_string()).and("").and("body");
        same("the body", request.message(), &want)?;
        same("sent", request.reply(Message::from(format!("re: {n}")).and("")), true)?;
    }
    let request = rep.recv()?;
    same("the next request", request.message().first(), &"last".into())?;
    same("sent", request.reply(Message::from("re: last").and("")), true)?;
    is_good(process)
}

/// [ZMTP-3.0-meta-04] [REQ-out-01] [REQ-in-01]
fn router() -> Outcome {
    let process = theirs("router", &[])?;
    let settings = Options { identity: "warung".into(), ..Options::default() };
    let mut req = patient(Req::with(settings)?);
    req.connect(&endpoint_of(&process)?)?;
    let reply = req.request(Message::from("a").and("").and("c"))?;
    same("the reply", reply, Message::from("reply").and(""))?;
    succeeded(process)?;
    Ok(())
}

/// [REP-in-02] Envelopes that a ROUTER made are brought back to it.
fn proxy() -> Outcome {
    let process = theirs("proxy", &[])?;
    let both = process.wait_for("proxying", PATIENCE)?;
    let ports: Vec<&str> = both.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let &[front, back] = &ports[..] else { return Err(format!("{both:?}").into()) };
    let endpoint = |port: &str| format!("tcp://127.0.0.1:{port}");
    let (mut rep, front) = (patient(Rep::new()?), endpoint(front));
    rep.connect(&endpoint(back))?;
    let server = std::thread::spawn(move || -> Result<(), wirelab_zmtp::blocking::Error> {
        for _ in 0..600 {
            let request = rep.recv()?;
            let reply = request.message().clone().and("seen");
            request.reply(reply);
        }
        Ok(())
    });
    let mut reqs = [patient(Req::new()?), patient(Req::new()?), patient(Req::new()?)];
    for req in &mut reqs {
        req.connect(&front)?;
    }
    for n in 0..200 {
        for (who, req) in reqs.iter_mut().enumerate() {
            let text = format!("{who} asks {n}");
            let reply = req.request(text.clone())?;
            same("the reply", reply, Message::from(text).and("seen"))?;
        }
    }
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// All that a connection goes through, in order.
fn events() -> Outcome {
    let rep = theirs("echo", &["0"])?;
    let mut req = patient(Req::new()?);
    let monitor = req.monitor();
    req.connect(&endpoint_of(&rep)?)?;
    same("a reply", req.request("one")?.first(), &"one".into())?;
    drop(rep);
    let mut story = String::new();
    while story.matches("Retrying").count() < 2 {
        let event = monitor.next_within(PATIENCE).ok_or_else(|| format!("only {story}"))?;
        story.push_str(match event {
            SocketEvent::Connected(_) => "Connected ",
            SocketEvent::Ready { socket_type: Some(SocketType::Rep), .. } => "Ready ",
            SocketEvent::Closed { error: None, .. } => "Closed ",
            SocketEvent::Retrying { wait, .. } if wait <= Duration::from_secs(2) => "Retrying ",
            other => return Err(format!("after {story}: {other:?}").into()),
        });
    }
    same("the story", &*story, "Connected Ready Closed Retrying Retrying ")
}

/// [ZMTP-3.0-pubsub-02] [ZMTP-3.0-pubsub-03] [ZMTP-3.1-sub-06]
fn sub_3_0() -> Outcome {
    let mut publisher = Pub::new()?;
    let process = raw("sub_3_0", bind(&mut publisher)?)?;
    process.wait_for("subscribed", PATIENCE)?;
    // C is the last of what it says: when that is there, all of it is.
    let deadline = Instant::now() + PATIENCE;
    while publisher.send("C") == 0 {
        same("subscribed in time", Instant::now() < deadline, true)?;
        std::thread::yield_now();
    }
    same("subscriptions", publisher.subscriptions(), 2)?;
    same("A", publisher.send("A first"), 1)?;
    same("B", publisher.send("B taken back"), 0)?;
    same("C", publisher.send(Message::from("C second").and("")), 1)?;
    is_good(process)
}

/// [ZMTP-3.1-ping-08] [ZMTP-3.1-sub-06] To a 3.0 peer nothing of 3.1 is said.
fn pub_3_0() -> Outcome {
    let heartbeat_interval = Some(Duration::from_millis(5));
    let mut sub = patient(Sub::with(Options { heartbeat_interval, ..Options::default() })?);
    let monitor = sub.monitor();
    sub.subscribe("A");
    let mut process = raw("pub_3_0", bind(&mut sub)?)?;
    wait_until_ready(&monitor)?;
    process.wait_for("subscribed", PATIENCE)?;
    // Time for many a PING.
    same("an event", monitor.next_within(Duration::from_millis(200)), None)?;
    process.type_line("go")?;
    same("the first", sub.recv()?.first(), &"A first".into())?;
    same("the next", sub.recv()?.first(), &"A last".into())?;
    same("taken back", sub.unsubscribe("A"), true)?;
    is_good(process)
}

/// [ZMTP-3.0-greeting-13] [ZMTP-3.0-greeting-14]
fn old_versions() -> Outcome {
    for (check, major) in [("zmtp_1_0", 0), ("zmtp_2_0", 1)] {
        let mut pull = patient(Pull::new()?);
        let monitor = pull.monitor();
        let process = raw(check, bind(&mut pull)?)?;
        same(check, failure(&monitor)?, Some(Error::Version { major }))?;
        is_good(process)?;
        same("a message", pull.try_recv(), None)?;
    }
    Ok(())
}

/// [ZMTP-3.1-ping-02] [ZMTP-3.1-ping-07]
fn ping() -> Outcome {
    let mut pull = patient(Pull::new()?);
    let monitor = pull.monitor();
    let process = raw("ping", bind(&mut pull)?)?;
    same("the message", pull.recv()?, Message::from("part").and("whole"))?;
    let event = wait_for(&monitor, "closed", |e| matches!(e, SocketEvent::Closed { .. }))?;
    match event {
        SocketEvent::Closed { error: Some(Error::Silent { .. }), .. } => is_good(process),
        other => Err(format!("{other:?}").into()),
    }
}
