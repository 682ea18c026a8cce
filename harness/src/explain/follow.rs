//! `--follow N`: the bytes of one conversation in order, both directions as they came.
//!
//! It knows chunks and gaps. It does not know what the bytes mean, and escapes them all.

use super::{Header, View, json};
use crate::analysis::{Report, Told};
use crate::conversation::Delivery;
use crate::dissect::Dissection;
use crate::exit::Failure;
use crate::frame::CapturedFrame;
use crate::lang::say;
use crate::output::{Output, Tone, escape, json_line};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write};

/// The view.
pub(super) struct Follow<'a, W> {
    out: &'a mut W,
    output: &'a Output,
    id: u64,
    seen: bool,
    conversations: u64,
}

impl<'a, W: Write> Follow<'a, W> {
    pub(super) fn new(out: &'a mut W, output: &'a Output, id: u64) -> Self {
        Self { out, output, id, seen: false, conversations: 0 }
    }

    /// What to say if the conversation was not there.
    pub(super) fn missing(&self) -> Option<Failure> {
        if self.seen {
            return None;
        }
        let id = self.id;
        Some(Failure::failed(match self.conversations {
            0 => format!("no conversation {id}: the capture has no TCP conversation"),
            n => format!("no conversation {id}: the capture has {n}, numbered from 0"),
        }))
    }

    fn deliver(&mut self, told: &Told, from: &Told, delivery: &Delivery) -> io::Result<()> {
        let (offset, len) = match delivery {
            Delivery::Chunk(chunk) => (chunk.offset, chunk.len),
            Delivery::Gap(offset, len) => (*offset, *len),
        };
        let frame = match delivery {
            Delivery::Chunk(chunk) => chunk.frame,
            Delivery::Gap(..) => told.number,
        };
        let (text, missing) = match delivery {
            Delivery::Chunk(chunk) => (escape(&chunk.bytes), len - chunk.bytes.len() as u64),
            Delivery::Gap(..) => (String::new(), len),
        };
        if self.output.json {
            let object = json!({
                "v": json::VERSION,
                "kind": "stream",
                "conn": self.id,
                "n": frame,
                "t": told.since_start_ns as f64 / 1e9,
                "src": from.src,
                "dst": from.dst,
                "off": offset,
                "len": len,
                "text": text,
                "missing": missing,
            });
            return json_line(&mut self.out, &object);
        }
        let mut line = format!("{}→{}  #{frame}  ", from.src, from.dst);
        let _ = write!(line, "{offset}..{}", offset + len);
        if missing < len {
            let _ = write!(line, "  \"{text}\"");
        }
        if missing > 0 {
            line.push_str(&say!(
                self.output.lang,
                "  {missing} bytes are not in the capture",
                "  {missing} byte tidak ada dalam tangkapan"
            ));
        }
        writeln!(self.out, " {}", self.output.paint(Tone::Data, line.trim_end()))
    }
}

impl<W: Write> View for Follow<'_, W> {
    fn header(&mut self, _header: &Header) -> io::Result<()> {
        Ok(())
    }

    fn frame(
        &mut self,
        _frame: &CapturedFrame,
        _dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()> {
        self.leftover(told)
    }

    fn leftover(&mut self, told: &Told) -> io::Result<()> {
        if told.conversation != Some(self.id) {
            return Ok(());
        }
        self.seen = true;
        for (side, delivery) in &told.deliveries {
            // An acknowledgment can give up a hole in what the other side sent.
            let turned = Told { src: told.dst.clone(), dst: told.src.clone(), ..told.clone() };
            let from = if told.from == Some(*side) { told } else { &turned };
            self.deliver(told, from, delivery)?;
        }
        Ok(())
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.conversations = report.summary.conversations;
        Ok(())
    }
}
