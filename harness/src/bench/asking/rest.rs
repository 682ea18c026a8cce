//! GET requests: the lab's sums, each with numbers of its own and the result checked, or any path.
//!
//! It may name the http crate's session. It does not know connections, nor the time.

use bytes::BytesMut;
use wirelab_http::Method;
use wirelab_http::client::{Event, Session};

use super::dialect::{Heard, Talk};

/// What stands in every request behind its target.
const VERSION: &[u8] = b" HTTP/1.1\r\nHost: ";

/// One connection.
pub struct Rest {
    host: String,
    /// The same path in every request; `None`: a sum.
    path: Option<String>,
    session: Session,
    /// The numbers of what was asked, where the answer does not say it.
    asked: std::collections::VecDeque<u64>,
    /// The answer's content so far; of a path, only its length.
    content: Vec<u8>,
    len: usize,
    status: u16,
}

impl Rest {
    /// Asks this host.
    pub fn new(host: String, path: Option<String>) -> Self {
        let (session, asked) = (Session::default(), std::collections::VecDeque::new());
        Self { host, path, session, asked, content: Vec::new(), len: 0, status: 0 }
    }

    /// Which request this is the answer to.
    fn to(&mut self) -> Option<u64> {
        let first = self.asked.pop_front();
        if self.path.is_some() {
            return first.filter(|_| (200..300).contains(&self.status));
        }
        // { "result": N }
        let text = std::str::from_utf8(&self.content).ok()?;
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let sum: u64 = digits[..end].parse().ok()?;
        sum.checked_sub(1).filter(|_| self.status == 200)
    }
}

impl Talk for Rest {
    fn greet(&mut self, _: &mut BytesMut) -> bool {
        true
    }

    fn ask(&mut self, number: u64, out: &mut BytesMut) {
        self.session.asked(Method::Get, false);
        self.asked.push_back(number);
        out.extend_from_slice(b"GET ");
        match &self.path {
            Some(path) => out.extend_from_slice(path.as_bytes()),
            None => out.extend_from_slice(format!("/add?a={number}&b=1").as_bytes()),
        }
        for part in [VERSION, self.host.as_bytes(), b"\r\n\r\n"] {
            out.extend_from_slice(part);
        }
    }

    fn hear(&mut self, input: &mut BytesMut) -> Result<Option<Heard>, String> {
        loop {
            match self.session.next(input).map_err(|error| error.to_string())? {
                None => return Ok(None),
                Some(Event::Interim(_)) => {}
                Some(Event::Head(head)) => self.status = head.code(),
                Some(Event::Piece(piece)) => {
                    self.len += piece.len();
                    if self.path.is_none() && self.content.len() < 64 {
                        self.content.extend_from_slice(&piece);
                    }
                }
                Some(Event::End(_)) => {
                    let (to, content) = (self.to(), std::mem::take(&mut self.len));
                    self.content.clear();
                    return Ok(Some(Heard::Answer { to, content }));
                }
            }
        }
    }
}
