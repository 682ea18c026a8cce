//! What the trials stand on: what this machine allows, and a room of its own for each trial.

use libtest_mimic::Failed;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// In front of a command: run it as an ordinary user.
pub const AS_USER: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(10);

/// What the machine lacks; `None` where it has it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub namespaces: Option<String>,
    pub raw_sockets: Option<String>,
    pub tshark: Option<String>,
    pub pyzmq: Option<String>,
    pub flask: Option<String>,
    pub requests: Option<String>,
    /// To become an ordinary user: needs a superuser.
    pub other_user: Option<String>,
    /// To take away the right to network namespaces.
    pub unshare: Option<String>,
}

impl Machine {
    /// Asks the doctor, and looks for the programs.
    pub fn look() -> Self {
        let doctor = Command::new(env!("CARGO_BIN_EXE_wirelab"))
            .args(["doctor", "--json"])
            .output()
            .expect("the doctor can be run");
        let report = String::from_utf8_lossy(&doctor.stdout).into_owned();
        let refused = |group: &str| {
            let findings = report
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter(|finding| finding["group"] == group);
            let mut bad = findings.filter(|finding| finding["ok"] != true);
            bad.next().map(|finding| format!("{group}: {}", finding["detail"]))
        };
        Self {
            namespaces: refused("netns"),
            raw_sockets: refused("lo"),
            tshark: lacks("tshark", &["--version"]),
            pyzmq: lacks("python3", &["-c", "import zmq"]),
            flask: lacks("python3", &["-c", "import flask"]),
            requests: lacks("python3", &["-c", "import requests"]),
            other_user: lacks(AS_USER[0], &[&AS_USER[1..], &["true"]].concat()),
            unshare: lacks("unshare", &["-Ur", "true"]),
        }
    }
}

fn lacks(program: &str, arguments: &[&str]) -> Option<String> {
    let tried = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match tried {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("{program} ({})", output.status)),
        Err(error) => Some(format!("{program} ({error})")),
    }
}

/// A directory of a trial's own, with copies of the programs that any user can run. That they
/// lie here tells their processes from all others'.
pub struct Room {
    directory: tempfile::TempDir,
}

impl Room {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let room = Self { directory };
        let ourselves = std::env::current_exe().unwrap();
        for (from, name) in [
            (Path::new(env!("CARGO_BIN_EXE_wirelab")), "wirelab"),
            (ourselves.as_path(), "stranger"),
        ] {
            fs::copy(from, room.path(name)).unwrap();
            fs::set_permissions(room.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        room
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `wirelab` in this room, in front of it what the trial wants there.
    pub fn wirelab(&self, before: &[&str]) -> Command {
        let mut words: Vec<String> = before.iter().map(|&word| word.to_owned()).collect();
        words.push(self.path("wirelab").display().to_string());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(self.directory.path());
        command.env_remove("WIRELAB_NET").stdin(Stdio::null());
        command
    }

    /// Plays an exercise and returns what was said. On the loopback everybody's frames pass: where
    /// they are more than the kernel can keep for the capture, it says "try again", which is done
    /// twice.
    pub fn play(
        &self,
        before: &[&str],
        exercise: &str,
        options: &[&str],
    ) -> Result<String, Failed> {
        let play = || self.wirelab(before).args(["tour", exercise]).args(options).output();
        let mut output = play()?;
        for _ in 0..2 {
            if String::from_utf8_lossy(&output.stderr).contains("frames dropped by the kernel") {
                output = play()?;
            }
        }
        assert!(output.status.success(), "{}", words(&output));
        self.is_left()?;
        let said = String::from_utf8(output.stdout)?;
        assert!(!said.contains("malformed") && !said.contains("violation"), "{said}");
        Ok(said)
    }

    /// A copy of one of the lab's own programs, under `tests/lab`, in this room; its path.
    pub fn lab_program(&self, program: &str) -> Result<String, Failed> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(program);
        let copy = self.path(&program.replace('/', "-"));
        fs::copy(source, &copy)?;
        Ok(copy.display().to_string())
    }

    /// The options that put strangers in the roles' places.
    pub fn strangers(&self) -> Vec<String> {
        let stranger = self.path("stranger");
        ["server", "client"]
            .iter()
            .map(|role| format!("--foreign={role}='{}' --role {role}", stranger.display()))
            .collect()
    }

    /// The processes whose program lies in this room.
    pub fn processes(&self) -> Vec<String> {
        let room = self.directory.path().display().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let program = fs::read_link(entry.path().join("exe")).unwrap_or_default();
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).replace('\0', " ");
            if program.starts_with(self.directory.path()) || words.contains(&room) {
                found.push(format!("{}: {words}", entry.file_name().display()));
            }
        }
        found
    }

    /// Waits until nothing of this room runs any more.
    pub fn is_left(&self) -> Result<(), String> {
        wait_until(|| self.processes().is_empty())
            .map_err(|()| format!("still running: {:?}", self.processes()))
    }
}

/// Waits until it is so, or gives up.
pub fn wait_until(mut so: impl FnMut() -> bool) -> Result<(), ()> {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        if Instant::now() >= deadline {
            return Err(());
        }
        std::thread::sleep(GLANCE);
    }
    Ok(())
}

/// All of these must be in what was said.
pub fn assert_has(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

/// The names of this machine's interfaces.
pub fn interfaces() -> Vec<String> {
    wirelab::packet::interfaces()
}

/// Its standard output and its complaints, for a message.
pub fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}
