//! MQTT over whole captures: packets across segments, answers, deliveries across connections.

use crate::build::{ACK, FIN, PSH, RST, SYN, cases, explained, pcap, says, tcp_from};
use crate::check::{assert_analysed, assert_within, layers};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
const CONNACK: &[u8] = b"\x20\x02\x00\x00";
const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x02";
const SUBACK: &[u8] = b"\x90\x03\x00\x01\x02";
const DISCONNECT: &[u8] = b"\xe0\x00";

/// A CONNECT of this client, clean or not, perhaps with the will `gone` to `t`.
fn connect(id: u8, clean: bool, will: bool) -> Vec<u8> {
    let flags = if clean { 0x02 } else { 0 } | if will { 0x04 } else { 0 };
    let mut packet = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a".to_vec();
    (packet[9], packet[14]) = (flags, id);
    if will {
        packet.extend(b"\x00\x01t\x00\x04gone");
        packet[1] += 9;
    }
    packet
}

fn publish(first: u8, id: Option<u16>, payload: &[u8]) -> Vec<u8> {
    let mut body = b"\x00\x01t".to_vec();
    body.extend(id.iter().flat_map(|id| id.to_be_bytes()));
    body.extend(payload);
    let mut packet = vec![first];
    match body.len() {
        short @ 0..=127 => packet.push(short as u8),
        long => packet.extend([(long % 128) as u8 | 0x80, (long / 128) as u8]),
    }
    packet.extend(body);
    packet
}

/// Frames of several clients of one server, each with sequence numbers of its own.
#[derive(Default)]
pub struct Lan {
    pub frames: Vec<Vec<u8>>,
    /// What each client, and the server to it, sent so far.
    next: BTreeMap<u16, [u32; 2]>,
}

impl Lan {
    pub fn segment(&mut self, port: u16, from_client: bool, flags: u8, bytes: &[u8]) -> &mut Self {
        let next = self.next.entry(port).or_insert([1000, 5000]);
        let (own, other) = if from_client { (0, 1) } else { (1, 0) };
        let frame = tcp_from(port, from_client, next[own], next[other], flags, bytes);
        next[own] += bytes.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        self.frames.push(frame);
        self
    }

    /// Handshake, CONNECT, CONNACK: five frames.
    fn open(&mut self, port: u16, connect: &[u8]) -> &mut Self {
        self.segment(port, true, SYN, b"").segment(port, false, SYN | ACK, b"");
        self.segment(port, true, ACK, b"").client(port, connect).server(port, CONNACK)
    }

    pub fn client(&mut self, port: u16, bytes: &[u8]) -> &mut Self {
        self.segment(port, true, PSH | ACK, bytes)
    }

    pub fn server(&mut self, port: u16, bytes: &[u8]) -> &mut Self {
        self.segment(port, false, PSH | ACK, bytes)
    }

    pub fn says(&self) -> Vec<String> {
        says(&self.frames)
    }

    pub fn report(&self) -> String {
        explained(&pcap(&self.frames))
    }
}

/// [MQTT-2.3.1-6], [MQTT-3.8.4-6]: acknowledgements on both hops, and a delivery at a lower QoS.
#[test]
fn chains_of_qos_1_and_2_are_followed_on_each_hop() {
    let mut lan = Lan::default();
    lan.open(1, &connect(b's', true, false)).client(1, SUBSCRIBE).server(1, SUBACK);
    lan.open(2, &connect(b'p', true, false));
    // 13: QoS 1 comes in, goes out as QoS 1 under another identifier.
    lan.client(2, &publish(0x32, Some(7), b"one")).server(2, b"\x40\x02\x00\x07");
    lan.server(1, &publish(0x32, Some(1), b"one")).client(1, b"\x40\x02\x00\x01");
    // 17: QoS 2.
    lan.client(2, &publish(0x34, Some(8), b"two")).server(2, b"\x50\x02\x00\x08");
    lan.client(2, b"\x62\x02\x00\x08").server(2, b"\x70\x02\x00\x08");
    lan.server(1, &publish(0x30, None, b"two"));
    let says = lan.says();
    let said = |n: usize| says[n - 1].as_str();
    assert!(said(14).starts_with("PUBACK id 7: PUBLISH #13 → PUBACK #14 (+1.0 ms), at least once"));
    assert!(said(15).contains("PUBLISH #13 → delivered as #15 (+2.0 ms)"), "{}", said(15));
    assert!(said(16).starts_with("PUBACK id 1: PUBLISH #15 → PUBACK #16"));
    assert!(said(18).starts_with("PUBREC id 8: PUBLISH #17 → PUBREC #18"));
    assert!(said(19).starts_with("PUBREL id 8: PUBLISH #17 → PUBREC #18 → PUBREL #19"));
    let chain = "PUBLISH #17 → PUBREC #18 → PUBREL #19 → PUBCOMP #20 (+3.0 ms)";
    assert!(said(20).contains(chain) && said(20).contains("exactly once"), "{}", said(20));
    let lowered = "PUBLISH #17 → delivered as #21 (+4.0 ms), QoS 2 lowered to the granted 0";
    assert!(said(21).contains(lowered), "{}", said(21));
    let report = lan.report();
    assert!(report.contains(&format!("== {chain}")), "{report}");
    assert!(report.contains("acknowledged by MQTT: 1 of QoS 1 (PUBLISH → PUBACK), 1 of QoS 2"));
    assert!(report.contains("topology: 1 publisher → broker → 1 subscriber"), "{report}");
    assert!(report.contains("MQTT acknowledgments are PUBREC, PUBREL and PUBCOMP"));
}

/// [MQTT-3.3.1-1], [MQTT-4.4.0-1]: what was not acknowledged comes again on the next connection.
#[test]
fn a_redelivery_finds_its_first_try_on_an_earlier_connection() {
    let mut lan = Lan::default();
    lan.open(1, &connect(b's', false, false)).client(1, SUBSCRIBE).server(1, SUBACK);
    lan.open(2, &connect(b'p', true, false)).client(2, &publish(0x32, Some(1), b"x"));
    lan.server(1, &publish(0x32, Some(9), b"x")).segment(1, true, RST | ACK, b"");
    lan.open(3, &connect(b's', false, false)).server(3, &publish(0x3a, Some(9), b"x"));
    lan.client(3, b"\x40\x02\x00\x09");
    // The same again on one connection.
    lan.client(2, &publish(0x3a, Some(1), b"x"));
    let says = lan.says();
    assert!(says[20].ends_with("DUP: sent again, first in #14 on conversation 0"), "{}", says[20]);
    assert!(says[21].contains("PUBLISH #14 → PUBACK #22"), "{}", says[21]);
    assert!(says[22].ends_with("DUP: sent again, first in #13"), "{}", says[22]);
    assert!(lan.report().contains("fan-out: 1 message published, 1 delivery"));
    // With a clean session nothing is left of the earlier one. [MQTT-3.1.2-6]
    let mut lan = Lan::default();
    lan.open(1, &connect(b's', true, false)).server(1, &publish(0x32, Some(9), b"x"));
    lan.open(3, &connect(b's', true, false)).server(3, &publish(0x3a, Some(9), b"x"));
    assert!(!lan.says()[11].contains("DUP: sent again"), "{}", lan.says()[11]);
}

/// [MQTT-3.3.1-8]
#[test]
fn a_retained_message_is_known_for_one() {
    let mut lan = Lan::default();
    lan.open(2, &connect(b'p', true, false)).client(2, &publish(0x31, None, b"kept"));
    lan.open(1, &connect(b's', true, false)).client(1, SUBSCRIBE).server(1, SUBACK);
    lan.server(1, &publish(0x31, None, b"kept")).server(1, &publish(0x31, None, b"older"));
    let says = lan.says();
    assert!(says[13].ends_with("the retained message of PUBLISH #6, for a new subscription"));
    assert!(says[14].ends_with("a retained message from before the capture"), "{}", says[14]);
}

/// [MQTT-3.1.2-8], [MQTT-3.14.4-3]
#[test]
fn a_will_is_known_for_one() {
    let mut lan = Lan::default();
    lan.open(1, &connect(b's', true, false)).client(1, SUBSCRIBE).server(1, SUBACK);
    lan.open(2, &connect(b'p', true, true)).segment(2, true, RST | ACK, b"");
    lan.server(1, &publish(0x30, None, b"gone"));
    let says = lan.says();
    let will = "the will of CONNECT #11, whose connection ended in #13 without DISCONNECT";
    assert!(says[13].ends_with(will), "{}", says[13]);
    let report = lan.report();
    assert!(report.contains("closed without DISCONNECT, by client in #13: the broker publishes"));
    // After DISCONNECT there is no will any more: the message is somebody else's.
    let mut lan = Lan::default();
    lan.open(1, &connect(b's', true, false)).client(1, SUBSCRIBE).server(1, SUBACK);
    lan.open(2, &connect(b'p', true, true)).client(2, DISCONNECT);
    lan.server(1, &publish(0x30, None, b"gone"));
    assert!(lan.says()[13].ends_with("is not in the capture"), "{}", lan.says()[13]);
}

/// M10. [MQTT-3.1.0-1], [MQTT-3.1.0-2], [MQTT-3.2.0-1], [MQTT-3.14.4-2]
#[test]
fn what_comes_early_is_legal_and_what_comes_wrongly_is_not() {
    let legal = "legal: a client need not wait (3.1.4)";
    let mut lan = Lan::default();
    lan.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"").segment(1, true, ACK, b"");
    lan.client(1, CONNECT).client(1, &publish(0x30, None, b"x")).server(1, CONNACK);
    lan.client(1, &publish(0x30, None, b"y")).client(1, CONNECT);
    lan.client(1, DISCONNECT).client(1, b"\xc0\x00");
    let says = lan.says();
    assert!(says[4].ends_with(legal) && !says[6].contains(legal), "{says:?}");
    assert!(says[7].contains("[MQTT-3.1.0-2]") && says[9].contains("[MQTT-3.14.4-2]"), "{says:?}");
    assert!(lan.report().contains(&format!("1 packet of the client before CONNACK (#5): {legal}")));
    assert!(lan.report().contains("protocol violation: PINGREQ #10: nothing comes after"));
    // In one segment, and the broker speaks out of turn.
    let mut lan = Lan::default();
    lan.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"").segment(1, true, ACK, b"");
    lan.client(1, &[CONNECT, SUBSCRIBE].concat()).server(1, SUBACK);
    let says = lan.says();
    assert!(says[3].contains(legal) && says[3].contains("2 packets in one segment"), "{says:?}");
    assert!(says[4].contains("[MQTT-3.2.0-1]"), "{}", says[4]);
}

#[test]
fn pings_are_paired() {
    let mut lan = Lan::default();
    lan.open(1, CONNECT).client(1, b"\xc0\x00").server(1, b"\xd0\x00");
    let report = lan.report();
    assert!(report.contains("PINGRESP (+1.0 ms after #6)"), "{report}");
    assert!(report.contains("== keepalive 60 s: PINGREQ #6, PINGRESP #7"), "{report}");
}

#[test]
fn an_identical_message_goes_to_each_subscriber_in_order() {
    let mut lan = Lan::default();
    for port in [1, 2] {
        lan.open(port, &connect(port as u8 + b'0', true, false)).client(port, SUBSCRIBE);
        lan.server(port, SUBACK);
    }
    lan.open(3, &connect(b'p', true, false));
    // 20, 21: two alike, before anything is delivered; then 22 to 25.
    lan.client(3, &publish(0x30, None, b"x")).client(3, &publish(0x30, None, b"x"));
    for port in [1, 2, 1, 2] {
        lan.server(port, &publish(0x30, None, b"x"));
    }
    let report = lan.report();
    assert!(report.contains("== PUBLISH #20 → delivered as #22 (+2.0 ms), #23 (+3.0 ms)"));
    assert!(report.contains("== PUBLISH #21 → delivered as #24 (+3.0 ms), #25 (+4.0 ms)"));
    assert!(report.contains("topology: 1 publisher → broker → 2 subscribers"), "{report}");
}

/// The capture began late: what is clearly MQTT is read, and what it cannot know is not invented.
#[test]
fn a_connection_from_its_middle_is_recognised() {
    let mut lan = Lan::default();
    lan.client(1, &publish(0x30, None, b"x")).client(1, b"\xc0\x00").server(1, b"\xd0\x00");
    lan.client(2, b"\x82\x06\x00\x05\x00\x01t\x00").server(1, &publish(0x30, None, b"y"));
    let report = lan.report();
    assert_eq!(report.matches(", MQTT 3.1.1").count(), 2, "{report}");
    assert!(report.contains("which end is the broker does not show yet"), "{report}");
    assert!(report.contains("the PUBLISH that it comes from is not in the capture"), "{report}");
    assert!(!report.contains("violation"), "{report}");
    // It began within a packet: that is passed over, and the next one found.
    let mut lan = Lan::default();
    lan.client(1, &[0xff; 40]).client(1, &publish(0x30, None, b"x"));
    assert!(lan.says()[1].starts_with("PUBLISH t \"x\""), "{:?}", lan.says());
}

/// What no packet can be is not taken for one whose beginning was missed.
#[test]
fn an_impossible_length_is_told_as_such() {
    let mut lan = Lan::default();
    lan.open(1, CONNECT).client(1, b"\x30\xff\xff\xff\xff\x01");
    let says = "6 bytes from a packet on whose Remaining Length does not end within four bytes";
    assert!(lan.says()[5].starts_with(says), "{:?}", lan.says());
}

#[test]
fn another_version_is_named_and_not_misread() {
    let mut lan = Lan::default();
    let mut connect = CONNECT.to_vec();
    connect[8] = 5;
    lan.open(1, &connect).client(1, b"\x30\x06\x00\x01t\x00ab");
    let report = lan.report();
    assert!(report.contains("CONNECT v5.0") && report.contains(", MQTT 5.0"), "{report}");
    assert!(report.contains("PUBLISH of MQTT 5.0, which is not read here"), "{report}");
    assert!(!report.contains("PUBLISH t"), "{report}");
}

#[test]
fn a_malformed_packet_is_told_with_its_byte_and_clause() {
    let mut lan = Lan::default();
    lan.open(1, CONNECT).client(1, b"\x30\x05\x00\x03a/#");
    let report = lan.report();
    // 54 bytes of headers, and the # is the seventh of the packet.
    assert!(report.contains("note at byte 60: PUBLISH: a topic name with a wildcard"), "{report}");
    assert!(report.contains("malformed: a topic name with a wildcard [MQTT-3.3.2-2]"));
}

#[test]
fn fields_stand_where_they_are_in_the_frame_that_completes_the_packet() {
    let packet = publish(0x32, Some(0x1234), &[b'x'; 200]);
    let mut lan = Lan::default();
    lan.open(1, CONNECT).client(1, &packet[..4]).client(1, &packet[4..100]);
    lan.client(1, &[&packet[100..], DISCONNECT].concat());
    let layers = layers(&lan.frames);
    assert_eq!(layers[6].last().unwrap()["proto"], "data");
    let last: Vec<&Value> = layers[7].iter().filter(|layer| layer["proto"] == "mqtt").collect();
    let ends = packet.len() - 100;
    assert_eq!((&last[0]["off"], &last[0]["len"]), (&54.into(), &ends.into()));
    assert_eq!((&last[1]["off"], &last[1]["len"]), (&(54 + ends).into(), &2.into()));
    let field = |name: &str| {
        let fields = last[0]["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    // In frame 6, begun there and ended in 7, in 7; the payload from 7 to here.
    assert_eq!((&field("qos")["begins"], &field("qos")["len"]), (&6.into(), &0.into()));
    assert_eq!(field("topic name length")["begins"], 6);
    assert_eq!(field("packet identifier")["begins"], 7);
    let payload = field("payload");
    assert_eq!((&payload["begins"], &payload["off"]), (&7.into(), &54.into()));
    assert_eq!(payload["len"], ends);
    let begins = format!("PUBLISH begins: 4 of {} bytes are there", packet.len());
    assert!(lan.says()[5].starts_with(&begins), "{:?}", lan.says());
}

/// A client's stream in which every type but the broker's own occurs.
fn stream() -> Vec<u8> {
    let unsubscribe = b"\xa2\x05\x00\x02\x00\x01t";
    let acks = b"\x40\x02\x00\x01\x50\x02\x00\x02\x62\x02\x00\x03\x70\x02\x00\x04\xc0\x00";
    let long = publish(0x34, Some(3), &[b'y'; 300]);
    [CONNECT, SUBSCRIBE, &publish(0x30, None, b"x"), &long, unsubscribe, acks, DISCONNECT].concat()
}

/// The packets' types in the order in which they were told.
fn types(frames: &[Vec<u8>]) -> Vec<Value> {
    let layers = layers(frames).into_iter().flatten();
    let packets = layers.filter(|layer| layer["proto"] == "mqtt");
    packets.map(|layer| layer["fields"][0]["value"].clone()).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    /// However the stream is cut into segments, and whichever of them come twice or late.
    #[test]
    fn segments_change_nothing_of_what_is_read(
        cuts in prop::collection::btree_set(1usize..380, 0..12),
        late in any::<prop::sample::Index>(),
        again in any::<prop::sample::Index>(),
    ) {
        let stream = stream();
        let mut whole = Lan::default();
        whole.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"").client(1, &stream);
        let mut cut = Lan::default();
        cut.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"");
        let mut from = 0;
        for to in cuts.into_iter().filter(|to| *to < stream.len()).chain([stream.len()]) {
            cut.client(1, &stream[from..to]);
            from = to;
        }
        assert_within(&cut.frames);
        let expected = types(&whole.frames);
        prop_assert_eq!(expected.len(), 11);
        prop_assert_eq!(&types(&cut.frames), &expected);
        let data = cut.frames.len() - 2;
        let copy = cut.frames[2 + again.index(data)].clone();
        cut.frames.push(copy);
        let place = 2 + late.index(data);
        if place + 1 < cut.frames.len() {
            cut.frames.swap(place, place + 1);
        }
        assert_within(&cut.frames);
        prop_assert_eq!(&types(&cut.frames), &expected);
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
        lan.open(2, CONNECT).server(2, &stream);
        lan.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"");
        for piece in stream.chunks(pieces) {
            lan.client(1, piece).server(1, piece);
        }
        for at in missing {
            let at = at.index(lan.frames.len());
            lan.frames.remove(at);
        }
        assert_analysed(&lan.frames, snap);
    }
}
