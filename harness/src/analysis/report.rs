//! The end of the analysis: a block per phase, notes, and the summary.
//!
//! It knows the order in which things are told.

use super::{Analysis, Ledger, http, mqtt, texts, zmtp};
use crate::conversation::{Conversation, Side};
use crate::lang::Lang;
use std::net::SocketAddr;

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// `arp`, `conversation`, `handshake`, `exchange`, `acknowledgments`, `trouble` or `close`.
    pub topic: &'static str,
    /// The conversation it is about.
    pub conversation: Option<u64>,
    /// The line.
    pub say: String,
    /// The frames that it speaks of.
    pub refs: Vec<u64>,
}

/// The counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// All frames.
    pub frames: u64,
    /// Those with ARP.
    pub arp: u64,
    /// Those with TCP.
    pub tcp: u64,
    /// Conversations over TCP.
    pub conversations: u64,
    /// From the first frame to the last, in nanoseconds.
    pub duration_ns: u64,
    /// The language that it is told in.
    pub lang: Lang,
}

impl Summary {
    /// As a line.
    pub fn say(&self) -> String {
        texts::summary(self.lang, self)
    }
}

/// What the whole capture shows.
#[derive(Clone, Debug)]
pub struct Report {
    /// One after another: address resolution, then each conversation.
    pub blocks: Vec<Block>,
    /// What should be known about the capture itself.
    pub notes: Vec<String>,
    /// The counts.
    pub summary: Summary,
}

pub(super) fn make(analysis: &Analysis) -> Report {
    let lang = analysis.lang;
    let mut blocks = arp(analysis);
    let empty = Ledger::default();
    for conversation in analysis.conversations.iter() {
        let ledger = analysis.ledgers.get(&conversation.id).unwrap_or(&empty);
        conversation_blocks(analysis, conversation, ledger, &mut blocks);
    }
    let asked = |id, address| broker_or_client(analysis, id, address, true);
    let frames = |id| analysis.conversations.get(id).map(|conversation| conversation.frames);
    for (say, refs) in http::summary(lang, &analysis.shared.http, &asked, &frames) {
        blocks.push(Block { topic: "exchange", conversation: None, say, refs });
    }
    let peer = |id, address, itself| broker_or_client(analysis, id, address, itself);
    let (mut across, mut notes) = mqtt::summary(lang, &analysis.shared.mqtt, &peer);
    let end = |id, side| end(analysis, id, side);
    across.extend(zmtp::summary(lang, &analysis.shared.zmtp, &end));
    for (say, refs) in across {
        blocks.push(Block { topic: "exchange", conversation: None, say, refs });
    }
    notes.extend(self::notes(analysis));
    let totals = &analysis.totals;
    Report {
        blocks,
        notes,
        summary: Summary {
            frames: totals.frames,
            arp: totals.arp,
            tcp: totals.tcp,
            conversations: analysis.conversations.count(),
            duration_ns: totals.last_ns - totals.first_ns,
            lang,
        },
    }
}

/// What the broker at `address` is called in a conversation, or the client that it has there.
fn broker_or_client(analysis: &Analysis, id: u64, address: SocketAddr, itself: bool) -> String {
    let Some(conversation) = analysis.conversations.get(id) else {
        return if itself {
            address.to_string()
        } else {
            texts::conversation_name(analysis.lang, id)
        };
    };
    let is_server = conversation.address(Side::Server) == address;
    let broker = if is_server { Side::Server } else { Side::Client };
    analysis.names.end(conversation, if itself { broker } else { broker.other() })
}

/// What an end of a conversation is called.
fn end(analysis: &Analysis, id: u64, side: Side) -> String {
    match analysis.conversations.get(id) {
        Some(conversation) => analysis.names.end(conversation, side),
        None => texts::conversation_name(analysis.lang, id),
    }
}

fn arp(analysis: &Analysis) -> Vec<Block> {
    let neighbours = &analysis.neighbours;
    let mut blocks = Vec::new();
    for exchange in &neighbours.exchanges {
        let asker = analysis.names.host(exchange.asker.into());
        let answerer = analysis.names.host(exchange.target.into());
        let mut refs = vec![exchange.request];
        refs.extend(exchange.answer.map(|(frame, _)| frame));
        let say = texts::arp::block(analysis.lang, exchange, &asker, &answerer);
        blocks.push(Block { topic: "arp", conversation: None, say, refs });
    }
    if neighbours.unlisted > 0 {
        let say = texts::arp::unlisted(analysis.lang, neighbours.unlisted);
        blocks.push(Block { topic: "arp", conversation: None, say, refs: Vec::new() });
    }
    blocks
}

fn conversation_blocks(
    analysis: &Analysis,
    conversation: &Conversation,
    ledger: &Ledger,
    blocks: &mut Vec<Block>,
) {
    let lang = analysis.lang;
    let name = |side: Side| analysis.names.end(conversation, side);
    let application = ledger.reader.application.as_ref();
    let id = Some(conversation.id);
    let mut push = |topic, say, refs| blocks.push(Block { topic, conversation: id, say, refs });
    let application_name = application.map(|a| a.name());
    let heading = texts::tcp_report::heading(lang, conversation, name, application_name.as_deref());
    push("conversation", heading, Vec::new());
    let handshake = &conversation.handshake;
    let refs = [handshake.syn, handshake.syn_ack, handshake.ack].into_iter().flatten().collect();
    push("handshake", texts::tcp_report::handshake(lang, conversation), refs);
    if let Some(application) = application {
        for (say, refs) in application.blocks(conversation, &name) {
            push("exchange", say, refs);
        }
    }
    if let Some(say) = texts::tcp_report::acknowledgments(lang, &ledger.alone, &ledger.riding) {
        let refs = ledger.alone.frames.iter().chain(&ledger.riding.frames).copied().collect();
        push("acknowledgments", say, refs);
    }
    if let Some(say) = texts::tcp_report::trouble(lang, conversation) {
        push("trouble", say, Vec::new());
    }
    let mut refs: Vec<u64> = conversation
        .directions
        .iter()
        .flat_map(|d| [d.fin.map(|(frame, _)| frame), d.fin_acked])
        .chain([conversation.reset.map(|r| r.frame)])
        .flatten()
        .collect();
    refs.sort_unstable();
    refs.dedup();
    push("close", texts::tcp_report::close(lang, conversation, name), refs);
    if let Some((say, refs)) = application.and_then(|a| a.closing(conversation, &name)) {
        push("close", say, refs);
    }
}

fn notes(analysis: &Analysis) -> Vec<String> {
    let (totals, lang) = (&analysis.totals, analysis.lang);
    let mut notes = Vec::new();
    if totals.tcp_wrong > 0 {
        notes.push(texts::tcp_checksums(lang, totals.tcp_wrong, totals.tcp_checked));
    }
    if totals.ip_wrong > 0 {
        notes.push(texts::ip_checksums(lang, totals.ip_wrong, totals.ip_checked));
    }
    if totals.cut > 0 {
        notes.push(texts::cut(lang, totals.cut));
    }
    if totals.forgotten > 0 {
        notes.push(texts::forgotten(lang, totals.forgotten));
    }
    notes
}
