//! Captures: tcpdump's read by us, ours read by tshark.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, wirelab};
use super::tcp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

/// The whole tour of one exercise, network and all.
const TOUR: Duration = Duration::from_secs(60);

pub fn add(trials: &mut Trials) {
    let needs = &[Need::Python, Need::Tcpdump, Need::Capture];
    trials.add("captures::we_explain_what_tcpdump_wrote", needs, we_explain_what_tcpdump_wrote);
    trials.add("captures::tshark_reads_the_tour", &[Need::Tshark], tshark_reads_the_tour);
}

fn we_explain_what_tcpdump_wrote() -> Outcome {
    let (server, port) = tcp::python_server()?;
    let mut command = Command::new("tcpdump");
    command.args(["-i", "lo", "-U", "-w", "-"]).arg(format!("port {port}"));
    let tcpdump = Process::start("tcpdump", command)?;
    tcpdump.wait_for_stderr("listening on", PATIENCE)?;
    tcp::talk(tcp::python_client("client.py", port)?)?;
    server.finish(PATIENCE)?;
    // The datagram comes behind all that went before: once it is there, so is the rest.
    UdpSocket::bind("127.0.0.1:0")?.send_to(b"that was all", ("127.0.0.1", port))?;
    tcpdump.wait_for("that was all", PATIENCE)?;
    kill(Pid::from_raw(i32::try_from(tcpdump.id())?), Signal::SIGINT)?;
    let tcpdump = tcpdump.finish(PATIENCE)?;
    if !tcpdump.status.success() {
        return Err(format!("tcpdump: {}: {}", tcpdump.status, tcpdump.stderr).into());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("lo.pcap");
    std::fs::write(&file, &tcpdump.bytes)?;
    let path = file.to_string_lossy().into_owned();
    let explain = Process::start("explain", wirelab(&["explain", &path]))?.finish(PATIENCE)?;
    let want = ["handshake", "\"halo\"", "\"Echo: halo\"", "\"apakah berhasil\"", "close"];
    let missing: Vec<_> = want.iter().filter(|text| !explain.stdout.contains(**text)).collect();
    if !explain.status.success() || !missing.is_empty() {
        return Err(format!("explain does not say {missing:?}:\n{explain:?}").into());
    }
    Ok(())
}

fn tshark_reads_the_tour() -> Outcome {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("tcp.pcapng");
    let path = file.to_string_lossy().into_owned();
    let tour = Process::start("tour", wirelab(&["tour", "tcp", "-w", &path]))?.finish(TOUR)?;
    if !tour.status.success() {
        return Err(format!("tour: {tour:?}").into());
    }
    let fields = |name: &str| -> Result<String, libtest_mimic::Failed> {
        let mut command = Command::new("tshark");
        command.args(["-r", &path, "-T", "fields", "-e", name]);
        let tshark = Process::start("tshark", command)?.finish(PATIENCE)?;
        if !tshark.status.success() || tshark.stderr.contains("tshark:") {
            return Err(format!("tshark: {tshark:?}").into());
        }
        Ok(tshark.stdout)
    };
    let payloads = fields("tcp.payload")?;
    for word in ["68616c6f", "4563686f3a2068616c6f"] {
        if !payloads.lines().any(|payload| payload == word) {
            return Err(format!("no segment holds {word}:\n{payloads}").into());
        }
    }
    if fields("frame.comment")?.trim().is_empty() {
        return Err("no frame has a comment".into());
    }
    if fields("_ws.expert.severity")?.lines().any(|severity| severity.trim() == "8388608") {
        return Err("tshark calls a frame malformed or wrong".into());
    }
    let mut command = Command::new("tshark");
    command.args(["-r", &path, "-q", "-z", "hosts"]);
    let hosts = Process::start("tshark", command)?.finish(PATIENCE)?.stdout;
    for name in ["client", "server"] {
        if !hosts.contains(name) {
            return Err(format!("no host is called {name}:\n{hosts}").into());
        }
    }
    Ok(())
}
