//! `wirelab zmq req`: a request for each text, and its reply as a line; with `--lab` the lab's
//! `clientzmq.py`.
//!
//! It knows texts and lines. It does not know which peer is asked.

use clap::Args;
use wirelab_zmtp::blocking::Error;
use wirelab_zmtp::sockets::Req;

use super::form::Screen;
use super::lab::{REQUEST, python_bytes};
use super::options::Shared;
use super::run::{Place, Run};
use super::source::Texts;
use super::{REQREP_PORT, send};
use crate::exit::Failure;
use crate::output::Output;

/// Arguments of `zmq req`. Without -m the requests are lines of stdin.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    texts: Texts,
    #[command(flatten)]
    shared: Shared,
}

/// Asks, prints.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Arguments { texts, shared } = arguments;
    let (mut source, mut count) = texts.source(shared.lab.then_some(REQUEST));
    if shared.lab {
        count = count.or(Some(1));
    }
    let mut run: Run<Req> = Run::start(shared, Place::Connect(REQREP_PORT), output, |_| {})?;
    source.open(&run.control);
    let mut screen = Screen::new();
    let mut work = || -> Result<(), Error> {
        let mut n = 0;
        while count.is_none_or(|count| n < count)
            && send::rests(n, texts.pace, &run.control)
            && let Some(text) = source.next(&run.control)
        {
            if shared.lab {
                screen.write(format!("Sending request {n} ...\n").as_bytes());
                screen.flush();
            }
            let reply = run.socket.request(run.form.message(None, &text))?;
            if shared.lab {
                let reply = python_bytes(&run.form.text(&reply));
                screen.write(format!("Received reply {n}: {reply}\n").as_bytes());
            } else {
                screen.write(&run.form.line("reply", &reply));
            }
            screen.flush();
            n += 1;
        }
        Ok(())
    };
    let result = work();
    drop(screen);
    run.finish(result)
}
