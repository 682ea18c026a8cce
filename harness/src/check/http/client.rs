//! A client that sends what a case says, right or wrong, and reads answers strictly.
//!
//! It knows responses, through the http crate's session.

use std::time::Instant;
use wirelab_http::client::{Event, Session};
use wirelab_http::{Method, ResponseHead};

use crate::check::talk::{Desk, Finding, Heard, Talk, Wrong, broken};

/// Octets of content that are kept of an answer.
const CONTENT_MAX: usize = 1 << 20;

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub head: ResponseHead,
    pub content: Vec<u8>,
    /// Statuses of interim responses before it.
    pub interim: Vec<u16>,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.code()
    }

    /// Does it say that it is the connection's last?
    pub fn says_close(&self) -> bool {
        let options = self.field("connection").unwrap_or_default();
        options.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
    }

    /// A field's value, as text.
    pub fn field(&self, name: &str) -> Option<String> {
        self.head.fields().get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

/// Any server may end any connection, if its answer says so: whatever is about connections that
/// stay is about others.
pub fn stays(answer: &Answer) -> Finding {
    if answer.says_close() {
        return Err(Wrong::LeftOut("its answer says `close`, as it may".to_owned()));
    }
    Ok(())
}

/// One connection to the server.
pub struct Client {
    pub talk: Talk,
    session: Session,
}

/// A request for the path that was given, with these fields. `~` stands for CR LF.
pub fn request(desk: &Desk, method: &str, fields: &str) -> String {
    text(desk, &format!("{method} PATH HTTP/1.1~Host: HOST~{fields}~"))
}

/// What a case has written: `~` stands for CR LF, PATH and HOST for the server's.
pub fn text(desk: &Desk, written: &str) -> String {
    // [9112-3.2-04]
    let host = &desk.authority;
    written.replace('~', "\r\n").replace("PATH", &desk.path).replace("HOST", host)
}

/// The status of a plain GET, and whether the connection goes on behind it: a server may end each
/// with its answer, if it says so.
pub fn plain(desk: &mut Desk) -> Result<(u16, bool), Wrong> {
    let get = request(desk, "GET", "");
    let mut client = Client::new(desk)?;
    let status = client.ask(Method::Get, &get)?.status();
    Ok((status, !client.is_last()))
}

/// Leaves a case out that takes a second request on a connection, where there can be none.
pub fn must_go_on(desk: &mut Desk) -> Finding {
    if plain(desk)?.1 {
        return Ok(());
    }
    let why = "the server ends each connection with its answer, and says so";
    Err(Wrong::LeftOut(why.to_owned()))
}

impl Client {
    pub fn new(desk: &mut Desk) -> Result<Self, Wrong> {
        Ok(Self { talk: desk.connect()?, session: Session::default() })
    }

    /// Sends a request, or what looks like one.
    pub fn send(&mut self, method: Method, octets: &str) {
        self.session.asked(method, false);
        self.talk.send(octets.as_bytes());
    }

    /// The next answer; `None`: the connection has ended before one began.
    pub fn answer_or_end(&mut self) -> Result<Option<Answer>, Wrong> {
        let deadline = Instant::now() + self.talk.patience();
        let (mut head, mut content, mut interim) = (None, Vec::new(), Vec::new());
        loop {
            let event = match self.session.next(&mut self.talk.input) {
                Err(error) => return broken(format!("what came is no answer: {error}")),
                Ok(Some(event)) => Some(event),
                Ok(None) => match self.talk.listen_until(deadline) {
                    Heard::More => None,
                    Heard::Silence => return broken("no answer came in time"),
                    Heard::Over(_) if head.is_none() && self.session.is_untouched() => {
                        return Ok(None);
                    }
                    Heard::Over(_) => match self.session.end_of_input() {
                        Ok(Some(event)) => Some(event),
                        Ok(None) => return Ok(None),
                        Err(error) => return broken(format!("the answer is cut short: {error}")),
                    },
                },
            };
            match event {
                None => {}
                Some(Event::Interim(head)) => interim.push(head.code()),
                Some(Event::Head(final_head)) => head = Some(final_head),
                Some(Event::Piece(piece)) => {
                    let room = CONTENT_MAX - content.len();
                    content.extend_from_slice(&piece[..piece.len().min(room)]);
                }
                Some(Event::End(_)) => {
                    let Some(head) = head else { return broken("an answer without a head") };
                    return Ok(Some(Answer { head, content, interim }));
                }
            }
        }
    }

    /// The next answer.
    pub fn answer(&mut self) -> Result<Answer, Wrong> {
        let answer = self.answer_or_end()?;
        answer.map_or_else(|| broken("the connection ended without an answer"), Ok)
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, method: Method, octets: &str) -> Result<Answer, Wrong> {
        self.send(method, octets);
        self.answer()
    }

    /// Does the connection end with the last answer, as its version and its fields have it?
    pub fn is_last(&self) -> bool {
        self.session.is_closing()
    }

    /// No further answer comes, and the connection ends.
    pub fn expect_no_more(&mut self) -> Finding {
        // Behind an answer that says `close` the session passes over all that comes.
        if self.session.is_over() {
            self.talk.expect_end()?;
            let more = &self.talk.input;
            // Empty lines are nothing [9112-9.2-03].
            if more.trim_ascii().is_empty() {
                return Ok(());
            }
            return broken(format!("{} more octets came behind the last answer", more.len()));
        }
        match self.answer_or_end()? {
            None => Ok(()),
            Some(answer) => broken(format!("another answer came: {}", answer.status())),
        }
    }
}
