//! `wirelab echo connect`: the lab's `client.py`, and with `--auto` its `auto_client.py`.
//!
//! It knows prompts and texts on the screen. It does not know where an answer ends.

use clap::Args;
use serde_json::json;
use std::io::{self, BufRead, Read};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use wirelab_echo::Style;
use wirelab_echo::blocking::Client;

use super::PORT;
use crate::exit::{Failure, INTERRUPTED};
use crate::output::{Output, escape};
use crate::signals;

/// What `--auto` says: the lab's four words. Unlike a typed `bye`, the last one is sent.
const WORDS: [&str; 4] = ["hello", "distributed", "systems", "bye"];

/// A typed line longer than this is sent in pieces, each with an answer of its own.
const LINE_MAX: u64 = 1024 * 1024;

/// Arguments of `echo connect`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The server's name or address.
    #[arg(default_value = "127.0.0.1", env = "WIRELAB_HOST")]
    pub host: String,
    /// The server's port.
    #[arg(short, long, default_value_t = PORT, env = "WIRELAB_PORT")]
    pub port: u16,
    /// Say the lab's four words and end, instead of reading lines.
    #[arg(long)]
    pub auto: bool,
    /// The server echoes plainly, as RFC 862 says: no `Echo: ` is waited for.
    #[arg(long)]
    pub raw: bool,
}

/// What the main thread waits for.
enum Input {
    Line(Vec<u8>),
    End,
    Interrupted,
}

/// Connects, asks, prints.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let (sender, inputs) = mpsc::sync_channel(1);
    catch_signals(sender.clone())?;
    let mut client = connect(arguments)?;
    let result = if arguments.auto {
        say_words(&mut client, &inputs, output)
    } else {
        read_lines(sender);
        converse(&mut client, &inputs, output)
    };
    let closed = client.close();
    result?;
    closed.map_err(|error| Failure::failed(format!("the connection ended badly: {error}")))
}

fn connect(arguments: &Arguments) -> Result<Client, Failure> {
    let (host, port) = (unbracketed(&arguments.host), arguments.port);
    let style = if arguments.raw { Style::Raw } else { Style::Lab };
    let addrs: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|error| Failure::failed(format!("cannot find the host {host}: {error}")))?
        .collect();
    let place =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for addr in addrs {
        match Client::connect(addr, style) {
            Ok(client) => return Ok(client),
            Err(error) => last = error,
        }
    }
    let advice = match last.kind() {
        io::ErrorKind::ConnectionRefused => "; is a server running there? (wirelab echo serve)",
        io::ErrorKind::TimedOut => "; nothing answers there",
        _ => "",
    };
    Err(Failure::failed(format!("cannot connect to {place}: {last}{advice}")))
}

/// `[::1]` as `::1`: the brackets that an IPv6 address has beside a port [RFC 3986 3.2.2], and
/// with which `echo serve` prints it.
fn unbracketed(host: &str) -> &str {
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inside.filter(|inside| inside.contains(':')).unwrap_or(host)
}

fn say_words(
    client: &mut Client,
    inputs: &Receiver<Input>,
    output: &Output,
) -> Result<(), Failure> {
    for word in WORDS {
        if let Ok(Input::Interrupted) = inputs.try_recv() {
            return Err(Failure::interrupted());
        }
        let answer = ask(client, word.as_bytes())?;
        print(output, word.as_bytes(), &answer, "CLIENT RECEIVED: ");
    }
    Ok(())
}

fn converse(client: &mut Client, inputs: &Receiver<Input>, output: &Output) -> Result<(), Failure> {
    let mut prompt = "Enter message: ";
    loop {
        if !output.json {
            output.prompt(prompt);
        }
        let line = match inputs.recv() {
            Ok(Input::Line(line)) => line,
            Ok(Input::Interrupted) => return Err(Failure::interrupted()),
            Ok(Input::End) | Err(_) => return Ok(()),
        };
        // The lab's client compares what was typed trimmed and in lower case, and sends it as it
        // was; a `bye` ends the conversation without a word.
        if line.trim_ascii().eq_ignore_ascii_case(b"bye") {
            return Ok(());
        }
        // Nothing on the wire would answer nothing: ask again.
        if line.is_empty() {
            continue;
        }
        let answer = ask(client, &line)?;
        if !output.json {
            // The lab's client shows what Python calls the type of what it received.
            output.line("<class 'bytes'>");
        }
        print(output, &line, &answer, "Received from server: ");
        prompt = "Enter another message: ";
    }
}

fn ask(client: &mut Client, request: &[u8]) -> Result<bytes::Bytes, Failure> {
    client.ask(request.to_vec()).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Failure::failed("the server does not answer"),
        _ => Failure::failed(format!("no answer: {error}")),
    })
}

fn print(output: &Output, request: &[u8], answer: &[u8], label: &str) {
    let answer = escape(answer);
    if output.json {
        let request = escape(request);
        let line = json!({"v": 1, "kind": "answer", "request": request, "answer": answer});
        output.line(&line.to_string());
    } else {
        output.line(&format!("{label}{answer}"));
    }
}

/// Lines from stdin, in a thread: a read from a terminal cannot be given up for a signal.
fn read_lines(sender: SyncSender<Input>) {
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = stdin.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
            let input = match read {
                Ok(n) if n > 0 => Input::Line(without_line_end(line)),
                _ => Input::End,
            };
            let over = matches!(input, Input::End);
            if sender.send(input).is_err() || over {
                return;
            }
        }
    });
}

fn without_line_end(mut line: Vec<u8>) -> Vec<u8> {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    line
}

/// The first ^C ends the conversation, the second one the program.
fn catch_signals(sender: SyncSender<Input>) -> Result<(), Failure> {
    let caught = signals::on_end(move |n| {
        if n > 1 || sender.try_send(Input::Interrupted).is_err() {
            process::exit(i32::from(INTERRUPTED));
        }
    });
    caught.map_err(|error| Failure::failed(format!("cannot catch signals: {error}")))
}
