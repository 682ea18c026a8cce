//! The ladder as SVG, in pictures that fit a printed page.
//!
//! ```text
//!            tcp-client                 tcp-server
//!            172.18.0.3                 172.18.0.2
//!  handshake     │  TCP 2222 SYN            │
//!  #3  0.0001    │─────────────────────────►│   handshake 1 of 3: SYN, …
//! ```
//!
//! It knows distances. Colours are the page's style sheet's; which arrows there are is `ladder`'s.

use super::html::escape;
use super::ladder::{Arrow, Ladder, Phase, Row};
use super::{shortened, words};
use crate::lang::Lang;
use crate::output::Tone;
use std::fmt::Write as _;

/// Rows of one picture.
const ROWS_MAX: usize = 20;
/// Where the numbers end, the first lane stands, and from one lane to the next.
const NUMBERS: usize = 186;
const FIRST_LANE: usize = 250;
const ALL_LANES: usize = 440;
const LANE_GAP_MIN: usize = 125;
/// The words to the right.
const SAY_WIDTH: usize = 420;
const SAY_LETTERS: usize = 62;
/// A letter of the arrows' words is so wide, in tenths.
const LETTER_TENTHS: usize = 64;
const HEAD: usize = 46;
const ROW: usize = 28;
/// An arrow to oneself.
const STUB: usize = 60;

/// Writes all pictures.
pub(super) fn pictures(
    page: &mut String,
    ladder: &Ladder,
    (anchor, lang): (&str, Lang),
    listed: &dyn Fn(u64) -> bool,
) {
    let rows = ladder.rows();
    for rows in rows.chunks(ROWS_MAX) {
        Picture::new(ladder, anchor, lang, listed).draw(page, rows);
    }
}

/// Above a row: the longer the wait, the more.
fn gap(wait_ns: i64) -> usize {
    match wait_ns {
        ..1_000_000 => 0,
        1_000_000..10_000_000 => 5,
        10_000_000..100_000_000 => 10,
        100_000_000..1_000_000_000 => 16,
        1_000_000_000.. => 24,
    }
}

struct Picture<'a> {
    ladder: &'a Ladder,
    anchor: &'a str,
    lang: Lang,
    listed: &'a dyn Fn(u64) -> bool,
    lane_gap: usize,
}

impl<'a> Picture<'a> {
    fn new(
        ladder: &'a Ladder,
        anchor: &'a str,
        lang: Lang,
        listed: &'a dyn Fn(u64) -> bool,
    ) -> Self {
        let gaps = ladder.lanes.len().saturating_sub(1).max(1);
        Self { ladder, anchor, lang, listed, lane_gap: (ALL_LANES / gaps).max(LANE_GAP_MIN) }
    }

    fn x(&self, lane: usize) -> usize {
        FIRST_LANE + lane * self.lane_gap
    }

    fn last_lane(&self) -> usize {
        self.ladder.lanes.len().saturating_sub(1)
    }

    /// Where the words to the right begin.
    fn say_x(&self) -> usize {
        self.x(self.last_lane()).max(FIRST_LANE + STUB) + 70
    }

    fn draw(&self, page: &mut String, rows: &[Row<'_>]) {
        let (mut body, mut bars) = (String::new(), String::new());
        let (mut y, mut before) = (HEAD, None);
        let mut group: Option<(Phase, usize)> = None;
        for row in rows {
            if let Row::Arrow(arrow) = row {
                let wait =
                    before.map_or(0, |before: i64| arrow.since_start_ns.saturating_sub(before));
                y += gap(wait);
                before = Some(arrow.since_start_ns);
            }
            let phase = match row {
                Row::Arrow(arrow) => Some(arrow.phase),
                Row::Skipped(_) => None,
            };
            if group.map(|(phase, _)| phase) != phase {
                self.bar(&mut bars, group, y);
                group = phase.map(|phase| (phase, y));
            }
            y += ROW;
            match row {
                Row::Arrow(arrow) => self.arrow(&mut body, arrow, y - 7),
                Row::Skipped(skipped) => {
                    let text = escape(&words::skipped(self.lang, skipped));
                    let _ = writeln!(
                        body,
                        "<text class=\"gap\" x=\"{FIRST_LANE}\" y=\"{}\">⋮ {text}</text>",
                        y - 7
                    );
                }
            }
        }
        self.bar(&mut bars, group, y);
        let (width, height) = (self.say_x() + SAY_WIDTH, y + 12);
        let _ = writeln!(
            page,
            "<div class=\"wide\"><svg class=\"ladder\" viewBox=\"0 0 {width} {height}\" \
             style=\"max-width:{width}px\" role=\"img\" aria-label=\"{}\">",
            words::LADDER.say(self.lang)
        );
        self.lanes(page, height);
        page.push_str(&bars);
        page.push_str(&body);
        page.push_str("</svg></div>\n");
    }

    fn lanes(&self, page: &mut String, height: usize) {
        let letters = self.lane_gap * 10 / LETTER_TENTHS - 2;
        for (n, lane) in self.ladder.lanes.iter().enumerate() {
            let x = self.x(n);
            let head = escape(&shortened(lane.head(), letters));
            let _ = writeln!(page, "<text class=\"host\" x=\"{x}\" y=\"16\">{head}</text>");
            if lane.name.is_some() {
                let address = escape(&shortened(&lane.address, letters));
                let _ =
                    writeln!(page, "<text class=\"address\" x=\"{x}\" y=\"32\">{address}</text>");
            }
            let _ = writeln!(
                page,
                "<line class=\"lane\" x1=\"{x}\" y1=\"38\" x2=\"{x}\" y2=\"{height}\"/>"
            );
        }
    }

    fn arrow(&self, body: &mut String, arrow: &Arrow, y: usize) {
        let tone = tone(arrow.tone);
        let time = arrow.since_start_ns as f64 / 1e9;
        let number = arrow.number;
        let linked = (self.listed)(number);
        if linked {
            let _ = write!(body, "<a href=\"#{}-{number}\">", self.anchor);
        }
        let _ = write!(body, "<g class=\"{tone}\"><title>#{number} {}</title>", escape(&arrow.say));
        let _ = write!(
            body,
            "<text class=\"number\" x=\"{NUMBERS}\" y=\"{y}\">#{number}  {time:.4}</text>"
        );
        let (left, right) = self.line(body, arrow, y);
        let room = (right - left) * 10 / LETTER_TENTHS;
        let mut words = arrow.what.clone();
        if !arrow.text.is_empty() {
            let _ = write!(words, " {}", arrow.text);
        }
        let words = escape(&shortened(&words, room.saturating_sub(3)));
        let _ = write!(
            body,
            "<text class=\"what\" x=\"{}\" y=\"{}\">{words}</text>",
            usize::midpoint(left, right),
            y - 5
        );
        let say = escape(&shortened(&arrow.say, SAY_LETTERS));
        let _ =
            write!(body, "<text class=\"say\" x=\"{}\" y=\"{y}\">{say}</text></g>", self.say_x());
        body.push_str(if linked { "</a>\n" } else { "\n" });
    }

    /// The arrow itself; returns between which places its words stand.
    fn line(&self, body: &mut String, arrow: &Arrow, y: usize) -> (usize, usize) {
        let from = self.x(arrow.from);
        let mut stroke = |class: &str, to: usize| {
            let _ = write!(
                body,
                "<line class=\"{class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\"/>"
            );
            let back = if to > from { to - 9 } else { to + 9 };
            let _ = write!(body, "<path d=\"M{to} {y}L{back} {}L{back} {}Z\"/>", y - 4, y + 4);
        };
        match arrow.to.map(|to| self.x(to)) {
            Some(to) if to != from => {
                stroke("arrow", to);
                (from.min(to), from.max(to))
            }
            Some(_) => {
                stroke("arrow", from + STUB);
                (from, from + STUB.max(self.lane_gap))
            }
            None => {
                let (first, last) = (self.x(0), self.x(self.last_lane()));
                if first < from {
                    stroke("arrow all", first);
                }
                if last > from || first == from {
                    stroke("arrow all", last.max(from + STUB));
                }
                (first, last.max(first + self.lane_gap))
            }
        }
    }

    /// The bar of a phase beside its rows.
    fn bar(&self, bars: &mut String, group: Option<(Phase, usize)>, end: usize) {
        let Some((phase, start)) = group else { return };
        let (name, height) = (words::phase(phase).say(self.lang), end - start - 3);
        let class = match phase {
            Phase::Resolution | Phase::Other => "faint",
            Phase::Handshake => "control",
            Phase::Exchanges => "data",
            Phase::Close => "close",
        };
        let _ = writeln!(
            bars,
            "<g class=\"{class}\"><rect x=\"2\" y=\"{start}\" width=\"5\" height=\"{height}\"/>\
             <text class=\"phase\" x=\"13\" y=\"{}\">{name}</text></g>",
            start + 17
        );
    }
}

/// The style sheet's name for a tone.
pub(super) fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Faint | Tone::Heading => "faint",
        Tone::Control => "control",
        Tone::Data | Tone::Good => "data",
        Tone::Close | Tone::Bad => "close",
    }
}
