//! The view for people: a line per frame, a line per block, and the summary.
//!
//! It knows columns and colours. It does not know what the words mean.

use super::{Header, Options, View, dump, overview, own_comment};
use crate::analysis::{Report, Told};
use crate::dissect::Dissection;
use crate::frame::CapturedFrame;
use crate::lang::{Lang, say};
use crate::output::{Output, Tone, escape};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Columns of who, what and text; longer entries push the rest of their line to the right.
const WHO_MIN: usize = 13;
const WHO_MAX: usize = 48;
const WHAT_WIDTH: usize = 21;
const TEXT_WIDTH: usize = 24;

/// The view.
pub(super) struct Human<'a, W> {
    out: &'a mut W,
    output: &'a Output,
    options: Options,
    number_width: usize,
    who_width: usize,
}

impl<'a, W: Write> Human<'a, W> {
    pub(super) fn new(out: &'a mut W, output: &'a Output, options: Options) -> Self {
        Self { out, output, options, number_width: 2, who_width: WHO_MIN }
    }

    /// Nothing but the frames' lines: no header, no report?
    fn only_frames(&self) -> bool {
        self.options.frames
    }
}

impl<W: Write> View for Human<'_, W> {
    fn header(&mut self, header: &Header) -> io::Result<()> {
        if let Some(counts) = header.counts {
            self.number_width = counts.frames.to_string().len() + 1;
        }
        if self.only_frames() {
            return Ok(());
        }
        writeln!(self.out, " {}", self.output.paint(Tone::Heading, &overview(header)))?;
        for remark in &header.remarks {
            writeln!(self.out, " {}", file_says(self.output.lang, remark))?;
        }
        if !self.options.summary {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn frame(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()> {
        if self.options.summary {
            return Ok(());
        }
        let lang = self.output.lang;
        let who = who(told);
        if told.conversation.is_some() {
            self.who_width = self.who_width.max(who.chars().count().min(WHO_MAX));
        }
        let number = format!("#{}", told.number);
        let time = told.since_start_ns as f64 / 1e9;
        let rest = columns(told);
        let line = self.output.paint(told.tone, &rest);
        writeln!(
            self.out,
            " {number:>w$}  {time:.4}  {who:<v$}  {line}",
            w = self.number_width,
            v = self.who_width
        )?;
        for note in told.all_notes(dissection) {
            let (off, text) = (note.off, note.text.say(lang));
            let note = say!(lang, "note at byte {off}: {text}", "catatan pada byte {off}: {text}");
            writeln!(self.out, "      {note}")?;
        }
        if let Some(comment) = own_comment(frame, told) {
            writeln!(self.out, "      {}", file_says(lang, comment))?;
        }
        if self.options.bytes {
            dump::frame(self.out, lang, frame, told.all_layers(dissection))?;
        }
        Ok(())
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        if self.only_frames() {
            return Ok(());
        }
        if !self.options.summary {
            writeln!(self.out)?;
        }
        let lang = self.output.lang;
        for (i, block) in report.blocks.iter().enumerate() {
            let tone = match block.topic {
                "conversation" => Tone::Heading,
                "arp" => Tone::Faint,
                "handshake" | "acknowledgments" => Tone::Control,
                "exchange" => Tone::Data,
                "close" => Tone::Close,
                _ => Tone::Bad,
            };
            if i > 0 && block.conversation != report.blocks[i - 1].conversation {
                writeln!(self.out)?;
            }
            writeln!(self.out, " == {}", self.output.paint(tone, &block.say))?;
        }
        writeln!(self.out)?;
        for note in &report.notes {
            let note = say!(lang, "note: {note}", "catatan: {note}");
            writeln!(self.out, " == {note}")?;
        }
        let counts = report.summary.say();
        let summary = say!(lang, "summary: {counts}", "ringkasan: {counts}");
        writeln!(self.out, " == {}", self.output.paint(Tone::Heading, &summary))
    }
}

fn file_says(lang: Lang, remark: &str) -> String {
    let remark = escape(remark.as_bytes());
    say!(lang, "file says: {remark}", "kata berkas: {remark}")
}

/// `client→server`, with the conversation's number unless it is the first.
fn who(told: &Told) -> String {
    match told.conversation {
        Some(id) if id > 0 => format!("{}→{} [{id}]", told.src, told.dst),
        _ if told.src.is_empty() => String::new(),
        _ => format!("{}→{}", told.src, told.dst),
    }
}

/// What, text and say; without text, the say stands in its place.
fn columns(told: &Told) -> String {
    let mut line = format!("{:<WHAT_WIDTH$}", told.what);
    if !told.text.is_empty() {
        let _ = write!(line, "  {:<TEXT_WIDTH$}", told.text);
    }
    if !told.say.is_empty() {
        line.push_str("  ");
        line.push_str(&told.say);
    }
    line.truncate(line.trim_end().len());
    line
}
