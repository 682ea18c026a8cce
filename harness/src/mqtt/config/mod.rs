//! The broker's configuration, from a file in the syntax of mosquitto.conf.
//!
//! ```text
//!   # a comment, only with # in the first column
//!   listener 1883 127.0.0.1        a key, a space, its value
//!   allow_anonymous true
//! ```
//! `keys` holds every key that is known, `absent` those of mosquitto's that are not for us,
//! `values` what a value may look like. It knows files and lines. It does not know a broker.

mod absent;
mod keys;
mod listener;
mod values;

use std::path::{Path, PathBuf};
use wirelab_mqtt::broker::Settings;

use super::access;
use super::log::Logging;
use keys::KEYS;
pub use listener::{Family, Listener};

/// The name of the store's file, unless `persistence_file` gives another: not mosquitto's, whose
/// file is of another make.
pub const STORE: &str = "wirelab.db";

/// Complaints about one configuration that are told; more of them help nobody.
const COMPLAINTS_MAX: usize = 20;

/// Files of one `include_dir`, at most.
const INCLUDED_MAX: usize = 1_000;

/// What the file says, and mosquitto's defaults where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What the broker itself is told.
    pub broker: Settings,
    /// `listener`, and what stands behind each.
    pub listeners: Vec<Listener>,
    /// `port` and `bind_address`: the listener of old.
    pub default_listener: Option<Listener>,
    /// `allow_anonymous`, if it is said.
    pub allow_anonymous: Option<bool>,
    /// `password_file`
    pub password_file: Option<PathBuf>,
    /// `acl_file`
    pub acl_file: Option<PathBuf>,
    /// `persistence`
    pub persistence: bool,
    /// `persistence_location`
    pub persistence_location: Option<PathBuf>,
    /// `persistence_file`
    pub persistence_file: Option<String>,
    /// `log_…` and `connection_messages`
    pub log: Logging,
    /// `pid_file`
    pub pid_file: Option<PathBuf>,
    /// `user`
    pub user: Option<String>,
    /// What is accepted and does not do what it does in mosquitto.
    pub notes: Vec<String>,
    include: Option<PathBuf>,
}

impl Config {
    /// Reads a file and those that it includes.
    ///
    /// # Errors
    /// Every line that cannot be followed: file, line, key, and what to do.
    pub fn read(file: &Path) -> Result<Self, String> {
        let mut config = Self::default();
        let mut complaints = Vec::new();
        config.read_file(file, true, &mut complaints);
        if complaints.is_empty() {
            return Ok(config);
        }
        let more = complaints.len().saturating_sub(COMPLAINTS_MAX);
        complaints.truncate(COMPLAINTS_MAX);
        if more > 0 {
            complaints.push(format!("and {more} more like these"));
        }
        Err(complaints.join("\n"))
    }

    fn read_file(&mut self, file: &Path, main: bool, complaints: &mut Vec<String>) {
        let text = match access::read(file, "configuration file") {
            Ok(text) => text,
            Err(error) => return complaints.push(error),
        };
        for (number, line) in (1..).zip(text.lines()) {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let place = format!("{}:{number}", file.display());
            if let Err(why) = self.read_line(line, &place) {
                complaints.push(format!("{place}: {why}"));
            }
            // Read where it stands: what follows it may say otherwise.
            if let Some(directory) = self.include.take() {
                if main {
                    self.read_directory(&directory, &place, complaints);
                } else {
                    let why = "include_dir: only the main file may include others";
                    complaints.push(format!("{place}: {why}"));
                }
            }
        }
    }

    fn read_line(&mut self, line: &str, place: &str) -> Result<(), String> {
        // Mosquitto separates with spaces alone.
        let line = line.trim_start_matches(' ');
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        let Some(key) = KEYS.iter().find(|key| key.name == name.trim_end()) else {
            return Err(absent::unknown(name));
        };
        if value.is_empty() {
            return Err(format!("{name}: it needs a value: {}", key.values));
        }
        (key.set)(self, value).map_err(|why| format!("{name} {}: {why}", value.escape_debug()))?;
        if let Some(note) = key.note {
            self.notes.push(format!("{place}: {name}: {note}"));
        }
        Ok(())
    }

    /// Every `*.conf` of a directory, in mosquitto's order: by letters, of the same letter the
    /// upper case first.
    fn read_directory(&mut self, directory: &Path, place: &str, complaints: &mut Vec<String>) {
        let found = std::fs::read_dir(directory)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        let mut files: Vec<PathBuf> = match found {
            Ok(files) => files,
            Err(error) => {
                let directory = directory.display();
                complaints.push(format!("{place}: include_dir {directory}: {error}"));
                return;
            }
        };
        files.retain(|file| file.extension().is_some_and(|extension| extension == "conf"));
        if files.len() > INCLUDED_MAX {
            complaints.push(format!("{place}: include_dir: more than {INCLUDED_MAX} files"));
            return;
        }
        files.sort_by_cached_key(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name.to_lowercase(), name)
        });
        for file in files {
            self.read_file(&file, false, complaints);
        }
    }

    /// May clients without a user name come in? Unless the file says so: where only this machine
    /// can connect, yes.
    pub fn allow_anonymous(&self) -> bool {
        let local_only = self.listeners.is_empty() && self.default_listener.is_none();
        self.allow_anonymous.unwrap_or(local_only)
    }

    /// All listeners; none of them: the loopback alone.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        self.default_listener.iter().chain(&self.listeners)
    }

    /// The store's file, if there is to be one.
    pub fn store(&self) -> Option<PathBuf> {
        let file = self.persistence_file.as_deref().unwrap_or(STORE);
        let location = self.persistence_location.as_deref().unwrap_or(Path::new("."));
        self.persistence.then(|| location.join(file))
    }

    /// `max_connections` of all listeners together: the broker does not tell them apart. `None`:
    /// one of them has no limit.
    pub fn max_connections(&self) -> Option<usize> {
        let mut limits = self.listeners().map(|listener| listener.max_connections).peekable();
        limits.peek()?;
        limits.sum()
    }
}

/// All keys, one a line: what they take, what holds without them, what is different here.
pub fn reference(json: bool) -> String {
    let mut text = String::new();
    for key in KEYS {
        let note = key.note.unwrap_or_default();
        let line = if json {
            serde_json::json!({"v": 1, "kind": "key", "name": key.name, "values": key.values,
                "default": key.default, "note": key.note})
            .to_string()
        } else {
            format!("{:<30}{:<42}{}", key.name, key.values, key.default)
        };
        text.push_str(&line);
        text.push('\n');
        if !json && !note.is_empty() {
            text.push_str("    ");
            text.push_str(note);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests;
