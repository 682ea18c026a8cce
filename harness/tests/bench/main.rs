//! The load generator against a broker whose faults are known: each is counted as what it is.

mod asking;
mod relay;
mod versus;

use relay::{Fault, start};
use serde_json::Value;
use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["--json", "bench", "mqtt"]).args(arguments);
    command.output().expect("the binary starts")
}

fn figures(output: &Output) -> Value {
    let talk = String::from_utf8_lossy(&output.stderr);
    let record: Value = serde_json::from_slice(&output.stdout).expect(&talk);
    record["figures"].clone()
}

/// Runs against a relay with this fault, and returns the figures.
fn run(fault: Fault, arguments: &[&str]) -> Value {
    let relay = start(fault);
    let target = relay.addr.to_string();
    let mut all = vec![&target[..], "--drain", "0.5"];
    all.extend(arguments);
    let output = bench(&all);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    figures(&output)
}

#[test]
fn every_pattern_size_and_qos_comes_through_whole() {
    for (publishers, subscribers, fan) in [("20", "1", 1.0), ("1", "20", 20.0), ("5", "5", 1.0)] {
        for qos in ["0", "1", "2"] {
            for size in ["1", "24", "64", "16384"] {
                if size == "1" && publishers == "20" {
                    // They share a topic, and cannot be told apart.
                    continue;
                }
                let shape = ["--publishers", publishers, "--subscribers", subscribers];
                let rest = ["-n", "1000", "--qos", qos, "-s", size];
                let all = run(Fault::None, &[&shape[..], &rest[..]].concat());
                assert_eq!(all["expected"], 1000.0 * fan, "{shape:?} {rest:?} {all}");
                for fault in
                    ["loss", "duplicates", "disorder", "corrupt", "foreign", "lost-connections"]
                {
                    assert_eq!(all[fault], 0.0, "{fault}: {shape:?} {rest:?} {all}");
                }
                if qos != "0" {
                    assert_eq!(all["unacked"], 0.0, "{shape:?} {rest:?} {all}");
                }
                assert_eq!(all["p50"].as_f64() > Some(0.0), size != "1", "{all}");
            }
        }
    }
}

#[test]
fn what_a_broker_does_wrong_is_counted_as_what_it_is() {
    for qos in ["0", "1", "2"] {
        let table = [
            (Fault::Lose(100), [10.0, 0.0, 0.0, 0.0]),
            (Fault::Double(100), [0.0, 10.0, 0.0, 0.0]),
            (Fault::Swap(99), [0.0, 0.0, 10.0, 0.0]),
            (Fault::Spoil(99), [0.0, 0.0, 0.0, 10.0]),
        ];
        for (fault, counts) in table {
            for size in ["9", "64"] {
                let all = run(fault, &["-n", "1000", "--qos", qos, "-s", size]);
                let names = ["loss", "duplicates", "disorder", "corrupt"];
                let seen = Value::from(names.map(|name| all[name].clone()).to_vec());
                assert_eq!(seen, Value::from(counts.to_vec()), "{fault:?} {size} {all}");
            }
        }
    }
}

/// A lost message must not hold its publisher for ever: the last of a window is missed by nobody.
#[test]
fn a_window_that_is_lost_whole_is_given_up() {
    let all = run(Fault::Lose(1), &["-n", "300", "--window", "100"]);
    assert_eq!((&all["loss"], &all["total"]), (&300.0.into(), &300.0.into()), "{all}");
    assert!(all["stalls"].as_f64() >= Some(2.0), "{all}");
}

/// An open loop sends what is due, at every QoS, over one thread and two.
#[test]
fn a_pace_is_kept() {
    for (qos, loops) in [("0", "1"), ("1", "1"), ("2", "2")] {
        let pace = ["-c", "3", "-R", "1000", "-d", "0.5", "--warmup", "0.1"];
        let rest = ["--qos", qos, "--loops", loops];
        let all = run(Fault::None, &[&pace[..], &rest[..]].concat());
        // What is due just before the end may come too late for it, and is then said to.
        let count = |name: &str| all[name].as_f64().unwrap_or(-1.0);
        assert!((count("total") + count("unsent") - 600.0).abs() < 0.5, "{all}");
        assert!(count("total") > 0.0 && count("loss").abs() < 0.5, "{all}");
    }
}

#[test]
fn threads_share_a_closed_loop() {
    let all = run(Fault::None, &["-c", "8", "-n", "20000", "--loops", "4"]);
    assert_eq!((&all["total"], &all["loss"]), (&20_000.0.into(), &0.0.into()), "{all}");
    let flood = run(Fault::None, &["-c", "4", "-n", "20000", "--hold", "flood"]);
    assert_eq!((&flood["total"], &flood["loss"]), (&20_000.0.into(), &0.0.into()), "{flood}");
}

#[test]
fn connects_and_publishers_alone() {
    let relay = start(Fault::None);
    let target = relay.addr.to_string();
    let idle = figures(&bench(&["conn", &target, "-c", "200", "-d", "0"]));
    assert_eq!((&idle["clients"], &idle["lost-connections"]), (&200.0.into(), &0.0.into()));
    let alone = figures(&bench(&["pub", &target, "-c", "2", "-n", "500", "--qos", "2"]));
    assert_eq!((&alone["total"], &alone["unacked"]), (&500.0.into(), &0.0.into()), "{alone}");
}

#[test]
fn a_threshold_ends_with_99_and_an_earlier_run_stands_beside() {
    let relay = start(Fault::None);
    let target = relay.addr.to_string();
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (out, hdr) = (path("run.json"), path("run.hdr"));
    let files = ["--out", &out, "--hdr", &hdr];
    let run = |more: &[&str]| bench(&[&[&target, "-n", "100"], more].concat());
    assert_eq!(run(&files).status.code(), Some(0));
    let spectrum = std::fs::read_to_string(hdr).expect("a spectrum");
    assert!(spectrum.contains("Total count    =          100]"), "{spectrum}");
    let broken = run(&["--fail-if", "loss>0", "--fail-if", "p50>0us", "--compare", &out]);
    assert_eq!(broken.status.code(), Some(99));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("p50>0us"), "{broken:?}");
    assert_eq!(run(&["--fail-if", "p98>1"]).status.code(), Some(2));
}

#[test]
fn what_cannot_be_run_is_said() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = nobody.local_addr().expect("its address").to_string();
    drop(nobody);
    let refused = bench(&[&target]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is a broker running there?"));
    let wrong: [&[&str]; 7] = [
        &[],
        &[&target, "-s", "0"],
        &[&target, "-s", "23", "--publishers", "2"],
        &[&target, "-t", "a/#"],
        &[&target, "-R", "0"],
        &[&target, "-d", "-1"],
        &["pub", &target, "--self"],
    ];
    for arguments in wrong {
        assert_eq!(bench(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
