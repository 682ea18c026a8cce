//! `wirelab zmq pull` and `sub`: messages as lines; with `--lab` the lab's `pullzmq.py` and
//! `subzmq.py`, and with `--once` its `sub_once.py`.
//!
//! It knows lines. Whose message is next is the sockets' business.

use clap::Args;
use std::ffi::OsString;
use std::time::Duration;
use wirelab_zmtp::Message;
use wirelab_zmtp::blocking::{Error, Socket};
use wirelab_zmtp::sockets::{Pattern, Pull, Sub};

use super::form::{Form, Screen};
use super::lab::{TOPIC, unpickle};
use super::options::{Shared, bytes_of};
use super::run::{Place, Run};
use super::source::Pace;
use super::{PUBSUB_PORT, PUSHPULL_PORT};
use crate::exit::{FAILED, Failure};
use crate::output::{Output, escape_controls};

/// The lab's `sub_once.py` waits so long.
const ONCE: Duration = Duration::from_secs(5);

/// Arguments of `zmq pull`.
#[derive(Debug, Args)]
pub struct PullArguments {
    #[command(flatten)]
    pace: Pace,
    /// Which of the lab's workers this is, with --lab.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    worker: u32,
    #[command(flatten)]
    shared: Shared,
}

/// Arguments of `zmq sub`.
#[derive(Debug, Args)]
pub struct SubArguments {
    #[command(flatten)]
    pace: Pace,
    /// Only messages that begin so; may be given several times. Without this: all.
    #[arg(short, long, value_name = "PREFIX", allow_hyphen_values = true)]
    topic: Vec<OsString>,
    /// With --lab: end after the first message, or without one after 5 s with exit code 1.
    #[arg(long, requires = "lab")]
    once: bool,
    #[command(flatten)]
    shared: Shared,
}

/// A socket that receives.
trait Receiver {
    fn next(&mut self) -> Result<Message, Error>;
    fn next_at_hand(&mut self) -> Option<Message>;
}

impl Receiver for Socket<Pull> {
    fn next(&mut self) -> Result<Message, Error> {
        self.recv()
    }

    fn next_at_hand(&mut self) -> Option<Message> {
        self.try_recv()
    }
}

impl Receiver for Socket<Sub> {
    fn next(&mut self) -> Result<Message, Error> {
        self.recv()
    }

    fn next_at_hand(&mut self) -> Option<Message> {
        self.try_recv()
    }
}

/// Pulls.
pub fn pull(arguments: &PullArguments, output: &Output) -> Result<(), Failure> {
    let PullArguments { pace, worker, shared } = arguments;
    let mut run: Run<Pull> = Run::start(shared, Place::Connect(PUSHPULL_PORT), output, |_| {})?;
    let result = receive(&mut run, *pace, |form, message| {
        if !shared.lab {
            return (form.line("message", message), Duration::ZERO);
        }
        let number = unpickle(message.first());
        let work = number
            .map_or_else(|| escape_controls(&form.text(message)), |number| number.to_string());
        let line = format!("Worker {worker} received work: {work}\n");
        // The lab's worker works as many seconds as it is told.
        (line.into_bytes(), Duration::from_secs(number.unwrap_or(0).into()))
    });
    run.finish(result)
}

/// Subscribes.
pub fn subscribe(arguments: &SubArguments, output: &Output) -> Result<(), Failure> {
    let SubArguments { pace, topic, once, shared } = arguments;
    let mut topics: Vec<_> = topic.iter().map(bytes_of).collect();
    if topics.is_empty() {
        topics.push(if shared.lab { TOPIC.into() } else { "".into() });
    }
    let mut run: Run<Sub> = Run::start(shared, Place::Connect(PUBSUB_PORT), output, |socket| {
        for topic in &topics {
            socket.subscribe(topic);
        }
        if *once {
            socket.set_recv_timeout(Some(ONCE));
        }
    })?;
    let pace = if *once { Pace { count: Some(1), ..*pace } } else { *pace };
    let label = if *once { "ZMQ SUB ONCE received" } else { "Received" };
    let result = receive(&mut run, pace, |form, message| {
        if !shared.lab {
            return (form.line("message", message), Duration::ZERO);
        }
        let text = escape_controls(&form.text(message));
        (format!("{label}: {text}\n").into_bytes(), Duration::ZERO)
    });
    if *once && matches!(result, Err(Error::TimedOut)) {
        output.line("Timeout waiting for message");
        let silent = Failure { code: FAILED, message: String::new() };
        return run.finish(Ok(())).and(Err(silent));
    }
    run.finish(result)
}

/// Prints each message as `show` has it, and rests after it as long as that says, or `-i`.
fn receive<P>(
    run: &mut Run<P>,
    pace: Pace,
    mut show: impl FnMut(&Form, &Message) -> (Vec<u8>, Duration),
) -> Result<(), Error>
where
    P: Pattern + Send + 'static,
    Socket<P>: Receiver,
{
    let mut screen = Screen::new();
    let mut n = 0;
    while pace.count.is_none_or(|count| n < count) && !run.control.is_over() {
        let message = if let Some(message) = run.socket.next_at_hand() {
            message
        } else {
            screen.flush();
            run.socket.next()?
        };
        let (line, rest) = show(&run.form, &message);
        screen.write(&line);
        n += 1;
        let rest = pace.interval.unwrap_or(rest);
        if !rest.is_zero() && pace.count != Some(n) {
            screen.flush();
            run.control.pause(rest);
        }
    }
    screen.flush();
    Ok(())
}
