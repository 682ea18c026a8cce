//! `wirelab zmq push` and `pub`: texts as messages; with `--lab` the lab's `pushzmq.py` and
//! `pubzmq.py`.
//!
//! It knows texts and their pace. Which peer gets what is the sockets' business.

use bytes::Bytes;
use clap::Args;
use std::ffi::OsString;
use std::time::Duration;
use wirelab_zmtp::Message;
use wirelab_zmtp::blocking::Error;
use wirelab_zmtp::sockets::{Pub, Push};

use super::control::Control;
use super::lab::{TOPIC, asctime, chance, pickle, workload};
use super::options::{Shared, bytes_of};
use super::run::{Place, Run};
use super::source::{Pace, Texts};
use super::{PUBSUB_PORT, PUSHPULL_PORT};
use crate::exit::Failure;
use crate::output::{Output, escape_controls};

/// The lab's publisher waits so long before its first message, so that subscribers can come.
const SETTLING: Duration = Duration::from_secs(2);
/// And so long after each.
const LAB_INTERVAL: Duration = Duration::from_secs(1);
/// The lab's producer rests for a workload's part of this, for each.
const WORKLOADS_PER_SECOND: u32 = 5;

/// Arguments of `zmq push`. Without -m the messages are lines of stdin.
#[derive(Debug, Args)]
pub struct PushArguments {
    #[command(flatten)]
    texts: Texts,
    /// Wait for so many pullers before the first message.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    peers: usize,
    /// After the last message, stay until ^C.
    #[arg(long)]
    stay: bool,
    #[command(flatten)]
    shared: Shared,
}

/// Arguments of `zmq pub`. Without -m the messages are lines of stdin.
#[derive(Debug, Args)]
pub struct PubArguments {
    #[command(flatten)]
    texts: Texts,
    /// Put this topic before each text: with a space between them, or with --multipart in a frame
    /// of its own. Of several topics, each text goes out under each.
    #[arg(short, long, value_name = "TOPIC", allow_hyphen_values = true)]
    topic: Vec<OsString>,
    /// Wait for so many subscriptions before the first message, as long as it takes; without this,
    /// for the first one, for 2 s at most. 0: do not wait.
    #[arg(long, value_name = "COUNT")]
    peers: Option<usize>,
    /// After the last message, stay until ^C.
    #[arg(long)]
    stay: bool,
    #[command(flatten)]
    shared: Shared,
}

/// Waits between messages: not before the first, nor after the last. `false`: it is to end.
pub fn rests(n: u64, pace: Pace, control: &Control) -> bool {
    n == 0 || control.pause(pace.interval.unwrap_or_default())
}

/// Pushes.
pub fn push(arguments: &PushArguments, output: &Output) -> Result<(), Failure> {
    let PushArguments { texts, peers, stay, shared } = arguments;
    if shared.lab && texts.is_unsaid() {
        return produce(arguments, output);
    }
    let (mut source, count) = texts.source(None);
    let mut run: Run<Push> = Run::start(shared, Place::Bind(PUSHPULL_PORT), output, |_| {})?;
    source.open(&run.control);
    let mut work = || -> Result<(), Error> {
        let mut n = 0;
        if !run.control.wait_for_peers(*peers) {
            return Ok(());
        }
        while count.is_none_or(|count| n < count)
            && rests(n, texts.pace, &run.control)
            && let Some(text) = source.next(&run.control)
        {
            run.socket.send(run.form.message(None, &text))?;
            n += 1;
        }
        Ok(())
    };
    let result = work();
    run.stay_if(*stay, result.is_ok());
    run.finish(result)
}

/// As the lab's producer: numbers, pickled, and a rest after each that is as long as its work.
fn produce(arguments: &PushArguments, output: &Output) -> Result<(), Failure> {
    let PushArguments { texts, peers, stay, shared } = arguments;
    let mut run: Run<Push> = Run::start(shared, Place::Bind(PUSHPULL_PORT), output, |_| {})?;
    let mut random = chance();
    let mut work = || -> Result<(), Error> {
        let mut n = 0;
        let mut goes_on = run.control.wait_for_peers(*peers);
        while goes_on && texts.pace.count.is_none_or(|count| n < count) {
            let number = workload(&mut random);
            // It waits here until somebody is there to work.
            run.socket.send(pickle(number))?;
            output.line(&format!("Produced workload: {number}"));
            n += 1;
            let rest = Duration::from_secs(number.into()) / WORKLOADS_PER_SECOND;
            let is_last = texts.pace.count == Some(n);
            goes_on = is_last || run.control.pause(texts.pace.interval.unwrap_or(rest));
        }
        Ok(())
    };
    let result = work();
    run.stay_if(*stay, result.is_ok());
    run.finish(result)
}

/// Publishes.
pub fn publish(arguments: &PubArguments, output: &Output) -> Result<(), Failure> {
    let PubArguments { texts, topic, peers, stay, shared } = arguments;
    let mut topics: Vec<Option<Bytes>> = topic.iter().map(|topic| Some(bytes_of(topic))).collect();
    let tells_the_time = shared.lab && texts.is_unsaid();
    if topics.is_empty() {
        topics.push(tells_the_time.then(|| TOPIC.into()));
    }
    let (mut source, count) = texts.source(tells_the_time.then_some(""));
    let pace = Pace {
        interval: texts.pace.interval.or(tells_the_time.then_some(LAB_INTERVAL)),
        ..texts.pace
    };
    let mut run: Run<Pub> = Run::start(shared, Place::Bind(PUBSUB_PORT), output, |_| {})?;
    source.open(&run.control);
    let mut work = || -> Result<(), Error> {
        settle(&mut run, *peers)?;
        let mut n = 0;
        while count.is_none_or(|count| n < count)
            && rests(n, pace, &run.control)
            && let Some(text) = source.next(&run.control)
        {
            let text = if tells_the_time { asctime().into() } else { text };
            for topic in &topics {
                let message: Message = run.form.message(topic.as_ref(), &text);
                if shared.lab {
                    let shown = escape_controls(&run.form.text(&message));
                    output.line(&format!("Published: {shown}"));
                }
                run.socket.send(message);
            }
            n += 1;
        }
        Ok(())
    };
    let result = work();
    run.stay_if(*stay, result.is_ok());
    let dropped = run.socket.dropped();
    if dropped > 0 {
        output.say(&format!(
            "{dropped} messages were dropped: their subscribers had no room (--hwm 0: no limit)"
        ));
    }
    run.finish(result)
}

/// Who subscribes late has missed what was published before: gives them time.
fn settle(run: &mut Run<Pub>, peers: Option<usize>) -> Result<(), Error> {
    match peers {
        Some(count) => run.socket.wait_for_subscriptions(count, None),
        None => match run.socket.wait_for_subscriptions(1, Some(SETTLING)) {
            Err(Error::TimedOut) => Ok(()),
            other => other,
        },
    }
}
