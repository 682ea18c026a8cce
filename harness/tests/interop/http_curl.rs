//! What else curl can say to our REST server: uploads in chunks, questions before uploads,
//! HTTP/1.0, and requests as they are sent to a proxy. What it says is counted by a relay.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::http::{curl, ended, server};
use super::relay::Relay;
use std::fs;
use std::process::Command;

const JSON: &str = "Content-Type: application/json";
const EXPECT: &str = "Expect: 100-continue";
const CODE: [&str; 2] = ["--write-out", "%{http_code}"];

pub fn add(trials: &mut Trials) {
    trials.add("http_curl::uploads_in_chunks", &[Need::Curl], chunks);
    trials.add("http_curl::asks_before_it_uploads", &[Need::Curl], expects);
    trials.add("http_curl::speaks_http_1_0", &[Need::Curl], old);
    trials.add("http_curl::takes_us_for_a_proxy", &[Need::Curl], proxy);
}

fn chunks() -> Outcome {
    let (process, addr) = server(&[])?;
    let relay = Relay::to(&addr)?;
    let url = format!("http://{}/items/1", relay.addr());
    let text = format!("[\"{}\"]\n", "ä".repeat(25_000));
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--noproxy", "*", "--verbose", "--header", JSON]);
    command.args(["--header", "Transfer-Encoding: chunked", "--upload-file", "-", &url]);
    let mut sends = Process::start("curl", command)?;
    sends.type_line(text.trim_end())?;
    let sent = sends.finish(PATIENCE)?;
    let says = |text: &str| sent.stderr.contains(text);
    same("201", (says("> Transfer-Encoding: chunked"), says("< HTTP/1.1 201 ")), (true, true))
        .map_err(|_| sent.stderr.clone())?;
    same("as it was sent", curl(&[&url])?.stdout == text, true)?;
    ended(process)
}

/// Uploads `octets` and returns what curl says of it, and what the relay has counted.
fn upload(octets: usize, method: &str) -> Result<(Finished, usize), Box<dyn std::error::Error>> {
    let (process, addr) = server(&[])?;
    let relay = Relay::to(&addr)?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("text");
    fs::write(&file, format!("\"{}\"", "x".repeat(octets - 2)))?;
    let url = format!("http://{}/items/1", relay.addr());
    let data = format!("@{}", file.display());
    // A server that says nothing would be waited for, and found out by that.
    let asks = ["--verbose", "--expect100-timeout", "25", "--header", EXPECT, "--header", JSON];
    let rest = ["--request", method, "--data-binary", &data, &url];
    let sent = curl(&[&asks[..], &CODE[..], &rest[..]].concat())?;
    ended(process).map_err(|error| error.message().unwrap_or_default().to_owned())?;
    Ok((sent, relay.upwards()))
}

/// [9110-10.1.1-03] [9110-10.1.1-04] It sends what it is asked for, and of what is too large, or
/// nobody takes, not an octet.
fn expects() -> Outcome {
    let (sent, octets) = upload(60_000, "PUT")?;
    let continued = |sent: &Finished| sent.stderr.contains("< HTTP/1.1 100 Continue");
    same("taken", (sent.stdout.as_str(), continued(&sent)), ("201", true))
        .map_err(|_| sent.stderr.clone())?;
    same("all of it", (60_000..61_000).contains(&octets), true)?;
    for (octets, method, code) in [(50_000_000, "PUT", "413"), (60_000, "POST", "405")] {
        let (sent, octets) = upload(octets, method)?;
        same("refused", (sent.stdout.ends_with(code), continued(&sent)), (true, false))
            .map_err(|_| sent.stderr.clone())?;
        same("but a head", octets < 1000, true).map_err(|_| format!("{code}: {octets} octets"))?;
    }
    Ok(())
}

/// It closes after an answer, unless it is asked not to.
fn old() -> Outcome {
    let (process, addr) = server(&[])?;
    let url = format!("http://{addr}/add?a=1&b=1");
    let quiet = ["--write-out", "%{num_connects}", "--output", "/dev/null", &url];
    let common = ["--silent", "--noproxy", "*", "--http1.0"];
    for (field, connects) in [("X-Nothing: 0", "11"), ("Connection: keep-alive", "10")] {
        let with = ["--http1.0", "--header", field];
        let again = [&["--next"], &common[..], &["--header", field]].concat();
        let twice = [&with[..], &quiet, &again, &quiet].concat();
        same(field, curl(&twice)?.stdout.as_str(), connects)?;
    }
    let head = curl(&["--http1.0", "--include", &url])?.stdout;
    same("closes", head.contains("\r\nConnection: close\r\n"), true).map_err(|_| head)?;
    let upload = ["--http1.0", "--include", "--header", JSON, "--upload-file"];
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("item");
    fs::write(&file, "{}")?;
    let item = format!("http://{addr}/items/1");
    let put = curl(&[&upload[..], &[&file.to_string_lossy(), &item]].concat())?.stdout;
    same("PUT", put.starts_with("HTTP/1.1 201 "), true).map_err(|_| put)?;
    same("as it was sent", curl(&[&item])?.stdout.as_str(), "{}")?;
    ended(process)
}

/// [9112-3.2.2-02] [9112-3.2.2-03] A target in absolute form is answered like any other,
/// whatever `Host` says.
fn proxy() -> Outcome {
    let (process, addr) = server(&[])?;
    let ask = |host: &str| -> Result<Finished, String> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--verbose", "--noproxy", ""]);
        command.args(["--proxy", &format!("http://{addr}"), "--header", &format!("Host: {host}")]);
        command.arg("http://elsewhere.example:8080/add?a=5&b=9");
        Process::start("curl", command)?.finish(PATIENCE)
    };
    let answered = ask("elsewhere.example:8080")?;
    same("the sum", answered.stdout.as_str(), "{\n  \"result\": 14\n}\n")
        .map_err(|_| answered.stderr.clone())?;
    let line = "> GET http://elsewhere.example:8080/add?a=5&b=9 HTTP/1.1";
    same("absolute form", answered.stderr.contains(line), true).map_err(|_| answered.stderr)?;
    let other = ask("another.example")?;
    same("another Host", other.stdout.as_str(), "{\n  \"result\": 14\n}\n")
        .map_err(|_| other.stderr)?;
    let bad = ask("a b")?;
    same("a bad one", bad.stderr.contains("< HTTP/1.1 400 "), true).map_err(|_| bad.stderr)?;
    ended(process)
}
