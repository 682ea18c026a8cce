//! The seam to the protocols above TCP: who reads a conversation's bytes once they are in order.
//!
//! It knows chunks with the frames that carried them. It is decided by content, never by port.
//! A protocol's dissector is one more implementation of `Application` and one more line in
//! `detect`. What a protocol must know of other conversations (a message goes from one client to
//! many, through a broker) it keeps in `Shared`, which outlives them all.

use super::{exchanges, http, mqtt, opaque, zmtp};
use crate::conversation::{Chunk, Conversation, Side};
use crate::dissect::{Layer, Note};
use crate::lang::Lang;

/// Bytes that are looked at, at most, before a conversation's protocol is decided.
pub const UNDECIDED_MAX: usize = 64;

/// What an application says about a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// `request 1`.
    pub say: String,
    /// The frames that it speaks of.
    pub refs: Vec<u64>,
    /// The fields of what the frame carries, if fields were asked for; they take the place of its
    /// bare data.
    pub layers: Vec<Layer>,
    /// What is wrong with them.
    pub notes: Vec<Note>,
}

impl Remark {
    /// Words alone.
    pub fn new(say: impl Into<String>, refs: Vec<u64>) -> Self {
        Self { say: say.into(), refs, ..Self::default() }
    }
}

/// What the applications of all conversations know together. One member per protocol that needs
/// it; each keeps to limits of its own.
#[derive(Debug, Default)]
pub struct Shared {
    /// The servers with what was asked of them.
    pub(super) http: http::Servers,
    /// The brokers with what went through them.
    pub(super) mqtt: mqtt::Brokers,
    /// The sockets that have several connections.
    pub(super) zmtp: zmtp::Sockets,
}

/// The moment at which an application is told something.
#[derive(Debug)]
pub struct Moment<'a> {
    /// The frame that is being told.
    pub frame: u64,
    /// Are fields wanted?
    pub with_fields: bool,
    /// The language in which it is told.
    pub lang: Lang,
    /// The conversation as it stands.
    pub conversation: &'a Conversation,
    /// What is known of the others.
    pub shared: &'a mut Shared,
}

/// What an acknowledgment came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Riding {
    /// Nothing.
    Alone,
    /// Data of its own direction.
    OnData,
    /// A SYN or a FIN.
    OnControl,
}

/// Reads both directions of one conversation.
pub trait Application: std::fmt::Debug {
    /// What it is called in the report.
    fn name(&self) -> String;

    /// The next bytes of one side. What is said belongs to the frame that is being told, which
    /// need not be the chunk's own when a hole was filled.
    fn on_chunk(&mut self, side: Side, chunk: &Chunk, moment: &mut Moment<'_>) -> Remark;

    /// That many bytes of one side are not in the capture.
    fn on_gap(&mut self, side: Side, len: u64, moment: &mut Moment<'_>) -> Option<Remark>;

    /// One side sent its FIN, or a reset.
    fn on_end(&mut self, _side: Side, _moment: &mut Moment<'_>) {}

    /// The lines of the report, with the frames they speak of.
    fn blocks(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)>;

    /// What the close means to it, with the frames that this speaks of.
    fn closing(
        &self,
        _conversation: &Conversation,
        _name: &dyn Fn(Side) -> String,
    ) -> Option<(String, Vec<u64>)> {
        None
    }

    /// Its own words for a TCP acknowledgment of these frames, if it has any.
    fn acknowledged(&self, _frames: &[u64], _bytes: u64, _how: Riding) -> Option<String> {
        None
    }

    /// Does what it says of a frame make the raw text of the frame's data superfluous?
    fn tells_the_data(&self) -> bool {
        false
    }

    /// Would it leave the conversation to another one that recognises the bytes?
    fn gives_way(&self) -> bool {
        false
    }
}

/// Chooses the application by the first bytes that one side sent; nothing if they are too few to
/// say, unless it `must` be said now. `from_start`: they are the first of the whole connection.
/// It will speak the language.
pub(super) fn detect(
    lang: Lang,
    side: Side,
    bytes: &[u8],
    opener_known: bool,
    from_start: bool,
    must: bool,
) -> Option<Box<dyn Application>> {
    let too_few = bytes.len() < UNDECIDED_MAX && !must;
    let from_opener = side == Side::Client || !opener_known;
    match mqtt::begins(bytes) {
        mqtt::Begins::Yes if from_opener => {
            return Some(Box::new(mqtt::Mqtt::new(lang, from_start)));
        }
        mqtt::Begins::Perhaps if from_opener && too_few => return None,
        _ => {}
    }
    match zmtp::begins(bytes) {
        zmtp::Begins::Yes => return Some(Box::new(zmtp::Zmtp::new(lang, true))),
        // It says itself that it was mistaken, if it was; the other side need not be waited for.
        zmtp::Begins::Perhaps if from_start => return Some(Box::new(zmtp::Zmtp::new(lang, false))),
        _ => {}
    }
    if let Some(begins) = http::begins(bytes) {
        return Some(Box::new(http::Http::new(lang, side, begins, from_start)));
    }
    if too_few && http::may_begin(bytes) {
        return None;
    }
    if exchanges::is_text(bytes) {
        let asker = if opener_known { Side::Client } else { exchanges::asker(side, bytes) };
        Some(Box::new(exchanges::Exchanges::new(lang, asker, opener_known)))
    } else {
        Some(
            in_the_middle(lang, side, bytes, from_start)
                .unwrap_or_else(|| Box::new(opaque::Opaque::new(lang))),
        )
    }
}

/// Recognises bytes from the middle of a connection.
pub(super) fn in_the_middle(
    lang: Lang,
    side: Side,
    bytes: &[u8],
    from_start: bool,
) -> Option<Box<dyn Application>> {
    if from_start {
        return None;
    }
    if let Some(begins) = http::begins(bytes) {
        return Some(Box::new(http::Http::new(lang, side, begins, false)));
    }
    if zmtp::are_commands(bytes) {
        return Some(Box::new(zmtp::Zmtp::new(lang, true)));
    }
    mqtt::are_packets(bytes).then(|| Box::new(mqtt::Mqtt::new(lang, false)) as _)
}
