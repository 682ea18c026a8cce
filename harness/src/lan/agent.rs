//! The process behind the curtain: it goes into the namespaces, builds the LAN, and has the
//! exercise played there, telling its parent what happens as lines of JSON on stdout.
//!
//! ```text
//!   wirelab tour ──stdin: a lifeline──► wirelab __lan (outside)  ──► wirelab __lan (init)
//!        ◄──────────────stdout: events──────────────────────────────     ├─ server
//!                                                                        └─ client
//! ```
//!
//! The outer one makes the namespaces; its first child is init of the process namespace, so that
//! when init ends, the kernel ends every role with it. And init ends when the lifeline closes,
//! which the kernel does for us however the tour ends.
//!
//! It may name namespaces, the LAN and the stage. It does not print, and it writes no file.

use clap::Args;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::namespaces::{self, Refused};
use super::{BRIDGE, Lan, address};
use crate::exit::Failure;
use crate::output::Output;
use crate::packet::{OpenError, PacketSocket};
use crate::tap::faults::Faults;
use crate::tap::relay::Relay;
use crate::tour;
use crate::tour::event::{Account, Event};
use crate::tour::exercise::{self, Exercise, Pace, Scene};
use crate::tour::recorder::Recorder;
use crate::tour::stage::{Stage, Trouble};

/// This very program, also when its file was replaced since.
pub const OURSELVES: &str = "/proc/self/exe";

/// Arguments.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The exercise; none: only try whether the LAN can be built.
    pub exercise: Option<String>,
    /// Already inside the namespaces.
    #[arg(long)]
    pub init: bool,
    /// How fast.
    #[arg(long, value_enum, default_value = "fast")]
    pub pace: Pace,
    /// How many messages.
    #[arg(long)]
    pub messages: Option<u32>,
    /// At which QoS.
    #[arg(long, default_value_t = 0)]
    pub qos: u8,
    /// How many workers.
    #[arg(long, default_value_t = 1)]
    pub workers: u8,
    /// Another topic.
    #[arg(long)]
    pub also_publish: Option<String>,
    /// Programs of others.
    #[arg(long)]
    pub foreign: Vec<String>,
}

/// Does it. What goes wrong is told as an event; the exit code only says that it did.
pub fn run(arguments: &Arguments, _output: &Output) -> Result<(), Failure> {
    // Whoever started us being gone, nobody is interested any more.
    let _ = set_pdeathsig(Signal::SIGKILL);
    let worked = if arguments.init { inside(arguments) } else { outside() };
    if let Err(event) = worked {
        tell(event);
        return Err(Failure { code: crate::exit::FAILED, message: String::new() });
    }
    Ok(())
}

fn tell(event: Event) {
    let mut out = io::stdout().lock();
    // Nobody there to be told: then the lifeline is closed, too.
    let _ = writeln!(out, "{}", event.to_line()).and_then(|()| out.flush());
}

fn refused(refused: Refused) -> Event {
    Event::Refused(refused.step, refused.error)
}

/// Makes the namespaces, and starts the same command again as their init.
fn outside() -> Result<(), Event> {
    namespaces::enter(|step| tell(Event::Step(step.to_owned()))).map_err(refused)?;
    // A change of user rights forgets the wish to end with the parent.
    let _ = set_pdeathsig(Signal::SIGKILL);
    let init = Command::new(OURSELVES).args(std::env::args_os().skip(1)).arg("--init").status();
    let status =
        init.map_err(|e| refused(Refused::new("first process of the process namespace", e)))?;
    // It has told what there was to tell, unless something ended it.
    if status.code().is_none() {
        return Err(Event::Failed(format!("the LAN's first process ended: {status}")));
    }
    Ok(())
}

/// As init of the process namespace.
fn inside(arguments: &Arguments) -> Result<(), Event> {
    std::thread::spawn(|| {
        let mut nothing = [0; 16];
        while matches!(io::stdin().read(&mut nothing), Ok(1..)) {}
        std::process::exit(i32::from(crate::exit::FAILED));
    });
    let exercise = match &arguments.exercise {
        Some(name) => Some(
            exercise::find(name)
                .ok_or_else(|| Event::Failed(format!("no exercise is called {name:?}")))?,
        ),
        None => None,
    };
    let step = |step: &str| tell(Event::Step(step.to_owned()));
    let hosts = exercise.map_or(2, |exercise| exercise.cast(arguments.workers).len());
    let lan = Lan::build(hosts, step).map_err(refused)?;
    let socket = PacketSocket::open(BRIDGE).map_err(|error| match error {
        OpenError::Refused(e) => refused(Refused::new("packet socket", e)),
        OpenError::Failed(at, e) => refused(Refused::new(format!("packet socket ({at})"), e)),
        other => refused(Refused::new("packet socket", format!("{other:?}"))),
    })?;
    tell(Event::Step("packet socket".to_owned()));
    let Some(exercise) = exercise else {
        tell(Event::Done(Account::default()));
        return Ok(());
    };
    play(exercise, arguments, &lan, socket)
}

fn play(
    exercise: &Exercise,
    arguments: &Arguments,
    lan: &Lan,
    socket: PacketSocket,
) -> Result<(), Event> {
    let cast = exercise.cast(arguments.workers);
    let scene = Scene {
        program: Path::new(OURSELVES).to_owned(),
        bind: "0.0.0.0".to_owned(),
        bind_port: exercise.port,
        target: address(0).to_string(),
        target_ports: vec![exercise.port; cast.len()],
        own_addresses: Vec::new(),
        on_the_machines_own_network: false,
        pace: arguments.pace,
        messages: arguments.messages,
        qos: arguments.qos,
        workers: arguments.workers,
        also_publish: arguments.also_publish.clone(),
        foreign: exercise::foreign_programs(&arguments.foreign),
    };
    if exercise.neighbours_age {
        // Where the kernel does not let us, only that is not seen.
        lan.let_neighbours_age(0, tour::mqtt::between_messages(arguments.pace));
    }
    let recorder = Recorder::start(socket, |_| true);
    let names = cast.iter().map(|part| part.host.to_owned()).collect();
    let mut told = tell;
    let launch = Box::new(|n: usize, command: &mut Command| {
        lan.host(n).within(|| command.spawn()).and_then(|spawned| spawned)
    });
    let mut relays = Vec::new();
    let reach = Box::new(|n: usize| {
        let (own, loopback) = (address(n).into(), Ipv4Addr::LOCALHOST.into());
        let port = exercise.port;
        let (own_addr, server) = (SocketAddr::new(own, port), SocketAddr::new(loopback, port));
        let between = || Relay::between(own_addr, server, Faults::default(), drop);
        // Whoever listens on all addresses, or on this one, has the port already.
        relays.push(lan.host(n).within(between).ok()?.ok()?);
        Some(format!("(reached at {own} by a relay: it listens on {loopback} alone)"))
    });
    let mut stage =
        Stage::new(names, launch, &mut told, Arc::new(AtomicBool::new(false))).reaching(reach);
    let played = (exercise.play)(&mut stage, &scene, &(exercise.lines)(&scene));
    drop(stage);
    let recorded = recorder.finish();
    let (frames, account) = recorded.map_err(|e| Event::Failed(format!("the capture: {e}")))?;
    for frame in frames {
        tell(Event::Frame(frame));
    }
    match played {
        Ok(()) => {
            tell(Event::Done(account));
            Ok(())
        }
        Err(Trouble::Failed(why)) => Err(Event::Failed(why)),
        Err(Trouble::Stopped) => Err(Event::Failed("stopped".to_owned())),
    }
}

/// Starts the agent on its own, with a lifeline as its stdin and its events on stdout. In a
/// process group of its own: a ^C at the terminal is for the tour, which then lets go.
pub fn command() -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(OURSELVES);
    command.arg("__lan").stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
    command
}
