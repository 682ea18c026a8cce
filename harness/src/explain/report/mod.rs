//! `--report`: what a student hands in, in one file that needs no other and no network.
//!
//! ```text
//!   frames ──► Chapter (a view: keeps what fits)  ──► markdown.rs ──► FILE.md
//!                │                                └─► html.rs     ──► FILE.html
//!                └─ Ladder: hosts, arrows             both with the words of words.rs
//! ```
//!
//! A chapter stands beside the view on stdout and sees the same frames. A page shows what comes
//! last (the ladder's hosts, the counts) first, so it is kept until the capture is over; the
//! limits below bound that, and the page says what they left out. It does not know exercises:
//! whoever has more to tell than the capture does, tells it.

mod file;
mod html;
mod ladder;
mod markdown;
mod svg;
mod textual;
mod words;

pub(crate) use file::ReportFile;

use super::{Header, View, link_names};
use crate::analysis::{Block, Report, Told, texts};
use crate::dissect::{Dissection, Layer, Value};
use crate::frame::CapturedFrame;
use crate::lang::{Lang, Word};
use crate::output::{escape, escape_controls};
use bytes::Bytes;
use ladder::Ladder;
use std::io;

/// Frames that a chapter lists and explains; the analysis is of all.
pub const FRAMES_MAX: usize = 1000;
/// Fields of one frame that it lists.
pub const FIELDS_MAX: usize = 200;
/// Characters of a field's value, and of what a frame shows in short.
pub const VALUE_MAX: usize = 80;
/// Characters of what is said of a frame, or in a line of the analysis.
pub const SAY_MAX: usize = 4000;
/// Bytes of one frame that it shows in hexadecimal.
pub const BYTES_MAX: usize = 256;
/// Lines of the analysis.
pub const BLOCKS_MAX: usize = 2000;
/// Lines of the roles' screens.
pub const SCREEN_LINES_MAX: usize = 2000;

/// A row of a table of two columns.
pub(crate) type Fact = (Word, String);

/// A part in an exercise.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// What the exercise calls it.
    pub name: String,
    /// Its host's name.
    pub host: String,
    /// What played it.
    pub program: String,
}

/// What the roles said, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Screens {
    /// Whose screens they are.
    pub heads: Vec<String>,
    /// Each line: whose, what, and whether it was a complaint.
    pub lines: Vec<(usize, String, bool)>,
    /// Lines beyond [`SCREEN_LINES_MAX`].
    pub left_out: u64,
}

impl Screens {
    /// Notes a line down.
    pub fn line(&mut self, role: usize, text: &str, error: bool) {
        if self.lines.len() < SCREEN_LINES_MAX {
            self.lines.push((role, escape_controls(text.as_bytes()), error));
        } else {
            self.left_out += 1;
        }
    }
}

/// A frame as it is listed and explained.
#[derive(Debug)]
struct Entry {
    told: Told,
    /// Its layers with at most [`FIELDS_MAX`] fields in all.
    layers: Vec<Layer>,
    fields_left_out: usize,
    notes: Vec<String>,
    bytes: Bytes,
    bytes_left_out: usize,
}

impl Entry {
    /// What it shows, as far as a column holds it.
    fn in_short(&self) -> String {
        let both = [self.told.text.as_str(), &self.told.say];
        let both: Vec<_> = both.into_iter().filter(|words| !words.is_empty()).collect();
        shortened(&both.join(" · "), VALUE_MAX)
    }
}

/// One capture's part of the report.
#[derive(Debug, Default)]
pub(crate) struct Chapter {
    /// The language that it is written in.
    pub lang: Lang,
    /// Its heading; letters and digits of it are its anchor.
    pub title: String,
    /// What is known beside the capture: how the exercise was played.
    pub setup: Vec<Fact>,
    /// Who took part, if that is known.
    pub roles: Vec<Role>,
    /// What they said, if that was heard.
    pub screens: Option<Screens>,
    /// What else is to be known about it.
    pub remarks: Vec<String>,
    capture: Vec<Fact>,
    ladder: Ladder,
    entries: Vec<Entry>,
    unlisted: u64,
    start_ns: Option<u64>,
    blocks: Vec<Block>,
    blocks_left_out: usize,
    notes: Vec<String>,
    summary: String,
}

impl Chapter {
    /// A chapter without a capture so far.
    pub fn new(title: &str, lang: Lang) -> Self {
        Self { title: title.to_owned(), lang, ..Self::default() }
    }

    /// Was there a capture to tell of?
    pub fn has_begun(&self) -> bool {
        !self.capture.is_empty()
    }

    /// Is this frame among the explained ones?
    fn lists(&self, number: u64) -> bool {
        self.entries.binary_search_by_key(&number, |entry| entry.told.number).is_ok()
    }

    /// Frames that are not listed, in words.
    fn unlisted(&self) -> Option<String> {
        let first = self.entries.last().map_or(0, |entry| entry.told.number);
        (self.unlisted > 0).then(|| words::unlisted(self.lang, first, self.unlisted))
    }

    /// The notes of the analysis and all other remarks.
    fn all_notes(&self) -> impl Iterator<Item = &String> {
        self.notes.iter().chain(&self.remarks)
    }

    /// The lines of the analysis in groups: address resolution and the whole, or a conversation.
    fn grouped(&self) -> impl Iterator<Item = &[Block]> {
        self.blocks.chunk_by(|a, b| a.conversation == b.conversation)
    }

    /// The table of the hosts: its head, and name, address and ports of each, with role and
    /// program where they are known.
    fn hosts(&self) -> (Vec<Word>, Vec<Vec<String>>) {
        let lanes = &self.ladder.lanes;
        let is_known = |name: &String| self.roles.iter().any(|role| role.host == *name);
        let nothing = || words::NOTHING.to_owned();
        let mut rows = Vec::new();
        for role in &self.roles {
            let lane = lanes.iter().find(|lane| lane.name.as_ref() == Some(&role.host));
            let (address, ports) = lane.map_or_else(
                || (nothing(), nothing()),
                |l| (l.address.clone(), words::ports(self.lang, l)),
            );
            let (name, host, program) =
                (role.name.clone(), role.host.clone(), role.program.clone());
            rows.push(vec![host, address, ports, name, program]);
        }
        for lane in lanes.iter().filter(|lane| !lane.name.as_ref().is_some_and(is_known)) {
            let name = lane.name.clone().unwrap_or_else(nothing);
            rows.push(vec![
                name,
                lane.address.clone(),
                words::ports(self.lang, lane),
                nothing(),
                nothing(),
            ]);
        }
        let columns = if self.roles.is_empty() { 3 } else { words::HOSTS.len() };
        for row in &mut rows {
            row.truncate(columns);
        }
        (words::HOSTS[..columns].to_vec(), rows)
    }
}

impl View for Chapter {
    fn header(&mut self, header: &Header) -> io::Result<()> {
        self.capture = vec![
            (words::FILE, escape(header.title.as_bytes())),
            (words::FORMAT, header.format.name().to_owned()),
        ];
        self.capture.push((words::LINK, link_names(header).join(", ")));
        for remark in &header.remarks {
            self.capture.push((words::FILE_SAYS, escape(remark.as_bytes())));
        }
        Ok(())
    }

    fn frame(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()> {
        self.start_ns.get_or_insert(frame.time_ns);
        self.ladder.frame(dissection, told);
        if self.entries.len() == FRAMES_MAX {
            self.unlisted += 1;
            return Ok(());
        }
        let (layers, fields_left_out) = some_fields(told.all_layers(dissection));
        let lang = self.lang;
        let mut notes: Vec<String> = told
            .all_notes(dissection)
            .map(|n| words::note(lang, n.off, n.text.say(lang)))
            .collect();
        if let Some(comment) = super::own_comment(frame, told) {
            notes.push(words::comment(lang, &escape(comment.as_bytes())));
        }
        let mut told = Told { deliveries: Vec::new(), layers: Vec::new(), ..told.clone() };
        shorten(&mut told.say, SAY_MAX);
        let shown = frame.bytes.len().min(BYTES_MAX);
        self.entries.push(Entry {
            told,
            layers,
            fields_left_out,
            notes,
            // A copy: a slice would hold the whole frame, or the block of the file it stood in.
            bytes: Bytes::copy_from_slice(&frame.bytes[..shown]),
            bytes_left_out: frame.original_len as usize - shown,
        });
        Ok(())
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        let summary = &report.summary;
        let time = self.start_ns.and_then(words::moment);
        self.capture.extend(time.map(|time| (words::FIRST_FRAME, time)));
        self.capture.extend([
            (words::FRAMES, summary.frames.to_string()),
            (words::DURATION, texts::seconds(summary.duration_ns)),
            (words::CONVERSATIONS, summary.conversations.to_string()),
        ]);
        self.blocks.extend(report.blocks.iter().take(BLOCKS_MAX).cloned());
        for block in &mut self.blocks {
            shorten(&mut block.say, SAY_MAX);
        }
        self.blocks_left_out = report.blocks.len() - self.blocks.len();
        self.notes.clone_from(&report.notes);
        self.summary = summary.say();
        Ok(())
    }
}

/// Begins the names of a chapter's anchors, so that each chapter has its own.
fn anchor(title: &str) -> String {
    let plain: String = title.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() { "capture".to_owned() } else { plain.to_ascii_lowercase() }
}

/// The layers with their first fields, and how many more there are.
fn some_fields<'a>(layers: impl Iterator<Item = &'a Layer>) -> (Vec<Layer>, usize) {
    let (mut kept, mut room, mut left_out) = (Vec::new(), FIELDS_MAX, 0);
    for layer in layers {
        let n = layer.fields.len().min(room);
        room -= n;
        left_out += layer.fields.len() - n;
        if n == 0 && !layer.fields.is_empty() {
            continue;
        }
        let mut fields = layer.fields[..n].to_vec();
        for field in &mut fields {
            if let Value::Text(text) = &mut field.value {
                shorten(text, VALUE_MAX);
            }
        }
        kept.push(Layer { fields, ..*layer });
    }
    (kept, left_out)
}

/// Cuts a text to so many characters, and marks that.
fn shorten(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
}

/// A copy of it, as long as that.
fn shortened(text: &str, characters: usize) -> String {
    let mut text = text.to_owned();
    if text.chars().count() > characters {
        shorten(&mut text, characters.saturating_sub(1));
    }
    text
}
