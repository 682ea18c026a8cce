//! Our client asks what people write with Flask, on Flask's development server in HTTP/1.1 and in
//! HTTP/1.0: `flask_server.py`.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::http::rest;
use super::http_client::Pieces;
use bytes::Bytes;
use std::fs;
use std::path::Path;
use std::process::Command;
use wirelab_http::Method;
use wirelab_http::client::{Client, Content, Options, Outgoing, Url};

pub fn add(trials: &mut Trials) {
    let flask = &[Need::Flask];
    trials.add("http_flask::answers_of_1_1", flask, || answers("1.1"));
    trials.add("http_flask::answers_of_1_0", flask, || answers("1.0"));
    trials.add("http_flask::takes_uploads", flask, uploads);
}

fn start(version: &str) -> Result<(Process, String), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/flask_server.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(version);
    let process = Process::start("flask", command)?;
    let port = process.first_line(PATIENCE)?.trim().to_owned();
    Ok((process, port))
}

/// A generator's answer comes in chunks in HTTP/1.1, and to the connection's end in HTTP/1.0: one
/// that fails half-way can be told from a whole one in the first, and not in the second.
fn answers(version: &str) -> Outcome {
    let (process, port) = start(version)?;
    let url = |path: &str| format!(":{port}{path}");
    let count = 100_000;
    let numbers: Vec<String> = (0..count).map(|n| format!("{n}\n")).collect();
    let answered = rest(&["get", &url(&format!("/numbers/{count}")), "-i"])?.stdout;
    let (head, content) = answered.split_once("\r\n\r\n").ok_or("no head")?;
    let start = format!("HTTP/{version} 200 OK\r\n");
    let chunked = head.contains("\r\nTransfer-Encoding: chunked");
    same("the head", (head.starts_with(&start), chunked), (true, version == "1.1"))
        .map_err(|_| head)?;
    same("the numbers", content == numbers.concat(), true)?;
    let breaks = if version == "1.1" { 18 } else { 0 };
    let three = "0\n1\n2\n";
    let error = "<title>500 Internal Server Error</title>";
    for (arguments, code, says) in [
        (&["get", &url("/breaks")][..], breaks, "half\nhalf\n"),
        (&["get", &url("/fails")], 0, error),
        (&["get", &url("/fails"), "-f"], 22, ""),
        (&["get", &url("/leads/302")], 0, "<title>Redirecting...</title>"),
        (&["get", &url("/leads/302"), "-L"], 0, three),
        (&["get", &url("/leads/303"), "-L"], 0, three),
        (&["get", &url("/leads/307"), "-L"], 0, three),
        // To a whole URL, with the name and the port that were asked.
        (&["get", &url("/slashed"), "-L"], 0, "with a slash\n"),
        (&["head", &url("/numbers/3")], 0, "200 OK\r\n"),
        (&["options", &url("/echo"), "-i"], 0, "\r\nAllow: "),
        (&["delete", &url("/echo"), "-i"], 0, "405 METHOD NOT ALLOWED"),
        (&["post", &url("/form"), "-d", "b=1+2&a=%C3%A4%26"], 0, "a=ä&\nb=1 2\n"),
        (&["post", &url("/form"), "-d", ""], 0, ""),
        (&["put", &url("/echo"), "-i", "a=ü", "n:=[1, 2.5]"], 0, r#"{"a":"\u00fc","n":[1,2.5]}"#),
        (&["put", &url("/echo"), "-i", "a=b"], 0, "X-Method: PUT"),
        (&["post", &url("/echo"), "-d", "a=b", "-i"], 0, "415 UNSUPPORTED MEDIA TYPE"),
        (&["get", &url("/query"), "a==ä&b", "c==1+1", "a=="], 0, r#"["a",""],["a","\u00e4&b"],"#),
    ] {
        let asked = rest(arguments)?;
        let fits = asked.stdout.contains(says);
        same("what it says", (asked.status.code(), fits), (Some(code), true))
            .map_err(|_| format!("{arguments:?}: {asked:?}"))?;
    }
    process.terminate(PATIENCE)?;
    Ok(())
}

/// Those that are counted, in all ways, and those that nobody asked for.
fn uploads() -> Outcome {
    let (process, port) = start("1.1")?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("large");
    fs::write(&file, vec![b'x'; 10_000_000])?;
    let data = format!("@{}", file.display());
    let octets = "Content-Type: application/octet-stream";
    let count = format!(":{port}/count");
    let counted = rest(&["post", &count, "-H", octets, "-d", &data])?;
    same("a file", counted.stdout.as_str(), "10000000\n").map_err(|_| counted.stderr)?;
    let refused = rest(&["put", &format!(":{port}/numbers/3"), "-d", &data, "-i"])?;
    same("405", refused.stdout.contains(" 405 METHOD NOT ALLOWED\r\n"), true)
        .map_err(|_| refused.stderr)?;
    let options = Options { deadline: Some(PATIENCE), ..Options::default() };
    let mut client = Client::new(options)?;
    for expects_continue in [false, true] {
        for len in [None, Some(5_000_000)] {
            let url = Url::parse(&format!("http://127.0.0.1:{port}/count"))?;
            let content = Content::Pieces { len, source: Box::new(Pieces(5000)) };
            let post = Outgoing::new(Method::Post, url).field("Content-Type", "text/plain");
            let mut response = client.send(Outgoing { content, expects_continue, ..post })?;
            same("pieces", response.bytes()?, Bytes::from_static(b"5000000\n"))?;
        }
    }
    process.terminate(PATIENCE)?;
    Ok(())
}
