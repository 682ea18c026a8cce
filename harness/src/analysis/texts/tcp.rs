//! The words of TCP's segments: what each is to its conversation. How a conversation went is in
//! `tcp_report`.
//!
//! It knows events. It does not know how they were found out, nor what the data says.

use super::frames;
use super::noun::{self, count};
use crate::conversation::{Event, ResetReason, Side};
use crate::dissect::{Flags, Segment};
use crate::lang::{Lang, say};
use std::fmt::Write as _;

pub(super) fn mid_connection(lang: Lang) -> String {
    say!(lang, "capture starts mid-connection", "tangkapan dimulai di tengah koneksi")
}

/// `TCP 2222 PSH,ACK 4 B`: with the port on the way to the server, for it names the service.
pub(in crate::analysis) fn segment(
    lang: Lang,
    segment: &Segment,
    from: Side,
    opener_known: bool,
) -> String {
    let flags = match segment.flags {
        Flags(0) => say!(lang, "none", "tanpa flag"),
        flags => flags.to_string(),
    };
    let data = match segment.payload_len {
        0 => String::new(),
        len => format!(" {len} B"),
    };
    match from {
        Side::Client if opener_known => format!("TCP {} {flags}{data}", segment.destination_port),
        _ if opener_known => format!("{flags}{data}"),
        _ => format!("TCP {flags}{data}"),
    }
}

/// What an event of a conversation is called in a frame's line.
pub(in crate::analysis) fn event(
    lang: Lang,
    event: &Event,
    segment: &Segment,
    name: impl Fn(Side) -> String,
    from: Side,
) -> String {
    let who = name(from);
    match event {
        Event::StartsInTheMiddle => mid_connection(lang),
        Event::PortReused(id) => say!(
            lang,
            "the ports of conversation {id}, opened anew",
            "port-port percakapan {id}, dibuka kembali"
        ),
        Event::Handshake(step) => handshake_step(lang, *step, segment),
        Event::HandshakeAgain(first) => {
            say!(lang, "sent again, first in #{first}", "dikirim ulang, pertama kali di #{first}")
        }
        Event::SimultaneousOpen(syn) => simultaneous(lang, *syn, segment),
        Event::Retransmission(of) => retransmission(lang, of),
        Event::Early(_) | Event::Overlapping(_) | Event::FillsHole => out_of_place(lang, event),
        Event::Acknowledges { frames, bytes, alone } => {
            acknowledges(lang, (frames, *bytes, *alone), segment)
        }
        Event::AcknowledgesUnseen => say!(
            lang,
            "acknowledges bytes that the capture does not have",
            "mengonfirmasi byte yang tidak ada dalam tangkapan"
        ),
        Event::DuplicateAck => say!(
            lang,
            "duplicate ACK: still waits for an earlier segment",
            "ACK duplikat: masih menunggu segmen sebelumnya"
        ),
        Event::KeepAlive => say!(lang, "keep-alive probe", "probe keep-alive"),
        Event::WindowProbe | Event::WindowUpdate | Event::ZeroWindow => window(lang, event, &who),
        Event::Fin => say!(lang, "{who} closes: FIN", "{who} menutup: FIN"),
        Event::FinAgain(first) => say!(
            lang,
            "FIN sent again, first in #{first}",
            "FIN dikirim ulang, pertama kali di #{first}"
        ),
        Event::FinAcknowledged(frame) => {
            say!(lang, "acknowledges the FIN #{frame}", "mengonfirmasi FIN #{frame}")
        }
        Event::Reset(reset) => say!(
            lang,
            "{who} resets the connection: {why}",
            "{who} mereset koneksi: {why}",
            why = reason(lang, reset.reason)
        ),
    }
}

fn retransmission(lang: Lang, of: &[u64]) -> String {
    if of.is_empty() {
        return say!(lang, "retransmission", "retransmisi");
    }
    say!(lang, "retransmission of {of}", "retransmisi dari {of}", of = frames(of))
}

/// Data that does not simply follow the data before it.
fn out_of_place(lang: Lang, event: &Event) -> String {
    let bytes = |n: u64| count(lang, n, noun::BYTES);
    match event {
        Event::Early(missing) => say!(
            lang,
            "out of order: {bytes} before it not seen yet",
            "tidak berurutan: {bytes} sebelumnya belum terlihat",
            bytes = bytes(*missing)
        ),
        Event::Overlapping(old) => say!(
            lang,
            "its first {bytes} had been sent before",
            "{bytes} pertamanya sudah pernah dikirim",
            bytes = bytes(*old)
        ),
        _ => say!(
            lang,
            "fills the hole before what had come early",
            "mengisi celah sebelum data yang datang terlalu awal"
        ),
    }
}

/// How much room there is.
fn window(lang: Lang, event: &Event, who: &str) -> String {
    match event {
        Event::WindowProbe => say!(
            lang,
            "window probe: is there room again?",
            "probe window: apakah sudah ada ruang lagi?"
        ),
        Event::ZeroWindow => say!(
            lang,
            "window 0: {who} has no room for more",
            "window 0: {who} tidak punya ruang lagi"
        ),
        _ => say!(lang, "window update", "pembaruan window"),
    }
}

fn handshake_step(lang: Lang, step: u8, segment: &Segment) -> String {
    let offers = offers(segment);
    match step {
        1 => say!(lang, "handshake 1 of 3: SYN{offers}", "jabat tangan 1 dari 3: SYN{offers}"),
        2 => say!(
            lang,
            "handshake 2 of 3: SYN,ACK{offers}",
            "jabat tangan 2 dari 3: SYN,ACK{offers}"
        ),
        _ => say!(
            lang,
            "handshake 3 of 3: ACK, the connection is open",
            "jabat tangan 3 dari 3: ACK, koneksi terbuka"
        ),
    }
}

fn simultaneous(lang: Lang, syn: u64, segment: &Segment) -> String {
    if segment.flags.has(Flags::ACK) {
        say!(
            lang,
            "SYN,ACK to the SYN #{syn} that crossed",
            "SYN,ACK untuk SYN #{syn} yang bersilangan"
        )
    } else {
        say!(
            lang,
            "SYN that crosses #{syn}: both open at once",
            "SYN yang bersilangan dengan #{syn}: keduanya membuka bersamaan"
        )
    }
}

fn acknowledges(lang: Lang, (of, bytes, alone): (&[u64], u64, bool), segment: &Segment) -> String {
    let (of, bytes) = (frames(of), count(lang, bytes, noun::BYTES));
    let text = say!(lang, "acknowledges {of} ({bytes})", "mengonfirmasi {of} ({bytes})");
    match (alone, segment.payload_len) {
        (true, _) => say!(lang, "{text}, ACK alone", "{text}, ACK saja"),
        (false, 0) => text,
        (false, _) => say!(lang, "ACK rides on data: {text}", "ACK menumpang pada data: {text}"),
    }
}

/// What a segment is called that has nothing new to it.
pub(in crate::analysis) fn nothing_new(lang: Lang, flags: Flags) -> String {
    if flags.has(Flags::ACK) {
        say!(lang, "ACK, nothing new", "ACK, tidak ada yang baru")
    } else {
        say!(lang, "nothing new", "tidak ada yang baru")
    }
}

fn offers(segment: &Segment) -> String {
    let mut text = String::new();
    if let Some(mss) = segment.options.mss {
        let _ = write!(text, ", MSS {mss}");
    }
    if let Some(shift) = segment.options.window_scale {
        let _ = write!(text, ", window scale {shift}");
    }
    text
}

pub(super) fn reason(lang: Lang, reason: ResetReason) -> String {
    match reason {
        ResetReason::Refused => say!(
            lang,
            "refused, nothing listens on this port",
            "ditolak, tidak ada yang mendengarkan di port ini"
        ),
        ResetReason::UnreadInput => say!(
            lang,
            "closed without a FIN, as happens when the program leaves input unread",
            "ditutup tanpa FIN, seperti yang terjadi bila program meninggalkan masukan yang belum \
             dibaca"
        ),
        ResetReason::Aborted => say!(
            lang,
            "closed without a FIN, the program gave up",
            "ditutup tanpa FIN, program menyerah"
        ),
        ResetReason::DataAfterClose => say!(
            lang,
            "the other end still sent after the close",
            "ujung lain masih mengirim setelah penutupan"
        ),
        ResetReason::Unknown => {
            say!(lang, "it does not know this connection", "ia tidak mengenal koneksi ini")
        }
    }
}
