//! `wirelab tour --report`: what the page has that the capture alone does not tell.

use libtest_mimic::{Failed, Trial};
use std::fs;

use crate::lab::{Machine, Room, assert_has, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    vec![
        trial("tour tap: a report in Markdown", None, in_markdown),
        trial("tour netns: a report of all exercises, a chapter each", lan, of_all),
        trial("tour: a report that cannot be is found out before the play", None, cannot_be),
        trial("tour: a play that fails leaves the last report", None, failed_play),
    ]
}

/// Plays with this report and returns that.
fn report(room: &Room, exercise: &str, name: &str, options: &[&str]) -> Result<String, Failed> {
    room.play(&[], exercise, &[options, &["--report", name]].concat())?;
    Ok(fs::read_to_string(room.path(name))?)
}

fn in_markdown() -> Result<(), Failed> {
    let room = Room::new();
    let client =
        format!("--foreign=client=exec '{}' --role client", room.path("stranger").display());
    let page = report(&room, "tcp", "r.md", &["--net", "tap", "-n", "2", &client])?;
    assert_has(
        &page,
        &[
            "\n## tcp\n",
            "| Exercise | TCP: what a client types comes back",
            "| Frames from | a relay between the roles: real data; handshakes, ",
            "| Pace | fast: a tenth of a second between messages |",
            "| Messages | 2 |",
            "| Lost by the capture | 0 of ",
            "| Capture | captures/tcp.pcapng |",
            "| tcp-server | 172.18.0.2 | listens on 2222 | server | wirelab |",
            "| tcp-client | 172.18.0.3 | connects to 2222 | client | exec '",
            "\ntcp-client  Enter message: halo\n",
            "\ntcp-server  Received from client: ingin mencoba untuk mengirim pesan\n",
            "tcp-client                                  tcp-server\n",
            "\nNote: only the data of these frames is real; their headers are synthesised\n",
            " · request 1\n",
        ],
    );
    let page = report(&room, "pubsub", "r.md", &["--net", "tap", "--also-publish", "<b>"])?;
    assert_has(
        &page,
        &["| Published beside the topic | &lt;b&gt; |", "Note: filtering at the pub"],
    );
    Ok(())
}

fn of_all() -> Result<(), Failed> {
    let room = Room::new();
    let page = report(&room, "all", "r.html", &["--net", "netns", "-n", "2"])?;
    for name in ["tcp", "mqtt", "rest", "reqrep", "pushpull", "pubsub"] {
        let chapter = format!("<section class=\"chapter\" id=\"{name}\">");
        assert_has(
            &page,
            &[&chapter, &format!("<a href=\"#{name}\">"), &format!("id=\"{name}-1\"")],
        );
    }
    assert_eq!(page.matches("<table class=\"screens\">").count(), 6);
    assert_eq!(page.matches("a LAN of its own: real frames of the kernel").count(), 6);
    assert_has(
        &page,
        &[
            "<td>mqtt-sub</td><td>172.18.0.4</td><td>connects to 1883</td><td>subscriber</td>",
            "<th scope=\"row\">QoS</th><td>0</td>",
            "<th scope=\"row\">Workers</th><td>1</td>",
            "<td>Published: Suhu: 28°C</td>",
            "</body>\n</html>\n",
        ],
    );
    Ok(())
}

fn cannot_be() -> Result<(), Failed> {
    let room = Room::new();
    for (name, code) in [("r.pdf", 2), ("no/such/r.md", 1)] {
        let output =
            room.wirelab(&[]).args(["tour", "tcp", "--net", "tap", "--report", name]).output()?;
        assert_eq!(output.status.code(), Some(code), "{}", words(&output));
        assert!(output.stdout.is_empty(), "{}", words(&output));
        assert!(!room.path("captures").exists());
    }
    Ok(())
}

fn failed_play() -> Result<(), Failed> {
    let room = Room::new();
    fs::write(room.path("r.md"), "the last one")?;
    let output = room
        .wirelab(&[])
        .args(["tour", "tcp", "--net", "tap", "--report", "r.md"])
        .arg("--foreign=server=exit 3")
        .output()?;
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert_eq!(fs::read_to_string(room.path("r.md"))?, "the last one");
    assert!(!room.path("r.md.part").exists());
    Ok(())
}
