//! The dissector's packets against the engine's, for every type, and against any bytes at all.

use crate::build::cases;
use crate::languages;
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wirelab::dissect::mqtt::{Contents, Extent, extent, packet};
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::{
    ConnAck, Connect, ConnectReturnCode, Disconnect, PingReq, PingResp, PubAck, PubComp, PubRec,
    PubRel, Publish, SubAck, Subscribe, UnsubAck, Unsubscribe, Will,
};
use wirelab_mqtt::{Error, Packet, PacketId, QoS};

fn id() -> impl Strategy<Value = PacketId> {
    (1u16..).prop_map(|n| PacketId::new(n).expect("not zero"))
}

fn qos() -> impl Strategy<Value = QoS> {
    (0u8..3).prop_map(|n| QoS::from_bits(n).expect("a QoS"))
}

fn bytes(longest: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..longest).prop_map(Bytes::from)
}

const NAME: &str = "[a-zA-Z0-9/ °€$]{1,40}";

fn connect() -> impl Strategy<Value = Packet> {
    let will = (NAME, bytes(300), qos(), any::<bool>())
        .prop_map(|(topic, payload, qos, retain)| Will { topic, payload, qos, retain });
    let user = prop::option::of(("[a-zé]{0,20}", prop::option::of(bytes(20))));
    let session = ("[a-zA-Z0-9é]{0,30}", any::<bool>(), any::<u16>());
    (session, prop::option::of(will), user).prop_map(
        |((client_id, clean, keep_alive), will, user)| {
            let (user_name, password) =
                user.map_or((None, None), |(name, word)| (Some(name), word));
            let clean_session = clean || client_id.is_empty();
            let connect =
                Connect { client_id, clean_session, keep_alive, will, user_name, password };
            Packet::Connect(Box::new(connect))
        },
    )
}

fn publish() -> impl Strategy<Value = Packet> {
    let flags = (any::<bool>(), qos(), any::<bool>());
    (flags, NAME, id(), bytes(300)).prop_map(|((dup, qos, retain), topic, id, payload)| {
        let dup = dup && qos != QoS::AtMostOnce;
        let packet_id = (qos != QoS::AtMostOnce).then_some(id);
        Packet::Publish(Publish { dup, qos, retain, topic, packet_id, payload })
    })
}

/// Any packet of any type.
fn any_packet() -> impl Strategy<Value = Packet> {
    let filters = prop::collection::vec((NAME, qos()), 1..5);
    let codes = prop::collection::vec(prop::option::of(qos()), 1..5);
    let connack = (any::<bool>(), 0u8..6).prop_map(|(session_present, code)| {
        let code = ConnectReturnCode::from_number(code).expect("a code");
        let session_present = session_present && code == ConnectReturnCode::Accepted;
        Packet::ConnAck(ConnAck { session_present, code })
    });
    prop_oneof![
        connect(),
        connack,
        publish(),
        id().prop_map(|packet_id| Packet::PubAck(PubAck { packet_id })),
        id().prop_map(|packet_id| Packet::PubRec(PubRec { packet_id })),
        id().prop_map(|packet_id| Packet::PubRel(PubRel { packet_id })),
        id().prop_map(|packet_id| Packet::PubComp(PubComp { packet_id })),
        (id(), filters)
            .prop_map(|(packet_id, filters)| Packet::Subscribe(Subscribe { packet_id, filters })),
        (id(), codes).prop_map(|(packet_id, codes)| Packet::SubAck(SubAck { packet_id, codes })),
        (id(), prop::collection::vec(NAME, 1..5)).prop_map(|(packet_id, filters)| {
            Packet::Unsubscribe(Unsubscribe { packet_id, filters })
        }),
        id().prop_map(|packet_id| Packet::UnsubAck(UnsubAck { packet_id })),
        Just(Packet::PingReq(PingReq)),
        Just(Packet::PingResp(PingResp)),
        Just(Packet::Disconnect(Disconnect)),
    ]
}

/// What the dissector must say of this packet; `encoded` for the place of its payload.
fn expected(packet: &Packet, encoded: &[u8]) -> Contents {
    use wirelab::dissect::mqtt as seen;
    match packet {
        Packet::Connect(connect) => Contents::Connect(Box::new(seen::Connect {
            level: 4,
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive,
            client_id: connect.client_id.clone().into(),
            will: connect.will.as_ref().map(|will| seen::Will {
                topic: will.topic.clone().into(),
                payload: will.payload.to_vec(),
                qos: will.qos as u8,
                retain: will.retain,
            }),
            user_name: connect.user_name.clone().map(Into::into),
            password: connect.password.as_ref().map(|password| password.to_vec()),
        })),
        Packet::ConnAck(connack) => {
            Contents::ConnAck { session_present: connack.session_present, code: connack.code as u8 }
        }
        Packet::Publish(publish) => Contents::Publish(seen::Publish {
            dup: publish.dup,
            qos: publish.qos as u8,
            retain: publish.retain,
            topic: publish.topic.clone().into(),
            packet_id: publish.packet_id.map(PacketId::get),
            payload: encoded.len() - publish.payload.len()..encoded.len(),
        }),
        Packet::PubAck(PubAck { packet_id })
        | Packet::PubRec(PubRec { packet_id })
        | Packet::PubRel(PubRel { packet_id })
        | Packet::PubComp(PubComp { packet_id })
        | Packet::UnsubAck(UnsubAck { packet_id }) => Contents::PacketId(packet_id.get()),
        Packet::Subscribe(subscribe) => {
            let filters = subscribe.filters.iter();
            let filters = filters.map(|(f, qos)| (f.clone().into_bytes(), *qos as u8)).collect();
            Contents::Subscribe(subscribe.packet_id.get(), filters)
        }
        Packet::SubAck(suback) => {
            let code = |code: &Option<QoS>| code.map_or(0x80, |qos| qos as u8);
            Contents::SubAck(suback.packet_id.get(), suback.codes.iter().map(code).collect())
        }
        Packet::Unsubscribe(unsubscribe) => Contents::Unsubscribe(
            unsubscribe.packet_id.get(),
            unsubscribe.filters.iter().map(|filter| filter.clone().into_bytes()).collect(),
        ),
        Packet::PingReq(_) | Packet::PingResp(_) | Packet::Disconnect(_) => Contents::Nothing,
    }
}

/// Every bit of the first `len` bytes belongs to exactly one field, and the fields are in order.
fn assert_tiled(fields: &[wirelab::dissect::Field], len: usize) {
    let mut covered = vec![0u8; len];
    for field in fields {
        for byte in &mut covered[field.off..field.off + field.len] {
            assert_eq!(*byte & field.mask, 0, "{} overlaps: {fields:?}", field.name);
            *byte |= field.mask;
        }
    }
    assert_eq!(covered, vec![0xff; len], "a gap: {fields:?}");
    assert!(fields.is_sorted_by_key(|field| field.off), "out of order: {fields:?}");
}

fn encode(packet: &Packet) -> BytesMut {
    let mut out = BytesMut::new();
    packet.encode(&mut out).expect("a packet that can be sent");
    out
}

/// What the engine and the dissector make of bytes must agree: wrong or right, and by which clause.
fn assert_same_verdict(bytes: &[u8]) {
    let seen = packet(bytes, true);
    let mut input = BytesMut::from(bytes);
    let decoded = Packet::decode(&mut input, PACKET_MAX);
    match decoded {
        Ok(None) => assert!(seen.cut, "{bytes:02x?}: {seen:?}"),
        Ok(Some(decoded)) => {
            assert_eq!(seen.flaws, [], "{bytes:02x?}");
            assert!(!seen.cut);
            assert_eq!(seen.packet_type, Some(decoded.packet_type()));
            assert_eq!(seen.contents, expected(&decoded, &bytes[..seen.len]));
        }
        Err(error @ (Error::Malformed { .. } | Error::Refused { .. })) => {
            let same = |flaw: &wirelab::dissect::mqtt::Flaw| match error.clause() {
                "" => flaw.clause.starts_with('('),
                clause => flaw.clause == clause,
            };
            assert!(seen.flaws.iter().any(same), "{bytes:02x?}: {error}, but {:?}", seen.flaws);
        }
        Err(other) => panic!("{other}"),
    }
    assert_tiled(&seen.fields, bytes.len().min(seen.len));
    assert!(seen.flaws.iter().all(|flaw| flaw.off <= seen.len), "{seen:?}");
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_packet_says_the_same_to_both(sent in any_packet()) {
        let bytes = encode(&sent);
        assert_eq!(extent(&bytes), Extent::Known(bytes.len()));
        let seen = packet(&bytes, true);
        assert_eq!(&seen.contents, &expected(&sent, &bytes));
        assert_eq!(&seen.packet_type, &Some(sent.packet_type()));
        assert_eq!(&seen.flaws, &[]);
        assert!(!seen.cut);
        assert_tiled(&seen.fields, bytes.len());
        // Asking for the values alone changes nothing of them.
        let values = packet(&bytes, false);
        assert_eq!(values.contents, seen.contents);
        assert_eq!(values.fields, []);
    }

    #[test]
    fn a_packet_may_be_cut_anywhere(sent in any_packet(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&sent);
        let cut = &bytes[..at.index(bytes.len())];
        let seen = packet(cut, true);
        assert!(seen.cut, "{seen:?}");
        assert_eq!(seen.flaws, [], "what is missing is no mistake");
        assert_tiled(&seen.fields, cut.len());
    }

    #[test]
    fn a_damaged_packet_is_told_alike(
        sent in any_packet(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&sent).to_vec();
        // Near the front, where it hurts most.
        let reach = bytes.len().min(24);
        for (at, byte) in damage {
            bytes[at.index(reach)] = byte;
        }
        assert_same_verdict(&bytes);
    }

    #[test]
    fn any_bytes_are_told_alike(first in 0u8.., body in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = vec![first, body.len() as u8];
        bytes.extend(&body);
        assert_same_verdict(&bytes);
        assert_same_verdict(&body);
    }
}

/// Every clause that the bytes of one packet can break: hex, where it breaks, the clause.
#[test]
fn what_is_wrong_is_told_with_its_place_and_its_clause() {
    let table: &[(&str, usize, &str)] = &[
        ("00 00", 0, "[MQTT-4.8.0-1]"),
        ("f0 00", 0, "[MQTT-4.8.0-1]"),
        ("c1 00", 0, "[MQTT-2.2.2-2]"),
        ("e1 00", 0, "[MQTT-3.14.1-1]"),
        ("60 02 00 01", 0, "[MQTT-3.6.1-1]"),
        ("80 06 00 01 00 01 61 00", 0, "[MQTT-3.8.1-1]"),
        ("a0 05 00 01 00 01 61", 0, "[MQTT-3.10.1-1]"),
        ("30 ff ff ff ff", 4, "[MQTT-4.8.0-1]"),
        ("36 05 00 01 61 00 01", 0, "[MQTT-3.3.1-4]"),
        ("38 03 00 01 61", 0, "[MQTT-3.3.1-2]"),
        ("30 02 00 00", 4, "[MQTT-4.7.3-1]"),
        ("30 05 00 03 61 2f 2b", 6, "[MQTT-3.3.2-2]"),
        ("30 04 00 02 61 ff", 5, "[MQTT-1.5.3-1]"),
        ("30 04 00 02 61 00", 5, "[MQTT-1.5.3-2]"),
        ("32 05 00 01 61 00 00", 5, "[MQTT-2.3.1-1]"),
        ("82 02 00 01", 4, "[MQTT-3.8.3-3]"),
        ("82 06 00 01 00 01 61 03", 7, "[MQTT-3.8.3-4]"),
        ("82 07 00 01 00 02 23 61 00", 6, "[MQTT-4.7.1-2]"),
        ("82 07 00 01 00 02 61 2b 00", 7, "[MQTT-4.7.1-3]"),
        ("90 03 00 01 03", 4, "[MQTT-3.9.3-2]"),
        ("a2 02 00 01", 4, "[MQTT-3.10.3-2]"),
        ("20 02 01 05", 2, "[MQTT-3.2.2-4]"),
        ("20 02 02 00", 2, "(MQTT 3.2.2.1)"),
        ("20 02 00 06", 3, "(MQTT 3.2.2.3)"),
        ("20 03 00 00 00", 4, "(MQTT 2.2.3: Remaining Length)"),
        ("40 01 00", 3, "(MQTT 2.2.3: Remaining Length)"),
        ("10 0c 00 04 4d 51 54 58 04 02 00 3c 00 00", 4, "[MQTT-3.1.2-1]"),
        ("10 0c 00 04 4d 51 54 54 05 02 00 3c 00 00", 8, "[MQTT-3.1.2-2]"),
        ("10 0c 00 04 4d 51 54 54 04 03 00 3c 00 00", 9, "[MQTT-3.1.2-3]"),
        ("10 0c 00 04 4d 51 54 54 04 0a 00 3c 00 00", 9, "[MQTT-3.1.2-13]"),
        ("10 0c 00 04 4d 51 54 54 04 22 00 3c 00 00", 9, "[MQTT-3.1.2-15]"),
        ("10 11 00 04 4d 51 54 54 04 1e 00 3c 00 00 00 01 61 00 00", 9, "[MQTT-3.1.2-14]"),
        ("10 0e 00 04 4d 51 54 54 04 42 00 3c 00 00 00 00", 9, "[MQTT-3.1.2-22]"),
        ("10 0c 00 04 4d 51 54 54 04 00 00 3c 00 00", 12, "[MQTT-3.1.3-8]"),
    ];
    for (hex, off, clause) in table {
        let bytes: Vec<u8> =
            hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect();
        let seen = packet(&bytes, true);
        let found = seen.flaws.iter().any(|flaw| (flaw.off, flaw.clause) == (*off, *clause));
        assert!(found, "{hex}: {clause} at {off}, not {:?}", seen.flaws);
        languages::assert_told(&seen.flaws);
        assert_same_verdict(&bytes);
    }
}
