//! Wills: when they are published, and as what.
//!
//! It may name the cases' client. It does not know how soon a broker sees that somebody is gone.

use bytes::Bytes;
use std::time::{Duration, Instant};
use wirelab_mqtt::packet::{Connect, Disconnect, PingReq, Publish, Will};
use wirelab_mqtt::{Packet, QoS};

use super::client::{Client, connect, message, payloads, same, topic};
use crate::check::Case;
use crate::check::talk::{Desk, Wrong};

const ALL: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

pub const CASES: &[Case] = &[
    Case {
        clauses: &["MQTT-3.1.2-9", "MQTT-3.1.2-8"],
        name: "a will comes with its Will QoS, 0, 1 and 2",
        run: |desk| {
            for qos in ALL {
                let topic = topic(desk, &format!("will/{}", qos as u8));
                let mut heir = heir(desk, &topic)?;
                drop(mortal(desk, will(&topic, "will", qos, false))?);
                let seen = heir.message("the will")?;
                same("QoS and RETAIN", (seen.qos, seen.retain), (qos, false))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-17", "MQTT-3.3.1-5"],
        name: "a retained will is kept with its Will QoS, 0, 1 and 2",
        run: |desk| {
            for qos in ALL {
                let topic = topic(desk, &format!("will/kept/{}", qos as u8));
                let mut first = heir(desk, &topic)?;
                drop(mortal(desk, will(&topic, "will", qos, true))?);
                same("RETAIN at first", first.message("the will")?.retain, false)?;
                let kept = heir(desk, &topic)?.message("the retained will")?;
                let clear = Publish { retain: true, ..message(&topic, "", QoS::AtMostOnce, 0) };
                Client::new(desk, "clear")?.publish(clear);
                same("QoS and RETAIN", (kept.qos, kept.retain), (qos, true))?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-9"],
        name: "a will's message is octets: any, or none",
        run: |desk| {
            for payload in [&b"\0\xff\xfe"[..], b""] {
                let topic = topic(desk, &format!("will/octets/{}", payload.len()));
                let mut heir = heir(desk, &topic)?;
                let payload = Bytes::from_static(payload);
                let will = Will { payload: payload.clone(), ..will(&topic, "", ALL[0], false) };
                drop(mortal(desk, will)?);
                same("the payload", heir.message("the will")?.payload, payload)?;
            }
            Ok(())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-8", "MQTT-3.1.4-2"],
        name: "whoever loses his connection to another of his name: his will is published",
        run: |desk| {
            let topic = topic(desk, "will/taken-over");
            let mut heir = heir(desk, &topic)?;
            let mut first = mortal(desk, will(&topic, "will", ALL[0], false))?;
            let _second = Client::new(desk, "mortal")?;
            first.talk.expect_end()?;
            same("the will", payloads(&[heir.message("the will")?]), vec!["will".to_owned()])
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-24", "MQTT-3.1.2-8"],
        name: "whoever is silent for longer than Keep Alive allows: his will is published",
        run: |desk| {
            let topic = topic(desk, "will/silent");
            let mut heir = heir(desk, &topic)?;
            let will = Some(will(&topic, "will", ALL[0], false));
            let connect = Connect { will, keep_alive: 1, ..connect(desk, "mortal") };
            let (mut silent, _) = Client::with(desk, connect)?;
            silent.talk.expect_end_within(3 * desk.patience)?;
            heir.message("the will").map(drop)
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-10"],
        name: "a will is published once: not again when its client comes back and leaves",
        run: |desk| {
            let topic = topic(desk, "will/once");
            let mut heir = heir(desk, &topic)?;
            drop(mortal(desk, will(&topic, "will", ALL[0], false))?);
            heir.message("the will")?;
            drop(Client::new(desk, "mortal")?);
            let mut last = Client::new(desk, "mortal")?;
            last.send(&Packet::Disconnect(Disconnect));
            last.talk.expect_end()?;
            heir.publish(message(&topic, "end", QoS::AtMostOnce, 0));
            same("wills", payloads(&heir.until_end()?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-12", "MQTT-3.14.4-3"],
        name: "a will that a DISCONNECT has removed is not published by the next one's end",
        run: |desk| {
            let topic = topic(desk, "will/removed");
            let mut heir = heir(desk, &topic)?;
            let mut first = mortal(desk, will(&topic, "will", ALL[0], false))?;
            first.send(&Packet::Disconnect(Disconnect));
            first.talk.expect_end()?;
            // Without a will, and gone without a word: that it is gone shows to the next.
            drop(Client::new(desk, "mortal")?);
            Client::new(desk, "mortal")?;
            heir.publish(message(&topic, "end", QoS::AtMostOnce, 0));
            same("wills", payloads(&heir.until_end()?), Vec::new())
        },
    },
    Case {
        clauses: &["MQTT-3.1.2-24"],
        name: "whoever pings within Keep Alive stays",
        run: |desk| {
            let connect = Connect { keep_alive: 2, ..connect(desk, "pings") };
            let (mut client, _) = Client::with(desk, connect)?;
            for _ in 0..4 {
                let next = Instant::now() + Duration::from_secs(1);
                client.send(&Packet::PingReq(PingReq));
                let answer = client.next("the PINGRESP")?;
                same("the answer", matches!(answer, Packet::PingResp(_)), true)?;
                client.talk.listen_until(next);
            }
            client.send(&Packet::PingReq(PingReq));
            client.next("the PINGRESP").map(drop)
        },
    },
];

fn heir(desk: &mut Desk, topic: &str) -> Result<Client, Wrong> {
    let mut heir = Client::new(desk, "heir")?;
    heir.subscribe(topic, QoS::ExactlyOnce)?;
    Ok(heir)
}

fn will(topic: &str, payload: &str, qos: QoS, retain: bool) -> Will {
    let payload = Bytes::copy_from_slice(payload.as_bytes());
    Will { topic: topic.to_owned(), payload, qos, retain }
}

fn mortal(desk: &mut Desk, will: Will) -> Result<Client, Wrong> {
    let connect = Connect { will: Some(will), ..connect(desk, "mortal") };
    Client::with(desk, connect).map(|(client, _)| client)
}
