//! What another process of this machine has used: processor time and memory.
//!
//! It knows Linux's clocks and `/proc`, and no protocol. On other systems nothing is known.

use std::io;
use std::time::Duration;

/// A process, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(pub u32);

/// Memory that a process holds, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Resident: with all that it shares with others.
    pub resident: u64,
    /// Proportional: of a page that n processes share, the n-th part.
    pub proportional: u64,
}

impl Process {
    /// Processor time so far, of all its threads, to the nanosecond.
    ///
    /// # Errors
    /// When there is no such process.
    #[cfg(target_os = "linux")]
    pub fn cpu(self) -> io::Result<Duration> {
        let pid = nix::unistd::Pid::from_raw(self.0.cast_signed());
        let clock = nix::time::clock_getcpuclockid(pid)?;
        Ok(nix::time::clock_gettime(clock)?.into())
    }

    /// Memory now.
    ///
    /// # Errors
    /// When there is no such process, or it is not ours to look at.
    #[cfg(target_os = "linux")]
    pub fn memory(self) -> io::Result<Memory> {
        // proc(5): lines like `Rss:    1234 kB`.
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kib * 1024)
        };
        match (field("Rss:"), field("Pss:")) {
            (Some(resident), Some(proportional)) => Ok(Memory { resident, proportional }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "smaps_rollup has another form")),
        }
    }

    /// Not known here.
    #[cfg(not(target_os = "linux"))]
    pub fn cpu(self) -> io::Result<Duration> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Not known here.
    #[cfg(not(target_os = "linux"))]
    pub fn memory(self) -> io::Result<Memory> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Process;

    #[test]
    fn our_own_time_and_memory_are_seen() {
        let us = Process(std::process::id());
        let before = us.cpu().unwrap();
        while us.cpu().unwrap() == before {
            std::hint::spin_loop();
        }
        let memory = us.memory().unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 0);
    }
}
