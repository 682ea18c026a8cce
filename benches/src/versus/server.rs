//! A server under test: a process of its own, on a core of its own, and what it costs.
//!
//! It knows Linux's `/proc` and clocks, and no protocol.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The house's loop and echo service.
    Ours,
    /// The plain mio loop beside this file.
    Bare,
    /// `benches/peers/tokio-echo`.
    Tokio,
}

impl Kind {
    /// As on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare => "bare",
            Self::Tokio => "tokio",
        }
    }
}

/// The core the servers run on.
pub const SERVER_CORE: usize = 0;
/// The core the load runs on.
pub const LOAD_CORE: usize = 1;

/// Processor time that a process has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// All of it, to the nanosecond.
    pub total: Duration,
    /// In the process itself and in the kernel for it, in ticks: only their proportion is used.
    pub user_ticks: u64,
    /// See `user_ticks`.
    pub system_ticks: u64,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Server {
    /// Starts one, pinned to its core if `pinned`.
    ///
    /// # Errors
    /// When it cannot be started, or does not say where it listens.
    pub fn start(kind: Kind, pinned: bool) -> io::Result<Self> {
        if pinned {
            // A child inherits the cores of the thread that makes it.
            pin(SERVER_CORE)?;
        }
        let child = command(kind)?.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        if pinned {
            pin(LOAD_CORE)?;
        }
        let mut child = child?;
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(out).read_line(&mut line)?;
        // Dropped, it ends: also when it says something else.
        let mut server = Self { child, addr: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let addr = line.trim().strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        server.addr = addr.ok_or_else(|| {
            io::Error::other(format!("the {} server did not say where it listens", kind.name()))
        })?;
        Ok(server)
    }

    /// What it has used so far.
    pub fn cpu(&self) -> io::Result<Cpu> {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let total = clock_gettime(clock_getcpuclockid(pid)?)?;
        let stat = self.proc("stat")?;
        // proc(5): the fields follow the name, which may hold spaces but ends with a bracket;
        // utime and stime are the 14th and 15th of the line, so 12th and 13th of the rest.
        let mut fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11);
        let mut ticks = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        Ok(Cpu { total: total.into(), user_ticks: ticks(), system_ticks: ticks() })
    }

    /// Bytes of memory that it holds.
    pub fn resident(&self) -> io::Result<u64> {
        // proc(5): the second field of statm, in pages.
        let pages = self.proc("statm")?.split_whitespace().nth(1).and_then(|n| n.parse().ok());
        let page = sysconf(SysconfVar::PAGE_SIZE)?.unwrap_or(4096);
        pages.map(|pages: u64| pages * page.unsigned_abs()).ok_or(io::ErrorKind::InvalidData.into())
    }

    /// Descriptors that it holds.
    pub fn descriptors(&self) -> io::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    fn proc(&self, file: &str) -> io::Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ties this thread, and what it starts, to a core.
pub fn pin(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

/// As many descriptors as this process may have; returns how many.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}

/// The time since some moment, for all processes of this machine.
pub fn monotonic() -> io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_MONOTONIC)?.into())
}

fn command(kind: Kind) -> io::Result<Command> {
    if kind == Kind::Tokio {
        return Ok(Command::new(tokio_echo()?));
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", kind.name()]);
    Ok(command)
}

/// Where the peers' workspace is, and its program when it is built.
fn tokio_echo() -> io::Result<PathBuf> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let program = peers.join("target/release/tokio-echo");
    if !program.exists() {
        build(&peers)?;
    }
    Ok(program)
}

fn build(peers: &Path) -> io::Result<()> {
    eprintln!("building the peers in {}", peers.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--target-dir", "target", "-p", "tokio-echo"])
        .current_dir(peers)
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("the peers do not build; see above, or leave out `tokio`"))
    }
}
