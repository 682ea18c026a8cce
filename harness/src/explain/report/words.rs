//! Every word of the report that is not the analysis's own, so that a second language is a second
//! file. It knows sentences. It does not know on which kind of page they stand.

use super::ladder::{Lane, Phase, Skipped};
use crate::analysis::texts;
use crate::lang::Lang;
use std::collections::BTreeSet;

pub(super) const TITLE: &str = "Wirelab report";
pub(super) const CONTENTS: &str = "Contents";
pub(super) const SETUP: &str = "Setup";
pub(super) const SCREENS: &str = "Screens";
pub(super) const LADDER: &str = "Ladder";
pub(super) const FRAMES_HEADING: &str = "Frames";
pub(super) const ANALYSIS: &str = "Analysis";
pub(super) const PROTOCOL: &str = "What each frame shows";
pub(super) const SUMMARY: &str = "Summary";
pub(super) const NOTE: &str = "Note";
pub(super) const NOT_PLAYED: &str = "This exercise was not played: the tour was ended before it.";
pub(super) const BYTES: &str = "bytes";
pub(super) const FIELDS: &str = "fields";

pub(super) const FILE: &str = "Capture";
pub(super) const FORMAT: &str = "Format";
pub(super) const LINK: &str = "Link type";
pub(super) const FILE_SAYS: &str = "The file says";
pub(super) const FIRST_FRAME: &str = "First frame";
pub(super) const FRAMES: &str = "Frames";
pub(super) const DURATION: &str = "From first to last";
pub(super) const CONVERSATIONS: &str = "TCP conversations";

pub(super) const HOSTS: [&str; 5] = ["Host", "Address", "Ports", "Role", "Played by"];
pub(super) const FRAME_COLUMNS: [&str; 6] = ["Frame", "Time", "From", "To", "What", "In short"];
pub(super) const FIELD_COLUMNS: [&str; 4] = ["Bytes", "Field", "Value", "Specified in"];
/// What is not known of a host.
pub(super) const NOTHING: &str = "–";

/// `Made by wirelab 0.1.0 on …`.
pub(super) fn made(time: &str) -> String {
    format!("Made by wirelab {} on {time}.", env!("CARGO_PKG_VERSION"))
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
pub(super) const LADDER_KEY: &str = "One line per host, from top to bottom one arrow per frame; \
    a longer wait is a larger gap. Grey: address resolution. Blue: TCP alone. Green: data. Red: \
    the end of a connection. A dashed arrow goes to all hosts.";

/// The same where there is no colour and no distance.
pub(super) const TEXT_LADDER_KEY: &str = "One line per host, from top to bottom one arrow per \
    frame. An arrow of dots goes to all hosts.";

/// What a phase is called beside the ladder.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolution => "ARP",
        Phase::Handshake => "handshake",
        Phase::Exchanges => "exchanges",
        Phase::Close => "close",
        Phase::Other => "other",
    }
}

/// Which ports a host has.
pub(super) fn ports(lane: &Lane) -> String {
    let list = |verb: &str, ports: &BTreeSet<u16>| {
        let numbers: Vec<_> = ports.iter().map(u16::to_string).collect();
        (!ports.is_empty()).then(|| format!("{verb} {}", numbers.join(", ")))
    };
    let (listens, connects) =
        (list("listens on", &lane.listens), list("connects to", &lane.connects));
    let both: Vec<_> = listens.into_iter().chain(connects).collect();
    if both.is_empty() { NOTHING.to_owned() } else { both.join("; ") }
}

/// Arrows that are not drawn.
pub(super) fn skipped(skipped: &Skipped) -> String {
    let Skipped { first, last, data, control, close, other } = *skipped;
    let mut kinds = Vec::new();
    for (n, what) in [
        (data, "with data"),
        (control, "of TCP alone"),
        (close, "that end a connection"),
        (other, "of other kinds"),
    ] {
        if n > 0 {
            kinds.push(format!("{n} {what}"));
        }
    }
    let frames = texts::frame_count(Lang::En, skipped.count());
    format!("{frames} not drawn, #{first} to #{last}: {}", kinds.join(", "))
}

/// Frames whose hosts have no lane.
pub(super) fn of_others(frames: u64) -> String {
    let frames = texts::frame_count(Lang::En, frames);
    format!("{frames} not drawn: of hosts that have no line here, or of none")
}

/// Frames beyond the limit.
pub(super) fn unlisted(last: u64, frames: u64) -> String {
    format!(
        "The report lists {} at most: {} behind #{last} not listed. The ladder and the analysis \
         are of all; `explain -n RANGE --report` lists others.",
        texts::frame_count(Lang::En, super::FRAMES_MAX as u64),
        texts::frame_count(Lang::En, frames),
    )
}

/// Lines of the analysis beyond the limit.
pub(super) fn blocks_left_out(lines: usize) -> String {
    format!("{lines} more lines are left out; `explain --summary` prints them all.")
}

/// Lines of the screens beyond the limit.
pub(super) fn lines_left_out(lines: u64) -> String {
    format!("{lines} more lines are left out.")
}

/// Fields, or bytes, of a frame beyond the limit.
pub(super) fn left_out(n: usize, what: &str) -> String {
    format!("{n} more {what} are left out; `explain --bytes` prints them all.")
}

/// Something that is wrong with a frame.
pub(super) fn note(off: usize, text: &str) -> String {
    format!("note at byte {off}: {text}")
}

/// What the file says of a frame.
pub(super) fn comment(text: &str) -> String {
    format!("file says: {text}")
}

/// What stands on a folded frame.
pub(super) fn fields(fields: usize) -> String {
    format!("{fields} {}", if fields == 1 { "field" } else { FIELDS })
}

/// A layer and where it stands.
pub(super) fn layer(proto: &str, from: usize, to: usize) -> String {
    format!("{proto} (bytes {from}..{to})")
}
