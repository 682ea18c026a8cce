//! Cases of `wirelab test` that must turn red: before a program of ours stands a relay that spoils.
//!
//! It knows where a protocol's units end, and what a fault does to one of them. What else a case
//! says about a faulty program is its own business.

use super::check_http_faults as http;
use super::check_mqtt_faults as mqtt;
use super::check_zmtp_faults as zmtp;
use super::common::process::{Finished, Process};
use super::common::reference::Trials;
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The cases of one clause take this long at most.
const LONG: Duration = Duration::from_secs(60);

/// Faults that are looked at at the same time.
const AT_ONCE: usize = 4;

pub fn add(trials: &mut Trials) {
    trials.add("check_faults::http_tables", &[], || all(http::TABLES));
    trials.add("check_faults::http_lasting", &[], || all(http::LASTING));
    trials.add("check_faults::http_heads", &[], || all(http::HEADS));
    trials.add("check_faults::http_conditions", &[], || all(http::CONDITIONS));
    trials.add("check_faults::mqtt_tables", &[], || all(mqtt::TABLES));
    trials.add("check_faults::mqtt_wills", &[], || all(mqtt::WILLS));
    trials.add("check_faults::mqtt_flows", &[], || all(mqtt::FLOWS));
    trials.add("check_faults::mqtt_retaining", &[], || all(mqtt::RETAINING));
    trials.add("check_faults::mqtt_queues", &[], || all(mqtt::QUEUES));
    trials.add("check_faults::zmtp_handshakes", &[], || all(zmtp::HANDSHAKES));
    trials.add("check_faults::zmtp_messages", &[], || all(zmtp::MESSAGES));
    trials.add("check_faults::zmtp_publishing", &[], || all(zmtp::PUBLISHING));
    trials.add("check_faults::zmtp_deaf", &[], zmtp::deaf);
}

/// One unit of a conversation: a frame, a packet, or what came at once.
pub struct Unit {
    /// Of which connection, from 0.
    pub connection: usize,
    /// Is it the client's?
    pub asks: bool,
    /// How many came before it in its direction.
    pub number: usize,
    pub octets: Vec<u8>,
}

impl Unit {
    /// It goes on as it is.
    pub fn whole(self) -> Goes {
        Goes::On(self.octets)
    }

    pub fn contains(&self, part: &[u8]) -> bool {
        self.octets.windows(part.len()).any(|window| window == part)
    }

    /// It goes on with other octets in the place of these.
    pub fn with(&self, part: &[u8], other: &[u8]) -> Goes {
        let mut out = Vec::new();
        let mut rest = &self.octets[..];
        while let Some(at) = rest.windows(part.len()).position(|window| window == part) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(other);
            rest = &rest[at + part.len()..];
        }
        out.extend_from_slice(rest);
        Goes::On(out)
    }
}

/// What comes of a unit.
pub enum Goes {
    /// These octets go on in its place; none: it is kept back.
    On(Vec<u8>),
    /// The connection ends.
    End,
}

/// What a fault makes of a unit.
pub type Spoil = fn(Unit) -> Goes;

/// Where the first unit ends: its number, and the octets. `None`: later.
type Cut = fn(usize, &[u8]) -> Option<usize>;

/// A fault, and the case that must see it.
pub struct Fault {
    /// Our program.
    pub server: &'static [&'static str],
    /// Further arguments of `test`.
    pub arguments: &'static [&'static str],
    /// The case's first clause, and the beginning of its name.
    pub case: (&'static str, &'static str),
    pub spoil: Spoil,
}

/// Each of these faults is seen.
pub fn all(faults: &[Fault]) -> Outcome {
    let mut unseen = Vec::new();
    // Mostly they wait.
    for some in faults.chunks(AT_ONCE) {
        thread::scope(|scope| {
            let runs: Vec<_> = some.iter().map(|fault| scope.spawn(|| seen(fault))).collect();
            for run in runs {
                match run.join() {
                    Ok(Ok(())) => {}
                    Ok(Err(failed)) => {
                        unseen.push(failed.message().unwrap_or_default().to_owned());
                    }
                    Err(_) => unseen.push("it has panicked".to_owned()),
                }
            }
        });
    }
    if unseen.is_empty() { Ok(()) } else { Err(unseen.join("\n").into()) }
}

fn seen(fault: &Fault) -> Outcome {
    let process = Process::start(fault.server[0], wirelab(fault.server))?;
    let line = process.first_line(PATIENCE)?;
    let line = line.trim().trim_start_matches("listening on ");
    let (protocol, cut): (_, Cut) = match fault.server[0] {
        "zmq" => ("zmtp", frame),
        "mqtt" => ("mqtt", packet),
        _ => ("http", piece),
    };
    let addr = relay(line.trim_start_matches("tcp://"), cut, fault.spoil)?;
    is_red(&[&[protocol, &addr], fault.arguments].concat(), fault.case)?;
    process.terminate(PATIENCE)?;
    Ok(())
}

/// The case fails, and says so.
pub fn is_red(arguments: &[&str], (clause, name): (&str, &str)) -> Outcome {
    let command = [&["test"], arguments, &["--only", clause, "--patience", "0.5"]].concat();
    let Finished { stdout, .. } = Process::start("test", wirelab(&command))?.finish(LONG)?;
    let red = |line: &str| line.starts_with("FAIL  ") && line[6..].starts_with(clause);
    let seen = stdout.lines().any(|line| red(line) && line.contains(name));
    Ok(same(name, seen, true).map_err(|_| format!("{clause} {name}: {stdout}"))?)
}

/// A relay to there that spoils what passes.
fn relay(to: &str, cut: Cut, spoil: Spoil) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    let to = to.to_owned();
    thread::spawn(move || {
        for (connection, client) in listener.incoming().flatten().enumerate() {
            let Ok(server) = TcpStream::connect(&to) else { return };
            for (from, into, asks) in [(&client, &server, true), (&server, &client, false)] {
                let (Ok(from), Ok(into)) = (from.try_clone(), into.try_clone()) else { return };
                thread::spawn(move || pass(from, into, cut, spoil, (connection, asks)));
            }
        }
    });
    Ok(addr)
}

fn pass(
    mut from: TcpStream,
    mut into: TcpStream,
    cut: Cut,
    spoil: Spoil,
    (connection, asks): (usize, bool),
) {
    let _ = into.set_nodelay(true);
    let (mut input, mut buffer, mut number) = (Vec::new(), vec![0; 65_536], 0);
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        input.extend_from_slice(&buffer[..n]);
        while let Some(len) = cut(number, &input).filter(|len| *len <= input.len()) {
            let octets = input.drain(..len).collect();
            let Goes::On(octets) = spoil(Unit { connection, asks, number, octets }) else {
                let _ = from.shutdown(Shutdown::Both);
                let _ = into.shutdown(Shutdown::Both);
                return;
            };
            number += 1;
            if into.write_all(&octets).is_err() {
                return;
            }
        }
    }
    // What is no whole unit goes on as it is.
    let _ = into.write_all(&input);
    let _ = into.shutdown(Shutdown::Write);
}

/// ZMTP: the greeting, then frames.
fn frame(number: usize, input: &[u8]) -> Option<usize> {
    if number == 0 {
        return (input.len() >= 64).then_some(64);
    }
    if input.first()? & 2 == 0 {
        return Some(2 + usize::from(*input.get(1)?));
    }
    let size = u64::from_be_bytes(*input.get(1..)?.first_chunk()?);
    usize::try_from(size).ok()?.checked_add(9)
}

/// MQTT: packets.
fn packet(_: usize, input: &[u8]) -> Option<usize> {
    let mut len = 0;
    for (n, octet) in input.get(1..)?.iter().take(4).enumerate() {
        len |= usize::from(octet & 0x7f) << (7 * n);
        if octet & 0x80 == 0 {
            return Some(2 + n + len);
        }
    }
    None
}

/// HTTP: what came at once.
fn piece(_: usize, input: &[u8]) -> Option<usize> {
    (!input.is_empty()).then_some(input.len())
}
