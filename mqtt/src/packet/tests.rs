//! Every packet, to its bytes and back; and arbitrary bytes, which must never panic.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::{
    ConnAck, Connect, ConnectReturnCode, Disconnect, Packet, PingReq, PingResp, PubAck, PubComp,
    PubRec, PubRel, Publish, QoS, SubAck, Subscribe, UnsubAck, Unsubscribe, Will,
};
use crate::limits::PACKET_MAX;
use crate::wire::PacketId;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn decode(bytes: &[u8]) -> Packet {
    let mut input = BytesMut::from(bytes);
    let packet = Packet::decode(&mut input, PACKET_MAX).unwrap().expect("a whole packet");
    assert!(input.is_empty());
    packet
}

/// The packets of the lab's capture, to the byte.
#[test]
fn the_labs_packets_are_read_and_written() {
    let connect = Connect { clean_session: true, keep_alive: 60, ..Connect::default() };
    let publish = Publish {
        topic: "sister/temp".to_owned(),
        payload: Bytes::from_static("Suhu: 28°C".as_bytes()),
        ..Publish::default()
    };
    let id = PacketId::MIN;
    let table = [
        (Packet::Connect(Box::new(connect)), "10 0c 00 04 4d515454 04 02 003c 0000"),
        (
            Packet::ConnAck(ConnAck { session_present: false, code: ConnectReturnCode::Accepted }),
            "20 02 00 00",
        ),
        (
            Packet::Subscribe(Subscribe {
                packet_id: id,
                filters: vec![("sister/temp".to_owned(), QoS::AtMostOnce)],
            }),
            "82 10 0001 000b 7369737465722f74656d70 00",
        ),
        (
            Packet::SubAck(SubAck { packet_id: id, codes: vec![Some(QoS::AtMostOnce)] }),
            "90 03 0001 00",
        ),
        (Packet::Publish(publish), "30 18 000b 7369737465722f74656d70 537568753a203238c2b043"),
        (Packet::Disconnect(Disconnect), "e0 00"),
    ];
    for (packet, bytes) in table {
        let mut out = BytesMut::new();
        packet.encode(&mut out).unwrap();
        assert_eq!(out[..], hex(bytes)[..], "{packet:?}");
        assert_eq!(decode(&out), packet);
    }
}

fn text() -> impl Strategy<Value = String> {
    // Without U+0000; with characters of every length.
    "[a-z/ é€😀\u{feff}]{0,20}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z/$ é€😀]{1,30}"
}

fn filter() -> impl Strategy<Value = String> {
    "((\\+|[a-z€]{0,5})/){0,4}(\\+|#|[a-z]{1,5})"
}

fn qos() -> impl Strategy<Value = QoS> {
    (0..3_u8).prop_map(|bits| QoS::from_bits(bits).unwrap())
}

fn id() -> impl Strategy<Value = PacketId> {
    (1..=u16::MAX).prop_map(|n| PacketId::new(n).unwrap())
}

fn payload(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn connect() -> impl Strategy<Value = Packet> {
    let will = (name(), payload(300), qos(), any::<bool>())
        .prop_map(|(topic, payload, qos, retain)| Will { topic, payload, qos, retain });
    let login = prop::option::of((text(), prop::option::of(payload(40))));
    (text(), any::<bool>(), any::<u16>(), prop::option::of(will), login).prop_map(
        |(client_id, clean_session, keep_alive, will, login)| {
            let (user_name, password) = login.map_or((None, None), |(u, p)| (Some(u), p));
            let clean_session = clean_session || client_id.is_empty();
            let connect =
                Connect { client_id, clean_session, keep_alive, will, user_name, password };
            Packet::Connect(Box::new(connect))
        },
    )
}

fn publish() -> impl Strategy<Value = Packet> {
    (any::<bool>(), qos(), any::<bool>(), name(), id(), payload(20_000)).prop_map(
        |(dup, qos, retain, topic, id, payload)| {
            let above = qos != QoS::AtMostOnce;
            let packet_id = above.then_some(id);
            Packet::Publish(Publish { dup: dup && above, qos, retain, topic, packet_id, payload })
        },
    )
}

fn packet() -> impl Strategy<Value = Packet> {
    let codes = (0..6_u8).prop_map(|n| ConnectReturnCode::from_number(n).unwrap());
    let connack = (any::<bool>(), codes).prop_map(|(present, code)| {
        let session_present = present && code == ConnectReturnCode::Accepted;
        Packet::ConnAck(ConnAck { session_present, code })
    });
    let filters = prop::collection::vec((filter(), qos()), 1..8);
    let subscribe = (id(), filters)
        .prop_map(|(packet_id, filters)| Packet::Subscribe(Subscribe { packet_id, filters }));
    let codes = prop::collection::vec(prop::option::of(qos()), 1..8);
    let suback =
        (id(), codes).prop_map(|(packet_id, codes)| Packet::SubAck(SubAck { packet_id, codes }));
    let filters = prop::collection::vec(filter(), 1..8);
    let unsubscribe = (id(), filters)
        .prop_map(|(packet_id, filters)| Packet::Unsubscribe(Unsubscribe { packet_id, filters }));
    prop_oneof![
        connect(),
        connack,
        publish(),
        id().prop_map(|packet_id| Packet::PubAck(PubAck { packet_id })),
        id().prop_map(|packet_id| Packet::PubRec(PubRec { packet_id })),
        id().prop_map(|packet_id| Packet::PubRel(PubRel { packet_id })),
        id().prop_map(|packet_id| Packet::PubComp(PubComp { packet_id })),
        subscribe,
        suback,
        unsubscribe,
        id().prop_map(|packet_id| Packet::UnsubAck(UnsubAck { packet_id })),
        Just(Packet::PingReq(PingReq)),
        Just(Packet::PingResp(PingResp)),
        Just(Packet::Disconnect(Disconnect)),
    ]
}

/// Failing inputs are printed, not kept in a file.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn what_is_written_is_read_again(packet in packet()) {
        let mut out = BytesMut::new();
        packet.encode(&mut out).unwrap();
        prop_assert_eq!(decode(&out), packet);
    }

    /// Wherever a stream of packets is cut, the same packets come out of it.
    #[test]
    fn packets_come_out_whole_wherever_they_are_cut(
        packets in prop::collection::vec(packet(), 1..4),
        steps in prop::collection::vec(1..400_usize, 1..20),
    ) {
        let mut stream = BytesMut::new();
        for packet in &packets {
            packet.encode(&mut stream).unwrap();
        }
        let (mut input, mut got, mut steps) = (BytesMut::new(), Vec::new(), steps.iter().cycle());
        while !stream.is_empty() {
            let step = stream.len().min(*steps.next().unwrap());
            input.extend_from_slice(&stream.split_to(step));
            while let Some(packet) = Packet::decode(&mut input, PACKET_MAX).unwrap() {
                got.push(packet);
            }
        }
        prop_assert_eq!(got, packets);
    }
}

proptest! {
    #![proptest_config(config(20_000))]

    /// Arbitrary bytes never panic; what is read can be written, and is then the same.
    #[test]
    fn arbitrary_bytes_never_panic(
        first in any::<u8>(),
        body in prop::collection::vec(prop_oneof![Just(0_u8), 0..8_u8, any::<u8>()], 0..60),
    ) {
        let mut bytes = vec![first, body.len() as u8];
        bytes.extend_from_slice(&body);
        let mut input = BytesMut::from(&bytes[..]);
        while let Ok(Some(packet)) = Packet::decode(&mut input, PACKET_MAX) {
            let mut out = BytesMut::new();
            packet.encode(&mut out).unwrap();
            prop_assert_eq!(decode(&out), packet);
        }
    }
}
