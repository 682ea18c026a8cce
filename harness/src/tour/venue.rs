//! Where an exercise is played: on a LAN of its own, on the loopback, or through a relay; and
//! which of them this machine allows.
//!
//! It may name the three places. It does not know what is played, nor what becomes of the frames.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::columns::Columns;
use super::event::{Account, Event};
use super::exercise::{self, Exercise, Part, Scene};
use super::stage::{Stage, Trouble};
use super::{Arguments, Net};
use crate::exit::Failure;
use crate::explain::report::Screens;
use crate::frame::{CapturedFrame, HostNames};
use crate::lang::{Lang, say};
use crate::output::Output;
use crate::tap::faults::Faults;
use crate::tap::relay::{Notebook, Relay, now_ns};
use crate::tap::synthesise::lab_frames;

/// Where the frames came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// A LAN of our own.
    Netns,
    /// The loopback interface.
    Lo,
    /// A relay between the roles.
    Tap,
}

impl Venue {
    /// What the capture file calls the interface.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Netns => "br-lab",
            Self::Lo => "lo",
            Self::Tap => "tap (synthesised headers)",
        }
    }

    /// What the capture file says of it.
    pub fn description(self) -> &'static str {
        match self {
            Self::Netns => "bridge of the lab's own LAN",
            Self::Lo => "loopback interface, the exercise's ports only",
            Self::Tap => "relay between the roles: real data, synthesised header on every frame",
        }
    }

    /// What the file says of itself as a whole.
    pub fn section_comment(self, lang: Lang) -> Option<String> {
        match self {
            Self::Netns | Self::Lo => None,
            Self::Tap => Some(say!(
                lang,
                "The application data was recorded by a relay; every Ethernet, IP and TCP \
                 header is a synthesised header, and so are handshake, ACKs and close.",
                "Data aplikasi direkam oleh sebuah relay; setiap header Ethernet, IP, dan TCP \
                 adalah header buatan (synthesised header), begitu juga jabat tangan, ACK, dan \
                 penutupan."
            )),
        }
    }
}

/// What an exercise left behind.
#[derive(Debug)]
pub struct Performance {
    /// Where it was played.
    pub venue: Venue,
    /// The frames, in order.
    pub frames: Vec<CapturedFrame>,
    /// What the hosts are called.
    pub names: HostNames,
    /// The capture's own account.
    pub account: Account,
    /// What the roles said.
    pub(crate) screens: Screens,
}

/// Why there is no performance.
enum NotPlayed {
    /// The machine does not allow this venue: what was refused.
    Refused(String),
    Trouble(Trouble),
}

/// Plays the exercise where the arguments say, or at the best place there is.
pub fn perform(
    exercise: &'static Exercise,
    arguments: &Arguments,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Performance, Failure> {
    let venues: &[Venue] = match arguments.net {
        Net::Auto => &[Venue::Netns, Venue::Lo, Venue::Tap],
        Net::Netns => &[Venue::Netns],
        Net::Lo => &[Venue::Lo],
        Net::Tap => &[Venue::Tap],
    };
    let mut refusal = String::new();
    for venue in venues {
        let played = match venue {
            #[cfg(target_os = "linux")]
            Venue::Netns => netns(exercise, arguments, stop, output),
            #[cfg(target_os = "linux")]
            Venue::Lo => lo(exercise, arguments, stop, output),
            #[cfg(not(target_os = "linux"))]
            Venue::Netns | Venue::Lo => Err(NotPlayed::Refused("needs Linux".to_owned())),
            Venue::Tap => tap(exercise, arguments, stop, output),
        };
        match played {
            Ok(performance) => return Ok(performance),
            Err(NotPlayed::Trouble(Trouble::Stopped)) => return Err(Failure::interrupted()),
            Err(NotPlayed::Trouble(Trouble::Failed(why))) => {
                return Err(Failure::failed(format!("the {} exercise: {why}", exercise.name)));
            }
            Err(NotPlayed::Refused(why)) => {
                refusal = match venue {
                    Venue::Netns => format!("no LAN of its own here ({why})"),
                    Venue::Lo => format!("no capture on the loopback ({why})"),
                    Venue::Tap => format!("no relay ({why})"),
                };
                if venues.len() > 1 {
                    output.say(&format!("{refusal}; trying the next best"));
                }
            }
        }
    }
    Err(Failure::failed(format!("{refusal}; `wirelab doctor` says more")))
}

fn host_names(cast: &[Part]) -> Vec<String> {
    cast.iter().map(|part| part.host.to_owned()).collect()
}

/// The names on the lab's own addresses.
fn lab_names(cast: &[Part]) -> HostNames {
    let address = |n: usize| IpAddr::V4(Ipv4Addr::new(172, 18, 0, 2 + n as u8));
    cast.iter().enumerate().map(|(n, part)| (address(n), part.host.to_owned())).collect()
}

/// The scene on this machine's own network, with the server there and there.
pub(super) fn scene(
    arguments: &Arguments,
    program: PathBuf,
    host: &str,
    port: u16,
    targets: Vec<u16>,
) -> Scene {
    Scene {
        program,
        bind: host.to_owned(),
        bind_port: port,
        target: host.to_owned(),
        target_ports: targets,
        own_addresses: Vec::new(),
        on_the_machines_own_network: true,
        pace: arguments.pace(),
        messages: arguments.messages,
        qos: arguments.qos,
        workers: arguments.workers(),
        also_publish: arguments.also_publish.clone(),
        foreign: exercise::foreign_programs(&arguments.foreign),
    }
}

/// On a LAN of its own: the agent plays, we only listen.
#[cfg(target_os = "linux")]
fn netns(
    exercise: &'static Exercise,
    arguments: &Arguments,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Performance, NotPlayed> {
    let mut command = crate::lan::agent::command();
    command.arg(exercise.name);
    command.args(["--pace", if arguments.lab { "lab" } else { "fast" }]);
    if let Some(messages) = arguments.messages {
        command.args(["--messages", &messages.to_string()]);
    }
    command.args(["--qos", &arguments.qos.to_string()]);
    command.args(["--workers", &arguments.workers().to_string()]);
    if let Some(topic) = &arguments.also_publish {
        command.args(["--also-publish", topic]);
    }
    for foreign in &arguments.foreign {
        command.args(["--foreign", foreign]);
    }
    let mut agent = crate::lan::listen::Agent::start(&mut command)
        .map_err(|e| NotPlayed::Refused(format!("cannot start the LAN's process: {e}")))?;
    let cast = exercise.cast(arguments.workers());
    let mut columns = None;
    let mut frames = Vec::new();
    loop {
        match agent.next(stop) {
            None => return Err(NotPlayed::Trouble(Trouble::Stopped)),
            Some(Event::Step(step)) => log::info!("{step}"),
            Some(Event::Refused(step, why)) => {
                return Err(NotPlayed::Refused(format!("{step}: {why}")));
            }
            Some(Event::Line { role, text, error }) => columns
                .get_or_insert_with(|| Columns::new(&host_names(cast), output))
                .line(role, &text, error),
            Some(Event::Frame(frame)) => frames.push(frame),
            Some(Event::Failed(why)) => return Err(NotPlayed::Trouble(Trouble::Failed(why))),
            Some(Event::Done(account)) => {
                let (venue, names) = (Venue::Netns, lab_names(cast));
                let screens = columns.map(Columns::into_screens).unwrap_or_default();
                return Ok(Performance { venue, frames, names, account, screens });
            }
        }
    }
}

/// Plays here, with the roles as our own children on this machine's own network.
fn play_here(
    exercise: &'static Exercise,
    scene: &Scene,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Screens, Trouble> {
    let names = host_names(exercise.cast(scene.workers));
    let mut columns = Columns::new(&names, output);
    let mut tell = |event| {
        if let Event::Line { role, text, error } = event {
            columns.line(role, &text, error);
        }
    };
    let launch = Box::new(|_: usize, command: &mut Command| command.spawn());
    let mut stage = Stage::new(names, launch, &mut tell, Arc::clone(stop));
    (exercise.play)(&mut stage, scene, &(exercise.lines)(scene))?;
    drop(stage);
    Ok(columns.into_screens())
}

/// A port that nobody uses at the moment.
fn free_port(host: &str) -> Result<u16, NotPlayed> {
    TcpListener::bind((host, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| NotPlayed::Refused(format!("no free port on {host}: {e}")))
}

/// On the loopback, where every part has an address of its own as far as it lets us choose; in an
/// exercise of two, the client needs no choice.
#[cfg(target_os = "linux")]
fn lo(
    exercise: &'static Exercise,
    arguments: &Arguments,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Performance, NotPlayed> {
    let socket = crate::packet::PacketSocket::open("lo")
        .map_err(|e| NotPlayed::Refused(crate::capture::explain_open_error("lo", &e)))?;
    let address = |n: usize| Ipv4Addr::new(127, 0, 0, 2 + n as u8);
    let cast = exercise.cast(arguments.workers());
    let server = match cast {
        // A broker of others may be one that only listens on the loopback's own address.
        [broker, _, _] if exercise::is_played_by_a_stranger(broker, &arguments.foreign) => {
            Ipv4Addr::LOCALHOST.to_string()
        }
        _ => address(0).to_string(),
    };
    let port = free_port(&server)?;
    let program = PathBuf::from(crate::lan::agent::OURSELVES);
    let filter = crate::filter::Filter { port: Some(port), host: None };
    // What others send over the loopback does not take the room of what is played.
    let sifted = socket.sift(&filter);
    sifted.map_err(|e| NotPlayed::Refused(format!("the capture's filter is not taken: {e}")))?;
    let mut scene = scene(arguments, program, &server, port, vec![port; cast.len()]);
    let mut names = HostNames::new();
    for (n, part) in cast.iter().enumerate() {
        names.insert(IpAddr::V4(address(n)), part.host.to_owned());
        scene.own_addresses.push(address(n).to_string());
    }
    if let [_, client] = cast {
        names.insert(IpAddr::V4(Ipv4Addr::LOCALHOST), client.host.to_owned());
        names.remove(&IpAddr::V4(address(1)));
    } else if exercise.has_workers {
        // They are told apart by their ports.
        names.insert(IpAddr::V4(Ipv4Addr::LOCALHOST), "the workers' host".to_owned());
    }
    let recorder = super::recorder::Recorder::start(socket, move |frame| filter.keeps(frame));
    let played = play_here(exercise, &scene, stop, output);
    let recorded = recorder.finish();
    let screens = played.map_err(NotPlayed::Trouble)?;
    let (frames, account) =
        recorded.map_err(|e| NotPlayed::Trouble(Trouble::Failed(format!("the capture: {e}"))))?;
    Ok(Performance { venue: Venue::Lo, frames, names, account, screens })
}

/// Through relays, one for each client: they talk to it, it talks to the server.
fn tap(
    exercise: &'static Exercise,
    arguments: &Arguments,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Performance, NotPlayed> {
    const HERE: &str = "127.0.0.1";
    let program = std::env::current_exe()
        .map_err(|e| NotPlayed::Refused(format!("where our program is: {e}")))?;
    let port = free_port(HERE)?;
    let (start_ns, mut relays, mut notebooks) = (now_ns(), Vec::new(), Vec::new());
    let cast = exercise.cast(arguments.workers());
    for _ in &cast[1..] {
        let (own, server) = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
        let notebook = Notebook::default();
        let notes = notebook.clone();
        let tell = move |happening| notes.note(happening);
        let relay = Relay::between((own, 0).into(), (server, port).into(), Faults::default(), tell)
            .map_err(|e| NotPlayed::Refused(format!("a relay on {HERE}: {e}")))?;
        relays.push(relay);
        notebooks.push(notebook);
    }
    let relay_ports = relays.iter().map(|relay| relay.addr().port());
    let targets = std::iter::once(port).chain(relay_ports).collect();
    let scene = scene(arguments, program, HERE, port, targets);
    let played = play_here(exercise, &scene, stop, output);
    relays.into_iter().for_each(Relay::finish);
    let screens = played.map_err(NotPlayed::Trouble)?;
    let end_ns = now_ns();
    let happenings: Vec<_> = notebooks.iter().map(Notebook::happenings).collect();
    let frames = lab_frames(&happenings, exercise.port);
    let received = frames.len() as u64;
    let account = Account { start_ns, end_ns, received, dropped: 0 };
    let (venue, names) = (Venue::Tap, lab_names(cast));
    Ok(Performance { venue, frames, names, account, screens })
}
