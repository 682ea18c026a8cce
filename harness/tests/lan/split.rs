//! `wirelab tour --split`: the commands are what they say, and do what the tour does.

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use std::process::Command;

use crate::lab::{Machine, Room, assert_has, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let own_network = machine.unshare.clone().or(machine.namespaces.clone());
    vec![
        trial("tour --split: a command for each role, in order", None, commands),
        trial("tour --split: the options go into the commands", None, options),
        trial("tour --split: another's program finds its scene", None, foreign),
        trial("tour --split: nothing else goes with it", None, alone),
        trial("tour --split: the commands do it, with a capture", own_network.clone(), || {
            carried_out("lo", &["== handshake #1 #2 #3", "127.0.0.1:2222"])
        }),
        trial("tour --split: the commands do it, with a relay", own_network, || {
            carried_out("tap", &["file says: ", "synthesised header"])
        }),
    ]
}

fn split(room: &Room, options: &[&str]) -> Result<String, Failed> {
    let output = room.wirelab(&[]).args(["tour", "--split"]).args(options).output()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", words(&output));
    assert!(!room.path("captures").exists(), "nothing is played");
    Ok(String::from_utf8(output.stdout)?)
}

fn commands() -> Result<(), Failed> {
    let room = Room::new();
    let text = split(&room, &["tcp", "--net", "lo"])?;
    let wirelab = room.path("wirelab").display().to_string();
    let own: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(&wirelab)).collect();
    assert_eq!(
        own,
        [
            " capture -i lo -w tcp.pcapng port 2222",
            " echo serve -p 2222 --bind 127.0.0.1 --once",
            " echo connect 127.0.0.1 -p 2222",
            " explain tcp.pcapng",
        ]
    );
    assert_has(&text, &["# server (tcp-server)\n", "# type to it:\n#   halo\n", "#   bye\n"]);
    let text = split(&room, &["--net", "tap"])?;
    for port in [12222, 11883, 15151, 15555, 19999, 22345] {
        assert_has(&text, &[&format!(" tap {port}=127.0.0.1:{}", port - 10_000)]);
    }
    let broker = text.find("mqtt broker -p 1883").ok_or("no broker")?;
    let subscriber = text.find("mqtt sub --lab -h 127.0.0.1 -p 11883").ok_or("no subscriber")?;
    let publisher = text.find("mqtt pub --lab -h 127.0.0.1 -p 11883").ok_or("no publisher")?;
    assert!(broker < subscriber && subscriber < publisher);
    Ok(())
}

fn options() -> Result<(), Failed> {
    let room = Room::new();
    let options = ["--net", "lo", "--workers", "2", "-n", "3", "--qos", "1", "--lab"];
    let more = ["--also-publish", "it's", "-w", "there"];
    let text = split(&room, &[&options[..], &more].concat())?;
    assert_has(
        &text,
        &[
            "# pull2 (zmq-pull2)\n",
            "-n 3 --stay --peers 2\n",
            "-q 1 --repeat 3 --repeat-delay 1\n",
            "--topic WAKTU --topic 'it'\\''s'\n",
            " capture -i lo -w there/pubsub.pcapng port 12345\n",
            " explain there/pubsub.pcapng\n",
        ],
    );
    assert_eq!(text.matches(" rest calc --op both -a 5 -b 9").count(), 3);
    Ok(())
}

fn foreign() -> Result<(), Failed> {
    let room = Room::new();
    let text = split(&room, &["mqtt", "--net", "tap", "--foreign", "sub=sub -h $WIRELAB_HOST"])?;
    let line = "\nWIRELAB_HOST=127.0.0.1 WIRELAB_PORT=11883 sh -c 'sub -h $WIRELAB_HOST'\n";
    assert_has(&text, &["# subscriber (mqtt-sub)", line]);
    Ok(())
}

fn alone() -> Result<(), Failed> {
    for more in [&["--step"][..], &["--report", "r.md"]] {
        let output = Room::new().wirelab(&[]).args(["tour", "--split"]).args(more).output()?;
        assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    }
    Ok(())
}

/// Waits in a shell until a file has this.
fn until(word: &str, file: &str) -> String {
    let tried = format!("grep -q '{word}' {file} || [ $n -gt 400 ]");
    format!("n=0; until {tried}; do n=$((n+1)); sleep 0.05; done")
}

/// Carries the tcp exercise's commands out as a person would, on a loopback of its own.
fn carried_out(net: &str, shown: &[&str]) -> Result<(), Failed> {
    let room = Room::new();
    let events = split(&room, &["tcp", "--net", net, "--json"])?;
    let events: Vec<Value> = events.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let [recorder, server, client, then] = &events[..] else { panic!("{events:?}") };
    let command = |event: &Value| event["command"].as_str().unwrap_or_default().to_owned();
    let typed = client["typed"].as_array().ok_or("nothing is typed")?;
    let typed: Vec<_> = typed.iter().filter_map(Value::as_str).collect();
    let typed = format!("printf '%s\\n' '{}'", typed.join("' '"));
    let script = [
        "set -e\nip link set lo up".to_owned(),
        format!("{} >recorder 2>&1 & recorder=$!", command(recorder)),
        until("listening on", "recorder"),
        format!("{} >server 2>&1 & server=$!", command(server)),
        until("listening on", "server"),
        format!("{typed} | {} >client 2>&1", command(client)),
        "wait $server\nkill -TERM $recorder\nwait $recorder".to_owned(),
        command(then),
    ];
    let script = script.join("\n");
    let output = Command::new("unshare")
        .args(["-Urn", "sh", "-c", &script])
        .current_dir(room.path(""))
        .output()?;
    assert!(output.status.success(), "{script}\n{}", words(&output));
    room.is_left()?;
    let said = String::from_utf8(output.stdout)?;
    assert_has(&said, shown);
    let exchanges = "== 3 exchanges on one connection: 3 requests, 3 responses";
    assert_has(&said, &[exchanges, "bye not sent"]);
    Ok(())
}
