//! What a capture shows: a line for every frame, and a report at the end.
//!
//! It knows what frames mean to each other. It does not know how its words reach a person; that
//! is `explain`'s. The words themselves stand in `texts`.

mod application;
mod arp;
mod assemble;
mod exchanges;
mod http;
mod mqtt;
mod names;
mod opaque;
mod pieces;
mod reading;
mod records;
mod report;
pub mod texts;
mod told;
mod zmtp;

pub use application::{Application, Moment, Remark, Riding, Shared};
pub use exchanges::IN_FLIGHT_MAX;
pub use report::{Block, Report, Summary};
pub use told::Told;

use crate::conversation::{Conversation, Conversations, Event, Side, Step};
use crate::dissect::{Arp, Checksum, Content, Dissection, Flags, Segment};
use crate::frame::{CapturedFrame, HostNames};
use crate::lang::Lang;
use crate::output::Tone;
use arp::{Meaning, Neighbours};
use names::Names;
use reading::Reader;
use std::collections::HashMap;
use texts::Listed;

/// What is kept of a conversation besides its state.
#[derive(Debug, Default)]
struct Ledger {
    reader: Reader,
    alone: Listed,
    riding: Listed,
}

/// The analysis under way.
#[derive(Debug)]
pub struct Analysis {
    lang: Lang,
    names: Names,
    conversations: Conversations,
    neighbours: Neighbours,
    ledgers: HashMap<u64, Ledger>,
    shared: Shared,
    start_ns: Option<u64>,
    totals: Totals,
}

/// What is counted over the whole capture.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    frames: u64,
    arp: u64,
    tcp: u64,
    cut: u64,
    first_ns: u64,
    last_ns: u64,
    tcp_checked: u64,
    tcp_wrong: u64,
    ip_checked: u64,
    ip_wrong: u64,
    forgotten: u64,
}

impl Analysis {
    /// Begins, with what the hosts are called, and the language that it is told in.
    pub fn new(names: HostNames, lang: Lang) -> Self {
        Self {
            lang,
            names: Names::new(names, lang),
            conversations: Conversations::default(),
            neighbours: Neighbours::default(),
            ledgers: HashMap::new(),
            shared: Shared::default(),
            start_ns: None,
            totals: Totals::default(),
        }
    }

    /// More was learnt of what the hosts are called.
    pub fn rename(&mut self, names: HostNames) {
        self.names.rename(names);
    }

    /// Takes the next frame and says what it is.
    pub fn frame(&mut self, frame: &CapturedFrame, dissection: &Dissection) -> Told {
        let start = *self.start_ns.get_or_insert(frame.time_ns);
        self.count(frame, dissection);
        let mut told = Told::new(frame.number, frame.time_ns, start);
        if let Some((src, dst)) = dissection.addresses {
            told.src = self.names.host(src);
            told.dst = self.names.host(dst);
        } else if let Some((src, dst)) = dissection.link {
            told.src = src.to_string();
            told.dst = dst.to_string();
        }
        match &dissection.content {
            Content::Tcp(segment) => self.segment(frame, dissection, segment, &mut told),
            Content::Arp(arp) => self.arp(frame, dissection, arp, &mut told),
            Content::Udp(from, to, len) => {
                told.what = texts::udp(*from, *to, *len);
            }
            Content::Icmp(name) => told.what.clone_from(name),
            Content::Other(text) => text.say(self.lang).clone_into(&mut told.what),
            Content::Fragment(offset) => {
                (told.what, told.say) = texts::fragment(self.lang, *offset);
            }
        }
        told
    }

    fn count(&mut self, frame: &CapturedFrame, dissection: &Dissection) {
        let totals = &mut self.totals;
        if totals.frames == 0 {
            totals.first_ns = frame.time_ns;
        }
        totals.frames += 1;
        totals.first_ns = totals.first_ns.min(frame.time_ns);
        totals.last_ns = totals.last_ns.max(frame.time_ns);
        totals.cut += u64::from(frame.is_cut());
        totals.ip_checked += u64::from(dissection.ip_checksum != Checksum::Unknown);
        totals.ip_wrong += u64::from(dissection.ip_checksum == Checksum::Wrong);
        match &dissection.content {
            Content::Tcp(segment) => {
                totals.tcp += 1;
                totals.tcp_checked += u64::from(segment.checksum != Checksum::Unknown);
                totals.tcp_wrong += u64::from(segment.checksum == Checksum::Wrong);
            }
            Content::Arp(_) => totals.arp += 1,
            _ => {}
        }
    }

    fn arp(&mut self, frame: &CapturedFrame, dissection: &Dissection, arp: &Arp, told: &mut Told) {
        let (meaning, before) = self.neighbours.step(frame.number, arp);
        let sender = self.names.host(arp.sender.into());
        let target = self.names.host(arp.target.into());
        let broadcast = dissection.link.is_some_and(|(_, dst)| dst.0 == [0xff; 6]);
        told.src.clone_from(&sender);
        told.dst = if broadcast { texts::arp::BROADCAST.to_owned() } else { target };
        (told.what, told.say) = texts::arp::packet(self.lang, meaning, arp, &sender);
        if let Meaning::Answer(request) = meaning {
            told.refs.push(request);
        }
        if let Some(before) = before {
            told.say.push_str("; ");
            told.say.push_str(&texts::arp::moved(self.lang, &sender, &before.to_string()));
        }
    }

    fn segment(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        segment: &Segment,
        told: &mut Told,
    ) {
        let Some(addresses) = dissection.addresses else { return };
        let mut step = self.conversations.step(frame, addresses, segment);
        if let Some(evicted) = step.evicted {
            self.ledgers.remove(&evicted);
            self.totals.forgotten += 1;
        }
        let Some(conversation) = self.conversations.get(step.id) else { return };
        self.names.meet(conversation);
        let (names, lang) = (&self.names, self.lang);
        who_and_what(told, names, conversation, &step, segment);
        let ledger = self.ledgers.entry(step.id).or_default();
        let mut moment = Moment {
            frame: frame.number,
            with_fields: !dissection.layers.is_empty(),
            lang,
            conversation,
            shared: &mut self.shared,
        };
        let remarks = ledger.reader.read(&step.deliveries, &mut moment);
        if segment.flags.has(Flags::FIN | Flags::RST)
            && let Some(application) = &mut ledger.reader.application
        {
            application.on_end(step.from, &mut moment);
        }
        note_acknowledgments(ledger, frame.number, segment, &step);
        let application = ledger.reader.application.as_deref();
        if segment.payload_len > 0 && !application.is_some_and(Application::tells_the_data) {
            let shown = &frame.bytes[segment.payload.clone()];
            told.text = texts::preview(shown, segment.payload_len as u64);
        }
        let mut says = take_in(told, remarks);
        let name = |side| names.end(conversation, side);
        let words = |event: &Event| {
            let own = own_words(application, event, segment);
            own.unwrap_or_else(|| texts::tcp::event(lang, event, segment, name, step.from))
        };
        // What opens, repeats or comes too early is said before what the data is.
        let first = step.events.iter().take_while(|e| leads(e)).count();
        says.splice(0..0, step.events[..first].iter().map(words));
        says.extend(step.events[first..].iter().map(words));
        told.refs.extend(step.events.iter().flat_map(refs));
        if says.is_empty() {
            says.push(texts::tcp::nothing_new(lang, segment.flags));
        }
        told.say = says.join("; ");
        told.refs.sort_unstable();
        told.refs.dedup();
        told.deliveries = std::mem::take(&mut step.deliveries);
    }

    /// The capture is over: what came early in some conversation and still waits for bytes that
    /// never came. The applications get it; it is returned for `--follow`, told as if by the last
    /// frame.
    pub fn finish(&mut self) -> Vec<Told> {
        let ids: Vec<u64> = self.conversations.iter().map(|c| c.id).collect();
        let mut leftovers = Vec::new();
        for id in ids {
            let deliveries = self.conversations.finish(id);
            let Some(conversation) = self.conversations.get(id) else { continue };
            let mut moment = Moment {
                frame: self.totals.frames,
                with_fields: false,
                lang: self.lang,
                conversation,
                shared: &mut self.shared,
            };
            let reader = &mut self.ledgers.entry(id).or_default().reader;
            reader.read(&deliveries, &mut moment);
            reader.finish(&mut moment);
            if deliveries.is_empty() {
                continue;
            }
            let start = self.start_ns.unwrap_or_default();
            let mut told = Told::new(self.totals.frames, self.totals.last_ns, start);
            told.conversation = Some(id);
            told.from = Some(Side::Client);
            told.src = self.names.end(conversation, Side::Client);
            told.dst = self.names.end(conversation, Side::Server);
            told.deliveries = deliveries;
            leftovers.push(told);
        }
        leftovers
    }

    /// Blocks, notes and the summary.
    pub fn report(&self) -> Report {
        report::make(self)
    }
}

/// The first columns of a segment's line.
fn who_and_what(
    told: &mut Told,
    names: &Names,
    conversation: &Conversation,
    step: &Step,
    segment: &Segment,
) {
    told.conversation = Some(step.id);
    told.from = Some(step.from);
    told.src = names.end(conversation, step.from);
    told.dst = names.end(conversation, step.from.other());
    told.what = texts::tcp::segment(names.lang(), segment, step.from, conversation.opener_known);
    told.tone = tone(segment);
}

/// Puts what the application remarks where it belongs, and returns its words.
fn take_in(told: &mut Told, remarks: Vec<Remark>) -> Vec<String> {
    let mut says = Vec::new();
    for remark in remarks {
        says.push(remark.say);
        told.refs.extend(remark.refs);
        told.layers.extend(remark.layers);
        told.notes.extend(remark.notes);
    }
    says
}

/// Events that are said before the application's word.
fn leads(event: &Event) -> bool {
    !matches!(
        event,
        Event::Acknowledges { .. }
            | Event::Fin
            | Event::FinAgain(_)
            | Event::FinAcknowledged(_)
            | Event::Reset(_)
            | Event::ZeroWindow
            | Event::AcknowledgesUnseen
    )
}

/// What the application says instead of TCP's words.
fn own_words(
    application: Option<&dyn Application>,
    event: &Event,
    segment: &Segment,
) -> Option<String> {
    match event {
        Event::Acknowledges { frames, bytes, alone } => {
            let how = match (alone, segment.payload_len) {
                (true, _) => Riding::Alone,
                (false, 0) => Riding::OnControl,
                (false, _) => Riding::OnData,
            };
            application?.acknowledged(frames, *bytes, how)
        }
        _ => None,
    }
}

fn note_acknowledgments(ledger: &mut Ledger, number: u64, segment: &Segment, step: &Step) {
    for event in &step.events {
        if let Event::Acknowledges { alone, .. } = event {
            if *alone {
                ledger.alone.push(number);
            } else if segment.payload_len > 0 {
                ledger.riding.push(number);
            }
        }
    }
}

/// The frames that an event speaks of.
fn refs(event: &Event) -> Vec<u64> {
    match event {
        Event::Retransmission(frames) | Event::Acknowledges { frames, .. } => frames.clone(),
        Event::HandshakeAgain(frame)
        | Event::SimultaneousOpen(frame)
        | Event::FinAgain(frame)
        | Event::FinAcknowledged(frame) => vec![*frame],
        _ => Vec::new(),
    }
}

fn tone(segment: &Segment) -> Tone {
    let flags = segment.flags;
    if flags.has(Flags::RST) || flags.has(Flags::FIN) {
        Tone::Close
    } else if segment.payload_len > 0 {
        Tone::Data
    } else {
        Tone::Control
    }
}
