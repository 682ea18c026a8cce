//! ZMTP over whole captures: greetings in pieces, frames across segments, patterns, heartbeats,
//! PLAIN, and one socket on several connections. P5 and S5 are here.

use crate::build::{ACK, FIN, PSH, SYN, cases, explain, explained, pcap};
use crate::check::{assert_analysed, assert_within, layers};
use crate::mqtt::Lan;
use proptest::prelude::*;
use wirelab::explain::Options;

pub fn greeting(minor: u8, mechanism: &[u8], as_server: u8) -> Vec<u8> {
    let mut bytes = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03".to_vec();
    bytes.push(minor);
    bytes.extend(mechanism);
    bytes.resize(32, 0);
    bytes.push(as_server);
    bytes.resize(64, 0);
    bytes
}

fn null() -> Vec<u8> {
    greeting(1, b"NULL", 0)
}

pub fn command(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![4, (1 + name.len() + data.len()) as u8, name.len() as u8];
    bytes.extend(name.as_bytes());
    bytes.extend(data);
    bytes
}

fn metadata(socket: &str) -> Vec<u8> {
    let mut bytes = b"\x0bSocket-Type\x00\x00\x00".to_vec();
    bytes.push(socket.len() as u8);
    bytes.extend(socket.as_bytes());
    bytes
}

pub fn ready(socket: &str) -> Vec<u8> {
    command("READY", &metadata(socket))
}

/// A message of these frames.
pub fn message(frames: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, frame) in (1..).zip(frames) {
        let more = u8::from(n < frames.len());
        if let Ok(len) = u8::try_from(frame.len()) {
            bytes.extend([more, len]);
        } else {
            bytes.push(more | 2);
            bytes.extend((frame.len() as u64).to_be_bytes());
        }
        bytes.extend(*frame);
    }
    bytes
}

/// A TCP handshake: three frames.
fn dial(lan: &mut Lan, port: u16) {
    lan.segment(port, true, SYN, b"").segment(port, false, SYN | ACK, b"");
    lan.segment(port, true, ACK, b"");
}

/// Handshakes of TCP and ZMTP: seven frames.
fn open(lan: &mut Lan, port: u16, client: &str, server: &str) {
    dial(lan, port);
    lan.client(port, &null()).server(port, &null());
    lan.client(port, &ready(client)).server(port, &ready(server));
}

/// What is said of each frame, without the words on TCP's acknowledgments.
fn said(lan: &Lan) -> Vec<String> {
    let own = |say: String| say.split("; ACK rides").next().unwrap_or_default().to_owned();
    lan.says().into_iter().map(own).collect()
}

fn assert_has(text: &str, words: &str) {
    assert!(text.contains(words), "{words}\n{text}");
}

/// P5. [PUSH-out-02]
#[test]
fn several_workers_get_a_round_robin_table() {
    let mut lan = Lan::default();
    for port in [1, 2, 3] {
        open(&mut lan, port, "PULL", "PUSH");
    }
    for n in 0..9u16 {
        lan.server(n % 3 + 1, &message(&[b"work"]));
    }
    let report = lan.report();
    assert_has(&report, "round-robin: PUSH server handed out 9 messages to 3 PULLs: 3, 3, 3");
    assert_has(&report, "(even shares), strictly in turn");
    assert_has(&report, "client [0]: 3 messages (#22 #25 #28)");
    // One gets two in a row, and one less.
    lan.server(1, &message(&[b"a"])).server(1, &message(&[b"b"]));
    let report = lan.report();
    assert_has(&report, "11 messages to 3 PULLs: 5, 3, 3 (uneven shares), 1 message out of turn");
}

/// S5. [ZMTP-3.0-pubsub-01], [ZMTP-3.0-pubsub-04], [PUB-out-04]
#[test]
fn each_subscriber_gets_what_it_asked_for() {
    let mut lan = Lan::default();
    for port in [1, 2] {
        open(&mut lan, port, "SUB", "PUB");
    }
    lan.client(1, &command("SUBSCRIBE", b"WAKTU")).client(2, &command("SUBSCRIBE", b"OTHER"));
    lan.server(1, &message(&[b"WAKTU 1"])).server(2, &message(&[b"OTHER 1", b"x"]));
    lan.server(1, &message(&[b"WAKTU 2"]));
    let report = lan.report();
    assert_has(&report, "filtering at the publisher: PUB server has 2 subscribers");
    assert_has(&report, "subscribed to \"WAKTU\" got 2 messages; 2 in all");
    assert_has(&report, "subscribed to \"OTHER\" got 1 message; 1 in all");
    assert_has(&report, "message 1 for \"OTHER\": \"OTHER 1\" MORE | \"x\"");
    assert!(!report.contains("no subscription"), "{report}");
    lan.server(1, &message(&[b"OTHER 2"]));
    assert_has(&lan.report(), "1 message that no subscription asks for (#20) [ZMTP-3.0-pubsub-01]");
}

/// [ZMTP-3.0-pubsub-02], [ZMTP-3.0-pubsub-03], [ZMTP-3.0-pubsub-07], [ZMTP-3.1-sub-03]
#[test]
fn subscriptions_have_two_forms_and_are_counted() {
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &null()).server(1, &greeting(0, b"NULL", 0));
    lan.client(1, &ready("SUB")).server(1, &ready("PUB"));
    lan.client(1, b"\x00\x06\x01WAKTU").client(1, b"\x00\x06\x01WAKTU").client(1, b"\x00\x01\x01");
    lan.client(1, b"\x00\x06\x00WAKTU").client(1, b"\x00\x06\x00WAKTU");
    lan.client(1, b"\x00\x06\x00OTHER").client(1, &command("CANCEL", b""));
    lan.server(1, &message(&[b"WAKTU 1"]));
    let says = said(&lan);
    let form = "(a message, the form of ZMTP 3.0)";
    assert_eq!(says[7], format!("SUB subscribes to \"WAKTU\" {form}"));
    assert_has(&says[8], "it takes 2 cancellations now");
    assert_has(&says[9], "SUB subscribes to \"\", which is everything, (a message");
    assert_has(&says[10], &format!("SUB cancels \"WAKTU\" {form}; 1 of the same remain"));
    assert_eq!(says[11], format!("SUB cancels \"WAKTU\" {form}"));
    assert_has(&says[12], "no such subscription was seen");
    assert_has(&says[13], "SUB cancels \"\" (the command CANCEL, the form of ZMTP 3.1)");
    assert_has(&says[13], "a command to a peer of ZMTP 3.0, which wants a message");
    assert_has(&says[14], "still under way after the cancellation #12");
    assert_has(&lan.report(), ", ZMTP 3.0, PUB/SUB");
}

/// [REQ-gen-02], [REQ-fmt-01]
#[test]
fn requests_out_of_step_are_seen() {
    let mut lan = Lan::default();
    // The REP connected and the REQ bound: the roles are READY's.
    open(&mut lan, 1, "REP", "REQ");
    lan.server(1, &message(&[b"", b"a"])).client(1, &message(&[b"", b"A"]));
    lan.server(1, &message(&[b"", b"b"])).server(1, &message(&[b"", b"c"]));
    lan.server(1, &message(&[b"bare"])).segment(1, true, FIN | ACK, b"");
    let report = lan.report();
    assert_has(&report, "REP connected to REQ; REQ (server) had bound");
    assert_has(&report, "request 1 #8 \"a\" ↔ reply 1 #9 \"A\" (+1.0 ms)");
    assert_has(&report, "4 requests, 1 reply, +1.0 ms on average; not in lock-step: up to 3");
    assert_has(&report, "request 3: empty delimiter MORE | \"c\", sent before reply 2");
    assert_has(&report, "no empty delimiter and body, as a request has [REQ-fmt-01]");
    assert_has(&report, "3 requests without a reply (#10 #11 #12)");
    // A DEALER may. [DEALER-gen-03]
    let mut lan = Lan::default();
    open(&mut lan, 1, "DEALER", "REP");
    for _ in 0..2 {
        lan.client(1, &message(&[b"id", b"", b"a"]));
    }
    assert_has(&lan.report(), "up to 2 requests in flight, as a DEALER may");
}

/// [PLAIN-02] to [PLAIN-06], and the order of both mechanisms.
#[test]
fn plain_is_followed_and_its_password_not_shown() {
    let plain = |as_server| greeting(1, b"PLAIN", as_server);
    let hello = command("HELLO", b"\x05alice\x06secret");
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &plain(0)).server(1, &plain(1));
    lan.client(1, &hello).server(1, &command("WELCOME", b""));
    lan.client(1, &command("INITIATE", &metadata("PUSH"))).server(1, &ready("PULL"));
    lan.client(1, &message(&[b"x"]));
    let says = said(&lan);
    assert_eq!(says[5], "HELLO user name \"alice\", password of 6 bytes in the clear");
    assert_eq!(says[9], "message 1 PUSH→PULL: \"x\"");
    let report = lan.report();
    assert!(!report.contains("secret") && !report.contains("violation"), "{report}");
    let shown = explain(&pcap(&lan.frames), &Options::default(), true).0;
    assert!(!shown.contains("secret") && shown.contains("6 bytes, not shown"), "{shown}");
    // As libzmq has it: as-server 0 on both sides, and ERROR misspelt.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &plain(0)).server(1, &plain(0)).client(1, &hello);
    lan.server(1, b"\x04\x09\x5eRROR\x03400");
    let says = said(&lan);
    assert_has(&says[4], "HELLO shows the client [PLAIN-02]");
    assert_has(&says[6], "ERROR \"400\": the handshake has failed");
    assert_has(&says[6], "malformed: ERROR misspelt as 5e RROR, as libzmq's PLAIN server does");
    assert_eq!(lan.report().matches("== protocol violation").count(), 1);
    // Refused; both client; out of order.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &plain(0)).server(1, &plain(0)).client(1, &message(&[b"x"]));
    lan.client(1, &command("INITIATE", b"")).server(1, &command("ERROR", b"\x03bad"));
    lan.server(1, b"").segment(1, false, FIN | ACK, b"");
    let report = lan.report();
    for words in ["[PLAIN-02]", "[PLAIN-07]", "the client's HELLO that comes next [PLAIN-05]"] {
        assert_has(&report, words);
    }
    assert_has(&report, "ERROR \"bad\": the handshake has failed, the connection ends");
    assert_has(&report, "closed after the ERROR #8 [ZMTP-3.0-error-01]");
}

#[test]
fn what_comes_at_the_wrong_time_is_told_with_its_clause() {
    type Row<'a> = (Vec<u8>, Vec<u8>, &'a [Vec<u8>], &'a str);
    let table: [Row<'_>; 6] = [
        (null(), null(), &[message(&[b"x"])], "[ZMTP-3.0-null-02]"),
        (null(), null(), &[command("PING", b"\x00\x00")], "[ZMTP-3.0-null-02]"),
        (null(), null(), &[ready("PUSH"), ready("PUSH")], "[ZMTP-3.0-null-02]"),
        (null(), null(), &[ready("PUSH"), message(&[b"x"])], "[ZMTP-3.1-null-05]"),
        (null(), greeting(1, b"PLAIN", 0), &[], "[ZMTP-3.0-mech-05]"),
        (greeting(1, b"NULL", 1), null(), &[], "[ZMTP-3.0-null-06]"),
    ];
    for (client, server, frames, clause) in table {
        let mut lan = Lan::default();
        dial(&mut lan, 1);
        lan.client(1, &client).server(1, &server);
        for frame in frames {
            lan.client(1, frame);
        }
        assert_has(&lan.report(), clause);
    }
    // [ZMTP-3.0-meta-07], [PULL-gen-01]
    let mut lan = Lan::default();
    open(&mut lan, 1, "REQ", "PUB");
    assert_has(&lan.report(), "REQ and PUB do not fit together [ZMTP-3.0-meta-07]");
    let mut lan = Lan::default();
    open(&mut lan, 1, "PULL", "PUSH");
    lan.client(1, &message(&[b"x"]));
    assert_has(&lan.report(), "PULL only receives [PULL-gen-01]");
}

/// [ZMTP-3.1-ping-02]
#[test]
fn heartbeats_are_paired_by_their_context() {
    let mut lan = Lan::default();
    open(&mut lan, 1, "PULL", "PUSH");
    lan.server(1, &command("PING", b"\x00\x0ahi")).client(1, &command("PONG", b"hi"));
    lan.server(1, &command("PING", b"\x00\x00")).client(1, &command("PONG", b"ho"));
    let says = said(&lan);
    assert_eq!(says[7], "PING TTL 1.0 s, context \"hi\"");
    assert_eq!(says[8], "PONG, context \"hi\" (+1.0 ms after #8)");
    assert_has(&says[10], "no PING in the capture has its context");
    assert_has(&lan.report(), "heartbeats: PONG of client #9 #11, PING of server #8 #10");
}

/// [ZMTP-3.0-greeting-06], [ZMTP-3.0-greeting-11]
#[test]
fn a_greeting_is_found_however_it_comes() {
    let whole = |lan: &mut Lan| {
        lan.client(1, &ready("REQ")).server(1, &ready("REP"));
        lan.client(1, &message(&[b"", b"Hello"]));
        let report = lan.report();
        assert_has(&report, ", ZMTP 3.1, REQ/REP");
        assert_has(&report, "ZMTP greeting of both: signature, version 3.1, mechanism NULL");
        assert_within(&lan.frames);
    };
    // Byte by byte, both sides in turn.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    for byte in null() {
        lan.client(1, &[byte]).server(1, &[byte]);
    }
    whole(&mut lan);
    // 10, 1 and 53 bytes; and one side with its READY behind it.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    for part in [0..10, 10..11, 11..64] {
        lan.client(1, &null()[part]);
    }
    lan.server(1, &null());
    whole(&mut lan);
    // One side alone.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &[null(), ready("SUB"), command("SUBSCRIBE", b"a")].concat());
    let report = lan.report();
    assert_has(&report, "nothing that server sent is in the capture");
    assert_has(&report, "SUB subscribes to \"a\"");
    assert_has(&report, "one segment carries the end of the greeting and 2 commands");
}

#[test]
fn what_only_looks_like_it_is_not_claimed() {
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.server(1, b"\xff\xfd\x18").server(1, b"\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27");
    lan.client(1, b"\xff\xfb\x18");
    let report = lan.report();
    assert_has(&report, "application protocol not recognised");
    // From the middle: messages alone are nothing, a clear command is.
    let mut lan = Lan::default();
    lan.client(1, &message(&[b"", b"Hello\x01"])).server(1, &message(&[b"", b"World\x01"]));
    assert!(!lan.report().contains("ZMTP"), "{}", lan.report());
    lan.client(1, &command("PING", b"\x00\x0a"));
    lan.client(1, &message(&[b"x"]));
    let report = lan.report();
    assert_has(&report, ", ZMTP");
    assert_has(&report, "message 1: \"x\"");
    assert!(!report.contains("violation"), "{report}");
    // An older peer is named, and something else is no peer.
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &null()[..11]).server(1, b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x04\x00");
    lan.client(1, b"\x03\x00\x00");
    let report = lan.report();
    assert_has(&report, "version 2.0, which is not read here");
    assert_has(&report, "3 bytes of ZMTP 2.0, which is not read here");
    let mut lan = Lan::default();
    dial(&mut lan, 1);
    lan.client(1, &null()).server(1, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_has(&lan.report(), "that begin with no greeting");
}

#[test]
fn a_long_message_spans_segments_and_names_them() {
    let body = vec![b'y'; 3000];
    let bytes = message(&[b"head", &body]);
    let mut lan = Lan::default();
    open(&mut lan, 1, "PUSH", "PULL");
    for part in bytes.chunks(1000) {
        lan.client(1, part);
    }
    let says = said(&lan);
    assert_has(&says[7], "a frame of a message begins: 994 of 3009 bytes are there");
    assert_has(&says[7], "a message of which more follows: 1 frame so far");
    assert_has(&says[10], "message 1 PUSH→PULL: \"head\" MORE | \"yyy");
    assert_has(&says[10], "complete with 3009 bytes that begin in #8");
    assert_within(&lan.frames);
    let fields = layers(&lan.frames)[10].clone();
    let last = fields.iter().find(|layer| layer["proto"] == "zmtp").expect("a layer");
    let body = last["fields"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&body["name"], &body["begins"]), (&"body".into(), &8.into()));
    assert_eq!((&body["off"], &body["len"]), (&54.into(), &15.into()));
}

#[test]
fn a_gap_is_told_and_reading_goes_on() {
    let mut lan = Lan::default();
    open(&mut lan, 1, "PULL", "PUSH");
    for text in [b"one", b"two", b"six"] {
        lan.server(1, &message(&[text]));
    }
    lan.frames.remove(8);
    lan.segment(1, true, ACK, b"");
    let text = explained(&pcap(&lan.frames));
    assert_has(&text, "bytes before it are not in the capture");
    assert_has(&text, "\"six\"");
}

/// A client's stream in which every command and both lengths of a frame occur.
fn stream() -> Vec<u8> {
    let long = [b'y'; 300];
    [
        null(),
        ready("SUB"),
        command("SUBSCRIBE", b"a"),
        b"\x00\x02\x01b".to_vec(),
        command("PING", b"\x00\x0ahi"),
        command("PONG", b""),
        command("CANCEL", b"a"),
        message(&[b"", b"x", &long]),
        command("ERROR", b"\x03bad"),
        command("HELLO", b"\x01u\x01p"),
        command("WELCOME", b""),
        command("INITIATE", &metadata("REQ")),
    ]
    .concat()
}

/// The layers of the client's frames, as the names of their fields.
fn read(frames: &[Vec<u8>]) -> Vec<String> {
    let zmtp = layers(frames).into_iter().flatten().filter(|layer| layer["proto"] == "zmtp");
    let fields = zmtp.flat_map(|layer| layer["fields"].as_array().unwrap().clone());
    // Of the greeting the parts are shown as well as the whole.
    let name = |field: serde_json::Value| format!("{} {}", field["name"], field["value"]);
    let all: Vec<String> = fields.map(name).collect();
    let frames = all.iter().position(|field| field.starts_with("\"reserved\"")).expect("a frame");
    all[frames..].to_vec()
}

proptest! {
    #![proptest_config(cases(64))]

    /// However the stream is cut into segments.
    #[test]
    fn segments_change_nothing_of_what_is_read(
        cuts in prop::collection::btree_set(1usize..600, 0..12),
    ) {
        let stream = stream();
        let mut whole = Lan::default();
        dial(&mut whole, 1);
        whole.client(1, &stream);
        let mut cut = Lan::default();
        dial(&mut cut, 1);
        let mut from = 0;
        for to in cuts.into_iter().filter(|to| *to < stream.len()).chain([stream.len()]) {
            cut.client(1, &stream[from..to]);
            from = to;
        }
        assert_within(&cut.frames);
        prop_assert_eq!(read(&cut.frames), read(&whole.frames));
    }

    /// A capture with damaged bytes, cut frames and missing frames is told to its end.
    #[test]
    fn damage_does_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        missing in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        snap in 54usize..400,
        pieces in 1usize..90,
    ) {
        let mut stream = stream();
        for (at, byte) in damage {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let mut lan = Lan::default();
        open(&mut lan, 2, "SUB", "PUB");
        lan.server(2, &stream[64..]).client(2, &stream[64..]);
        dial(&mut lan, 1);
        for piece in stream.chunks(pieces) {
            lan.client(1, piece).server(1, piece);
        }
        lan.segment(1, true, FIN | PSH | ACK, b"");
        for at in missing {
            let at = at.index(lan.frames.len());
            lan.frames.remove(at);
        }
        assert_analysed(&lan.frames, snap);
    }
}
