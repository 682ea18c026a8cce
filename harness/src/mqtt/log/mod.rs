//! The broker's log: which kinds of lines are told, and where they go.
//!
//! ```text
//!   event ──► lines: a kind and words ──► kinds wanted? ──► [clock] stderr, stdout, a file
//!         └─► with --json: one object per line on stdout
//! ```
//! It knows kinds, files and the terminal. What a line says stands in `lines`.

pub mod clock;
mod lines;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use wirelab_mqtt::broker::{Event, Observer};

use crate::output::{Output, json_line};

/// What a line is about: the words of `log_type`, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// Something failed.
    Error = 1,
    /// Something may not be meant so.
    Warning = 2,
    /// Clients come and go.
    Notice = 4,
    /// The broker's own doings.
    Information = 8,
    /// Subscriptions are made.
    Subscribe = 16,
    /// And taken back.
    Unsubscribe = 32,
    /// Messages.
    Debug = 64,
}

const ALL: u16 = 127;
/// Mosquitto's default.
const USUAL: u16 =
    Kind::Error as u16 | Kind::Warning as u16 | Kind::Notice as u16 | Kind::Information as u16;

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Stdout,
    Stderr,
    File(PathBuf),
}

/// What the configuration says of the log.
#[derive(Clone, Debug)]
pub struct Logging {
    kinds: Option<u16>,
    places: Option<Vec<Place>>,
    /// `log_timestamp`
    pub timestamp: bool,
    /// `log_timestamp_format`
    pub format: Option<String>,
    /// `connection_messages`
    pub connection_messages: bool,
}

impl Default for Logging {
    fn default() -> Self {
        Self { kinds: None, places: None, timestamp: true, format: None, connection_messages: true }
    }
}

impl Logging {
    /// `log_type`: the first one takes the default's place, each further one is added.
    ///
    /// # Errors
    /// When there is no such type.
    pub fn add_type(&mut self, word: &str) -> Result<(), String> {
        let kinds = match word {
            "none" => {
                self.kinds = Some(0);
                return Ok(());
            }
            "all" => ALL,
            "error" => Kind::Error as u16,
            "warning" => Kind::Warning as u16,
            "notice" => Kind::Notice as u16,
            "information" => Kind::Information as u16,
            "subscribe" => Kind::Subscribe as u16,
            "unsubscribe" => Kind::Unsubscribe as u16,
            "debug" => Kind::Debug as u16,
            // There is nothing to tell of these.
            "websockets" | "internal" => 0,
            _ => {
                return Err("it is error, warning, notice, information, subscribe, unsubscribe, \
                            debug, none or all; for several, several lines"
                    .to_owned());
            }
        };
        self.kinds = Some(self.kinds.unwrap_or(0) | kinds);
        Ok(())
    }

    /// `log_dest`: the first one takes the default's place, each further one is added.
    ///
    /// # Errors
    /// When we cannot log there.
    pub fn dest(&mut self, value: &str) -> Result<(), String> {
        let places = self.places.get_or_insert_default();
        let (word, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim();
        let place = match (word, rest) {
            ("stdout", "") => Place::Stdout,
            ("stderr", "") => Place::Stderr,
            ("none", "") => {
                places.clear();
                return Ok(());
            }
            ("file", "") => return Err("which file? log_dest file PATH".to_owned()),
            ("file", _) if places.iter().any(|place| matches!(place, Place::File(_))) => {
                return Err("one file at most".to_owned());
            }
            ("file", path) => Place::File(path.into()),
            ("syslog" | "topic" | "dlt", _) => {
                return Err(format!("{word} is not here: use stderr, or file PATH"));
            }
            _ => return Err("it is stdout, stderr, none, or file PATH".to_owned()),
        };
        if !places.contains(&place) {
            places.push(place);
        }
        Ok(())
    }
}

/// One place, open.
#[derive(Clone, Debug)]
enum Sink {
    Stdout,
    Stderr,
    File(PathBuf, Arc<Mutex<File>>),
}

/// The log of a running broker; its clones write to the same places.
#[derive(Clone, Debug)]
pub struct Log {
    kinds: u16,
    sinks: Vec<Sink>,
    clock: Option<Arc<str>>,
    connections: bool,
    output: Output,
}

impl Log {
    /// Opens what the configuration asks for. Without one (`None`) the log is talk on stderr, and
    /// `-v` says how much of it: warnings, then clients, then messages. With one, `-v` asks for
    /// all kinds, as mosquitto's does.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn open(logging: Option<&Logging>, output: &Output) -> Result<Self, String> {
        let mut log = Self {
            kinds: match output.verbose {
                0 => Kind::Error as u16 | Kind::Warning as u16,
                1 => USUAL,
                _ => ALL,
            },
            sinks: vec![Sink::Stderr],
            clock: None,
            connections: true,
            output: output.clone(),
        };
        if let Some(logging) = logging {
            log.kinds = if output.verbose > 0 { ALL } else { logging.kinds.unwrap_or(USUAL) };
            if let Some(places) = &logging.places {
                log.sinks = places.iter().map(Sink::open).collect::<Result<_, _>>()?;
            }
            let format = logging.format.as_deref().unwrap_or("%s");
            log.clock = logging.timestamp.then(|| format.into());
            log.connections = logging.connection_messages;
        }
        if output.quiet {
            log.kinds &= Kind::Error as u16;
        }
        Ok(log)
    }

    /// Are lines of this kind told?
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds & kind as u16 != 0
    }

    /// Tells a line, if its kind is wanted.
    pub fn tell(&self, kind: Kind, line: &str) {
        if !self.wants(kind) {
            return;
        }
        let stamped = self.clock.as_ref().map(|format| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let stamp = clock::stamp(format, since.unwrap_or_default().as_secs());
            format!("{stamp}: {line}\n")
        });
        let line = stamped.unwrap_or_else(|| format!("{line}\n"));
        for sink in &self.sinks {
            // A broker does not end because its log cannot be written.
            let _ = match sink {
                Sink::Stdout => io::stdout().lock().write_all(line.as_bytes()),
                Sink::Stderr => io::stderr().lock().write_all(line.as_bytes()),
                Sink::File(_, file) => {
                    file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
                }
            };
        }
    }

    /// Opens the file anew: somebody has moved it away to begin another one.
    ///
    /// # Errors
    /// When it cannot be opened; the old one is then written on.
    pub fn reopen(&self) -> Result<(), String> {
        for sink in &self.sinks {
            if let Sink::File(path, file) = sink {
                let new = append(path)?;
                *file.lock().unwrap_or_else(PoisonError::into_inner) = new;
            }
        }
        Ok(())
    }

    /// What the broker tells its events to.
    pub fn observer(&self) -> Observer {
        let log = self.clone();
        Box::new(move |event| log.event(&event))
    }

    fn event(&self, event: &Event<'_>) {
        if self.output.json {
            let mut line = Vec::new();
            // Into memory: that cannot fail.
            let _ = json_line(&mut line, &lines::record(event));
            let mut stdout = io::stdout().lock();
            let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
            return;
        }
        let kind = lines::kind(event);
        let about_connections = kind == Kind::Notice;
        if self.wants(kind) && (self.connections || !about_connections) {
            self.tell(kind, &lines::line(event));
        }
    }
}

impl Sink {
    fn open(place: &Place) -> Result<Self, String> {
        Ok(match place {
            Place::Stdout => Self::Stdout,
            Place::Stderr => Self::Stderr,
            Place::File(path) => Self::File(path.clone(), Arc::new(Mutex::new(append(path)?))),
        })
    }
}

fn append(path: &Path) -> Result<File, String> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| format!("the log file {} cannot be written: {error}", path.display()))
}
