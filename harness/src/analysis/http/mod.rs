//! HTTP/1.1: one connection between a client and a server, message by message.
//!
//! It knows what a frame's bytes are to the messages that they belong to. Which response answers
//! which request is `connection`'s, the bytes are `assemble`'s and `dissect::http`'s, the words
//! are `texts`'.

mod assemble;
mod closing;
mod connection;
mod layers;
mod message;
mod report;
mod servers;

pub(super) use crate::dissect::http::may_begin;
pub(super) use connection::{Connection, Exchange};
pub(super) use message::Message;
pub(super) use report::summary;
pub(super) use servers::{Server, Servers};

use super::application::{Application, Moment, Remark, UNDECIDED_MAX};
use super::texts::{http as texts, http_body, http_flow, malformed};
use crate::conversation::{Chunk, Conversation, Side};
use crate::dissect::http::{self, Begins, Framing, Mode};
use crate::lang::{Lang, Text};
use assemble::{Assembler, Section, Unit};
use layers::Layers;

/// Messages of one frame that are told one by one.
pub const TOLD_MAX: usize = 8;

/// Who is heard, if these are the first bytes of a message: nothing if it is none, or not yet.
pub(super) fn begins(bytes: &[u8]) -> Option<Begins> {
    match http::begins(bytes) {
        // Its line is longer than anybody waits for.
        Begins::Perhaps if bytes.len() >= UNDECIDED_MAX && http::may_begin(bytes) => {
            let response = bytes.starts_with(b"HTTP/");
            Some(if response { Begins::Response } else { Begins::Request })
        }
        Begins::Perhaps | Begins::No => None,
        certain => Some(certain),
    }
}

/// A conversation in HTTP.
#[derive(Debug)]
pub(super) struct Http {
    assemblers: [Assembler; 2],
    connection: Connection,
}

/// What is to be told of one frame.
#[derive(Debug, Default)]
struct Telling {
    remark: Remark,
    layers: Layers,
    says: Vec<String>,
    messages: usize,
    /// Since the last word on a body: its bytes and chunks in this frame.
    body: u64,
    chunks: u64,
}

impl Http {
    /// `side` sent the beginning of a message; `from_start`: the connection's first bytes are in
    /// the capture.
    pub(super) fn new(lang: Lang, side: Side, begins: Begins, from_start: bool) -> Self {
        let client = if begins == Begins::Request { side } else { side.other() };
        let mode = |of: Side| if from_start || of == side { Mode::Head } else { Mode::Lost };
        let of = |side: Side| {
            let own = if side == client { Begins::Request } else { Begins::Response };
            Assembler::new(mode(side), own)
        };
        Self {
            assemblers: [of(Side::Client), of(Side::Server)],
            connection: Connection::new(lang, client, from_start),
        }
    }

    fn assembler(&mut self, side: Side) -> &mut Assembler {
        &mut self.assemblers[usize::from(side == Side::Server)]
    }

    /// `carrier` is the frame and the time of the bytes.
    fn unit(
        &mut self,
        side: Side,
        unit: Unit,
        carrier: (u64, u64),
        moment: &mut Moment<'_>,
        telling: &mut Telling,
    ) {
        let lang = self.connection.lang;
        match unit {
            Unit::Section(section) if section.mode == Mode::Head => {
                self.head(side, &section, moment, telling);
            }
            Unit::Section(section) => self.part(side, &section, moment, telling),
            Unit::Data { mode: Mode::Lost, len, .. } => {
                self.flush(side, telling);
                let mut told = connection::Told::default();
                self.connection.stray(side, moment.frame, &mut told);
                telling.remark.refs.extend(told.refs);
                telling.says.push(format!("{}{}", texts::lost(lang, len), told.say));
            }
            Unit::Data { mode, bytes, len, at } => {
                telling.layers.data(mode, &bytes, at, carrier.0, moment.frame);
                telling.body += len;
                // What is not HTTP belongs to no message.
                if let Some(message) =
                    self.connection.current(side).filter(|_| mode != Mode::Tunnel)
                {
                    message.add_data(&bytes, len);
                    message.touch(carrier.0, carrier.1);
                }
                if matches!(mode, Mode::Body(_)) && self.assembler(side).mode() == Mode::Head {
                    self.complete(side, telling, moment);
                }
            }
            Unit::Part { first, there, begins } => {
                let head = self.assembler(side).mode() == Mode::Head;
                let kind = head.then(|| self.kind(side));
                telling.says.push(texts::part(lang, kind.as_ref(), there, begins));
                if !begins {
                    telling.remark.refs.push(first);
                }
            }
        }
    }

    /// `request` or `response`.
    fn kind(&self, side: Side) -> Text {
        texts::kind(side == self.connection.client)
    }

    fn head(
        &mut self,
        side: Side,
        section: &Section,
        moment: &mut Moment<'_>,
        telling: &mut Telling,
    ) {
        let lang = self.connection.lang;
        let head = http::head(&section.bytes, moment.with_fields);
        telling.messages += 1;
        let at = (section.pieces.first_frame(), section.time_ns, section.bytes.len() as u64);
        let server = (&mut moment.shared.http, moment.conversation);
        let told = self.connection.on_head(side, &head, at, server);
        telling.layers.section(section, &head.fields, moment.frame);
        let notes = section.pieces.notes(&head.flaws, moment.frame, &self.kind(side));
        telling.remark.notes.extend(notes);
        telling.remark.refs.extend(told.refs);
        if telling.messages <= TOLD_MAX {
            telling.says.push(told.say);
            telling.says.extend(head.flaws.first().map(|flaw| malformed(lang, &flaw.text(lang))));
        }
        if told.interim {
            telling.layers.end();
            return;
        }
        if let Some(message) = self.connection.current(side) {
            for frame in section.pieces.frames() {
                message.touch(frame, section.time_ns);
            }
        }
        // [9112-6.3-08], [9112-6.3-09] Of a broken response the rest is all there will be.
        let broken = told.framing == Framing::Broken && side != self.connection.client;
        let mode = if broken { Some(Mode::UntilClose) } else { Mode::of_body(told.framing) };
        self.assembler(side).expect(mode.unwrap_or(Mode::Head));
        if told.framing == Framing::Tunnel {
            // What the client sends from now on is not HTTP, either.
            self.assembler(side.other()).expect(Mode::Tunnel);
        }
        if mode.is_none() {
            self.complete(side, telling, moment);
        }
    }

    /// A line of a chunked body.
    fn part(
        &mut self,
        side: Side,
        section: &Section,
        moment: &mut Moment<'_>,
        telling: &mut Telling,
    ) {
        let lang = self.connection.lang;
        let (part, next) = http::read_part(section.mode, &section.bytes, moment.with_fields);
        self.assembler(side).expect(next);
        telling.layers.section(section, &part.fields, moment.frame);
        let notes = section.pieces.notes(&part.flaws, moment.frame, &self.kind(side));
        telling.remark.notes.extend(notes);
        telling.says.extend(part.flaws.first().map(|flaw| malformed(lang, &flaw.text(lang))));
        if let Some(message) = self.connection.current(side) {
            message.add_part(section.mode, &part);
            message.len += section.bytes.len() as u64;
            for frame in section.pieces.frames() {
                message.touch(frame, section.time_ns);
            }
        }
        telling.chunks += u64::from(matches!(next, Mode::Chunk(_)));
        if next == Mode::Head {
            self.complete(side, telling, moment);
        }
    }

    /// A message of that side has its last byte.
    fn complete(&mut self, side: Side, telling: &mut Telling, moment: &Moment<'_>) {
        self.connection.complete(side);
        let lang = self.connection.lang;
        telling.layers.end();
        let is_request = side == self.connection.client;
        if telling.messages <= TOLD_MAX
            && let Some(message) = self.connection.current(side)
        {
            telling.says.push(texts::complete(lang, message, is_request, moment.frame));
            let frames = message.frames.frames.iter();
            telling.remark.refs.extend(frames.filter(|frame| **frame != moment.frame));
        }
        (telling.body, telling.chunks) = (0, 0);
    }

    /// Says how far a body has come in this frame.
    fn flush(&mut self, side: Side, telling: &mut Telling) {
        let lang = self.connection.lang;
        let is_request = side == self.connection.client;
        let in_body = self.assembler(side).mode() != Mode::Head;
        if self.assembler(side).mode() == Mode::Tunnel && telling.body > 0 {
            telling.says.push(texts::tunnelled(lang, telling.body));
            telling.body = 0;
            return;
        }
        if let Some(message) = self.connection.current(side).filter(|message| !message.complete) {
            if (telling.body, telling.chunks) != (0, 0) {
                let now = (telling.body, telling.chunks);
                telling.says.push(http_body::progress(lang, message, is_request, now));
            } else if telling.messages > 0 && in_body {
                telling.says.extend(http_body::to_come(lang, message));
            }
        }
        (telling.body, telling.chunks) = (0, 0);
    }

    fn finish(
        &mut self,
        side: Side,
        mut telling: Telling,
        chunk: Option<&Chunk>,
        moment: &Moment<'_>,
    ) -> Remark {
        let lang = self.connection.lang;
        self.flush(side, &mut telling);
        let chunk = chunk.filter(|chunk| chunk.frame == moment.frame);
        let messages = telling.messages;
        if messages > TOLD_MAX {
            telling.says.push(texts::more_messages(lang, messages - TOLD_MAX));
        }
        if messages > 1 && chunk.is_some() {
            telling.says.push(texts::share_a_segment(lang, messages));
        }
        let mut remark = telling.remark;
        remark.say = telling.says.join("; ");
        if moment.with_fields {
            remark.layers = telling.layers.finish(chunk);
        }
        remark
    }
}

impl Application for Http {
    fn name(&self) -> String {
        http_flow::name(self.connection.lang, &self.connection)
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk, moment: &mut Moment<'_>) -> Remark {
        self.connection.meet(moment.conversation, &mut moment.shared.http);
        let mut telling = Telling::default();
        let carrier = (chunk.frame, chunk.time_ns);
        let mut at = 0;
        while let Some(unit) = self.assembler(side).next(chunk, &mut at) {
            self.unit(side, unit, carrier, moment, &mut telling);
        }
        // The frame was cut: the rest of its bytes is a hole.
        let missing = chunk.len - chunk.bytes.len() as u64;
        if missing > 0
            && let Some(unit) = self.assembler(side).hole(missing)
        {
            self.unit(side, unit, carrier, moment, &mut telling);
        }
        self.finish(side, telling, Some(chunk), moment)
    }

    fn on_gap(&mut self, side: Side, len: u64, moment: &mut Moment<'_>) -> Option<Remark> {
        let unit = self.assembler(side).hole(len)?;
        let mut telling = Telling::default();
        let carrier = (moment.frame, moment.conversation.last_ns);
        self.unit(side, unit, carrier, moment, &mut telling);
        Some(self.finish(side, telling, None, moment))
    }

    fn blocks(
        &self,
        _conversation: &Conversation,
        _name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        report::blocks(&self.connection)
    }

    fn closing(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Option<(String, Vec<u64>)> {
        closing::closing(&self.connection, conversation, name)
    }

    fn tells_the_data(&self) -> bool {
        true
    }
}
