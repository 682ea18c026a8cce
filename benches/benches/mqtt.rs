//! `cargo bench -p wirelab-benches --bench mqtt`: reading and writing each of the fourteen packets.
//!
//! Bytes and values only: there is no loop and no kernel below.

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use wirelab_mqtt::limits::PACKET_MAX;
use wirelab_mqtt::packet::publish::View;
use wirelab_mqtt::packet::{
    ConnAck, Connect, ConnectReturnCode, Disconnect, FixedHeader, PingReq, PingResp, PubAck,
    PubComp, PubRec, PubRel, Publish, SubAck, Subscribe, UnsubAck, Unsubscribe, Will,
};
use wirelab_mqtt::{Packet, PacketId, QoS};

const SMALL: usize = 64;
const LARGE: usize = 16 * 1024;

fn publish(qos: QoS, size: usize) -> Packet {
    let packet_id = (qos != QoS::AtMostOnce).then_some(PacketId::MIN);
    Packet::Publish(Publish {
        qos,
        topic: "sister/temp".to_owned(),
        packet_id,
        payload: Bytes::from(vec![b'x'; size]),
        ..Publish::default()
    })
}

fn connect() -> Packet {
    Packet::Connect(Box::new(Connect {
        client_id: "sensor-1".to_owned(),
        clean_session: true,
        keep_alive: 60,
        will: Some(Will {
            topic: "sister/state".to_owned(),
            payload: Bytes::from_static(b"gone"),
            qos: QoS::AtLeastOnce,
            retain: true,
        }),
        user_name: Some("sister".to_owned()),
        password: Some(Bytes::from_static(b"secret")),
    }))
}

/// One of each, and PUBLISH in its forms.
fn packets() -> Vec<(String, Packet)> {
    let packet_id = PacketId::MIN;
    let filters = vec!["sister/+".to_owned(), "lab/#".to_owned()];
    let wanted = filters.iter().map(|filter| (filter.clone(), QoS::AtLeastOnce)).collect();
    let codes = vec![Some(QoS::AtLeastOnce), None];
    let code = ConnectReturnCode::Accepted;
    let mut packets = vec![
        connect(),
        Packet::ConnAck(ConnAck { session_present: false, code }),
        Packet::PubAck(PubAck { packet_id }),
        Packet::PubRec(PubRec { packet_id }),
        Packet::PubRel(PubRel { packet_id }),
        Packet::PubComp(PubComp { packet_id }),
        Packet::Subscribe(Subscribe { packet_id, filters: wanted }),
        Packet::SubAck(SubAck { packet_id, codes }),
        Packet::Unsubscribe(Unsubscribe { packet_id, filters }),
        Packet::UnsubAck(UnsubAck { packet_id }),
        Packet::PingReq(PingReq),
        Packet::PingResp(PingResp),
        Packet::Disconnect(Disconnect),
    ]
    .into_iter()
    .map(|packet| (packet.packet_type().name().to_owned(), packet))
    .collect::<Vec<_>>();
    for (qos, size) in
        [(QoS::AtMostOnce, SMALL), (QoS::AtLeastOnce, SMALL), (QoS::AtMostOnce, LARGE)]
    {
        packets.push((format!("PUBLISH QoS {}, {size} B", qos as u8), publish(qos, size)));
    }
    packets
}

fn bytes(packet: &Packet) -> Bytes {
    let mut out = BytesMut::new();
    packet.encode(&mut out).expect("a packet that can be said");
    out.freeze()
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for (name, packet) in packets() {
        group.throughput(Throughput::Bytes(bytes(&packet).len() as u64));
        let mut out = BytesMut::with_capacity(2 * LARGE);
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                black_box(&packet).encode(&mut out).expect("a packet that can be said");
                black_box(&out);
            });
        });
    }
}

/// The body is a slice of what was read, as it is on the loop; what a packet owns is copied out.
fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for (name, packet) in packets() {
        let bytes = bytes(&packet);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let header = FixedHeader::peek(black_box(&bytes), PACKET_MAX);
                let header = header.expect("a good header").expect("a whole one");
                Packet::decode_body(header, &bytes.slice(header.header_len..)).expect("a good one")
            });
        });
    }
}

/// The way of the hot path: borrowed, nothing is copied.
fn view(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("view");
    for (name, packet) in packets().into_iter().filter(|(name, _)| name.starts_with("PUBLISH ")) {
        let bytes = bytes(&packet);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let header = FixedHeader::peek(black_box(&bytes), PACKET_MAX);
                let header = header.expect("a good header").expect("a whole one");
                let view = View::parse(header.flags, &bytes[header.header_len..]);
                black_box(view.expect("a good PUBLISH").payload.len())
            });
        });
    }
}

criterion_group!(all, encode, decode, view);
criterion_main!(all);
