//! `wirelab rest serve`: the lab's `server.py`, and the collection beside it.
//!
//! It knows the command line and the clock. What is answered stands elsewhere.

use clap::Args;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wirelab_http::{Answer, Answered, Handler, Receive, Request, Router, Server, Settings, Unkept};
use wirelab_reactor::{Mailbox, Settings as LoopSettings, many};

use super::access_log::{self, Format, Sheet};
use super::files::Directory;
use super::items::{Collection, Turn};
use super::{PORT, lab, openapi};
use crate::descriptors;
use crate::exit::Failure;
use crate::output::Output;
use crate::signals;

/// Arguments of `rest serve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(short, long, default_value_t = PORT, env = "WIRELAB_PORT")]
    pub port: u16,
    /// The address to listen on; 0.0.0.0 or :: for all.
    #[arg(long, default_value = "127.0.0.1", env = "WIRELAB_BIND")]
    pub bind: IpAddr,
    /// Close after each answer, as the lab's server does.
    #[arg(long)]
    pub close: bool,
    /// Keep the items in this file: what is answered is on the disk. One that is not there is made.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Serve the files of this directory under all other paths. Links are not followed, and names
    /// that begin with a dot are not served.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// A line for each answer: common, in the Common Log Format on stderr, or json, on stdout.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, default_missing_value = "common")]
    pub log: Option<Format>,
    /// Event loops, each in a thread of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub loops: u16,
}

/// Serves until a signal.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let addr = SocketAddr::new(arguments.bind, arguments.port);
    let settings = Settings { close: arguments.close, ..Settings::default() };
    let loops = usize::from(arguments.loops);
    // Each loop has its share of the process's descriptors; a connection may have a file open.
    let each = if arguments.dir.is_some() { 2 } else { 1 };
    let connections_max = (descriptors::for_connections() / loops / each).max(1);
    let loop_settings = LoopSettings { connections_max, ..LoopSettings::default() };
    let items = match &arguments.data {
        Some(file) => Collection::open(file, unix()).map_err(Failure::failed)?,
        None => Collection::new(unix()),
    };
    let directory = arguments.dir.as_deref().map(Directory::open);
    let directory = directory.transpose().map_err(Failure::failed)?;
    let (pen, sheet) = arguments.log.map(access_log::open).unzip();
    let server = many::start_with(addr, loops, &loop_settings, move |_, event_loop| {
        // One ring of the bell is as good as many.
        let (ringer, bell) = event_loop.mailbox(1);
        items.feed().add_loop(ringer);
        let (mut router, turn) = router(&items);
        if let Some(directory) = &directory {
            directory.routes(&mut router);
        }
        let site = Site { router, turn, bell };
        let server = Server::new(site, settings.clone()).with_clock(Box::new(|_| unix()));
        match pen.clone() {
            Some(pen) => server.observed_by(pen.observer()),
            None => server,
        }
    });
    let server = server.map_err(|error| Failure::cannot_listen(addr, &error))?;
    // Whoever reads the address may end this at once.
    signals::stop_loops(server.stoppers()).map_err(Failure::failed)?;
    if output.json {
        let line = json!({"v": 1, "kind": "listening", "addr": server.addr().to_string()});
        output.record(&line.to_string());
    } else {
        output.record(&format!("listening on {}", server.addr()));
    }
    // Not before: the address is the first line, for scripts.
    let writer = sheet.map(Sheet::write).transpose().map_err(Failure::failed)?;
    let ended = server.join().map_err(Failure::failed);
    if let Some(writer) = writer {
        // The loops have gone, and their pens with them: it ends with the last line.
        let _ = writer.join();
    }
    ended
}

/// All that is served, but files; and what is to be done at the end of each turn.
pub fn router(items: &Collection) -> (Router, Turn) {
    let mut router = Router::new();
    lab::routes(&mut router);
    let turn = items.routes(&mut router);
    items.feed().routes(&mut router);
    openapi::routes(&mut router);
    (router, turn)
}

/// The router of one loop, its part in the items, and the bell that wakes who listens to `/events`
/// there.
struct Site {
    router: Router,
    turn: Turn,
    bell: Mailbox<()>,
}

impl Handler for Site {
    fn on_head(&mut self, request: &Request<'_>) -> Receive {
        self.router.on_head(request)
    }

    fn on_request(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        self.router.on_request(request, answer)
    }

    fn on_wake(&mut self) {
        while self.bell.take().is_some() {}
    }

    fn holds(&self) -> bool {
        self.turn.holds()
    }

    fn on_turn_end(&mut self) -> Result<(), Unkept> {
        self.turn.end()
    }
}

/// The machine's clock.
fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
