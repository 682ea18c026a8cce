//! The programs of others that tests run against, and what becomes of a test without them.
//!
//! A missing program leaves its tests ignored, with the reason before their name; under
//! `WIRELAB_REQUIRE_REFERENCES=1`, which the README's test command sets, they fail. A permission
//! that the machine withholds leaves them ignored in either case: nothing could be installed.

use super::process::Process;
use super::{Outcome, PATIENCE};
use libtest_mimic::Trial;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that makes a missing reference program a failure.
const REQUIRE: &str = "WIRELAB_REQUIRE_REFERENCES";

/// Something of the machine's that a test cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// bash, which reads our completion script.
    Bash,
    /// Python 3, which runs the lab's own programs.
    Python,
    /// mosquitto, the broker.
    Mosquitto,
    /// mosquitto_pub and mosquitto_sub.
    MosquittoClients,
    /// paho-mqtt for Python 3.
    Paho,
    /// MQTT.js, where there is a Node.js to run it.
    MqttJs,
    /// pyzmq for Python 3: libzmq.
    Pyzmq,
    /// The `zeromq` crate's sockets, built in `benches/peers`.
    ZeromqPeer,
    /// curl, which asks our HTTP server.
    Curl,
    /// Flask for Python 3: the lab's own REST server.
    Flask,
    /// requests for Python 3: the lab's own REST client.
    Requests,
    /// schemathesis, which asks what an OpenAPI document promises.
    Schemathesis,
    /// nginx, which our HTTP client asks.
    Nginx,
    /// Chromium, whose pages ask our HTTP server.
    Chromium,
    /// mosquitto_passwd, which writes its password files.
    MosquittoPasswd,
    /// tshark, which reads what we capture.
    Tshark,
    /// tcpdump, which captures what we read.
    Tcpdump,
    /// The permission to capture on the loopback interface.
    Capture,
}

/// Why something needed is not to be had.
enum Lack {
    /// The program is not installed.
    Missing(String),
    /// The machine does not let us.
    Refused(String),
}

impl Need {
    fn lack(self) -> Option<Lack> {
        match self {
            Self::Bash => missing("bash", &["--version"], 0),
            Self::Curl => missing("curl", &["--version"], 0),
            Self::Flask => missing("python3", &["-c", "import flask"], 0),
            Self::Requests => missing("python3", &["-c", "import requests"], 0),
            Self::Schemathesis => missing("python3", &["-c", "import schemathesis.cli"], 0),
            Self::Nginx => missing("nginx", &["-v"], 0),
            Self::Chromium => missing("chromium", &["--version"], 0),
            // Its help ends with 3, and with other numbers where it cannot start.
            Self::Mosquitto => missing("mosquitto", &["-h"], 3),
            Self::MosquittoClients => missing("mosquitto_pub", &["--help"], 1)
                .or_else(|| missing("mosquitto_sub", &["--help"], 1)),
            Self::MosquittoPasswd => missing("mosquitto_passwd", &["-h"], 1),
            Self::MqttJs => mqtt_js(),
            Self::Paho => {
                missing("python3", &["-c", "from paho.mqtt.client import CallbackAPIVersion"], 0)
            }
            Self::Python => missing("python3", &["--version"], 0),
            Self::Pyzmq => missing("python3", &["-c", "import zmq.auth.thread"], 0),
            Self::ZeromqPeer => zeromq_peer_lack(),
            Self::Tshark => missing("tshark", &["--version"], 0),
            Self::Tcpdump => missing("tcpdump", &["--version"], 0),
            Self::Capture => refused(),
        }
    }
}

/// The trials of one run, with each need looked at only once.
#[derive(Default)]
pub struct Trials {
    known: Vec<(Need, Option<Lack>)>,
    trials: Vec<Trial>,
}

impl Trials {
    /// Adds a test that needs `needs`.
    pub fn add(
        &mut self,
        name: &str,
        needs: &[Need],
        test: impl FnOnce() -> Outcome + Send + 'static,
    ) {
        for need in needs {
            if !self.known.iter().any(|(known, _)| known == need) {
                self.known.push((*need, need.lack()));
            }
        }
        let lack = self
            .known
            .iter()
            .find_map(|(need, lack)| lack.as_ref().filter(|_| needs.contains(need)));
        self.trials.push(match lack {
            None => Trial::test(name, test),
            Some(Lack::Missing(reason)) if env::var_os(REQUIRE).is_some_and(|v| v == "1") => {
                let message = format!("{reason}; {REQUIRE}=1 makes that a failure: install it");
                Trial::test(name, move || Err(message.into()))
            }
            Some(Lack::Missing(reason) | Lack::Refused(reason)) => {
                Trial::test(name, test).with_kind(reason).with_ignored_flag(true)
            }
        });
    }

    /// What libtest-mimic runs.
    pub fn into_trials(self) -> Vec<Trial> {
        self.trials
    }
}

/// Is it installed and does it start? A name on the PATH alone can be a broken shim.
fn missing(program: &str, arguments: &[&str], code: i32) -> Option<Lack> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.code() == Some(code) => None,
        Ok(status) => Some(Lack::Missing(format!("{program} does not start: {status}"))),
        Err(error) => Some(Lack::Missing(format!("{program} is not there: {error}"))),
    }
}

/// Where the README's test command puts the modules of Node.js.
pub fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm/node_modules")
}

/// The program on the `zeromq` crate; the README's test command builds it.
pub fn zeromq_peer() -> PathBuf {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/peers");
    peers.join("target/release/zeromq-peer")
}

fn zeromq_peer_lack() -> Option<Lack> {
    let how = "cargo build --release --manifest-path benches/peers/Cargo.toml";
    let lack = || Lack::Missing(format!("zeromq-peer is not built: {how}"));
    (!zeromq_peer().is_file()).then(lack)
}

/// A machine without Node.js is none that could do without a reference.
fn mqtt_js() -> Option<Lack> {
    if missing("node", &["--version"], 0).is_some() {
        return Some(Lack::Refused(
            "Node.js is not there, and is not installed for this".to_owned(),
        ));
    }
    if node_modules().join("mqtt").is_dir() {
        return None;
    }
    Some(Lack::Missing("MQTT.js is not installed".to_owned()))
}

/// May we capture on the loopback interface? Asked of tcpdump, which knows best.
fn refused() -> Option<Lack> {
    let mut command = Command::new("tcpdump");
    command.args(["-i", "lo", "-w", "-", "-c", "1"]);
    // Without tcpdump it is `Need::Tcpdump` that says so.
    let process = Process::start("tcpdump", command).ok()?;
    match process.wait_for_stderr("listening on", PATIENCE) {
        Ok(_) => None,
        Err(_) => Some(Lack::Refused("tcpdump may not capture on lo".to_owned())),
    }
}
