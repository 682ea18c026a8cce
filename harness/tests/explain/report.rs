//! The report on the lab's captures: the rows of the acceptance table, with their frame numbers.

use crate::build::{CAPTURES, Pcapng, capture, explain, explained};
use std::process::{Command, Stdio};
use wirelab::explain::{FrameRange, Options};
use wirelab::lang::Lang;
use wirelab::savefile::Savefile;

/// The line of frame `n`.
pub fn line(text: &str, n: u64) -> &str {
    let start = format!("#{n} ");
    let found = text.lines().find(|l| l.trim_start().starts_with(&start));
    found.unwrap_or_else(|| panic!("no frame {n} in\n{text}"))
}

fn explained_capture(name: &str) -> String {
    explained(&capture(&format!("{name}.pcap")))
}

#[test]
fn tcp_rows_t1_to_t7() {
    let text = explained_capture("tcp");
    // T1 [9293-3.5-01]
    assert!(text.contains("== handshake #3 #4 #5, MSS 1460, window scale 10"));
    for (n, say) in [(3, "handshake 1 of 3"), (4, "handshake 2 of 3"), (5, "handshake 3 of 3")] {
        assert!(line(&text, n).contains(say));
    }
    // T2
    let arp = "== ARP  172.18.0.3 asks who has 172.18.0.2; 172.18.0.2 answers 7e:93:56:6e:82:97";
    assert!(text.contains(&format!("{arp} (#1 #2)")));
    // T3
    let pairs = [
        (6, "4 B   \"halo\"", 8, "10 B           \"Echo: halo\"", "response 1 (+1.5 ms)"),
        (10, "34 B  \"ingin mencoba untuk", 11, "40 B", "response 2 (+1.2 ms)"),
        (13, "15 B  \"apakah berhasil\"", 14, "21 B", "response 3 (+43 µs)"),
    ];
    for (i, (request, asked, response, answered, say)) in pairs.into_iter().enumerate() {
        let asking = line(&text, request);
        assert!(asking.contains(asked) && asking.ends_with(&format!("request {}", i + 1)));
        assert!(line(&text, response).contains(answered) && line(&text, response).contains(say));
        let block = format!("== request {} #{request} ", i + 1);
        assert!(text.contains(&block), "{block}");
    }
    // T4 [9293-3.8.6.3-01] The ACK of the first request went alone, the others rode on data.
    assert!(line(&text, 7).contains("acknowledges #6 (4 bytes), ACK alone"));
    assert!(line(&text, 11).contains("ACK rides on data: acknowledges #10 (34 bytes)"));
    assert!(line(&text, 14).contains("ACK rides on data: acknowledges #13 (15 bytes)"));
    assert!(text.contains("ACK alone #7 #9 #12 #15; ACK rides on data #11 #14"));
    // T5
    assert!(text.contains("3 exchanges on one connection"));
    assert!(text.contains("client waits for each reply"));
    // T6
    let close = "close: client FIN #16, server FIN #17, ACK #18 (3 segments; client closed first)";
    assert!(text.contains(close));
    assert!(text.contains("bye not sent"));
    // T7, G1, G2
    assert!(text.contains("summary: 18 frames"));
    assert_eq!(text.matches("checksum").count(), 2, "one note, with the word in it twice");
    assert!(text.contains("TCP checksums do not match in 16 of 16 frames"));
}

#[test]
fn mqtt_rows_m1_to_m9() {
    let text = explained_capture("mqtt");
    let has = |line: &str| assert!(text.contains(line), "{line}\n{text}");
    // M1
    for (asker, frames) in [("172.18.0.4", "(#1 #2)"), ("172.18.0.3", "(#13 #14)")] {
        let answer = "172.18.0.2; 172.18.0.2 answers 5a:08:b2:bd:c3:ff";
        has(&format!("== ARP  {asker} asks who has {answer} {frames}"));
    }
    // M2
    has("== handshake #3 #4 #5");
    has("== handshake #15 #16 #17");
    let connect = "CONNECT v3.1.1 clean, keepalive 60, empty id";
    let connack = "CONNACK accepted, session present 0";
    has(&format!("== {connect} (#6); {connack} (#8, +5.6 ms)"));
    has(&format!("== {connect} (#18); {connack} (#20, +283 µs)"));
    for (n, say) in [(6, connect), (8, connack), (18, connect), (20, connack)] {
        assert!(line(&text, n).contains(say));
    }
    // M3
    assert!(line(&text, 10).ends_with("SUBSCRIBE id 1: filter sister/temp QoS 0"));
    assert!(line(&text, 11).contains("filter sister/temp QoS 0 granted 0"));
    // M4
    let publish = "PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0";
    for n in [22, 26, 30, 34, 38, 23, 28, 32, 36, 40] {
        assert!(line(&text, n).contains(publish), "{n}");
    }
    has("PUBLISH sister/temp to server: 5 messages, mean interval 1.0005 s, \"Suhu: 28°C\"");
    // M5
    for (ack, n) in [(25, 22), (27, 26), (31, 30), (35, 34), (39, 38)] {
        assert!(line(&text, ack).contains(&format!("ACK covers the 26 bytes of frame {n}")));
    }
    // M6
    has("note: TCP ACK ≠ MQTT acknowledgment");
    has("QoS 1 would add a PUBACK");
    // M7
    for (published, delivered, after) in [(22, 23, 60), (26, 28, 52), (30, 32, 148)] {
        let say = format!("PUBLISH #{published} → delivered as #{delivered} (+{after} µs)");
        assert!(line(&text, delivered).ends_with(&say));
        has(&format!("== {say}"));
    }
    has("== topology: 1 publisher → broker → 1 subscriber (client2 → server → client)");
    // M8
    has("close: client2 RST #44");
    has("client2 sent DISCONNECT #42, then RST #44: its program never read CONNACK #20");
    has("close: client FIN #46, server FIN #47, ACK #48");
    has("closed gracefully: client sent DISCONNECT #45, then FIN #46");
    // M9
    let re_check = "ARP re-check of a known neighbour (cache ageing), not a new peer";
    assert!(line(&text, 49).contains(re_check));
    assert!(text.lines().any(|l| l.contains(re_check) && l.ends_with("(#49 #50)")));
    assert_eq!(text.matches(re_check).count(), 2, "49 and its block, no other");
}

#[test]
fn the_other_captures_as_far_as_tcp_goes() {
    let rest = explained_capture("rest");
    assert!(rest.contains("8 TCP conversations"));
    assert!(rest.contains("== handshake #13 #14 #15"));
    assert!(rest.contains("close: client FIN #12, server FIN #16, ACK #17 (3 segments; client"));
    assert!(rest.contains("== handshake #85 #86 #87"));
    let reqrep = explained_capture("reqrep");
    assert!(reqrep.contains("close: client FIN #16, server FIN #17, ACK #18 (3 segments; client"));
    for name in ["pushpull", "pubsub"] {
        assert!(explained_capture(name).contains("== still open at end of capture"), "{name}");
    }
    for name in CAPTURES {
        let text = explained_capture(name);
        assert!(!text.contains("note at byte"), "{name}: {text}");
        assert!(!text.contains("mid-connection"), "{name}");
    }
}

#[test]
fn host_names_stand_for_addresses_and_roles() {
    let pcap = capture("mqtt.pcap");
    let mut savefile = Savefile::open(pcap.as_slice()).unwrap();
    let mut named = Pcapng::new(false);
    named.interface(1, Some(9), 0);
    let names = ["mqtt-broker", "mqtt-pub", "mqtt-sub"];
    let names: Vec<_> =
        (2u8..).zip(names).map(|(i, name)| ([172, 18, 0, i].into(), name)).collect();
    named.names(&names);
    while let Some(frame) = savefile.next_frame().unwrap() {
        named.frame(0, frame.time_ns, &frame.bytes, None);
    }
    let text = explained(&named.bytes);
    let arp = "== ARP  mqtt-sub asks who has 172.18.0.2; mqtt-broker answers 5a:08:b2:bd:c3:ff";
    assert!(text.contains(arp), "{text}");
    assert!(line(&text, 3).contains("mqtt-sub→mqtt-broker"));
    assert!(line(&text, 22).contains("mqtt-pub→mqtt-broker [1]"));
    assert!(text.contains("close: mqtt-sub FIN #46, mqtt-broker FIN #47, ACK #48"));
}

#[test]
fn comments_are_what_explain_says() {
    let pcap = capture("tcp.pcap");
    let mut savefile = Savefile::open(pcap.as_slice()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = savefile.next_frame().unwrap() {
        frames.push(frame);
    }
    let comments =
        wirelab::explain::comments(&frames, &std::collections::BTreeMap::default(), Lang::En);
    assert_eq!(comments.len(), 18);
    assert_eq!(comments[5], "request 1");
    let text = explained(&pcap);
    for (n, comment) in (1..).zip(&comments) {
        assert!(line(&text, n).ends_with(comment.as_str()), "{n}: {comment}");
    }
}

#[test]
fn parts_of_the_report() {
    let bytes = capture("tcp.pcap");
    let all = Options::default();
    let frames = explain(&bytes, &Options { frames: true, ..all.clone() }, false).0;
    assert_eq!(frames.lines().count(), 18);
    let summary = explain(&bytes, &Options { summary: true, ..all.clone() }, false).0;
    assert!(!summary.contains(" #6  ") && summary.contains("== close"));
    let range = Some(FrameRange { first: 6, last: 8 });
    let some = explain(&bytes, &Options { frames: true, range, ..all.clone() }, false).0;
    let beyond = Options { range: Some(FrameRange { first: 19, last: 99 }), ..all.clone() };
    let failure = explain(&bytes, &beyond, false).1.expect_err("nothing to show");
    assert_eq!(failure.message, "test: no frame #19: the capture has 18 frames");
    assert_eq!(some.lines().count(), 3);
    assert!(some.ends_with("response 1 (+1.5 ms)\n"), "analysed from the start: {some}");
    let dump = explain(&bytes, &Options { bytes: true, range, ..all.clone() }, false).0;
    assert!(dump.contains("47+1    flags                    PSH,ACK  [RFC 9293 3.1]"), "{dump}");
    assert!(dump.contains("0040  f0 13 68 61 6c 6f"), "{dump}");
    assert!(dump.contains("|..halo|"), "{dump}");
    let follow = explain(&bytes, &Options { follow: Some(0), ..all.clone() }, false).0;
    assert_eq!(follow.lines().count(), 6);
    assert!(follow.contains(" client→server  #10  4..38  \"ingin mencoba untuk mengirim pesan\""));
    let (_, result) = explain(&bytes, &Options { follow: Some(1), ..all }, false);
    assert!(result.unwrap_err().message.contains("no conversation 1"));
    for wrong in ["0", "8-3", "x", "-", "1-x", "3-0"] {
        assert!(wrong.parse::<FrameRange>().is_err(), "{wrong}");
    }
    assert_eq!("16-".parse(), Ok(FrameRange { first: 16, last: u64::MAX }));
}

fn wirelab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("CLICOLOR_FORCE").env_remove("WIRELAB_COLOR").env_remove("WIRELAB_LANG");
    command
}

#[test]
fn the_whole_output_is_as_checked_in() {
    for name in ["tcp", "mqtt", "rest"] {
        let file = format!("tests/captures/{name}.pcap");
        let output = wirelab(&["explain", &file]).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let expected = String::from_utf8(capture(&format!("{name}.expected"))).unwrap();
        for (i, (is, should)) in text.lines().zip(expected.lines()).enumerate() {
            assert_eq!(is, should, "{name}, line {}", i + 1);
        }
        assert_eq!(text, expected);
    }
}

#[test]
fn stdin_and_exit_codes() {
    let mut child = wirelab(&["explain", "-", "--summary"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &capture("tcp.pcap")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("summary: 18 frames"));
    let table: [(&[&str], i32, &str); 5] = [
        (&["explain", "tests/captures/README.md"], 1, "not a capture file"),
        (&["explain", "no/such/file.pcap"], 1, "cannot open"),
        (&["explain", "tests"], 1, "a directory"),
        (&["explain"], 2, "FILE"),
        (&["explain", "-n", "9-1", "tests/captures/tcp.pcap"], 2, "no range"),
    ];
    for (arguments, code, what) in table {
        let output = wirelab(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(what), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end() {
    let mut child = wirelab(&["explain", "tests/captures/rest.pcap", "--bytes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
