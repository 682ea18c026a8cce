//! The place in a greeting or a frame where its reader is: it makes the fields, so that each byte
//! belongs to one, and notices where the unit or the capture ends too early.
//!
//! It knows bytes, and lengths that stand before them. It does not know what they mean.

use super::Flaw;
use crate::dissect::{Field, Value};
use crate::lang::{Text, both};
use crate::output::escape;
use std::ops::Range;

/// The reader's place.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where the unit ends by its own word; the bytes may end before.
    end: usize,
    at: usize,
    fields: Option<Vec<Field>>,
    flaws: Vec<Flaw>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], end: usize, with_fields: bool) -> Self {
        let fields = with_fields.then(Vec::new);
        Self { bytes, end, at: 0, fields, flaws: Vec::new() }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_cut(&self) -> bool {
        self.bytes.len() < self.end
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// How much is left, by the unit's own word.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Some bits of the next byte are a field.
    pub(super) fn bits<V: Into<Value>>(
        &mut self,
        name: &'static str,
        mask: u8,
        spec: &'static str,
        value: V,
    ) {
        if let Some(fields) = &mut self.fields {
            let value = value.into();
            fields.push(Field { name, off: self.at, len: 1, mask, value, spec, begins: None });
        }
    }

    /// Goes on; the bytes' fields were made from bits.
    pub(super) fn skip(&mut self, len: usize) {
        self.at = (self.at + len).min(self.bytes.len());
    }

    /// The next `len` bytes are a field; nothing if they are not all there. Where the unit itself
    /// ends before them, `clause` is broken.
    pub(super) fn take<V: Into<Value>>(
        &mut self,
        name: &'static str,
        len: usize,
        (spec, clause): (&'static str, &'static str),
        value: impl FnOnce(&[u8]) -> V,
    ) -> Option<&'a [u8]> {
        let Some(bytes) = self.rest().get(..len) else {
            self.missing(name, len, (spec, clause));
            return None;
        };
        self.field(name, len, spec, value);
        Some(bytes)
    }

    fn field<V: Into<Value>>(
        &mut self,
        name: &'static str,
        len: usize,
        spec: &'static str,
        value: impl FnOnce(&[u8]) -> V,
    ) {
        let bytes = &self.bytes[self.at..self.at + len];
        if let Some(fields) = &mut self.fields {
            let (off, value) = (self.at, value(bytes).into());
            fields.push(Field { name, off, len, mask: 0xff, value, spec, begins: None });
        }
        self.at += len;
    }

    /// A field is not all there: what there is of it, and why there is no more.
    fn missing(
        &mut self,
        name: &'static str,
        len: usize,
        (spec, clause): (&'static str, &'static str),
    ) {
        let left = self.left();
        if len > left {
            self.cut_short(name, len, clause);
        }
        let there = self.rest().len();
        if there > 0 {
            self.field(name, there, spec, |bytes| format!("{}… (cut)", escape(bytes)));
        }
    }

    /// The unit has no room for a field.
    fn cut_short(&mut self, name: &str, len: usize, clause: &'static str) {
        let left = self.left();
        let what = both!(
            "only {left} of the {len} bytes of the {name} are in it",
            "hanya {left} dari {len} byte {name} ada di dalamnya"
        );
        self.flaw_at(self.end, what, clause);
    }

    pub(super) fn u8<V: Into<Value>>(
        &mut self,
        name: &'static str,
        clauses: (&'static str, &'static str),
        value: impl FnOnce(u8) -> V,
    ) -> Option<u8> {
        self.take(name, 1, clauses, |bytes| value(bytes[0])).map(|bytes| bytes[0])
    }

    /// A number, the most significant byte first.
    pub(super) fn number<const N: usize>(
        &mut self,
        name: &'static str,
        clauses: (&'static str, &'static str),
        value: impl FnOnce(u64) -> Value,
    ) -> Option<u64> {
        let number =
            |bytes: &[u8]| bytes.iter().fold(0, |number: u64, b| number << 8 | u64::from(*b));
        self.take(name, N, clauses, |bytes| value(number(bytes))).map(number)
    }

    /// As `take`, for what is not to be shown even if a part of it is missing.
    pub(super) fn masked(
        &mut self,
        name: &'static str,
        len: usize,
        (spec, clause): (&'static str, &'static str),
        value: impl FnOnce(&[u8]) -> String,
    ) -> Option<()> {
        if self.left() < len {
            self.cut_short(name, len, clause);
        }
        let there = self.rest().len().min(len);
        self.field(name, there, spec, value);
        (there == len).then_some(())
    }

    /// Bytes with their length before them, in one byte.
    pub(super) fn short(
        &mut self,
        [length, name]: [&'static str; 2],
        clauses: (&'static str, &'static str),
    ) -> Option<&'a [u8]> {
        let len = self.u8(length, clauses, u64::from)?;
        self.take(name, len.into(), clauses, escape)
    }

    /// All that is left, as a field: where it stands. It may be cut.
    pub(super) fn all(&mut self, name: &'static str, spec: &'static str) -> Range<usize> {
        let from = self.at;
        self.field(name, self.rest().len(), spec, escape);
        from..self.at
    }

    /// The unit must end here.
    pub(super) fn end(&mut self, clause: &'static str) {
        let left = self.left();
        if left > 0 && !(self.is_cut() && self.rest().is_empty()) {
            self.flaw_at(
                self.at,
                both!(
                    "{left} bytes follow its last field",
                    "{left} byte menyusul field terakhirnya"
                ),
                clause,
            );
        }
    }

    pub(super) fn flaw_at(&mut self, off: usize, what: Text, clause: &'static str) {
        self.flaws.push(Flaw { off, what, clause });
    }

    /// What was made; bytes that nobody read are a field, too.
    pub(super) fn finish(mut self) -> (Vec<Field>, Vec<Flaw>) {
        if !self.rest().is_empty() {
            self.all("not read", "");
        }
        self.flaws.sort_by_key(|flaw| flaw.off);
        (self.fields.unwrap_or_default(), self.flaws)
    }
}
