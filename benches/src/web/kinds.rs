//! The HTTP servers that are compared, and how each is started. What is asked of them stands
//! elsewhere.

use std::io;
use std::process::Command;

use super::exchange::Exchange;
use super::nginx;
use crate::peers;
use crate::report::OURS;
use crate::server::{Cores, Server};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `wirelab rest serve`, and for 1 MiB the server of `bulk`.
    Ours,
    /// nginx, which computes nothing.
    Nginx,
    /// hyper 1 as it comes.
    Hyper,
    /// hyper 1 with its pipelined answers flushed together.
    HyperPipeline,
    /// axum, as its guide shows a server.
    Axum,
    /// actix-http, without the framework above it.
    Actix,
    /// may_minihttp: coroutines, a head parser and little else.
    Minihttp,
}

/// How often nginx is given a free port.
const ATTEMPTS: usize = 3;

/// A running server, and what it leaves on the disk until it has ended.
#[derive(Debug)]
pub struct Running {
    /// The server.
    pub server: Server,
    _place: Option<nginx::Place>,
}

impl Kind {
    /// All of them, in the table's order.
    pub const ALL: [Self; 7] = [
        Self::Ours,
        Self::Nginx,
        Self::Hyper,
        Self::HyperPipeline,
        Self::Axum,
        Self::Actix,
        Self::Minihttp,
    ];

    /// As on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => OURS,
            Self::Nginx => "nginx",
            Self::Hyper => "hyper",
            Self::HyperPipeline => "hyper-pipeline",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Minihttp => "minihttp",
        }
    }

    /// Can it be started here? The peers are built when they are missing.
    pub fn is_there(self) -> bool {
        self != Self::Nginx || peers::find("nginx").is_some()
    }

    /// Starts it, on its cores.
    ///
    /// # Errors
    /// When it is not there, does not build, or does not listen.
    pub fn start(self, exchange: Exchange, loops: usize, cores: &Cores) -> io::Result<Running> {
        if self == Self::Nginx {
            // Somebody else may take the port before nginx does.
            let mut started = start_nginx(cores);
            for _ in 1..ATTEMPTS {
                started = started.or_else(|_| start_nginx(cores));
            }
            return started;
        }
        let server = Server::start(self.name(), self.command(exchange, loops)?, cores)?;
        Ok(Running { server, _place: None })
    }

    fn command(self, exchange: Exchange, loops: usize) -> io::Result<Command> {
        let (peer, argument) = match self {
            Self::Ours | Self::Nginx => return ours(exchange, loops),
            Self::Hyper => ("hyper-add", None),
            Self::HyperPipeline => ("hyper-add", Some("pipeline-flush")),
            Self::Axum => ("axum-add", None),
            Self::Actix => ("actix-add", None),
            Self::Minihttp => ("minihttp-add", None),
        };
        let mut command = Command::new(peers::program(peer)?);
        command.arg("0").args(argument);
        Ok(command)
    }
}

fn start_nginx(cores: &Cores) -> io::Result<Running> {
    let place = nginx::Place::make()?;
    let server = Server::start_at(place.addr, "nginx", place.command()?, cores)?;
    Ok(Running { server, _place: Some(place) })
}

/// This program is the lab, too: see `Role` in `http-versus`.
fn ours(exchange: Exchange, loops: usize) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    if exchange == Exchange::Add {
        command.args(["lab", "--quiet", "rest", "serve", "--bind", "127.0.0.1", "-p", "0"]);
        command.args(["--loops", &loops.to_string()]);
    } else {
        command.arg("bulk");
    }
    Ok(command)
}
