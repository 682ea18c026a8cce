//! The sockets as programs call them: on real connections, with deadlines, from other threads.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use wirelab_zmtp::blocking::{Error, Interest, Monitor, Poller, Pub, Pull, Push, Rep, Req, Sub};
use wirelab_zmtp::engine::SocketEvent;
use wirelab_zmtp::mechanism::Mechanism;
use wirelab_zmtp::{Message, Options, SocketType};

const LOCAL: &str = "tcp://127.0.0.1:*";
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(50);

fn pushing_to(pull: &mut Pull) -> Push {
    let addr = pull.bind(LOCAL).unwrap();
    let mut push = Push::new().unwrap();
    push.connect(&format!("tcp://{addr}")).unwrap();
    push
}

fn wait_for(monitor: &Monitor, wanted: impl Fn(&SocketEvent) -> bool) -> SocketEvent {
    loop {
        let event = monitor.next_within(PATIENCE).expect("it has not happened");
        if wanted(&event) {
            return event;
        }
    }
}

/// [ZMTP-3.0-sock-04] [ZMTP-3.0-sock-05] [ZMTP-3.0-sock-07]
#[test]
fn a_hundred_thousand_messages_come_in_order_and_whole() {
    let mut pull = Pull::new().unwrap();
    let mut push = pushing_to(&mut pull);
    let message = |n: usize| {
        let mut message = Message::from(n.to_string());
        for frame in 0..n % 4 {
            message.push(vec![n as u8; [0, 1, 300, 5_000][(n + frame) % 4]]);
        }
        if n.is_multiple_of(20_000) {
            message.push(vec![7; 1 << 20]);
        }
        message
    };
    let sender = thread::spawn(move || {
        for n in 0..100_000 {
            push.send(message(n)).unwrap();
        }
        assert!(push.close(), "all of it was taken");
    });
    pull.set_recv_timeout(Some(PATIENCE));
    for n in 0..100_000 {
        assert_eq!(pull.recv().unwrap(), message(n), "{n}");
    }
    sender.join().unwrap();
    assert_eq!(pull.try_recv(), None);
}

/// Replies may share a write, but do not wait for the program that has replied.
#[test]
fn replies_leave_though_the_program_is_elsewhere() {
    let mut rep = Rep::new().unwrap();
    let addr = rep.bind(LOCAL).unwrap();
    let ask = move |n: usize| {
        let mut req = Req::new().unwrap();
        req.connect(&format!("tcp://{addr}")).unwrap();
        req.set_recv_timeout(Some(PATIENCE));
        req.request(n.to_string())
    };
    let asking: Vec<_> = (0..40).map(|n| thread::spawn(move || ask(n))).collect();
    for _ in 0..asking.len() {
        let request = rep.recv().unwrap();
        let reply = request.message().clone();
        assert!(request.reply(reply));
    }
    // It does not call its socket again.
    for (n, asking) in asking.into_iter().enumerate() {
        assert_eq!(asking.join().unwrap().unwrap(), n.to_string().into(), "{n}");
    }
}

/// [PUSH-out-03] What cannot be sent in time is not sent, and may be sent later.
#[test]
fn sending_waits_no_longer_than_it_may() {
    let options = Options { send_high_water_mark: 2, ..Options::default() };
    let mut push = Push::with(options).unwrap();
    push.set_send_timeout(Some(SOON));
    let begin = Instant::now();
    assert!(matches!(push.send("nobody"), Err(Error::TimedOut)));
    assert!(begin.elapsed() >= SOON);
    assert!(!push.try_send(&"nobody".into()));
    let mut pull = Pull::new().unwrap();
    let addr = pull.bind(LOCAL).unwrap();
    push.connect(&format!("tcp://{addr}")).unwrap();
    push.set_send_timeout(Some(PATIENCE));
    for text in ["1", "2", "3"] {
        push.send(text).unwrap();
    }
    for text in ["1", "2", "3"] {
        assert_eq!(pull.recv().unwrap(), text.into());
    }
}

#[test]
fn receiving_waits_no_longer_than_it_may() {
    let mut pull = Pull::new().unwrap();
    pull.bind(LOCAL).unwrap();
    pull.set_recv_timeout(Some(SOON));
    let begin = Instant::now();
    assert!(matches!(pull.recv(), Err(Error::TimedOut)));
    assert!(begin.elapsed() >= SOON);
    assert_eq!(pull.try_recv(), None);
    let mut req = Req::new().unwrap();
    req.set_send_timeout(Some(SOON));
    assert!(matches!(req.request("nobody"), Err(Error::TimedOut)));
    let mut rep = Rep::new().unwrap();
    rep.set_recv_timeout(Some(SOON));
    assert!(matches!(rep.recv(), Err(Error::TimedOut)));
    assert!(rep.try_recv().is_none());
}

#[test]
fn a_wait_can_be_interrupted() {
    let mut pull = Pull::new().unwrap();
    pull.bind(LOCAL).unwrap();
    let interrupter = pull.interrupter();
    let (begun, wait) = mpsc::channel();
    let waiting = thread::spawn(move || {
        begun.send(()).unwrap();
        assert!(matches!(pull.recv(), Err(Error::Interrupted)));
        pull
    });
    wait.recv().unwrap();
    interrupter.interrupt();
    let mut pull = waiting.join().unwrap();
    // One that comes before the wait ends the wait, and only that one; a call that does not wait
    // leaves it for the next that does.
    interrupter.interrupt();
    assert_eq!(pull.try_recv(), None);
    assert!(matches!(pull.recv(), Err(Error::Interrupted)));
    interrupter.interrupt();
    let waiting = &mut [(&mut pull as _, Interest::Readable)];
    let ready = Poller::new().wait(waiting, Some(PATIENCE));
    assert!(matches!(ready, Err(Error::Interrupted)));
    let ready = Poller::new().wait(waiting, Some(SOON)).unwrap();
    assert!(ready.is_empty());
}

/// What is sent goes out also when its sender does not call again.
#[test]
fn what_was_sent_leaves_without_another_call() {
    let mut pull = Pull::new().unwrap();
    let mut push = pushing_to(&mut pull);
    let count = 1_000;
    for n in 0..count {
        push.send(n.to_string()).unwrap();
    }
    // The sender is still there, and does nothing.
    pull.set_recv_timeout(Some(PATIENCE));
    for n in 0..count {
        assert_eq!(pull.recv().unwrap(), n.to_string().into());
    }
    // Idle for longer than its keeper waits before it leads.
    for n in 0..20 {
        thread::sleep(Duration::from_millis(n));
        push.send("x").unwrap();
        assert_eq!(pull.recv().unwrap(), "x".into());
    }
}

/// A caller that is away does not keep the socket from its peers: who came is let in, a PING is
/// answered, a lost connection is made again.
#[test]
fn a_socket_lives_while_its_caller_is_away() {
    let mut pull = Pull::new().unwrap();
    let heartbeat = Some(Duration::from_millis(20));
    let options = Options {
        heartbeat_interval: heartbeat,
        heartbeat_timeout: Some(PATIENCE),
        ..Options::default()
    };
    let addr = pull.bind(LOCAL).unwrap();
    let mut push = Push::with(options).unwrap();
    let monitor = push.monitor();
    push.connect(&format!("tcp://{addr}")).unwrap();
    let is_ready = |event: &SocketEvent| matches!(event, SocketEvent::Ready { .. });
    let ready = wait_for(&monitor, is_ready);
    let SocketEvent::Ready { peer, socket_type } = ready else { unreachable!() };
    assert_eq!((peer, socket_type), (addr, Some(SocketType::Pull)));
    drop(pull);
    wait_for(&monitor, |event| matches!(event, SocketEvent::Closed { .. }));
    wait_for(&monitor, |event| matches!(event, SocketEvent::Retrying { .. }));
    let mut pull = Pull::new().unwrap();
    pull.bind(&format!("tcp://{addr}")).unwrap();
    wait_for(&monitor, is_ready);
    push.send("again").unwrap();
    assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), "again".into());
}

/// [PUSH-out-02] Even shares.
#[test]
fn three_workers_share_the_work() {
    let mut push = Push::new().unwrap();
    let addr = push.bind(LOCAL).unwrap();
    let monitor = push.monitor();
    let mut workers: Vec<_> = (0..3).map(|_| Pull::new().unwrap()).collect();
    for worker in &mut workers {
        worker.connect(&format!("tcp://{addr}")).unwrap();
        wait_for(&monitor, |event| matches!(event, SocketEvent::Ready { .. }));
    }
    for n in 0..300 {
        push.send(n.to_string()).unwrap();
    }
    let mut seen = BTreeSet::new();
    for worker in &mut workers {
        for _ in 0..100 {
            seen.insert(worker.recv_within(Some(PATIENCE)).unwrap().first().clone());
        }
        assert_eq!(worker.try_recv(), None, "even shares");
    }
    assert_eq!(seen.len(), 300);
}

/// [REQ-gen-02] [REP-out-03] Several clients, each its own replies.
#[test]
fn each_gets_its_own_reply() {
    let mut rep = Rep::new().unwrap();
    let addr = rep.bind(LOCAL).unwrap();
    let clients: Vec<_> = (0..4)
        .map(|client| {
            thread::spawn(move || {
                let mut req = Req::new().unwrap();
                req.set_recv_timeout(Some(PATIENCE));
                req.connect(&format!("tcp://{addr}")).unwrap();
                for n in 0..500 {
                    let reply = req.request(Message::from(format!("{client}")).and(format!("{n}")));
                    assert_eq!(reply.unwrap(), format!("{client} {n}").into());
                }
            })
        })
        .collect();
    rep.set_recv_timeout(Some(PATIENCE));
    for _ in 0..4 * 500 {
        let request = rep.recv().unwrap();
        let frames: Vec<_> = request.message().frames().cloned().collect();
        let text: Vec<_> = frames.iter().map(|frame| String::from_utf8_lossy(frame)).collect();
        let reply = text.join(" ");
        assert!(request.reply(reply));
    }
    for client in clients {
        client.join().unwrap();
    }
}

#[test]
fn a_request_that_nobody_answers() {
    let mut rep = Rep::new().unwrap();
    let addr = rep.bind(LOCAL).unwrap();
    let mut req = Req::new().unwrap();
    req.connect(&format!("tcp://{addr}")).unwrap();
    req.set_recv_timeout(Some(SOON));
    assert!(matches!(req.request("1"), Err(Error::TimedOut)));
    let request = rep.recv().unwrap();
    assert_eq!(request.message(), &"1".into());
    // Its sender has given up, and this is not taken for the next one's reply.
    request.reply("late");
    let server = thread::spawn(move || {
        rep.set_recv_timeout(Some(PATIENCE));
        let request = rep.recv().unwrap();
        let text = request.message().clone();
        request.reply(text);
        rep
    });
    req.set_recv_timeout(Some(PATIENCE));
    assert_eq!(req.request("2").unwrap(), "2".into());
    let mut rep = server.join().unwrap();
    // A server that goes is noticed.
    let server = thread::spawn(move || drop(rep.recv().unwrap()));
    let lost = req.request("3");
    server.join().unwrap();
    assert!(matches!(lost, Err(Error::Lost)), "{lost:?}");
}

/// [PUB-out-05] [PUB-out-06] A subscriber that does not read costs the publisher nothing.
#[test]
fn a_publisher_never_waits() {
    let options = Options { send_high_water_mark: 10, ..Options::default() };
    let mut publisher = Pub::with(options).unwrap();
    publisher.set_linger(Duration::ZERO);
    let addr = publisher.bind(LOCAL).unwrap();
    assert_eq!(publisher.send("nobody"), 0);
    let few = Options { receive_high_water_mark: 1, ..Options::default() };
    let mut lazy = Sub::with(few).unwrap();
    lazy.subscribe("");
    lazy.connect(&format!("tcp://{addr}")).unwrap();
    publisher.wait_for_subscriptions(1, Some(PATIENCE)).unwrap();
    let body = vec![1; 100_000];
    let mut sent = 0;
    while publisher.dropped() == 0 {
        publisher.send(body.clone());
        sent += 1;
        assert!(sent < 100_000, "nothing is dropped");
    }
    assert_eq!(lazy.recv().unwrap().first().len(), 100_000);
}

#[test]
fn subscriptions_come_and_go_while_messages_flow() {
    let mut publisher = Pub::new().unwrap();
    let addr = publisher.bind(LOCAL).unwrap();
    let mut subscriber = Sub::new().unwrap();
    subscriber.connect(&format!("tcp://{addr}")).unwrap();
    subscriber.subscribe("a");
    publisher.wait_for_subscriptions(1, Some(PATIENCE)).unwrap();
    let (done, is_done) = mpsc::channel::<()>();
    let sender = thread::spawn(move || {
        while is_done.try_recv() == Err(mpsc::TryRecvError::Empty) {
            for topic in ["a", "b", "c"] {
                publisher.send(topic);
            }
        }
    });
    let mut wanted = "a";
    for next in ["b", "c", "a", "b"] {
        assert_eq!(subscriber.recv_within(Some(PATIENCE)).unwrap(), wanted.into());
        subscriber.subscribe(next);
        assert!(subscriber.unsubscribe(wanted));
        assert!(!subscriber.unsubscribe(wanted));
        wanted = next;
        // From now on, nothing else comes.
        for _ in 0..100 {
            assert_eq!(subscriber.recv_within(Some(PATIENCE)).unwrap(), wanted.into());
        }
    }
    done.send(()).unwrap();
    sender.join().unwrap();
}

/// [PLAIN-02] [PLAIN-04]
#[test]
fn plain_lets_in_who_knows_the_password() {
    let plain = |mechanism| Options { mechanism, ..Options::default() };
    let mut pull = Pull::with(plain(Mechanism::plain_server("admin", "secret"))).unwrap();
    let addr = pull.bind(LOCAL).unwrap();
    for (password, comes_in) in [("secret", true), ("wrong", false)] {
        let client = Mechanism::plain_client("admin", password).unwrap();
        let mut push = Push::with(plain(client)).unwrap();
        push.set_linger(Duration::ZERO);
        let monitor = push.monitor();
        push.connect(&format!("tcp://{addr}")).unwrap();
        push.send(password).unwrap();
        if comes_in {
            assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), password.into());
        } else {
            wait_for(&monitor, |event| matches!(event, SocketEvent::GivenUp { .. }));
            assert!(!push.try_send(&"x".into()), "there is no peer any more");
        }
    }
    assert!(Mechanism::plain_client("x".repeat(256), "").is_err());
}

/// At the end, what was sent has time to leave; and no more than it may have.
#[test]
fn a_socket_lingers() {
    let mut pull = Pull::new().unwrap();
    let addr = pull.bind(LOCAL).unwrap();
    let mut push = Push::new().unwrap();
    push.connect(&format!("tcp://{addr}")).unwrap();
    for n in 0..500 {
        push.send(n.to_string()).unwrap();
    }
    assert!(push.close());
    for n in 0..500 {
        assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), n.to_string().into());
    }
    drop(pull);
    let mut push = Push::new().unwrap();
    push.connect(&format!("tcp://{addr}")).unwrap();
    push.send("to nobody").unwrap();
    push.set_linger(SOON);
    assert!(!push.close(), "nobody has taken it");
}

#[test]
fn endpoints_come_and_go() {
    let mut pull = Pull::new().unwrap();
    let addr = pull.bind(LOCAL).unwrap();
    let other = pull.bind("tcp://localhost:*").unwrap();
    assert!(matches!(pull.bind(&format!("tcp://{addr}")), Err(Error::Io { .. })), "in use");
    assert!(matches!(pull.bind("ipc://x"), Err(Error::Endpoint(_))));
    assert!(matches!(pull.bind("tcp://no.such.host.invalid:1"), Err(Error::Io { .. })));
    let mut push = Push::new().unwrap();
    assert!(matches!(push.connect("tcp://*:5555"), Err(Error::Misuse(_))));
    assert!(matches!(push.connect(LOCAL), Err(Error::Misuse(_))));
    push.connect(&format!("tcp://{other}")).unwrap();
    push.send("1").unwrap();
    assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), "1".into());
    assert!(pull.unbind("tcp://localhost:*").unwrap());
    assert!(!pull.unbind("tcp://localhost:*").unwrap());
    push.send("2").unwrap();
    assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), "2".into(), "who came stays");
    assert!(push.disconnect(&format!("tcp://{other}")).unwrap());
    assert!(!push.disconnect(&format!("tcp://{other}")).unwrap());
    assert!(!push.try_send(&"3".into()));
    // Who is not known yet may be later; messages wait for him.
    push.connect("tcp://no.such.host.invalid:1").unwrap();
    assert!(push.try_send(&"4".into()));
    assert!(push.disconnect("tcp://no.such.host.invalid:1").unwrap());
    push.connect(&format!("tcp://localhost:{}", addr.port())).unwrap();
    push.send("5").unwrap();
    assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), "5".into());
    let mut push = Push::new().unwrap();
    push.connect(&format!("tcp://{addr}")).unwrap();
    push.send("4").unwrap();
    assert_eq!(pull.recv_within(Some(PATIENCE)).unwrap(), "4".into());
}

#[test]
fn a_poller_waits_for_the_first_of_many() {
    let mut pulls: Vec<_> = (0..5).map(|_| Pull::new().unwrap()).collect();
    let mut pushes: Vec<_> = pulls.iter_mut().map(pushing_to).collect();
    let poller = Poller::new();
    for round in 0..200 {
        let chosen = round * 7 % 5;
        pushes[chosen].send(round.to_string()).unwrap();
        let mut waiting: Vec<_> =
            pulls.iter_mut().map(|pull| (pull as _, Interest::Readable)).collect();
        assert_eq!(poller.wait(&mut waiting, Some(PATIENCE)).unwrap(), [chosen]);
        assert_eq!(pulls[chosen].recv().unwrap(), round.to_string().into());
    }
    let mut push = Push::new().unwrap();
    let waiting = &mut [(&mut push as _, Interest::Writable)];
    assert!(poller.wait(waiting, Some(SOON)).unwrap().is_empty(), "there is no peer");
    assert!(poller.wait(&mut [], Some(PATIENCE)).unwrap().is_empty());
}
