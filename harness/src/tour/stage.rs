//! The stage: the roles of an exercise as processes, what they say, and what is typed to them.
//!
//! It may name processes and pipes. It does not know which network the roles are on: whoever
//! sets the stage gives it a way to start a program there. Nor does it know frames.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::event::Event;

/// How long a role may take for what is expected of it next.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// The longest line a role may say; a longer one is told in pieces.
pub const LINE_MAX: usize = 4096;
/// The most lines of a role that are kept until somebody waits for them.
pub const UNHEEDED_MAX: usize = 1024;
/// How often the stop flag, and the end of a process, are looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Why the play ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was stopped from outside.
    Stopped,
    /// It went wrong: what, and who.
    Failed(String),
}

/// Starts role `n`'s program on the network it belongs to.
pub type Launch<'a> = Box<dyn FnMut(usize, &mut Command) -> io::Result<Child> + 'a>;

/// Lets a role be reached that listens on its host's loopback alone: says what was done for that,
/// or nothing if there was no need.
pub type Reach<'a> = Box<dyn FnMut(usize) -> Option<String> + 'a>;

/// The stage.
pub struct Stage<'a> {
    names: Vec<String>,
    launch: Launch<'a>,
    reach: Option<Reach<'a>>,
    tell: &'a mut dyn FnMut(Event),
    stop: Arc<AtomicBool>,
    heard: Receiver<Heard>,
    ears: Sender<Heard>,
    roles: Vec<Role>,
}

/// Bytes that a role's reader thread brings; empty at the end of the stream.
struct Heard {
    role: usize,
    error: bool,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Role {
    child: Option<Child>,
    input: Option<ChildStdin>,
    /// The line under way on stdout, and on stderr.
    partial: [Vec<u8>; 2],
    /// Lines on stdout that nobody has waited for yet.
    unheeded: Vec<String>,
    /// Lines on stderr that nobody has listened for yet.
    unheeded_errors: Vec<String>,
    /// The first line on stderr: usually the one that says it.
    complaint: String,
    open_streams: u8,
}

impl<'a> Stage<'a> {
    /// A stage for roles of these names. `tell` is told all that is said; when `stop` becomes
    /// true, whatever is waited for ends with [`Trouble::Stopped`].
    pub fn new(
        names: Vec<String>,
        launch: Launch<'a>,
        tell: &'a mut dyn FnMut(Event),
        stop: Arc<AtomicBool>,
    ) -> Self {
        let (ears, heard) = channel();
        let roles = names.iter().map(|_| Role::default()).collect();
        Self { names, launch, reach: None, tell, stop, heard, ears, roles }
    }

    /// The same with a way to roles that others cannot reach.
    #[must_use]
    pub fn reaching(mut self, reach: Reach<'a>) -> Self {
        self.reach = Some(reach);
        self
    }

    /// A role of another's listens somewhere: lets it be reached by the others.
    pub fn let_reach(&mut self, role: usize) {
        if let Some(text) = self.reach.as_mut().and_then(|reach| reach(role)) {
            (self.tell)(Event::Line { role, text, error: true });
        }
    }

    /// Shows what nobody says: a line that was typed to a role's shell, and not to its program.
    pub fn show(&mut self, role: usize, text: String) {
        (self.tell)(Event::Line { role, text, error: false });
    }

    /// Starts a role; anew, if it had another program before, which has ended.
    pub fn start(&mut self, role: usize, mut command: Command) -> Result<(), Trouble> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that a ^C reaches it and whatever it has started, and nobody else.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = (self.launch)(role, &mut command).map_err(|error| {
            Trouble::Failed(format!("{} cannot be started: {error}", self.names[role]))
        })?;
        if let Some(stream) = child.stdout.take() {
            self.listen(role, false, stream);
        }
        if let Some(stream) = child.stderr.take() {
            self.listen(role, true, stream);
        }
        let input = child.stdin.take();
        self.roles[role] = Role { child: Some(child), input, open_streams: 2, ..Role::default() };
        Ok(())
    }

    fn listen(&self, role: usize, error: bool, mut stream: impl Read + Send + 'static) {
        let ears = self.ears.clone();
        thread::spawn(move || {
            let mut buffer = [0; LINE_MAX];
            loop {
                let got = match stream.read(&mut buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    got => got.unwrap_or(0),
                };
                let bytes = buffer[..got].to_vec();
                if ears.send(Heard { role, error, bytes }).is_err() || got == 0 {
                    return;
                }
            }
        });
    }

    /// Waits until the role says a line (or a prompt) with one of `words` in it, in any case of
    /// letters, and returns that line.
    pub fn wait_for(&mut self, role: usize, words: &[&str]) -> Result<String, Trouble> {
        let deadline = Instant::now() + PATIENCE;
        let fits = |line: &str| {
            let line = line.to_lowercase();
            words.iter().any(|word| line.contains(&word.to_lowercase()))
        };
        loop {
            let state = &mut self.roles[role];
            if let Some(at) = state.unheeded.iter().position(|line| fits(line)) {
                return Ok(state.unheeded.drain(..=at).next_back().unwrap_or_default());
            }
            let prompt = String::from_utf8_lossy(&state.partial[0]).into_owned();
            if fits(&prompt) {
                return Ok(prompt);
            }
            if state.open_streams == 0 {
                let status = self.wait_exit(role)?;
                return Err(self.ended_early(role, words[0], status));
            }
            if Instant::now() >= deadline {
                let name = &self.names[role];
                let seconds = PATIENCE.as_secs();
                let what = format!("{name} did not say {:?} within {seconds} s", words[0]);
                return Err(Trouble::Failed(what));
            }
            self.hear(deadline)?;
        }
    }

    /// Waits as [`Stage::wait_for`], on stderr as well, but no longer than `patience`, and no
    /// longer than the role speaks: was it said?
    pub fn listen_for(
        &mut self,
        role: usize,
        words: &[&str],
        patience: Duration,
    ) -> Result<bool, Trouble> {
        let deadline = Instant::now() + patience;
        let fits = |line: &String| {
            let line = line.to_lowercase();
            words.iter().any(|word| line.contains(&word.to_lowercase()))
        };
        loop {
            let state = &mut self.roles[role];
            for lines in [&mut state.unheeded, &mut state.unheeded_errors] {
                if let Some(at) = lines.iter().position(fits) {
                    lines.drain(..=at);
                    return Ok(true);
                }
            }
            if state.open_streams == 0 || Instant::now() >= deadline {
                return Ok(false);
            }
            self.hear(deadline)?;
        }
    }

    /// Has its process ended, or is about to: is all said that it will say?
    pub fn has_ended(&self, role: usize) -> bool {
        self.roles[role].child.is_some() && self.roles[role].open_streams == 0
    }

    /// Sends it what a ^C at its terminal would, if it still runs.
    pub fn interrupt(&mut self, role: usize) -> Result<(), Trouble> {
        #[cfg(unix)]
        if let Some(child) = &mut self.roles[role].child
            && !matches!(child.try_wait(), Ok(Some(_)))
        {
            use nix::sys::signal::{Signal, killpg};
            let group = nix::unistd::Pid::from_raw(child.id().cast_signed());
            killpg(group, Signal::SIGINT).map_err(|error| {
                Trouble::Failed(format!("{} cannot be ended: {error}", self.names[role]))
            })?;
        }
        Ok(())
    }

    fn ended_early(&self, role: usize, word: &str, status: ExitStatus) -> Trouble {
        let name = &self.names[role];
        let mut what = format!("{name} ended ({status}) before it said {word:?}");
        if !self.roles[role].complaint.is_empty() {
            what = format!("{what}: {}", self.roles[role].complaint);
        }
        Trouble::Failed(what)
    }

    /// Types a line to the role, and shows it after the role's prompt as a terminal would.
    pub fn type_line(&mut self, role: usize, text: &str) -> Result<(), Trouble> {
        let prompt = std::mem::take(&mut self.roles[role].partial[0]);
        let shown = format!("{}{text}", String::from_utf8_lossy(&prompt));
        (self.tell)(Event::Line { role, text: shown, error: false });
        let name = &self.names[role];
        let input = self.roles[role]
            .input
            .as_mut()
            .ok_or_else(|| Trouble::Failed(format!("{name} takes no input")))?;
        let sent = input.write_all(format!("{text}\n").as_bytes()).and_then(|()| input.flush());
        sent.map_err(|error| Trouble::Failed(format!("{name} does not take its input: {error}")))
    }

    /// Lets time pass, and hears meanwhile what the roles say.
    pub fn pause(&mut self, time: Duration) -> Result<(), Trouble> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            self.hear(deadline)?;
        }
        Ok(())
    }

    /// Waits until the role's process has ended and all it said is told.
    pub fn wait_exit(&mut self, role: usize) -> Result<ExitStatus, Trouble> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = &mut self.roles[role];
            let child = state.child.as_mut().ok_or_else(|| {
                Trouble::Failed(format!("{} was never started", self.names[role]))
            })?;
            if state.open_streams == 0
                && let Some(status) = child.try_wait().unwrap_or(None)
            {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                let seconds = PATIENCE.as_secs();
                let what = format!("{} did not end within {seconds} s", self.names[role]);
                return Err(Trouble::Failed(what));
            }
            self.hear(deadline)?;
        }
    }

    /// As [`Stage::wait_exit`], and another end than success is trouble.
    pub fn wait_success(&mut self, role: usize) -> Result<(), Trouble> {
        let status = self.wait_exit(role)?;
        if status.success() {
            return Ok(());
        }
        let (name, why) = (&self.names[role], &self.roles[role].complaint);
        Err(Trouble::Failed(format!("{name} failed ({status}): {why}")))
    }

    /// Takes in one piece of what was said, or waits for a glance.
    fn hear(&mut self, deadline: Instant) -> Result<(), Trouble> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Trouble::Stopped);
        }
        let left = deadline.saturating_duration_since(Instant::now()).min(GLANCE);
        match self.heard.recv_timeout(left) {
            Ok(heard) => self.take_in(heard),
            // We hold a sender ourselves, so the channel cannot be closed.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        Ok(())
    }

    fn take_in(&mut self, heard: Heard) {
        let Heard { role, error, bytes } = heard;
        let state = &mut self.roles[role];
        let stream = usize::from(error);
        let ended = bytes.is_empty();
        if ended {
            state.open_streams -= 1;
        }
        state.partial[stream].extend_from_slice(&bytes);
        loop {
            let partial = &mut state.partial[stream];
            let end = partial.iter().position(|b| *b == b'\n');
            let (keep, skip) = match end {
                Some(at) => (at, 1),
                None if partial.len() > LINE_MAX => (LINE_MAX, 0),
                None if ended && !partial.is_empty() => (partial.len(), 0),
                None => break,
            };
            let rest = partial.split_off(keep + skip);
            let mut line = std::mem::replace(partial, rest);
            line.truncate(keep);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            if error && state.complaint.is_empty() {
                state.complaint.clone_from(&text);
            }
            let lines = if error { &mut state.unheeded_errors } else { &mut state.unheeded };
            if lines.len() == UNHEEDED_MAX {
                lines.remove(0);
            }
            lines.push(text.clone());
            (self.tell)(Event::Line { role, text, error });
        }
    }
}

impl Drop for Stage<'_> {
    /// Nobody stays on the stage, however the play ended.
    fn drop(&mut self) {
        for role in &mut self.roles {
            drop(role.input.take());
            if let Some(child) = &mut role.child
                && !matches!(child.try_wait(), Ok(Some(_)))
            {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}
