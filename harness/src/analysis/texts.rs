//! Every sentence of the analysis, in each language: the English stands right before the
//! Indonesian, and a test of the crate finds a sentence that stands anywhere else. It knows how
//! sentences and numbers are written. It does not know how anything was found out.

pub(super) mod arp;
pub(super) mod exchanges;
pub mod http;
pub(super) mod http_body;
pub(super) mod http_close;
pub(super) mod http_flow;
pub mod mqtt;
pub(super) mod mqtt_close;
pub(super) mod mqtt_fan_out;
pub(super) mod mqtt_flow;
mod noun;
pub(super) mod tcp;
pub(super) mod tcp_report;
pub mod zmtp;
pub(super) mod zmtp_flow;
pub(super) mod zmtp_report;
pub(super) mod zmtp_rules;
pub(super) mod zmtp_sockets;

use super::Summary;
use super::records::At;
use crate::conversation::{CONVERSATIONS_MAX, Side};
use crate::lang::{Lang, say};
use crate::output::escape;
use noun::{Noun, count, form};

/// Bytes of data that a line shows.
pub const PREVIEW_MAX: usize = 64;

/// `#6 #8`.
pub fn frames(numbers: &[u64]) -> String {
    numbers.iter().map(|n| format!("#{n}")).collect::<Vec<_>>().join(" ")
}

/// `18 frames`.
pub fn frame_count(lang: Lang, n: u64) -> String {
    count(lang, n, noun::FRAMES)
}

/// `1 TCP conversation`.
pub fn conversation_count(lang: Lang, n: u64) -> String {
    count(lang, n, noun::CONVERSATIONS)
}

/// `+1.5 ms`: between a request and its response.
pub(super) fn latency(ns: i64) -> String {
    let magnitude = ns.unsigned_abs() as f64;
    let sign = if ns < 0 { '-' } else { '+' };
    if magnitude < 1e6 {
        format!("{sign}{:.0} µs", magnitude / 1e3)
    } else if magnitude < 1e9 {
        format!("{sign}{:.1} ms", magnitude / 1e6)
    } else {
        format!("{sign}{:.2} s", magnitude / 1e9)
    }
}

/// `2.0014 s`: a duration.
pub fn seconds(ns: u64) -> String {
    format!("{:.4} s", ns as f64 / 1e9)
}

/// The first of `len` bytes in quotes, escaped; an ellipsis stands for those that are not shown.
pub fn preview(bytes: &[u8], len: u64) -> String {
    let mut head = &bytes[..bytes.len().min(PREVIEW_MAX)];
    if head.len() as u64 >= len {
        return format!("\"{}\"", escape(head));
    }
    if let Err(error) = std::str::from_utf8(head)
        && error.error_len().is_none()
    {
        // A character that the cut went through.
        head = &head[..error.valid_up_to()];
    }
    format!("\"{}…\"", escape(head))
}

/// `client`, `client2`, `server`.
pub(super) fn role(lang: Lang, side: Side, place: usize) -> String {
    let name = match side {
        Side::Client => say!(lang, "client", "klien"),
        Side::Server => say!(lang, "server", "server"),
    };
    if place == 0 { name } else { format!("{name}{}", place + 1) }
}

/// What a frame is, if it is none of TCP or ARP and has a header of its own.
pub(super) fn udp(from: u16, to: u16, len: usize) -> String {
    format!("UDP {from}→{to} {len} B")
}

/// What a later fragment of an IP packet is, and what is to be said of it.
pub(super) fn fragment(lang: Lang, offset: usize) -> (String, String) {
    let what = say!(lang, "IP fragment at {offset}", "fragmen IP pada {offset}");
    let say = say!(
        lang,
        "a later fragment: it has no header of the layer above",
        "fragmen lanjutan: tidak membawa header dari lapisan di atasnya"
    );
    (what, say)
}

/// What a conversation is called that is not kept any more.
pub(super) fn conversation_name(lang: Lang, id: u64) -> String {
    say!(lang, "conversation {id}", "percakapan {id}")
}

/// Things beyond those that are listed.
fn unlisted(lang: Lang, n: u64, noun: Noun) -> String {
    let noun = form(lang, n, noun);
    match n {
        1 => say!(lang, "{n} more {noun} is not listed", "{n} {noun} lain tidak dicantumkan"),
        _ => say!(lang, "{n} more {noun} are not listed", "{n} {noun} lain tidak dicantumkan"),
    }
}

/// `and 2 more messages`: units of a frame that are not told one by one.
fn more_units(lang: Lang, more: u64, noun: Noun) -> String {
    let noun = form(lang, more, noun);
    say!(lang, "and {more} more {noun}", "dan {more} {noun} lainnya")
}

/// What a part of a unit does.
fn begins(lang: Lang, begins: bool) -> String {
    if begins { say!(lang, "begins", "dimulai") } else { say!(lang, "goes on", "berlanjut") }
}

/// `#3 #5 and 2 more`: after those that are shown.
fn and_more(lang: Lang, shown: &str, more: u64) -> String {
    say!(lang, "{shown} and {more} more", "{shown} dan {more} lainnya")
}

/// Frame numbers that are listed up to a limit, and counted beyond it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    /// How many there were.
    pub(super) count: u64,
    /// The first of them.
    pub(super) frames: Vec<u64>,
}

/// Frame numbers that one list shows.
pub const LISTED_MAX: usize = 32;

impl Listed {
    pub(super) fn push(&mut self, frame: u64) {
        self.count += 1;
        if self.frames.len() < LISTED_MAX {
            self.frames.push(frame);
        }
    }

    pub(super) fn text(&self, lang: Lang) -> String {
        let more = self.count - self.frames.len() as u64;
        let text = frames(&self.frames);
        if more > 0 { and_more(lang, &text, more) } else { text }
    }
}

/// What somebody should not have done, and the clause that says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    en: &'static str,
    id: &'static str,
    clause: &'static str,
}

impl Rule {
    const fn new(en: &'static str, id: &'static str, clause: &'static str) -> Self {
        Self { en, id, clause }
    }

    pub(super) fn text(self, lang: Lang) -> String {
        let what = match lang {
            Lang::En => self.en,
            Lang::Id => self.id,
        };
        format!("{what} {}", self.clause)
    }
}

/// Behind what is said of a frame.
pub(super) fn violates(lang: Lang, what: &str) -> String {
    say!(lang, "; protocol violation: {what}", "; pelanggaran protokol: {what}")
}

pub(super) fn violation(lang: Lang, frame: u64, name: &str, what: &str) -> String {
    say!(
        lang,
        "protocol violation: {name} #{frame}: {what}",
        "pelanggaran protokol: {name} #{frame}: {what}"
    )
}

/// Behind the last part of a unit.
pub(super) fn complete(lang: Lang, len: usize, first: u64) -> String {
    say!(
        lang,
        "complete with {bytes} that begin in #{first}",
        "lengkap dengan {bytes} yang dimulai di #{first}",
        bytes = count(lang, len as u64, noun::BYTES)
    )
}

/// An answer, with the time since its question.
pub(super) fn after(lang: Lang, say: &str, question: At, answer: At) -> String {
    say!(
        lang,
        "{say} ({after} after #{frame})",
        "{say} ({after} setelah #{frame})",
        after = latency(answer.since(question)),
        frame = question.frame
    )
}

/// `, mean interval 1.0003 s`.
fn mean_interval(lang: Lang, seconds: f64) -> String {
    say!(lang, ", mean interval {seconds:.4} s", ", selang rata-rata {seconds:.4} s")
}

/// Behind the first of several.
fn and_others(lang: Lang) -> String {
    say!(lang, " and others", " dan lainnya")
}

pub(super) fn malformed(lang: Lang, flaw: &str) -> String {
    say!(lang, "malformed: {flaw}", "format salah: {flaw}")
}

/// The note about TCP's checksums.
pub(super) fn tcp_checksums(lang: Lang, wrong: u64, checked: u64) -> String {
    checksums(lang, "TCP", wrong, checked)
}

/// The note about those of IPv4's headers.
pub(super) fn ip_checksums(lang: Lang, wrong: u64, checked: u64) -> String {
    checksums(lang, &say!(lang, "IPv4 header", "header IPv4"), wrong, checked)
}

/// They are never called errors.
fn checksums(lang: Lang, what: &str, wrong: u64, checked: u64) -> String {
    say!(
        lang,
        "{what} checksums do not match in {wrong} of {checked} frames: checksum offload, the \
         sender's card would have filled them in after the capture; not an error",
        "checksum {what} tidak cocok pada {wrong} dari {checked} frame: checksum offload, kartu \
         jaringan pengirim baru mengisinya sesudah frame ditangkap; bukan kesalahan"
    )
}

pub(super) fn cut(lang: Lang, frames: u64) -> String {
    say!(
        lang,
        "{frames} cut by the snap length: only the first bytes of each are known",
        "{frames} terpotong oleh snap length: hanya byte-byte pertamanya yang diketahui",
        frames = count(lang, frames, noun::FRAMES_WERE)
    )
}

pub(super) fn forgotten(lang: Lang, conversations: u64) -> String {
    say!(
        lang,
        "{conversations} not listed: more than {CONVERSATIONS_MAX} at a time are not kept",
        "{conversations} tidak dicantumkan: lebih dari {CONVERSATIONS_MAX} sekaligus tidak \
         disimpan",
        conversations = count(lang, conversations, noun::CONVERSATIONS_ARE)
    )
}

/// The counts in a line.
pub(super) fn summary(lang: Lang, summary: &Summary) -> String {
    let other = summary.frames - summary.arp - summary.tcp;
    let others = say!(lang, "other", "lainnya");
    let kinds: Vec<String> = [(summary.arp, "ARP"), (summary.tcp, "TCP"), (other, &others)]
        .into_iter()
        .filter(|(frames, _)| *frames > 0)
        .map(|(frames, kind)| format!("{frames} {kind}"))
        .collect();
    let kinds = if kinds.is_empty() { kinds.concat() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "{}{kinds}, {}, {}",
        frame_count(lang, summary.frames),
        conversation_count(lang, summary.conversations),
        seconds(summary.duration_ns)
    )
}
