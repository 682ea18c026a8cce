//! What is found in a message's bytes while they are read: fields, and what is wrong.
//!
//! It knows lines and places. It does not know what a line says.

use super::Flaw;
use crate::dissect::{Field, Value};
use crate::lang::{Text, both};
use crate::output::escape;

/// Bytes of a value that are written down; the bytes themselves show the rest.
pub const VALUE_MAX: usize = 4096;
/// Flaws of one section that are told; a section of garbage has as many as lines.
pub const FLAWS_MAX: usize = 64;

/// The fields and flaws so far.
#[derive(Debug)]
pub(super) struct Sheet {
    fields: Option<Vec<Field>>,
    flaws: Vec<Flaw>,
}

impl Sheet {
    pub(super) fn new(with_fields: bool) -> Self {
        Self { fields: with_fields.then(Vec::new), flaws: Vec::new() }
    }

    fn push(&mut self, name: &'static str, off: usize, len: usize, value: Value, spec: Spec) {
        if let Some(fields) = &mut self.fields {
            fields.push(Field { name, off, len, mask: 0xff, value, spec, begins: None });
        }
    }

    /// These bytes, which stand at `off`, are a field.
    pub(super) fn field(&mut self, name: &'static str, off: usize, bytes: &[u8], spec: Spec) {
        if self.fields.is_some() {
            self.push(name, off, bytes.len(), shown(bytes).into(), spec);
        }
    }

    /// `len` bytes are a field that stands for something else than its bytes.
    pub(super) fn value(
        &mut self,
        name: &'static str,
        (off, len): (usize, usize),
        value: impl Into<Value>,
        spec: Spec,
    ) {
        self.push(name, off, len, value.into(), spec);
    }

    /// The beginning of a field whose end is not there.
    pub(super) fn cut(&mut self, name: &'static str, off: usize, bytes: &[u8], spec: Spec) {
        if self.fields.is_some() && !bytes.is_empty() {
            let value = format!("{}… (cut)", shown(bytes));
            self.push(name, off, bytes.len(), value.into(), spec);
        }
    }

    pub(super) fn flaw(&mut self, off: usize, what: Text, clause: &'static str) {
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(Flaw { off, what, clause });
        }
    }

    /// What was found, flaws in the order of their bytes.
    pub(super) fn finish(mut self) -> (Vec<Field>, Vec<Flaw>) {
        self.flaws.sort_by_key(|flaw| flaw.off);
        (self.fields.unwrap_or_default(), self.flaws)
    }
}

/// Where a field is specified.
type Spec = &'static str;

/// Bytes of the wire as a value.
fn shown(bytes: &[u8]) -> String {
    let text = escape(&bytes[..bytes.len().min(VALUE_MAX)]);
    if bytes.len() > VALUE_MAX { text + "…" } else { text }
}

/// A line without its ending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Where it stands.
    pub(super) at: usize,
    pub(super) text: &'a [u8],
    /// Where the next one does; nothing if its LF is not there yet.
    pub(super) next: Option<usize>,
}

/// The line at `at`. Its end is the LF; CR LF is what a sender must write.
pub(super) fn line<'a>(sheet: &mut Sheet, bytes: &'a [u8], at: usize) -> Line<'a> {
    let rest = &bytes[at..];
    let Some(lf) = rest.iter().position(|byte| *byte == b'\n') else {
        return Line { at, text: rest, next: None };
    };
    let text = rest[..lf].strip_suffix(b"\r").unwrap_or(&rest[..lf]);
    if text.len() == lf {
        // [9112-2.2-04] Accepted by the lenient, refused by others: a door for smugglers.
        sheet.flaw(
            at + lf,
            both!("a line that ends with LF alone", "baris yang diakhiri LF saja"),
            "[9112-2.2-04]",
        );
    }
    // [9112-2.2-03]
    if let Some(cr) = text.iter().position(|byte| *byte == b'\r') {
        sheet.flaw(at + cr, both!("a CR without LF", "CR tanpa LF"), "[9112-2.2-03]");
    }
    Line { at, text, next: Some(at + lf + 1) }
}

/// Is it a token? (RFC 9110 5.6.2)
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Without spaces and tabs on both sides. (RFC 9110 5.6.3)
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let to = bytes.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
    &bytes[from..to]
}
