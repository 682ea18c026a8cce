//! `wirelab tap LISTEN=TARGET`: a recording relay for any program on any system, without rights.
//!
//! ```text
//!   client ──► LISTEN ── tap ──► TARGET          what passes is explained while it passes,
//!                         └──► frames, a file    and can be delayed, cut in pieces, or cut off
//! ```
//! It puts together the relay, the headers made up around what it saw, the account of them and
//! the file. It does not know protocols.

pub mod faults;
pub mod relay;
pub mod synthesise;

use clap::Args;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::exit::Failure;
use crate::explain::{Options, live::Live};
use crate::frame::{CapturedFrame, LinkType};
use crate::lang::{Lang, say};
use crate::output::Output;
use crate::pcapng::{Interface, Statistics, Writer, comment_on};
use crate::signals;
use faults::Faults;
use relay::{Happening, Relay, now_ns};
use synthesise::Wire;

/// Happenings that wait to be shown; then the relay waits.
const WAITING_MAX: usize = 4096;
/// How long it is waited for the next before it is looked whether all is over.
const GLANCE: Duration = Duration::from_millis(20);
/// What the account and the file say of themselves.
fn remark(lang: Lang) -> String {
    say!(
        lang,
        "a relay recorded the data; every Ethernet, IP and TCP header is a synthesised header, \
         and so are handshake, ACKs and close",
        "sebuah relay merekam datanya; setiap header Ethernet, IP, dan TCP adalah header buatan \
         (synthesised header), begitu juga jabat tangan, ACK, dan penutupan"
    )
}

/// Arguments of `tap`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to listen, and whom to relay to: 1884=127.0.0.1:1883. A port alone is this machine's.
    #[arg(value_name = "LISTEN=TARGET")]
    pub between: Between,
    /// Also write the frames to this file.
    #[arg(short = 'w', value_name = "FILE.pcapng")]
    pub write: Option<PathBuf>,
    /// End when so many connections are over.
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub connections: Option<u64>,
    /// Each frame with the fields of every layer, and its bytes in hexadecimal.
    #[arg(long)]
    pub bytes: bool,
    /// Nothing but the conversations and the summary, at the end.
    #[arg(long, conflicts_with = "bytes")]
    pub summary: bool,
    /// What is done to what passes.
    #[command(flatten)]
    pub faults: Faults,
}

/// `LISTEN=TARGET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    listen: String,
    target: String,
}

impl FromStr for Between {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (listen, target) = text.split_once('=').ok_or("write LISTEN=TARGET, as 1884=1883")?;
        let whole = |end: &str| match end.strip_prefix(':').unwrap_or(end) {
            "" => Err(format!("`{text}` has a side without a port")),
            port if port.bytes().all(|b| b.is_ascii_digit()) => Ok(format!("127.0.0.1:{port}")),
            _ if end.contains(':') => Ok(end.to_owned()),
            host => Err(format!("`{host}` has no port: write {host}:PORT")),
        };
        Ok(Self { listen: whole(listen)?, target: whole(target)? })
    }
}

/// Relays and tells until ^C, or until enough connections are over.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let own = address(&arguments.between.listen)?;
    let target = address(&arguments.between.target)?;
    let (sender, happenings) = sync_channel(WAITING_MAX);
    let faults = arguments.faults.clone();
    let start_ns = now_ns();
    // Whoever does not listen any more has ended.
    let relay = Relay::between(own, target, faults, move |happening| drop(sender.send(happening)))
        .map_err(|error| Failure::cannot_listen(own, &error))?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    signals::on_end(move |n| {
        flag.store(true, Ordering::Relaxed);
        if n > 1 {
            std::process::exit(130);
        }
    })
    .map_err(Failure::failed)?;
    let addr = relay.addr();
    if output.json {
        let line = json!({"v": 1, "kind": "listening", "addr": addr.to_string()});
        output.record(&line.to_string());
    } else {
        output.record(&format!("listening on {addr}"));
    }
    let title = format!("tap {addr} to {target}");
    let told = Teller::begin(arguments, output, &title, start_ns, &mut io::stdout())
        .and_then(|teller| teller.tell(arguments, &happenings, &stop, relay));
    match told {
        // The reader of our output has gone: `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::failed(format!("cannot write: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// A name and a port, as the system knows them.
fn address(text: &str) -> Result<SocketAddr, Failure> {
    let unknown = |why: &str| Failure::failed(format!("{text} leads nowhere: {why}"));
    let mut found = text.to_socket_addrs().map_err(|error| unknown(&error.to_string()))?;
    found.next().ok_or_else(|| unknown("it has no address"))
}

/// Tells what happens: on stdout, and in the file.
struct Teller<'a> {
    live: Live<'a>,
    file: Option<(Writer<BufWriter<File>>, u32)>,
    wire: Wire,
    /// Each frame has its label. In an account for people the header has it, once.
    labelled: bool,
    start_ns: u64,
    frames: u64,
}

impl<'a> Teller<'a> {
    fn begin<W: Write>(
        arguments: &Arguments,
        output: &'a Output,
        title: &str,
        start_ns: u64,
        out: &'a mut W,
    ) -> io::Result<Self> {
        let remark = remark(output.lang);
        let options =
            Options { bytes: arguments.bytes, summary: arguments.summary, ..Options::default() };
        let file = arguments.write.as_deref().map(|path| begin_file(path, &remark));
        let file = file.transpose()?;
        let live = Live::begin(title, &remark, &options, output, out)?;
        let (wire, labelled) = (Wire::default(), output.json);
        Ok(Self { live, file, wire, labelled, start_ns, frames: 0 })
    }

    fn tell(
        mut self,
        arguments: &Arguments,
        happenings: &Receiver<Happening>,
        stop: &AtomicBool,
        relay: Relay,
    ) -> io::Result<()> {
        let enough = arguments.connections.unwrap_or(u64::MAX);
        while !stop.load(Ordering::Relaxed) && self.wire.over() < enough {
            match happenings.recv_timeout(GLANCE) {
                Ok(happening) => self.happening(&happening)?,
                // Whoever reads the file meanwhile finds all of it.
                Err(RecvTimeoutError::Timeout) => self.flush()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        relay.finish();
        for happening in happenings.try_iter() {
            self.happening(&happening)?;
        }
        self.end()
    }

    fn happening(&mut self, happening: &Happening) -> io::Result<()> {
        for frame in self.wire.carry(happening) {
            let comment = frame.comment.clone().filter(|_| self.labelled);
            let said = self.live.frame(&CapturedFrame { comment, ..frame.clone() })?;
            self.frames += 1;
            if let Some((writer, interface)) = &mut self.file {
                writer.frame(*interface, &frame, Some(&comment_on(&frame, &said)))?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |(writer, _)| writer.flush())
    }

    fn end(self) -> io::Result<()> {
        if let Some((mut writer, interface)) = self.file {
            let (start_ns, end_ns, received) = (self.start_ns, now_ns(), self.frames);
            let statistics = Statistics { start_ns, end_ns, received, dropped: 0 };
            writer.statistics(interface, &statistics)?;
            writer.finish()?;
        }
        self.live.end()
    }
}

fn begin_file(path: &Path, remark: &str) -> io::Result<(Writer<BufWriter<File>>, u32)> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let file = BufWriter::new(File::create(path).map_err(named)?);
    let mut writer = Writer::new(file, Some(remark))?;
    let interface = writer.interface(&Interface {
        name: "tap (synthesised headers)",
        description: Some(remark),
        link_type: LinkType::ETHERNET,
        snap_len: 0,
    })?;
    Ok((writer, interface))
}

#[cfg(test)]
mod tests {
    use super::Between;

    #[test]
    fn the_two_ends_as_people_write_them() {
        for (text, listen, target) in [
            ("1884=1883", "127.0.0.1:1884", "127.0.0.1:1883"),
            (":0=localhost:80", "127.0.0.1:0", "localhost:80"),
            ("0.0.0.0:1=[::1]:2", "0.0.0.0:1", "[::1]:2"),
        ] {
            let (listen, target) = (listen.to_owned(), target.to_owned());
            assert_eq!(text.parse(), Ok(Between { listen, target }));
        }
        for wrong in ["", "1883", "=", "1=", "=1", "1=host", ":=1"] {
            assert!(wrong.parse::<Between>().is_err(), "{wrong}");
        }
    }
}
