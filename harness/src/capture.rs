//! `wirelab capture`: frames from an interface into a file, as `tcpdump -w` does it.
//!
//! It may name the packet socket, the filter and both file formats. It does not know what is in
//! the frames.

use clap::Args;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::exit::Failure;
use crate::filter::Filter;
use crate::frame::{CapturedFrame, LinkType};
use crate::output::Output;
#[cfg(target_os = "linux")]
use crate::packet::{PacketSocket, now_ns};
use crate::{pcap, pcapng};

/// What tcpdump keeps of a frame unless it is told otherwise.
const SNAP_LEN: u32 = 262_144;
/// How often ^C is looked for, and the count on the terminal renewed.
const GLANCE: Duration = Duration::from_millis(100);

/// Arguments.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The interface to listen on.
    #[arg(short, long, value_name = "IF")]
    pub interface: String,
    /// The file to write: pcapng if it ends in .pcapng, else pcap; - is stdout.
    #[arg(short, long, value_name = "FILE")]
    pub write: PathBuf,
    /// Stop after this many frames.
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Keep only the first LEN bytes of each frame; 0 keeps all.
    #[arg(short = 's', long, value_name = "LEN", default_value_t = SNAP_LEN)]
    pub snap_len: u32,
    /// Which frames: `port N`, `host ADDRESS`, joined by `and`.
    #[arg(value_name = "FILTER", trailing_var_arg = true)]
    pub filter: Vec<String>,
}

/// The file under way.
enum Sink {
    Pcap(pcap::Writer<Box<dyn Write>>),
    Pcapng(pcapng::Writer<Box<dyn Write>>, u32),
}

impl Sink {
    fn create(path: &Path, interface: &str, link: LinkType, snap_len: u32) -> io::Result<Self> {
        let out: Box<dyn Write> = if path.as_os_str() == "-" {
            Box::new(BufWriter::new(io::stdout()))
        } else {
            Box::new(BufWriter::new(File::create(path)?))
        };
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            let mut writer = pcapng::Writer::new(out, None)?;
            let number = writer.interface(&pcapng::Interface {
                name: interface,
                description: None,
                link_type: link,
                snap_len,
            })?;
            return Ok(Self::Pcapng(writer, number));
        }
        Ok(Self::Pcap(pcap::Writer::new(out, link, snap_len)?))
    }

    fn frame(&mut self, frame: &CapturedFrame) -> io::Result<()> {
        match self {
            Self::Pcap(writer) => writer.frame(frame),
            Self::Pcapng(writer, interface) => writer.frame(*interface, frame, None),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Pcap(writer) => writer.flush(),
            Self::Pcapng(writer, _) => writer.flush(),
        }
    }

    fn statistics(&mut self, statistics: &pcapng::Statistics) -> io::Result<()> {
        match self {
            Self::Pcap(_) => Ok(()),
            Self::Pcapng(writer, interface) => writer.statistics(*interface, statistics),
        }
    }
}

/// Does it.
#[cfg(not(target_os = "linux"))]
pub fn run(_arguments: &Arguments, _output: &Output) -> Result<(), Failure> {
    Err(Failure::failed("capture needs Linux's packet sockets; elsewhere use tcpdump -w"))
}

/// Does it.
#[cfg(target_os = "linux")]
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let filter = Filter::parse(&arguments.filter).map_err(Failure::usage)?;
    let snap_len = match arguments.snap_len {
        0 => SNAP_LEN,
        asked => asked.min(SNAP_LEN),
    };
    let (interface, path) = (&arguments.interface, &arguments.write);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|e| Failure::failed(format!("signals cannot be caught: {e}")))?;
    }
    let mut socket = PacketSocket::open(interface)
        .map_err(|e| Failure::failed(explain_open_error(interface, &e)))?;
    let unsifted = |e| Failure::failed(format!("{interface}: the filter is not taken: {e}"));
    socket.sift(&filter).map_err(unsifted)?;
    let link = socket.link_type();
    let cannot = |e: io::Error| Failure::failed(format!("cannot write {}: {e}", path.display()));
    let mut sink = Sink::create(path, interface, link, snap_len)
        .and_then(|mut sink| sink.flush().map(|()| sink))
        .map_err(cannot)?;
    let name = link_name(link);
    output.say(&format!(
        "listening on {interface}, link-type {name}, snapshot length {snap_len} bytes"
    ));
    let start_ns = now_ns();
    let mut count = Counter::new(output);
    let limits = Limits { filter, snap_len, count: arguments.count };
    let ended = record(&mut socket, &mut sink, &limits, &stop, &mut count);
    let (received, dropped) = socket.statistics();
    let statistics = pcapng::Statistics { start_ns, end_ns: now_ns(), received, dropped };
    let closed = sink.statistics(&statistics).and_then(|()| sink.flush());
    count.finish();
    output.say(&format!("{} packets captured", count.n));
    // On the loopback each frame passes it twice.
    output.say(&format!("{received} packets received by filter"));
    output.say(&format!("{dropped} packets dropped by kernel"));
    match ended.and(closed.map_err(End::Write)) {
        Ok(()) => Ok(()),
        // The reader at the other end of the pipe has seen enough.
        Err(End::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(End::Write(e)) => Err(cannot(e)),
        Err(End::Read(e)) => Err(Failure::failed(format!("{interface}: {e}"))),
    }
}

/// What is kept, and how much of it.
#[cfg(target_os = "linux")]
struct Limits {
    filter: Filter,
    snap_len: u32,
    count: Option<u64>,
}

/// On which side a capture failed.
#[cfg(target_os = "linux")]
enum End {
    Read(io::Error),
    Write(io::Error),
}

/// Reads and writes frames until it is enough.
#[cfg(target_os = "linux")]
fn record(
    socket: &mut PacketSocket,
    sink: &mut Sink,
    limits: &Limits,
    stop: &AtomicBool,
    count: &mut Counter,
) -> Result<(), End> {
    while !stop.load(Ordering::Relaxed) && limits.count.is_none_or(|most| count.n < most) {
        let Some(frame) = socket.wait(GLANCE).map_err(End::Read)? else {
            // A quiet moment: what was captured so far is in the file, also for a reader who
            // follows it.
            sink.flush().map_err(End::Write)?;
            count.show();
            continue;
        };
        keep(frame, sink, limits, count)?;
        count.show_now_and_then();
    }
    drain(socket, sink, limits, count)
}

/// What had passed before the end was asked for is taken along, though not for longer than a
/// glance: a flood has no end.
#[cfg(target_os = "linux")]
fn drain(
    socket: &mut PacketSocket,
    sink: &mut Sink,
    limits: &Limits,
    count: &mut Counter,
) -> Result<(), End> {
    let deadline = Instant::now() + GLANCE;
    while limits.count.is_none_or(|most| count.n < most) && Instant::now() < deadline {
        let Some(frame) = socket.take().map_err(End::Read)? else { break };
        keep(frame, sink, limits, count)?;
    }
    Ok(())
}

/// Writes a frame, if it is wanted.
#[cfg(target_os = "linux")]
fn keep(
    mut frame: CapturedFrame,
    sink: &mut Sink,
    limits: &Limits,
    count: &mut Counter,
) -> Result<(), End> {
    if limits.filter.keeps(&frame) {
        frame.bytes.truncate(limits.snap_len as usize);
        sink.frame(&frame).map_err(End::Write)?;
        count.n += 1;
    }
    Ok(())
}

/// `Got N` on a terminal.
struct Counter {
    n: u64,
    shown: Option<u64>,
    last: Instant,
    visible: bool,
}

impl Counter {
    fn new(output: &Output) -> Self {
        let visible = !output.quiet && io::stderr().is_terminal();
        Self { n: 0, shown: None, last: Instant::now(), visible }
    }

    fn show(&mut self) {
        if self.visible && self.shown != Some(self.n) {
            let _ = write!(io::stderr(), "\rGot {}", self.n);
            self.shown = Some(self.n);
            self.last = Instant::now();
        }
    }

    fn show_now_and_then(&mut self) {
        if self.last.elapsed() >= GLANCE {
            self.show();
        }
    }

    fn finish(&mut self) {
        self.show();
        if self.visible {
            let _ = writeln!(io::stderr());
        }
    }
}

/// Why an interface cannot be captured, in one line with what to do.
#[cfg(target_os = "linux")]
pub fn explain_open_error(interface: &str, error: &crate::packet::OpenError) -> String {
    use crate::packet::OpenError;
    match error {
        OpenError::NoSuchInterface(there_are) => {
            let names = there_are.join(", ");
            format!("{interface}: no such interface; there are: {names}")
        }
        OpenError::Refused(e) if e.kind() == io::ErrorKind::PermissionDenied => format!(
            "{interface}: needs CAP_NET_RAW: run it as root, or give the program the right once: \
             sudo setcap cap_net_raw+ep $(command -v wirelab)"
        ),
        OpenError::Refused(e) => format!("{interface}: no packet socket: {e}"),
        OpenError::UnknownLink(kind) => {
            format!("{interface}: frames of hardware type {kind} are not understood")
        }
        OpenError::Failed(step, e) => format!("{interface}: {step}: {e}"),
    }
}

/// The link type as tcpdump prints it.
#[cfg(target_os = "linux")]
fn link_name(link: LinkType) -> String {
    match link {
        LinkType::ETHERNET => "EN10MB (Ethernet)".to_owned(),
        LinkType::RAW => "RAW (Raw IP)".to_owned(),
        LinkType(other) => other.to_string(),
    }
}
