//! The MQTT exercise: a broker, a subscriber, and a publisher with the temperature.
//!
//! ```text
//!   mqtt-pub ── PUBLISH sister/temp ──► mqtt-broker ── PUBLISH ──► mqtt-sub
//! ```
//!
//! It may name the stage. Any part may be played by another's program, which may say less than
//! ours, or never end by itself; what it says in common with the lab's own is waited for.

use std::time::Duration;

use super::exercise::{Line, Pace, Part, Scene};
use super::stage::{PATIENCE, Stage, Trouble};

/// Who takes part; the addresses are those of the lab's containers.
pub const PARTS: &[Part] = &[
    Part { role: "broker", host: "mqtt-broker" },
    Part { role: "publisher", host: "mqtt-pub" },
    Part { role: "subscriber", host: "mqtt-sub" },
];

const BROKER: usize = 0;
const PUBLISHER: usize = 1;
const SUBSCRIBER: usize = 2;

/// Messages, if nobody says how many.
const MESSAGES: u32 = 5;
/// How long a program of others may keep silent about what it need not tell: it may have done it
/// all the same.
const SILENCE: Duration = Duration::from_secs(1);
/// What brokers say when clients may come: ours, and mosquitto.
const READY: &[&str] = &["listening on", "running", "ready", "started"];
/// What subscribers say when they have subscribed: ours and the lab's, and mosquitto's with `-d`.
const SUBSCRIBED: &[&str] = &["berlangganan", "subscribed"];
/// What a message looks like on a subscriber's screen.
const MESSAGE: &[&str] = &["suhu"];

/// The subscriber is there before the first message.
pub(super) fn lines(scene: &Scene) -> Vec<Line> {
    let count = scene.messages.unwrap_or(MESSAGES);
    let (qos, count_text) = (scene.qos.to_string(), count.to_string());
    let bind_port = scene.bind_port.to_string();
    let delay = between_messages(scene.pace).as_secs_f64().to_string();
    let broker = ["mqtt", "broker", "-p", &bind_port, "--bind", &scene.bind];
    let mut lines =
        vec![Line::new(BROKER, &broker), client(scene, SUBSCRIBER, "sub", &["-q", &qos])];
    // To publish nothing is not what `--repeat` is for.
    if count > 0 {
        let pace = ["-q", &qos, "--repeat", &count_text, "--repeat-delay", &delay];
        lines.push(client(scene, PUBLISHER, "pub", &pace));
    }
    lines
}

/// The publisher goes first.
pub(super) fn play(stage: &mut Stage<'_>, scene: &Scene, lines: &[Line]) -> Result<(), Trouble> {
    let start = |stage: &mut Stage<'_>, n: usize| {
        stage.start(n, scene.program(&PARTS[n], &Line::of(lines, n)))
    };
    start(stage, BROKER)?;
    let ready = said(stage, scene, BROKER, READY)?;
    // mosquitto without a configuration listens on the loopback of its host alone.
    if ready && scene.stranger(&PARTS[BROKER]).is_some() {
        stage.let_reach(BROKER);
    }
    start(stage, SUBSCRIBER)?;
    said(stage, scene, SUBSCRIBER, SUBSCRIBED)?;
    let count = scene.messages.unwrap_or(MESSAGES);
    if count > 0 {
        start(stage, PUBLISHER)?;
        messages(stage, scene, count)?;
        end(stage, scene, PUBLISHER)?;
    }
    end(stage, scene, SUBSCRIBER)?;
    end(stage, scene, BROKER)
}

/// From one message to the next.
pub fn between_messages(pace: Pace) -> Duration {
    match pace {
        Pace::Fast => Duration::from_millis(100),
        Pace::Lab => Duration::from_secs(1),
    }
}

fn client(scene: &Scene, n: usize, command: &str, more: &[&str]) -> Line {
    let port = scene.target_port(n).to_string();
    let mut words = vec!["mqtt", command, "--lab", "-h", &scene.target, "-p", &port];
    if let Some(own) = scene.own_addresses.get(n) {
        words.extend(["-A", own]);
    }
    words.extend(more);
    Line::new(n, &words)
}

/// Waits until a part says that it is ready: did it? A stranger may be so without a word.
fn said(stage: &mut Stage<'_>, scene: &Scene, n: usize, words: &[&str]) -> Result<bool, Trouble> {
    if scene.stranger(&PARTS[n]).is_none() {
        return stage.wait_for(n, words).map(|_| true);
    }
    let said = stage.listen_for(n, words, SILENCE)?;
    if stage.has_ended(n) && !said {
        // Whoever waits for it now is told how it ended.
        stage.wait_for(n, words)?;
    }
    Ok(said)
}

/// Waits until the subscriber has shown the messages. A stranger who publishes may end before
/// there are so many.
fn messages(stage: &mut Stage<'_>, scene: &Scene, count: u32) -> Result<(), Trouble> {
    let strangers = [PUBLISHER, SUBSCRIBER].map(|n| scene.stranger(&PARTS[n]).is_some());
    for _ in 0..count {
        if strangers == [false, false] {
            stage.wait_for(SUBSCRIBER, MESSAGE)?;
            continue;
        }
        let patience = if stage.has_ended(PUBLISHER) { SILENCE } else { PATIENCE };
        if !stage.listen_for(SUBSCRIBER, MESSAGE, patience)? {
            break;
        }
    }
    Ok(())
}

/// Lets a part end: our publisher does so by itself, all others with a ^C.
fn end(stage: &mut Stage<'_>, scene: &Scene, n: usize) -> Result<(), Trouble> {
    if scene.stranger(&PARTS[n]).is_some() {
        stage.interrupt(n)?;
        // How it takes that is its own affair.
        return stage.wait_exit(n).map(drop);
    }
    if n != PUBLISHER {
        stage.interrupt(n)?;
    }
    stage.wait_success(n)
}
