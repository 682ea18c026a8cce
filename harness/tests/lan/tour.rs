//! `wirelab tour tcp` from end to end, in each of its places and with each of its ends.

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::file::{Contents, read};
use crate::lab::{AS_USER, Machine, Room, interfaces, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    let lan_as_user = machine.other_user.clone().or(lan.clone());
    let names_missing = machine.tshark.clone().or(lan.clone());
    let raw = machine.raw_sockets.clone();
    let readme_lan = machine.namespaces.clone();
    vec![
        trial("tour netns: 18 frames, and nothing left", lan.clone(), || in_netns(&[])),
        trial("tour netns: the same as an ordinary user", lan_as_user, || in_netns(&AS_USER)),
        trial("tour netns: with the lab's own roles", lan.clone(), own_roles),
        trial("tour netns: tshark shows the hosts' names", names_missing, names_in_tshark),
        trial("tour netns: killed in the middle, nothing is left", lan.clone(), || {
            stopped_in_the_middle("netns", Signal::SIGKILL, None)
        }),
        trial("tour netns: ^C in the middle, nothing is left", lan.clone(), || {
            stopped_in_the_middle("netns", Signal::SIGINT, Some(130))
        }),
        trial("tour tap: killed in the middle, nothing is left", None, || {
            stopped_in_the_middle("tap", Signal::SIGKILL, None)
        }),
        trial("tour tap: killed while the server waits for its client", None, server_left_alone),
        trial("tour tap: ^C in the middle, nothing is left", None, || {
            stopped_in_the_middle("tap", Signal::SIGINT, Some(130))
        }),
        trial("tour netns: -n repeats the texts", lan.clone(), repeated),
        trial("tour netns: a role that fails is the tour's failure", lan, failing_role),
        trial("tour netns: what README shows is what is seen", readme_lan, readme),
        trial("tour lo: the handshake to the close", raw, on_lo),
        trial("tour tap: labelled everywhere", None, in_tap),
        trial("tour auto: tap where all else is refused", machine.unshare.clone(), refused),
        trial("tour: an exercise that is not there", None, unknown),
        trial("tour: a role of more than one exercise", None, ambiguous),
    ]
}

/// A line without what differs from run to run: numbers, and how long it took.
fn lasting(line: &str) -> String {
    let mut text = String::new();
    for word in line.split_whitespace() {
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let word: String = word.chars().map(digits).collect();
        // (+132 µs), (+1.2 ms)
        let is_time = word.starts_with("(+") || matches!(word.as_str(), "µs)" | "ms)");
        if !is_time {
            text.push_str(&word.replace("00", "0").replace("00", "0").replace("00", "0"));
            text.push(' ');
        }
    }
    text
}

/// README's first demonstration, line for line.
fn readme() -> Result<(), Failed> {
    let text = include_str!("../../../README.md");
    let start = "$ cargo run --release -- tour tcp\n";
    let shown = text.split_once(start).and_then(|(_, rest)| rest.split_once("```"));
    let shown = shown.map(|(shown, _)| shown).ok_or("README shows no tour")?;
    let room = Room::new();
    let output = tour(&room, &[], "netns").output()?;
    let said: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(lasting).collect();
    let lines: Vec<&str> = shown.lines().filter(|line| !line.starts_with('…')).collect();
    assert!(lines.len() > 12, "README shows only {lines:?}");
    for line in lines {
        let wanted = lasting(line);
        assert!(said.contains(&wanted), "not seen: {line}\n{}", words(&output));
    }
    Ok(())
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

/// Runs the tour until its frames have this shape. On a busy machine a role may take longer to
/// answer than the kernel waits with an acknowledgement (40 ms), which then goes alone: that is
/// forgiven twice, and nothing else is, ever.
fn in_shape(
    room: &Room,
    before: &[&str],
    net: &str,
    options: &[String],
    server: [u8; 4],
    wanted: &str,
) -> Result<(Contents, std::process::Output), Failed> {
    let without_lone = |shape: &str| shape.replace(['K', 'k'], "");
    let mut tries = 3;
    loop {
        tries -= 1;
        let output = tour(room, before, net).args(options).output()?;
        assert!(output.status.success(), "{}", words(&output));
        let contents = read(&room.path("captures/tcp.pcapng"));
        let seen = shape(&contents, server);
        assert_eq!(without_lone(&seen), without_lone(wanted), "{}", words(&output));
        if seen == wanted {
            return Ok((contents, output));
        }
        assert!(tries > 0, "three times other acknowledgements than {wanted}: {seen}");
    }
}

fn in_netns(before: &[&str]) -> Result<(), Failed> {
    let room = Room::new();
    let interfaces_before = interfaces();
    let (contents, output) =
        in_shape(&room, before, "netns", &room.strangers(), [172, 18, 0, 2], LABS_SHAPE)?;
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
    in_shape(&room, &[], "netns", &[], [172, 18, 0, 2], LABS_SHAPE)?;
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

/// Waits until a role says this.
fn under_way(child: &mut Child, words: &str) -> Result<(), String> {
    let stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    for line in stdout.lines() {
        if line.map_err(|e| e.to_string())?.contains(words) {
            return Ok(());
        }
    }
    Err("it ended before its middle".to_owned())
}

fn stopped_in_the_middle(net: &str, signal: Signal, code: Option<i32>) -> Result<(), Failed> {
    let room = Room::new();
    let interfaces_before = interfaces();
    let mut child = tour(&room, &[], net)
        .args(room.strangers())
        .args(["--lab", "-n", "1000"])
        .stdout(Stdio::piped())
        .spawn()?;
    let middle = under_way(&mut child, "Received from client");
    // The tour, the server, the client, and on a LAN the agent outside and inside; and the
    // shells that started the roles, where they did not make room for them.
    let running = room.processes().len();
    let expected = if net == "netns" { 5 } else { 3 };
    kill(Pid::from_raw(child.id().cast_signed()), signal)?;
    let status = child.wait()?;
    middle?;
    assert!(running >= expected, "{running} processes");
    assert_eq!(status.code(), code);
    room.is_left()?;
    assert_eq!(interfaces(), interfaces_before);
    Ok(())
}

/// A server that waits for its first client notices nothing of the tour's end by itself.
fn server_left_alone() -> Result<(), Failed> {
    let room = Room::new();
    let server =
        format!("--foreign=server=exec '{}' --role server", room.path("stranger").display());
    let mut child = tour(&room, &[], "tap")
        .args([server.as_str(), "--foreign=client=exec cat"])
        .stdout(Stdio::piped())
        .spawn()?;
    let listens = under_way(&mut child, "listening on");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL)?;
    child.wait()?;
    listens?;
    room.is_left()?;
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
    let (contents, _) =
        in_shape(&room, &[], "lo", &room.strangers(), [127, 0, 0, 2], &LABS_SHAPE[2..])?;
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
    assert!(
        said.contains(
            "no exercise \"knitting\"; there are: tcp, mqtt, rest, reqrep, pushpull, pubsub, all"
        ),
        "{said}"
    );
    Ok(())
}

fn ambiguous() -> Result<(), Failed> {
    let output = Room::new().wirelab(&[]).args(["tour", "--foreign=server=true"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr)?;
    assert!(
        said.contains("\"server\" is a role in more than one exercise: name tcp or rest"),
        "{said}"
    );
    Ok(())
}
