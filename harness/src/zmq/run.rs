//! One socket, from its endpoints to the exit code.
//!
//! It knows sockets, signals and how a command can end. It does not know what the socket is for.

use serde_json::json;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process;
use std::thread;
use std::time::{Duration, Instant};
use wirelab_zmtp::Endpoint;
use wirelab_zmtp::blocking::{Error, Socket};
use wirelab_zmtp::mechanism::MechanismName;
use wirelab_zmtp::sockets::Pattern;

use super::control::{Control, Why};
use super::form::Form;
use super::options::Shared;
use super::talk::Talk;
use crate::exit::{Failure, INTERRUPTED};
use crate::output::Output;
use crate::signals;

/// `-W` ran out: the number that `mqtt sub` has for it.
const TIMED_OUT: u8 = 27;

/// After ^C the peers have so long to take what was sent.
const FAREWELL: Duration = Duration::from_secs(1);

/// A wait without an end, as far as anybody will see.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_secs(366 * 24 * 3600);

/// Where a socket goes if nobody says where.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// It binds this port on all interfaces.
    Bind(u16),
    /// It connects to this port of this machine.
    Connect(u16),
}

/// A socket at work, and what the command has around it.
pub struct Run<P: Pattern + Send + 'static> {
    /// The socket.
    pub socket: Socket<P>,
    /// Waits, and the end.
    pub control: Control,
    /// How messages are written.
    pub form: Form,
    talk: Talk,
    linger: Option<Duration>,
    deadline: Option<Instant>,
    /// What ^C means: a server's ordinary end.
    serves: bool,
}

impl<P: Pattern + Default + Send + 'static> Run<P> {
    /// A socket with its endpoints. `prepare` has it before these.
    ///
    /// # Errors
    /// What cannot be bound, or is no endpoint; settings that do not go together.
    pub fn start(
        shared: &Shared,
        place: Place,
        output: &Output,
        prepare: impl FnOnce(&mut Socket<P>),
    ) -> Result<Self, Failure> {
        let form = Form::new(shared.separator()?, output);
        let options = shared.options()?;
        let advice = match options.mechanism.name() {
            MechanismName::Null => "does this kind of socket fit it?",
            MechanismName::Plain => "is the user known there?",
        };
        let mut socket: Socket<P> = Socket::with(options).map_err(|error| explained(&error))?;
        prepare(&mut socket);
        let control = Control::new(socket.interrupter());
        let (mut binds, mut connects) = (shared.bind.clone(), shared.connect.clone());
        if binds.is_empty() && connects.is_empty() {
            match place {
                Place::Bind(port) => binds.push(format!("tcp://*:{port}")),
                Place::Connect(port) => connects.push(format!("tcp://127.0.0.1:{port}")),
            }
        }
        // Wrong ones are found before anything is done.
        let endpoints: Result<Vec<Endpoint>, _> =
            binds.iter().chain(&connects).map(|text| text.parse()).collect();
        let endpoints = endpoints.map_err(Failure::usage)?;
        let dialled = (binds.is_empty()).then_some(connects.len());
        let talk = Talk::start(socket.monitor(), control.clone(), dialled, advice, output);
        let serves = shared.lab || matches!(place, Place::Bind(_));
        catch_signals(&control, serves)?;
        for (text, endpoint) in binds.iter().zip(&endpoints) {
            let addr = socket.bind(text).map_err(|error| explained(&error))?;
            announce(addr, endpoint.port.is_none() || shared.lab, output);
        }
        for text in &connects {
            socket.connect(text).map_err(|error| explained(&error))?;
        }
        if let Some(time) = shared.give_up {
            let control = control.clone();
            thread::spawn(move || {
                if control.pause(time) {
                    control.end(Why::TimedOut);
                }
            });
        }
        let deadline = shared.give_up.and_then(|time| Instant::now().checked_add(time));
        Ok(Self { socket, control, form, talk, linger: shared.linger, deadline, serves })
    }

    /// Waits for the end that somebody makes, if it is wished and all is well.
    pub fn stay_if(&self, is_wished: bool, is_well: bool) {
        if is_wished && is_well {
            self.control.wait_for_the_end();
        }
    }

    /// Ends the socket, after `result`; what its end means for the shell.
    ///
    /// # Errors
    /// `result`'s; that it ended too early, or that not all was taken that was sent.
    pub fn finish(self, result: Result<(), Error>) -> Result<(), Failure> {
        let Self { mut socket, control, talk, linger, deadline, serves, .. } = self;
        let mut linger = linger.unwrap_or(AS_LONG_AS_IT_TAKES);
        if let Some(deadline) = deadline {
            linger = linger.min(deadline.saturating_duration_since(Instant::now()));
        }
        if control.is_over() {
            linger = linger.min(FAREWELL);
        }
        socket.set_linger(linger);
        control.begin_closing();
        let all_sent = socket.close();
        talk.finish();
        match (control.why(), result) {
            (Some(Why::Interrupted), _) if serves => Ok(()),
            (Some(Why::Interrupted), _) => Err(Failure::interrupted()),
            (Some(Why::TimedOut), _) => Err(timed_out("it was not done in time: -W ran out")),
            (Some(Why::Refused(why) | Why::Input(why)), _) => Err(Failure::failed(why)),
            (None, Err(error)) => Err(explained(&error)),
            (None, Ok(())) if all_sent => Ok(()),
            (None, Ok(())) if deadline.is_some_and(|at| Instant::now() >= at) => {
                Err(timed_out("the peers did not take all messages in time: -W ran out"))
            }
            (None, Ok(())) => Err(Failure::failed(
                "the peers did not take all messages within the time of --linger",
            )),
        }
    }
}

fn timed_out(message: &str) -> Failure {
    Failure { code: TIMED_OUT, message: message.to_owned() }
}

/// The first ^C ends the command, the second one the program; so does the first one while the
/// socket lingers.
fn catch_signals(control: &Control, serves: bool) -> Result<(), Failure> {
    let control = control.clone();
    let caught = signals::on_end(move |n| {
        if n > 1 || control.is_closing() {
            process::exit(if serves { 0 } else { i32::from(INTERRUPTED) });
        }
        control.end(Why::Interrupted);
    });
    caught.map_err(|error| Failure::failed(format!("cannot catch signals: {error}")))
}

/// On stdout where somebody waits for it there; else it is talk.
fn announce(addr: SocketAddr, is_data: bool, output: &Output) {
    let endpoint = format!("tcp://{addr}");
    match (is_data, output.json) {
        (true, true) => {
            let line = json!({"v": 1, "kind": "listening", "endpoint": endpoint});
            output.record(&line.to_string());
        }
        (true, false) => output.record(&format!("listening on {endpoint}")),
        (false, _) if output.verbose > 0 => output.say(&format!("listening on {endpoint}")),
        (false, _) => {}
    }
}

/// What a socket's error means for the shell, with what to do.
pub fn explained(error: &Error) -> Failure {
    let advice = match error {
        Error::Misuse(_) | Error::Endpoint(_) => return Failure::usage(error),
        Error::Lost => "; is it there again? then ask again",
        Error::Io { error, .. } => match error.kind() {
            ErrorKind::AddrInUse => {
                "; another program listens there: choose another port, or * for any"
            }
            ErrorKind::AddrNotAvailable => "; no interface of this machine has that address",
            ErrorKind::PermissionDenied => "; ports below 1024 are the superuser's: choose another",
            _ => "",
        },
        Error::TimedOut | Error::Interrupted => "",
    };
    Failure::failed(format!("{error}{advice}"))
}
