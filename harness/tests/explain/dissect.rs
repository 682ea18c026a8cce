//! Headers: hand-made frames as a table, etherparse as an oracle, arbitrary bytes.

use crate::build::{ACK, CAPTURES, PSH, SYN, capture, captured, tcp};
use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use proptest::prelude::*;
use wirelab::dissect::{Checksum, Content, Detail, Dissection, Segment, Value, dissect};
use wirelab::frame::LinkType;
use wirelab::lang::Lang;
use wirelab::savefile::Savefile;

fn read(link: LinkType, bytes: &[u8]) -> Dissection {
    dissect(&captured(1, link, bytes), Detail::Fields)
}

fn segment(dissection: &Dissection) -> &Segment {
    match &dissection.content {
        Content::Tcp(segment) => segment,
        other => panic!("{other:?} {:?}", dissection.notes),
    }
}

fn value(dissection: &Dissection, proto: &str, name: &str) -> (usize, usize, String) {
    let layer = dissection.layers.iter().find(|l| l.proto == proto).expect(proto);
    let field = layer.fields.iter().find(|f| f.name == name).expect(name);
    (field.off, field.len, field.value.to_string())
}

/// The IPv4 packet of a TCP segment, without its Ethernet header.
fn ip_packet() -> Vec<u8> {
    tcp(true, 7, 9, PSH | ACK, b"halo").split_off(14)
}

fn ipv6_packet(extensions: &[u8], first: u8) -> Vec<u8> {
    let tcp = &ip_packet()[20..];
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(((extensions.len() + tcp.len()) as u16).to_be_bytes());
    packet.extend([first, 64]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend(extensions);
    packet.extend(tcp);
    packet
}

#[test]
fn every_link_type_leads_to_the_same_segment() {
    let (ip, ip6) = (ip_packet(), ipv6_packet(&[], 6));
    let with = |head: &[u8], packet: &[u8]| [head, packet].concat();
    let mac = [2u8; 12];
    let sll = [0, 4, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 8, 0];
    let sll2 = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 2, 2, 2, 2, 2, 0, 0];
    let table: [(&str, LinkType, Vec<u8>, usize); 13] = [
        ("ethernet", LinkType::ETHERNET, with(&[&mac[..], &[8, 0]].concat(), &ip), 34),
        (
            "802.1Q",
            LinkType::ETHERNET,
            with(&[&mac[..], &[0x81, 0, 0x60, 5, 8, 0]].concat(), &ip),
            38,
        ),
        (
            "802.1ad",
            LinkType::ETHERNET,
            with(&[&mac[..], &[0x88, 0xa8, 0, 9, 0x81, 0, 0, 5, 8, 0]].concat(), &ip),
            42,
        ),
        ("ethernet v6", LinkType::ETHERNET, with(&[&mac[..], &[0x86, 0xdd]].concat(), &ip6), 54),
        ("sll", LinkType::LINUX_SLL, with(&sll, &ip), 36),
        ("sll2", LinkType::LINUX_SLL2, with(&sll2, &ip), 40),
        ("null le", LinkType::NULL, with(&[2, 0, 0, 0], &ip), 24),
        ("null be", LinkType::NULL, with(&[0, 0, 0, 2], &ip), 24),
        ("null v6 macos", LinkType::NULL, with(&[30, 0, 0, 0], &ip6), 44),
        ("loop", LinkType::LOOP, with(&[0, 0, 0, 2], &ip), 24),
        ("raw v4", LinkType::RAW, ip.clone(), 20),
        ("raw v6", LinkType::RAW, ip6.clone(), 40),
        ("ipv6", LinkType(229), ip6, 40),
    ];
    for (name, link, bytes, tcp_off) in table {
        let dissection = read(link, &bytes);
        let segment = segment(&dissection);
        assert_eq!((segment.seq, segment.ack), (7, 9), "{name}");
        assert_eq!(&bytes[segment.payload.clone()], b"halo", "{name}");
        assert_eq!(dissection.notes, [], "{name}");
        assert_eq!(value(&dissection, "tcp", "flags"), (tcp_off + 13, 1, "PSH,ACK".into()));
    }
}

#[test]
fn vlan_fields_stand_where_they_are() {
    let head = [&[2u8; 12][..], &[0x81, 0, 0x70, 5, 8, 0]].concat();
    let dissection = read(LinkType::ETHERNET, &[head, ip_packet()].concat());
    assert_eq!(value(&dissection, "vlan", "vlan id"), (14, 2, "5".into()));
    assert_eq!(value(&dissection, "vlan", "priority"), (14, 1, "3".into()));
    assert_eq!(value(&dissection, "vlan", "drop eligible"), (14, 1, "1".into()));
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let hop_by_hop_and_destination = [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
    let dissection = read(LinkType::RAW, &ipv6_packet(&hop_by_hop_and_destination, 0));
    assert_eq!(segment(&dissection).seq, 7);
    // [RFC 8200 4.5] a fragment that is not the first is not read as TCP.
    let dissection = read(LinkType::RAW, &ipv6_packet(&[6, 0, 0, 0x10, 0, 0, 0, 1], 44));
    assert_eq!(dissection.content, Content::Fragment(16));
    let dissection = read(LinkType::RAW, &ipv6_packet(&[6, 0, 0, 0, 0, 0, 0, 1], 44));
    assert_eq!(segment(&dissection).seq, 7);
}

#[test]
fn ipv4_options_and_fragments() {
    let mut packet = ip_packet();
    packet[0] = 0x46;
    packet[3] += 4;
    packet.splice(20..20, [148, 4, 0, 0]);
    let dissection = read(LinkType::RAW, &packet);
    assert_eq!(segment(&dissection).payload, 44..48);
    assert_eq!(value(&dissection, "ipv4", "option"), (20, 4, "148 (router alert)".into()));
    let mut packet = ip_packet();
    packet[7] = 3;
    assert_eq!(read(LinkType::RAW, &packet).content, Content::Fragment(24));
    let mut packet = ip_packet();
    packet[6] = 0x20;
    let dissection = read(LinkType::RAW, &packet);
    assert_eq!(segment(&dissection).seq, 7);
    assert!(dissection.notes[0].text.say(Lang::En).contains("first fragment"));
}

/// [9293-3.1-01] The data begins behind the options, at the data offset.
#[test]
fn tcp_options() {
    let options = [
        2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 10, 5, 10, 0, 0, 0, 7, 0, 0,
        0, 9, 1, 0,
    ];
    let mut packet = ip_packet();
    packet[32] = (5 + 8) << 4;
    packet[3] += 32;
    packet.splice(40..40, options);
    let dissection = read(LinkType::RAW, &packet);
    let options = &segment(&dissection).options;
    assert_eq!(segment(&dissection).payload, 72..76);
    assert_eq!((options.mss, options.window_scale), (Some(1460), Some(10)));
    assert!(options.sack_permitted);
    assert_eq!(options.sack, [(7, 9)]);
    assert_eq!(options.timestamps, Some((1, 2)));
    assert_eq!(value(&dissection, "tcp", "maximum segment size"), (40, 4, "1460".into()));
    assert_eq!(value(&dissection, "tcp", "sack"), (60, 10, "7-9".into()));
    assert_eq!(dissection.notes, []);
}

#[test]
fn ethernet_padding_is_not_data() {
    let mut frame = tcp(true, 1, 1, ACK, b"");
    frame.resize(60, 0xee);
    assert_eq!(segment(&read(LinkType::ETHERNET, &frame)).payload_len, 0);
}

#[test]
fn lies_are_noted_with_their_place() {
    let lie = |at: usize, with: u8| {
        let mut frame = tcp(true, 1, 1, PSH | ACK, b"halo");
        frame[at] = with;
        read(LinkType::ETHERNET, &frame)
    };
    let table = [
        (14, 0x65, 14, "version 6"),
        (14, 0x44, 14, "header length of 16"),
        (17, 19, 16, "total length 19"),
        (17, 200, 16, "total length 200"),
        (46, 0x40, 46, "data offset of 16"),
        (46, 0xf0, 46, "reaches past"),
    ];
    for (at, with, place, what) in table {
        let dissection = lie(at, with);
        let note = dissection.notes.first().unwrap_or_else(|| panic!("{what}: no note"));
        assert_eq!(note.off, place, "{note:?}");
        assert!(note.text.say(Lang::En).contains(what), "{note:?}");
    }
    let frame = &tcp(true, 1, 1, ACK, b"")[..40];
    let notes = read(LinkType::ETHERNET, frame).notes;
    assert_eq!(notes.iter().map(|n| n.off).collect::<Vec<_>>(), [16, 40], "{notes:?}");
}

/// The segment of `ip_packet` with a word of options.
fn with_options(options: [u8; 4]) -> Dissection {
    let mut packet = ip_packet();
    packet[32] = 6 << 4;
    packet[3] += 4;
    packet.splice(40..40, options);
    read(LinkType::RAW, &packet)
}

#[test]
fn an_unknown_option_is_stepped_over_and_the_end_ends_the_list() {
    // [9293-3.1-06] Kind 254 with its two bytes, then one that is known.
    let dissection = with_options([254, 2, 4, 2]);
    assert!(segment(&dissection).options.sack_permitted);
    assert_eq!(value(&dissection, "tcp", "option"), (40, 2, "254".into()));
    // [9293-3.2-01] What stands behind the end of the list is no option.
    let dissection = with_options([1, 0, 4, 2]);
    assert!(!segment(&dissection).options.sack_permitted);
    assert_eq!(&dissection.notes, &[]);
    assert_eq!(segment(&dissection).payload_len, 4);
}

/// [9293-3.1-05] Bits that have no meaning yet change none of the others.
#[test]
fn reserved_bits_are_passed_over() {
    let mut packet = ip_packet();
    packet[32] |= 0x0e;
    let (plain, reserved) = (read(LinkType::RAW, &ip_packet()), read(LinkType::RAW, &packet));
    assert_eq!(segment(&reserved).flags, segment(&plain).flags);
    assert_eq!(segment(&reserved).payload, segment(&plain).payload);
    assert_eq!(reserved.notes, []);
}

/// [9293-3.1-07] It is survived, and what stands behind it is not believed.
#[test]
fn an_option_with_a_length_that_cannot_be_ends_the_list() {
    let dissection = with_options([2, 0, 5, 0xb4]);
    assert_eq!(segment(&dissection).options.mss, None);
    assert_eq!(dissection.notes[0].off, 40);
}

/// [9293-3.1-04]
#[test]
fn checksums_are_computed() {
    let frame = tcp(true, 1, 1, PSH | ACK, b"odd");
    let dissection = read(LinkType::ETHERNET, &frame);
    assert_eq!(segment(&dissection).checksum, Checksum::Right);
    assert_eq!(dissection.ip_checksum, Checksum::Right);
    let mut wrong = frame.clone();
    wrong[56] ^= 1;
    assert_eq!(segment(&read(LinkType::ETHERNET, &wrong)).checksum, Checksum::Wrong);
    let mut cut = captured(1, LinkType::ETHERNET, &frame[..56]);
    cut.original_len = frame.len() as u32;
    assert_eq!(segment(&dissect(&cut, Detail::Fields)).checksum, Checksum::Unknown);
}

/// Fields lie within their layers, layers within the frame, and header bytes in some field.
fn well_formed(dissection: &Dissection, len: usize) {
    for layer in &dissection.layers {
        assert!(layer.off + layer.len <= len, "{layer:?}");
        for field in &layer.fields {
            assert!(field.off >= layer.off, "{layer:?} {field:?}");
            assert!(field.off + field.len <= layer.off + layer.len, "{layer:?} {field:?}");
        }
    }
    for note in &dissection.notes {
        assert!(note.off <= len, "{note:?}");
    }
}

#[test]
fn etherparse_reads_the_same_in_every_capture() {
    let mut segments = 0;
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let mut savefile = Savefile::open(bytes.as_slice()).unwrap();
        while let Some(frame) = savefile.next_frame().unwrap() {
            let ours = dissect(&frame, Detail::Fields);
            well_formed(&ours, frame.bytes.len());
            assert_eq!(ours.notes, []);
            let theirs = SlicedPacket::from_ethernet(&frame.bytes).unwrap();
            let Some(TransportSlice::Tcp(tcp)) = theirs.transport else {
                assert!(matches!(ours.content, Content::Arp(_)));
                continue;
            };
            segments += 1;
            compare(&ours, &tcp, theirs.net.as_ref().unwrap(), &frame.bytes);
        }
    }
    assert_eq!(segments, 16 + 44 + 92 + 16 + 25 + 22);
}

fn compare(ours: &Dissection, tcp: &etherparse::TcpSlice<'_>, net: &NetSlice<'_>, bytes: &[u8]) {
    let segment = segment(ours);
    assert_eq!(segment.seq, tcp.sequence_number());
    assert_eq!(segment.ack, tcp.acknowledgment_number());
    assert_eq!(segment.source_port, tcp.source_port());
    assert_eq!(segment.destination_port, tcp.destination_port());
    assert_eq!(segment.window, tcp.window_size());
    assert_eq!(&bytes[segment.payload.clone()], tcp.payload());
    assert_eq!(segment.flags.has(SYN), tcp.syn());
    assert_eq!(segment.flags.has(PSH), tcp.psh());
    let options = tcp.to_header().options;
    assert_eq!(segment.options_len, options.len());
    let NetSlice::Ipv4(ip) = net else { panic!("IPv4") };
    let (source, destination) = (ip.header().source_addr(), ip.header().destination_addr());
    assert_eq!(ours.addresses, Some((source.into(), destination.into())));
    let right = tcp.to_header().calc_checksum_ipv4_raw(
        source.octets(),
        destination.octets(),
        tcp.payload(),
    );
    let right = right.unwrap() == tcp.checksum();
    assert_eq!(segment.checksum == Checksum::Right, right);
}

#[test]
fn arp_fields() {
    let bytes = capture("tcp.pcap");
    let frame = Savefile::open(bytes.as_slice()).unwrap().next_frame().unwrap().unwrap();
    let dissection = dissect(&frame, Detail::Fields);
    let expected = (38, 4, "172.18.0.2".to_owned());
    assert_eq!(value(&dissection, "arp", "target protocol address"), expected);
    let layer = &dissection.layers[1];
    assert!(matches!(&layer.fields[0].value, Value::Number(1)));
}

proptest! {
    #![proptest_config(crate::build::cases(2000))]

    #[test]
    fn arbitrary_frames_are_no_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        link in prop::sample::select(vec![0u32, 1, 101, 108, 113, 276, 228, 229, 147]),
        cut in 0u32..40,
    ) {
        let mut frame = captured(1, LinkType(link), &bytes);
        frame.original_len += cut;
        well_formed(&dissect(&frame, Detail::Fields), bytes.len());
    }

    #[test]
    fn changed_frames_are_no_panic(
        changes in proptest::collection::vec((0usize..70, any::<u8>()), 1..6),
        end in 0usize..74,
    ) {
        let mut bytes = tcp(true, 1, 1, PSH | ACK, b"0123456789abcdefghij");
        for (at, with) in changes {
            bytes[at] = with;
        }
        bytes.truncate(end);
        let frame = captured(1, LinkType::ETHERNET, &bytes);
        let full = dissect(&frame, Detail::Fields);
        well_formed(&full, bytes.len());
        let values = dissect(&frame, Detail::Values);
        prop_assert_eq!(full.content, values.content);
        prop_assert_eq!(full.notes, values.notes);
    }
}
