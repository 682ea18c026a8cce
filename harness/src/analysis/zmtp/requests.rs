//! Requests and their replies on one connection, and whether they keep in step.
//!
//! ```text
//!   REQ  ── request 1 ──►  REP
//!        ◄── reply 1 ────              lock-step: never two requests in flight
//!        ── request 2 ──►
//! ```
//!
//! It knows order and times. It does not know who of both asks.

use std::collections::VecDeque;

use crate::analysis::records::{At, Lines, Told};
use crate::analysis::texts::{Listed, zmtp as words, zmtp_flow as texts};
use crate::lang::Lang;

use super::message::Message;

/// Requests without a reply that are remembered.
pub const IN_FLIGHT_MAX: usize = 64;

/// A request that waits.
#[derive(Debug)]
pub(in crate::analysis) struct Pending {
    pub(in crate::analysis) number: u64,
    pub(in crate::analysis) at: At,
    text: String,
    carriers: Vec<u64>,
}

/// The exchanges.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Requests {
    pub(in crate::analysis) asked: u64,
    pub(in crate::analysis) answered: u64,
    /// Replies to requests that the capture does not have.
    pub(in crate::analysis) unasked: u64,
    pub(in crate::analysis) waiting: VecDeque<Pending>,
    /// Beyond those that are remembered; they came after them.
    unkept: u64,
    pub(in crate::analysis) most_in_flight: u64,
    /// Requests that were sent while another one was waiting.
    pub(in crate::analysis) out_of_step: Listed,
    pub(super) pairs: Lines,
    /// Of all replies together.
    latency_ns: i64,
    measured: i64,
}

impl Requests {
    pub(super) fn request(&mut self, lang: Lang, message: &Message, at: At) -> Told {
        self.asked += 1;
        let before = self.waiting.front().map(|first| (first.number, first.at.frame));
        let text = words::message(lang, message, true);
        let say = texts::request(lang, self.asked, &text, before);
        if before.is_some() {
            self.out_of_step.push(at.frame);
        }
        if self.waiting.len() < IN_FLIGHT_MAX && self.unkept == 0 {
            let text = words::payload(lang, message);
            let carriers = message.carriers.clone();
            self.waiting.push_back(Pending { number: self.asked, at, text, carriers });
        } else {
            self.unkept += 1;
        }
        self.most_in_flight = self.most_in_flight.max(self.in_flight());
        Told { say, refs: before.map(|(_, frame)| frame).into_iter().collect() }
    }

    pub(super) fn reply(&mut self, lang: Lang, message: &Message, at: At) -> Told {
        let text = words::message(lang, message, true);
        let Some(request) = self.waiting.pop_front() else {
            if self.unkept > 0 {
                self.unkept -= 1;
                self.answered += 1;
                return Told::new(texts::reply_unkept(lang, self.answered, &text));
            }
            self.unasked += 1;
            return Told::new(texts::reply_unasked(lang, &text));
        };
        self.answered += 1;
        let after = at.since(request.at);
        self.latency_ns = self.latency_ns.saturating_add(after);
        self.measured += 1;
        let asked = (request.number, request.at.frame, request.text.as_str());
        let line = texts::pair(lang, asked, at.frame, &words::payload(lang, message), after);
        let mut refs = request.carriers.clone();
        refs.extend(&message.carriers);
        self.pairs.push(line, refs);
        let say = texts::reply(lang, request.number, request.at.frame, after, &text);
        Told { say, refs: request.carriers }
    }

    /// Requests that wait for their reply.
    pub(in crate::analysis) fn in_flight(&self) -> u64 {
        self.waiting.len() as u64 + self.unkept
    }

    /// From request to reply, on average.
    pub(in crate::analysis) fn mean_latency_ns(&self) -> Option<i64> {
        self.latency_ns.checked_div(self.measured)
    }
}
