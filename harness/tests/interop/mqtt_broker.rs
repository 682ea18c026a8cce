//! Our broker with the clients of others: mosquitto_pub and mosquitto_sub, paho, and the lab's own
//! programs.

use super::common::process::Process;
use super::common::reference::{Need, Trials, node_modules};
use super::common::{Outcome, PATIENCE, lab, same, wirelab};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long one of paho's checks may take; it has a patience of its own.
const CHECK: Duration = Duration::from_secs(200);

pub fn add(trials: &mut Trials) {
    let clients = &[Need::MosquittoClients];
    trials.add("mqtt_broker::mosquittos_clients_meet_at_every_qos", clients, pairings);
    trials.add("mqtt_broker::mosquittos_clients_send_files_of_every_size", clients, sizes);
    trials.add("mqtt_broker::mosquittos_subscriber_finds_sys", clients, sys);
    trials.add("mqtt_broker::another_protocol_level_is_refused", clients, levels);
    let paho = &[Need::Python, Need::Paho];
    trials.add("mqtt_broker::paho_at_every_qos", paho, || paho_check("qos"));
    trials.add("mqtt_broker::paho_with_messages_of_every_size", paho, || paho_check("sizes"));
    trials.add("mqtt_broker::paho_gets_a_hundred_thousand_in_order", paho, || paho_check("order"));
    trials.add("mqtt_broker::paho_with_retained_messages", paho, || paho_check("retained"));
    trials.add("mqtt_broker::paho_leaves_a_will", paho, || paho_check("will"));
    trials.add("mqtt_broker::paho_keeps_a_session", paho, || paho_check("session"));
    trials.add("mqtt_broker::paho_with_wildcards", paho, || paho_check("wildcards"));
    trials.add("mqtt_broker::paho_is_taken_over", paho, || paho_check("takeover"));
    trials.add("mqtt_broker::mqtt_js_does_all_of_it", &[Need::MqttJs], mqtt_js);
    trials.add("mqtt_broker::the_labs_own_programs_meet", paho, labs_programs);
}

/// Our broker, and its port.
fn broker() -> Result<(Process, String), String> {
    let broker = Process::start("mqtt broker", wirelab(&["mqtt", "broker", "-p", "0"]))?;
    let line = broker.first_line(PATIENCE)?;
    let port = line.rsplit(':').next().unwrap_or_default().to_owned();
    Ok((broker, port))
}

fn mosquitto(program: &str, port: &str, arguments: &[&str]) -> Result<Process, String> {
    // Through a pipe it would keep its lines back until the end.
    let mut command = Command::new("stdbuf");
    command.args(["-oL", program, "-p", port, "-d"]).args(arguments);
    Process::start(program, command)
}

fn publish(port: &str, arguments: &[&str]) -> Outcome {
    let published = mosquitto("mosquitto_pub", port, arguments)?.finish(PATIENCE)?;
    same("mosquitto_pub's exit code", published.status.code(), Some(0))
}

fn pairings() -> Outcome {
    let (_broker, port) = broker()?;
    for granted in ["0", "1", "2"] {
        let subscribe = ["-t", "a/+/c", "-q", granted, "-C", "6", "-F", "=%t %q %r %p"];
        let subscriber = mosquitto("mosquitto_sub", &port, &subscribe)?;
        subscriber.wait_for("Subscribed", PATIENCE)?;
        let mut expected = Vec::new();
        for qos in ["0", "1", "2"] {
            publish(&port, &["-t", "a/b/c", "-q", qos, "-m", "halo"])?;
            publish(&port, &["-t", "a/é/c", "-q", qos, "-n"])?;
            let lower = qos.min(granted);
            expected.push(format!("=a/b/c {lower} 0 halo"));
            expected.push(format!("=a/é/c {lower} 0 "));
        }
        let heard = subscriber.finish(PATIENCE)?;
        let lines = heard.stdout.lines().filter(|line| line.starts_with('='));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        // mosquitto_sub shows a message of QoS 2 when it is released, perhaps behind a later one.
        lines.sort();
        expected.sort();
        same("messages", lines, expected)?;
    }
    Ok(())
}

fn sizes() -> Outcome {
    let (_broker, port) = broker()?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (sent, got) = (directory.path().join("sent"), directory.path().join("got"));
    for size in [0_u32, 1 << 20, 20 << 20] {
        let payload: Vec<u8> = (0..size).map(|n| (n % 253) as u8).collect();
        std::fs::write(&sent, &payload).map_err(|error| error.to_string())?;
        let file = sent.display().to_string();
        for qos in ["0", "1", "2"] {
            let output = std::fs::File::create(&got).map_err(|error| error.to_string())?;
            let mut command = Command::new("mosquitto_sub");
            command.args(["-p", &port, "-t", "size", "-q", "2", "-C", "1", "-N"]).stdout(output);
            let mut subscriber = command.spawn().map_err(|error| error.to_string())?;
            // Retained, so that it does not matter who is first; an empty message is not, and is
            // sent until it was heard.
            publish(&port, &["-t", "size", "-q", qos, "-r", "-f", &file])?;
            let deadline = Instant::now() + PATIENCE;
            let status = loop {
                if let Some(status) = subscriber.try_wait().map_err(|error| error.to_string())? {
                    break status;
                }
                if Instant::now() > deadline {
                    let _ = subscriber.kill();
                    let _ = subscriber.wait();
                    return Err(format!("{size} bytes at QoS {qos} do not arrive").into());
                }
                if size == 0 {
                    publish(&port, &["-t", "size", "-q", qos, "-n"])?;
                }
            };
            same("mosquitto_sub's exit code", status.code(), Some(0))?;
            let heard = std::fs::read(&got).map_err(|error| error.to_string())?;
            same("length", heard.len(), payload.len())?;
            same("payload", heard == payload, true)?;
            publish(&port, &["-t", "size", "-r", "-n"])?;
        }
    }
    Ok(())
}

fn sys() -> Outcome {
    let (_broker, port) = broker()?;
    let topics = [
        "version",
        "uptime",
        "clients/connected",
        "messages/received",
        "bytes/sent",
        "publish/messages/dropped",
        "subscriptions/count",
        "retained messages/count",
    ];
    for topic in topics {
        let topic = format!("$SYS/broker/{topic}");
        let subscribe = ["-t", topic.as_str(), "-C", "1", "-W", "10"];
        let subscriber = mosquitto("mosquitto_sub", &port, &subscribe)?.finish(PATIENCE)?;
        same(&topic, subscriber.status.code(), Some(0))?;
    }
    Ok(())
}

fn levels() -> Outcome {
    let (_broker, port) = broker()?;
    for level in ["mqttv31", "mqttv5"] {
        let arguments = ["-V", level, "-t", "a", "-m", "b"];
        let refused = mosquitto("mosquitto_pub", &port, &arguments)?.finish(PATIENCE)?;
        same(level, refused.status.success(), false)?;
        let said = format!("{}{}", refused.stdout, refused.stderr).to_lowercase();
        same(&format!("{level}: {said}"), said.contains("protocol version"), true)?;
    }
    Ok(())
}

fn paho_check(name: &str) -> Outcome {
    let (_broker, port) = broker()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/paho_checks.py");
    let mut command = Command::new("python3");
    command.arg("-u").arg(script).args([&port, name]);
    let check = Process::start(name, command)?.finish(CHECK)?;
    let said = format!("{}{}", check.stdout, check.stderr);
    same(&said, check.status.code(), Some(0))
}

fn mqtt_js() -> Outcome {
    let (_broker, port) = broker()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/mqttjs_checks.js");
    let mut command = Command::new("node");
    command.env("NODE_PATH", node_modules()).arg(script).arg(&port);
    let check = Process::start("MQTT.js", command)?.finish(CHECK)?;
    let said = format!("{}{}", check.stdout, check.stderr);
    same(&said, check.status.code(), Some(0))
}

fn labs_programs() -> Outcome {
    let (_broker, port) = broker()?;
    let program = |name: &str, more: &[&str]| {
        let mut command = Command::new("python3");
        command.arg("-u").arg(lab(&format!("mqtt/{name}"))).args(["127.0.0.1", &port]).args(more);
        Process::start(name, command)
    };
    let subscriber = program("sub.py", &["3"])?;
    subscriber.wait_for("Berlangganan topik: sister/temp", PATIENCE)?;
    // It says so when it asks: one who is let in after its answer comes behind it.
    let ours = wirelab(&["mqtt", "sub", "--lab", "-p", &port]);
    let ours = Process::start("mqtt sub --lab", ours)?;
    ours.wait_for("Berlangganan topik: sister/temp", PATIENCE)?;
    let publisher = program("pub.py", &["3", "0.05"])?.finish(PATIENCE)?;
    let said = "Menghubungkan ke 127.0.0.1...\nPublished: Suhu: 28°C\nPublished: Suhu: 28°C\n\
                Published: Suhu: 28°C\nPublisher dihentikan.\n";
    same("the publisher's screen", publisher.stdout.as_str(), said)?;
    let heard = subscriber.finish(PATIENCE)?;
    let line = "Received message: Suhu: 28°C (Topic: sister/temp)";
    let lines: Vec<&str> = heard.stdout.lines().collect();
    let expected = [
        "Menunggu pesan... (Tekan Ctrl+C untuk keluar)",
        "Berhasil terhubung ke broker MQTT 127.0.0.1",
        "Berlangganan topik: sister/temp",
        line,
        line,
        line,
        "Subscriber dihentikan.",
    ];
    same("the subscriber's screen", lines, expected.to_vec())?;
    let three = format!("{line}\n{line}\n{line}\n");
    ours.wait_for(&three, PATIENCE)?;
    // And ours publishes to the lab's subscriber.
    let mut subscriber = program("sub.py", &["2"])?;
    subscriber.wait_for("Berlangganan topik: sister/temp", PATIENCE)?;
    while !subscriber.has_ended()? {
        let publish = ["mqtt", "pub", "--lab", "-p", &port, "--repeat", "1"];
        let publisher = Process::start("mqtt pub --lab", wirelab(&publish))?.finish(PATIENCE)?;
        same("our publisher's exit code", publisher.status.code(), Some(0))?;
    }
    let heard = subscriber.finish(PATIENCE)?;
    same("messages from ours", heard.stdout.matches(line).count(), 2)
}
