//! The place in a packet where its reader is: it makes the fields, so that each byte belongs to
//! one, and notices where the packet or the capture ends too early.
//!
//! It knows bytes, strings and packet identifiers (section 1.5). It does not know packets.

use super::Flaw;
use crate::dissect::{Field, Value};
use crate::lang::{Text, both};
use crate::output::escape;

/// The reader's place.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where the packet ends by its own word; the bytes may end before.
    end: usize,
    at: usize,
    cut: bool,
    fields: Option<Vec<Field>>,
    flaws: Vec<Flaw>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], end: usize, with_fields: bool) -> Self {
        let fields = with_fields.then(Vec::new);
        Self { bytes, end, at: 0, cut: bytes.len() < end, fields, flaws: Vec::new() }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Is nothing left to read, by the packet's own word?
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte, which must be there.
    pub(super) fn peek_or_end(&mut self, name: &'static str, spec: &'static str) -> Option<u8> {
        let byte = self.peek();
        if byte.is_none() {
            self.missing(name, 1, spec);
        }
        byte
    }

    /// Goes on; the bytes' fields were made from bits.
    pub(super) fn skip(&mut self, len: usize) {
        self.at = (self.at + len).min(self.bytes.len());
    }

    /// Some bits of the next byte are a field.
    pub(super) fn bits<V: Into<Value>>(
        &mut self,
        name: &'static str,
        mask: u8,
        spec: &'static str,
        value: impl FnOnce() -> V,
    ) {
        if let Some(fields) = &mut self.fields {
            let value = value().into();
            fields.push(Field { name, off: self.at, len: 1, mask, value, spec, begins: None });
        }
    }

    /// The next `len` bytes are a field; nothing if they are not all there.
    pub(super) fn take(
        &mut self,
        name: &'static str,
        len: usize,
        spec: &'static str,
        value: impl FnOnce(&[u8]) -> Value,
    ) -> Option<&'a [u8]> {
        if len > self.bytes.len() - self.at {
            self.missing(name, len, spec);
            return None;
        }
        let bytes = &self.bytes[self.at..self.at + len];
        if let Some(fields) = &mut self.fields {
            let (off, value) = (self.at, value(bytes));
            fields.push(Field { name, off, len, mask: 0xff, value, spec, begins: None });
        }
        self.at += len;
        Some(bytes)
    }

    /// A field is not all there: what there is of it, and why there is no more.
    fn missing(&mut self, name: &'static str, len: usize, spec: &'static str) {
        let there = self.rest();
        if self.at + len > self.end {
            let there = there.len();
            let what = both!(
                "the packet ends after {there} of the {len} bytes of {name}",
                "paket berakhir setelah {there} dari {len} byte {name}"
            );
            // The field's own section asks for it.
            self.flaw_at(self.end, what, "(MQTT 2.2.3: Remaining Length)");
        }
        if !there.is_empty() {
            let text = escape(there);
            self.take(name, there.len(), spec, |_| format!("{text}… (cut)").into());
        }
    }

    pub(super) fn u8<V: Into<Value>>(
        &mut self,
        name: &'static str,
        spec: &'static str,
        value: impl FnOnce(u8) -> V,
    ) -> Option<u8> {
        self.take(name, 1, spec, |bytes| value(bytes[0]).into()).map(|bytes| bytes[0])
    }

    /// Section 1.5.2.
    pub(super) fn u16(&mut self, name: &'static str, spec: &'static str) -> Option<u16> {
        let number = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
        self.take(name, 2, spec, |bytes| number(bytes).into()).map(number)
    }

    /// Section 2.3.1.
    pub(super) fn packet_id(&mut self, spec: &'static str) -> Option<u16> {
        let at = self.at;
        let id = self.u16("packet identifier", spec)?;
        // [MQTT-2.3.1-1] It is never zero.
        if id == 0 {
            self.flaw_at(
                at,
                both!("a packet identifier of zero", "packet identifier nol"),
                "[MQTT-2.3.1-1]",
            );
        }
        Some(id)
    }

    /// Any bytes, with their length before them.
    pub(super) fn binary(
        &mut self,
        [length, name]: [&'static str; 2],
        spec: &'static str,
    ) -> Option<&'a [u8]> {
        let len = self.u16(length, "MQTT 1.5.3")?;
        self.take(name, len.into(), spec, |bytes| escape(bytes).into())
    }

    /// Section 1.5.3: UTF-8 with its length before it.
    pub(super) fn string(
        &mut self,
        names: [&'static str; 2],
        spec: &'static str,
    ) -> Option<&'a [u8]> {
        let at = self.at + 2;
        let bytes = self.binary(names, spec)?;
        let [_, name] = names;
        // [MQTT-1.5.3-1] The surrogates are no UTF-8, either.
        if let Err(error) = std::str::from_utf8(bytes) {
            let what = both!("{name} that is not UTF-8", "{name} yang bukan UTF-8");
            self.flaw_at(at + error.valid_up_to(), what, "[MQTT-1.5.3-1]");
        }
        // [MQTT-1.5.3-2] No string holds U+0000.
        if let Some(nul) = bytes.iter().position(|byte| *byte == 0) {
            let what = both!("{name} that holds U+0000", "{name} yang berisi U+0000");
            self.flaw_at(at + nul, what, "[MQTT-1.5.3-2]");
        }
        Some(bytes)
    }

    /// All that is left, as a field: where it stands. It may be cut.
    pub(super) fn all(&mut self, name: &'static str, spec: &'static str) -> std::ops::Range<usize> {
        let from = self.at;
        self.take(name, self.rest().len(), spec, |bytes| escape(bytes).into());
        from..self.at
    }

    /// The packet must end here.
    pub(super) fn end(&mut self) {
        // What was not captured may have been the payload.
        let perhaps_payload = self.cut && self.rest().is_empty();
        if !self.is_at_end() && !perhaps_payload {
            let (at, left) = (self.at, self.end - self.at);
            let what = both!(
                "{left} bytes follow the packet's last field",
                "{left} byte menyusul field terakhir paket"
            );
            self.flaw_at(at, what, "(MQTT 2.2.3: Remaining Length)");
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
