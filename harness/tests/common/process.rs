//! A program under test: its input fed, its output read with a deadline, its end made sure of.
//!
//! It knows pipes and one child process. It does not know which program it runs.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a stream has said so far, and whether that was all.
#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    ended: bool,
}

type Ear = Arc<(Mutex<Heard>, Condvar)>;

/// A running program; dropped, it is killed and waited for.
pub struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    stdout: Ear,
    stderr: Ear,
}

/// How a program ended and all that it said.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// All of stdout.
    pub stdout: String,
    /// All of stdout as it came, for what is no text.
    pub bytes: Vec<u8>,
    /// All of stderr.
    pub stderr: String,
}

impl Process {
    /// Starts `command`, its three streams in our hands.
    pub fn start(name: &str, mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let stdout = child.stdout.take().map(listen).unwrap_or_default();
        let stderr = child.stderr.take().map(listen).unwrap_or_default();
        let input = child.stdin.take();
        Ok(Self { name: name.to_owned(), child, input, stdout, stderr })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it ended?
    pub fn has_ended(&mut self) -> Result<bool, String> {
        let status = self.child.try_wait().map_err(|error| format!("{}: {error}", self.name))?;
        Ok(status.is_some())
    }

    /// ^C.
    pub fn interrupt(&self) -> Result<(), String> {
        self.signal(Signal::SIGINT)
    }

    /// Asks it to end, and waits for that.
    pub fn terminate(self, patience: Duration) -> Result<Finished, String> {
        self.signal(Signal::SIGTERM)?;
        self.finish(patience)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), String> {
        let pid = i32::try_from(self.child.id()).map_err(|error| error.to_string())?;
        kill(Pid::from_raw(pid), signal).map_err(|error| format!("{}: {error}", self.name))
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        let typed = input.write_all(format!("{line}\n").as_bytes()).and_then(|()| input.flush());
        typed.map_err(|error| format!("{}: typing {line:?}: {error}", self.name))
    }

    /// Waits until stdout holds `text`; returns all of stdout so far.
    pub fn wait_for(&self, text: &str, patience: Duration) -> Result<String, String> {
        self.wait(&self.stdout, patience, |heard| heard.contains(text))
            .map_err(|why| format!("{}: no {text:?} on stdout: {why}", self.name))
    }

    /// Waits until stderr holds `text`; returns all of stderr so far.
    pub fn wait_for_stderr(&self, text: &str, patience: Duration) -> Result<String, String> {
        self.wait(&self.stderr, patience, |heard| heard.contains(text))
            .map_err(|why| format!("{}: no {text:?} on stderr: {why}", self.name))
    }

    /// The first line of stdout, as soon as it is whole.
    pub fn first_line(&self, patience: Duration) -> Result<String, String> {
        self.wait(&self.stdout, patience, |heard| heard.contains('\n'))
            .map(|heard| heard.lines().next().unwrap_or_default().to_owned())
            .map_err(|why| format!("{}: no line on stdout: {why}", self.name))
    }

    /// Closes its input and waits for its end.
    pub fn finish(mut self, patience: Duration) -> Result<Finished, String> {
        self.input = None;
        let deadline = Instant::now() + patience;
        // Its streams end when it ends; then only the status is still to come.
        let end = |ear: &Ear| {
            let left = deadline.saturating_duration_since(Instant::now());
            self.wait(ear, left, |_| false).unwrap_err()
        };
        let (why_out, why_err) = (end(&self.stdout), end(&self.stderr));
        if Instant::now() >= deadline {
            return Err(format!("{} still runs:\n{why_out}\n{why_err}", self.name));
        }
        let status = self.child.wait().map_err(|error| format!("{}: {error}", self.name))?;
        let (out, err) = (lock(&self.stdout), lock(&self.stderr));
        Ok(Finished { status, stdout: text(&out), bytes: out.bytes.clone(), stderr: text(&err) })
    }

    /// Waits until what `ear` heard satisfies `enough`; the error says what was heard instead.
    fn wait(
        &self,
        ear: &Ear,
        patience: Duration,
        enough: impl Fn(&str) -> bool,
    ) -> Result<String, String> {
        let deadline = Instant::now() + patience;
        let mut heard = lock(ear);
        loop {
            let said = text(&heard);
            if enough(&said) {
                return Ok(said);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if heard.ended || left.is_zero() {
                let end = if heard.ended { "it ended" } else { "time is up" };
                drop(heard);
                let (out, err) = (text(&lock(&self.stdout)), text(&lock(&self.stderr)));
                return Err(format!("{end}\n  stdout: {out:?}\n  stderr: {err:?}"));
            }
            let waited = ear.1.wait_timeout(heard, left);
            heard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(ear: &Ear) -> MutexGuard<'_, Heard> {
    ear.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(heard: &Heard) -> String {
    String::from_utf8_lossy(&heard.bytes).into_owned()
}

/// Reads `stream` to its end on a thread of its own.
fn listen(mut stream: impl Read + Send + 'static) -> Ear {
    let ear = Ear::default();
    let ours = Arc::clone(&ear);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let n = stream.read(&mut buffer).unwrap_or(0);
            let mut heard = lock(&ours);
            heard.bytes.extend_from_slice(&buffer[..n]);
            heard.ended = n == 0;
            ours.1.notify_all();
            if n == 0 {
                return;
            }
        }
    });
    ear
}
