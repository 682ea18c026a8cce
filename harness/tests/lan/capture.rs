//! `wirelab capture` on the loopback, around a small exchange.

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::file::read;
use crate::lab::{Machine, Room, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let raw = &machine.raw_sockets;
    let user = &machine.other_user;
    vec![
        trial("capture: an exchange on lo, until ^C", raw.clone(), until_interrupted),
        trial("capture: -c, -s and a filter into a pipe", raw.clone(), counted),
        trial("capture: an unknown interface names those there are", None, unknown_interface),
        trial("capture: without the right it says which", user.clone(), not_allowed),
        trial("capture: a wrong filter is a usage error", None, wrong_filter),
    ]
}

/// A connection with one message and its answer. Returns the server's port.
fn exchange(listener: &TcpListener) {
    let address = listener.local_addr().unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    client.write_all(b"halo").unwrap();
    let mut buffer = [0; 4];
    server.read_exact(&mut buffer).unwrap();
    drop(client);
    assert_eq!(server.read(&mut buffer).unwrap(), 0);
}

/// Waits for the line that says that it captures.
fn listening(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on lo, link-type EN10MB"), "{line}");
    stderr
}

fn until_interrupted() -> Result<(), Failed> {
    let room = Room::new();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let filter = format!("port {}", listener.local_addr()?.port());
    let mut child = room
        .wirelab(&[])
        .args(["capture", "-i", "lo", "-w", "lo.pcapng", &filter])
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stderr = listening(&mut child);
    exchange(&listener);
    // What others say on the loopback does not come as far as the socket.
    exchange(&TcpListener::bind(("127.0.0.1", 0))?);
    // What has passed by now is in the file, though we stop at once.
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT)?;
    let status = child.wait()?;
    let mut said = String::new();
    stderr.read_to_string(&mut said)?;
    assert!(status.success(), "{status} {said}");
    let contents = read(&room.path("lo.pcapng"));
    let count = contents.frames.len();
    // Handshake 3, data 2, close 3 or 4; the kernel may be late with what follows our last FIN.
    assert!((6..=9).contains(&count), "{count} frames");
    assert!(said.contains(&format!("{count} packets captured")), "{said}");
    assert!(said.contains("0 packets dropped by kernel"), "{said}");
    let received = said.split_once(" packets received by filter").expect(&said).0;
    let received: usize = received.rsplit('\n').next().and_then(|n| n.parse().ok()).expect(&said);
    // Each passes twice, and one more may have passed since; a second exchange would be seen.
    assert!(received <= 2 * count + 4, "{received} of {count}: {said}");
    assert!(contents.frames.iter().any(|frame| frame.bytes.ends_with(b"halo")));
    assert!(contents.frames.is_sorted_by_key(|frame| frame.time_ns));
    // Each frame once, though the loopback shows it on its way out and on its way in.
    let with_data = contents.frames.iter().filter(|frame| frame.bytes.ends_with(b"halo")).count();
    assert_eq!(with_data, 1);
    assert_eq!(contents.statistics.len(), 1);
    Ok(())
}

fn counted() -> Result<(), Failed> {
    let room = Room::new();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port().to_string();
    let mut child = room
        .wirelab(&[])
        .args(["capture", "-i", "lo", "-w", "-", "-c", "3", "-s", "60"])
        .args(["host", "127.0.0.1", "and", "port", &port])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let _stderr = listening(&mut child);
    exchange(&listener);
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes)?;
    assert!(child.wait()?.success());
    // The header, and the three frames of the handshake, each with its own.
    assert_eq!(bytes.len(), 24 + 3 * (16 + 60));
    assert_eq!(&bytes[..4], b"\xd4\xc3\xb2\xa1");
    assert_eq!(bytes[16..20], 60u32.to_le_bytes());
    // Cut to 60 bytes of the 74 that a SYN has.
    assert_eq!(bytes[32..40], [60u32.to_le_bytes(), 74u32.to_le_bytes()].concat());
    Ok(())
}

fn unknown_interface() -> Result<(), Failed> {
    let output =
        Room::new().wirelab(&[]).args(["capture", "-i", "nope", "-w", "x.pcap"]).output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("nope: no such interface; there are: "), "{said}");
    assert!(said.contains("lo"), "{said}");
    assert_eq!(said.lines().count(), 1);
    Ok(())
}

fn not_allowed() -> Result<(), Failed> {
    let room = Room::new();
    let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let output = room.wirelab(&user).args(["capture", "-i", "lo", "-w", "x.pcap"]).output()?;
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("needs CAP_NET_RAW: "), "{said}");
    assert_eq!(said.lines().count(), 1);
    assert!(!room.path("x.pcap").exists());
    Ok(())
}

fn wrong_filter() -> Result<(), Failed> {
    let output = Room::new()
        .wirelab(&[])
        .args(["capture", "-i", "lo", "-w", "x.pcap", "port", "abc"])
        .output()?;
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    Ok(())
}
