//! The broker's passwords, access rules and configuration files, each held against mosquitto's.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use super::mqtt_client::free_port;
use super::mqtt_peer::Peer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;

pub fn add(trials: &mut Trials) {
    let both = &[Need::Mosquitto, Need::MosquittoPasswd];
    trials.add("mqtt::the_same_configurations_are_taken", both, configurations);
    trials.add("mqtt::the_same_users_are_let_in", both, users);
    trials.add("mqtt::the_same_topics_are_granted", both, topics);
    trials.add("mqtt::hangup_reads_the_rules_again", &[], hangup);
    trials.add("mqtt::a_password_is_not_shown", &[], typed);
}

/// A directory that mosquitto can read, too, after it has become somebody else.
fn directory() -> Result<TempDir, String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    open_up(directory.path(), 0o755)?;
    Ok(directory)
}

fn open_up(path: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| error.to_string())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Make {
    Mosquitto,
    Ours,
}

/// Starts a broker with this file; `None`: it ended instead of listening.
fn start(make: Make, file: &Path, port: u16) -> Result<Option<Process>, String> {
    let path = file.display().to_string();
    let mut command = match make {
        Make::Mosquitto => {
            let mut command = Command::new("mosquitto");
            command.args(["-c", &path]);
            command
        }
        Make::Ours => wirelab(&["mqtt", "broker", "-c", &path]),
    };
    command.current_dir(file.parent().unwrap_or(Path::new(".")));
    let mut process = Process::start(&format!("{make:?}"), command)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if process.has_ended()? {
            return Ok(None);
        }
        // An open port is not enough: mosquitto opens the first one before it looks at the second.
        if Peer::connect(port, "c", None, None).is_ok() {
            return Ok(Some(process));
        }
        if Instant::now() > deadline {
            return Err(format!("{make:?} neither listens nor ends"));
        }
        std::thread::yield_now();
    }
}

/// Lines of a file, and whether mosquitto takes them (m) and we (w). Where the two differ, ours is
/// the stricter one: what cannot be followed is not passed over.
const CONFIGURATIONS: &str = "
mw allow_anonymous true
mw allow_anonymous  1
mw allow_anonymous true # note
mw  allow_anonymous false
-- allow_anonymous True
-- allow_anonymous
-- allow_anonymous\ttrue
-- unknown_key 1
--  # indented
-- store_clean_interval 10
mw max_inflight_messages 0
mw max_inflight_messages 65535
-- max_inflight_messages 65536
m- max_inflight_messages abc
m- max_inflight_messages 12abc
m- max_queued_messages -1
mw message_size_limit 268435455
-- message_size_limit 268435456
-- message_size_limit -1
-- max_packet_size 19
mw max_packet_size 20
mw max_packet_size 999999999
mw max_connections -1
mw max_connections 10
m- max_connections x
mw persistent_client_expiration 1h
mw persistent_client_expiration 1y
-- persistent_client_expiration 1
-- persistent_client_expiration 0d
-- persistent_client_expiration 1s
m- persistent_client_expiration 1.5d
mw auto_id_prefix a b
-- auto_id_prefix a|auto_id_prefix b
mw sys_interval 0
-- sys_interval 65536
-- sys_interval -1
mw upgrade_outgoing_qos true|allow_duplicate_messages false|queue_qos0_messages true
mw set_tcp_nodelay true|connection_messages false|retain_available false
mw log_type all|log_type none
-- log_type bogus
m- log_dest syslog
mw log_dest stdout|log_dest none
mw log_dest file DIR/log
-- log_dest file
-- log_dest file DIR/a|log_dest file DIR/b
-- log_dest bogus
mw log_timestamp_format %Y-%m-%d
mw per_listener_settings false
m- per_listener_settings true
-- include_dir DIR/none
mw include_dir DIR/included
mw persistence_location DIR/|persistence_file x.db
-- persistence_file a|persistence_file b
mw autosave_interval 60|autosave_on_changes true
mw allow_anonymous true|allow_anonymous false
-- password_file DIR/none
-- acl_file DIR/none
-- acl_file DIR/empty|acl_file DIR/empty
mw acl_file DIR/empty|password_file DIR/empty
-- acl_file DIR/m.conf
mw listener PORT2 127.0.0.1
mw listener PORT2 localhost
-- listener PORT2 no.such.host.invalid
-- listener 0
-- listener 70000
-- listener abc
-- listener
m- listener 0 DIR/socket
mw port PORT2
-- port 0
-- protocol bogus
-- protocol websockets
mw protocol mqtt|socket_domain ipv4
m- mount_point foo/
-- max_qos 3
m- max_qos 1
m- certfile DIR/none
-- connection bridge
-- plugin DIR/none.so
-- log_facility 9
";

fn configurations() -> Outcome {
    for line in CONFIGURATIONS.lines().filter(|line| !line.is_empty()) {
        let (want, body) = line.split_at(2);
        let mut taken = String::new();
        for make in [Make::Mosquitto, Make::Ours] {
            // A file each: what one of them leaves behind is not the other's to trip over.
            let directory = directory()?;
            let path = |name: &str| directory.path().join(name);
            fs::create_dir(path("included")).map_err(|error| error.to_string())?;
            write(&path("included").join("a.conf"), "sys_interval 5\n")?;
            write(&path("empty"), "")?;
            open_up(directory.path(), 0o777)?;
            let port = free_port()?;
            let body = body.strip_prefix(' ').unwrap_or(body).replace('|', "\n");
            let body = body.replace("DIR", &directory.path().display().to_string());
            let body = body.replace("PORT2", &free_port()?.to_string());
            write(&path("m.conf"), &format!("listener {port} 127.0.0.1\n{body}\n"))?;
            let running = start(make, &path("m.conf"), port)?;
            taken.push(match (running, make) {
                (None, _) => '-',
                (Some(_), Make::Mosquitto) => 'm',
                (Some(_), Make::Ours) => 'w',
            });
        }
        same(line, taken.as_str(), want)?;
    }
    Ok(())
}

/// Makes a password file with mosquitto_passwd, or with ours.
fn password_file(make: Make, file: &Path) -> Outcome {
    let path = file.display().to_string();
    let passwd = |arguments: &[&str]| {
        let mut command = match make {
            Make::Mosquitto => Command::new("mosquitto_passwd"),
            Make::Ours => wirelab(&["mqtt", "passwd"]),
        };
        command.args(arguments);
        let finished = Process::start("passwd", command)?.finish(PATIENCE)?;
        let good = finished.status.success();
        good.then_some(()).ok_or_else(|| format!("{make:?} {arguments:?}: {finished:?}"))
    };
    passwd(&["-c", "-b", &path, "ann", "secret"])?;
    passwd(&["-b", &path, "bob", "other"])?;
    passwd(&["-H", "sha512", "-b", &path, "six", "päss wörd"])?;
    passwd(&["-I", "1000", "-b", &path, "slow", "x"])?;
    passwd(&["-b", &path, "gone", "secret"])?;
    passwd(&["-D", &path, "gone"])?;
    passwd(&["-b", &path, "bob", "two"])?;
    // One that was plain.
    let plain = file.with_extension("plain");
    write(&plain, "plain:text\n")?;
    passwd(&["-U", &plain.display().to_string()])?;
    let upgraded = fs::read_to_string(&plain).map_err(|error| error.to_string())?;
    let all = fs::read_to_string(file).map_err(|error| error.to_string())? + &upgraded;
    write(file, &all)?;
    open_up(file, 0o644)?;
    Ok(())
}

/// Whoever wrote the password file and whoever reads it: the same are let in, and all others hear
/// the same.
fn users() -> Outcome {
    let table: [(Option<&str>, Option<&str>, u8); 15] = [
        (Some("ann"), Some("secret"), 0),
        (Some("ann"), Some("Secret"), 5),
        (Some("ann"), Some(""), 5),
        (Some("ann"), None, 5),
        (Some("bob"), Some("two"), 0),
        (Some("bob"), Some("other"), 5),
        (Some("six"), Some("päss wörd"), 0),
        (Some("six"), Some("pass word"), 5),
        (Some("slow"), Some("x"), 0),
        (Some("gone"), Some("secret"), 5),
        (Some("plain"), Some("text"), 0),
        (Some("eve"), Some("secret"), 5),
        (Some("eve"), None, 5),
        (Some(""), Some("x"), 9),
        (None, None, 9),
    ];
    for writer in [Make::Mosquitto, Make::Ours] {
        let directory = directory()?;
        let file = directory.path().join("passwords");
        password_file(writer, &file)?;
        for (reader, anonymous) in
            [Make::Mosquitto, Make::Ours].into_iter().flat_map(|m| [(m, true), (m, false)])
        {
            let port = free_port()?;
            let text = format!(
                "listener {port} 127.0.0.1\nallow_anonymous {anonymous}\npassword_file {}\n",
                file.display()
            );
            let conf = directory.path().join("m.conf");
            write(&conf, &text)?;
            let broker = start(reader, &conf, port)?;
            let _broker = broker.ok_or_else(|| format!("{reader:?} does not start"))?;
            for (user, password, code) in table {
                let code = if code == 9 { if anonymous { 0 } else { 5 } } else { code };
                let (_, seen) = Peer::connect(port, "c", user, password)?;
                let what = format!("{writer:?} wrote, {reader:?} reads: {user:?} {password:?}");
                same(&what, seen, code)?;
            }
        }
    }
    Ok(())
}

const RULES: &str = "# for those without a name
topic read news/#
topic write in/+
topic deny news/secret

user ann
topic readwrite home/#
topic deny home/safe
topic read home/safe
topic write out/a b
topic x
user bob
topic #
topic deny $app/b
user eve
topic read $app/#
pattern write sensor/%u/data
pattern read sensor/%c/data
pattern deny sensor/%c/secret
pattern in%c/x%u
pattern both/%u/%c
pattern everybody
user ann
topic read late
";

const TOPICS: [&str; 30] = [
    "news",
    "news/a",
    "news/secret",
    "in/a",
    "in/a/b",
    "home",
    "home/a/b",
    "home/safe",
    "home/safe/a",
    "out/a b",
    "x",
    "late",
    "$app/a",
    "$app/b",
    "sensor/ann/data",
    "sensor/c1/data",
    "sensor/bob/data",
    "sensor/c1/secret",
    "sensor//data",
    "inc1/xann",
    "inc1/x",
    "both/ann/c1",
    "both/c1/ann",
    "everybody",
    "sensor/a/b/data",
    "sensor/%u/data",
    "/",
    "a",
    "both/eve/c1",
    "sensor/eve/data",
];

/// Who asks; a name with a wildcard in it must not be one.
const CLIENTS: [(&str, Option<&str>); 11] = [
    ("c1", None),
    ("c1", Some("ann")),
    ("c1", Some("bob")),
    ("c1", Some("eve")),
    ("c1", Some("unknown")),
    ("c1", Some("a+b")),
    ("c1", Some("#")),
    ("c1", Some("a/b")),
    ("+", Some("eve")),
    ("#", None),
    ("a/b", Some("ann")),
];

/// What each client may read and write, as the broker shows it.
fn matrix(make: Make) -> Result<Vec<String>, String> {
    let directory = directory()?;
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let port = free_port()?;
    let acl = path("acl");
    // The one who looks on may do all.
    write(&acl, &format!("{RULES}user watcher\ntopic #\ntopic $app/#\n"))?;
    let acl = acl.display();
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nacl_file {acl}\n"
    );
    write(&path("m.conf"), &text)?;
    let broker = start(make, &path("m.conf"), port)?;
    let _broker = broker.ok_or_else(|| format!("{make:?} does not start"))?;
    let mut rows = Vec::new();
    let (mut watcher, _) = Peer::connect(port, "watcher", Some("watcher"), None)?;
    watcher.subscribe(&["#", "$app/#"])?;
    for (client_id, user) in CLIENTS {
        let (mut client, code) = Peer::connect(port, client_id, user, None)?;
        if code != 0 {
            return Err(format!("{make:?}: {client_id} {user:?} is refused: {code}"));
        }
        client.subscribe(&["#", "$app/#"])?;
        watcher.received()?;
        for topic in TOPICS {
            client.publish(topic)?;
        }
        let written = watcher.received()?;
        // What it wrote itself is not what is asked.
        client.received()?;
        for topic in TOPICS {
            watcher.publish(topic)?;
        }
        let read = client.received()?;
        for topic in TOPICS {
            let sign = |yes: bool, sign: char| if yes { sign } else { '-' };
            let (r, w) = (read.iter().any(|t| t == topic), written.iter().any(|t| t == topic));
            rows.push(format!("{client_id} {user:?} {topic}: {}{}", sign(r, 'r'), sign(w, 'w')));
        }
    }
    Ok(rows)
}

fn topics() -> Outcome {
    let (theirs, ours) = (matrix(Make::Mosquitto)?, matrix(Make::Ours)?);
    let granted = theirs.iter().filter(|row| !row.ends_with("--")).count();
    if granted < 40 || granted > theirs.len() - 40 {
        return Err(format!("mosquitto granted {granted} of {}", theirs.len()).into());
    }
    let differ: Vec<_> = theirs.iter().zip(&ours).filter(|(theirs, ours)| theirs != ours).collect();
    same("where (mosquitto, ours) differ", differ, Vec::new())
}

/// SIGHUP: new passwords hold from then on, and a file that cannot be read changes nothing.
fn hangup() -> Outcome {
    let directory = directory()?;
    let file = directory.path().join("passwords").display().to_string();
    let passwd = |arguments: &[&str]| {
        let finished = Process::start("passwd", wirelab(arguments))?.finish(PATIENCE)?;
        same("passwd", finished.status.code(), Some(0))
    };
    passwd(&["mqtt", "passwd", "-c", "-b", &file, "ann", "one"])?;
    let command = wirelab(&["mqtt", "broker", "-p", "0", "--passwd", &file, "-v"]);
    let broker = Process::start("mqtt broker", command)?;
    let line = broker.first_line(PATIENCE)?;
    let port = line.strip_prefix("listening on 127.0.0.1:").and_then(|port| port.parse().ok());
    let port: u16 = port.ok_or_else(|| format!("no port in {line:?}"))?;
    let code = |password| Peer::connect(port, "c", Some("ann"), Some(password)).map(|(_, c)| c);
    let hang_up = || {
        let pid = Pid::from_raw(broker.id().cast_signed());
        kill(pid, Signal::SIGHUP).map_err(|error| error.to_string())
    };
    same("before", (code("one")?, code("two")?), (0, 5))?;
    passwd(&["mqtt", "passwd", "-b", &file, "ann", "two"])?;
    same("still before", (code("one")?, code("two")?), (0, 5))?;
    hang_up()?;
    broker.wait_for_stderr("were read again", PATIENCE)?;
    same("after", (code("one")?, code("two")?), (5, 0))?;
    fs::remove_file(&file).map_err(|error| error.to_string())?;
    hang_up()?;
    broker.wait_for_stderr("stay as they were", PATIENCE)?;
    same("without the file", (code("one")?, code("two")?), (5, 0))?;
    kill(Pid::from_raw(broker.id().cast_signed()), Signal::SIGTERM).map_err(|e| e.to_string())?;
    let finished = broker.finish(PATIENCE)?;
    same("the end", finished.status.code(), Some(0))
}

/// On a terminal the password is asked for twice, and is not shown.
fn typed() -> Outcome {
    use std::io::{Read, Write};
    let directory = directory()?;
    let file = directory.path().join("passwords").display().to_string();
    let terminal = nix::pty::openpty(None, None).map_err(|error| error.to_string())?;
    let (ours, theirs) = (fs::File::from(terminal.master), fs::File::from(terminal.slave));
    let mut command = wirelab(&["mqtt", "passwd", "-c", &file, "ann"]);
    let stderr = theirs.try_clone().map_err(|error| error.to_string())?;
    command.stdin(theirs).stderr(stderr);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    drop(command);
    let (mut reader, mut writer) = (&ours, &ours);
    let mut screen = String::new();
    for question in ["Password: ", "Reenter password: "] {
        // The question comes after the terminal has been told to show nothing.
        while !screen.ends_with(question) {
            let mut buffer = [0; 256];
            let n = reader.read(&mut buffer).map_err(|error| format!("{error}: {screen:?}"))?;
            screen.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        writer.write_all(b"secret\n").map_err(|error| error.to_string())?;
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    same("exit code", status.code(), Some(0))?;
    same("the screen", screen.as_str(), "Password: \r\nReenter password: ")?;
    let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    same("the file", text.starts_with("ann:$7$101$"), true)
}
