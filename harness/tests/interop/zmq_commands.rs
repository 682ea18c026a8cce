//! The commands of `wirelab zmq` with each other, and as the other side of the lab's own programs
//! on pyzmq.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, lab, same, wirelab};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

pub fn add(trials: &mut Trials) {
    trials.add("zmq_commands::a_request_comes_back_in_its_frames", &[], echoes);
    trials.add("zmq_commands::replies_are_texts_in_turn_or_lines", &[], replies);
    trials.add("zmq_commands::lines_go_through_a_push_and_a_pull", &[], lines);
    trials.add("zmq_commands::any_mix_of_endpoints", &[], mix);
    trials.add("zmq_commands::a_topic_goes_before_the_text", &[], topics);
    trials.add("zmq_commands::json_is_an_object_a_message", &[], json);
    trials.add("zmq_commands::plain_lets_in_who_knows_the_password", &[], plain);
    trials.add("zmq_commands::what_is_wrong_is_said_with_its_exit_code", &[], wrong);
    trials.add("zmq_commands::interrupted_servers_end_well_and_clients_with_130", &[], interrupted);
    trials.add("zmq_commands::a_reader_who_has_enough_ends_a_pull", &[], enough);
    trials.add("zmq_commands::what_nobody_takes_is_no_success", &[], untaken);
    trials.add("zmq_commands::connections_are_told_with_v", &[], told);
    trials.add("zmq_commands::who_turns_us_away_is_told_with_his_reason", &[], turned_away);
    let pyzmq = &[Need::Python, Need::Pyzmq];
    trials.add("zmq_commands::the_labs_server_and_client", pyzmq, lab_reqrep);
    trials.add("zmq_commands::the_labs_producer_and_workers", pyzmq, lab_pushpull);
    trials.add("zmq_commands::the_labs_publisher_and_subscribers", pyzmq, lab_pubsub);
    trials.add("zmq_commands::frames_go_to_pyzmq_and_come_back", pyzmq, frames_with_pyzmq);
}

fn zmq(socket: &str, arguments: &[&str]) -> Result<Process, String> {
    Process::start(socket, wirelab(&[&["zmq", socket], arguments].concat()))
}

/// One that binds a free port, and where.
fn bound(socket: &str, arguments: &[&str]) -> Result<(Process, String), String> {
    let all = [&["--bind", "tcp://127.0.0.1:*"], arguments].concat();
    let process = zmq(socket, &all)?;
    let endpoint = announced(&process)?;
    Ok((process, endpoint))
}

/// The endpoint in the first line.
fn announced(process: &Process) -> Result<String, String> {
    let line = process.first_line(PATIENCE)?;
    let endpoint = line.strip_prefix("listening on ");
    endpoint.map(str::to_owned).ok_or_else(|| format!("no endpoint in the first line {line:?}"))
}

fn succeeded(process: Process) -> Result<Finished, String> {
    let finished = process.finish(PATIENCE)?;
    if finished.status.success() { Ok(finished) } else { Err(format!("{finished:?}")) }
}

/// What it said behind its first line.
fn said_then(finished: &Finished) -> String {
    finished.stdout.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

fn echoes() -> Outcome {
    let (server, endpoint) = bound("rep", &["-n", "3"])?;
    let ask = ["--connect", &endpoint, "--multipart", ",", "-m", "a,b", "-m", "", "-m", "-c"];
    let client = succeeded(zmq("req", &ask)?)?;
    same("the replies", client.stdout.as_str(), "a,b\n\n-c\n")?;
    let server = succeeded(server)?;
    same("the requests", said_then(&server).as_str(), "a\tb\n\n-c\n")
}

fn replies() -> Outcome {
    let (server, endpoint) = bound("rep", &["-n", "3", "-m", "one", "-m", "two"])?;
    let mut client = zmq("req", &["--connect", &endpoint, "-l"])?;
    for reply in ["one", "two", "one"] {
        client.type_line("again")?;
        client.wait_for(&format!("{reply}\n"), PATIENCE)?;
    }
    same("all", succeeded(client)?.stdout.as_str(), "one\ntwo\none\n")?;
    succeeded(server)?;
    let (mut server, endpoint) = bound("rep", &["-", "-n", "1"])?;
    server.type_line("from the keyboard")?;
    let client = succeeded(zmq("req", &["--connect", &endpoint, "-m", "x"])?)?;
    same("a line", client.stdout.as_str(), "from the keyboard\n")?;
    succeeded(server).map(drop)?;
    Ok(())
}

fn lines() -> Outcome {
    let (mut push, endpoint) = bound("push", &[])?;
    let pull = zmq("pull", &["--connect", &endpoint, "-n", "5002"])?;
    push.type_line("first")?;
    // A line is sent when it is there, and not at the end.
    pull.wait_for("first\n", PATIENCE)?;
    for n in 0..5000 {
        push.type_line(&n.to_string())?;
    }
    push.type_line("")?;
    succeeded(push)?;
    let numbers: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    let want = format!("first\n{}\n\n", numbers.join("\n"));
    same("all, in order", succeeded(pull)?.stdout, want)
}

/// A PULL with two bound endpoints and a connected one hears everybody.
fn mix() -> Outcome {
    let (push, third) = bound("push", &["-m", "c"])?;
    let all = ["--bind", "tcp://127.0.0.1:0", "--bind", "tcp://*:*", "--connect", &third];
    let pull = zmq("pull", &[&all[..], &["-n", "3"]].concat())?;
    let two = pull.wait_for("listening on tcp://0.0.0.0:", PATIENCE)?;
    let mut endpoints = two.lines().filter_map(|line| line.strip_prefix("listening on "));
    let (first, second) = (endpoints.next().ok_or("one")?, endpoints.next().ok_or("two")?);
    let second = second.replace("0.0.0.0", "localhost");
    succeeded(zmq("push", &["--connect", first, "-m", "a"])?)?;
    succeeded(zmq("push", &["--connect", &second, "-m", "b"])?)?;
    succeeded(push)?;
    let finished = succeeded(pull)?;
    let mut texts: Vec<&str> =
        finished.stdout.lines().filter(|line| !line.starts_with("listening")).collect();
    texts.sort_unstable();
    same("from all three", texts, vec!["a", "b", "c"])
}

fn topics() -> Outcome {
    for (options, want) in [(&[][..], "WAKTU x\n"), (&["--multipart", "|"], "WAKTU|x\n")] {
        let topics = ["--topic", "OTHER", "--topic", "WAKTU", "-m", "x"];
        let publish = [&["--peers", "1"], &topics[..], options].concat();
        let (publisher, endpoint) = bound("pub", &publish)?;
        let subscribe = ["--connect", &endpoint, "--topic", "WAK", "-n", "1"];
        let subscriber = succeeded(zmq("sub", &[&subscribe[..], options].concat())?)?;
        succeeded(publisher)?;
        same("what comes", subscriber.stdout.as_str(), want)?;
    }
    Ok(())
}

fn json() -> Outcome {
    let server = zmq("pull", &["--bind", "tcp://127.0.0.1:*", "--json", "-n", "2"])?;
    let first: serde_json::Value = serde_json::from_str(&server.first_line(PATIENCE)?)?;
    same("kind", first["kind"].as_str(), Some("listening"))?;
    let endpoint = first["endpoint"].as_str().unwrap_or_default();
    let push = ["--connect", endpoint, "--multipart", ",", "-m", "a,\u{1b}", "-m", "b"];
    succeeded(zmq("push", &push)?)?;
    let want = "{\"v\":1,\"kind\":\"message\",\"frames\":[\"a\",\"\\u001b\"]}\n\
                {\"v\":1,\"kind\":\"message\",\"frames\":[\"b\"]}\n";
    same("objects", said_then(&succeeded(server)?).as_str(), want)
}

fn plain() -> Outcome {
    let door = ["--username", "ani", "--password", "rahasia", "--as-server"];
    let (server, endpoint) = bound("rep", &door)?;
    let ask = ["--connect", &endpoint, "-m", "x", "--username", "ani", "--password"];
    succeeded(zmq("req", &[&ask[..], &["rahasia"]].concat())?)?;
    let refused = zmq("req", &[&ask[..], &["salah"]].concat())?.finish(PATIENCE)?;
    same("refused", refused.status.code(), Some(1))?;
    same("in words", refused.stderr.contains("refused by the peer"), true)?;
    // Who speaks NULL does not come in either, but may do so later: it is tried again.
    let late = zmq("req", &["--connect", &endpoint, "-m", "x", "-W", "0.3"])?.finish(PATIENCE)?;
    same("not in time", late.status.code(), Some(27))?;
    same("why", late.stderr.contains("the peer's mechanism is PLAIN"), true)?;
    server.interrupt()?;
    succeeded(server).map(drop)?;
    Ok(())
}

fn wrong() -> Outcome {
    let (server, endpoint) = bound("rep", &[])?;
    let taken = zmq("rep", &["--bind", &endpoint])?.finish(PATIENCE)?;
    same("in use", taken.status.code(), Some(1))?;
    same("what to do", taken.stderr.contains("choose another port"), true)?;
    server.interrupt()?;
    succeeded(server)?;
    for (arguments, words) in [
        (&["--bind", "ipc:///run/x"][..], "the transport ipc is not spoken here"),
        (&["--connect", "tcp://127.0.0.1"], "has no port"),
        (&["--connect", "tcp://*:5555"], "* is for bind"),
        (&["--mechanism", "plain"], "PLAIN needs a user"),
        (&["--mechanism", "null", "--username", "x"], "leave out --mechanism null"),
        (&["--multipart", ""], "the separator is empty"),
        (&["-W", "0"], "more than 0 seconds"),
    ] {
        let finished = zmq("pull", arguments)?.finish(PATIENCE)?;
        same(&format!("{arguments:?}"), finished.status.code(), Some(2))?;
        same(&format!("{words} in {}", finished.stderr), finished.stderr.contains(words), true)?;
    }
    Ok(())
}

fn interrupted() -> Outcome {
    for (socket, code) in
        [("rep", 0), ("push", 0), ("pub", 0), ("req", 130), ("pull", 130), ("sub", 130)]
    {
        let (process, _) = bound(socket, &[])?;
        process.interrupt()?;
        same(socket, process.finish(PATIENCE)?.status.code(), Some(code))?;
    }
    Ok(())
}

fn enough() -> Outcome {
    let (push, endpoint) = bound("push", &["-m", "x", "-n", "1000000"])?;
    let mut pipe = Command::new("sh");
    let line = "\"$0\" zmq pull --connect \"$1\" | head -n 2";
    pipe.args(["-c", line, env!("CARGO_BIN_EXE_wirelab"), &endpoint]);
    same("two lines", succeeded(Process::start("sh", pipe)?)?.stdout.as_str(), "x\nx\n")?;
    push.interrupt()?;
    succeeded(push).map(drop)?;
    Ok(())
}

fn untaken() -> Outcome {
    // Port 1 of the loopback: nobody listens there.
    let nobody = ["--connect", "tcp://127.0.0.1:1", "-m", "x"];
    let left = zmq("push", &[&nobody[..], &["--linger", "0.1"]].concat())?.finish(PATIENCE)?;
    same("--linger", left.status.code(), Some(1))?;
    same("in words", left.stderr.contains("did not take all messages"), true)?;
    for socket in ["push", "req"] {
        let late = zmq(socket, &[&nobody[..], &["-W", "0.2"]].concat())?.finish(PATIENCE)?;
        same(socket, late.status.code(), Some(27))?;
    }
    // A name that is not known yet is waited for as its host is.
    let unknown = ["--connect", "tcp://no.such.host.invalid:1", "-m", "x", "-W", "0.5"];
    let late = zmq("req", &unknown)?.finish(PATIENCE)?;
    same("no such host", late.status.code(), Some(27))?;
    same("in words", late.stderr.matches("cannot find the host no.such.host").count(), 1)?;
    // It waits for its peer as long as it takes, until somebody has enough of that.
    let waiting = zmq("push", &nobody)?;
    waiting.wait_for_stderr("is not there yet", PATIENCE)?;
    waiting.interrupt()?;
    same("^C", waiting.finish(PATIENCE)?.status.code(), Some(0))
}

fn told() -> Outcome {
    let (server, endpoint) = bound("rep", &["-v"])?;
    let client = succeeded(zmq("req", &["--connect", &endpoint, "-m", "x", "-v"])?)?;
    same("the client's", client.stderr.contains(": REP, ready\n"), true)?;
    server.wait_for_stderr(": REQ, ready\n", PATIENCE)?;
    server.wait_for_stderr(": closed\n", PATIENCE)?;
    Ok(())
}

/// A greeting with NULL, and what stands behind it.
fn greeting_and(rest: &[u8]) -> Vec<u8> {
    let mut octets = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL".to_vec();
    octets.resize(64, 0);
    [&octets[..], rest].concat()
}

/// [ZMTP-3.0-error-01] The reason is told wherever in the handshake the ERROR comes; who only hangs
/// up is not called absent.
fn turned_away() -> Outcome {
    const ERROR: &[u8] = b"\x04\x0a\x05ERROR\x03why";
    const READY: &[u8] = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REP";
    for (answer, code, words) in [
        (greeting_and(ERROR), 1, "refused by the peer: why [ZMTP-3.0-error-01]; does this kind of"),
        (
            greeting_and(&[READY, ERROR].concat()),
            1,
            "refused by the peer: why [ZMTP-3.0-error-01];",
        ),
        (greeting_and(b"")[..20].to_vec(), 27, "is there, but ends the connection"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let addr = listener.local_addr().map_err(|e| e.to_string())?;
        let endpoint = format!("tcp://{addr}");
        let ask = zmq("req", &["--connect", &endpoint, "-m", "x", "-W", "3"])?;
        // It comes again as long as it takes: then nobody is there any more.
        let host = thread::spawn(move || {
            let (mut peer, _) = listener.accept().ok()?;
            peer.write_all(&answer).ok()?;
            peer.read_exact(&mut [0; 64]).ok()
        });
        let finished = ask.finish(PATIENCE)?;
        host.join().map_err(|_| "the host panicked")?;
        same(words, finished.status.code(), Some(code))?;
        same(&format!("{words} in {}", finished.stderr), finished.stderr.contains(words), true)?;
    }
    Ok(())
}

fn python(program: &str, arguments: &[&str]) -> Result<Process, String> {
    let mut command = Command::new("python3");
    command.arg("-u").arg(lab(&format!("zmq/{program}"))).args(arguments);
    Process::start(program, command)
}

/// One that binds a free port, and its port.
fn python_bound(program: &str, arguments: &[&str]) -> Result<(Process, String), String> {
    let process = python(program, &[&["127.0.0.1", "*"], arguments].concat())?;
    let endpoint = announced(&process)?;
    Ok((process, port(&endpoint)))
}

fn port(endpoint: &str) -> String {
    endpoint.rsplit(':').next().unwrap_or_default().to_owned()
}

fn lab_reqrep() -> Outcome {
    let screen = [0, 1, 2]
        .map(|n| format!("Sending request {n} ...\nReceived reply {n}: b'World'\n"))
        .concat();
    let (server, endpoint) = bound("rep", &["--lab"])?;
    let client = succeeded(python("clientzmq.py", &["127.0.0.1", &port(&endpoint), "3"])?)?;
    same("the lab's client", client.stdout, screen.clone())?;
    server.interrupt()?;
    let requests = "Received request: b'Hello'\n".repeat(3);
    same("our server", said_then(&succeeded(server)?), requests.clone())?;
    let (server, port) = python_bound("serverzmq.py", &[])?;
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let client = succeeded(zmq("req", &["--lab", "--connect", &endpoint, "-n", "3"])?)?;
    same("our client", client.stdout, screen)?;
    server.interrupt()?;
    same("the lab's server", said_then(&server.finish(PATIENCE)?), requests)
}

fn lab_pushpull() -> Outcome {
    let produced = |text: &str, label: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(label)).map(str::to_owned).collect()
    };
    let (push, endpoint) = bound("push", &["--lab", "-n", "4", "-i", "0.01", "--peers", "2"])?;
    let port = port(&endpoint);
    let worker = |n| python("pullzmq.py", &["127.0.0.1", &port, "2", "0", n]);
    let workers = [worker("1")?, worker("2")?];
    let sent = produced(&succeeded(push)?.stdout, "Produced workload: ");
    let mut got = Vec::new();
    for (worker, n) in workers.into_iter().zip(1..) {
        let label = format!("Worker {n} received work: ");
        let its = produced(&succeeded(worker)?.stdout, &label);
        same("an even share", its.len(), 2)?;
        got.extend(its);
    }
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    same("the lab's workers", sorted(got), sorted(sent))?;
    let (push, port) = python_bound("pushzmq.py", &["5", "0.01"])?;
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let pull = ["--lab", "--connect", &endpoint, "-n", "5", "-i", "0", "--worker", "7"];
    let pull = succeeded(zmq("pull", &pull)?)?;
    let sent = produced(&push.finish(PATIENCE)?.stdout, "Produced workload: ");
    same("our worker", produced(&pull.stdout, "Worker 7 received work: "), sent)
}

fn lab_pubsub() -> Outcome {
    let publish = ["--lab", "-n", "3", "-i", "0.05", "--peers", "2", "--stay"];
    let (publisher, endpoint) = bound("pub", &publish)?;
    let port = port(&endpoint);
    let subscriber = python("subzmq.py", &["127.0.0.1", &port, "3"])?;
    let once = python("sub_once.py", &["127.0.0.1", &port])?;
    let got = succeeded(subscriber)?.stdout.replace("Received: ", "Published: ");
    same("once", succeeded(once)?.stdout.starts_with("ZMQ SUB ONCE received: WAKTU "), true)?;
    publisher.interrupt()?;
    same("the lab's subscriber", got, said_then(&succeeded(publisher)?))?;
    let (publisher, port) = python_bound("pubzmq.py", &["3", "0.05"])?;
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let once = zmq("sub", &["--lab", "--once", "--connect", &endpoint])?;
    let subscriber = succeeded(zmq("sub", &["--lab", "-n", "3", "--connect", &endpoint])?)?;
    let once = succeeded(once)?.stdout;
    same("ours, once", once.starts_with("ZMQ SUB ONCE received: WAKTU "), true)?;
    let got = subscriber.stdout.replace("Received: ", "Published: ");
    same("our subscriber", got, said_then(&publisher.finish(PATIENCE)?))
}

/// pyzmq returns each request with its frames in the reverse order.
const REVERSE: &str = "
import zmq
s = zmq.Context().socket(zmq.REP)
s.bind('tcp://127.0.0.1:*')
print('listening on', s.getsockopt_string(zmq.LAST_ENDPOINT).rstrip('\\0'), flush=True)
for _ in range(3):
    s.send_multipart(s.recv_multipart()[::-1])
";

fn frames_with_pyzmq() -> Outcome {
    let mut command = Command::new("python3");
    command.args(["-c", REVERSE]);
    let server = Process::start("pyzmq", command)?;
    let endpoint = announced(&server)?;
    let ask = ["--connect", &endpoint, "--multipart", ",", "-m", "a,b,c", "-m", ",x", "-m", "1"];
    let client = succeeded(zmq("req", &ask)?)?;
    same("reversed", client.stdout.as_str(), "c,b,a\nx,\n1\n")?;
    succeeded(server).map(drop)?;
    Ok(())
}
