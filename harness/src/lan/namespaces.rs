//! Leaving the machine's own networks and processes for new, private ones: namespaces(7).
//!
//! It may name unshare and the files of /proc that map users. It does not know interfaces.
//! The kernel lets only a single-threaded process into a new user namespace, so this runs in a
//! process of its own, before anything else.

use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{getegid, geteuid};
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io;

/// A step that the machine did not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What was tried, in words: `user namespace`.
    pub step: String,
    /// What the kernel said.
    pub error: String,
}

impl Refused {
    /// The step, and what the kernel said to it.
    pub fn new(step: impl Into<String>, error: impl Display) -> Self {
        Self { step: step.into(), error: error.to_string() }
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.error)
    }
}

/// Makes new network and process namespaces, in a new user namespace unless we may without, and
/// tells `done` each step. Children of this process will be in the process namespace, the first
/// of them as its init, with which all others end.
pub fn enter(mut done: impl FnMut(&str)) -> Result<(), Refused> {
    let rooms = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWPID;
    // The superuser needs no user namespace, and without one keeps his rights over the files.
    if geteuid().is_root() && unshare(rooms).is_ok() {
        done("network namespace");
        done("process namespace");
        return Ok(());
    }
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|e| Refused::new("user namespace", e))?;
    // user_namespaces(7): who may not set groups may map his own.
    write("setgroups", "deny")?;
    write("uid_map", &format!("0 {uid} 1"))?;
    write("gid_map", &format!("0 {gid} 1"))?;
    done("user namespace");
    unshare(CloneFlags::CLONE_NEWNET).map_err(|e| Refused::new("network namespace", e))?;
    done("network namespace");
    unshare(CloneFlags::CLONE_NEWPID).map_err(|e| Refused::new("process namespace", e))?;
    done("process namespace");
    Ok(())
}

fn write(file: &str, text: &str) -> Result<(), Refused> {
    match fs::write(format!("/proc/self/{file}"), text) {
        // Kernels before 3.19 have no setgroups file, and need none.
        Err(error) if file == "setgroups" && error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(|e| Refused::new(format!("user namespace ({file})"), e)),
    }
}

/// A network namespace, held open.
#[derive(Debug)]
pub struct NetworkNamespace(File);

impl NetworkNamespace {
    /// The one that the calling thread is in.
    pub fn current() -> io::Result<Self> {
        File::open("/proc/thread-self/ns/net").map(Self)
    }

    /// A new one; the calling thread stays where it is.
    pub fn create() -> io::Result<Self> {
        let home = Self::current()?;
        unshare(CloneFlags::CLONE_NEWNET)?;
        let new = Self::current();
        setns(&home.0, CloneFlags::CLONE_NEWNET)?;
        new
    }

    /// Does `work` in this namespace, and comes back.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        let home = Self::current()?;
        setns(&self.0, CloneFlags::CLONE_NEWNET)?;
        let result = work();
        setns(&home.0, CloneFlags::CLONE_NEWNET)?;
        Ok(result)
    }

    /// Its file descriptor, to name it to the kernel.
    pub fn fd(&self) -> std::os::fd::RawFd {
        std::os::fd::AsRawFd::as_raw_fd(&self.0)
    }
}
