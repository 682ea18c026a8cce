//! The TCP exercise: the lab's server and clients in Python, and ours, in every pairing.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, lab, same, wirelab};
use std::process::Command;

/// The three messages that the lab's report sends.
const MESSAGES: [&str; 3] = ["halo", "ingin mencoba untuk mengirim pesan", "apakah berhasil"];
/// The four words of the client without a keyboard.
const WORDS: [&str; 4] = ["hello", "distributed", "systems", "bye"];
/// What Python says of bytes, on the screen of the lab's client, and so of ours.
const CLASS: &str = "<class 'bytes'>\n";

pub fn add(trials: &mut Trials) {
    let python = &[Need::Python];
    trials.add("tcp::the_labs_own_programs_agree", python, || {
        let (server, port) = python_server()?;
        talk(python_client("client.py", port)?)?;
        python_server_saw(server, &MESSAGES)
    });
    trials.add("tcp::our_client_talks_to_the_labs_server", python, || {
        let (server, port) = python_server()?;
        talk(our_client(port, false)?)?;
        python_server_saw(server, &MESSAGES)
    });
    trials.add("tcp::our_auto_client_talks_to_the_labs_server", python, || {
        let (server, port) = python_server()?;
        recite(our_client(port, true)?)?;
        python_server_saw(server, &WORDS)
    });
    trials.add("tcp::the_labs_client_talks_to_our_server", python, || {
        let (server, port) = our_server()?;
        talk(python_client("client.py", port)?)?;
        our_server_saw(server, &MESSAGES)
    });
    trials.add("tcp::the_labs_auto_client_talks_to_our_server", python, || {
        let (server, port) = our_server()?;
        recite(python_client("auto_client.py", port)?)?;
        our_server_saw(server, &WORDS)
    });
    trials.add("tcp::our_two_ends_talk_as_the_labs_do", &[], || {
        let (server, port) = our_server()?;
        talk(our_client(port, false)?)?;
        our_server_saw(server, &MESSAGES)
    });
    trials.add("tcp::bye_is_not_sent_however_it_is_written", &[], || {
        let (server, port) = our_server()?;
        let mut client = our_client(port, false)?;
        client.wait_for("Enter message: ", PATIENCE)?;
        client.type_line("  ByE ")?;
        succeeded("client", client.finish(PATIENCE)?)?;
        our_server_saw(server, &[])
    });
    trials.add("tcp::brackets_around_an_ipv6_address_are_no_name", &[], || {
        // Port 1 of the loopback: nobody listens there.
        let command = wirelab(&["echo", "connect", "[::1]", "-p", "1", "--auto"]);
        let client = Process::start("echo connect", command)?.finish(PATIENCE)?;
        let place = client.stderr.starts_with("wirelab: cannot connect to [::1]:1: ");
        same("exit code and place", (client.status.code(), place), (Some(1), true))
    });
}

pub fn python(program: &str, arguments: &[&str]) -> Result<Process, String> {
    let mut command = Command::new("python3");
    // Unbuffered: through a pipe Python would keep its lines back until the end.
    command.arg("-u").arg(lab(&format!("tcp/{program}"))).args(arguments);
    Process::start(program, command)
}

pub fn python_server() -> Result<(Process, u16), String> {
    let server = python("server.py", &["127.0.0.1", "0"])?;
    let port = announced(&server)?;
    Ok((server, port))
}

pub fn python_client(program: &str, port: u16) -> Result<Process, String> {
    python(program, &["127.0.0.1", &port.to_string()])
}

fn our_server() -> Result<(Process, u16), String> {
    let server = Process::start("echo serve", wirelab(&["echo", "serve", "-p", "0", "--once"]))?;
    let port = announced(&server)?;
    Ok((server, port))
}

fn our_client(port: u16, auto: bool) -> Result<Process, String> {
    let port = port.to_string();
    let mut command = wirelab(&["echo", "connect", "127.0.0.1", "-p", &port]);
    if auto {
        command.arg("--auto");
    }
    Process::start("echo connect", command)
}

/// The port in the first line, `… listening on 127.0.0.1:PORT`.
fn announced(server: &Process) -> Result<u16, String> {
    let line = server.first_line(PATIENCE)?;
    let port = line.split_once("istening on 127.0.0.1:").and_then(|(_, port)| port.parse().ok());
    port.ok_or_else(|| format!("no port in the first line {line:?}"))
}

/// Types the report's three messages, each after the answer to the last, and leaves with `BYE`;
/// returns the client's screen.
pub fn talk(mut client: Process) -> Result<String, libtest_mimic::Failed> {
    let mut prompt = "Enter message: ";
    for (n, message) in MESSAGES.iter().enumerate() {
        let asked = |said: &str| said.matches("Enter").count() == n + 1;
        if !asked(&client.wait_for(prompt, PATIENCE)?) {
            return Err("prompted before the answer came".into());
        }
        client.type_line(message)?;
        client.wait_for(&format!("Received from server: Echo: {message}\n"), PATIENCE)?;
        prompt = "Enter another message: ";
        let whole = format!("{CLASS}Received from server: Echo: {message}\n{prompt}");
        client.wait_for(&whole, PATIENCE)?;
    }
    client.type_line(" BYE ")?;
    let client = succeeded("client", client.finish(PATIENCE)?)?;
    let answers = MESSAGES.map(|message| {
        format!("{CLASS}Received from server: Echo: {message}\nEnter another message: ")
    });
    let want = format!("Enter message: {}", answers.concat());
    same("the client's screen", &client.stdout, &want)?;
    Ok(client.stdout)
}

/// Lets the client without a keyboard say its four words.
fn recite(client: Process) -> Outcome {
    let client = succeeded("client", client.finish(PATIENCE)?)?;
    let answers = WORDS.map(|word| format!("CLIENT RECEIVED: Echo: {word}\n"));
    same("the client's screen", client.stdout, answers.concat())
}

fn python_server_saw(server: Process, messages: &[&str]) -> Outcome {
    let stdout = succeeded("server.py", server.finish(PATIENCE)?)?.stdout;
    let lines: Vec<&str> = stdout.lines().collect();
    saw(&lines, messages)
}

/// Ours has one line more at the top, the port for scripts.
fn our_server_saw(server: Process, messages: &[&str]) -> Outcome {
    let stdout = succeeded("echo serve", server.finish(PATIENCE)?)?.stdout;
    let lines: Vec<&str> = stdout.lines().collect();
    let [first, rest @ ..] = &lines[..] else { return Err("the server said nothing".into()) };
    let addr = first.strip_prefix("listening on ").unwrap_or_default();
    let second = format!("Server listening on {addr}");
    same("the server's second line", rest.first().copied(), Some(second.as_str()))?;
    saw(rest, messages)
}

/// After the line with its address, the lab's server names its client, then each message.
fn saw(lines: &[&str], messages: &[&str]) -> Outcome {
    let [_, from, received @ ..] = lines else {
        return Err(format!("the server said only {lines:?}").into());
    };
    let inside = from.strip_prefix("Connection from: ('127.0.0.1', ");
    let port = inside.and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
    if port.parse::<u16>().is_err() {
        return Err(format!("the server named its client as {from:?}").into());
    }
    let want: Vec<String> =
        messages.iter().map(|message| format!("Received from client: {message}")).collect();
    same("the server's screen", received.to_vec(), want.iter().map(String::as_str).collect())
}

fn succeeded(name: &str, finished: Finished) -> Result<Finished, String> {
    if finished.status.success() {
        return Ok(finished);
    }
    let Finished { status, stdout, stderr, .. } = finished;
    Err(format!("{name}: {status}\n  stdout: {stdout:?}\n  stderr: {stderr:?}"))
}
