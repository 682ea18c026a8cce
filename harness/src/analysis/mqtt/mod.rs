//! MQTT: one connection between a client and a broker, packet by packet.
//!
//! It knows what a packet means to those before it on its connection: an answer to a request,
//! an acknowledgement, a violation. What goes on to other connections is `broker`'s, the bytes are
//! `assemble`'s and `dissect::mqtt`'s, the words are `texts`'.

mod broker;
mod connection;
mod detect;
mod messages;
mod records;
mod report;
mod session;
mod tally;

pub(super) use broker::{Broker, Brokers, NAMED_MAX, Origin, Publication};
pub(super) use detect::{Begins, are_packets, begins};
pub(super) use messages::Message;
pub(super) use report::summary;
pub(super) use session::Flight;
pub(super) use tally::Topic;

use super::application::{Application, Moment, Remark, Riding};
use super::assemble::{Assembled, Assembler, Unit, cover};
use super::texts::{complete, malformed, mqtt as packets, mqtt_flow as texts};
use crate::conversation::{Chunk, Conversation, Side};
use crate::dissect::mqtt::{PacketType, packet};
use crate::lang::Lang;
use connection::Connection;
use detect::Packets;

/// Packets of one frame that are told one by one.
pub const TOLD_MAX: usize = 8;

/// A conversation in MQTT.
#[derive(Debug)]
pub(super) struct Mqtt {
    assemblers: [Assembler<Packets>; 2],
    connection: Connection,
}

impl Mqtt {
    /// `from_start`: the connection's first bytes are in the capture.
    pub(super) fn new(lang: Lang, from_start: bool) -> Self {
        let assembler = || {
            let begin = if from_start { Assembler::new } else { Assembler::in_the_middle };
            begin(Packets)
        };
        Self {
            assemblers: [assembler(), assembler()],
            connection: Connection::new(lang, from_start),
        }
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
        let mut packets = 0;
        for unit in units {
            match unit {
                Unit::Whole(assembled) => {
                    packets += 1;
                    let say = self.packet(side, &assembled, moment, &mut remark);
                    if packets <= TOLD_MAX {
                        says.push(say);
                    }
                }
                Unit::Part { first, there, of, begins, head } => {
                    let name = PacketType::from_number(head >> 4).map(PacketType::name);
                    says.push(texts::part(lang, name, there, of, begins));
                    if !begins {
                        remark.refs.push(first);
                    }
                }
                Unit::Lost { len, endless } => says.push(texts::lost(lang, len, endless)),
            }
        }
        if packets > TOLD_MAX {
            says.push(texts::more_packets(lang, packets - TOLD_MAX));
        }
        if packets > 1 && chunk.is_some_and(|chunk| chunk.frame == moment.frame) {
            says.push(texts::share_a_segment(lang, packets));
        }
        remark.say = says.join("; ");
        if let Some(chunk) = chunk
            && moment.with_fields
            && chunk.frame == moment.frame
        {
            cover(&mut remark.layers, chunk, "part of a packet");
        }
        remark
    }

    fn packet(
        &mut self,
        side: Side,
        assembled: &Assembled,
        moment: &mut Moment<'_>,
        remark: &mut Remark,
    ) -> String {
        let seen = packet(&assembled.bytes, moment.with_fields);
        let told = self.connection.on_packet(side, assembled, &seen, moment);
        remark.refs.extend(told.refs);
        if self.connection.is_of_another_level() && seen.packet_type != Some(PacketType::Connect) {
            return told.say;
        }
        let lang = self.connection.lang;
        let frames = assembled.frames();
        remark.refs.extend(frames.iter().filter(|frame| **frame != moment.frame));
        remark.notes.extend(assembled.notes(&packets::title(&seen), &seen.flaws, moment.frame));
        if moment.with_fields {
            remark.layers.push(assembled.layer("mqtt", &seen.fields, moment.frame));
        }
        let mut say = told.say;
        if let Some(first) = frames.first().filter(|first| **first != moment.frame) {
            say = format!("{say}; {}", complete(lang, assembled.len, *first));
        }
        if let Some(flaw) = seen.flaws.first() {
            say = format!("{say}; {}", malformed(lang, &flaw.text(lang)));
        }
        say
    }
}

impl Application for Mqtt {
    fn name(&self) -> String {
        packets::name(self.connection.lang, self.connection.level())
    }

    fn on_chunk(&mut self, side: Side, chunk: &Chunk, moment: &mut Moment<'_>) -> Remark {
        self.connection.meet(moment);
        let units = self.assemblers[usize::from(side == Side::Server)].feed(chunk);
        self.tell(side, units, Some(chunk), moment)
    }

    fn on_gap(&mut self, side: Side, len: u64, moment: &mut Moment<'_>) -> Option<Remark> {
        let assembler = &mut self.assemblers[usize::from(side == Side::Server)];
        let unit = assembler.hole(len, moment.conversation.last_ns)?;
        Some(self.tell(side, vec![unit], None, moment))
    }

    fn on_end(&mut self, _side: Side, moment: &mut Moment<'_>) {
        self.connection.on_end(moment);
    }

    fn blocks(
        &self,
        _conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Vec<(String, Vec<u64>)> {
        report::blocks(&self.connection, name)
    }

    fn closing(
        &self,
        conversation: &Conversation,
        name: &dyn Fn(Side) -> String,
    ) -> Option<(String, Vec<u64>)> {
        report::closing(&self.connection, conversation, name)
    }

    fn acknowledged(&self, frames: &[u64], bytes: u64, how: Riding) -> Option<String> {
        Some(texts::covers(self.connection.lang, frames, bytes, how))
    }

    fn tells_the_data(&self) -> bool {
        true
    }
}
