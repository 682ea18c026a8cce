//! `wirelab zmq rep`: each request as a line, and a reply to it; with `--lab` the lab's
//! `serverzmq.py`.
//!
//! It knows texts and lines. It does not know who asks.

use clap::Args;
use wirelab_zmtp::Message;
use wirelab_zmtp::blocking::Error;
use wirelab_zmtp::sockets::Rep;

use super::REQREP_PORT;
use super::form::Screen;
use super::lab::{REPLY, python_bytes};
use super::options::Shared;
use super::run::{Place, Run};
use super::source::Texts;
use crate::exit::Failure;
use crate::output::Output;

/// Arguments of `zmq rep`. The texts are the replies; without any, each request comes back as it
/// is. With lines of stdin, each reply is the next line.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Reply, and print nothing of the requests.
    #[arg(long, conflicts_with = "lab")]
    silent: bool,
    #[command(flatten)]
    texts: Texts,
    #[command(flatten)]
    shared: Shared,
}

/// Replies, prints.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Arguments { silent, texts, shared } = arguments;
    let mut source = match (shared.lab, texts.is_unsaid()) {
        (false, true) => None,
        _ => Some(texts.source(shared.lab.then_some(REPLY)).0),
    };
    let pace = texts.pace;
    let mut run: Run<Rep> = Run::start(shared, Place::Bind(REQREP_PORT), output, |_| {})?;
    if let Some(source) = &source {
        source.open(&run.control);
    }
    let mut screen = Screen::new();
    let mut work = || -> Result<(), Error> {
        let mut n = 0;
        while pace.count.is_none_or(|count| n < count) {
            let request = run.socket.recv()?;
            if shared.lab {
                let text = python_bytes(&run.form.text(request.message()));
                screen.write(format!("Received request: {text}\n").as_bytes());
            } else if !silent {
                screen.write(&run.form.line("request", request.message()));
            }
            screen.flush();
            // The lab's server works before it replies.
            if !run.control.pause(pace.interval.unwrap_or_default()) {
                return Ok(());
            }
            let reply = match &mut source {
                None => request.message().clone(),
                Some(source) => match source.next(&run.control) {
                    Some(text) => run.form.message(None, &text),
                    // No more replies: then no more is asked.
                    None => return Ok(()),
                },
            };
            answer(request, reply);
            n += 1;
        }
        Ok(())
    };
    let result = work();
    drop(screen);
    run.finish(result)
}

fn answer(request: wirelab_zmtp::blocking::Request<'_>, reply: Message) {
    if !request.reply(reply) {
        log::info!("who asked is gone, and the reply with him");
    }
}
