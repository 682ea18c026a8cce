//! The options that all six sockets share: where to, secured how, within which bounds.
//!
//! It knows the command line and a socket's settings. It does not know what is sent or printed.

use bytes::Bytes;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;
use wirelab_zmtp::Options;
use wirelab_zmtp::mechanism::Mechanism;

use crate::exit::Failure;

/// Where to, and how.
#[derive(Debug, Args)]
pub struct Shared {
    /// Listen at tcp://ADDRESS:PORT; `tcp://*:PORT` is all interfaces, port `*` or 0 any free one,
    /// which is then printed in the first line. May be given several times, and with --connect.
    #[arg(long, value_name = "ENDPOINT", help_heading = "Connection")]
    pub bind: Vec<String>,
    /// Connect to tcp://HOST:PORT, now or when somebody is there; may be given several times.
    #[arg(long, value_name = "ENDPOINT", help_heading = "Connection")]
    pub connect: Vec<String>,
    /// How connections are secured; plain where a user name is given, else null.
    #[arg(long, value_enum, help_heading = "Connection")]
    mechanism: Option<MechanismChoice>,
    /// PLAIN's user name.
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    username: Option<OsString>,
    /// PLAIN's password.
    #[arg(long, env = "WIRELAB_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    #[arg(value_name = "PASSWORD", help_heading = "Connection")]
    password: Option<OsString>,
    /// Be PLAIN's server: let in who shows this user name and password.
    #[arg(long, help_heading = "Connection")]
    as_server: bool,
    /// What a REQ calls itself.
    #[arg(long, value_name = "TEXT", help_heading = "Connection")]
    identity: Option<OsString>,
    /// Messages that wait for or from one peer, at most; 0: no limit.
    #[arg(long, value_name = "COUNT", help_heading = "Connection")]
    hwm: Option<usize>,
    /// Send a PING after so many seconds of silence; a peer that is silent for as long again is
    /// taken for lost.
    #[arg(long, value_name = "SECONDS", value_parser = some_seconds, help_heading = "Connection")]
    heartbeat: Option<Duration>,
    /// At the end, wait so many seconds for the peers to take what was sent; without this, as long
    /// as it takes.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Connection")]
    pub linger: Option<Duration>,
    /// Be a peer of ZMTP 3.0: no heartbeats, subscriptions as messages.
    #[arg(long = "zmtp-3.0", help_heading = "Connection")]
    zmtp_3_0: bool,
    /// Give up after so many seconds, with exit code 27.
    #[arg(short = 'W', value_name = "SECONDS", value_parser = some_seconds)]
    pub give_up: Option<Duration>,
    /// Split texts into frames at this; print it between the frames of what comes. Without it a
    /// text is one frame, and a tab stands between frames.
    #[arg(long, value_name = "SEPARATOR", allow_hyphen_values = true)]
    multipart: Option<OsString>,
    /// Be the lab's program for this socket, with its texts.
    #[arg(long)]
    pub lab: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MechanismChoice {
    /// Everybody comes in.
    Null,
    /// A user name and a password, in clear text.
    Plain,
}

impl Shared {
    /// A socket's settings.
    ///
    /// # Errors
    /// What does not go together, as wrong usage.
    pub fn options(&self) -> Result<Options, Failure> {
        let mut options = Options {
            mechanism: self.mechanism()?,
            identity: self.identity.as_ref().map(bytes_of).unwrap_or_default(),
            heartbeat_interval: self.heartbeat,
            zmtp_3_0: self.zmtp_3_0,
            ..Options::default()
        };
        if let Some(hwm) = self.hwm {
            (options.send_high_water_mark, options.receive_high_water_mark) = (hwm, hwm);
        }
        Ok(options)
    }

    fn mechanism(&self) -> Result<Mechanism, Failure> {
        let implied = if self.username.is_some() || self.as_server {
            MechanismChoice::Plain
        } else {
            MechanismChoice::Null
        };
        let username = self.username.as_ref().map(bytes_of);
        let password = self.password.as_ref().map(bytes_of).unwrap_or_default();
        match (self.mechanism.unwrap_or(implied), username) {
            (MechanismChoice::Null, None) if !self.as_server => Ok(Mechanism::Null),
            (MechanismChoice::Null, _) => Err(Failure::usage(
                "--username and --as-server are PLAIN's: leave out --mechanism null",
            )),
            (MechanismChoice::Plain, None) => {
                Err(Failure::usage("PLAIN needs a user: --username and --password"))
            }
            (MechanismChoice::Plain, Some(name)) if self.as_server => {
                Ok(Mechanism::plain_server(name, password))
            }
            (MechanismChoice::Plain, Some(name)) => {
                Mechanism::plain_client(name, password).map_err(Failure::usage)
            }
        }
    }

    /// `--multipart`.
    ///
    /// # Errors
    /// An empty one, as wrong usage: there would be no end of frames.
    pub fn separator(&self) -> Result<Option<Bytes>, Failure> {
        let separator = self.multipart.as_ref().map(bytes_of);
        if separator.as_ref().is_some_and(Bytes::is_empty) {
            return Err(Failure::usage("--multipart: the separator is empty; give it a character"));
        }
        Ok(separator)
    }
}

/// Seconds, with a fraction.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a time that can be waited".to_owned())
}

/// The same, more than none.
pub fn some_seconds(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    if time.is_zero() { Err("more than 0 seconds".to_owned()) } else { Ok(time) }
}

/// An argument as the bytes it is.
pub fn bytes_of(argument: &OsString) -> Bytes {
    argument.as_bytes().to_vec().into()
}
