//! The ladder in letters, for pages that show no pictures.
//!
//! ```text
//!                tcp-client                            tcp-server
//!  handshake
//!   #3  0.0001   │───────── TCP 2222 SYN ─────────────>│  handshake 1 of 3: SYN, …
//! ```
//!
//! It knows columns. Which arrows there are is `ladder`'s.

use super::ladder::{Arrow, Ladder, Lane, Row};
use super::{shortened, words};
use crate::lang::Lang;
use std::fmt::Write as _;

/// From one lane to the next, if there are two; more stand closer.
const LANE_GAP: usize = 44;
const LANE_GAP_MIN: usize = 24;
const NUMBERS: usize = 17;
const SAY_LETTERS: usize = 72;
/// An arrow to oneself.
const STUB: usize = 8;

/// Writes it.
pub(super) fn picture(page: &mut String, ladder: &Ladder, lang: Lang) {
    let gaps = ladder.lanes.len().saturating_sub(1).max(1);
    let gap = if gaps == 1 { LANE_GAP } else { (LANE_GAP * 3 / 2 / gaps).max(LANE_GAP_MIN) };
    let lanes = ladder.lanes.len().max(1);
    // Room for an arrow to oneself, where there is one behind the last lane.
    let sticks_out = |row: &Row<'_>| {
        matches!(row, Row::Arrow(arrow)
        if lanes == 1 || arrow.from + 1 == lanes && arrow.to == Some(arrow.from))
    };
    let rows = ladder.rows();
    let room = if rows.iter().any(sticks_out) { STUB } else { 0 };
    let sheet = Sheet { gap, lanes, room };
    let heads = ladder.lanes.iter().map(Lane::head);
    sheet.heads(page, heads);
    let named = |lane: &Lane| lane.name.as_ref().map(|_| lane.address.clone());
    let addresses: Vec<_> =
        ladder.lanes.iter().map(|lane| named(lane).unwrap_or_default()).collect();
    sheet.heads(page, addresses.iter().map(String::as_str));
    let mut phase = None;
    for row in rows {
        match row {
            Row::Arrow(arrow) => {
                if phase != Some(arrow.phase) {
                    phase = Some(arrow.phase);
                    let name = words::phase(arrow.phase).say(lang);
                    Sheet::put(page, &format!("{name:<NUMBERS$}"), sheet.empty(), "");
                }
                sheet.arrow(page, arrow);
            }
            Row::Skipped(skipped) => {
                let line = format!("{:NUMBERS$}⋮ {}", "", words::skipped(lang, skipped));
                page.push_str(&line);
                page.push('\n');
            }
        }
    }
}

struct Sheet {
    gap: usize,
    lanes: usize,
    room: usize,
}

impl Sheet {
    /// Names over their lanes.
    fn heads<'a>(&self, page: &mut String, heads: impl Iterator<Item = &'a str>) {
        let gap = self.gap;
        let mut line = " ".repeat(NUMBERS);
        for head in heads {
            let _ = write!(line, "{:<gap$}", shortened(head, gap - 2));
        }
        page.push_str(line.trim_end());
        page.push('\n');
    }

    /// Lanes and no arrow.
    fn empty(&self) -> Vec<char> {
        let mut line = vec![' '; (self.lanes - 1) * self.gap + self.room + 1];
        for lane in 0..self.lanes {
            line[lane * self.gap] = '│';
        }
        line
    }

    fn put(page: &mut String, before: &str, line: Vec<char>, after: &str) {
        let line: String = line.into_iter().collect();
        let line = format!("{before}{line}  {after}");
        page.push_str(line.trim_end());
        page.push('\n');
    }

    fn arrow(&self, page: &mut String, arrow: &Arrow) {
        let mut line = self.empty();
        let from = arrow.from * self.gap;
        let end = (self.lanes - 1) * self.gap;
        let (left, right) = match arrow.to.map(|to| to * self.gap) {
            Some(to) if to != from => (from.min(to), from.max(to)),
            Some(_) => (from, from + STUB),
            None if end == 0 => (0, STUB),
            None => (0, end),
        };
        let stroke = if arrow.to.is_some() { '─' } else { '·' };
        line[left + 1..right].fill(stroke);
        let to = arrow.to.map(|to| to * self.gap);
        if left < from && to.is_none_or(|to| to < from) {
            line[left + 1] = '<';
        }
        if right > from && to.is_none_or(|to| to >= from) {
            line[right - 1] = '>';
        }
        let mut words = arrow.what.clone();
        if !arrow.text.is_empty() {
            let _ = write!(words, " {}", arrow.text);
        }
        let room = (right - left).saturating_sub(7);
        let words = shortened(&words, room);
        let start = left + 1 + (right - left - 1).saturating_sub(words.chars().count() + 2) / 2;
        if !words.is_empty() {
            let padded = format!(" {words} ");
            for (at, letter) in padded.chars().enumerate().take(right - start) {
                line[start + at] = letter;
            }
        }
        let time = arrow.since_start_ns as f64 / 1e9;
        let number = format!("{:>5}  {time:.4}", format!("#{}", arrow.number));
        let say = shortened(&arrow.say, SAY_LETTERS);
        Self::put(page, &format!("{number:<NUMBERS$}"), line, &say);
    }
}
