//! Conversations: reassembly against a naive model, and what is said of each kind of segment.

use crate::build::{ACK, FIN, PSH, RST, SYN, explain, handshake, pcap, says, tcp, tcp_from};
use proptest::prelude::*;
use std::collections::BTreeMap;
use wirelab::conversation::{Arrival, Chunk, Delivery, Stream, WAITING_BYTES_MAX};
use wirelab::explain::Options;

fn chunk(frame: u64, offset: u64, bytes: &[u8]) -> Chunk {
    Chunk {
        offset,
        len: bytes.len() as u64,
        bytes: bytes.to_vec().into(),
        frame,
        at: 0,
        time_ns: frame,
        pushed: true,
    }
}

/// Every byte of what was delivered with its offset and frame; gaps are passed over.
fn flatten(deliveries: &[Delivery]) -> Vec<(u64, u8, u64)> {
    let mut bytes = Vec::new();
    for delivery in deliveries {
        if let Delivery::Chunk(chunk) = delivery {
            assert_eq!(chunk.len, chunk.bytes.len() as u64);
            let all = (chunk.offset..).zip(chunk.bytes.iter());
            bytes.extend(all.map(|(at, byte)| (at, *byte, chunk.frame)));
        }
    }
    bytes
}

proptest! {
    #![proptest_config(crate::build::cases(1500))]

    /// Segments in any order, any number of times, overlapping, and with bytes that contradict
    /// each other: the first copy of a byte counts, and its frame is the one that is named.
    /// [9293-3.10.7.4-01]
    #[test]
    fn reassembly_is_what_a_naive_model_gives(
        segments in proptest::collection::vec((0u64..60, 0usize..25), 1..60),
    ) {
        let mut stream = Stream::default();
        let mut model: BTreeMap<u64, (u8, u64)> = BTreeMap::new();
        let mut out = Vec::new();
        for (frame, (offset, len)) in (1u64..).zip(&segments) {
            let bytes: Vec<u8> = (0..*len).map(|i| (frame as usize * 31 + i) as u8).collect();
            stream.insert(chunk(frame, *offset, &bytes), &mut out);
            for (at, byte) in (*offset..).zip(&bytes) {
                model.entry(at).or_insert((*byte, frame));
            }
            let prefix = (0u64..100).take_while(|at| model.contains_key(at)).count() as u64;
            prop_assert_eq!(stream.next(), prefix);
        }
        let expected: Vec<_> = (0u64..100)
            .map_while(|at| model.get(&at).map(|(byte, frame)| (at, *byte, *frame)))
            .collect();
        prop_assert_eq!(flatten(&out), expected);
        // The rest comes when the holes are given up.
        stream.finish(&mut out);
        let all: Vec<_> = model.iter().map(|(at, (byte, frame))| (*at, *byte, *frame)).collect();
        prop_assert_eq!(flatten(&out), all);
        let covered: u64 = out.iter().map(|d| match d {
            Delivery::Chunk(chunk) => chunk.len,
            Delivery::Gap(_, len) => *len,
        }).sum();
        prop_assert_eq!(covered, stream.next());
    }

    /// [9293-3.4-01] A text cut into shuffled segments of a real conversation comes out whole,
    /// wherever the sequence numbers wrap. [9293-3.1-02] The first byte is the SYN's number and 1.
    #[test]
    fn a_shuffled_conversation_reads_as_one_text(
        first in prop_oneof![Just(u32::MAX - 20), any::<u32>()],
        cuts in proptest::collection::vec(1usize..9, 1..12),
        order in any::<u64>(),
    ) {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(cuts.iter().sum()).collect();
        let mut frames = handshake(first, 77);
        let mut segments = Vec::new();
        let mut at = 0;
        for cut in &cuts {
            let seq = first.wrapping_add(1 + at as u32);
            segments.push(tcp(true, seq, 78, PSH | ACK, &text[at..at + cut]));
            at += cut;
        }
        let mut state = order;
        for i in (1..segments.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            segments.swap(i, (state >> 33) as usize % (i + 1));
        }
        frames.extend(segments);
        let options = Options { follow: Some(0), ..Options::default() };
        let (followed, _) = explain(&pcap(&frames), &options, true);
        let joined: String = followed
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|event| event["text"].as_str().unwrap().to_owned())
            .collect();
        prop_assert_eq!(joined.as_bytes(), text.as_slice());
    }

    #[test]
    fn arbitrary_segments_are_no_panic(
        segments in proptest::collection::vec(
            (any::<bool>(), any::<u32>(), any::<u32>(), any::<u8>(), 0usize..20, any::<bool>()),
            0..40,
        ),
    ) {
        let mut frames = handshake(0, 0);
        for (from_client, seq, ack, flags, len, near) in segments {
            // Near the window, so that states are reached, or anywhere.
            let (seq, ack) = if near { (seq % 64, ack % 64) } else { (seq, ack) };
            frames.push(tcp(from_client, seq, ack, flags, &b"abcdefghijklmnopqrstuvwxyz"[..len]));
        }
        let (text, result) = explain(&pcap(&frames), &Options::default(), false);
        prop_assert!(result.is_ok());
        prop_assert!(text.contains("summary"));
        let _ = explain(&pcap(&frames), &Options { follow: Some(0), ..Options::default() }, false);
    }
}

#[test]
fn a_hole_is_given_up_when_the_receiver_has_it_or_too_much_waits() {
    let (mut stream, mut out) = (Stream::default(), Vec::new());
    assert_eq!(stream.insert(chunk(1, 4, b"late"), &mut out), Arrival::Early(4));
    assert_eq!(out, []);
    stream.acknowledged(8, &mut out);
    assert_eq!(out[0], Delivery::Gap(0, 4));
    assert_eq!(stream.next(), 8);
    out.clear();
    let block = vec![0; 1 << 16];
    for i in 0..40 {
        stream.insert(chunk(i, 100 + (i << 16), &block), &mut out);
        let delivered: usize = flatten(&out).len();
        let waiting = (i as usize + 1) * block.len() - delivered;
        assert!(waiting <= WAITING_BYTES_MAX, "{waiting}");
    }
    assert_eq!(out[0], Delivery::Gap(8, 92));
}

/// The handshake and then these segments: what is said of them.
pub(crate) fn after_handshake(segments: &[Vec<u8>]) -> Vec<String> {
    let mut frames = handshake(1000, 5000);
    frames.extend_from_slice(segments);
    says(&frames).split_off(3)
}

pub(crate) fn from_client(seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    tcp(true, 1001 + seq, 5001 + ack, flags | ACK, data)
}

pub(crate) fn from_server(seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    tcp(false, 5001 + seq, 1001 + ack, flags | ACK, data)
}

/// [9293-3.8.1-01]
#[test]
fn loss_and_repetition_are_named() {
    let says = after_handshake(&[
        from_client(0, 0, PSH, b"abc"),
        from_client(6, 0, PSH, b"ghi"),
        from_server(0, 3, 0, b""),
        from_server(0, 3, 0, b""),
        from_client(3, 0, PSH, b"def"),
        from_client(3, 0, PSH, b"def"),
        from_client(6, 0, PSH, b"ghijk"),
        from_server(0, 11, 0, b""),
    ]);
    assert_eq!(says[0], "request 1");
    assert_eq!(says[1], "out of order: 3 bytes before it not seen yet");
    assert_eq!(says[2], "acknowledges #4 (3 bytes), ACK alone");
    assert_eq!(says[3], "duplicate ACK: still waits for an earlier segment");
    assert!(says[4].starts_with("fills the hole before what had come early; request 2"));
    assert_eq!(says[5], "retransmission of #8");
    assert!(says[6].starts_with("its first 3 bytes had been sent before; request 4"), "{says:?}");
    assert_eq!(says[7], "acknowledges #5 #8 #9 #10 (8 bytes), ACK alone");
}

pub(crate) fn report(frames: &[Vec<u8>]) -> String {
    explain(&pcap(frames), &Options { summary: true, ..Options::default() }, false).0
}

fn report_after_handshake(segments: &[Vec<u8>]) -> String {
    let mut frames = handshake(1000, 5000);
    frames.extend_from_slice(segments);
    report(&frames)
}

/// [9293-3.6-01] A FIN ends one half, [9293-3.6-02] each FIN has its ACK, and [9293-3.4-02] that
/// ACK is one number further though no byte came.
#[test]
fn closes_are_told_as_they_were() {
    let four = [
        from_server(0, 0, FIN, b""),
        from_client(0, 1, 0, b""),
        from_client(0, 1, FIN, b""),
        from_server(1, 1, 0, b""),
    ];
    let text = report_after_handshake(&four);
    let line = "close: server FIN #4, ACK #5, client FIN #6, ACK #7 \
                (4 segments; server closed first)";
    assert!(text.contains(line), "{text}");
    let text = report_after_handshake(&four[..2]);
    let line = "close: server FIN #4, ACK #5 (server closed first; the other half still open at \
                end of capture)";
    assert!(text.contains(line), "{text}");
    assert!(report_after_handshake(&[]).contains("== still open at end of capture"));
}

/// [9293-3.5.1-01], [9293-3.5.2-01], [9293-3.6.1-01], [9293-3.10.5-01]: four causes, as they look.
#[test]
fn resets_are_told_with_their_reason() {
    let data = from_server(0, 0, PSH, b"x");
    let table: [(Vec<Vec<u8>>, &str); 4] = [
        (
            vec![data.clone(), from_client(0, 1, RST, b"")],
            "client RST #5 (closed without a FIN, as",
        ),
        (
            vec![from_client(0, 0, RST, b"")],
            "client RST #4 (closed without a FIN, the program gave",
        ),
        (
            vec![from_client(0, 0, FIN, b""), data.clone(), tcp(true, 1002, 0, RST, b"")],
            "client RST #6 (the other end still sent after the close)",
        ),
        (vec![data, tcp(true, 1001, 0, RST, b"")], "client RST #5 (it does not know this conn"),
    ];
    for (segments, line) in table {
        let text = report_after_handshake(&segments);
        assert!(text.contains(line), "{line}\n{text}");
    }
    let torn = [&handshake(1000, 5000)[..2], &[from_client(0, 0, RST, b"")]].concat();
    assert!(report(&torn).contains("handshake #1 #2; not completed"), "{}", report(&torn));
    let refused = [tcp(true, 1000, 0, SYN, b""), tcp(false, 0, 1001, RST | ACK, b"")];
    let text = report(&refused);
    assert!(text.contains("server RST #2 (refused, nothing listens on this port)"), "{text}");
}

#[test]
fn a_capture_can_begin_in_the_middle() {
    let frames = [from_client(10, 4, PSH, b"halo"), from_server(4, 14, PSH, b"Echo: halo")];
    let all = says(&frames);
    assert_eq!(all[0], "capture starts mid-connection; request 1");
    assert_eq!(all[1], "response 1 (+1.0 ms); ACK rides on data: acknowledges #1 (4 bytes)");
    let text = report(&frames);
    assert!(text.contains("== capture starts mid-connection"), "{text}");
    assert!(!text.contains("client 10"), "nobody knows who opened: {text}");
    assert!(!text.contains("bye not sent"), "{text}");
}

#[test]
fn an_answer_at_the_beginning_is_not_taken_for_a_request() {
    let says = says(&[
        from_server(4, 14, PSH, b"Echo: halo"),
        from_client(14, 14, PSH, b"again"),
        from_server(14, 19, PSH, b"Echo: again"),
    ]);
    let first = "capture starts mid-connection; answers a request from before the capture";
    assert_eq!(says[0], first);
    assert!(says[1].starts_with("request 1"), "{says:?}");
    assert!(says[2].starts_with("response 1 (+1.0 ms)"), "{says:?}");
}

#[test]
fn the_same_ports_can_be_opened_anew() {
    let mut frames = handshake(1000, 5000);
    frames.push(tcp(true, 1000, 0, SYN, b""));
    frames.extend(handshake(90_000, 80_000));
    let says = says(&frames);
    assert!(says[3].starts_with("sent again, first in #1"), "{says:?}");
    assert!(says[4].starts_with("the ports of conversation 0, opened anew; handshake 1 of 3"));
    assert!(report(&frames).contains("2 TCP conversations"));
}

#[test]
fn bytes_that_the_capture_missed_are_told() {
    let text = report_after_handshake(&[
        from_client(0, 0, PSH, b"abc"),
        from_client(9, 0, PSH, b"jkl"),
        from_server(0, 12, 0, b""),
    ]);
    assert!(text.contains("1 segment out of order, 6 bytes not in the capture"), "{text}");
}

#[test]
fn what_waits_at_the_end_is_not_lost() {
    let mut frames = handshake(1000, 5000);
    frames.push(from_client(4, 0, PSH, b"late"));
    let options = Options { follow: Some(0), ..Options::default() };
    let (text, _) = explain(&pcap(&frames), &options, false);
    assert_eq!(
        text,
        " client→server  #4  0..4  4 bytes are not in the capture\n \
         client→server  #4  4..8  \"late\"\n"
    );
    assert!(report(&frames).contains("4 bytes not in the capture"));
}

#[test]
fn what_waits_in_all_conversations_together_is_bounded() {
    use wirelab::conversation::{Conversations, WAITING_TOTAL_MAX};
    use wirelab::dissect::{Content, Detail, dissect};
    let mut conversations = Conversations::default();
    let data = vec![b'x'; 60_000];
    let (mut sent, mut came) = (0, 0);
    for port in 0..100u16 {
        for i in 0..16u32 {
            // The first segment sets where the stream starts; after it, a byte is missing.
            let seq = if i == 0 { 0 } else { 1 + i * 60_000 };
            let bytes = tcp_from(port + 1, true, seq, 0, PSH | ACK, &data);
            let frame = crate::build::captured(1, wirelab::frame::LinkType::ETHERNET, &bytes);
            let dissection = dissect(&frame, Detail::Values);
            let Content::Tcp(segment) = &dissection.content else { panic!("TCP") };
            let step = conversations.step(&frame, dissection.addresses.unwrap(), segment);
            let chunks = step.deliveries.iter().filter_map(|(_, delivery)| match delivery {
                Delivery::Chunk(chunk) => Some(chunk.bytes.len()),
                Delivery::Gap(..) => None,
            });
            came += chunks.sum::<usize>();
            sent += data.len();
            assert!(sent - came <= WAITING_TOTAL_MAX, "{sent} {came}");
        }
    }
    assert!(sent - came > WAITING_TOTAL_MAX / 2, "the limit was reached: {sent} {came}");
}

#[test]
fn a_number_without_its_flag_means_nothing() {
    // [9293-3.1-03] Without ACK, the field that would acknowledge all three bytes is not read.
    let data = from_client(0, 0, PSH, b"abc");
    let mut without = from_server(0, 3, PSH, b"x");
    without[47] &= !ACK;
    let says = after_handshake(&[data, without]);
    assert_eq!(says[1], "response 1 (+1.0 ms)");
}

#[test]
fn a_segment_covered_in_part_is_waited_for_still() {
    // [9293-3.4-03] The first ACK is within the six bytes, the second behind them.
    let says = after_handshake(&[
        from_client(0, 0, PSH, b"abcdef"),
        from_server(0, 4, 0, b""),
        from_server(0, 6, 0, b""),
    ]);
    assert_eq!(says[1], "acknowledges #4 (4 bytes), ACK alone");
    assert_eq!(says[2], "acknowledges #4 (2 bytes), ACK alone");
}

#[test]
fn a_segment_is_told_in_the_order_in_which_it_is_judged() {
    // [9293-3.10.7-01] ACK, then data (here partly old), then FIN.
    let says = after_handshake(&[
        from_client(0, 0, PSH, b"a"),
        from_server(0, 1, PSH, b"b"),
        from_client(0, 1, PSH | FIN, b"ac"),
    ]);
    let acknowledged = "ACK rides on data: acknowledges #5 (1 byte)";
    let old = "its first 1 byte had been sent before";
    assert_eq!(says[2], format!("request 2; {acknowledged}; {old}; client closes: FIN"));
}

/// A client's ACK with the option for a maximum segment size of 1460.
fn with_mss(mut frame: Vec<u8>) -> Vec<u8> {
    frame.splice(54..54, [2, 4, 5, 0xb4]);
    frame[46] = 6 << 4;
    frame[17] += 4;
    frame
}

#[test]
fn a_maximum_segment_size_counts_in_a_syn_alone() {
    // [9293-3.2-02] The same option, in the SYN and behind it.
    let mut frames = handshake(1000, 5000);
    frames.push(with_mss(from_client(0, 0, 0, b"")));
    assert!(!report(&frames).contains("MSS"), "{}", report(&frames));
    frames[0] = with_mss(frames[0].clone());
    assert!(report(&frames).contains("MSS client 1460, server none"), "{}", report(&frames));
}

#[test]
fn a_push_ends_what_was_written() {
    // [9293-3.9.1.2-01] Two segments and one push: one request. Two pushes: an echo of both may
    // come in one response, for TCP has no messages.
    let says = after_handshake(&[
        from_client(0, 0, 0, b"ha"),
        from_client(2, 0, PSH, b"lo"),
        from_client(4, 0, PSH, b"!"),
        from_server(0, 5, PSH, b"Echo: halo!"),
    ]);
    assert_eq!(says[..2], ["request 1", "request 1 continues"]);
    assert_eq!(says[2], "request 2, sent before response 1");
    assert!(says[3].starts_with("response 2 (+1.0 ms)"), "{says:?}");
}

#[test]
fn who_does_not_wait_is_told_so() {
    let text = report_after_handshake(&[
        from_client(0, 0, PSH, b"a"),
        from_client(1, 0, PSH, b"b"),
        from_server(0, 2, PSH, b"Echo: ab"),
    ]);
    assert!(text.contains("client does not wait: up to 2 requests under way"), "{text}");
    assert!(!text.contains("waits for each reply"), "{text}");
    assert!(!text.contains("without a response"), "one echo answered both: {text}");
}

#[test]
fn a_goodbye_on_the_wire_is_told_so() {
    let segments = [
        from_client(0, 0, PSH, b"a"),
        from_server(0, 1, PSH, b"Echo: a"),
        from_client(1, 7, PSH, b"Bye\n"),
        from_client(5, 7, FIN, b""),
        from_server(7, 6, FIN, b""),
        from_client(6, 8, 0, b""),
    ];
    let text = report_after_handshake(&segments);
    assert!(text.contains("== bye sent in #6"), "{text}");
    let without = [&segments[..2], &[from_client(1, 7, FIN, b"")][..]].concat();
    let text = report_after_handshake(&without);
    assert!(text.contains("== bye not sent: the client closed (#6)"), "{text}");
    // What the server closed says nothing about the client's manners.
    let ends = [from_server(7, 1, FIN, b""), from_client(1, 8, FIN, b"")];
    let server_first = [&segments[..2], &ends[..]].concat();
    assert!(!report_after_handshake(&server_first).contains("bye"));
    // Without the beginning, a goodbye may have been there.
    let middle = [&segments[..2], &[from_client(1, 7, FIN, b"")][..]].concat();
    assert!(!report(&middle).contains("bye"));
}

#[test]
fn many_conversations_are_bounded() {
    let mut frames = Vec::new();
    for i in 0..5000u16 {
        frames.push(tcp_from(10_000 + i, true, u32::from(i), 0, SYN, b""));
    }
    let text = report(&frames);
    assert!(text.contains("5000 TCP conversations"));
    let note = "904 conversations are not listed: more than 4096 at a time are not kept";
    assert!(text.contains(note), "{}", &text[text.len() - 600..]);
}
