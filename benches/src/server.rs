//! A server under test: a process of its own, on cores of its own, and what it costs.
//!
//! It knows Linux's `/proc` and clocks. It knows no protocol, nor who is measured.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server that does not say where it listens may take until it does.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often such a one is looked for.
const TICK: Duration = Duration::from_millis(2);

/// Which cores the server has, and which the load.
#[derive(Clone, Debug)]
pub struct Cores {
    server: Vec<usize>,
    load: Vec<usize>,
}

impl Cores {
    /// Of `all` cores, the first `server` and the `load` behind them; where there are too few,
    /// all of them for both.
    pub fn deal(all: usize, server: usize, load: usize) -> Self {
        if all < server + load {
            return Self { server: (0..all).collect(), load: (0..all).collect() };
        }
        Self { server: (0..server).collect(), load: (server..server + load).collect() }
    }

    /// Do server and load take them from each other?
    pub fn are_shared(&self) -> bool {
        self.server == self.load
    }
}

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
    /// Starts one that says `listening on ADDRESS`, on its cores.
    ///
    /// # Errors
    /// When it cannot be started, or does not say where it listens.
    pub fn start(name: &str, mut command: Command, cores: &Cores) -> io::Result<Self> {
        let mut child = spawn(command.stdout(Stdio::piped()), cores)?;
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(out).read_line(&mut line)?;
        // Dropped, it ends: also when it says something else.
        let mut server = Self { child, addr: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let addr = line.trim().strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        server.addr = addr.ok_or_else(|| {
            io::Error::other(format!("the {name} server did not say where it listens"))
        })?;
        Ok(server)
    }

    /// Starts one that was told to listen at `addr`, and waits until it does.
    ///
    /// # Errors
    /// When it cannot be started, or does not listen in time.
    pub fn start_at(
        addr: SocketAddr,
        name: &str,
        mut command: Command,
        cores: &Cores,
    ) -> io::Result<Self> {
        let mut server = Self { child: spawn(command.stdout(Stdio::null()), cores)?, addr };
        let until = Instant::now() + PATIENCE;
        while !is_listening(addr) {
            if let Some(status) = server.child.try_wait()? {
                return Err(io::Error::other(format!("{name} has ended: {status}")));
            }
            if Instant::now() > until {
                return Err(io::Error::other(format!("{name} does not listen")));
            }
            std::thread::sleep(TICK);
        }
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

    /// Waits until it holds so many.
    ///
    /// # Errors
    /// When it does not come to that in time.
    pub fn await_descriptors(&self, count: usize) -> io::Result<()> {
        let until = Instant::now() + 3 * PATIENCE;
        while self.descriptors()? < count {
            if Instant::now() > until {
                return Err(io::Error::other("the server does not accept all connections"));
            }
        }
        Ok(())
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

/// A connect to a port where nobody listens may meet itself, from the same port.
fn is_listening(addr: SocketAddr) -> bool {
    TcpStream::connect(addr).is_ok_and(|stream| stream.local_addr().is_ok_and(|own| own != addr))
}

/// Starts a program on the server's cores, and comes back on the load's.
fn spawn(command: &mut Command, cores: &Cores) -> io::Result<Child> {
    // A child inherits the cores of the thread that makes it.
    pin(&cores.server)?;
    let child = command.stdin(Stdio::null()).spawn();
    pin(&cores.load)?;
    child
}

/// Ties this thread, and what it starts, to some cores.
fn pin(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
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

/// Processor time of this thread.
pub fn thread_cpu() -> io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}
