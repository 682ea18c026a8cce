//! What is asked, and what must be answered, to the octet.
//!
//! The form of an answer is the server's own and is learned from its first one, whose status,
//! length and content are checked; of all that follow, every octet is known but the date's.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::Duration;

use super::bulk;
use crate::load::wrong;

/// What the lab answers to its sum.
const SUM: &[u8] = b"{\n  \"result\": 14\n}\n";
/// What the rows of wrk ask for, too.
pub const SUM_TARGET: &str = "/add?a=5&b=9";
/// Octets of a date: `Sun, 06 Nov 1994 08:49:37 GMT`.
const DATE_LEN: usize = 29;
/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of a long piece only the ends are compared, unless it is to be compared whole: checking must
/// not become the bottleneck, and what is lost or doubled shifts the ends, too.
const ENDS: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The lab's sum, 19 octets.
    Add,
    /// 1 MiB is got.
    Get,
    /// 1 MiB is put, and counted.
    Put,
}

impl Exchange {
    /// The request's octets.
    pub fn request(self, host: SocketAddr) -> Vec<u8> {
        let (line, content) = match self {
            Self::Add => (format!("GET {SUM_TARGET}"), None),
            Self::Get => ("GET /bulk".to_owned(), None),
            Self::Put => ("PUT /bulk".to_owned(), Some(bulk::content())),
        };
        let mut request = format!("{line} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
        if let Some(content) = &content {
            request.extend_from_slice(format!("Content-Length: {}\r\n", content.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend(content.unwrap_or_default());
        request
    }

    /// The content that must be answered.
    fn content(self) -> Vec<u8> {
        match self {
            Self::Add => SUM.to_vec(),
            Self::Get => bulk::content(),
            Self::Put => format!("{}\n", bulk::content().len()).into_bytes(),
        }
    }

    /// Asks once, and learns how the server answers.
    ///
    /// # Errors
    /// When it answers something else than it must.
    pub fn learn(self, stream: &mut TcpStream) -> io::Result<Answer> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&self.request(stream.peer_addr()?))?;
        let mut octets = Vec::new();
        let head = loop {
            if let Some(at) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            read_some(stream, &mut octets)?;
        };
        let content = self.content();
        let answer = Answer::of_head(&octets[..head], content.len())?;
        while octets.len() < head + content.len() {
            read_some(stream, &mut octets)?;
        }
        if octets[head..] != content {
            let (seen, _) = octets[head..].split_at(octets.len().min(head + ENDS) - head);
            return Err(wrong(&format!("other content: {}", seen.escape_ascii())));
        }
        Ok(Answer { octets, ..answer })
    }
}

fn read_some(stream: &mut TcpStream, octets: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    match stream.read(&mut buffer)? {
        0 => Err(wrong("the server has ended the connection within its answer")),
        n => {
            octets.extend_from_slice(&buffer[..n]);
            Ok(())
        }
    }
}

/// How a server answers an exchange.
#[derive(Clone, Debug)]
pub struct Answer {
    octets: Vec<u8>,
    /// Where the date stands, which is passed over.
    date: Range<usize>,
}

impl Answer {
    /// Of a good head: 200, JSON, so many octets.
    fn of_head(head: &[u8], len: usize) -> io::Result<Self> {
        let text = String::from_utf8_lossy(head).to_ascii_lowercase();
        let length = format!("\r\ncontent-length: {len}\r\n");
        for part in ["http/1.1 200 ", &length, "\r\ncontent-type: application/json\r\n"] {
            if !text.contains(part) {
                return Err(wrong(&format!("no {part:?} in {text:?}")));
            }
        }
        let date = text.find("\r\ndate: ").map_or(0..0, |at| at + 8..at + 8 + DATE_LEN);
        Ok(Self { octets: Vec::new(), date })
    }

    /// Its octets, the date's among them.
    #[expect(clippy::len_without_is_empty, reason = "no answer is empty")]
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Are these the octets that stand at `at` in it? `whole`: also in the middle of a long piece.
    pub fn has_at(&self, at: usize, got: &[u8], whole: bool) -> bool {
        let expected = &self.octets[at..at + got.len()];
        if !whole && got.len() > 4 * ENDS + DATE_LEN && at > self.date.end {
            let tail = got.len() - ENDS;
            return got[..ENDS] == expected[..ENDS] && got[tail..] == expected[tail..];
        }
        let end = got.len();
        let date =
            self.date.start.saturating_sub(at).min(end)..self.date.end.saturating_sub(at).min(end);
        got[..date.start] == expected[..date.start] && got[date.end..] == expected[date.end..]
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
        Content-Type: application/json\r\nContent-Length: 3\r\n\r\n";

    fn answer() -> Answer {
        let answer = Answer::of_head(HEAD.as_bytes(), 3).expect("a good head");
        Answer { octets: [HEAD.as_bytes(), b"14\n"].concat(), ..answer }
    }

    #[test]
    fn only_the_date_may_differ() {
        let answer = answer();
        for at in 0..answer.len() {
            let mut octets = answer.octets.clone();
            octets[at] ^= 1;
            let in_date = answer.date.contains(&at);
            assert_eq!(answer.has_at(0, &octets, true), in_date, "{at}");
            // Cut into two pieces anywhere.
            for cut in 0..octets.len() {
                let (first, second) = octets.split_at(cut);
                let good = answer.has_at(0, first, true) && answer.has_at(cut, second, true);
                assert_eq!(good, in_date, "{at}, cut at {cut}");
            }
        }
    }

    #[test]
    fn another_status_length_or_type_is_wrong() {
        for (from, to) in [("200", "404"), ("th: 3", "th: 4"), ("json", "text")] {
            assert!(Answer::of_head(HEAD.replace(from, to).as_bytes(), 3).is_err(), "{to}");
        }
    }
}
