//! The REST exercise: a server that adds and multiplies, and a client that asks it.
//!
//! ```text
//!   rest-client ── GET /add?a=5&b=9 ──► rest-server ── 200, {"result": 14} ──► rest-client
//!   and /mul; then what is no sum: 400, 404, 405, a HEAD, OPTIONS; each on its own connection
//! ```
//!
//! It may name the stage. Either part may be played by another's program, which may say less than
//! ours, or never end by itself.

use super::exercise::{Line, Part, Scene};
use super::stage::{PATIENCE, Stage, Trouble};

/// Who takes part.
pub const PARTS: &[Part] =
    &[Part { role: "server", host: "rest-server" }, Part { role: "client", host: "rest-client" }];

const SERVER: usize = 0;
const CLIENT: usize = 1;

/// Pairs of a sum and a product, if nobody says how many.
const PAIRS: u32 = 1;
/// What servers say when clients may come: ours, Flask (which is `serving` before it listens), and
/// Python's own.
const READY: &[&str] = &["listening on", "running on", "serving http on"];
/// So many lines of a client of others are heard out.
const LINES_MAX: u32 = 10_000;
/// As long as the lab's client waits for a response, in seconds.
const SECONDS: &str = "3";

/// The sums, then the requests that the lab's capture has behind them.
pub(super) fn lines(scene: &Scene) -> Vec<Line> {
    let port = scene.bind_port.to_string();
    let server =
        ["rest", "serve", "--close", "--log", "common", "-p", &port, "--bind", &scene.bind];
    let base = format!("http://{}:{}", scene.target, scene.target_port(CLIENT));
    let [add, div] = ["add", "div"].map(|path| format!("{base}/{path}"));
    let sums = ["rest", "calc", "--op", "both", "-a", "5", "-b", "9", "--base", &base];
    let others: [&[&str]; 5] = [
        &["rest", "get", "-i", "-m", SECONDS, &add, "a==x", "b==1"],
        &["rest", "get", "-i", "-m", SECONDS, &div, "a==1", "b==1"],
        &["rest", "post", "-i", "-m", SECONDS, &add],
        &["rest", "head", "-m", SECONDS, &add, "a==1", "b==2"],
        &["rest", "options", "-i", "-m", SECONDS, &add],
    ];
    let pairs = scene.messages.unwrap_or(PAIRS) as usize;
    let client = std::iter::repeat_n(&sums[..], pairs).chain(others);
    let mut lines = vec![Line::new(SERVER, &server)];
    lines.extend(client.map(|words| Line::new(CLIENT, words)));
    lines
}

/// The client's commands, one after the other.
pub(super) fn play(stage: &mut Stage<'_>, scene: &Scene, lines: &[Line]) -> Result<(), Trouble> {
    start_server(stage, scene, lines)?;
    if scene.stranger(&PARTS[CLIENT]).is_some() {
        hear_out(stage, scene)?;
    } else {
        for line in lines.iter().filter(|line| line.part == CLIENT) {
            ask(stage, scene, line)?;
        }
    }
    // The last connection ends before its server does.
    stage.pause(scene.between_messages())?;
    stage.interrupt(SERVER)?;
    if scene.stranger(&PARTS[SERVER]).is_some() {
        // How it takes that is its own affair.
        return stage.wait_exit(SERVER).map(drop);
    }
    stage.wait_success(SERVER)
}

/// Starts the server, and waits until it listens. A client that comes too early is refused, so
/// another's server that says nothing gets all the time there is.
fn start_server(stage: &mut Stage<'_>, scene: &Scene, lines: &[Line]) -> Result<(), Trouble> {
    stage.start(SERVER, scene.program(&PARTS[SERVER], &Line::of(lines, SERVER)))?;
    if scene.stranger(&PARTS[SERVER]).is_none() {
        return stage.wait_for(SERVER, READY).map(drop);
    }
    if stage.listen_for(SERVER, READY, PATIENCE)? {
        // Flask, if nobody tells it otherwise, listens on the loopback of its host alone.
        stage.let_reach(SERVER);
    } else if stage.has_ended(SERVER) {
        // Whoever waits for it now is told how it ended.
        stage.wait_for(SERVER, READY)?;
    }
    Ok(())
}

/// Our client: one command line, which is shown as if it was typed, and its end.
fn ask(stage: &mut Stage<'_>, scene: &Scene, line: &Line) -> Result<(), Trouble> {
    stage.pause(scene.between_messages())?;
    stage.show(CLIENT, format!("$ wirelab {}", line.words.join(" ")));
    stage.start(CLIENT, scene.program(&PARTS[CLIENT], line))?;
    if scene.stranger(&PARTS[SERVER]).is_some() {
        // What it makes of another's answers is on its screen.
        return stage.wait_exit(CLIENT).map(drop);
    }
    stage.wait_success(CLIENT)
}

/// Another's client asks what it likes, until it ends, or has nothing more to say.
fn hear_out(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Trouble> {
    stage.start(CLIENT, scene.program(&PARTS[CLIENT], &Line::new(CLIENT, &[])))?;
    for _ in 0..LINES_MAX {
        // Any line has nothing in it.
        if !stage.listen_for(CLIENT, &[""], PATIENCE)? {
            break;
        }
    }
    stage.interrupt(CLIENT)?;
    stage.wait_exit(CLIENT).map(drop)
}
