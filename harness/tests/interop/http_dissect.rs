//! Our fields of HTTP messages beside those of tshark: the same places, on the lab's own capture
//! and on one with what that has not; and the same frames in which messages are complete.

use super::build::{ACK, PSH, SYN, capture, pcap, tcp_from};
use super::common::Outcome;
use super::common::reference::{Need, Trials};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
/// A field's frame, name, first byte and length.
type Place = (u64, String, usize, usize);

pub fn add(trials: &mut Trials) {
    let needs = &[Need::Tshark];
    trials.add("http_dissect::the_lab_s_capture", needs, the_lab_s_capture);
    trials.add("http_dissect::what_the_lab_has_not", needs, what_the_lab_has_not);
    trials.add("http_dissect::messages_complete_in_the_same_frames", needs, complete_alike);
}

/// tshark's names of our fields.
const NAMES: &[(&str, &str)] = &[
    ("http.request.method", "method"),
    ("http.request.uri", "request target"),
    ("http.request.uri.path", "path"),
    ("http.request.uri.query.parameter", "query parameter"),
    ("http.request.version", "HTTP-version"),
    ("http.response.version", "HTTP-version"),
    ("http.response.code", "status code"),
    ("http.response.phrase", "reason phrase"),
    ("http.request.line", "field line"),
    ("http.response.line", "field line"),
    ("http.chunk_size", "chunk size"),
];

const REQUESTS: &[&[u8]] = &[
    b"GET /items?first=1&last=%20x HTTP/1.1\r\nHost: h\r\nX-Empty-Not: y\r\n\r\n",
    b"PUT /items/7 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /items HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n",
    b"DELETE /items/7 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
];

const RESPONSES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 204 No Content\r\nETag: \"a\"\r\n\r\n",
    b"HTTP/1.1 201 Created\r\nLocation: /items/8\r\nTransfer-Encoding: chunked\r\n\r\n\
      3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
];

/// What stands between `name="` and the next quote.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn tshark(bytes: &[u8], arguments: &[&str]) -> Result<String> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("http.pcap");
    std::fs::write(&file, bytes)?;
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&file).args(arguments);
    // Neither of the two ports is one of HTTP's.
    command.args(["-d", "tcp.port==2222,http", "-d", "tcp.port==5151,http"]);
    Ok(String::from_utf8(command.output()?.stdout)?)
}

fn theirs(bytes: &[u8]) -> Result<BTreeSet<Place>> {
    // Each frame for itself: of a message put together, places are not those of a frame.
    let text = tshark(bytes, &["-o", "http.desegment_body:FALSE", "-T", "pdml"])?;
    let mut places = BTreeSet::new();
    for (frame, packet) in (1..).zip(text.split("<packet>").skip(1)) {
        for field in packet.split("<field ").skip(1) {
            let field = format!(" {field}");
            let number = |name| attribute(&field, name).and_then(|n| n.parse().ok()).unwrap_or(0);
            let name = attribute(&field, "name").unwrap_or_default();
            let ours = NAMES.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
            if let Some(ours) = ours.filter(|_| number("size") > 0) {
                places.insert((frame, ours.to_owned(), number("pos"), number("size")));
            }
        }
    }
    Ok(places)
}

/// The frames of ours, as JSON.
fn frames(bytes: &[u8]) -> Result<Vec<Value>> {
    let (text, result) = super::build::explain(bytes, &wirelab::explain::Options::default(), true);
    result.map_err(|failure| failure.message)?;
    let events: Vec<Value> =
        text.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?;
    Ok(events.into_iter().filter(|event| event["kind"] == "frame").collect())
}

fn ours(bytes: &[u8]) -> Result<BTreeSet<Place>> {
    let mut places = BTreeSet::new();
    for event in frames(bytes)? {
        let frame = event["n"].as_u64().unwrap_or(0);
        let layers = event["layers"].as_array().cloned().unwrap_or_default();
        for layer in layers.iter().filter(|layer| layer["proto"] == "http") {
            let mut line = 0;
            for field in layer["fields"].as_array().into_iter().flatten() {
                let number = |name: &str| field[name].as_u64().unwrap_or(0) as usize;
                let (name, off, len) =
                    (field["name"].as_str().unwrap_or(""), number("off"), number("len"));
                match name {
                    "field name" => line = off,
                    // Theirs is the whole line, with its end.
                    "field value" => {
                        let all = off + len + 2 - line;
                        places.insert((frame, "field line".to_owned(), line, all));
                    }
                    // Theirs has the line's end, and the last chunk is one as well.
                    "chunk size" | "last chunk" => {
                        places.insert((frame, "chunk size".to_owned(), off, len + 2));
                    }
                    // Theirs tells the path only where there is a query behind it.
                    "path" if places.contains(&(frame, "request target".to_owned(), off, len)) => {}
                    _ if NAMES.iter().any(|(_, ours)| *ours == name) && len > 0 => {
                        places.insert((frame, name.to_owned(), off, len));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(places)
}

fn compare(theirs: &BTreeSet<Place>, ours: &BTreeSet<Place>, least: usize) -> Outcome {
    let only_theirs: Vec<_> = theirs.difference(ours).collect();
    let only_ours: Vec<_> = ours.difference(theirs).collect();
    if theirs.len() < least || !only_theirs.is_empty() || !only_ours.is_empty() {
        return Err(format!("only tshark: {only_theirs:?}\nonly we: {only_ours:?}").into());
    }
    Ok(())
}

fn the_lab_s_capture() -> Outcome {
    let bytes = capture("rest.pcap");
    compare(&theirs(&bytes)?, &ours(&bytes)?, 130)
}

/// A frame for each message, and one more with requests one behind the other.
fn conversation() -> Vec<u8> {
    let mut frames = vec![
        tcp_from(40000, true, 99, 0, SYN, b""),
        tcp_from(40000, false, 499, 100, SYN | ACK, b""),
        tcp_from(40000, true, 100, 500, ACK, b""),
    ];
    let (mut client, mut server) = (100, 500);
    let all = [REQUESTS[0], REQUESTS[1], REQUESTS[4]].concat();
    let answers = [RESPONSES[0], RESPONSES[1], RESPONSES[4]].concat();
    let together = [(all.as_slice(), answers.as_slice())];
    let each = REQUESTS.iter().copied().zip(RESPONSES.iter().copied());
    for (request, response) in each.chain(together) {
        frames.push(tcp_from(40000, true, client, server, PSH | ACK, request));
        client += request.len() as u32;
        frames.push(tcp_from(40000, false, server, client, PSH | ACK, response));
        server += response.len() as u32;
    }
    pcap(&frames)
}

fn what_the_lab_has_not() -> Outcome {
    let bytes = conversation();
    compare(&theirs(&bytes)?, &ours(&bytes)?, 60)
}

/// Frame and status of each response, where its last byte is.
fn complete_alike() -> Outcome {
    let bytes = capture("rest.pcap");
    let columns =
        ["-T", "fields", "-e", "frame.number", "-e", "http.response.code", "-e", "http.request_in"];
    let text = tshark(&bytes, &[&["-Y", "http.response"], &columns[..]].concat())?;
    let theirs: Vec<String> = text.lines().map(|line| line.replace('\t', " ")).collect();
    let mut ours = Vec::new();
    let mut head = String::new();
    for event in frames(&bytes)? {
        let say = event["say"].as_str().unwrap_or_default();
        // `response 1 to #6 (+1.9 ms): HTTP/1.1 200 OK…`
        if let Some((_, rest)) = say.split_once("response 1 to #") {
            let request = rest.split(' ').next().unwrap_or_default();
            let status = rest.split("HTTP/1.1 ").nth(1).and_then(|text| text.split(' ').next());
            head = format!("{} {request}", status.unwrap_or_default());
        }
        let completes = say.contains("message completes in #") || say.contains("; complete, ");
        if completes && event["src"] == "server" {
            ours.push(format!("{} {head}", event["n"]));
        }
    }
    if theirs.len() != 8 || ours != theirs {
        return Err(format!("tshark: {theirs:?}\nwe: {ours:?}").into());
    }
    Ok(())
}
