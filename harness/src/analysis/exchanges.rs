//! Requests and responses in plain text: the lab's TCP echo, and whatever else talks by turns.
//!
//! It knows that the side that opened asks and the other answers, and it recognises an echo by
//! its content. What a program wrote at a time is taken as one message: up to the segment that
//! was pushed. TCP itself keeps no message borders.

use super::application::{Application, Moment, Remark};
use super::opaque::SEGMENTS_MAX;
use super::texts::exchanges as texts;
use crate::conversation::{Chunk, Conversation, Side};
use crate::lang::Lang;
use std::collections::VecDeque;

/// Exchanges that the report lists; the others are counted.
pub const LISTED_MAX: usize = 20;
/// Requests without a response that are remembered.
pub const IN_FLIGHT_MAX: usize = 64;
/// Bytes of a message that are kept, to show it and to compare it with its echo.
pub const KEPT_MAX: usize = 2048;
/// Frames of a message that are named; further ones carry it all the same.
pub const FRAMES_MAX: usize = 8;
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
        if self.frames.len() < FRAMES_MAX && self.frames.last() != Some(&chunk.frame) {
            self.frames.push(chunk.frame);
        }
        let room = KEPT_MAX.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
        self.len += chunk.len;
        self.time_ns = chunk.time_ns;
        // [9293-3.9.1.2-01] The nearest thing to a border that can be seen, and yet none.
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
    /// The request itself [echo-tcp-02].
    Plain,
    /// Something else.
    None,
}

/// The conversation's exchanges.
#[derive(Debug)]
pub(super) struct Exchanges {
    lang: Lang,
    /// Who asks.
    asker: Side,
    /// Is that known from the handshake, so that nothing was said before the first bytes?
    from_start: bool,
    requests: u64,
    responses: u64,
    in_flight: VecDeque<Message>,
    /// Requests under way beyond those that are kept; they came after them.
    unkept: usize,
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
}

impl Exchanges {
    pub(super) fn new(lang: Lang, asker: Side, from_start: bool) -> Self {
        Self {
            lang,
            asker,
            from_start,
            requests: 0,
            responses: 0,
            in_flight: VecDeque::new(),
            unkept: 0,
            most_in_flight: 0,
            pairs: Vec::new(),
            response: None,
            answered: Message::default(),
            echo: Echo::Open,
            goodbye: None,
            gaps: 0,
            unasked: 0,
        }
    }
}

/// Who asks, where the handshake does not tell: the one who is heard first, unless that is
/// an answer by its looks.
pub(super) fn asker(first: Side, bytes: &[u8]) -> Side {
    let answers: [&[u8]; 2] = [PREFIX, b"HTTP/"];
    if answers.iter().any(|a| bytes.starts_with(a)) { first.other() } else { first }
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
            let say = texts::request_continues(self.lang, last.number);
            return Remark::new(say, vec![last.first_frame()]);
        }
        self.requests += 1;
        let waiting = self.in_flight.front().map(|m| (m.number, m.first_frame()));
        let mut message = Message::new(self.requests);
        message.add(chunk);
        if chunk.bytes.trim_ascii().eq_ignore_ascii_case(b"bye") {
            self.goodbye = Some(chunk.frame);
        }
        // One that is not kept is still waited for, behind those that are.
        if self.unkept > 0 || self.in_flight.len() >= IN_FLIGHT_MAX {
            self.unkept += 1;
        } else {
            self.in_flight.push_back(message);
        }
        let in_flight = self.in_flight.len() + self.unkept;
        self.most_in_flight = self.most_in_flight.max(in_flight);
        match waiting {
            None => Remark::new(texts::request(self.lang, self.requests), Vec::new()),
            Some((number, frame)) => {
                Remark::new(texts::request_before(self.lang, self.requests, number), vec![frame])
            }
        }
    }

    fn answer(&mut self, chunk: &Chunk) -> Remark {
        let open = self.response.as_ref().is_some_and(|r| !r.ended);
        if !open && self.in_flight.is_empty() && self.unkept > 0 {
            self.unkept -= 1;
            self.responses += 1;
            let number = self.requests - self.unkept as u64;
            return Remark::new(texts::response_unkept(self.lang, number), Vec::new());
        }
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
        let say = texts::response(self.lang, response.number, gap);
        let refs = request.frames.clone();
        self.response = Some(response.clone());
        self.answered = request.clone();
        if self.pairs.len() < LISTED_MAX {
            self.pairs.push(Pair { request, response, latency_ns: gap });
        }
        Remark::new(say, refs)
    }

    /// More of the last response, or words that nobody asked for.
    fn more(&mut self, chunk: &Chunk) -> Remark {
        let Some(response) = self.response.as_mut() else {
            self.unasked += 1;
            return Remark::new(texts::unasked(self.lang, self.from_start), Vec::new());
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
        Remark::new(texts::response_continues(self.lang, number), vec![first])
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
        texts::overview(
            self.lang,
            texts::Counts {
                requests: self.requests,
                responses: self.responses,
                most_in_flight: self.most_in_flight,
                unasked: if self.from_start { self.unasked } else { 0 },
                open: (self.in_flight.len() + self.unkept) as u64,
            },
        )
    }

    /// The lab's client says `bye` to its user but not to the server; only said where it shows.
    fn goodbye(&self, conversation: &Conversation) -> Option<(String, Vec<u64>)> {
        if self.echo != Echo::Prefixed {
            return None;
        }
        if let Some(frame) = self.goodbye {
            return Some((texts::goodbye_sent(self.lang, frame), vec![frame]));
        }
        let (fin, _) = conversation.direction(Side::Client).fin?;
        let whole = conversation.seen_from_start() && self.gaps == 0;
        let first = conversation.closed_first() == Some(Side::Client);
        (whole && first).then(|| (texts::goodbye_not_sent(self.lang, fin), vec![fin]))
    }
}

impl Application for Exchanges {
    fn name(&self) -> String {
        match self.echo {
            Echo::Prefixed => texts::echo_prefixed(self.lang),
            Echo::Plain => texts::echo_plain(self.lang),
            Echo::Open | Echo::None => texts::plain_text(self.lang),
        }
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk, _moment: &mut Moment<'_>) -> Remark {
        if side == self.asker { self.request(chunk) } else { self.answer(chunk) }
    }

    fn on_gap(&mut self, _side: Side, _len: u64, _moment: &mut Moment<'_>) -> Option<Remark> {
        self.gaps += 1;
        None
    }

    /// Text from the middle of a connection may be the body of something that has a name.
    fn gives_way(&self) -> bool {
        !self.from_start && self.requests + self.responses < SEGMENTS_MAX
    }

    fn blocks(
        &self,
        conversation: &Conversation,
        _name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        let mut blocks = vec![(self.overview(), Vec::new())];
        for pair in &self.pairs {
            let (request, response) = (&pair.request, &pair.response);
            let side = |m: &Message| texts::message(&m.frames, m.len, &m.kept);
            let text = texts::pair(
                self.lang,
                response.number,
                &side(request),
                &side(response),
                pair.latency_ns,
            );
            let frames = request.frames.iter().chain(&response.frames).copied().collect();
            blocks.push((text, frames));
        }
        let more = self.responses - (self.pairs.len() as u64).min(self.responses);
        if more > 0 {
            blocks.push((texts::unlisted(self.lang, more), Vec::new()));
        }
        blocks.extend(self.goodbye(conversation));
        blocks
    }
}
