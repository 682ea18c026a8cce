//! ZMTP: one connection between two sockets, greeting by greeting and frame by frame.
//!
//! It knows how a side's bytes are read at each time, and what is said of the frame that carried
//! them. What they mean to each other is `connection`'s, the bytes are `assemble`'s and
//! `dissect::zmtp`'s, the words are `texts`'.

mod connection;
mod detect;
mod end;
mod handshake;
mod message;
mod pattern;
mod report;
mod requests;
mod sockets;
mod subscriptions;

pub(super) use connection::Connection;
pub(super) use detect::{Begins, are_commands, begins};
pub(super) use end::End;
pub(super) use message::{Body, FRAMES_MAX, Flow, Message};
pub(super) use report::summary;
pub(super) use requests::Requests;
pub(super) use sockets::{Peer, Socket, Sockets, TURNS_MAX};
pub(super) use subscriptions::Form;

use super::application::{Application, Moment, Remark};
use super::assemble::{Assembled, Assembler, Unit, cover};
use super::opaque::Opaque;
use super::records::At;
use super::texts::{malformed, zmtp as words, zmtp_flow as texts, zmtp_rules as rules};
use crate::conversation::{Chunk, Conversation, Side};
use crate::dissect::Field;
use crate::dissect::zmtp::{Flaw, SIGNATURE_LEN, frame, greeting};
use crate::lang::{Lang, Text};
use detect::Framing;

/// Units of one frame that are told one by one.
pub const TOLD_MAX: usize = 8;

/// A conversation in ZMTP.
#[derive(Debug)]
pub(super) struct Zmtp {
    readers: [Reader; 2],
    connection: Connection,
    /// A whole signature was seen, or a clear command.
    certain: bool,
    /// It had only looked like it.
    mistaken: Option<Opaque>,
}

/// How a side is read, which its first bytes decide.
#[derive(Debug, Default)]
struct Reader {
    assembler: Option<Assembler<Framing>>,
    /// Its next unit is the greeting.
    greets: bool,
    /// It began with something that is no greeting.
    foreign: bool,
}

/// What a frame held.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) greetings: usize,
    pub(super) commands: usize,
    pub(super) messages: usize,
}

impl Reader {
    fn new(chunk: &Chunk, from_start: bool) -> Self {
        let greets = begins(&chunk.bytes) != Begins::No;
        let foreign = !greets && from_start;
        let assembler = match (greets, foreign) {
            (true, _) => Assembler::new(Framing::Greeting),
            (_, true) => Assembler::in_the_middle(Framing::Older),
            _ => Assembler::in_the_middle(Framing::Frames),
        };
        Self { assembler: Some(assembler), greets, foreign }
    }

    /// The unit that is not complete yet.
    fn under_way(&self) -> Option<Assembled> {
        self.assembler.as_ref()?.under_way()
    }
}

impl Zmtp {
    /// `certain`: a whole signature was seen, or a clear command.
    pub(super) fn new(lang: Lang, certain: bool) -> Self {
        let (readers, connection) = (Default::default(), Connection::new(lang));
        Self { readers, connection, certain, mistaken: None }
    }

    fn reader(&self, side: Side) -> &Reader {
        &self.readers[usize::from(side == Side::Server)]
    }

    fn reader_mut(&mut self, side: Side) -> &mut Reader {
        &mut self.readers[usize::from(side == Side::Server)]
    }

    /// Tells what a frame's bytes are.
    fn tell(
        &mut self,
        side: Side,
        units: Vec<Unit>,
        chunk: Option<&Chunk>,
        moment: &mut Moment<'_>,
    ) -> Remark {
        let lang = self.connection.lang;
        let mut remark = Remark::default();
        let mut says = Vec::new();
        let mut counts = Counts::default();
        for unit in units {
            let greets = self.reader(side).greets;
            let say = match unit {
                Unit::Whole(assembled) if greets => {
                    counts.greetings += 1;
                    self.greeting(side, &assembled, moment, &mut remark)
                }
                Unit::Whole(assembled) => {
                    self.frame(side, &assembled, moment, &mut remark, &mut counts)
                }
                Unit::Part { .. } if greets => self.part_of_greeting(side, moment, &mut remark),
                Unit::Part { first, there, of, begins, head } => {
                    remark.refs.extend(Some(first).filter(|_| !begins));
                    texts::part(lang, &words::kind(lang, head), there, of, begins)
                }
                Unit::Lost { len, endless } => self.lost(side, len, endless),
            };
            says.extend(Some(say).filter(|say| !say.is_empty()));
        }
        if let Some(message) = &self.connection.end(side).message
            && message.carriers.last() == Some(&moment.frame)
        {
            says.push(texts::goes_on(lang, message.count));
        }
        let more = says.len().saturating_sub(TOLD_MAX);
        says.truncate(TOLD_MAX);
        says.extend((more > 0).then(|| texts::more_units(lang, more)));
        if let Some(chunk) = chunk.filter(|chunk| chunk.frame == moment.frame) {
            says.extend(texts::share_a_segment(lang, &counts));
            if moment.with_fields {
                cover(&mut remark.layers, chunk, "part of a frame");
            }
        }
        remark.say = says.join("; ");
        remark
    }

    /// The greeting's bytes so far, as far as they came with this frame.
    fn part_of_greeting(&self, side: Side, moment: &Moment<'_>, remark: &mut Remark) -> String {
        let Some(so_far) = self.reader(side).under_way() else { return String::new() };
        let seen = greeting(&so_far.bytes, moment.with_fields);
        if moment.with_fields {
            let mut layer = so_far.layer("zmtp", &seen.fields, moment.frame);
            layer.fields.retain(|field| field.len > 0);
            remark.layers.extend(Some(layer).filter(|layer| layer.len > 0));
        }
        remark.refs.extend(so_far.frames().iter().filter(|frame| **frame != moment.frame));
        words::greeting(self.connection.lang, &seen, so_far.span(moment.frame), Some(so_far.len))
    }

    fn greeting(
        &mut self,
        side: Side,
        assembled: &Assembled,
        moment: &mut Moment<'_>,
        remark: &mut Remark,
    ) -> String {
        self.reader_mut(side).greets = false;
        self.certain = true;
        let lang = self.connection.lang;
        let mut seen = greeting(&assembled.bytes, moment.with_fields);
        let say = words::greeting(lang, &seen, assembled.span(moment.frame), None);
        let fields = std::mem::take(&mut seen.fields);
        let say = place(
            assembled,
            (&Text::name(rules::GREETING), &fields, &seen.flaws),
            say,
            moment,
            remark,
        );
        // The other side goes on in the older version as well, or closes.
        if seen.is_older() {
            let other = self.reader_mut(side.other());
            other.greets = false;
            if let Some(assembler) = &mut other.assembler {
                assembler.reformat(Framing::Older);
            }
        }
        let at = At { frame: moment.frame, time_ns: assembled.time_ns };
        let wrong = self.connection.on_greeting(side, seen, at, assembled.frames());
        format!("{say}{wrong}")
    }

    fn frame(
        &mut self,
        side: Side,
        assembled: &Assembled,
        moment: &mut Moment<'_>,
        remark: &mut Remark,
        counts: &mut Counts,
    ) -> String {
        let seen = frame(&assembled.bytes, self.connection.reading(side, moment.with_fields));
        let told = self.connection.on_frame(side, assembled, &seen, moment);
        remark.refs.extend(told.refs);
        counts.commands += usize::from(seen.is_command());
        counts.messages += usize::from(!seen.is_command() && !seen.more());
        place(assembled, (&seen.name(), &seen.fields, &seen.flaws), told.say, moment, remark)
    }

    /// Bytes that are no units.
    fn lost(&self, side: Side, len: u64, endless: bool) -> String {
        let lang = self.connection.lang;
        match self.connection.older() {
            Some(major) => texts::older(lang, len, major),
            None if self.reader(side).foreign => texts::no_greeting(lang, len),
            None => texts::lost(lang, len, endless),
        }
    }
}

/// Puts a unit's fields and flaws where they stand in the frame, and adds to its words where it
/// began and what is wrong with it.
fn place(
    assembled: &Assembled,
    (name, fields, flaws): (&Text, &[Field], &[Flaw]),
    mut say: String,
    moment: &Moment<'_>,
    remark: &mut Remark,
) -> String {
    let frames = assembled.frames();
    remark.refs.extend(frames.iter().filter(|frame| **frame != moment.frame));
    remark.notes.extend(assembled.notes(name, flaws, moment.frame));
    if moment.with_fields {
        remark.layers.push(assembled.layer("zmtp", fields, moment.frame));
    }
    if let Some(first) = frames.first().filter(|first| **first != moment.frame)
        && !say.is_empty()
    {
        say = texts::complete(moment.lang, &say, assembled.len, *first);
    }
    if let Some(flaw) = flaws.first() {
        say.push_str("; ");
        say.push_str(&malformed(moment.lang, &flaw.text(moment.lang)));
    }
    say
}

impl Application for Zmtp {
    fn name(&self) -> String {
        match &self.mistaken {
            Some(opaque) => opaque.name(),
            None if !self.certain => super::texts::exchanges::not_recognised(self.connection.lang),
            None => words::name(self.connection.version(), self.connection.types_in_order()),
        }
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk, moment: &mut Moment<'_>) -> Remark {
        if let Some(opaque) = &mut self.mistaken {
            return opaque.on_chunk(side, chunk, moment);
        }
        let from_start = chunk.offset == 0 && moment.conversation.opener_known;
        let reader = self.reader_mut(side);
        if reader.assembler.is_none() {
            *reader = Reader::new(chunk, from_start);
        }
        let units = reader.assembler.as_mut().map(|it| it.feed(chunk)).unwrap_or_default();
        let signature = reader.greets.then(|| reader.under_way()).flatten();
        self.certain |= signature.is_some_and(|it| it.len >= SIGNATURE_LEN);
        let lost = units.iter().any(|unit| matches!(unit, Unit::Lost { .. }));
        if lost && !self.certain && !matches!(units.first(), Some(Unit::Whole(_))) {
            let mut opaque = Opaque::new(self.connection.lang);
            let remark = opaque.on_chunk(side, chunk, moment);
            self.mistaken = Some(opaque);
            return remark;
        }
        self.connection.cut(side, chunk.len > chunk.bytes.len() as u64);
        self.tell(side, units, Some(chunk), moment)
    }

    fn on_gap(&mut self, side: Side, len: u64, moment: &mut Moment<'_>) -> Option<Remark> {
        if let Some(opaque) = &mut self.mistaken {
            return opaque.on_gap(side, len, moment);
        }
        self.connection.cut(side, true);
        let assembler = self.reader_mut(side).assembler.as_mut()?;
        let unit = assembler.hole(len, moment.conversation.last_ns)?;
        Some(self.tell(side, vec![unit], None, moment))
    }

    fn on_end(&mut self, _side: Side, moment: &mut Moment<'_>) {
        self.connection.on_end(moment);
    }

    fn blocks(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        match &self.mistaken {
            Some(opaque) => opaque.blocks(conversation, name),
            None => report::blocks(&self.connection, conversation, name),
        }
    }

    fn closing(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Option<(String, Vec<u64>)> {
        report::closing(&self.connection, conversation, name).filter(|_| self.mistaken.is_none())
    }

    fn tells_the_data(&self) -> bool {
        self.mistaken.is_none()
    }

    fn gives_way(&self) -> bool {
        self.mistaken.as_ref().is_some_and(Application::gives_way)
    }
}
