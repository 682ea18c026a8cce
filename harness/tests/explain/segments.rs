//! What is said of segments that carry nothing new, and of an opening from both ends.

use crate::build::{ACK, PSH, SYN, handshake, says, tcp};
use crate::conversation::{after_handshake, from_client, from_server, report};
use wirelab::analysis::IN_FLIGHT_MAX;

/// [9293-3.8.4-01], [9293-3.8.6-01], [9293-3.8.6.1-01]
#[test]
fn probes_and_full_windows_are_named() {
    let mut full = from_server(0, 3, 0, b"");
    full[48..50].copy_from_slice(&[0, 0]);
    let says = after_handshake(&[
        from_client(0, 0, PSH, b"abc"),
        full.clone(),
        from_client(2, 0, 0, b""),
        full.clone(),
        from_client(3, 0, 0, b"d"),
        full,
        from_server(0, 3, 0, b""),
        from_client(3, 0, 0, b"d"),
        from_server(0, 4, 0, b""),
        from_client(3, 0, 0, b""),
        from_server(0, 4, 0, b""),
        from_client(3, 0, 0, b"d"),
    ]);
    let shut = "window 0: server has no room for more";
    assert_eq!(says[1], format!("acknowledges #4 (3 bytes), ACK alone; {shut}"));
    // A probe stands in the byte before the window, or in the next one; the answer to it is
    // no duplicate ACK, for nothing is missing.
    assert_eq!(says[2], "window probe: is there room again?");
    assert_eq!(says[3], shut);
    assert_eq!(says[4], "window probe: is there room again?; request 2, sent before response 1");
    assert_eq!(says[5], shut);
    assert_eq!(says[6], "window update");
    // Not yet acknowledged: it is no probe but the byte once more.
    assert_eq!(says[7], "retransmission of #8");
    assert_eq!(says[9], "keep-alive probe");
    // Its answer has the same window as before.
    assert_eq!(says[10], "ACK, nothing new");
    assert_eq!(says[11], "keep-alive probe");
}

#[test]
fn bytes_that_the_capture_missed_are_told_once() {
    let says = after_handshake(&[from_server(0, 4, 0, b""), from_server(0, 4, PSH, b"x")]);
    assert_eq!(says[0], "acknowledges bytes that the capture does not have");
    assert_eq!(says[1], "the server speaks first");
}

#[test]
fn both_can_open_at_once() {
    let frames = [
        tcp(true, 1000, 0, SYN, b""),
        tcp(false, 5000, 0, SYN, b""),
        tcp(false, 5000, 0, SYN, b""),
        tcp(true, 1000, 5001, SYN | ACK, b""),
        tcp(false, 5000, 1001, SYN | ACK, b""),
        from_client(0, 0, PSH, b"halo"),
    ];
    let told = says(&frames);
    assert_eq!(told[1], "SYN that crosses #1: both open at once");
    assert_eq!(told[2], "sent again, first in #2");
    assert_eq!(told[3], "SYN,ACK to the SYN #2 that crossed");
    assert_eq!(told[4], "handshake 2 of 3: SYN,ACK");
    assert!(told[5].ends_with("request 1"), "{told:?}");
    let text = report(&frames);
    assert!(text.contains("handshake #1 #5 #6; SYN #2 crosses it: both open at once"), "{text}");
}

/// More requests under way than are kept: each response still belongs to its own request.
#[test]
fn a_long_pipeline_keeps_its_pairs() {
    let all = (IN_FLIGHT_MAX + 3) as u32;
    let mut frames: Vec<Vec<u8>> = (0..all).map(|n| from_client(n, 0, PSH, b"x")).collect();
    frames.extend((0..all).map(|n| from_server(n, all, PSH, b"y")));
    let told = after_handshake(&frames);
    let responses = &told[all as usize..];
    for (n, said) in (1..).zip(responses) {
        assert!(said.contains(&format!("response {n} (")), "{n}: {said}");
    }
    assert!(responses[IN_FLIGHT_MAX].contains("too many requests were under way"));
    let mut both = handshake(1000, 5000);
    both.extend(frames);
    let overview = format!("{all} requests, {all} responses");
    assert!(report(&both).contains(&overview), "{}", report(&both));
}
