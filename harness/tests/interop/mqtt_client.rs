//! Our MQTT client, and `mqtt pub` and `mqtt sub`, against mosquitto's broker and clients and
//! against paho.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use bytes::Bytes;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wirelab_mqtt::QoS::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use wirelab_mqtt::blocking::Client;
use wirelab_mqtt::client::{Message, Options};
use wirelab_mqtt::packet::Will;

/// Messages of the long run.
const MANY: usize = 100_000;

/// Messages around the broker's death.
const AROUND: usize = 2_000;

pub fn add(trials: &mut Trials) {
    let broker = &[Need::Mosquitto];
    let clients = &[Need::Mosquitto, Need::MosquittoClients];
    trials.add("mqtt_client::every_qos_and_size_arrives", broker, every_qos_and_size);
    trials.add("mqtt_client::a_hundred_thousand_stay_in_order", broker, stay_in_order);
    trials.add("mqtt_client::wildcards_match_as_the_broker_says", broker, wildcards);
    trials.add("mqtt_client::retained_messages_come_and_are_cleared", broker, retained);
    trials.add("mqtt_client::a_will_is_published_after_a_break", broker, will);
    trials.add("mqtt_client::a_kept_session_gets_what_came_meanwhile", broker, kept_session);
    trials.add("mqtt_client::nothing_acknowledged_is_lost_over_a_restart", broker, restart);
    trials.add("mqtt_client::the_exit_code_is_the_connacks", broker, exit_codes);
    trials.add("mqtt_client::pub_and_sub_pair_with_mosquittos", clients, pairings);
    trials.add("mqtt_client::lines_and_repeats_are_messages", clients, lines);
    trials.add("mqtt_client::count_leaves_the_rest_to_the_next", broker, count);
    trials.add("mqtt_client::interrupted_clients_say_goodbye", broker, interrupted);
    trials.add("mqtt_client::the_labs_roles_say_the_labs_words", broker, lab_roles);
    let paho = &[Need::Mosquitto, Need::Python, Need::Paho];
    trials.add("mqtt_client::paho_is_at_the_other_end", paho, with_paho);
}

/// A broker of mosquitto's, with a configuration of its own; ended when it is dropped.
pub struct Broker {
    process: Option<Process>,
    pub port: u16,
    dir: TempDir,
}

impl Broker {
    pub fn start() -> Result<Self, String> {
        Self::with("allow_anonymous true\n")
    }

    fn with(more: &str) -> Result<Self, String> {
        let mut dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut last = String::new();
        // Between our look at a free port and mosquitto's bind somebody else may take it.
        for _ in 0..5 {
            let port = free_port()?;
            let place = dir.path().display();
            let text = format!(
                "listener {port} 127.0.0.1\nuser root\nmax_queued_messages 0\n\
                 persistence true\npersistence_location {place}/\n{more}"
            );
            std::fs::write(dir.path().join("m.conf"), text).map_err(|error| error.to_string())?;
            let mut broker = Self { process: None, port, dir };
            match broker.run() {
                Ok(()) => return Ok(broker),
                Err(why) => (last, dir) = (why, broker.dir),
            }
        }
        Err(last)
    }

    fn run(&mut self) -> Result<(), String> {
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(self.dir.path().join("m.conf"));
        let mut process = Process::start("mosquitto", command)?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.addr()).is_err() {
            if process.has_ended()? || Instant::now() > deadline {
                return Err("mosquitto does not listen".to_owned());
            }
            std::thread::yield_now();
        }
        self.process = Some(process);
        Ok(())
    }

    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn connect(&self, options: Options) -> Result<Client, String> {
        Client::connect(self.addr(), options).map_err(|error| error.to_string())
    }

    /// One of our commands, told where the broker is.
    pub fn ours(&self, command: &str, arguments: &[&str]) -> Result<Process, String> {
        let port = self.port.to_string();
        let start = ["mqtt", command, "-h", "127.0.0.1", "-p", &port];
        Process::start(command, wirelab(&[&start[..], arguments].concat()))
    }

    /// One of mosquitto's, the same.
    pub fn theirs(&self, command: &str, arguments: &[&str]) -> Result<Process, String> {
        // Line by line: into a pipe it would print at its end.
        let mut program = Command::new("stdbuf");
        program.args(["-oL", &format!("mosquitto_{command}")]);
        program.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).args(arguments);
        Process::start(command, program)
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|addr| addr.port()).map_err(|error| error.to_string())
}

fn kept(id: &str) -> Options {
    let mut options = Options::new(id);
    options.connect.clean_session = false;
    options
}

fn next(client: &Client) -> Result<Message, String> {
    client.next_message(PATIENCE).ok_or_else(|| "no message came".to_owned())
}

fn succeeded(finished: Finished) -> Result<Finished, String> {
    if finished.status.success() { Ok(finished) } else { Err(format!("{finished:?}")) }
}

/// 0 B, 1 MiB and 20 MiB, at each QoS.
fn every_qos_and_size() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.connect(Options::new("sub"))?;
    let publisher = broker.connect(Options::new("pub"))?;
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        same("granted", subscriber.subscribe(&[("big", qos)])?, vec![Some(qos)])?;
        for size in [0, 1, 1024 * 1024, 20 * 1024 * 1024] {
            let payload: Vec<u8> = (0..size).map(|n: usize| (n % 251) as u8).collect();
            publisher.publish(Message::new("big", payload.clone()).qos(qos))?;
            let message = next(&subscriber)?;
            same("size", message.payload.len(), size)?;
            same("the same bytes", message.payload == payload, true)?;
            same("QoS", message.qos, qos)?;
        }
    }
    publisher.disconnect()?;
    Ok(subscriber.disconnect()?)
}

fn numbered(count: usize, qos: QoS) -> impl Iterator<Item = Message> {
    (0..count).map(move |n| Message::new("n", Bytes::from(n.to_string())).qos(qos))
}

fn stay_in_order() -> Outcome {
    let broker = Broker::with("allow_anonymous true\nmax_inflight_messages 100\n")?;
    let subscriber = broker.connect(Options::new("sub"))?;
    subscriber.subscribe(&[("n", AtLeastOnce)])?;
    let publisher = broker.connect(Options::new("pub"))?;
    std::thread::scope(|scope| -> Outcome {
        let sent = scope.spawn(|| publisher.publish_all(numbered(MANY, AtLeastOnce)));
        for n in 0..MANY {
            let message = next(&subscriber)?;
            same("in order", &message.payload[..], n.to_string().as_bytes())?;
        }
        let sent = sent.join().map_err(|_| "the publisher panicked")?;
        same("sent", sent?, MANY)
    })
}

fn wildcards() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.connect(Options::new("sub"))?;
    let filters = [("a/+/c", AtMostOnce), ("x/#", ExactlyOnce), ("+", AtLeastOnce)];
    let granted = vec![Some(AtMostOnce), Some(ExactlyOnce), Some(AtLeastOnce)];
    same("granted", subscriber.subscribe(&filters)?, granted)?;
    let publisher = broker.connect(Options::new("pub"))?;
    for topic in ["a/b/c", "a/b/d", "x", "x/y/z", "a/b", "single", "/single"] {
        publisher.publish(Message::new(topic, topic).qos(ExactlyOnce))?;
    }
    // `x` matches two filters, and overlapping subscriptions may each have their copy.
    publisher.publish(Message::new("x/end", "").qos(ExactlyOnce))?;
    let mut topics: Vec<String> = Vec::new();
    while topics.last().is_none_or(|last| last != "x/end") {
        topics.push(next(&subscriber)?.topic.to_string());
    }
    topics.dedup();
    same("topics", topics.join(" "), "a/b/c x x/y/z single x/end".to_owned())?;
    subscriber.unsubscribe(&["x/#"])?;
    publisher.publish(Message::new("x/y", "no").qos(ExactlyOnce))?;
    publisher.publish(Message::new("last", "yes").qos(ExactlyOnce))?;
    same("after UNSUBSCRIBE", &*next(&subscriber)?.topic, "last")
}

fn retained() -> Outcome {
    let broker = Broker::start()?;
    let publisher = broker.connect(Options::new("pub"))?;
    for topic in ["r/1", "r/2"] {
        publisher.publish(Message::new(topic, "kept").qos(AtLeastOnce).retain(true))?;
    }
    let sub = |more: &[&str]| {
        let all = [&["-t", "r/#", "-v", "-W", "1"], more].concat();
        broker.ours("sub", &all)?.finish(PATIENCE)
    };
    let mut seen: Vec<String> = sub(&["-C", "2"])?.stdout.lines().map(str::to_owned).collect();
    seen.sort();
    same("retained", seen.join(","), "r/1 kept,r/2 kept".to_owned())?;
    same("-R", sub(&["-R"])?.stdout, String::new())?;
    let cleared = sub(&["--remove-retained", "--retained-only", "-T", "r/2"])?;
    same("cleared", cleared.stdout, "r/1 kept\n".to_owned())?;
    same("what is left", sub(&[])?.stdout, "r/2 kept\n".to_owned())
}

fn will() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.connect(Options::new("sub"))?;
    subscriber.subscribe(&[("w/#", AtLeastOnce)])?;
    let mut options = Options::new("mortal");
    options.connect.will = Some(Will {
        topic: "w/1".to_owned(),
        payload: Bytes::from_static(b"gone"),
        qos: AtLeastOnce,
        retain: false,
    });
    broker.connect(options.clone())?.disconnect()?;
    broker.connect(options)?.abandon();
    let message = next(&subscriber)?;
    same("the will", (&*message.topic, &message.payload[..]), ("w/1", &b"gone"[..]))?;
    // The same from the command line, whose process is killed.
    let arguments = ["-t", "q", "-d", "--will-topic", "w/2", "--will-payload", "killed"];
    let command = broker.ours("sub", &arguments)?;
    command.wait_for("received SUBACK", PATIENCE)?;
    drop(command);
    same("its will", &next(&subscriber)?.payload[..], &b"killed"[..])
}

fn kept_session() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.connect(kept("kept"))?;
    same("Session Present at first", subscriber.session_present(), false)?;
    subscriber.subscribe(&[("k", ExactlyOnce)])?;
    subscriber.disconnect()?;
    let publisher = broker.connect(Options::new("pub"))?;
    for (payload, qos) in [("0", AtMostOnce), ("1", AtLeastOnce), ("2", ExactlyOnce)] {
        publisher.publish(Message::new("k", payload).qos(qos))?;
    }
    let subscriber = broker.connect(kept("kept"))?;
    same("Session Present", subscriber.session_present(), true)?;
    same("first", &next(&subscriber)?.payload[..], b"1")?;
    same("second", &next(&subscriber)?.payload[..], b"2")
}

/// The broker is killed in the middle, its state is what it last wrote down; then it is back.
/// mosquitto writes down only now and then: what matters here is that we send again whatever was
/// not acknowledged, and that a subscriber of a kept session comes back.
fn restart() -> Outcome {
    let mut broker = Broker::start()?;
    let subscriber = broker.connect(kept("sub"))?;
    subscriber.subscribe(&[("n", AtLeastOnce)])?;
    let publisher = broker.connect(kept("pub"))?;
    std::thread::scope(|scope| -> Outcome {
        let sent = scope.spawn(|| publisher.publish_all(numbered(AROUND, AtLeastOnce)));
        let mut seen = vec![false; AROUND];
        let mut killed = false;
        while seen.contains(&false) {
            let message = next(&subscriber)?;
            let n: usize = String::from_utf8_lossy(&message.payload).parse()?;
            seen[n] = true;
            if n > AROUND / 4 && !killed {
                killed = true;
                // A graceful end, so that mosquitto itself loses nothing that it acknowledged.
                broker.process.take().ok_or("it runs")?.terminate(PATIENCE)?;
                broker.run()?;
            }
        }
        let sent = sent.join().map_err(|_| "the publisher panicked")?;
        same("sent", sent?, AROUND)
    })
}

fn exit_codes() -> Outcome {
    // Nobody has a password: whoever comes is refused.
    let broker = Broker::with("allow_anonymous false\n")?;
    let arguments = ["-t", "a", "-m", "x", "-u", "ani", "-P", "wrong"];
    let refused = broker.ours("pub", &arguments)?.finish(PATIENCE)?;
    same("not authorised", refused.status.code(), Some(5))?;
    same("in words", refused.stderr.contains("refused the connection: not authorised"), true)?;
    let hushed = broker.ours("sub", &["-t", "a", "--quiet"])?.finish(PATIENCE)?;
    same("--quiet", (hushed.status.code(), hushed.stderr.as_str()), (Some(5), ""))?;
    let open = Broker::start()?;
    let late = open.ours("sub", &["-t", "a", "-W", "1"])?.finish(PATIENCE)?;
    same("-W ran out", late.status.code(), Some(27))?;
    for wrong in [&["-t", "a/#/b"][..], &["-t", "a", "-V", "5"], &[], &["-t", "a", "-q", "3"]] {
        let code = open.ours("sub", wrong)?.finish(PATIENCE)?.status.code();
        same(&format!("{wrong:?}"), code, Some(2))?;
    }
    let nothing = open.ours("pub", &["-t", "a", "-r", "-s"])?.finish(PATIENCE)?;
    same("nothing on stdin", nothing.status.code(), Some(1))?;
    same("-n is named", nothing.stderr.contains("with -n"), true)?;
    let nobody = wirelab(&["mqtt", "pub", "-h", "127.0.0.1", "-p", "1", "-t", "a", "-m", "x"]);
    let nobody = Process::start("pub", nobody)?.finish(PATIENCE)?;
    same("nobody there", nobody.status.code(), Some(1))
}

/// Ours and theirs, every way round, at every QoS.
fn pairings() -> Outcome {
    let broker = Broker::start()?;
    for (pub_is_ours, sub_is_ours) in [(true, true), (true, false), (false, true)] {
        for qos in ["0", "1", "2"] {
            let arguments = ["-t", "p/+", "-q", qos, "-C", "2", "-v", "-d"];
            let subscriber = if sub_is_ours {
                broker.ours("sub", &arguments)?
            } else {
                broker.theirs("sub", &arguments)?
            };
            subscriber.wait_for("Subscribed (mid: 1)", PATIENCE)?;
            for message in ["halo", "ingin mencoba"] {
                let arguments = ["-t", "p/x", "-q", qos, "-m", message];
                let publisher = if pub_is_ours {
                    broker.ours("pub", &arguments)?
                } else {
                    broker.theirs("pub", &arguments)?
                };
                succeeded(publisher.finish(PATIENCE)?)?;
            }
            let screen = succeeded(subscriber.finish(PATIENCE)?)?.stdout;
            let mut messages = screen.lines().filter(|line| line.starts_with("p/x "));
            same("first", messages.next(), Some("p/x halo"))?;
            same("second", messages.next(), Some("p/x ingin mencoba"))?;
        }
    }
    Ok(())
}

fn lines() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.theirs("sub", &["-t", "l", "-C", "7", "-d", "-F", "<%p>"])?;
    subscriber.wait_for("Subscribed", PATIENCE)?;
    let mut publisher = broker.ours("pub", &["-t", "l", "-l", "-q", "1"])?;
    publisher.type_line("one")?;
    // A line is sent when it is there, and not at the end.
    subscriber.wait_for("<one>", PATIENCE)?;
    publisher.type_line("")?;
    publisher.type_line(" three ")?;
    succeeded(publisher.finish(PATIENCE)?)?;
    let mut whole = broker.ours("pub", &["-t", "l", "-s", "-q", "1"])?;
    whole.type_line("all of")?;
    whole.type_line("it")?;
    succeeded(whole.finish(PATIENCE)?)?;
    let repeat = ["-t", "l", "-m", "r", "--repeat", "2", "--repeat-delay", "0.05", "-q", "2"];
    succeeded(broker.ours("pub", &repeat)?.finish(PATIENCE)?)?;
    succeeded(broker.ours("pub", &["-t", "l", "-n"])?.finish(PATIENCE)?)?;
    let screen = succeeded(subscriber.finish(PATIENCE)?)?.stdout;
    let messages: Vec<&str> = screen.split("Client (null)").collect();
    let messages: String =
        messages.iter().filter_map(|part| part.find('<').map(|at| &part[at..])).collect();
    same("messages", messages.as_str(), "<one>\n<>\n< three >\n<all of\nit\n>\n<r>\n<r>\n<>\n")
}

/// What `-C` does not print is not acknowledged: the next run gets it.
fn count() -> Outcome {
    let broker = Broker::start()?;
    let session = ["-t", "c", "-i", "counter", "-c", "-q", "2"];
    let run = |more: &[&str]| {
        let arguments = [&session[..], more].concat();
        succeeded(broker.ours("sub", &arguments)?.finish(PATIENCE)?)
    };
    run(&["-E"])?;
    let publisher = broker.connect(Options::new("pub"))?;
    let messages = (0..6).map(|n| Message::new("c", n.to_string()).qos(ExactlyOnce));
    publisher.publish_all(messages)?;
    same("first", run(&["-C", "1"])?.stdout, "0\n".to_owned())?;
    same("next", run(&["-C", "2"])?.stdout, "1\n2\n".to_owned())?;
    same("rest", run(&["-C", "3"])?.stdout, "3\n4\n5\n".to_owned())
}

fn interrupted() -> Outcome {
    let broker = Broker::start()?;
    let client = broker.ours("sub", &["-t", "a", "-d"])?;
    client.wait_for("received SUBACK", PATIENCE)?;
    client.interrupt()?;
    let finished = client.finish(PATIENCE)?;
    same("exit code", finished.status.code(), Some(130))?;
    same("DISCONNECT", finished.stdout.ends_with("sending DISCONNECT\n"), true)
}

fn lab_roles() -> Outcome {
    let broker = Broker::start()?;
    let subscriber = broker.ours("sub", &["--lab"])?;
    subscriber.wait_for("Berlangganan topik: sister/temp\n", PATIENCE)?;
    // The texts are printed when SUBSCRIBE is sent; that it was answered is seen by a probe.
    let probe = ["-t", "sister/temp", "-m", "siap", "--repeat", "1"];
    let deadline = Instant::now() + PATIENCE;
    while subscriber.wait_for("siap", Duration::from_millis(200)).is_err() {
        succeeded(broker.ours("pub", &probe)?.finish(PATIENCE)?)?;
        same("in time", Instant::now() < deadline, true)?;
    }
    let arguments = ["--lab", "--repeat", "2", "--repeat-delay", "0.1"];
    let publisher = succeeded(broker.ours("pub", &arguments)?.finish(PATIENCE)?)?;
    let published = "Published: Suhu: 28°C\n".repeat(2);
    let want = format!("Menghubungkan ke 127.0.0.1...\n{published}Publisher dihentikan.\n");
    same("the publisher's screen", publisher.stdout, want)?;
    let received = "Received message: Suhu: 28°C (Topic: sister/temp)\n";
    subscriber.wait_for(&received.repeat(2), PATIENCE)?;
    subscriber.interrupt()?;
    let screen = subscriber.finish(PATIENCE)?;
    same("exit code", screen.status.code(), Some(0))?;
    let first = "Menunggu pesan... (Tekan Ctrl+C untuk keluar)\n\
                 Berhasil terhubung ke broker MQTT 127.0.0.1\nBerlangganan topik: sister/temp\n";
    same("begins", screen.stdout.starts_with(first), true)?;
    same("ends", screen.stdout.ends_with("Subscriber dihentikan.\n"), true)
}

/// paho publishes at each QoS what it is sent at each QoS.
const PAHO_ECHO: &str = "
import sys, paho.mqtt.client as mqtt
c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id='paho')
c.on_connect = lambda c, u, f, r, p: c.subscribe('to/#', 2)
c.on_subscribe = lambda *a: print('ready', flush=True)
c.on_message = lambda c, u, m: c.publish('from/' + m.topic[3:], m.payload, m.qos)
c.connect('127.0.0.1', int(sys.argv[1]))
c.loop_forever()
";

fn with_paho() -> Outcome {
    let broker = Broker::start()?;
    let mut command = Command::new("python3");
    command.args(["-u", "-c", PAHO_ECHO, &broker.port.to_string()]);
    let paho = Process::start("paho", command)?;
    paho.wait_for("ready", PATIENCE)?;
    let client = broker.connect(Options::new("ours"))?;
    client.subscribe(&[("from/#", ExactlyOnce)])?;
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        for n in 0..100 {
            client.publish(Message::new(format!("to/{n}"), format!("{n}")).qos(qos))?;
        }
        for n in 0..100 {
            let message = next(&client)?;
            same("topic", &*message.topic, format!("from/{n}").as_str())?;
            same("QoS", message.qos, qos)?;
        }
    }
    Ok(client.disconnect()?)
}
