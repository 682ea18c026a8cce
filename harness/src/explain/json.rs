//! The view for programs: one object per line, as `harness/schema/event-v1.schema.json` says.
//!
//! It knows the schema. Every object has `v` and `kind`; whoever does not know a kind passes over
//! the line.

use super::{Header, Options, View, link_names, own_comment};
use crate::analysis::{Report, Told};
use crate::dissect::{Dissection, Layer, Note, Value};
use crate::frame::CapturedFrame;
use crate::lang::Lang;
use crate::output::json_line;
use serde_json::json;
use std::io::{self, Write};

/// The schema's version.
pub const VERSION: u32 = 1;

/// The view.
pub(super) struct Json<'a, W> {
    out: &'a mut W,
    options: Options,
    lang: Lang,
}

impl<'a, W: Write> Json<'a, W> {
    pub(super) fn new(out: &'a mut W, options: Options, lang: Lang) -> Self {
        Self { out, options, lang }
    }

    fn line(&mut self, object: &serde_json::Value) -> io::Result<()> {
        json_line(&mut self.out, object)
    }
}

impl<W: Write> View for Json<'_, W> {
    fn header(&mut self, header: &Header) -> io::Result<()> {
        if self.options.frames {
            return Ok(());
        }
        let names: serde_json::Map<String, serde_json::Value> =
            header.names.iter().map(|(a, n)| (a.to_string(), json!(n))).collect();
        self.line(&json!({
            "v": VERSION,
            "kind": "capture",
            "file": header.title,
            "format": header.format.name(),
            "links": link_names(header),
            "frames": header.counts.map(|c| c.frames),
            "duration": header.counts.map(|c| seconds(c.duration_ns)),
            "conversations": header.counts.map(|c| c.conversations),
            "names": names,
            "remarks": header.remarks,
        }))
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
        let note = |n: &Note| json!({"off": n.off, "text": n.text.say(self.lang)});
        let notes: Vec<_> = told.all_notes(dissection).map(note).collect();
        let mut object = json!({
            "v": VERSION,
            "kind": "frame",
            "n": told.number,
            "t": told.since_start_ns as f64 / 1e9,
            "conn": told.conversation,
            "src": told.src,
            "dst": told.dst,
            "layers": told.all_layers(dissection).map(layer).collect::<Vec<_>>(),
            "say": told.say,
            "refs": told.refs,
        });
        if !notes.is_empty() {
            object["notes"] = notes.into();
        }
        if let Some(comment) = own_comment(frame, told) {
            object["comment"] = comment.into();
        }
        self.line(&object)
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        if self.options.frames {
            return Ok(());
        }
        for block in &report.blocks {
            self.line(&json!({
                "v": VERSION,
                "kind": "block",
                "topic": block.topic,
                "conn": block.conversation,
                "say": block.say,
                "refs": block.refs,
            }))?;
        }
        for note in &report.notes {
            self.line(&json!({"v": VERSION, "kind": "note", "say": note}))?;
        }
        let summary = report.summary;
        self.line(&json!({
            "v": VERSION,
            "kind": "summary",
            "frames": summary.frames,
            "arp": summary.arp,
            "tcp": summary.tcp,
            "conversations": summary.conversations,
            "duration": seconds(summary.duration_ns),
            "say": summary.say(),
        }))
    }
}

/// A layer with its fields.
pub(crate) fn layer(layer: &Layer) -> serde_json::Value {
    let fields: Vec<_> = layer
        .fields
        .iter()
        .map(|field| {
            let value = match &field.value {
                Value::Number(number) => json!(number),
                Value::Text(text) => json!(text),
            };
            let mut object = json!({
                "name": field.name,
                "off": field.off,
                "len": field.len,
                "value": value,
                "spec": field.spec,
            });
            if let Some(bits) = field.bits() {
                object["bits"] = bits.into();
            }
            if let Some(frame) = field.begins {
                object["begins"] = frame.into();
            }
            object
        })
        .collect();
    json!({"proto": layer.proto, "off": layer.off, "len": layer.len, "fields": fields})
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
