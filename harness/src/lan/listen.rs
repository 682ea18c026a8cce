//! The tour's end of the line to the agent: starts it, hears its events, lets it go.
//!
//! It may name a child process and its pipes. It does not know what the events mean.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::tour::event::Event;

/// How often a wish to stop is looked for.
const GLANCE: Duration = Duration::from_millis(20);
/// How long the agent may be silent: longer than any role may be.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// The agent, as long as this lives.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    events: Receiver<Event>,
}

impl Agent {
    /// Starts it. Must be called on a thread that lives as long as the agent shall.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let stdout =
            child.stdout.take().ok_or_else(|| io::Error::other("the agent has no stdout"))?;
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                let event = Event::from_line(&line)
                    .unwrap_or_else(|| Event::Failed(format!("the LAN's process said {line:?}")));
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, events })
    }

    /// The next event, or `None` when `stop` has become true.
    pub fn next(&mut self, stop: &AtomicBool) -> Option<Event> {
        let deadline = Instant::now() + SILENCE_MAX;
        loop {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            match self.events.recv_timeout(GLANCE) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Some(Event::Failed("the LAN's process fell silent".to_owned()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Some(Event::Failed("the LAN's process ended early".to_owned()));
                }
            }
        }
    }
}

impl Drop for Agent {
    /// Lets go of the lifeline and waits until all behind it has ended.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
