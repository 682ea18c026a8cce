//! `wirelab test` against ours, against the references, and against what speaks something else.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use bytes::BytesMut;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};
use wirelab_mqtt::packet::Publish;
use wirelab_mqtt::{Packet, QoS};

/// All cases of a protocol take this long at most.
const LONG: Duration = Duration::from_secs(180);

pub fn add(trials: &mut Trials) {
    trials.add("check::our_broker_keeps_all", &[], our_broker);
    trials.add("check::mosquitto_keeps_all_but_three", &[Need::Mosquitto], mosquitto);
    trials.add("check::our_http_server_keeps_all", &[], our_http_server);
    trials.add("check::nginx_keeps_all_but_seven", &[Need::Nginx], nginx);
    trials.add("check::our_sockets_keep_all", &[], our_sockets);
    let pyzmq = &[Need::Python, Need::Pyzmq];
    trials.add("check::libzmqs_sockets_keep_all_but_two", pyzmq, libzmqs_sockets);
    trials.add("check::our_plain_socket_keeps_all", &[], our_plain_socket);
    trials.add("check::libzmqs_plain_socket_keeps_all_but_two", pyzmq, libzmqs_plain_socket);
    trials.add("check::what_is_broken_is_shown", &[], broken);
    trials.add("check::what_speaks_something_else_is_told", &[], something_else);
    trials.add("check::whoever_talks_for_ever_is_left", &[], talker);
    trials.add("check::a_brokers_choices_are_no_faults", &[], choices);
    trials.add("check::a_message_without_an_end_is_left", &[], endless);
    trials.add("check::cases_can_be_listed_and_chosen", &[], chosen);
}

fn check(arguments: &[&str]) -> Result<Finished, String> {
    Process::start("test", wirelab(&[&["test"], arguments].concat()))?.finish(LONG)
}

fn server(arguments: &[&str]) -> Result<(Process, String), String> {
    let process = Process::start(arguments[0], wirelab(arguments))?;
    let line = process.first_line(PATIENCE)?;
    let addr = line.trim().trim_start_matches("listening on ").to_owned();
    Ok((process, addr))
}

/// All of these cases are kept, and there are at least so many.
fn keeps_all(arguments: &[&str], least: usize) -> Outcome {
    let Finished { status, stdout, .. } = check(arguments)?;
    same("the end", status.code(), Some(0)).map_err(|_| stdout.clone())?;
    let sum = stdout.lines().last().unwrap_or_default();
    let kept = sum.split(' ').next().and_then(|kept| kept.parse::<usize>().ok());
    same("kept", kept.is_some_and(|kept| kept >= least), true).map_err(|_| sum.to_owned())?;
    same("broken", sum.contains(" 0 broken"), true)
}

fn our_broker() -> Outcome {
    let (broker, addr) = server(&["mqtt", "broker", "-p", "0"])?;
    keeps_all(&["mqtt", &addr], 125)?;
    broker.terminate(PATIENCE)?;
    Ok(())
}

/// What mosquitto does not keep is known: it looks at no flags of a client's acknowledgements and
/// PINGREQs, and passes over packets that only servers send.
fn mosquitto() -> Outcome {
    // It cannot be asked for a free port.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let mut command = Command::new("mosquitto");
    command.args(["-p", &port]);
    let broker = Process::start("mosquitto", command)?;
    let addr = format!("127.0.0.1:{port}");
    wait_for(&addr)?;
    let Finished { stdout, .. } = check(&["mqtt", &addr])?;
    let known =
        ["PINGREQ, DISCONNECT with", "PUBREL, PUBCOMP with", "packets that only servers send"];
    breaks_only(&stdout, &known)?;
    broker.terminate(PATIENCE)?;
    Ok(())
}

/// No case is broken but those with these names.
fn breaks_only(stdout: &str, known: &[&str]) -> Outcome {
    let unknown = stdout
        .lines()
        .filter(|line| line.starts_with("FAIL"))
        .any(|line| !known.iter().any(|known| line.contains(known)));
    let ended = stdout.contains(" left out");
    Ok(same("what is broken", (unknown, ended), (false, true)).map_err(|_| stdout.to_owned())?)
}

fn our_http_server() -> Outcome {
    let (sums, addr) = server(&["rest", "serve", "-p", "0"])?;
    for path in ["/add?a=5&b=9", "/items", "/"] {
        keeps_all(&["http", &addr, "--path", path], 117)?;
    }
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");
    let (files, addr) = server(&["rest", "serve", "-p", "0", "--dir", directory])?;
    keeps_all(&["http", &addr, "--path", "/nginx.conf"], 122)?;
    files.terminate(PATIENCE)?;
    let (closing, addr) = server(&["rest", "serve", "-p", "0", "--close"])?;
    keeps_all(&["http", &addr, "--path", "/add?a=5&b=9"], 60)?;
    closing.terminate(PATIENCE)?;
    sums.terminate(PATIENCE)?;
    Ok(())
}

/// What nginx does not keep is known: it passes over lines that are no fields, takes no tab for
/// whitespace around a value, has no Allow in a 405, takes `a?b` for a host and no date for one
/// long ago, and gives HEAD a part.
fn nginx() -> Outcome {
    let directory = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let of = |name: &str| directory.path().join(name).display().to_string();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", of(name)))
        .concat();
    let text = format!(
        "pid {};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}server {{ \
         listen 127.0.0.1:{port}; location / {{ root {}; }} }}\n}}\n",
        of("pid"),
        of("www")
    );
    std::fs::create_dir(of("www"))?;
    std::fs::write(of("www/index.html"), "hello")?;
    std::fs::write(of("nginx.conf"), text)?;
    // Its workers are somebody else, where we are root.
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))?;
    let mut command = Command::new("nginx");
    command.args([
        "-p",
        &of(""),
        "-c",
        &of("nginx.conf"),
        "-e",
        &of("errors"),
        "-g",
        "daemon off;",
    ]);
    let process = Process::start("nginx", command)?;
    let addr = format!("127.0.0.1:{port}");
    wait_for(&addr)?;
    let Finished { stdout, .. } = check(&["http", &addr])?;
    let known = [
        "a line without a colon among the fields",
        "whitespace around a value",
        "a 405 has Allow",
        "Hosts that are none",
        "names of fields that are none",
        "If-Unmodified-Since no date",
        "a Range is for GET alone",
    ];
    breaks_only(&stdout, &known)?;
    same("Allow at least", stdout.contains("FAIL  9110-10.2.1-01"), true).map_err(|_| stdout)?;
    process.terminate(PATIENCE)?;
    Ok(())
}

fn wait_for(addr: &str) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(addr).is_err() {
        same("it listens", Instant::now() < deadline, true)?;
        std::thread::yield_now();
    }
    Ok(())
}

/// Every type keeps what is asked of all, and what is asked of it alone.
const LEAST_OF_A_SOCKET: usize = 55;

/// All but `req`, which ends when whoever it has asked is gone.
fn our_sockets() -> Outcome {
    each(
        &[
            &["rep", "-m", "World"][..],
            &["pull"],
            &["push", "-m", "1", "-n", "1000000", "-i", "0.05"],
            &["pub", "-t", "WAKTU", "-m", "now", "--multipart", "/", "-n", "1000000", "-i", "0.05"],
            &["sub", "--topic", "WAKTU"],
        ],
        |arguments| {
            let bind = ["--bind", "tcp://127.0.0.1:*"];
            let (socket, addr) = server(&[&["zmq"], *arguments, &bind].concat())?;
            let addr = addr.trim_start_matches("tcp://");
            keeps_all(&["zmtp", addr], LEAST_OF_A_SOCKET).map_err(|failed| {
                format!("{arguments:?}: {}", failed.message().unwrap_or_default())
            })?;
            socket.terminate(PATIENCE)?;
            Ok(())
        },
    )
}

/// Does this with each of them, all at the same time: mostly they wait.
fn each<T: Sync>(all: &[T], run: fn(&T) -> Outcome) -> Outcome {
    std::thread::scope(|scope| {
        let runs: Vec<_> = all.iter().map(|one| scope.spawn(move || run(one))).collect();
        let ends = runs.into_iter().map(|run| run.join().map_err(|_| "it has panicked")?);
        ends.collect::<Vec<Outcome>>().into_iter().collect()
    })
}

/// What libzmq's publishers do not keep is known: of one peer's subscriptions that are the same
/// they count one.
const COUNTED: &[&str] = &["FAIL  ZMTP-3.0-pubsub-07 ", "FAIL  ZMTP-3.1-sub-05 "];

/// A socket of libzmq.
const LIBZMQ: &str = "import sys, time, zmq\n\
    def serve(kind):\n    \
        socket = zmq.Context.instance().socket(getattr(zmq, kind))\n    \
        if kind == 'SUB': socket.subscribe(b'WAKTU')\n    \
        print(kind, socket.bind_to_random_port('tcp://127.0.0.1'), flush=True)\n    \
        while True:\n        \
            if kind not in ('PUSH', 'PUB', 'XPUB', 'REQ'): socket.recv_multipart()\n        \
            if kind in ('PUSH', 'PUB', 'XPUB', 'REQ'): time.sleep(0.05)\n        \
            if kind in ('PUB', 'XPUB'): socket.send_multipart([b'WAKTU', b'now'])\n        \
            if kind in ('REP', 'PUSH'): socket.send(b'WAKTU')\n\
    serve(sys.argv[1])\n";

fn libzmqs_sockets() -> Outcome {
    let kinds =
        &["REP", "PULL", "PUSH", "PUB", "SUB", "ROUTER", "DEALER", "XPUB", "XSUB", "PAIR", "REQ"];
    each(kinds, |kind| {
        let mut command = Command::new("python3");
        command.args(["-c", LIBZMQ, kind]);
        let process = Process::start(kind, command)?;
        let line = process.first_line(PATIENCE)?;
        let port = line.split(' ').nth(1).unwrap_or_default();
        let Finished { stdout, .. } = check(&["zmtp", &format!("127.0.0.1:{}", port.trim())])?;
        let broken: &[&str] = if kind.ends_with("PUB") { COUNTED } else { &[] };
        let sum = format!(" kept, {} broken, ", broken.len());
        let seen = stdout.contains(&sum) && broken.iter().all(|line| stdout.contains(line));
        same(kind, seen, true).map_err(|_| format!("{kind}: {stdout}"))?;
        process.terminate(PATIENCE)?;
        Ok(())
    })
}

const CREDENTIALS: &[&str] = &["--username", "u", "--password", "p"];

/// Most cases need NULL. PLAIN has its own.
const LEAST_OF_PLAIN: usize = 19;

fn our_plain_socket() -> Outcome {
    let socket = ["zmq", "rep", "-m", "x", "--as-server", "--bind", "tcp://127.0.0.1:*"];
    let (socket, addr) = server(&[&socket, CREDENTIALS].concat())?;
    let addr = addr.trim_start_matches("tcp://");
    keeps_all(&[&["zmtp", addr], CREDENTIALS].concat(), LEAST_OF_PLAIN)?;
    socket.terminate(PATIENCE)?;
    Ok(())
}

/// What libzmq does not keep is known: its servers say as-server 0, and misspell ERROR.
fn libzmqs_plain_socket() -> Outcome {
    let program = "import zmq, zmq.auth.thread\n\
        context = zmq.Context.instance()\n\
        auth = zmq.auth.thread.ThreadAuthenticator(context)\n\
        auth.start()\n\
        auth.configure_plain(domain='*', passwords={'u': 'p'})\n\
        socket = context.socket(zmq.REP)\n\
        socket.plain_server = True\n\
        print(socket.bind_to_random_port('tcp://127.0.0.1'), flush=True)\n\
        while True: socket.send(socket.recv())\n";
    let mut command = Command::new("python3");
    command.args(["-c", program]);
    let process = Process::start("python3", command)?;
    let addr = format!("127.0.0.1:{}", process.first_line(PATIENCE)?.trim());
    let Finished { stdout, .. } = check(&[&["zmtp", &addr], CREDENTIALS].concat())?;
    breaks_only(&stdout, &["PLAIN: the server says as-server 1", "PLAIN: an ERROR is that name"])?;
    let kept = "ok    PLAIN-04             PLAIN: HELLO, WELCOME, INITIATE, READY";
    same("the handshake", stdout.contains(kept), true).map_err(|_| stdout)?;
    process.terminate(PATIENCE)?;
    Ok(())
}

/// A broker behind a tap that ends every connection after some octets of the broker's.
fn broken() -> Outcome {
    let directory = tempfile::tempdir()?;
    let junit = directory.path().join("junit.xml");
    let (broker, addr) = server(&["mqtt", "broker", "-p", "0"])?;
    let between = format!("0={addr}");
    let cut = ["tap", &between, "--summary", "--close-after", "7", "--from", "server"];
    let (tap, addr) = server(&cut)?;
    let junit_path = junit.to_string_lossy();
    let chosen = ["mqtt", &addr, "--only", "MQTT-3.8.4-5,MQTT-3.12", "--junit", &junit_path];
    let chosen = [&chosen[..], &["--only", "MQTT-3.10.4-5"]].concat();
    let Finished { status, stdout, .. } = check(&chosen)?;
    same("the end", status.code(), Some(1)).map_err(|_| stdout.clone())?;
    for says in [
        "ok    MQTT-3.12.4-1 ",
        "FAIL  MQTT-3.8.4-4 ",
        "SUBSCRIBE",
        "FAIL  MQTT-3.10.4-5 ",
        "instead of the UNSUBACK the connection was closed",
        "closes: FIN",
        "1 kept, 2 broken, 0 left out",
    ] {
        same(says, stdout.contains(says), true).map_err(|_| format!("{says} in {stdout}"))?;
    }
    let xml = std::fs::read_to_string(&junit)?;
    let says = "tests=\"3\" failures=\"2\" skipped=\"0\"";
    same(says, xml.contains(says), true).map_err(|_| xml)?;
    tap.terminate(PATIENCE)?;
    broker.terminate(PATIENCE)?;
    Ok(())
}

fn something_else() -> Outcome {
    let (echo, addr) = server(&["echo", "serve", "-p", "0", "--raw"])?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent_addr = silent.local_addr()?.to_string();
    for (addr, says) in [
        (addr.as_str(), "does not speak MQTT 3.1.1: "),
        (&silent_addr, "the CONNACK did not come in time"),
        ("127.0.0.1:1", "no connection to 127.0.0.1:1"),
        ("no.such.host.invalid:1", "leads nowhere"),
    ] {
        let Finished { status, stderr, .. } = check(&["mqtt", addr, "--patience", "0.3"])?;
        same(addr, status.code(), Some(1))?;
        same(says, stderr.contains(says), true).map_err(|_| stderr)?;
    }
    echo.terminate(PATIENCE)?;
    // Its first words are longer than a greeting.
    let (web, addr) = server(&["rest", "serve", "-p", "0"])?;
    for (protocol, says) in [("zmtp", "does not speak ZMTP 3: "), ("mqtt", "does not speak MQTT")] {
        let Finished { status, stderr, .. } = check(&[protocol, &addr])?;
        same(protocol, status.code(), Some(1))?;
        same(says, stderr.contains(says), true).map_err(|_| stderr)?;
    }
    web.terminate(PATIENCE)?;
    Ok(())
}

/// A broker that lets everybody in, and then has one message after the other for him, whatever he
/// says.
fn talker() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let message = b"\x30\x05\x00\x01tno";
                let mut said = client.write_all(b"\x20\x02\x00\x00");
                while said.is_ok() {
                    said = client.write_all(message);
                }
            });
        }
    });
    let arguments = ["mqtt", &addr, "--patience", "0.2", "--only", "MQTT-3.10.4-5"];
    let Finished { status, stdout, .. } = check(&arguments)?;
    same("the end", status.code(), Some(1)).map_err(|_| stdout.clone())?;
    let says = "the UNSUBACK did not come in time";
    Ok(same(says, stdout.contains(says), true).map_err(|_| stdout)?)
}

/// A broker that lets nobody in without a Keep Alive, and answers SUBSCRIBE only behind the
/// PUBLISH that follows it.
fn choices() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || choose(client));
        }
    });
    keeps_all(&["mqtt", &addr, "--only", "MQTT-3.1.4-4,MQTT-3.12.4-1"], 2)
}

fn choose(mut client: TcpStream) -> Option<()> {
    let (mut input, mut late) = (BytesMut::new(), Vec::new());
    loop {
        let mut answers = Vec::new();
        match Packet::decode(&mut input, 1024).ok()? {
            None => {
                let mut read = [0; 1024];
                let n = client.read(&mut read).ok().filter(|n| *n > 0)?;
                input.extend_from_slice(&read[..n]);
            }
            Some(Packet::Connect(connect)) if connect.keep_alive == 0 => return None,
            Some(Packet::Connect(_)) => answers.extend(*b"\x20\x02\x00\x00"),
            Some(Packet::PingReq(_)) => answers.extend(*b"\xd0\x00"),
            Some(Packet::Subscribe(subscribe)) => {
                late.extend(*b"\x90\x03");
                late.extend(subscribe.packet_id.get().to_be_bytes());
                late.push(0);
            }
            Some(Packet::Publish(publish)) => {
                answers.extend(*b"\x40\x02");
                answers.extend(publish.packet_id?.get().to_be_bytes());
                answers.append(&mut late);
                let message = Publish { qos: QoS::AtMostOnce, packet_id: None, ..publish };
                let mut out = BytesMut::new();
                message.encode(&mut out).ok()?;
                answers.extend(out);
            }
            Some(_) => {}
        }
        client.write_all(&answers).ok()?;
    }
}

/// A publisher of one message, whose last frame never comes.
fn endless() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        let mut hello = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL".to_vec();
        hello.resize(64, 0);
        hello.extend_from_slice(b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03PUB");
        let frames = b"\x01\x01x".repeat(1000);
        for mut subscriber in listener.incoming().flatten() {
            let hello = hello.clone();
            let frames = frames.clone();
            std::thread::spawn(move || {
                let mut said = subscriber.write_all(&hello);
                while said.is_ok() {
                    said = subscriber.write_all(&frames);
                }
            });
        }
    });
    let Finished { status, stdout, .. } = check(&["zmtp", &addr, "--only", "ZMTP-3.0-pubsub-05"])?;
    same("the end", status.code(), Some(1)).map_err(|_| stdout.clone())?;
    let says = "a message has no end within 65536 frames";
    Ok(same(says, stdout.contains(says), true).map_err(|_| stdout)?)
}

fn chosen() -> Outcome {
    let all = check(&["mqtt", "--list"])?.stdout;
    same("cases", all.lines().count() >= 70, true)?;
    let some = check(&["mqtt", "--list", "--only", "MQTT-3.3.1"])?.stdout;
    same("some", (1..20).contains(&some.lines().count()), true).map_err(|_| some)?;
    let none = check(&["mqtt", "--list", "--only", "MQTT-9"])?;
    same("none", none.status.code(), Some(2))?;
    for wrong in [["--patience", "0"], ["--patience", "nan"], ["--path", "x"]] {
        let ended = check(&[&["http", "127.0.0.1:1"][..], &wrong].concat())?;
        same(wrong[1], ended.status.code(), Some(2))?;
    }
    same("no target", check(&["mqtt"])?.status.code(), Some(2))
}
