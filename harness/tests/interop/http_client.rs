//! The http crate's blocking client asks nginx: connections that are used again, or are not, and
//! content of all kinds.

use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use super::nginx::Nginx;
use bytes::Bytes;
use std::fs;
use std::time::Instant;
use wirelab_http::client::{Client, Content, Options, Outgoing, Url};
use wirelab_http::{Method, Next, Source};
use wirelab_reactor::Now;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub fn add(trials: &mut Trials) {
    let nginx = &[Need::Nginx];
    trials.add("http_client::uses_its_connection_again", nginx, again);
    trials.add("http_client::goes_on_when_nginx_closes", nginx, closes);
    trials.add("http_client::uploads_in_all_ways", nginx, uploads);
}

fn client() -> Result<Client> {
    Ok(Client::new(Options { redirects: 5, deadline: Some(PATIENCE), ..Options::default() })?)
}

fn request(method: Method, url: &str) -> Result<Outgoing> {
    Ok(Outgoing::new(method, Url::parse(url)?))
}

/// The status and the content of the answer.
fn ask(client: &mut Client, request: Outgoing) -> Result<(u16, String)> {
    let mut response = client.send(request)?;
    let content = response.bytes()?;
    Ok((response.status().code(), String::from_utf8_lossy(&content).into_owned()))
}

/// [9112-9.3-06] Whatever is answered, and however: what was read to its end leaves its connection
/// to the next.
fn again() -> Outcome {
    let nginx = Nginx::start()?;
    fs::write(nginx.file("text"), "0123456789".repeat(100_000))?;
    let mut client = client()?;
    let who = |client: &mut Client| -> Result<(u64, u64)> {
        let (_, seen) = ask(client, request(Method::Get, &nginx.url("/who"))?)?;
        let (connection, count) = seen.trim().split_once(' ').ok_or("not two numbers")?;
        Ok((connection.parse()?, count.parse()?))
    };
    let (connection, _) = who(&mut client)?;
    let mut requests = 1;
    for (method, path, body, status) in [
        (Method::Get, "/text", "", 200),
        (Method::Head, "/text", "", 200),
        (Method::Get, "/ssi/text", "", 200),
        (Method::Get, "/none", "", 404),
        (Method::Put, "/kept/a", "0123456789", 201),
        (Method::Put, "/kept/a", "0123456789", 204),
        (Method::Delete, "/kept/a", "", 204),
        (Method::Post, "/text", "0123456789", 405),
        (Method::Options, "/text", "", 405),
    ] {
        let asked = request(method, &nginx.url(path))?.body(body);
        same(path, ask(&mut client, asked)?.0, status)?;
        requests += 1;
    }
    // Two requests: there, and where it leads.
    same("redirected", ask(&mut client, request(Method::Get, &nginx.url("/moved"))?)?.0, 200)?;
    requests += 3;
    same("one connection", who(&mut client)?, (connection, requests))?;
    // Asked to be the last, it is.
    let last = Outgoing { close: true, ..request(Method::Get, &nginx.url("/text"))? };
    same("the last", ask(&mut client, last)?.0, 200)?;
    let (second, count) = who(&mut client)?;
    same("another connection", (second == connection, count), (false, 1))?;
    // What is not read to its end takes its connection with it.
    let mut response = client.send(request(Method::Get, &nginx.url("/slow/text"))?)?;
    same("a piece", response.piece()?.is_some(), true)?;
    drop(response);
    let (third, count) = who(&mut client)?;
    same("a third connection", (third == second, count), (false, 1))
}

/// [9112-9.3.1-01] Connections end when nginx has had enough of them. A POST, which is not sent
/// twice, does not meet one that has ended.
fn closes() -> Outcome {
    let nginx = Nginx::start()?;
    let (mut client, mut other) = (client()?, client()?);
    let mut connections = Vec::new();
    for _ in 0..9 {
        let (status, connection) = ask(&mut client, request(Method::Get, &nginx.url("/few"))?)?;
        same("answered", status, 200)?;
        connections.push(connection);
    }
    connections.dedup();
    same("three requests each", connections.len(), 3)?;
    for _ in 0..10 {
        same("brief", ask(&mut client, request(Method::Get, &nginx.url("/brief"))?)?.0, 200)?;
        // Until nginx has closed it: then the one that asks is the only one.
        let deadline = Instant::now() + PATIENCE;
        let status = nginx.url("/status");
        while !ask(&mut other, request(Method::Get, &status)?)?.1.contains("connections: 1 ") {
            same("nginx closes it", Instant::now() < deadline, true)?;
        }
        let post = request(Method::Post, &nginx.url("/said"))?.body("hello");
        same("POST", ask(&mut client, post)?, (200, "POST  5\n".to_owned()))?;
        // That one is to be gone, too.
        let close = Outgoing { close: true, ..request(Method::Get, &nginx.url("/who"))? };
        same("the last", ask(&mut client, close)?.0, 200)?;
    }
    Ok(())
}

/// So many pieces of a thousand octets.
#[derive(Debug)]
pub struct Pieces(pub usize);

impl Source for Pieces {
    fn next(&mut self, _now: Now) -> Next {
        if self.0 == 0 {
            return Next::End;
        }
        self.0 -= 1;
        Next::Piece(Bytes::from(vec![b'a' + (self.0 % 26) as u8; 1000]))
    }
}

/// Whole, in chunks, with a length that is known before; with a question before, or without.
fn uploads() -> Outcome {
    let nginx = Nginx::start()?;
    let want: Vec<u8> =
        (0..5000).rev().flat_map(|n: usize| vec![b'a' + (n % 26) as u8; 1000]).collect();
    let mut client = client()?;
    for expects_continue in [false, true] {
        let pieces = |len| Content::Pieces { len, source: Box::new(Pieces(5000)) };
        let whole = Content::Whole(Bytes::from(want.clone()));
        for (n, content) in [whole, pieces(None), pieces(Some(5_000_000))].into_iter().enumerate() {
            let path = format!("/kept/{expects_continue}/{n}");
            let put = request(Method::Put, &nginx.url(&path))?;
            let put = Outgoing { content, expects_continue, ..put };
            same(&path, ask(&mut client, put)?.0, 201)?;
            same(&path, fs::read(nginx.file(&path[1..]))? == want, true)?;
        }
    }
    // Refused: before an octet of it is sent, or while it is.
    for expects_continue in [false, true] {
        for content in [
            Content::Whole(vec![b'x'; 20 << 20].into()),
            Content::Pieces { len: None, source: Box::new(Pieces(20_000)) },
            Content::Pieces { len: Some(20_000_000), source: Box::new(Pieces(20_000)) },
        ] {
            let put = request(Method::Put, &nginx.url("/small/a"))?;
            let put = Outgoing { content, expects_continue, ..put };
            same("413", ask(&mut client, put)?.0, 413)?;
        }
    }
    Ok(())
}
