//! `wirelab doctor`: what this machine can do for the lab, found out by doing it.
//!
//! It may name the LAN's agent, sockets and the files of /proc that say why the kernel refuses.
//! It changes nothing: what it builds, it builds in namespaces that end with it.

use clap::Args;
use serde_json::json;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use crate::exit::Failure;
use crate::output::{Output, Tone, escape};

/// The lab's ports, and whose they are.
const PORTS: [(u16, &str); 6] = [
    (1883, "MQTT"),
    (2222, "TCP echo"),
    (5151, "REST"),
    (5555, "REQ/REP"),
    (9999, "PUSH/PULL"),
    (12345, "PUB/SUB"),
];

/// Arguments.
#[derive(Debug, Default, Args)]
pub struct Arguments {}

/// One thing that was tried.
struct Finding {
    /// What.
    check: String,
    ok: bool,
    /// What was found, or what was refused.
    detail: String,
    /// What to do about it; empty: nothing.
    advice: String,
}

impl Finding {
    fn good(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { check: check.into(), ok: true, detail: detail.into(), advice: String::new() }
    }

    fn bad(check: impl Into<String>, detail: impl Display, advice: impl Into<String>) -> Self {
        let detail = detail.to_string();
        Self { check: check.into(), ok: false, detail, advice: advice.into() }
    }
}

/// Does it.
pub fn run(_arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let lan = lan();
    let loopback = loopback();
    let relay = relay();
    let works = |findings: &[Finding]| findings.iter().all(|finding| finding.ok);
    let net = [("netns", &lan), ("lo", &loopback), ("tap", &relay)]
        .into_iter()
        .find(|(_, findings)| works(findings))
        .map(|(net, _)| net);
    let groups = [
        ("netns", "A LAN of its own (--net netns): real frames, from the first ARP on", lan),
        ("lo", "Capture on this machine (--net lo, wirelab capture): real segments", loopback),
        ("tap", "A relay (--net tap): real data, synthesised headers", relay),
        ("ports", "The lab's ports", ports()),
        ("programs", "Programs to compare with; the lab needs none of them", programs()),
    ];
    for (n, (group, title, findings)) in groups.iter().enumerate() {
        if !output.json {
            put(&format!(
                "{}{}",
                if n > 0 { "\n" } else { "" },
                output.paint(Tone::Heading, title)
            ));
        }
        for finding in findings {
            show(group, finding, output);
        }
    }
    if output.json {
        put(&json!({ "v": 1, "net": net }).to_string());
    } else {
        put(&format!("\n`wirelab tour` will use --net {}", net.unwrap_or("nothing: no way works")));
    }
    net.map(drop).ok_or_else(|| Failure::failed("no way to run the lab works here"))
}

fn put(line: &str) {
    // A reader who has seen enough is no failure.
    let _ = writeln!(io::stdout(), "{line}");
}

fn show(group: &str, finding: &Finding, output: &Output) {
    let Finding { check, ok, detail, advice } = finding;
    let detail = escape(detail.as_bytes());
    if output.json {
        put(&json!({
            "v": 1, "group": group, "check": check, "ok": ok, "detail": detail, "advice": advice,
        })
        .to_string());
        return;
    }
    let mark = if *ok { output.paint(Tone::Good, "yes") } else { output.paint(Tone::Bad, "NO ") };
    put(format!("  {mark}  {check:<22} {detail}").trim_end());
    if !advice.is_empty() {
        put(&format!("       {:<22} {advice}", "-> what to do:"));
    }
}

/// Builds the LAN, and reports each step until one is refused.
#[cfg(target_os = "linux")]
fn lan() -> Vec<Finding> {
    use crate::lan::{agent, listen::Agent};
    use crate::tour::event::Event;
    use std::sync::atomic::AtomicBool;
    let mut findings = Vec::new();
    let mut agent = match Agent::start(&mut agent::command()) {
        Ok(agent) => agent,
        Err(e) => return vec![Finding::bad("a process for it", e, "")],
    };
    loop {
        match agent.next(&AtomicBool::new(false)) {
            Some(Event::Step(step)) => findings.push(Finding::good(step, "")),
            Some(Event::Refused(step, why)) => {
                let advice = reason::advice(&step, &why);
                findings.push(Finding::bad(step, why, advice));
                return findings;
            }
            Some(Event::Done(_)) | None => return findings,
            Some(Event::Failed(why)) => {
                findings.push(Finding::bad("building it", why, ""));
                return findings;
            }
            Some(Event::Line { .. } | Event::Frame(_)) => {}
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn lan() -> Vec<Finding> {
    vec![Finding::bad("network namespaces", "this system has none", "use Linux for real frames")]
}

#[cfg(target_os = "linux")]
fn loopback() -> Vec<Finding> {
    let check = "CAP_NET_RAW";
    vec![match crate::packet::PacketSocket::open("lo") {
        Ok(_) => Finding::good(check, "a packet socket on lo"),
        Err(crate::packet::OpenError::Refused(e)) => Finding::bad(
            check,
            format!("packet socket: {e}"),
            "run as root, or: sudo setcap cap_net_raw+ep PATH-OF-WIRELAB",
        ),
        Err(error) => Finding::bad(check, crate::capture::explain_open_error("lo", &error), ""),
    }]
}

#[cfg(not(target_os = "linux"))]
fn loopback() -> Vec<Finding> {
    vec![Finding::bad("packet socket", "this system has none", "use tcpdump -w")]
}

fn relay() -> Vec<Finding> {
    vec![match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(_) => Finding::good("loopback address", "a listener on 127.0.0.1"),
        Err(e) => Finding::bad("loopback address", e, "ip link set lo up"),
    }]
}

fn ports() -> Vec<Finding> {
    let tried = PORTS.iter().map(|(port, whose)| {
        let check = format!("{port} {whose}");
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)) {
            Ok(_) => Finding::good(check, "free"),
            Err(e) => Finding::bad(
                check,
                e,
                format!("find who has it: ss -ltnp 'sport = {port}' (the tour does not need it)"),
            ),
        }
    });
    tried.collect()
}

fn programs() -> Vec<Finding> {
    [("tshark", "apt install tshark"), ("tcpdump", "apt install tcpdump"), ("python3", "")]
        .into_iter()
        .map(|(program, advice)| match version(program) {
            Ok(version) => Finding::good(program, version),
            Err(e) => Finding::bad(program, e, advice),
        })
        .collect()
}

/// The first line that the program says about its version.
fn version(program: &str) -> Result<String, String> {
    let answer =
        Command::new(program).arg("--version").stdin(Stdio::null()).output().map_err(|e| {
            if e.kind() == io::ErrorKind::NotFound { "not here".into() } else { e.to_string() }
        })?;
    let text = [answer.stdout, answer.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().filter(|line| line.contains(|c: char| c.is_ascii_digit()));
    lines.next().map(str::to_owned).ok_or_else(|| format!("says no version ({})", answer.status))
}

/// Why the kernel refuses, as far as it can be read.
#[cfg(target_os = "linux")]
mod reason {
    use std::fs;

    fn setting(path: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/sys/{path}")).ok().map(|text| text.trim().to_owned())
    }

    /// What to do about a step of the LAN that was refused with `why`.
    pub fn advice(step: &str, why: &str) -> String {
        let limit = if step.starts_with("user") {
            "user"
        } else if step.starts_with("network") {
            "net"
        } else {
            "pid"
        };
        let limit = format!("user/max_{limit}_namespaces");
        let of = |name: &str, value: &str| setting(name).is_some_and(|now| now == value);
        let dotted = limit.replace('/', ".");
        if why.contains("ENOSPC") || why.contains("EUSERS") {
            let now = setting(&limit).unwrap_or_else(|| "unknown".to_owned());
            return format!("{dotted} is {now}: sudo sysctl -w {dotted}=1000");
        }
        if why.contains("EOPNOTSUPP") || why.contains("ENODEV") {
            return "the kernel lacks this kind of interface: sudo modprobe bridge veth".to_owned();
        }
        if !(why.contains("EPERM") || why.contains("EACCES") || why.contains("denied")) {
            return String::new();
        }
        if of("kernel/apparmor_restrict_unprivileged_userns", "1") {
            let name = "kernel.apparmor_restrict_unprivileged_userns";
            return format!(
                "{name} is 1 (AppArmor): sudo sysctl -w {name}=0, or run the tour as root"
            );
        }
        if of("kernel/unprivileged_userns_clone", "0") {
            let name = "kernel.unprivileged_userns_clone";
            return format!("{name} is 0: sudo sysctl -w {name}=1, or run the tour as root");
        }
        let filtered = fs::read_to_string("/proc/self/status")
            .is_ok_and(|status| status.lines().any(|line| line == "Seccomp:\t2"));
        if filtered {
            return "a system call filter (seccomp) is on, as in containers: allow unshare, \
                    e.g. --security-opt seccomp=unconfined"
                .to_owned();
        }
        "this process may not: run the tour as root, outside of a container or chroot".to_owned()
    }
}
