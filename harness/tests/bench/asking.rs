//! The generators that ask, against servers whose faults are known: each is counted as what it is.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["--json", "bench"]).args(arguments);
    command.output().expect("the binary starts")
}

/// Runs, and returns the figures.
fn run(arguments: &[&str]) -> Value {
    let output = bench(arguments);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {talk}");
    let record: Value = serde_json::from_slice(&output.stdout).expect(&talk);
    record["figures"].clone()
}

/// Each client's octets, changed by `act`, which is called with the number of each piece of `size`.
fn server(
    size: usize,
    act: impl Fn(u64, Vec<u8>) -> Vec<u8> + Clone + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let act = act.clone();
            thread::spawn(move || serve(stream, size, act));
        }
    });
    addr
}

fn serve(mut stream: TcpStream, size: usize, act: impl Fn(u64, Vec<u8>) -> Vec<u8>) {
    for number in 0.. {
        let mut piece = vec![0; size];
        if stream.read_exact(&mut piece).is_err() || stream.write_all(&act(number, piece)).is_err()
        {
            return;
        }
    }
}

const COUNTS: [&str; 5] = ["loss", "duplicates", "disorder", "corrupt", "lost-connections"];

fn counts(figures: &Value) -> Vec<f64> {
    COUNTS.iter().map(|name| figures[*name].as_f64().expect(name)).collect()
}

#[test]
fn our_own_servers_answer_everything_once_and_in_order() {
    for protocol in ["echo", "rest", "zmq"] {
        for shape in [&["-c", "20"][..], &["-c", "3", "--window", "16"]] {
            let arguments = [&[protocol, "--self", "-n", "3000"], shape].concat();
            let figures = run(&arguments);
            assert_eq!(figures["total"], 3000.0, "{arguments:?}");
            assert_eq!(counts(&figures), [0.0; 5], "{arguments:?}: {figures}");
            assert!(figures["p50"].as_f64() > Some(0.0) && figures["cpu"].as_f64() > Some(0.0));
        }
    }
    let path = run(&["rest", "--self", "-n", "500", "--path", "/items"]);
    assert_eq!(counts(&path), [0.0; 5], "{path}");
}

#[test]
fn an_open_loop_keeps_its_pace() {
    for protocol in ["echo", "rest", "zmq"] {
        let arguments = [protocol, "--self", "-R", "2000", "-n", "600", "-c", "10"];
        let figures = run(&arguments);
        assert_eq!(figures["total"], 600.0, "{figures}");
        assert_eq!(counts(&figures), [0.0; 5], "{protocol}: {figures}");
        // Never faster than was asked for, however busy the machine.
        assert!(figures["rate"].as_f64() < Some(2100.0), "{figures}");
    }
}

#[test]
fn what_a_server_does_wrong_is_counted_as_what_it_is() {
    type Act = fn(u64, Vec<u8>) -> Vec<u8>;
    let table: [(Act, [f64; 5]); 3] = [
        // The tenth answer never comes, and neither does what is after it.
        (|n, piece| if n == 9 { Vec::new() } else { piece }, [1.0, 0.0, 0.0, 0.0, 0.0]),
        (|n, piece| if n == 9 { piece.repeat(2) } else { piece }, [0.0, 1.0, 0.0, 0.0, 0.0]),
        (
            |n, mut piece| {
                if n == 9 {
                    piece[20] ^= 1;
                }
                piece
            },
            [0.0, 0.0, 0.0, 1.0, 0.0],
        ),
    ];
    for (act, wanted) in table {
        let addr = server(64, act).to_string();
        let figures = run(&["echo", &addr, "-c", "1", "-n", "10", "--drain", "0.3"]);
        assert_eq!(counts(&figures), wanted, "{figures}");
    }
    // A pair of answers in the wrong order: the first piece is held back.
    let addr = server(128, |_, pieces| [&pieces[64..], &pieces[..64]].concat()).to_string();
    let figures = run(&["echo", &addr, "-c", "1", "-n", "10", "--window", "2"]);
    assert_eq!(counts(&figures), [0.0, 0.0, 5.0, 0.0, 0.0], "{figures}");
}

/// One answer is missing for ever, and another one comes again and again.
#[test]
fn whoever_answers_for_ever_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut pieces = [0; 128];
        stream.read_exact(&mut pieces).expect("two requests");
        while stream.write_all(&pieces[..64]).is_ok() {}
    });
    let window = ["-c", "1", "--window", "2", "-n", "2", "-d", "0.2", "--drain", "0.1"];
    let figures = run(&[&["echo", &addr], &window[..]].concat());
    assert_eq!(figures["loss"], 1.0, "{figures}");
    assert!(figures["duplicates"].as_f64() > Some(0.0), "{figures}");
}

#[test]
fn what_is_none_of_the_protocol_is_said_and_ended() {
    let echo = server(1, |_, piece| piece).to_string();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = silent.local_addr().expect("an address").to_string();
    for (arguments, code, says) in [
        (&["rest", &echo, "-n", "5", "-c", "1"][..], 1, "what came is no answer"),
        (&["zmq", &echo, "-n", "5", "-c", "1"], 1, "no REP, but a DEALER"),
        (
            &["rest", &silent, "-n", "5", "--drain", "0.2"],
            1,
            "no good answer came: none came in time",
        ),
        (
            &["rest", "--self", "-n", "5", "-c", "1", "--path", "/no", "--drain", "0.2"],
            1,
            "no good answer came: 5 came with another status or result",
        ),
        (&["mqtt", &echo, "-n", "5"], 1, "CONNECT instead of CONNACK; is a broker running there?"),
        (&["echo", "127.0.0.1:1", "-n", "5"], 1, "is a server running there?"),
        (&["rest", "--self", "-n", "5", "--path", "x"], 2, "begins with a slash"),
        (&["echo", "--self", "-n", "5", "-s", "7"], 2, "-s is from 8"),
        (&["echo", "--self", "-n", "500", "--fail-if", "p99>1ns"], 99, "it is so: p99>1ns"),
        (&["echo", "--self", "127.0.0.1:1"], 2, "no other one is needed"),
        (&["echo", "--self", "--csv", "1s"], 2, "both want stdout"),
        (&["mqtt", "--self", "-d", "5h"], 2, "a time is written as"),
    ] {
        let output = bench(arguments);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {talk}");
        assert!(talk.contains(says), "{arguments:?}: {talk}");
    }
}

#[test]
fn a_run_stands_beside_an_earlier_one_and_in_lines() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("old.json");
    let file = file.to_string_lossy();
    run(&["rest", "--self", "-n", "300", "--out", &file]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["bench", "rest", "--self", "-n", "300", "--compare", &file]);
    let text = command.output().expect("the binary starts").stdout;
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains(" before ") && text.contains(", now "), "{text}");
}

#[test]
fn idle_connections_are_held_and_weighed() {
    for protocol in ["rest", "zmq", "echo"] {
        let figures = run(&[protocol, "conn", "--self", "-c", "300", "-d", "100ms"]);
        assert_eq!(figures["lost-connections"], 0.0, "{protocol}: {figures}");
        assert!(figures["connects"].as_f64() > Some(0.0), "{protocol}: {figures}");
        if cfg!(target_os = "linux") {
            // Processes of this program share its pages, and come and go: PSS may even shrink.
            assert!(figures["memory"].as_f64() > Some(0.0), "{protocol}: {figures}");
            let each = ["rss", "pss"].map(|name| figures[name].as_f64().map(f64::abs));
            assert!(each.iter().all(|each| *each < Some(65_536.0) && each.is_some()), "{figures}");
        }
        assert_eq!((&figures["rate"], &figures["total"]), (&Value::Null, &Value::Null));
    }
    let paced = run(&["echo", "lat", "--self", "-c", "4", "-d", "300ms", "--warmup", "0"]);
    let all = paced["total"].as_f64().zip(paced["unsent"].as_f64()).map(|(a, b)| a + b);
    assert!(all > Some(1300.0) && all < Some(1700.0), "{paced}");
}

/// The lines of a run with `--csv`, in columns; on stdout is nothing else.
fn csv(arguments: &[&str]) -> (String, Vec<Vec<String>>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    let output = command.arg("bench").args(arguments).output().expect("the binary starts");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(talk.contains("latency, half below"), "{arguments:?}: {talk}");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().to_owned();
    (header, lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

/// A column's numbers together.
fn sum(lines: &[Vec<String>], column: usize) -> u64 {
    lines.iter().map(|line| line[column].parse::<u64>().expect("a number")).sum()
}

#[test]
fn lines_of_csv_hold_all_that_came() {
    let run = ["-c", "2", "-n", "400", "-R", "2000", "--csv", "50ms"];
    for protocol in ["rest", "zmq", "echo"] {
        let (header, lines) = csv(&[&[protocol, "--self"], &run[..]].concat());
        assert_eq!(header, "seconds,answered,p50_us,p99_us,max_us");
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() == 5), "{lines:?}");
        assert_eq!(sum(&lines, 1), 400, "{lines:?}");
    }
    let shape = ["mqtt", "--self", "-q", "1", "--pattern", "all"];
    let (header, lines) = csv(&[&shape[..], &run[..]].concat());
    assert_eq!(header, "seconds,sent,acked,delivered,p50_us,p99_us,max_us");
    assert!(lines.len() > 1 && lines.iter().all(|line| line.len() == 7), "{lines:?}");
    assert_eq!([1, 2, 3].map(|column| sum(&lines, column)), [400, 400, 800], "{lines:?}");
}
