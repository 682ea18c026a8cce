//! Requests and responses in plain text: the lab's TCP echo, and whatever else talks by turns.
//!
//! It knows that the side that opened asks and the other answers, and it recognises an echo by
//! its content. What a program wrote at a time is taken as one message: up to the segment that
//! was pushed [RFC 9293 3.9.1]. TCP itself keeps no message borders.

use super::application::{Application, Remark};
use super::texts::{count, latency, preview};
use crate::conversation::{Chunk, Conversation, Side};
use std::collections::VecDeque;
use std::fmt::Write as _;

/// Exchanges that the report lists; the others are counted.
pub const LISTED_MAX: usize = 20;
/// Requests without a response that are remembered.
pub const IN_FLIGHT_MAX: usize = 64;
/// Bytes of a message that are kept, to show it and to compare it with its echo.
pub const KEPT_MAX: usize = 2048;
/// What the lab's server puts before its echo.
const PREFIX: &[u8] = b"Echo: ";

/// What one side wrote at a time.
#[derive(Clone, Debug, Default)]
struct Message {
    number: u64,
    frames: Vec<u64>,
    len: u64,
    kept: Vec<u8>,
    time_ns: u64,
    /// Did its last segment end it?
    ended: bool,
}

impl Message {
    fn new(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    fn add(&mut self, chunk: &Chunk) {
        if self.frames.len() < 8 && self.frames.last() != Some(&chunk.frame) {
            self.frames.push(chunk.frame);
        }
        let room = KEPT_MAX.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
        self.len += chunk.len;
        self.time_ns = chunk.time_ns;
        self.ended = chunk.pushed;
    }

    /// Is all of it there to compare?
    fn whole(&self) -> bool {
        self.kept.len() as u64 == self.len
    }

    fn first_frame(&self) -> u64 {
        self.frames.first().copied().unwrap_or(0)
    }
}

/// A request with its response.
#[derive(Debug)]
struct Pair {
    request: Message,
    response: Message,
    latency_ns: i64,
}

/// What the responses have been so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// There was none yet.
    Open,
    /// `Echo: ` and the request.
    Prefixed,
    /// The request itself [RFC 862].
    Plain,
    /// Something else.
    None,
}

/// The conversation's exchanges.
#[derive(Debug)]
pub(super) struct Exchanges {
    /// Who asks.
    asker: Side,
    /// Is that known from the handshake, so that nothing was said before the first bytes?
    from_start: bool,
    requests: u64,
    responses: u64,
    in_flight: VecDeque<Message>,
    most_in_flight: usize,
    pairs: Vec<Pair>,
    /// The response under way, or the last one.
    response: Option<Message>,
    /// The request that it answers.
    answered: Message,
    echo: Echo,
    goodbye: Option<u64>,
    gaps: u64,
    unasked: u64,
    dropped: u64,
}

impl Exchanges {
    pub(super) fn new(asker: Side, from_start: bool) -> Self {
        Self {
            asker,
            from_start,
            requests: 0,
            responses: 0,
            in_flight: VecDeque::new(),
            most_in_flight: 0,
            pairs: Vec::new(),
            response: None,
            answered: Message::default(),
            echo: Echo::Open,
            goodbye: None,
            gaps: 0,
            unasked: 0,
            dropped: 0,
        }
    }
}

/// Who asks, where the handshake does not tell: the one who is heard first, unless that is
/// an answer by its looks.
pub(super) fn asker(first: Side, chunk: &Chunk) -> Side {
    let answers: [&[u8]; 2] = [PREFIX, b"HTTP/"];
    if answers.iter().any(|a| chunk.bytes.starts_with(a)) { first.other() } else { first }
}

/// Is it text: UTF-8 without control characters other than line ends and tabs?
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A character cut at the end of a segment is text still.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t'))
}

impl Exchanges {
    fn request(&mut self, chunk: &Chunk) -> Remark {
        if let Some(last) = self.in_flight.back_mut()
            && !last.ended
        {
            last.add(chunk);
            let say = format!("request {} continues", last.number);
            return Remark { say, refs: vec![last.first_frame()] };
        }
        self.requests += 1;
        let waiting = self.in_flight.front().map(|m| (m.number, m.first_frame()));
        let mut message = Message::new(self.requests);
        message.add(chunk);
        if chunk.bytes.trim_ascii().eq_ignore_ascii_case(b"bye") {
            self.goodbye = Some(chunk.frame);
        }
        if self.in_flight.len() >= IN_FLIGHT_MAX {
            self.in_flight.pop_front();
            self.dropped += 1;
        }
        self.in_flight.push_back(message);
        self.most_in_flight = self.most_in_flight.max(self.in_flight.len());
        let say = format!("request {}", self.requests);
        match waiting {
            None => Remark { say, refs: Vec::new() },
            Some((number, frame)) => {
                Remark { say: format!("{say}, sent before response {number}"), refs: vec![frame] }
            }
        }
    }

    fn answer(&mut self, chunk: &Chunk) -> Remark {
        let open = self.response.as_ref().is_some_and(|r| !r.ended);
        if open || self.in_flight.is_empty() {
            return self.more(chunk);
        }
        let mut response = Message::new(0);
        response.add(chunk);
        let answered = self.answered_by(&response);
        let mut request = self.in_flight.pop_front().unwrap_or_default();
        for _ in 1..answered {
            if let Some(next) = self.in_flight.pop_front() {
                request.frames.extend(next.frames);
                request.number = next.number;
                request.time_ns = next.time_ns;
                request.len += next.len;
                request.kept.extend(next.kept);
            }
        }
        response.number = request.number;
        self.responses += 1;
        if response.ended {
            self.learn(&request, &response);
        }
        let gap = chunk.time_ns.cast_signed().wrapping_sub(request.time_ns.cast_signed());
        let say = format!("response {} ({})", response.number, latency(gap));
        let refs = request.frames.clone();
        self.response = Some(response.clone());
        self.answered = request.clone();
        if self.pairs.len() < LISTED_MAX {
            self.pairs.push(Pair { request, response, latency_ns: gap });
        }
        Remark { say, refs }
    }

    /// More of the last response, or words that nobody asked for.
    fn more(&mut self, chunk: &Chunk) -> Remark {
        let Some(response) = self.response.as_mut() else {
            self.unasked += 1;
            let say = if self.from_start {
                "the server speaks first"
            } else {
                "answers a request from before the capture"
            };
            return Remark { say: say.to_owned(), refs: Vec::new() };
        };
        let open = !response.ended;
        response.add(chunk);
        let number = response.number;
        if let Some(pair) = self.pairs.last_mut()
            && pair.response.number == number
        {
            pair.response.add(chunk);
        }
        let first = response.first_frame();
        if open && response.ended {
            let (request, response) = (self.answered.clone(), response.clone());
            self.learn(&request, &response);
        }
        Remark { say: format!("response {number} continues"), refs: vec![first] }
    }

    /// How many requests an echo answers at once: the server's read took several together.
    fn answered_by(&self, response: &Message) -> usize {
        let mut together = Vec::new();
        for (i, request) in self.in_flight.iter().enumerate() {
            together.extend_from_slice(&request.kept);
            if together.len() > response.kept.len() {
                break;
            }
            let rest = &response.kept[response.kept.len() - together.len()..];
            if i > 0 && rest == together.as_slice() {
                return i + 1;
            }
        }
        1
    }

    fn learn(&mut self, request: &Message, response: &Message) {
        if !request.whole() || !response.whole() {
            return;
        }
        let this = if response.kept == request.kept {
            Echo::Plain
        } else if response.kept.strip_prefix(PREFIX) == Some(&request.kept) {
            Echo::Prefixed
        } else {
            Echo::None
        };
        if self.echo == Echo::Open {
            self.echo = this;
        } else if self.echo != this {
            self.echo = Echo::None;
        }
    }

    fn overview(&self) -> String {
        let requests = count(self.requests, "request", "requests");
        let responses = count(self.responses, "response", "responses");
        let exchanges = count(self.responses, "exchange", "exchanges");
        let mut text = format!("{exchanges} on one connection: {requests}, {responses}");
        if self.most_in_flight > 1 {
            let _ = write!(
                text,
                "; client does not wait: up to {} requests under way",
                self.most_in_flight
            );
        } else if self.responses > 1 {
            text.push_str("; client waits for each reply");
        }
        if self.unasked > 0 && self.from_start {
            let times = count(self.unasked, "time", "times");
            let _ = write!(text, "; the server spoke first ({times})");
        }
        let open = self.requests.saturating_sub(self.dropped) > 0 && !self.in_flight.is_empty();
        if open {
            let open = count(self.in_flight.len() as u64, "request", "requests");
            let _ = write!(text, "; {open} without a response");
        }
        text
    }

    /// The lab's client says `bye` to its user but not to the server; only said where it shows.
    fn goodbye(&self, conversation: &Conversation) -> Option<(String, Vec<u64>)> {
        if self.echo != Echo::Prefixed {
            return None;
        }
        if let Some(frame) = self.goodbye {
            return Some((format!("bye sent in #{frame}"), vec![frame]));
        }
        let (fin, _) = conversation.direction(Side::Client).fin?;
        let whole = conversation.seen_from_start() && self.gaps == 0;
        let first = conversation.closed_first() == Some(Side::Client);
        (whole && first).then(|| {
            let text = format!("bye not sent: the client closed (#{fin}) without it on the wire");
            (text, vec![fin])
        })
    }
}

impl Application for Exchanges {
    fn name(&self) -> String {
        match self.echo {
            Echo::Prefixed => "TCP echo (\"Echo: \" + text)",
            Echo::Plain => "TCP echo (the same bytes)",
            Echo::Open | Echo::None => "plain text",
        }
        .to_owned()
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk) -> Remark {
        if side == self.asker { self.request(chunk) } else { self.answer(chunk) }
    }

    fn on_gap(&mut self, _side: Side, _len: u64) {
        self.gaps += 1;
    }

    fn blocks(
        &self,
        conversation: &Conversation,
        _name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        let mut blocks = vec![(self.overview(), Vec::new())];
        for pair in &self.pairs {
            let (request, response) = (&pair.request, &pair.response);
            let side = |m: &Message| {
                let frames = super::texts::frames(&m.frames);
                format!("{frames} {} B {}", m.len, preview(&m.kept, m.len))
            };
            let number = response.number;
            let text = format!(
                "request {number} {} ↔ response {number} {} ({})",
                side(request),
                side(response),
                latency(pair.latency_ns)
            );
            let frames = request.frames.iter().chain(&response.frames).copied().collect();
            blocks.push((text, frames));
        }
        let more = self.responses - (self.pairs.len() as u64).min(self.responses);
        if more > 0 {
            let more = count(more, "more exchange is", "more exchanges are");
            blocks.push((format!("{more} not listed"), Vec::new()));
        }
        blocks.extend(self.goodbye(conversation));
        blocks
    }
}
