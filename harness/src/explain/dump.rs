//! A frame's layers field by field, and its bytes in hexadecimal.
//!
//! It knows how they are laid out on a line.

use crate::dissect::{Field, Layer};
use crate::frame::CapturedFrame;
use crate::lang::{Lang, say};
use std::fmt::Write as _;
use std::io::{self, Write};

const BYTES_PER_LINE: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// Characters of a field's value that are shown; the bytes below show the rest.
const VALUE_MAX: usize = 80;

/// Writes the fields, then the bytes.
pub(super) fn frame<'a, W: Write>(
    out: &mut W,
    lang: Lang,
    frame: &CapturedFrame,
    layers: impl Iterator<Item = &'a Layer>,
) -> io::Result<()> {
    for layer in layers {
        let (proto, from, end) = (layer.proto, layer.off, layer.off + layer.len);
        let title = say!(lang, "{proto} (bytes {from}..{end})", "{proto} (byte {from}..{end})");
        writeln!(out, "      {title}")?;
        fields(out, lang, &layer.fields, "        ")?;
    }
    bytes(out, &frame.bytes, 0, "      ")?;
    if frame.is_cut() {
        let missing = u64::from(frame.original_len) - frame.bytes.len() as u64;
        let text = say!(
            lang,
            "{missing} more bytes were on the wire",
            "masih ada {missing} byte lagi pada jaringan"
        );
        writeln!(out, "      {text}")?;
    }
    writeln!(out)
}

/// Where a field stands: `66+2`, of a byte only some bits `66:7-4`, or `#12` if it has no byte
/// in this frame but in an earlier one.
pub(super) fn place(field: &Field) -> String {
    match (field.bits(), field.begins) {
        (_, Some(frame)) if field.len == 0 => format!("#{frame}"),
        (Some(bits), _) => format!("{}:{bits}", field.off),
        (None, _) => format!("{}+{}", field.off, field.len),
    }
}

/// Writes a line per field.
pub(crate) fn fields<W: Write>(
    out: &mut W,
    lang: Lang,
    fields: &[Field],
    indent: &str,
) -> io::Result<()> {
    for field in fields {
        let mut value = field.value.to_string();
        if let Some((end, _)) = value.char_indices().nth(VALUE_MAX) {
            value.truncate(end);
            value.push('…');
        }
        let mut line = format!("{indent}{:<7} {:<24} {value}", place(field), field.name);
        if !field.spec.is_empty() {
            let _ = write!(line, "  [{}]", field.spec);
        }
        if let Some(frame) = field.begins.filter(|_| field.len > 0) {
            line.push_str(&say!(lang, "  begins in #{frame}", "  dimulai di #{frame}"));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes bytes in hexadecimal and as text, with the offset of each line's first; `from` is that
/// of the first of all.
pub(crate) fn bytes<W: Write>(
    out: &mut W,
    bytes: &[u8],
    from: usize,
    indent: &str,
) -> io::Result<()> {
    for (i, bytes) in bytes.chunks(BYTES_PER_LINE).enumerate() {
        let mut hex = String::new();
        let mut text = String::new();
        for (j, byte) in bytes.iter().enumerate() {
            if j == BYTES_PER_LINE / 2 {
                hex.push(' ');
            }
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
            hex.push(' ');
            text.push(if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '.' });
        }
        writeln!(out, "{indent}{:04x}  {hex:<49} |{text}|", from + i * BYTES_PER_LINE)?;
    }
    Ok(())
}
