//! ZMTP in the lab's captures: the rows of the acceptance table, with their frame numbers.

use crate::build::{capture, explained};

/// The line of frame `n`.
fn line(text: &str, n: u64) -> &str {
    let start = format!("#{n} ");
    let found = text.lines().find(|l| l.trim_start().starts_with(&start));
    found.unwrap_or_else(|| panic!("no frame {n} in\n{text}"))
}

fn assert_said(text: &str, n: u64, words: &[&str]) {
    for word in words {
        assert!(line(text, n).contains(word), "#{n}: {word}\n{}", line(text, n));
    }
}

fn assert_reported(text: &str, block: &str) {
    assert!(text.contains(&format!("== {block}")), "{block}\n{text}");
}

const GREETING: &str = "ZMTP greeting of both: signature, version 3.1, mechanism NULL, as-server 0";

#[test]
fn reqrep_rows_q1_to_q6() {
    let text = explained(&capture("reqrep.pcap"));
    // Q1
    assert_reported(&text, "handshake #3 #4 #5");
    assert_reported(&text, "REQ connected to REP; REP (server) had bound, and READY tells");
    // Q2: what the report took for requests.
    assert_said(&text, 6, &["ZMTP greeting: signature (10 of 64 bytes)"]);
    assert_said(&text, 8, &["ZMTP greeting: signature, version 3 (11 of 64 bytes)"]);
    for n in [10, 11] {
        assert_said(&text, n, &["ZMTP greeting: version 3.1, mechanism NULL, as-server 0"]);
    }
    assert_reported(&text, &format!("{GREETING} (client #6 #10; server #8 #11)"));
    assert_reported(&text, "the first message is in #14");
    // Q3
    assert_said(&text, 12, &["READY Socket-Type=REP"]);
    assert_said(&text, 14, &["READY Socket-Type=REQ, Identity=\"\""]);
    // Q4
    let shared = "one segment carries a command and a message: TCP keeps no message borders";
    assert_said(&text, 14, &["request 1: empty delimiter MORE | \"Hello\"", shared]);
    assert_said(&text, 15, &["reply 1: empty delimiter MORE | \"World\" (+2.1 ms after #14)"]);
    assert_reported(&text, "request 1 #14 \"Hello\" ↔ reply 1 #15 \"World\" (+2.1 ms)");
    // Q5 [REQ-gen-02]
    let step = "lock-step: never two requests in flight (checked)";
    assert_reported(&text, &format!("1 request, 1 reply, +2.1 ms on average; {step}"));
    // Q6
    assert_reported(&text, "close: client FIN #16, server FIN #17, ACK #18");
    assert_reported(&text, "ZMTP has no closing command, the end of TCP is all: nothing was");
    assert!(text.contains(", ZMTP 3.1, REQ/REP"), "{text}");
}

#[test]
fn pushpull_rows_p1_to_p4() {
    let text = explained(&capture("pushpull.pcap"));
    // P1
    assert!(text.contains("== ARP  172.18.0.3 asks who has 172.18.0.2"), "{text}");
    // P2: the SYN is the PULL's.
    assert_said(&text, 3, &["client→server", "handshake 1 of 3"]);
    assert_said(&text, 12, &["server→client", "READY Socket-Type=PUSH"]);
    assert_said(&text, 14, &["client→server", "READY Socket-Type=PULL"]);
    assert_reported(&text, "PULL connected to PUSH: who connects ≠ who sends");
    // P3
    for (number, n) in (1..).zip([15, 17, 19, 21, 23, 25, 27]) {
        let say = format!("message {number} PUSH→PULL: 80 04 4b 03 2e (Python pickle, int 3)");
        assert_said(&text, n, &["server→client", "7 B", &say]);
    }
    let way = "one way after the handshake: PUSH→PULL 7 messages, PULL→PUSH 0";
    assert_reported(&text, way);
    assert_reported(&text, "messages of PUSH server: 7 messages, mean interval 0.6006 s, 80 04");
    // P4
    assert_reported(&text, "still open at end of capture");
    assert!(text.contains(", ZMTP 3.1, PUSH/PULL"), "{text}");
}

#[test]
fn pubsub_rows_s1_to_s4() {
    let text = explained(&capture("pubsub.pcap"));
    // S1
    assert!(text.contains("== ARP  172.18.0.3 asks who has 172.18.0.2"), "{text}");
    assert_said(&text, 3, &["client→server  TCP 12345 SYN"]);
    assert_reported(&text, "SUB connected to PUB: who connects ≠ who sends");
    // S2, S3
    for (number, n) in (1..).zip([17, 19, 21, 23]) {
        let say = format!("message {number} for \"WAKTU\": \"WAKTU Sun Nov 22 11:0");
        assert_said(&text, n, &["server→client", "32 B", &say]);
    }
    assert_reported(&text, "messages for \"WAKTU\": 4 messages, mean interval 0.9999 s");
    // S4: the subscriber sends more than ACKs. [ZMTP-3.1-sub-02]
    for (n, say) in [(8, "ZMTP greeting"), (11, "ZMTP greeting"), (12, "READY Socket-Type=SUB")] {
        assert_said(&text, n, &["client→server", say]);
    }
    let subscribes = "SUB subscribes to \"WAKTU\" (the command SUBSCRIBE, the form of ZMTP 3.1)";
    assert_said(&text, 15, &["client→server", "17 B", subscribes]);
    assert_reported(&text, &format!("{subscribes} (#15)"));
    assert_reported(&text, "then one way: PUB→SUB 4 messages, SUB→PUB 0");
}
