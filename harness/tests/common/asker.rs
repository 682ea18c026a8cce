//! A client in octets: it shows an answer as it came, and never asks twice of its own accord.
//!
//! It knows heads and `Content-Length`. What an answer means is whoever asks's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Its lines, from the second on.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of this field; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        let mut fields = self.head.iter().filter_map(|line| line.split_once(": "));
        fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Keeps its connection as long as answers come.
pub struct Asker {
    port: u16,
    patience: Duration,
    stream: Option<BufReader<TcpStream>>,
}

impl Asker {
    pub fn new(port: u16, patience: Duration) -> Self {
        Self { port, patience, stream: None }
    }

    /// `None`: there is no answer, and nobody knows whether the request was carried out.
    pub fn ask(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> Option<Answer> {
        let mut stream = self.send(method, target, fields, body)?;
        let mut answer = head(&mut stream)?;
        if method != "HEAD" {
            answer.body = vec![0; answer.field("Content-Length").parse().unwrap_or(0)];
            stream.read_exact(&mut answer.body).ok()?;
        }
        if answer.field("Connection") != "close" {
            self.stream = Some(stream);
        }
        Some(answer)
    }

    /// The connection, with the request sent and nothing read.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> Option<BufReader<TcpStream>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).ok()?),
        };
        stream.get_ref().set_read_timeout(Some(self.patience)).ok()?;
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n");
        for (name, value) in fields {
            request.extend([name, ": ", value, "\r\n"]);
        }
        if !body.is_empty() {
            request.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        stream.get_mut().write_all(format!("{request}\r\n{body}").as_bytes()).ok()?;
        Some(stream)
    }
}

/// A whole head; one that was cut is no answer.
pub fn head(stream: &mut impl BufRead) -> Option<Answer> {
    let (mut head, mut line) = (Vec::new(), String::new());
    while stream.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        head.push(std::mem::take(&mut line));
    }
    if line != "\r\n" || head.is_empty() {
        return None;
    }
    let status = head.remove(0).split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: Vec::new() })
}
