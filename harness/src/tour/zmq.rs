//! The three ZeroMQ exercises: a question and its answer, work for workers, a topic.
//!
//! ```text
//!   zmq-req  ── Hello ──► zmq-rep  ── World ──► zmq-req             reqrep, port 5555
//!   zmq-push ── a number ──► zmq-pull, zmq-pull2, … in turn         pushpull, port 9999
//!   zmq-pub  ── WAKTU, the time ──► zmq-sub                         pubsub, port 12345
//! ```
//!
//! It may name the stage. The first part binds, the others connect: who connects is not who
//! sends. Any part may be played by another's program, which may say less than ours, or never end
//! by itself.

use std::time::Duration;

use super::exercise::{Line, Pace, Part, Scene};
use super::stage::{PATIENCE, Stage, Trouble};
use crate::frame::CapturedFrame;
use crate::lang::{Lang, say};

/// Who takes part in `reqrep`.
pub const REQREP: &[Part] =
    &[Part { role: "rep", host: "zmq-rep" }, Part { role: "req", host: "zmq-req" }];

/// Who takes part in `pushpull`, with as many workers as there can be.
pub const PUSHPULL: &[Part] = &[
    Part { role: "push", host: "zmq-push" },
    Part { role: "pull", host: "zmq-pull" },
    Part { role: "pull2", host: "zmq-pull2" },
    Part { role: "pull3", host: "zmq-pull3" },
    Part { role: "pull4", host: "zmq-pull4" },
    Part { role: "pull5", host: "zmq-pull5" },
    Part { role: "pull6", host: "zmq-pull6" },
    Part { role: "pull7", host: "zmq-pull7" },
    Part { role: "pull8", host: "zmq-pull8" },
];

/// The most workers.
pub const WORKERS_MAX: u8 = 8;

/// Who takes part in `pubsub`.
pub const PUBSUB: &[Part] =
    &[Part { role: "pub", host: "zmq-pub" }, Part { role: "sub", host: "zmq-sub" }];

/// The one that binds, and the first one that connects.
const SERVER: usize = 0;
const CLIENT: usize = 1;

/// Messages, if nobody says how many.
const MESSAGES: u32 = 5;
/// How long a program of others may keep silent about what it need not tell: it may have done it
/// all the same.
const SILENCE: Duration = Duration::from_secs(1);
/// The longest rest of the lab's producer is 20 s.
const LAB_PATIENCE: Duration = Duration::from_secs(25);
/// The topic of the lab's publisher.
const TOPIC: &str = "WAKTU";
/// What the roles' lines have in them, ours and the lab's own.
const LISTENING: &[&str] = &["listening on", "menunggu", "waiting"];
const REPLY: &[&str] = &["received reply"];
const PRODUCED: &[&str] = &["produced workload"];
const WORK: &[&str] = &["received work"];
const READY: &[&str] = &["ready"];
const RECEIVED: &[&str] = &["received"];

/// The client asks, waits, and asks again.
pub(super) fn reqrep_lines(scene: &Scene) -> Vec<Line> {
    let (count, interval) = (count(scene).to_string(), interval(scene).to_string());
    let pace = ["-n", &count, "-i", &interval];
    vec![server(scene, "rep", &[]), client(scene, CLIENT, "req", &pace)]
}

pub(super) fn play_reqrep(
    stage: &mut Stage<'_>,
    scene: &Scene,
    lines: &[Line],
) -> Result<(), Trouble> {
    let play = Play { parts: REQREP, scene, lines };
    play.start_server(stage)?;
    play.start_client(stage, CLIENT)?;
    play.hear(stage, CLIENT, REPLY, count(scene), PATIENCE)?;
    play.end(stage, CLIENT, true)?;
    play.end(stage, SERVER, false)
}

/// The producer waits for all its workers: then each gets its share from the first item on.
pub(super) fn pushpull_lines(scene: &Scene) -> Vec<Line> {
    let (count, interval) = (count(scene).to_string(), interval(scene).to_string());
    let peers = scene.workers.to_string();
    // The lab's own rests are part of its programs: they are as long as the work.
    let pace: &[&str] = if scene.pace == Pace::Fast { &["-i", &interval] } else { &[] };
    let push = [&["-n", &count, "--stay", "--peers", &peers][..], pace].concat();
    let mut lines = vec![server(scene, "push", &push)];
    for n in CLIENT..=usize::from(scene.workers) {
        let number = n.to_string();
        let worker = [&["--worker", &number][..], pace].concat();
        lines.push(client(scene, n, "pull", &worker));
    }
    lines
}

pub(super) fn play_pushpull(
    stage: &mut Stage<'_>,
    scene: &Scene,
    lines: &[Line],
) -> Result<(), Trouble> {
    let play = Play { parts: PUSHPULL, scene, lines };
    play.start_server(stage)?;
    let workers = CLIENT..=usize::from(scene.workers);
    for n in workers.clone() {
        play.start_client(stage, n)?;
    }
    let is_fast = scene.pace == Pace::Fast;
    let patience = if is_fast { PATIENCE } else { LAB_PATIENCE };
    play.hear(stage, SERVER, PRODUCED, count(scene), patience)?;
    if is_fast {
        // Each has its even share; whose turn comes once more depends on who was there first.
        let share = count(scene) / u32::from(scene.workers);
        for n in workers.clone() {
            play.hear(stage, n, WORK, share, PATIENCE)?;
        }
    }
    // The workers first: they would look for a producer that is gone.
    for n in workers {
        play.end(stage, n, false)?;
    }
    play.end(stage, SERVER, false)
}

/// The publisher begins when the subscription has come.
pub(super) fn pubsub_lines(scene: &Scene) -> Vec<Line> {
    let (count, interval) = (count(scene).to_string(), interval(scene).to_string());
    let mut publisher = vec!["-n", &count, "-i", &interval, "--peers", "1", "--stay"];
    publisher.extend(["--topic", TOPIC]);
    if let Some(other) = &scene.also_publish {
        publisher.extend(["--topic", other]);
    }
    vec![server(scene, "pub", &publisher), client(scene, CLIENT, "sub", &[])]
}

pub(super) fn play_pubsub(
    stage: &mut Stage<'_>,
    scene: &Scene,
    lines: &[Line],
) -> Result<(), Trouble> {
    let play = Play { parts: PUBSUB, scene, lines };
    play.start_server(stage)?;
    play.start_client(stage, CLIENT)?;
    play.hear(stage, CLIENT, RECEIVED, count(scene), PATIENCE)?;
    play.end(stage, CLIENT, false)?;
    play.end(stage, SERVER, false)
}

fn count(scene: &Scene) -> u32 {
    scene.messages.unwrap_or(MESSAGES)
}

/// Seconds from one message to the next.
fn interval(scene: &Scene) -> f64 {
    super::mqtt::between_messages(scene.pace).as_secs_f64()
}

fn server(scene: &Scene, socket: &str, more: &[&str]) -> Line {
    let endpoint = format!("tcp://{}:{}", scene.bind, scene.bind_port);
    Line::new(SERVER, &[&["zmq", socket, "--lab", "--bind", &endpoint], more].concat())
}

fn client(scene: &Scene, n: usize, socket: &str, more: &[&str]) -> Line {
    let endpoint = format!("tcp://{}:{}", scene.target, scene.target_port(n));
    let talks: &[&str] = if is_idle(scene, socket) { &["-v"] } else { &[] };
    Line::new(n, &[&["zmq", socket, "--lab", "--connect", &endpoint], more, talks].concat())
}

/// Who neither asks nor hears anything has no other way than `-v` to say that it is there.
fn is_idle(scene: &Scene, socket: &str) -> bool {
    count(scene) == 0 && socket != "req"
}

/// Who filters? What the frames say of a topic that was published, and not subscribed to.
pub fn filtering(frames: &[CapturedFrame], topic: &str, lang: Lang) -> String {
    let holds = |frame: &&CapturedFrame| {
        let mut windows = frame.bytes.windows(topic.len().max(1));
        windows.any(|window| window == topic.as_bytes())
    };
    let all = frames.len();
    match frames.iter().filter(holds).count() {
        0 => say!(
            lang,
            "filtering at the publisher: {topic:?} was published, too, and is in none of the \
             {all} frames: PUB sends what was subscribed to, and nothing else",
            "penyaringan di penerbit: {topic:?} juga diterbitkan, dan tidak ada dalam satu pun \
             dari {all} frame: PUB hanya mengirim yang dilanggan"
        ),
        n => say!(
            lang,
            "{topic:?} is in {n} frames: this publisher leaves it to the subscriber",
            "{topic:?} ada dalam {n} frame: penerbit ini menyerahkan penyaringan kepada pelanggan"
        ),
    }
}

/// What the three have in common.
struct Play<'a> {
    parts: &'static [Part],
    scene: &'a Scene,
    lines: &'a [Line],
}

impl Play<'_> {
    fn is_stranger(&self, n: usize) -> bool {
        self.scene.stranger(&self.parts[n]).is_some()
    }

    /// Starts the part that binds, and waits until it listens. A stranger may do so without a
    /// word; whoever connects too early tries again.
    fn start_server(&self, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        let line = Line::of(self.lines, SERVER);
        stage.start(SERVER, self.scene.program(&self.parts[SERVER], &line))?;
        if !self.is_stranger(SERVER) {
            return stage.wait_for(SERVER, LISTENING).map(drop);
        }
        let said = stage.listen_for(SERVER, LISTENING, SILENCE)?;
        if !said && stage.has_ended(SERVER) {
            // Whoever waits for it now is told how it ended.
            stage.wait_for(SERVER, LISTENING)?;
        }
        Ok(())
    }

    fn start_client(&self, stage: &mut Stage<'_>, n: usize) -> Result<(), Trouble> {
        let line = Line::of(self.lines, n);
        stage.start(n, self.scene.program(&self.parts[n], &line))?;
        if is_idle(self.scene, self.parts[n].role) {
            stage.listen_for(n, READY, SILENCE)?;
        }
        Ok(())
    }

    /// Waits until a part has said so many such lines. If a stranger takes part, whoever it is,
    /// there may be fewer of them.
    fn hear(
        &self,
        stage: &mut Stage<'_>,
        n: usize,
        words: &[&str],
        count: u32,
        patience: Duration,
    ) -> Result<(), Trouble> {
        let is_own_play = self.scene.foreign.is_empty();
        for _ in 0..count {
            if stage.listen_for(n, words, patience)? {
                continue;
            }
            if is_own_play {
                // It says who did not say what.
                stage.wait_for(n, words)?;
                continue;
            }
            break;
        }
        Ok(())
    }

    /// Lets a part end: of ours some do so by themselves, all others with a ^C.
    fn end(&self, stage: &mut Stage<'_>, n: usize, by_itself: bool) -> Result<(), Trouble> {
        if self.is_stranger(n) {
            stage.interrupt(n)?;
            // How it takes that is its own affair.
            return stage.wait_exit(n).map(drop);
        }
        // With a stranger at the other end, ours may wait for what never comes.
        if !by_itself || !self.scene.foreign.is_empty() {
            stage.interrupt(n)?;
        }
        stage.wait_success(n)
    }
}
