//! One connection's messages in their order: which response answers which request, and what
//! should not have come.
//!
//! ```text
//!   client   request 1   request 2                 request 3
//!   server                 response 1   response 2            100 (interim)   response 3
//! ```
//!
//! Nothing in a response says which request it is for: the order does [9112-9.2-01]. It knows both
//! directions. It does not know bytes or segments.

use std::collections::VecDeque;

use super::message::Message;
use super::servers::Servers;
use crate::analysis::texts::{Rule, http_flow as texts, violates};
use crate::conversation::{Conversation, Side};
use crate::dissect::http::{Framing, Head, framing};
use crate::lang::Lang;

/// Requests under way that are remembered.
pub const IN_FLIGHT_MAX: usize = 1024;
/// Exchanges that the report lists; the others are counted.
pub const LISTED_MAX: usize = 20;
/// Violations that the report lists.
pub const VIOLATIONS_MAX: usize = 20;

/// A request with the response that it got.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Exchange {
    pub(in crate::analysis) request: Option<Message>,
    /// The interim responses before: frame and status.
    pub(in crate::analysis) interim: Vec<(u64, u16)>,
    pub(in crate::analysis) response: Message,
}

impl Exchange {
    /// From the request's last byte to the response's first; negative for an early answer.
    pub(in crate::analysis) fn latency_ns(&self) -> Option<i64> {
        let request = self.request.as_ref()?;
        Some(self.response.first_ns.cast_signed().wrapping_sub(request.last_ns.cast_signed()))
    }
}

/// What is said of a message's head.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) say: String,
    pub(super) refs: Vec<u64>,
    pub(super) framing: Framing,
    /// It is an interim response, which nothing is remembered of.
    pub(super) interim: bool,
}

/// The connection.
#[derive(Debug)]
pub(in crate::analysis) struct Connection {
    pub(super) lang: Lang,
    pub(in crate::analysis) client: Side,
    pub(in crate::analysis) from_start: bool,
    pub(in crate::analysis) requests: u64,
    pub(in crate::analysis) responses: u64,
    pub(in crate::analysis) unasked: u64,
    pub(super) waiting: VecDeque<Message>,
    /// Requests under way beyond those that are kept; they came after them.
    unkept: u64,
    pub(in crate::analysis) most_in_flight: u64,
    /// The exchange whose response is under way.
    pub(super) answering: Option<Exchange>,
    pub(super) interim: Vec<(u64, u16)>,
    pub(super) exchanges: Vec<Exchange>,
    /// The last exchange; `exchanges` has those before it.
    pub(super) last: Option<Exchange>,
    pub(in crate::analysis) latency_ns: i64,
    pub(in crate::analysis) measured: u64,
    pub(super) violations: Vec<(String, Vec<u64>)>,
    pub(super) more_violations: u64,
    /// The first message of each side after which it means to close.
    pub(in crate::analysis) closing: [Option<u64>; 2],
    pub(in crate::analysis) tunnel: Option<(u64, String)>,
    pub(in crate::analysis) version: Option<(u8, u8)>,
    met: bool,
    strayed: bool,
}

impl Connection {
    pub(super) fn new(lang: Lang, client: Side, from_start: bool) -> Self {
        Self {
            lang,
            client,
            from_start,
            requests: 0,
            responses: 0,
            unasked: 0,
            waiting: VecDeque::new(),
            unkept: 0,
            most_in_flight: 0,
            answering: None,
            interim: Vec::new(),
            exchanges: Vec::new(),
            last: None,
            latency_ns: 0,
            measured: 0,
            violations: Vec::new(),
            more_violations: 0,
            closing: [None; 2],
            tunnel: None,
            version: None,
            met: false,
            strayed: false,
        }
    }

    pub(super) fn meet(&mut self, conversation: &Conversation, servers: &mut Servers) {
        if !self.met {
            self.met = true;
            servers.meet(conversation.address(self.client.other()), conversation.id);
        }
    }

    pub(super) fn open(&self) -> u64 {
        self.waiting.len() as u64 + self.unkept
    }

    /// The message of that side that is under way, or was last.
    pub(super) fn current(&mut self, side: Side) -> Option<&mut Message> {
        if side != self.client {
            return match &mut self.answering {
                Some(exchange) => Some(&mut exchange.response),
                None => self.last.as_mut().map(|exchange| &mut exchange.response),
            };
        }
        if self.unkept > 0 {
            return None;
        }
        if let Some(last) = self.waiting.back_mut() {
            return Some(last);
        }
        let answered = self.answering.as_mut().or(self.last.as_mut());
        answered.and_then(|exchange| exchange.request.as_mut())
    }

    /// A head of that side; its message has the frame and the time already.
    pub(super) fn on_head(
        &mut self,
        side: Side,
        head: &Head,
        at: (u64, u64, u64),
        server: (&mut Servers, &Conversation),
    ) -> Told {
        self.version = self.version.max(head.version);
        let index = usize::from(side != self.client);
        let before = self.closing[index];
        let mut told =
            if side == self.client { self.request(head, at) } else { self.response(head, at) };
        if let Some(frame) = before {
            // [9112-9.6-02]
            self.violates(&mut told, texts::AFTER_CLOSE, vec![frame, at.0]);
        }
        let (servers, conversation) = server;
        let address = conversation.address(self.client.other());
        let interim = (100..200).contains(&head.status());
        if side == self.client {
            servers.request(address);
        }
        if let Some(message) = self.current(side).filter(|_| !interim)
            && !message.persists()
        {
            let (first, says) = (message.first_frame(), message.says_close);
            self.closing[index].get_or_insert(first);
            servers.closes(address, index, says, first);
        }
        told
    }

    fn request(&mut self, head: &Head, (frame, time_ns, len): (u64, u64, u64)) -> Told {
        self.requests += 1;
        let mut message = Message::new(self.lang, self.requests, head);
        message.touch(frame, time_ns);
        message.len = len;
        message.framing = framing(head, None);
        let waiting = self.waiting.front().map(|m| (m.number, m.first_frame()));
        let mut told = Told {
            say: texts::request(self.lang, &message, head, waiting.map(|(number, _)| number)),
            refs: waiting.map(|(_, frame)| frame).into_iter().collect(),
            framing: message.framing,
            interim: false,
        };
        if message.framing == Framing::Broken {
            told.say.push_str(&texts::broken_request(self.lang));
        }
        // One that is not kept is still waited for, behind those that are.
        if self.unkept > 0 || self.waiting.len() >= IN_FLIGHT_MAX {
            self.unkept += 1;
        } else {
            self.waiting.push_back(message);
        }
        // The response under way may be to an earlier one.
        let under_way = u64::from(self.answering.is_some());
        self.most_in_flight = self.most_in_flight.max(self.open() + under_way);
        told
    }

    fn response(&mut self, head: &Head, (frame, time_ns, len): (u64, u64, u64)) -> Told {
        // A new one can only begin when the last has ended; if not, its end was not seen.
        self.finish_response();
        let status = head.status();
        let request = self.waiting.front().cloned();
        let method = request.as_ref().map(|request| request.method.clone());
        let known = request.is_some() || self.unkept == 0 && self.from_start;
        let number = match &request {
            Some(request) => request.number,
            None if self.unkept > 0 => self.requests - self.unkept + 1,
            None => 0,
        };
        let mut message = Message::new(self.lang, number, head);
        message.touch(frame, time_ns);
        message.len = len;
        message.framing = framing(head, method.as_deref());
        message.answers = method.unwrap_or_default();
        let interim = message.is_interim();
        let mut exchange = Exchange { request, interim: Vec::new(), response: message };
        let mut told = Told {
            say: texts::response(self.lang, &exchange, head, self.unkept > 0, self.from_start),
            refs: exchange.request.as_ref().map(Message::first_frame).into_iter().collect(),
            framing: exchange.response.framing,
            interim,
        };
        self.check_response(&exchange, known, &mut told);
        if interim {
            if self.interim.len() < LISTED_MAX {
                self.interim.push((frame, status));
            }
            return told;
        }
        exchange.interim = std::mem::take(&mut self.interim);
        self.responses += 1;
        if exchange.request.is_some() {
            self.waiting.pop_front();
        } else if self.unkept > 0 {
            self.unkept -= 1;
        } else {
            self.unasked += 1;
        }
        if let Some(latency) = exchange.latency_ns() {
            self.latency_ns = self.latency_ns.saturating_add(latency);
            self.measured += 1;
        }
        if told.framing == Framing::Tunnel {
            let token = exchange.response.upgrade.clone();
            let connect = (exchange.response.status != 101).then(|| "CONNECT".to_owned());
            self.tunnel = Some((frame, connect.or(token).unwrap_or_default()));
        }
        self.answering = Some(exchange);
        told
    }

    /// What a response should not be, given its request.
    fn check_response(&mut self, exchange: &Exchange, known: bool, told: &mut Told) {
        let response = &exchange.response;
        let frame = response.first_frame();
        let Some(request) = &exchange.request else {
            // [9112-9.2-02] But a server may say that it has waited long enough.
            if known && response.status != 408 {
                self.violates(told, texts::UNASKED, vec![frame]);
            }
            return;
        };
        let refs = vec![request.first_frame(), frame];
        let old = request.version.is_some_and(|version| version < (1, 1));
        // [9110-15.2-01]
        if old && response.is_interim() {
            self.violates(told, texts::INTERIM_TO_1_0, refs.clone());
        }
        // [9112-6.1-09]
        if old && response.transfer_encoding {
            self.violates(told, texts::CODING_TO_1_0, refs.clone());
        }
        let tunnel = request.method == b"CONNECT" && (200..300).contains(&response.status);
        // What follows in a tunnel is not HTTP, and has no length.
        if tunnel && (response.transfer_encoding || response.declared.is_some()) {
            self.violates(told, texts::LENGTH_OF_TUNNEL, refs);
        }
    }

    pub(super) fn violates(&mut self, told: &mut Told, what: Rule, refs: Vec<u64>) {
        let what = what.text(self.lang);
        told.say.push_str(&violates(self.lang, &what));
        told.refs.extend(&refs);
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push((texts::violation(self.lang, &what, &refs), refs));
        } else {
            self.more_violations += 1;
        }
    }

    /// Bytes of that side belong to no message: what they break, if that can be said.
    pub(super) fn stray(&mut self, side: Side, frame: u64, told: &mut Told) {
        if side == self.client || self.answering.is_some() || self.strayed {
            return;
        }
        let Some(exchange) = &self.last else { return };
        // Of a response to a request that was not seen, nobody knows what it should have had.
        let Some(request) = &exchange.request else { return };
        self.strayed = true;
        let head = request.method == b"HEAD";
        // [9110-9.3.2-01], [9112-6.3-18]
        let what = if head { texts::BODY_TO_HEAD } else { texts::BEYOND_THE_BODY };
        let refs = vec![exchange.response.first_frame(), frame];
        self.violates(told, what, refs);
    }

    /// The message of that side has all its bytes.
    pub(super) fn complete(&mut self, side: Side) {
        if let Some(message) = self.current(side) {
            message.complete = true;
        }
        if side != self.client {
            self.finish_response();
        }
    }

    fn finish_response(&mut self) {
        // The last one can still change: its request may go on behind its response.
        if let Some(exchange) = self.answering.take()
            && let Some(before) = self.last.replace(exchange)
            && self.exchanges.len() < LISTED_MAX
        {
            self.exchanges.push(before);
        }
    }
}
