//! Capture files: formats, byte orders, clocks, names, damage.

use crate::build::{self, ACK, CAPTURES, PSH, Pcapng, capture, explain, pcap_with, tcp};
use proptest::prelude::*;
use wirelab::explain::Options;
use wirelab::frame::CapturedFrame;
use wirelab::savefile::{BLOCK_MAX, Error, Format, Savefile};

fn read(bytes: &[u8]) -> (Vec<CapturedFrame>, Option<Error>) {
    let mut frames = Vec::new();
    let mut savefile = match Savefile::open(bytes) {
        Ok(savefile) => savefile,
        Err(error) => return (frames, Some(error)),
    };
    loop {
        match savefile.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

#[test]
fn pcap_in_both_byte_orders_and_resolutions() {
    let frames = [tcp(true, 1, 1, ACK, b"a"), tcp(false, 1, 1, PSH | ACK, b"bc")];
    for big in [false, true] {
        for nanoseconds in [false, true] {
            let (read, error) = read(&pcap_with(&frames, 1, big, nanoseconds));
            assert_eq!(error, None);
            assert_eq!(read.len(), 2);
            assert_eq!(read[1].bytes, frames[1]);
            assert_eq!(read[1].time_ns, 1_700_000_000_001_000_000, "{big} {nanoseconds}");
            assert_eq!(read[1].number, 2);
        }
    }
}

#[test]
fn the_upper_half_of_the_link_type_is_not_the_type() {
    let (frames, _) = read(&pcap_with(&[vec![0; 60]], 0x2400_0001, false, false));
    assert_eq!(frames[0].link_type.0, 1);
}

#[test]
fn pcapng_clocks_interfaces_and_sections() {
    for big in [false, true] {
        let mut file = Pcapng::new(big);
        file.interface(1, None, 0); // microseconds
        file.interface(113, Some(9), 0); // nanoseconds
        file.interface(0, Some(0x8a), 0); // 1/1024 s
        file.interface(101, Some(3), -5); // milliseconds, five seconds back
        file.frame(0, 7_000_000, b"x", None);
        file.frame(1, 7_000_000_000, b"xy", None);
        file.frame(2, 7 * 1024 + 512, b"xyz", None);
        file.frame(3, 12_000, b"xyzw", None);
        file.section(!big);
        file.interface(276, None, 0);
        file.frame(0, 8_000_000, b"new section", None);
        let (frames, error) = read(&file.bytes);
        assert_eq!(error, None);
        let times: Vec<u64> = frames.iter().map(|f| f.time_ns / 1_000_000).collect();
        assert_eq!(times, [7000, 7000, 7500, 7000, 8000]);
        let links: Vec<u32> = frames.iter().map(|f| f.link_type.0).collect();
        assert_eq!(links, [1, 113, 0, 101, 276]);
        assert_eq!(frames[0].bytes, &b"x"[..], "without padding");
    }
}

#[test]
fn names_and_comments() {
    let mut file = Pcapng::new(false);
    file.interface(1, Some(9), 0);
    file.names(&[([10, 0, 0, 3].into(), "mqtt-sub"), ("::1".parse().unwrap(), "here")]);
    file.frame(0, 1, &tcp(true, 5, 0, build::SYN, b""), Some("look: \x1b[31m"));
    file.frame(0, 2, &tcp(false, 7, 6, build::SYN | ACK, b""), None);
    let mut savefile = Savefile::open(file.bytes.as_slice()).unwrap();
    assert_eq!(savefile.format(), Format::Pcapng);
    let frame = savefile.next_frame().unwrap().unwrap();
    assert_eq!(frame.comment.as_deref(), Some("look: \x1b[31m"));
    assert_eq!(savefile.names()[&"10.0.0.3".parse().unwrap()], "mqtt-sub");
    assert_eq!(savefile.names()[&"::1".parse().unwrap()], "here");
    let text = build::explained(&file.bytes);
    assert!(text.contains("mqtt-sub→server"), "{text}");
    assert!(text.contains("file says: look: \\x1b[31m"), "{text}");
}

#[test]
fn a_comment_that_repeats_what_is_said_anyway_is_not_printed() {
    let mut file = Pcapng::new(false);
    file.interface(1, Some(9), 0);
    file.frame(0, 1, &tcp(true, 5, 0, build::SYN, b""), Some("handshake 1 of 3: SYN"));
    let text = build::explained(&file.bytes);
    assert!(text.contains("handshake 1 of 3: SYN") && !text.contains("file says"), "{text}");
}

#[test]
fn simple_packets_and_unknown_blocks() {
    let mut file = Pcapng::new(false);
    file.interface(1, None, 0);
    let mut body = file.u32(3).to_vec();
    body.extend(b"abc");
    file.block(3, &body);
    file.block(0x0bad, &[0; 40]);
    file.block(3, &body);
    let (frames, error) = read(&file.bytes);
    assert_eq!(error, None);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].bytes, &b"abc"[..]);
}

#[test]
fn a_snap_length_cuts_frames() {
    let frame = tcp(true, 100, 1, PSH | ACK, b"0123456789");
    let mut file = pcap_with(&[], 1, false, false);
    for word in [0, 0, 58, frame.len() as u32] {
        file.extend(u32::to_le_bytes(word));
    }
    file.extend(&frame[..58]);
    let (frames, _) = read(&file);
    assert!(frames[0].is_cut());
    let text = build::explained(&file);
    assert!(text.contains("PSH,ACK 10 B") && text.contains("\"0123…\""), "{text}");
    assert!(text.contains("1 frame was cut by the snap length"), "{text}");
    assert!(!text.contains("note at byte"), "a cut frame is not a wrong one: {text}");
}

#[test]
fn foreign_and_damaged_files_say_what_and_where() {
    let good = pcap_with(&[tcp(true, 1, 1, ACK, b"a")], 1, false, false);
    let mut long = pcap_with(&[], 1, false, false);
    for word in [0, 0, u32::MAX, u32::MAX] {
        long.extend(u32::to_le_bytes(word));
    }
    let mut block = Pcapng::new(false).bytes;
    block.extend([6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff]);
    let mut nobody = Pcapng::new(false);
    nobody.frame(3, 0, b"x", None);
    let table: [(&[u8], u64, &str); 9] = [
        (b"", 0, "empty"),
        (b"\x1f\x8b\x08\x00", 0, "gzip"),
        (b"hello, world", 0, "not a capture file"),
        (b"\xd4", 0, "too short"),
        (&good[..20], 20, "within the pcap header"),
        (&good[..30], 24, "within the header of frame 1"),
        (&long, 24, "damaged"),
        (&block, 28, "damaged"),
        (&nobody.bytes, 28, "interface 3"),
    ];
    for (bytes, offset, what) in table {
        let (_, error) = read(bytes);
        let error = error.unwrap_or_else(|| panic!("{what}: no error"));
        assert_eq!(error.offset, offset, "{error}");
        assert!(error.what.contains(what), "{error}");
        assert!(!error.what.contains('\n'));
    }
}

#[test]
fn what_stands_before_the_damage_is_explained() {
    let whole = capture("tcp.pcap");
    let (text, result) = explain(&whole[..700], &Options::default(), false);
    let failure = result.expect_err("damaged");
    assert_eq!(failure.code, 1);
    assert!(failure.message.contains("at byte 662"), "{}", failure.message);
    assert!(text.contains("response 1 (+1.5 ms)"), "{text}");
    assert!(text.contains("summary: 8 frames"), "{text}");
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    // Within the limit, but not there: only what is there is read.
    let mut file = pcap_with(&[], 1, false, false);
    for word in [0, 0, BLOCK_MAX as u32, BLOCK_MAX as u32] {
        file.extend(u32::to_le_bytes(word));
    }
    let (frames, error) = read(&file);
    assert!(frames.is_empty());
    assert!(error.unwrap().what.contains("0 of 16777216 bytes"));
}

/// Everything that can be shown of these bytes, whatever they are.
fn shown_in_every_way(bytes: &[u8]) {
    let all = Options::default();
    let _ = explain(bytes, &all, true);
    let _ = explain(bytes, &Options { bytes: true, ..all.clone() }, false);
    let _ = explain(bytes, &Options { follow: Some(0), ..all }, false);
}

#[test]
fn every_prefix_of_every_capture_is_no_panic() {
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let whole = read(&bytes).0.len();
        for end in 0..bytes.len() {
            let (frames, _) = read(&bytes[..end]);
            assert!(frames.len() < whole);
            if end % 97 == 0 {
                shown_in_every_way(&bytes[..end]);
            }
        }
    }
}

#[test]
fn every_single_byte_corruption_of_a_capture_is_no_panic() {
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let mut changed = bytes.clone();
        for i in 0..bytes.len() {
            changed[i] ^= if i % 2 == 0 { 0xff } else { 0x01 };
            if name == "tcp" || i % 41 == 0 {
                let _ = explain(&changed, &Options::default(), false);
            }
            changed[i] = bytes[i];
        }
    }
}

proptest! {
    #![proptest_config(crate::build::cases(256))]

    #[test]
    fn arbitrary_bytes_are_no_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        head in 0usize..4,
    ) {
        let mut file = match head {
            0 => Vec::new(),
            1 => pcap_with(&[], 1, false, false),
            2 => Pcapng::new(false).interface(1, None, 0).bytes.clone(),
            _ => Pcapng::new(true).interface(276, Some(9), 0).bytes.clone(),
        };
        file.extend(bytes);
        shown_in_every_way(&file);
    }

    #[test]
    fn corrupted_pcapng_is_no_panic(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut file = Pcapng::new(false);
        file.interface(1, Some(9), 3).names(&[([10, 0, 0, 3].into(), "a")]);
        file.frame(0, 1, &tcp(true, 5, 0, build::SYN, b""), Some("c"));
        file.frame(0, 2, &tcp(true, 6, 0, PSH | ACK, b"text"), Some("c"));
        let at = at.index(file.bytes.len());
        file.bytes[at] = with;
        shown_in_every_way(&file.bytes);
    }
}
