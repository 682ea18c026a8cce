//! `wirelab echo serve`: the lab's `server.py`, for many clients at once.
//!
//! It knows what the server's screen shows. It does not know what is answered.

use clap::Args;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use wirelab_echo::limits::MESSAGE_MAX;
use wirelab_echo::server::Event;
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::{Closed, Settings, many};

use super::PORT;
use crate::exit::Failure;
use crate::output::{Output, escape};
use crate::signals;

/// Arguments of `echo serve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(short, long, default_value_t = PORT, env = "WIRELAB_PORT")]
    pub port: u16,
    /// The address to listen on; 0.0.0.0 or :: for all.
    #[arg(long, default_value = "127.0.0.1", env = "WIRELAB_BIND")]
    pub bind: IpAddr,
    /// Serve one client and end, as the lab's server does.
    #[arg(long)]
    pub once: bool,
    /// Plain RFC 862: the bytes come back as they are, and nothing is printed of them.
    #[arg(long)]
    pub raw: bool,
    /// Event loops, each in a thread of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub loops: u16,
}

/// Serves until a signal, or with `--once` until the client has gone.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    if arguments.once && arguments.loops > 1 {
        return Err(Failure::usage("--once serves one client: it needs no more than one loop"));
    }
    let style = if arguments.raw { Style::Raw } else { Style::Lab };
    // [echo-tcp-01] The service's own port, 7, would need privileges; `-p 7` takes it.
    let addr = SocketAddr::new(arguments.bind, arguments.port);
    let once = arguments.once;
    let watcher = output.clone();
    let settings = Settings::default();
    let server = many::start(addr, usize::from(arguments.loops), &settings, move |_| {
        let server = EchoServer::new(style).once(once);
        if style == Style::Raw {
            return server;
        }
        let output = watcher.clone();
        server.observed_by(Box::new(move |event| print(&output, &event)))
    });
    let server = server.map_err(|error| Failure::cannot_listen(addr, &error))?;
    announce(output, server.addr());
    signals::stop_loops(server.stoppers()).map_err(Failure::failed)?;
    server.join().map_err(Failure::failed)
}

fn announce(output: &Output, addr: SocketAddr) {
    if output.json {
        output.record(&json!({"v": 1, "kind": "listening", "addr": addr.to_string()}).to_string());
    } else {
        output.record(&format!("listening on {addr}"));
        output.record(&format!("Server listening on {addr}"));
    }
}

fn print(output: &Output, event: &Event<'_>) {
    match event {
        Event::Connected(peer) if output.json => {
            let line = json!({"v": 1, "kind": "connection", "peer": peer.to_string()});
            output.record(&line.to_string());
        }
        Event::Connected(peer) => {
            output.record(&format!("Connection from: ('{}', {})", peer.ip(), peer.port()));
        }
        Event::Received(bytes) => {
            for message in bytes.chunks(MESSAGE_MAX) {
                let text = escape(message);
                if output.json {
                    let line = json!({"v": 1, "kind": "received", "text": text});
                    output.record(&line.to_string());
                } else {
                    output.record(&format!("Received from client: {text}"));
                }
            }
        }
        Event::Gone(Closed::Failed(error)) => output.say(&format!("a client was lost: {error}")),
        Event::Gone(_) => {}
    }
}
