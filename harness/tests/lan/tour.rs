//! `wirelab tour tcp` from end to end, in each of its places and with each of its ends.

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::file::{Contents, read};
use crate::lab::{Machine, Room, interfaces, words};
use crate::trial;

/// In front of a command: run it as an ordinary user.
const AS_USER: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    let lan_as_user = machine.other_user.clone().or(lan.clone());
    let names_missing = machine.tshark.clone().or(lan.clone());
    let raw = machine.raw_sockets.clone();
    vec![
        trial("tour netns: 18 frames, and nothing left", lan.clone(), || in_netns(&[])),
        trial("tour netns: the same as an ordinary user", lan_as_user, || in_netns(&AS_USER)),
        trial("tour netns: with the lab's own roles", lan.clone(), own_roles),
        trial("tour netns: tshark shows the hosts' names", names_missing, names_in_tshark),
        trial("tour netns: killed in the middle, nothing is left", lan.clone(), || {
            stopped_in_the_middle(Signal::SIGKILL, None)
        }),
        trial("tour netns: ^C in the middle, nothing is left", lan.clone(), || {
            stopped_in_the_middle(Signal::SIGINT, Some(130))
        }),
        trial("tour netns: -n repeats the texts", lan.clone(), repeated),
        trial("tour netns: a role that fails is the tour's failure", lan, failing_role),
        trial("tour lo: the handshake to the close", raw, on_lo),
        trial("tour tap: labelled everywhere", None, in_tap),
        trial("tour auto: tap where all else is refused", machine.unshare.clone(), refused),
        trial("tour: an exercise that is not there", None, unknown),
    ]
}

fn tour(room: &Room, before: &[&str], net: &str) -> Command {
    let mut command = room.wirelab(before);
    command.args(["tour", "tcp", "--net", net]);
    command
}

/// What each frame is, in a letter: A ARP, S SYN, D data, F FIN, R RST, a another segment;
/// small for the server's.
fn shape(contents: &Contents, server: [u8; 4]) -> String {
    let letter = |bytes: &[u8]| {
        if bytes[12..14] == [0x08, 0x06] {
            return if bytes[21] == 1 { 'A' } else { 'a' };
        }
        let header = 14 + usize::from(bytes[14] & 0x0f) * 4;
        let total = 14 + usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        let data = header + usize::from(bytes[header + 12] >> 4) * 4;
        let flags = bytes[header + 13];
        let letter = match flags {
            _ if flags & 0x02 != 0 => 'S',
            _ if flags & 0x04 != 0 => 'R',
            _ if flags & 0x01 != 0 => 'F',
            _ if data < total => 'D',
            _ => 'K',
        };
        if bytes[26..30] == server { letter.to_ascii_lowercase() } else { letter }
    };
    contents.frames.iter().map(|frame| letter(&frame.bytes)).collect()
}

/// The texts that a side sent.
fn sent(contents: &Contents, prefix: &str) -> usize {
    let texts = ["halo", "ingin mencoba untuk mengirim pesan", "apakah berhasil"];
    let ends = |bytes: &[u8], text: &str| {
        let tcp_data = &bytes[14 + 20 + usize::from(bytes[14 + 20 + 12] >> 4) * 4..];
        tcp_data == format!("{prefix}{text}").as_bytes()
    };
    let frames = contents.frames.iter().filter(|frame| frame.bytes[12..14] == [0x08, 0x00]);
    frames.filter(|frame| texts.iter().any(|text| ends(&frame.bytes, text))).count()
}

/// The lab's exchange as its capture has it: ARP, handshake, three exchanges (the first request
/// is acknowledged on its own), close with three segments.
const LABS_SHAPE: &str = "AaSsKDkdKDdKDdKFfK";

fn in_netns(before: &[&str]) -> Result<(), Failed> {
    let room = Room::new();
    let interfaces_before = interfaces();
    let output = tour(&room, before, "netns").args(room.strangers()).output()?;
    assert!(output.status.success(), "{}", words(&output));
    let contents = read(&room.path("captures/tcp.pcapng"));
    assert_eq!(shape(&contents, [172, 18, 0, 2]), LABS_SHAPE, "{}", words(&output));
    assert_eq!((sent(&contents, ""), sent(&contents, "Echo: ")), (3, 3));
    assert_eq!(contents.interfaces[0].0, "br-lab");
    assert_eq!(contents.names[0], b"\xac\x12\0\x02tcp-server");
    assert_eq!(contents.names[1], b"\xac\x12\0\x03tcp-client");
    assert!(contents.frames.iter().all(|frame| !frame.comment.is_empty()));
    assert!(contents.frames.is_sorted_by_key(|frame| frame.time_ns));
    assert_eq!(contents.statistics, [(18, 0)]);
    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("Enter message: halo"), "{said}");
    room.is_left()?;
    assert_eq!(interfaces(), interfaces_before);
    Ok(())
}

fn own_roles() -> Result<(), Failed> {
    let room = Room::new();
    let output = tour(&room, &[], "netns").output()?;
    assert!(output.status.success(), "{}", words(&output));
    let contents = read(&room.path("captures/tcp.pcapng"));
    assert_eq!(shape(&contents, [172, 18, 0, 2]), LABS_SHAPE, "{}", words(&output));
    room.is_left()?;
    Ok(())
}

fn names_in_tshark() -> Result<(), Failed> {
    let room = Room::new();
    let output = tour(&room, &[], "netns").args(room.strangers()).output()?;
    assert!(output.status.success(), "{}", words(&output));
    let hosts = Command::new("tshark")
        .args(["-N", "n", "-Y", "tcp.flags.syn == 1", "-T", "fields", "-e", "ip.src_host", "-r"])
        .arg(room.path("captures/tcp.pcapng"))
        .output()?;
    assert_eq!(String::from_utf8(hosts.stdout)?, "tcp-client\ntcp-server\n");
    Ok(())
}

/// Waits until the exercise is in its middle.
fn under_way(child: &mut Child) -> Result<(), String> {
    let stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    for line in stdout.lines() {
        if line.map_err(|e| e.to_string())?.contains("Received from client") {
            return Ok(());
        }
    }
    Err("it ended before its middle".to_owned())
}

fn stopped_in_the_middle(signal: Signal, code: Option<i32>) -> Result<(), Failed> {
    let room = Room::new();
    let interfaces_before = interfaces();
    let mut child = tour(&room, &[], "netns")
        .args(room.strangers())
        .args(["--lab", "-n", "1000"])
        .stdout(Stdio::piped())
        .spawn()?;
    let middle = under_way(&mut child);
    // The tour, its agent outside and inside, the server, the client; and the shells that
    // started these, where they did not make room for them.
    let running = room.processes().len();
    kill(Pid::from_raw(child.id().cast_signed()), signal)?;
    let status = child.wait()?;
    middle?;
    assert!(running >= 5, "{running} processes");
    assert_eq!(status.code(), code);
    room.is_left()?;
    assert_eq!(interfaces(), interfaces_before);
    Ok(())
}

fn repeated() -> Result<(), Failed> {
    let room = Room::new();
    let output = tour(&room, &[], "netns")
        .args(room.strangers())
        .args(["-n", "5", "-w", "five.pcapng"])
        .output()?;
    assert!(output.status.success(), "{}", words(&output));
    let contents = read(&room.path("five.pcapng"));
    assert_eq!((sent(&contents, ""), sent(&contents, "Echo: ")), (5, 5));
    Ok(())
}

fn failing_role() -> Result<(), Failed> {
    let room = Room::new();
    let output =
        tour(&room, &[], "netns").arg("--foreign=server=echo out of order >&2; exit 3").output()?;
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("tcp-server ended (exit status: 3)"), "{said}");
    assert!(said.contains("out of order"), "{said}");
    room.is_left()?;
    Ok(())
}

fn on_lo() -> Result<(), Failed> {
    let room = Room::new();
    let output = tour(&room, &[], "lo").args(room.strangers()).output()?;
    assert!(output.status.success(), "{}", words(&output));
    let contents = read(&room.path("captures/tcp.pcapng"));
    assert_eq!(shape(&contents, [127, 0, 0, 2]), &LABS_SHAPE[2..], "{}", words(&output));
    assert_eq!(contents.interfaces[0].0, "lo");
    room.is_left()?;
    Ok(())
}

fn assert_labelled(path: &Path, said: &str) {
    let contents = read(path);
    assert!(contents.frames.iter().all(|frame| frame.comment.contains("synthesised header")));
    assert!(contents.interfaces[0].0.contains("synthesised header"));
    assert!(contents.section_comment.contains("synthesised header"));
    assert!(said.contains("headers are synthesised"), "{said}");
    assert_eq!((sent(&contents, ""), sent(&contents, "Echo: ")), (3, 3));
    assert_eq!(shape(&contents, [172, 18, 0, 2]), "SsKDkdKDkdKDkdKFkfK");
}

fn in_tap() -> Result<(), Failed> {
    let room = Room::new();
    let output = tour(&room, &[], "tap").args(room.strangers()).output()?;
    assert!(output.status.success(), "{}", words(&output));
    assert_labelled(&room.path("captures/tcp.pcapng"), &String::from_utf8(output.stdout)?);
    room.is_left()?;
    Ok(())
}

/// In a user namespace where no network namespace may be made, and no capture of the host's.
fn refused() -> Result<(), Failed> {
    let room = Room::new();
    let take_away = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"";
    let before = ["unshare", "-Ur", "sh", "-c", take_away, "sh"];
    let output = tour(&room, &before, "auto").args(room.strangers()).output()?;
    assert!(output.status.success(), "{}", words(&output));
    let complaints = String::from_utf8(output.stderr)?;
    assert!(complaints.contains("no LAN of its own here (network namespace: ENOSPC"));
    assert!(complaints.contains("needs CAP_NET_RAW"), "{complaints}");
    assert_labelled(&room.path("captures/tcp.pcapng"), &String::from_utf8(output.stdout)?);
    // And the doctor says so, too.
    let doctor = room.wirelab(&before).args(["doctor"]).output()?;
    let report = String::from_utf8(doctor.stdout)?;
    assert!(report.contains("`wirelab tour` will use --net tap"), "{report}");
    assert!(report.contains("user.max_net_namespaces is 0"), "{report}");
    Ok(())
}

fn unknown() -> Result<(), Failed> {
    let output = Room::new().wirelab(&[]).args(["tour", "knitting"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("no exercise \"knitting\"; there are: tcp, all"), "{said}");
    Ok(())
}
