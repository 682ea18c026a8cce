//! Things that are counted.
//!
//! It knows the English singular and plural; Indonesian has one form for both.

use crate::lang::Lang;

/// A thing that is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noun {
    one: &'static str,
    many: &'static str,
    id: &'static str,
}

impl Noun {
    const fn new(one: &'static str, many: &'static str, id: &'static str) -> Self {
        Self { one, many, id }
    }
}

pub(super) const ARP_QUESTIONS: Noun = Noun::new("ARP question", "ARP questions", "pertanyaan ARP");
pub(super) const BYTES: Noun = Noun::new("byte", "bytes", "byte");
pub(super) const BYTES_ARE: Noun = Noun::new("byte is", "bytes are", "byte");
pub(super) const CHUNKS: Noun = Noun::new("chunk", "chunks", "chunk");
pub(super) const COMMANDS: Noun = Noun::new("command", "commands", "perintah");
pub(super) const CONNECTIONS: Noun = Noun::new("connection", "connections", "koneksi");
pub(super) const CONVERSATIONS: Noun =
    Noun::new("TCP conversation", "TCP conversations", "percakapan TCP");
pub(super) const CONVERSATIONS_ARE: Noun =
    Noun::new("conversation is", "conversations are", "percakapan");
pub(super) const DELIVERIES: Noun = Noun::new("delivery", "deliveries", "penyampaian");
pub(super) const EXCHANGES: Noun = Noun::new("exchange", "exchanges", "pertukaran");
pub(super) const FIELDS: Noun = Noun::new("field", "fields", "field");
pub(super) const FRAMES: Noun = Noun::new("frame", "frames", "frame");
pub(super) const FRAMES_WERE: Noun = Noun::new("frame was", "frames were", "frame");
pub(super) const GREETINGS: Noun = Noun::new("greeting", "greetings", "greeting");
pub(super) const LINES: Noun = Noun::new("line", "lines", "baris");
pub(super) const MESSAGES: Noun = Noun::new("message", "messages", "pesan");
pub(super) const MORE_FRAMES: Noun = Noun::new("more frame", "more frames", "frame lagi");
pub(super) const OUT_OF_ORDER: Noun =
    Noun::new("segment out of order", "segments out of order", "segmen tidak berurutan");
pub(super) const PACKETS: Noun = Noun::new("packet", "packets", "paket");
pub(super) const PUBLISHERS: Noun = Noun::new("publisher", "publishers", "penerbit");
pub(super) const REPLIES: Noun = Noun::new("reply", "replies", "balasan");
pub(super) const REQUESTS: Noun = Noun::new("request", "requests", "permintaan");
pub(super) const RESPONSES: Noun = Noun::new("response", "responses", "balasan");
pub(super) const RETRANSMISSIONS: Noun =
    Noun::new("retransmission", "retransmissions", "retransmisi");
pub(super) const SEGMENTS: Noun = Noun::new("segment", "segments", "segmen");
pub(super) const SUBSCRIBERS: Noun = Noun::new("subscriber", "subscribers", "pelanggan");
pub(super) const TIMES: Noun = Noun::new("time", "times", "kali");
pub(super) const VIOLATIONS: Noun = Noun::new("violation", "violations", "pelanggaran");

/// `3 frames`.
pub(super) fn count(lang: Lang, n: u64, noun: Noun) -> String {
    format!("{n} {}", form(lang, n, noun))
}

/// `frame` or `frames`.
pub(super) fn form(lang: Lang, n: u64, noun: Noun) -> &'static str {
    match lang {
        Lang::En if n == 1 => noun.one,
        Lang::En => noun.many,
        Lang::Id => noun.id,
    }
}
