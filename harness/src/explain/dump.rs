//! A frame's layers field by field, and its bytes in hexadecimal.
//!
//! It knows how they are laid out on a line.

use crate::dissect::Dissection;
use crate::frame::CapturedFrame;
use std::fmt::Write as _;
use std::io::{self, Write};

const BYTES_PER_LINE: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// Characters of a field's value that are shown; the bytes below show the rest.
const VALUE_MAX: usize = 80;

/// Writes the fields, then the bytes.
pub(super) fn frame<W: Write>(
    out: &mut W,
    frame: &CapturedFrame,
    dissection: &Dissection,
) -> io::Result<()> {
    for layer in &dissection.layers {
        let end = layer.off + layer.len;
        writeln!(out, "      {} (bytes {}..{end})", layer.proto, layer.off)?;
        for field in &layer.fields {
            let place = format!("{}+{}", field.off, field.len);
            let mut value = field.value.to_string();
            if let Some((end, _)) = value.char_indices().nth(VALUE_MAX) {
                value.truncate(end);
                value.push('…');
            }
            let mut line = format!("        {place:<7} {:<24} {value}", field.name);
            if !field.spec.is_empty() {
                let _ = write!(line, "  [{}]", field.spec);
            }
            writeln!(out, "{line}")?;
        }
    }
    for (i, bytes) in frame.bytes.chunks(BYTES_PER_LINE).enumerate() {
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
        writeln!(out, "      {:04x}  {hex:<49} |{text}|", i * BYTES_PER_LINE)?;
    }
    if frame.is_cut() {
        let missing = u64::from(frame.original_len) - frame.bytes.len() as u64;
        writeln!(out, "      {missing} more bytes were on the wire")?;
    }
    writeln!(out)
}
