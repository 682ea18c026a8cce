//! `mqtt sub` and brokers that do not answer, or do not close: how long `-W` lets it wait.
//!
//! It knows two packets by their octets. It does not know what the client does meanwhile.

use super::common::process::Process;
use super::common::reference::Trials;
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn add(trials: &mut Trials) {
    trials.add("mqtt_silent::w_runs_from_the_start", &[], from_the_start);
    trials.add("mqtt_silent::w_is_over_when_all_is_done", &[], all_is_done);
}

/// A broker that says this in answer to each thing that it hears, then nothing, and keeps the
/// connection open.
fn broker(answers: &'static [&'static [u8]]) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        for mut client in listener.incoming().flatten() {
            let mut heard = [0; 1024];
            for answer in answers {
                let said = client.read(&mut heard).and_then(|_| client.write_all(answer));
                if said.is_err() {
                    break;
                }
            }
            open.push(client);
        }
    });
    Ok(port.to_string())
}

fn code(answers: &'static [&'static [u8]], more: &[&str]) -> Result<(Option<i32>, String), String> {
    let port = broker(answers)?;
    let arguments = [&["mqtt", "sub", "-h", "127.0.0.1", "-p", &port, "-t", "a"], more].concat();
    let finished = Process::start("sub", wirelab(&arguments))?.finish(PATIENCE)?;
    Ok((finished.status.code(), finished.stdout))
}

const CONNACK: &[u8] = b"\x20\x02\x00\x00";
const SUBACK: &[u8] = b"\x90\x03\x00\x01\x00";
const SUBACK_AND_MESSAGE: &[u8] = b"\x90\x03\x00\x01\x00\x30\x04\x00\x01ax";
const REFUSED: &[u8] = b"\x90\x03\x00\x01\x80";

/// Also where no CONNACK comes.
fn from_the_start() -> Outcome {
    same("no CONNACK", code(&[], &["-W", "1"])?, (Some(27), String::new()))?;
    same("no SUBACK", code(&[CONNACK], &["-W", "1"])?, (Some(27), String::new()))
}

/// What was to come has come, and the broker is slow to close: that is no time-out.
fn all_is_done() -> Outcome {
    let counted = code(&[CONNACK, SUBACK_AND_MESSAGE], &["-C", "1", "-W", "1"])?;
    same("-C", counted, (Some(0), "x\n".to_owned()))?;
    let subscribed = code(&[CONNACK, SUBACK], &["-E", "-W", "1"])?;
    same("-E", subscribed, (Some(0), String::new()))?;
    let refused = code(&[CONNACK, REFUSED], &["-W", "1"])?;
    same("not granted", refused, (Some(1), String::new()))
}
