//! The programs under test: where they are, how they are built, what one run of two of them gives.
//!
//! It knows their arguments and their output, which are those of libzmq's own.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::io::{self, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::rows::{Pattern, Row};

/// How long one run may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a run's end is looked for.
const TICK: Duration = Duration::from_millis(1);

/// Whose sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `zmtp/examples`.
    Ours,
    /// `peers/libzmq/perf.c`.
    Libzmq,
}

impl Kind {
    /// As on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Libzmq => "libzmq",
        }
    }
}

/// The programs, built.
#[derive(Debug)]
pub struct Programs {
    /// Beside our own, where cargo puts examples.
    examples: PathBuf,
    /// libzmq's four in one.
    perf: PathBuf,
}

/// One run of two programs.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Messages a second, or microseconds of a round trip at the median.
    pub value: f64,
    /// Processor time of the sending or asking side for each message, in microseconds.
    pub remote_cpu: f64,
    /// The same of the other side.
    pub local_cpu: f64,
}

impl Programs {
    /// Builds what these kinds need.
    ///
    /// # Errors
    /// When something does not build; libzmq's need a C compiler and libzmq's headers.
    pub fn build(kinds: &[Kind]) -> io::Result<Self> {
        let exe = std::env::current_exe()?;
        let place = exe.parent().unwrap_or(Path::new("."));
        let programs = Self { examples: place.join("examples"), perf: place.join("libzmq-perf") };
        let house = Path::new(env!("CARGO_MANIFEST_DIR"));
        if kinds.contains(&Kind::Ours) {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            command.args(["build", "--quiet", "-p", "wirelab-zmtp", "--examples"]);
            // As we were built ourselves.
            if place.ends_with("release") {
                command.arg("--release");
            }
            command.current_dir(house).stdout(Stdio::null());
            succeeded("zmtp's examples do not build", command)?;
        }
        if kinds.contains(&Kind::Libzmq) {
            let mut command = Command::new("cc");
            command.arg("-O2").arg("-o").arg(&programs.perf);
            command.arg(house.join("peers/libzmq/perf.c")).arg("-lzmq");
            succeeded("peers/libzmq/perf.c does not build (libzmq3-dev?)", command)?;
        }
        Ok(programs)
    }

    fn command(&self, kind: Kind, program: &str) -> Command {
        match kind {
            Kind::Ours => Command::new(self.examples.join(program)),
            Kind::Libzmq => {
                let mut command = Command::new(&self.perf);
                command.arg(program);
                command
            }
        }
    }

    /// One run: `remote` sends or asks, `local` receives or answers, `count` times.
    ///
    /// # Errors
    /// When one of them fails, or takes too long.
    pub fn run(&self, remote: Kind, local: Kind, row: &Row, count: usize) -> io::Result<Sample> {
        let (is_latency, pattern) = match row.pattern {
            Pattern::PushPull => (false, "pushpull"),
            Pattern::PubSub => (false, "pubsub"),
            Pattern::ReqRep => (true, "pushpull"),
        };
        let programs =
            if is_latency { ["local_lat", "remote_lat"] } else { ["local_thr", "remote_thr"] };
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let start = |kind, program| {
            let mut command = self.command(kind, program);
            command.arg(format!("tcp://127.0.0.1:{port}"));
            command.args([&row.size.to_string(), &count.to_string(), pattern]);
            Run::start(command)
        };
        let mut local = start(local, programs[0])?;
        let mut remote = start(remote, programs[1])?;
        let deadline = Instant::now() + PATIENCE;
        // Neither waits for us: what they say fits a pipe.
        while !(local.has_ended()? & remote.has_ended()?) {
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(TICK);
        }
        let teller = if is_latency { &mut remote } else { &mut local };
        let value = teller.figure(if is_latency { "median roundtrip: " } else { THROUGHPUT })?;
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / count as f64;
        Ok(Sample { value, remote_cpu: each(remote.cpu), local_cpu: each(local.cpu) })
    }
}

/// Of the two lines that begin so, the first says messages a second.
const THROUGHPUT: &str = "mean throughput: ";

/// One process; dropped, it ends.
struct Run {
    child: Child,
    is_over: bool,
    cpu: Duration,
}

impl Run {
    fn start(mut command: Command) -> io::Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Self { child, is_over: false, cpu: Duration::ZERO })
    }

    /// Has it ended, and well? What it used is what our ended children have used more since.
    fn has_ended(&mut self) -> io::Result<bool> {
        if self.is_over {
            return Ok(true);
        }
        let before = children()?;
        if let Some(status) = self.child.try_wait()? {
            self.is_over = true;
            self.cpu = children()?.saturating_sub(before);
            if !status.success() {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
        }
        Ok(self.is_over)
    }

    fn figure(&mut self, before: &str) -> io::Result<f64> {
        let mut said = String::new();
        if let Some(out) = &mut self.child.stdout {
            out.read_to_string(&mut said)?;
        }
        let rest = said.lines().find_map(|line| line.strip_prefix(before));
        let figure = rest.and_then(|rest| rest.split(' ').next()?.parse().ok());
        figure.ok_or_else(|| io::Error::other(format!("no `{before}` in {said:?}")))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Processor time of all children that have ended.
fn children() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.unsigned_abs()))
}

fn succeeded(what: &str, mut command: Command) -> io::Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(io::Error::other(format!("{what}: {status}"))),
        Err(error) => Err(io::Error::new(error.kind(), format!("{what}: {error}"))),
    }
}
