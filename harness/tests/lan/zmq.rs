//! `wirelab tour reqrep`, `pushpull` and `pubsub` from end to end: what their analyses must show,
//! wherever they are played, and with the lab's own programs in their roles.

use libtest_mimic::{Failed, Trial};

use crate::lab::{Machine, Room, assert_has, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    let raw = machine.raw_sockets.clone();
    let lan_and_pyzmq = lan.clone().or(machine.pyzmq.clone());
    vec![
        trial("tour reqrep netns: rows Q1 to Q6", lan.clone(), || reqrep("netns")),
        trial("tour pushpull netns: rows P1 to P4", lan.clone(), one_worker),
        trial("tour pushpull netns: row P5, three workers", lan.clone(), || workers("netns")),
        trial("tour pubsub netns: rows S1 to S4", lan.clone(), one_topic),
        trial("tour pubsub netns: row S5, another topic", lan.clone(), || topics("netns")),
        trial("tour zmq lo: the same but ARP", raw, || elsewhere("lo")),
        trial("tour zmq tap: the same but ARP", None, || elsewhere("tap")),
        trial("tour zmq netns: the lab's own clients", lan_and_pyzmq.clone(), pyzmq_clients),
        trial("tour zmq netns: the lab's own servers", lan_and_pyzmq, pyzmq_servers),
        trial("tour zmq netns: no messages are a play, too", lan, nothing),
        trial("tour pushpull: no worker is too few", None, no_worker),
    ]
}

/// Plays it and returns what was said.
fn play(room: &Room, exercise: &str, options: &[&str]) -> Result<String, Failed> {
    room.play(&[], exercise, options)
}

fn reqrep(net: &str) -> Result<(), Failed> {
    let said = play(&Room::new(), "reqrep", &["--net", net])?;
    assert_has(
        &said,
        &[
            // What the roles say.
            "Sending request 4 ...",
            "Received request: b'Hello'",
            "Received reply 4: b'World'",
            // Q1
            "REQ connected to REP; REP (zmq-rep) had bound",
            // Q2
            "ZMTP greeting of both: signature, version 3.1, mechanism NULL, as-server 0",
            "the first message is in #",
            // Q3
            "READY Socket-Type=REQ, Identity=\"\" from zmq-req",
            "READY Socket-Type=REP from zmq-rep",
            "READY tells the roles, never the port",
            // Q4
            "request 5: empty delimiter MORE | \"Hello\"",
            "reply 5: empty delimiter MORE | \"World\"",
            // Q5
            "5 requests, 5 replies",
            "lock-step: never two requests in flight (checked)",
            // Q6
            "zmq-req closed first)",
        ],
    );
    if net == "netns" {
        assert_has(&said, &["== ARP  zmq-req asks who has 172.18.0.2; zmq-rep answers"]);
    }
    Ok(())
}

fn one_worker() -> Result<(), Failed> {
    let said = play(&Room::new(), "pushpull", &["--net", "netns"])?;
    assert_has(
        &said,
        &[
            "Produced workload: ",
            "Worker 1 received work: ",
            // P1; whether the kernel checks a neighbour again so soon is its own affair.
            "== ARP  zmq-pull asks who has 172.18.0.2; zmq-push answers 02:42:ac:12:00:02",
            // P2
            "PULL connected to PUSH: who connects ≠ who sends; PUSH (zmq-push) had bound",
            // P3
            "READY Socket-Type=PUSH from zmq-push",
            "READY Socket-Type=PULL from zmq-pull",
            "one way after the handshake: PUSH→PULL 5 messages, PULL→PUSH 0",
            "80 04 4b ",
            "(Python pickle, int ",
            // P4: a tour has an end.
            "(3 segments; zmq-pull closed first)",
        ],
    );
    Ok(())
}

/// P5
fn workers(net: &str) -> Result<(), Failed> {
    let options = ["--net", net, "--workers", "3", "-n", "7"];
    let said = play(&Room::new(), "pushpull", &options)?;
    assert_has(
        &said,
        &[
            // Narrow columns are folded.
            "Worker 1 received",
            "Worker 2 received",
            "Worker 3 received",
            "handed out 7 messages to 3 PULLs: ",
            "(even shares), strictly in turn",
        ],
    );
    Ok(())
}

fn one_topic() -> Result<(), Failed> {
    let said = play(&Room::new(), "pubsub", &["--net", "netns"])?;
    assert_has(
        &said,
        &[
            "Published: WAKTU ",
            "Received: WAKTU ",
            // S1
            "== ARP  zmq-sub asks who has 172.18.0.2; zmq-pub answers",
            "SUB connected to PUB: who connects ≠ who sends",
            // S2
            "messages for \"WAKTU\": 5 messages, mean interval 0.1",
            // S3
            "message 1 for \"WAKTU\": \"WAKTU ",
            // S4
            "SUB subscribes to \"WAKTU\" (the command SUBSCRIBE, the form of ZMTP 3.1)",
            "then one way: PUB→SUB 5 messages, SUB→PUB 0",
        ],
    );
    assert!(!said.contains("filtering at the publisher"), "nobody published anything else: {said}");
    Ok(())
}

/// S5
fn topics(net: &str) -> Result<(), Failed> {
    let said = play(&Room::new(), "pubsub", &["--net", net, "--also-publish", "OTHER"])?;
    assert_has(
        &said,
        &[
            "Published: OTHER ",
            "PUB→SUB 5 messages, SUB→PUB 0",
            "note: filtering at the publisher: \"OTHER\" was published, too, and is in none of the",
        ],
    );
    assert!(!said.contains("Received: OTHER"), "{said}");
    Ok(())
}

fn elsewhere(net: &str) -> Result<(), Failed> {
    reqrep(net)?;
    workers(net)?;
    topics(net)
}

/// `--foreign=ROLE=` one of the lab's own programs, told where the others are.
fn foreign(room: &Room, role: &str, program: &str, more: &str) -> Result<String, Failed> {
    let path = room.lab_program(&format!("zmq/{program}"))?;
    let line = format!("exec python3 -u '{path}' $WIRELAB_HOST $WIRELAB_PORT {more}");
    Ok(format!("--foreign={role}={line}"))
}

fn pyzmq_clients() -> Result<(), Failed> {
    let room = Room::new();
    let net = ["--net", "netns", "-n", "3"];
    let client = foreign(&room, "req", "clientzmq.py", "3")?;
    let said = play(&room, "reqrep", &[&net[..], &[&client]].concat())?;
    assert_has(&said, &["Received reply 2: b'World'", "3 requests, 3 replies", "lock-step"]);
    let worker = foreign(&room, "pull", "pullzmq.py", "-1 0 1")?;
    let said = play(&room, "pushpull", &[&net[..], &[&worker]].concat())?;
    assert_has(&said, &["Worker 1 received work: ", "PUSH→PULL 3 messages, PULL→PUSH 0"]);
    let subscriber = foreign(&room, "sub", "subzmq.py", "3")?;
    let said = play(&room, "pubsub", &[&net[..], &[&subscriber]].concat())?;
    assert_has(&said, &["Received: WAKTU ", "SUB subscribes to \"WAKTU\" (the command SUBSCRIBE"]);
    assert_has(&said, &["PUB→SUB 3 messages, SUB→PUB 0"]);
    Ok(())
}

fn pyzmq_servers() -> Result<(), Failed> {
    let room = Room::new();
    let net = ["--net", "netns", "-n", "3"];
    let server = foreign(&room, "rep", "serverzmq.py", "")?;
    let said = play(&room, "reqrep", &[&net[..], &[&server]].concat())?;
    assert_has(&said, &["Received request: b'Hello'", "3 requests, 3 replies", "lock-step"]);
    let producer = foreign(&room, "push", "pushzmq.py", "3 0.1")?;
    let said = play(&room, "pushpull", &[&net[..], &[&producer]].concat())?;
    assert_has(&said, &["Produced workload: ", "PUSH→PULL 3 messages, PULL→PUSH 0"]);
    let publisher = foreign(&room, "pub", "pubzmq.py", "3 0.1")?;
    let said = play(&room, "pubsub", &[&net[..], &[&publisher]].concat())?;
    assert_has(&said, &["Published: WAKTU ", "PUB→SUB 3 messages, SUB→PUB 0"]);
    Ok(())
}

fn nothing() -> Result<(), Failed> {
    for (exercise, pattern) in [("reqrep", ""), ("pushpull", "PUSH/PULL"), ("pubsub", "PUB/SUB")] {
        let said = play(&Room::new(), exercise, &["--net", "netns", "-n", "0"])?;
        assert_has(&said, &[pattern]);
    }
    Ok(())
}

fn no_worker() -> Result<(), Failed> {
    let output = Room::new().wirelab(&[]).args(["tour", "pushpull", "--workers", "0"]).output()?;
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    Ok(())
}
