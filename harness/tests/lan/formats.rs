//! The two file formats that we write, read by others.

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use std::fs::File;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use wirelab::frame::{CapturedFrame, HostNames, LinkType};
use wirelab::pcap;
use wirelab::pcapng::{Interface, OPTION_MAX, Statistics, Writer};

use crate::file::read;
use crate::lab::Machine;
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    vec![
        trial("pcapng: another reader sees what was written", None, read_back),
        trial("pcapng: a text too long is cut between characters", None, long_text),
        trial("pcapng: tshark sees names and comments", machine.tshark.clone(), tshark),
        trial("pcap: tshark reads it", machine.tshark.clone(), classic),
    ]
}

/// ARP "who has 172.18.0.2", and the beginning of something else, cut.
fn frames() -> Vec<CapturedFrame> {
    let ask = b"\xff\xff\xff\xff\xff\xff\x02\x42\xac\x12\x00\x03\x08\x06\x00\x01\x08\x00\x06\x04\
        \x00\x01\x02\x42\xac\x12\x00\x03\xac\x12\x00\x03\0\0\0\0\0\0\xac\x12\x00\x02";
    let mut other = ask[..21].to_vec();
    other[13] = 0;
    let frame = |number: u64, bytes: &[u8], original_len: u32| CapturedFrame {
        number,
        time_ns: 1_763_000_000_123_456_789 + number,
        link_type: LinkType::ETHERNET,
        bytes: Bytes::copy_from_slice(bytes),
        original_len,
        comment: None,
    };
    vec![frame(1, ask, 42), frame(2, &other, 1500)]
}

fn write(path: &Path, comment: &str) -> std::io::Result<()> {
    let mut writer = Writer::new(File::create(path)?, Some("a section"))?;
    let interface = writer.interface(&Interface {
        name: "br-lab",
        description: Some("the lab's"),
        link_type: LinkType::ETHERNET,
        snap_len: 4096,
    })?;
    let mut names = HostNames::new();
    names.insert(IpAddr::from([172, 18, 0, 2]), "tcp-server".to_owned());
    names.insert("fd00::3".parse().unwrap(), "tcp-client".to_owned());
    writer.names(&names)?;
    let frames = frames();
    writer.frame(interface, &frames[0], Some(comment))?;
    writer.frame(interface, &frames[1], None)?;
    let statistics = Statistics { start_ns: 5, end_ns: 1 << 40, received: 3, dropped: 1 };
    writer.statistics(interface, &statistics)?;
    writer.finish().map(drop)
}

fn read_back() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("x.pcapng");
    write(&path, "Suhu: 28°C")?;
    let contents = read(&path);
    assert_eq!(contents.program, format!("wirelab {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(contents.section_comment, "a section");
    assert_eq!(contents.interfaces, [("br-lab".to_owned(), 1, 4096, 9)]);
    let client = b"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03tcp-client".to_vec();
    let server = b"\xac\x12\0\x02tcp-server".to_vec();
    // The last record is the end's, and empty.
    assert_eq!(contents.names, [server, client, Vec::new()]);
    assert_eq!(contents.statistics, [(3, 1)]);
    for (read, (written, comment)) in
        contents.frames.iter().zip(frames().iter().zip(["Suhu: 28°C", ""]))
    {
        assert_eq!(read.time_ns, written.time_ns);
        assert_eq!(read.bytes, written.bytes);
        assert_eq!(read.original_len, written.original_len);
        assert_eq!(read.comment, comment);
    }
    assert_eq!(contents.frames.len(), 2);
    Ok(())
}

fn long_text() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("x.pcapng");
    // Each of these takes two bytes, so that the limit, which is odd, falls within one.
    write(&path, &"é".repeat(40_000))?;
    let comment = &read(&path).frames[0].comment;
    assert_eq!(comment.len(), OPTION_MAX - 1);
    assert!(comment.chars().all(|c| c == 'é'));
    Ok(())
}

/// What tshark prints; that it complains about nothing is part of the answer.
fn ask_tshark(path: &Path, arguments: &[&str]) -> String {
    let answer = Command::new("tshark").arg("-r").arg(path).args(arguments).output().unwrap();
    let complaints = String::from_utf8_lossy(&answer.stderr).into_owned();
    // It does not like to be run by a superuser; that is not about the file.
    let about_the_file = complaints.lines().filter(|line| !line.contains("Running as user"));
    assert_eq!(about_the_file.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(answer.status.success());
    String::from_utf8(answer.stdout).unwrap()
}

fn tshark() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("x.pcapng");
    write(&path, "Suhu: 28°C")?;
    let fields = ["-T", "fields", "-e", "frame.comment", "-e", "frame.time_epoch"];
    let lines = ask_tshark(&path, &fields);
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines, ["Suhu: 28°C\t1763000000.123456790", "\t1763000000.123456791"]);
    let interface = ask_tshark(&path, &["-T", "fields", "-e", "frame.interface_name"]);
    assert_eq!(interface, "br-lab\nbr-lab\n");
    Ok(())
}

fn classic() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("x.pcap");
    let mut writer = pcap::Writer::new(File::create(&path)?, LinkType::ETHERNET, 4096)?;
    for frame in frames() {
        writer.frame(&frame)?;
    }
    writer.flush()?;
    let fields =
        ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len"];
    let lines = ask_tshark(&path, &fields);
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines, ["1763000000.123456000\t42\t42", "1763000000.123456000\t21\t1500"]);
    Ok(())
}
