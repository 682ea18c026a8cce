//! Every word of the report that is not the analysis's own, in both languages.
//!
//! It knows sentences. It does not know on which kind of page they stand.

use super::ladder::{Lane, Phase, Skipped};
use crate::analysis::texts;
use crate::lang::{Lang, Word, say};
use std::collections::BTreeSet;

pub(super) const TITLE: Word = Word::new("Wirelab report", "Laporan Wirelab");
pub(super) const CONTENTS: Word = Word::new("Contents", "Daftar isi");
pub(super) const SETUP: Word = Word::new("Setup", "Persiapan");
pub(super) const SCREENS: Word = Word::new("Screens", "Layar");
pub(super) const LADDER: Word = Word::new("Ladder", "Diagram tangga");
pub(super) const FRAMES_HEADING: Word = Word::new("Frames", "Frame");
pub(super) const ANALYSIS: Word = Word::new("Analysis", "Analisis");
pub(super) const PROTOCOL: Word = Word::new("What each frame shows", "Isi setiap frame");
pub(super) const SUMMARY: Word = Word::new("Summary", "Ringkasan");
pub(super) const NOTE: Word = Word::new("Note", "Catatan");
pub(super) const NOT_PLAYED: Word = Word::new(
    "This exercise was not played: the tour was ended before it.",
    "Latihan ini tidak dijalankan: tour diakhiri sebelumnya.",
);

pub(super) const FILE: Word = Word::new("Capture", "Tangkapan");
pub(super) const FORMAT: Word = Word::new("Format", "Format");
pub(super) const LINK: Word = Word::new("Link type", "Tipe link");
pub(super) const FILE_SAYS: Word = Word::new("The file says", "Kata berkas");
pub(super) const FIRST_FRAME: Word = Word::new("First frame", "Frame pertama");
pub(super) const FRAMES: Word = Word::new("Frames", "Frame");
pub(super) const DURATION: Word =
    Word::new("From first to last", "Dari yang pertama sampai yang terakhir");
pub(super) const CONVERSATIONS: Word = Word::new("TCP conversations", "Percakapan TCP");

pub(super) const HOSTS: [Word; 5] = [
    Word::new("Host", "Host"),
    Word::new("Address", "Alamat"),
    Word::new("Ports", "Port"),
    Word::new("Role", "Peran"),
    Word::new("Played by", "Dimainkan oleh"),
];
pub(super) const FRAME_COLUMNS: [Word; 6] = [
    Word::new("Frame", "Frame"),
    Word::new("Time", "Waktu"),
    Word::new("From", "Dari"),
    Word::new("To", "Ke"),
    Word::new("What", "Apa"),
    Word::new("In short", "Singkatnya"),
];
pub(super) const FIELD_COLUMNS: [Word; 4] = [
    Word::new("Bytes", "Byte"),
    Word::new("Field", "Field"),
    Word::new("Value", "Nilai"),
    Word::new("Specified in", "Spesifikasi"),
];
/// What is not known of a host.
pub(super) const NOTHING: &str = "–";

/// `Made by wirelab 0.1.0 on …`.
pub(super) fn made(lang: Lang, time: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    say!(lang, "Made by wirelab {version} on {time}.", "Dibuat oleh wirelab {version} pada {time}.")
}

/// This moment, as [`moment`] writes it.
pub(super) fn now() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    u64::try_from(now).ok().and_then(moment).unwrap_or_default()
}

/// `2026-11-29 19:50:26 +00:00`, in this machine's time zone.
pub(super) fn moment(unix_ns: u64) -> Option<String> {
    let moment = jiff::Timestamp::from_nanosecond(unix_ns.into()).ok()?;
    let zoned = moment.to_zoned_datetime(jiff::tz::TimeZone::system());
    Some(zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
}

/// How the ladder is to be read.
pub(super) const LADDER_KEY: Word = Word::new(
    "One line per host, from top to bottom one arrow per frame; a longer wait is a larger gap. \
     Grey: address resolution. Blue: TCP alone. Green: data. Red: the end of a connection. A \
     dashed arrow goes to all hosts.",
    "Satu garis untuk setiap host, dari atas ke bawah satu panah untuk setiap frame; jeda yang \
     lebih lama adalah jarak yang lebih besar. Abu-abu: resolusi alamat. Biru: TCP saja. Hijau: \
     data. Merah: akhir koneksi. Panah putus-putus menuju semua host.",
);

/// The same where there is no colour and no distance.
pub(super) const TEXT_LADDER_KEY: Word = Word::new(
    "One line per host, from top to bottom one arrow per frame. An arrow of dots goes to all \
     hosts.",
    "Satu garis untuk setiap host, dari atas ke bawah satu panah untuk setiap frame. Panah \
     titik-titik menuju semua host.",
);

/// What a phase is called beside the ladder.
pub(super) fn phase(phase: Phase) -> Word {
    match phase {
        Phase::Resolution => Word::new("ARP", "ARP"),
        Phase::Handshake => Word::new("handshake", "jabat tangan"),
        Phase::Exchanges => Word::new("exchanges", "pertukaran"),
        Phase::Close => Word::new("close", "penutupan"),
        Phase::Other => Word::new("other", "lainnya"),
    }
}

/// Which ports a host has.
pub(super) fn ports(lang: Lang, lane: &Lane) -> String {
    let list = |ports: &BTreeSet<u16>| {
        let numbers: Vec<_> = ports.iter().map(u16::to_string).collect();
        numbers.join(", ")
    };
    let mut both = Vec::new();
    if !lane.listens.is_empty() {
        let ports = list(&lane.listens);
        both.push(say!(lang, "listens on {ports}", "mendengarkan di {ports}"));
    }
    if !lane.connects.is_empty() {
        let ports = list(&lane.connects);
        both.push(say!(lang, "connects to {ports}", "menyambung ke {ports}"));
    }
    if both.is_empty() { NOTHING.to_owned() } else { both.join("; ") }
}

/// Arrows that are not drawn.
pub(super) fn skipped(lang: Lang, skipped: &Skipped) -> String {
    let Skipped { first, last, data, control, close, other } = *skipped;
    let kinds: Vec<String> = [
        (data, say!(lang, "{data} with data", "{data} dengan data")),
        (control, say!(lang, "{control} of TCP alone", "{control} hanya TCP")),
        (close, say!(lang, "{close} that end a connection", "{close} yang mengakhiri koneksi")),
        (other, say!(lang, "{other} of other kinds", "{other} jenis lain")),
    ]
    .into_iter()
    .filter_map(|(n, words)| (n > 0).then_some(words))
    .collect();
    say!(
        lang,
        "{frames} not drawn, #{first} to #{last}: {kinds}",
        "{frames} tidak digambar, #{first} sampai #{last}: {kinds}",
        frames = texts::frame_count(lang, skipped.count()),
        kinds = kinds.join(", ")
    )
}

/// Frames whose hosts have no lane.
pub(super) fn of_others(lang: Lang, frames: u64) -> String {
    say!(
        lang,
        "{frames} not drawn: of hosts that have no line here, or of none",
        "{frames} tidak digambar: dari host yang tidak memiliki garis di sini, atau tanpa host",
        frames = texts::frame_count(lang, frames)
    )
}

/// Frames beyond the limit.
pub(super) fn unlisted(lang: Lang, last: u64, frames: u64) -> String {
    say!(
        lang,
        "The report lists {most} at most: {frames} behind #{last} not listed. The ladder and the \
         analysis are of all; `explain -n RANGE --report` lists others.",
        "Laporan ini mencantumkan paling banyak {most}: {frames} setelah #{last} tidak \
         dicantumkan. Diagram tangga dan analisis mencakup semuanya; `explain -n RANGE --report` \
         mencantumkan yang lain.",
        most = texts::frame_count(lang, super::FRAMES_MAX as u64),
        frames = texts::frame_count(lang, frames)
    )
}

/// Lines of the analysis beyond the limit.
pub(super) fn blocks_left_out(lang: Lang, lines: usize) -> String {
    say!(
        lang,
        "{lines} more lines are left out; `explain --summary` prints them all.",
        "{lines} baris lagi tidak dicantumkan; `explain --summary` mencetak semuanya."
    )
}

/// Lines of the screens beyond the limit.
pub(super) fn lines_left_out(lang: Lang, lines: u64) -> String {
    say!(lang, "{lines} more lines are left out.", "{lines} baris lagi tidak dicantumkan.")
}

/// Fields of a frame beyond the limit.
pub(super) fn fields_left_out(lang: Lang, n: usize) -> String {
    say!(
        lang,
        "{n} more fields are left out; `explain --bytes` prints them all.",
        "{n} field lagi tidak dicantumkan; `explain --bytes` mencetak semuanya."
    )
}

/// Bytes of a frame beyond the limit.
pub(super) fn bytes_left_out(lang: Lang, n: usize) -> String {
    say!(
        lang,
        "{n} more bytes are left out; `explain --bytes` prints them all.",
        "{n} byte lagi tidak dicantumkan; `explain --bytes` mencetak semuanya."
    )
}

/// Something that is wrong with a frame.
pub(super) fn note(lang: Lang, off: usize, text: &str) -> String {
    say!(lang, "note at byte {off}: {text}", "catatan pada byte {off}: {text}")
}

/// What the file says of a frame.
pub(super) fn comment(lang: Lang, text: &str) -> String {
    say!(lang, "file says: {text}", "kata berkas: {text}")
}

/// What stands on a folded frame.
pub(super) fn fields(lang: Lang, n: usize) -> String {
    match n {
        1 => say!(lang, "1 field", "1 field"),
        _ => say!(lang, "{n} fields", "{n} field"),
    }
}

/// A layer and where it stands.
pub(super) fn layer(lang: Lang, proto: &str, from: usize, to: usize) -> String {
    say!(lang, "{proto} (bytes {from}..{to})", "{proto} (byte {from}..{to})")
}
