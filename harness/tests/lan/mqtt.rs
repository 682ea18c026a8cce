//! `wirelab tour mqtt` from end to end: what its analysis must show, wherever it is played.

use libtest_mimic::{Failed, Trial};

use crate::lab::{AS_USER, Machine, Room, assert_has, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    let lan_as_user = machine.other_user.clone().or(lan.clone());
    let raw = machine.raw_sockets.clone();
    vec![
        trial("tour mqtt netns: rows M1 to M10", lan.clone(), || on_a_lan(&[])),
        trial("tour mqtt netns: the same as an ordinary user", lan_as_user, || on_a_lan(&AS_USER)),
        trial("tour mqtt netns: QoS 1 and 2 are acknowledged", lan.clone(), || with_qos("netns")),
        trial("tour mqtt lo: QoS 1 and 2 are acknowledged", raw, || with_qos("lo")),
        trial("tour mqtt tap: QoS 1 and 2 are acknowledged", None, || with_qos("tap")),
        trial("tour mqtt netns: a broker on its loopback alone is reached", lan.clone(), loopback),
        trial("tour mqtt netns: strangers as clients", lan, strangers),
        trial("tour mqtt: a QoS that there is not", None, no_such_qos),
    ]
}

/// Plays it and returns what was said.
fn play(room: &Room, before: &[&str], options: &[&str]) -> Result<String, Failed> {
    room.play(before, "mqtt", options)
}

/// The rows of the lab's table, as far as they have no frame numbers.
fn on_a_lan(before: &[&str]) -> Result<(), Failed> {
    let room = Room::new();
    let said = play(&room, before, &["--net", "netns"])?;
    assert_has(
        &said,
        &[
            // What the roles say.
            "Menghubungkan ke 172.18.0.2...",
            "Published: Suhu: 28°C",
            "Publisher dihentikan.",
            "Subscriber dihentikan.",
            // M1
            "== ARP  mqtt-sub asks who has 172.18.0.2; mqtt-broker answers 02:42:ac:12:00:02",
            "== ARP  mqtt-pub asks who has 172.18.0.2; mqtt-broker answers 02:42:ac:12:00:02",
            // M2, M3
            "CONNECT v3.1.1 clean, keepalive 60, empty id",
            "CONNACK accepted, session present 0",
            "filter sister/temp QoS 0 granted 0",
            // M4
            "PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0",
            "PUBLISH sister/temp to mqtt-broker: 5 messages, mean interval 0.1",
            // M6, M7
            "TCP ACK ≠ MQTT acknowledgment",
            "topology: 1 publisher → broker → 1 subscriber (mqtt-pub → mqtt-broker → mqtt-sub)",
            "fan-out: 5 messages published, 5 deliveries",
            // M8
            "closed gracefully: mqtt-pub sent DISCONNECT",
            "closed gracefully: mqtt-sub sent DISCONNECT",
            // M10: our publisher does not wait.
            "legal: a client need not wait (3.1.4)",
        ],
    );
    // M5
    assert!(said.contains("ACK covers the 26 bytes of frame"), "{said}");
    // M7
    assert_eq!(said.matches("== PUBLISH #").count(), 5, "{said}");
    // M9
    let re_check =
        "== ARP re-check of a known neighbour (cache ageing), not a new peer: mqtt-broker";
    assert!(said.contains(re_check), "{said}");
    Ok(())
}

fn with_qos(net: &str) -> Result<(), Failed> {
    let room = Room::new();
    let topology = "(mqtt-pub → mqtt-broker → mqtt-sub)";
    let chains = ["acknowledged by MQTT: 3 of QoS 1", "acknowledged by MQTT: 3 of QoS 2"];
    for (qos, chain) in ["1", "2"].into_iter().zip(chains) {
        let said = play(&room, &[], &["--net", net, "--qos", qos, "-n", "3"])?;
        assert_eq!(said.matches(chain).count(), 2, "once on each hop: {said}");
        assert_has(&said, &[topology, "fan-out: 3 messages published, 3 deliveries"]);
        assert!(!said.contains("not completed"), "{said}");
    }
    Ok(())
}

/// As mosquitto does it without a configuration.
fn loopback() -> Result<(), Failed> {
    let room = Room::new();
    let wirelab = room.path("wirelab");
    let line = "mqtt broker -p $WIRELAB_PORT --bind 127.0.0.1";
    let broker = format!("--foreign=broker=exec '{}' {line}", wirelab.display());
    let said = play(&room, &[], &["--net", "netns", &broker])?;
    assert_has(&said, &["(reached at 172.18.0.2", "fan-out: 5 messages published, 5 deliveries"]);
    Ok(())
}

/// They say less than ours, and do not end by themselves.
fn strangers() -> Result<(), Failed> {
    let room = Room::new();
    let wirelab = room.path("wirelab").display().to_string();
    let line = "mqtt sub -h $WIRELAB_HOST -p $WIRELAB_PORT -t sister/temp";
    let subscriber = format!("--foreign=sub=exec '{wirelab}' {line}");
    let line = "mqtt pub --lab --repeat-delay 0.1";
    let publisher = format!("--foreign=publisher=exec '{wirelab}' {line}");
    let said = play(&room, &[], &["--net", "netns", &subscriber, &publisher])?;
    assert_has(&said, &["Publisher dihentikan.", "topology: 1 publisher → broker → 1 subscriber"]);
    assert!(said.matches("→ delivered as #").count() >= 10, "each in its line and in its block");
    Ok(())
}

fn no_such_qos() -> Result<(), Failed> {
    let room = Room::new();
    let output = room.wirelab(&[]).args(["tour", "mqtt", "--qos", "3"]).output()?;
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    Ok(())
}
