//! Our fields of MQTT packets beside those of tshark: the same places, for all fourteen types.

use super::build::{ACK, PSH, SYN, pcap, tcp_from};
use super::common::Outcome;
use super::common::reference::{Need, Trials};
use std::collections::BTreeSet;
use std::process::Command;

pub fn add(trials: &mut Trials) {
    let name = "dissect::tshark_finds_the_same_fields_at_the_same_places";
    trials.add(name, &[Need::Tshark], tshark_finds_the_same_fields_at_the_same_places);
}

/// What a client sends, with everything that its packets can have.
const CLIENT: &[&[u8]] = &[
    b"\x10\x2a\x00\x04MQTT\x04\xf6\x00\x3c\x00\x05robin\x00\x02w/\x00\x04gone\
      \x00\x05alice\x00\x06secret",
    b"\x82\x0d\x00\x01\x00\x03a/+\x01\x00\x02b#\x02",
    b"\x32\x0b\x00\x03a/b\x00\x07halo",
    b"\x40\x02\x00\x09",
    b"\x3c\x0b\x00\x03a/b\x00\x08dua\x20",
    b"\x50\x02\x00\x0a",
    b"\x62\x02\x00\x08",
    b"\x70\x02\x00\x0a",
    b"\xa2\x07\x00\x02\x00\x03a/+",
    b"\xc0\x00",
    b"\xe0\x00",
];

/// What the broker does.
const SERVER: &[&[u8]] = &[
    b"\x20\x02\x01\x00",
    b"\x90\x04\x00\x01\x01\x80",
    b"\x31\x0d\x00\x0bsister/temp",
    b"\x40\x02\x00\x07",
    b"\xb0\x02\x00\x02",
    b"\xd0\x00",
];

/// tshark's names of our fields; of what it has no field for there is no row.
const NAMES: &[(&str, &str)] = &[
    ("mqtt.msgtype", "packet type"),
    ("mqtt.dupflag", "dup"),
    ("mqtt.qos", "qos"),
    ("mqtt.retain", "retain"),
    ("mqtt.len", "remaining length"),
    ("mqtt.proto_len", "protocol name length"),
    ("mqtt.protoname", "protocol name"),
    ("mqtt.ver", "protocol level"),
    ("mqtt.conflag.uname", "user name flag"),
    ("mqtt.conflag.passwd", "password flag"),
    ("mqtt.conflag.retain", "will retain"),
    ("mqtt.conflag.qos", "will qos"),
    ("mqtt.conflag.willflag", "will flag"),
    ("mqtt.conflag.cleansess", "clean session"),
    ("mqtt.kalive", "keep alive"),
    ("mqtt.clientid_len", "client identifier length"),
    ("mqtt.clientid", "client identifier"),
    ("mqtt.willtopic_len", "will topic length"),
    ("mqtt.willtopic", "will topic"),
    ("mqtt.willmsg_len", "will message length"),
    ("mqtt.willmsg", "will message"),
    ("mqtt.username_len", "user name length"),
    ("mqtt.username", "user name"),
    ("mqtt.passwd_len", "password length"),
    ("mqtt.passwd", "password"),
    ("mqtt.conack.flags.sp", "session present"),
    ("mqtt.conack.val", "connect return code"),
    ("mqtt.msgid", "packet identifier"),
    ("mqtt.topic_len", "topic name length"),
    ("mqtt.topic", "topic name"),
    ("mqtt.msg", "payload"),
    ("mqtt.sub.qos", "requested qos"),
    ("mqtt.suback.qos", "return code"),
];

/// A field's frame, name, first byte and length.
type Place = (u64, String, usize, usize);

fn name_of(tsharks: &str) -> Option<&'static str> {
    NAMES.iter().find(|(theirs, _)| *theirs == tsharks).map(|(_, ours)| *ours)
}

/// What stands between `name="` and the next quote.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn tsharks(file: &str, port: u16) -> Result<BTreeSet<Place>, Box<dyn std::error::Error>> {
    let decode_as = format!("tcp.port=={port},mqtt");
    let output =
        Command::new("tshark").args(["-r", file, "-d", &decode_as, "-T", "pdml"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut places = BTreeSet::new();
    for (frame, packet) in (1..).zip(text.split("<packet>").skip(1)) {
        for field in packet.split("<field ").skip(1) {
            let field = format!(" {field}");
            let number = |name| attribute(&field, name).and_then(|n| n.parse().ok()).unwrap_or(0);
            let size = number("size");
            if let Some(name) = attribute(&field, "name").and_then(name_of).filter(|_| size > 0) {
                places.insert((frame, name.to_owned(), number("pos"), size));
            }
        }
    }
    Ok(places)
}

fn ours(bytes: &[u8]) -> Result<BTreeSet<Place>, Box<dyn std::error::Error>> {
    let (text, result) = super::build::explain(bytes, &wirelab::explain::Options::default(), true);
    result.map_err(|failure| failure.message)?;
    let mut places = BTreeSet::new();
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        let layers = event["layers"].as_array().cloned().unwrap_or_default();
        for layer in layers.iter().filter(|layer| layer["proto"] == "mqtt") {
            for field in layer["fields"].as_array().into_iter().flatten() {
                let number = |name: &str| field[name].as_u64().unwrap_or(0);
                // tshark has one name for the topics of both, as it has for their lengths.
                let name = field["name"].as_str().unwrap_or_default();
                let name = name.replace("topic filter", "topic name");
                let known = NAMES.iter().any(|(_, ours)| *ours == name);
                let (off, len) = (number("off") as usize, number("len") as usize);
                if known && len > 0 {
                    places.insert((number_of(&event), name, off, len));
                }
            }
        }
    }
    Ok(places)
}

fn number_of(event: &serde_json::Value) -> u64 {
    event["n"].as_u64().unwrap_or(0)
}

fn tshark_finds_the_same_fields_at_the_same_places() -> Outcome {
    // Handshake; then a frame for each packet, and one more with all of the client's together.
    let mut frames = vec![
        tcp_from(40000, true, 99, 0, SYN, b""),
        tcp_from(40000, false, 499, 100, SYN | ACK, b""),
        tcp_from(40000, true, 100, 500, ACK, b""),
    ];
    let (mut client, mut server) = (100, 500);
    for packet in CLIENT {
        frames.push(tcp_from(40000, true, client, server, PSH | ACK, packet));
        client += packet.len() as u32;
    }
    for packet in SERVER {
        frames.push(tcp_from(40000, false, server, client, PSH | ACK, packet));
        server += packet.len() as u32;
    }
    frames.push(tcp_from(40000, true, client, server, PSH | ACK, &CLIENT[1..].concat()));
    let bytes = pcap(&frames);
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("all.pcap");
    std::fs::write(&file, &bytes)?;
    let theirs = tsharks(&file.to_string_lossy(), 2222)?;
    let ours = ours(&bytes)?;
    let types: BTreeSet<_> = CLIENT.iter().chain(SERVER).map(|packet| packet[0] >> 4).collect();
    assert_eq!(types.len(), 14);
    let only_theirs: Vec<_> = theirs.difference(&ours).collect();
    let only_ours: Vec<_> = ours.difference(&theirs).collect();
    if theirs.is_empty() || !only_theirs.is_empty() || !only_ours.is_empty() {
        return Err(format!("only tshark: {only_theirs:?}\nonly we: {only_ours:?}").into());
    }
    Ok(())
}
